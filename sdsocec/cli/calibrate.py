"""`sdsocec identify` and `sdsocec calibrate`: what the record can say about the parameters, and which values follow it best."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .again import command_line
from .common import (
    LanguageOption,
    ModelOption,
    ProjectOption,
    ToldStop,
    check_language,
    load,
    note,
    one_of,
    print_line,
    print_tables,
)

if TYPE_CHECKING:
    from sdsocec.analysis.calibration import Fit, Optimum, Problem, Profile
    from sdsocec.analysis.calibration.accepting import Accepted
    from sdsocec.analysis.fit import RecordRun

FreeOption = Annotated[
    list[str] | None, typer.Option("--free", metavar="NAME", help="A constant to fit; repeatable. Default: the card's.")
]
SeriesOption = Annotated[
    list[str] | None, typer.Option("--series", metavar="NAME", help="A series to fit; repeatable. Default: all.")
]
ReplaceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--replace",
        metavar="NAME",
        help="Let a series' variable follow the record instead of its equation; repeatable.",
    ),
]
HoldOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="NAME=VALUE",
        help="Hold a lever or constant at a value; one that the card frees is then not fitted. Repeatable.",
    ),
]


def identify(
    model: ModelOption = None,
    project: ProjectOption = None,
    free: FreeOption = None,
    series: SeriesOption = None,
    replace: ReplaceOption = None,
    settings: HoldOption = None,
    lang: LanguageOption = "en",
) -> None:
    """Say which parameters the observed series can fix, before anything is fitted.

    For each: what its whole range moves in the observed values, in standard errors; how exactly they fix it (half of a 90 %
    interval, in percent of the range) with all others known, and with all others estimated too; and which can only be told
    together.

    Example: sdsocec identify --model first_steps
    """
    from sdsocec.analysis.calibration import identifiability
    from sdsocec.report.calibration_tables import identify_table

    check_language(lang)
    problem = _problem(model, project, free, series, replace, settings)
    print_tables([identify_table(identifiability(problem), problem, lang)])


def calibrate(
    model: ModelOption = None,
    project: ProjectOption = None,
    free: FreeOption = None,
    series: SeriesOption = None,
    replace: ReplaceOption = None,
    settings: HoldOption = None,
    starts: Annotated[
        int, typer.Option("--starts", metavar="N", min=1, help="Searches; the first from the model as it stands.")
    ] = 64,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the starts.")] = 1,
    loss: Annotated[
        str, typer.Option("--loss", metavar="linear|soft_l1|huber|cauchy", help="The robust ones weigh outliers down.")
    ] = "soft_l1",
    profiles: Annotated[
        bool,
        typer.Option(
            "--profiles",
            help="Also intervals by profile likelihood, of the cost itself: a table and a figure. Takes some times longer.",
        ),
    ] = False,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept",
            help="Write the values and their equilibrium into the .mdl, where only numbers change, and the evidence beside it.",
        ),
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Where to write the evidence.")] = None,
    lang: LanguageOption = "en",
) -> None:
    """Fit parameters to the observed series, from many starts; report estimates, intervals and what cannot be known.

    It reports; with --accept it rewrites the numbers in the .mdl too. Ctrl-C ends the search and keeps the best found; a second
    Ctrl-C keeps it as it is.

    Example: sdsocec calibrate --model first_steps --starts 4
    """
    from sdsocec.analysis.calibration import accepting, evidence
    from sdsocec.analysis.calibration.intervals import LOSSES
    from sdsocec.report.frame import written_line
    from sdsocec.results.export import PROVENANCE, check_folder, stamp_file, write_files

    check_language(lang)
    one_of("loss", loss, LOSSES)
    problem = _problem(model, project, free, series, replace, settings)
    loaded = problem.model
    folder = out or Path("output") / f"{loaded.name}-{evidence.FOLDER}"
    check_folder(folder)
    if accept:
        _refuse_installed(loaded.equations.path)
        check_folder(loaded.folder / evidence.FOLDER)
        accepting.require_acceptable(problem)
    fit = _search(problem, starts, seed, loss)
    values = accepting.accepted(fit)
    command = _command(loaded.name, free, series, replace, settings, starts, seed, loss, profiles)
    stamp = evidence.stamp_of(fit) | ({} if fit.stopped else command_line())
    provenance = {PROVENANCE: stamp_file(stamp)}
    files = evidence.evidence_files(fit, command, values) | provenance
    write_files(folder, files)
    _print_fit(fit, values, lang)
    note(written_line(folder, files, lang))
    if fit.stopped:
        undone = " and ".join(
            word
            for word, is_wanted in (("no profiles were made", profiles), ("nothing was accepted", accept))
            if is_wanted
        )
        note(f"stopped after {fit.starts_done} of {starts} starts{f'; {undone}' if undone else ''}")
        raise ToldStop
    written: dict[str, float] = {}
    try:
        if profiles:
            made, is_whole = _profiles(fit, lang)
            files = evidence.evidence_files(fit, command, values, made) | _profile_files(fit, made, stamp, lang)
            files |= provenance
            write_files(folder, files)
            note(written_line(folder, files, lang))
            if not is_whole:
                raise KeyboardInterrupt
        if accept:
            written = accepting.accept(fit, values)
            kept = write_files(loaded.folder / evidence.FOLDER, files)
            note(f"{len(written)} numbers written to {loaded.equations.path}; evidence in {kept}. Next: sdsocec check")
    except KeyboardInterrupt:
        undone = "; nothing was accepted" if accept and not written else ""
        note(f"stopped; what was found is in {folder}{undone}")
        raise ToldStop from None


def _search(problem: Problem, starts: int, seed: int, loss: str) -> Fit:
    from sdsocec.analysis.calibration import calibrate as search_best
    from sdsocec.analysis.calibration.search import seconds_of
    from sdsocec.errors import RunError

    size = f"{len(problem.free)} parameters, {len(problem.observed)} observed values, {starts} starts"
    try:
        note(f"{size}: {_duration(seconds_of(problem, starts))}")
    except RunError:  # the model as it stands has no equilibrium; other starts may
        note(size)
    with _bar("searching", starts) as advance:

        def tell(_: Optimum, best: Optimum | None) -> None:
            advance("" if best is None else f"best misfit {2 * best.cost / len(problem.observed):.3f}")

        return search_best(
            problem, starts=starts, seed=seed, loss=loss, progress=tell,
            stopping=lambda: note("stopping; finishing the best"),
        )  # fmt: skip


def _duration(seconds: float) -> str:
    """A length of time, as roughly as it is known."""
    if seconds < 8:
        return "some seconds"
    if seconds < 55:
        return f"about {round(seconds, -1):.0f} seconds"
    minutes = max(1, round(seconds / 60))
    return f"about {minutes} minute{'s'[: minutes > 1]}"


def _profiles(fit: Fit, lang: str) -> tuple[list[Profile], bool]:
    """The profiles of the parameters that move something, printed, and whether all were made."""
    from sdsocec.analysis.calibration.profiles import profiles
    from sdsocec.report.calibration_tables import profiles_table

    names = [name for name in fit.problem.free if name not in fit.identifiability.weak]
    with _bar("profiles", len(names)) as advance:

        def tell(name: str, done: int) -> None:
            advance(name)
            if not sys.stderr.isatty():
                note(f"profile {done} of {len(names)}: {name}")

        made, is_whole = profiles(fit, names, progress=tell)
    if made:
        print_tables([profiles_table(fit, made, lang)], is_first=False)
    return made, is_whole


def _profile_files(fit: Fit, made: list[Profile], stamp: dict[str, Any], lang: str) -> dict[str, bytes]:
    """The profiles as a table and a figure."""
    import xarray as xr

    from sdsocec.analysis.calibration.evidence import profiles_csv
    from sdsocec.report.profile_figures import draw_profiles
    from sdsocec.report.saving import render

    if not made:
        return {}
    model = fit.problem.model
    figure = render(draw_profiles(made, model, lang), "profiles", xr.Dataset(attrs=stamp))
    return figure | {"profiles.csv": profiles_csv(fit, made)}


def _problem(
    model: str | None,
    project: Path | None,
    free: list[str] | None,
    series: list[str] | None,
    replace: list[str] | None,
    settings: list[str] | None,
) -> Problem:
    from sdsocec.analysis.calibration import problem_for
    from sdsocec.scenario import settable_of

    loaded = load(model, project)
    values = settable_of(loaded).read(settings or [])
    return problem_for(loaded, free=free, series=series, replaced=replace or (), settings=values)


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[str], None]]:
    """A progress bar on a terminal; what it gives is told each step, and a word on it."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda word: bar.update(task, advance=1, description=word or what)


def _print_fit(fit: Fit, values: Accepted, lang: str) -> None:
    """Estimates with the digits that the data support, the fit of each series and its change, and how it was found."""
    from sdsocec.analysis.calibration.search import cost_at
    from sdsocec.report.calibration_tables import estimates_table, search_lines
    from sdsocec.report.fit_tables import misfit_line, table_of_fit

    problem = fit.problem
    start = problem.scaled(problem.start)
    print_tables([estimates_table(fit, lang)])
    after = _run(problem, fit.values, "the fitted values")
    before = _run(problem, dict(zip(problem.free, map(float, problem.start), strict=True)), "the values of the .mdl")
    if after is not None:
        print_tables([table_of_fit(after, problem.model, lang, before)], is_first=False)
        print_line(misfit_line(after, lang, before))
    cost = cost_at(problem, start, fit.loss)
    for line in search_lines(fit, values, cost if cost < float("inf") else None, lang):
        print_line(line)


def _run(problem: Problem, values: dict[str, float], whose: str) -> RecordRun | None:
    """The run beside all its record: to FINAL TIME, further than it was fitted, and in the scenario of the test years."""
    from sdsocec.analysis.fit import run_against_record
    from sdsocec.errors import RunError

    names = [series.name for series in problem.series]
    try:
        return run_against_record(problem.model, {**problem.settings, **values}, names)
    except RunError as error:
        note(f"notice: with {whose} there is no run to compare: {error}")
        return None


def _command(
    name: str,
    free: list[str] | None,
    series: list[str] | None,
    replace: list[str] | None,
    settings: list[str] | None,
    starts: int,
    seed: int,
    loss: str,
    profiles: bool,
) -> str:
    import shlex

    words = ["sdsocec", "calibrate", "--model", name, "--starts", str(starts), "--seed", str(seed), "--loss", loss]
    for option, values in (("--free", free), ("--series", series), ("--replace", replace), ("--set", settings)):
        for value in values or ():
            words += [option, value]
    return shlex.join([*words, *(["--profiles"] if profiles else [])])


def _refuse_installed(path: Path) -> None:
    from sdsocec.errors import ProjectError

    if path.resolve().is_relative_to(Path(__file__).resolve().parents[1]):
        raise ProjectError(
            f"'{path}' belongs to the installed program", path=path, hint="Make a copy of your own: sdsocec init DIR"
        )
