"""Differences between a file and what a run gives: number by number, with the place of each.

Two numbers are equal to 1e-9 if they differ by no more than 1e-9 of the larger of the computed one and the largest of its
variable in the run. Tables are in `differences_tables`, NetCDF in `differences_nc`, texts and JSON in `differences_text`.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-9
MOST_KEPT = 200  # differences that are kept
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


def ranked(differences: Iterable[Difference]) -> list[Difference]:
    """Differences, the largest first."""
    return sorted(differences, key=lambda d: -math.inf if math.isnan(d.relative) else -d.relative)


def numbers_differ(found: NDArray[Any], computed: NDArray[Any]) -> NDArray[np.bool_]:
    """Where numbers are not equal to 1e-9; a missing number equals a missing one."""
    with np.errstate(invalid="ignore", over="ignore"):
        is_near = np.abs(found - computed) <= TOLERANCE * np.maximum(np.abs(computed), largest(computed))
    both = np.isnan(found) & np.isnan(computed)
    return np.asarray(~(is_near | both | (found == computed)))


def largest(values: NDArray[Any]) -> float:
    """The largest size of a finite number; 0 of none."""
    finite = values[np.isfinite(values)]
    return float(np.abs(finite).max()) if finite.size else 0.0


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
