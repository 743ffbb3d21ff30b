"""The error of the time step in one line, below a table."""

from __future__ import annotations

from sdsocec.api import ScenarioRuns, outcome_elements
from sdsocec.results.shown import outcome_labels

from .numbers import format_number, format_time, format_value
from .texts import text

MOST_LISTED = 3
TINY = 0.0005  # below this a share reads as 0.0%


def step_error_line(runs: ScenarioRuns, language: str = "en") -> str:
    """The largest errors by outcome, the worst with its scenario and time, and what the others stay below; or why none is known.

    The provenance has all of them.
    """
    accuracy = runs.accuracy
    if accuracy.reason:
        return text(language, "step_error_unknown", reason=accuracy.reason)
    own = set(outcome_elements(runs.model))
    errors = sorted(((name, e) for name, e in accuracy.by_output.items() if name in own), key=lambda item: -item[1])
    if not errors or errors[0][1] < TINY:
        return text(language, "step_error_none", least=_tiny(language))
    labels = outcome_labels(runs.model, language)
    told = [f"{labels.get(name, name)}: {_percent(error, language)}" for name, error in errors[:MOST_LISTED]]
    run, time = accuracy.places[errors[0][0]]
    scenario = runs.scenarios[run].title.in_language(language)
    told[0] = text(language, "step_error_worst", told=told[0], scenario=scenario, time=format_time(time, language))
    if len(errors) > MOST_LISTED:
        next_error = errors[MOST_LISTED][1]
        key = "step_error_others" if next_error >= TINY else "step_error_others_tiny"
        told.append(text(language, key, most=_percent(next_error, language)))
    return text(language, "step_error", listed="; ".join(told))


def _percent(error: float, language: str) -> str:
    """A share as tables round it; one that would read as nothing, by what it stays below."""
    return format_value(error, language, is_share=True) if error >= TINY else f"<{_tiny(language)}"


def _tiny(language: str) -> str:
    return format_number(100 * TINY, language, decimals=2) + "%"
