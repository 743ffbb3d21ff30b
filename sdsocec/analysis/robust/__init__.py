"""Robustness: in which share of plausible inputs a conclusion holds, which input decides on it, and at which value it stops.

    rankings    "X has less of an outcome than Y", for every two scenarios
    claims      the reality checks that state what the study claims
    decisive    which input decides, from the rows that were run
    stretches   where something holds, is a tie, fails or is unknown as one input moves

Start with `robust`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sdsocec.analysis.checks import digest_of_checks, has_checks, is_trusted
from sdsocec.errors import DesignError, SdsocecError
from sdsocec.model.project import LoadedModel
from sdsocec.results.provenance import origin
from sdsocec.scenario import Scenario, default_scenarios, load_scenario
from sdsocec.scenario.factors import Factor, factors_of
from sdsocec.scenario.sampling import make_sampling

from .claims import Claim, ClaimResult, claims_of, try_claims
from .decisive import Split, Strongest
from .rankings import Progress, Ranking, Rankings, rank, ranked_outcomes
from .stretches import Stretch

__all__ = [
    "Claim",
    "ClaimResult",
    "Ranking",
    "Rankings",
    "Robustness",
    "Split",
    "Stretch",
    "Strongest",
    "claims_of",
    "robust",
]

N, CLAIMS_N = 2048, 256
ONLY = ("rankings", "claims")


@dataclass(frozen=True, repr=False)
class Robustness:
    """What holds how often.

    Attributes
    ----------
    factors : tuple of Factor
        The inputs that were varied.
    rankings : Rankings or None
    claims : tuple of ClaimResult
        The most fragile first.
    claims_n : int
        Rows of the claims; 0 if there are none.
    seed : int
    notices : tuple of str
        For the reader: what was left out, and why.
    """

    model: LoadedModel
    scenarios: tuple[Scenario, ...]
    factors: tuple[Factor, ...]
    rankings: Rankings | None
    claims: tuple[ClaimResult, ...]
    claims_n: int
    seed: int
    notices: tuple[str, ...]

    def __repr__(self) -> str:
        rankings = 0 if self.rankings is None else len(self.rankings.rankings)
        return f"<Robustness of {self.model.name}: {rankings} rankings, {len(self.claims)} claims>"

    def attributes(self) -> dict[str, Any]:
        """The provenance."""
        model, rankings = self.model, self.rankings
        found = {
            **origin(model, {s.name: s.digest for s in self.scenarios}),
            "inputs": json.dumps({f.name: str(f.distribution) for f in self.factors}, ensure_ascii=False),
            "design": "sobol",
            "seed": self.seed,
        }
        if rankings is not None:
            names = [scenario.name for scenario in self.scenarios]
            left_out = {name: n for name, n in zip(names, rankings.not_finite(), strict=True) if n}
            found |= {"time": rankings.time, "n_rankings": len(rankings.inputs), "initial": rankings.initial}
            found |= {"rows_not_finite": json.dumps(left_out, ensure_ascii=False)}
        if self.claims:
            unknown = {one.claim.name: one.n_unknown for one in self.claims if one.n_unknown}
            found |= {"n_claims": self.claims_n, "checks_sha256": digest_of_checks(model)}
            found |= {"rows_not_computed": json.dumps(unknown, ensure_ascii=False)}
        return found


def robust(
    model: LoadedModel,
    scenarios: Sequence[Scenario] | None = None,
    *,
    n: int = N,
    claims_n: int = CLAIMS_N,
    only: str | None = None,
    outcomes: Sequence[str] | None = None,
    every: bool = False,
    over: str | None = None,
    vary: Sequence[str] = (),
    time: float | None = None,
    seed: int = 1,
    trust_code: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
) -> Robustness:
    """Hold the rankings of scenarios, and the claims of the study, against plausible inputs.

    Parameters
    ----------
    scenarios : sequence of Scenario, optional
        By default those of the card; the baseline is always among them.
    n, claims_n : int
        Rows of inputs (Sobol' points) for the rankings, and for the claims: the first of the same rows.
    only : {"rankings", "claims"}, optional
        By default both, as far as the model has them.
    outcomes : sequence of str, optional
        Those ranked: by default the card's overview, as far as they have a direction; with `every` all that have one.
    over, vary
        The inputs, as `factors_of` takes them; by default the card's uncertainties.
    time : float, optional
        When scenarios are ranked; by default at the end of the run.
    trust_code : bool
        Run the checks of a model outside the project too.
    workers : int
        Processes for the claims; results are the same for any number.
    progress : callable, optional
        Told the stage, what is done of it, and what there is.

    Raises
    ------
    DesignError
        There is nothing to vary; a time or a number of rows that cannot be.
    SdsocecError
        There is nothing to judge: no ranking and no claim.

    Examples
    --------
    >>> import sdsocec
    >>> found = robust(sdsocec.load_model("first_steps"), n=256, only="rankings")
    >>> 0 < found.rankings.rankings[0].share < 1
    True
    """
    if only is not None and only not in ONLY:
        raise SdsocecError(f"'{only}' cannot be asked for", name=only, hint=f"Valid: {', '.join(ONLY)}.")
    for number in (n, claims_n):
        if number < 2:
            raise DesignError(f"there are {number} rows of inputs; there must be 2 or more")
    chosen = _with_baseline(model, scenarios)
    factors = factors_of(model, over, vary)
    notices: list[str] = []
    rankings: Rankings | None = None
    if only != "claims":
        try:
            ranked = ranked_outcomes(model, outcomes, every)
            if len(chosen) < 2:
                raise DesignError(
                    f"'{model.name}' has one scenario here, and a ranking needs two", name=model.name,
                    hint="Name scenarios, or write some.",
                )  # fmt: skip
        except SdsocecError as error:
            if only == "rankings" or outcomes is not None or not (has_checks(model) and is_trusted(model, trust_code)):
                raise
            notices.append(f"no rankings: {error.faults[0].what}")
        else:
            rows = make_sampling(model, "sobol", factors, n, seed).rows(0, n)
            rankings = rank(model, chosen, factors, ranked, rows, time=time, progress=progress)
            notices += [rankings.notice] if rankings.notice else []
            if rankings.overridden:
                listed = ", ".join(f"'{name}'" for name in rankings.overridden)
                notices.append(f"varied alike in every scenario, though some of them set it: {listed}")
    claims: tuple[ClaimResult, ...] = ()
    if only != "rankings":
        if rankings is not None and not has_checks(model):
            notices.append(f"no claims: '{model.name}' has no reality checks")
        elif rankings is not None and not is_trusted(model, trust_code):
            notices.append(
                "no claims: the reality checks are code from outside the project; to run them, add --trust-code"
            )
        else:
            stated = claims_of(model, trust_code)
            rows = make_sampling(model, "sobol", factors, claims_n, seed).rows(0, claims_n)
            claims = try_claims(model, stated, factors, rows, trust_code=trust_code, workers=workers, progress=progress)
    return Robustness(model, chosen, factors, rankings, claims, claims_n if claims else 0, seed, tuple(notices))


def _with_baseline(model: LoadedModel, scenarios: Sequence[Scenario] | None) -> tuple[Scenario, ...]:
    if scenarios is None:
        return tuple(default_scenarios(model))
    baseline = model.card.baseline
    if baseline is None or model.scenario_folder is None or baseline in [scenario.name for scenario in scenarios]:
        return tuple(scenarios)
    return (load_scenario(baseline, model), *scenarios)
