"""What holds along one input: its range in stretches of one verdict, seen on a grid and closed in, many things at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Codes = NDArray[np.int8]
Margins = Callable[[Floats, Places], Floats]
Verdict = Literal["holds", "tie", "fails", "unknown"]
Interval = tuple[float | None, float | None]  # None: to the end of the range
HOLDS, TIE, FAILS, UNKNOWN = 1, 0, -1, 2
_VERDICTS: dict[int, Verdict] = {HOLDS: "holds", TIE: "tie", FAILS: "fails", UNKNOWN: "unknown"}
_PARTS = 4  # a bracket is cut into so many at once


@dataclass(frozen=True)
class Stretch:
    """A part of the range of an input, in its unit, in which the verdict stays what it is."""

    low: float
    high: float
    verdict: Verdict


def verdicts(margins: Floats, ties: Floats | float) -> Codes:
    """The one rule: above `ties` it holds, below `-ties` it fails, between it is a tie, not finite is unknown.

    Parameters
    ----------
    margins : array
        By how much something holds.
    ties : float or array of a shape that fits
        The largest margin, either way, that is a tie; 0 or more, in the same unit.

    Examples
    --------
    >>> verdicts(np.array([0.2, 0.1, -0.1, -0.2, np.inf]), 0.1).tolist()
    [1, 0, 0, -1, 2]
    """
    found = np.where(margins > ties, HOLDS, np.where(margins < -ties, FAILS, TIE))
    return np.where(np.isfinite(margins), found, UNKNOWN).astype(np.int8)


def find_stretches(
    grid: Floats, margins: Floats, ties: Floats, evaluate: Margins, resolution: float
) -> list[tuple[Stretch, ...]]:
    """The stretches of some things along an input, their borders closed in to a width.

    What starts and ends between neighbours on the grid is not seen.

    Parameters
    ----------
    grid : array, shape (n_points,)
        Values of the input, rising.
    margins : array, shape (n_points, n_things)
        On the grid, as `verdicts` takes them.
    ties : array, shape (n_things,)
        The largest margin of each thing that is a tie.
    evaluate : callable
        Values, shape (k,), and the things asked for at each, shape (k,) -> margins, shape (k,).
    resolution : float
        How wide a bracket may be left, in the input's unit; within it a margin is taken for straight.

    Returns
    -------
    list of tuples of Stretch
        For each thing, from the first point of the grid to the last, without gaps.
    """
    codes = verdicts(margins, ties)
    points, things = np.nonzero(codes[:-1] != codes[1:])
    brackets = np.array([things, grid[points], grid[points + 1], margins[points, things], margins[points + 1, things]])
    closed = []
    while brackets.shape[1]:
        is_wide = brackets[2] - brackets[1] > resolution
        closed.append(brackets[:, ~is_wide])
        brackets = _cut(brackets[:, is_wide], ties, evaluate)
    found: list[list[Stretch]] = [[] for _ in ties]
    starts, current = np.full(len(ties), grid[0]), codes[0].copy()
    for i, low, high, at_low, at_high in sorted(np.concatenate([np.zeros((5, 0)), *closed], axis=1).T.tolist()):
        thing = int(i)
        border = _border(low, high, at_low, at_high, float(ties[thing]))
        found[thing].append(Stretch(float(starts[thing]), border, _VERDICTS[int(current[thing])]))
        starts[thing], current[thing] = border, verdicts(np.array(at_high), ties[thing])
    for thing, stretches in enumerate(found):
        stretches.append(Stretch(float(starts[thing]), float(grid[-1]), _VERDICTS[int(current[thing])]))
    return [tuple(stretches) for stretches in found]


def _cut(brackets: Floats, ties: Floats, evaluate: Margins) -> Floats:
    """Those parts of brackets in which the verdict changes; a bracket is a column: thing, low, high, margins at both."""
    if not brackets.shape[1]:
        return brackets
    things, low, high, at_low, at_high = brackets
    which = things.astype(np.int64)
    inner = np.linspace(low, high, _PARTS + 1)[1:-1]  # (parts - 1, k)
    found = evaluate(inner.ravel(), np.tile(which, _PARTS - 1)).reshape(inner.shape)
    values = np.concatenate([low[None], inner, high[None]])
    margins = np.concatenate([at_low[None], found, at_high[None]])
    codes = verdicts(margins, ties[which])
    part, column = np.nonzero(codes[:-1] != codes[1:])
    cut = (values[part, column], values[part + 1, column], margins[part, column], margins[part + 1, column])
    return np.array([things[column], *cut])


def _border(low: float, high: float, at_low: float, at_high: float, tie: float) -> float:
    """Where in a bracket the verdict changes: the middle, if one side is unknown."""
    before, after = (int(code) for code in verdicts(np.array([at_low, at_high]), tie))
    if UNKNOWN in (before, after):
        return 0.5 * (low + high)
    line = tie * (before + after)  # 1 and 0: tie; 0 and -1: -tie; a jump from 1 to -1: 0
    return low + min(1.0, max(0.0, (at_low - line) / (at_low - at_high))) * (high - low)


def has(stretches: Sequence[Stretch], verdict: Verdict) -> bool:
    """Whether some stretch has this verdict."""
    return any(stretch.verdict == verdict for stretch in stretches)


def doing(alone: Sequence[Sequence[Stretch]], verdict: Verdict) -> list[int]:
    """The inputs that bring about a verdict alone: that which does so over the largest part of its range first.

    >>> half = [Stretch(0.0, 0.5, "fails"), Stretch(0.5, 1.0, "holds")]
    >>> doing([[Stretch(0.0, 1.0, "holds")], half, [Stretch(2.0, 3.0, "fails")]], "fails")
    [2, 1]
    """
    parts = {}
    for i, stretches in enumerate(alone):
        if has(stretches, verdict):
            width = sum(one.high - one.low for one in stretches if one.verdict == verdict)
            parts[i] = width / (stretches[-1].high - stretches[0].low)
    return sorted(parts, key=lambda i: -parts[i])


def intervals(stretches: Sequence[Stretch], verdict: Verdict) -> list[Interval]:
    """Where along the input the verdict is this one.

    >>> intervals([Stretch(0.0, 0.3, "holds"), Stretch(0.3, 0.7, "fails"), Stretch(0.7, 1.0, "tie")], "fails")
    [(0.3, 0.7)]
    >>> intervals([Stretch(0.0, 0.3, "holds"), Stretch(0.3, 1.0, "fails")], "holds")
    [(None, 0.3)]
    """
    last = len(stretches) - 1
    return [
        (None if i == 0 else one.low, None if i == last else one.high)
        for i, one in enumerate(stretches)
        if one.verdict == verdict
    ]
