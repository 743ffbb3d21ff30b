"""How well a model follows a series: the field's summary statistics, each with its definition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sdsocec.errors import DataError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FitStatistics:
    """The fit of one series over some years.

    Attributes
    ----------
    n : int
        Years compared.
    mape : float
        Mean absolute error as a share of the observed value (NaN where an observed value is 0).
    rmse, mae : float
        Root mean square and mean absolute error, in the series' unit.
    r2 : float
        Share of the observed variance that the model explains: the square of the correlation (NaN for a constant).
    bias, variation, covariation : float
        Theil's shares of the mean squared error, together 1: a wrong level, a wrong amplitude, and the rest (NaN for a
        perfect fit). Error in covariation is noise that no model should follow; error in the others points at a constant or at
        structure.
    """

    n: int
    mape: float
    rmse: float
    mae: float
    r2: float
    bias: float
    variation: float
    covariation: float


def fit_statistics(simulated: ArrayLike, observed: ArrayLike) -> FitStatistics:
    """Compare a run with a series.

    Parameters
    ----------
    simulated, observed : arrays, shape (n_years,)
        In the same unit. NaN marks a year that is left out.

    Raises
    ------
    DataError
        Fewer than two years remain, or the lengths differ.

    References
    ----------
    Sterman (1984), "Appropriate summary statistics for evaluating the historical fit of system dynamics models", Dynamica 10(2),
    51-66: the shares, with the standard deviations of the whole (divided by n).

    Examples
    --------
    >>> fit = fit_statistics([11.0, 12.0, 13.0], [10.0, 11.0, 12.0])
    >>> (fit.rmse, fit.bias, round(fit.r2, 12))
    (1.0, 1.0, 1.0)
    """
    s, a = np.asarray(simulated, dtype=float), np.asarray(observed, dtype=float)
    if s.shape != a.shape or s.ndim != 1:
        raise DataError(f"the run has {s.size} years, the series {a.size}")
    known = np.isfinite(s) & np.isfinite(a)
    s, a = s[known], a[known]
    if len(s) < 2:
        raise DataError(f"a fit needs two years; {len(s)} can be compared")
    error = s - a
    mse = float(np.mean(error**2))
    spread_s, spread_a = float(s.std()), float(a.std())
    r = float(np.mean((s - s.mean()) * (a - a.mean())) / (spread_s * spread_a)) if spread_s > 0 < spread_a else np.nan
    if mse > 0:
        bias = float(error.mean() ** 2 / mse)
        variation = float((spread_s - spread_a) ** 2 / mse)
        shares = (bias, variation, max(0.0, 1.0 - bias - variation))
    else:
        shares = (np.nan, np.nan, np.nan)
    mape = float(np.mean(np.abs(error / a))) if (a != 0).all() else np.nan
    return FitStatistics(len(s), mape, mse**0.5, float(np.abs(error).mean()), r**2, *shares)
