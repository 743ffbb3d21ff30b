"""Which input decides, from rows that were run; no further runs.

    strongest     on a number: the input that alone explains most of its variance (first-order index)
    separating    on whether something holds: the input that best tells the rows where it does from the others

Both hold the best input against chance: a p-value, times the number of inputs and of the statements asked about (Bonferroni), so
that one in twenty studies names an input among its rankings where none does anything, and one in twenty among its claims. Not to
beat chance is no proof that an input does nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sdsocec.model.distribution import Distribution

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
FEWEST_ROWS = 64  # below this a class has too few rows
FEWEST_EACH = 5  # rows that hold and that fail, to tell them apart: one or two alone may lie anywhere
LEVEL = 0.05  # of a test, over all inputs and statements together


@dataclass(frozen=True)
class Strongest:
    """The input that alone explains most.

    Attributes
    ----------
    position : int
        Of the input.
    share : float
        Of the variance, between 0 and 1: the first-order index.
    p_value : float
        Of that share if no input did anything, over all inputs and statements.
    """

    position: int
    share: float
    p_value: float

    @property
    def is_decisive(self) -> bool:
        """Whether chance does not explain it."""
        return self.p_value < LEVEL


@dataclass(frozen=True)
class Split:
    """The place along one input that best parts the rows in which something holds from the others.

    Attributes
    ----------
    position : int
        Of the input.
    value : float
        The place, in the input's unit, with the digits that are shown.
    below, above : (int, int)
        Of the rows up to it, and beyond: in how many it holds, and how many there are.
    distance : float
        Between the two distributions of the input (Kolmogorov and Smirnov), between 0 and 1.
    p_value : float
        Of that distance if no input did anything, over all inputs and statements.
    """

    position: int
    value: float
    below: tuple[int, int]
    above: tuple[int, int]
    distance: float
    p_value: float

    @property
    def is_decisive(self) -> bool:
        """Whether chance does not explain it."""
        return self.p_value < LEVEL


def strongest(values: Floats, inputs: Floats, n_statements: int = 1) -> Strongest | None:
    """The input whose variation explains most of that of a number.

    The measure is the first-order index of variance, from given rows: the variance of the means of classes of rows with like
    values of the input, as a part of the whole. Its p-value is that of the F-test between those classes.

    Parameters
    ----------
    values : array, shape (n,)
        In any unit; rows that are not finite are left out.
    inputs : array, shape (n, n_inputs)
    n_statements : int
        How many numbers are asked about together.

    Returns
    -------
    Strongest or None
        None with fewer than `FEWEST_ROWS` rows, and where the number is the same in all of them.

    References
    ----------
    Plischke, Borgonovo and Smith (2013), "Global sensitivity measures from given data", European Journal of Operational Research
    226(3), 536-550.
    """
    from scipy.stats import f

    finite = np.isfinite(values)
    values, inputs = values[finite], inputs[finite]
    n = len(values)
    if n < FEWEST_ROWS or np.ptp(values) <= 1e-12 * np.abs(values).max():
        return None
    indices = first_order(values, inputs)
    best = int(indices.argmax())
    share, between = min(1.0, float(indices[best])), _classes(n) - 1
    ratio = math.inf if share == 1.0 else share / (1.0 - share) * (n - 1 - between) / between
    return Strongest(
        best, share, min(1.0, float(f.sf(ratio, between, n - 1 - between)) * inputs.shape[1] * n_statements)
    )


def first_order(values: Floats, inputs: Floats) -> Floats:
    """The first-order index of each input, shape (n_inputs,)."""
    # Not RBD-FAST, though it takes given rows too: the order of one column of a Sobol sequence by another has harmonics of its
    # own, so that of 3 a + b it gives b 54 % in place of 10 %.
    from SALib.analyze.delta import sobol_first

    n = len(values)
    classes = np.linspace(0, n, _classes(n) + 1)
    return np.array([sobol_first(values, column, classes) for column in inputs.T])


def _classes(n: int) -> int:
    """How many classes of rows: about the cube root of their number, as SALib's delta has it."""
    power = 2 / (7 + math.tanh((1500 - n) / 500))
    return min(48, math.ceil(math.pow(n, power)))


def separating(
    holds: Flags, inputs: Floats, distributions: Sequence[Distribution], n_statements: int = 1
) -> Split | None:
    """The input, and the place along it, that best parts the rows in which something holds from the others.

    The measure is the largest distance between the two distributions of an input (regional sensitivity analysis).

    Parameters
    ----------
    holds : array of bool, shape (n,)
    inputs : array, shape (n, n_inputs)
    distributions : of the inputs
    n_statements : int
        How many statements are asked about together.

    Returns
    -------
    Split or None
        None where it holds, or does not, in fewer than `FEWEST_EACH` rows.

    References
    ----------
    Hornberger and Spear (1981), "An approach to the preliminary analysis of environmental systems", Journal of Environmental
    Management 12, 7-18.
    """
    from scipy.stats import ks_2samp

    if min(holds.sum(), (~holds).sum()) < FEWEST_EACH:
        return None
    found = [ks_2samp(column[holds], column[~holds]) for column in inputs.T]
    best = int(np.argmax([one.statistic for one in found]))
    value = rounded(float(found[best].statistic_location), distributions[best])
    is_below = inputs[:, best] <= value
    return Split(
        best,
        value,
        (int(holds[is_below].sum()), int(is_below.sum())),
        (int(holds[~is_below].sum()), int((~is_below).sum())),
        float(found[best].statistic),
        min(1.0, float(found[best].pvalue) * inputs.shape[1] * n_statements),
    )


def decimals_of(distribution: Distribution) -> int:
    """The decimals that tell a thousandth of the range of an input.

    >>> decimals_of(Distribution(0.4, 0.6)), decimals_of(Distribution(2012, 2018)), decimals_of(Distribution(0, 5000))
    (3, 2, 0)
    """
    return max(0, 2 - math.floor(math.log10(distribution.high - distribution.low)))


def rounded(value: float, distribution: Distribution) -> float:
    """A value of an input with the digits that are shown."""
    return round(value, decimals_of(distribution))


def resolution_of(distribution: Distribution) -> float:
    """How narrowly a border is closed in: half a unit of the last decimal shown, or a thousandth of the range if that is less."""
    low, high = distribution.low, distribution.high
    least = 4.0 * float(np.spacing(max(abs(low), abs(high))))  # numbers lie no closer
    return max(least, min(0.5 * 10.0 ** -decimals_of(distribution), 1e-3 * (high - low)))


def told_share(n_holds: int, n: int) -> str:
    """A share at a prompt; a percentage only where it is neither none nor all.

    >>> told_share(171, 256), told_share(511, 512), told_share(64, 64)
    ('67% of 256', '511 of 512', 'all 64')
    """
    percent = f"{100 * n_holds / n:.0f}" if n else ""
    if n and n_holds == n:
        return f"all {n}"
    return f"{n_holds} of {n}" if percent in ("", "0", "100") else f"{percent}% of {n}"


def share_interval(n_holds: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson).

    It is on the wide side for rows of a Sobol sequence, which lie more evenly than chance.

    >>> [round(limit, 3) for limit in share_interval(7, 10)]
    [0.397, 0.892]
    """
    from scipy.stats import binomtest

    if n == 0:
        return math.nan, math.nan
    found = binomtest(n_holds, n).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)
