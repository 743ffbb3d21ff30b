"""`sdsocec levers`: who holds which lever, and what the levers of a scenario change."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

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
    print_table,
)

if TYPE_CHECKING:
    from sdsocec.model.project import LoadedModel

BY = ("holder", "lever")


def levers(
    scenario: Annotated[
        str | None, typer.Argument(metavar="SCENARIO", help="By name, or a .toml file. Without: list the levers.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by", metavar="holder|lever", help="Who is told apart: holders, or single levers. Default: holders."
        ),
    ] = None,
    outcomes: Annotated[
        list[str] | None,
        typer.Option(
            "--outcome", metavar="NAME", help="An outcome; repeatable. Default: those that should rise or fall."
        ),
    ] = None,
    model: ModelOption = None,
    project: ProjectOption = None,
    lang: LanguageOption = "en",
) -> None:
    """Tell what the levers of each holder change in a scenario; without a scenario, list all levers.

    The share (Shapley) divides what levers do only together: it is what a holder adds, averaged over every order of stepping in.

    Example: sdsocec levers regulier --outcome unemployed
    """
    check_language(lang)
    one_of("way to tell levers apart", by or BY[0], BY)
    loaded = load(model, project)
    if not loaded.card.levers:
        raise SdsocecError(
            f"the card of '{loaded.name}' lists no levers", name=loaded.name,
            hint="Any constant can be set: sdsocec run --set NAME=VALUE; names: sdsocec model variables --kind constant",
        )  # fmt: skip
    if scenario is not None:
        _effects(loaded, scenario, by or BY[0], outcomes, lang)
        return
    unused = "--outcome" if outcomes else "--by" if by else ""
    if unused:
        raise SdsocecError(
            f"{unused} is about what a scenario changes, and none is named",
            name=unused,
            hint=f"Name one, as in: sdsocec levers SCENARIO {unused} ..., or leave out {unused}.",
        )
    _list(loaded, lang)


def _list(loaded: LoadedModel, language: str) -> None:
    from sdsocec.engine import constant_values
    from sdsocec.model.names import name_key
    from sdsocec.report.numbers import plain_number
    from sdsocec.report.texts import text

    card = loaded.card
    values = constant_values(loaded.equations)
    holding = {lever.holder for lever in card.levers}
    holders = [holder for holder in dict.fromkeys([*card.holders, *sorted(holding)]) if holder in holding]
    for i, holder in enumerate(holders):
        held = [lever for lever in card.levers if lever.holder == holder]
        name = card.holder_label(holder, language)
        rows = []
        for lever in held:
            variable = loaded.equations.variables[name_key(f"{lever.name} scenario")]
            low, high = ("?" if limit is None else plain_number(limit, language) for limit in variable.range)
            start, full = (
                plain_number(values[f"{lever.name} {part}"], language) for part in ("from year", "full year")
            )
            without = plain_number(values[f"{lever.name} baseline"], language)
            rows.append(
                (
                    lever.name, lever.label.in_language(language), without, f"{low}\u2013{high}",
                    variable.unit, start if start == full else f"{start}-{full}",
                )
            )  # fmt: skip
        if i:
            print_line("")
        heads = ("lever_lever", *(f"levers_{key}" for key in ("label", "without", "range", "unit", "years")))
        title = text(language, "levers_title", model=loaded.name, holder=name)
        print_table(tuple(text(language, head) for head in heads), rows, title)
    note(text(language, "levers_listed", n=len(card.levers), model=loaded.name))


def _effects(loaded: LoadedModel, name: str, by: str, wanted: list[str] | None, language: str) -> None:
    from sdsocec.analysis.levers import chosen_outcomes, lever_effects
    from sdsocec.report.levers import lever_notes, lever_table
    from sdsocec.report.texts import text
    from sdsocec.scenario import as_it_stands, load_scenario

    scenario = load_scenario(name, loaded)
    baseline = load_scenario(loaded.card.baseline, loaded) if loaded.card.baseline else as_it_stands(loaded)
    chosen = chosen_outcomes(loaded, wanted, by)
    effects = lever_effects(loaded, scenario, baseline, list(chosen), by)
    titles = (scenario.title.in_language(language), baseline.title.in_language(language))
    table = lever_table(effects, loaded, chosen, titles, by, language)
    rows = [list(row) for row in table.rows]
    if sys.stdout.isatty():  # an outcome is said once
        for row, above in zip(reversed(rows[1:]), reversed(rows[:-1]), strict=True):
            if row[0] == above[0]:
                row[0] = ""
    print_table(table.header, rows, table.title, numbers_from=2)
    for line in lever_notes(effects, loaded, titles, by, language):
        print_line(line)
    if by == "lever" and wanted is None:
        note(text(language, "levers_first", n=len(chosen)))
