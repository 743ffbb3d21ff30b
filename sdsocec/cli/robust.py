"""`sdsocec robust`: which rankings of scenarios, and which claims of the study, hold over plausible inputs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .again import command_line
from .common import LanguageOption, ModelOption, ProjectOption, check_language, load, note, one_of, print_line

if TYPE_CHECKING:
    from sdsocec.analysis.robust import Robustness

FOLDER = "robust"


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
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Where to write the files.")] = None,
    lang: LanguageOption = "en",
) -> None:
    """Tell in how many plausible inputs each ranking of scenarios and each claim of the study holds, and what turns it round.

    Example: sdsocec robust --model first_steps --only rankings -n 512
    """
    from sdsocec.analysis.robust import CLAIMS_N, ONLY, N
    from sdsocec.analysis.robust import robust as hold_against
    from sdsocec.engine.native.kernel import default_threads
    from sdsocec.report.picture import render_pictures
    from sdsocec.report.robust_figures import robust_pictures
    from sdsocec.report.robust_tables import data_tables, inputs_line, printed_claims, printed_rankings
    from sdsocec.results.export import PROVENANCE, stamp_file, write_files
    from sdsocec.results.formats import csv_table
    from sdsocec.scenario import load_scenario

    check_language(lang)
    if only is not None:
        one_of("part to ask for", only, ONLY)
    loaded = load(model, project)
    chosen = [load_scenario(name, loaded) for name in scenarios] if scenarios else None

    def answer(progress: Callable[[str, int, int], None] | None) -> Robustness:
        return hold_against(
            loaded, chosen, n=n or N, claims_n=claims_n or CLAIMS_N, only=only, outcomes=outcomes, every=every, over=over,
            vary=vary or (), time=time, seed=seed, trust_code=trust_code, workers=default_threads(), progress=progress,
        )  # fmt: skip

    found = _with_progress(answer)
    for part in (printed_rankings(found, lang), printed_claims(found, lang)):
        if part is None:
            continue
        print_line(part.head)
        for sentence in part.sentences:
            print_line(f"  {sentence}")
        for line in part.below:
            print_line(line)
    print_line(inputs_line(found, lang))
    for notice in found.notices:
        note(f"notice: {notice}")
    files = {f"{table.name}.csv": csv_table(table, lang) for table in data_tables(found, lang)}
    attributes = found.attributes() | command_line()
    files |= render_pictures(robust_pictures(found, lang), ("png", "svg"), attributes, lang)
    files[PROVENANCE] = stamp_file(attributes)
    folder = write_files(out or Path("output") / f"{loaded.name}-{FOLDER}", files)
    note(f"Written to {folder}: {', '.join(files)}")


def _with_progress(answer: Callable[[Callable[[str, int, int], None] | None], Robustness]) -> Robustness:
    if not sys.stderr.isatty():
        return answer(None)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=total)

        return answer(progress)
