"""`sdsocec check`: run a model's reality checks."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from .common import ModelOption, ProjectOption, load, note, print_table


def check(
    model: ModelOption = None,
    project: ProjectOption = None,
    trust_code: Annotated[
        bool, typer.Option("--trust-code", help="Run the checks.py of a model outside the project too: it is code.")
    ] = False,
    failing: Annotated[bool, typer.Option("--failing", help="Print only the checks that do not hold.")] = False,
) -> None:
    """Run the reality checks of a model.

    Exits with 1 if a hard check does not hold.

    Example: sdsocec check --model first_steps
    """
    from sdsocec.analysis import check as run_checks
    from sdsocec.analysis import load_checks

    loaded = load(model, project)
    n = len(load_checks(loaded, trust_code))
    note(f"{n} reality checks of {loaded.name}")
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("checking", total=n)
            report = run_checks(loaded, trust_code=trust_code, progress=lambda _: bar.advance(task))
    else:
        report = run_checks(loaded, trust_code=trust_code)
    rows = [
        (("holds" if r.holds else "FAILS"), r.check.kind, r.check.claim, r.numbers)
        for r in report.results
        if not (failing and r.holds)
    ]
    if rows:
        print_table(("verdict", "kind", "claim", "numbers"), rows)
    hard = [r for r in report.results if not r.holds and r.check.kind == "hard"]
    soft = [r for r in report.results if not r.holds and r.check.kind == "soft"]
    note(f"{sum(r.holds for r in report.results)} of {n} hold; {len(hard)} hard and {len(soft)} soft do not")
    if report.failed:
        raise typer.Exit(1)
