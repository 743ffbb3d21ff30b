"""Intervals of the fitted parameters, from the linearised residuals at the optimum; and what pushes a parameter to its bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .identify import WEAK, Identifiability, of_derivatives
from .precision import UNKNOWN, autocorrelation, precision
from .problem import Problem

Floats = NDArray[np.float64]
LOSSES = ("linear", "soft_l1", "huber", "cauchy")
LOSS_SCALE = 2.0  # standard errors: beyond, a residual counts for less (robust losses)


@dataclass(frozen=True)
class Interval:
    """A parameter's estimate, in its unit.

    Attributes
    ----------
    lower, upper : float
        Bounds of the 90 % interval; NaN where there is none.
    on_bound : {"", "lower", "upper"}
    is_fixed : bool
        Whether the interval is narrower than the range.
    partners : tuple of str
        Where it is not: the parameters that it is known together with; none if it moves too little.
    half, alone : float
        Half widths as parts of the range: all others estimated too, and all others known. Infinite where the data say nothing.
        Of a parameter on its bound too.
    line : float
        How far the cost of its profile rises to the ends of the interval.
    """

    name: str
    before: float
    estimate: float
    lower: float
    upper: float
    on_bound: str
    is_fixed: bool
    partners: tuple[str, ...] = ()
    half: float = np.inf
    alone: float = np.inf
    line: float = np.nan


@dataclass(frozen=True)
class Push:
    """Why a parameter ends on its bound: how the cost of each series changes with a further step, for a whole range."""

    name: str
    bound: str
    value: float
    by_series: Mapping[str, float]

    @property
    def better(self) -> tuple[str, ...]:
        """Series that would fit better beyond the bound, the most first."""
        return self._series(-1.0)

    @property
    def worse(self) -> tuple[str, ...]:
        """Series that would fit worse there, the most first."""
        return self._series(1.0)

    def _series(self, sign: float) -> tuple[str, ...]:
        most = max(map(abs, self.by_series.values()), default=0.0)
        found = [(sign * change, name) for name, change in self.by_series.items() if sign * change > 0.1 * most]
        return tuple(name for _, name in sorted(found, key=lambda pair: -pair[0]))


@dataclass(frozen=True)
class Known:
    """All that the residuals at an optimum say.

    Attributes
    ----------
    intervals : tuple of Interval
    identifiability : Identifiability
    scale : float
        s2: the variance of a residual, in standard errors; 1 at least.
    lasting : mapping
        The autocorrelation from year to year that each series' errors are taken to have.
    pushes : tuple of Push
    """

    intervals: tuple[Interval, ...]
    identifiability: Identifiability
    scale: float
    lasting: Mapping[str, float]
    pushes: tuple[Push, ...]


def on_bounds(scaled: Floats) -> list[str]:
    """Which end of its range each parameter sits on, if any."""
    return ["lower" if x <= 0 else "upper" if x >= 1 else "" for x in scaled]


def known_at(problem: Problem, scaled: Floats, loss: str) -> Known:
    """Approximate 90 % intervals at an optimum, and what else is known there.

    Covariance s2 (J'WJ)^-1 with the weights W of the robust loss and s2 = max(1, chi2 per degree of freedom), Student's t, larger
    for errors that last (`precision`). A parameter on its bound is held there: the others' intervals are given that. There is no
    interval where the data say nothing, and where it would be as wide as the range.
    """
    residuals, derivatives = problem.linearised(scaled, problem.solver())
    weights = np.sqrt(loss_weights(residuals, loss))
    residuals, weighted = weights * residuals, weights[:, None] * derivatives
    identified = of_derivatives(problem.free, derivatives)
    sides = on_bounds(scaled)
    sees = identified.sensitivity >= WEAK
    inside = np.array([not side for side in sides], dtype=bool) & sees
    freedom = max(1, len(residuals) - int(inside.sum()))
    scale = max(1.0, float((residuals**2).sum()) / freedom)
    years = [s.years[s.is_fit] for s in problem.series]
    lasting = autocorrelation(residuals, years)
    counted = np.repeat((1 + lasting) / (1 - lasting), [len(one) for one in years])
    found: dict[int, Interval] = {}
    for chosen in (sees, inside):  # those on a bound get widths of the first, for their profiles
        at = np.flatnonzero(chosen)
        widths = precision(weighted[:, at], freedom, scale, counted)
        for k, i in enumerate(at):
            partners = tuple(problem.free[at[j]] for j in widths.partners[k])
            numbers = float(widths.together[k]), float(widths.alone[k]), float(widths.lines[k])
            found[int(i)] = _interval(problem, int(i), scaled, sides[i], partners, *numbers)
    line = float(precision(weighted[:, :0], freedom, scale).quantile) ** 2 * scale / 2
    intervals = tuple(
        found.get(i) or _interval(problem, i, scaled, sides[i], (), np.inf, np.inf, line)
        for i in range(len(problem.free))
    )
    pushes = tuple(
        _push(problem, i, sides[i], residuals * weighted[:, i])
        for i in range(len(problem.free)) if sides[i] and sees[i]
    )  # fmt: skip
    return Known(
        intervals,
        identified,
        scale,
        dict(zip((s.name for s in problem.series), map(float, lasting), strict=True)),
        pushes,
    )


def _interval(
    problem: Problem,
    i: int,
    scaled: Floats,
    side: str,
    partners: tuple[str, ...],
    half: float,
    alone: float,
    line: float,
) -> Interval:
    is_fixed = half <= UNKNOWN
    values = problem.values(scaled)
    lower = upper = np.nan
    if is_fixed and not side:
        reach = half * float(problem.upper[i] - problem.lower[i])
        lower, upper = max(values[i] - reach, problem.lower[i]), min(values[i] + reach, problem.upper[i])
    return Interval(
        problem.free[i], float(problem.start[i]), float(values[i]), float(lower), float(upper), side, is_fixed,
        partners if alone <= UNKNOWN < half else (), half, alone, line,
    )  # fmt: skip


def _push(problem: Problem, i: int, side: str, slope: Floats) -> Push:
    """`slope` is the derivative of the cost of each observed value for the parameter's range."""
    outward = 1.0 if side == "upper" else -1.0
    by_series, start = {}, 0
    for one in problem.series:
        n = int(one.is_fit.sum())
        by_series[one.name] = outward * float(slope[start : start + n].sum())
        start += n
    bound = problem.upper[i] if side == "upper" else problem.lower[i]
    return Push(problem.free[i], side, float(bound), by_series)


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


def losses(residuals: Floats, loss: str) -> Floats:
    """What each residual counts for, in squared standard errors: its square where it is small, or under the linear loss."""
    z = (residuals / LOSS_SCALE) ** 2
    if loss == "soft_l1":
        rho = 2 * (np.sqrt(1 + z) - 1)
    elif loss == "huber":
        rho = np.where(z <= 1, z, 2 * np.sqrt(z) - 1)
    elif loss == "cauchy":
        rho = np.log1p(z)
    else:
        rho = z
    return np.asarray(rho * LOSS_SCALE**2)
