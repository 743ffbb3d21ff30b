"""The scenario plane as a map: an outcome all over it, shaded, with lines of equal value and the corners named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.plane_maps import PlaneMap
from sdsocec.results.formats import DataTable
from sdsocec.results.shown import ShownOutcome
from sdsocec.scenario.plane import INTENSITY

from ..lettering import fit
from ..numbers import format_number, format_ticks, format_time
from ..picture import Picture, settings_below, stamp, with_settings
from ..saving import house_style
from ..sheet import Head
from ..style import HOUSE, LINE, Style
from ..texts import listed, text
from .chosen import shown_of
from .maps import (
    COLUMNS,
    LEAST,
    areas_of_maps,
    contour_levels,
    drop_specks,
    frame,
    place_maps,
    shades,
    write_levels,
    written,
)
from .room import plane_words, sheet_with_room, shortened, tall_enough

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
ROOM = {"column": 250.0, "full": 285.0}  # points: the height of a map with its words


def draw_plane(ax: Axes, levels: Floats, shown: ShownOutcome, language: str, style: Style) -> Axes:
    """An outcome over the plane.

    Parameters
    ----------
    levels : array, shape (n,)
        Places on both axes.
    shown : ShownOutcome
        Its values have the shape (n, n), the horizontal axis first.
    """
    rising = shown.values.T  # rows go up the second axis
    low, high = float(rising.min()), float(rising.max())
    lines = contour_levels(low, high)
    if lines:
        margin = high - low
        edges = [low - margin, *lines, high + margin]
        filled = ax.contourf(levels, levels, rising, levels=edges, colors=shades(len(edges) - 1), zorder=1)
        drawn = ax.contour(levels, levels, rising, levels=lines, colors=style.notes, linewidths=0.7, zorder=2)
        for areas in (filled, drawn):
            drop_specks(areas, levels, levels)
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        write_levels(ax, drawn, lines, language, style, is_share=shown.is_share)
    frame(ax)
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    ax.set_xticks(ticks, format_ticks(ticks, language))
    ax.set_yticks(ticks, format_ticks(ticks, language))
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    return ax


def plane_pictures(found: PlaneMap, *, size: str = "full", language: str = "en", style: Style = HOUSE) -> list[Picture]:
    """One picture, `plane`: a map an outcome, side by side at full width."""
    model = found.model
    shown = [shown_of(model, name, found.values[:, :, i], language) for i, name in enumerate(found.outputs)]
    columns = min(COLUMNS[size], len(shown))
    rest = text(language, "initial_equilibrium_note") if found.attributes["initial"] == "equilibrium" else ""
    ends = [
        text(language, "plane_ends", outcome=f"{one.label[:1].upper()}{one.label[1:]}", **_ends(found, one, language))
        for one in shown
    ]
    if len(shown) == 1:
        ends = [text(language, "plane_ends_one", **_ends(found, shown[0], language))]
    note = " ".join([text(language, "plane_note"), *ends, text(language, "map_grid", n=len(found.levels))])
    notes = [note, _fixed_note(found, language), rest, settings_below(found.attributes, language)]
    named = listed(language, [shortened(one.label) for one in shown])
    title = text(language, "plane_title", outcomes=named, time=format_time(found.time, language))
    words = [plane_words(found.plane, axis, language, with_key=True) for axis in found.axes]
    heads = [Head(one.label, unit=text(language, "percent") if one.is_share else one.unit) for one in shown]
    subtitle = with_settings(model.card.title.in_language(language), found.attributes, language)
    rows = -(-len(shown) // columns)

    def draw(room: float) -> tuple[Figure, float]:
        figure, area = sheet_with_room(size, room, style, title, subtitle, [*notes, stamp(found.attributes, style)])
        areas = areas_of_maps(figure, area, len(shown), columns, words[0], words[1], style)
        axes = []
        width, height = figure.get_size_inches() * 72
        cell = areas[0].width / columns - 30
        with house_style(style):
            for i, one in enumerate(shown):  # at about its size from the start: numbers on lines are placed by it
                rough = (0.0, 0.0, cell / width, max(areas[0].height - 50, 20) / height)
                ax = figure.add_axes(rough, label=f"map {i}")
                draw_plane(ax, found.levels, one, language, style)
                _name_corners(ax, found, language, style, cell / 2 - 8)
                axes.append(ax)
        return figure, place_maps(figure, areas, axes, heads, style, columns)

    figure = tall_enough(draw, rows * ROOM[size], LEAST, rows)
    return [Picture("plane", figure, describe_plane(found, shown, language), _table(found, shown))]


def _fixed_note(found: PlaneMap, language: str) -> str:
    parts = [
        text(language, "plane_fixed", axis=text(language, "hindcast_intensity") if name == INTENSITY else name,
             value=_place(value, language))
        for name, value in found.fixed.items() if name != INTENSITY or value != 1
    ]  # fmt: skip
    said = listed(language, parts)
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def _place(value: float, language: str) -> str:
    return format_number(
        value, language, decimals=next(d for d in range(5) if d == 4 or abs(value - round(value, d)) < 1e-9)
    )


def corner_titles(found: PlaneMap, language: str) -> dict[tuple[int, int], str]:
    """The scenario at each corner of the map; with more axes, that of the nearest corner on the others."""
    plane = found.plane
    if len(plane.axes) == 1:
        return {(at[0], 1): s.title.in_language(language) for at, s in plane.corners.items()}
    others = [round(found.fixed[axis]) for axis in list(plane.axes)[2:]]
    return {(at[0], at[1]): s.title.in_language(language) for at, s in plane.corners.items() if list(at[2:]) == others}


def _name_corners(ax: Axes, found: PlaneMap, language: str, style: Style, room: float) -> None:
    """The scenarios outside the map, above and below its corners: so that they hide nothing."""
    for (cx, cy), title in corner_titles(found, language).items():
        below = -(style.tick_size * LINE + 5)
        ax.annotate(
            fit(title, room, style.label_size, lines=2, bold=True, font=style.font), (cx, cy), (0, 3 if cy else below),
            xycoords="axes fraction", textcoords="offset points", ha="right" if cx else "left", va="bottom" if cy else "top",
            fontsize=style.label_size, weight="bold", color=style.text, parse_math=False, annotation_clip=False,
        )  # fmt: skip


def describe_plane(found: PlaneMap, shown: Sequence[ShownOutcome], language: str) -> str:
    """The maps in words: what the corners have, where the lowest and the highest are."""
    sentences = [
        text(language, "alt_plane", n=len(shown), model=found.model.card.title.in_language(language),
             time=format_time(found.time, language),
             axes=listed(language, [plane_words(found.plane, axis, language, with_key=True).name for axis in found.axes]))
    ]  # fmt: skip
    last = len(found.levels) - 1
    for one in shown:
        corners = [
            f"{title} {written(float(one.values[a * last, b * last]), one, language)}"
            for (a, b), title in sorted(corner_titles(found, language).items())
        ]
        ends = _ends(found, one, language)
        sentences.append(text(language, "alt_plane_one", outcome=one.label, corners=listed(language, corners), **ends))
    return " ".join(sentences)


def _ends(found: PlaneMap, one: ShownOutcome, language: str) -> dict[str, str]:
    """The lowest and the highest value of a map, and where they are."""
    ends = {}
    for key, where in (("low", one.values.argmin()), ("high", one.values.argmax())):
        a, b = (int(k) for k in np.unravel_index(int(where), one.values.shape))
        ends[key] = written(float(one.values[a, b]), one, language)
        ends[f"{key}_at"] = ", ".join(
            f"{axis} {_place(round(float(found.levels[k]), 2), language)}"
            for axis, k in zip(found.axes, (a, b), strict=True)
        )
    return ends


def _table(found: PlaneMap, shown: Sequence[ShownOutcome]) -> DataTable:
    rows: list[tuple[str | float, ...]] = [
        (float(x), float(y), found.time, one.variable, one.label, float(one.values[a, b]), one.unit)
        for one in shown
        for a, x in enumerate(found.levels)
        for b, y in enumerate(found.levels)
    ]
    return DataTable("plane", (*found.axes, "time", "variable", "label", "value", "unit"), tuple(rows))
