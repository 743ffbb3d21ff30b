"""Every error that sdsocec raises for a user's mistake, on one screen.

    SdsocecError                 one or more faults, each: what, where, how to mend it
    ├── ProjectError             no project, model or scenario of that name; a file that cannot be read or written
    │   └── UnknownScenario      no scenario of that name
    ├── ModelError               the .mdl or its card is wrong
    │   └── UnsupportedConstruct the model is right, an engine cannot run it (`.construct`, `.variable`)
    ├── ScenarioError            a scenario file or a `--set` is wrong
    ├── DesignError              a table of constants does not fit the model
    ├── DataError                observed data, or a calibration against them, are wrong
    └── RunError                 a run gave no finite numbers, or an integrator gave up

`str(error)` is the text that the command line prints after "error: ". A broken invariant of sdsocec itself is
an `assert`, never one of these.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """One mistake: the fault in a sentence, the place as the user typed it, and how to mend it."""

    what: str
    path: str | Path | None = None
    line: int | None = None
    excerpt: str = ""
    hint: str = ""
    name: str | None = None
    nearest: str | None = None

    def __str__(self) -> str:
        lines = [self.what]
        if self.path is not None:
            place = str(self.path) if self.line is None else f"{self.path}:{self.line}"
            lines.append(f"  {place}   {self.excerpt.strip()}".rstrip())
        elif self.excerpt:
            lines.append(f"  {self.excerpt.strip()}")
        if self.nearest is not None:
            lines.append(f"  Did you mean '{self.nearest}'?" + (f" {self.hint}" if self.hint else ""))
        elif self.hint:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)


class SdsocecError(Exception):
    """Base of all errors; `faults` holds every fault found, the first one's parts are attributes too."""

    exit_code = 2

    def __init__(self, what: str | Fault | Iterable[Fault], **parts: object) -> None:
        if isinstance(what, str):
            self.faults: tuple[Fault, ...] = (Fault(what, **parts),)  # type: ignore[arg-type]
        elif isinstance(what, Fault):
            self.faults = (what,)
        else:
            self.faults = tuple(what)
        assert self.faults, "an error without a fault says nothing"
        super().__init__("\n".join(str(fault) for fault in self.faults))

    @property
    def path(self) -> str | Path | None:
        """File of the first fault."""
        return self.faults[0].path

    @property
    def line(self) -> int | None:
        """Line of the first fault, counted from 1."""
        return self.faults[0].line

    @property
    def name(self) -> str | None:
        """Name that the first fault is about."""
        return self.faults[0].name

    @property
    def nearest(self) -> str | None:
        """Nearest valid name, if the first fault is a misspelt one."""
        return self.faults[0].nearest


class ProjectError(SdsocecError):
    """No project, model or scenario of that name, or a file that cannot be read or written."""


class UnknownScenario(ProjectError):
    """No scenario of that name."""


class ModelError(SdsocecError):
    """The .mdl file or its card is wrong."""


class UnsupportedConstruct(ModelError):
    """The model may be right, but this engine cannot run it."""

    def __init__(self, what: str | Fault, *, construct: str = "", variable: str = "", **parts: object) -> None:
        super().__init__(what, **parts)
        self.construct = construct
        self.variable = variable


class ScenarioError(SdsocecError):
    """A scenario file or a setting is wrong."""


class DesignError(SdsocecError):
    """A table of constants does not fit the model."""


class DataError(SdsocecError):
    """Observed data are wrong: a file, a line, a series."""


class RunError(SdsocecError):
    """A run gave numbers that are not finite, or an integrator gave up."""

    exit_code = 1


def nearest_name(name: str, valid: Iterable[str]) -> str | None:
    """The valid name most like `name`, or None when none is near.

    >>> nearest_name("quota shar", ["quota share", "vacancies"])
    'quota share'
    """
    by_key = {candidate.lower(): candidate for candidate in valid}
    found = difflib.get_close_matches(name.lower(), by_key, n=1, cutoff=0.6)
    return by_key[found[0]] if found else None
