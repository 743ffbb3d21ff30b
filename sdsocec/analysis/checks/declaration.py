"""What makes a function a reality check: a claim, on whose word, and how much hangs on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .runner import Runner

Kind = Literal["hard", "soft"]
Verdict = tuple[bool, str]


@dataclass(frozen=True)
class RealityCheck:
    """One claim: a sentence, its source, whether the model fails with it (hard) or is only reported (soft)."""

    claim: str
    source: str
    kind: Kind
    function: Callable[[Runner], Verdict]

    @property
    def name(self) -> str:
        """The name of its function."""
        return self.function.__name__


def reality_check(
    claim: str, *, source: str, kind: Kind = "hard"
) -> Callable[[Callable[[Runner], Verdict]], Callable[[Runner], Verdict]]:
    """Make a function in the files of a model's checks a reality check.

    Parameters
    ----------
    claim : str
        What must hold, in a sentence.
    source : str
        On whose word.
    kind : {"hard", "soft"}
        A hard check that does not hold makes `sdsocec check` exit with 1.

    Examples
    --------
    >>> @reality_check("Without inflow the group empties", source="extreme condition; Sterman (2000), ch. 21")
    ... def no_inflow_no_people(run):
    ...     left = run(set={"yearly inflow": 0.0, "FINAL TIME": 2120.0})["target group"].isel(time=-1)
    ...     return left < 1.0, f"{float(left):.2g} thousand are left in 2120"
    """
    assert kind in ("hard", "soft"), "a check is hard or soft"

    def register(function: Callable[[Runner], Verdict]) -> Callable[[Runner], Verdict]:
        function.reality_check = RealityCheck(claim, source, kind, function)  # type: ignore[attr-defined]
        return function

    return register
