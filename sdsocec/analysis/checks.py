"""Reality checks: claims about a model's behaviour, each a small function in the model's folder.

A model's `checks.py` holds functions decorated with `reality_check`. Each gets a `Runner`, runs the model as it likes, and
returns whether the claim holds, with the numbers behind the verdict. The file is code of whoever wrote the model: it runs in
`check` only, and outside the project only when trusted.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sdsocec.engine import Design, Trajectories, constant_values, run_design
from sdsocec.errors import Fault, ProjectError, SdsocecError, nearest_name
from sdsocec.model.names import split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.model.source import read_bytes
from sdsocec.results import to_dataset
from sdsocec.scenario import load_scenario, scenario_names

if TYPE_CHECKING:
    import xarray as xr

CHECKS = "checks.py"
MOST_KEPT_RUNS = 64  # of one model, all variables: some 100 MB for a large model with every step saved
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


@dataclass(frozen=True)
class CheckResult:
    """A check's verdict, and the numbers behind it."""

    check: RealityCheck
    holds: bool
    numbers: str


@dataclass(frozen=True)
class CheckReport:
    """All checks of a model; `failed` is true if a hard one does not hold."""

    model: LoadedModel
    results: tuple[CheckResult, ...]

    @property
    def failed(self) -> bool:
        return any(not result.holds and result.check.kind == "hard" for result in self.results)


def reality_check(
    claim: str, *, source: str, kind: Kind = "hard"
) -> Callable[[Callable[[Runner], Verdict]], Callable[[Runner], Verdict]]:
    """Make a function of a model's `checks.py` a reality check.

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


class RunResult(Mapping[str, "xr.DataArray"]):
    """One run, read like an `xarray.Dataset`: `result["unemployed"]` is labelled; arrays are made when asked for."""

    def __init__(self, model: LoadedModel, trajectories: Trajectories) -> None:
        self._model, self._trajectories = model, trajectories
        self._columns: dict[str, list[int]] = {}
        for position, name in enumerate(trajectories.names):
            base, _ = split_element_name(name)
            self._columns.setdefault(base, []).append(position)
        self._made: dict[str, xr.DataArray] = {}

    def __getitem__(self, name: str) -> xr.DataArray:
        if name not in self._made:
            self._made[name] = self._array(name)
        return self._made[name]

    def _array(self, name: str) -> xr.DataArray:
        columns = self._columns.get(name)
        if columns is None:
            raise SdsocecError(f"the model has no variable '{name}'", name=name, nearest=nearest_name(name, self))
        names = tuple(self._trajectories.names[c] for c in columns)
        if names == (name,):  # a scalar: a copy of the time axis with other numbers costs a tenth of a new array
            return self.time.copy(deep=False, data=self._trajectories.values[0, :, columns[0]])
        part = replace(self._trajectories, names=names, values=self._trajectories.values[:, :, columns])
        return to_dataset(self._model.equations, part, [0], "run", {})[name].isel(run=0, drop=True)

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def data_vars(self) -> list[str]:
        """The names of all variables, as a Dataset gives them."""
        return list(self)

    @cached_property
    def time(self) -> xr.DataArray:
        """The saved times."""
        import xarray as xr

        times = self._trajectories.times
        return xr.DataArray(times, dims="time", coords={"time": times})


class Runner:
    """What a check gets: runs the model, and tells what there is to set. A run with the same settings as a recent one is
    not made again.

    Settings may lie outside their ranges: extreme conditions are what checks are for.
    """

    def __init__(self, model: LoadedModel) -> None:
        self._model = model
        self._made: dict[Any, RunResult] = {}
        self._scenario_values: dict[str, dict[str, float]] = {}
        self.constants: dict[str, float] = constant_values(model.equations)
        self.ranges = model.ranges
        self.scenarios: list[str] = scenario_names(model)
        self.levers: list[str] = [lever.name for lever in model.card.levers]
        self.stocks: list[str] = [v.name for v in model.equations.variables.values() if v.kind == "stock"]
        self.card = model.card

    def __call__(
        self, scenario: str | None = None, set: Mapping[str, float] | None = None, integrator: str = "euler"
    ) -> RunResult:
        """One run: a scenario (by default the model as it stands) with some constants set."""
        values = {**self._values_of(scenario), **{self._constant(n): float(v) for n, v in (set or {}).items()}}
        key = (tuple(sorted(values.items())), integrator)
        if key in self._made:
            self._made[key] = self._made.pop(key)  # the one used last stands last
        else:
            while len(self._made) >= MOST_KEPT_RUNS:
                del self._made[next(iter(self._made))]
            design = Design(tuple(values), np.array([list(values.values())], dtype=np.float64))
            # every constant may vary: one kernel serves all runs of all checks
            run = run_design(
                self._model.equations, design, integrator=integrator, listed=self.constants, threads=1, engine="auto"
            )
            # NaN compares false to everything, so a check would hold on it without a word
            run.trajectories.require_finite((scenario or self._model.name,))
            self._made[key] = RunResult(self._model, run.trajectories)
        return self._made[key]

    def _values_of(self, scenario: str | None) -> dict[str, float]:
        if scenario is None:
            return {}
        if scenario not in self._scenario_values:
            self._scenario_values[scenario] = load_scenario(scenario, self._model).values
        return self._scenario_values[scenario]

    def _constant(self, name: str) -> str:
        if name in self.constants:
            return name
        raise SdsocecError(f"the model has no constant '{name}'", name=name, nearest=nearest_name(name, self.constants))


def load_checks(model: LoadedModel, trust_code: bool = False) -> list[RealityCheck]:
    """The checks of a model, in the order of its `checks.py`; this runs the file.

    Raises ProjectError if the model has none, or if it lies outside the project and is not trusted.
    """
    path = model.folder / CHECKS
    if not path.is_file():
        raise ProjectError(
            f"the model '{model.name}' has no reality checks",
            path=path,
            hint="Write some: functions with @sdsocec.reality_check, as in models/first_steps/checks.py.",
        )
    if not (model.project and model.is_of_current_project) and not trust_code:
        raise ProjectError(
            f"'{path}' is code from outside the project, so it is not run",
            path=path,
            hint="Read it; if you trust it, add --trust-code.",
        )
    module = _import(path)
    named = (getattr(value, "reality_check", None) for value in vars(module).values())
    found = list(dict.fromkeys(check for check in named if isinstance(check, RealityCheck)))
    if not found:
        raise ProjectError(
            "the file holds no reality checks",
            path=path,
            hint="A check is a function with @reality_check(claim, source=...).",
        )
    return found


def _import(path: Path) -> Any:
    content = read_bytes(path)
    name = f"sdsocec_checks_{hashlib.sha256(str(path.resolve()).encode() + content).hexdigest()[:16]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        exec(compile(content, str(path), "exec"), module.__dict__)  # no .pyc beside the user's file
    except Exception as error:
        line = getattr(error, "lineno", None) or _line_in(error, path)
        raise ProjectError(Fault(f"the checks cannot be read: {type(error).__name__}: {error}", path, line)) from error
    return module


def _line_in(error: BaseException, path: Path) -> int | None:
    import traceback

    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else None


def run_check(check: RealityCheck, run: Runner) -> CheckResult:
    """One check's verdict; a check that cannot be computed does not hold, and says why."""
    try:
        holds, numbers = check.function(run)
    except SdsocecError as error:
        return CheckResult(check, False, str(error).replace("\n", " "))
    except Exception as error:  # whatever a model's own code raises is its verdict, not ours
        line = _line_in(error, Path(check.function.__code__.co_filename))
        return CheckResult(check, False, f"stopped at line {line}: {type(error).__name__}: {error}")
    return CheckResult(check, bool(holds), str(numbers))


def check(
    model: LoadedModel,
    *,
    trust_code: bool = False,
    progress: Callable[[CheckResult], None] | None = None,
) -> CheckReport:
    """Run a model's reality checks.

    Parameters
    ----------
    trust_code : bool
        Run checks of a model outside the project too.
    progress : callable, optional
        Told each result as it comes.
    """
    run = Runner(model)
    results = []
    for item in load_checks(model, trust_code):
        results.append(run_check(item, run))
        if progress is not None:
            progress(results[-1])
    return CheckReport(model, tuple(results))
