"""`sdsocec scenarios`: list, show, compare and validate scenario files."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sdsocec.errors import ProjectError

from .common import LanguageOption, ModelOption, ProjectOption, check_language, load, note, print_line, print_table
from .groups import Group

if TYPE_CHECKING:
    from sdsocec.model.project import LoadedModel
    from sdsocec.scenario import Scenario

app = typer.Typer(
    cls=Group,
    help="List, show, compare and validate scenarios.\n\nExample: sdsocec scenarios list",
    no_args_is_help=True,
)
MDL = ".mdl"  # where a value stands that no scenario sets
Name = Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario by name, or a .toml file.")]


@app.command("list")
def list_scenarios(model: ModelOption = None, project: ProjectOption = None, lang: LanguageOption = "en") -> None:
    """List the scenarios of a model, the axes of their plane (for --at) and the places (for --profile).

    Example: sdsocec scenarios list --lang nl
    """
    from sdsocec.report.texts import text
    from sdsocec.scenario import load_scenario, scenario_names

    check_language(lang)
    loaded = load(model, project)
    rows = []
    for name in scenario_names(loaded):
        scenario = load_scenario(name, loaded)
        rows.append((name, scenario.title.in_language(lang), scenario.description.in_language(lang)))
    if not rows:
        raise ProjectError(
            f"the model '{loaded.name}' has no scenarios", name=loaded.name,
            hint="It runs as it stands. A scenario is a file: scenarios/<model>/<name>.toml, as in scenarios/first_steps.",
        )  # fmt: skip
    heads = tuple(text(lang, f"list_{key}") for key in ("scenario", "title", "description"))
    print_table(heads, rows, text(lang, "list_scenarios", model=loaded.name))
    _list_plane(loaded, lang)
    _list_places(loaded, lang)


def _list_plane(loaded: LoadedModel, language: str) -> None:
    from sdsocec.report.texts import text
    from sdsocec.scenario.plane import INTENSITY, has_plane, load_plane

    if not has_plane(loaded):
        return
    plane = load_plane(loaded)
    rows = [
        (name, *(part.in_language(language) for part in (axis.label, axis.low, axis.high)))
        for name, axis in plane.axes.items()
    ]
    base = plane.base.title.in_language(language)
    rows.append((INTENSITY, text(language, "list_intensity"), base, text(language, "list_full")))
    print_line("")
    heads = tuple(text(language, f"list_{key}") for key in ("axis", "about", "zero", "one"))
    print_table(heads, rows, text(language, "list_plane"))


def _list_places(loaded: LoadedModel, language: str) -> None:
    from sdsocec.report.texts import text
    from sdsocec.scenario.profiles import load_profile, profile_names

    places = [load_profile(name, loaded) for name in profile_names(loaded)]
    if not places:
        return
    print_line("")
    rows = [(place.name, place.title.in_language(language)) for place in places]
    print_table(tuple(text(language, f"list_{key}") for key in ("place", "title")), rows, text(language, "list_places"))
    if loaded.card.profiles_caution is not None:
        print_line(loaded.card.profiles_caution.in_language(language))


@app.command("show")
def show(name: Name, model: ModelOption = None, project: ProjectOption = None) -> None:
    """Show what a scenario sets, beside the model's own value, each with its source (English only).

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
    title = f"{scenario.name}: {scenario.title.en}. {scenario.description.en}"
    header = ("lever or constant", "model", "scenario", "from", "full", "unit", "set in", "source")
    if not sys.stdout.isatty():
        print_table(header, rows, title)
        return
    print_table(header[:-1], [row[:-1] for row in rows], title)
    _print_sources({row[0]: [row[-1]] for row in rows})


@app.command("diff")
def diff(first: Name, second: Name, model: ModelOption = None, project: ProjectOption = None) -> None:
    """Show where two scenarios differ: levers with their dates, then other constants, each with its source (English only).

    Example: sdsocec scenarios diff regulier publiek
    """
    from sdsocec.engine import constant_values
    from sdsocec.scenario import load_scenario

    loaded = load(model, project)
    a, b = load_scenario(first, loaded), load_scenario(second, loaded)
    base = constant_values(loaded.equations)
    left, right = base | a.values, base | b.values
    differing = [name for name in base if left[name] != right[name]]
    rows = []
    for lever in loaded.card.levers:
        names = [f"{lever.name} {part}" for part in ("scenario", "from year", "full year")]
        if any(name in differing for name in names):
            differing = [name for name in differing if name not in names]
            told = [
                " ".join(map(str, (_text(values[names[0]]), _dates(values, lever.name)))) for values in (left, right)
            ]
            rows.append((lever.name, lever.label.en, *told, _unit(loaded, names[0]), *_sources(names, a, b)))
    rows += [
        (name, "", _text(left[name]), _text(right[name]), _unit(loaded, name), *_sources([name], a, b))
        for name in differing
    ]
    header = ("lever or constant", "what", a.name, b.name, "unit", f"source, {a.name}", f"source, {b.name}")
    title = f"Where {a.name} and {b.name} differ: value (year or years of phasing in)"
    if sys.stdout.isatty():
        print_table((header[0], *header[2:5]), [(row[0], *row[2:5]) for row in rows], title)
        said = {": ".join(filter(None, row[:2])): [f"{a.name}: {row[5]}", f"{b.name}: {row[6]}"] for row in rows}
        _print_sources(said)
    else:
        print_table(header, rows, title)
    note(f"{len(rows)} {'lever or constant differs' if len(rows) == 1 else 'levers and constants differ'}")


def _print_sources(sources: Mapping[str, Sequence[str]]) -> None:
    """Below a table in a terminal, which is too narrow for them: the sources of each row, under what it is of."""
    print_line("")
    print_line("Sources")
    for what, lines in sources.items():
        print_line(what)
        for line in lines:
            print_line(f"  {line}")


def _dates(values: Mapping[str, float], lever: str) -> str:
    """From when a lever moves, and until when."""
    start, full = (_text(values[f"{lever} {part}"]) for part in ("from year", "full year"))
    return f"({start})" if start == full else f"({start}-{full})"


def _sources(names: Sequence[str], *scenarios: Scenario) -> list[str]:
    """On whose word each scenario sets the first of these constants that it sets; the .mdl where it sets none."""
    return [
        next((scenario.settings[name].source for name in names if name in scenario.settings), MDL)
        for scenario in scenarios
    ]


@app.command("validate")
def validate(
    names: Annotated[list[str] | None, typer.Argument(metavar="SCENARIO", help="By default all.")] = None,
    model: ModelOption = None,
    project: ProjectOption = None,
) -> None:
    """Check scenario files against the model: every fault of every file, with its line (English only).

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
