"""Designs from files of the user's own: tables of rows (.csv, .tab) and Vensim's sensitivity control files (.vsc).

A table has the names of constants, levers or aliases as header and numbers below. What a .vsc file says is written in Vensim's
documentation (vensim.com/documentation/sensitivitycontrol.html and sensitivitydistributions.html): a line

    simulations, method, seed, file, warnings

then `constant = RANDOM UNIFORM(min, max)` or another distribution a line. Draws are ours, not Vensim's: the same distributions,
other numbers. What cannot be honoured is refused.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sdsocec.errors import DesignError, Fault, SdsocecError
from sdsocec.model.distribution import Distribution
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.model.source import read_bytes

from .factors import Factor
from .settings import read_number, settable_of

Floats = NDArray[np.float64]
SEPARATOR = {".csv": ",", ".tab": "\t", ".tsv": "\t", ".txt": "\t"}
SENSITIVITY = ".vsc"
SUFFIXES = (*SEPARATOR, SENSITIVITY)
LARGEST = 2_000_000_000  # bytes
_MOST_FAULTS = 20
_METHODS = {"M": "montecarlo", "L": "lhs"}
_REFUSED = {"U": ("varies one constant at a time by random draws", "Take --design oat instead."),
            "G": ("is a Latin grid", "Take --design grid instead.")}  # fmt: skip
_SIMULATIONS = 200  # where the file says none
_SEED = 1234


@dataclass(frozen=True)
class Table:
    """Rows of a file, shape (n, n_factors); `content` is a table of them that `read_numbers` reads."""

    factors: tuple[Factor, ...]
    values: Floats
    content: bytes
    suffix: str


@dataclass(frozen=True)
class SensitivityFile:
    """What a .vsc file asks for: draws of constants (`vary`, as `factors_of` takes them), or the rows of a file (`rows`)."""

    kind: str
    n: int
    seed: int
    vary: tuple[str, ...] = ()
    rows: Path | None = None


def read_table(path: Path, model: LoadedModel, repeats: bool = False) -> Table:
    """Read rows of constants.

    Parameters
    ----------
    repeats : bool
        A missing number is that of the row above, as in Vensim's files.

    Raises
    ------
    DesignError
        A name means no constant, a cell is no number within the range of the .mdl, or there are no rows; all faults are listed.
    """
    content = read_bytes(path, LARGEST)
    separator = SEPARATOR[path.suffix.lower()]
    header = _header(path, content, separator)
    factors = _columns(path, header, model)
    values, lines = _numbers(path, content, header, separator, repeats)
    if not len(values):
        raise DesignError(
            "the table has no rows", path=path, hint="A header with names of constants, then a row a run."
        )
    _check_ranges(path, factors, values, lines, model)
    if repeats:
        content = _table(header, values, separator)
    made = [
        Factor(f.name, f.constants, "constant", Distribution(float(c.min()), float(c.max())), f.unit, f"the rows of {path.name}")
        for f, c in zip(factors, values.T, strict=True)
    ]  # fmt: skip
    return Table(tuple(made), values, content, path.suffix.lower())


def read_numbers(path: Path, content: bytes) -> Floats:
    """The numbers of a table, shape (n, n_columns), that was judged before."""
    separator = SEPARATOR[path.suffix.lower()]
    return _numbers(path, content, _header(path, content, separator), separator, False)[0]


def _header(path: Path, content: bytes, separator: str) -> list[str]:
    lines = csv.reader(io.StringIO(_decoded(path, content), newline=""), delimiter=separator)
    return [name.strip() for name in next(lines, [])]


def _table(header: Sequence[str], values: Floats, separator: str) -> bytes:
    """A table as text, every number in full."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([repr(value) for value in row] for row in values.tolist())
    return text.getvalue().encode()


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content[: fault.start].count(b"\n") + 1
        raise DesignError("the file is not UTF-8 text", path=path, line=line, hint="Save it as UTF-8.") from None


def _columns(path: Path, header: Sequence[str], model: LoadedModel) -> list[Factor]:
    """A factor for each name of the header, its distribution still open."""
    if not any(header):
        raise DesignError("the first line names no constants", path=path, line=1)
    settable = settable_of(model)
    faults: list[Fault] = []
    owner: dict[str, str] = {}
    found = []
    for name in header:
        try:
            constants = tuple(settable.constants(name))
        except SdsocecError as error:
            hint = "Columns are separated by commas." if ";" in name and len(header) == 1 else error.faults[0].hint
            faults.append(Fault(error.faults[0].what, path, 1, name, hint, name, error.nearest))
            continue
        for constant in constants:
            if constant in owner:
                faults.append(
                    Fault(f"two columns set '{constant}': '{owner[constant]}' and '{name}'", path, 1, name=name)
                )
                break
            owner[constant] = name
        unit = model.equations.variables[name_key(split_element_name(constants[0])[0])].unit
        found.append(Factor(name, constants, "constant", Distribution(0.0, 0.0), unit, ""))
    if faults:
        raise DesignError(faults)
    return found


def _numbers(
    path: Path, content: bytes, header: Sequence[str], separator: str, repeats: bool
) -> tuple[Floats, NDArray[np.int64] | None]:
    """The numbers below the header, and the line of each row (None where rows are lines)."""
    if not repeats:
        values = _quickly(content, header, separator)
        if values is not None:
            return values, None
    rows: list[list[float]] = []
    lines: list[int] = []
    faults: list[Fault] = []
    reader = csv.reader(io.StringIO(_decoded(path, content), newline=""), delimiter=separator)
    next(reader)
    for cells in reader:
        line = reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if repeats:
            cells = [*cells, *([""] * (len(header) - len(cells)))]
        if len(cells) != len(header):
            hint = "Decimals are written with a point." if len(cells) == 2 * len(header) else ""
            faults.append(Fault(f"the row has {len(cells)} cells, the header {len(header)}", path, line, hint=hint))
        else:
            row, wrong = _row(path, line, header, cells, rows[-1] if rows and repeats else None)
            faults += wrong
            rows.append(row)
            lines.append(line)
        if len(faults) >= _MOST_FAULTS:
            break
    if faults:
        raise DesignError(faults[:_MOST_FAULTS])
    return np.array(rows).reshape(-1, len(header)), np.array(lines)


def _quickly(content: bytes, header: Sequence[str], separator: str) -> Floats | None:
    """The numbers of a table without a fault; None if there may be one."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    names = [str(i) for i in range(len(header))]
    try:
        table = arrow.read_csv(
            pa.BufferReader(content),
            arrow.ReadOptions(column_names=names, skip_rows=1),
            arrow.ParseOptions(delimiter=separator, ignore_empty_lines=False),
            arrow.ConvertOptions(column_types=dict.fromkeys(names, pa.float64()), null_values=[]),
        )
    except pa.ArrowInvalid:
        return None
    values = np.column_stack([column.to_numpy() for column in table.columns])
    return values if np.isfinite(values).all() else None


def _row(
    path: Path, line: int, header: Sequence[str], cells: Sequence[str], above: Sequence[float] | None
) -> tuple[list[float], list[Fault]]:
    row, faults = [], []
    for i, (name, cell) in enumerate(zip(header, cells, strict=True)):
        value = math.nan
        if not cell.strip() and above is not None:
            value = above[i]
        else:
            try:
                value = read_number(cell)
            except ValueError:
                what = f"'{cell.strip()}' is not a number" if cell.strip() else "a number is missing"
                hint = "Decimals are written with a point." if "," in cell else ""
                faults.append(Fault(f"{what}, for '{name}'", path, line, hint=hint, name=name))
        row.append(value)
    return row, faults


def _check_ranges(
    path: Path, factors: Sequence[Factor], values: Floats, lines: NDArray[np.int64] | None, model: LoadedModel
) -> None:
    settable = settable_of(model)
    faults = []
    for factor, column in zip(factors, values.T, strict=True):
        worst = [int(np.argmin(column)), int(np.argmax(column))]
        worst = [int(np.argmin(np.isfinite(column)))] if not np.isfinite(column).all() else worst
        for row in dict.fromkeys(worst):
            for constant in factor.constants:
                wrong = settable.out_of_range(constant, float(column[row]))
                if wrong:
                    line = row + 2 if lines is None else int(lines[row])
                    faults.append(Fault(wrong[0], path, line, hint=wrong[1], name=constant))
                    break
    if faults:
        raise DesignError(faults)


# --- Vensim's sensitivity control file ---------------------------------------------------------------------------------------


def read_sensitivity(path: Path) -> SensitivityFile:
    """Read a .vsc file.

    Raises
    ------
    DesignError
        A line is not understood, or asks for what is not offered; all faults are listed.
    """
    lines = _decoded(path, read_bytes(path, 10_000_000)).splitlines()
    numbered = [(i, line.strip()) for i, line in enumerate(lines, 1) if line.strip()]
    if not numbered:
        raise DesignError("the file is empty", path=path)
    kind, n, seed, rows = _first_line(path, *numbered[0])
    if rows is not None:
        return SensitivityFile("file", 0, seed, (), rows)
    vary: list[str] = []
    faults: list[Fault] = []
    for number, line in numbered[1:]:
        try:
            vary.append(_vary(line))
        except ValueError as error:
            what, hint = error.args
            faults.append(Fault(what, path, number, line, hint))
    if not vary and not faults:
        faults.append(Fault("the file varies no constant", path, hint="A line each, as in: price=RANDOM_UNIFORM(1, 2)"))
    if faults:
        raise DesignError(faults)
    return SensitivityFile(kind, n, seed, tuple(vary))


def _first_line(path: Path, number: int, line: str) -> tuple[str, int, int, Path | None]:
    fields = [*(field.strip() for field in next(csv.reader([line]))), "", "", "", ""][:4]
    method = fields[1].upper() or "M"

    def fault(what: str, hint: str = "") -> DesignError:
        return DesignError(what, path=path, line=number, excerpt=line, hint=hint)

    if "=" in line:
        raise fault("the first line says how many simulations to make, and how", "As in: 200,M,1234")
    if method == "F":
        if not fields[3]:
            raise fault("the method F needs a file with rows", "As in: 200,F,1234,rows.tab")
        rows = path.parent / fields[3].replace("\\", "/")
        if rows.suffix.lower() not in SEPARATOR:
            raise fault(f"'{fields[3]}' is no table", f"Valid endings: {', '.join(SEPARATOR)}.")
        return "file", 0, 0, rows
    if method in _REFUSED:
        what, hint = _REFUSED[method]
        raise fault(f"the method {method} {what}, which is not offered", hint)
    if method not in _METHODS:
        raise fault(f"there is no method '{fields[1]}'", "Understood: M (multivariate), L (Latin hypercube), F (file).")
    try:
        n = int(fields[0]) if fields[0] else _SIMULATIONS
        seed = int(fields[2]) if fields[2] else _SEED
    except ValueError:
        raise fault("the numbers of simulations and the seed are whole numbers", "As in: 200,M,1234") from None
    if n < 1:
        raise fault(f"there are {n} simulations; there must be 1 or more")
    if seed < 1:
        raise fault(f"the seed {seed} asks for numbers that cannot be made again", "Give a seed of 1 or more.")
    return _METHODS[method], n, seed, None


_LINE = re.compile(r"(?P<name>.+?)\s*=\s*(?P<function>[A-Za-z][A-Za-z0-9_ ]*?)\s*\((?P<numbers>[^()]*)\)\s*$")


def _vary(line: str) -> str:
    """`constant=RANDOM UNIFORM(min,max)` as `factors_of` takes it; ValueError (what, hint) for what is not offered."""
    match = _LINE.match(line)
    if match is None:
        raise ValueError("the line is not understood", "As in: price=RANDOM_UNIFORM(1, 2)")
    function = " ".join(match["function"].replace("_", " ").upper().split())
    try:
        numbers = [read_number(number) for number in match["numbers"].split(",")]
    except ValueError:
        raise ValueError("the distribution has something that is not a number", "") from None
    name = match["name"].strip()
    if function == "RANDOM UNIFORM" and len(numbers) == 2:
        return f"{name}=uniform({numbers[0]!r}, {numbers[1]!r})"
    if function == "RANDOM TRIANGULAR" and len(numbers) == 5:
        low, high, start, peak, stop = numbers
        if low > start or high < stop:
            raise ValueError(
                f"the distribution is cut off: it spans {start:g} to {stop:g}, of which {low:g} to {high:g} is allowed",
                "Only whole triangular distributions are offered.",
            )
        return f"{name}=triangular({start!r}, {peak!r}, {stop!r})"
    if function in ("RANDOM UNIFORM", "RANDOM TRIANGULAR"):
        needs = "(min, max)" if function.endswith("UNIFORM") else "(min, max, start, peak, stop)"
        raise ValueError(f"{function} has {len(numbers)} numbers", f"It takes {needs}.")
    raise ValueError(f"the distribution {function} is not offered", "Offered: RANDOM UNIFORM and RANDOM TRIANGULAR.")
