"""Hindcast: the test years, which no fit has seen, beside what the scenarios give for them.

    hindcast        the scenario of the test years, and others, against the test years of all series
    place_on_plane  the point of the scenario plane that is nearest to the test years, and all points that fit as well
    hindcast_files  both as files

A series whose drivers after the years to fit are data (`driven` in the card) shows a conditional fit there; only the others are
forecasts, and these given the policy that the scenario holds.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine import constant_values, run_design
from sdsocec.errors import DataError
from sdsocec.model.card import CARD
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.results import provenance
from sdsocec.results.observed import Observed, load_observed
from sdsocec.scenario import Scenario, acts_at_rest, default_scenarios, design_of, load_scenario
from sdsocec.scenario.plane import INTENSITY, Plane, load_plane, scenario_at

from .fit import FitStatistics, fit_statistics

Floats = NDArray[np.float64]
LEVEL = 0.9  # of the region
GRID = 21  # places on an axis: steps of 0.05
MOST_POINTS = 10_000  # with more axes, fewer places on each
_FINE, _PASSES = 7, 3  # around the best: so many places on an axis within a step either way, so often
_BATCH = 512  # points run at once


@dataclass(frozen=True)
class TestSeries:
    """One series over its test years.

    Attributes
    ----------
    observed : Observed
        All its years.
    unit : str
        The variable's.
    is_driven : bool
        What drives it in these years is data: its fit is conditional.
    years, values, errors : arrays, shape (n_years,)
        Of the test years, in the model's unit; an error is a standard error.
    """

    __test__ = False  # not a test of pytest's

    observed: Observed
    unit: str
    is_driven: bool

    @property
    def name(self) -> str:
        return self.observed.name

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
        simulated, attributes = _simulate(self.model, scenarios, self.series)
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
    def ranks(self) -> NDArray[np.int64]:
        """Rank of each scenario by its root mean square of `last_errors`, 1 the nearest; equals share a rank."""
        size = np.round((self.last_errors**2).mean(axis=1), 9)
        return np.array([1 + int((size < one).sum()) for one in size])


@dataclass(frozen=True)
class Place:
    """Where on the scenario plane the test years lie.

    Attributes
    ----------
    axes : tuple of str
        Of the plane, `intensity` last.
    levels : array, shape (n,)
        The places on each axis.
    points, parts : arrays, shapes (n_points, n_axes) and (n_points, n_series)
        All points of the regular grid, and the sum of each series' squared errors there, in standard errors.
    fine_points, fine_chi2 : arrays
        The points around the best, and the sum over all series.
    series : tuple of TestSeries
    slices : tuple of (float, array of shape (n, n))
        For three values of the last axis, chi2 over the first two axes (both from 0 to 1, the second along the rows); other axes
        at their best. For a plane with one axis: one slice, over that axis and the last.
    """

    model: LoadedModel
    plane: Plane
    axes: tuple[str, ...]
    levels: Floats
    points: Floats
    parts: Floats
    fine_points: Floats
    fine_chi2: Floats
    series: tuple[TestSeries, ...]
    slices: tuple[tuple[float, Floats], ...]

    @property
    def n_values(self) -> int:
        """Observed values."""
        return sum(len(one.years) for one in self.series)

    @property
    def chi2(self) -> Floats:
        """The sum over all series at the points of the regular grid, shape (n_points,)."""
        return np.asarray(self.parts.sum(axis=1))

    @property
    def best(self) -> Floats:
        """The point with the smallest chi2, shape (n_axes,)."""
        at = np.concatenate([self.chi2, self.fine_chi2]).argmin()
        return np.asarray(np.concatenate([self.points, self.fine_points])[at])

    @property
    def scenario(self) -> Scenario:
        """The scenario at the best point."""
        return scenario_at(self.model, dict(zip(self.axes, map(float, self.best), strict=True)), self.plane)

    @property
    def chi2_best(self) -> float:
        return float(min(self.chi2.min(), self.fine_chi2.min()))

    @property
    def scale(self) -> float:
        """What a unit of chi2 is worth: 1, or chi2 per degree of freedom of the best point where that does not fit either."""
        return _scale(self.chi2_best, self.n_values, len(self.axes))

    @property
    def limit(self) -> float:
        """The largest chi2 within the region: the best one plus `scale` times the 90 % quantile for so many axes."""
        return self.chi2_best + self.scale * _quantile(len(self.axes))

    @property
    def without(self) -> dict[str, tuple[Floats, float]]:
        """For each series, the best point of the regular grid if it is left out, and the share of the grid that fits as well."""
        found = {}
        for i, one in enumerate(self.series if len(self.series) > 1 else ()):
            chi2 = self.chi2 - self.parts[:, i]
            least = float(chi2.min())
            limit = least + _scale(least, self.n_values - len(one.years), len(self.axes)) * _quantile(len(self.axes))
            found[one.name] = (self.points[chi2.argmin()], float((chi2 <= limit).mean()))
        return found

    @property
    def decisive(self) -> tuple[str, ...]:
        """The series without which the best point would lie outside the region."""
        at = {tuple(point): chi2 for point, chi2 in zip(self.points.tolist(), self.chi2.tolist(), strict=True)}
        return tuple(name for name, (point, _) in self.without.items() if at[tuple(point.tolist())] > self.limit)

    @property
    def share(self) -> float:
        """The region as a share of the grid."""
        return float((self.chi2 <= self.limit).mean())

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """The smallest and the largest value of each axis within the region."""
        points = np.concatenate([self.points, self.fine_points])
        inside = points[np.concatenate([self.chi2, self.fine_chi2]) <= self.limit]
        return {axis: (float(inside[:, i].min()), float(inside[:, i].max())) for i, axis in enumerate(self.axes)}

    @property
    def unknown(self) -> tuple[str, ...]:
        """The axes of which the test years say nothing: the region reaches from one end to the other."""
        return tuple(axis for axis, (low, high) in self.ranges.items() if low <= 0 and high >= 1)


def test_series(model: LoadedModel) -> tuple[TestSeries, ...]:
    """The series of a model that have test years.

    Raises DataError if there is none, or the card names no scenario of the test years, or a file is wrong.
    """
    card = model.card.calibration
    path = model.folder / CARD
    if card is None or card.test_scenario is None:
        hint = "Add it: [calibration] test_scenario, the scenario that holds what was done; see models/social_economy/model.toml."
        raise DataError(f"the card of '{model.name}' names no scenario of the test years", path=path, hint=hint)
    driven = {series.name: series.driven for series in model.card.series}
    found = tuple(
        TestSeries(one, model.equations.variables[name_key(split_element_name(one.variable)[0])].unit, driven[one.name])
        for one in load_observed(model)
        if one.is_test.any()
    )
    if not found:
        hint = "Add them to a [[series]]: test = [2015, 2019]"
        raise DataError(f"no series of '{model.name}' has test years", path=path, hint=hint)
    return found


def _scale(least: float, n_values: int, n_axes: int) -> float:
    return max(1.0, least / max(1, n_values - n_axes))


def _quantile(n_axes: int) -> float:
    from scipy.stats import chi2

    return float(chi2.ppf(LEVEL, n_axes))


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
    simulated, attributes = _simulate(model, scenarios, series)
    attributes["series_sha256"] = json.dumps({one.name: one.observed.digest for one in series})
    return Hindcast(model, scenario, scenarios, series, simulated, attributes)


def _simulate(
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


def place_on_plane(
    model: LoadedModel, *, grid: int | None = None, progress: Callable[[int, int], None] | None = None
) -> Place:
    """The point of the scenario plane that is nearest to the test years, and the region of those that fit as well.

    All points of a regular grid are run, then finer ones around the best. A point's chi2 is the sum of ((simulated - observed) /
    standard error) squared over all test years. The 90 % region holds the points whose chi2 is above the smallest by no more than
    the quantile for so many axes, times `Place.scale`. It counts every year as a separate observation; errors that last from year
    to year make the true region larger.

    Parameters
    ----------
    grid : int, optional
        Places on each axis, by default 21 (fewer with more than three axes).
    progress : callable, optional
        Told how many points were run, of how many.

    Raises
    ------
    DataError
        There are no test years.
    ProjectError
        The scenarios span no plane.
    RunError
        A number is not finite.
    """
    plane = load_plane(model)
    series = test_series(model)
    axes = (*plane.axes, INTENSITY)
    n = grid or min(GRID, int(MOST_POINTS ** (1 / len(axes)) + 1e-9))
    levels = np.round(np.linspace(0.0, 1.0, n), 6)
    points = _lattice([levels] * len(axes))
    n_slices = 3 if len(axes) > 2 else 1
    total = len(points) + _PASSES * _FINE ** len(axes) + n_slices * n * n
    done = 0

    def parts_of(at: Floats) -> Floats:
        nonlocal done
        found = []
        for start in range(0, len(at), _BATCH):
            part = at[start : start + _BATCH]
            found.append(_parts(model, plane, axes, part, series))
            done += len(part)
            if progress is not None:
                progress(done, total)
        return np.concatenate(found)

    parts = parts_of(points)
    best, width = points[parts.sum(axis=1).argmin()], float(levels[1] - levels[0])
    fine_points, fine_chi2 = [], []
    for _ in range(_PASSES):
        spans = [(max(0.0, float(x) - width), min(1.0, float(x) + width)) for x in best]
        fine_points.append(_lattice([np.linspace(low, high, _FINE).round(6) for low, high in spans]))
        fine_chi2.append(parts_of(fine_points[-1]).sum(axis=1))
        best = fine_points[-1][fine_chi2[-1].argmin()]
        width /= _FINE // 2
    around, around_chi2 = np.concatenate(fine_points), np.concatenate(fine_chi2)
    place = Place(model, plane, axes, levels, points, parts, around, around_chi2, series, ())
    return replace(place, slices=tuple((value, parts_of(at).sum(axis=1).reshape(n, n)) for value, at in _slices(place)))


def _lattice(levels: Sequence[Floats]) -> Floats:
    """All combinations, the last axis fastest, shape (n_points, n_axes)."""
    return np.array(list(itertools.product(*levels)))


def _parts(model: LoadedModel, plane: Plane, axes: Sequence[str], at: Floats, series: Sequence[TestSeries]) -> Floats:
    scenarios = [scenario_at(model, dict(zip(axes, map(float, point), strict=True)), plane) for point in at]
    simulated, _ = _simulate(model, scenarios, series)
    squares = (((s - one.values) / one.errors) ** 2 for one, s in zip(series, simulated, strict=True))
    return np.stack([square.sum(axis=1) for square in squares], axis=1)


def _slices(place: Place) -> Iterator[tuple[float, Floats]]:
    """Three values of the last axis, and the points of the first two axes there (of one axis: the two axes themselves)."""
    if len(place.axes) == 2:
        yield float(place.best[-1]), place.points
        return
    for value in _three(place.ranges[place.axes[-1]][0], float(place.best[-1])):
        rows = np.tile(place.best, (len(place.levels) ** 2, 1))
        rows[:, :2] = _lattice([place.levels, place.levels])
        rows[:, -1] = value
        yield value, rows


def _three(low: float, best: float) -> list[float]:
    """The low end of the region, the best, and 1; where two are one, the middle of the widest gap instead."""
    found = sorted({round(x, 2) for x in (max(low, 0.05), 1.0)} - {round(best, 2)} | {best})
    while len(found) < 3:
        edges = [0.0, *found]
        gap = max(range(len(found)), key=lambda i: edges[i + 1] - edges[i])
        found = sorted([*found, round((edges[gap] + edges[gap + 1]) / 2, 2)])
    return found


def hindcast_files(found: Hindcast, place: Place | None) -> dict[str, bytes]:
    """`test_years.csv` (every scenario, series and year), `plane.csv` (every point), `hindcast.json` (the rest)."""
    files = {"test_years.csv": _csv(
        ["series", "variable", "unit", "kind", "year", "observed", "standard error", "scenario", "simulated",
         "error in standard errors"],
        (
            [one.name, one.observed.variable, one.unit, kind_of(one), int(year), _exact(one.values[j]), _exact(one.errors[j]),
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
            one.name: {"kind": kind_of(one), "years": one.years.tolist(), "statistics": vars(s) if s else None}
            for one, s in zip(found.series, found.statistics().values(), strict=True)
        },
        "chi2": {scenario.name: float(x) for scenario, x in zip(found.scenarios, found.chi2, strict=True)},
    }
    if place is not None:
        files["plane.csv"] = _csv(
            [*place.axes, "chi2", "within region"],
            ([*(f"{x:.10g}" for x in point), f"{value:.10g}", "yes" if value <= place.limit else "no"]
             for point, value in zip(
                 np.concatenate([place.points, place.fine_points]),
                 np.concatenate([place.chi2, place.fine_chi2]), strict=True)),
        )  # fmt: skip
        content["plane"] = {
            "plane_sha256": place.plane.digest,
            "best": dict(zip(place.axes, map(float, place.best), strict=True)),
            "chi2": place.chi2_best,
            "scale": place.scale,
            "limit": place.limit,
            "level": LEVEL,
            "share_of_grid": place.share,
            "places_on_an_axis": len(place.levels),
            "without": {
                name: {"best": dict(zip(place.axes, point.tolist(), strict=True)), "share_of_grid": share}
                for name, (point, share) in place.without.items()
            },
            "ranges": {axis: list(span) for axis, span in place.ranges.items()},
        }
    text = json.dumps(_plain(content), indent=1, ensure_ascii=False, allow_nan=False)
    return files | {"hindcast.json": f"{text}\n".encode()}


def kind_of(series: TestSeries) -> str:
    """`conditional fit` where the drivers are data, else `forecast`."""
    return "conditional fit" if series.is_driven else "forecast"


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
