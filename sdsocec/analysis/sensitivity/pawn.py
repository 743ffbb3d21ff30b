"""PAWN: how far fixing a factor within a tenth of its range moves the distribution of an output (Kolmogorov-Smirnov).

Moment-independent: it sees a change of any part of the distribution, not of its variance alone. A factor that does nothing has an
index above 0, as a tenth of the rows is a small sample: the threshold says how far above. The numbers are those of SALib, which
works out a p-value for each too, and has neither intervals nor threshold.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
NAMES = ("PAWN",)
SLIDES = 10
DUMMIES = 200
_AT_ONCE = 16  # resamples in the cache together


def slides_of(rows: Floats) -> Whole:
    """Which tenth of a factor's values each row lies in, shape (n_factors, n); SLIDES for the largest, which SALib leaves out."""
    step = 1 / SLIDES
    shares = np.arange(0, 1 + step, step)  # SALib's own, so that edges are the same to the last bit
    return np.stack([np.searchsorted(np.nanquantile(x, shares), x, side="right") - 1 for x in rows.T])


def pawn_indices(
    rows: Floats, values: Floats, *,
    with_threshold: bool = True, confidence: float = 0.95, resamples: int = 100, seed: int = 1,
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """The median over slides of the Kolmogorov-Smirnov distance between an output within a slide and everywhere.

    Parameters
    ----------
    rows : array, shape (n, n_factors)
    values : array, shape (n, n_outputs)
        Finite.
    with_threshold : bool
        Whether the threshold is worked out; else it is NaN.
    resamples : int
        Of the bootstrap; 0 for no intervals.

    Returns
    -------
    index, half_width : arrays, shape (n_outputs, n_factors, 1)
        Between 0 and 1; half of the bootstrap interval, NaN without.
    threshold : array, shape (n_outputs,)
        Below this, at this confidence, a factor cannot be told from one that does nothing: the quantile of `DUMMIES` random ones.

    References
    ----------
    Pianosi and Wagener (2018), "Distribution-based sensitivity analysis from a generic input-output sample", Environmental
    Modelling & Software 108, 197-207.
    """
    from scipy.stats import norm

    n, m = values.shape
    slides = slides_of(rows)
    once = np.ones((n, 1))
    rng = np.random.default_rng(seed)
    draws = rng.integers(n, size=(resamples, n))
    counts = np.array([np.bincount(row, minlength=n) for row in draws], dtype=np.float64).reshape(-1, n).T
    dummies = np.stack([rng.permutation(slides[0]) for _ in range(DUMMIES)])
    index, half, threshold = np.empty((m, len(slides), 1)), np.full((m, len(slides), 1), np.nan), np.full(m, np.nan)
    without_ties: float | None = None
    for i, y in enumerate(values.T):
        index[i] = _medians(y, slides, once)
        if resamples:
            half[i, :, 0] = norm.ppf(0.5 + confidence / 2) * _medians(y, slides, counts).std(axis=1, ddof=1)
        if with_threshold:
            # Distances depend on ranks alone, so all outputs without ties have one threshold.
            has_ties = len(np.unique(y)) < n
            if has_ties or without_ties is None:
                found = float(np.quantile(_medians(y, dummies, once), confidence))
                without_ties = without_ties if has_ties else found
            threshold[i] = found if has_ties else without_ties
    return index, half, threshold


def _medians(y: Floats, slides: Whole, weights: Floats) -> Floats:
    """The index of each factor for each column of weights of the rows, shape (n_factors, n_columns)."""
    n, n_factors = len(y), len(slides)
    order = np.argsort(y, kind="stable")
    ordered = y[order]
    first, last = np.searchsorted(ordered, ordered, "left"), np.searchsorted(ordered, ordered, "right")
    # Each slide of each factor is a stretch of one long list, from the smallest output to the largest.
    label = slides[:, order]
    stretch = np.where(label < SLIDES, label + SLIDES * np.arange(n_factors)[:, None], SLIDES * n_factors).ravel()
    place = np.argsort(stretch, kind="stable")
    place = place[: int((stretch < SLIDES * n_factors).sum())]
    stretch, at = stretch[place], place % n
    starts = np.searchsorted(stretch, np.arange(SLIDES * n_factors))
    sizes = np.diff([*starts, len(stretch)])
    assert sizes.all(), "every slide holds rows"
    tie = stretch * n + first[at]  # equal outputs within a stretch step up together
    below, above = np.searchsorted(tie, tie, "left"), np.searchsorted(tie, tie, "right")
    has_ties = bool((above - below > 1).any())
    first, last, row = first[at], last[at], order[at]
    found = []
    for k in range(0, weights.shape[1], _AT_ONCE):
        some = weights[:, k : k + _AT_ONCE]
        everywhere = _cumulated(some[order])
        everywhere /= everywhere[-1]
        summed = _cumulated(some[row])
        base = np.repeat(summed[starts], sizes, axis=0)
        total = np.repeat(summed[starts + sizes] - summed[starts], sizes, axis=0)
        up, down = (summed[above], summed[below]) if has_ties else (summed[1:], summed[:-1])
        distance = np.maximum(
            np.abs((up - base) / total - everywhere[last]), np.abs((down - base) / total - everywhere[first])
        )
        furthest = np.maximum.reduceat(distance, starts, axis=0).reshape(n_factors, SLIDES, -1)
        found.append(np.median(furthest, axis=1))
    return np.concatenate(found, axis=1)


def _cumulated(weights: Floats) -> Floats:
    return np.concatenate([np.zeros((1, weights.shape[1])), np.cumsum(weights, axis=0)])
