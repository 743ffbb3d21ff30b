"""The scenario plane as maps of numbers: an outcome at every point of it, and which corner is best under other uncertainties.

map_plane    an outcome over two axes of the plane
map_corners  the corners' outcome over two uncertainties, all other things equal
rank_by_influence  which uncertainties move the differences between scenarios most, each alone
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.cache import digest_of
from sdsocec.errors import DesignError, RunError, ScenarioError, SdsocecError
from sdsocec.model.project import LoadedModel
from sdsocec.scenario import Scenario
from sdsocec.scenario.factors import Factor, values_of
from sdsocec.scenario.plane import INTENSITY, Plane, load_plane, scenarios_at

from .experiment import Experiment, Runs

Floats = NDArray[np.float64]
Progress = Callable[[int], None]
GRID = 81  # places on each axis of the plane: at half of it, a narrow valley comes out as a row of islands
CORNER_GRID = 41  # those surfaces are smooth, and each point is a run in every corner
MOST = 201
SIGNS = {"higher": 1.0, "lower": -1.0}
_ALIKE = 1e-9  # of the largest value there: what sdsocec calls equal
_LEVELS = 9  # places on the range of an uncertainty that is ranked
_BATCH = 2000  # runs between two words of progress


@dataclass(frozen=True)
class PlaneMap:
    """Outcomes over two axes of the plane.

    Attributes
    ----------
    axes : tuple of str
        The two that are drawn, the horizontal one first; `fixed` holds the place on the others.
    levels : array, shape (n,)
        Places on each of the two, from 0 to 1.
    values : array, shape (n, n, n_outputs)
        In the model's units; the first axis first.
    time : float
    attributes : dict
        The provenance.
    """

    model: LoadedModel
    plane: Plane
    axes: tuple[str, str]
    fixed: Mapping[str, float]
    levels: Floats
    outputs: tuple[str, ...]
    values: Floats
    time: float
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class CornerMap:
    """What an outcome is in each corner, over two uncertainties.

    Attributes
    ----------
    factors : tuple of Factor
        The horizontal one first; all others are as the .mdl has them.
    levels : tuple of arrays, shapes (n,)
        Places on each, in their units.
    values : array, shape (n, n, n_corners, n_outputs)
        In the model's units; corners in the order of `plane.corners`.
    initial : str
        Where runs start, as `Experiment` has it.
    attributes : dict
        The provenance.
    """

    model: LoadedModel
    plane: Plane
    factors: tuple[Factor, Factor]
    levels: tuple[Floats, Floats]
    outputs: tuple[str, ...]
    values: Floats
    time: float
    initial: str
    attributes: Mapping[str, Any]


def map_plane(
    model: LoadedModel,
    outputs: Sequence[str],
    *,
    time: float | None = None,
    at: Mapping[str, float] | None = None,
    settings: Mapping[str, float] | None = None,
    grid: int = GRID,
    progress: Progress | None = None,
) -> PlaneMap:
    """Run every point of a regular grid over the first two axes of the plane (of one axis: that and intensity).

    Parameters
    ----------
    outputs : sequence of str
        Element names.
    time : float, optional
        A saved time; by default the last.
    at : mapping, optional
        The place on the other axes; intensity is 1 by default, any other has to be given.
    settings : dict, optional
        Constants by name, set everywhere.
    progress : callable, optional
        Told how many runs were done since it was last told; there are grid x grid.

    Raises
    ------
    ProjectError
        The scenarios span no plane.
    ScenarioError
        `at` names an axis that is drawn, leaves one out, or a place outside it.
    RunError
        A number is not finite.
    """
    plane = load_plane(model)
    _require_grid(grid)
    every = (*plane.axes, INTENSITY)
    axes = (every[0], every[1])
    given = dict(at or {})
    for name in given:
        if name in axes:
            raise ScenarioError(f"'{name}' is an axis of the map; it has no one place", name=name)
    fixed = {name: float(given.pop(name, 1.0)) for name in (INTENSITY,) if name not in axes} | given
    levels = np.linspace(0.0, 1.0, grid).round(9)
    points = [dict(zip(axes, (float(x), float(y)), strict=True)) | fixed for x in levels for y in levels]
    scenarios = _set(scenarios_at(model, points, plane), settings)
    experiment = Experiment.of(model, scenarios, (), outputs)
    where = time_index(experiment.times, time)
    parts = []
    for start in range(0, len(points), _BATCH):
        some = replace(experiment, scenarios=experiment.scenarios[start : start + _BATCH])
        runs = some.runs(np.zeros((1, 0)), progress=progress)
        parts.append(_finite(runs, runs.values[0, :, where], "the plane"))
    chosen = np.concatenate(parts).reshape(grid, grid, len(outputs))
    grid_of = {"design": "plane", "axes": json.dumps(axes), "grid": grid, "at": json.dumps(fixed)}
    return PlaneMap(
        model, plane, axes, fixed, levels, tuple(outputs), chosen, experiment.times[where],
        _attributes(experiment, plane, settings, grid_of),
    )  # fmt: skip


def map_corners(
    model: LoadedModel,
    factors: Sequence[Factor],
    outputs: Sequence[str],
    *,
    time: float | None = None,
    settings: Mapping[str, float] | None = None,
    grid: int = CORNER_GRID,
    progress: Progress | None = None,
) -> CornerMap:
    """Run the corners of the plane over a regular grid of two uncertainties.

    Raises
    ------
    DesignError
        There are not two factors.
    ProjectError
        The scenarios span no plane.
    RunError
        A number is not finite.
    """
    plane = load_plane(model)
    _require_grid(grid)
    if len(factors) != 2:
        raise DesignError(f"a map has two axes, not {len(factors)}", hint='As in: --by "NAME,OTHER NAME"')
    first, second = factors
    levels = [np.linspace(f.distribution.low, f.distribution.high, grid) for f in (first, second)]
    rows = np.stack([x.ravel() for x in np.meshgrid(*levels, indexing="ij")], axis=1)
    corners = _set(list(plane.corners.values()), settings)
    experiment = Experiment.of(model, corners, (first, second), outputs)
    where = time_index(experiment.times, time)
    runs = Runs.joined(
        [experiment.runs(rows[i : i + _BATCH], progress=progress, first=i) for i in range(0, len(rows), _BATCH)]
    )
    chosen = _finite(runs, runs.values[:, :, where], "the corners")
    chosen = chosen.reshape(grid, grid, len(plane.corners), len(outputs))
    spans = {factor.name: [factor.distribution.low, factor.distribution.high] for factor in (first, second)}
    return CornerMap(
        model, plane, (first, second), (levels[0], levels[1]), tuple(outputs), chosen, experiment.times[where],
        experiment.initial,
        _attributes(experiment, plane, settings, {"design": "grid", "factors": json.dumps(spans), "grid": grid}),
    )  # fmt: skip


def rank_by_influence(
    model: LoadedModel,
    scenarios: Sequence[Scenario],
    factors: Sequence[Factor],
    output: str,
    *,
    time: float | None = None,
    settings: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> list[tuple[Factor, float]]:
    """Factors by how far each alone moves the differences between scenarios, the most first.

    The measure is the standard deviation, over a factor's distribution and the scenarios, of a scenario's distance from the mean
    of all: what moves every scenario alike changes no choice and counts as 0. It is in the model's unit of the output. Factors
    are moved one at a time, from the values of the .mdl and the `settings`; all start alike.
    """
    whole = Experiment.of(model, _set(list(scenarios), settings), factors, (output,))
    where = time_index(whole.times, time)
    ranked = []
    levels = (np.arange(_LEVELS) + 0.5) / _LEVELS
    for factor in factors:
        runs = replace(whole, factors=(factor,)).runs(values_of((factor,), levels[:, None]), progress=progress)
        at = _finite(runs, runs.values[:, :, where, 0], f"'{factor.name}'")
        ranked.append((factor, float(np.sqrt((at - at.mean(axis=1, keepdims=True)).var(axis=0).mean()))))
    return sorted(ranked, key=lambda pair: -pair[1])


def margins(values: Floats, direction: str) -> Floats:
    """By how much each corner is better than the best other one, shape (..., n_corners); below 0 where it is not the best.

    Parameters
    ----------
    values : array, shape (..., n_corners)
    direction : {"higher", "lower"}

    >>> margins(np.array([3.0, 5.0, 4.0]), "lower").tolist()
    [1.0, -2.0, -1.0]
    """
    if direction not in SIGNS:
        raise SdsocecError(
            f"no corner is best by an outcome whose direction is '{direction}'", name=direction,
            hint="Name an outcome that should rise or fall.",
        )  # fmt: skip
    good = SIGNS[direction] * values
    found = np.empty_like(good)
    for i in range(good.shape[-1]):
        others = np.delete(good, i, axis=-1)
        found[..., i] = good[..., i] - (others.max(axis=-1) if others.shape[-1] else -np.inf)
    return found


def best_of(values: Floats, direction: str, smallest: float = 0.0) -> NDArray[np.intp]:
    """Which corner is best, shape (...); -1 where the best two differ by no more than `smallest`.

    >>> best_of(np.array([[3.0, 5.0], [4.0, 4.0]]), "lower").tolist()
    [0, -1]
    """
    margin = margins(values, direction)
    best = margin.argmax(axis=-1)
    least = np.maximum(smallest, _ALIKE * np.abs(values).max(axis=-1, initial=0.0))
    return np.asarray(np.where(margin.max(axis=-1) > least, best, -1), dtype=np.intp)


def time_index(times: Sequence[float], wanted: float | None) -> int:
    """The position of a saved time; of the last by default."""
    if wanted is None:
        return len(times) - 1
    where = int(np.abs(np.asarray(times) - wanted).argmin())
    if abs(times[where] - wanted) > 1e-6:
        raise SdsocecError(
            f"{wanted:g} is not a saved time", name=f"{wanted:g}",
            hint=f"Saved: {times[0]:g} to {times[-1]:g}; the nearest is {times[where]:g}.",
        )  # fmt: skip
    return where


def _set(scenarios: list[Scenario], settings: Mapping[str, float] | None) -> list[Scenario]:
    return [scenario.with_settings(settings) for scenario in scenarios] if settings else scenarios


def _attributes(
    experiment: Experiment, plane: Plane, settings: Mapping[str, float] | None, design: Mapping[str, Any]
) -> dict[str, Any]:
    """The provenance of a map; its scenarios are those of the plane."""
    every = (plane.base, *plane.corners.values())
    return {
        **experiment.origin(every),
        "plane_sha256": plane.digest,
        "design_sha256": digest_of(json.dumps({**design, "settings": dict(settings or {})}, sort_keys=True)),
        **design,
        "settings": json.dumps(dict(settings or {})),
        "initial": experiment.initial,
    }


def _require_grid(grid: int) -> None:
    if not 3 <= grid <= MOST:
        raise DesignError(f"the grid is {grid}; it must be between 3 and {MOST} places on each axis")


def _finite(runs: Runs, values: Floats, where: str) -> Floats:
    """Those of the values of runs that a map is made of; RunError if one of them is not finite."""
    n = int((~np.isfinite(values)).sum())
    if n:
        hint = "Narrow what varies, or see which constants fail: sdsocec run --set NAME=VALUE"
        raise RunError(
            f"{n} numbers of {where} are not finite" + (f": {runs.reason}" if runs.reason else ""), hint=hint
        )
    return values
