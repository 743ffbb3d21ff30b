"""`sdsocec data`: the observed series of a model, and how the model follows them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdsocec.errors import DataError

from .again import RepeatableCommand, command_line
from .common import (
    LanguageOption,
    ModelOption,
    ProjectOption,
    check_language,
    load,
    note,
    notice,
    print_line,
    print_table,
)
from .groups import Group
from .run import SetOption

if TYPE_CHECKING:
    from sdsocec.analysis.fit import RecordRun
    from sdsocec.model.project import LoadedModel
    from sdsocec.report.record_tables import Listed
    from sdsocec.results.observed import Observed

app = typer.Typer(
    cls=Group,
    help="List, show and plot the observed series, and hold the model against them.\n\nExample: sdsocec data list",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(metavar="SERIES", help="A series of the card; names: sdsocec data list")]
AgainstOption = Annotated[
    list[str] | None,
    typer.Option(
        "--against",
        metavar="mdl|NAME=VALUE",
        help="Draw also the run with these settings, in grey; mdl: with none. Repeatable.",
    ),
]
Names = Annotated[list[str] | None, typer.Argument(metavar="SERIES", help="Series of the card; by default all.")]


@app.command("list")
def list_series(model: ModelOption = None, project: ProjectOption = None, lang: LanguageOption = "en") -> None:
    """List the observed series of a model: its years to fit and to test, how exact it is, on whose word.

    Example: sdsocec data list --model first_steps
    """
    from sdsocec.report.record_tables import list_of

    check_language(lang)
    loaded = load(model, project)
    _print(list_of(_observed(loaded, None), loaded, lang))


@app.command("show")
def show(name: Name, model: ModelOption = None, project: ProjectOption = None, lang: LanguageOption = "en") -> None:
    """Show the values of one series, each with its standard error, what it is used for, on whose word, and where it stands.

    Example: sdsocec data show unemployed --model first_steps
    """
    from sdsocec.report.record_tables import values_of

    check_language(lang)
    loaded = load(model, project)
    (one,) = _observed(loaded, [name])
    _print(values_of(one, loaded, lang))


@app.command("fit", cls=RepeatableCommand)
def fit(
    names: Names = None,
    model: ModelOption = None,
    project: ProjectOption = None,
    settings: SetOption = None,
    lang: LanguageOption = "en",
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write the numbers unrounded, in the model's units.")
    ] = None,
) -> None:
    """Say how the model follows each series: over the years to fit, and out of sample over the test years.

    Example: sdsocec data fit --model first_steps --csv fit.csv
    """
    from sdsocec.analysis.fit import fit_table
    from sdsocec.report.fit_tables import csv_of_fit, kinds_lines, left_out_lines, misfit_line, table_of_fit
    from sdsocec.report.frame import written_line
    from sdsocec.report.texts import text
    from sdsocec.results.export import PROVENANCE, stamp_file, write_files

    check_language(lang)
    loaded = load(model, project)
    run = _run(loaded, names, settings, lang)
    table = table_of_fit(run, loaded, lang)
    print_table(table.header, table.rows, table.title, numbers_from=1)
    for line in table.notes:
        print_line(line)
    print_line(misfit_line(run, lang))
    print_line(text(lang, "fit_scenarios", fit=run.fit_scenario, test=run.test_scenario))
    for line in (*left_out_lines(run, lang), *kinds_lines([one.observed for one in run.series], lang)):
        print_line(line)
    if csv is not None:
        beside = f"{csv.stem}.{PROVENANCE}"
        stamp = stamp_file({**run.attributes, **command_line()})
        write_files(csv.parent, {csv.name: csv_of_fit(fit_table(run), run), beside: stamp}, beside)
        note(written_line(csv.parent, [csv.name, beside], lang))


@app.command("plot", cls=RepeatableCommand)
def plot(
    names: Names = None,
    model: ModelOption = None,
    project: ProjectOption = None,
    settings: SetOption = None,
    against: AgainstOption = None,
    lang: LanguageOption = "en",
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="DIR", help="Where fit and residuals go: PNG, SVG and their numbers."),
    ] = Path("figures"),
) -> None:
    """Draw the series with error bars against the run of the card's scenarios, and the residuals by year.

    Example: sdsocec data plot unemployed vacancies --model first_steps --out figures
    """
    from sdsocec.analysis.tuning import MDL
    from sdsocec.report.fit_figures import as_dataset, draw_fit, draw_residuals
    from sdsocec.report.fit_tables import data_of_fit
    from sdsocec.report.frame import written_line
    from sdsocec.report.saving import render
    from sdsocec.results.export import write_files
    from sdsocec.results.formats import csv_table

    check_language(lang)
    loaded = load(model, project)
    run = _run(loaded, names, settings, lang)
    dataset = as_dataset(run).assign_attrs(command_line())
    before = _run(loaded, names, [one for one in against if one != MDL], lang) if against else None
    files = render(draw_fit(run, loaded, lang, before), "fit", dataset)
    files |= render(draw_residuals(run, loaded, lang), "residuals", dataset)
    files["fit.csv"] = csv_table(data_of_fit("fit", run.series, loaded, lang), lang)
    note(written_line(write_files(out, files), files, lang))


def _print(table: Listed) -> None:
    """A table, and what it says below itself."""
    print_table(table.header, table.rows, table.title, numbers_from=table.numbers_from)
    for line in table.notes:
        print_line(line)


def _run(loaded: LoadedModel, names: list[str] | None, settings: list[str] | None, language: str) -> RecordRun:
    from sdsocec.analysis.fit import run_against_record
    from sdsocec.scenario import settable_of

    run = run_against_record(loaded, settable_of(loaded).read(settings or []), list(dict.fromkeys(names or [])) or None)
    if run.notice:
        notice(run.notice, language)
    return run


def _observed(loaded: LoadedModel, names: list[str] | None) -> tuple[Observed, ...]:
    from sdsocec.model.card import CARD
    from sdsocec.results.observed import load_observed

    if not loaded.card.series:
        raise DataError(
            f"the card of '{loaded.name}' lists no observed series", path=loaded.folder / CARD,
            hint="Add one: [[series]], as in models/first_steps/model.toml.",
        )  # fmt: skip
    return load_observed(loaded, names)
