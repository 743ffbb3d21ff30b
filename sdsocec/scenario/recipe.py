"""Recipes: what was run, as JSON that a result carries, so that the same can be run again.

A recipe names things and holds numbers; it holds no path. Scenarios that are no file of anybody, made in Python, are held whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from sdsocec.errors import Fault, ProjectError, ScenarioError
from sdsocec.model.project import LoadedModel
from sdsocec.model.toml import FileModel, Text

from .files import PLANE, Scenario, as_it_stands, load_scenario, scenario_names

LARGEST_RECIPE = 4_000_000  # characters
BY_HAND = "set by hand"  # the source that `Scenario.with_settings` gives

Number = Annotated[float, Field(allow_inf_nan=False)]


class ScenarioRecipe(FileModel):
    """A scenario that was run.

    `origin` tells where it is found again: among the project's scenarios, in a file elsewhere (`name` is then its stem), on the
    plane (`name` is the point), the model as it stands, or here. `set` is what was set otherwise than there.
    """

    name: str
    origin: Literal["project", "file", "plane", "model", "here"] = "project"
    set: dict[str, Number] = {}
    title: Text | None = None


class Recipe(FileModel):
    """Scenarios that were run; the arguments of `sdsocec.run`."""

    scenarios: tuple[ScenarioRecipe, ...] = Field(strict=False)
    settings: dict[str, Number] = {}
    profile: str | None = None
    initial: str = "stored"
    engine: str = "native"
    integrator: str = "euler"

    def text(self) -> str:
        """As JSON, without what is as by default."""
        return json.dumps(self.model_dump(exclude_defaults=True), ensure_ascii=False)


def read_recipe(text: str) -> Recipe:
    """A recipe from its JSON; ProjectError if it is none."""
    hint = "The file was changed, or written by another version of sdsocec."
    if len(text) > LARGEST_RECIPE:
        raise ProjectError(f"the recipe has {len(text):,} characters; the most that is read is {LARGEST_RECIPE:,}")
    try:
        return Recipe.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))[:80]
        what = f"the recipe is wrong{f' at {place}' if place else ''}: {first['msg'][:200]}"
        raise ProjectError(what, hint=hint) from None


def scenario_recipes(scenarios: Sequence[Scenario], model: LoadedModel) -> tuple[ScenarioRecipe, ...]:
    """The recipes of scenarios of a model."""
    return tuple(_recipe_of(scenario, model) for scenario in scenarios)


def _recipe_of(scenario: Scenario, model: LoadedModel) -> ScenarioRecipe:
    if scenario.path is None:
        is_model = scenario.name == model.name and not scenario.digest
        title = None if is_model else scenario.title
        return ScenarioRecipe(
            name=scenario.name, origin="model" if is_model else "here", set=scenario.values, title=title
        )
    if scenario.path.name == PLANE:
        origin: Literal["plane", "project", "file"] = "plane"
    else:
        folder = model.scenario_folder
        is_own = folder is not None and scenario.path.resolve().parent == folder.resolve()
        origin = "project" if is_own else "file"
    by_hand = {name: setting.value for name, setting in scenario.settings.items() if setting.source == BY_HAND}
    return ScenarioRecipe(name=scenario.name, origin=origin, set=by_hand)


def scenarios_of(recipe: Recipe, model: LoadedModel, files: Sequence[Path] = ()) -> list[Scenario]:
    """The scenarios of a recipe, found again by their names.

    Parameters
    ----------
    files : sequence of Path
        Where scenarios may be that are not the project's; their stems count.

    Raises
    ------
    SdsocecError
        One is gone, or its file is wrong.
    """
    by_stem = {path.stem: path for path in files}
    return [_scenario_of(one, model, by_stem) for one in recipe.scenarios]


def _scenario_of(recipe: ScenarioRecipe, model: LoadedModel, files: Mapping[str, Path]) -> Scenario:
    if recipe.origin == "model":
        found = as_it_stands(model)
    elif recipe.origin == "here":
        title = recipe.title or Text(nl=recipe.name, en=recipe.name)
        found = Scenario(recipe.name, title, title)
    elif recipe.origin == "plane":
        from .plane import load_plane, read_point, scenario_at

        plane = load_plane(model)
        found = scenario_at(model, read_point(plane, recipe.name), plane)
    elif recipe.origin == "file":
        if recipe.name not in files:
            raise ProjectError(
                f"the scenario '{recipe.name}' was a file of its own, '{recipe.name}.toml', which is not here",
                name=recipe.name, hint="Say where it is: --scenario FILE.toml",
            )  # fmt: skip
        found = load_scenario(files[recipe.name], model)
    else:
        if recipe.name not in scenario_names(model):
            raise ProjectError(
                f"the scenario '{recipe.name}' is gone from '{model.name}'",
                name=recipe.name,
                path=model.scenario_folder,
            )
        found = load_scenario(recipe.name, model)
    if found.name != recipe.name:
        raise ScenarioError(Fault(f"'{recipe.name}' is a scenario of another model", name=recipe.name))
    if not recipe.set:
        return found
    from .settings import settable_of

    return found.with_settings(settable_of(model).check(recipe.set), BY_HAND)
