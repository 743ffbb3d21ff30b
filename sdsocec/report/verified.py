"""What `verify` finds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sdsocec.results.differences import Comparison

What = Literal["model", "name", "card", "scenario", "profile", "data", "input", "version", "stamp"]
EQUAL = Comparison("bits")
EQUAL_VERDICTS = ("bits", "close", "digits", "numbers", "stored", "written")
UNEQUAL_VERDICTS = ("differs", "missing", "damaged", "rewritten")


@dataclass(frozen=True)
class Change:
    """Something that is not what it was when the file was made: a file by its hash, a name, a version, or what the stamp says."""

    what: What
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Verified:
    """One file, compared.

    Attributes
    ----------
    verdict : str
        Equal: `bits`, bit for bit; `close`, to 1e-9; `digits`, at the digits that the file has; `numbers`, the
        outcomes of a provenance.json by their hash; `stored`, blocks of a sweep, and `written`, a file of one, that are what
        was written. Not equal: `differs`; `missing`; `damaged` blocks; a `rewritten` file of a sweep. Not known: `behind`, the
        outcomes are equal but the file was not made again; `skipped`, a file that a run does not write; `unknown`, not run again,
        as the stamp does not say how;
        `unlisted`, a file that the provenance of its folder does not speak for; `unread`, for a reason that `note` tells.
    is_drawing : bool
        Whether it is a figure: it was compared as a picture.
    n : int
        Of a sweep: how many rows were run again, or how many blocks were checked.
    changes : tuple of Change
        What is not what it was, where that is of this file alone.
    """

    name: str
    verdict: str
    comparison: Comparison = EQUAL
    is_drawing: bool = False
    n: int = 0
    changes: tuple[Change, ...] = ()
    note: str = ""

    @property
    def is_equal(self) -> bool:
        """Whether it is what a run gives, and its stamp says what was run."""
        is_true = not any(change.what == "stamp" for change in self.changes)
        return is_true and self.verdict in EQUAL_VERDICTS

    @property
    def is_unequal(self) -> bool:
        """Whether it is not; what could not be compared is neither."""
        return self.verdict in UNEQUAL_VERDICTS or any(change.what == "stamp" for change in self.changes)


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
    def is_equal(self) -> bool:
        """Whether every file is equal, and the stamp says what was run."""
        return bool(self.files) and not self._has_false_stamp and all(file.is_equal for file in self.files)

    @property
    def is_known(self) -> bool:
        """Whether it is equal, or is known not to be: a file is not, or what one is of that was not run again has changed."""
        is_changed = any(change.what != "version" for change in self.changes)
        is_unequal = any(file.is_unequal or (file.verdict == "unknown" and is_changed) for file in self.files)
        return self.is_equal or is_unequal or self._has_false_stamp

    @property
    def _has_false_stamp(self) -> bool:
        return any(change.what == "stamp" for change in self.changes)

    @property
    def code(self) -> int:
        """0: equal; 1: not equal; 2: not known."""
        return 0 if self.is_equal else 1 if self.is_known else 2
