"""Fit: least squares from many starts, the best optimum with intervals, and the runners-up.

Every start is an own search by scipy's `least_squares` (trust region, bounds, robust loss), with derivatives from one batch of
runs, every row from its own equilibrium. The first start is the model as it stands; the others fill the ranges evenly (Latin
hypercube).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass, field, replace
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine.native.kernel import default_threads
from sdsocec.errors import DataError, RunError, nearest_name

from .identify import Identifiability, of_derivatives
from .problem import Problem

Floats = NDArray[np.float64]
LOSSES = ("linear", "soft_l1", "huber", "cauchy")
LOSS_SCALE = 2.0  # standard errors: beyond, a residual counts for less (robust losses)
TOLERANCE = 1e-8
ROUGH = 1e-5  # of the first search from each start; what it found is then searched on, the best and those that differ from it
MOST_POLISHED = 6
MOST_EVALUATIONS = 60
SAME = 1e-3  # of the cost: a search that ended within this of the best found the same optimum, or its flat valley
NEAR = 0.02  # of the ranges: two optima nearer than this are one
ON_BOUND = 1e-3  # of its range: nearer to an end, a parameter sits on it
_FAILED = 1e6  # cost of a place without an equilibrium or finite numbers


@dataclass(frozen=True)
class Optimum:
    """Where one search ended.

    Attributes
    ----------
    start : int
        Its start's number; 0 is the model as it stands.
    scaled : array, shape (n_free,)
        The parameters as places in their ranges.
    cost : float
        Half the sum of the losses of the squared residuals.
    evaluations : int
        Linearisations made.
    message : str
        Why the search ended.
    """

    start: int
    scaled: Floats
    cost: float
    evaluations: int
    message: str


@dataclass(frozen=True)
class Interval:
    """A parameter's estimate, in its unit.

    `lower` and `upper` bound the 90 % interval; NaN where the data say nothing. `on_bound` is "lower", "upper" or "".
    """

    name: str
    before: float
    estimate: float
    lower: float
    upper: float
    on_bound: str
    is_fixed: bool


@dataclass(frozen=True)
class Fit:
    """A calibration's result: the best optimum, all others (best first), intervals, identifiability there."""

    problem: Problem
    loss: str
    best: Optimum
    optima: tuple[Optimum, ...]
    intervals: tuple[Interval, ...]
    identifiability: Identifiability
    n_starts: int
    seed: int
    stopped: bool = False
    runs: int = field(default=0, compare=False)

    @property
    def values(self) -> dict[str, float]:
        """The best parameters in their units."""
        return dict(zip(self.problem.free, map(float, self.problem.values(self.best.scaled)), strict=True))

    @property
    def runners_up(self) -> tuple[Optimum, ...]:
        """Optima that differ from each other and from the best, best first; in what the data can see, that is."""
        seen = np.array([name not in self.identifiability.weak for name in self.problem.free])
        different: list[Optimum] = [self.best]
        for optimum in self.optima:
            if optimum.cost > self.best.cost * (1 + SAME) and all(
                np.abs(optimum.scaled - other.scaled)[seen].max(initial=0.0) > NEAR for other in different
            ):
                different.append(optimum)
        return tuple(different[1:])


def calibrate(
    problem: Problem,
    *,
    starts: int = 64,
    seed: int = 1,
    loss: str = "soft_l1",
    workers: int | None = None,
    progress: Callable[[Optimum, Optimum], None] | None = None,
) -> Fit:
    """Fit the free parameters.

    Parameters
    ----------
    starts : int
        Number of searches, the first from the model as it stands.
    loss : {"linear", "soft_l1", "huber", "cauchy"}
        The robust ones count residuals above two standard errors for less.
    workers : int, optional
        Processes; by default one a processor. The result does not depend on it.
    progress : callable, optional
        Told each optimum as it comes, and the best so far. KeyboardInterrupt ends the search; the best found is returned, and
        `stopped` is true.

    Raises
    ------
    DataError
        No start has an equilibrium and finite numbers.
    """
    if loss not in LOSSES:
        raise DataError(
            f"there is no loss '{loss}'",
            name=loss,
            nearest=nearest_name(loss, LOSSES),
            hint=f"Valid: {', '.join(LOSSES)}.",
        )
    found: list[Optimum] = []
    stopped = False
    try:
        for optimum in _searches(problem, places(problem, starts, seed), loss, workers or default_threads()):
            found.append(optimum)
            if progress is not None:
                progress(optimum, min(found, key=_order))
    except KeyboardInterrupt:
        stopped = True
        if not found:
            raise
    optima = _polished(problem, sorted(found, key=_order), loss)
    best = optima[0]
    if best.cost >= _FAILED:
        raise DataError(
            "no start has an equilibrium and finite numbers", hint="Check the ranges of the free constants."
        )
    intervals, known = intervals_at(problem, best, loss)
    return Fit(problem, loss, best, optima, intervals, known, starts, seed, stopped, _runs(problem, optima))


def _polished(problem: Problem, found: list[Optimum], loss: str) -> tuple[Optimum, ...]:
    """The best search, and the first of those that ended elsewhere, carried on to the tolerance."""
    different = [found[0]]
    for optimum in found[1:]:
        if all(np.abs(optimum.scaled - other.scaled).max() > NEAR for other in different):
            different.append(optimum)
    carried = {}
    for optimum in different[:MOST_POLISHED]:
        if optimum.cost < _FAILED:
            on = search(problem, optimum.scaled, optimum.start, loss)
            carried[optimum.start] = replace(on, evaluations=on.evaluations + optimum.evaluations)
    return tuple(sorted((carried.get(o.start, o) for o in found), key=_order))


def _order(optimum: Optimum) -> tuple[float, int]:
    return (round(optimum.cost, 9), optimum.start)


def _runs(problem: Problem, optima: tuple[Optimum, ...]) -> int:
    return sum(o.evaluations for o in optima) * (2 * len(problem.free) + 1)


def places(problem: Problem, starts: int, seed: int) -> Floats:
    """Where the searches start, shape (starts, n_free): the model as it stands, then a Latin hypercube within the ranges."""
    from scipy.stats import qmc

    own = problem.scaled(problem.start)[None]
    if starts < 2:
        return own
    return np.concatenate([own, qmc.LatinHypercube(len(problem.free), rng=seed).random(starts - 1)])


def _searches(problem: Problem, at: Floats, loss: str, workers: int) -> Iterator[Optimum]:
    if workers == 1 or len(at) == 1:
        for number, place in enumerate(at):
            yield search(problem, place, number, loss, ROUGH)
        return
    # each worker is one search: more threads of linear algebra than processors would slow all of them down
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when a worker starts
    pool = ProcessPoolExecutor(min(workers, len(at)), get_context("spawn"))
    try:
        pending = {pool.submit(search, problem, place, number, loss, ROUGH) for number, place in enumerate(at)}
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=lambda f: f.result().start):
                yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def search(
    problem: Problem, place: Floats, number: int = 0, loss: str = "soft_l1", tolerance: float = TOLERANCE
) -> Optimum:
    """One search, from a place in the ranges, until the cost changes by less than a share of itself."""
    from scipy.optimize import least_squares

    solver = problem.solver()
    n_observed = len(problem.observed)
    known: dict[bytes, tuple[Floats, Floats]] = {}
    evaluations = 0

    def both(scaled: Floats) -> tuple[Floats, Floats]:
        nonlocal evaluations
        key = scaled.tobytes()
        if key not in known:
            evaluations += 1
            try:
                made = problem.linearised(scaled, solver)
            except RunError:
                made = (np.full(n_observed, np.sqrt(2 * _FAILED)), np.zeros((n_observed, len(scaled))))
            known.clear()  # least_squares asks for the derivatives where it last asked for the residuals
            known[key] = made
        return known[key]

    inside = np.clip(place, 1e-9, 1 - 1e-9)
    ended = least_squares(
        lambda x: both(x)[0], inside, jac=lambda x: both(x)[1], bounds=(0.0, 1.0), loss=loss, f_scale=LOSS_SCALE,
        xtol=tolerance, ftol=tolerance, gtol=tolerance, max_nfev=MOST_EVALUATIONS,
    )  # fmt: skip
    return Optimum(number, ended.x, float(ended.cost), evaluations, str(ended.message))


def intervals_at(problem: Problem, best: Optimum, loss: str) -> tuple[tuple[Interval, ...], Identifiability]:
    """Approximate 90 % intervals at an optimum.

    From the linearised residuals: covariance s2 (J'WJ)^-1 with the weights W of the robust loss and s2 = max(1, chi2 per degree
    of freedom), Student's t. A parameter that sits on its bound is held there. Where the data say nothing, there is no interval.
    """
    from scipy.stats import t

    residuals, derivatives = problem.linearised(best.scaled, problem.solver())
    known = of_derivatives(problem.free, derivatives)
    weights = loss_weights(residuals, loss)
    on_bound = ["lower" if x < ON_BOUND else "upper" if x > 1 - ON_BOUND else "" for x in best.scaled]
    inside = np.array([not side and name not in known.weak for side, name in zip(on_bound, problem.free, strict=True)])
    errors = np.full(len(problem.free), np.nan)
    freedom = max(1, len(residuals) - int(inside.sum()))
    if inside.any():
        scaled = derivatives[:, inside] * np.sqrt(weights)[:, None]
        s2 = max(1.0, float((weights * residuals**2).sum()) / freedom)
        errors[inside] = np.sqrt(s2 * np.diag(np.linalg.pinv(scaled.T @ scaled, rcond=1e-12)))
    half = float(t.ppf(0.95, freedom)) * errors
    fixed = known.is_fixed
    values = problem.values(best.scaled)
    low, high = problem.values(best.scaled - half), problem.values(best.scaled + half)
    found = tuple(
        Interval(
            name, float(problem.start[i]), float(values[i]),
            float(max(low[i], problem.lower[i])) if np.isfinite(low[i]) else np.nan,
            float(min(high[i], problem.upper[i])) if np.isfinite(high[i]) else np.nan,
            on_bound[i], fixed[name],
        )
        for i, name in enumerate(problem.free)
    )  # fmt: skip
    return found, known


def loss_weights(residuals: Floats, loss: str) -> Floats:
    """How much a residual counts under a robust loss: rho'(z), z = (residual / scale) squared (scipy's `least_squares`)."""
    z = (residuals / LOSS_SCALE) ** 2
    if loss == "soft_l1":
        return np.asarray((1 + z) ** -0.5)
    if loss == "huber":
        return np.where(z <= 1, 1.0, np.maximum(z, 1.0) ** -0.5)
    if loss == "cauchy":
        return np.asarray(1 / (1 + z))
    return np.ones_like(residuals)


def profile(
    problem: Problem, best: Optimum, name: str, loss: str, points: int = 9, width: float = 0.5
) -> tuple[Floats, Floats]:
    """The likelihood profile of one parameter: it is held at places around its best, the others are fitted anew.

    Returns
    -------
    values : array, shape (points,)
        Of the parameter, in its unit.
    costs : array, shape (points,)
        Of the best fit at each.
    """
    i = problem.free.index(name)
    low, high = max(0.0, best.scaled[i] - width), min(1.0, best.scaled[i] + width)
    others = [k for k in range(len(problem.free)) if k != i]
    held = replace(
        problem, free=tuple(problem.free[k] for k in others), lower=problem.lower[others], upper=problem.upper[others],
        start=problem.start[others],
    )  # fmt: skip
    places_ = np.linspace(low, high, points)
    costs = np.empty(points)
    order = np.argsort(np.abs(places_ - best.scaled[i]), kind="stable")
    near: dict[int, Floats] = {}
    for k in order:
        value = float(problem.lower[i] + places_[k] * (problem.upper[i] - problem.lower[i]))
        one = replace(held, constants={**problem.constants, name: value})
        start = near.get(int(k) - 1, near.get(int(k) + 1, best.scaled[others]))
        ended = search(one, start, int(k), loss)
        near[int(k)], costs[k] = ended.scaled, ended.cost
    return problem.lower[i] + places_ * (problem.upper[i] - problem.lower[i]), costs
