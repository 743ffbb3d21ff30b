"""`sdsocec compare`: scenarios minus the first, by outcome and year."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from sdsocec.errors import SdsocecError

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
from .run import AtOption, InitialOption, ProfileOption, SetOption, check_out, run_chosen

FORMATS = ("csv", "xlsx")


def compare(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(metavar="SCENARIO SCENARIO ...", help="The first is what the others are compared with."),
    ] = None,
    model: ModelOption = None,
    project: ProjectOption = None,
    settings: SetOption = None,
    at: AtOption = None,
    profile: ProfileOption = None,
    initial: InitialOption = None,
    years: Annotated[
        str | None,
        typer.Option(
            "--years", "-y", metavar="YEAR,...", help="Default: some even years from their parting to the end."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Write the comparison there too. Default with --format: output/<model>-comparison, else ...-2, -3, ...: the "
            "first that is not there, is empty, or holds this same comparison.",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another result that --out holds.")] = False,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format", "-f", metavar="csv|xlsx", help="What to write, also without --out; repeatable. Default: csv."
        ),
    ] = None,
    lang: LanguageOption = "en",
) -> None:
    """Compare scenarios with the first of them: differences by outcome and year.

    Example: sdsocec compare baseline regulier publiek --years 2014,2020
    """
    from sdsocec.report.comparison import comparison_data, comparison_notes, comparison_tables
    from sdsocec.report.conditions import conditions_line
    from sdsocec.report.figures import listed_settings
    from sdsocec.report.frame import place_lines, written_line
    from sdsocec.report.parting import scenario_titles
    from sdsocec.report.step_error import step_error_line
    from sdsocec.report.texts import text
    from sdsocec.results.export import choose_folder, render_results, write_files

    check_language(lang)
    kinds = [one_of("format", kind, FORMATS) for kind in formats or ["csv"]]
    wanted = None if years is None else read_years(years)
    loaded = load(model, project)
    if len(scenarios or []) + len(at or []) < 2 and not (at and not scenarios):
        raise SdsocecError("a comparison needs two scenarios or more", hint="As in: sdsocec compare baseline regulier")
    runs = run_chosen(loaded, scenarios, settings, at=at, profile=profile, initial=initial, language=lang)
    dataset = runs.dataset()
    first = runs.scenarios[0].name
    tables = comparison_tables(dataset, loaded, lang, wanted, runs.difference_errors(first))
    check_out(out, dataset, overwrite)
    print_tables(tables, continued=text(lang, "table_continued"))
    for line in comparison_notes(tables, scenario_titles(dataset, loaded, lang)[0], lang):
        print_line(line)
    for line in place_lines(dataset, loaded, lang):
        print_line(line)
    if runs.settings:
        print_line(text(lang, "settings_line", settings=listed_settings(dataset, lang)))
    if conditions_line(dataset, lang):
        print_line(conditions_line(dataset, lang))
    print_line(step_error_line(runs, lang))
    if out is not None or formats:
        files = render_results(dataset, loaded, kinds, lang, [comparison_data(dataset, loaded, lang)])
        folder = write_files(out or choose_folder(Path("output") / f"{loaded.name}-comparison", dataset), files)
        note(written_line(folder, files, lang))


def read_years(text: str) -> list[float]:
    """Years as typed, commas between: finite numbers, each once."""
    from sdsocec.scenario.settings import read_number

    shown = f'--years "{text}"'
    try:
        years = [read_number(part) for part in text.split(",")]
    except ValueError:
        years = [math.nan]
    if not all(map(math.isfinite, years)):
        raise SdsocecError(
            f"'{text}' are not years", excerpt=shown, hint="Write them with commas: --years 2014,2020"
        )  # fmt: skip
    twice = next((year for i, year in enumerate(years) if year in years[:i]), None)
    if twice is not None:
        raise SdsocecError(f"the year {twice:g} is named twice", excerpt=shown, hint="Name each year once.")
    return years
