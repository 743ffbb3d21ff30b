"""`sdsocec equilibrium`: bring a model to rest, and hold its stored initial values against that."""

from __future__ import annotations

from typing import Annotated

import typer

from sdsocec.errors import ProjectError, SdsocecError

from .common import ModelOption, ProjectOption, load, note, print_line, print_table
from .run import SetOption

MOST_SHOWN = 12


def equilibrium(
    model: ModelOption = None,
    project: ProjectOption = None,
    settings: SetOption = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write the equilibrium into the .mdl; only numbers change.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="List all initial values, not only those that differ most where some do.")
    ] = False,
) -> None:
    """Bring the model to rest and compare its stored initial values with that (English only).

    Exit code 1 if the stored values do not belong to the stored parameters: a stock moves by more than a millionth of itself a
    year, or a constant that must agree with the state does not. With --set it only compares.

    Example: sdsocec equilibrium --set "matching elasticity=0.45"
    """
    from sdsocec.engine import Design, constant_values
    from sdsocec.model.rewriting import write_values
    from sdsocec.scenario import settable_of
    from sdsocec.scenario.equilibrium import AT_REST, at_rest, drift, stored_and_found

    loaded = load(model, project)
    if write and settings:
        raise SdsocecError(
            "--write and --set do not go together: the stored values would belong to other parameters than the stored ones",
            hint="Change the parameters in the .mdl first, then: sdsocec equilibrium --write",
        )
    if write and loaded.equations.path.is_relative_to(_package()):
        raise ProjectError(
            f"'{loaded.equations.path}' belongs to the installed program", path=loaded.equations.path,
            hint="Make a copy of your own: sdsocec init DIR",
        )  # fmt: skip
    values = settable_of(loaded).read(settings or [])
    pairs = stored_and_found(loaded, values)
    note(f"Model {loaded.name} ({loaded.equations.path})")
    moving = drift(loaded, Design.of_rows([values], constant_values(loaded.equations)))
    stock, speed = moving.worst()[0]
    belongs = speed <= AT_REST and all(pairs[c][0] == pairs[c][1] for c in at_rest(loaded).consistent)
    print_line(
        "The stored initial values belong to these parameters."
        if belongs
        else f"The stored values do not belong to these parameters: a stock may move by {AT_REST:g} a year, no more."
    )
    print_line(f"From the stored values, at rest, '{stock}' moves most: {speed:.1e} of itself a year.")
    if every or not belongs:
        by_difference = sorted(pairs, key=lambda name: -_relative(*pairs[name]))
        shown = list(pairs) if every else by_difference[:MOST_SHOWN]
        rows = [
            [name, f"{pairs[name][0]:.8g}", f"{pairs[name][1]:.8g}", f"{_relative(*pairs[name]):.1e}"] for name in shown
        ]
        title = f"{len(rows)} of {len(pairs)} initial values, in the units of the .mdl"
        print_line("")
        print_table(["initial value", "stored", "at rest", "difference"], rows, title, numbers_from=1)
        if len(rows) < len(pairs):
            note(f"{len(pairs) - len(rows)} more: --all")
    if write:
        write_values(loaded.equations, {name: found for name, (_, found) in pairs.items()} if not belongs else {})
        note(f"Written to {loaded.equations.path}." if not belongs else "Nothing to write.")
    elif not belongs and not settings:
        raise typer.Exit(1)


def _relative(stored: float, found: float) -> float:
    return abs(found - stored) / max(abs(stored), abs(found), 1e-300)


def _package() -> str:
    from pathlib import Path

    return str(Path(__file__).resolve().parents[1])
