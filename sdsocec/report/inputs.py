"""Inputs that vary, as readers see them: their names, units and values."""

from __future__ import annotations

from collections.abc import Sequence

from sdsocec.model.names import name_key
from sdsocec.model.project import LoadedModel
from sdsocec.model.units import is_dimensionless
from sdsocec.results.shown import TIME_UNITS, shown_unit
from sdsocec.scenario.factors import Factor

from .numbers import format_ticks
from .texts import text

PER = "1/"
PERCENT = "percent"
CALENDAR = 1000.0  # a time above this is a year, which needs no unit
_CLOSE = 0.005  # of the range of an input: how far a written value may be off


def input_label(model: LoadedModel, factor: Factor, language: str) -> str:
    """An input by its label, or by its name in the model."""
    lever = next((lever for lever in model.card.levers if lever.name == factor.name), None)
    if lever is not None:
        return lever.label.in_language(language)
    return model.card.element_label(factor.name, language)


def has_unit(factor: Factor) -> bool:
    """Whether a value of an input needs its unit."""
    return bool(factor.unit) and not is_dimensionless(factor.unit) and abs(factor.distribution.low) < CALENDAR


def input_unit(model: LoadedModel, factor: Factor, language: str) -> str:
    """The unit of an input as readers see it: as the card shows it, else with units of time and percent in their language."""
    parts = factor.unit.split("/")
    if factor.unit in model.card.units or parts == [_word(part, language) for part in parts]:
        return shown_unit(model, factor.unit, language)
    return "/".join(_word(part, language) for part in parts)


def _word(unit: str, language: str) -> str:
    """A unit of time, or percent, in a language; any other as it is."""
    key = name_key(unit)
    if key == PERCENT:
        return text(language, "percent")
    known = TIME_UNITS.get(key) or TIME_UNITS.get(key.removesuffix("s"))
    return known.in_language(language) if known is not None else unit


def input_numbers(model: LoadedModel, factor: Factor, values: Sequence[float], language: str) -> list[str]:
    """Values of an input in the unit shown, each with the fewest decimals that say it to a two-hundredth of its range."""
    scale = model.card.unit(factor.unit)[0]
    width = scale * (factor.distribution.high - factor.distribution.low)
    numbers = [_rounded(scale * value, _CLOSE * width) for value in values]
    return [format_ticks([number], language)[0] for number in numbers]


def _rounded(number: float, close: float) -> float:
    """A number with the fewest decimals that are so close to it."""
    return next((round(number, d) for d in range(15) if abs(number - round(number, d)) <= close), number)
