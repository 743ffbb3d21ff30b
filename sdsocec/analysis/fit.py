"""How well a model follows the record: runs beside the observed series, and the field's summary statistics.

fit_statistics       two series -> their statistics, each with its definition
run_against_record   a model and settings -> its series beside what was observed
fit_table            the statistics of such a run, fit years and test years apart
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sdsocec.engine import constant_values, run_design
from sdsocec.errors import DataError
from sdsocec.model.card import CARD
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.results import provenance
from sdsocec.results.observed import Observed, load_observed, series_stamp
from sdsocec.scenario import Scenario, as_it_stands, design_of, load_scenario, settable_of

Floats = NDArray[np.float64]
FEWEST = 3  # years: around the mean of two, there is one degree of freedom
CONSTANT = 1e-12  # of the largest value: a spread below this is rounding


@dataclass(frozen=True)
class FitStatistics:
    """The fit of one series over some years.

    Attributes
    ----------
    n : int
        Years compared.
    mape : float
        Mean absolute error as a share of the observed value (NaN where an observed value is 0).
    rmse, mae : float
        Root mean square and mean absolute error, in the series' unit.
    r2 : float
        1 - (sum of squared errors) / (sum of squares around the observed mean): 1 is perfect, 0 as good as that mean, below 0
        worse. NaN where nothing varies (observed spread within rounding), and for fewer than `FEWEST` years.
    bias, variation, covariation : float
        Theil's shares of the mean squared error, together 1: a wrong level, a wrong amplitude, and the rest (NaN for a
        perfect fit). Error in covariation is noise that no model should follow; error in the others points at a constant or at
        structure.
    """

    n: int
    mape: float
    rmse: float
    mae: float
    r2: float
    bias: float
    variation: float
    covariation: float


def fit_statistics(simulated: ArrayLike, observed: ArrayLike) -> FitStatistics:
    """Compare a run with a series.

    Parameters
    ----------
    simulated, observed : arrays, shape (n_years,)
        In the same unit. NaN marks a year that is left out.

    Raises
    ------
    DataError
        Fewer than two years remain, or the lengths differ.

    References
    ----------
    Sterman (1984), "Appropriate summary statistics for evaluating the historical fit of system dynamics models", Dynamica 10(2),
    51-66: the shares, with the standard deviations of the whole (divided by n).

    Examples
    --------
    >>> fit = fit_statistics([11.0, 12.0, 13.0], [10.0, 11.0, 12.0])
    >>> (fit.rmse, fit.bias, round(fit.r2, 12))
    (1.0, 1.0, -0.5)
    """
    s, a = np.asarray(simulated, dtype=float), np.asarray(observed, dtype=float)
    if s.shape != a.shape or s.ndim != 1:
        raise DataError(f"the run has {s.size} years, the series {a.size}")
    known = np.isfinite(s) & np.isfinite(a)
    s, a = s[known], a[known]
    if len(s) < 2:
        raise DataError(f"a fit needs two years; {len(s)} can be compared")
    error = s - a
    mse = float(np.mean(error**2))
    spread_s, spread_a = float(s.std()), float(a.std())
    is_constant = spread_a <= CONSTANT * float(np.abs(a).max())
    r2 = np.nan if is_constant or len(a) < FEWEST else 1.0 - mse / spread_a**2
    if mse > 0:
        bias = float(error.mean() ** 2 / mse)
        variation = float((spread_s - spread_a) ** 2 / mse)
        shares = (bias, variation, max(0.0, 1.0 - bias - variation))
    else:
        shares = (np.nan, np.nan, np.nan)
    mape = float(np.mean(np.abs(error / a))) if (a != 0).all() else np.nan
    return FitStatistics(len(s), mape, mse**0.5, float(np.abs(error).mean()), r2, *shares)


@dataclass(frozen=True)
class SeriesRun:
    """One observed series with what a run gives for it, in the model's unit.

    Attributes
    ----------
    observed : Observed
    unit : str
        The variable's.
    times, line, test_line : arrays, shape (n_times,)
        Saved times, and the variable in the scenario of the fit years and in that of the test years.
    simulated : array, shape (n_years,)
        For the observed years: test years from the scenario of the test years, all others from that of the fit years. NaN
        for a year that the run does not cover.
    """

    observed: Observed
    unit: str
    times: Floats
    line: Floats
    test_line: Floats
    simulated: Floats

    @property
    def residuals(self) -> Floats:
        """(simulated - observed) / standard error, shape (n_years,)."""
        return np.asarray((self.simulated - self.observed.values) / self.observed.errors)

    def years_of(self, role: str) -> NDArray[np.bool_]:
        """Which observed years are for "fit" or for "test", and covered by the run, shape (n_years,)."""
        wanted = self.observed.is_fit if role == "fit" else self.observed.is_test
        return np.asarray(wanted & np.isfinite(self.simulated))


@dataclass(frozen=True)
class RecordRun:
    """A model run beside its record.

    `settings` is what was set by hand, in both scenarios; `attributes` the provenance; `notice` says if PySD ran it, and why.
    """

    settings: Mapping[str, float]
    fit_scenario: str
    test_scenario: str
    series: tuple[SeriesRun, ...]
    attributes: Mapping[str, Any]
    notice: str = ""

    @property
    def misfit(self) -> float:
        """Mean of the squared residuals over all fit years: 1 where the run is one standard error off (NaN without any)."""
        found = np.concatenate([one.residuals[one.years_of("fit")] for one in self.series])
        return float(np.mean(found**2)) if found.size else np.nan


@dataclass(frozen=True)
class FitRow:
    """The fit of one series over its fit or test years.

    `statistics` is None where fewer than two years can be compared; `years` are the first and last of those that can, `left_out`
    the observed ones that the run does not cover.
    """

    series: str
    role: str
    scenario: str
    n: int
    years: tuple[int, int] | None
    statistics: FitStatistics | None
    left_out: tuple[int, ...] = ()


def run_against_record(
    model: LoadedModel,
    settings: Mapping[str, Any] | None = None,
    names: Iterable[str] | None = None,
) -> RecordRun:
    """Run a model beside its observed series: the card's calibration scenario, and its test scenario for the test years.

    The run starts from its own equilibrium if the card says how a model is brought to rest.

    Parameters
    ----------
    settings : dict, optional
        Constants, levers or aliases by name, set in both scenarios; in the model's units.
    names : iterable of str, optional
        Series; by default all of the card.

    Raises
    ------
    DataError
        The card lists no series, a name is unknown or a file is wrong.
    ScenarioError
        A name or a value of the settings is wrong.
    RunError
        There is no equilibrium, or a number is not finite.
    """
    if not model.card.series:
        raise DataError(
            f"the card of '{model.name}' lists no observed series", path=model.folder / CARD,
            hint="Add one: [[series]], as in models/first_steps/model.toml.",
        )  # fmt: skip
    observed = load_observed(model, names)
    values = settable_of(model).check(settings or {})
    scenarios = _scenarios(model)
    chosen = [scenario.with_settings(values) if values else scenario for scenario in scenarios]
    design = design_of(model, chosen)
    if model.card.equilibrium is not None:
        from sdsocec.scenario.equilibrium import spin_up

        design = spin_up(model, design)
    found = run_design(model.equations, design, listed=constant_values(model.equations))
    found.trajectories.require_finite(tuple(scenario.name for scenario in chosen))
    attributes = provenance(model, design, found, [(scenario.name, scenario.digest) for scenario in chosen]) | {
        "settings": json.dumps(values),
        "initial": "stored" if model.card.equilibrium is None else "equilibrium",
        **series_stamp(observed),
    }
    column = {name: i for i, name in enumerate(found.trajectories.names)}
    times = found.trajectories.times
    series = []
    for one in observed:
        lines = found.trajectories.values[:, :, column[one.variable]].copy()  # not a view of all variables
        per_year = one.simulated(times, lines)
        simulated = np.where(one.is_test, per_year[-1], per_year[0])
        unit = model.equations.variables[name_key(split_element_name(one.variable)[0])].unit
        series.append(SeriesRun(one, unit, times, lines[0], lines[-1], simulated))
    return RecordRun(values, chosen[0].name, chosen[-1].name, tuple(series), attributes, found.notice)


def _scenarios(model: LoadedModel) -> list[Scenario]:
    """The calibration scenario, and the test scenario where it is another."""
    card = model.card.calibration
    first = load_scenario(card.scenario, model) if card and card.scenario else as_it_stands(model)
    if card is None or card.test_scenario in (None, card.scenario):
        return [first]
    return [first, load_scenario(str(card.test_scenario), model)]


def fit_table(run: RecordRun) -> tuple[FitRow, ...]:
    """The statistics of each series over its fit years and, out of sample, over its test years.

    A series without test years has no such row.
    """
    rows = []
    for one in run.series:
        for role, given in (("fit", one.observed.is_fit), ("test", one.observed.is_test)):
            if not given.any():
                continue
            known = one.years_of(role)
            years = one.observed.years[known]
            n = len(years)
            statistics = fit_statistics(one.simulated[known], one.observed.values[known]) if n > 1 else None
            scenario = run.fit_scenario if role == "fit" else run.test_scenario
            span = (int(years.min()), int(years.max())) if n else None
            left_out = tuple(one.observed.years[given & ~known].tolist())
            rows.append(FitRow(one.observed.name, role, scenario, n, span, statistics, left_out))
    return tuple(rows)
