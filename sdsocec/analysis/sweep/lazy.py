"""An output of a sweep as an array that xarray reads by need: only the blocks that an index touches."""

from __future__ import annotations

from typing import Any

import numpy as np
from xarray.backends import BackendArray
from xarray.core.indexing import IndexingSupport, explicit_indexing_adapter

from .reading import Sweep


class SweepArray(BackendArray):
    """One output, dims (run, scenario, time)."""

    def __init__(self, sweep: Sweep, output: int) -> None:
        self.sweep, self.output = sweep, output
        self.shape = (len(sweep.runs), len(sweep.scenarios), len(sweep.times))
        self.dtype = np.dtype(np.float64)

    def __getitem__(self, key: Any) -> Any:
        return explicit_indexing_adapter(key, self.shape, IndexingSupport.OUTER, self._read)

    def _read(self, key: tuple[Any, ...]) -> Any:
        places = [np.arange(size)[k] for size, k in zip(self.shape, key, strict=True)]
        rows, scenarios, times = (np.atleast_1d(place) for place in places)
        found = np.empty((len(rows), len(scenarios), len(times)))
        first = 0
        for block in self.sweep.entries:
            at = np.flatnonzero((rows >= first) & (rows < first + block.n))
            for i, scenario in enumerate(scenarios if len(at) else ()):
                read = self.sweep.store.read(block, self.output, int(scenario))
                found[at, i] = read[np.ix_(times, rows[at] - first)].T
            first += block.n
        return found.reshape([len(place) for place in places if place.ndim])
