"""Profile likelihood: a parameter is held at places around its estimate, all others are fitted anew.

The places follow the interval of the linearised residuals outwards from the estimate, and then close in on where the cost crosses
the line of the 90 % interval: s2 t^2 / 2 above the lowest, as many times more as errors last (`precision`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine.native.kernel import default_threads

from .intervals import Interval
from .problem import Problem
from .search import ROUGH, Fit, Optimum, search
from .workers import Workers

Floats = NDArray[np.float64]
STEPS = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 55.0, 89.0)  # half widths from the estimate
SHOWN = 2.0  # half widths: so far a curve is drawn at least, where the range goes so far
NARROWEST, WIDEST = 1e-4, 0.25  # of the range: the half width that the steps go by
CLOSE = 0.01  # of the line's height, in its square root: near enough to the crossing
MOST_CLOSING = 8
MOST_AGAIN = 4  # searches at one place, after the first
BETTER = 1e-3  # of the cost: by so much less the best was not the best
FOUND, RANGE, UNRESOLVED = "found", "range", "unresolved"


@dataclass(frozen=True)
class Profile:
    """The likelihood profile of one parameter.

    Attributes
    ----------
    name : str
    values, costs : arrays, shape (n,)
        Places in its unit, rising, the estimate among them, and the cost of the best fit at each (NaN where there is none).
    estimate, lowest : float
        The estimate and its cost.
    line : float
        How far above the lowest the 90 % interval reaches.
    lower, upper : float
        Its bounds; NaN where there is none.
    below, above : {"found", "range", "unresolved"}
        Whether the bound on this side was found, lies outside the range, or could not be told.
    """

    name: str
    values: Floats
    costs: Floats
    estimate: float
    lowest: float
    line: float
    lower: float
    upper: float
    below: str
    above: str

    @property
    def is_beaten(self) -> bool:
        """Whether some place of it has a lower cost than the best fit, which then was not the best."""
        return bool(np.nanmin(self.costs) < self.lowest * (1 - BETTER))


def profile(problem: Problem, best: Optimum, interval: Interval, loss: str) -> Profile:
    """The likelihood profile of one parameter, by the interval that its linearised residuals give."""
    i = problem.free.index(interval.name)
    half = float(np.clip(interval.half if np.isfinite(interval.half) else WIDEST, NARROWEST, WIDEST))
    others = np.delete(best.scaled, i)
    low, high = float(problem.lower[i]), float(problem.upper[i])

    def at(place: float, start: Floats) -> Optimum:
        held = problem.holding({interval.name: low + place * (high - low)})
        made = search(held, start, 0, loss, ROUGH)
        for _ in range(MOST_AGAIN):  # a search may end early in a valley, and the bound would move
            on = search(held, made.scaled, 0, loss, ROUGH)
            gained = made.cost - on.cost
            made = on if gained > 0 or made.failed else made
            if not gained > CLOSE * interval.line:
                break
        return made

    sides = [_side(at, float(best.scaled[i]), others, best.cost, interval.line, half, end) for end in (0.0, 1.0)]
    found = {float(best.scaled[i]): best.cost, **sides[0].costs, **sides[1].costs}
    places = sorted(found)
    to_values = problem.lower[i] + np.array(places) * (high - low)
    bounds = [low + side.bound * (high - low) for side in sides]
    return Profile(
        interval.name, np.asarray(to_values), np.array([found[place] for place in places]), interval.estimate, best.cost,
        interval.line, bounds[0], bounds[1], sides[0].ends, sides[1].ends,
    )  # fmt: skip


@dataclass(frozen=True)
class _Side:
    costs: dict[float, float]
    bound: float
    ends: str


def _side(
    at: Callable[[float, Floats], Optimum],
    estimate: float,
    others: Floats,
    lowest: float,
    line: float,
    half: float,
    end: float,
) -> _Side:
    """One side of a profile, from the estimate to an end of the range."""
    costs: dict[float, float] = {}
    inside, outside = (estimate, 0.0), None
    start = others
    for step in STEPS:
        place = estimate + step * half * (1.0 if end else -1.0)
        place = min(place, end) if end else max(place, end)
        if place == estimate or place in costs:
            break
        made = at(place, start)
        if made.failed:
            costs[place] = np.nan
            break
        costs[place], start = made.cost, made.scaled
        above = max(0.0, made.cost - lowest)
        if above <= line and outside is None:
            inside = (place, above)
            others = made.scaled
        elif outside is None:
            outside = (place, above)
        if place == end or (outside is not None and step >= SHOWN):
            break
    if outside is None:
        is_whole = estimate == end or not np.isnan(costs.get(end, np.nan))
        return _Side(costs, np.nan, RANGE if is_whole else UNRESOLVED)
    for _ in range(MOST_CLOSING):
        place = crossing(inside, outside, line)
        made = at(place, others)
        if made.failed:
            costs[place] = np.nan
            return _Side(costs, np.nan, UNRESOLVED)
        costs[place], above = made.cost, max(0.0, made.cost - lowest)
        if above <= line:
            inside, others = (place, above), made.scaled
        else:
            outside = (place, above)
        if abs(np.sqrt(above / line) - 1) <= CLOSE:
            break
    return _Side(costs, crossing(inside, outside, line), FOUND)


def crossing(inside: tuple[float, float], outside: tuple[float, float], line: float) -> float:
    """Where a cost crosses a line between two places, each (place, cost above the lowest): straight in its square root."""
    root, low, high = np.sqrt(line), np.sqrt(inside[1]), np.sqrt(outside[1])
    return float(inside[0] + (outside[0] - inside[0]) * (root - low) / (high - low))


def profiles(
    fit: Fit,
    names: Sequence[str],
    workers: int | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> tuple[list[Profile], bool]:
    """The profiles of some parameters, in their order, and whether all were made: KeyboardInterrupt keeps those that are.

    Parameters
    ----------
    progress : callable, optional
        Told the name of each that is made, and how many are.
    """
    interval = {one.name: one for one in fit.intervals}
    tasks = [(fit.problem, fit.best, interval[name], fit.loss) for name in names]
    found: dict[str, Profile] = {}
    try:
        with Workers(min(workers or default_threads(), len(tasks))) as processes:
            for made in processes.each(profile, tasks):
                found[made.name] = made
                if progress is not None:
                    progress(made.name, len(found))
    except KeyboardInterrupt:
        if not found:
            raise
    return [found[name] for name in names if name in found], len(found) == len(names)
