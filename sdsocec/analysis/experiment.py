"""An experiment: rows of inputs, each run in every scenario, some outputs saved at some times.

Sweeps, sensitivity and robustness are questions asked of the same thing. Every scenario gets the same rows, so that differences
between scenarios are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine import Design, constant_values, run_design
from sdsocec.errors import DesignError, SdsocecError, nearest_name
from sdsocec.model.project import LoadedModel
from sdsocec.scenario import Scenario, acts_at_rest, design_of
from sdsocec.scenario.factors import Factor

Floats = NDArray[np.float64]
INITIAL = ("stored", "equilibrium")


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

        Raises DesignError for a start that does not exist, or a factor that a start from equilibrium computes.
        """
        if initial is not None and initial not in INITIAL:
            raise DesignError(
                f"there is no start '{initial}'", name=initial, nearest=nearest_name(initial, INITIAL),
                hint=f"Valid: {', '.join(INITIAL)}.",
            )  # fmt: skip
        if not saving > 0:
            raise DesignError(f"the saving step is {saving:g}; it must be above 0")
        made = cls(model, tuple(scenarios), tuple(factors), tuple(outputs), saving, initial or "stored")
        if initial is None and model.card.equilibrium is not None and made._acts_at_rest():
            made = cls(model, made.scenarios, made.factors, made.outputs, saving, "equilibrium")
        if made.initial == "equilibrium":
            from sdsocec.scenario.equilibrium import computed_at_rest

            computed = set(computed_at_rest(model))
            for factor in made.factors:
                if computed & set(factor.constants):
                    raise DesignError(
                        f"'{factor.name}' is varied, but a start from equilibrium computes it", name=factor.name,
                        hint="Leave it out, or start from the stored values.",
                    )  # fmt: skip
        return made

    @property
    def overridden(self) -> tuple[str, ...]:
        """The factors that some scenario sets too."""
        return tuple(f.name for f in self.factors if any(c in s.settings for s in self.scenarios for c in f.constants))

    @cached_property
    def times(self) -> tuple[float, ...]:
        """The saved times."""
        from sdsocec.engine.trajectories import CONTROLS, Clock

        values = constant_values(self.model.equations) | {"SAVEPER": self.saving}
        return tuple(Clock.of(self.model.equations, {name: values[name] for name in CONTROLS}).saved.tolist())

    def design(self, inputs: Floats) -> Design:
        """The rows that the engine runs, those of the first scenario first: shape (n_scenarios * n, n_constants)."""
        inputs = np.asarray(inputs, dtype=np.float64)
        if inputs.ndim != 2 or inputs.shape[1] != len(self.factors):
            raise DesignError(f"inputs need the shape (n, {len(self.factors)}), not {inputs.shape}")
        base = design_of(self.model, self.scenarios)
        constants = tuple(constant for factor in self.factors for constant in factor.constants)
        of = [i for i, factor in enumerate(self.factors) for _ in factor.constants]
        rows = Design(base.names, np.repeat(base.values, len(inputs), axis=0))
        rows = rows.with_columns(constants, np.tile(inputs[:, of], (len(self.scenarios), 1)))
        if self.initial == "equilibrium":
            rows = self._at_rest(rows, len(inputs))
        if "SAVEPER" not in constant_values(
            self.model.equations
        ):  # an equation, mostly TIME STEP: `run` picks the times
            return rows
        return rows.with_columns(("SAVEPER",), np.full((rows.n_runs, 1), self.saving))

    def run(
        self, inputs: Floats, *, threads: int | None = None, progress: Callable[[int], None] | None = None
    ) -> Floats:
        """Run every row in every scenario.

        Parameters
        ----------
        inputs : array, shape (n, n_factors)
            In the units of the factors.
        progress : callable, optional
            Told the number of runs done since it was last told; there are n * n_scenarios.

        Returns
        -------
        array, shape (n, n_scenarios, n_times, n_outputs)
            In the model's units. A number that is not finite stays what it is.
        """
        found = run_design(
            self.model.equations, self.design(inputs), outputs=self.outputs, engine="native", listed=self._listed,
            threads=threads, progress=progress,
        ).trajectories  # fmt: skip
        values = found.values[:, self._picked(found.times)]
        shape = (len(self.scenarios), len(inputs), *values.shape[1:])
        return values.reshape(shape).transpose(1, 0, 2, 3)

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
        """Whether the model at rest moves when a factor goes to an end of its range, or in a scenario."""
        names = {constant for factor in self.factors for constant in factor.constants}
        names |= {constant for scenario in self.scenarios for constant in scenario.settings}
        if not acts_at_rest(self.model, names):
            return False
        return bool(self._moving(self.scenarios, self.factors))

    def _moving(self, scenarios: Iterable[Scenario], factors: Iterable[Factor]) -> bool:
        from sdsocec.scenario.equilibrium import AT_REST, drift

        rows = [scenario.values for scenario in scenarios]
        rows += [
            dict.fromkeys(factor.constants, value)
            for factor in factors
            for value in (factor.distribution.low, factor.distribution.high)
        ]
        design = Design.of_rows(rows, constant_values(self.model.equations))
        if not design.names:
            return False
        try:
            return any(not speed <= AT_REST for _, speed in drift(self.model, design).worst())
        except SdsocecError:  # what cannot be frozen is not known to rest
            return True

    def _at_rest(self, rows: Design, n: int) -> Design:
        """Each row with its own initial values; solved once for all scenarios unless one of them acts on the rest."""
        from sdsocec.scenario.equilibrium import spin_up

        if len(self.scenarios) > 1 and not self._moving(self.scenarios, ()):
            found = spin_up(self.model, rows.rows(np.arange(n)))
            kept = [i for i, name in enumerate(found.names) if name not in rows.names]
            added = tuple(found.names[i] for i in kept)
            return rows.with_columns(added, np.tile(found.values[:, kept], (len(self.scenarios), 1)))
        return spin_up(self.model, rows)
