"""Who is where at the end of a run: the tables of people that the card describes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sdsocec.model.card import Part, PeopleTable
from sdsocec.model.project import LoadedModel
from sdsocec.results.formats import DataTable
from sdsocec.results.people import crosstab, people_in_cells
from sdsocec.results.shown import run_names, shown_times, shown_unit, smallest_shown, step_shown

from .numbers import format_amount, format_time, format_value, is_too_small
from .parting import scenario_titles
from .tables import Table, with_conditions, with_unit
from .texts import text

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]


def people_tables(dataset: xr.Dataset, model: LoadedModel, language: str = "en") -> list[Table]:
    """The tables of people at the last saved time.

    A table by groups comes for each scenario, with everybody in its last row and column, and under it the shares that the card
    asks for. A table without groups has a column for each scenario.
    """
    if not model.card.people_tables:
        return []
    cells, people = people_in_cells(dataset, model)
    factor, smallest, unit = _shown(model, cells[0].stock, language)
    step = step_shown(dataset, model, model.equations.variables[cells[0].stock].unit)
    titles = scenario_titles(dataset, model, language)
    time = format_time(float(dataset["time"].values[-1]), language)
    tables = []
    for wanted in model.card.people_tables:
        counts = crosstab(cells, people[:, -1], wanted.rows, wanted.columns) * factor
        shares = crosstab(cells, people[:, -1], wanted.shares, wanted.columns) * factor if wanted.shares else None
        title = text(language, "people_title", title=wanted.title.in_language(language), time=time, unit=unit)
        if wanted.columns:
            columns = [part.label.in_language(language) for part in wanted.columns] + [text(language, "everybody")]
            for run, scenario in enumerate(titles):
                head = (scenario, *columns)
                tables.append(
                    _table(
                        title,
                        head,
                        wanted,
                        _with_total(counts[run]),
                        _with_total(shares, run),
                        smallest,
                        step,
                        language,
                    )
                )
        else:
            head = (with_unit(text(language, "people"), unit, language), *titles)
            by_run = None if shares is None else shares[:, :, 0].T
            tables.append(_table(title, head, wanted, counts[:, :, 0].T, by_run, smallest, step, language))
        if wanted.note is not None:
            tables[-1] = replace(tables[-1], notes=(wanted.note.in_language(language),))
    return [with_conditions(table, dataset, language) for table in tables]


def _shown(model: LoadedModel, stock: str, language: str) -> tuple[float, float, str]:
    """Factor, smallest amount that means anything (as shown) and unit of the people stocks."""
    unit = model.equations.variables[stock].unit
    return model.card.unit(unit)[0], smallest_shown(model, unit), shown_unit(model, unit, language)


def _with_total(counts: Floats | None, run: int | None = None) -> Floats:
    """The columns and their sum; an empty array for none."""
    if counts is None:
        return np.zeros((0, 0))
    found = counts if run is None else counts[run]
    return np.column_stack([found, found.sum(axis=1)])


def _table(
    title: str,
    header: tuple[str, ...],
    wanted: PeopleTable,
    counts: Floats,
    shares: Floats | None,
    smallest: float,
    step: float,
    language: str,
) -> Table:
    everybody = counts.sum(axis=0)
    rows, values = [], []
    for label, numbers in zip(
        [*_labels(wanted.rows, language), text(language, "everybody")], [*counts, everybody], strict=True
    ):
        rows.append((label, *(format_amount(v, smallest, language, step=step) for v in numbers)))
        values.append(tuple(map(float, numbers)))
    for label, numbers in zip(_labels(wanted.shares, language), [] if shares is None else shares, strict=True):
        is_told = everybody > 0
        if step > 0:  # a share of a few people tells how many they are
            few = [
                is_too_small(v, smallest) or is_too_small(a - v, smallest)
                for v, a in zip(numbers, everybody, strict=True)
            ]
            is_told &= ~np.array(few)
        part = np.divide(numbers, everybody, out=np.full_like(numbers, np.nan), where=is_told)
        rows.append((label, *(format_value(v, language, is_share=True) for v in part)))
        values.append(tuple(map(float, part)))
    return Table(title, header, tuple(rows), tuple(values))


def _labels(parts: tuple[Part, ...], language: str) -> list[str]:
    return [part.label.in_language(language) for part in parts]


def people_data(dataset: xr.Dataset, model: LoadedModel, language: str = "en") -> DataTable | None:
    """The same at every time that people read, a row per scenario, time, place and group; None without a table."""
    if not model.card.people_tables:
        return None
    cells, people = people_in_cells(dataset, model)
    factor, _, unit = _shown(model, cells[0].stock, language)
    times = dataset["time"].values
    rows: list[tuple[str | float, ...]] = []
    for wanted in model.card.people_tables:
        counts = crosstab(cells, people, wanted.rows, wanted.columns) * factor
        columns = _labels(wanted.columns, language) or [text(language, "everybody")]
        rows += [
            (name, float(times[i]), wanted.title.in_language(language), row, column, float(counts[run, i, r, c]), unit)
            for run, name in enumerate(run_names(dataset))
            for i in shown_times(dataset)
            for r, row in enumerate(_labels(wanted.rows, language))
            for c, column in enumerate(columns)
        ]
    return DataTable("people", ("scenario", "time", "table", "place", "group", "value", "unit"), tuple(rows))
