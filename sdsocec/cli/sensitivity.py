"""`sdsocec sensitivity`: which inputs the level, the shape and the ranking of outcomes depend on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .again import command_line
from .common import (
    LanguageOption,
    ModelOption,
    ProjectOption,
    load,
    note,
    notice,
    print_line,
    print_table,
)
from .plot.options import Drawing, FormatOption, GreyOption, SizeOption, StyleOption
from .progress import progress
from .run import ScenarioArguments, check_out

if TYPE_CHECKING:
    from sdsocec.analysis.sensitivity import Question, Sensitivity
    from sdsocec.report.hindcast_tables import Sheet


def sensitivity(
    scenarios: ScenarioArguments = None,
    model: ModelOption = None,
    project: ProjectOption = None,
    method: Annotated[
        str,
        typer.Option(
            "--method",
            metavar="sobol|morris|pawn",
            help="Shares of the variance; elementary effects (screening); the whole distribution (moment-independent).",
        ),
    ] = "sobol",
    over: Annotated[
        str | None,
        typer.Option(
            "--over", metavar="uncertainties|levers|both", help="Which inputs of the card. Default: uncertainties."
        ),
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            "--vary", metavar="NAME[=DISTRIBUTION]", help='A further input: "NAME=uniform(LOW, HIGH)"; repeatable.'
        ),
    ] = None,
    outcomes: Annotated[
        list[str] | None,
        typer.Option(
            "--outcome",
            metavar="NAME",
            help="An outcome or other variable; repeatable. Default: those that should rise or fall.",
        ),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            metavar="N",
            help="Base points, a power of two. Default: 2048 (sobol, pawn) or 256 trajectories (morris).",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="The same seed gives the same files.")] = 1,
    confidence: Annotated[float, typer.Option("--confidence", metavar="P", help="Of the intervals, as in 0.9.")] = 0.95,
    tolerance: Annotated[
        float, typer.Option("--tolerance", metavar="T", help="Half of an interval at which an index has converged.")
    ] = 0.05,
    saving: Annotated[
        float | None, typer.Option("--saving", metavar="STEP", help="The saving step. Default: a year.")
    ] = None,
    modes_from: Annotated[
        float | None,
        typer.Option("--shape-from", metavar="TIME", help="Where shapes start. Default: where the scenarios part."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Where to write. Default: output/<model>-sensitivity, never over another.",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another result that --out holds.")] = False,
    figure: Annotated[bool, typer.Option("--figure/--no-figure", help="Draw the figures.")] = True,
    size: SizeOption = "full",
    formats: FormatOption = None,
    style: StyleOption = None,
    grey: GreyOption = False,
    lang: LanguageOption = "en",
) -> None:
    """Find which inputs the level, the shape and the policy ranking of outcomes depend on.

    Every row of inputs is run once in each scenario; all questions are asked of these runs.

    Example: sdsocec sensitivity baseline regulier --outcome unemployed -n 256
    """
    import xarray as xr

    from sdsocec.analysis.sensitivity import sensitivity as ask
    from sdsocec.report import sensitivity_tables as tables
    from sdsocec.report.frame import model_line, written_line
    from sdsocec.report.sensitivity_data import data_tables
    from sdsocec.report.texts import text
    from sdsocec.results.export import choose_folder, render_results, write_files
    from sdsocec.results.formats import csv_table

    drawing = Drawing.of(size, formats, style, lang, out or Path(), grey)
    loaded = load(model, project)

    def begin(question: Question) -> None:
        check_out(out, xr.Dataset(attrs=question.attributes() | command_line()), overwrite)
        note(model_line(loaded, question.experiment.scenarios, lang))

    with progress(lang) as told:
        found = ask(
            loaded, scenarios, over=over, vary=vary or (), outcomes=outcomes, method=method, n=n, seed=seed,
            confidence=confidence, tolerance=tolerance, saving=saving, modes_from=modes_from,
            before=begin, progress=told.of("runs"),
        )  # fmt: skip
    for line in found.notices:
        notice(line, lang)
    shown = tables.shown_names(found, tables.FEW if outcomes is None else None)
    attributes = found.attributes() | command_line()
    dataset = xr.Dataset(attrs=attributes)
    files: dict[str, bytes] = {}
    for sheet in _sheets(found, shown, lang):
        print_table(sheet.header, sheet.rows, sheet.title, numbers_from=sheet.numbers_from)
        print_line("")
    for line in tables.notes(found, shown, lang):
        print_line(line)
    if len(shown) < len(found.outcomes):
        print_line(text(lang, "sens_first_outcomes", n=len(shown), total=len(found.outcomes)))
    if figure:
        from sdsocec.report.picture import render_pictures
        from sdsocec.report.sensitivity_figures import pictures

        made = pictures(found, attributes, lang, drawing.style, shown, size)
        files |= render_pictures(made, drawing.formats, attributes, lang, grey=grey)
    files |= {f"{table.name}.csv": csv_table(table, lang) for table in data_tables(found, lang)}
    files |= render_results(dataset, loaded, [], lang)  # the provenance
    folder = write_files(out or choose_folder(Path("output") / f"{loaded.name}-sensitivity", dataset), files)
    note(written_line(folder, files, lang))


def _sheets(found: Sensitivity, shown: Sequence[str], language: str) -> list[Sheet]:
    from sdsocec.report import sensitivity_tables as tables

    made = [tables.index_sheet(found, kind, shown, language) for kind in ("numerical", "policy") if kind in found.parts]
    if found.modes is not None:
        made.append(tables.mode_sheet(found, shown, language))
    if found.ranking is not None and any(name in found.ranking.outcomes for name in shown):
        made.append(tables.ranking_sheet(found, shown, language))
    return [*made, tables.convergence_sheet(found, language)]
