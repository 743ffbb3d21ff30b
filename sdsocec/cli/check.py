"""`sdsocec check`: run a model's reality checks."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from .common import ModelOption, ProjectOption, load, note, print_table

if TYPE_CHECKING:
    from sdsocec.analysis.checks import CheckResult


def check(
    model: ModelOption = None,
    project: ProjectOption = None,
    trust_code: Annotated[
        bool, typer.Option("--trust-code", help="Run the checks.py of a model outside the project too: it is code.")
    ] = False,
    failing: Annotated[bool, typer.Option("--failing", help="Print only the checks that do not hold.")] = False,
) -> None:
    """Run the reality checks of a model (English only).

    The model fails with a hard check: exit code 1. A soft one is only reported. Those that do not hold come last.

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
    found = in_order(report.results)
    rows = [
        (("holds" if r.holds else "FAILS"), r.check.kind, r.check.claim, r.numbers)
        for r in found
        if not (failing and r.holds)
    ]
    if rows:
        print_table(("verdict", "kind", "claim", "numbers"), rows, f"Reality checks of {loaded.name}")
    fail = {kind: [short_name(r) for r in found if not r.holds and r.check.kind == kind] for kind in ("hard", "soft")}
    told = [f"{kind} ones that fail: {', '.join(names)}" for kind, names in fail.items() if names]
    note("; ".join([f"{sum(r.holds for r in found)} of {n} checks hold", *told]))
    if report.failed:
        raise typer.Exit(1)


_ID = re.compile(r"([A-Z]+)(\d+)(\w?):")


def in_order(results: Sequence[CheckResult]) -> list[CheckResult]:
    """The results by letter as they first come, and by number (G9 before G10); those that fail last.

    A claim without such a name stays behind the one before it.
    """
    letters: dict[str, int] = {}
    keys: list[tuple[int, int, str]] = []
    for result in results:
        found = _ID.match(result.check.claim)
        if found is None:
            keys.append(keys[-1] if keys else (0, 0, ""))
        else:
            keys.append((letters.setdefault(found[1], len(letters) + 1), int(found[2]), found[3]))
    ranked = sorted(range(len(results)), key=lambda i: (not results[i].holds, keys[i]))
    return [results[i] for i in ranked]


def short_name(result: CheckResult) -> str:
    """What a check is called: what stands before the colon of its claim, or the claim."""
    found = _ID.match(result.check.claim)
    return result.check.claim if found is None else found[0][:-1]
