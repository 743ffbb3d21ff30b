"""A design: the table of constants that an engine runs, one row per run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sdsocec.errors import DesignError


@dataclass(frozen=True)
class Design:
    """Rows of constants.

    Attributes
    ----------
    names : tuple of str
        Element names of constants (`quota share scenario`, `wage[low]`), one per column.
    values : array, shape (n_runs, n_names)
        In the constants' units. A constant that no column names keeps its value of the .mdl.
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.names):
            raise DesignError(
                f"a design of {len(self.names)} constants needs an array of shape (runs, {len(self.names)}), "
                f"not {self.values.shape}"
            )
        if not len(self.values):
            raise DesignError("the design has no rows", hint="A design has one row a run.")
        if len(set(self.names)) != len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise DesignError(f"the design has two columns for '{twice}'", name=twice)
        if not np.isfinite(self.values).all():
            row, column = (int(i) for i in np.argwhere(~np.isfinite(self.values))[0])
            raise DesignError(
                f"'{self.names[column]}' is {self.values[row, column]} in row {row} of the design; "
                "it must be a finite number",
                name=self.names[column],
            )

    @property
    def n_runs(self) -> int:
        """Number of rows."""
        return int(self.values.shape[0])

    def with_columns(self, names: Sequence[str], columns: NDArray[np.float64]) -> Design:
        """The same rows with columns set or replaced; `columns` has the shape (n_runs, n_names)."""
        kept = [i for i, name in enumerate(self.names) if name not in set(names)]
        values = np.concatenate([self.values[:, kept], np.broadcast_to(columns, (self.n_runs, len(names)))], axis=1)
        return Design((*(self.names[i] for i in kept), *names), values)

    def rows(self, which: Sequence[int] | NDArray[np.int64]) -> Design:
        """Some rows."""
        return Design(self.names, self.values[which])

    @classmethod
    def of_rows(cls, rows: Sequence[Mapping[str, float]], base: Mapping[str, float]) -> Design:
        """A design of rows that each set some constants; `base` fills what a row leaves out."""
        names = tuple(dict.fromkeys(name for row in rows for name in row))
        values = [[row.get(name, base[name]) for name in names] for row in rows]
        return cls(names, np.array(values, dtype=np.float64).reshape(len(rows), len(names)))
