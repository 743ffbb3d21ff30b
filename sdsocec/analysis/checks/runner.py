"""What a check gets: a model to run, and results to read."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine import Design, Trajectories, all_element_names, constant_values, run_design
from sdsocec.engine.trajectories import CONTROLS
from sdsocec.errors import SdsocecError, nearest_name
from sdsocec.model.names import split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.results import to_dataset
from sdsocec.scenario import load_scenario, scenario_names

if TYPE_CHECKING:
    import xarray as xr

MOST_KEPT = 128 * 2**20  # bytes of runs that a Runner keeps: some 45 runs of a large model, or 12 with every step saved
BATCH = 16 * 2**20  # bytes of a batch of `Runner.many`
FEWEST = 8  # runs of a batch: they fill the vectors of two threads
TOGETHER = 4  # runs of `Runner.prepare` at once: a vector of a large model; with all variables saved, more are slower
Request = tuple[str | None, tuple[tuple[str, float], ...]]  # a scenario, and the constants set in it


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
