"""The account of people: what each place had, gained, lost and has; who went from where to where.

Numbers are whole persons (or the digit that stands for them), so that a reader can add them up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sdsocec.model.project import LoadedModel
from sdsocec.results.flows import PeopleFlows
from sdsocec.results.formats import DataTable
from sdsocec.results.shown import shown_unit

from .numbers import format_number, format_time
from .tables import Table, with_unit
from .texts import text

Floats = NDArray[np.float64]
DIGITS = 5  # of everybody, at least: what an account needs to add up


@dataclass(frozen=True)
class _Route:
    """Where people go from and to (labels; of the same place, a move between groups, under the name of the move)."""

    source: str
    target: str
    move: str
    people: Floats  # (n_runs, n_years), as shown


def account_tables(
    flows: PeopleFlows, model: LoadedModel, titles: Sequence[str], language: str = "en", year: float | None = None
) -> list[Table]:
    """For each scenario: the people of each place at the start of a year, who came, who left, who are there at its end.

    `year` is a whole year of the run; by default the last one.
    """
    at = _position(flows, year)
    factor, unit = _shown(flows, model, language)
    places = _places(flows, model, language)
    routes = _routes(flows, model, language)
    decimals = _decimals(flows, factor)
    start, end = (format_time(float(t), language) for t in flows.times[at : at + 2])
    tables = []
    for run, title in enumerate(titles):
        rows = []
        for place, cells in places.items():
            opening, closing = (float(flows.levels[run, t][cells].sum()) * factor for t in (at, at + 1))
            came = sum(float(r.people[run, at]) for r in routes if r.target == place != r.source)
            left = sum(float(r.people[run, at]) for r in routes if r.source == place != r.target)
            rows.append((place, (opening, came, left, closing)))
        outside = text(language, "outside")
        everybody = (
            sum(numbers[0] for _, numbers in rows),
            sum(float(r.people[run, at]) for r in routes if r.source == outside),
            sum(float(r.people[run, at]) for r in routes if r.target == outside),
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
        cells_of = [(label, *_signed(numbers, decimals, language)) for label, numbers in rows]
        name = text(language, "flow_account_title", start=start, end=end)
        tables.append(Table(name, header, tuple(cells_of), tuple(numbers for _, numbers in rows)))
    return tables


def _signed(numbers: tuple[float, float, float, float], decimals: int, language: str) -> tuple[str, ...]:
    opening, came, left, closing = (format_number(v, language, decimals=decimals) for v in numbers)
    left = format_number(-numbers[2], language, decimals=decimals)
    return opening, f"+{came}" if numbers[1] > 0 else came, left, closing


def route_tables(
    flows: PeopleFlows, model: LoadedModel, titles: Sequence[str], language: str = "en", year: float | None = None
) -> list[Table]:
    """Who went from where to where in a year, a column per scenario; then who changed group where they were."""
    at = _position(flows, year)
    factor, unit = _shown(flows, model, language)
    decimals = _decimals(flows, factor)
    start, end = (format_time(float(t), language) for t in flows.times[at : at + 2])
    routes = [route for route in _routes(flows, model, language) if route.people[:, at].any()]
    tables = []
    for key, chosen in (
        ("flow_routes", [route for route in routes if route.source != route.target]),
        ("flow_groups", _by_move([route for route in routes if route.source == route.target])),
    ):
        rows = [
            (_name(route), *(format_number(v, language, decimals=decimals) for v in route.people[:, at]))
            for route in chosen
        ]
        values = [tuple(map(float, route.people[:, at])) for route in chosen]
        if rows:
            title = text(language, f"{key}_title", start=start, end=end)
            header = (with_unit(text(language, key), unit, language), *titles)
            tables.append(Table(title, header, tuple(rows), tuple(values)))
    return tables


def _name(route: _Route) -> str:
    return route.move or f"{route.source} \u2192 {route.target}"


def _by_move(routes: Sequence[_Route]) -> list[_Route]:
    """One row for each kind of move, all places together."""
    found: dict[str, _Route] = {}
    for route in routes:
        before = found.get(route.move)
        found[route.move] = route if before is None else _Route("", "", route.move, before.people + route.people)
    return list(found.values())


def _position(flows: PeopleFlows, year: float | None) -> int:
    """The position of a year; by default of the last whole one."""
    lengths = np.diff(flows.times)
    if year is None:
        whole = np.flatnonzero(np.abs(lengths - 1) < 1e-6)
        return int(whole[-1]) if whole.size else len(lengths) - 1
    return int(np.argmin(np.abs(flows.times[:-1] - year)))


def _shown(flows: PeopleFlows, model: LoadedModel, language: str) -> tuple[float, str]:
    return model.card.unit(flows.unit)[0], shown_unit(model, flows.unit, language)


def _decimals(flows: PeopleFlows, factor: float) -> int:
    everybody = float(np.abs(flows.levels).sum(axis=2).max()) * factor
    return max(0, DIGITS - 1 - math.floor(math.log10(everybody))) if everybody > 0 else 0


def _place_label(place: str, model: LoadedModel, language: str) -> str:
    """What a place is called: the labels of its elements, or of its stock."""
    if place in {v.name for v in model.equations.variables.values()}:
        return model.card.element_label(place, language)
    return ", ".join(model.card.element_label(element, language) for element in place.split(","))


def _places(flows: PeopleFlows, model: LoadedModel, language: str) -> dict[str, list[int]]:
    """The label of each place -> its cells, in the order of the card."""
    found: dict[str, list[int]] = {}
    for i, cell in enumerate(flows.cells):
        found.setdefault(cell.place, []).append(i)
    return {_place_label(place, model, language): cells for place, cells in found.items()}


def _routes(flows: PeopleFlows, model: LoadedModel, language: str) -> list[_Route]:
    """The moves by place: entries first, then by place of origin, those who leave for outside last of each."""
    factor, _ = _shown(flows, model, language)
    outside = text(language, "outside")
    place = {cell.name: _place_label(cell.place, model, language) for cell in flows.cells}
    sums: dict[tuple[str, str, str], Floats] = {}
    for i, move in enumerate(flows.moves):
        source = outside if move.source is None else place[move.source]
        target = outside if move.target is None else place[move.target]
        key = (source, target, _move_label(model, move.entry, language) if source == target else "")
        sums[key] = sums.get(key, np.zeros(1)) + flows.people[:, :, i] * factor
    order = {name: i for i, name in enumerate(dict.fromkeys(place.values()))}

    def rank(key: tuple[str, str, str]) -> tuple[int, int]:
        source, target, _ = key
        return order.get(source, -1), order.get(target, len(order))

    return [_Route(*key, sums[key]) for key in sorted(sums, key=rank)]


def _move_label(model: LoadedModel, entry: int, language: str) -> str:
    flow = model.card.people_flows[entry]
    return flow.label.in_language(language) if flow.label is not None else flow.variable


def flow_data(flows: PeopleFlows, model: LoadedModel, names: Sequence[str], language: str = "en") -> list[DataTable]:
    """All years: `flows` by place, and `flows_by_group`, every element of every flow; rows that are always 0 left out.

    `year` is the year in which they went. Both are tables of the same account: the second adds up to the first.
    """
    factor, unit = _shown(flows, model, language)
    years = [float(t) for t in flows.times[:-1]]
    routes = [route for route in _routes(flows, model, language) if route.people.any()]
    by_place = [
        (name, year, route.source, route.target, route.move, float(route.people[run, t]), unit)
        for run, name in enumerate(names)
        for t, year in enumerate(years)
        for route in routes
    ]
    tables = [DataTable("flows", ("scenario", "year", "from", "to", "move", "value", "unit"), tuple(by_place))]
    group = model.card.people_group
    if group is None:
        return tables
    ends = {
        cell.name: (_place_label(cell.place, model, language), model.card.element_label(cell.group, language))
        for cell in flows.cells
    }
    outside = (text(language, "outside"), "")
    by_group = [
        (
            name, year, source[0], source[1], target[0], target[1], model.card.people_flows[move.entry].variable,
            float(flows.people[run, t, i]) * factor, unit,
        )
        for i, move in enumerate(flows.moves)
        if flows.people[:, :, i].any()
        for source in [outside if move.source is None else ends[move.source]]
        for target in [outside if move.target is None else ends[move.target]]
        for run, name in enumerate(names)
        for t, year in enumerate(years)
    ]  # fmt: skip
    header = ("scenario", "year", "from", f"{group} from", "to", f"{group} to", "variable", "value", "unit")
    return [*tables, DataTable("flows_by_group", header, tuple(by_group), is_for_sheets=False)]
