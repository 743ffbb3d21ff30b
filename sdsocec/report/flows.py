"""The account of people: what each place had, gained, lost and has; who went from where to where.

An account closes: opening + came - left = closing, and places sum to everybody. Each number in print is rounded by itself, to
a whole person or finer (in a place coarser), so that printed ones may miss by one; one that is too small to mean anything says
only that.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sdsocec.model.project import LoadedModel
from sdsocec.results.flows import PeopleFlows, is_year_long
from sdsocec.results.formats import DataTable
from sdsocec.results.shown import shown_unit, smallest_shown, step_shown

from .numbers import decimals_for, format_amount, format_time, is_too_small, with_sign
from .parting import scenario_titles
from .tables import Table, with_conditions, with_unit
from .texts import listed, text

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
DIGITS = 5  # of everybody, at least: what an account needs to add up


@dataclass(frozen=True)
class _Route:
    """Where people go from and to (places; of the same place, a move between groups, under the name of the move)."""

    source: str | None  # None: outside
    target: str | None
    move: str
    people: Floats  # (n_runs, n_years), as shown


def account_tables(flows: PeopleFlows, dataset: xr.Dataset, model: LoadedModel, language: str = "en") -> list[Table]:
    """For each scenario the last whole year: the people of each place at its start, who came, who left, who are there at its end.

    `dataset` is the result whose flows these are.
    """
    at = _last_year(flows)
    factor, unit = _shown(flows, model, language)
    names = _place_names(flows, model, language)
    routes = _routes(flows, model, language)
    decimals, smallest = _decimals(flows, factor), smallest_shown(model, flows.unit)
    step = step_shown(dataset, model, flows.unit)
    start, end = (format_time(float(t), language) for t in flows.times[at : at + 2])
    tables = []
    for run, title in enumerate(scenario_titles(dataset, model, language)):
        rows = []
        for place, cells in _places(flows).items():
            opening, closing = (float(flows.levels[run, t][cells].sum()) * factor for t in (at, at + 1))
            came = sum(float(r.people[run, at]) for r in routes if r.target == place != r.source)
            left = sum(float(r.people[run, at]) for r in routes if r.source == place != r.target)
            rows.append((names[place], (opening, came, left, closing)))
        everybody = (
            sum(numbers[0] for _, numbers in rows),
            sum(float(r.people[run, at]) for r in routes if r.source is None),
            sum(float(r.people[run, at]) for r in routes if r.target is None),
            sum(numbers[3] for _, numbers in rows),
        )
        rows.append((text(language, "everybody"), everybody))
        header = (
            with_unit(title, unit, language),
            text(language, "flow_opening", time=start),
            text(language, "flow_came"),
            text(language, "flow_left"),
            text(language, "flow_closing", time=end),
        )
        cells_of = [(label, *_signed(numbers, smallest, decimals, step, language)) for label, numbers in rows]
        name = text(language, "flow_account_title", start=start, end=end)
        table = Table(name, header, tuple(cells_of), tuple(numbers for _, numbers in rows))
        tables.append(with_conditions(table, dataset, language))
    return tables


def _signed(
    numbers: tuple[float, float, float, float], smallest: float, decimals: int, step: float, language: str
) -> tuple[str, ...]:
    opening, came, left, closing = numbers
    shown = [
        format_amount(v, smallest, language, decimals=decimals, step=step) for v in (opening, came, -left, closing)
    ]
    return shown[0], shown[1] if is_too_small(came, smallest) else with_sign(shown[1], came), shown[2], shown[3]


def route_tables(flows: PeopleFlows, dataset: xr.Dataset, model: LoadedModel, language: str = "en") -> list[Table]:
    """Who went from where to where in the last whole year, a column per scenario; then who changed group where they were.

    Where from and where to are two columns: the values have NaN for the second.
    """
    at = _last_year(flows)
    factor, unit = _shown(flows, model, language)
    names = _place_names(flows, model, language)
    decimals, smallest = _decimals(flows, factor), smallest_shown(model, flows.unit)
    step = step_shown(dataset, model, flows.unit)
    start, end = (format_time(float(t), language) for t in flows.times[at : at + 2])
    routes = [route for route in _routes(flows, model, language) if route.people[:, at].any()]
    tables = []
    for key, chosen in (
        ("flow_routes", [route for route in routes if route.source != route.target]),
        ("flow_groups", _by_move([route for route in routes if route.source == route.target])),
    ):
        is_moves = key == "flow_groups"
        rows = [
            (
                *((route.move,) if is_moves else (names[route.source], names[route.target])),
                *(format_amount(v, smallest, language, decimals=decimals, step=step) for v in route.people[:, at]),
            )
            for route in chosen
        ]
        none = () if is_moves else (math.nan,)
        values = [(*none, *map(float, route.people[:, at])) for route in chosen]
        if rows:
            title = text(language, f"{key}_title", start=start, end=end)
            heads = (
                with_unit(text(language, key), unit, language),
                *(() if is_moves else (text(language, "flow_to"),)),
            )
            header = (*heads, *scenario_titles(dataset, model, language))
            table = Table(title, header, tuple(rows), tuple(values), labels=len(heads))
            tables.append(with_conditions(table, dataset, language))
    return tables


def account_notes(flows: PeopleFlows, language: str = "en", is_place: bool = False) -> list[str]:
    """How the numbers of the account are rounded; which parts of years the data leave out."""
    notes = [text(language, "flow_rounded_place" if is_place else "flow_rounded")]
    ends = [tuple(format_time(float(t), language) for t in flows.times[i : i + 2]) for i in _part_years(flows)]
    if ends:
        spans = [text(language, "flow_span", start=start, end=end) for start, end in ends]
        notes.append(text(language, "flow_part_years", years=listed(language, spans)))
    return notes


def _part_years(flows: PeopleFlows) -> list[int]:
    return [i for i, is_whole in enumerate(is_year_long(flows)) if not is_whole]


def _by_move(routes: Sequence[_Route]) -> list[_Route]:
    """One row for each kind of move, all places together."""
    found: dict[str, _Route] = {}
    for route in routes:
        before = found.get(route.move)
        found[route.move] = route if before is None else _Route(None, None, route.move, before.people + route.people)
    return list(found.values())


def _last_year(flows: PeopleFlows) -> int:
    """The position of the last whole year; of the last part of one where there is none."""
    whole = np.flatnonzero(is_year_long(flows))
    return int(whole[-1]) if whole.size else len(flows.times) - 2


def _shown(flows: PeopleFlows, model: LoadedModel, language: str) -> tuple[float, str]:
    return model.card.unit(flows.unit)[0], shown_unit(model, flows.unit, language)


def _decimals(flows: PeopleFlows, factor: float) -> int:
    return decimals_for([float(np.abs(flows.levels).sum(axis=2).max()) * factor], DIGITS)


def _place_names(flows: PeopleFlows, model: LoadedModel, language: str) -> dict[str | None, str]:
    """What each place, and outside (None), is called: the labels of its elements, or of its stock.

    Where two would be called the same each also says its own name: they stay two rows.
    """
    stocks = {v.name for v in model.equations.variables.values()}
    names: dict[str | None, str] = {None: text(language, "outside")}
    for place in _places(flows):
        parts = [place] if place in stocks else place.split(",")
        names[place] = ", ".join(model.card.element_label(part, language) for part in parts)
    same = {name for name, count in Counter(names.values()).items() if count > 1}
    return {place: f"{name} ({place})" if place is not None and name in same else name for place, name in names.items()}


def _places(flows: PeopleFlows) -> dict[str, list[int]]:
    """Each place -> its cells, in the order of the card."""
    found: dict[str, list[int]] = {}
    for i, cell in enumerate(flows.cells):
        found.setdefault(cell.place, []).append(i)
    return found


def _routes(flows: PeopleFlows, model: LoadedModel, language: str) -> list[_Route]:
    """The moves by place: entries first, then by place of origin, those who leave for outside last of each."""
    factor, _ = _shown(flows, model, language)
    place = {cell.name: cell.place for cell in flows.cells}
    sums: dict[tuple[str | None, str | None, str], Floats] = {}
    for i, move in enumerate(flows.moves):
        source = None if move.source is None else place[move.source]
        target = None if move.target is None else place[move.target]
        key = (source, target, _move_label(model, move.entry, language) if source == target else "")
        sums[key] = sums.get(key, np.zeros(1)) + flows.people[:, :, i] * factor
    order = {name: i for i, name in enumerate(_places(flows))}

    def rank(key: tuple[str | None, str | None, str]) -> tuple[int, int]:
        source, target, _ = key
        return -1 if source is None else order[source], len(order) if target is None else order[target]

    return [_Route(*key, sums[key]) for key in sorted(sums, key=rank)]


def _move_label(model: LoadedModel, entry: int, language: str) -> str:
    flow = model.card.people_flows[entry]
    return flow.label.in_language(language) if flow.label is not None else flow.variable


def flow_data(flows: PeopleFlows, model: LoadedModel, names: Sequence[str], language: str = "en") -> list[DataTable]:
    """All whole years: `flows` by place, and `flows_by_group`, every element of every flow; rows that are always 0 left out.

    `year` is the year in which they went. Both are tables of the same account: the second adds up to the first.
    """
    factor, unit = _shown(flows, model, language)
    years = [(int(t), float(flows.times[t])) for t in np.flatnonzero(is_year_long(flows))]
    places = _place_names(flows, model, language)
    routes = [route for route in _routes(flows, model, language) if route.people.any()]
    by_place = [
        (name, year, places[route.source], places[route.target], route.move, float(route.people[run, t]), unit)
        for run, name in enumerate(names)
        for t, year in years
        for route in routes
    ]
    tables = [DataTable("flows", ("scenario", "year", "from", "to", "move", "value", "unit"), tuple(by_place))]
    group = model.card.people_group
    if group is None:
        return tables
    ends: dict[str | None, tuple[str, str]] = {
        cell.name: (places[cell.place], model.card.element_label(cell.group, language)) for cell in flows.cells
    }
    ends[None] = (places[None], "")
    by_group = [
        (
            name, year, *ends[move.source], *ends[move.target], model.card.people_flows[move.entry].variable,
            float(flows.people[run, t, i]) * factor, unit,
        )
        for i, move in enumerate(flows.moves)
        if flows.people[:, :, i].any()
        for run, name in enumerate(names)
        for t, year in years
    ]  # fmt: skip
    header = ("scenario", "year", "from", f"{group} from", "to", f"{group} to", "variable", "value", "unit")
    return [*tables, DataTable("flows_by_group", header, tuple(by_group), is_for_sheets=False)]
