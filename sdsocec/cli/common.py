"""Options and output that commands share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sdsocec.errors import SdsocecError, nearest_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdsocec.model.project import LoadedModel
    from sdsocec.report.tables import Table

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


@contextmanager
def silent_notes() -> Iterator[None]:
    """A context in which `note` says nothing: a command is run within another."""
    before = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(before)


_silent: ContextVar[bool] = ContextVar("silent", default=False)


def note(text: str) -> None:
    """A line for the person at the terminal, not for the data."""
    if _silent.get():
        return
    text = wrapped(text) if sys.stderr.isatty() else text
    print(
        text.encode(sys.stderr.encoding or "utf-8", "replace").decode(sys.stderr.encoding or "utf-8"), file=sys.stderr
    )


def notice(what: str, language: str) -> None:
    """A line that the person at the terminal must know of."""
    from sdsocec.report.texts import text

    note(text(language, "frame_notice", text=what))


def print_line(text: str) -> None:
    """A line of the result, on stdout; wrapped in a terminal."""
    print(printable(wrapped(text) if sys.stdout.isatty() else text))


def wrapped(text: str) -> str:
    """A line in as many as the terminal needs, broken between words."""
    import textwrap

    width = terminal_width()
    if len(text) <= width or width < 20:
        return text
    lines = textwrap.wrap(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines)


def terminal_width() -> int:
    """The columns of the terminal."""
    import shutil

    return shutil.get_terminal_size().columns


def print_tables(tables: Sequence[Table], is_first: bool = True, continued: str = "(continued)") -> None:
    """Tables of numbers on stdout, a blank line before each but the first, each under its title; in a terminal, one title is said
    once.

    What the tables say below themselves comes after each. `continued` stands above the rest of one that is broken.
    """
    title = ""
    labels: dict[str, int] = {}
    for table in tables:  # tables under one title line up
        longest = max(len(row[0]) for row in (table.header, *table.rows))
        labels[table.title] = max(labels.get(table.title, 0), longest)
    for i, table in enumerate(tables):
        if i or not is_first:
            print_line("")
        shown = "" if table.title == title and sys.stdout.isatty() else table.title
        print_table(
            table.header, table.rows, shown, numbers_from=table.labels, labels=labels[table.title], repeated=table.repeated,
            continued=continued,
        )  # fmt: skip
        for line in table.notes:
            print_line(line)
        title = table.title


def print_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    title: str = "",
    numbers_from: int = 99,
    labels: int = 0,
    repeated: int = 0,
    continued: str = "(continued)",
) -> None:
    """A table on stdout: aligned in a terminal; into a pipe or file tab-separated, the title before it as a comment (`# `).

    Columns from `numbers_from` on are numbers: they stand to the right and are never cut. Where they do not fit beside each
    other, they are printed in blocks, each with the first columns before it, and with the first `repeated` columns of numbers if
    there is room; above all but the first stands `continued`. `labels` is the width that the first column should have, where
    there is room.
    """
    if not sys.stdout.isatty():
        if title:
            print(printable(f"# {title}"))
        for row in (header, *rows):
            print(printable("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row)))
        return
    from rich.console import Console
    from rich.text import Text

    # with width and height, also on a terminal that rich takes for one of 80 columns
    console = Console(width=terminal_width(), height=25)
    if title:
        console.print(Text(printable(title), style="italic"))
    lead = min(numbers_from, len(header))
    columns = [
        _Column.of([header[i], *(row[i] for row in rows)], i >= lead, labels if i == 0 else 0)
        for i in range(len(header))
    ]
    room = console.width - sum(column.least + GAP for column in columns[:lead])
    for i, block in enumerate(_blocks([column.least for column in columns[lead:]], room, repeated)):
        if i:
            console.print()
            console.print(Text(printable(continued), style="italic"))
        chosen = [*range(lead), *(lead + i for i in block)]
        widths = _share_out([columns[i] for i in chosen], console.width)
        table = _rich_table([header[i] for i in chosen], [[row[i] for i in chosen] for row in rows], lead, widths)
        console.print(table)


GAP = 2  # blanks after a column
LEAST_LABEL = 22  # a column of words may wrap to this width, and is not made wider for a longer word than this


@dataclass(frozen=True)
class _Column:
    """How narrow a column may be, and how wide it would like to be."""

    least: int
    wished: int
    is_number: bool

    @classmethod
    def of(cls, cells: Sequence[str], is_number: bool, wished: int = 0) -> _Column:
        whole = max([wished, *map(len, cells)])
        words = [word for cell in (cells[:1] if is_number else cells) for word in cell.split()]
        longest = max(map(len, words), default=1)
        if is_number:
            return cls(max([longest, *map(len, cells[1:])]), whole, True)
        return cls(min(whole, max(longest, 1), LEAST_LABEL), whole, False)


def _share_out(columns: Sequence[_Column], room: int) -> list[int]:
    """Widths that fit: what is to spare goes to the column that lacks most, what is short comes from the widest words."""
    widths = [column.least for column in columns]
    spare = room - sum(widths) - GAP * len(widths)
    lacking = [column.wished - column.least for column in columns]
    while spare > 0 and max(lacking) > 0:
        i = lacking.index(max(lacking))
        widths[i], lacking[i], spare = widths[i] + 1, lacking[i] - 1, spare - 1
    words = [i for i, column in enumerate(columns) if not column.is_number]
    while spare < 0 and words and max(widths[i] for i in words) > 4:
        i = max(words, key=lambda i: widths[i])
        widths[i], spare = widths[i] - 1, spare + 1
    return widths


def _blocks(widths: Sequence[int], room: int, repeated: int = 0) -> list[list[int]]:
    """Columns of these widths, in as few rows as fit the room; the first ones again in each, where one more fits beside them."""
    again = list(range(min(repeated, len(widths))))
    taken = sum(widths[i] + GAP for i in again)
    if any(taken + width + GAP > room for width in widths[len(again) :]):
        again, taken = [], 0
    blocks: list[list[int]] = [[]]
    used = 0
    for i, width in enumerate(widths):
        if blocks[-1] and used + width + GAP > room:
            blocks.append(list(again))
            used = taken
        blocks[-1].append(i)
        used += width + GAP
    return blocks


def _rich_table(header: Sequence[str], rows: Sequence[Sequence[str]], lead: int, widths: Sequence[int]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for i, (name, width) in enumerate(zip(header, widths, strict=True)):
        table.add_column(Text(printable(name)), justify="left" if i < lead else "right", width=width)
    for row in rows:
        table.add_row(*(Text(printable(cell), no_wrap=i >= lead, overflow="fold") for i, cell in enumerate(row)))
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
