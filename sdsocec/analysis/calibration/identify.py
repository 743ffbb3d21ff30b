"""Which parameters the data can fix, before anything is fitted.

The derivatives of the residuals say how much each parameter moves what was observed (their norm), and whether others can undo
it. A parameter is fixed if the 90 % interval that follows for it, all others estimated too, is narrower than its range. One that
moves too little, and one that others can undo, cannot be known from these data: no digit of theirs is supported.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .precision import UNKNOWN, Precision, precision
from .problem import Problem

Floats = NDArray[np.float64]
WEAK = 1.0  # a parameter whose whole range moves all residuals by less than one standard error together
COLLINEAR = 15.0  # Brun et al. (2001) take 5 to 20 as the limit
LARGEST_GROUP = 3
FIXED, TOGETHER, LITTLE, NOTHING = "fixed", "together", "little", "nothing"


@dataclass(frozen=True)
class Identifiability:
    """What the data say about the parameters at one place.

    Attributes
    ----------
    free : tuple of str
    sensitivity : array, shape (n_free,)
        Norm of the residuals' derivatives for the whole range of a parameter, in standard errors.
    alone, together : arrays, shape (n_free,)
        Half widths of 90 % intervals as parts of the ranges: the others known, and the others estimated too. Infinite for a
        parameter that moves nothing.
    singular_values : array, shape (n_free,)
        Of the derivatives, largest first.
    weakest : array, shape (n_free,)
        The direction that the data see least, as parts of the ranges (its squares sum to 1).
    collinearity : float
        Index of all parameters that move something: 1 if each moves the residuals in its own way, large if some can undo others.
    groups : tuple of (tuple of str, float)
        The smallest groups with an index above the limit, and the index: some of them can undo most of what another does.
    rank : int
        Directions that the data fix to better than their whole range.
    least : float
        The singular value above which they do.
    partners : tuple of tuples of str
        Which others each is known together with.
    """

    free: tuple[str, ...]
    sensitivity: Floats
    alone: Floats
    together: Floats
    singular_values: Floats
    weakest: Floats
    collinearity: float
    groups: tuple[tuple[tuple[str, ...], float], ...]
    rank: int
    least: float
    partners: tuple[tuple[str, ...], ...]

    @property
    def weak(self) -> tuple[str, ...]:
        """Parameters whose whole range moves what was observed by less than one standard error."""
        return tuple(name for name, size in zip(self.free, self.sensitivity, strict=True) if size < WEAK)

    @property
    def verdicts(self) -> dict[str, str]:
        """For each parameter: "fixed", known "together" with others, moving too "little", or (less than an error) "nothing"."""
        return {
            name: NOTHING if size < WEAK else LITTLE if alone > UNKNOWN else TOGETHER if together > UNKNOWN else FIXED
            for name, size, alone, together in zip(self.free, self.sensitivity, self.alone, self.together, strict=True)
        }

    @property
    def is_fixed(self) -> dict[str, bool]:
        """Whether the data fix a parameter by itself: its interval is narrower than its range."""
        return {name: verdict == FIXED for name, verdict in self.verdicts.items()}


def collinearity(derivatives: Floats) -> float:
    """The collinearity index of parameters: 1 / sqrt(smallest eigenvalue of S'S), columns scaled to length 1.

    An index g means that a change of one parameter can be undone by the others to 1/g of its effect.

    References
    ----------
    Brun, Reichert and Kuensch (2001), "Practical identifiability analysis of large environmental simulation models", Water
    Resources Research 37(4), 1015-1030.
    """
    scaled = derivatives / np.linalg.norm(derivatives, axis=0)
    smallest = float(np.linalg.svd(scaled, compute_uv=False)[-1])
    return 1.0 / smallest if smallest > 0 else np.inf


def identifiability(problem: Problem, scaled: Floats | None = None) -> Identifiability:
    """What the data can say at one place of the ranges (by default the .mdl's values), if the standard errors are right."""
    at = problem.scaled(problem.start) if scaled is None else scaled
    _, derivatives = problem.linearised(at, problem.solver())
    return of_derivatives(problem.free, derivatives)


def of_derivatives(free: tuple[str, ...], derivatives: Floats) -> Identifiability:
    """The same from derivatives, shape (n_observed, n_free)."""
    sensitivity = np.linalg.norm(derivatives, axis=0)
    _, singular, right = np.linalg.svd(derivatives, full_matrices=False)
    strong = [i for i, size in enumerate(sensitivity) if size >= WEAK]
    known = precision(derivatives[:, strong], len(derivatives) - len(strong))
    least = known.quantile / UNKNOWN
    partners: list[tuple[str, ...]] = [()] * len(free)
    for k, i in enumerate(strong):
        partners[i] = tuple(free[strong[j]] for j in known.partners[k])
    whole = collinearity(derivatives[:, strong]) if strong else np.nan
    return Identifiability(
        free, sensitivity, _spread(known, strong, len(free), "alone"), _spread(known, strong, len(free), "together"),
        singular, right[-1], whole, _groups(free, derivatives, strong), int((singular > least).sum()), least,
        tuple(partners),
    )  # fmt: skip


def _spread(known: Precision, at: list[int], n: int, name: str) -> Floats:
    """Numbers of some parameters, infinite for the others."""
    found = np.full(n, np.inf)
    found[at] = getattr(known, name)
    return found


def _groups(free: tuple[str, ...], derivatives: Floats, strong: list[int]) -> tuple[tuple[tuple[str, ...], float], ...]:
    groups: list[tuple[tuple[str, ...], float]] = []
    for size in range(2, LARGEST_GROUP + 1):
        for members in itertools.combinations(strong, size):
            names = tuple(free[i] for i in members)
            if any(set(smaller) <= set(names) for smaller, _ in groups):
                continue
            index = collinearity(derivatives[:, members])
            if index > COLLINEAR:
                groups.append((names, index))
    return tuple(sorted(groups, key=lambda g: -g[1]))
