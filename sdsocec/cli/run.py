"""`sdsocec run`: run scenarios; print the table, write results and the figure."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdsocec.errors import Fault, ProjectError, ScenarioError, SdsocecError

from .common import (
    LanguageOption,
    ModelOption,
    ProjectOption,
    check_language,
    load,
    note,
    one_of,
    print_line,
    print_tables,
)

if TYPE_CHECKING:
    import xarray as xr

    from sdsocec.api import ScenarioRuns
    from sdsocec.model.project import LoadedModel
    from sdsocec.report.tables import Table
    from sdsocec.results.formats import DataTable
    from sdsocec.scenario import Scenario

FORMATS = ("csv", "xlsx", "nc", "tab")
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="NAME=VALUE", help="Set a lever or constant in every scenario; repeatable."),
]
ScenarioArguments = Annotated[
    list[str] | None, typer.Argument(metavar="SCENARIO", help="Scenarios by name, or .toml files.")
]
EngineOption = Annotated[
    str, typer.Option("--engine", metavar="auto|native|pysd", help="auto: native, and PySD where native cannot.")
]
IntegratorOption = Annotated[
    str,
    typer.Option(
        "--integrator",
        metavar="euler|rk4|RK45|DOP853|LSODA|Radau",
        help="euler and rk4 keep the model's time step; the others are scipy's.",
    ),
]
ChangesOption = Annotated[
    Path | None, typer.Option("--changes", metavar="FILE.cin", help="Set the constants of a Vensim changes file.")
]
AtOption = Annotated[
    list[str] | None,
    typer.Option(
        "--at",
        metavar="AXIS=VALUE,...",
        help="A point of the scenario plane, as in g=0.4,v=0.7,intensity=0.5; repeatable.",
    ),
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="A place: its numbers and equilibrium, scaled to its size; --set stays national.",
    ),
]
InitialOption = Annotated[
    str | None,
    typer.Option(
        "--initial",
        metavar="stored|equilibrium",
        help="Start from the .mdl's initial values, or from rest under --set.",
    ),
]


def run(
    scenarios: ScenarioArguments = None,
    model: ModelOption = None,
    project: ProjectOption = None,
    settings: SetOption = None,
    changes: ChangesOption = None,
    at: AtOption = None,
    profile: ProfileOption = None,
    initial: InitialOption = None,
    engine: EngineOption = "auto",
    integrator: IntegratorOption = "euler",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Where to write. Default: output/<model>, never over another result."
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another result that --out holds.")] = False,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format", "-f", metavar="csv|xlsx|nc|tab", help="What to write; repeatable. Default: csv and nc."
        ),
    ] = None,
    flows: Annotated[
        bool, typer.Option("--flows", help="Also who went from where to where, by year: an account that closes.")
    ] = False,
    figure: Annotated[bool, typer.Option("--figure/--no-figure", help="Draw the overview figure.")] = True,
    lang: LanguageOption = "en",
) -> None:
    """Run scenarios: a table, results and a figure.

    Without a scenario, the baseline and the study's four scenarios.

    Example: sdsocec run regulier --set "quota share=0.03" --format xlsx --lang nl
    """
    from sdsocec.report.conditions import conditions_line
    from sdsocec.report.costs import cost_data, cost_table
    from sdsocec.report.figures import draw_overview, listed_settings, render
    from sdsocec.report.people import people_data, people_tables
    from sdsocec.report.tables import outcome_table
    from sdsocec.report.texts import text
    from sdsocec.results.export import choose_folder, render_results, write_files

    check_language(lang)
    kinds = [one_of("format", kind, FORMATS) for kind in formats or ["csv", "nc"]]
    loaded = load(model, project)
    if flows:
        from sdsocec.engine import INTEGRATORS
        from sdsocec.results.flows import require_flows

        require_flows(loaded, one_of("integrator", integrator, INTEGRATORS))
    runs = run_chosen(
        loaded, scenarios, settings, engine, integrator, at=at, profile=profile, initial=initial, changes=changes
    )
    dataset = runs.dataset()
    costs, notes = cost_table(dataset, loaded, lang)
    tables = [outcome_table(dataset, loaded, lang), *people_tables(dataset, loaded, lang), *([costs] if costs else [])]
    data = [found for found in (people_data(dataset, loaded, lang), cost_data(dataset, loaded, lang)) if found]
    account, account_data, account_lines = _account(runs, dataset, lang) if flows else ([], [], [])
    files = render_results(dataset, loaded, kinds, lang, [*data, *account_data])
    if figure:
        files |= render(draw_overview(dataset, loaded, lang), "overview", dataset, ("png",))  # `plot` has SVG too
    check_out(out, dataset, overwrite)
    folder = write_files(out or choose_folder(Path("output") / loaded.name, dataset), files)
    print_tables([*tables])
    for line in notes:
        print_line(line)
    print_tables(account, is_first=False)
    for line in account_lines:
        print_line(line)
    if runs.settings:
        print_line(text(lang, "settings_line", settings=listed_settings(dataset, lang)))
    if conditions_line(dataset, lang):
        print_line(conditions_line(dataset, lang))
    print_line(accuracy_line(runs, lang))
    note(f"Written to {folder}: {', '.join(files)}")


def check_out(out: Path | None, dataset: xr.Dataset, overwrite: bool) -> None:
    """Refuse a folder that holds another result, unless it may be replaced."""
    from sdsocec.results.export import choose_folder

    if out is not None and not overwrite and choose_folder(out, dataset) != out and (out / "provenance.json").exists():
        raise ProjectError(
            f"'{out}' holds another result", path=out, hint="Choose another folder, or add --overwrite to replace it."
        )


def _account(runs: ScenarioRuns, dataset: xr.Dataset, language: str) -> tuple[list[Table], list[DataTable], list[str]]:
    """The account of people of the last year, that of all years as data, and the lines below."""
    from sdsocec.report.flows import account_notes, account_tables, flow_data, route_tables
    from sdsocec.results.flows import measure_flows

    names = [scenario.name for scenario in runs.scenarios]
    share = runs.profile.share if runs.profile is not None else 1.0
    flows = measure_flows(runs.model, runs.design, runs.run, names, share)
    tables = account_tables(flows, dataset, runs.model, language) + route_tables(flows, dataset, runs.model, language)
    return tables, flow_data(flows, runs.model, names, language), account_notes(flows, language)


def run_chosen(
    loaded: LoadedModel,
    names: list[str] | None,
    settings: list[str] | None,
    engine: str = "auto",
    integrator: str = "euler",
    *,
    at: list[str] | None = None,
    profile: str | None = None,
    initial: str | None = None,
    changes: Path | None = None,
) -> ScenarioRuns:
    """Run the scenarios and points of the plane named, or the default ones; says on stderr what is run, and any notice."""
    from sdsocec.api import run_scenarios
    from sdsocec.engine import ENGINES, INTEGRATORS
    from sdsocec.scenario import settable_of

    one_of("engine", engine, ENGINES)
    one_of("integrator", integrator, INTEGRATORS)
    _refuse_torn_settings(names or [], settings or [])
    values = settable_of(loaded).read(settings or [])
    if changes is not None:
        from sdsocec.scenario.changes import read_changes

        values = read_changes(changes, loaded) | values
    chosen = chosen_scenarios(loaded, names, at)
    place = f"of {loaded.project}" if loaded.project else f"({loaded.equations.path})"
    note(f"Model {loaded.name} {place}; scenarios: {', '.join(scenario.name for scenario in chosen)}")
    runs = run_scenarios(loaded, chosen, values, engine=engine, integrator=integrator, initial=initial, profile=profile)
    for notice in runs.notices:
        note(f"notice: {notice}")
    return runs


def chosen_scenarios(loaded: LoadedModel, names: list[str] | None, at: list[str] | None = None) -> list[Scenario]:
    """The scenarios named and the points of the plane; with points alone, the plane's base before them; else the default."""
    from sdsocec.scenario import default_scenarios, load_scenario

    chosen = [load_scenario(name, loaded) for name in names or []]
    if at:
        from sdsocec.scenario.plane import load_plane, read_point, scenario_at

        plane = load_plane(loaded)
        chosen = chosen or [plane.base]
        chosen += [scenario_at(loaded, read_point(plane, text), plane) for text in at]
    twice = next((s.name for i, s in enumerate(chosen) if s.name in {t.name for t in chosen[:i]}), None)
    if twice is not None:
        raise SdsocecError(f"the scenario '{twice}' is named twice", name=twice, hint="Name each scenario once.")
    return chosen or default_scenarios(loaded)


def _refuse_torn_settings(names: list[str], settings: list[str]) -> None:
    """`--set quota share=0.03` reaches us as the setting `quota` and the scenario `share=0.03`."""
    for name in names:
        if "=" in name:
            before = next((s for s in settings if "=" not in s), "")
            whole = f"{before} {name}".strip()
            raise ScenarioError(
                Fault(
                    f"'{name}' is not a scenario", hint=f'A name with a space needs quotes: --set "{whole}"', name=name
                )
            )


def accuracy_line(runs: ScenarioRuns, language: str) -> str:
    """The time step's error in one line: the three largest, and what the others stay below; the provenance has all."""
    from sdsocec.report.numbers import format_value
    from sdsocec.report.texts import text
    from sdsocec.results.shown import outcome_labels

    if runs.accuracy.reason:
        return text(language, "step_error_unknown", reason=runs.accuracy.reason)
    labels = outcome_labels(runs.model, language)
    errors = sorted(runs.accuracy.by_output.items(), key=lambda item: -item[1])
    listed = ", ".join(
        f"{labels.get(name, name)} {format_value(value, language, is_share=True)}" for name, value in errors[:3]
    )
    if len(errors) > 3:
        above = (math.floor(1000 * errors[3][1]) + 1) / 1000  # the next tenth of a percent
        listed = text(language, "step_error_others", listed=listed, most=format_value(above, language, is_share=True))
    return text(language, "step_error", listed=listed)
