"""`sdsocec run`: run scenarios; print the table, write results and the figure."""

from __future__ import annotations

from collections.abc import Iterable
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
    from sdsocec.scenario.profiles import Profile

FORMATS = ("csv", "xlsx", "nc", "tab")
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="NAME=VALUE",
        help='Set a lever (to its value in full force) or a constant, in all that is run, as in --set "quota share=0.03"; '
        "repeatable. Names: sdsocec levers, sdsocec model variables",
    ),
]
ScenarioArguments = Annotated[
    list[str] | None,
    typer.Argument(metavar="SCENARIO", help="By name or title, or a .toml file; names: sdsocec scenarios list"),
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
        help="A point of the scenario plane, as in g=0.4,v=0.7,intensity=0.5; repeatable. Axes: sdsocec scenarios list",
    ),
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="A place: its numbers and equilibrium, scaled to its size; --set stays national. Places: sdsocec scenarios list",
    ),
]
InitialOption = Annotated[
    str | None,
    typer.Option(
        "--initial",
        metavar="stored|equilibrium",
        help="Where runs start: the initial values of the .mdl, or at rest under what is set. Default: stored; equilibrium for a "
        "place, and where what varies acts on it.",
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
            "--out",
            "-o",
            metavar="DIR",
            help="Where to write. Default: output/<model>, else output/<model>-2, -3, ...: the first that is not there, is "
            "empty, or holds this same result.",
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
    flow_span: Annotated[
        str | None,
        typer.Option(
            "--flow-span",
            metavar="FROM-TO",
            help="That account from the start of one year to the start of another. Default: the last year.",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Print every outcome, not only those of the overview figure.")
    ] = False,
    alone: Annotated[bool, typer.Option("--alone", help="Nothing beside a single scenario.")] = False,
    figure: Annotated[bool, typer.Option("--figure/--no-figure", help="Draw the overview figure.")] = True,
    lang: LanguageOption = "en",
) -> None:
    """Run scenarios: a table, results and a figure.

    Without a scenario, the baseline and the study's four scenarios. Beside a single one stands the baseline; where --set or
    --changes sets a lever, itself without that (a lever is set in every scenario, so also in the baseline).

    Example: sdsocec run regulier --set "quota share=0.03" --format xlsx --lang nl
    """
    from sdsocec.report.conditions import conditions_line
    from sdsocec.report.costs import cost_data, cost_table
    from sdsocec.report.figures import draw_overview, listed_settings, render
    from sdsocec.report.frame import place_lines, written_line
    from sdsocec.report.people import people_data, people_tables
    from sdsocec.report.step_error import step_error_line
    from sdsocec.report.tables import outcome_table, with_unset
    from sdsocec.report.texts import text
    from sdsocec.results.export import choose_folder, render_results, write_files

    check_language(lang)
    kinds = [one_of("format", kind, FORMATS) for kind in formats or ["csv", "nc"]]
    loaded = load(model, project)
    span = _read_span(flow_span)
    if flows := flows or span is not None:
        from sdsocec.engine import INTEGRATORS
        from sdsocec.results.flows import require_flows

        require_flows(loaded, one_of("integrator", integrator, INTEGRATORS))
    if not alone and not at:
        scenarios = _with_baseline(loaded, scenarios, settings, changes)
    runs = run_chosen(
        loaded, scenarios, settings, engine, integrator, at=at, profile=profile, initial=initial, changes=changes,
        language=lang,
    )  # fmt: skip
    dataset = runs.dataset()
    errors = runs.difference_errors(loaded.card.baseline)
    costs, notes = cost_table(dataset, loaded, lang, errors)
    headline = () if everything else loaded.card.overview
    outcomes = outcome_table(dataset, loaded, lang, only=headline)
    unset = None if alone or len(runs.scenarios) > 1 else _unset(runs, chosen_scenarios(loaded, scenarios, at))
    if unset is not None:
        outcomes = with_unset(outcomes, outcome_table(unset, loaded, lang, only=headline), lang)
    tables = [*people_tables(dataset, loaded, lang), *([costs] if costs else [])]
    data = [found for found in (people_data(dataset, loaded, lang), cost_data(dataset, loaded, lang, errors)) if found]
    account, account_data, account_lines = _account(runs, dataset, lang, span) if flows else ([], [], [])
    files = render_results(dataset, loaded, kinds, lang, [*data, *account_data])
    if figure:
        files |= render(draw_overview(dataset, loaded, lang), "overview", dataset, ("png",))  # `plot` has SVG too
    check_out(out, dataset, overwrite)
    folder = write_files(out or choose_folder(Path("output") / loaded.name, dataset), files)
    continued = text(lang, "table_continued")
    print_tables([outcomes], continued=continued)
    if more := len(outcome_table(dataset, loaded, lang).rows) - len(outcomes.rows):
        print_line(_more_line(more, files, lang))
    print_tables(tables, is_first=False, continued=continued)
    for line in notes:
        print_line(line)
    print_tables(account, is_first=False, continued=continued)
    for line in account_lines:
        print_line(line)
    for line in _outside_lines(runs, dataset, lang) if at else ():
        print_line(line)
    for line in place_lines(dataset, loaded, lang):
        print_line(line)
    if runs.settings:
        print_line(text(lang, "settings_line", settings=listed_settings(dataset, lang)))
    if conditions_line(dataset, lang):
        print_line(conditions_line(dataset, lang))
    print_line(step_error_line(runs, lang))
    note(written_line(folder, files, lang))


def check_out(out: Path | None, dataset: xr.Dataset, overwrite: bool) -> None:
    """Refuse a folder that holds another result, unless it may be replaced."""
    from sdsocec.results.export import choose_folder

    if out is not None and not overwrite and choose_folder(out, dataset) != out and (out / "provenance.json").exists():
        raise ProjectError(
            f"'{out}' holds another result", path=out, hint="Choose another folder, or add --overwrite to replace it."
        )


def _with_baseline(
    loaded: LoadedModel, names: list[str] | None, settings: list[str] | None, changes: Path | None
) -> list[str] | None:
    """A single scenario with the card's baseline before it, where there is one and it stays what it is.

    Both run from and to the same time; a lever set by hand would move in the baseline too.
    """
    from sdsocec.engine.trajectories import CONTROLS
    from sdsocec.scenario import load_scenario

    baseline = loaded.card.baseline
    if not names or len(names) > 1 or baseline is None or loaded.scenario_folder is None or "=" in names[0]:
        return names
    if set(_by_hand(loaded, settings, changes)) & set(loaded.card.lever_constants()):
        return names
    one, other = load_scenario(names[0], loaded), load_scenario(baseline, loaded)
    if one.name == other.name or any(one.values.get(time) != other.values.get(time) for time in CONTROLS):
        return names
    return [baseline, *names]


def _unset(runs: ScenarioRuns, scenarios: list[Scenario]) -> xr.Dataset | None:
    """A scenario without what was set by hand, to see what that does; None where nothing was, or it runs to other times."""
    from sdsocec.api import run_scenarios
    from sdsocec.engine.trajectories import CONTROLS

    if not runs.settings or set(runs.settings) & set(CONTROLS) or runs.run.engine != "native":
        return None
    try:
        found = run_scenarios(
            runs.model, scenarios, engine="native", integrator=runs.run.integrator, profile=runs.profile,
            initial=None if runs.profile is not None else runs.initial, is_measured=False,
        )  # fmt: skip
    except SdsocecError:  # a remark must not stop a run: the scenario may need what was set
        return None
    return found.dataset()


def _outside_lines(runs: ScenarioRuns, dataset: xr.Dataset, language: str) -> list[str]:
    """What the points give that none of the plane's scenarios gives; these are run for it, as the points were."""
    from sdsocec.api import run_scenarios
    from sdsocec.report.between import outside_lines
    from sdsocec.scenario.plane import load_plane

    plane = load_plane(runs.model)
    around = {scenario.name: scenario for scenario in (plane.base, *plane.corners.values())}
    try:
        found = run_scenarios(
            runs.model, list(around.values()), runs.settings, engine=runs.run.engine, integrator=runs.run.integrator,
            initial=None if runs.profile is not None else runs.initial, profile=runs.profile, is_measured=False,
        )  # fmt: skip
    except SdsocecError:  # a remark must not stop a run; settings may suit the points and not the corners
        return []
    return outside_lines(dataset, found.dataset(), runs.model, language)


def _by_hand(loaded: LoadedModel, settings: list[str] | None, changes: Path | None) -> dict[str, float]:
    """The constants of --set, and of --changes where --set does not have them."""
    from sdsocec.scenario import settable_of
    from sdsocec.scenario.changes import read_changes

    values = settable_of(loaded).read(settings or [])
    return values if changes is None else read_changes(changes, loaded) | values


def _more_line(n: int, files: Iterable[str], language: str) -> str:
    from sdsocec.report.texts import text

    file = next((name for name in files if name in ("outcomes.csv", "outcomes.xlsx")), None)
    return text(language, "run_more", n=n) if file is None else text(language, "run_more_csv", n=n, file=file)


def _account(
    runs: ScenarioRuns, dataset: xr.Dataset, language: str, span: tuple[float, float] | None
) -> tuple[list[Table], list[DataTable], list[str]]:
    """The account of people of the span, by default the last year, that of all years as data, and the lines below."""
    from sdsocec.report.flows import account_notes, account_tables, flow_data, route_tables
    from sdsocec.results.flows import measure_flows, over_span

    names = [scenario.name for scenario in runs.scenarios]
    share = runs.profile.share if runs.profile is not None else 1.0
    flows = measure_flows(runs.model, runs.design, runs.run, names, share)
    shown = flows if span is None else over_span(flows, *span)
    tables = account_tables(shown, dataset, runs.model, language) + route_tables(shown, dataset, runs.model, language)
    notes = account_notes(flows, language, is_place=runs.profile is not None)
    return tables, flow_data(flows, runs.model, names, language), notes


def _read_span(text: str | None) -> tuple[float, float] | None:
    """A span as typed, FROM-TO."""
    from sdsocec.scenario.settings import read_number

    if text is None:
        return None
    try:
        start, end = (read_number(part) for part in text.split("-"))
    except ValueError:
        raise SdsocecError(
            f"'{text}' is not a span of years",
            excerpt=f"--flow-span {text}",
            hint="Write it as in --flow-span 2010-2020",
        ) from None
    return start, end


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
    language: str = "en",
) -> ScenarioRuns:
    """Run the scenarios and points of the plane named, or the default ones; says on stderr what is run, and any notice."""
    from sdsocec.api import run_scenarios
    from sdsocec.engine import ENGINES, INTEGRATORS
    from sdsocec.report.frame import model_line
    from sdsocec.report.texts import text

    one_of("engine", engine, ENGINES)
    one_of("integrator", integrator, INTEGRATORS)
    place = chosen_place(loaded, profile, initial)
    _refuse_torn_settings(names or [], settings or [])
    values = _by_hand(loaded, settings, changes)
    chosen = chosen_scenarios(loaded, names, at)
    note(model_line(loaded, chosen, language))
    runs = run_scenarios(loaded, chosen, values, engine=engine, integrator=integrator, initial=initial, profile=place)
    for notice in runs.notices:
        note(text(language, "frame_notice", text=notice.in_language(language)))
    return runs


def chosen_place(loaded: LoadedModel, profile: str | None, initial: str | None) -> Profile | None:
    """The place named, if one is; a misspelt one, or a misspelt start, is told before anything is said or run."""
    from sdsocec.api import INITIAL
    from sdsocec.scenario.profiles import load_profile

    if initial is not None:
        one_of("start", initial, INITIAL)
    return None if profile is None else load_profile(profile, loaded)


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
