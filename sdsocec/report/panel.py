"""One panel: one outcome over time, a line for each scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.results.shown import ShownOutcome

from .lettering import NO_BREAK, fit, spread
from .numbers import format_ticks, format_time
from .saving import TICK_SIZE
from .style import DARK, GREY, HOUSE, MOST_NAMED, Look, Style
from .texts import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABEL_SIZE = 8.5
LONGEST_AXIS_LABEL = 112.0  # points
NOTHING = 1e-3  # of the highest value: a tenth of a point
# Of the overview, which is drawn for a screen.
_WIDTH, _THIN = 1.6, 0.6
HISTORY = Look(GREY, "-", "", 1.8)


def look_of(position: int, n_runs: int) -> Look:
    """The look of a run by its position; the first is plain black, many are all alike."""
    return replace(HOUSE.look(position, n_runs), width=_THIN if n_runs > MOST_NAMED else _WIDTH)


def draw_outcome(
    ax: Axes, outcome: ShownOutcome, times: NDArray[np.float64], language: str = "en", common: int | None = None
) -> Axes:
    """Draw one outcome.

    Parameters
    ----------
    common : int, optional
        The position of the last time at which all runs are the same: up to there one grey line is drawn for all, and a
        vertical line marks it.
    """
    draw_lines(ax, outcome, times, common)
    label_values(ax, outcome, language)
    scale_times(ax, times, language)
    return ax


def draw_lines(
    ax: Axes, outcome: ShownOutcome, times: NDArray[np.float64], common: int | None = None, style: Style | None = None
) -> None:
    """Draw the lines of a panel, and where they part; by default as the overview has them."""
    n_runs, n_times = outcome.values.shape
    start = common or 0
    size = 4.0 if style is None else style.marker_size
    if common is not None and common > 0:
        history = HISTORY if style is None else style.history
        _draw_line(ax, times[: start + 1], outcome.values[0, : start + 1], history, size)
    if start < n_times - 1 or n_times == 1:
        for run in range(n_runs):
            look = look_of(run, n_runs) if style is None else style.look(run, n_runs)
            line = _draw_line(ax, times[start:], outcome.values[run, start:], look, size)
            if look.marker:  # each at times of its own, so that markers of lines that coincide can all be seen
                every = max(1, (n_times - start) // 3)
                line.set_markevery((every * (run + 1) // (n_runs + 1), every))
    if 0 < start < n_times - 1 and n_runs > 1:
        ax.axvline(times[start], color="#999999", linewidth=0.8, zorder=0.5)


def label_values(ax: Axes, outcome: ShownOutcome, language: str) -> None:
    """Scale the y axis to an outcome, and write its unit beside it."""
    is_cut = scale_values(ax, outcome, language)
    unit = text(language, "percent") if outcome.is_share else outcome.unit
    label = fit(unit, LONGEST_AXIS_LABEL, TICK_SIZE)
    if is_cut:
        label = fit(
            f"{label} {text(language, 'axis_cut').replace(' ', NO_BREAK)}", LONGEST_AXIS_LABEL, TICK_SIZE, lines=2
        )
    ax.set_ylabel(label, fontsize=TICK_SIZE, color=DARK, parse_math=False)


def _draw_line(ax: Axes, times: NDArray[np.float64], values: NDArray[np.float64], look: Look, size: float) -> Any:
    marker = look.marker or ("o" if len(times) == 1 else "")
    (line,) = ax.plot(
        times, values, color=look.colour, linestyle=look.dashes, linewidth=look.width, marker=marker, markersize=size,
        markerfacecolor="white", markeredgewidth=1.1, clip_on=False,
    )  # fmt: skip
    return line


def scale_values(ax: Axes, outcome: ShownOutcome, language: str) -> bool:
    """Set limits and numbers of the y axis; whether it leaves zero out: only where all values are far from it."""
    from matplotlib.ticker import MaxNLocator

    known = outcome.values[np.isfinite(outcome.values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if abs(low) < NOTHING * high:  # an empty stock may be a little below zero, by its last time step
        low = 0.0
    is_flat = high - low < 0.01 * max(abs(low), abs(high))
    if low > 0 and (low < 0.6 * high or is_flat):
        low = 0.0
    elif high < 0 and (high > 0.6 * low or is_flat):
        high = 0.0
    if low == high == 0:  # nothing to measure, so nothing but zero on the axis
        ax.set_yticks([0.0], ["0"])
        ax.set_ylim(0, 1)
        return False
    scale = 100.0 if outcome.is_share else 1.0
    locator = MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10])
    ticks = [float(tick) / scale for tick in np.asarray(locator.tick_values(low * scale, high * scale))]
    ax.set_yticks(ticks, format_ticks(ticks, language, is_share=outcome.is_share))
    ax.set_ylim(ticks[0], ticks[-1])
    return bool(ticks[0] > 0 or ticks[-1] < 0)


def scale_times(ax: Axes, times: NDArray[np.float64], language: str) -> None:
    """Set limits and numbers of the x axis: from the first time to the last."""
    from matplotlib.ticker import MaxNLocator

    first, last = float(times[0]), float(times[-1])
    if first == last:
        first, last = first - 1, last + 1
    ticks = np.asarray(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]).tick_values(first, last)).tolist()
    ticks = [t for t in ticks if first <= t <= last]
    ax.set_xticks(ticks, [format_time(t, language) for t in ticks])
    ax.set_xlim(first, last)


def end_label_positions(ax: Axes, outcome: ShownOutcome, height: float, size: float = LABEL_SIZE) -> list[float] | None:
    """Where the names of the lines stand at the right, in points from the bottom; None where they would not fit.

    They do not fit if one would have to move by more than a line from the end of its own.
    """
    low, high = ax.get_ylim()
    line = 1.25 * size
    ends = [0.0 if np.isnan(v) else (v - low) / (high - low) * height for v in outcome.values[:, -1].tolist()]
    found = spread(ends, line, -line / 2, height + line / 2)
    if found is None or max(abs(a - b) for a, b in zip(found, ends, strict=True)) > line:
        return None
    return found


def label_ends(
    ax: Axes, names: Sequence[str], positions: Sequence[float], height: float, size: float = LABEL_SIZE
) -> Axes:
    """Write the names of the lines at their right ends."""
    for name, position in zip(names, positions, strict=True):
        ax.annotate(
            name, (1.0, position / height), (5, 0), xycoords="axes fraction", textcoords="offset points", va="center",
            fontsize=size, color=DARK, parse_math=False, annotation_clip=False,
        )  # fmt: skip
    return ax
