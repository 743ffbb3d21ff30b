"""Which rows a method wants, as probabilities: a factor's distribution turns them into values.

A design is n base points of some rows each. The first half of them is the design of n / 2, so convergence costs no run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.errors import DesignError, nearest_name

Floats = NDArray[np.float64]
METHODS = ("sobol", "morris", "pawn")
DEFAULT_N = {"sobol": 2048, "morris": 256, "pawn": 2048}
LEAST_N = {"sobol": 64, "morris": 32, "pawn": 512}  # an eighth of it must still mean something
MOST_N = 1 << 24
LEVELS = 4  # of Morris' grid: probabilities 0, 1/3, 2/3, 1


@dataclass(frozen=True)
class Sample:
    """A design of one method.

    Attributes
    ----------
    n : int
        Base points: of a Sobol' sequence (sobol), trajectories (morris), rows (pawn).
    probabilities : array, shape (n * rows_per_point, n_factors)
        The rows of a base point follow each other.
    """

    method: str
    n: int
    probabilities: Floats

    @property
    def n_factors(self) -> int:
        return int(self.probabilities.shape[1])

    @property
    def rows_per_point(self) -> int:
        """sobol: A, a row for each factor that is B's in it, B; morris: a trajectory; pawn: one."""
        return rows_per_point(self.method, self.n_factors)

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """Base points of the nested designs, the whole last."""
        return self.n // 8, self.n // 4, self.n // 2, self.n


def rows_per_point(method: str, n_factors: int) -> int:
    """How many rows a base point has."""
    return {"sobol": n_factors + 2, "morris": n_factors + 1, "pawn": 1}[method]


def problem_of(n_factors: int) -> dict[str, Any]:
    """What SALib calls a problem: factors between 0 and 1."""
    names = [f"x{i}" for i in range(n_factors)]
    return {"num_vars": n_factors, "names": names, "bounds": [[0.0, 1.0]] * n_factors}


def check_method(method: str, n: int | None, seed: int) -> int:
    """The number of base points; DesignError for a method, a number or a seed that will not do."""
    if method not in METHODS:
        raise DesignError(
            f"there is no method '{method}'", name=method, nearest=nearest_name(method, METHODS),
            hint=f"Valid: {', '.join(METHODS)}.",
        )  # fmt: skip
    if seed < 0:
        raise DesignError(f"the seed is {seed}; it must be 0 or more")
    n = DEFAULT_N[method] if n is None else n
    least = LEAST_N[method]
    if not least <= n <= MOST_N or n & (n - 1):
        above = min(max(least, 1 << (max(n, 1) - 1).bit_length()), MOST_N)
        what = f"a power of two from {least} on" + (f" to {MOST_N}" if n > MOST_N else "")
        raise DesignError(f"n is {n}; for {method} it must be {what}", hint=f"The nearest above: -n {above}")
    return n


def draw(method: str, n_factors: int, n: int, seed: int) -> Sample:
    """The design of a method, from SALib (pawn: a scrambled Sobol' sequence); the same seed gives the same rows."""
    rng = np.random.default_rng(seed)
    if method == "sobol":
        from SALib.sample import sobol

        rows = sobol.sample(problem_of(n_factors), n, calc_second_order=False, seed=rng)
    elif method == "morris":
        from SALib.sample import morris

        rows = morris.sample(problem_of(n_factors), n, num_levels=LEVELS, seed=rng)
    else:
        from scipy.stats import qmc

        rows = qmc.Sobol(n_factors, rng=rng).random(n)
    return Sample(method, n, np.asarray(rows, dtype=np.float64))
