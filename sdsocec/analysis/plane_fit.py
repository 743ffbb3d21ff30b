"""Where on the scenario plane the test years lie: the nearest point, and all points that fit them as well."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sdsocec.model.project import LoadedModel
from sdsocec.scenario import Scenario
from sdsocec.scenario.plane import INTENSITY, Plane, load_plane, scenario_at, scenarios_at

from .hindcast import TestSeries, simulate, test_series

Floats = NDArray[np.float64]
LEVEL = 0.9  # of the region
GRID = 21  # places on an axis: steps of 0.05
MOST_POINTS = 10_000  # with more axes, fewer places on each
_FINE, _PASSES = 7, 3  # around the best: so many places on an axis within a step either way, so often
_BATCH = 512  # points run at once


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
        The points of the regular grid, and the sum of each series' squared errors there, in standard errors. At intensity 0 all
        are one run, the base: one point, at 0 on every axis.
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
    level: float = LEVEL

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

    def at(self, point: Floats) -> dict[str, float]:
        """A point by axis; at intensity 0 the others mean nothing, and are left out."""
        found = dict(zip(self.axes, point.tolist(), strict=True))
        return {INTENSITY: 0.0} if found[INTENSITY] == 0 else found

    @property
    def limit(self) -> float:
        """The largest chi2 within the region: the best one plus what 90 % of records would add at most."""
        return self.chi2_best + _margin(self.chi2_best, self.n_values, len(self.axes))

    @property
    def without(self) -> dict[str, tuple[Floats, float]]:
        """For each series, the best point of the regular grid if it is left out, and the share of the grid that fits as well."""
        found = {}
        for i, one in enumerate(self.series if len(self.series) > 1 else ()):
            chi2 = self.chi2 - self.parts[:, i]
            least = float(chi2.min())
            limit = least + _margin(least, self.n_values - len(one.years), len(self.axes))
            found[one.name] = (self.points[chi2.argmin()], float((chi2 <= limit).mean()))
        return found

    @property
    def decisive(self) -> tuple[str, ...]:
        """The series without which the best point would lie outside the region."""
        at = {tuple(point): chi2 for point, chi2 in zip(self.points.tolist(), self.chi2.tolist(), strict=True)}
        return tuple(name for name, (point, _) in self.without.items() if at[tuple(point.tolist())] > self.limit)

    @property
    def share(self) -> float:
        """The region as a share of the points of the grid."""
        return float((self.chi2 <= self.limit).mean())

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """The smallest and the largest value of each axis within the region; of intensity alone, if it holds the base only."""
        points = np.concatenate([self.points, self.fine_points])
        inside = points[np.concatenate([self.chi2, self.fine_chi2]) <= self.limit]
        acting = inside[inside[:, -1] > 0]
        found = {}
        for i, axis in enumerate(self.axes):
            values = (inside if axis == INTENSITY else acting)[:, i]
            if values.size:
                found[axis] = (float(values.min()), float(values.max()))
        return found

    @property
    def unknown(self) -> tuple[str, ...]:
        """The axes of which the test years say nothing: the region reaches from one end to the other."""
        return tuple(axis for axis, (low, high) in self.ranges.items() if low <= 0 and high >= 1)


def _scale(least: float, n_values: int, n_axes: int) -> float:
    return max(1.0, least / max(1, n_values - n_axes))


def _margin(least: float, n_values: int, n_axes: int) -> float:
    """How far above the least chi2 the region reaches."""
    from scipy.stats import chi2, f

    scale = _scale(least, n_values, n_axes)
    if scale == 1:
        return float(chi2.ppf(LEVEL, n_axes))
    return scale * n_axes * float(f.ppf(LEVEL, n_axes, max(1, n_values - n_axes)))


def place_on_plane(
    model: LoadedModel, *, grid: int | None = None, progress: Callable[[int, int], None] | None = None
) -> Place:
    """The point of the scenario plane that is nearest to the test years, and the region of those that fit as well.

    All points of a regular grid are run, then finer ones around the best. A point's chi2 is the sum of ((simulated - observed) /
    standard error) squared over all test years. The 90 % region holds the points whose chi2 is above the smallest by no more than
    the quantile of chi2 for so many axes, p; where even the smallest does not fit, by `Place.scale` times p times that of
    F(p, n - p), as the scale is then estimated from the same n values. It counts every year as a separate observation; errors
    that last from year to year make the true region larger.

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
    points = _distinct(_lattice([levels] * len(axes)))
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
        fine_points.append(_distinct(_lattice([np.linspace(low, high, _FINE).round(6) for low, high in spans])))
        fine_chi2.append(parts_of(fine_points[-1]).sum(axis=1))
        best = fine_points[-1][fine_chi2[-1].argmin()]
        width /= _FINE // 2
    around, around_chi2 = np.concatenate(fine_points), np.concatenate(fine_chi2)
    place = Place(model, plane, axes, levels, points, parts, around, around_chi2, series, ())
    return replace(place, slices=tuple((value, parts_of(at).sum(axis=1).reshape(n, n)) for value, at in _slices(place)))


def _lattice(levels: Sequence[Floats]) -> Floats:
    """All combinations, the last axis fastest, shape (n_points, n_axes)."""
    return np.array(list(itertools.product(*levels)))


def _distinct(points: Floats) -> Floats:
    """Points with intensity 0, which are all one run, as one, at 0 on every axis."""
    acting = points[points[:, -1] > 0]
    return acting if len(acting) == len(points) else np.concatenate([np.zeros((1, points.shape[1])), acting])


def _parts(model: LoadedModel, plane: Plane, axes: Sequence[str], at: Floats, series: Sequence[TestSeries]) -> Floats:
    scenarios = scenarios_at(model, [dict(zip(axes, map(float, point), strict=True)) for point in at], plane)
    simulated, _ = simulate(model, scenarios, series)
    squares = (((s - one.values) / one.errors) ** 2 for one, s in zip(series, simulated, strict=True))
    return np.stack([square.sum(axis=1) for square in squares], axis=1)


def _slices(place: Place) -> Iterator[tuple[float, Floats]]:
    """Three values of the last axis, and the points of the first two axes there (of one axis: the two axes themselves)."""
    if len(place.axes) == 2:
        yield float(place.best[-1]), _lattice([place.levels, place.levels])
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
