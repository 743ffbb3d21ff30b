"""What is fitted to what: free constants within their ranges, observed series, and how a run differs from them.

A parameter is scaled to its range: 0 is the lower end, 1 the upper. A residual is (simulated - observed) / standard error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine import Design, constant_values, run_design
from sdsocec.errors import DataError, Fault
from sdsocec.model.ir import Equation, Model, Reference, Table, Variable, WithLookup
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.results.observed import Observed, load_observed, year_weights
from sdsocec.scenario import load_scenario, settable_of
from sdsocec.scenario.equilibrium import problem_of, spin_up
from sdsocec.scenario.rest import Solver

Floats = NDArray[np.float64]
STEP = 1e-4  # of a range: half the width of a central difference


@dataclass(frozen=True)
class Problem:
    """A calibration.

    Attributes
    ----------
    free : tuple of str
        Element names of constants.
    lower, upper, start : arrays, shape (n_free,)
        Their ranges and values of the .mdl, in their units.
    series : tuple of Observed
    constants : mapping
        What the scenario, and whoever asks, sets besides.
    """

    model: LoadedModel
    free: tuple[str, ...]
    lower: Floats
    upper: Floats
    start: Floats
    series: tuple[Observed, ...]
    constants: Mapping[str, float] = field(default_factory=dict)

    @property
    def observed(self) -> Floats:
        """All observed values to fit, shape (n_observed,)."""
        return np.concatenate([s.values[s.is_fit] for s in self.series])

    @property
    def errors(self) -> Floats:
        """Their standard errors, shape (n_observed,)."""
        return np.concatenate([s.errors[s.is_fit] for s in self.series])

    @property
    def labels(self) -> list[tuple[str, int]]:
        """The series and the year of each observed value."""
        return [(s.name, int(year)) for s in self.series for year in s.years[s.is_fit]]

    @property
    def last_time(self) -> float:
        """When the last year to fit ends."""
        return float(max(s.years[s.is_fit].max() for s in self.series)) + 1.0

    def values(self, scaled: Floats) -> Floats:
        """Scaled parameters in their units; shapes (..., n_free)."""
        return np.asarray(self.lower + scaled * (self.upper - self.lower))

    def scaled(self, values: Floats) -> Floats:
        """Parameters as places in their ranges; shapes (..., n_free)."""
        return np.asarray((values - self.lower) / (self.upper - self.lower))

    def with_observed(self, values: Floats) -> Problem:
        """The same problem with other observed values, shape (n_observed,); their errors stay."""
        series, i = [], 0
        for one in self.series:
            new = one.values.copy()
            n = int(one.is_fit.sum())
            new[one.is_fit] = values[i : i + n]
            series.append(replace(one, values=new))
            i += n
        return replace(self, series=tuple(series))

    def design(self, scaled: Floats, solver: Solver | None = None) -> Design:
        """Rows of constants for rows of scaled parameters, each starting from its own equilibrium if the card says how.

        Constants that belong to the equilibrium are not rounded here: a sixth digit is a hundredth of what a step moves them.
        """
        rows = np.atleast_2d(scaled)
        names = tuple(self.constants)
        fixed = np.repeat(np.array([[*self.constants.values()]], dtype=float), len(rows), axis=0)
        design = Design(names, fixed).with_columns(self.free, self.values(rows))
        return design if solver is None else spin_up(self.model, design, solver=solver, is_rounded=False)

    def solver(self) -> Solver | None:
        """A solver of equilibria for this model; None if its card has no equilibrium."""
        return Solver(problem_of(self.model)) if self.model.card.equilibrium is not None else None

    def simulate(self, scaled: Floats, solver: Solver | None = None) -> Floats:
        """What runs give for the observed values, shape (n_rows, n_observed).

        Raises RunError where a row has no equilibrium or a number that is not finite.
        """
        design = self.design(scaled, solver)
        design = design.with_columns(("FINAL TIME",), np.array([[self.last_time]]))
        outputs = tuple(dict.fromkeys(s.variable for s in self.series))
        found = run_design(
            self.model.equations, design, outputs=outputs, engine="native", listed=constant_values(self.model.equations),
            threads=1,  # searches run in processes of their own
        ).trajectories  # fmt: skip
        found.require_finite(tuple(map(str, range(design.n_runs))))
        parts = [
            found.values[:, :, outputs.index(s.variable)] @ year_weights(found.times, s.years[s.is_fit], s.moment).T
            for s in self.series
        ]
        return np.concatenate(parts, axis=1)

    def residuals(self, scaled: Floats, solver: Solver | None = None) -> Floats:
        """(simulated - observed) / standard error, shape (n_rows, n_observed)."""
        return (self.simulate(scaled, solver) - self.observed) / self.errors

    def linearised(self, scaled: Floats, solver: Solver | None = None, step: float = STEP) -> tuple[Floats, Floats]:
        """Residuals and their derivatives at one place, by central differences in one batch of runs.

        Returns
        -------
        residuals : array, shape (n_observed,)
        derivatives : array, shape (n_observed, n_free)
            For a parameter's whole range.
        """
        n = len(self.free)
        rows = np.concatenate([scaled[None], scaled + step * np.eye(n), scaled - step * np.eye(n)])
        found = self.residuals(rows, solver)
        return found[0], (found[1 : n + 1] - found[n + 1 :]).T / (2 * step)


def problem_for(
    model: LoadedModel,
    *,
    free: Iterable[str] | None = None,
    series: Iterable[str] | None = None,
    replaced: Iterable[str] = (),
    settings: Mapping[str, float] | None = None,
) -> Problem:
    """The calibration that a model's card describes.

    Parameters
    ----------
    free : constants, optional
        By default the card's; each needs a closed range in the .mdl.
    series : names of series, optional
        By default all that have years to fit.
    replaced : names of series
        Their variables follow the record instead of their equations (partial-model calibration).
    settings : mapping, optional
        Constants set besides the card's scenario.

    Raises
    ------
    DataError, ScenarioError
        A name, a range or a file is wrong.
    """
    card = model.card.calibration
    if card is None and free is None:
        raise DataError(
            f"the card of '{model.name}' does not say what may be fitted", path=model.folder / "model.toml",
            hint="Add a [calibration] section, or name constants: --free NAME",
        )  # fmt: skip
    settable = settable_of(model)
    names = [c for name in (free if free is not None else card.free if card else ()) for c in settable.constants(name)]
    ranges = [model.ranges[name] for name in names]
    faults = [
        Fault(
            f"'{name}' has no closed range in the .mdl, so it cannot be fitted", name=name,
            hint="Write [low,high] behind its unit.",
        )
        for name, (low, high) in zip(names, ranges, strict=True)
        if low is None or high is None or not low < high
    ]  # fmt: skip
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        faults.append(Fault(f"'{twice}' is free twice", name=twice))
    if faults:
        raise DataError(faults)
    chosen = load_observed(model, series)
    fitted = tuple(s for s in chosen if s.is_fit.any())
    if not fitted:
        raise DataError(f"the card of '{model.name}' lists no series with years to fit", hint="Add one: [[series]]")
    if replaced:
        model = with_observed_drivers(model, load_observed(model, replaced))
        fitted = tuple(s for s in fitted if s.name not in set(replaced))
    constants = dict(load_scenario(card.scenario, model).values) if card and card.scenario else {}
    constants |= settable.check(settings or {})
    constants = {name: value for name, value in constants.items() if name not in set(names)}
    values = constant_values(model.equations)
    lower, upper = (np.array([limit[i] for limit in ranges], dtype=float) for i in (0, 1))
    start = np.clip(np.array([values[name] for name in names]), lower, upper)
    n = sum(int(s.is_fit.sum()) for s in fitted)
    if n < len(names):
        raise DataError(f"{len(names)} constants are free and {n} values are observed; fit fewer constants")
    return Problem(model, tuple(names), lower, upper, start, fitted, constants)


def with_observed_drivers(model: LoadedModel, series: Iterable[Observed]) -> LoadedModel:
    """The model with variables that follow the record: an observed one is a lookup on time, straight between observations."""
    from sdsocec.cache import digest_of

    equations: Model = model.equations
    digest = model.equations.digest
    for one in series:
        base, elements = split_element_name(one.variable)
        variable = equations.variables[name_key(base)]
        if elements or variable.dimensions:
            raise DataError(
                f"'{one.variable}' is one element of a variable; only whole variables can follow the record",
                name=one.name,
            )
        moment = 1.0 if one.moment == "end" else 0.5
        table = Table(tuple(float(year) + moment for year in one.years), tuple(map(float, one.values)))
        equation = Equation(WithLookup(Reference("time"), table), line=variable.line, text=f"observed: {one.name}")
        driven = Variable(
            variable.name, "auxiliary", (equation,), (), variable.unit, variable.range, variable.documentation
        )
        equations = replace(equations, variables={**equations.variables, name_key(base): driven})
        digest = digest_of(digest, one.digest, one.name, repr(table))
    return replace(model, equations=replace(equations, source_digest=digest))
