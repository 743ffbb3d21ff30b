"""What a reader must know before taking a number for that of the whole, from stored initial values: the place, the start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sdsocec.results.shown import place_of

from .numbers import decimals_for, format_number
from .texts import catalogue, text

if TYPE_CHECKING:
    import xarray as xr

MOST_SETTINGS = 3  # named above a figure


def conditions(dataset: xr.Dataset, language: str) -> str:
    """The place that a result is of, with its size, and a start that is not the stored one; empty if there are none."""
    found = []
    place = place_of(dataset)
    if place is not None:
        size = format_number(100 * place.share, language, decimals=decimals_for([100 * place.share], 3))
        found.append(text(language, "place", place=place.title.in_language(language), share=size))
    initial = str(dataset.attrs.get("initial", "stored"))
    if initial != "stored":
        known = f"initial_{initial}" in catalogue(language)
        found.append(text(language, f"initial_{initial}") if known else text(language, "initial", initial=initial))
    return "; ".join(found)


def conditions_line(dataset: xr.Dataset, language: str) -> str:
    """The conditions as a sentence, to stand under tables; empty if there are none."""
    return as_sentence(conditions(dataset, language))


def settings_of(attributes: Mapping[str, Any], language: str) -> list[str]:
    """What was set by hand in every scenario: `quota share scenario = 0.03`."""
    try:
        settings = json.loads(str(attributes.get("settings", "{}")))
    except ValueError:
        return []
    mark = "," if language == "nl" else "."
    return [f"{name} = {f'{value:.10g}'.replace('.', mark)}" for name, value in settings.items()]


def settings_line(attributes: Mapping[str, Any], language: str, most: int | None = None) -> str:
    """What was set by hand as a sentence, the first `most` of it named; empty if nothing was."""
    shown = settings_of(attributes, language)
    if most is not None and len(shown) > most:
        shown = [*shown[:most], text(language, "beyond_more", n=len(shown) - most)]
    return text(language, "settings_line", settings="; ".join(shown)) if shown else ""


def as_sentence(found: str) -> str:
    """Conditions with a capital and a full stop; empty if there are none."""
    return f"{found[0].upper()}{found[1:]}." if found else ""
