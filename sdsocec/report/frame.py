"""What a command says around its tables: what it runs, what a reader must know, where the files are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sdsocec.model.project import LoadedModel
from sdsocec.results.shown import place_of, shown_unit
from sdsocec.scenario import Scenario

from .numbers import format_number
from .texts import text

if TYPE_CHECKING:
    import xarray as xr


def model_line(model: LoadedModel, scenarios: Sequence[Scenario], language: str = "en") -> str:
    """Which model of which project is run, and the scenarios: each by name, with its title where that is another word."""
    listed = ", ".join(_named(scenario, language) for scenario in scenarios)
    if model.project is None:
        return text(language, "frame_model_at", model=model.name, path=model.equations.path, scenarios=listed)
    key = "frame_model_bundled" if model.project.is_bundled else "frame_model"
    return text(language, key, model=model.name, project=model.project, scenarios=listed)


def _named(scenario: Scenario, language: str) -> str:
    title = scenario.title.in_language(language)
    if not title or title.casefold().replace(" ", "") == scenario.name.casefold().replace(" ", ""):
        return scenario.name
    return text(language, "frame_scenario", name=scenario.name, title=title)


def written_line(folder: Path, files: Iterable[str], language: str = "en") -> str:
    """Which files are where."""
    return text(language, "frame_written", folder=folder, files=", ".join(files))


def place_lines(dataset: xr.Dataset, model: LoadedModel, language: str = "en") -> list[str]:
    """How amounts of a place are rounded in print; none for a result of the whole, or where every amount means something."""
    place = place_of(dataset)
    if place is None:
        return []
    lines = []
    used = {variable.unit for variable in model.equations.variables.values() if variable.kind == "stock"}
    for unit, shown in model.card.units.items():
        if shown.smallest > 0 and unit in used:
            least = shown.smallest * shown.factor
            smallest = format_number(least, language, decimals=0 if least == round(least) else 2)
            values = {"unit": shown_unit(model, unit, language), "smallest": smallest}
            lines.append(text(language, "place_rounded", place=place.title.in_language(language), **values))
    return lines
