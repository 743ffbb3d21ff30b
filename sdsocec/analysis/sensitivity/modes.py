"""Behaviour modes: the shape of a trajectory, whatever its size.

A rise or fall counts if it is at least a tenth of the range of the series and at least 1 % of its largest absolute value; smaller
wiggles are not seen. By the rises and falls that count, in their order:

    none                     flat
    a rise                   growth
    a fall                   decline
    rise, fall               peak
    fall, rise               trough
    rise, fall, rise         peak, then trough
    fall, rise, fall         trough, then peak
    more                     oscillation

Growth and decline go faster if at half time less than 40 % of the way is done, slower if more than 60 %, else they are steady.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
MODES = (
    "flat",
    "growth, faster",
    "growth, steady",
    "growth, slower",
    "decline, faster",
    "decline, steady",
    "decline, slower",
    "peak",
    "trough",
    "peak, then trough",
    "trough, then peak",
    "oscillation",
)
UNKNOWN = -1
WIGGLE, FLAT, BEND = 0.1, 0.01, 0.1
LEAST_TIMES = 4


def behaviour_modes(values: Floats) -> Codes:
    """The mode of each series.

    Parameters
    ----------
    values : array, shape (..., n_times)
        Evenly spaced in time, `LEAST_TIMES` or more.

    Returns
    -------
    array of int, shape (...)
        Positions in `MODES`; UNKNOWN where a number is not finite.

    Examples
    --------
    >>> MODES[behaviour_modes(np.array([1.0, 2.0, 4.0, 8.0, 16.0]))]
    'growth, faster'
    """
    assert values.shape[-1] >= LEAST_TIMES, "a shape needs some points"
    series = np.asarray(values, dtype=np.float64).reshape(-1, values.shape[-1])
    is_known = np.asarray(np.isfinite(series).all(axis=-1))
    y = np.where(is_known[:, None], series, 0.0)
    spread = np.ptp(y, axis=-1)
    counts = np.maximum(FLAT * np.abs(y).max(axis=-1), WIGGLE * spread)
    first, n = _turns(y, counts, (spread >= counts) & (spread > 0))
    monotone = np.where(first > 0, 1, 4) + _bend(y, counts)
    falls_first = np.where(first > 0, 0, 1)
    found = np.select([n == 0, n == 1, n == 2, n == 3], [0, monotone, 7 + falls_first, 9 + falls_first], default=11)
    return np.where(is_known, found, UNKNOWN).astype(np.int8).reshape(values.shape[:-1])


def _turns(y: Floats, counts: Floats, is_moving: NDArray[np.bool_]) -> tuple[Codes, NDArray[np.int64]]:
    """The direction (1 or -1) of the first rise or fall that counts, and how many follow each other."""
    high, low = y[..., 0].copy(), y[..., 0].copy()  # since the last turn
    now, first = np.zeros(y.shape[:-1], dtype=np.int8), np.zeros(y.shape[:-1], dtype=np.int8)
    n = np.zeros(y.shape[:-1], dtype=np.int64)
    for t in range(1, y.shape[-1]):
        value = y[..., t]
        high, low = np.maximum(high, value), np.minimum(low, value)
        rises = is_moving & (value - low >= counts) & (now != 1)
        falls = is_moving & (high - value >= counts) & (now != -1)
        for direction, turns in ((1, rises), (-1, falls)):
            first[turns & (n == 0)] = direction
            now[turns], n[turns] = direction, n[turns] + 1
            # From the turn on extremes are sought anew: a fall is measured from the top reached since.
            high[turns], low[turns] = value[turns], value[turns]
    return first, n


def _bend(y: Floats, counts: Floats) -> NDArray[np.int64]:
    """0, 1 or 2: faster, steady, slower."""
    n = y.shape[-1]
    half = (y[..., (n - 1) // 2] + y[..., n // 2]) / 2
    way = y[..., -1] - y[..., 0]
    done = np.divide(
        half - y[..., 0], way, out=np.full(way.shape, 0.5), where=np.abs(way) >= np.maximum(counts, 1e-300)
    )
    return np.where(done < 0.5 - BEND, 0, np.where(done > 0.5 + BEND, 2, 1))
