"""A sweep as it is in its folder: inputs made again, values read and checked, a labelled Dataset that reads when it is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.errors import ProjectError, SdsocecError, nearest_name
from sdsocec.results.store import Block, Entry, Store
from sdsocec.scenario.factors import Factor
from sdsocec.scenario.sampling import Sampling

from .design import SweepDesign, read_design
from .plan import sampling_of

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sweep:
    """A sweep in a folder. Only finished blocks are read; `runs` are their rows.

    Every number read is checked against the manifest: DamagedSweep if it is not what was written.
    """

    folder: Path
    design: SweepDesign
    sampling: Sampling

    def __repr__(self) -> str:
        done = f"{len(self.runs):,} of {self.design.n:,} rows"
        return f"<Sweep '{self.folder}' of {self.design.model}: {done} in {', '.join(self.scenarios)}; {', '.join(self.outputs)}>"

    @cached_property
    def store(self) -> Store:
        """Where the numbers are."""
        return Store(self.folder, self.design.layout)

    @property
    def factors(self) -> tuple[Factor, ...]:
        """What varies: the columns of the inputs."""
        return self.sampling.factors

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios."""
        return self.store.layout.scenarios

    @property
    def outputs(self) -> tuple[str, ...]:
        """Element names of what is saved."""
        return tuple(output.name for output in self.design.outputs)

    @property
    def times(self) -> tuple[float, ...]:
        """The saved times."""
        return self.design.times

    @cached_property
    def entries(self) -> dict[Block, Entry]:
        """The finished blocks, with what the manifest says of them."""
        found = ((block, self.store.entry(block)) for block in self.store.layout.blocks)
        return {block: entry for block, entry in found if entry is not None}

    @property
    def is_finished(self) -> bool:
        """Whether every block is there."""
        return len(self.entries) == len(self.store.layout.blocks)

    def damaged_blocks(self) -> list[tuple[Block, str]]:
        """The blocks that the manifest lists but that are not what was written, and what is wrong; every file is read."""
        listed = (block for block in self.store.layout.blocks if self.store.is_listed(block))
        found = ((block, self.store.fault_of(block)) for block in listed)
        return [(block, fault) for block, fault in found if fault is not None]

    @cached_property
    def runs(self) -> NDArray[np.int64]:
        """The numbers of the rows that are there, shape (n,)."""
        return _joined([np.arange(block.start, block.stop) for block in self.entries], np.int64)

    def not_finite(self, scenario: str) -> list[int]:
        """The rows with a number that is not finite, in a scenario."""
        name = self.scenarios[self._place("scenario", scenario, self.scenarios)]
        return [row for entry in self.entries.values() for row in entry.not_finite.get(name, ())]

    @property
    def n_not_finite(self) -> int:
        """Runs (rows in scenarios) with a number that is not finite."""
        return sum(len(rows) for entry in self.entries.values() for rows in entry.not_finite.values())

    def no_equilibrium(self, scenario: str) -> list[int]:
        """The rows that had no equilibrium to start from, in a scenario; they are among those that are not finite."""
        name = self.scenarios[self._place("scenario", scenario, self.scenarios)]
        return [row for entry in self.entries.values() for row in entry.no_equilibrium.get(name, ())]

    @property
    def n_no_equilibrium(self) -> int:
        """Runs (rows in scenarios) that had no equilibrium to start from."""
        return sum(len(rows) for entry in self.entries.values() for rows in entry.no_equilibrium.values())

    def inputs(self, rows: Sequence[int] | NDArray[np.int64] | None = None) -> Floats:
        """Inputs, shape (n, n_factors), in the factors' units; by default of all `runs`.

        They are made again from the seed and checked against the manifest.

        Raises ProjectError if they come out otherwise (another version of scipy may make other rows).
        """
        wanted = self.runs if rows is None else np.asarray(rows, dtype=np.int64)
        found = np.empty((len(wanted), len(self.factors)))
        for block, at, within in self._by_block(wanted):
            found[at] = self.inputs_of(block)[within]
        return found

    def inputs_of(self, block: Block) -> Floats:
        """The inputs of a finished block, shape (block.n, n_factors)."""
        inputs = self.sampling.rows(block.start, block.stop)
        digest = hashlib.sha256(np.ascontiguousarray(inputs, dtype="<f8").tobytes()).hexdigest()
        if digest != self.entries[block].inputs:
            made = ", ".join(f"{name} {v}, was {w}" for name, v, w in self.other_versions)
            raise ProjectError(
                f"the rows of {block} come out otherwise than when the sweep was made", path=self.folder,
                hint=f"Other versions make other rows: {made}." if made else "Its folder was changed.",
            )  # fmt: skip
        return inputs

    @property
    def other_versions(self) -> list[tuple[str, str, str]]:
        """What is of another version than the sweep was made with: name, version here, version then."""
        return self.design.other_versions

    def values(self, output: str, scenario: str | None = None, time: float | None = None) -> Floats:
        """One output in one scenario, for all `runs`, in the model's unit: shape (n, n_times), or (n,) at one time.

        No more is in memory than that and a block.
        """
        o = self._place("output", output, self.outputs)
        s = self._scenario(scenario)
        at = slice(None) if time is None else self._time(time)
        found = np.empty((len(self.runs), len(self.times)) if time is None else len(self.runs))
        first = 0
        for block in self.entries:
            found[first : first + block.n] = self.store.read(block, o, s)[at].T
            first += block.n
        return found

    def block_values(self, block: Block) -> Floats:
        """All of a finished block, shape (block.n, n_scenarios, n_times, n_outputs)."""
        found = np.empty((block.n, len(self.scenarios), len(self.times), len(self.outputs)))
        for s in range(len(self.scenarios)):
            for o in range(len(self.outputs)):
                found[:, s, :, o] = self.store.read(block, o, s).T
        return found

    @property
    def dataset(self) -> xr.Dataset:
        """Everything, labelled: a variable an output, dims (run, scenario, time), and an input a factor, dims (run).

        Outputs are read, and checked, when they are asked for. `is_finite` (run, scenario) tells which runs to leave out of
        statistics.
        """
        import xarray as xr
        from xarray.core.indexing import LazilyIndexedArray

        from .lazy import SweepArray

        data: dict[str, Any] = {}
        for o, output in enumerate(self.design.outputs):
            attributes = {"units": output.unit, "long_name": output.label.en, "long_name_nl": output.label.nl}
            array = LazilyIndexedArray(SweepArray(self, o))
            data[output.name] = xr.Variable(("run", "scenario", "time"), array, attributes)
        coordinates: dict[str, Any] = {
            "run": self.runs,
            "scenario": list(self.scenarios),
            "time": ("time", np.array(self.times), {"units": self.design.time_unit, "long_name": "Time"}),
            "is_finite": (("run", "scenario"), self._is_finite()),
        }
        inputs = self.inputs()
        for i, factor in enumerate(self.factors):
            name = factor.name if factor.name not in data else f"{factor.name} (input)"
            coordinates[name] = ("run", inputs[:, i], {"units": factor.unit, "long_name": factor.name})
        return xr.Dataset(data, coordinates, self.attributes())

    def attributes(self) -> dict[str, Any]:
        """Where the numbers come from."""
        return self.design.attributes()

    def _is_finite(self) -> NDArray[np.bool_]:
        found = np.ones((len(self.runs), len(self.scenarios)), dtype=bool)
        for s, scenario in enumerate(self.scenarios):
            found[np.searchsorted(self.runs, self.not_finite(scenario)), s] = False
        return found

    def _by_block(self, rows: NDArray[np.int64]) -> Iterator[tuple[Block, NDArray[np.int64], NDArray[np.int64]]]:
        """Finished blocks that hold some of the rows: which of the rows, and where in the block."""
        held = 0
        for block in self.entries:
            at = np.flatnonzero((rows >= block.start) & (rows < block.stop))
            held += len(at)
            if len(at):
                yield block, at, rows[at] - block.start
        if held != len(rows):
            missing = next(int(row) for row in rows if row not in self.runs)
            raise SdsocecError(
                f"the sweep '{self.folder}' has no row {missing:,}", hint=f"It has {len(self.runs):,} rows."
            )

    def _place(self, what: str, name: str, names: Sequence[str]) -> int:
        if name not in names:
            raise SdsocecError(
                f"the sweep '{self.folder}' has no {what} '{name}'", name=name, nearest=nearest_name(name, names),
                hint=f"It has: {', '.join(names)}.",
            )  # fmt: skip
        return names.index(name)

    def _scenario(self, scenario: str | None) -> int:
        if scenario is None and len(self.scenarios) > 1:
            raise SdsocecError(f"which scenario? One of: {', '.join(self.scenarios)}")
        return 0 if scenario is None else self._place("scenario", scenario, self.scenarios)

    def _time(self, time: float) -> int:
        near = np.flatnonzero(np.isclose(self.times, time, rtol=0, atol=1e-6))
        if not len(near):
            raise SdsocecError(
                f"nothing was saved at {time:g}", hint=f"Saved: {self.times[0]:g} to {self.times[-1]:g}, {len(self.times)} times."
            )  # fmt: skip
        return int(near[0])


def open_sweep(folder: str | Path) -> Sweep:
    """A sweep as it is in its folder, finished or not.

    Raises ProjectError if there is none, or what it says cannot be read.
    """
    folder = Path(folder)
    design = read_design(folder)
    return Sweep(folder, design, sampling_of(folder, design))


def _joined(arrays: Sequence[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=kind)
