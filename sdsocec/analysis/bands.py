"""What the uncertainties make of outcomes: rows of them, run in every scenario, and the quantiles at each time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.cache import digest_of
from sdsocec.engine.trajectories import Clock
from sdsocec.errors import DesignError
from sdsocec.model.project import LoadedModel
from sdsocec.scenario import Scenario
from sdsocec.scenario.factors import Factor
from sdsocec.scenario.sampling import make_sampling

from .experiment import Experiment, control_values

Floats = NDArray[np.float64]
SHARES = (0.9, 0.6, 0.3)  # of the rows within each band, the widest first
PROBABILITIES = (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)
FEWEST = 20  # rows: below that the 5 % quantile is a guess
MOST_TIMES = 161  # drawn: more are not seen


@dataclass(frozen=True)
class UncertainRuns:
    """Rows of the uncertainties, run in every scenario.

    Attributes
    ----------
    experiment : Experiment
    inputs : array, shape (n, n_factors)
    values : array, shape (n, n_scenarios, n_times, n_outputs)
        In the model's units.
    is_finite : array of bool, shape (n,)
        Whether every number of a row is finite, in every scenario.
    attributes : dict
        The provenance.
    n_unstarted : int
        Rows that had no equilibrium to start from in some scenario; they are not finite.
    reason : str
        Why the first of these had none.
    """

    experiment: Experiment
    inputs: Floats
    values: Floats
    is_finite: NDArray[np.bool_]
    attributes: Mapping[str, Any]
    n_unstarted: int = 0
    reason: str = ""

    @property
    def times(self) -> Floats:
        """The saved times, shape (n_times,)."""
        return np.asarray(self.experiment.times)

    @property
    def n_left_out(self) -> int:
        """Rows that gave a number which is not finite, in some scenario: they are in no quantile of any."""
        return int((~self.is_finite).sum())

    def notice(self) -> str | None:
        """For the person who asked: what is left out, and why; None if nothing is."""
        n, total = self.n_left_out, len(self.inputs)
        if not n:
            return None
        rows = "row is" if n == 1 else "rows are"
        what = f"{n:,} of {total:,} {rows} left out: their numbers are not finite"
        if self.n_unstarted:
            what += f"; {self.n_unstarted:,} had no equilibrium to start from: {self.reason}"
        return what

    def of(self, scenario: int, output: int) -> Floats:
        """The finite rows of one output in one scenario, shape (n_finite, n_times)."""
        return np.asarray(self.values[self.is_finite, scenario, :, output])


def quantiles(values: Floats) -> Floats:
    """The quantiles at `PROBABILITIES` of rows, at each time.

    Between two rows they are straight (type 7 of Hyndman and Fan 1996, "Sample quantiles in statistical packages").

    Parameters
    ----------
    values : array, shape (n, n_times)
        Finite numbers.

    Returns
    -------
    array, shape (7, n_times)

    >>> quantiles(np.arange(101.0)[:, None])[:, 0].tolist()
    [5.0, 20.0, 35.0, 50.0, 65.0, 80.0, 95.0]
    """
    assert np.isfinite(values).all(), "quantiles are of finite rows"
    return np.asarray(np.quantile(values, PROBABILITIES, axis=0))


def run_uncertain(
    model: LoadedModel,
    scenarios: Sequence[Scenario],
    factors: Sequence[Factor],
    outputs: Sequence[str],
    *,
    n: int = 1000,
    seed: int = 1,
    initial: str | None = None,
    settings: Mapping[str, float] | None = None,
    progress: Callable[[int], None] | None = None,
) -> UncertainRuns:
    """Run scrambled Sobol' points of the factors' distributions in every scenario.

    Parameters
    ----------
    outputs : sequence of str
        Element names.
    settings : dict, optional
        Set by hand in every scenario, for the provenance; the scenarios have them already.

    Raises
    ------
    DesignError
        There are fewer than 20 rows, or fewer than 20 of them are finite.
    """
    if n < FEWEST:
        raise DesignError(f"there are {n} rows; bands of 90 % need {FEWEST}", hint="Ask for more: --rows 1000")
    sampling = make_sampling(model, "sobol", factors, n, seed)
    experiment = Experiment.of(model, scenarios, factors, outputs, saving=saving_step(model), initial=initial)
    inputs = sampling.rows(0, n)
    runs = experiment.runs(inputs, progress=progress)
    is_finite = np.asarray(np.isfinite(runs.values).all(axis=(1, 2, 3)))
    if is_finite.sum() < FEWEST:
        why = f": {runs.reason}" if runs.reason else ""
        raise DesignError(
            f"only {int(is_finite.sum())} of {n} rows give finite numbers; bands need {FEWEST}{why}",
            hint="Narrow the distributions, or see which row fails: sdsocec run --set NAME=VALUE",
        )
    return UncertainRuns(
        experiment, inputs, runs.values, is_finite, _attributes(experiment, inputs, seed, settings, is_finite),
        runs.n_unstarted, runs.reason,
    )  # fmt: skip


def saving_step(model: LoadedModel) -> float:
    """The model's own saving step, or as many of them as leave no more times than a figure shows."""
    own = own_saving(model)
    n = len(Clock.of(model.equations, control_values(model) | {"SAVEPER": own}).saved) - 1
    steps = next((k for k in range(1, n + 1) if n % k == 0 and n // k < MOST_TIMES), 1)
    return own * steps


def own_saving(model: LoadedModel) -> float:
    """The model's own saving step; DesignError where `control_values` has one."""
    return control_values(model)["SAVEPER"]


def _attributes(
    experiment: Experiment,
    inputs: Floats,
    seed: int,
    settings: Mapping[str, float] | None,
    is_finite: NDArray[np.bool_],
) -> dict[str, Any]:
    factors = {
        factor.name: {"distribution": str(factor.distribution), "source": factor.source}
        for factor in experiment.factors
    }
    return {
        **experiment.origin(),
        "design_sha256": digest_of(repr([f.constants for f in experiment.factors]), inputs.tobytes()),
        "design": "sobol",
        "seed": seed,
        "n_rows": len(inputs),
        "n_finite": int(is_finite.sum()),
        "factors": json.dumps(factors, ensure_ascii=False),
        "settings": json.dumps(dict(settings or {})),
        "initial": experiment.initial,
    }
