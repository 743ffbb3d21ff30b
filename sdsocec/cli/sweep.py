"""`sdsocec sweep`: run a design of many rows in scenarios; tell what a sweep holds; write it for other programs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .common import (
    LanguageOption,
    ModelOption,
    ProjectOption,
    ToldStop,
    check_language,
    load,
    note,
    notice,
    one_of,
    print_line,
    print_table,
)
from .groups import group_with_default
from .progress import progress
from .run import AtOption, InitialOption, ScenarioArguments, SetOption, chosen_scenarios

if TYPE_CHECKING:
    from sdsocec.analysis.sweep import Sweep
    from sdsocec.analysis.sweep.plan import Plan

RUN = "run"
OVER = ("uncertainties", "levers", "both")
FORMATS = ("csv", "parquet", "nc")


app = typer.Typer(
    cls=group_with_default(RUN),
    help=(
        "Run a design of many rows in scenarios, and store it so that a stop loses nothing.\n\n"
        "Without a command it runs; its options: sdsocec sweep run --help\n\n"
        "Example: sdsocec sweep baseline regulier --model first_steps -n 256 -o sweeps/first"
    ),
)
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The sweep's folder.")]


@app.command(RUN)
def run(
    scenarios: ScenarioArguments = None,
    model: ModelOption = None,
    project: ProjectOption = None,
    n: Annotated[
        int | None, typer.Option("--rows", "-n", metavar="N", help="Rows of the design. Default: 1024.")
    ] = None,
    design: Annotated[
        str | None,
        typer.Option(
            "--design",
            metavar="sobol|lhs|montecarlo|grid|oat|extremes|FILE",
            help="Default: sobol. FILE: rows of your own (.csv, .tab), or Vensim's sensitivity control (.vsc).",
        ),
    ] = None,
    over: Annotated[
        str | None,
        typer.Option("--over", metavar="uncertainties|levers|both", help="What varies. Default: the uncertainties."),
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            "--vary", metavar="NAME[=DISTRIBUTION]", help='A further factor, as in "NAME=uniform(0, 1)"; repeatable.'
        ),
    ] = None,
    levels: Annotated[
        int | None,
        typer.Option("--levels", metavar="N", help="Values a factor, of grid (default 5) and oat (default 2)."),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="Of the design. Default: 1.")] = None,
    outcomes: Annotated[
        list[str] | None,
        typer.Option(
            "--outcome",
            metavar="NAME",
            help="A variable or element to save; repeatable. Default: the card's overview, or all its outcomes.",
        ),
    ] = None,
    saving: Annotated[
        float | None, typer.Option("--every", metavar="YEARS", help="The saving step. Default: 1, or the model's own.")
    ] = None,
    settings: SetOption = None,
    at: AtOption = None,
    initial: InitialOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="The sweep's folder. Default: sweeps/<model>.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Finish the sweep in --out; what is not given is as it was.")
    ] = False,
    add: Annotated[int, typer.Option("--add", metavar="N", min=0, help="Add rows to the sweep in --out.")] = 0,
    lang: LanguageOption = "en",
) -> None:
    """Run a design of many rows in every scenario, and store it in a folder. All scenarios have the same rows.

    It can be stopped (Ctrl-C, a kill) and carried on with --resume; what it holds: sdsocec sweep status DIR; for other programs:
    sdsocec sweep export DIR.

    Example: sdsocec sweep baseline regulier --model first_steps -n 256 --over uncertainties -o sweeps/first
    """
    from sdsocec.analysis.sweep.plan import Asked
    from sdsocec.analysis.sweep.running import run_sweep
    from sdsocec.scenario import settable_of

    check_language(lang)
    if over is not None:
        one_of("kind of factor", over, OVER)
    folder, loaded = out, None
    if model is not None or not (resume or add) or out is None:
        loaded = load(model, project)
        folder = out or Path("sweeps") / loaded.name
    assert folder is not None
    is_continued = resume or bool(add)
    if loaded is None:
        from sdsocec.analysis.sweep.design import read_design

        loaded = load(read_design(folder).model, project)
    chosen = None if is_continued and not scenarios and not at else chosen_scenarios(loaded, scenarios, at)
    values = settable_of(loaded).read(settings or [])
    asked = Asked(
        n, design, seed, over, tuple(vary or ()), levels, None if outcomes is None else tuple(outcomes), saving, initial,
        values or None,
    )  # fmt: skip
    with _carried_on_by(folder), progress(lang) as told:
        found = run_sweep(
            folder, asked, loaded, chosen, resume=resume, add=add, progress=told.of("runs"),
            planned=lambda plan: _announce(plan, lang),
        )  # fmt: skip
    print_line(_summary(found, lang))


def _announce(plan: Plan, language: str) -> None:
    """What will be run, on stderr."""
    from sdsocec.report.frame import model_line
    from sdsocec.report.numbers import format_number
    from sdsocec.report.texts import text

    experiment, design = plan.experiment, plan.design
    rows = format_number(float(design.n), language)
    starts = {"stored": "sweep_start_stored", "equilibrium": "sweep_start_equilibrium"}
    note(model_line(plan.model, experiment.scenarios, language))
    note(text(
        language, "frame_sweep", rows=rows, design=design.design, inputs=len(experiment.factors), outputs=len(design.outputs),
        times=len(design.times), start=text(language, starts[design.initial]),
    ))  # fmt: skip
    if experiment.overridden:
        notice(text(language, "frame_overridden", inputs=", ".join(experiment.overridden)), language)
    if design.design == "sobol" and design.n & (design.n - 1):
        notice(text(language, "frame_sweep_sobol"), language)
    if design.design == "lhs" and len(design.parts) > 1:
        notice(text(language, "frame_sweep_lhs", parts=len(design.parts), rows=rows), language)


def _summary(sweep: Sweep, language: str) -> str:
    """The last line: what is there, and how much of it is not finite."""
    from sdsocec.report.numbers import format_number
    from sdsocec.report.texts import text

    finite = text(language, "frame_sweep_all_finite")
    if sweep.n_not_finite:
        finite = text(language, "frame_sweep_left_out", not_finite=_not_finite(sweep, language))
    rows = format_number(float(len(sweep.runs)), language)
    n = len(sweep.scenarios)
    key = "frame_sweep_done_one" if n == 1 else "frame_sweep_done"
    return text(language, key, rows=rows, folder=sweep.folder, scenarios=n, finite=finite)


def _not_finite(sweep: Sweep, language: str) -> str:
    """How many runs are not finite, and how many of them had no equilibrium to start from."""
    from sdsocec.report.numbers import format_number
    from sdsocec.report.texts import text

    runs, unstarted = (format_number(float(n), language) for n in (sweep.n_not_finite, sweep.n_no_equilibrium))
    key = "frame_sweep_no_start" if sweep.n_no_equilibrium else "frame_sweep_not_finite"
    return text(language, key, runs=runs, unstarted=unstarted)


@contextmanager
def _carried_on_by(folder: Path) -> Iterator[None]:
    """Say, when it is stopped, what is kept and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        from sdsocec.analysis.sweep import open_sweep
        from sdsocec.errors import SdsocecError

        try:
            found = open_sweep(folder)
        except SdsocecError:
            raise KeyboardInterrupt from None
        kept = f"{len(found.runs):,} of {found.design.n:,} rows are kept"
        note(f"stopped; {kept}. Go on: sdsocec sweep --resume -o {shlex.quote(str(folder))}")
        raise ToldStop from None


@app.command("status")
def status(folder: Folder, lang: LanguageOption = "en") -> None:
    """Tell what a sweep holds, and check every finished block against its checksum.

    Exit code 1 if a block is damaged; --resume makes it again.

    Example: sdsocec sweep status sweeps/first
    """
    from sdsocec.analysis.sweep import open_sweep
    from sdsocec.report.sweep import damage_lines, status_table

    check_language(lang)
    sweep = open_sweep(folder)
    damaged = sweep.damaged_blocks()
    header, rows = status_table(sweep, damaged, lang)
    print_table(header, rows)
    for line in damage_lines(sweep, damaged, lang):
        print_line(line)
    if damaged:
        raise typer.Exit(1)


@app.command("export")
def export(
    folder: Folder,
    kind: Annotated[str, typer.Option("--format", "-f", metavar="csv|parquet|nc", help="What to write.")] = "csv",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Where to. Default: DIR/export.")
    ] = None,
    lang: LanguageOption = "en",
) -> None:
    """Write a sweep for other programs, in the model's units, block by block.

    csv and parquet: `inputs` with a row a run, `outcomes` with a row a run, scenario and time. nc: one file.

    Example: sdsocec sweep export sweeps/first --format parquet
    """
    from sdsocec.analysis.sweep import open_sweep
    from sdsocec.analysis.sweep.export import export_sweep
    from sdsocec.report.frame import written_line
    from sdsocec.report.numbers import format_number
    from sdsocec.report.texts import text

    check_language(lang)
    one_of("format", kind, FORMATS)
    sweep = open_sweep(folder)
    with progress(lang, silent=True) as told:
        files = export_sweep(sweep, out or folder / "export", kind, lang, told.of("rows"))
    if not sweep.is_finished:
        done, rows = (format_number(float(n), lang) for n in (len(sweep.runs), sweep.design.n))
        notice(text(lang, "frame_sweep_unfinished", done=done, rows=rows), lang)
    if sweep.n_not_finite:
        notice(_not_finite(sweep, lang), lang)
    note(written_line(files[0].parent, [path.name for path in files], lang))
