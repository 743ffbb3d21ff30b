"""Reality checks: claims about a model's behaviour, each a small function in the model's folder.

A model's `checks.py`, or the files of its folder `checks`, hold functions decorated with `reality_check`. Each gets a `Runner`,
runs the model as it likes, and returns whether the claim holds, with the numbers behind the verdict. They are code of whoever
wrote the model: it runs in `check` and `robust` only, and outside the project only when trusted.

    declaration  what makes a function a check
    code         the files of a model's checks: found, trusted, loaded
    runner       what a check gets
    verdicts     whether each claim holds
"""

from .code import digest_of_checks, has_checks, is_trusted, load_checks
from .declaration import RealityCheck, reality_check
from .runner import Request, Results, Runner
from .verdicts import CheckReport, CheckResult, check, run_check

__all__ = [
    "CheckReport",
    "CheckResult",
    "RealityCheck",
    "Request",
    "Results",
    "Runner",
    "check",
    "digest_of_checks",
    "has_checks",
    "is_trusted",
    "load_checks",
    "reality_check",
    "run_check",
]
