"""What is found: indices by question, with the labels of their axes, and where they come from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.experiment import Experiment
from sdsocec.cache import digest_of
from sdsocec.model.card import Outcome
from sdsocec.model.project import LoadedModel
from sdsocec.scenario.factors import Factor, values_of

from .design import Sample
from .indices import Indices
from .policy import Ranking

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
KINDS = ("numerical", "mode", "policy", "ranking")
SAID = {"constant": "does not vary", "rare": "too rare", "not_finite": "not finite"}


@dataclass(frozen=True)
class Modes:
    """Behaviour modes of the outcomes.

    Attributes
    ----------
    start : float
        The time from which trajectories are looked at.
    reference : array of int, shape (n_scenarios, n_outcomes)
        The mode of the run with every factor as the scenario has it; positions in `MODES`.
    shares : array, shape (n_scenarios, n_outcomes, n_modes)
        Of the rows with finite numbers.
    """

    start: float
    reference: NDArray[np.int8]
    shares: Floats


@dataclass(frozen=True)
class Part:
    """The indices of one kind, with the labels of their axes: (scenario, time, outcome)."""

    kind: str
    scenarios: tuple[str, ...]
    times: tuple[float, ...]
    outcomes: tuple[str, ...]
    indices: Indices


@dataclass(frozen=True)
class Question:
    """What is asked, before anything is run.

    Attributes
    ----------
    outcomes : dict
        Element name -> the outcome of the card that it is of.
    baseline : str or None
        The scenario from which the others differ; None if one alone is run.
    modes_from : float or None
        The time from which behaviour modes are looked at; None: where the scenarios part.
    """

    experiment: Experiment
    sample: Sample
    seed: int
    confidence: float
    tolerance: float
    outcomes: Mapping[str, Outcome]
    baseline: str | None
    modes_from: float | None

    @property
    def model(self) -> LoadedModel:
        return self.experiment.model

    @property
    def factors(self) -> tuple[Factor, ...]:
        return self.experiment.factors

    def attributes(self) -> dict[str, Any]:
        """Where the result comes from: the same question on the same machine has the same."""
        experiment = self.experiment
        factors = [(f.name, f.constants, str(f.distribution)) for f in self.factors]
        inputs = values_of(self.factors, self.sample.probabilities)
        return {
            **experiment.origin(None, "SALib"),
            "design_sha256": digest_of(repr(factors), inputs.tobytes()),
            "analysis": "sensitivity",
            "method": self.sample.method,
            "n": self.sample.n,
            "n_rows": len(self.sample.probabilities),
            "seed": self.seed,
            "confidence": self.confidence,
            "tolerance": self.tolerance,
            "factors": json.dumps({f.name: str(f.distribution) for f in self.factors}, ensure_ascii=False),
            "outcomes": json.dumps(list(self.outcomes), ensure_ascii=False),
            "modes_from": self.modes_from,
            "initial": experiment.initial,
        }


@dataclass(frozen=True)
class Sensitivity(Question):
    """Which inputs decide: a question with its answer.

    Attributes
    ----------
    parts : dict
        By kind: numerical, and mode, policy, ranking where the runs have an answer (`absent` says why not).
    notices : tuple of str
        For the person who asked.
    """

    parts: Mapping[str, Part]
    absent: Mapping[str, str]
    modes: Modes | None
    ranking: Ranking | None
    notices: tuple[str, ...] = ()

    def rows(self) -> Iterator[tuple[str, str, float, str, str, str, float, float, float, str]]:
        """Outcome, scenario, time, factor, kind, index, value, low, high, converged: everything, in the model's units.

        `converged` is yes, no, or empty where there is no interval. Without an index it says why: does not vary, too rare (of
        a mode or ranking), not finite.
        """
        for part in self.parts.values():
            found = part.indices
            value, half = found.value[-1], found.half[-1]
            for s, t, k in np.ndindex(found.varies.shape):
                absent = SAID.get(found.absence(s, t, k), "")
                for j, factor in enumerate(self.factors):
                    for i, name in enumerate(found.names):
                        at = (s, t, k, j, i)
                        said = "" if not found.is_judged[at] else "yes" if found.converged[at] else "no"
                        yield (
                            part.outcomes[k], part.scenarios[s], part.times[t], factor.name, part.kind, name,
                            float(value[at]), float(value[at] - half[at]), float(value[at] + half[at]),
                            absent or said,
                        )  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """`rows` as a pandas frame."""
        import pandas as pd

        columns = ["outcome", "scenario", "time", "factor", "kind", "index", "value", "low", "high", "converged"]
        return pd.DataFrame(list(self.rows()), columns=columns)
