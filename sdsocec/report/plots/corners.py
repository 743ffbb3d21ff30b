"""Which corner of the plane is best by an outcome, over two uncertainties: regions, and the lines where the best changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.plane_maps import CornerMap, best_of, margins
from sdsocec.engine import constant_values
from sdsocec.results.formats import DataTable
from sdsocec.results.shown import ShownOutcome
from sdsocec.scenario import scenario_names

from ..inputs import has_unit, input_label, input_unit
from ..lettering import clean
from ..numbers import format_number, format_ticks, format_time, format_value
from ..picture import Picture, settings_below, stamp, with_settings
from ..saving import house_style
from ..sheet import Head
from ..style import HOUSE, Style
from ..tables import with_unit
from ..texts import listed, text
from .chosen import shown_of
from .maps import (
    COLUMNS,
    LEAST,
    OWN,
    areas_of_maps,
    contour_levels,
    direction_of,
    frame,
    name_regions,
    pale,
    place_maps,
    write_levels,
    written,
)
from .room import AxisWords, sheet_with_room, shortened, tall_enough

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
ROOM = {"column": 215.0, "full": 250.0}  # points: the height of a map with its words
HATCHES = ("", "////", "..", "\\\\\\\\", "xx", "--", "++", "oo")
_FINER = 6
_WIDE = 0.02  # of the map: where no corner is best over more than this, that region has a line of its own


def draw_best(
    ax: Axes,
    levels: tuple[Floats, Floats],
    shown: ShownOutcome,
    direction: str,
    titles: Sequence[str],
    language: str,
    style: Style,
    looks: Sequence[int] = (),
) -> Axes:
    """The regions with their names, and lines where the best changes.

    Within a region dashed lines say how much better it is than the next. It is white where the best two differ by too little to
    mean anything.

    Parameters
    ----------
    levels : two arrays, shapes (n,)
        The horizontal axis first.
    shown : ShownOutcome
        Its values have the shape (n, n, n_corners).
    direction : {"lower", "higher"}
    titles : sequence of str
        Of the corners.
    looks : sequence of int
        The position of each among all scenarios, for the colour that it has in other pictures; by default that among the corners.
    """
    (x, y), values = _finer(levels, shown.values)
    margin, best = margins(values, direction), best_of(values, direction, shown.smallest)
    first = margin.max(axis=-1)
    top = float(first.max()) + 1.0
    is_wide = float((best < 0).mean()) > _WIDE
    line = max(shown.smallest, 1e-9 * float(np.abs(values).max(initial=0.0))) if is_wide else 0.0
    for i in np.unique(best[best >= 0]).tolist():
        rising = margin[..., i].T  # rows go up the second axis
        hatch = HATCHES[i % len(HATCHES)]
        look = looks[i] if looks else i
        ax.contourf(x, y, rising, levels=[line, top], colors=[pale(style.look(look).colour)], zorder=1)
        if hatch:
            hatched = ax.contourf(x, y, rising, levels=[line, top], colors="none", hatches=[hatch], zorder=1.2)
            hatched.set_edgecolor(style.rules)
            hatched.set_linewidth(0.0)
        if rising.min() < line:
            ax.contour(x, y, rising, levels=[line], colors=style.text, linewidths=1.2, zorder=2)
    ax.set_xlim(float(x[0]), float(x[-1]))
    ax.set_ylim(float(y[0]), float(y[-1]))
    lines = _step(shown, first)
    if lines:
        drawn = ax.contour(
            x, y, first.T, levels=lines, colors=style.notes, linewidths=0.6, linestyles=[(0, (3, 1.5))], zorder=2
        )
        write_levels(ax, drawn, lines, language, style, is_share=shown.is_share)
    frame(ax)
    for axis, values in ((ax.xaxis, x), (ax.yaxis, y)):
        ticks = _ticks(values)
        axis.set_ticks(ticks, format_ticks(ticks, language))
    name_regions(ax, (x, y), best, titles, style)
    return ax


def _step(shown: ShownOutcome, first: Floats) -> list[float]:
    """The levels of the lines of how much better the best is than the next."""
    return contour_levels(max(float(first.min()), shown.smallest), float(first.max()), 5)


def _drawn_notes(
    shown: Sequence[ShownOutcome], directions: Sequence[str], *, is_inside: bool, language: str
) -> list[str]:
    """What the lines, the white and the cross mean, of those that are drawn."""
    regions = [best_of(one.values, way, one.smallest) for one, way in zip(shown, directions, strict=True)]
    lines = [_step(one, margins(one.values, way).max(axis=-1)) for one, way in zip(shown, directions, strict=True)]
    said = {
        "solid": any(len(np.unique(best)) > 1 for best in regions),
        "dashed": any(lines),
        "white": any(float((best < 0).mean()) > _WIDE for best in regions),
        "cross": is_inside,
    }
    return [text(language, f"best_corner_{key}") for key, is_drawn in said.items() if is_drawn]


def _finer(levels: tuple[Floats, Floats], values: Floats) -> tuple[tuple[Floats, Floats], Floats]:
    """The same surfaces at more places, on straight lines between the known ones: so that borders meet where three do."""
    from scipy.interpolate import RegularGridInterpolator

    x, y = (np.linspace(level[0], level[-1], (len(level) - 1) * _FINER + 1) for level in levels)
    x[::_FINER], y[::_FINER] = levels
    at = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1)
    return (x, y), np.asarray(RegularGridInterpolator(levels, values)(at))


def _ticks(values: Floats) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    found = MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(float(values[0]), float(values[-1]))
    slack = 1e-9 * float(values[-1] - values[0])
    return [float(tick) for tick in found if values[0] - slack <= tick <= values[-1] + slack]


def corner_pictures(
    found: CornerMap,
    *,
    ranked: bool = False,
    size: str = "full",
    language: str = "en",
    style: Style = HOUSE,
) -> list[Picture]:
    """One picture, `best-corner`: a map an outcome, side by side at full width.

    Parameters
    ----------
    ranked : bool
        Whether the uncertainties are those that move the differences most; the note says so.
    """
    model = found.model
    shown = [shown_of(model, name, found.values[..., i], language) for i, name in enumerate(found.outputs)]
    directions = [direction_of(model, name) for name in found.outputs]
    titles = [clean(scenario.title.in_language(language)) for scenario in found.plane.corners.values()]
    columns = min(COLUMNS[size], len(shown))
    notes = [
        "",  # what is drawn, known below
        text(language, "best_corner_ranked") if ranked else "",
        text(language, "initial_equilibrium_note") if found.initial == "equilibrium" else "",
        settings_below(found.attributes, language),
    ]
    title = _title(shown, directions, format_time(found.time, language), language)
    order = {name: i for i, name in enumerate(scenario_names(model))}
    looks = [order.get(s.name, len(order) + i) for i, s in enumerate(found.plane.corners.values())]
    words = [factor_words(found, i, language) for i in (0, 1)]
    heads = [_head(one, direction, language) for one, direction in zip(shown, directions, strict=True)]
    factors = [model.card.unit(factor.unit)[0] for factor in found.factors]
    levels = (found.levels[0] * factors[0], found.levels[1] * factors[1])
    values = constant_values(model.equations)
    own = [values[factor.constants[0]] * scale for factor, scale in zip(found.factors, factors, strict=True)]
    is_inside = all(level[0] <= place <= level[-1] for level, place in zip(levels, own, strict=True))
    subtitle = with_settings(model.card.title.in_language(language), found.attributes, language)
    rows = -(-len(shown) // columns)
    notes[0] = " ".join([*_drawn_notes(shown, directions, is_inside=is_inside, language=language),
                         text(language, "map_grid", n=len(found.levels[0]))])  # fmt: skip

    def draw(room: float) -> tuple[Figure, float]:
        figure, area = sheet_with_room(size, room, style, title, subtitle, [*notes, stamp(found.attributes, style)])
        areas = areas_of_maps(figure, area, len(shown), columns, words[0], words[1], style)
        width, height = figure.get_size_inches() * 72
        axes = []
        with house_style(style):
            for i, (one, direction) in enumerate(zip(shown, directions, strict=True)):
                rough = (0.0, 0.0, (areas[0].width / columns - 30) / width, max(areas[0].height - 45, 20) / height)
                ax = figure.add_axes(rough, label=f"map {i}")
                draw_best(ax, levels, one, direction, titles, language, style, looks)
                if is_inside:
                    ax.plot(
                        own[0], own[1], marker="P", markersize=6, color=style.text, markeredgecolor="white",
                        markeredgewidth=0.8, zorder=5, clip_on=False, gid=OWN,
                    )  # fmt: skip
                axes.append(ax)
        return figure, place_maps(figure, areas, axes, heads, style, columns)

    figure = tall_enough(draw, rows * ROOM[size], LEAST, rows)
    alt = describe_corners(found, shown, directions, titles, language)
    return [Picture("best-corner", figure, alt, _table(found, shown, directions))]


def _title(shown: Sequence[ShownOutcome], directions: Sequence[str], time: str, language: str) -> str:
    """Which outcomes are judged, and which way: `Which scenario is lowest in 2020: unemployed`."""
    parts = []
    for direction in dict.fromkeys(directions):
        labels = [shortened(one.label) for one, way in zip(shown, directions, strict=True) if way == direction]
        parts.append(text(language, f"best_corner_title_{direction}", outcomes=listed(language, labels), time=time))
    whole = "; ".join(parts)
    return f"{whole[:1].upper()}{whole[1:]}"


def _head(shown: ShownOutcome, direction: str, language: str) -> Head:
    way = text(language, f"best_corner_{direction}")
    unit = text(language, "points") if shown.is_share else shown.unit
    return Head(shown.label, note=f"{way}; {text(language, 'best_corner_unit', unit=unit)}" if unit else way)


def factor_words(found: CornerMap, i: int, language: str) -> AxisWords:
    """The name of an uncertainty with its unit."""
    factor, model = found.factors[i], found.model
    label = input_label(model, factor, language)
    return AxisWords(with_unit(label, input_unit(model, factor, language), language) if has_unit(factor) else label)


def describe_corners(
    found: CornerMap, shown: Sequence[ShownOutcome], directions: Sequence[str], titles: Sequence[str], language: str
) -> str:
    """The maps in words: over how much of each every corner is best, and by how much at the most."""
    names = [shortened(factor_words(found, i, language).name) for i in (0, 1)]
    sentences = [
        text(language, "alt_best_corner", n=len(shown), model=found.model.card.title.in_language(language),
             time=format_time(found.time, language), first=names[0], second=names[1])
    ]  # fmt: skip
    for one, direction in zip(shown, directions, strict=True):
        best = best_of(one.values, direction, one.smallest)
        ahead = margins(one.values, direction)
        parts = [
            text(language, "alt_best_corner_part", scenario=title, share=_share(float((best == k).mean()), language),
                 most=_ahead(float(ahead[..., k].max()), one, language))
            for k, title in enumerate(titles)
            if (best == k).any()
        ]  # fmt: skip
        if (best < 0).any():
            parts.append(text(language, "alt_best_corner_none", share=_share(float((best < 0).mean()), language)))
        sentences.append(f"{clean(one.label)}: {'; '.join(parts)}.")
    return " ".join(sentences)


def _ahead(value: float, shown: ShownOutcome, language: str) -> str:
    """A difference with its unit."""
    if shown.is_share:
        return f"{format_number(100 * value, language, decimals=1)} {text(language, 'points')}"
    return written(value, shown, language)


def _share(value: float, language: str) -> str:
    if 0 < value < 0.005 or 0.995 < value < 1:
        return format_value(value, language, is_share=True)
    return format_number(100 * value, language) + "%"


def _table(found: CornerMap, shown: Sequence[ShownOutcome], directions: Sequence[str]) -> DataTable:
    names = [scenario.name for scenario in found.plane.corners.values()]
    rows: list[tuple[str | float, ...]] = []
    for one, direction in zip(shown, directions, strict=True):
        best = best_of(one.values, direction, one.smallest)
        rows += [
            (float(x), float(y), found.time, one.variable, one.label, *map(float, one.values[a, b]), one.unit,
             names[best[a, b]] if best[a, b] >= 0 else "")
            for a, x in enumerate(found.levels[0])
            for b, y in enumerate(found.levels[1])
        ]  # fmt: skip
    factors = [factor.name for factor in found.factors]
    return DataTable("best-corner", (*factors, "time", "variable", "label", *names, "unit", "best"), tuple(rows))
