"""Differences between a CSV, a .tab file or a workbook and what a run gives, cell by cell.

A number may have fewer digits than it was written with: it is then held to the digits it has.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from sdsocec.errors import ProjectError
from sdsocec.model.source import read_bytes

from .differences import MOST_KEPT, TOLERANCE, Comparison, Difference, Verdict, ranked, worst
from .stamp_formats import LARGEST_TEXT_FILE, open_workbook

COARSEST = 0.01  # a number that was rounded by more than this is another number
MOST_CELLS = 20  # of a table: all differences up to so many, else the largest of each variable
_LABELS = ("time", "year", "run")


def read_table(path: Path) -> bytes:
    """A table or figure whole."""
    return read_bytes(path, LARGEST_TEXT_FILE)


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
