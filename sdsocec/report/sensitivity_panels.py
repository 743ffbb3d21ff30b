"""Panels of sensitivity: ranked bars, indices over time, convergence, shares of behaviour modes.

Each `draw_...` draws on the `ax` it is given, and gives it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.sensitivity import CHIEF, Part, Sensitivity

from .lettering import fit, spread, width_of
from .numbers import format_number, format_ticks
from .panel import scale_times
from .sensitivity_tables import (
    absence,
    drawn_over_time,
    effect_unit,
    factor_label,
    is_spread,
    mode_name,
    ranked,
    scenario_title,
    share_words,
    those_that_matter,
)
from .style import HOUSE, LINE, Style, luminance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_BARS, MOST_LINES = 5, 5
LONGEST_FACTOR = 100.0  # points, on two lines
BAR = 0.62
OWN = 1.6  # points: the edge of what a scenario has as it is
OWN_MODE = "own"  # marks it
CAP = 1.8  # points: half of the line that ends an interval


def draw_ranked(
    ax: Axes, found: Sensitivity, part: Part, scenario: int, outcome: int, language: str = "en", style: Style = HOUSE
) -> Axes:
    """Ranked bars of one outcome at the end: ST above S1, or the one index there is, with intervals.

    A star marks a factor of which an index has not converged; a dashed line the threshold of PAWN; a diamond the mean effect
    with its sign (mu of Morris).
    """
    indices, at = part.indices, (scenario, -1, outcome)
    order = ranked(part, *at)[:MOST_BARS] if indices.varies[at] else []
    factor, _ = effect_unit(found, part.outcomes[outcome], language)
    chief = indices.names.index(CHIEF[indices.method])
    # Two halves of one bar, so that neither hides the other.
    shown = [(chief, 0, BAR, 0.0)]
    if indices.method == "sobol":
        shown = [(indices.names.index("ST"), 1, BAR / 2, -BAR / 4), (indices.names.index("S1"), 0, BAR / 2, BAR / 4)]
    places = np.arange(float(len(order)))
    for i, look, thick, beside in shown if order else ():
        value, half = (x[-1][(*at, slice(None), i)][order] * factor for x in (indices.value, indices.half))
        colour = style.fill(look).colour
        ax.barh(places + beside, value, thick, color=colour, edgecolor=style.text, linewidth=0.4, zorder=2)
        _draw_intervals(ax, value, places + beside, half, style)
    if indices.method == "morris" and order:
        mean = indices.value[-1][(*at, slice(None), indices.names.index("mu"))][order] * factor
        ax.plot(mean, places, linestyle="", clip_on=False, **mean_look(style), zorder=6)
    labels = [_factor(found, j, language, style, star(part, (*at, j))) for j in order]
    if indices.method == "pawn" and order:
        ax.axvline(float(indices.threshold[-1][at]), color=style.text, linewidth=0.9, dashes=(4, 2), zorder=6)
    ax.set_yticks(range(len(order)), labels)
    ax.set_ylim(max(len(order), 1) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    ax.tick_params(axis="y", length=0)
    for label in ax.get_yticklabels():
        label.set_parse_math(False)
        label.set_linespacing(LINE - 0.25)
    low = min(0.0, ax.dataLim.x0 if order else 0.0)
    if indices.method == "morris" and order:  # room for half a diamond at 0
        low = min(low, -0.01 * ax.dataLim.x1)
        ax.axvline(0.0, color=style.rules, linewidth=0.6, zorder=1.5)
    _scale(ax, "x", low, max(ax.dataLim.x1, 0.0) if order else 1.0, language)
    if not order:
        why = absence(part, (scenario, len(part.times) - 1, outcome), language)
        ax.text(
            0.5, 0.5, why, transform=ax.transAxes, ha="center", va="center", color=style.notes, fontsize=style.label_size
        )  # fmt: skip
    return ax


def looks_of(found: Sensitivity, style: Style = HOUSE, outcomes: Sequence[str] | None = None) -> dict[int, int]:
    """The position of each factor among the looks of lines, one for all panels of some outcomes (by default all outcomes).

    The factors that are drawn have the first, in the order in which a reader meets them. Where the style has fewer colours, those
    of one panel seldom have the same, and then other dashes and markers.
    """
    names = list(found.outcomes) if outcomes is None else outcomes
    panels: list[list[int]] = []
    for part in (found.parts[kind] for kind in ("numerical", "policy") if kind in found.parts):
        for s in range(len(part.scenarios)):
            for k in (part.outcomes.index(name) for name in names):
                panels.append(drawn_over_time(part, s, k))
                panels.append(those_that_matter(part, s, -1, k)[:MOST_LINES] if part.indices.varies[s, -1, k] else [])
    order = dict.fromkeys([*(j for panel in panels for j in panel), *range(len(found.factors))])
    looks: dict[int, int] = {}
    n = len(style.colours)
    for j in order:
        beside = [{looks[i] % n for i in panel if i in looks} for panel in panels if j in panel]
        free = [position for position in range(len(order) + n) if position not in looks.values()]
        looks[j] = min(free, key=lambda position: (sum(position % n in colours for colours in beside), position))
    return looks


def draw_over_time(
    ax: Axes, found: Sensitivity, part: Part, scenario: int, outcome: int, language: str = "en", style: Style = HOUSE,
    *, height: float = 80.0, looks: Mapping[int, int] | None = None,
) -> Axes:  # fmt: skip
    """The chief index over time of the factors that decide at the end, and of those that decided most at another time.

    Intervals stand at some times of each line, where there are any; names at the ends of the lines; the threshold of PAWN is
    dashed. Times at which no outcome of the part varies are left out; lines are only drawn where their outcome has spread enough
    (`is_spread`).

    Parameters
    ----------
    height : float
        Of the panel, in points: so that names do not meet.
    looks : dict, optional
        Factor -> position of its look, the same in every panel (`looks_of`).
    """
    indices = part.indices
    chosen = drawn_over_time(part, scenario, outcome)
    factor, _ = effect_unit(found, part.outcomes[outcome], language)
    varying = np.flatnonzero(indices.varies[scenario].any(axis=-1))
    first = int(varying[0]) if varying.size else 0
    i = indices.names.index(CHIEF[indices.method])
    lines, halves = (x[-1][scenario, first:, outcome][:, chosen, i] * factor for x in (indices.value, indices.half))
    times = np.array(part.times[first:])
    counts = is_spread(part, scenario, outcome)[first:]
    lines, halves = (np.where(counts[:, None], x, np.nan) for x in (lines, halves))
    positions = looks_of(found, style) if looks is None else looks
    drawn = _draw_lines(ax, times, lines, style, halves, [positions[j] for j in chosen])
    if indices.method == "pawn" and chosen:
        threshold = np.where(counts, indices.threshold[-1, scenario, first:, outcome], np.nan)
        ax.plot(times, threshold, color=style.text, linewidth=0.9, dashes=(4, 2), zorder=2.5)
    finite = np.concatenate([lines.ravel(), drawn])
    finite = finite[np.isfinite(finite)]
    _scale(ax, "y", min(0.0, float(finite.min(initial=0.0))), float(finite.max(initial=0.0)) or 1.0, language)
    scale_times(ax, times, language)
    names = [_factor(found, j, language, style) for j in chosen]
    _name_ends(ax, names, lines[-1], height, style, [positions[j] for j in chosen])
    return ax


def draw_convergence(
    ax: Axes, found: Sensitivity, part: Part, scenario: int, outcome: int, language: str = "en", style: Style = HOUSE,
    *, height: float = 80.0, looks: Mapping[int, int] | None = None,
) -> Axes:  # fmt: skip
    """The chief index at n / 8, n / 4, n / 2 and n, with intervals, of the factors that decide; a star where not converged.

    `looks` is that of `draw_over_time`.
    """
    indices, at = part.indices, (scenario, -1, outcome)
    chosen = those_that_matter(part, *at)[:MOST_LINES] if indices.varies[at] else []
    i = indices.names.index(CHIEF[indices.method])
    factor, _ = effect_unit(found, part.outcomes[outcome], language)
    values, halves = (np.stack([x[(slice(None), *at, j, i)] for j in chosen] or [np.full(4, np.nan)], axis=-1) * factor
                      for x in (indices.value, indices.half))  # fmt: skip
    x = np.arange(float(len(indices.sizes)))
    positions = looks_of(found, style) if looks is None else looks
    for k, j in enumerate(chosen):  # side by side, so that all can be seen
        beside = 0.06 * (k - (len(chosen) - 1) / 2)
        _draw_line(ax, x + beside, values[:, k], style, positions[j], 0, 1)
        some = np.isfinite(halves[:, k])
        _draw_half(ax, x[some] + beside, values[some, k], halves[some, k], style, positions[j])
    finite = (np.concatenate([values - np.nan_to_num(halves), values + np.nan_to_num(halves)])).ravel()
    finite = finite[np.isfinite(finite)]
    _scale(ax, "y", min(0.0, float(finite.min(initial=0.0))), float(finite.max(initial=0.0)) or 1.0, language)
    ax.set_xlim(-0.25, len(x) - 0.75)
    ax.set_xticks(x, [format_number(float(n), language) for n in indices.sizes])
    names = [_factor(found, j, language, style, star(part, (*at, j), slice(i, i + 1))) for j in chosen]
    _name_ends(ax, names, values[-1][: len(chosen)], height, style, [positions[j] for j in chosen])
    return ax


def star(part: Part, at: tuple[int, ...], which: slice = slice(None)) -> str:
    """A star if an index of a factor (of those in `which`) has not converged."""
    judged = part.indices.is_judged[at][which]
    return "*" if (judged & ~part.indices.converged[at][which]).any() else ""


def mean_look(style: Style) -> dict[str, Any]:
    """How the mean effect is marked."""
    return {
        "marker": "D",
        "markersize": 3.6,
        "markerfacecolor": "white",
        "markeredgecolor": style.text,
        "markeredgewidth": 0.9,
    }


def draw_modes(
    ax: Axes, found: Sensitivity, outcome: int, modes: Sequence[int], language: str = "en", style: Style = HOUSE,
    *, width: float = 170.0,
) -> Axes:  # fmt: skip
    """The share of runs in each behaviour mode, a bar for each scenario; a thick edge marks the mode of the scenario as it is.

    Parameters
    ----------
    modes : sequence of int
        Those of the legend, in its order.
    width : float
        Of the panel, in points: a part of a bar has its mode and share where there is room, or else its share.
    """
    from matplotlib.patheffects import withStroke

    assert found.modes is not None
    names = [scenario.name for scenario in found.experiment.scenarios]
    for y in range(len(names)):
        left = 0.0
        for place, code in enumerate(modes):
            share = float(found.modes.shares[y, outcome, code])
            fill = style.fill(place)
            if share > 0:
                (whole,) = ax.barh(
                    y, share, BAR, left=left, color=fill.colour, hatch=fill.hatch, edgecolor=style.text, linewidth=0.4
                )
                if code == found.modes.reference[y, outcome]:
                    (edge,) = ax.barh(
                        y, share, BAR, left=left, facecolor="none", edgecolor=style.text, linewidth=2 * OWN, zorder=4,
                        path_effects=[withStroke(linewidth=3 * OWN, foreground="white")], gid=OWN_MODE,
                    )  # fmt: skip
                    edge.set_clip_path(whole)  # so that it hides no other part
            number = share_words(share, language, decimals=0)
            for name in (f"{mode_name(code, language)} {number}", number):
                if share == 0 or width_of(name, style.note_size, False, style.font) + 2 * OWN + 1 > share * width:
                    continue
                ax.text(
                    left + share / 2, y, name, ha="center", va="center_baseline", fontsize=style.note_size, zorder=5,
                    color="white" if luminance(fill.colour) < 0.25 else style.text,
                    bbox={"facecolor": fill.colour, "edgecolor": "none", "pad": 0.8} if fill.hatch else None,
                )  # fmt: skip
                break
            left += share
    ax.set_yticks(range(len(names)), mode_titles(found, language, style))
    for label in ax.get_yticklabels():
        label.set_parse_math(False)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlim(0, 1)
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    ax.set_xticks(ticks, format_ticks(ticks, language, is_share=True))
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    return ax


def mode_titles(found: Sensitivity, language: str, style: Style) -> list[str]:
    """The scenarios, as they are written beside their bars."""
    titles = (scenario_title(found, scenario.name, language) for scenario in found.experiment.scenarios)
    return [fit(title, LONGEST_FACTOR, style.tick_size, lines=2, font=style.font) for title in titles]


def _draw_intervals(
    ax: Axes, x: NDArray[np.float64], y: NDArray[np.float64], half: NDArray[np.float64], style: Style
) -> None:
    """Intervals, with a pale rim that sets them off from dark bars; none where `half` is NaN."""
    from matplotlib.patheffects import withStroke

    known = np.isfinite(half)
    line = ax.errorbar(
        x[known], y[known], xerr=half[known], color=style.text, linestyle="none", elinewidth=0.9, capsize=CAP, capthick=0.9,
        zorder=5,
    )  # fmt: skip
    for artist in (*line.lines[1], *line.lines[2]):
        artist.set_path_effects([withStroke(linewidth=2.2, foreground="white")])


def _draw_lines(
    ax: Axes, x: NDArray[np.float64], lines: NDArray[np.float64], style: Style, halves: NDArray[np.float64],
    positions: Sequence[int],
) -> NDArray[np.float64]:  # fmt: skip
    """Lines with intervals at their markers, each at times of its own; the ends of the intervals that are drawn."""
    ends = [np.empty(0)]
    for k, position in enumerate(positions):
        every = max(1, len(x) // 4)
        _draw_line(ax, x, lines[:, k], style, position, k, every)
        at = [i for i in range(k % every, len(x), every) if np.isfinite(halves[i, k])]
        _draw_half(ax, x[at], lines[at, k], halves[at, k], style, position)
        ends += [lines[at, k] - halves[at, k], lines[at, k] + halves[at, k]]
    return np.concatenate(ends)


def _draw_line(
    ax: Axes, x: NDArray[np.float64], y: NDArray[np.float64], style: Style, position: int, k: int, every: int
) -> None:
    look = style.look(position)
    ax.plot(
        x, y, color=look.colour, linestyle=look.dashes, linewidth=look.width, marker=look.marker, zorder=3, clip_on=False,
        markersize=style.marker_size, markerfacecolor="white", markeredgewidth=0.9, markevery=(k % every, every),
    )  # fmt: skip


def _draw_half(
    ax: Axes, x: NDArray[np.float64], y: NDArray[np.float64], half: NDArray[np.float64], style: Style, position: int
) -> None:
    """Intervals of a line."""
    ax.errorbar(x, y, half, color=style.look(position).colour, linewidth=0.9, capsize=CAP, linestyle="none", zorder=2.8)


def _name_ends(
    ax: Axes, names: Sequence[str], ends: NDArray[np.float64], height: float, style: Style, positions: Sequence[int]
) -> None:
    """Write names at the right ends of lines, apart from each other."""
    low, high = ax.get_ylim()
    line = style.tick_size * (LINE - 0.15)
    tall = max((name.count("\n") + 1 for name in names), default=1) * line
    wanted = [(float(end) - low) / (high - low) * height for end in np.nan_to_num(ends)]  # 0 where nothing varies
    places = spread(wanted, tall, -tall / 2, height + tall)
    if places is None:
        places = spread(wanted, line, -line, height + 2 * line) or wanted
        names = [name.replace("\n", " ") for name in names]
    from matplotlib.lines import Line2D
    from matplotlib.transforms import Affine2D, ScaledTranslation, blended_transform_factory

    # Across in points from the right edge, upward in heights of the panel.
    figure = ax.get_figure(root=True)
    assert figure is not None
    edge = ScaledTranslation(1.0, 0.0, cast(Any, ax.transAxes))
    right = Affine2D().scale(1 / 72) + figure.dpi_scale_trans + edge
    beside = blended_transform_factory(right, ax.transAxes)
    for name, place, end, position in zip(names, places, wanted, positions, strict=True):
        colour, y = style.look(position).colour, place / height
        ax.add_artist(Line2D([1, 10], [end / height, y], color=colour, linewidth=0.6, transform=beside, clip_on=False))
        ax.text(
            12, y, name, transform=beside, va="center", fontsize=style.tick_size, color=colour, parse_math=False,
            linespacing=LINE - 0.25,
        )  # fmt: skip


def _factor(found: Sensitivity, j: int, language: str, style: Style, mark: str = "") -> str:
    return fit(factor_label(found, j, language) + mark, LONGEST_FACTOR, style.tick_size, lines=2, font=style.font)


def _scale(ax: Axes, axis: str, low: float, high: float, language: str) -> None:
    """Limits and numbers of an axis that holds 0; three or four numbers."""
    from matplotlib.ticker import MaxNLocator

    high, low = high + 0.03 * (high - low), low - (0.05 * (high - low) if low < 0 else 0.0)
    ticks = np.asarray(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)).tolist()
    kept = [float(t) for t in ticks if low - 1e-12 <= t <= high]
    if axis == "x":
        ax.set_xticks(kept, format_ticks(kept, language))
        ax.set_xlim(low, high)
    else:
        ax.set_yticks(kept, format_ticks(kept, language))
        ax.set_ylim(low, high)
