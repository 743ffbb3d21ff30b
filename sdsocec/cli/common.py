"""Options and output that commands share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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


class ToldStop(SystemExit):
    """Ctrl-C, after the command has said what it left."""

    def __init__(self) -> None:
        super().__init__(130)


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
    print(
        text.encode(sys.stderr.encoding or "utf-8", "replace").decode(sys.stderr.encoding or "utf-8"), file=sys.stderr
    )


def print_line(text: str) -> None:
    """A line of the result, on stdout."""
    print(printable(text))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], title: str = "", numbers_from: int = 99) -> None:
    """A table on stdout: aligned in a terminal, tab-separated into a pipe or file.

    Columns from `numbers_from` on are numbers: they stand to the right and are never cut. Where they do not fit beside each
    other, they are printed in blocks, each with the first columns before it.
    """
    if not sys.stdout.isatty():
        for row in (header, *rows):
            print(printable("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row)))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console()
    if title:
        console.print(Text(printable(title), style="italic"))
    lead = min(numbers_from, len(header))
    widths = [
        max(len(cell) for cell in (*header[i].split(), *(row[i] for row in rows))) for i in range(lead, len(header))
    ]
    labels = min(max((len(row[0]) for row in rows), default=0), max(24, console.width - sum(widths) - 2 * len(widths)))
    for block in _blocks(widths, console.width - labels - 2) if lead < len(header) else [range(0)]:
        columns = [*range(lead), *(lead + i for i in block)]
        console.print(
            _rich_table([header[i] for i in columns], [[row[i] for i in columns] for row in rows], lead, labels)
        )


def _blocks(widths: Sequence[int], room: int) -> list[range]:
    """Columns of these widths, in as few rows of columns as fit the room."""
    blocks, start, used = [], 0, 0
    for i, width in enumerate(widths):
        if i > start and used + width + 2 > room:
            blocks.append(range(start, i))
            start, used = i, 0
        used += width + 2
    return [*blocks, range(start, len(widths))]


def _rich_table(header: Sequence[str], rows: Sequence[Sequence[str]], lead: int, labels: int) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for i, name in enumerate(header):
        if i < lead:
            table.add_column(Text(printable(name)), width=labels if lead == 1 else None)
        else:
            width = max(len(cell) for cell in (*name.split(), *(row[i] for row in rows)))
            table.add_column(Text(printable(name)), justify="right", min_width=width)
    for row in rows:
        table.add_row(*(Text(printable(cell), no_wrap=i >= lead) for i, cell in enumerate(row)))
    return table


def printable(text: str) -> str:
    """The text in what the output can encode: a Windows console or file may not know thin spaces and minus signs."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate({0x202F: " ", 0x2212: "-", 0x2013: "-"})
        text = text.encode(encoding, "replace").decode(encoding)
    return text
