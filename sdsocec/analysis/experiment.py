"""An experiment: rows of inputs, each run in every scenario, some outputs saved at some times.

Sweeps, sensitivity and robustness are questions asked of the same thing. Every scenario gets the same rows, so that differences
between scenarios are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine import Design, constant_values, run_design
from sdsocec.engine.trajectories import CONTROLS, Clock
from sdsocec.errors import DesignError, Fault, RunError, nearest_name
from sdsocec.model.project import LoadedModel
from sdsocec.results.provenance import origin
from sdsocec.scenario import Scenario, acts_at_rest, design_of
from sdsocec.scenario.factors import Factor

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
INITIAL = ("stored", "equilibrium")


def control_values(model: LoadedModel, settings: Mapping[str, float] | None = None) -> dict[str, float]:
    """The control variables by name, in the model's unit of time; a SAVEPER that is an equation counts as TIME STEP.

    Raises DesignError for another one that is an equation: what it gives is not known before a run.
    """
    values = constant_values(model.equations) | dict(settings or {})
    missing = next((name for name in CONTROLS if name not in values and name != "SAVEPER"), None)
    if missing is not None:
        raise DesignError(
            f"'{missing}' of '{model.name}' is an equation, so its times are not known before a run", name=missing,
            hint="Write a number in the .mdl.",
        )  # fmt: skip
    return {name: values.get(name, values["TIME STEP"]) for name in CONTROLS}


@dataclass(frozen=True)
class Starts:
    """Where the rows start, in every scenario.

    Attributes
    ----------
    design : Design or None
        What the engine runs, the rows of the first scenario first: those that have a start. None if none has.
    has_start : array of bool, shape (n, n_scenarios)
        False where a start from equilibrium is asked for and the row has no equilibrium.
    faults : dict
        By (row, scenario) of those: why, in a sentence without its subject.
    """

    design: Design | None
    has_start: Flags
    faults: Mapping[tuple[int, int], Fault]


@dataclass(frozen=True)
class Runs:
    """The runs of an experiment.

    Attributes
    ----------
    values : array, shape (n, n_scenarios, n_times, n_outputs)
        In the model's units. NaN where a row has no equilibrium to start from; any other number stays what it is.
    has_start : array of bool, shape (n, n_scenarios)
        Whether the row had one.
    reason : str
        Of the first row without: which, in which scenario, and why. Empty if all have one.
    """

    values: Floats
    has_start: Flags
    reason: str = ""

    @classmethod
    def joined(cls, parts: Sequence[Runs]) -> Runs:
        """Rows that were run in parts."""
        values, has_start = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("values", "has_start")
        )
        return cls(values, has_start, next((part.reason for part in parts if part.reason), ""))

    @property
    def n_unstarted(self) -> int:
        """Rows without an equilibrium in some scenario."""
        return int((~self.has_start.all(axis=1)).sum())

    def notice(self, done: str) -> str | None:
        """For the person who asked: how many rows had no equilibrium, what was done with them, and why the first had none."""
        return unstarted(self.n_unstarted, len(self.values), done, self.reason)


def unstarted(n: int, total: int, done: str, reason: str = "") -> str | None:
    """`n` of `total` rows have no equilibrium; `done` says what became of them. None if all have one.

    >>> unstarted(2, 1000, "(left out)", "row 3 does not come to rest")
    '2 of 1,000 rows have no equilibrium (left out); row 3 does not come to rest'
    """
    if not n:
        return None
    has = "has" if n == 1 else "have"
    return f"{n:,} of {total:,} rows {has} no equilibrium {done}" + (f"; {reason}" if reason else "")


@dataclass(frozen=True)
class Experiment:
    """What is run for each row of inputs.

    Attributes
    ----------
    scenarios : tuple of Scenario
        A factor that a scenario sets too has the row's value, not the scenario's (`overridden` lists them).
    factors : tuple of Factor
        The columns of the inputs.
    outputs : tuple of str
        Element names of what is saved.
    saving : float
        The saving step, in the model's unit of time; a multiple of its time step.
    initial : {"stored", "equilibrium"}
        Where runs start: the initial values of the .mdl, or the equilibrium of each row's own constants.
    """

    model: LoadedModel
    scenarios: tuple[Scenario, ...]
    factors: tuple[Factor, ...]
    outputs: tuple[str, ...]
    saving: float
    initial: str

    @classmethod
    def of(
        cls,
        model: LoadedModel,
        scenarios: Sequence[Scenario],
        factors: Sequence[Factor],
        outputs: Sequence[str],
        *,
        saving: float = 1.0,
        initial: str | None = None,
    ) -> Experiment:
        """An experiment; by default runs start from equilibrium if a factor or a scenario acts on it and the card says how.

        Raises DesignError for a start that does not exist, a SAVEPER that is set or varied, or a factor that a start from
        equilibrium computes.
        """
        if initial is not None and initial not in INITIAL:
            raise DesignError(
                f"there is no start '{initial}'", name=initial, nearest=nearest_name(initial, INITIAL),
                hint=f"Valid: {', '.join(INITIAL)}.",
            )  # fmt: skip
        if not saving > 0:
            raise DesignError(f"the saving step is {saving:g}; it must be above 0")
        made = cls(model, tuple(scenarios), tuple(factors), tuple(outputs), saving, initial or "stored")
        own = next((s.name for s in made.scenarios if "SAVEPER" in s.settings), None)
        if own is not None or any("SAVEPER" in factor.constants for factor in made.factors):
            where = f"is set in '{own}'" if own is not None else "is varied"
            raise DesignError(
                f"'SAVEPER' {where}, but all rows are saved at the same times", name="SAVEPER",
                hint="Leave it out; where there is an option for the saving step, give that.",
            )  # fmt: skip
        if initial is None and model.card.equilibrium is not None and made._acts_at_rest():
            made = replace(made, initial="equilibrium")
        if made.initial == "equilibrium":
            made._refuse_computed()
        return made

    @property
    def overridden(self) -> tuple[str, ...]:
        """The factors that some scenario sets too."""
        return tuple(f.name for f in self.factors if any(c in s.settings for s in self.scenarios for c in f.constants))

    @cached_property
    def controls(self) -> dict[str, float]:
        """The control variables as they are run; the engine wants the same in all scenarios."""
        settings = self.scenarios[0].values if self.scenarios else {}
        return control_values(self.model, settings) | {"SAVEPER": self.saving}

    def origin(self, scenarios: Sequence[Scenario] | None = None, *libraries: str) -> dict[str, Any]:
        """What its provenance starts with: of `scenarios`, by default those run, and of further `libraries`."""
        return origin(
            self.model, {s.name: s.digest for s in scenarios or self.scenarios}, self.controls["TIME STEP"],
            times=self.times, libraries=("numpy", "llvmlite", "scipy", *libraries),
        )  # fmt: skip

    @cached_property
    def times(self) -> tuple[float, ...]:
        """The saved times."""
        return tuple(Clock.of(self.model.equations, self.controls).saved.tolist())

    def starts(self, inputs: Floats) -> Starts:
        """The rows that the engine runs, and which rows have no equilibrium to start from."""
        inputs = np.asarray(inputs, dtype=np.float64)
        if inputs.ndim != 2 or inputs.shape[1] != len(self.factors):
            raise DesignError(f"inputs need the shape (n, {len(self.factors)}), not {inputs.shape}")
        base = design_of(self.model, self.scenarios)
        constants = tuple(constant for factor in self.factors for constant in factor.constants)
        of = [i for i, factor in enumerate(self.factors) for _ in factor.constants]
        rows = Design(base.names, np.repeat(base.values, len(inputs), axis=0))
        rows = rows.with_columns(constants, np.tile(inputs[:, of], (len(self.scenarios), 1)))
        # An equation, mostly TIME STEP, cannot be set: `run` picks the times.
        if "SAVEPER" in constant_values(self.model.equations):
            rows = rows.with_columns(("SAVEPER",), np.full((rows.n_runs, 1), self.saving))
        if self.initial == "equilibrium":
            return self._at_rest(rows, len(inputs))
        return Starts(rows, np.ones((len(inputs), len(self.scenarios)), dtype=bool), {})

    def design(self, inputs: Floats) -> Design:
        """The rows that the engine runs, those of the first scenario first: shape (n_scenarios * n, n_constants).

        Raises RunError if a row has no equilibrium to start from.
        """
        found = self.starts(inputs)
        if found.design is None or found.faults:
            place = min(found.faults)
            raise RunError(replace(found.faults[place], what=self._reason(place, found.faults[place])))
        return found.design

    def run(
        self, inputs: Floats, *, threads: int | None = None, progress: Callable[[int], None] | None = None
    ) -> Floats:
        """Run every row in every scenario: the values of `runs`, shape (n, n_scenarios, n_times, n_outputs)."""
        return self.runs(inputs, threads=threads, progress=progress).values

    def runs(
        self,
        inputs: Floats,
        *,
        threads: int | None = None,
        progress: Callable[[int], None] | None = None,
        first: int = 0,
    ) -> Runs:
        """Run every row in every scenario; a row without an equilibrium to start from is NaN.

        Parameters
        ----------
        inputs : array, shape (n, n_factors)
            In the units of the factors.
        progress : callable, optional
            Told the number of runs done since it was last told; there are n * n_scenarios.
        first : int
            The number of the first row, for `reason`.
        """
        starts = self.starts(inputs)
        started = starts.has_start.T  # (n_scenarios, n), as the engine has them
        values = np.empty((0, len(self.times), len(self.outputs)))
        if starts.design is not None:
            found = run_design(
                self.model.equations, starts.design, outputs=self.outputs, engine="native", listed=self._listed,
                threads=threads, progress=progress,
            ).trajectories  # fmt: skip
            values = found.values[:, self._picked(found.times)]
        reason = ""
        if starts.faults:
            known, values = values, np.full((started.size, *values.shape[1:]), np.nan)
            values[started.ravel()] = known
            place = min(starts.faults)
            reason = self._reason(place, starts.faults[place], first)
            if progress is not None:
                progress(len(starts.faults))
        return Runs(values.reshape(*started.shape, *values.shape[1:]).transpose(1, 0, 2, 3), starts.has_start, reason)

    def _picked(self, times: Floats) -> Any:
        """The positions of the times of this experiment among those that the engine saved."""
        wanted = np.asarray(self.times)
        at = np.clip(np.searchsorted(times, wanted - 1e-9 * self.saving), 0, len(times) - 1)
        if np.abs(times[at] - wanted).max() > 1e-6 * self.saving:
            raise DesignError(
                f"a saving step of {self.saving:g} is asked for, but SAVEPER is an equation and saves other times",
                name="SAVEPER", hint="Write 'SAVEPER = TIME STEP', or a number, in the .mdl.",
            )  # fmt: skip
        return slice(None) if len(at) == len(times) else at

    @cached_property
    def _listed(self) -> tuple[str, ...]:
        """The constants that one kernel serves: the card's, and what a start from equilibrium sets."""
        listed = self.model.card.listed_constants()
        if self.initial == "equilibrium":
            from sdsocec.scenario.equilibrium import computed_at_rest

            listed += computed_at_rest(self.model)
        return listed

    def _acts_at_rest(self) -> bool:
        """Whether a factor or a scenario may move the rest, as the equations say: its value in the .mdl does not matter."""
        from sdsocec.scenario.equilibrium import acts_on_rest

        stored = constant_values(self.model.equations)
        names = {constant for factor in self.factors for constant in factor.constants}
        names |= {
            name for scenario in self.scenarios for name, value in scenario.values.items() if value != stored[name]
        }
        return acts_at_rest(self.model, names) and bool(acts_on_rest(self.model, names))

    def _refuse_computed(self) -> None:
        """Raise DesignError for a factor or a setting that a start from equilibrium computes."""
        from sdsocec.scenario.equilibrium import computed_at_rest

        computed = set(computed_at_rest(self.model))
        told = [(f"'{f.name}' is varied", f.name) for f in self.factors if computed & set(f.constants)]
        told += [(f"'{c}' is set in '{s.name}'", c) for s in self.scenarios for c in s.settings if c in computed]
        for what, name in told[:1]:
            raise DesignError(
                f"{what}, but a start from equilibrium computes it", name=name,
                hint="Leave it out, or start from the stored values.",
            )  # fmt: skip

    @cached_property
    def _same_rest(self) -> tuple[int, ...]:
        """For each scenario, the first in which every row has the same equilibrium."""
        from sdsocec.scenario.equilibrium import acts_on_rest

        base = design_of(self.model, self.scenarios)
        varied = {constant for factor in self.factors for constant in factor.constants}
        acting = acts_on_rest(self.model, varied.union(base.names)) - varied
        columns = [i for i, name in enumerate(base.names) if name in acting]
        first: dict[tuple[float, ...], int] = {}
        settings = (tuple(row) for row in base.values[:, columns].tolist())
        return tuple(first.setdefault(setting, i) for i, setting in enumerate(settings))

    def _at_rest(self, rows: Design, n: int) -> Starts:
        """Each row with its own initial values, solved once for the scenarios that have them in common."""
        from sdsocec.scenario.equilibrium import computed_at_rest, find_rest

        solved = list(dict.fromkeys(self._same_rest))
        of = [solved.index(first) for first in self._same_rest]
        found = find_rest(self.model, rows.rows(np.concatenate([np.arange(n) + first * n for first in solved])))
        faults = {
            (row % n, scenario): fault
            for row, fault in found.faults.items()
            for scenario, group in enumerate(of)
            if group == row // n
        }
        has_start = found.is_at_rest.reshape(-1, n)[of]  # (n_scenarios, n)
        if found.design is None:
            return Starts(None, has_start.T, faults)
        place = (np.cumsum(found.is_at_rest) - 1).reshape(-1, n)[of]
        computed = computed_at_rest(self.model)
        columns = [found.design.names.index(name) for name in computed]
        started = rows.rows(np.flatnonzero(has_start))
        return Starts(
            started.with_columns(computed, found.design.values[place[has_start]][:, columns]), has_start.T, faults
        )

    def _reason(self, place: tuple[int, int], fault: Fault, first: int = 0) -> str:
        row, scenario = place
        return f"row {first + row} in '{self.scenarios[scenario].name}' {fault.what}"
