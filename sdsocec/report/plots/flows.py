"""Who went from where to where in a span of years: bands as wide as the people in them, from places at the left to the right."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.errors import SdsocecError
from sdsocec.model.project import LoadedModel
from sdsocec.results.flows import PeopleFlows
from sdsocec.results.formats import DataTable
from sdsocec.results.origins import LUMPED, OTHER_GROUPS, OUTSIDE, OriginDestination, lump, origin_destination
from sdsocec.results.shown import run_names, shown_unit, smallest_shown

from ..conditions import as_sentence, conditions
from ..lettering import fit, width_of
from ..numbers import format_amount, format_number, format_time, format_value
from ..parting import scenario_titles
from ..picture import Picture, settings_below, stamp, with_settings
from ..saving import house_style
from ..sheet import Area
from ..style import HOUSE, LINE, Fill, Style
from ..texts import listed, text
from .maps import pale
from .quadrant import slug
from .room import sheet_with_room
from .stacked import people_groups

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
SHARE = 0.01  # of all who went: places with less traffic are one
BAR, BETWEEN, PAD = 6.0, 5.0, 4.0  # points: the width of a bar, the least gap between two, between a bar and letters
NAME_SHARE = {"column": 0.32, "full": 0.25}  # of the width, for the names at each side
LEAST, HIGH = {"column": 270.0, "full": 280.0}, {"column": 42.0, "full": 38.0}  # points: of all bars, and for each
MOST_NAMED = 8  # bands in the alternative text
NAME_LINES = 3


@dataclass(frozen=True)
class Bands:
    """What is drawn.

    Attributes
    ----------
    names : tuple of str
        Of the ends, in their order from the top.
    looks : tuple of int or None
        The position of each among all places, for its colour; None for an end that is no single place.
    went : array, shape (n_ends, n_ends)
        People as shown, by origin and destination; the diagonal is 0.
    opening, closing : arrays, shape (n_places,)
        As shown; the ends beyond the places have none.
    within : float
        People who went between places that are drawn as one.
    """

    names: tuple[str, ...]
    looks: tuple[int | None, ...]
    went: Floats
    opening: Floats
    closing: Floats
    within: float
    unit: str
    smallest: float
    start: float
    end: float
    lumped: tuple[str, ...]

    @property
    def total(self) -> float:
        """All people drawn."""
        return float(self.went.sum())


def bands_of(
    found: OriginDestination,
    model: LoadedModel,
    unit: str,
    language: str,
    share: float = SHARE,
    used: Sequence[str] = (),
) -> Bands:
    """Small places made one, everything in the unit and the words shown; ends where nobody came or left are gone.

    `used` are the places that have a colour of their own, by default those of the span.
    """
    factor = model.card.unit(unit)[0]
    small = lump(found, share)
    names = _end_names(small, model, language)
    places = list(used or found.places)
    n = len(small.places) - (1 if small.lumped else 0)
    kept = [i for i in range(len(small.ends)) if i < len(small.places) or small.went[i].any() or small.went[:, i].any()]
    went = small.went[np.ix_(kept, kept)] * factor
    within = float(np.trace(went))
    went = went - np.diag(np.diag(went))
    return Bands(
        tuple(names[i] for i in kept), tuple(places.index(small.places[i]) if i < n else None for i in kept), went,
        small.opening * factor, small.closing * factor, within, shown_unit(model, unit, language),
        smallest_shown(model, unit), found.start, found.end,
        tuple(_place_name(place, model, language) for place in small.lumped),
    )  # fmt: skip


def _end_names(found: OriginDestination, model: LoadedModel, language: str) -> list[str]:
    own = {OUTSIDE: text(language, "outside"), OTHER_GROUPS: text(language, "flows_other_groups"),
           LUMPED: text(language, "flows_lumped", n=len(found.lumped))}  # fmt: skip
    n = len(found.places) - (1 if found.lumped else 0)
    names = [_place_name(end, model, language) if i < n else own[end] for i, end in enumerate(found.ends)]
    return [f"{name} ({found.ends[i]})" if i < n and names.count(name) > 1 else name for i, name in enumerate(names)]


def _place_name(place: str, model: LoadedModel, language: str) -> str:
    stocks = {v.name for v in model.equations.variables.values()}
    parts = [place] if place in stocks else place.split(",")
    return ", ".join(model.card.element_label(part, language) for part in parts)


# ---- the drawing ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _End:
    """One bar with its label: where it is from the top down, and the words beside it."""

    top: float
    height: float
    words: str


def draw_flows(ax: Axes, bands: Bands, width: float, height: float, language: str, style: Style, names: float) -> Axes:
    """Draw the bands into axes of this size in points; names at each side get so much of the width."""
    from matplotlib.patches import PathPatch, Rectangle

    ax.set_xlim(0, width)
    ax.set_ylim(0, height)
    ax.set_axis_off()
    ends, scale = _layout(bands, height, names, language, style)
    left_x, right_x = names, width - names - BAR
    starts, stops = ({i: end.top for i, end in side.items()} for side in ends)
    for i, j in zip(*(at.tolist() for at in np.nonzero(bands.went)), strict=True):
        people = float(bands.went[i, j])
        thick = people * scale
        y0, y1 = starts[i], stops[j]
        starts[i], stops[j] = y0 - thick, y1 - thick
        fill = _fill(bands, i, style)
        is_place = bands.looks[i] is not None
        ax.add_patch(
            PathPatch(
                _band(left_x + BAR, right_x, y0, y1, thick), facecolor=pale(fill.colour, 0.5), edgecolor=style.notes,
                linewidth=0.25, hatch=fill.hatch if is_place and fill.hatch else None, zorder=1 + 1 / (1 + thick),
            )
        )  # fmt: skip
        _number_band(ax, people, thick, (left_x + BAR, y0), (right_x, y1), bands, language, style)
    for x, edge, align, side in (
        (left_x, left_x - PAD, "right", ends[0]),
        (right_x, right_x + BAR + PAD, "left", ends[1]),
    ):
        for i, end in side.items():
            fill = _fill(bands, i, style)
            ax.add_patch(
                Rectangle((x, end.top - end.height), BAR, end.height, facecolor=fill.colour, hatch=fill.hatch or None,
                          edgecolor=style.text, linewidth=0.4, zorder=3)
            )  # fmt: skip
            ax.text(
                edge, end.top - end.height / 2, end.words, ha=align, va="center", fontsize=style.label_size,
                color=style.text, parse_math=False, linespacing=LINE - 0.1, zorder=4,
            )  # fmt: skip
    return ax


def _fill(bands: Bands, i: int, style: Style) -> Fill:
    """Places by their position among all; what is no single place in white and grey."""
    look = bands.looks[i]
    if look is not None:
        return style.fill(look)
    others = [k for k, known in enumerate(bands.looks) if known is None]
    return Fill(("#ffffff", style.grid, style.rules)[others.index(i) % 3], ("....", "////", "xx")[others.index(i) % 3])


def _layout(
    bands: Bands, height: float, names: float, language: str, style: Style
) -> tuple[tuple[dict[int, _End], dict[int, _End]], float]:
    """The bars of both sides and points a person: each bar stands in the middle of a slot that its label fits into."""
    line, room = style.label_size * LINE, names - PAD - 2
    sides = []
    for axis in (1, 0):
        sums = bands.went.sum(axis=axis)
        sides.append({int(i): float(sums[i]) for i in np.flatnonzero(sums > 0)})
    for lines in range(NAME_LINES, 0, -1):
        words = [
            {
                i: fit(bands.names[i], room, style.label_size, lines=lines, font=style.font)
                + "\n" + format_amount(people, bands.smallest, language)
                for i, people in side.items()
            }
            for side in sides
        ]  # fmt: skip
        slots = [{i: (label.count("\n") + 1) * line + 1 for i, label in one.items()} for one in words]
        if all(sum(one.values()) + 0.25 * height <= height for one in slots):
            break
    scale = min(_scale(side, slot, height) for side, slot in zip(sides, slots, strict=True))
    found = []
    for side, slot, labels in zip(sides, slots, words, strict=True):
        used = sum(max(people * scale, slot[i]) for i, people in side.items())
        gap = (height - used) / max(len(side) - 1, 1)
        ends, y = {}, height
        for i, people in side.items():
            high, own = people * scale, max(people * scale, slot[i])
            ends[i] = _End(y - (own - high) / 2, high, labels[i])
            y -= own + gap
        found.append(ends)
    return (found[0], found[1]), scale


def _scale(side: Mapping[int, float], slots: Mapping[int, float], height: float) -> float:
    """The most points a person with which the bars of a side, none in less than its slot, fit above each other."""
    room = height - BETWEEN * (len(side) - 1)
    low, high = 0.0, room / sum(side.values())
    for _ in range(60):
        middle = (low + high) / 2
        needed = sum(max(people * middle, slots[i]) for i, people in side.items())
        low, high = (middle, high) if needed <= room else (low, middle)
    return low


def _band(x0: float, x1: float, y0: float, y1: float, thick: float) -> Any:
    """A band whose upper edge goes from (x0, y0) to (x1, y1)."""
    from matplotlib.path import Path

    middle = (x0 + x1) / 2
    points = [
        (x0, y0), (middle, y0), (middle, y1), (x1, y1), (x1, y1 - thick), (middle, y1 - thick), (middle, y0 - thick),
        (x0, y0 - thick), (x0, y0),
    ]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    return Path(points, codes)


def _number_band(
    ax: Axes, people: float, thick: float, start: tuple[float, float], end: tuple[float, float], bands: Bands,
    language: str, style: Style,
) -> None:  # fmt: skip
    """The people of a band at its both ends, where it is thick and long enough."""
    size = style.tick_size
    written = format_amount(people, bands.smallest, language)
    room, wide = end[0] - start[0], width_of(written, size, font=style.font)
    # A band bends away from its bar: by so much at the other end of the letters.
    bend = abs(end[1] - start[1]) * 3 * (wide / (1.5 * room)) ** 2
    if thick < size * 1.25 + bend or wide > 0.3 * room:
        return
    kwargs: dict[str, Any] = {"va": "center", "fontsize": size, "color": style.text, "parse_math": False, "zorder": 4}
    ax.text(start[0] + 3, start[1] - thick / 2, written, ha="left", **kwargs)
    ax.text(end[0] - 3, end[1] - thick / 2, written, ha="right", **kwargs)


# ---- pictures -------------------------------------------------------------------------------------------------------


def flow_pictures(
    flows: PeopleFlows,
    dataset: xr.Dataset,
    model: LoadedModel,
    *,
    start: float | None = None,
    end: float | None = None,
    only: Collection[str] = (),
    share: float = SHARE,
    size: str = "full",
    language: str = "en",
    style: Style = HOUSE,
) -> list[Picture]:
    """A picture a scenario: `flows-<scenario>`.

    Parameters
    ----------
    flows : PeopleFlows
        Of this result, as `measure_flows` gives them.
    start, end : float, optional
        Whole years; by default the whole run.
    only : collection of str
        Only people of these groups, by label or by the model's names.
    share : float
        Places that fewer people entered and fewer left than this share of all who went anywhere are drawn as one.

    Raises
    ------
    SdsocecError
        The span is none; there is no such group; the share is outside 0 to 0.5; nobody went anywhere.
    """
    require_share(share)
    groups, of = people_groups(model, only, language)
    # A place has the same colour in every scenario of a result; one that is always empty takes none.
    used = tuple(
        dict.fromkeys(cell.place for i, cell in enumerate(flows.cells) if flows.levels[:, :, i].any())
    ) or tuple(dict.fromkeys(cell.place for cell in flows.cells))
    pictures = []
    for run, (name, title) in enumerate(
        zip(run_names(dataset), scenario_titles(dataset, model, language), strict=True)
    ):
        found = origin_destination(flows, run, start, end, groups)
        bands = bands_of(found, model, flows.unit, language, share, used)
        if not bands.total:
            raise SdsocecError(f"nobody went anywhere in '{name}' from {found.start:g} to {found.end:g}", name=name)
        pictures.append(_picture(bands, name, title, of, share, dataset, model, size, language, style))
    return pictures


def require_share(share: float) -> None:
    """Raise SdsocecError for a share that lumps nothing sensible."""
    if not 0 <= share <= 0.5:
        raise SdsocecError(
            f"the share of --lump is {share:g}; it must be between 0 and 0.5", name=f"{share:g}",
            hint="0.01 is 1 %; 0 draws every place.",
        )  # fmt: skip


def _picture(
    bands: Bands, name: str, title: str, of: str, share: float, dataset: xr.Dataset, model: LoadedModel, size: str,
    language: str, style: Style,
) -> Picture:  # fmt: skip
    start, end = (format_time(t, language) for t in (bands.start, bands.end))
    heading = text(language, "flows_title", scenario=title, start=start, end=end)
    if of:
        heading = text(language, "stacked_of", title=heading, of=of)
    notes = [text(language, "flows_note", unit=bands.unit)]
    if bands.lumped:
        shown = format_value(share, language, is_share=True)
        if share * 100 == round(share * 100):
            shown = format_number(share * 100, language) + "%"
        places = listed(language, list(bands.lumped))
        notes.append(text(language, "flows_lumped_note", n=len(bands.lumped), places=places, share=shown))
        if bands.within:
            amount = format_amount(bands.within, bands.smallest, language)
            notes[-1] += " " + text(language, "flows_within", within=amount)
    said = conditions(dataset, language)
    footer = [
        *notes,
        as_sentence(said) if said else "",
        settings_below(dataset.attrs, language),
        stamp(dataset.attrs, style),
    ]
    room = max(LEAST[size], min(len(bands.names) * HIGH[size], 480.0)) + 14
    subtitle = with_settings(model.card.title.in_language(language), dataset.attrs, language)
    figure, area = sheet_with_room(size, room, style, heading, subtitle, footer)
    names = NAME_SHARE[size] * area.width
    plot = Area(area.left, area.bottom, area.width, area.height - 14)
    with house_style(style):
        width, height = figure.get_size_inches() * 72
        ax = figure.add_axes((plot.left / width, plot.bottom / height, plot.width / width, plot.height / height))
        draw_flows(ax, bands, plot.width, plot.height, language, style, names)
        top = (plot.bottom + plot.height + 4) / height
        for key, x, align in (
            ("flows_from", plot.left + names + BAR, "right"),
            ("flows_to", plot.left + plot.width - names - BAR, "left"),
        ):
            figure.text(
                x / width, top, text(language, key), ha=align, va="bottom", fontsize=style.label_size, weight="bold",
                color=style.text, parse_math=False,
            )  # fmt: skip
    return Picture(
        f"flows-{slug(name)}", figure, describe_flows(bands, title, of, model, language), flow_table(bands, name)
    )


# ---- words and data -------------------------------------------------------------------------------------------------


def flow_table(bands: Bands, name: str) -> DataTable:
    """Every band; then who was in each place at the start and at the end: opening + came - left = closing.

    `value` of `within` is who went between places that are drawn as one.
    """
    ends = bands.names
    rows: list[tuple[str | float, ...]] = [
        (name, "went", ends[i], ends[j], float(bands.went[i, j]), bands.unit)
        for i in range(len(ends))
        for j in range(len(ends))
        if bands.went[i, j] > 0
    ]
    if bands.within:
        lumped = ends[len(bands.opening) - 1]
        rows.append((name, "within", lumped, lumped, bands.within, bands.unit))
    for what, levels in (("opening", bands.opening), ("closing", bands.closing)):
        rows += [(name, what, ends[i], "", float(value), bands.unit) for i, value in enumerate(levels)]
    return DataTable(f"flows-{slug(name)}", ("scenario", "what", "from", "to", "value", "unit"), tuple(rows))


def describe_flows(bands: Bands, title: str, of: str, model: LoadedModel, language: str) -> str:
    """The figure in words: the span, the widest bands, the change of each place."""
    order = sorted(
        ((float(bands.went[i, j]), i, j) for i, j in zip(*np.nonzero(bands.went), strict=True)), reverse=True
    )[:MOST_NAMED]
    widest = [
        text(language, "alt_flows_band", source=bands.names[i], target=bands.names[j],
             value=format_amount(people, bands.smallest, language))
        for people, i, j in order
    ]  # fmt: skip
    changes = [
        text(language, "alt_change", what=place, first=format_amount(float(a), bands.smallest, language),
             last=format_amount(float(b), bands.smallest, language))
        for place, a, b in zip(bands.names, bands.opening, bands.closing, strict=False)
    ]  # fmt: skip
    return text(
        language, "alt_flows", scenario=title, model=model.card.title.in_language(language), unit=bands.unit,
        of=of or text(language, "everybody"), start=format_time(bands.start, language), end=format_time(bands.end, language),
        widest="; ".join(widest), changes="; ".join(changes),
    )  # fmt: skip
