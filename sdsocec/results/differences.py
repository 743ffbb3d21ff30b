"""Differences between a file and what a run gives: number by number, with the place of each.

Two numbers are equal to 1e-9 if they differ by no more than 1e-9 of the larger of the computed one and the largest of its
variable in the run. A number in a table may have fewer digits than it was written with: it is then held to the digits it has.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sdsocec.errors import ProjectError
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.source import read_bytes

from .stamp_formats import LARGEST_TEXT_FILE, open_nc, open_workbook

TOLERANCE = 1e-9
COARSEST = 0.01  # a number that was rounded by more than this is another number
MOST_KEPT = 200  # differences that are kept
MOST_CELLS = 20  # of a table: all differences up to so many, else the largest of each variable
Verdict = Literal["bits", "close", "digits", "differs"]
_ORDER: tuple[Verdict, ...] = ("bits", "close", "digits", "differs")


@dataclass(frozen=True)
class Difference:
    """A number, or a text, that is not what the run gives.

    Attributes
    ----------
    cell : str
        As a spreadsheet counts, with the sheet before it if there are more; empty in a NetCDF.
    variable : str
        What it is of: the name in the model, or the head of its column.
    at : str
        Scenario and time, as far as the file says.
    found, computed : float or str
        In the file, and by the run.
    relative : float
        The difference as a share of the computed number; NaN if one of them is no number.
    """

    cell: str
    variable: str
    at: str
    found: float | str
    computed: float | str
    relative: float = math.nan


@dataclass(frozen=True)
class Comparison:
    """How a file compares with the run.

    Attributes
    ----------
    verdict : {"bits", "close", "digits", "differs"}
        Equal bit for bit; to 1e-9; at the digits that the file has; or not.
    differences : tuple of Difference
        All, in the order of the cells, if a table has few; else the largest of each variable, the largest first.
    n : int
        How many numbers or texts differ.
    n_close : int
        How many numbers are equal to 1e-9 and not bit for bit.
    """

    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    n: int = 0
    n_close: int = 0


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of some verdicts; `bits` of none."""
    return max(verdicts, key=_ORDER.index, default="bits")


# ---- NetCDF -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Array:
    values: NDArray[Any]
    labels: tuple[Sequence[str], ...]  # of each dimension

    def at(self, place: Sequence[int]) -> str:
        return ", ".join(label[i] for label, i in zip(self.labels, place, strict=True) if len(label) > i)


def compare_nc(path: Path, computed: Path, first: Collection[str] = ()) -> Comparison:
    """A `results.nc` against one that a run wrote; differences of the variables of `first` come before others."""
    with open_nc(computed) as file:
        wanted = {name: _array(file, name) for name in file.variables}
        names = {name: str(getattr(file.variables[name], "vensim_name", name)) for name in file.variables}
        meant = {name: _meaning(file, name) for name in file.variables}
    differences: list[Difference] = []
    verdicts: list[Verdict] = []
    n = n_close = 0
    with open_nc(path) as file:
        try:
            for name, array in wanted.items():
                shown = names[name]
                if name not in file.variables:
                    differences.append(Difference("", shown, "", "missing", "there"))
                elif tuple(file.variables[name].shape) != array.values.shape:
                    shapes = [" x ".join(map(str, s)) for s in (file.variables[name].shape, array.values.shape)]
                    differences.append(Difference("", shown, "", shapes[0], shapes[1]))
                else:
                    differences += _compare_meanings(shown, _meaning(file, name), meant[name])
                    verdict, found, count = _compare_arrays(shown, _array(file, name), array)
                    verdicts.append(verdict)
                    differences += found
                    n += count if verdict == "differs" else 0
                    n_close += count if verdict == "close" else 0
        except (OSError, RuntimeError, ValueError, UnicodeDecodeError):
            raise ProjectError(f"'{path}' is cut off or damaged: its numbers cannot be read", path=path) from None
        extra = [name for name in list(file.variables)[:MOST_KEPT] if name not in wanted]
    differences += [Difference("", name, "", "there", "missing") for name in extra]
    n += sum(math.isnan(d.relative) for d in differences)
    if differences:
        keys = {name_key(name) for name in first}
        first_ones = sorted(ranked(differences), key=lambda d: name_key(split_element_name(d.variable)[0]) not in keys)
        return Comparison("differs", tuple(first_ones[:MOST_KEPT]), n)
    return Comparison(worst(verdicts), n_close=n_close)


def _meaning(file: Any, name: str) -> dict[str, str]:
    """What gives a variable's numbers their meaning: unit, names, scale, what is missing, dimensions."""
    variable = file.variables[name]
    return {key: str(variable.getncattr(key)) for key in variable.ncattrs()} | {
        "dimensions": ", ".join(variable.dimensions)
    }


def _compare_meanings(name: str, found: Mapping[str, str], wanted: Mapping[str, str]) -> list[Difference]:
    return [
        Difference("", name, key, found.get(key, "missing"), wanted.get(key, "missing"))
        for key in dict.fromkeys([*wanted, *found])
        if found.get(key) != wanted.get(key)
    ]


def ranked(differences: Iterable[Difference]) -> list[Difference]:
    """Differences, the largest first."""
    return sorted(differences, key=lambda d: -math.inf if math.isnan(d.relative) else -d.relative)


_LABELS = ("time", "year", "run")


def _array(file: Any, name: str) -> _Array:
    variable = file.variables[name]
    variable.set_auto_maskandscale(False)
    labels = []
    for dimension in variable.dimensions:
        known = file.variables.get(dimension)
        is_named = known is not None and known.dimensions == (dimension,) and known.shape[0] <= 1_000_000
        labels.append([_label(value) for value in known[:]] if is_named else [])
    return _Array(np.asarray(variable[:]), tuple(labels))


def _label(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float | np.floating) else str(value)


def _compare_arrays(name: str, found: _Array, wanted: _Array) -> tuple[Verdict, list[Difference], int]:
    a, b = found.values, wanted.values
    if b.dtype.kind not in "fiub" or a.dtype.kind not in "fiub":
        unequal = np.argwhere(a.astype(object) != b.astype(object))
        if not len(unequal):
            return "bits", [], 0
        first = tuple(map(int, unequal[0]))
        return "differs", [Difference("", name, wanted.at(first), str(a[first]), str(b[first]))], len(unequal) - 1
    if a.dtype == b.dtype and a.tobytes() == b.tobytes():
        return "bits", [], 0
    differing = numbers_differ(a, b)
    count = int(differing.sum())
    if not count:
        return "close", [], int((~((a == b) | (np.isnan(a) & np.isnan(b)))).sum())
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        relative = np.where(differing, np.abs(a - b) / np.maximum(np.abs(b), TOLERANCE * _largest(b)), 0.0)
    relative = np.where(np.isnan(relative), np.inf, relative)
    place = tuple(map(int, np.unravel_index(int(relative.argmax()), relative.shape)))
    one = Difference("", name, wanted.at(place), float(a[place]), float(b[place]), float(relative[place]))
    return "differs", [one], count


def numbers_differ(found: NDArray[Any], computed: NDArray[Any]) -> NDArray[np.bool_]:
    """Where numbers are not equal to 1e-9; a missing number equals a missing one."""
    with np.errstate(invalid="ignore", over="ignore"):
        is_near = np.abs(found - computed) <= TOLERANCE * np.maximum(np.abs(computed), _largest(computed))
    both = np.isnan(found) & np.isnan(computed)
    return np.asarray(~(is_near | both | (found == computed)))


def _largest(values: NDArray[Any]) -> float:
    finite = values[np.isfinite(values)]
    return float(np.abs(finite).max()) if finite.size else 0.0


# ---- tables -----------------------------------------------------------------------------------------------------------


def compare_csv(content: bytes, computed: bytes, path: Path) -> Comparison:
    """A CSV or .tab file against one that a run wrote; separators and line ends may differ."""
    wanted = _rows(computed, path)
    return _compare_rows(_rows(content, path), wanted, "")


def _rows(content: bytes, path: Path) -> list[list[str]]:
    """The cells of a table, numbers with a point."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")  # as a Dutch Excel saves it
    head = text.split("\n", 1)[0]
    separator = max(",;\t", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise ProjectError(f"'{path}' is no table: {error}", path=path) from None
    while rows and not any(rows[-1]):
        rows.pop()
    if separator == ";":
        rows = [[_with_point(cell) for cell in row] for row in rows]
    return rows


def _with_point(cell: str) -> str:
    changed = cell.replace(",", ".", 1)
    return changed if _decimal(changed) is not None else cell


def _decimal(text: str) -> Decimal | None:
    if len(text) > 40 or not any(c.isdigit() for c in text) or "_" in text:
        return None
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) < 400 else None


def compare_workbook(content: bytes, computed: bytes, path: Path) -> Comparison:
    """An xlsx against one that a run wrote, sheet by sheet; the provenance in it is not compared here."""
    found, wanted = (_sheets(open_workbook(one, path)) for one in (content, computed))
    parts = []
    for name, rows in wanted.items():
        if name not in found:
            parts.append(Comparison("differs", (Difference(name, name, "", "missing", "there"),), 1))
        else:
            heads = 2 if name == next(iter(wanted)) else 1
            parts.append(_compare_rows(found[name], rows, f"{name}!" if len(wanted) > 1 else "", heads))
    differences = tuple(d for part in parts for d in part.differences)
    extra = [Difference(name, name, "", "there", "missing") for name in found if name not in wanted]
    verdict = worst([*(p.verdict for p in parts), *("differs" for _ in extra)])  # type: ignore[list-item]
    n, n_close = sum(p.n for p in parts) + len(extra), sum(p.n_close for p in parts)
    return Comparison(verdict, (*differences, *extra)[:MOST_KEPT], n, n_close)


def _sheets(workbook: Any) -> dict[str, list[list[str]]]:
    return {
        sheet.title: [["" if c is None else _written(c) for c in row] for row in sheet.iter_rows(values_only=True)]
        for sheet in workbook.worksheets
        if sheet.title != "provenance"
    }


def _written(value: object) -> str:
    return repr(float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _compare_rows(found: list[list[str]], wanted: list[list[str]], sheet: str, heads: int = 1) -> Comparison:
    """Cell by cell. The numbers of one variable (or column, if rows name none) are held to the largest of them."""
    if len(found) != len(wanted):
        has, should = (f"{max(len(rows) - heads, 0)} rows" for rows in (found, wanted))
        return Comparison(
            "differs", (Difference(sheet.rstrip("!"), "", "", has, should),), abs(len(found) - len(wanted))
        )
    header = wanted[0] if wanted else []
    scale = _scales(wanted[heads:], header)
    cells: list[Difference] = []
    largest: dict[str, Difference] = {}
    verdicts: list[Verdict] = []
    n = n_close = 0
    for i, (row, computed) in enumerate(zip(found, wanted, strict=True)):
        if row == computed:
            continue
        for j, (cell, number) in enumerate(_pairs(row, computed)):
            if cell == number:
                continue
            verdict = _compare_cells(cell, number, scale.get(_owner(computed, header, j), 0.0))
            if verdict != "bits" and j < len(header) and header[j] in _LABELS:
                verdict = "differs"  # a time with fewer digits is another time
            verdicts.append(verdict)
            n_close += verdict == "close"
            if verdict != "differs":
                continue
            n += 1
            variable, at = _described(wanted, header, heads, i, j)
            one = Difference(f"{sheet}{_column(j)}{i + 1}", variable, at, *_shown(cell, number))
            if n <= MOST_CELLS:
                cells.append(one)
            known = largest.get(variable)
            if known is None or one.relative > known.relative:
                largest[variable] = one
    kept = cells if n <= MOST_CELLS else ranked(largest.values())[:MOST_KEPT]
    return Comparison(worst(verdicts), tuple(kept), n, n_close)


def _pairs(row: list[str], computed: list[str]) -> Iterator[tuple[str, str]]:
    for j in range(max(len(row), len(computed))):
        yield (row[j] if j < len(row) else ""), (computed[j] if j < len(computed) else "")


def _compare_cells(found: str, computed: str, scale: float) -> Verdict:
    a, b = _decimal(found), _decimal(computed)
    if a is None or b is None:
        return "bits" if found.strip() == computed.strip() else "differs"
    if a == b or float(a) == float(b):
        return "bits"
    off = abs(a - b)
    if float(off) <= TOLERANCE * max(abs(float(b)), scale):
        return "close"
    exponent = a.as_tuple().exponent
    half = Decimal(5).scaleb(int(exponent) - 1)
    return "digits" if off <= half * Decimal("1.000001") and float(off) <= COARSEST * abs(float(b)) else "differs"


def _shown(found: str, computed: str) -> tuple[float | str, float | str, float]:
    a, b = _decimal(found), _decimal(computed)
    if a is None or b is None:
        return found, computed, math.nan
    x, y = float(a), float(b)
    return x, y, abs(x - y) / abs(y) if y else math.inf


def _owner(row: Sequence[str], header: Sequence[str], column: int) -> str:
    """Whose number it is: of a column, and of the variable that its row names, if it does."""
    for name in ("variable", "label"):
        if name in header and header.index(name) < len(row):
            return f"{column} {row[header.index(name)]}"
    return str(column)


def _scales(rows: Sequence[Sequence[str]], header: Sequence[str]) -> Mapping[str, float]:
    largest: dict[str, float] = {}
    for row in rows:
        for j, cell in enumerate(row):
            if j < len(header) and header[j] == "time":
                continue
            number = _decimal(cell)
            if number is not None:
                owner = _owner(row, header, j)
                largest[owner] = max(largest.get(owner, 0.0), abs(float(number)))
    return largest


def _described(rows: Sequence[Sequence[str]], header: Sequence[str], heads: int, i: int, j: int) -> tuple[str, str]:
    """What a cell is of, and at which scenario and time."""
    row = rows[i]
    if i < heads:
        return row[j] if j < len(row) else "", ""
    named = dict(zip(header, row, strict=False))
    if "value" in header:  # a row says what its number is of
        known = next((named[key] for key in ("variable", "label", "place", "move") if named.get(key)), header[j])
        of = ("scenario", "run", "profile", "group", "from", "to", "time", "year")
        at = [named[key] for key in of if named.get(key)] + ([header[j]] if header[j:] and header[j] != "value" else [])
        return known, ", ".join(map(_short, at))
    over = [_above(rows[k], j) for k in range(heads)]
    return over[0], ", ".join(_short(cell) for cell in (*over[1:], row[0] if row else "") if cell)


def _above(row: Sequence[str], j: int) -> str:
    """The head of a column; a head of several columns stands in the first of them."""
    for k in range(min(j, len(row) - 1), -1, -1):
        if row[k]:
            return row[k]
    return ""


def _short(cell: str) -> str:
    number = _decimal(cell)
    return cell if number is None else f"{float(number):.10g}"


def _column(position: int) -> str:
    """The letter of a column, as a spreadsheet has it."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


# ---- figures ----------------------------------------------------------------------------------------------------------

_TOLD_IN_PNG = ("Title", "Description", "Software")


def same_pixels(content: bytes, computed: bytes) -> bool:
    """Whether two PNGs show the same, and say the same in words."""
    from PIL import Image

    try:
        with (
            Image.open(io.BytesIO(content), formats=("PNG",)) as one,
            Image.open(io.BytesIO(computed), formats=("PNG",)) as other,
        ):
            if one.size != other.size or any(getattr(image, "n_frames", 1) > 1 for image in (one, other)):
                return False
            if any(one.info.get(key) != other.info.get(key) for key in _TOLD_IN_PNG):
                return False
            return one.convert("RGBA").tobytes() == other.convert("RGBA").tobytes()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False


def read_table(path: Path) -> bytes:
    """A table or figure whole."""
    return read_bytes(path, LARGEST_TEXT_FILE)
