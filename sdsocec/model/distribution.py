"""How an input may be distributed: `uniform(low, high)` or `triangular(low, mode, high)`, as the card writes it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HINT = "Write uniform(low, high) or triangular(low, mode, high), the numbers in this order."
_WRITTEN = re.compile(r"\s*(uniform|triangular)\s*\(([^()]*)\)\s*$")
_NUMBERS = {"uniform": 2, "triangular": 3}


@dataclass(frozen=True)
class Distribution:
    """`mode` is None for a uniform distribution; units are those of what is distributed."""

    low: float
    high: float
    mode: float | None = None

    @classmethod
    def parse(cls, text: str) -> Distribution:
        """Read a distribution; ValueError if the text is none (`HINT` says how to write one)."""
        match = _WRITTEN.match(text)
        try:
            numbers = [float(number.replace("_", "?")) for number in match[2].split(",")] if match else []
        except ValueError:
            numbers = []
        is_ordered = all(map(math.isfinite, numbers)) and numbers == sorted(numbers)
        if match is None or len(numbers) != _NUMBERS[match[1]] or not is_ordered or numbers[0] == numbers[-1]:
            raise ValueError(f"'{text}' is not a distribution")
        return cls(numbers[0], numbers[-1], numbers[1] if len(numbers) == 3 else None)

    def __str__(self) -> str:
        if self.mode is None:
            return f"uniform({self.low!r}, {self.high!r})"
        return f"triangular({self.low!r}, {self.mode!r}, {self.high!r})"

    def quantile(self, probability: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """The values below which a share of the distribution lies, for probabilities from 0 to 1, of any shape."""
        p = np.asarray(probability, dtype=np.float64)
        width = self.high - self.low
        if self.mode is None:
            found = self.low + p * width
        else:
            below = (self.mode - self.low) / width
            rising = self.low + np.sqrt(p * width * (self.mode - self.low))
            falling = self.high - np.sqrt((1 - p) * width * (self.high - self.mode))
            found = np.where(p < below, rising, falling)
        return np.asarray(np.clip(found, self.low, self.high))
