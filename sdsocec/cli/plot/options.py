"""The options that all kinds of pictures share: what is shown, how wide, in which formats, style and language, where to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sdsocec.cli.again import command_line
from sdsocec.cli.common import check_language, note, one_of
from sdsocec.cli.progress import progress
from sdsocec.errors import SdsocecError

if TYPE_CHECKING:
    from sdsocec.model.project import LoadedModel
    from sdsocec.report.picture import Picture
    from sdsocec.report.style import Style

DEFAULT_FORMATS = ("png", "svg")
OutcomeOption = Annotated[
    list[str] | None,
    typer.Option("--outcome", metavar="NAME", help="An outcome by name, alias or label, or any variable; repeatable."),
]
SizeOption = Annotated[
    str, typer.Option("--size", metavar="column|full", help="8.1 or 16.6 cm wide: a column of A4, or its whole text.")
]
FormatOption = Annotated[
    list[str] | None,
    typer.Option("--format", "-f", metavar="png,svg,pdf", help="What to write; several with commas. Default: png,svg."),
]
StyleOption = Annotated[
    Path | None, typer.Option("--style", metavar="FILE.toml", help="Own colours, font, logo. Default: the house style.")
]
OutOption = Annotated[
    Path, typer.Option("--out", "-o", metavar="DIR", help="The folder to write into: pictures, and the data of each.")
]
GreyOption = Annotated[bool, typer.Option("--grey", help="Also a preview of how it prints without colour.")]
OUT = Path("figures")


@dataclass(frozen=True)
class Drawing:
    """How pictures are drawn and where they go, checked before anything is run."""

    size: str
    formats: tuple[str, ...]
    style: Style
    language: str
    out: Path
    grey: bool = False

    @classmethod
    def of(
        cls, size: str, formats: Sequence[str] | None, style: Path | None, language: str, out: Path, grey: bool = False
    ) -> Drawing:
        """The options of a command; SdsocecError for one that is wrong."""
        from sdsocec.report.saving import FORMATS
        from sdsocec.report.style import SIZES, load_style

        check_language(language)
        one_of("size", size, tuple(SIZES))
        parts = [part.strip().lower() for given in formats or DEFAULT_FORMATS for part in given.split(",")]
        kinds = tuple(dict.fromkeys(one_of("figure format", part, FORMATS) for part in parts if part))
        return cls(size, kinds or DEFAULT_FORMATS, load_style(style), language, out, grey)

    def write(self, pictures: Sequence[Picture], attributes: Mapping[str, Any]) -> None:
        """Write the pictures, and say where."""
        from sdsocec.report.frame import written_line
        from sdsocec.report.picture import write_pictures

        stamp = {**attributes, **command_line()}
        files = write_pictures(self.out, pictures, self.formats, stamp, self.language, grey=self.grey)
        note(written_line(self.out, [file.name for file in files], self.language))


def require_pictures(pictures: Sequence[Picture], model: LoadedModel) -> Sequence[Picture]:
    """The pictures, or a message if a model gave nothing to draw."""
    if not pictures:
        raise SdsocecError(
            f"the card of '{model.name}' lists no outcome to draw",
            name=model.name,
            hint="Name a variable: --outcome NAME",
        )
    return pictures


@contextmanager
def progress_of_runs(total: int, language: str) -> Iterator[Callable[[int], None]]:
    """Says how many runs there are; is told of more that are done."""
    with progress(language) as told:
        done = 0
        told("runs", 0, total)

        def tell(more: int) -> None:
            nonlocal done
            done += more
            told("runs", done, total)

        yield tell
