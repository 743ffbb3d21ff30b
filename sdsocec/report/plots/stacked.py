"""People stacked by where they are, or by group, over time: a panel a scenario, all with one axis."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sdsocec.errors import SdsocecError, nearest_name
from sdsocec.model.card import Part, PeopleCell, people_cells
from sdsocec.model.names import name_key
from sdsocec.model.project import LoadedModel
from sdsocec.model.toml import Text
from sdsocec.results.formats import DataTable
from sdsocec.results.people import crosstab, people_in_cells
from sdsocec.results.shown import run_names, shown_time_unit, shown_times, shown_unit, smallest_shown

from ..conditions import as_sentence, conditions
from ..lettering import fit
from ..numbers import format_amount, format_ticks, format_time
from ..panel import scale_times
from ..parting import scenario_titles
from ..picture import Picture, settings_below, stamp, with_settings
from ..saving import house_style
from ..sheet import Head, fill_handle, place_panels, sheet_width, write_legend
from ..style import HOUSE, Style
from ..texts import listed, text
from .room import sheet_with_room, tall_enough

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
BY = ("place", "group")
MOST_SCENARIOS = 9
COLUMNS = {"column": 2, "full": 3}
PANEL_HEIGHT = {"column": 120.0, "full": 150.0}  # points, with what stands above and below
THIN = 0.02  # of the highest stack: what never is more is hardly to be seen
LEAST = 46.0  # points: of a panel's own height, so that numbers along its axis stay apart


@dataclass(frozen=True)
class Stack:
    """People in parts, as shown.

    Attributes
    ----------
    labels : tuple of str
        Of the parts, the lowest first.
    values : array, shape (n_runs, n_parts, n_times)
    of : str
        Which people, where these are not all.
    """

    by: str
    labels: tuple[str, ...]
    values: Floats
    times: Floats
    unit: str
    smallest: float
    of: str = ""

    @property
    def most(self) -> float:
        """The most people at any time in any run."""
        return float(self.values.sum(axis=1).max(initial=0.0))


def people_stack(
    dataset: xr.Dataset, model: LoadedModel, by: str = "place", only: Collection[str] = (), language: str = "en"
) -> Stack:
    """Who is where (`place`), or of which group (`group`), at the times that people read.

    The parts are those of the card's first table of people, else every place and group of the people stocks.

    Parameters
    ----------
    only : collection of str
        By place: only people of these groups; by group: only people who are there. By label or by the model's names.

    Raises
    ------
    SdsocecError
        The card says nothing about people, or not of which group they are; no people are in `only`.
    """
    require_parts(model, by, only)
    parts, others = _parts(model)
    if by == "group":
        parts, others = others, parts
    cells, people = people_in_cells(dataset, model)
    chosen = _chosen(others, only, model)
    at = shown_times(dataset)
    rows, columns = (parts, chosen) if by == "place" else (chosen, parts)
    counts = crosstab(cells, people[:, at], rows, columns)
    found = counts.sum(axis=3 if by == "place" else 2)  # (n_runs, n_times, n_parts)
    unit = model.equations.variables[cells[0].stock].unit
    return Stack(
        by,
        tuple(part.label.in_language(language) for part in parts),
        found.transpose(0, 2, 1) * model.card.unit(unit)[0],
        dataset["time"].values[at],
        shown_unit(model, unit, language),
        smallest_shown(model, unit),
        listed(language, [part.label.in_language(language) for part in chosen]) if only else "",
    )


def require_parts(model: LoadedModel, by: str, only: Collection[str]) -> None:
    """Raise SdsocecError where `only` names nobody, or the card has no groups to stack."""
    require_people(model)
    places, groups = _parts(model)
    if by == "group" and not groups:
        raise SdsocecError(
            f"the card of '{model.name}' names no groups of people", name=model.name,
            hint="Groups are a range of the model (people_group) and the columns of a [[people_table]].",
        )  # fmt: skip
    _chosen(groups if by == "place" else places, only, model)


def way_for(model: LoadedModel, only: Collection[str]) -> str:
    """How people are told apart where `only` names some: by place if these are groups, by group if they are places.

    Raises SdsocecError where a name is neither or both, or they are not of one kind.
    """
    places, groups = _parts(model)
    known = {"place": _known(groups, model), "group": _known(places, model)}
    for name in only:  # a misspelt one is told with those of both kinds
        _chosen((*places, *groups), [name], model)
    ways = [by for by, names in known.items() if all(name_key(name) in names for name in only)]
    if len(ways) == 1:
        return ways[0]
    raise SdsocecError(
        f"--only names {'what is a group and a place' if ways else 'groups and places'}: {', '.join(only)}",
        hint="Say which: --by place --only GROUP, or --by group --only PLACE",
    )


def people_groups(model: LoadedModel, only: Collection[str], language: str) -> tuple[list[str], str]:
    """The groups of the people stocks that `only` names, by label or by the model's names, and how readers call them."""
    if not only:
        return [], ""
    chosen = _chosen(_parts(model)[1], only, model)
    return [name for part in chosen for name in part.of], listed(
        language, [p.label.in_language(language) for p in chosen]
    )


def require_people(model: LoadedModel) -> None:
    """Raise SdsocecError where the card does not say who is where."""
    if not model.card.people_flows:
        raise SdsocecError(
            f"the card of '{model.name}' does not say where people are", name=model.name,
            hint="Its flows of people say so: [[people_flow]]; see models/first_steps/model.toml.",
        )  # fmt: skip


def _parts(model: LoadedModel) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Places and groups as the card's first table of people has them, else each by itself."""
    require_people(model)
    if model.card.people_tables:
        table = model.card.people_tables[0]
        if table.columns or not model.card.people_group:
            return table.rows, table.columns
        return table.rows, _each(model, [cell.group for cell in people_cells(model.card, model.equations)])
    cells: list[PeopleCell] = people_cells(model.card, model.equations)
    return _each(model, [cell.place for cell in cells]), _each(model, [cell.group for cell in cells])


def _each(model: LoadedModel, names: Sequence[str]) -> tuple[Part, ...]:
    card = model.card
    return tuple(
        Part(label=Text(nl=card.element_label(name, "nl"), en=card.element_label(name, "en")), of=(name,))
        for name in dict.fromkeys(names)
        if name
    )


def _chosen(parts: tuple[Part, ...], only: Collection[str], model: LoadedModel) -> tuple[Part, ...]:
    """The parts that `only` names, by label or by all that they hold; all of them if it names none."""
    if not only:
        return parts
    known = _known(parts, model)
    found: list[Part] = []
    for name in only:
        one = known.get(name_key(name))
        if one is None:
            names = [part.label.en for part in parts]
            hint = f"Valid: {', '.join(names)}." if names else "The card tells people apart by place only."
            raise SdsocecError(
                f"no people are called '{name}'", name=name, nearest=nearest_name(name, [*known, *names]), hint=hint
            )
        found.append(one)
    twice = [word for i, part in enumerate(found) for word in part.of if any(word in p.of for p in found[:i])]
    if twice:
        raise SdsocecError(f"'{twice[0]}' is named twice", name=twice[0], hint="Name each part of people once.")
    return tuple(found)


def _known(parts: tuple[Part, ...], model: LoadedModel) -> dict[str, Part]:
    """Parts by the names that people may give them."""
    known: dict[str, Part] = {}
    for part in parts:
        for name in part.of:  # a part of one name is also called that; others by single elements
            label = Text(nl=model.card.element_label(name, "nl"), en=model.card.element_label(name, "en"))
            own = Part(label=label, of=(name,))
            known |= {name_key(word): own for word in (name, label.nl, label.en)}
    return known | {name_key(word): part for part in parts for word in (part.label.nl, part.label.en)}


# ---- the figure -----------------------------------------------------------------------------------------------------


def draw_stacked(
    ax: Axes, stack: Stack, run: int, language: str, style: Style, *, most: float | None = None, numbers: bool = True
) -> Axes:
    """One scenario as areas, the first part at the bottom.

    Parameters
    ----------
    most : float, optional
        The top of the axis, by default that of all runs.
    numbers : bool
        Whether the axis has its numbers.
    """
    from matplotlib.ticker import MaxNLocator

    top = (stack.most if most is None else most) or 1.0
    low = np.zeros(len(stack.times))
    for i, values in enumerate(stack.values[run]):
        fill = style.fill(i)
        ax.fill_between(
            stack.times, low, low + values, facecolor=fill.colour, hatch=fill.hatch or None, edgecolor=style.text,
            linewidth=0.0, zorder=1.5,  # outlines would cover a narrow area
        )  # fmt: skip
        low = low + values
    ticks = [float(tick) for tick in MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(0, top)]
    shown = format_ticks(ticks, language)
    ax.set_yticks(ticks, shown if numbers else [""] * len(ticks))
    ax.set_ylim(0, ticks[-1])
    scale_times(ax, stack.times, language)
    for side in ("left", "bottom"):
        ax.spines[side].set_zorder(2.5)
    return ax


def stacked_pictures(
    dataset: xr.Dataset,
    model: LoadedModel,
    *,
    by: Collection[str] = BY,
    only: Collection[str] = (),
    size: str = "full",
    language: str = "en",
    style: Style = HOUSE,
) -> list[Picture]:
    """A picture for each way of telling people apart: `stacked-place`, `stacked-group`.

    Without being asked for by name, groups are left out where the card has none.
    """
    names = run_names(dataset)
    if len(names) > MOST_SCENARIOS:
        raise SdsocecError(f"{len(names)} scenarios are too many for small panels; {MOST_SCENARIOS} fit")
    return [
        _picture(people_stack(dataset, model, way, only, language), dataset, model, size, language, style) for way in by
    ]


def has_groups(model: LoadedModel) -> bool:
    """Whether the card tells people apart by group."""
    return bool(_parts(model)[1])


def _picture(stack: Stack, dataset: xr.Dataset, model: LoadedModel, size: str, language: str, style: Style) -> Picture:
    titles = scenario_titles(dataset, model, language)
    columns = min(COLUMNS[size], len(titles))
    n_rows = -(-len(titles) // columns)
    start, end = (format_time(float(stack.times[i]), language) for i in (0, -1))
    title = text(language, f"stacked_title_{stack.by}", start=start, end=end)
    if stack.of:
        title = text(language, "stacked_of", title=title, of=stack.of)
    notes = [
        thin_note(stack, language),
        as_sentence(conditions(dataset, language)) if conditions(dataset, language) else "",
    ]
    footer = [*notes, settings_below(dataset.attrs, language), stamp(dataset.attrs, style)]
    heads = [Head(name, unit="" if run % columns else stack.unit) for run, name in enumerate(titles)]
    subtitle = with_settings(model.card.title.in_language(language), dataset.attrs, language)
    time_unit = shown_time_unit(dataset, language)

    def draw(room: float) -> tuple[Figure, float]:
        figure, area = sheet_with_room(size, room, style, title, subtitle, footer, stack.labels)
        # Not at the ends of areas: most are too thin there for a name of their own.
        handles = [fill_handle(style.fill(i), label, style) for i, label in enumerate(stack.labels)]
        area = write_legend(figure, area, handles[::-1], style)
        axes = []
        with house_style(style):
            for run in range(len(titles)):
                ax = figure.add_subplot(label=f"panel {run}")
                draw_stacked(ax, stack, run, language, style, numbers=run % columns == 0)
                if run + columns < len(titles):
                    ax.set_xticklabels([])
                else:
                    words = fit(time_unit, sheet_width(size) / columns / 2, style.tick_size, font=style.font)
                    ax.set_xlabel(words, fontsize=style.tick_size, parse_math=False, labelpad=2)
                axes.append(ax)
        height = min(place_panels(figure, area, axes, style, columns=columns, heads=heads, gap=(8.0, 7.0)))
        return figure, height

    figure = tall_enough(draw, n_rows * PANEL_HEIGHT[size], LEAST, n_rows)
    table = stacked_table(stack, run_names(dataset))
    return Picture(f"stacked-{stack.by}", figure, describe_stacked(stack, titles, model, language), table)


def thin_note(stack: Stack, language: str) -> str:
    """Which parts are so narrow that they are hardly to be seen, and the most that is in them; empty without any."""
    most = stack.values.max(axis=(0, 2), initial=0.0)
    parts = [
        text(language, "stacked_thin_part", label=label, most=format_amount(float(value), stack.smallest, language))
        for label, value in zip(stack.labels, most, strict=True)
        if 0 < value < THIN * stack.most
    ]
    return text(language, "stacked_thin", parts=listed(language, parts)) if parts else ""


def stacked_table(stack: Stack, names: Sequence[str]) -> DataTable:
    """A row per scenario, time and part."""
    rows: list[tuple[str | float, ...]] = [
        (name, float(time), label, float(stack.values[run, part, i]), stack.unit)
        for run, name in enumerate(names)
        for i, time in enumerate(stack.times)
        for part, label in enumerate(stack.labels)
    ]
    return DataTable(f"stacked-{stack.by}", ("scenario", "time", stack.by, "value", "unit"), tuple(rows))


def describe_stacked(stack: Stack, titles: Sequence[str], model: LoadedModel, language: str) -> str:
    """The figure in words: what is stacked, and how many are in each part at the start and at the end."""
    start, end = (format_time(float(stack.times[i]), language) for i in (0, -1))
    sentences = [
        text(
            language, f"alt_stacked_{stack.by}", n=len(titles), model=model.card.title.in_language(language),
            of=stack.of or text(language, "everybody"), unit=stack.unit, start=start, end=end,
        )
    ]  # fmt: skip
    for run, title in enumerate(titles):
        parts = [
            text(language, "alt_change", what=label, first=format_amount(float(values[0]), stack.smallest, language),
                 last=format_amount(float(values[-1]), stack.smallest, language))
            for label, values in zip(stack.labels, stack.values[run], strict=True)
        ]  # fmt: skip
        sentences.append(f"{title}: {'; '.join(parts)}.")
    return " ".join(sentences)
