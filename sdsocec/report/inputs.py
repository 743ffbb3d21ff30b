"""Inputs that vary, as readers see them: their names, units and values."""

from __future__ import annotations

from collections.abc import Sequence

from sdsocec.model.names import name_key
from sdsocec.model.project import LoadedModel
from sdsocec.model.units import is_dimensionless
from sdsocec.results.shown import TIME_UNITS, shown_unit
from sdsocec.scenario.factors import Factor

from .numbers import format_ticks

PER = "1/"
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
    """The unit of an input as readers see it; units of time in their language."""
    start = PER if factor.unit.startswith(PER) else ""
    rest = factor.unit.removeprefix(PER)
    time = TIME_UNITS.get(name_key(rest)) or TIME_UNITS.get(name_key(rest).removesuffix("s"))
    if time is not None:
        return start + time.in_language(language)
    return shown_unit(model, factor.unit, language)


def input_numbers(model: LoadedModel, factor: Factor, values: Sequence[float], language: str) -> list[str]:
    """Values of an input in the unit shown, with the fewest decimals that say all of them to a two-hundredth of its range."""
    scale = model.card.unit(factor.unit)[0]
    width = scale * (factor.distribution.high - factor.distribution.low)
    numbers = [scale * value for value in values]
    decimals = next((d for d in range(15) if _worst(numbers, d) <= _CLOSE * width), 15)
    return format_ticks([round(number, decimals) for number in numbers], language)


def _worst(numbers: Sequence[float], decimals: int) -> float:
    return max(abs(number - round(number, decimals)) for number in numbers)
