"""Reality checks: claims about a model's behaviour, each a small function in the model's folder.

A model's `checks.py`, or the files of its folder `checks`, hold functions decorated with `reality_check`. Each gets a `Runner`,
runs the model as it likes, and returns whether the claim holds, with the numbers behind the verdict. They are code of whoever
wrote the model: it runs in `check` and `robust` only, and outside the project only when trusted.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine import Design, Trajectories, all_element_names, constant_values, run_design
from sdsocec.engine.trajectories import CONTROLS
from sdsocec.errors import Fault, ProjectError, SdsocecError, nearest_name
from sdsocec.model.names import split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.model.source import read_bytes
from sdsocec.results import to_dataset
from sdsocec.scenario import load_scenario, scenario_names

if TYPE_CHECKING:
    import xarray as xr

CHECKS = "checks"  # checks.py, or a folder of files
MOST_KEPT = 128 * 2**20  # bytes of runs that a Runner keeps: some 45 runs of a large model, or 12 with every step saved
BATCH = 16 * 2**20  # bytes of a batch of `Runner.many`
FEWEST = 8  # runs of a batch: they fill the vectors of two threads
TOGETHER = (
    4  # runs of `Runner.prepare` at once: a vector of a large model; with all variables saved, more take longer each
)
Kind = Literal["hard", "soft"]
Verdict = tuple[bool, str]
Request = tuple[str | None, tuple[tuple[str, float], ...]]  # a scenario, and the constants set in it


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


class _Layout:
    """How the columns of some outputs become labelled arrays; a copy of a template costs a tenth of a new array."""

    def __init__(self, model: LoadedModel, names: tuple[str, ...]) -> None:
        numbers = np.arange(len(names), dtype=np.float64).reshape(1, 1, -1)
        one = to_dataset(model.equations, Trajectories(names, np.zeros(1), numbers, 1.0), [0], "run", {})
        self._numbers = one.isel(run=0, time=0, drop=True)
        self._columns: dict[str, NDArray[np.intp]] = {}
        self._templates: dict[tuple[bytes, str], xr.DataArray] = {}
        self.variables = [str(name) for name in self._numbers]

    def columns(self, name: str) -> NDArray[np.intp]:
        """The numbers of a variable's columns, over its subscript ranges; -1 where there is no such element."""
        if name not in self._columns:
            self._columns[name] = np.nan_to_num(self._numbers.variables[name].values, nan=-1).astype(np.intp)
        return self._columns[name]

    def template(self, name: str, times: NDArray[np.float64]) -> xr.DataArray:
        """An array (time, subscript ranges) of a run with these times; its numbers mean nothing."""
        key = times.tobytes(), name
        if key not in self._templates:
            self._templates[key] = self._numbers[name].expand_dims(time=times)
        return self._templates[key]


class Results(Mapping[str, "xr.DataArray"]):
    """One run or many, read like an `xarray.Dataset`: `results["unemployed"]` is labelled; arrays are made when asked for.

    Dims are (time, subscript ranges); with `rows`, the numbers of many runs, (run, time, subscript ranges).
    """

    def __init__(self, trajectories: Trajectories, layout: _Layout, rows: range | None = None) -> None:
        self._trajectories, self._layout, self._rows = trajectories, layout, rows
        self._made: dict[str, xr.DataArray] = {}
        self._made_bytes = 0

    def __getitem__(self, name: str) -> xr.DataArray:
        if name not in self._made:
            if name not in self._layout.variables:
                raise SdsocecError(f"no variable '{name}' in these runs", name=name, nearest=nearest_name(name, self))
            self._made[name] = made = self._array(name)
            self._made_bytes += made.nbytes
        return self._made[name]

    def _array(self, name: str) -> xr.DataArray:
        columns = self._layout.columns(name)
        values = self._trajectories.values[:, :, columns]
        if (missing := columns < 0).any():
            values[:, :, missing] = np.nan
        template = self._layout.template(name, self._trajectories.times)
        if self._rows is None:
            return template.copy(deep=False, data=values[0])
        return template.expand_dims(run=self._rows).copy(deep=False, data=values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._layout.variables)

    def __len__(self) -> int:
        return len(self._layout.variables)

    @property
    def data_vars(self) -> list[str]:
        """The names of all variables, as a Dataset gives them."""
        return list(self)

    @property
    def n_bytes(self) -> int:
        """The size of the numbers, and of the arrays made of them."""
        return self._trajectories.values.nbytes + self._made_bytes

    @cached_property
    def time(self) -> xr.DataArray:
        """The saved times."""
        import xarray as xr

        times = self._trajectories.times
        return xr.DataArray(times, dims="time", coords={"time": times})


class Runner:
    """What a check gets: runs the model, and tells what there is to set.

    `run(scenario="baseline", set={"sigma": 0.2})` is one run, all variables saved; one with the same settings as a recent one
    is not made again. `run.many(rows, outputs=[...])` makes hundreds, a batch at a time.

    Settings may lie outside their ranges: extreme conditions are what checks are for.

    Parameters
    ----------
    model : LoadedModel
    changed : mapping, optional
        Constants that have another value than in the .mdl in every run, unless a scenario or the run sets them.
    threads : int, optional
        By default one a processor.
    """

    def __init__(
        self, model: LoadedModel, changed: Mapping[str, float] | None = None, threads: int | None = None
    ) -> None:
        self._model, self._threads = model, threads
        self._kept: dict[Any, Results] = {}
        self._layouts: dict[tuple[str, ...], _Layout] = {}
        self._scenario_values: dict[str, dict[str, float]] = {}
        self.constants: dict[str, float] = constant_values(model.equations)
        self._changed = {self._constant(name): float(value) for name, value in (changed or {}).items()}
        self.constants |= self._changed
        self._inputs: dict[str, float] = {}
        self._asked: dict[Request, None] = {}
        self.ranges = model.ranges
        self.scenarios: list[str] = scenario_names(model)
        self.levers: list[str] = [lever.name for lever in model.card.levers]
        self.stocks: list[str] = [v.name for v in model.equations.variables.values() if v.kind == "stock"]
        self.card = model.card

    def __call__(
        self, scenario: str | None = None, set: Mapping[str, float] | None = None, integrator: str = "euler"
    ) -> Results:
        """One run: a scenario (by default the model as it stands) with some constants set."""
        values = self._row(scenario, set or {})
        if integrator == "euler":
            self._asked[scenario, tuple(sorted((set or {}).items()))] = None
        key = (tuple(sorted(values.items())), integrator)
        if key in self._kept:
            self._kept[key] = self._kept.pop(key)  # the one used last stands last
            return self._kept[key]
        found = self._run([values], None, integrator, (scenario or self._model.name,))
        self._keep(key, made := Results(found, self._layout(found.names)))
        return made

    @property
    def asked(self) -> tuple[Request, ...]:
        """The runs that were asked for one by one, each once: scenario and settings."""
        return tuple(self._asked)

    def with_inputs(self, inputs: Mapping[str, float]) -> Runner:
        """A runner whose every run has these constants, also where a scenario sets them; only what a run sets itself wins."""
        other = copy.copy(self)
        other._inputs = {self._constant(name): float(value) for name, value in inputs.items()}
        other.constants = self.constants | other._inputs
        other._kept, other._asked = {}, {}
        return other

    def prepare(self, requests: Iterable[Request]) -> None:
        """Make runs that will be asked for, some at once, which takes less time than one by one; those made are kept a while.

        What one of them cannot do, it says when it is asked for.
        """
        apart: dict[tuple[float | None, ...], dict[Any, tuple[str | None, dict[str, float]]]] = {}
        for scenario, settings in requests:
            values = self._row(scenario, dict(settings))
            key = (tuple(sorted(values.items())), "euler")
            if key not in self._kept:  # runs of a design share their times
                times = tuple(values.get(name, self.constants.get(name)) for name in CONTROLS)
                apart.setdefault(times, {})[key] = (scenario, values)
        for group in apart.values():
            keys = list(group)
            for start in range(0, len(keys), TOGETHER):
                some = keys[start : start + TOGETHER]
                with contextlib.suppress(SdsocecError):
                    names = tuple(group[key][0] or self._model.name for key in some)
                    found = self._run([group[key][1] for key in some], None, "euler", names)
                    for i, key in enumerate(some):
                        one = replace(found, values=found.values[i : i + 1])
                        self._keep(key, Results(one, self._layout(found.names)))

    def _keep(self, key: Any, made: Results) -> None:
        self._kept[key] = made
        total = sum(results.n_bytes for results in self._kept.values())
        while total > MOST_KEPT and len(self._kept) > 1:
            total -= self._kept.pop(next(iter(self._kept))).n_bytes

    def many(
        self, rows: Iterable[tuple[str | None, Mapping[str, float]]], outputs: Iterable[str] | None = None
    ) -> Iterator[Results]:
        """Many runs, a batch at a time, so that memory stays bounded; each batch is read like one run with a first axis `run`.

        Parameters
        ----------
        rows : of (scenario, settings)
            A scenario, or None for the model as it stands, and the constants set in it. All runs share one time axis.
        outputs : names of variables, optional
            Those needed; by default all. Ask for few, and in all checks for the same: a set of outputs has code of its own, which
            is compiled once, in seconds.

        Yields
        ------
        Results
            Arrays (run, time, subscript ranges); `run` is the number of the row.

        Raises
        ------
        RunError
            A number of `outputs` is not finite: NaN compares false to everything, so a check would hold on it without a word.

        Examples
        --------
        >>> def no_stock_is_negative(run):
        ...     rows = [("regulier", {"quota share scenario": share}) for share in (0.01, 0.03, 0.05, 0.08)]
        ...     lowest = min(float(some["vacancies"].min()) for some in run.many(rows, outputs=["vacancies"]))
        ...     return lowest >= 0, f"lowest number of vacancies {lowest:.3g}"
        """
        elements = None if outputs is None else self._elements(outputs)
        pending = [(scenario, self._row(scenario, settings)) for scenario, settings in rows]
        size = self._batch(elements, pending[0][1]) if pending else 1
        for start in range(0, len(pending), size):
            batch = pending[start : start + size]
            names = tuple(f"{scenario or self._model.name}, row {start + i}" for i, (scenario, _) in enumerate(batch))
            found = self._run([values for _, values in batch], elements, "euler", names)
            yield Results(found, self._layout(found.names), range(start, start + len(batch)))

    def _batch(self, elements: tuple[str, ...] | None, row: Mapping[str, float]) -> int:
        """How many runs with the times of this row make a batch."""
        values = {**self.constants, **row}
        try:
            n_times = (values["FINAL TIME"] - values["INITIAL TIME"]) / values["SAVEPER"] + 1
            size = int(BATCH / 8 / n_times / len(elements or all_element_names(self._model.equations)))
        except (KeyError, ZeroDivisionError, OverflowError):  # times that are no constants, or that a run refuses
            return FEWEST
        return max(size - size % FEWEST, FEWEST)

    def _run(
        self, rows: list[dict[str, float]], elements: tuple[str, ...] | None, integrator: str, names: tuple[str, ...]
    ) -> Trajectories:
        run = run_design(
            self._model.equations,
            Design.of_rows(rows, self.constants),
            outputs=elements,
            integrator=integrator,
            listed=self.constants,  # every constant may vary: one kernel serves all runs of all checks
            threads=self._threads,
        )
        # NaN compares false to everything, so a check would hold on it without a word
        return run.trajectories.require_finite(names)

    def _layout(self, names: tuple[str, ...]) -> _Layout:
        if names not in self._layouts:
            self._layouts[names] = _Layout(self._model, names)
        return self._layouts[names]

    def _row(self, scenario: str | None, settings: Mapping[str, float]) -> dict[str, float]:
        own = {self._constant(name): float(value) for name, value in settings.items()}
        return {**self._changed, **self._values_of(scenario), **self._inputs, **own}

    def _elements(self, outputs: Iterable[str]) -> tuple[str, ...]:
        by_variable: dict[str, list[str]] = {}
        for element in all_element_names(self._model.equations):
            by_variable.setdefault(split_element_name(element)[0], []).append(element)
        for name in (outputs := tuple(outputs)):
            if name not in by_variable:
                raise SdsocecError(
                    f"the model has no variable '{name}'", name=name, nearest=nearest_name(name, by_variable)
                )
        return tuple(element for name in dict.fromkeys(outputs) for element in by_variable[name])

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


def has_checks(model: LoadedModel) -> bool:
    """Whether the model's folder holds reality checks."""
    return (model.folder / f"{CHECKS}.py").is_file() or (model.folder / CHECKS).is_dir()


def digest_of_checks(model: LoadedModel) -> str:
    """One hash of the files of the model's checks."""
    path = _place_of_checks(model)
    files = [path] if path.is_file() else sorted(path.glob("*.py"))
    return hashlib.sha256(b"".join(hashlib.sha256(read_bytes(file)).digest() for file in files)).hexdigest()


def is_trusted(model: LoadedModel, trust_code: bool = False) -> bool:
    """Whether the model's checks may run: they are code."""
    return trust_code or bool(model.project and model.is_of_current_project)


def load_checks(model: LoadedModel, trust_code: bool = False) -> list[RealityCheck]:
    """The checks of a model, in the order of its `checks.py`, or of the files of its folder `checks` by name; this runs them.

    Files of the folder import from each other with `from .shared import ...`.

    Raises ProjectError if the model has none, or if they lie outside the project and are not trusted.
    """
    path = _place_of_checks(model)
    if not is_trusted(model, trust_code):
        raise ProjectError(
            f"'{path}' is code from outside the project, so it is not run",
            path=path,
            hint="Read it; if you trust it, add --trust-code.",
        )
    named = (getattr(value, "reality_check", None) for module in _import(path) for value in vars(module).values())
    found = list(dict.fromkeys(check for check in named if isinstance(check, RealityCheck)))
    if not found:
        raise ProjectError(
            "the file holds no reality checks" if path.is_file() else "the folder holds no reality checks",
            path=path,
            hint="A check is a function with @reality_check(claim, source=...).",
        )
    return found


def _place_of_checks(model: LoadedModel) -> Path:
    file, folder = model.folder / f"{CHECKS}.py", model.folder / CHECKS
    if file.is_file() and folder.is_dir():
        raise ProjectError(
            f"the model '{model.name}' has both a file and a folder of reality checks",
            path=file,
            hint=f"Move the file into the folder '{folder}'.",
        )
    if not (file.is_file() or folder.is_dir()):
        raise ProjectError(
            f"the model '{model.name}' has no reality checks",
            path=file,
            hint="Write some: functions with @sdsocec.reality_check, as in models/first_steps/checks.py.",
        )
    return file if file.is_file() else folder


class _FromSource(SourceFileLoader):
    """Runs the file that its reader sees: no .pyc beside it is read or written."""

    def get_code(self, fullname: str) -> CodeType:
        path = Path(self.get_filename(fullname))
        return self.source_to_code(read_bytes(path), str(path))


def _import(path: Path) -> list[ModuleType]:
    """The modules of `checks.py`, or of each file of the folder: of a package that has a name of its own for these contents."""
    folder, files = (path.parent, [path]) if path.is_file() else (path, sorted(path.glob("*.py")))
    contents = (hashlib.sha256(read_bytes(file)).digest() for file in sorted(folder.glob("*.py")))
    package = f"sdsocec_checks_{hashlib.sha256(b''.join([str(folder.resolve()).encode(), *contents])).hexdigest()[:16]}"
    spec = ModuleSpec(package, None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    sys.modules[package] = importlib.util.module_from_spec(spec)
    sys.path_importer_cache[str(folder)] = FileFinder(str(folder), (_FromSource, [".py"]))
    modules = []
    for file in files:
        try:
            modules.append(importlib.import_module(f"{package}.{file.stem}"))
        except Exception as error:
            place = _place_in(error, folder) or (file, getattr(error, "lineno", None))
            raise ProjectError(Fault(f"the checks cannot be read: {type(error).__name__}: {error}", *place)) from error
    return modules


def _place_in(error: BaseException, folder: Path) -> tuple[Path, int | None] | None:
    """The last place in a folder's files that an error came through."""
    import traceback

    if isinstance(error, SyntaxError) and error.filename:
        return Path(error.filename), error.lineno
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).parent == folder]
    return (Path(frames[-1].filename), frames[-1].lineno) if frames else None


def run_check(check: RealityCheck, run: Runner) -> CheckResult:
    """One check's verdict; a check that cannot be computed does not hold, and says why."""
    try:
        holds, numbers = check.function(run)
    except SdsocecError as error:
        return CheckResult(check, False, str(error).replace("\n", " "), is_computed=False)
    except Exception as error:  # whatever a model's own code raises is its verdict, not ours
        file, line = _place_in(error, Path(check.function.__code__.co_filename).parent) or (Path(), None)
        what = f"stopped at {file.name}, line {line}: {type(error).__name__}: {error}"
        return CheckResult(check, False, what, is_computed=False)
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
