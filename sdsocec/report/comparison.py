"""Scenarios minus the first of them, by outcome and year."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.results.formats import DataTable
from sdsocec.results.shown import ShownOutcome, is_in_years, is_whole, run_names, shown_outcomes, shown_times

from .costs import is_within_error
from .numbers import MISSING, format_change, format_number, format_time, is_too_small, with_sign
from .parting import EQUAL, last_common_time, scenario_titles
from .tables import (
    Table,
    footnotes,
    marked_notes,
    position_of,
    shown_value,
    with_conditions,
    with_mark,
    with_unit,
)
from .texts import text

if TYPE_CHECKING:
    import xarray as xr

MOST_YEARS = 3
Floats = NDArray[np.float64]


def comparison_tables(
    dataset: xr.Dataset,
    model: LoadedModel,
    language: str = "en",
    years: Sequence[float] | None = None,
    errors: Mapping[str, Floats] | None = None,
) -> list[Table]:
    """For each scenario but the first, every outcome: the difference at each year, and in percent of the first.

    Parameters
    ----------
    years : saved times, optional
        By default some even years from the parting of the scenarios to the end.
    errors : dict, optional
        Element name -> the error of its differences with the first run, shape (n_runs, n_times), in the unit of the result: a
        difference that is smaller is told as about 0, and has no percentage.

    Raises
    ------
    SdsocecError
        A time in `years` was not saved.
    """
    outcomes = shown_outcomes(dataset, model, language)
    at = _positions(dataset, outcomes, years)
    titles = scenario_titles(dataset, model, language)
    times = [format_time(float(dataset["time"].values[i]), language) for i in at]
    marks = marked_notes([outcome.note for outcome in outcomes])
    is_lost = [_is_lost(outcome, model, errors or {}) for outcome in outcomes]
    tables = []
    for run in range(1, len(titles)):
        header = [text(language, "comparison_header", scenario=titles[run], first=titles[0])]
        for time in times:
            header += [text(language, f"comparison_{key}", time=time) for key in ("change", "percent")]
        rows, values = [], []
        for outcome, lost in zip(outcomes, is_lost, strict=True):
            cells, numbers = [], []
            for i in at:
                first, other = float(outcome.values[0, i]), float(outcome.values[run, i])
                change, percent = difference(outcome, first, other), percent_of(outcome, first, other)
                numbers += [change, math.nan if lost[run, i] else percent]
                shown = _shown(outcome, first, other, change, language)
                cells += [text(language, "about_zero") if lost[run, i] else shown, _percent(numbers[-1], language)]
            rows.append((with_mark(_label(outcome, language), outcome.note, marks), *cells))
            values.append(tuple(numbers))
        title = text(language, "comparison_title", scenario=titles[run], first=titles[0])
        notes = footnotes(marks) if run == len(titles) - 1 else ()
        table = Table(title, tuple(header), tuple(rows), tuple(values), notes=notes)
        tables.append(with_conditions(table, dataset, language))
    return tables


def comparison_notes(tables: Sequence[Table], first: str, language: str = "en") -> list[str]:
    """What stands below the tables: where there is no percentage and, if there is any, what is about 0."""
    notes = [text(language, "comparison_note", first=first)]
    about = text(language, "about_zero")
    if any(about in row for table in tables for row in table.rows):
        notes.append(text(language, "comparison_untold", about=about, untold=text(language, "cost_untold")))
    return notes


def _is_lost(outcome: ShownOutcome, model: LoadedModel, errors: Mapping[str, Floats]) -> NDArray[np.bool_]:
    """Where an outcome's difference with the first run is smaller than its error, shape (n_runs, n_times)."""
    unit = model.equations.variables[name_key(split_element_name(outcome.variable)[0])].unit
    known = errors.get(outcome.variable)
    own = None if known is None or outcome.is_yes_no else known * model.card.unit(unit)[0]
    return is_within_error(outcome.values - outcome.values[0], outcome.values, own)


def difference(outcome: ShownOutcome, first: float, other: float) -> float:
    """The difference as shown (a share's is a fraction); 0 where it is rounding of the machine."""
    change = other - first
    return 0.0 if abs(change) <= EQUAL * float(np.nanmax(np.abs(outcome.values))) else change


def percent_of(outcome: ShownOutcome, first: float, other: float) -> float:
    """The difference in percent of the first; NaN for a share, for yes or no, and where there is none.

    There is none where the first is 0, and where it or the difference is too small to mean anything.
    """
    change = difference(outcome, first, other)
    if outcome.is_share or outcome.is_yes_no or first == 0:
        return math.nan
    if is_too_small(first, outcome.smallest) or is_too_small(change, outcome.smallest):
        return math.nan
    return 100.0 * change / abs(first)


def _shown(outcome: ShownOutcome, first: float, other: float, change: float, language: str) -> str:
    if outcome.is_yes_no:
        words = [shown_value(outcome, value, language) for value in (first, other)]
        return words[0] if first == other else f"{words[0]} \u2192 {words[1]}"
    if outcome.is_share:
        return with_sign(format_number(100.0 * change, language, decimals=1), change)
    return format_change(change, language, outcome.smallest, outcome.step)


def _percent(percent: float, language: str) -> str:
    if math.isnan(percent):
        return MISSING
    return with_sign(format_number(percent, language, decimals=0 if abs(percent) >= 100 else 1), percent)


def _label(outcome: ShownOutcome, language: str) -> str:
    unit = text(language, "points") if outcome.is_share else "" if outcome.is_yes_no else outcome.unit
    return with_unit(outcome.label, unit, language)


def _positions(dataset: xr.Dataset, outcomes: Sequence[ShownOutcome], years: Sequence[float] | None) -> list[int]:
    """The saved times of the years asked for; else even years after the parting, the last of the run among them."""
    times = dataset["time"].values
    if years is not None:
        return [position_of(times, year) for year in years]
    common = last_common_time(outcomes, len(times))
    start = 1 if common is None else common + 1  # at the start little differs, whatever the scenarios
    known = range(start, len(times))
    if is_in_years(dataset):
        even = [i for i in known if is_whole(times[i]) and round(times[i]) % 2 == 0]
        known = even or known  # type: ignore[assignment]
    if not known:
        return [len(times) - 1]
    chosen = np.unique(np.linspace(0, len(known) - 1, min(MOST_YEARS, len(known))).round().astype(int))
    return [known[i] for i in chosen]


def comparison_data(dataset: xr.Dataset, model: LoadedModel, language: str = "en") -> DataTable:
    """The same at every time that people read: both values, the difference, the percentage; shares as fractions."""
    outcomes = shown_outcomes(dataset, model, language)
    names, times = run_names(dataset), dataset["time"].values
    rows: list[tuple[str | float, ...]] = []
    for run, name in enumerate(names[1:], 1):
        for outcome in outcomes:
            for i in shown_times(dataset):
                first, other = float(outcome.values[0, i]), float(outcome.values[run, i])
                numbers = (first, other, difference(outcome, first, other), percent_of(outcome, first, other))
                rows.append((name, names[0], float(times[i]), outcome.variable, outcome.label, *numbers, outcome.unit))
    header = (
        "scenario",
        "first",
        "time",
        "variable",
        "label",
        "value of first",
        "value",
        "difference",
        "percent",
        "unit",
    )
    return DataTable("comparison", header, tuple(rows))
