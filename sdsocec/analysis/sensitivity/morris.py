"""Morris' elementary effects of many outputs at once: SALib's numbers, without its loop over outputs.

An effect is what an outcome changes when one factor goes from one probability to another, per whole range of the factor.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .design import LEVELS

Floats = NDArray[np.float64]
NAMES = ("mu_star", "mu", "sigma")


def morris_effects(
    rows: Floats, values: Floats, *, confidence: float = 0.95, resamples: int = 100, seed: int = 1
) -> tuple[Floats, Floats]:
    """Mean absolute effect, mean effect and standard deviation of the effects.

    Parameters
    ----------
    rows : array, shape (n, n_factors + 1, n_factors)
        Trajectories in probabilities.
    values : array, shape (n, n_factors + 1, n_outputs)
        Finite.
    resamples : int
        Of the bootstrap; 0 for no intervals.

    Returns
    -------
    index, half_width : arrays, shape (n_outputs, n_factors, 3)
        mu*, mu and sigma in the output's unit; half of the bootstrap interval of mu*, NaN for mu and sigma, as in SALib.

    References
    ----------
    Campolongo, Cariboni and Saltelli (2007), "An effective screening design for sensitivity analysis of large models",
    Environmental Modelling & Software 22, 1509-1518.
    """
    from scipy.stats import norm

    n, _, n_factors = rows.shape
    moved = np.diff(rows, axis=1)  # (n, n_factors steps, n_factors): each step moves one factor
    step = np.argmax(np.abs(moved), axis=1)  # the step that moves each factor
    up = np.sign(np.take_along_axis(moved, step[:, None], axis=1)[:, 0])
    change = np.take_along_axis(np.diff(values, axis=1), step[:, :, None], axis=1)
    effects = change * up[:, :, None] / (LEVELS / (2.0 * (LEVELS - 1)))  # (n, n_factors, m)
    index = np.stack([np.abs(effects).mean(axis=0), effects.mean(axis=0), effects.std(axis=0, ddof=1)], axis=-1)
    half = np.full(index.shape, np.nan)
    if not resamples:
        return index.transpose(1, 0, 2), half.transpose(1, 0, 2)
    rng = np.random.default_rng(seed)
    for j in range(n_factors):  # the factors take turns at one generator, as in SALib
        draws = rng.integers(n, size=(resamples, n))
        counts = np.stack([np.bincount(row, minlength=n) for row in draws]).astype(np.float64)
        means = counts @ np.abs(effects[:, j]) / n
        half[j, :, 0] = norm.ppf(0.5 + confidence / 2) * means.std(axis=0, ddof=1)
    return index.transpose(1, 0, 2), half.transpose(1, 0, 2)
