"""Differences between a NetCDF file and what a run gives: its numbers, and what gives them their meaning."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.errors import ProjectError
from sdsocec.model.names import name_key, split_element_name

from .differences import (
    MOST_KEPT,
    TOLERANCE,
    Comparison,
    Difference,
    Verdict,
    largest,
    numbers_differ,
    ranked,
    worst,
)
from .stamp_formats import open_nc


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
        relative = np.where(differing, np.abs(a - b) / np.maximum(np.abs(b), TOLERANCE * largest(b)), 0.0)
    relative = np.where(np.isnan(relative), np.inf, relative)
    place = tuple(map(int, np.unravel_index(int(relative.argmax()), relative.shape)))
    one = Difference("", name, wanted.at(place), float(a[place]), float(b[place]), float(relative[place]))
    return "differs", [one], count
