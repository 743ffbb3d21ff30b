"""What readers are shown of a result: the outcomes of the card in their language and in the card's units.

Tables, figures and files for people all start here, so that a number is the same in each of them.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.model.names import element_name, name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.model.toml import Text
from sdsocec.model.units import is_dimensionless

if TYPE_CHECKING:
    import xarray as xr

RUN_DIMENSIONS = ("scenario", "run")
NO_UNIT = Text(nl="zonder eenheid", en="no unit")
YES_IS_1 = Text(nl="1 = ja", en="1 = yes")
UNKNOWN_UNIT = Text(nl="eenheid onbekend", en="unit unknown")
TIME_UNITS = {
    "year": Text(nl="jaar", en="year"),
    "quarter": Text(nl="kwartaal", en="quarter"),
    "month": Text(nl="maand", en="month"),
    "week": Text(nl="week", en="week"),
    "day": Text(nl="dag", en="day"),
    "hour": Text(nl="uur", en="hour"),
    "minute": Text(nl="minuut", en="minute"),
    "second": Text(nl="seconde", en="second"),
}
TIME = Text(nl="tijd", en="time")


@dataclass(frozen=True)
class ShownOutcome:
    """One outcome (or one element of it) in the unit shown.

    Attributes
    ----------
    variable : str
        Its name in the model, `name` or `name[element]`.
    label, unit : str
        In the reader's language.
    values : array, shape (n_runs, n_times)
        In `unit`; a share stays a fraction. NaN where the model has no equation.
    is_share : bool
        So on the card: tables and figures show it as a percentage.
    is_yes_no : bool
        So on the card: tables say yes for 1 and no for 0.
    smallest : float
        In `unit`: below this an amount is too small to mean anything.
    step : float
        In `unit`: what amounts are rounded to; 0 where they are not. See `step_shown`.
    note : str
        What a reader must know to read it, in the reader's language.
    """

    variable: str
    label: str
    unit: str
    values: NDArray[np.float64]
    is_share: bool
    is_yes_no: bool = False
    smallest: float = 0.0
    step: float = 0.0
    note: str = ""


def shown_outcomes(dataset: xr.Dataset, model: LoadedModel, language: str = "en") -> list[ShownOutcome]:
    """The outcomes of the card that the result holds, in the card's order; elements in row-major order."""
    names = {name_key(str(name)): str(name) for name in dataset.data_vars}
    found = []
    for outcome in model.card.outcomes:
        base, wanted = split_element_name(outcome.variable)
        name = names.get(name_key(base))
        if name is None:
            continue
        label = outcome.label.in_language(language)
        unit = str(dataset[name].attrs.get("units", ""))
        factor, smallest = model.card.unit(unit)[0], smallest_shown(model, unit)
        step, note = step_shown(dataset, model, unit), outcome.note.in_language(language) if outcome.note else ""
        is_part, is_yes_no = outcome.shown == "share", outcome.shown == "yes/no"
        shown = YES_IS_1.in_language(language) if is_yes_no else shown_unit(model, unit, language)
        for elements, values in variable_elements(dataset, name):
            if wanted and tuple(map(name_key, wanted)) != tuple(map(name_key, elements)):
                continue
            whole = f"{label}: {', '.join(elements)}" if elements and not wanted else label
            variable = element_name(name, elements)
            numbers = values * factor
            found.append(ShownOutcome(variable, whole, shown, numbers, is_part, is_yes_no, smallest, step, note))
    return found


def outcome_labels(model: LoadedModel, language: str) -> dict[str, str]:
    """The label of each outcome of the card by its name in the model."""
    return {outcome.variable: outcome.label.in_language(language) for outcome in model.card.outcomes}


def variable_elements(dataset: xr.Dataset, name: str) -> Iterator[tuple[tuple[str, ...], NDArray[np.float64]]]:
    """Every element of a variable with its values, shape (n_runs, n_times)."""
    array = dataset.variables[name]
    ranges = [str(d) for d in array.dims if d not in (*RUN_DIMENSIONS, "time")]
    labels = [dataset.variables[d].values for d in ranges]
    values: NDArray[np.float64] = array.transpose(run_dimension(dataset), "time", *ranges).values
    for place in itertools.product(*(range(array.sizes[d]) for d in ranges)):
        elements = tuple(str(label[i]) for label, i in zip(labels, place, strict=True))
        at: tuple[Any, ...] = (slice(None), slice(None), *place)
        yield elements, values[at]


def is_share(model: LoadedModel, variable: str) -> bool:
    """Whether a variable, or one of its elements, is an outcome that the card shows as a share."""
    keys = {name_key(variable), name_key(split_element_name(variable)[0])}
    return any(outcome.shown == "share" and name_key(outcome.variable) in keys for outcome in model.card.outcomes)


def smallest_shown(model: LoadedModel, unit: str) -> float:
    """The smallest amount of a unit of the model that means anything, as readers see it; 0 where every amount does."""
    known = model.card.units.get(unit)
    return known.smallest * known.factor if known is not None else 0.0


def step_shown(dataset: xr.Dataset, model: LoadedModel, unit: str) -> float:
    """What amounts of a unit are rounded to in print, as readers see it; 0 where they are not.

    In a part of the whole totals are small enough to take the rest from, so that an amount that is too small to mean anything
    could be worked out: there amounts are rounded to the smallest that means something.
    """
    return smallest_shown(model, unit) if place_of(dataset) is not None else 0.0


def shown_unit(model: LoadedModel, unit: str, language: str) -> str:
    """A unit of the model as readers see it."""
    if unit not in model.card.units:
        if not unit:
            return UNKNOWN_UNIT.in_language(language)
        if is_dimensionless(unit):
            return NO_UNIT.in_language(language)
    return model.card.unit(unit)[1].in_language(language)


def shown_time_unit(dataset: xr.Dataset, language: str) -> str:
    """The word for time on an axis or above a column: the unit in the reader's language."""
    unit = str(dataset["time"].attrs.get("units", ""))
    key = name_key(unit)
    known = TIME_UNITS.get(key) or TIME_UNITS.get(key.removesuffix("s"))
    return (known or (Text(nl=unit, en=unit) if unit else TIME)).in_language(language)


def is_in_years(dataset: xr.Dataset) -> bool:
    """Whether time counts in years."""
    return is_year(str(dataset["time"].attrs.get("units", "")))


def is_year(unit: str) -> bool:
    """Whether a unit of time is the year."""
    return name_key(unit) in ("year", "years")


def shown_times(dataset: xr.Dataset) -> list[int]:
    """The positions of the saved times that people read: whole years; all of them if time is not in years."""
    times = dataset["time"].values
    whole = [i for i, time in enumerate(times) if is_whole(time)]
    return whole if is_in_years(dataset) and len(whole) > 1 else list(range(len(times)))


def is_whole(time: float) -> bool:
    """Whether a time is a whole number, but for rounding of the machine."""
    return abs(time - round(time)) < 1e-6


@dataclass(frozen=True)
class Place:
    """The part of the whole that a result is of: `share` is its size, with which amounts were multiplied."""

    name: str
    title: Text
    share: float


def place_of(dataset: xr.Dataset) -> Place | None:
    """The place that a result is of; None if it is of the whole."""
    if "profile" not in dataset.attrs:
        return None
    known = json.loads(str(dataset.attrs["profile"]))
    name = str(known["name"])
    title = known.get("title", {"nl": name, "en": name})
    return Place(name, Text(nl=title["nl"], en=title["en"]), float(known["share"]))


def run_dimension(dataset: xr.Dataset) -> str:
    """The dimension that counts runs: `scenario` or `run`."""
    return next(str(d) for d in dataset.dims if d in RUN_DIMENSIONS)


def run_names(dataset: xr.Dataset) -> list[str]:
    """The names of scenarios, or the numbers of runs, as text."""
    return [str(name) for name in dataset[run_dimension(dataset)].values]


def plain_attributes(dataset: xr.Dataset) -> dict[str, Any]:
    """The provenance of a result as values that JSON knows."""
    return plain(dataset.attrs)


def plain(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    """Attributes as values that JSON knows: numbers that are not finite become None, numpy's scalars Python's."""
    return {str(key): _plain(value) for key, value in attributes.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)
