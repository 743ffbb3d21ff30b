"""Samplings: designs of factors whose rows are made again, by block, from a seed.

    sobol        Sobol' points, scrambled (scipy). Balanced at powers of two.
    lhs          a Latin hypercube: each factor's distribution in n strata of equal probability, a row in each
    montecarlo   independent draws; a row depends on the seed and its number alone
    grid         every combination of so many values a factor, evenly over its range
    oat          one at a time: the model as it stands, then each factor along its range
    extremes     every combination of the ends of the ranges, or n of them drawn at random
    file         rows of the user's own (`own_rows`)

The first three follow the factors' distributions. A row never depends on which rows are asked for with it, so that blocks can be
made apart, in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine import constant_values
from sdsocec.errors import DesignError, nearest_name
from sdsocec.model.project import LoadedModel

from .factors import Factor, values_of

Floats = NDArray[np.float64]
KINDS = ("sobol", "lhs", "montecarlo", "grid", "oat", "extremes")
FILE = "file"
DRAWN = ("sobol", "lhs", "montecarlo")  # rows without end
MOST_ROWS = 1 << 30  # scipy's Sobol' points end there
MOST_FACTORS = 21_201  # scipy's Sobol' points have no more dimensions
_LISTED_ENDS = 20  # up to so many factors, combinations of ends are drawn without replacement


@dataclass(frozen=True)
class Sampling:
    """Rows of inputs.

    Attributes
    ----------
    kind : str
        One of `KINDS`, or "file".
    factors : tuple of Factor
        The columns.
    seed : int
    parts : tuple of int
        Rows of each part: the first, then what was added. Only a Latin hypercube makes its parts apart.
    levels : int
        Values a factor, for grid and oat.
    nominal : tuple of float
        The values of oat's first row.
    table : array, shape (n, n_factors), optional
        The user's own rows.
    """

    kind: str
    factors: tuple[Factor, ...]
    seed: int = 1
    parts: tuple[int, ...] = ()
    levels: int = 0
    nominal: tuple[float, ...] = ()
    table: Floats | None = None

    @property
    def n(self) -> int:
        """Number of rows."""
        return sum(self.parts)

    def rows(self, start: int, stop: int) -> Floats:
        """Rows `start` to `stop` (not included), shape (stop - start, n_factors), in the factors' units."""
        assert 0 <= start <= stop <= self.n, "rows of the sampling"
        return np.ascontiguousarray(getattr(self, f"_{self.kind}")(start, stop))

    def _file(self, start: int, stop: int) -> Floats:
        assert self.table is not None
        return self.table[start:stop]

    # --- by distribution -------------------------------------------------------------------------------------------------

    def _montecarlo(self, start: int, stop: int) -> Floats:
        return values_of(self.factors, _uniform((self.seed,), len(self.factors), start, stop))

    def _sobol(self, start: int, stop: int) -> Floats:
        engine = self._engine(start)
        # scipy warns where n is no power of two; that is the user's choice.
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            points = engine.random(stop - start) if stop > start else np.empty((0, len(self.factors)))
        return values_of(self.factors, points)

    def _engine(self, start: int) -> Any:
        """scipy's generator about to give row `start`; kept, as blocks are mostly asked for in order."""
        from scipy.stats import qmc

        kept = self._kept.get("sobol")
        if kept is None or kept.num_generated > start:
            kept = self._kept["sobol"] = qmc.Sobol(
                len(self.factors), scramble=True, seed=np.random.default_rng(self.seed)
            )
        if kept.num_generated < start:
            kept.fast_forward(start - kept.num_generated)
        return kept

    def _lhs(self, start: int, stop: int) -> Floats:
        found, first = [], 0
        for part, n in enumerate(self.parts):
            low, high = max(start - first, 0), min(stop - first, n)
            if low < high:
                within = _uniform((self.seed, part, 1), len(self.factors), low, high)
                found.append((self._strata(part)[:, low:high].T + within) / n)
            first += n
        points = np.concatenate(found) if found else np.empty((0, len(self.factors)))
        return values_of(self.factors, points)

    def _strata(self, part: int) -> NDArray[np.uint32]:
        """Which stratum each row of a part has, shape (n_factors, n)."""
        kept = self._kept.get("lhs", (None, None))
        if kept[0] != part:
            n = self.parts[part]
            orders = (
                np.random.default_rng((self.seed, part, 0, i)).permutation(n).astype(np.uint32)
                for i in range(len(self.factors))
            )
            kept = self._kept["lhs"] = (part, np.stack(list(orders)))
        return np.asarray(kept[1])

    # --- by value --------------------------------------------------------------------------------------------------------

    def _grid(self, start: int, stop: int) -> Floats:
        places = np.unravel_index(np.arange(start, stop), (self.levels,) * len(self.factors))
        columns = [_along(f, self.levels)[place] for f, place in zip(self.factors, places, strict=True)]
        return np.column_stack(columns)

    def _oat(self, start: int, stop: int) -> Floats:
        rows = np.tile(np.array(self.nominal), (stop - start, 1))
        for row, number in enumerate(range(start, stop)):
            if number:
                factor, level = divmod(number - 1, self.levels)
                rows[row, factor] = _along(self.factors[factor], self.levels)[level]
        return rows

    def _extremes(self, start: int, stop: int) -> Floats:
        d = len(self.factors)
        if d <= _LISTED_ENDS:
            order = self._corners[start:stop]
            is_high = order[:, None] >> np.arange(d - 1, -1, -1) & 1 == 1
        else:
            is_high = _uniform((self.seed,), d, start, stop) >= 0.5
        ends = np.array([(f.distribution.low, f.distribution.high) for f in self.factors])
        return np.where(is_high, ends[:, 1], ends[:, 0])

    @cached_property
    def _corners(self) -> NDArray[np.int64]:
        """The order of the combinations of ends; that of counting, if all of them are wanted from the start."""
        every = 1 << len(self.factors)
        return np.arange(every) if self.parts[:1] == (every,) else np.random.default_rng(self.seed).permutation(every)

    @cached_property
    def _kept(self) -> dict[str, Any]:
        return {}


def _uniform(seed: Sequence[int], width: int, start: int, stop: int) -> Floats:
    """Even draws from [0, 1), shape (stop - start, width): row i is that of the counter i, wherever a block begins."""
    whole = -(-width // 4)  # Philox gives four numbers a count
    bits = np.random.Philox(np.random.SeedSequence(tuple(seed))).advance(start * whole)
    return np.random.Generator(bits).random((stop - start, 4 * whole))[:, :width]


def _along(factor: Factor, levels: int) -> Floats:
    return np.linspace(factor.distribution.low, factor.distribution.high, levels)


def make_sampling(
    model: LoadedModel, kind: str, factors: Sequence[Factor], n: int, seed: int = 1, levels: int | None = None
) -> Sampling:
    """A sampling of so many rows; grid, oat and the full set of extremes have a number of their own.

    Raises
    ------
    DesignError
        There is no such design, it has too many rows, or a factor has no one value in the .mdl to vary from (oat).
    """
    if kind not in KINDS:
        raise DesignError(
            f"there is no design '{kind}'", name=kind, nearest=nearest_name(kind, KINDS),
            hint=f"Valid: {', '.join(KINDS)}, or a .csv, .tab or .vsc file.",
        )  # fmt: skip
    if levels is not None and kind not in ("grid", "oat"):
        raise DesignError(f"the design '{kind}' has no levels", name=kind, hint="Levels are for grid and oat.")
    if levels is not None and levels < 2:
        raise DesignError(f"there are {levels} levels; there must be 2 or more")
    if not 1 <= n <= MOST_ROWS:
        raise DesignError(f"there are {n:,} rows; there must be 1 to {MOST_ROWS:,}")
    if seed < 0:
        raise DesignError(f"the seed is {seed}; it must be 0 or more")
    d = len(factors)
    if kind == "sobol" and d > MOST_FACTORS:
        raise DesignError(f"{d:,} factors vary; Sobol' points have at most {MOST_FACTORS:,} dimensions")
    if kind == "grid":
        levels = levels or 5
        n = levels**d
        if n > MOST_ROWS:
            raise DesignError(
                f"a grid of {levels} values of {d} factors has {float(n):.3g} rows",
                hint="Name fewer factors (--vary), fewer levels, or draw rows: --design sobol",
            )
    if kind == "oat":
        levels = levels or 2
        return Sampling(kind, tuple(factors), seed, (1 + levels * d,), levels, _nominal(model, factors))
    if kind == "extremes":
        n = min(n, 1 << d)
    return Sampling(kind, tuple(factors), seed, (n,), levels or 0)


def _nominal(model: LoadedModel, factors: Sequence[Factor]) -> tuple[float, ...]:
    values = constant_values(model.equations)
    for factor in factors:
        if len({values[constant] for constant in factor.constants}) > 1:
            raise DesignError(
                f"'{factor.name}' has several values in the .mdl, so there is no one value to vary it from",
                name=factor.name, hint=f"Vary its elements, as in '{factor.constants[0]}', or take another design.",
            )  # fmt: skip
    return tuple(values[factor.constants[0]] for factor in factors)


def extended(sampling: Sampling, n: int) -> Sampling:
    """The sampling with `n` more rows, the rows that it has unchanged.

    Sobol' points and draws go on as if there had been more from the start; a Latin hypercube gets a second one beside it.

    Raises
    ------
    DesignError
        The design has an end.
    """
    from dataclasses import replace

    if n < 1:
        raise DesignError(f"{n} rows are to be added; it must be 1 or more")
    if sampling.n + n > MOST_ROWS:
        raise DesignError(f"there would be {sampling.n + n:,} rows; at most {MOST_ROWS:,} are possible")
    if sampling.kind == "extremes":
        left = (1 << len(sampling.factors)) - sampling.n
        if n <= left:
            return replace(sampling, parts=(*sampling.parts, n))
        raise DesignError(f"{n:,} rows are to be added, but only {left:,} combinations of ends are left")
    if sampling.kind not in DRAWN:
        name = "a design from a file" if sampling.kind == FILE else f"the design '{sampling.kind}'"
        raise DesignError(
            f"{name} is complete, nothing can be added",
            hint=f"Only {', '.join(DRAWN)} go on, and extremes that are not all there.",
        )
    return replace(sampling, parts=(*sampling.parts, n))
