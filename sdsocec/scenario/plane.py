"""The scenario plane: scenarios as corners of a square (or cube), and everything between them.

`plane.toml` beside the scenarios names the axes, the scenario at each corner, and the scenario that all start from. A point of
the plane is a scenario like any other: its levers lie between those of the corners, and `intensity` lies between the base and
all of that. Only what levers are set to is interpolated; never an outcome, never a date.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from sdsocec.cache import digest_of
from sdsocec.engine import constant_values
from sdsocec.errors import Fault, ProjectError, ScenarioError, nearest_name
from sdsocec.model.project import LoadedModel
from sdsocec.model.toml import FileModel, Text, TomlFile

from .files import PLANE, Scenario, Setting, load_scenario

INTENSITY = "intensity"


class Axis(FileModel):
    """An axis from 0 to 1, and what its ends mean."""

    label: Text
    low: Text
    high: Text


class Corner(FileModel):
    """The scenario at a corner: every axis at 0 or 1."""

    at: dict[str, float]
    scenario: str


class PlaneFile(FileModel):
    """What `plane.toml` holds."""

    title: Text
    base: str
    source: str = Field(min_length=1)
    axes: dict[str, Axis] = Field(min_length=1)
    corners: tuple[Corner, ...] = Field(alias="corner", strict=False)


@dataclass(frozen=True)
class Plane:
    """The corners' scenarios by their place, in the order of the axes (the last one fastest)."""

    title: Text
    axes: Mapping[str, Axis]
    base: Scenario
    corners: Mapping[tuple[int, ...], Scenario]
    path: Path
    digest: str


def has_plane(model: LoadedModel) -> bool:
    """Whether the model's scenarios have a plane."""
    return model.scenario_folder is not None and (model.scenario_folder / PLANE).is_file()


def load_plane(model: LoadedModel) -> Plane:
    """Read the plane of a model's scenarios.

    Raises ProjectError if there is none, ScenarioError with every fault of its file.
    """
    if not has_plane(model) or model.scenario_folder is None:
        raise ProjectError(
            f"the scenarios of '{model.name}' span no plane",
            path=model.scenario_folder,
            hint=f"A plane is a file {PLANE} beside the scenarios; see scenarios/social_economy.",
        )
    path = model.scenario_folder / PLANE
    file = TomlFile(path, ScenarioError)
    content = file.read(PlaneFile)
    faults = []
    corners: dict[tuple[int, ...], Scenario] = {}
    if INTENSITY in content.axes:
        faults.append(
            file.fault(f"'{INTENSITY}' is an axis of every plane", ("axes", INTENSITY), hint="Rename the axis.")
        )
    for i, corner in enumerate(content.corners):
        if set(corner.at) != set(content.axes) or not set(corner.at.values()) <= {0.0, 1.0}:
            what = f"a corner gives 0 or 1 for each of: {', '.join(content.axes)}"
            faults.append(file.fault(what, ("corner", i, "at")))
            continue
        place = tuple(int(corner.at[axis]) for axis in content.axes)
        if place in corners:
            faults.append(file.fault("this corner stands twice", ("corner", i, "at")))
        try:
            corners[place] = load_scenario(corner.scenario, model)
        except ProjectError as error:
            fault = error.faults[0]
            faults.append(
                file.fault(
                    fault.what, ("corner", i, "scenario"), name=fault.name, nearest=fault.nearest, hint=fault.hint
                )
            )
    missing = sorted(set(itertools.product((0, 1), repeat=len(content.axes))) - set(corners))
    if missing and not faults:
        shown = ", ".join(_shown(dict(zip(content.axes, map(float, place), strict=True))) for place in missing)
        faults.append(file.fault(f"the plane has no corner at {shown}", ("corner",)))
    if faults:
        raise ScenarioError(faults)
    base = load_scenario(content.base, model)
    digest = digest_of(file.text, base.digest, *(corners[place].digest for place in sorted(corners)))
    plane = Plane(content.title, content.axes, base, dict(sorted(corners.items())), path, digest)
    _require_one_kind(plane, model)
    return plane


def read_point(plane: Plane, text: str) -> dict[str, float]:
    """A point as typed, `g=0.4,v=0.7,intensity=0.5`; an axis left out is an error, intensity left out is 1."""
    point: dict[str, float] = {}
    shown = f"--at {text}"
    for part in text.split(","):
        name, separator, number = (piece.strip() for piece in part.partition("="))
        try:
            value = float(number.replace("_", "?")) if separator else math.nan  # Python alone would read 1_0 as 10
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            hint = "Write AXIS=VALUE,AXIS=VALUE; decimals with a point, as in g=0.4,v=0.7,intensity=0.5"
            raise ScenarioError(Fault(f"'{part.strip()}' is not a place on an axis", excerpt=shown, hint=hint))
        if name in point:
            raise ScenarioError(Fault(f"'{name}' is given twice", excerpt=shown, name=name))
        point[name] = value
    return _checked(plane, point, shown)


def scenario_at(model: LoadedModel, point: Mapping[str, float], plane: Plane | None = None) -> Scenario:
    """The scenario at a point of the plane.

    Each lever is `intensity x (corners, weighted by how near they are) + (1 - intensity) x base`, in this form, so that a
    corner at intensity 1, and the base at intensity 0, are those scenarios bit for bit (the study's specification, section 6).

    Parameters
    ----------
    point : mapping
        Each axis, in [0, 1]; `intensity`, by default 1.

    Raises
    ------
    ScenarioError
        An axis is unknown, missing, or outside [0, 1].
    """
    return scenarios_at(model, [point], plane)[0]


def scenarios_at(
    model: LoadedModel, points: Iterable[Mapping[str, float]], plane: Plane | None = None
) -> list[Scenario]:
    """`scenario_at` for many points, quicker."""
    plane = plane or load_plane(model)
    levers = _levers(model, plane)
    found = []
    for point in points:
        at = _checked(plane, point, "")
        intensity, name = at[INTENSITY], _shown(at)
        weights = [_weight(place, [at[axis] for axis in plane.axes]) for place in plane.corners]
        settings: dict[str, Setting] = dict(plane.base.settings)
        source = f"plane at {name}"
        for lever in levers:
            mixed = sum(weight * value for weight, value in zip(weights, lever.corners, strict=True))
            value = intensity * mixed + (1.0 - intensity) * lever.base if lever.dates else lever.base
            settings[lever.constant] = Setting(lever.constant, value, source, name)
            if value != lever.base:
                for constant, date in lever.dates:
                    settings[constant] = Setting(constant, date, source, name)
        title = Text(nl=_shown(at, ", "), en=_shown(at, ", "))
        found.append(Scenario(name, title, plane.title, settings, plane.path, digest_of(plane.digest, name)))
    return found


class _Lever(NamedTuple):
    """A lever on a plane: its value in the base and in each corner, and the dates of those who move it; none if nobody does."""

    constant: str
    base: float
    corners: tuple[float, ...]
    dates: tuple[tuple[str, float], ...]


def _levers(model: LoadedModel, plane: Plane) -> list[_Lever]:
    defaults = constant_values(model.equations)
    base, corners = plane.base.values, [corner.values for corner in plane.corners.values()]
    found = []
    for lever in model.card.levers:
        constant = f"{lever.name} scenario"
        start = base.get(constant, defaults[constant])
        mover = next((values for values in corners if _moves(values, constant, defaults, start)), None)
        dates: tuple[tuple[str, float], ...] = ()
        if mover is not None:  # its dates are those of all who move the lever: see load_plane
            names = (f"{lever.name} from year", f"{lever.name} full year")
            dates = tuple((name, mover.get(name, defaults[name])) for name in names)
        found.append(_Lever(constant, start, tuple(c.get(constant, defaults[constant]) for c in corners), dates))
    return found


def _weight(place: tuple[int, ...], at: list[float]) -> float:
    weight = 1.0
    for corner, x in zip(place, at, strict=True):
        weight *= x if corner else 1.0 - x
    return weight


def _moves(values: Mapping[str, float], constant: str, defaults: Mapping[str, float], start: float) -> bool:
    return values.get(constant, defaults[constant]) != start


def _require_one_kind(plane: Plane, model: LoadedModel) -> None:
    """Corners differ in what levers are set to, and in nothing else; else a point between them would mean nothing."""
    defaults = constant_values(model.equations)
    values = {f"{lever.name} scenario" for lever in model.card.levers}
    dates = {f"{lever.name} {part}": lever.name for lever in model.card.levers for part in ("from year", "full year")}
    faults = []
    for constant in sorted({name for s in plane.corners.values() for name in s.settings} - values):
        if constant in dates:
            lever = f"{dates[constant]} scenario"
            start = plane.base.values.get(lever, defaults[lever])
            who = [s for s in plane.corners.values() if _moves(s.values, lever, defaults, start)]
        else:
            who = [plane.base, *plane.corners.values()]
        found = {s.name: s.values.get(constant, defaults[constant]) for s in who}
        if len(set(found.values())) > 1:
            listed = ", ".join(f"{value:g} in {name}" for name, value in found.items())
            hint = "Only what levers are set to may differ between corners."
            faults.append(
                Fault(f"'{constant}' differs between corners: {listed}", plane.path, hint=hint, name=constant)
            )
    if faults:
        raise ScenarioError(faults)


def _checked(plane: Plane, point: Mapping[str, float], shown: str) -> dict[str, float]:
    valid = [*plane.axes, INTENSITY]
    wrong = [name for name, value in point.items() if isinstance(value, bool) or not isinstance(value, int | float)]
    if wrong:
        raise ScenarioError(Fault(f"'{wrong[0]}' is {point[wrong[0]]!r}; it must be a number", name=str(wrong[0])))
    faults = [
        Fault(f"the plane has no axis '{name}'", excerpt=shown, name=name, nearest=nearest_name(name, valid),
              hint=f"Axes: {', '.join(valid)}, each from 0 to 1.")
        for name in point if name not in valid
    ]  # fmt: skip
    faults += [
        Fault(f"'{name}' is {value:g}; it must be between 0 and 1", excerpt=shown, name=name)
        for name, value in point.items()
        if name in valid and not 0 <= value <= 1
    ]
    faults += [
        Fault(f"a point of the plane needs '{axis}'", excerpt=shown, name=axis, hint=_meaning(axis, plane.axes[axis]))
        for axis in plane.axes
        if axis not in point and not faults  # a name that is no axis was meant for one that is missing
    ]
    if faults:
        raise ScenarioError(faults)
    return {name: float(point.get(name, 1.0)) for name in valid}


def _meaning(name: str, axis: Axis) -> str:
    return f"{name} = 0: {axis.low.en}; {name} = 1: {axis.high.en}."


def _shown(point: Mapping[str, float], between: str = ",") -> str:
    return between.join(f"{name}={str(value).removesuffix('.0')}" for name, value in point.items())
