"""What `verify` finds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sdsocec.results.differences import Comparison

What = Literal["model", "card", "scenario", "profile", "data", "version", "stamp"]
EQUAL = Comparison("bits")


@dataclass(frozen=True)
class Change:
    """Something that is not what it was when the file was made: a file by its hash, a version, or what the stamp says."""

    what: What
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Verified:
    """One file, compared.

    Attributes
    ----------
    verdict : {"bits", "close", "digits", "differs", "missing", "numbers", "skipped", "unknown", "stored", "damaged"}
        Equal bit for bit; to 1e-9; at the digits that the file has; not equal; not there; a figure whose numbers are equal but
        whose drawing was not made again; a file that a run does not write; not run again, as the stamp does not say how;
        blocks of a sweep that are, or are not, what was written.
    is_drawing : bool
        Whether it is a figure: it was compared as a picture.
    n : int
        Of a sweep: how many rows were run again, or how many blocks were checked.
    """

    name: str
    verdict: str
    comparison: Comparison = EQUAL
    is_drawing: bool = False
    n: int = 0


@dataclass(frozen=True)
class Verification:
    """What `verify` found.

    Attributes
    ----------
    stamp : str
        The stamp in one line.
    changes : tuple of Change
        What is not what it was.
    files : tuple of Verified
        Each file that was compared.
    """

    path: Path
    stamp: str
    changes: tuple[Change, ...]
    files: tuple[Verified, ...]

    @property
    def is_known(self) -> bool:
        """Whether it was run again, or what it is of changed."""
        return bool(self.changes) or not any(file.verdict == "unknown" for file in self.files)

    @property
    def is_equal(self) -> bool:
        """Whether all that was compared is equal, and the stamp says what was run."""
        if any(file.verdict == "unknown" for file in self.files):
            return False
        is_true = not any(change.what == "stamp" for change in self.changes)
        return is_true and not any(file.verdict in ("differs", "missing", "damaged") for file in self.files)
