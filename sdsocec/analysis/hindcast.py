"""Hindcast: the test years, which no fit has seen, beside what the scenarios give for them.

    hindcast        the scenario of the test years, and others, against the test years of all series
    hindcast_files  that, and where it lies on the scenario plane (`plane_fit`), as files

`test_kind` in the card says what agreement is worth: none for an input, which the model is given; that of a model with observed
drivers for a conditional series; only the others are forecasts, and these given the policy that the scenario holds.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine import constant_values, run_design
from sdsocec.errors import DataError
from sdsocec.model.card import CARD
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.model.record import TestKind
from sdsocec.results import provenance
from sdsocec.results.observed import Observed, load_observed, series_stamp
from sdsocec.scenario import Scenario, acts_at_rest, default_scenarios, design_of, load_scenario

from .fit import FitStatistics, fit_statistics

if TYPE_CHECKING:
    from .plane_fit import Place

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TestSeries:
    """One series over its test years.

    Attributes
    ----------
    observed : Observed
        All its years.
    unit : str
        The variable's.
    years, values, errors : arrays, shape (n_years,)
        Of the test years, in the model's unit; an error is a standard error.
    """

    __test__ = False  # not a test of pytest's

    observed: Observed
    unit: str

    @property
    def name(self) -> str:
        return self.observed.name

    @property
    def kind(self) -> TestKind:
        """What agreement is worth: the model is given the figures (input), or their drivers (conditional), or neither."""
        assert self.observed.test_kind is not None, "the card gives every series with test years one"
        return self.observed.test_kind

    @property
    def years(self) -> NDArray[np.int64]:
        return self.observed.years[self.observed.is_test]

    @property
    def values(self) -> Floats:
        return self.observed.values[self.observed.is_test]

    @property
    def errors(self) -> Floats:
        return self.observed.errors[self.observed.is_test]


@dataclass(frozen=True)
class Hindcast:
    """Scenarios beside the test years.

    Attributes
    ----------
    scenario : Scenario
        That of the test years: what was done.
    scenarios : tuple of Scenario
        All that were run; `hindcast` puts `scenario` last.
    series : tuple of TestSeries
    simulated : tuple of arrays, shape (n_scenarios, n_years)
        One a series, in the model's unit.
    attributes : mapping
        Provenance.
    """

    model: LoadedModel
    scenario: Scenario
    scenarios: tuple[Scenario, ...]
    series: tuple[TestSeries, ...]
    simulated: tuple[Floats, ...]
    attributes: Mapping[str, Any]

    @property
    def n_values(self) -> int:
        """Observed values in the test years."""
        return sum(len(one.years) for one in self.series)

    @property
    def errors(self) -> tuple[Floats, ...]:
        """(simulated - observed) / standard error, one array a series, shape (n_scenarios, n_years)."""
        return tuple((s - one.values) / one.errors for one, s in zip(self.series, self.simulated, strict=True))

    @property
    def parts(self) -> Floats:
        """Sum of the squared errors over the test years of each series, shape (n_scenarios, n_series)."""
        return np.stack([(e**2).sum(axis=1) for e in self.errors], axis=1)

    @property
    def chi2(self) -> Floats:
        """Sum of the squared errors over all test years, shape (n_scenarios,)."""
        return np.asarray(self.parts.sum(axis=1))

    def of(self, scenarios: Sequence[Scenario]) -> Hindcast:
        """Other scenarios beside the same test years."""
        simulated, attributes = simulate(self.model, scenarios, self.series)
        attributes["series_sha256"] = self.attributes["series_sha256"]
        return replace(self, scenarios=tuple(scenarios), simulated=simulated, attributes=attributes)

    def statistics(self) -> dict[str, FitStatistics | None]:
        """The fit of the scenario of the test years by series; None where only one year can be compared."""
        return {
            one.name: fit_statistics(found[-1], one.values) if len(one.years) > 1 else None
            for one, found in zip(self.series, self.simulated, strict=True)
        }

    @property
    def last_errors(self) -> Floats:
        """Each scenario's error in the last test year of each series, in standard errors, shape (n_scenarios, n_series)."""
        return np.stack([e[:, -1] for e in self.errors], axis=1)

    @property
    def is_filled_in(self) -> bool:
        """Whether the scenario of the test years is another than that of the fit: then it was set in view of what happened."""
        card = self.model.card.calibration
        return card is not None and card.test_scenario != card.scenario

    @property
    def ranks(self) -> tuple[int | None, ...]:
        """Rank of each scenario by its root mean square of `last_errors`, 1 the nearest; equals share a rank.

        None for a scenario that was set in view of what happened: no forecast of it.
        """
        size = np.round((self.last_errors**2).mean(axis=1), 9)
        ranked = [not (self.is_filled_in and one.name == self.scenario.name) for one in self.scenarios]
        return tuple(
            1 + int((size[ranked] < one).sum()) if is_in else None for one, is_in in zip(size, ranked, strict=True)
        )


def test_series(model: LoadedModel) -> tuple[TestSeries, ...]:
    """The series of a model that have test years.

    Raises DataError if there is none, or the card names no scenario of the test years, or a file is wrong.
    """
    card = model.card.calibration
    path = model.folder / CARD
    if card is None or card.test_scenario is None:
        hint = "Add it: [calibration] test_scenario, the scenario that holds what was done; see models/social_economy/model.toml."
        raise DataError(f"the card of '{model.name}' names no scenario of the test years", path=path, hint=hint)
    found = tuple(
        TestSeries(one, model.equations.variables[name_key(split_element_name(one.variable)[0])].unit)
        for one in load_observed(model)
        if one.is_test.any()
    )
    if not found:
        hint = "Add them to a [[series]]: test = [2015, 2019]"
        raise DataError(f"no series of '{model.name}' has test years", path=path, hint=hint)
    return found


test_series.__test__ = False  # type: ignore[attr-defined]


def hindcast(model: LoadedModel) -> Hindcast:
    """Run the card's default scenarios and that of the test years, and hold them against the test years.

    Raises
    ------
    DataError
        There are no test years, or no scenario of them.
    RunError
        A number is not finite.
    """
    series = test_series(model)
    card = model.card.calibration
    assert card is not None and card.test_scenario is not None
    scenario = load_scenario(card.test_scenario, model)
    others = [one for one in default_scenarios(model) if one.name != scenario.name]
    scenarios = (*others, scenario)
    simulated, attributes = simulate(model, scenarios, series)
    attributes |= series_stamp([one.observed for one in series])
    return Hindcast(model, scenario, scenarios, series, simulated, attributes)


def simulate(
    model: LoadedModel, scenarios: Sequence[Scenario], series: Sequence[TestSeries]
) -> tuple[tuple[Floats, ...], dict[str, Any]]:
    """What scenarios give for the test years, one array a series, shape (n_scenarios, n_years); and where that comes from.

    Runs start from the stored initial values, unless a scenario sets what these depend on.
    """
    design = design_of(model, scenarios)
    end = float(max(one.years.max() for one in series)) + 1.0
    design = design.with_columns(("FINAL TIME",), np.array([[end]]))
    rests = model.card.equilibrium is not None and acts_at_rest(model, set(design.names))
    if rests:
        from sdsocec.scenario.equilibrium import spin_up

        design = spin_up(model, design)
    outputs = tuple(dict.fromkeys(one.observed.variable for one in series))
    run = run_design(model.equations, design, outputs=outputs, listed=constant_values(model.equations))
    names = tuple(scenario.name for scenario in scenarios)
    found = run.trajectories.require_finite(names)
    simulated = tuple(
        one.observed.simulated(found.times, found.values[:, :, outputs.index(one.observed.variable)])[
            :, one.observed.is_test
        ]
        for one in series
    )
    for one, values in zip(series, simulated, strict=True):
        if not np.isfinite(values).all():
            raise DataError(
                f"the runs do not cover the test years of '{one.name}', {one.years[0]} to {one.years[-1]}",
                name=one.name, hint="They are compared by calendar year; the model's Time must be one, and SAVEPER divide it.",
            )  # fmt: skip
    attributes = provenance(model, design, run, [(s.name, s.digest) for s in scenarios])
    return simulated, attributes | {"initial": "equilibrium" if rests else "stored"}


def hindcast_files(found: Hindcast, place: Place | None) -> dict[str, bytes]:
    """`test_years.csv` (every scenario, series and year), `plane.csv` (every point), `hindcast.json` (the rest)."""
    files = {"test_years.csv": _csv(
        ["series", "variable", "unit", "kind", "year", "observed", "standard error", "scenario", "simulated",
         "error in standard errors"],
        (
            [one.name, one.observed.variable, one.unit, one.kind, int(year), _exact(one.values[j]), _exact(one.errors[j]),
             scenario.name, _exact(simulated[i, j]), f"{errors[i, j]:.6g}"]
            for one, simulated, errors in zip(found.series, found.simulated, found.errors, strict=True)
            for i, scenario in enumerate(found.scenarios)
            for j, year in enumerate(one.years)
        ),
    )}  # fmt: skip
    content: dict[str, Any] = {
        **found.attributes,
        "scenario": found.scenario.name,
        "n_values": found.n_values,
        "series": {
            one.name: {"kind": one.kind, "years": one.years.tolist(), "statistics": vars(s) if s else None}
            for one, s in zip(found.series, found.statistics().values(), strict=True)
        },
        "chi2": {scenario.name: float(x) for scenario, x in zip(found.scenarios, found.chi2, strict=True)},
    }
    if place is not None:
        limit = place.limit
        files["plane.csv"] = _csv(
            [*place.axes, "chi2", "within region"],
            ([*(f"{at[axis]:.10g}" if axis in at else "" for axis in place.axes), f"{value:.10g}",
              "yes" if value <= limit else "no"]
             for at, value in zip(
                 map(place.at, np.concatenate([place.points, place.fine_points])),
                 np.concatenate([place.chi2, place.fine_chi2]), strict=True)),
        )  # fmt: skip
        content["plane"] = {
            "plane_sha256": place.plane.digest,
            "best": place.at(place.best),
            "chi2": place.chi2_best,
            "scale": place.scale,
            "limit": place.limit,
            "level": place.level,
            "share_of_grid": place.share,
            "places_on_an_axis": len(place.levels),
            "without": {
                name: {"best": place.at(point), "share_of_grid": share}
                for name, (point, share) in place.without.items()
            },
            "ranges": {axis: list(span) for axis, span in place.ranges.items()},
        }
    text = json.dumps(_plain(content), indent=1, ensure_ascii=False, allow_nan=False)
    return files | {"hindcast.json": f"{text}\n".encode()}


def _exact(value: float) -> str:
    return repr(float(value))


def _csv(header: Sequence[str], rows: Any) -> bytes:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return table.getvalue().encode()


def _plain(value: Any) -> Any:
    """JSON knows no NaN: None."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
