"""Which input decides, from rows that were run; no further runs.

    strongest     on a number: the input that alone explains most of its variance (first-order index)
    separating    on whether something holds: the input that best tells the rows where it does from the others

Both hold the best input against chance: many dummies that drive nothing, and the p-value of the test, with the number of inputs
in mind. What does not beat chance decides nothing.
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
DUMMIES_EACH = (
    20  # random columns for each input: chance alone makes the strongest of all an input in one case of twenty-one
)
LEVEL = 0.05  # of the test, over all inputs together


@dataclass(frozen=True)
class Strongest:
    """The input that alone explains most.

    Attributes
    ----------
    position : int
        Of the input.
    share : float
        Of the variance, between 0 and 1: the first-order index.
    noise : float
        The largest index of a dummy.
    """

    position: int
    share: float
    noise: float

    @property
    def is_decisive(self) -> bool:
        """Whether it explains more than every dummy."""
        return self.share > self.noise


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
        Of that distance if the input did nothing, times the number of inputs.
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


def strongest(values: Floats, inputs: Floats, seed: int) -> Strongest | None:
    """The input whose variation explains most of that of a number.

    The measure is the first-order index of variance, from given rows: the variance of the means of classes of rows with like
    values of the input, as a part of the whole.

    Parameters
    ----------
    values : array, shape (n,)
        In any unit; rows that are not finite are left out.
    inputs : array, shape (n, n_inputs)
    seed : int
        Of the dummies.

    Returns
    -------
    Strongest or None
        None with fewer than `FEWEST_ROWS` rows, and where the number is the same in all of them.

    References
    ----------
    Plischke, Borgonovo and Smith (2013), "Global sensitivity measures from given data", European Journal of Operational Research
    226(3), 536-550.
    """
    finite = np.isfinite(values)
    values, inputs = values[finite], inputs[finite]
    if len(values) < FEWEST_ROWS or np.ptp(values) <= 1e-12 * np.abs(values).max():
        return None
    dummies = np.random.default_rng(seed).random((len(values), DUMMIES_EACH * inputs.shape[1]))
    n = inputs.shape[1]
    indices = first_order(values, np.concatenate([inputs, dummies], axis=1))
    best = int(indices[:n].argmax())
    return Strongest(best, float(indices[best]), float(indices[n:].max()))


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


def separating(holds: Flags, inputs: Floats, distributions: Sequence[Distribution]) -> Split | None:
    """The input, and the place along it, that best parts the rows in which something holds from the others.

    The measure is the largest distance between the two distributions of an input (regional sensitivity analysis).

    Parameters
    ----------
    holds : array of bool, shape (n,)
    inputs : array, shape (n, n_inputs)
    distributions : of the inputs

    Returns
    -------
    Split or None
        None where it holds in all rows or in none.

    References
    ----------
    Hornberger and Spear (1981), "An approach to the preliminary analysis of environmental systems", Journal of Environmental
    Management 12, 7-18.
    """
    from scipy.stats import ks_2samp

    if holds.all() or not holds.any():
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
        min(1.0, float(found[best].pvalue) * inputs.shape[1]),
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
    """How narrow a flip is closed in: half a unit of the last decimal shown, or a thousandth of the range if that is less."""
    return min(0.5 * 10.0 ** -decimals_of(distribution), 1e-3 * (distribution.high - distribution.low))


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
