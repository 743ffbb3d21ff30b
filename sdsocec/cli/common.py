"""Options and output that commands share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdsocec.errors import SdsocecError, nearest_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdsocec.model.project import LoadedModel

ModelOption = Annotated[
    str | None,
    typer.Option("--model", "-m", metavar="NAME|PATH", help="A model of the project, a folder, or any .mdl file."),
]
ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project", metavar="DIR", help="A folder with models/ and scenarios/. Default: the nearest upwards, or ours."
    ),
]
LanguageOption = Annotated[
    str, typer.Option("--lang", metavar="nl|en", help="Language of tables and figures; also of numbers.")
]


def load(model: str | None, project: Path | None) -> LoadedModel:
    """The chosen model of the chosen project."""
    from sdsocec.model.project import find_project, load_model

    return load_model(model, find_project(project))


def check_language(language: str) -> str:
    """`nl` or `en`, or a message."""
    return one_of("language", language, ("nl", "en"))


def one_of(what: str, value: str, valid: Sequence[str]) -> str:
    """A value of a closed list, or a message with the nearest."""
    if value not in valid:
        raise SdsocecError(
            f"there is no {what} '{value}'",
            name=value,
            nearest=nearest_name(value, valid),
            hint=f"Valid: {', '.join(valid)}.",
        )
    return value


def note(text: str) -> None:
    """A line for the person at the terminal, not for the data."""
    print(text, file=sys.stderr)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], title: str = "", numbers_from: int = 99) -> None:
    """A table on stdout: aligned in a terminal, tab-separated into a pipe or file.

    Columns from `numbers_from` on are numbers and stand to the right.
    """
    if not sys.stdout.isatty():
        for row in (header, *rows):
            print("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False)
    for i, name in enumerate(header):
        is_number = i >= numbers_from
        table.add_column(Text(name), justify="right" if is_number else "left", no_wrap=is_number)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
