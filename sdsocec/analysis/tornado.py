"""A tornado: how far each input alone moves an outcome, from its low to its high end, all else as the scenario has it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.cache import digest_of
from sdsocec.engine import constant_values
from sdsocec.errors import DesignError, RunError, nearest_name
from sdsocec.model.project import LoadedModel
from sdsocec.scenario import Scenario
from sdsocec.scenario.factors import Factor, values_of

from .bands import own_saving
from .experiment import Experiment
from .plane_maps import time_index

Floats = NDArray[np.float64]
RANGES = {"90": (0.05, 0.95), "whole": (0.0, 1.0)}  # the probabilities of the two ends
LEVELS = 11  # the ends, and nine values evenly between: the ends may hide a peak


@dataclass(frozen=True)
class Tornado:
    """Outcomes at one time, as each input alone takes values from its low to its high end.

    Attributes
    ----------
    experiment : Experiment
        What was run: the scenarios (and `minus`), the factors, the outputs, and where runs start.
    scenarios : tuple of Scenario
        Those that the numbers are of.
    minus : Scenario or None
        What they are differences with, the same input at the same value; None if they are the outcomes themselves.
    span : {"90", "whole"}
        Which ends: the 5 % and 95 % points of the distributions, or their ends.
    levels : array, shape (n_factors, n_levels)
        The values of each input, in its unit, rising.
    values : array, shape (n_scenarios, n_factors, n_levels, n_outputs)
        In the model's units; NaN where a number is not finite, or a run has no equilibrium to start from.
    stored : array, shape (n_scenarios, n_outputs)
        With every input as the scenario has it.
    own : array, shape (n_scenarios, n_factors)
        The inputs as the scenario has them; NaN where the constants of one differ.
    time : float
    attributes : dict
        The provenance.
    reason : str
        Why the first run without an equilibrium has none; empty if all have one.
    """

    experiment: Experiment
    scenarios: tuple[Scenario, ...]
    minus: Scenario | None
    span: str
    levels: Floats
    values: Floats
    stored: Floats
    own: Floats
    time: float
    attributes: Mapping[str, Any]
    reason: str = ""

    @property
    def has_ends(self) -> NDArray[np.bool_]:
        """Whether both ends have a number, shape (n_scenarios, n_factors, n_outputs)."""
        return np.asarray(np.isfinite(self.values[:, :, [0, -1]]).all(axis=2))

    def notice(self) -> str | None:
        """For the person who asked: which inputs have no bar, or gaps in it, and why; None if all are whole."""
        is_whole = np.asarray(np.isfinite(self.values).all(axis=(0, 2, 3)))
        if is_whole.all():
            return None
        n = int((~np.isfinite(self.values).all(axis=3)).sum())
        names = ", ".join(f.name for f, known in zip(self.experiment.factors, is_whole, strict=True) if not known)
        what = f"{n:,} runs give no number, as {names} varies; an input without both ends has no bar"
        return f"{what}; {self.reason}" if self.reason else what


def run_tornado(
    model: LoadedModel,
    scenarios: Sequence[Scenario],
    factors: Sequence[Factor],
    outputs: Sequence[str],
    *,
    minus: Scenario | None = None,
    span: str = "90",
    time: float | None = None,
    initial: str | None = None,
    settings: Mapping[str, float] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Tornado:
    """Run every scenario with each factor alone from its low to its high end.

    All runs start alike, as `Experiment.of` decides of the whole: from equilibrium, if a factor or a scenario acts on it.

    Parameters
    ----------
    outputs : sequence of str
        Element names.
    minus : Scenario, optional
        Give differences with this one.
    time : float, optional
        A saved time; by default the last.
    settings : dict, optional
        Set by hand in every scenario, for the provenance; the scenarios have them already.
    progress : callable, optional
        Told how many runs were done since it was last told; `n_runs` says how many there are.

    Raises
    ------
    DesignError
        There is no such range, or no scenario is left to take the difference of.
    SdsocecError
        `time` is not a saved time.
    RunError
        A scenario as it is gives no number.
    """
    if span not in RANGES:
        raise DesignError(
            f"there is no range '{span}'", name=span, nearest=nearest_name(span, RANGES), hint="Valid: 90, whole."
        )
    shown = [s for s in scenarios if minus is None or s.name != minus.name]
    if not shown:
        raise DesignError("there is no scenario to take the difference of", hint="Name another one.")
    every = (*([minus] if minus is not None else []), *shown)
    whole = Experiment.of(model, every, factors, outputs, saving=own_saving(model), initial=initial)
    at = time_index(whole.times, time)
    low, high = values_of(factors, np.repeat(np.array(RANGES[span])[:, None], len(factors), axis=1))
    levels = np.linspace(low, high, LEVELS, axis=1)
    # Each row is a scenario of its own: the others' settings stay what they are, and equal starts are solved once.
    rows = [row for scenario in every for row in _rows(scenario, factors, levels)]
    runs = replace(whole, scenarios=tuple(rows), factors=()).runs(np.zeros((1, 0)), progress=progress)
    values = np.where(np.isfinite(runs.values), runs.values, np.nan)[0, :, at].reshape(len(every), -1, len(outputs))
    reason = runs.reason.removeprefix("row 0 in ")
    if not np.isfinite(values[:, 0]).all():
        name = next(s.name for s, row in zip(every, values[:, 0], strict=True) if not np.isfinite(row).all())
        raise RunError(
            f"'{name}' as it is gives no finite number at {whole.times[at]:g}" + (f": {reason}" if reason else "")
        )
    if minus is not None:
        values = values[1:] - values[:1]
    own = np.array([[_own(model, scenario, factor) for factor in factors] for scenario in shown])
    return Tornado(
        whole, tuple(shown), minus, span, levels, values[:, 1:].reshape(len(shown), *levels.shape, len(outputs)),
        values[:, 0], own, whole.times[at], _attributes(whole, levels, span, minus, settings, whole.times[at]), reason,
    )  # fmt: skip


def n_runs(n_factors: int, n_scenarios: int) -> int:
    """How many runs a tornado takes."""
    return n_scenarios * (1 + n_factors * LEVELS)


def _rows(scenario: Scenario, factors: Sequence[Factor], levels: Floats) -> list[Scenario]:
    """The scenario as it is, then with each value of each factor."""
    rows = [scenario]
    for factor, values in zip(factors, levels.tolist(), strict=True):
        for value in values:
            made = scenario.with_settings(dict.fromkeys(factor.constants, value))
            rows.append(replace(made, name=f"{scenario.name} with {factor.name} = {value:.6g}"))
    return rows


def _own(model: LoadedModel, scenario: Scenario, factor: Factor) -> float:
    stored, given = constant_values(model.equations), scenario.values
    values = {given.get(constant, stored[constant]) for constant in factor.constants}
    return float(values.pop()) if len(values) == 1 else np.nan


def _attributes(
    experiment: Experiment,
    levels: Floats,
    span: str,
    minus: Scenario | None,
    settings: Mapping[str, float] | None,
    time: float,
) -> dict[str, Any]:
    factors = {
        factor.name: {"distribution": str(factor.distribution), "source": factor.source}
        for factor in experiment.factors
    }
    return {
        **experiment.origin(),
        "design_sha256": digest_of(repr([f.constants for f in experiment.factors]), levels.tobytes()),
        "design": "one at a time",
        "range": span,
        "levels": LEVELS,
        "time": time,
        **({"minus": minus.name} if minus is not None else {}),
        "factors": json.dumps(factors, ensure_ascii=False),
        "settings": json.dumps(dict(settings or {})),
        "initial": experiment.initial,
    }
