"""Indices of many outputs at once, at n / 8, n / 4, n / 2 and n base points; whether they have converged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from . import morris, pawn, sobol
from .design import Sample

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
EQUAL = 1e-9  # a spread below this share of the largest value of an outcome is rounding
LEAST_POINTS = 16  # base points with finite numbers; fewer give no index
RESAMPLES = 100  # of the bootstrap, as in SALib
LEAST_EVENTS = 30  # rows of the rarer kind; fewer say nothing about when it happens
UNSEEN = 3  # what none of k rows shows may still be in 3 / k of them, with 95 % (the rule of three)
LEAST_DRAWN = 256  # rows of PAWN; of fewer, a resample may leave a slide empty
NAMES = {"sobol": sobol.NAMES, "morris": morris.NAMES, "pawn": pawn.NAMES}
CHIEF = {"sobol": "ST", "morris": "mu_star", "pawn": "PAWN"}  # what factors are ranked by


@dataclass(frozen=True)
class Indices:
    """What each factor does to each output.

    The leading axis of `value` and `half` is the size of the design (n / 8, n / 4, n / 2, n), the last two are factor and index;
    between them lie the axes of the outputs, written `...` here.

    Attributes
    ----------
    names : tuple of str
        sobol: S1, ST. morris: mu_star, mu, sigma. pawn: PAWN.
    sizes : tuple of int
        Base points of each design.
    value, half : arrays, shape (4, ..., n_factors, n_indices)
        The index and half of its interval; NaN where the output does not vary, or has too few finite rows, or has no interval.
    threshold : array, shape (4, ...)
        pawn, at n: below this a factor cannot be told from one that does nothing. Otherwise NaN.
    varies : array of bool, shape (...)
        Whether there is something to explain, and enough of it.
    is_rare : array of bool, shape (...)
        Of an output that is 0 or 1: whether it varies, but in fewer than `LEAST_EVENTS` independent rows.
    n_used : array of int, shape (...)
        Base points all of whose rows are finite.
    n_events : array, shape (...)
        Of an output that is 0 or 1: how many independent rows are of the rarer kind. Otherwise infinite.
    spread : array, shape (...)
        The standard deviation over the rows that are used; 0 where these are too few.
    tolerance : float
        For the half width of an interval, and for what doubling n to `sizes[-1]` moved; morris: a share of the largest mu*.
    """

    method: str
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    value: Floats
    half: Floats
    threshold: Floats
    varies: Flags
    is_rare: Flags
    n_used: NDArray[np.int64]
    n_events: Floats
    spread: Floats
    tolerance: float

    @cached_property
    def allowed(self) -> Floats:
        """The tolerance in each output's own terms, shape (..., 1, 1)."""
        if self.method != "morris":
            return np.full((*self.varies.shape, 1, 1), self.tolerance, dtype=np.float64)
        largest = self.value[-1, ..., self.names.index("mu_star")].max(axis=-1, initial=0.0)
        return np.asarray(self.tolerance * largest[..., None, None])

    @cached_property
    def is_judged(self) -> Flags:
        """Whether there is an interval to judge, shape (..., n_factors, n_indices)."""
        return np.asarray(np.isfinite(self.half[-1]))

    @cached_property
    def moved(self) -> Floats:
        """How far the last doubling of n moved each index."""
        return np.asarray(np.abs(self.value[-1] - self.value[-2]))

    @cached_property
    def is_seen(self) -> Flags:
        """Whether an output that is 0 or 1 was seen often enough for the tolerance, shape (...).

        Where an input never changed a rare event, the index is 0 and so is its interval: no resample shows what no row showed.
        """
        return np.asarray(self.n_events * self.tolerance >= UNSEEN)

    @cached_property
    def converged(self) -> Flags:
        """Whether an index has converged; False where it is not judged."""
        with np.errstate(invalid="ignore"):
            narrow = (self.half[-1] <= self.allowed) & (self.moved <= self.allowed)
        return np.asarray(self.is_judged & narrow & self.is_seen[..., None, None])

    def needed(self, where: Flags | None = None) -> int | None:
        """The n at which the judged indices (of those in `where`) may be expected to converge; None if they have.

        Half widths shrink as one over the root of n. An index that only the last doubling moved too far is given one more.
        """
        open_ = self.is_judged & ~self.converged & (np.True_ if where is None else where)
        if not open_.any():
            return None
        allowed = np.broadcast_to(self.allowed, open_.shape)[open_]
        with np.errstate(divide="ignore", over="ignore"):
            factor = float(np.max((self.half[-1][open_] / allowed) ** 2))
        n = self.sizes[-1]
        seen = np.broadcast_to(self.n_events[..., None, None], open_.shape)[open_]
        factor = max(factor, UNSEEN / (self.tolerance * float(seen.min())))
        if not np.isfinite(factor):
            return n * 2
        return n << max(1, int(np.ceil(np.log2(max(factor, 1.0)))))

    @cached_property
    def is_unknown(self) -> Flags:
        """Whether an output that may vary has no index with an interval, so that `needed` cannot tell of it, shape (...)."""
        is_constant = ~self.varies & ~self.is_rare & (self.n_used >= LEAST_POINTS)
        return np.asarray(~is_constant & ~self.is_judged.any(axis=(-2, -1)))

    def absence(self, *at: int) -> str:
        """Why an output has no index: constant, rare or not_finite; empty if it has one."""
        if self.varies[at]:
            return ""
        return "rare" if self.is_rare[at] else "constant" if self.n_used[at] >= LEAST_POINTS else "not_finite"

    @cached_property
    def chief(self) -> Floats:
        """What factors are ranked by, shape (..., n_factors)."""
        return np.asarray(self.value[-1][..., self.names.index(CHIEF[self.method])])

    def at(self, *place: slice | NDArray[np.int64]) -> Indices:
        """The indices of some outputs: `place` has a slice or positions for each of their axes."""
        return Indices(
            self.method, self.names, self.sizes, self.value[(slice(None), *place)], self.half[(slice(None), *place)],
            self.threshold[(slice(None), *place)], self.varies[place], self.is_rare[place], self.n_used[place],
            self.n_events[place], self.spread[place], self.tolerance,
        )  # fmt: skip


def together(parts: Sequence[Indices]) -> Indices:
    """The indices of outputs that were looked at apart, along a first axis of the outputs."""
    first = parts[0]
    value, half, threshold = (
        np.stack([getattr(part, name) for part in parts], axis=1) for name in ("value", "half", "threshold")
    )
    varies, is_rare, n_used, n_events, spread = (
        np.stack([getattr(part, name) for part in parts])
        for name in ("varies", "is_rare", "n_used", "n_events", "spread")
    )
    return Indices(
        first.method,
        first.names,
        first.sizes,
        value,
        half,
        threshold,
        varies,
        is_rare,
        n_used,
        n_events,
        spread,
        first.tolerance,
    )


def indices_of(
    sample: Sample, values: Floats, scale: Floats, *,
    is_event: bool = False, with_interval: Flags | None = None, confidence: float = 0.95, tolerance: float = 0.05, seed: int = 0,
) -> Indices:  # fmt: skip
    """The indices of every output.

    Parameters
    ----------
    values : array, shape (n * rows_per_point, ...)
        A base point with a number that is not finite is left out, for that output.
    scale : array, broadcast to (...)
        The largest size of what the output is of: a spread of less than `EQUAL` of it is none.
    is_event : bool
        Whether values are 0 or 1.
    with_interval : array of bool, shape (...), optional
        For which outputs the bootstrap is run at every size. For the others it is run at n only, by pawn never.
    """
    outputs = values.shape[1:]
    n, per, names = sample.n, sample.rows_per_point, NAMES[sample.method]
    flat = values.reshape(n, per, -1)
    m = flat.shape[2]
    least = EQUAL * np.broadcast_to(scale, outputs).ravel()
    wanted = np.ones(m, dtype=bool) if with_interval is None else np.broadcast_to(with_interval, outputs).ravel()
    finite = np.asarray(np.isfinite(flat).all(axis=1))
    shape = (len(sample.sizes), m, sample.n_factors, len(names))
    value, half, threshold = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape[:2], np.nan)
    varies, is_rare, n_events = np.zeros(m, dtype=bool), np.zeros(m, dtype=bool), np.full(m, np.inf)
    spread = np.zeros(m)
    for k, size in enumerate(sample.sizes):
        for points, columns in _alike(finite[:size]):
            some = flat[:size][points][:, :, columns]
            # At n / 8 fewer will do, as they only show the way; but PAWN needs some in each slide.
            if len(some) < (LEAST_POINTS if size == n or sample.method == "pawn" else LEAST_POINTS // 8):
                continue
            moving = np.ptp(some, axis=(0, 1)) > least[columns]
            if size == n:
                spread[columns] = some.std(axis=(0, 1))
            if is_event:
                # At n / 2 half as many show as well how far an index moves; fewer than these, and it has not converged.
                events = _events(sample, some)
                rare = moving & (events < LEAST_EVENTS * size // n)
                if size == n:
                    is_rare[columns], n_events[columns] = rare, events
                moving &= ~rare
            chosen = columns[moving]
            varies[chosen] |= size == n
            for bootstrap in (True, False):
                which = (wanted[chosen] | (size == n and sample.method != "pawn")) == bootstrap
                if which.any():
                    found = _estimate(
                        sample, points, some[:, :, moving][:, :, which], bootstrap, size == n, confidence, seed
                    )
                    value[k, chosen[which]], half[k, chosen[which]], threshold[k, chosen[which]] = found
    return Indices(
        sample.method, names, sample.sizes, value.reshape(len(sample.sizes), *outputs, *shape[2:]),
        half.reshape(len(sample.sizes), *outputs, *shape[2:]), threshold.reshape(len(sample.sizes), *outputs),
        varies.reshape(outputs), is_rare.reshape(outputs), finite.sum(axis=0).reshape(outputs), n_events.reshape(outputs),
        spread.reshape(outputs), tolerance,
    )  # fmt: skip


def _events(sample: Sample, values: Floats) -> NDArray[np.int64]:
    """How many independent rows of the rarer kind (0 or 1) each output has.

    Of Sobol's rows A and B alone, whose variance is explained; of Morris' trajectories, as the rows of one are much alike.
    """
    if sample.method == "morris":
        held = (values > 0.5).any(axis=1).sum(axis=0), (values <= 0.5).any(axis=1).sum(axis=0)
        return np.asarray(np.minimum(*held))
    independent = values[:, [0, -1]] if sample.method == "sobol" else values
    n_ones = (independent > 0.5).sum(axis=(0, 1))
    return np.asarray(np.minimum(n_ones, independent.shape[0] * independent.shape[1] - n_ones))


def _alike(finite: Flags) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The outputs that have the same finite base points, together: (base points, outputs)."""
    if finite.all():
        return [(np.arange(len(finite)), np.arange(finite.shape[1]))]
    packed = np.packbits(finite, axis=0)
    _, group = np.unique(packed, axis=1, return_inverse=True)
    group = group.ravel()
    found = [np.flatnonzero(group == g) for g in range(int(group.max()) + 1)]
    return [(np.flatnonzero(finite[:, columns[0]]), columns) for columns in found]


def _estimate(
    sample: Sample,
    points: NDArray[np.int64],
    values: Floats,
    bootstrap: bool,
    is_whole: bool,
    confidence: float,
    seed: int,
) -> tuple[Floats, Floats, Floats]:
    rows = sample.probabilities.reshape(sample.n, sample.rows_per_point, -1)[points]
    if sample.method == "pawn" and len(points) < LEAST_DRAWN:
        bootstrap = False
    resamples = RESAMPLES if bootstrap else 0
    none = np.full(values.shape[2], np.nan)
    if sample.method == "sobol":
        return *sobol.sobol_indices(values, confidence=confidence, resamples=resamples, seed=seed + 1), none
    if sample.method == "morris":
        return *morris.morris_effects(rows, values, confidence=confidence, resamples=resamples, seed=seed + 1), none
    return pawn.pawn_indices(
        rows[:, 0], values[:, 0], with_threshold=is_whole, confidence=confidence, resamples=resamples, seed=seed + 1
    )
