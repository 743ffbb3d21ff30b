"""Policy sensitivity: on which input the difference of a scenario from the baseline depends, and the ranking of scenarios.

All scenarios have the same rows, so differences are paired.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .indices import EQUAL

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Ranking:
    """Which scenario is best at the end, row by row.

    Attributes
    ----------
    outcomes : tuple of str
        Element names of the outcomes that should rise or fall.
    best : tuple of tuples of str
        For each outcome the best scenarios of the reference; more than one if they are equal.
    share_best : array, shape (n_outcomes, n_scenarios)
        The share of rows in which a scenario is best; equal ones each count.
    share_changed : array, shape (n_outcomes,)
        The share of rows in which no best scenario of the reference is best. NaN without finite rows.
    """

    outcomes: tuple[str, ...]
    best: tuple[tuple[str, ...], ...]
    share_best: Floats
    share_changed: Floats


def best_of(ends: Floats, directions: Floats, scale: Floats) -> Flags:
    """Which scenarios are best, or equal to it, for each outcome.

    Parameters
    ----------
    ends : array, shape (n, n_scenarios, n_outcomes)
    directions : array, shape (n_outcomes,)
        1 where more is better, -1 where less is.
    scale : array, broadcast to (n, 1, n_outcomes)
        The largest size of each outcome in a row's runs; differences below `EQUAL` of it are none.

    Returns
    -------
    array of bool, shape (n, n_scenarios, n_outcomes)
        All False in a row with a number that is not finite.
    """
    worth = ends * directions
    is_known = np.isfinite(worth).all(axis=1, keepdims=True)
    worth = np.where(is_known, worth, 0.0)
    return np.asarray(is_known & (worth >= worth.max(axis=1, keepdims=True) - EQUAL * scale))
