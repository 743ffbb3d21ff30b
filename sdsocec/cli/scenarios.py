"""`sdsocec scenarios`: list, show, compare and validate scenario files."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from sdsocec.errors import ProjectError

from .common import LanguageOption, ModelOption, ProjectOption, check_language, load, note, print_table

app = typer.Typer(
    help="List, show, compare and validate scenarios.\n\nExample: sdsocec scenarios list", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario by name, or a .toml file.")]


@app.command("list")
def list_scenarios(model: ModelOption = None, project: ProjectOption = None, lang: LanguageOption = "en") -> None:
    """List the scenarios of a model.

    Example: sdsocec scenarios list --lang nl
    """
    from sdsocec.scenario import load_scenario, scenario_names

    check_language(lang)
    loaded = load(model, project)
    rows = []
    for name in scenario_names(loaded):
        scenario = load_scenario(name, loaded)
        rows.append((name, scenario.title.in_language(lang), scenario.description.in_language(lang)))
    if not rows:
        raise ProjectError(f"the model '{loaded.name}' has no scenarios", name=loaded.name)
    print_table(("scenario", "title", "description"), rows)


@app.command("show")
def show(name: Name, model: ModelOption = None, project: ProjectOption = None) -> None:
    """Show what a scenario sets, beside the model's own value, each with its source.

    Example: sdsocec scenarios show regulier
    """
    from sdsocec.engine import constant_values
    from sdsocec.scenario import load_scenario

    loaded = load(model, project)
    scenario = load_scenario(name, loaded)
    base = constant_values(loaded.equations)
    settings = dict(scenario.settings)
    rows = []
    for lever in loaded.card.levers:
        parts = [settings.pop(f"{lever.name} {part}", None) for part in ("scenario", "from year", "full year")]
        if any(parts):
            names = [f"{lever.name} {part}" for part in ("scenario", "from year", "full year")]
            new = [_text(part.value if part else base[name]) for part, name in zip(parts, names, strict=True)]
            setting = next(part for part in parts if part)
            old = _text(base[f"{lever.name} baseline"])
            rows.append((lever.name, old, *new, _unit(loaded, names[0]), setting.scenario, setting.source))
    rows += [
        (s.constant, _text(base[s.constant]), _text(s.value), "", "", _unit(loaded, s.constant), s.scenario, s.source)
        for s in settings.values()
    ]
    note(f"{scenario.name}: {scenario.title.en}. {scenario.description.en}")
    print_table(("lever or constant", "model", "scenario", "from", "full", "unit", "set in", "source"), rows)


@app.command("diff")
def diff(first: Name, second: Name, model: ModelOption = None, project: ProjectOption = None) -> None:
    """Show where two scenarios differ.

    Example: sdsocec scenarios diff regulier publiek
    """
    from sdsocec.engine import constant_values
    from sdsocec.scenario import load_scenario

    loaded = load(model, project)
    a, b = load_scenario(first, loaded), load_scenario(second, loaded)
    base = constant_values(loaded.equations)
    left, right = base | a.values, base | b.values
    rows = [
        (name, _text(left[name]), _text(right[name]), _unit(loaded, name)) for name in base if left[name] != right[name]
    ]
    print_table(("constant", a.name, b.name, "unit"), rows)
    note(f"{len(rows)} of {len(base)} constants differ")


@app.command("validate")
def validate(
    names: Annotated[list[str] | None, typer.Argument(metavar="SCENARIO", help="By default all.")] = None,
    model: ModelOption = None,
    project: ProjectOption = None,
) -> None:
    """Check scenario files against the model: every fault of every file, with its line.

    Exits with 2 if a file has a fault.

    Example: sdsocec scenarios validate
    """
    from sdsocec.scenario import validate_all

    found = validate_all(load(model, project), names)
    for name, error in found.items():
        if error is None:
            print(f"{name}: fine")
        else:
            print(f"error: {error}", file=sys.stderr)
    if any(found.values()):
        raise typer.Exit(2)


def _text(value: float) -> str:
    return f"{value:.10g}"


def _unit(loaded: object, constant: str) -> str:
    from sdsocec.model.names import name_key, split_element_name
    from sdsocec.model.project import LoadedModel

    assert isinstance(loaded, LoadedModel)
    return loaded.equations.variables[name_key(split_element_name(constant)[0])].unit
