"""Read back some blocks of what `export_sweep` wrote, to hold them against the sweep's design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.errors import ProjectError
from sdsocec.model.distribution import Distribution
from sdsocec.results.store import Block
from sdsocec.scenario.factors import Factor
from sdsocec.scenario.sampling import FILE

from .design import SweepDesign
from .plan import sampling_of

Floats = NDArray[np.float64]
NAMES = {
    "csv": ("inputs.csv", "outcomes.csv"), "parquet": ("inputs.parquet", "outcomes.parquet"), "nc": ("sweep.nc",),
}  # fmt: skip


@dataclass(frozen=True)
class Exported:
    """The files of one format in a folder; as a `Sweep`, it gives inputs and values of a block.

    Raises ProjectError, when it is read, if a file is no such table, or its rows are not those of the design.
    """

    folder: Path
    kind: str
    design: SweepDesign
    _known: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def scenarios(self) -> tuple[str, ...]:
        return tuple(scenario.name for scenario in self.design.scenarios)

    @property
    def outputs(self) -> tuple[str, ...]:
        return tuple(output.name for output in self.design.outputs)

    @property
    def times(self) -> tuple[float, ...]:
        return self.design.times

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """What varies; a factor of rows of the user's own has no distribution but its values."""
        return tuple(
            factor.factor()
            if factor.distribution
            else Factor(factor.name, factor.constants, factor.kind, Distribution(0.0, 1.0), factor.unit, factor.source)
            for factor in self.design.factors
        )

    @cached_property
    def blocks(self) -> list[Block]:
        """The blocks of the design whose rows are there."""
        rows = self._column("run")
        return [block for block in self.design.layout.blocks if np.isin(np.arange(block.start, block.stop), rows).all()]

    def require_rows(self, blocks: Sequence[Block]) -> None:
        """Read the blocks, and check their inputs against the design's, where it tells how rows are drawn."""
        found = {block: self._read(block) for block in blocks} if self.kind == "nc" else self._tables(blocks)
        self._known.update({str(block): one for block, one in found.items()})
        if self.design.design == FILE:
            return
        sampling = sampling_of(self.folder, self.design)
        for block in blocks:
            if not np.array_equal(self.inputs_of(block), sampling.rows(block.start, block.stop)):
                raise self._wrong(f"the inputs of {block} are not those of the design")

    def inputs_of(self, block: Block) -> Floats:
        """Inputs of a block that was read, shape (block.n, n_factors)."""
        return np.asarray(self._known[str(block)][0])

    def block_values(self, block: Block) -> Floats:
        """Values of a block that was read, shape (block.n, n_scenarios, n_times, n_outputs)."""
        return np.asarray(self._known[str(block)][1])

    def _wrong(self, what: str) -> ProjectError:
        return ProjectError(f"{what} ({', '.join(NAMES[self.kind])} in '{self.folder}')", path=self.folder)

    # ---- tables

    def _batches(self, name: str) -> Any:
        """A table in pieces, with the types of its columns."""
        import pyarrow as pa

        path = self.folder / name
        types = {"run": pa.int64(), "scenario": pa.string()}
        try:
            if self.kind == "parquet":
                import pyarrow.parquet as pq

                with pq.ParquetFile(path) as file:
                    yield from file.iter_batches()
                return
            from pyarrow import csv

            with path.open("rb") as head:
                columns = head.readline().decode("utf-8-sig").rstrip("\r\n")
            is_dutch = columns.count(";") > columns.count(",")
            plain = [one.strip('"') for one in columns.split(";" if is_dutch else ",")]
            with csv.open_csv(
                path, parse_options=csv.ParseOptions(delimiter=";" if is_dutch else ","),
                convert_options=csv.ConvertOptions(
                    decimal_point="," if is_dutch else ".",
                    column_types={one: types.get(one, pa.float64()) for one in plain},
                ),
            ) as reader:  # fmt: skip
                yield from reader
        except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
            raise self._wrong(f"'{path}' cannot be read ({type(error).__name__})") from None

    def _tables(self, blocks: Sequence[Block]) -> dict[Block, tuple[Floats, Floats]]:
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted = pa.array(np.concatenate([np.arange(block.start, block.stop) for block in blocks]))
        inputs, outcomes = (
            [batch.filter(pc.is_in(batch["run"], wanted)) for batch in self._batches(name)] for name in NAMES[self.kind]
        )
        return {
            block: self._block(block, pa.Table.from_batches(inputs), pa.Table.from_batches(outcomes))
            for block in blocks
        }

    def _block(self, block: Block, inputs: Any, outcomes: Any) -> tuple[Floats, Floats]:
        rows = np.arange(block.start, block.stop)
        inputs, outcomes = (_of_block(table, block) for table in (inputs, outcomes))
        size = len(self.scenarios) * len(self.times)
        keys = {
            "run": np.repeat(rows, size),
            "scenario": np.tile(np.repeat(np.array(self.scenarios, dtype=object), len(self.times)), block.n),
            "time": np.tile(np.array(self.times), block.n * len(self.scenarios)),
        }
        names = [factor.name for factor in self.factors]
        if inputs.column_names != ["run", *names] or outcomes.column_names != [*keys, *self.outputs]:
            raise self._wrong("the columns are not those of the design")
        are_right = len(outcomes) == len(keys["run"]) and np.array_equal(inputs["run"].to_numpy(), rows)
        if not are_right or not all(np.array_equal(_values(outcomes[key]), keys[key]) for key in keys):
            raise self._wrong(f"the rows of {block} are not those of the design")
        shape = (block.n, len(self.scenarios), len(self.times), len(self.outputs))
        values = np.stack([outcomes[name].to_numpy() for name in self.outputs], axis=1).reshape(shape)
        return np.stack([inputs[name].to_numpy() for name in names], axis=1), values

    def _column(self, name: str) -> NDArray[np.int64]:
        if self.kind == "nc":
            with self._open() as file:
                return np.asarray(file.variables[name][:], dtype=np.int64)
        return np.concatenate([batch[name].to_numpy() for batch in self._batches(NAMES[self.kind][0])])

    # ---- NetCDF

    def _open(self) -> Any:
        from sdsocec.results.stamp_formats import open_nc

        return open_nc(self.folder / NAMES["nc"][0])

    def _read(self, block: Block) -> tuple[Floats, Floats]:
        with self._open() as file:
            try:
                runs = np.asarray(file.variables["run"][:])
                at = np.flatnonzero((runs >= block.start) & (runs < block.stop))
                named = {
                    (getattr(one, "name_in_model", ""), len(one.dimensions)): one for one in file.variables.values()
                }
                are_right = [str(s) for s in file.variables["scenario"][:]] == list(self.scenarios)
                if not are_right or not np.array_equal(file.variables["time"][:], np.array(self.times)):
                    raise self._wrong("scenarios or times are not those of the design")
                inputs = np.stack([np.asarray(named[factor.name, 1][at]) for factor in self.factors], axis=1)
                return inputs, np.stack([np.asarray(named[name, 3][at]) for name in self.outputs], axis=3)
            except (KeyError, OSError, RuntimeError, ValueError):
                raise self._wrong("the numbers cannot be read") from None


def _of_block(table: Any, block: Block) -> Any:
    import pyarrow.compute as pc

    return table.filter(pc.and_(pc.greater_equal(table["run"], block.start), pc.less(table["run"], block.stop)))


def _values(column: Any) -> NDArray[Any]:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    return np.asarray(column.to_numpy())
