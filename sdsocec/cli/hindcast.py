"""`sdsocec hindcast`: the test years, which no fit has seen, beside the scenarios and the scenario plane."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .again import command_line
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
from .progress import progress

if TYPE_CHECKING:
    from sdsocec.report.hindcast_tables import Sheet

FOLDER = "hindcast"


def hindcast(
    model: ModelOption = None,
    project: ProjectOption = None,
    grid: Annotated[
        int | None,
        typer.Option(
            "--grid", metavar="N", min=3, max=101, help="Places on each axis of the plane. Default: 21, steps of 0.05."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Where to write. Default: output/<model>-hindcast."),
    ] = None,
    lang: LanguageOption = "en",
) -> None:
    """Hold the test years against what the scenarios give for them, and find where on the plane reality landed.

    Errors are in standard errors of the observation: 1 is as far off as its measurement may be. Series that the model was given
    (inputs) say nothing of its worth; totals stand there with them and without.

    Example: sdsocec hindcast --lang nl
    """
    import xarray as xr

    from sdsocec.analysis.hindcast import hindcast as hold_against
    from sdsocec.analysis.hindcast import hindcast_files
    from sdsocec.analysis.plane_fit import place_on_plane
    from sdsocec.report import hindcast_tables as tables
    from sdsocec.report.frame import written_line
    from sdsocec.report.hindcast_figure import draw_place
    from sdsocec.report.saving import render
    from sdsocec.report.texts import text
    from sdsocec.results.export import PROVENANCE, stamp_file, write_files
    from sdsocec.scenario.plane import has_plane

    check_language(lang)
    loaded = load(model, project)
    found = hold_against(loaded)
    if "notice" in found.attributes:
        notice(str(found.attributes["notice"]), lang)
    place = None
    if has_plane(loaded):
        with progress(lang) as told:
            place = place_on_plane(loaded, grid=grid, progress=told.of("points"))
    if place is not None:
        print_line(tables.answer(found, place, lang))
    _print(tables.fit_sheet(found, lang), is_first=place is None)
    for line in tables.fit_lines(found, lang):
        print_line(line)
    _print(tables.years_sheet(found, lang))
    files = hindcast_files(found, place)
    stamp = {**found.attributes, **({} if place is None else {"plane_sha256": place.plane.digest}), **command_line()}
    if place is None:
        note(text(lang, "frame_no_plane", model=loaded.name))
    else:
        _print(tables.plane_sheet(found, place, lang))
        for line in tables.plane_lines(found, place, lang):
            print_line(line)
        files |= render(draw_place(found, place, lang), "plane", xr.Dataset(attrs=stamp))
    files[PROVENANCE] = stamp_file(stamp)
    _print(tables.forecast_sheet(found, lang))
    print_line(text(lang, "hindcast_explore"))
    folder = write_files(out or Path("output") / f"{loaded.name}-{FOLDER}", files)
    note(written_line(folder, files, lang))


def _print(sheet: Sheet, is_first: bool = False) -> None:
    """A table, a blank line before it."""
    if not is_first:
        print_line("")
    print_table(sheet.header, sheet.rows, sheet.title, numbers_from=sheet.numbers_from)
