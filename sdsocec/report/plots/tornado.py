"""A tornado: how far each input alone moves an outcome at one time, a bar an input, the widest on top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sdsocec.results.shown import ShownOutcome

from ..lettering import NO_BREAK, fit, width_of
from ..numbers import format_ticks
from ..parting import EQUAL
from ..sheet import TICK_GAP
from ..style import HOUSE, LINE, Style
from ..texts import text
from .chosen import axis_unit, is_cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BAR = 0.62  # of a row
SEEN = 0.01  # of the widest bar: how far beyond its ends an outcome goes to be marked
CUT = 3.0  # how many times as far off as its bars are wide a difference may be for 0 to be on the axis
PAD = 3.0  # points: between a bar and its number
BESIDE_ZERO = 2.0  # points more: between the line at 0 and a number
DOT = 3.4  # points
TICK_ROOM = 36.0  # points between lines of the grid, at least
NAME_LINES = 3
FEWEST = 3  # numbers along the axis, where there is room
HATCH = "//////"


@dataclass(frozen=True)
class Bar:
    """One input: its name with its unit, its two ends as written, and the outcome.

    `low` and `high` are the outcome at the low and the high end, `least` and `most` its furthest values over the ends and what
    is between.
    """

    name: str
    ends: tuple[str, str]
    low: float
    high: float
    least: float
    most: float

    @property
    def width(self) -> float:
        """How far the input moves the outcome."""
        return self.most - self.least


def draw_tornado(
    ax: Axes,
    bars: Sequence[Bar],
    stored: float,
    *,
    lang: str = "en",
    style: Style = HOUSE,
    unit: str = "",
    is_share: bool = False,
    limits: tuple[float, float] | None = None,
    rows: int = 0,
    names: float = 100.0,
    width: float = 150.0,
    number: str = "",
    zero: bool = False,
) -> Axes:
    """Draw a bar for each input, from the first on downward, around the outcome as it is.

    The low end of an input is a filled part, the high end a hatched one; where both are on one side of the line they lie below
    each other. A dot marks an outcome beyond both ends, somewhere between them.

    Parameters
    ----------
    bars : sequence of Bar
        In `unit`; shares as fractions.
    stored : float
        Where the line stands.
    unit : str
        For the axis.
    limits : tuple of float, optional
        Of the axis, so that panels have one scale; by default what holds the bars and their numbers.
    rows : int
        For how many bars there is room; by default for these.
    names, width : float
        Points for the names of inputs, and for the panel: so that letters have room.
    number : str
        What is written above the line.
    zero : bool
        Whether a dashed line marks 0, if it is on the axis; numbers stand beside it.
    """
    first, last = limits or limits_of([(bars, stored)], width, style, zero=zero)
    has_zero = zero and first < 0 < last
    low_look, high_look = style.fill(0), style.fill(1)
    seen = seen_from(bars)
    for y, bar in enumerate(bars):
        for value, look, hatch, beside in (
            (bar.low, low_look, "", -1),
            (bar.high, high_look, HATCH, 1),
        ):
            high, up = (BAR / 2, beside * BAR / 4) if _is_one_sided(bar, stored) else (BAR, 0.0)
            ax.barh(
                y + up, value - stored, high, left=stored, color=look.colour, hatch=hatch, edgecolor=style.text,
                linewidth=0.5, zorder=2,
            )  # fmt: skip
        for x, end in beyond(bar, seen):
            ax.plot([end, x], [y, y], color=style.text, linewidth=0.8, zorder=3)
            ax.plot([x], [y], **dot_look(style))
        for written in _numbers(bar, stored, seen):
            pad = written.pad
            if has_zero:
                pad += written.past_zero((last - first) / width, style)
            ax.annotate(
                written.text, (written.x, y), (written.side * pad, -written.line * 0.61 * style.note_size),
                textcoords="offset points", ha="left" if written.side > 0 else "right", va="center_baseline",
                fontsize=style.note_size, color=style.text, parse_math=False, annotation_clip=False, zorder=1.8,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
            )  # fmt: skip
    ax.axvline(stored, color=style.text, linewidth=style.line_width, zorder=2.5)
    if has_zero:
        ax.axvline(0.0, color=style.text, linewidth=0.9, dashes=(4, 2), zorder=1.5)
    _scale(ax, (first, last), width, lang, style, is_share=is_share)
    words = unit or (text(lang, "percent") if is_share else "")
    shown = axis_unit(ShownOutcome("", "", words, np.empty(0), False), lang, is_cut=is_cut(ax.get_xlim()))
    together = text(lang, "axis_cut")
    shown = shown.replace(together, together.replace(" ", NO_BREAK))
    shown = fit(shown, width, style.tick_size, lines=2, font=style.font)
    ax.set_xlabel(shown, fontsize=style.tick_size, parse_math=False, labelpad=2, linespacing=LINE - 0.1)
    ax.set_yticks(range(len(bars)), [fitted_name(bar, names, style) for bar in bars])
    ax.set_ylim(max(rows, len(bars), 1) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    for label in ax.get_yticklabels():
        label.set_parse_math(False)
        label.set_linespacing(LINE - 0.25)
    if number:
        low, high = ax.get_xlim()
        half = width_of(number, style.tick_size, True, style.font) / 2
        place = (stored - low) / (high - low) * width
        shift = max(half - place, 0.0) - max(place + half - width, 0.0)
        ax.annotate(
            number, (stored, 1.0), (shift, 2.0), xycoords=("data", "axes fraction"), textcoords="offset points",
            ha="center", va="bottom", fontsize=style.tick_size, weight="bold", color=style.text, parse_math=False,
            annotation_clip=False,
        )  # fmt: skip
    return ax


# ---- where things stand -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Number:
    """A value of an input beside the end of its bar: `side` -1 left of it or 1, `line` -1 above the middle, 0 in it, or 1.

    `is_beyond` says that a dot stands there.
    """

    text: str
    x: float
    side: int
    line: int
    is_beyond: bool

    @property
    def pad(self) -> float:
        """Points between the end and the number."""
        return PAD + DOT if self.is_beyond else PAD

    def past_zero(self, point: float, style: Style) -> float:
        """How many points further out it stands so as not to lie on the line at 0, on an axis of `point` a point."""
        to_zero = -self.x * self.side / point
        reach = self.pad + width_of(self.text, style.note_size, False, style.font)
        return to_zero + PAD + BESIDE_ZERO - self.pad if self.pad - PAD < to_zero < reach + 1.5 else 0.0


def fitted_name(bar: Bar, names: float, style: Style) -> str:
    """The name of an input in lines of so many points; shortened if it does not fit."""
    return fit(bar.name, names, style.tick_size, lines=NAME_LINES, font=style.font)


def _is_one_sided(bar: Bar, stored: float) -> bool:
    return (bar.low - stored) * (bar.high - stored) > 0


def seen_from(bars: Sequence[Bar]) -> float:
    """How far an outcome must go beyond the ends of a bar to be seen there."""
    return SEEN * max((bar.width for bar in bars), default=0.0)


def beyond(bar: Bar, seen: float) -> list[tuple[float, float]]:
    """Where the outcome goes beyond both ends, each with the end that is nearer."""
    first, last = sorted((bar.low, bar.high))
    return [(x, end) for x, end in ((bar.least, first), (bar.most, last)) if abs(x - end) > seen]


def _numbers(bar: Bar, stored: float, seen: float) -> list[_Number]:
    out = {-1 if x < end else 1: x for x, end in beyond(bar, seen)}
    if _is_one_sided(bar, stored):
        side = 1 if bar.low > stored else -1
        return [
            _Number(word, out.get(side, value), side, line, side in out)
            for word, value, line in zip(bar.ends, (bar.low, bar.high), (-1, 1), strict=True)
        ]
    first = -1 if bar.low <= bar.high else 1
    return [
        _Number(word, out.get(side, value), side, 0, side in out)
        for word, value, side in zip(bar.ends, (bar.low, bar.high), (first, -first), strict=True)
    ]


def limits_of(
    panels: Sequence[tuple[Sequence[Bar], float]], width: float, style: Style, *, zero: bool = False
) -> tuple[float, float]:
    """The limits of an axis so wide (points) that bars and the numbers beside them have room, in every panel.

    Parameters
    ----------
    zero : bool
        Hold 0 too, unless the bars are far from it.
    """
    places: list[tuple[float, float, float]] = []  # x, and the points that are needed left and right of it
    numbers: list[_Number] = []
    for bars, stored in panels:
        places.append((stored, 4.0, 4.0))
        seen = seen_from(bars)
        for bar in bars:
            places += [(x, DOT, DOT) for x in (bar.least, bar.most)]
            numbers += _numbers(bar, stored, seen)
    x, left, right = np.array(places).T
    low, high = float(x.min()), float(x.max())
    if zero and max(low, -high, 0.0) <= CUT * (high - low):
        x, left, right = (np.append(a, b) for a, b in ((x, 0.0), (left, 4.0), (right, 4.0)))
        low, high = min(low, 0.0), max(high, 0.0)
    has_zero = zero and low <= 0 <= high
    if high - low <= EQUAL * max(abs(low), abs(high)):
        half = 0.5 * abs(low) or 1.0
        return low - half, high + half
    first, last = low, high
    for _ in range(50):  # the room that numbers take, in units of the axis, depends on the limits
        point = (last - first) / width
        outer = [
            one.x + one.side * point * (
                one.pad + DOT + width_of(one.text, style.note_size, False, style.font)
                + (one.past_zero(point, style) if has_zero else 0.0)
            )
            for one in numbers
        ]  # fmt: skip
        first = min(float((x - left * point).min()), *outer, low)
        last = max(float((x + right * point).max()), *outer, high)
        if last - first > 4 * (high - low):  # numbers that leave no room for bars
            break
    return first, last


def _scale(ax: Axes, limits: tuple[float, float], width: float, language: str, style: Style, *, is_share: bool) -> None:
    """The limits of the x axis, lines at even steps, and as many numbers below them as have room: 0 among them."""
    from matplotlib.ticker import MaxNLocator

    low, high = limits
    scale = 100.0 if is_share else 1.0
    locator = MaxNLocator(nbins=min(8, max(4, int(width / TICK_ROOM))), steps=[1, 2, 2.5, 5, 10])
    ticks = [float(tick) / scale for tick in np.asarray(locator.tick_values(low * scale, high * scale))]
    kept = [tick for tick in ticks if low <= tick <= high]
    words = format_ticks(kept, language, is_share=is_share)
    widest = max((width_of(word, style.tick_size, False, style.font) for word in words), default=0.0)
    apart = (ticks[1] - ticks[0]) / (high - low) * width
    every = next((k for k in range(1, len(kept)) if widest + TICK_GAP < k * apart), max(len(kept), 1))
    first = kept.index(0.0) if 0.0 in kept else 0
    shown = [i for i in range(len(kept)) if (i - first) % every == 0]
    if len(shown) < FEWEST:  # not all at even steps then, as many as there is room for
        widths = [width_of(word, style.tick_size, False, style.font) for word in words]
        shown = _outward(widths, first, apart)
    ax.set_xticks(kept, [word if i in shown else "" for i, word in enumerate(words)])
    ax.set_xlim(low, high)


def _outward(widths: Sequence[float], first: int, apart: float) -> list[int]:
    """Which of some numbers, so far apart, have room: the first, and outward from it each that meets none before."""
    shown = [first] if widths else []
    for step in (-1, 1):
        last = first
        for i in range(first + step, len(widths) if step > 0 else -1, step):
            if abs(i - last) * apart >= (widths[i] + widths[last]) / 2 + TICK_GAP:
                shown.append(i)
                last = i
    return shown


def dot_look(style: Style) -> dict[str, Any]:
    """How an outcome beyond both ends is marked."""
    return {
        "marker": "o", "markersize": DOT, "markerfacecolor": "white", "markeredgecolor": style.text, "markeredgewidth": 0.9,
        "linestyle": "", "zorder": 3.5, "clip_on": False,
    }  # fmt: skip
