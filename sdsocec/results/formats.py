"""One result in each format of a file, as bytes.

    csv    a row per scenario, time and outcome: for spreadsheets and scripts; units shown, 12 significant digits
           (of a place: with its name in a column)
    xlsx   a row per year, columns per outcome and scenario: for policy makers; units shown
    nc     NetCDF4, every variable in the model's units: the whole result
    tab    a file per scenario as Vensim writes and reads it, the model's units, every digit; of a place, with its name in the
           file's name

The same data gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sdsocec.model.names import element_name
from sdsocec.model.project import LoadedModel

from .shown import (
    ShownOutcome,
    is_whole,
    place_of,
    plain_attributes,
    run_dimension,
    run_names,
    shown_outcomes,
    shown_time_unit,
    shown_times,
    variable_elements,
)

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class DataTable:
    """A table beside the outcomes: the name of its file or sheet, a header, rows of texts and numbers (NaN: none).

    One of tens of thousands of rows is not for sheets.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str | float, ...], ...]
    is_for_sheets: bool = True


FORMATS = ("csv", "xlsx", "nc", "tab")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_WORKBOOK_TIME = b"1980-01-01T00:00:00Z"


def csv_files(dataset: xr.Dataset, model: LoadedModel, language: str) -> dict[str, bytes]:
    """`outcomes.csv`, tidy: scenario, time, variable, label, value, unit. A share stays a fraction."""
    table = with_place(outcome_data(dataset, model, language), dataset, language)
    return {f"{table.name}.csv": csv_table(table, language)}


def outcome_data(dataset: xr.Dataset, model: LoadedModel, language: str) -> DataTable:
    """The outcomes of the card at every saved time, in the units shown; sheets have them in columns instead."""
    times = dataset["time"].values.tolist()
    outcomes = shown_outcomes(dataset, model, language)
    rows = tuple(
        (name, time, outcome.variable, outcome.label, value, outcome.unit)
        for i, name in enumerate(run_names(dataset))
        for outcome in outcomes
        for time, value in zip(times, outcome.values[i].tolist(), strict=True)
    )
    header = (run_dimension(dataset), "time", "variable", "label", "value", "unit")
    return DataTable("outcomes", header, rows, is_for_sheets=False)


def with_place(table: DataTable, dataset: xr.Dataset, language: str) -> DataTable:
    """The table with a second column, `profile`, if the result is of a place and not of the whole."""
    place = place_of(dataset)
    if place is None:
        return table
    title = place.title.in_language(language)
    rows = tuple((row[0], title, *row[1:]) for row in table.rows)
    return replace(table, header=(table.header[0], "profile", *table.header[1:]), rows=rows)


def _not_a_formula(text: str) -> str:
    """An apostrophe before a text that a spreadsheet would take for a formula, and run."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def csv_table(table: DataTable, language: str) -> bytes:
    """A table of data as a file.

    Dutch files have `;`, a decimal comma and a byte-order mark, because Dutch Excel opens no other CSV well.
    """
    is_dutch = language == "nl"
    delimiter = ";" if is_dutch else ","
    known: dict[str | float, str] = {}  # names and times come back in thousands of rows

    def cell(value: str | float) -> str:
        if isinstance(value, str):
            file = io.StringIO(newline="")
            csv.writer(file, delimiter=delimiter, lineterminator="").writerow([_not_a_formula(value), ""])
            return file.getvalue()[:-1]
        text = "" if np.isnan(value) else f"{value:.12g}"
        return text.replace(".", ",") if is_dutch else text

    lines = []
    for row in (table.header, *table.rows):
        for value in row:
            if value not in known:
                known[value] = cell(value)
        lines.append(delimiter.join([known[value] for value in row]))
    text = "".join(f"{line}\r\n" for line in lines)
    return text.encode("utf-8-sig" if is_dutch else "utf-8")


def xlsx_files(
    dataset: xr.Dataset, model: LoadedModel, language: str, tables: Sequence[DataTable] = ()
) -> dict[str, bytes]:
    """`outcomes.xlsx`: a sheet of outcomes over whole years (all saved times, if time is not in years), then one for each table,
    and the provenance.

    openpyxl writes it, because PySD brings it along anyway; xlsxwriter is quicker but one more library to keep.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "outcomes"
    rows = shown_times(dataset)
    names = run_names(dataset)
    times = dataset["time"].values
    place = place_of(dataset)
    if place is not None:
        _write_text(sheet.cell(1, 1), place.title.in_language(language))
    _write_text(sheet.cell(2, 1), shown_time_unit(dataset, language))
    for row, position in enumerate(rows, 3):
        sheet.cell(row, 1, _whole(times[position]))
    for column, (outcome, i) in enumerate(
        ((outcome, i) for outcome in shown_outcomes(dataset, model, language) for i in range(len(names))), 2
    ):
        if i == 0:
            unit = "%" if outcome.is_share else outcome.unit
            _write_text(sheet.cell(1, column), f"{outcome.label} ({unit})" if unit else outcome.label)
            if len(names) > 1:
                sheet.merge_cells(start_row=1, start_column=column, end_row=1, end_column=column + len(names) - 1)
        _write_text(sheet.cell(2, column), names[i])
        look = _number_look(outcome)
        for row, position in enumerate(rows, 3):
            value = float(outcome.values[i, position])
            if np.isfinite(value):
                sheet.cell(row, column, value).number_format = look
        sheet.column_dimensions[get_column_letter(column)].width = max(12, min(24, len(names[i]) + 2))
    for row in sheet.iter_rows(min_row=1, max_row=2):
        for cell in row:
            cell.font = Font(bold=True)
            cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal="left")
    sheet.row_dimensions[1].height = 32
    sheet.freeze_panes = "B3"
    for table in tables:
        _add_sheet(workbook, with_place(table, dataset, language))
    stamp = workbook.create_sheet("provenance")
    for row, (key, value) in enumerate(plain_attributes(dataset).items(), 1):
        _write_text(stamp.cell(row, 1), key)
        if isinstance(value, str):
            _write_text(stamp.cell(row, 2), value)
        else:
            stamp.cell(row, 2, value)
    stamp.column_dimensions["A"].width, stamp.column_dimensions["B"].width = 26, 90
    file = io.BytesIO()
    workbook.save(file)
    return {"outcomes.xlsx": _without_dates(file.getvalue())}


def _add_sheet(workbook: Any, table: DataTable) -> None:
    """A table of data as a sheet: a bold header that stays in view, numbers as numbers."""
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet = workbook.create_sheet(table.name)
    for column, name in enumerate(table.header, 1):
        cell = sheet.cell(1, column)
        _write_text(cell, name)
        cell.font = Font(bold=True)
        widest = max((len(row[column - 1]) for row in table.rows if isinstance(row[column - 1], str)), default=8)  # type: ignore[arg-type]
        sheet.column_dimensions[get_column_letter(column)].width = min(60, max(12, len(name) + 2, widest + 2))
    for i, row in enumerate(table.rows, 2):
        for column, value in enumerate(row, 1):
            if isinstance(value, str):
                _write_text(sheet.cell(i, column), value)
            elif np.isfinite(value):
                cell = sheet.cell(i, column, _whole(value))
                cell.number_format = "General" if table.header[column - 1] in ("time", "year") else _look(value)
    sheet.freeze_panes = "A2"


def _look(value: float) -> str:
    return "#,##0" if abs(value) >= 1000 else "#,##0.0" if abs(value) >= 10 else "0.000"


def _whole(time: float) -> float:
    return round(time) if is_whole(time) else float(time)


def _number_look(outcome: ShownOutcome) -> str:
    """Excel's number format; it puts the separators of the reader's own language in place."""
    if outcome.is_share:
        return "0.0%"
    known = np.abs(outcome.values[np.isfinite(outcome.values)])
    return "#,##0" if known.size and known.max() >= 1000 else "#,##0.0" if known.size and known.max() >= 10 else "0.000"


def _write_text(cell: Any, text: str) -> None:
    """Text as text: openpyxl would take a leading `=` for a formula, and refuses control characters."""
    cell.value = "".join(c for c in text if unicodedata.category(c) != "Cc" or c == "\n")[:32_000]
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(_FORMULA_STARTS)


def _without_dates(content: bytes) -> bytes:
    """The workbook without the moment of writing, so that the same data gives the same bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", _WORKBOOK_TIME, part)
            new.writestr(zipfile.ZipInfo(name, _ZIP_TIME), part, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def nc_files(dataset: xr.Dataset, model: LoadedModel, language: str) -> dict[str, bytes]:
    """`results.nc`: every variable, the model's units, the provenance as global attributes.

    What does not change over time, the constants, stands in one table, `constants` (run, constant): a series for each would be
    two thirds of the file.

    The netCDF4 library itself, not `Dataset.to_netcdf`: half the time, and bytes that repeat. A file on disk, not the
    library's memory: that holds stray bytes between what is written.
    """
    import netCDF4

    with tempfile.TemporaryDirectory(prefix="sdsocec-") as folder:
        path = Path(folder) / "results.nc"
        with netCDF4.Dataset(path, "w") as file:
            _fill(file, dataset)
        return {"results.nc": path.read_bytes()}


def _fill(file: Any, dataset: xr.Dataset) -> None:
    names: dict[str, str] = {}
    dimensions: dict[str, str] = {}
    for dimension, size in dataset.sizes.items():
        dimensions[str(dimension)] = free_name(str(dimension), names)
        file.createDimension(dimensions[str(dimension)], size)
    variables = dataset.variables  # not `dataset[name]`, which looks for the coordinates of each: half a second in all
    constants = [
        str(name)
        for name in dataset.data_vars
        if variables[name].attrs.get("kind") == "constant" and "time" in variables[name].dims
    ]
    for name in (*dataset.coords, *(n for n in dataset.data_vars if n not in set(constants))):
        array = variables[name]
        stored = dimensions.get(str(name)) or free_name(str(name), names)
        values = array.values
        is_text = values.dtype.kind in "OUS"
        kind = str if is_text else values.dtype
        variable = file.createVariable(stored, kind, [dimensions[str(d)] for d in array.dims], fill_value=False)
        if not is_text:
            variable.set_auto_maskandscale(False)
        variable[:] = values.astype(object) if is_text else values
        attributes = {str(key): value for key, value in array.attrs.items()}
        if stored != name:
            attributes["vensim_name"] = str(name)
        variable.setncatts(attributes)
    if constants:
        _fill_constants(file, dataset, constants, dimensions[run_dimension(dataset)], names)
    for key, value in plain_attributes(dataset).items():  # netCDF knows no None and no bool
        file.setncattr(key, "" if value is None else int(value) if isinstance(value, bool) else value)


def _fill_constants(file: Any, dataset: xr.Dataset, constants: list[str], runs: str, names: dict[str, str]) -> None:
    labels, units, columns = [], [], []
    for name in constants:
        for elements, values in variable_elements(dataset, name):
            labels.append(element_name(name, elements))
            units.append(str(dataset.variables[name].attrs.get("units", "")))
            columns.append(values[:, 0])
    dimension = free_name("constant", names)
    file.createDimension(dimension, len(labels))
    for name, texts in (("constant", labels), ("constant_units", units)):
        stored = dimension if name == "constant" else free_name(name, names)
        file.createVariable(stored, str, [dimension])[:] = np.array(texts, dtype=object)
    table = file.createVariable(free_name("constants", names), float, [runs, dimension], fill_value=False)
    table.set_auto_maskandscale(False)
    table[:] = np.array(columns).T
    table.setncattr("long_name", "what the model's constants were in each run, in constant_units")


def free_name(name: str, taken: dict[str, str]) -> str:
    """A name that netCDF can hold and that is not taken: no `/` or control character, a letter, digit or _ first."""
    stored = "".join(
        "_" if c == "/" or unicodedata.category(c) == "Cc" else c for c in unicodedata.normalize("NFC", name)
    )
    stored = stored.strip()
    if not stored or not (stored[0].isalnum() or stored[0] == "_"):
        stored = f"_{stored}"
    stored = stored.encode()[:200].decode(errors="ignore").rstrip()
    free, number = stored, 2
    while free in taken:
        free, number = f"{stored}_{number}", number + 1
    taken[free] = name
    return free


def tab_files(dataset: xr.Dataset, model: LoadedModel, language: str) -> dict[str, bytes]:
    """`<scenario>.tab` each: Time, then a column per `name` or `name[element]`, tabs between, the model's names and units."""
    header, columns = ["Time"], []
    for name in map(str, dataset.data_vars):
        for elements, values in variable_elements(dataset, name):
            if not np.isnan(values).all():  # an element without an equation
                header.append(re.sub(r"\s+", " ", element_name(name, elements)))
                columns.append(values)
    times = dataset["time"].values
    place = place_of(dataset)
    of_place = "" if place is None else f" {place.name}"
    files: dict[str, bytes] = {}
    for i, run in enumerate(run_names(dataset)):
        rows = np.stack([times, *(values[i] for values in columns)], axis=1).tolist()
        lines = ["\t".join(header), *("\t".join(map(repr, row)) for row in rows)]
        files[_file_name(f"{run}{of_place}", "tab", files)] = ("\n".join(lines) + "\n").encode()
    return files


def _file_name(name: str, suffix: str, taken: dict[str, bytes]) -> str:
    """A file name that Windows, macOS and Linux all take, and that differs from the others by more than case."""
    stem = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", name).strip(". ")[:100] or "_"
    if re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", stem):
        stem = f"_{stem}"
    used = {other.lower() for other in taken}
    free, number = f"{stem}.{suffix}", 2
    while free.lower() in used:
        free, number = f"{stem}_{number}.{suffix}", number + 1
    return free


WRITERS = {"csv": csv_files, "xlsx": xlsx_files, "nc": nc_files, "tab": tab_files}
