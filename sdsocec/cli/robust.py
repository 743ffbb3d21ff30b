"""`sdsocec robust`: which rankings of scenarios, and which claims of the study, hold over plausible inputs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from .again import command_line
from .common import LanguageOption, ModelOption, ProjectOption, load, note, notice, one_of, print_line
from .plot.options import Drawing, FormatOption, GreyOption, SizeOption, StyleOption
from .progress import progress
from .run import check_out

STAGES = {
    "rankings": "rankings",
    "one input at a time": "rankings_alone",
    "claims": "claims",
    "claims, one input at a time": "claims_alone",
}  # of the analysis, and the words of the catalogues


def robust(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SCENARIO]...", help="Those ranked, with the baseline. Default: those of the card."),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "-n", min=2, max=1_000_000, help="Plausible inputs for the rankings. Default: 2048; best a power of two."
        ),
    ] = None,
    claims_n: Annotated[
        int | None,
        typer.Option("--claims-n", min=2, max=100_000, help="Plausible inputs for the claims. Default: 256."),
    ] = None,
    only: Annotated[
        str | None, typer.Option("--only", metavar="rankings|claims", help="One of the two. Default: both.")
    ] = None,
    outcomes: Annotated[
        list[str] | None,
        typer.Option(
            "--outcome", metavar="NAME", help="An outcome to rank by; repeatable. Default: those of the overview."
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Rank by every outcome that should be lower or higher.")] = False,
    over: Annotated[
        str | None,
        typer.Option(
            "--over", metavar="uncertainties|levers|both", help="What varies. Default: the card's uncertainties."
        ),
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option("--vary", metavar="NAME[=DISTRIBUTION]", help="Vary a constant or lever; repeatable."),
    ] = None,
    time: Annotated[
        float | None,
        typer.Option("--time", metavar="TIME", help="When scenarios are ranked. Default: the end of the run."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the plausible inputs.")] = 1,
    trust_code: Annotated[
        bool, typer.Option("--trust-code", help="Run the checks of a model outside the project too: they are code.")
    ] = False,
    model: ModelOption = None,
    project: ProjectOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Where to write. Default: output/<model>-robust, never over another."
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another result that --out holds.")] = False,
    size: SizeOption = "full",
    formats: FormatOption = None,
    style: StyleOption = None,
    grey: GreyOption = False,
    lang: LanguageOption = "en",
) -> None:
    """Tell in how many plausible inputs each ranking of scenarios and each claim of the study holds, and what turns it round.

    Example: sdsocec robust --model first_steps --only rankings -n 512
    """
    import xarray as xr

    from sdsocec.analysis.robust import ONLY
    from sdsocec.analysis.robust import robust as hold_against
    from sdsocec.engine.native.kernel import default_threads
    from sdsocec.report.frame import written_line
    from sdsocec.report.picture import render_pictures
    from sdsocec.report.robust_figures import robust_pictures
    from sdsocec.report.robust_tables import data_tables, inputs_line, printed_claims, printed_rankings
    from sdsocec.results.export import PROVENANCE, choose_folder, stamp_file, write_files
    from sdsocec.results.formats import csv_table
    from sdsocec.scenario import load_scenario

    drawing = Drawing.of(size, formats, style, lang, out or Path(), grey)
    if only is not None:
        one_of("part to ask for", only, ONLY)
    loaded = load(model, project)
    chosen = [load_scenario(name, loaded) for name in scenarios] if scenarios else None

    def refuse_other_result(known: Mapping[str, Any]) -> None:
        if out is not None and not overwrite and not _may_be_of(out / PROVENANCE, {**known, **command_line()}):
            check_out(out, xr.Dataset(attrs={**known, **command_line()}), overwrite)

    with progress(lang) as told:
        found = hold_against(
            loaded, chosen, n=n, claims_n=claims_n, only=only, outcomes=outcomes or None, every=every, over=over,
            vary=vary or (), time=time, seed=seed, trust_code=trust_code, workers=default_threads(),
            before=refuse_other_result,
            progress=lambda stage, done, total: told(STAGES.get(stage, "runs"), done, total),
        )  # fmt: skip
    for part in (printed_rankings(found, lang), printed_claims(found, lang)):
        if part is None:
            continue
        print_line(part.head)
        for sentence in part.sentences:
            print_line(f"  {sentence}")
        if part.others:
            print_line(part.others)
        for line in part.kept:
            print_line(f"  {line}")
        for line in part.below:
            print_line(line)
    print_line(inputs_line(found, lang))
    for line in found.notices:
        notice(line, lang)
    files = {f"{table.name}.csv": csv_table(table, lang) for table in data_tables(found, lang)}
    attributes = found.attributes() | command_line()
    dataset = xr.Dataset(attrs=attributes)
    check_out(out, dataset, overwrite)
    pictures = robust_pictures(found, lang, drawing.style, size)
    files |= render_pictures(pictures, drawing.formats, attributes, lang, grey=grey)
    files[PROVENANCE] = stamp_file(attributes)
    folder = write_files(out or choose_folder(Path("output") / f"{loaded.name}-robust", dataset), files)
    note(written_line(folder, files, lang))


def _may_be_of(provenance: Path, known: Mapping[str, Any]) -> bool:
    """Whether what is known before anything is run is what a folder's provenance says, as far as it says anything."""
    with suppress(OSError, ValueError):
        held = json.loads(provenance.read_bytes())
        return isinstance(held, dict) and all(held.get(k) == v for k, v in json.loads(json.dumps(known)).items())
    return not provenance.exists()
