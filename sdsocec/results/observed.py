"""Observed series: the record that a model is held against, read from the CSV files that the card lists.

A file has the columns `year`, `value` and `unit`, and may have `source`, `note` and others. The card says which variable it
observes, in which unit, how exact it is, where its definition changes, and which years are for fitting and which for testing.
Nothing is guessed: a year that is missing, stands twice or lies in the future, a value that is no number, and a unit that changes
without a word are faults with their line.
"""

from __future__ import annotations

import csv
import datetime
import io
import itertools
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sdsocec.cache import digest_of
from sdsocec.errors import DataError, Fault, ProjectError, nearest_name
from sdsocec.model.card import CARD
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.model.record import Series, TestKind
from sdsocec.model.source import read_bytes
from sdsocec.model.toml import Text

from .years import year_weights

if TYPE_CHECKING:
    from sdsocec.engine import Trajectories

Floats = NDArray[np.float64]
Years = NDArray[np.int64]
FOLDER = "data"
_MIDDLE = {"mean": 0.5, "quarter ends": 0.625, "end": 1.0}  # of a year: the mean time of what is observed


@dataclass(frozen=True)
class Observed:
    """One series.

    Attributes
    ----------
    name, label : str, Text
    variable : str
        Element name in the model.
    moment : {"mean", "quarter ends", "end"}
        The mean over a year, the mean of its four quarter ends, or its end (the next 1 January).
    years : array of int, shape (n,)
    values, errors : arrays, shape (n,)
        In the model's unit; an error is a standard error.
    is_fit, is_test : arrays of bool, shape (n,)
        Which years a calibration uses, and which are held back.
    sources, notes, places : tuples of str
        Who says so, the file's note, and its file and line, one for each year.
    printed : tuple of Text
        The source as figures print it, one for each year.
    breaks : mapping of int to Text
        The first year of another definition, and what changes.
    test_kind : {"input", "conditional", "forecast"} or None
        What agreement in the test years is worth (`model.record.Series`); None without any.
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
    notes: tuple[str, ...]
    places: tuple[str, ...]
    printed: tuple[Text, ...]
    breaks: Mapping[int, Text]
    test_kind: TestKind | None
    digest: str

    @property
    def times(self) -> Floats:
        """When each value stands in a figure: the mean time of what is observed, shape (n,)."""
        return np.asarray(self.years + _MIDDLE[self.moment])

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


def series_names(model: LoadedModel) -> list[str]:
    """The series of the card, in its order."""
    return [series.name for series in model.card.series]


def series_stamp(observed: Iterable[Observed]) -> dict[str, str]:
    """The hashes of series that were used, for the stamp of what shows them; {} of none."""
    digests = {one.name: one.digest for one in observed}
    return {"series_sha256": json.dumps(digests)} if digests else {}


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
                found.append(_read(known[name], _element(model, known[name]), model.folder / FOLDER))
            except DataError as error:
                faults += error.faults
    if faults:
        raise DataError(faults)
    return tuple(found)


@dataclass(frozen=True)
class _Row:
    year: int
    value: float
    unit: str
    source: str
    note: str
    path: Path
    line: int
    printed: Text


def _element(model: LoadedModel, series: Series) -> str:
    """The element name that a series observes, as the model writes it."""
    equations = model.equations
    base, wanted = split_element_name(series.variable)
    names = equations.element_names(equations.variables[name_key(base)])
    keys = tuple(map(name_key, wanted))
    found = [name for name in names if not wanted or tuple(map(name_key, split_element_name(name)[1])) == keys]
    if len(found) != 1:
        what = f"the series '{series.name}' observes '{series.variable}', which has {len(found)} elements"
        raise DataError(what, path=model.folder / CARD, name=series.name, hint=f"Name one of them, as in '{names[0]}'.")
    return found[0]


def _read(series: Series, variable: str, folder: Path) -> Observed:
    rows: dict[int, _Row] = {}
    contents = []
    faults: list[Fault] = []
    for part in series.parts:
        path = folder / part.file
        try:
            content = read_bytes(path)
        except ProjectError as error:
            hint = f"The series '{series.name}' of {CARD} names it."
            faults += [replace(fault, name=series.name, hint=hint) for fault in error.faults]
            continue
        contents.append(content)
        first, last = part.years
        read, wrong = _rows(content, path, series.unit, part.source or series.source)
        faults += wrong
        for row in read:
            if first <= row.year <= last:
                if row.year in rows:
                    other = rows[row.year]
                    what = f"the year {row.year} stands twice (also in {other.path.name}:{other.line})"
                    faults.append(Fault(what, path, row.line, hint="Keep one of them."))
                rows[row.year] = row
    years = sorted(rows)
    faults = faults or [*_gaps(series, rows, folder), *_changes(series, [rows[year] for year in years], folder)]
    if faults:
        raise DataError(faults)
    values = np.array([rows[year].value for year in years]) * series.factor
    errors = (
        np.full(len(values), series.error)
        if series.error is not None
        else np.abs(values) * (series.relative_error or 0)
    )
    if not errors.all():
        row = rows[years[int(np.argmin(errors))]]
        what = f"the value of {row.year} is 0, so a relative error gives '{series.name}' no standard error there"
        raise DataError(what, path=row.path, line=row.line, hint="Give the series an 'error' in the card instead.")
    in_years = np.array(years, dtype=np.int64)
    return Observed(
        series.name, series.label, variable, series.at, in_years, values, errors,
        _within(in_years, series.fit), _within(in_years, series.test),
        tuple(rows[year].source for year in years), tuple(rows[year].note for year in years),
        tuple(f"{rows[year].path.name}:{rows[year].line}" for year in years),
        tuple(rows[year].printed for year in years), {one.year: one.what for one in series.breaks}, series.test_kind,
        digest_of(*contents),
    )  # fmt: skip


def _gaps(series: Series, rows: dict[int, _Row], folder: Path) -> list[Fault]:
    """Years that a series should have and has not, each role in one fault at the place where the first should stand."""
    faults = []
    for role, span in (("fit", series.fit), ("test", series.test)):
        missing = [year for year in range(span[0], span[1] + 1) if year not in rows] if span else []
        if span and len(missing) == span[1] - span[0] + 1 and (role == "test" or not series.gaps):
            path, _ = _place_of(series, span[0], rows, folder)
            hint = f"Add them, or leave '{role}' out of the card."
            what = f"'{series.name}' has no value in its years to {role}, {span[0]} to {span[1]}"
            faults.append(Fault(what, path or folder / series.parts[0].file, hint=hint, name=series.name))
        elif missing and not series.gaps:
            path, line = _place_of(series, missing[0], rows, folder)
            what = f"'{series.name}' has no value for {', '.join(map(str, missing))}, in its years to {role}"
            hint = "Add it, shorten the span in the card, or say that there are gaps: gaps = true"
            if path is None:
                path, hint = folder.parent / CARD, f"No part of the series covers {missing[0]}: lengthen 'years' there."
            faults.append(Fault(what, path, line, hint=hint, name=series.name))
    fitted = [year for year in rows if series.fit and series.fit[0] <= year <= series.fit[1]]
    if series.fit and len(fitted) < 2 and not faults:
        what = f"'{series.name}' has {len(fitted) or 'no'} value{'s'[len(fitted) == 1 :]} in its years to fit"
        path, line = (rows[fitted[0]].path, rows[fitted[0]].line) if fitted else (folder / series.parts[0].file, None)
        hint = f"A fit needs two: widen its years, {series.fit[0]} to {series.fit[1]}, or leave 'fit' out of the card."
        faults.append(Fault(what, path, line, hint=hint, name=series.name))
    if not rows and not faults:
        what = f"'{series.name}' has no value"
        faults.append(Fault(what, folder / series.parts[0].file, hint="Add some, or leave the series out of the card."))
    return faults


def _changes(series: Series, rows: list[_Row], folder: Path) -> list[Fault]:
    """Units that change where the card names no break, and breaks that nothing is joined at."""
    faults = []
    breaks = {one.year for one in series.breaks}
    for before, row in itertools.pairwise(rows):
        if before.unit != row.unit and not any(before.year < year <= row.year for year in breaks):
            what = f"the unit of '{series.name}' changes from '{before.unit}' ({before.path.name}:{before.line})"
            entry = f'break = [{{year = {row.year}, what = {{nl = "...", en = "..."}}}}]'
            hint = f"Where the definition changes, the card says so: {entry}"
            faults.append(Fault(f"{what} to '{row.unit}'", row.path, row.line, hint=hint, name=series.name))
    for year in sorted(breaks):
        if rows and not rows[0].year < year <= rows[-1].year:
            what = f"'{series.name}' has no values on both sides of its break in {year}"
            faults.append(Fault(what, folder.parent / CARD, name=series.name))
    return faults


def _place_of(series: Series, year: int, rows: dict[int, _Row], folder: Path) -> tuple[Path | None, int | None]:
    """The file in which a year should stand, and the line of the last year before it."""
    part = next((part for part in series.parts if part.years[0] <= year <= part.years[1]), None)
    if part is None:
        return None, None
    path = folder / part.file
    before = [row for row in rows.values() if row.path == path and row.year < year]
    return path, max(before, key=lambda row: row.year).line if before else 1


def _within(years: Years, span: tuple[int, int] | None) -> NDArray[np.bool_]:
    return (years >= span[0]) & (years <= span[1]) if span else np.zeros(len(years), dtype=bool)


def _rows(content: bytes, path: Path, unit: str, printed: Text) -> tuple[list[_Row], list[Fault]]:
    if not content.strip():
        return [], [Fault("the file is empty", path, hint=_COLUMNS)]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return [], [Fault("the file is not UTF-8 text", path, line, hint="Save it as UTF-8.")]
    reader = csv.reader(io.StringIO(text, newline=""))
    rows: list[_Row] = []
    faults: list[Fault] = []
    try:
        first = next(reader)
        header = [name.strip().lower() for name in first]
        wrong = _wrong_header(header, path, ",".join(first)[:120])
        if wrong is not None:
            return [], [wrong]
        end = reader.line_num
        for cells in reader:
            line, end = end + 1, reader.line_num  # a quoted cell may hold line breaks
            if not any(cell.strip() for cell in cells):
                continue
            found = _row(cells, header, path, line, unit, printed)
            if isinstance(found, Fault):
                faults.append(found)
            else:
                rows.append(found)
    except csv.Error as error:
        faults.append(Fault(f"the file is not a table of comma-separated values: {error}", path, reader.line_num))
    return rows, faults


_COLUMNS = "The first line names the columns: year,value,unit,source"


def _wrong_header(header: list[str], path: Path, excerpt: str) -> Fault | None:
    for name in ("year", "value", "unit"):
        if name not in header:
            hint = (
                "Columns are separated by commas." if any(";" in cell or "\t" in cell for cell in header) else _COLUMNS
            )
            return Fault(f"the file has no column '{name}'", path, 1, excerpt, hint=hint)
    twice = next((name for name in header if name and header.count(name) > 1), None)
    if twice is not None:
        return Fault(f"the file has two columns '{twice}'", path, 1, excerpt, hint="Keep one of them.")
    return None


def _row(cells: list[str], header: list[str], path: Path, line: int, unit: str, printed: Text) -> _Row | Fault:
    excerpt = ",".join(cells)[:80]

    def fault(what: str, hint: str = "") -> Fault:
        return Fault(what, path, line, excerpt, hint=hint)

    if len(cells) != len(header):
        hint = "Decimals are written with a point; a text that holds a comma stands in quotes."
        return fault(f"the line has {len(cells)} cells, the first line {len(header)} columns", hint)
    row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
    year, value = row["year"], row["value"]
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        return fault(f"'{year}' is not a year", "Write four digits, as in 2014.")
    if int(year) > datetime.date.today().year:
        return fault(f"the year {year} lies in the future; it cannot have been observed")
    try:
        number = float(value.replace("_", "?"))  # Python alone would read 2_5 as 25
    except ValueError:
        hint = "Decimals are written with a point." if "," in value else ""
        return fault(f"'{value}' is not a number" if value else f"the year {year} has no value", hint or _LEAVE_OUT)
    if not math.isfinite(number):
        return fault(f"the value of {year} is {value}; it must be a finite number", _LEAVE_OUT)
    given = row["unit"]
    if given.split(",")[0].rstrip() != unit and given != unit:  # behind the comma: age, moment of the year
        return fault(
            f"the unit is '{given}', not '{unit}'", f'The card\'s entry says unit = "{unit}"; mend one of them.'
        )
    return _Row(int(year), number, given, row.get("source", ""), row.get("note", ""), path, line, printed)


_LEAVE_OUT = "Where nothing was observed, leave the line out and say gaps = true in the card."


def of_trajectories(observed: Observed, trajectories: Trajectories) -> Floats:
    """What each run gives for the observed years, shape (n_runs, n_years)."""
    values = trajectories.values[:, :, trajectories.names.index(observed.variable)]
    return observed.simulated(trajectories.times, values)
