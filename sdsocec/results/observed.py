"""Observed series: the record that a model is held against, read from the CSV files that the card lists.

A file has the columns `year` and `value`, and may have `unit`, `source` and others. The card says which variable it observes, in
which unit, how exact it is, and which years are for fitting and which for testing. Nothing is guessed: a year that is missing,
stands twice or lies in the future, and a value that is no number, are faults with their line.
"""

from __future__ import annotations

import csv
import datetime
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sdsocec.cache import digest_of
from sdsocec.errors import DataError, Fault, nearest_name
from sdsocec.model.project import LoadedModel
from sdsocec.model.record import Series
from sdsocec.model.source import read_bytes
from sdsocec.model.toml import Text

if TYPE_CHECKING:
    from sdsocec.engine import Trajectories

Floats = NDArray[np.float64]
Years = NDArray[np.int64]
FOLDER = "data"
_WITHIN = 1e-6  # of a unit of time: how near to a year a saved time counts as that year


@dataclass(frozen=True)
class Observed:
    """One series.

    Attributes
    ----------
    name, label : str, Text
    variable : str
        Element name in the model.
    moment : {"mean", "end"}
        The mean over a year, or its end (the next 1 January).
    years : array of int, shape (n,)
    values, errors : arrays, shape (n,)
        In the model's unit; an error is a standard error.
    is_fit, is_test : arrays of bool, shape (n,)
        Which years a calibration uses, and which are held back.
    sources : tuple of str
        Who says so, one for each year.
    digest : str
        Hash of the files.
    """

    name: str
    label: Text
    variable: str
    moment: str
    years: Years
    values: Floats
    errors: Floats
    is_fit: NDArray[np.bool_]
    is_test: NDArray[np.bool_]
    sources: tuple[str, ...]
    digest: str

    def simulated(self, times: Floats, values: Floats) -> Floats:
        """What a run gives for the observed years.

        Parameters
        ----------
        times : array, shape (n_times,)
        values : array, shape (..., n_times)

        Returns
        -------
        array, shape (..., n)
            NaN for a year that the run does not cover.
        """
        return np.asarray(values @ year_weights(times, self.years, self.moment).T)


def year_weights(times: Floats, years: Years, moment: str) -> Floats:
    """How much each saved time counts in each year, shape (n_years, n_times): a row sums to 1, or is NaN.

    A year's mean is that of the saved times from its 1 January up to, not including, the next; its end is the next 1 January.
    """
    weights = np.zeros((len(years), len(times)))
    for row, year in enumerate(years):
        if moment == "end":
            within = np.abs(times - (year + 1)) < _WITHIN
        else:
            within = (times > year - _WITHIN) & (times < year + 1 - _WITHIN)
        covered = times[0] <= year + _WITHIN and times[-1] >= year + 1 - _WITHIN
        weights[row] = within / within.sum() if within.any() and covered else np.nan
    return weights


def series_names(model: LoadedModel) -> list[str]:
    """The series of the card, in its order."""
    return [series.name for series in model.card.series]


def load_observed(model: LoadedModel, names: Iterable[str] | None = None) -> tuple[Observed, ...]:
    """Read the observed series of a model.

    Raises
    ------
    DataError
        A name is unknown, or a file is wrong; every fault is listed, with file and line.
    """
    known = {series.name: series for series in model.card.series}
    chosen = list(known) if names is None else list(names)
    faults = [
        Fault(
            f"the card of '{model.name}' lists no series '{name}'", name=name, nearest=nearest_name(name, known),
            hint=f"Series: {', '.join(known)}." if known else "Add one: [[series]] in model.toml.",
        )
        for name in chosen if name not in known
    ]  # fmt: skip
    found = []
    for name in chosen:
        if name in known:
            try:
                found.append(_read(known[name], model.folder / FOLDER))
            except DataError as error:
                faults += error.faults
    if faults:
        raise DataError(faults)
    return tuple(found)


@dataclass(frozen=True)
class _Row:
    year: int
    value: float
    source: str
    path: Path
    line: int


def _read(series: Series, folder: Path) -> Observed:
    rows: dict[int, _Row] = {}
    contents = []
    faults: list[Fault] = []
    for part in series.parts:
        path = folder / part.file
        content = read_bytes(path)
        contents.append(content)
        first, last = part.years
        read, wrong = _rows(content, path, series.unit)
        faults += wrong
        for row in read:
            if first <= row.year <= last:
                if row.year in rows:
                    other = rows[row.year]
                    what = f"the year {row.year} stands twice (also in {other.path.name}:{other.line})"
                    faults.append(Fault(what, path, row.line, hint="Keep one of them."))
                rows[row.year] = row
    years = sorted(rows)
    paths = ", ".join(part.file for part in series.parts)
    if not faults:
        for role, span in (("fit", series.fit), ("test", series.test)):
            missing = [year for year in range(span[0], span[1] + 1) if year not in rows] if span else []
            if missing and not series.gaps:
                hint = "Add it, shorten the span in the card, or say that there are gaps: gaps = true"
                shown = ", ".join(map(str, missing))
                faults.append(
                    Fault(
                        f"'{series.name}' has no value for {shown}, in its years to {role}", folder / paths, hint=hint
                    )
                )
        n = sum(series.fit[0] <= year <= series.fit[1] for year in years) if series.fit else 2
        if n < 2:
            what = f"'{series.name}' has {n or 'no'} value{'s'[n == 1 :]} in its years to fit; a fit needs two"
            faults.append(Fault(what, folder / paths))
    if faults:
        raise DataError(faults)
    values = np.array([rows[year].value for year in years]) * series.factor
    errors = (
        np.full(len(values), series.error)
        if series.error is not None
        else np.abs(values) * (series.relative_error or 0)
    )
    in_years = np.array(years, dtype=np.int64)
    return Observed(
        series.name, series.label, series.variable, series.at, in_years, values, errors,
        _within(in_years, series.fit), _within(in_years, series.test),
        tuple(rows[year].source for year in years), digest_of(*contents),
    )  # fmt: skip


def _within(years: Years, span: tuple[int, int] | None) -> NDArray[np.bool_]:
    return (years >= span[0]) & (years <= span[1]) if span else np.zeros(len(years), dtype=bool)


def _rows(content: bytes, path: Path, unit: str) -> tuple[list[_Row], list[Fault]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], [Fault("the file is not UTF-8 text", path, hint="Save it as UTF-8.")]
    reader = csv.reader(io.StringIO(text))
    header = [name.strip().lower() for name in next(reader, [])]
    missing = [name for name in ("year", "value") if name not in header]
    if missing:
        hint = "The first line names the columns: year,value,unit,source"
        return [], [Fault(f"the file has no column '{missing[0]}'", path, 1, ",".join(header)[:120], hint=hint)]
    rows, faults = [], []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        line = reader.line_num
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        excerpt = ",".join(cells)[:80]
        found = _row(row, path, line, excerpt, unit)
        if isinstance(found, Fault):
            faults.append(found)
        else:
            rows.append(found)
    return rows, faults


def _row(row: dict[str, str], path: Path, line: int, excerpt: str, unit: str) -> _Row | Fault:
    year, value = row.get("year", ""), row.get("value", "")
    if not (year.isdigit() and len(year) == 4):
        return Fault(f"'{year}' is not a year", path, line, excerpt, hint="Write four digits, as in 2014.")
    if int(year) > datetime.date.today().year:
        return Fault(f"the year {year} lies in the future; it cannot have been observed", path, line, excerpt)
    try:
        number = float(value)
    except ValueError:
        hint = "Decimals are written with a point." if "," in value else ""
        return Fault(f"'{value}' is not a number", path, line, excerpt, hint=hint)
    if not math.isfinite(number):
        hint = "Leave the line out and say gaps = true in the card."
        return Fault(f"the value of {year} is {value}; it must be a finite number", path, line, excerpt, hint=hint)
    given = row.get("unit", unit)
    if not given.startswith(unit):
        hint = f'The card\'s entry says unit = "{unit}"; mend one of them.'
        return Fault(f"the unit is '{given}', not '{unit}'", path, line, excerpt, hint=hint)
    return _Row(int(year), number, row.get("source", ""), path, line)


def of_trajectories(observed: Observed, trajectories: Trajectories) -> Floats:
    """What each run gives for the observed years, shape (n_runs, n_years)."""
    values = trajectories.values[:, :, trajectories.names.index(observed.variable)]
    return observed.simulated(trajectories.times, values)
