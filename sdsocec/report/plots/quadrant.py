"""The study's quadrant: the scenarios at the corners of their plane, each with a small chart, the axes in words beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.errors import ProjectError, SdsocecError
from sdsocec.model.project import LoadedModel
from sdsocec.results.formats import DataTable
from sdsocec.results.shown import ShownOutcome, run_names, shown_time_unit
from sdsocec.scenario.plane import Plane

from ..conditions import as_sentence, conditions
from ..lettering import fit, width_of
from ..numbers import format_amount, format_time
from ..panel import scale_times, scale_values
from ..picture import Picture, settings_below, stamp, with_settings
from ..saving import house_style
from ..sheet import Area, Head, place_panels, sheet_width
from ..style import HOUSE, LINE, Look, Style
from ..tables import shown_value
from ..texts import text
from .chosen import axis_unit, is_cut
from .room import plane_words, sheet_with_room, shortened, tall_enough, write_axis_words
from .stacked import Stack, people_stack

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
ROOM = {"column": 230.0, "full": 275.0}  # points: the height of the quadrant
LEAST = 60.0  # points: of a panel of lines
GAP = (16.0, 12.0)  # between panels
BAR = 0.45  # the height of a bar; its name and number take the rest of 1
BAR_BELOW_TWO = 0.28  # where these have a line each
BEHIND = 6.0  # points: from a name to its number
# Where corners stand, row by row from the top: the second axis goes up, the first to the right.
PLACES = ((0, 1), (1, 1), (0, 0), (1, 0))


@dataclass(frozen=True)
class Quadrant:
    """The positions in a result of the scenarios at the corners, and of the one that all start from.

    Attributes
    ----------
    corners : dict
        Place (first axis, second axis) -> position of its scenario.
    base : int
    """

    plane: Plane
    corners: Mapping[tuple[int, int], int]
    base: int
    titles: Mapping[int, str]

    @property
    def drawn(self) -> list[int]:
        """The corners' positions, row by row from the top left."""
        return [self.corners[place] for place in PLACES]


def quadrant_of(dataset: xr.Dataset, model: LoadedModel, plane: Plane, language: str = "en") -> Quadrant:
    """Where the scenarios of the plane are in a result.

    Raises
    ------
    ProjectError
        The plane has not two axes.
    SdsocecError
        The result lacks one of its scenarios.
    """
    require_two_axes(plane, model)
    position = {name: i for i, name in enumerate(run_names(dataset))}
    every = [plane.base, *plane.corners.values()]
    missing = [scenario.name for scenario in every if scenario.name not in position]
    if missing:
        raise SdsocecError(f"the result lacks the scenario '{missing[0]}' of the plane", name=missing[0])
    corners = {(at[0], at[1]): position[scenario.name] for at, scenario in plane.corners.items()}
    titles = {position[s.name]: s.title.in_language(language) for s in every}
    return Quadrant(plane, corners, position[plane.base.name], titles)


def require_two_axes(plane: Plane, model: LoadedModel) -> None:
    """Raise ProjectError for a plane that has not two axes."""
    if len(plane.axes) != 2:
        names = ", ".join(plane.axes)
        raise ProjectError(
            f"a quadrant has two axes; the plane of '{model.name}' has {len(plane.axes)}: {names}", path=plane.path
        )


# ---- panels ---------------------------------------------------------------------------------------------------------


def draw_corner_lines(
    ax: Axes, outcome: ShownOutcome, times: Floats, run: int, base: int, look: Look, language: str, style: Style
) -> Axes:
    """One corner's outcome over time, with the base in grey dashes; the axis is that of all runs of the outcome."""
    # Dashes tell the base apart where nothing has a colour.
    ax.plot(
        times, outcome.values[base], color=style.history.colour, linewidth=style.line_width * 0.8, clip_on=False,
        linestyle=(0, (3, 1.2)), zorder=1.9,
    )  # fmt: skip
    ax.plot(times, outcome.values[run], color=look.colour, linewidth=style.line_width + 0.3, clip_on=False)
    scale_values(ax, outcome, language)
    scale_times(ax, times, language)
    return ax


def draw_corner_bars(ax: Axes, stack: Stack, run: int, base: int, language: str, style: Style, width: float) -> Axes:
    """Who is where at the end, as bars below their names and numbers; an upright line is where the base has it.

    A number beside a bar would stand by the base's line, and be read as the base's: it stands behind the name, or, where there is
    no room for both, below it. `width` is that of the axes, in points.
    """
    parts, size = len(stack.labels), style.tick_size
    ends, before = stack.values[run, :, -1], stack.values[base, :, -1]
    most = float(stack.values[:, :, -1].max(initial=0.0)) or 1.0
    shown = _amounts(stack, run, language)
    lines = lines_above(stack, width, language, style)
    bar = BAR if lines == 1 else BAR_BELOW_TWO
    y = np.arange(parts)[::-1]
    ax.barh(y, ends, height=bar, align="edge", color=[style.fill(i).colour for i in range(parts)],
            edgecolor=style.text, linewidth=0.4, hatch=[style.fill(i).hatch for i in range(parts)])  # fmt: skip
    written: dict[str, Any] = {
        "textcoords": "offset points",
        "fontsize": size,
        "color": style.text,
        "parse_math": False,
    }
    for label, number, place in zip(stack.labels, shown, y, strict=True):
        at, up = (0, float(place) + bar), 1.5
        name = fit(label, width - 2, size, font=style.font)
        right = 2.0 if lines == 2 else 2 + width_of(name, size, font=style.font) + BEHIND
        ax.annotate(number, at, (right, up), va="bottom", weight="bold", **written)
        ax.annotate(name, at, (2, up + (size * (LINE - 0.1) if lines == 2 else 0.0)), va="bottom", **written)
    ax.set_ylim(-0.1, parts)
    right = most * 1.02
    ax.set_xlim(0, right)
    # To be seen on a dark bar, a line within one, by 1.5 points, has a rim of white.
    within = np.minimum(before, ends - before) > 1.5 * right / width
    ax.vlines(before[within], y[within], y[within] + bar, color="white", linewidth=2.6, zorder=1.5)
    ax.vlines(before, y - 0.05, y + bar + 0.05, color=style.text, linewidth=1.2)
    ax.set_xticks([])
    ax.grid(False)
    ax.spines["bottom"].set_visible(False)
    ax.set_yticks([])
    return ax


def _amounts(stack: Stack, run: int, language: str) -> list[str]:
    """What the parts of a stack hold at the end, as written."""
    return [format_amount(float(value), stack.smallest, language) for value in stack.values[run, :, -1]]


def lines_above(stack: Stack, width: float, language: str, style: Style) -> int:
    """How many lines the name and the number of each bar need in so many points: one, or two where they do not fit in one."""
    size, font = style.tick_size, style.font
    longest = max(
        width_of(label, size, font=font) + width_of(number, size, True, font)
        for run in range(len(stack.values))
        for label, number in zip(stack.labels, _amounts(stack, run, language), strict=True)
    )
    return 1 if 2 + longest + BEHIND <= width else 2


# ---- pictures -------------------------------------------------------------------------------------------------------


def quadrant_pictures(
    dataset: xr.Dataset,
    model: LoadedModel,
    plane: Plane,
    outcomes: Sequence[ShownOutcome] = (),
    *,
    people: bool = False,
    only: Sequence[str] = (),
    size: str = "full",
    language: str = "en",
    style: Style = HOUSE,
) -> list[Picture]:
    """A quadrant of lines for each outcome, and, with `people`, one of bars: who is where at the end.

    Parameters
    ----------
    outcomes : sequence of ShownOutcome
        Of this result, as `shown_outcomes` gives them.
    only : sequence of str
        In the bars, only people of these groups.
    """
    quadrant = quadrant_of(dataset, model, plane, language)
    pictures = [_lines(quadrant, outcome, dataset, model, size, language, style) for outcome in outcomes]
    if people:
        pictures.append(_bars(quadrant, dataset, model, only, size, language, style))
    return pictures


def _sheet(
    dataset: xr.Dataset, model: LoadedModel, title: str, note: str, room: float, size: str, language: str, style: Style
) -> tuple[Figure, Area]:
    said = conditions(dataset, language)
    footer = [
        note,
        as_sentence(said) if said else "",
        settings_below(dataset.attrs, language),
        stamp(dataset.attrs, style),
    ]
    subtitle = with_settings(model.card.title.in_language(language), dataset.attrs, language)
    return sheet_with_room(size, room, style, title, subtitle, footer)


def _lines(
    quadrant: Quadrant,
    outcome: ShownOutcome,
    dataset: xr.Dataset,
    model: LoadedModel,
    size: str,
    language: str,
    style: Style,
) -> Picture:
    times = dataset["time"].values
    base = quadrant.titles[quadrant.base]
    start, end = (format_time(float(times[i]), language) for i in (0, -1))
    title = text(language, "quadrant_title", outcome=shortened(outcome.label), start=start, end=end)
    note = text(language, "quadrant_note", base=shortened(base))
    drawn, unit_of_time = _of_runs(outcome, [*quadrant.drawn, quadrant.base]), shown_time_unit(dataset, language)

    def draw(room: float) -> tuple[Figure, float]:
        figure, area = _sheet(dataset, model, title, note, room, size, language, style)
        axes = []
        with house_style(style):
            for i, run in enumerate(quadrant.drawn):
                ax = figure.add_subplot(label=f"corner {i}")
                draw_corner_lines(ax, drawn, times, i, len(quadrant.drawn), style.look(run), language, style)
                if i % 2:
                    ax.set_yticklabels([])
                if i < 2:
                    ax.set_xticklabels([])
                else:
                    words = fit(unit_of_time, sheet_width(size) / 4, style.tick_size, font=style.font)
                    ax.set_xlabel(words, fontsize=style.tick_size, parse_math=False, labelpad=2)
                axes.append(ax)
        shown = axis_unit(drawn, language, is_cut=is_cut(axes[0].get_ylim()))
        heads = [Head(quadrant.titles[run], unit="" if i % 2 else shown) for i, run in enumerate(quadrant.drawn)]
        height = _place(figure, _beside_axes(figure, area, quadrant, language, style), axes, heads, style)
        return figure, height

    figure = tall_enough(draw, ROOM[size], LEAST, 2)
    return Picture(
        f"quadrant-{slug(outcome.variable)}",
        figure,
        describe_quadrant(quadrant, outcome, times, model, language),
        _lines_table(quadrant, outcome, dataset),
    )


def _beside_axes(figure: Figure, area: Area, quadrant: Quadrant, language: str, style: Style) -> Area:
    """Write the axes of the plane beside an area; the area that is left."""
    across, upward = (plane_words(quadrant.plane, axis, language) for axis in quadrant.plane.axes)
    return write_axis_words(figure, area, across, upward, style)


def _place(figure: Figure, area: Area, axes: list[Axes], heads: list[Head], style: Style) -> float:
    """Put the panels at their corners, and the two axes as a cross between them; the height of a panel."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.lines import Line2D

    heights = place_panels(figure, area, axes, style, columns=2, heads=heads, gap=GAP)
    with house_style(style):
        renderer: Any = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
        boxes = [figure.transFigure.inverted().transform_bbox(ax.get_tightbbox(renderer) or ax.bbox) for ax in axes]
    width, height = figure.get_size_inches() * 72
    x = (max(boxes[0].x1, boxes[2].x1) + min(boxes[1].x0, boxes[3].x0)) / 2
    y = (min(boxes[0].y0, boxes[1].y0) + max(boxes[2].y1, boxes[3].y1)) / 2
    left, right = area.left / width, (area.left + area.width) / width
    low, high = area.bottom / height, (area.bottom + area.height) / height
    for xs, ys in (((x, x), (low, high)), ((left, right), (y, y))):
        figure.add_artist(Line2D(xs, ys, color=style.rules, linewidth=0.7, zorder=0))
    return min(heights)


def _of_runs(outcome: ShownOutcome, runs: Sequence[int]) -> ShownOutcome:
    return replace(outcome, values=outcome.values[list(runs)])


def _bars(
    quadrant: Quadrant,
    dataset: xr.Dataset,
    model: LoadedModel,
    only: Sequence[str],
    size: str,
    language: str,
    style: Style,
) -> Picture:
    stack = people_stack(dataset, model, "place", only, language)
    time = format_time(float(stack.times[-1]), language)
    title = text(language, "quadrant_people_title", time=time)
    if stack.of:
        title = text(language, "stacked_of", title=title, of=stack.of)
    base = shortened(quadrant.titles[quadrant.base])
    values = "; ".join(
        text(language, "labelled", label=shortened(label), value=value)
        for label, value in zip(stack.labels, _amounts(stack, quadrant.base, language), strict=True)
    )
    note = text(language, "quadrant_people_note", base=base, unit=stack.unit, values=values)
    heads = [Head(quadrant.titles[run]) for run in quadrant.drawn]

    def room_of(lines: int) -> float:
        """Points for all panels, where a bar with its name and number has so many lines."""
        return 2 * (len(stack.labels) * lines * LINE * style.tick_size + 26) + 60

    def draw(room: float) -> tuple[Figure, float]:
        figure, area = _sheet(dataset, model, title, note, room, size, language, style)
        inner = _beside_axes(figure, area, quadrant, language, style)
        width = (inner.width - GAP[0]) / 2 - 4
        if lines_above(stack, width, language, style) > 1 and room < room_of(3):
            return draw(room_of(3))
        axes = []
        with house_style(style):
            for i, run in enumerate(quadrant.drawn):
                ax = figure.add_subplot(label=f"corner {i}")
                axes.append(draw_corner_bars(ax, stack, run, quadrant.base, language, style, width))
        return figure, _place(figure, inner, axes, heads, style)

    figure = tall_enough(draw, room_of(2), len(stack.labels) * 2 * LINE * style.tick_size, 2)
    parts = [
        (name, float(stack.times[-1]), label, float(stack.values[run, part, -1]), stack.unit)
        for run, name in enumerate(run_names(dataset))
        if run in quadrant.titles
        for part, label in enumerate(stack.labels)
    ]
    table = DataTable("quadrant-people", ("scenario", "time", "place", "value", "unit"), tuple(parts))
    return Picture("quadrant-people", figure, _describe_bars(quadrant, stack, model, time, language), table)


# ---- words and data -------------------------------------------------------------------------------------------------


def slug(name: str) -> str:
    """A name as part of the name of a file."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower())
    return "-".join(filter(None, plain.split("-")))[:60] or "outcome"


def _lines_table(quadrant: Quadrant, outcome: ShownOutcome, dataset: xr.Dataset) -> DataTable:
    rows: list[tuple[str | float, ...]] = []
    for run in (quadrant.base, *quadrant.drawn):
        name = run_names(dataset)[run]
        place = next((at for at, position in quadrant.corners.items() if position == run), None)
        corner = "" if place is None else ", ".join(f"{a}={x}" for a, x in zip(quadrant.plane.axes, place, strict=True))
        rows += [
            (name, corner, float(time), outcome.variable, outcome.label, float(value), outcome.unit)
            for time, value in zip(dataset["time"].values, outcome.values[run], strict=True)
        ]
    header = ("scenario", "corner", "time", "variable", "label", "value", "unit")
    return DataTable(f"quadrant-{slug(outcome.variable)}", header, tuple(rows))


def _corner_words(quadrant: Quadrant, place: tuple[int, int], language: str) -> str:
    words = []
    for axis, end in zip(quadrant.plane.axes, place, strict=True):
        known = plane_words(quadrant.plane, axis, language)
        words.append(f"{known.name} {(known.low, known.high)[end]}")
    return ", ".join(words)


def describe_quadrant(
    quadrant: Quadrant, outcome: ShownOutcome, times: Floats, model: LoadedModel, language: str
) -> str:
    """The quadrant in words: where each scenario stands and what its outcome is at the end."""
    unit = "" if outcome.is_share or outcome.is_yes_no or not outcome.unit else f" {outcome.unit}"

    def end_of(run: int) -> str:
        return shown_value(outcome, float(outcome.values[run, -1]), language) + unit

    corners = [
        text(
            language, "alt_quadrant_corner", scenario=quadrant.titles[run], value=end_of(run),
            place=_corner_words(quadrant, place, language),
        )
        for place, run in ((place, quadrant.corners[place]) for place in PLACES)
    ]  # fmt: skip
    return text(
        language, "alt_quadrant", outcome=outcome.label, model=model.card.title.in_language(language),
        start=format_time(float(times[0]), language), end=format_time(float(times[-1]), language),
        base=quadrant.titles[quadrant.base], value=end_of(quadrant.base), corners="; ".join(corners),
    )  # fmt: skip


def _describe_bars(quadrant: Quadrant, stack: Stack, model: LoadedModel, time: str, language: str) -> str:
    def parts(run: int) -> str:
        shown = _amounts(stack, run, language)
        return "; ".join(f"{label}: {value}" for label, value in zip(stack.labels, shown, strict=True))

    sentences = [text(language, "alt_quadrant_people", model=model.card.title.in_language(language), time=time,
                      of=stack.of or text(language, "everybody"), unit=stack.unit)]  # fmt: skip
    sentences += [f"{quadrant.titles[run]}: {parts(run)}." for run in (quadrant.base, *quadrant.drawn)]
    return " ".join(sentences)
