"""How far long work is: how much there is, said once; a bar on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .common import note

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Told:
    """Is told the stage, what of it is done, and what there is.

    A stage is a word of the catalogues (`progress_<stage>`).
    """

    def __init__(self, language: str, silent: bool = False) -> None:
        self.language = language
        self.silent = silent
        self.bar: Progress | None = None
        self.tasks: dict[str, TaskID | None] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage not in self.tasks:
            self.tasks[stage] = self._begin(stage, total)
        task = self.tasks[stage]
        if self.bar is not None and task is not None:
            self.bar.update(task, completed=done, total=total)

    def of(self, stage: str) -> Callable[[int, int], None]:
        """The same for work of one stage: is told what is done and what there is."""
        return lambda done, total: self(stage, done, total)

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.stop()

    def _begin(self, stage: str, total: int) -> TaskID | None:
        from sdsocec.report.numbers import format_number
        from sdsocec.report.texts import text

        what = text(self.language, f"progress_{stage}")
        if not self.silent:
            words = text(self.language, "progress_total", what=what, n=format_number(float(total), self.language))
            note(words[:1].upper() + words[1:])
        if not sys.stderr.isatty():
            return None
        if self.bar is None:
            self.bar = _bar()
            self.bar.start()
        return self.bar.add_task(what, total=total)


@contextmanager
def progress(language: str, *, silent: bool = False) -> Iterator[Told]:
    """Progress of work of one stage or more; `silent` where how much there is was said."""
    told = Told(language, silent)
    try:
        yield told
    finally:
        told.close()


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
