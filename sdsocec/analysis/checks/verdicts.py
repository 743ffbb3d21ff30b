"""Whether each claim holds, and the numbers behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sdsocec.errors import SdsocecError
from sdsocec.model.project import LoadedModel, as_loaded

from .code import load_checks, place_in
from .declaration import RealityCheck
from .runner import Runner


@dataclass(frozen=True)
class CheckResult:
    """A check's verdict, and the numbers behind it; `is_computed` is False where an error came instead, told in `numbers`."""

    check: RealityCheck
    holds: bool
    numbers: str
    is_computed: bool = True


@dataclass(frozen=True)
class CheckReport:
    """All checks of a model; `failed` is true if a hard one does not hold."""

    model: LoadedModel
    results: tuple[CheckResult, ...]

    @property
    def failed(self) -> bool:
        return any(not result.holds and result.check.kind == "hard" for result in self.results)


def run_check(check: RealityCheck, run: Runner) -> CheckResult:
    """One check's verdict; a check that cannot be computed does not hold, and says why."""
    try:
        holds, numbers = check.function(run)
    except SdsocecError as error:
        return CheckResult(check, False, str(error).replace("\n", " "), is_computed=False)
    except Exception as error:  # whatever a model's own code raises is its verdict, not ours
        file, line = place_in(error, Path(check.function.__code__.co_filename).parent) or (Path(), None)
        what = f"stopped at {file.name}, line {line}: {type(error).__name__}: {error}"
        return CheckResult(check, False, what, is_computed=False)
    return CheckResult(check, bool(holds), str(numbers))


def check(
    model: LoadedModel | str | Path | None = None,
    *,
    trust_code: bool = False,
    progress: Callable[[CheckResult], None] | None = None,
) -> CheckReport:
    """Run a model's reality checks.

    Parameters
    ----------
    model : LoadedModel, name or path, optional
        By default the project's default model.
    trust_code : bool
        Run checks of a model outside the project too.
    progress : callable, optional
        Told each result as it comes.
    """
    model = as_loaded(model)
    run = Runner(model)
    results = []
    for item in load_checks(model, trust_code):
        results.append(run_check(item, run))
        if progress is not None:
            progress(results[-1])
    return CheckReport(model, tuple(results))
