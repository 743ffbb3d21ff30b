"""What a run gives for a calendar year: its mean, the mean of its quarter ends, or its end, as weights of saved times."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sdsocec.errors import DataError

Floats = NDArray[np.float64]
Years = NDArray[np.int64]
FEWEST_SAVED = 4  # times a year: a mean of fewer is that of a few days
_WITHIN = 1e-6  # of a unit of time: how near to a year a saved time counts as that year


def year_weights(times: Floats, years: Years, moment: str) -> Floats:
    """How much each saved time counts in each year, shape (n_years, n_times): a row sums to 1, or is NaN for a year not covered.

    Between saved times the run is taken as straight. A year's mean is its integral from 1 January to the next (trapezoids); its
    quarter ends are 1 April, July, October and January, at a quarter of a year each; its end is the next 1 January.

    Raises
    ------
    DataError
        A mean is asked of a run that saves fewer than four times a year.
    """
    return _weights(np.asarray(times, dtype=np.float64).tobytes(), tuple(years.tolist()), moment)


@lru_cache(maxsize=64)  # a calibration asks for the same ones at every step
def _weights(saved: bytes, years: tuple[int, ...], moment: str) -> Floats:
    times = np.frombuffer(saved)
    weights = np.full((len(years), len(times)), np.nan)
    for row, year in enumerate(years):
        if times[0] > year + _WITHIN or times[-1] < year + 1 - _WITHIN:
            continue
        if moment == "end":
            within = np.abs(times - (year + 1)) < _WITHIN
            if within.any():
                weights[row] = within / within.sum()
            continue
        _require_often(times, year)
        if moment == "quarter ends":
            weights[row] = _at(times, year + np.array([0.25, 0.5, 0.75, 1.0])).mean(axis=0)
        else:
            inside = times[(times > year + _WITHIN) & (times < year + 1 - _WITHIN)]
            points = np.array([year, *inside, year + 1.0])
            widths = np.diff(points, prepend=year, append=year + 1.0)
            weights[row] = (widths[:-1] + widths[1:]) / 2 @ _at(times, points)
    weights.setflags(write=False)
    return weights


def _at(times: Floats, moments: Floats) -> Floats:
    """The weights that give the values at some moments, straight between the saved times, shape (n_moments, n_times)."""
    after = np.searchsorted(times, moments - _WITHIN).clip(1, len(times) - 1)
    share = (moments - times[after - 1]) / (times[after] - times[after - 1])
    share[np.abs(moments - times[after]) < _WITHIN] = 1.0
    share[np.abs(moments - times[after - 1]) < _WITHIN] = 0.0
    weights = np.zeros((len(moments), len(times)))
    rows = np.arange(len(moments))
    weights[rows, after], weights[rows, after - 1] = share, 1.0 - share
    return weights


def _require_often(times: Floats, year: int) -> None:
    step = float(np.diff(times).max())
    if step > 1 / FEWEST_SAVED + _WITHIN:
        raise DataError(
            f"a run that saves every {step:g} has no mean of {year}: that needs {FEWEST_SAVED} times a year or more",
            name="SAVEPER", hint=f"Set SAVEPER to {1 / FEWEST_SAVED:g} or less, with TIME STEP no longer than that.",
        )  # fmt: skip
