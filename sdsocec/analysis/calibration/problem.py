"""What is fitted to what: free constants within their ranges, observed series, and how a run differs from them.

A parameter is scaled to its range: 0 is the lower end, 1 the upper. A residual is (simulated - observed) / standard error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine import Design, constant_values, run_design
from sdsocec.engine.trajectories import CONTROLS, Clock
from sdsocec.errors import DataError, Fault
from sdsocec.model.ir import Equation, Model, Reference, Table, Variable, WithLookup
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.results.observed import Observed, load_observed
from sdsocec.results.years import year_weights
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
    model : LoadedModel
        With the variables that follow the record, if any do.
    free : tuple of str
        Element names of constants.
    lower, upper, start : arrays, shape (n_free,)
        Their ranges and values of the .mdl, in their units.
    series : tuple of Observed
    constants : mapping
        What the scenario, and whoever asks, sets besides.
    settings : mapping
        The part of it that whoever asks sets.
    replaced : tuple of str
        Series whose variables follow the record.
    undriven : LoadedModel
        The model with all its own equations, where any is replaced.
    """

    model: LoadedModel
    free: tuple[str, ...]
    lower: Floats
    upper: Floats
    start: Floats
    series: tuple[Observed, ...]
    constants: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, float] = field(default_factory=dict)
    replaced: tuple[str, ...] = ()
    undriven: LoadedModel | None = None

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
        found = self.lower + scaled * (self.upper - self.lower)
        return np.asarray(np.clip(found, self.lower, self.upper))  # rounding may pass an end

    def scaled(self, values: Floats) -> Floats:
        """Parameters as places in their ranges; shapes (..., n_free)."""
        return np.asarray((values - self.lower) / (self.upper - self.lower))

    def holding(self, values: Mapping[str, float]) -> Problem:
        """The same problem with some free parameters held, in their units."""
        left = [i for i, name in enumerate(self.free) if name not in values]
        return replace(
            self, free=tuple(self.free[i] for i in left), lower=self.lower[left], upper=self.upper[left],
            start=self.start[left], constants={**self.constants, **values},
        )  # fmt: skip

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

        Raises RunError where a row has no equilibrium or a number that is not finite, DataError where a year is not saved.
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
            found.values[:, :, outputs.index(s.variable)] @ weights.T
            for s, weights in zip(self.series, self.weights(found.times), strict=True)
        ]
        return np.concatenate(parts, axis=1)

    def weights(self, times: Floats) -> list[Floats]:
        """How much each saved time counts in each year to fit, an array a series; made once for runs of the same times."""
        known: tuple[Floats, list[Floats]] | None = vars(self).get("_weights")
        if known is None or not np.array_equal(known[0], times):
            known = vars(self)["_weights"] = (times, _weights(self.series, times))
        return known[1]

    def residuals(self, scaled: Floats, solver: Solver | None = None) -> Floats:
        """(simulated - observed) / standard error, shape (n_rows, n_observed)."""
        return (self.simulate(scaled, solver) - self.observed) / self.errors

    def linearised(self, scaled: Floats, solver: Solver | None = None, step: float = STEP) -> tuple[Floats, Floats]:
        """Residuals and their derivatives at one place, by central differences in one batch of runs.

        Beside an end of its range, a parameter's difference stops there.

        Returns
        -------
        residuals : array, shape (n_observed,)
        derivatives : array, shape (n_observed, n_free)
            For a parameter's whole range.
        """
        n = len(self.free)
        above, below = np.minimum(scaled + step, 1.0), np.maximum(scaled - step, 0.0)
        rows = np.concatenate([scaled[None], np.repeat(scaled[None], 2 * n, axis=0)])
        rows[range(1, n + 1), range(n)] = above
        rows[range(n + 1, 2 * n + 1), range(n)] = below
        found = self.residuals(rows, solver)
        return found[0], (found[1 : n + 1] - found[n + 1 :]).T / (above - below)


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
        By default the card's, but for those that `settings` hold; each needs a closed range in the .mdl.
    series : names of series, optional
        By default all that have years to fit.
    replaced : names of series
        Their variables follow the record instead of their equations (partial-model calibration).
    settings : mapping, optional
        Constants set besides the card's scenario.

    Raises
    ------
    DataError, ScenarioError
        A name, a range or a file is wrong, or a run does not cover the years to fit.
    """
    card = model.card.calibration
    if card is None and free is None:
        raise DataError(
            f"the card of '{model.name}' does not say what may be fitted", path=model.folder / "model.toml",
            hint="Add a [calibration] section, or name constants: --free NAME",
        )  # fmt: skip
    settable = settable_of(model)
    held = settable.check(settings or {})
    scenario = dict(load_scenario(card.scenario, model).values) if card and card.scenario else {}
    names = [c for name in (free if free is not None else card.free if card else ()) for c in settable.constants(name)]
    if free is None:
        names = [name for name in names if name not in held]
    faults = _faults_of(model, names, held, {} if card is None else {str(card.scenario): scenario})
    if faults:
        raise DataError(faults)
    replaced = tuple(replaced)
    fitted = _fitted(model, None if series is None else tuple(series), replaced)
    undriven = model if replaced else None
    if replaced:
        model = with_observed_drivers(model, load_observed(model, replaced))
    values = constant_values(model.equations)
    lower, upper = (np.array([model.ranges[name][i] for name in names], dtype=float) for i in (0, 1))
    start = np.clip(np.array([values[name] for name in names]), lower, upper)
    n = sum(int(s.is_fit.sum()) for s in fitted)
    if n < len(names):
        raise DataError(f"{len(names)} constants are free and {n} values are observed; fit fewer constants")
    problem = Problem(model, tuple(names), lower, upper, start, fitted, scenario | held, held, replaced, undriven)
    _require_cover(problem)
    return problem


def _faults_of(
    model: LoadedModel, names: list[str], held: Mapping[str, float], scenario: Mapping[str, Mapping[str, float]]
) -> list[Fault]:
    """Why constants cannot be fitted."""
    if not names:
        return [Fault("no constant is free", hint="All that the card lists are set.")]
    faults = []
    for name in dict.fromkeys(names):
        low, high = model.ranges[name]
        if low is None or high is None or not low < high:
            what = f"'{name}' has no closed range in the .mdl, so it cannot be fitted"
            faults.append(Fault(what, name=name, hint="Write [low,high] behind its unit."))
        if names.count(name) > 1:
            faults.append(Fault(f"'{name}' is free twice", name=name))
        if name in held:
            hint = "Fit it (--free) or hold it (--set)."
            faults.append(Fault(f"'{name}' is both free and set to {held[name]:g}", name=name, hint=hint))
        for title, values in scenario.items():
            if name in values:
                what = f"'{name}' is free, and the scenario '{title}' sets it to {values[name]:g}"
                faults.append(Fault(what, name=name, hint="A fitted value would have no effect there: leave one out."))
    return faults


def _fitted(model: LoadedModel, names: tuple[str, ...] | None, replaced: tuple[str, ...]) -> tuple[Observed, ...]:
    """The series to fit."""
    for option, given in (("fitted", names or ()), ("replaced", replaced)):
        for name in given:
            if given.count(name) > 1:
                raise DataError(f"the series '{name}' is {option} twice", name=name, hint="It would count twice.")
    both = next((name for name in names or () if name in replaced), None)
    if both is not None:
        raise DataError(f"the series '{both}' is replaced, so it cannot be fitted", name=both)
    chosen = load_observed(model, names)
    if names is not None:
        none = next((s.name for s in chosen if not s.is_fit.any()), None)
        if none is not None:
            hint = "Give it some in the card: fit = [FIRST, LAST]"
            raise DataError(f"the series '{none}' has no years to fit", name=none, hint=hint)
    fitted = tuple(s for s in chosen if s.is_fit.any() and s.name not in replaced)
    if not fitted:
        what = "every series with years to fit is replaced" if replaced else (
            f"the card of '{model.name}' lists no series with years to fit"
        )  # fmt: skip
        raise DataError(what, hint="Fit another." if replaced else "Add one: [[series]]")
    return fitted


def _require_cover(problem: Problem) -> None:
    """Refuse years to fit that a run does not save, before anything is run."""
    values = constant_values(problem.model.equations) | dict(problem.constants)
    if not {"INITIAL TIME", "TIME STEP"} <= set(values):
        return  # equations; `simulate` sees what they give
    saving = values.get("SAVEPER", values["TIME STEP"])  # an equation mostly says SAVEPER = TIME STEP
    controls = {**values, "FINAL TIME": problem.last_time, "SAVEPER": saving}
    _weights(problem.series, Clock.of(problem.model.equations, {name: controls[name] for name in CONTROLS}).saved)


def _weights(series: Iterable[Observed], times: Floats) -> list[Floats]:
    """How much each saved time counts in each year to fit; DataError for a year that is not saved."""
    found = [year_weights(times, one.years[one.is_fit], one.moment) for one in series]
    faults = []
    for one, weights in zip(series, found, strict=True):
        missed = one.years[one.is_fit][np.isnan(weights).any(axis=1)]
        if missed.size:
            span = f"{missed[0]}" if missed.size == 1 else f"{missed[0]} to {missed[-1]}"
            early = missed[0] < times[0]
            why = f"it starts at {times[0]:g}" if early else f"it saves every {times[1] - times[0]:g}"
            hint = (
                "Shorten 'fit' in the card." if early else "A year, and each year's end, must be whole SAVEPERs away."
            )
            what = f"a run does not cover {span}, to which '{one.name}' is to be fitted: {why}"
            faults.append(Fault(what, name=one.name, hint=hint))
    if faults:
        raise DataError(faults)
    return found


def with_observed_drivers(model: LoadedModel, series: Iterable[Observed]) -> LoadedModel:
    """The model with variables that follow the record: an observed one is a lookup on time, straight between observations.

    Only up to its last year to fit, and never from a test year: what is held back must not reach the fit.
    """
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
        kept = ~one.is_test & (one.years <= one.years[one.is_fit].max()) if one.is_fit.any() else ~one.is_test
        if not kept.any():
            raise DataError(f"the series '{one.name}' has no years before its test years to follow", name=one.name)
        table = Table(tuple(one.times[kept].tolist()), tuple(one.values[kept].tolist()))
        equation = Equation(WithLookup(Reference("time"), table), line=variable.line, text=f"observed: {one.name}")
        driven = Variable(
            variable.name, "auxiliary", (equation,), (), variable.unit, variable.range, variable.documentation
        )
        equations = replace(equations, variables={**equations.variables, name_key(base): driven})
        digest = digest_of(digest, one.digest, one.name, repr(table))
    return replace(model, equations=replace(equations, source_digest=digest))
