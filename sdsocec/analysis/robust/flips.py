"""Where something stops holding as one input moves: seen on a grid, then closed in on, many things and places at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Margins = Callable[[Floats, Places], Floats]
_PARTS = 4  # a bracket is cut into so many at once
Interval = tuple[float | None, float | None]  # None: to the end of the range


@dataclass(frozen=True)
class Flip:
    """A value of an input at which something starts or stops to hold."""

    value: float
    holds_below: bool


def find_flips(grid: Floats, margins: Floats, evaluate: Margins, resolution: float) -> list[tuple[Flip, ...]]:
    """The flips of some things along an input, each closed in to a width.

    Two flips between neighbours on the grid are not seen.

    Parameters
    ----------
    grid : array, shape (n_points,)
        Values of the input, rising.
    margins : array, shape (n_points, n_things)
        On the grid; above 0 a thing holds, NaN is unknown.
    evaluate : callable
        Values, shape (k,), and the things asked for at each, shape (k,) -> margins, shape (k,).
    resolution : float
        How wide a bracket may be left, in the input's unit; within it a margin that crosses 0 is taken for straight.

    Returns
    -------
    list of tuples of Flip
        For each thing, by rising value.
    """
    known = np.isfinite(margins)
    holds = margins > 0
    changes = (holds[:-1] != holds[1:]) & known[:-1] & known[1:]
    points, things = np.nonzero(changes)
    low, high = grid[points], grid[points + 1]
    at_low, at_high = margins[points, things], margins[points + 1, things]
    alive = np.ones(len(points), dtype=bool)
    while (open_ := np.flatnonzero(alive & (high - low > resolution))).size:
        inner = np.linspace(low[open_], high[open_], _PARTS + 1)[1:-1]  # (parts - 1, k)
        found = evaluate(inner.ravel(), np.tile(things[open_], _PARTS - 1)).reshape(inner.shape)
        values = np.concatenate([low[None, open_], inner, high[None, open_]])
        all_margins = np.concatenate([at_low[None, open_], found, at_high[None, open_]])
        alive[open_] = np.isfinite(found).all(axis=0)
        first = np.argmax((all_margins[1:] > 0) != (all_margins[:1] > 0), axis=0)  # the first part in which it changes
        column = np.arange(len(open_))
        low[open_], high[open_] = values[first, column], values[first + 1, column]
        at_low[open_], at_high[open_] = all_margins[first, column], all_margins[first + 1, column]
    flips: list[list[Flip]] = [[] for _ in range(margins.shape[1])]
    for i in np.flatnonzero(alive):
        crosses = at_low[i] * at_high[i] <= 0
        part = at_low[i] / (at_low[i] - at_high[i]) if crosses else 0.5
        flips[things[i]].append(Flip(float(low[i] + part * (high[i] - low[i])), bool(at_low[i] > 0)))
    return [tuple(sorted(some, key=lambda flip: flip.value)) for some in flips]


def intervals(flips: Sequence[Flip], holding: bool = False) -> list[Interval]:
    """Where along the input it does not hold (or, if `holding`, where it does).

    >>> intervals([Flip(0.3, True), Flip(0.7, False)]), intervals([Flip(0.3, True)], holding=True)
    ([(0.3, 0.7)], [(None, 0.3)])
    """
    found: list[Interval] = []
    start: float | None = None
    for flip in flips:
        if flip.holds_below == holding:
            found.append((start, flip.value))
        start = flip.value
    if flips and flips[-1].holds_below != holding:
        found.append((start, None))
    return found
