"""What a reader must know before taking a number for that of the whole, from stored initial values: the place, the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdsocec.results.shown import place_of

from .numbers import decimals_for, format_number
from .texts import catalogue, text

if TYPE_CHECKING:
    import xarray as xr


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


def as_sentence(found: str) -> str:
    """Conditions with a capital and a full stop; empty if there are none."""
    return f"{found[0].upper()}{found[1:]}." if found else ""
