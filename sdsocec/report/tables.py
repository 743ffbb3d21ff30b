"""The outcomes in one table: what all scenarios have in common first, then where each ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sdsocec.errors import SdsocecError
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.results.shown import ShownOutcome, is_in_years, is_whole, run_names, shown_outcomes

from .conditions import conditions
from .numbers import format_amount, format_time, format_value
from .parting import last_common_time, scenario_titles
from .texts import listed, text

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Table:
    """A table for readers.

    Attributes
    ----------
    title : str
    header : tuple of str
        The first cell heads the labels, the others the numbers.
    rows : tuple of tuples of str
        Each as long as the header: label with unit, then numbers in the reader's language.
    values : tuple of tuples of float
        The numbers behind the rows, unrounded, in the units shown (a share stays a fraction); NaN where there is none.
    repeated : int
        How many of the first columns of numbers stand again wherever the table is broken.
    notes : tuple of str
        What stands below it.
    labels : int
        How many of the first columns are labels.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    values: tuple[tuple[float, ...], ...]
    repeated: int = 0
    notes: tuple[str, ...] = ()
    labels: int = 1

    def __post_init__(self) -> None:
        assert len(self.rows) == len(self.values), "one row of values for each row of text"
        widths = {len(self.header), *map(len, self.rows), *(len(v) + 1 for v in self.values)}
        assert len(widths) == 1, "every row is as long as the header"


def outcome_table(
    dataset: xr.Dataset,
    model: LoadedModel,
    language: str = "en",
    years: Sequence[float] | None = None,
    only: Sequence[str] = (),
) -> Table:
    """The outcomes of the card, a row each.

    Columns are the common history (the first saved time and the last whole year in which all scenarios are the same), then
    every scenario at the end of the run.

    Parameters
    ----------
    years : saved times, optional
        Every scenario at these times, instead of the end of the run.
    only : names of outcomes, optional
        Show these alone, in the card's order; by default all.

    Raises
    ------
    SdsocecError
        A time in `years` was not saved.
    """
    times = dataset["time"].values
    outcomes = shown_outcomes(dataset, model, language)
    chosen = outcomes_named(outcomes, only)
    notes = marked_notes([outcome.note for outcome in chosen])
    titles = scenario_titles(dataset, model, language)
    at = [len(times) - 1] if years is None else [position_of(times, year) for year in years]
    common = _common_positions(
        times, last_common_time(outcomes, len(times)), is_in_years(dataset), min(at), len(titles)
    )
    columns = [(0, i) for i in common] + [(run, i) for i in at for run in range(len(titles))]

    def head(run: int, position: int) -> str:
        if len(titles) == 1:
            return format_time(times[position], language)
        if len(at) == 1:
            return titles[run]
        return text(language, "scenario_at", scenario=titles[run], time=format_time(times[position], language))

    header = [text(language, "outcome"), *(format_time(times[i], language) for i in common)]
    header += [head(run, i) for run, i in columns[len(common) :]]
    rows, values = [], []
    for outcome in chosen:
        numbers = [float(outcome.values[run, i]) for run, i in columns]
        label = with_mark(label_with_unit(outcome, language), outcome.note, notes)
        rows.append((label, *(shown_value(outcome, v, language) for v in numbers)))
        values.append(tuple(numbers))
    title = _title(model, titles, [format_time(times[i], language) for i in common], language, times, at)
    has_baseline = len(titles) > 1 and run_names(dataset)[0] == model.card.baseline
    table = Table(title, tuple(header), tuple(rows), tuple(values), len(common) + has_baseline, footnotes(notes))
    return with_conditions(table, dataset, language)


def with_unset(table: Table, unset: Table, language: str = "en") -> Table:
    """A table of one scenario with the last column of the same scenario, nothing set by hand, before its own last."""
    assert table.header[:-1] == unset.header[:-1] and len(table.rows) == len(unset.rows), "tables of one scenario"
    head = text(language, "table_without_set", head=unset.header[-1])
    return replace(
        table,
        header=(*table.header[:-1], head, table.header[-1]),
        rows=tuple((*a[:-1], b[-1], a[-1]) for a, b in zip(table.rows, unset.rows, strict=True)),
        values=tuple((*a[:-1], b[-1], a[-1]) for a, b in zip(table.values, unset.values, strict=True)),
        repeated=table.repeated + 1,
    )


def outcomes_named(outcomes: Sequence[ShownOutcome], names: Sequence[str]) -> list[ShownOutcome]:
    """The outcomes of these names, a variable's elements by its own; all of them where there are no names."""
    keys = {name_key(name) for name in names}
    return [
        o for o in outcomes if not keys or {name_key(o.variable), name_key(split_element_name(o.variable)[0])} & keys
    ]


MARKS = "¹²³⁴⁵⁶⁷⁸⁹"


def marked_notes(notes: Sequence[str]) -> dict[str, str]:
    """Each note once, in their order, with the mark that leads to it; no more than there are marks."""
    return dict(zip(dict.fromkeys(note for note in notes if note), MARKS, strict=False))


def with_mark(label: str, note: str, marks: Mapping[str, str]) -> str:
    """A label with the mark of its note, if it has one."""
    return f"{label} {marks[note]}" if note in marks else label


def footnotes(marks: Mapping[str, str]) -> tuple[str, ...]:
    """The notes as they stand below a table."""
    return tuple(f"{mark} {note}" for note, mark in marks.items())


def with_conditions(table: Table, dataset: xr.Dataset, language: str) -> Table:
    """The table with the conditions of its result behind its title."""
    found = conditions(dataset, language)
    if not found:
        return table
    return replace(table, title=text(language, "with_conditions", title=table.title, conditions=found))


def label_with_unit(outcome: ShownOutcome, language: str) -> str:
    """The label of a row; the unit in brackets, if there is one to tell."""
    unit = text(language, "percent") if outcome.is_share else "" if outcome.is_yes_no else outcome.unit
    return with_unit(outcome.label, unit, language)


def with_unit(label: str, unit: str, language: str) -> str:
    """A label with its unit in brackets, if it has one."""
    return text(language, "with_unit", label=label, unit=unit) if unit else label


def shown_value(outcome: ShownOutcome, value: float, language: str) -> str:
    """A value of an outcome as tables show it."""
    if outcome.is_yes_no and value in (0.0, 1.0):
        return text(language, "yes" if value else "no")
    if outcome.is_share:
        return format_value(value, language, is_share=True)
    return format_amount(value, outcome.smallest, language, step=outcome.step)


def _common_positions(times: np.ndarray, last: int | None, in_years: bool, before: int, n_runs: int) -> list[int]:
    """The first saved time and the last common one before what is shown of each scenario; a whole year if there is one."""
    if last is None or before == 0:
        return []
    if n_runs == 1:
        return [0]
    last = min(last, before)
    if in_years:
        last = next((i for i in range(last, 0, -1) if is_whole(times[i])), last)
    return [0, last] if 0 < last < before else [0]


def position_of(times: np.ndarray, year: float) -> int:
    """The position of a saved time, or an error that names the nearest."""
    position = int(np.argmin(np.abs(times - year)))
    if abs(times[position] - year) > 1e-6:
        hint = f"The nearest is {times[position]:g}; the run was saved from {times[0]:g} to {times[-1]:g}."
        raise SdsocecError(f"the run has no value saved at {year:g}", hint=hint)
    return position


def _title(
    model: LoadedModel, titles: list[str], common: list[str], language: str, times: np.ndarray, at: list[int]
) -> str:
    name = model.card.title.in_language(language)
    when = listed(language, [format_time(times[i], language) for i in at])
    if len(titles) == 1:
        when = listed(language, [*common, when])
        if titles[0] == name:
            return text(language, "table_title", model=name, time=when)
        return text(language, "table_title_single", model=name, scenario=titles[0], time=when)
    if not common:
        return text(language, "table_title", model=name, time=when)
    return text(language, "table_title_common", model=name, common=listed(language, common), time=when)
