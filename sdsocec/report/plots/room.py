"""A sheet as high as its panels need, and the words of the plane's axes beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sdsocec.scenario.plane import INTENSITY, Plane

from ..lettering import ELLIPSIS, clean, fit
from ..saving import house_style
from ..sheet import CM, Area, new_sheet, sheet_height
from ..style import LINE, Style
from ..texts import text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STRIP_GAP = 3.0  # between the words of an axis and the panels, in points
_END_LINES = 4


def sheet_with_room(
    size: str,
    room: float,
    style: Style,
    title: str,
    subtitle: str = "",
    footer: Sequence[str] = (),
    legend: Sequence[str] = (),
) -> tuple[Figure, Area]:
    """A sheet whose area is so high (points), whatever its title, legend and footer need; no higher than a page."""
    height = sheet_height(size, style, title, subtitle, footer, legend=legend, panels=room / CM)
    return new_sheet(size, height, style, title, subtitle, footer)


def tall_enough(draw: Callable[[float], tuple[Figure, float]], room: float, least: float, rows: int = 1) -> Figure:
    """A figure whose panels are high enough: drawn again with more room where the words above them took too much.

    Parameters
    ----------
    draw : callable
        From the room for all panels (points) to the figure and the height of its lowest panel.
    """
    figure, height = draw(room)
    return figure if height >= least else draw(room + (least - height) * rows)[0]


@dataclass(frozen=True)
class AxisWords:
    """What an axis is called, and what its ends mean."""

    name: str
    low: str = ""
    high: str = ""


def plane_words(plane: Plane, axis: str, language: str, *, with_key: bool = False) -> AxisWords:
    """The words of an axis of the plane; `with_key` adds the letter by which a point names it."""
    if axis == INTENSITY:
        base = plane.base.title.in_language(language)
        return AxisWords(text(language, "hindcast_intensity"), base, text(language, "hindcast_corners"))
    what = plane.axes[axis]
    label, low, high = (part.in_language(language) for part in (what.label, what.low, what.high))
    return AxisWords(f"{label} ({axis})" if with_key else label, low, high)


def write_axis_words(figure: Figure, area: Area, across: AxisWords, upward: AxisWords, style: Style) -> Area:
    """Write the horizontal axis below an area and the vertical one, turned, at its left; the area that is left."""
    size = style.label_size
    half_high, half_wide = area.height / 2 - 8, area.width / 2 - 8
    for _ in range(2):  # the height of one strip takes length from the other
        side = _strip(upward, 2 * half_high, half_high, style)
        under = _strip(across, 2 * half_wide, half_wide, style)
        half_high = (area.height - under.height) / 2 - 8
        half_wide = (area.width - side.height) / 2 - 8
    inner = Area(
        area.left + side.height, area.bottom + under.height, area.width - side.height, area.height - under.height
    )
    width, height = figure.get_size_inches() * 72
    with house_style(style):
        x0, x1 = inner.left, inner.left + inner.width
        y0, y1 = inner.bottom, inner.bottom + inner.height
        top = inner.bottom - STRIP_GAP
        kwargs: dict[str, Any] = {"fontsize": size, "parse_math": False, "linespacing": LINE - 0.1}
        for words, x, align, weight, down in (
            (under.name, (x0 + x1) / 2, "center", "bold", under.ends_height),
            (under.low, x0, "left", "normal", 0.0),
            (under.high, x1, "right", "normal", 0.0),
        ):
            if words:
                # An arrow is lower than letters: by their tops, two lines of letters would not line up.
                is_one = "\n" not in under.low + under.high + words
                y, va = (top - down - 0.85 * size, "baseline") if is_one else (top - down, "top")
                figure.text(
                    x / width, y / height, words, ha=align, va=va, weight=weight, color=style.text, multialignment=align,
                    **kwargs,
                )  # fmt: skip
        right = inner.left - STRIP_GAP
        for words, y, align, weight, back in (
            (side.name, (y0 + y1) / 2, "center", "bold", side.ends_height),
            (side.low, y0, "bottom", "normal", 0.0),
            (side.high, y1, "top", "normal", 0.0),
        ):
            if words:
                figure.text(
                    (right - back) / width, y / height, words, ha="right", va=align, rotation=90, weight=weight,
                    color=style.text, multialignment={"bottom": "left", "top": "right"}.get(align, "center"), **kwargs,
                )  # fmt: skip
    return inner


@dataclass(frozen=True)
class _Strip:
    """The words of an axis, broken to fit along it: the ends next to the panels, the name behind them."""

    name: str
    low: str
    high: str
    ends_height: float
    height: float


def _strip(words: AxisWords, length: float, half: float, style: Style) -> _Strip:
    size, font = style.label_size, style.font
    low, high = (
        fit(f"{arrow} {end}" if arrow == "\u2190" else f"{end} {arrow}", half, size, lines=_END_LINES, font=font) if end else ""
        for arrow, end in (("\u2190", words.low), ("\u2192", words.high))
    )  # fmt: skip
    name = fit(words.name, length, size, lines=2, bold=True, font=font)
    lines = max((part.count("\n") + 1 for part in (low, high) if part), default=0)
    ends_height = lines * size * LINE
    name_height = (name.count("\n") + 1) * size * LINE if name else 0.0
    return _Strip(name, low, high, ends_height, STRIP_GAP + ends_height + name_height)


def shortened(label: str, most: int = 80) -> str:
    """A label within a sentence: one line, cut where it would drown the rest."""
    cleaned = clean(label)
    return cleaned if len(cleaned) <= most else cleaned[: most - 1].rstrip() + ELLIPSIS


def rows_of(area: Area, n: int, gap: float = 10.0) -> list[Area]:
    """An area in so many rows of one height, the upper one first."""
    height = (area.height - gap * (n - 1)) / n
    return [replace(area, bottom=area.bottom + (n - 1 - i) * (height + gap), height=height) for i in range(n)]
