"""`sdsocec identify` and `sdsocec calibrate`: what the record can say about the parameters, and which values follow it best."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .common import ModelOption, ProjectOption, load, note, one_of, print_line, print_table
from .run import SetOption

if TYPE_CHECKING:
    from sdsocec.analysis.calibration import Fit, Identifiability, Optimum, Problem

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
MOST_RUNNERS_UP = 5


def identify(
    model: ModelOption = None,
    project: ProjectOption = None,
    free: FreeOption = None,
    series: SeriesOption = None,
    replace: ReplaceOption = None,
    settings: SetOption = None,
) -> None:
    """Say which parameters the observed series can fix, before anything is fitted.

    Example: sdsocec identify --model first_steps
    """
    from sdsocec.analysis.calibration import identifiability

    problem = _problem(model, project, free, series, replace, settings)
    print_identifiability(identifiability(problem), problem)


def calibrate(
    model: ModelOption = None,
    project: ProjectOption = None,
    free: FreeOption = None,
    series: SeriesOption = None,
    replace: ReplaceOption = None,
    settings: SetOption = None,
    starts: Annotated[
        int, typer.Option("--starts", min=1, help="Searches; the first from the model as it stands.")
    ] = 64,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the starts.")] = 1,
    loss: Annotated[
        str, typer.Option("--loss", metavar="linear|soft_l1|huber|cauchy", help="The robust ones weigh outliers down.")
    ] = "soft_l1",
    profiles: Annotated[
        bool,
        typer.Option(
            "--profiles", help="Also the likelihood profile of each parameter that the data see: a figure and a table."
        ),
    ] = False,
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Write the values and their equilibrium into the .mdl; only numbers change."),
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Where to write the evidence.")] = None,
) -> None:
    """Fit parameters to the observed series, from many starts; report estimates, intervals and what cannot be known.

    It reports; with --accept it rewrites the numbers in the .mdl too. Ctrl-C ends the search and keeps the best found.

    Example: sdsocec calibrate --model first_steps --starts 4
    """
    from sdsocec.analysis.calibration import evidence
    from sdsocec.analysis.calibration.search import LOSSES
    from sdsocec.analysis.calibration.search import calibrate as search_best
    from sdsocec.results.export import write_files

    one_of("loss", loss, LOSSES)
    problem = _problem(model, project, free, series, replace, settings)
    loaded = problem.model
    if accept:
        _refuse_installed(loaded.equations.path)
    note(f"{len(problem.free)} parameters, {len(problem.observed)} observed values, {starts} starts")
    fit = _with_progress(lambda tell: search_best(problem, starts=starts, seed=seed, loss=loss, progress=tell), starts)
    if fit.stopped:
        note(f"stopped after {len(fit.optima)} of {starts} starts; what follows is the best found")
    print_fit(fit)
    command = _command(loaded.name, free, series, replace, settings, starts, seed, loss)
    files = evidence.evidence_files(fit, command)
    if profiles:
        files |= _profile_files(fit)
    folder = write_files(out or Path("output") / loaded.name / evidence.FOLDER, files)
    note(f"Written to {folder}: {', '.join(files)}")
    if accept:
        written = evidence.accept(fit)
        kept = write_files(loaded.folder / evidence.FOLDER, files)
        note(
            f"{len(written)} numbers written to {loaded.equations.path}; the evidence is in {kept}. Next: sdsocec check"
        )


def _profile_files(fit: Fit) -> dict[str, bytes]:
    """Each parameter held at places around its best, the others fitted anew; the cost of each."""
    import xarray as xr

    from sdsocec.analysis.calibration import profile
    from sdsocec.analysis.calibration.evidence import unit_of
    from sdsocec.report.fit_figures import Profile, draw_profiles
    from sdsocec.report.saving import render

    problem = fit.problem
    names = [name for name in problem.free if name not in fit.identifiability.weak]
    made, rows = [], ["parameter,unit,value,cost"]
    for number, name in enumerate(names, 1):
        note(f"profile {number} of {len(names)}: {name}")
        values, costs = profile(problem, fit.best, name, fit.loss)
        made.append(Profile(name, unit_of(fit, name), values, costs, fit.values[name], fit.best.cost))
        rows += [f'"{name}",{unit_of(fit, name)},{v:.8g},{c:.8g}' for v, c in zip(values, costs, strict=True)]
    stamp = {"model": problem.model.name, "model_sha256": problem.model.equations.file_sha256, "seed": fit.seed}
    figure = render(draw_profiles(made, problem.model), "profiles", xr.Dataset(attrs=stamp))
    return figure | {"profiles.csv": ("\n".join(rows) + "\n").encode()}


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


def _with_progress(run: object, starts: int) -> Fit:
    assert callable(run)
    if not sys.stderr.isatty():
        return run(None)  # type: ignore[no-any-return]
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("searching", total=starts)

        def tell(_: Optimum, best: Optimum) -> None:
            bar.update(task, advance=1, description=f"best cost {best.cost:.4g}")

        return run(tell)  # type: ignore[no-any-return]


def print_identifiability(known: Identifiability, problem: Problem) -> None:
    """The parameters by how much the data see of them, then the groups that only move together."""
    from sdsocec.analysis.calibration.identify import COLLINEAR, WEAK

    order = sorted(range(len(known.free)), key=lambda i: -known.sensitivity[i])
    fixed = known.is_fixed
    rows = [
        (known.free[i], f"{problem.lower[i]:g} to {problem.upper[i]:g}", f"{known.sensitivity[i]:.3g}",
         "yes" if fixed[known.free[i]] else "no: nothing observed moves" if known.free[i] in known.weak else "only in a group")
        for i in order
    ]  # fmt: skip
    title = "Effect of a parameter's whole range on all observed values together, in standard errors"
    print_table(("parameter", "range", "effect", "can the data fix it?"), rows, title)
    for names, index in known.groups:
        print_line(
            f"Only together: {', '.join(names)} (collinearity {index:.0f}; above {COLLINEAR:g} one can undo the others)"
        )
    print_line(
        f"The data fix {known.rank} of {len(known.free)} directions to better than their range (singular values above {WEAK:g}): "
        + ", ".join(f"{value:.2g}" for value in known.singular_values)
    )


def print_fit(fit: Fit) -> None:
    """Estimates with the digits that the data support, the fit of each series before and after, and the other optima."""
    from sdsocec.analysis.calibration.evidence import interval_text, remark, series_statistics, supported

    rows = [
        (i.name, f"{i.before:.4g}", supported(i), interval_text(i), remark(fit, i)) for i in fit.intervals
    ]  # fmt: skip
    print_table(("parameter", "before", "estimate", "90 % interval", "remark"), rows)
    before = series_statistics(fit, fit.problem.scaled(fit.problem.start))
    after = series_statistics(fit, fit.best.scaled)
    table = [
        (name, str(a.n), f"{before[name].mape:.1%}", f"{a.mape:.1%}", f"{a.r2:.2f}",
         *(f"{share:.0%}" for share in (a.bias, a.variation, a.covariation)))
        for name, a in after.items()
    ]  # fmt: skip
    header = ("series", "years", "error before", "error after", "R2", "bias", "variation", "covariation")
    print_table(header, table, "Mean absolute error; Theil's shares of the squared error after", numbers_from=1)
    print_line(
        f"Cost {fit.best.cost:.4g} (half the sum of losses); found from {_same(fit)} of {len(fit.optima)} starts; "
        f"{fit.runs:,} runs of the model"
    )
    for optimum in fit.runners_up[:MOST_RUNNERS_UP]:
        far = max(zip(fit.problem.free, abs(optimum.scaled - fit.best.scaled), strict=True), key=lambda p: p[1])
        print_line(
            f"Another optimum: cost {optimum.cost:.4g} from start {optimum.start}; it differs most in '{far[0]}'"
        )


def _same(fit: Fit) -> int:
    from sdsocec.analysis.calibration.search import SAME

    return sum(o.cost <= fit.best.cost * (1 + SAME) for o in fit.optima)


def _command(
    name: str,
    free: list[str] | None,
    series: list[str] | None,
    replace: list[str] | None,
    settings: list[str] | None,
    starts: int,
    seed: int,
    loss: str,
) -> str:
    import shlex

    words = ["sdsocec", "calibrate", "--model", name, "--starts", str(starts), "--seed", str(seed), "--loss", loss]
    for option, values in (("--free", free), ("--series", series), ("--replace", replace), ("--set", settings)):
        for value in values or ():
            words += [option, value]
    return shlex.join(words)


def _refuse_installed(path: Path) -> None:
    from sdsocec.errors import ProjectError

    if path.resolve().is_relative_to(Path(__file__).resolve().parents[1]):
        raise ProjectError(
            f"'{path}' belongs to the installed program", path=path, hint="Make a copy of your own: sdsocec init DIR"
        )
