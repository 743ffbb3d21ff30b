"""Fit: least squares from many starts, the best optimum with intervals, and the runners-up.

Every start is an own search by scipy's `least_squares` (trust region, bounds, robust loss), with derivatives from one batch of
runs, every row from its own equilibrium. The first start is the model as it stands; the others fill the ranges evenly (Latin
hypercube). The best search, and those that ended elsewhere, are carried on until a further search gains nothing.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine.native.kernel import default_threads
from sdsocec.errors import DataError, RunError, nearest_name

from .identify import WEAK, Identifiability
from .intervals import LOSS_SCALE, LOSSES, Interval, Push, known_at, losses
from .problem import Problem
from .workers import Workers

Floats = NDArray[np.float64]
TOLERANCE = 1e-8
ROUGH = 1e-5  # of the first search from each start; what it found is then searched on, the best and those that differ from it
MOST_POLISHED = 6
MOST_EVALUATIONS = 60
MOST_SEARCHES = 8  # from one start, one after the other
GAINED = 1e-5  # of the cost: a search that gains less began at a stationary point
SAME = 1e-3  # of the cost: a search that ended within this of the best found the same optimum, or its flat valley
NEAR = 0.02  # of the ranges: two optima nearer than this are one
ON_BOUND = 1e-3  # of its range: nearer to an end, a parameter sits on it if the fit is no worse there
USUAL_EVALUATIONS = 30  # of one start of the full model, what processes take to start included
_FAILED = 1e12  # a squared residual of a place without an equilibrium or finite numbers


@dataclass(frozen=True)
class Optimum:
    """Where one search ended.

    Attributes
    ----------
    start : int
        Its start's number; 0 is the model as it stands.
    scaled : array, shape (n_free,)
        The parameters as places in their ranges; exactly 0 or 1 on a bound.
    cost : float
        Half the sum of the losses of the squared residuals.
    evaluations : int
        Linearisations made.
    message : str
        Why the search ended.
    failed : bool
        There is no equilibrium, or no finite number.
    converged : bool
        A further search from there gains nothing: the place is stationary.
    """

    start: int
    scaled: Floats
    cost: float
    evaluations: int
    message: str
    failed: bool = False
    converged: bool = False


@dataclass(frozen=True)
class Fit:
    """A calibration's result.

    Attributes
    ----------
    best : Optimum
    optima : tuple of Optimum
        Where the searches ended, best first, without those that failed; of those that were not carried on, `converged` is false.
    intervals, identifiability, scale, lasting, pushes
        What is known at the best (`intervals.Known`).
    n_failed : int
        Searches that found no place with an equilibrium and finite numbers.
    stopped : bool
        Not all starts were done.
    """

    problem: Problem
    loss: str
    best: Optimum
    optima: tuple[Optimum, ...]
    intervals: tuple[Interval, ...]
    identifiability: Identifiability
    n_starts: int
    seed: int
    scale: float = 1.0
    lasting: Mapping[str, float] = field(default_factory=dict)
    pushes: tuple[Push, ...] = ()
    n_failed: int = 0
    stopped: bool = False
    runs: int = field(default=0, compare=False)

    @property
    def values(self) -> dict[str, float]:
        """The best parameters in their units."""
        return dict(zip(self.problem.free, map(float, self.problem.values(self.best.scaled)), strict=True))

    @property
    def starts_done(self) -> int:
        """Searches that ended."""
        return len(self.optima) + self.n_failed

    @property
    def n_same(self) -> int:
        """Searches that ended within a thousandth of the best cost."""
        return sum(o.cost <= self.best.cost * (1 + SAME) for o in self.optima)

    @property
    def runners_up(self) -> tuple[Optimum, ...]:
        """Stationary places that differ from each other and from the best, best first; in what the data can see, that is."""
        seen = np.array([name not in self.identifiability.weak for name in self.problem.free])
        different: list[Optimum] = [self.best]
        for optimum in self.optima:
            is_other = optimum.converged and optimum.cost > self.best.cost * (1 + SAME)
            if is_other and all(
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
    progress: Callable[[Optimum, Optimum | None], None] | None = None,
    stopping: Callable[[], None] | None = None,
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
        Told each optimum as it comes, and the best so far, if any.
    stopping : callable, optional
        Told that KeyboardInterrupt ended the search. The best found is then carried on alone, and returned with `stopped`; a
        second KeyboardInterrupt leaves it as it was found.

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
    n_failed, stopped = 0, False
    optima: tuple[Optimum, ...] | None = None
    try:
        with Workers(min(workers or default_threads(), starts)) as processes:
            tasks = [(problem, place, i, loss, ROUGH) for i, place in enumerate(places(problem, starts, seed))]
            for optimum in processes.each(search, tasks):
                n_failed += optimum.failed
                found += [] if optimum.failed else [replace(optimum, converged=False)]  # to no more than ROUGH
                if progress is not None:
                    progress(optimum, min(found, key=_order, default=None))
            optima = _polished(problem, sorted(found, key=_order), loss, processes)
    except KeyboardInterrupt:
        if not found:
            raise
        stopped = True
        if stopping is not None:
            stopping()
    if not found:
        raise DataError(
            "no start has an equilibrium and finite numbers", hint="Check the ranges of the free constants."
        )
    if optima is None:
        optima = tuple(sorted(found, key=_order))
        with contextlib.suppress(KeyboardInterrupt):
            optima = tuple(sorted([polish(problem, optima[0], loss), *optima[1:]], key=_order))
    best = optima[0]
    known = known_at(problem, best.scaled, loss)
    return Fit(
        problem, loss, best, optima, known.intervals, known.identifiability, starts, seed, known.scale, known.lasting,
        known.pushes, n_failed, stopped, _runs(problem, optima),
    )  # fmt: skip


def _polished(problem: Problem, found: list[Optimum], loss: str, processes: Workers) -> tuple[Optimum, ...]:
    """The best search, and the first of those that ended elsewhere, carried on."""
    different: list[Optimum] = []
    for optimum in found:
        if all(np.abs(optimum.scaled - other.scaled).max(initial=0.0) > NEAR for other in different):
            different.append(optimum)
    tasks = [(problem, optimum, loss) for optimum in different[:MOST_POLISHED]]
    carried = {optimum.start: optimum for optimum in processes.each(polish, tasks)} if tasks else {}
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


def seconds_of(problem: Problem, starts: int) -> float:
    """About how long a calibration takes, from the time of one linearisation at the start."""
    at, solver = problem.scaled(problem.start), problem.solver()
    problem.linearised(at, solver)  # compiles
    began = time.perf_counter()
    problem.linearised(np.clip(at + 0.01, 0.0, 1.0), solver)
    one = time.perf_counter() - began
    return one * USUAL_EVALUATIONS * (starts + MOST_POLISHED) / default_threads()


def search(
    problem: Problem, place: Floats, number: int = 0, loss: str = "soft_l1", tolerance: float = TOLERANCE
) -> Optimum:
    """One search, from a place in the ranges, until the cost changes by less than a share of itself."""
    from scipy.optimize import least_squares

    solver = problem.solver()
    n_observed = len(problem.observed)
    known: dict[bytes, tuple[Floats, Floats]] = {}
    evaluations, failed = 0, False

    def both(scaled: Floats) -> tuple[Floats, Floats]:
        nonlocal evaluations, failed
        key = scaled.tobytes()
        if key not in known:
            evaluations += 1
            try:
                made, failed = problem.linearised(scaled, solver), False
            except RunError:
                made, failed = (np.full(n_observed, np.sqrt(_FAILED)), np.zeros((n_observed, len(scaled)))), True
            known.clear()  # least_squares asks for the derivatives where it last asked for the residuals
            known[key] = made
        return known[key]

    inside = np.clip(place, 1e-9, 1 - 1e-9)
    ended = least_squares(
        lambda x: both(x)[0], inside, jac=lambda x: both(x)[1], bounds=(0.0, 1.0), loss=loss, f_scale=LOSS_SCALE,
        xtol=tolerance, ftol=tolerance, gtol=tolerance, max_nfev=MOST_EVALUATIONS,
    )  # fmt: skip
    both(ended.x)
    return Optimum(number, ended.x, float(ended.cost), evaluations, str(ended.message), failed, ended.status > 0)


def polish(problem: Problem, optimum: Optimum, loss: str) -> Optimum:
    """Search on until a further search gains nothing, and put what sits on a bound exactly there."""
    for _ in range(MOST_SEARCHES):
        on = search(problem, optimum.scaled, optimum.start, loss)
        ended = on.converged and optimum.cost - on.cost <= max(GAINED * optimum.cost, 1e-9)
        better = on if on.cost < optimum.cost and not on.failed else optimum
        optimum = replace(
            _snapped(problem, better, loss), evaluations=optimum.evaluations + on.evaluations, message=on.message,
            converged=ended,
        )  # fmt: skip
        if ended:
            break
    return optimum


def _snapped(problem: Problem, optimum: Optimum, loss: str) -> Optimum:
    """The optimum with the parameters beside an end of their range put on it, where the fit is no worse there."""
    for chosen in (slice(None), *range(len(optimum.scaled))):  # all at once, else one by one
        place = optimum.scaled.copy()
        part = place[chosen]
        place[chosen] = np.where(part < ON_BOUND, 0.0, np.where(part > 1 - ON_BOUND, 1.0, part))
        if (place == optimum.scaled).all():
            continue
        cost = cost_at(problem, place, loss)
        if cost <= optimum.cost + max(1e-7 * optimum.cost, 1e-12):
            optimum = replace(optimum, scaled=place, cost=cost)
    return optimum


def cost_at(problem: Problem, scaled: Floats, loss: str) -> float:
    """Half the sum of the losses at a place; infinite where there is no equilibrium or no finite number."""
    try:
        return 0.5 * float(losses(problem.residuals(scaled, problem.solver())[0], loss).sum())
    except RunError:
        return np.inf


def held_weak(fit: Fit) -> tuple[Problem, Optimum]:
    """The fit with the parameters that move nothing at their values of the .mdl, the others fitted anew."""
    sees = fit.identifiability.sensitivity >= WEAK
    weak = {name: float(x) for name, x, see in zip(fit.problem.free, fit.problem.start, sees, strict=True) if not see}
    left = fit.problem.holding(weak)
    best = replace(fit.best, scaled=fit.best.scaled[sees])
    if not weak or not left.free or not fit.best.converged:
        return left, best
    return left, polish(left, replace(best, cost=cost_at(left, best.scaled, fit.loss)), fit.loss)
