"""Robustness: in which share of plausible inputs a conclusion holds, which input decides on it, and at which value it stops.

    rankings    "X has less of an outcome than Y", for every two scenarios
    claims      the reality checks that state what the study claims
    decisive    which input decides, from the rows that were run
    stretches   where something holds, is a tie, fails or is unknown as one input moves

Start with `robust`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdsocec.analysis.checks import digest_of_checks, has_checks, is_trusted
from sdsocec.analysis.experiment import control_values
from sdsocec.errors import DesignError, SdsocecError
from sdsocec.model.project import LoadedModel, as_loaded
from sdsocec.results.provenance import origin
from sdsocec.scenario import Scenario, load_scenario, scenarios_of_names
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
        A sequence of `Ranking`, the most fragile first; None if none were asked for, or there are none.
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
        told = [
            f"{sum(not one.is_fragile for one in some)} of {len(some)} {what} hold throughout"
            for what, some in (("rankings", self.rankings), ("claims", self.claims))
            if some
        ]
        return f"<Robustness of {self.model.name}: {', '.join(told)}>"

    def attributes(self) -> dict[str, Any]:
        """The provenance."""
        model, rankings = self.model, self.rankings
        found = _asked(model, self.scenarios, self.factors, self.seed)
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
    model: LoadedModel | str | Path | None = None,
    scenarios: Scenario | str | Sequence[Scenario | str] | None = None,
    *,
    n: int | None = None,
    claims_n: int | None = None,
    only: str | None = None,
    outcomes: Sequence[str] | None = None,
    every: bool = False,
    over: str | None = None,
    vary: Sequence[str] = (),
    time: float | None = None,
    seed: int = 1,
    trust_code: bool = False,
    workers: int = 1,
    before: Callable[[Mapping[str, Any]], None] | None = None,
    progress: Progress | None = None,
) -> Robustness:
    """Hold the rankings of scenarios, and the claims of the study, against plausible inputs.

    Parameters
    ----------
    model : LoadedModel, name or path, optional
        By default the project's default model.
    scenarios : scenarios or their names, optional
        By default those of the card; the baseline is always among them.
    n, claims_n : int
        Rows of inputs (Sobol' points) for the rankings, by default 2048, and for the claims, by default 256: the first of the
        same rows.
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
    before : callable, optional
        Told what the provenance says of model, scenarios, inputs and seed, before anything is run.
    progress : callable, optional
        Told the stage, what is done of it, and what there is.

    Raises
    ------
    DesignError
        There is nothing to vary; a time or a number of rows that cannot be; something is said of the part that is not asked for.
    SdsocecError
        There is nothing to judge: no ranking and no claim.

    Examples
    --------
    >>> import sdsocec
    >>> found = robust(sdsocec.load_model("first_steps"), n=256, only="rankings")
    >>> found
    <Robustness of first_steps: 21 of 30 rankings hold throughout>
    >>> found.rankings[0]
    <Ranking unemployed: publiek-privaat < regulier in 2020, holds in 51% of 256>
    >>> [ranking.names for ranking in found.rankings if ranking.output == "unemployed" and ranking.share < 0.55]
    [('publiek-privaat', 'regulier')]
    """
    if only is not None and only not in ONLY:
        raise SdsocecError(f"'{only}' cannot be asked for", name=only, hint=f"Valid: {', '.join(ONLY)}.")
    said = {
        "n": n,
        "claims_n": claims_n,
        "scenarios": scenarios,
        "outcomes": outcomes,
        "every": every or None,
        "time": time,
    }
    _refuse_ignored(only, {name: value for name, value in said.items() if value is not None})
    n, claims_n = N if n is None else n, CLAIMS_N if claims_n is None else claims_n
    for number in (n, claims_n):
        if number < 2:
            raise DesignError(f"there are {number} rows of inputs; there must be 2 or more")
    model = as_loaded(model)
    chosen = _with_baseline(model, scenarios)
    factors = factors_of(model, over, vary)
    if before is not None:
        before(_asked(model, chosen, factors, seed))
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


_OF_RANKINGS = {"scenarios": "scenarios", "outcomes": "--outcome", "every": "--all", "time": "--time"}


def _refuse_ignored(only: str | None, said: Mapping[str, Any]) -> None:
    """Raise DesignError for what is said of the part that is not asked for: it would do nothing."""
    if only == "rankings" and "claims_n" in said:
        raise DesignError(
            "--claims-n counts the inputs of the claims, and only the rankings are asked for", name="claims_n",
            hint=f"For the rankings: -n {said['claims_n']} (in Python n={said['claims_n']}).",
        )  # fmt: skip
    if only == "claims" and "n" in said:
        raise DesignError(
            "-n counts the inputs of the rankings, and only the claims are asked for", name="n",
            hint=f"For the claims: --claims-n {said['n']} (in Python claims_n={said['n']}).",
        )  # fmt: skip
    for name, option in _OF_RANKINGS.items():
        if only == "claims" and name in said:
            verb = "are" if name == "scenarios" else "is"
            raise DesignError(
                f"{option} {verb} for the rankings, and only the claims are asked for", name=name,
                hint="Leave it out, or ask for both.",
            )  # fmt: skip


def _asked(model: LoadedModel, scenarios: Sequence[Scenario], factors: Sequence[Factor], seed: int) -> dict[str, Any]:
    """What is known of the provenance before anything is run."""
    return {
        **origin(model, {s.name: s.digest for s in scenarios}, control_values(model, scenarios[0].values)["TIME STEP"]),
        "inputs": json.dumps({f.name: str(f.distribution) for f in factors}, ensure_ascii=False),
        "design": "sobol",
        "seed": seed,
    }


def _with_baseline(
    model: LoadedModel, wanted: Scenario | str | Sequence[Scenario | str] | None
) -> tuple[Scenario, ...]:
    chosen = scenarios_of_names(model, wanted)
    baseline = model.card.baseline
    if baseline is None or model.scenario_folder is None or baseline in [scenario.name for scenario in chosen]:
        return tuple(chosen)
    return (load_scenario(baseline, model), *chosen)
