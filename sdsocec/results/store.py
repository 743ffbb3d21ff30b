"""The store of a sweep: a folder that is filled block by block and survives a kill or a power cut at any instant.

    design.toml                 what is run (sdsocec.analysis.sweep_design)
    runs.zarr/part-0/OUTPUT     an array a saved output, dims (scenario, time, run), zarr v3; a chunk a scenario and block of rows
    manifest/part-0/000000.json what is known of a finished block: its rows, hashes, runs that are not finite
    in-flight/                  what is being written

A block exists when its entry in the manifest does, and not before: chunks are written to `in-flight`, forced to the disk and
renamed, the entry comes last. Entries are files of their own, so that workers need share nothing but the folder. What is read is
checked against the entry; zarr itself gives NaN for a chunk that is not there. Rows that are added make a new part, so that no
chunk changes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.errors import ProjectError

Floats = NDArray[np.float64]
RUNS = "runs.zarr"
MANIFEST = "manifest"
IN_FLIGHT = "in-flight"
LOCK = ".sweep.lock"
NO_EQUILIBRIUM = "no_equilibrium"  # in an entry, where a run had none
# lz4 with bitshuffle, time before runs: 632 bytes a run of ten outcomes and 21 years (1,680 raw) of the full model, 508 of nine
# (1,512) of first_steps, at 1 GB/s a core; zstd at its quickest saves nothing, at level 7 3 % for a fifth of the speed.
# benchmarks/sweep.py --codecs measures it.
CODEC: dict[str, Any] = {"cname": "lz4", "clevel": 1, "shuffle": "bitshuffle"}
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _\-\[\],()%.+]{0,98}[A-Za-z0-9_\-\])%+]|[A-Za-z0-9]")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # Windows


class DamagedSweep(ProjectError):
    """A finished block is not what its entry in the manifest says; `--resume` makes it again."""

    exit_code = 1


@dataclass(frozen=True)
class Output:
    """A saved output: an element name, with its unit and what it means."""

    name: str
    unit: str = ""
    label: str = ""


@dataclass(frozen=True)
class Part:
    """Rows that were designed together, and how many of them are a block."""

    rows: int
    block: int


@dataclass(frozen=True)
class Layout:
    """What the arrays hold."""

    outputs: tuple[Output, ...]
    scenarios: tuple[str, ...]
    times: tuple[float, ...]
    time_unit: str
    parts: tuple[Part, ...]

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks, in the order of their rows."""
        found, first = [], 0
        for index, part in enumerate(self.parts):
            for number, start in enumerate(range(0, part.rows, part.block)):
                stop = min(start + part.block, part.rows)
                found.append(Block(index, number, first + start, first + stop, start))
            first += part.rows
        return tuple(found)

    @cached_property
    def array_names(self) -> tuple[str, ...]:
        """The name of each output's array: its own, where every disk takes it."""
        return tuple(
            o.name if _PLAIN.fullmatch(o.name) and not _RESERVED.fullmatch(o.name) else f"output {i}"
            for i, o in enumerate(self.outputs)
        )


@dataclass(frozen=True)
class Block:
    """Rows `start` to `stop` (not included) of the sweep; `first` counts from the start of the part."""

    part: int
    number: int
    start: int
    stop: int
    first: int

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.stop - self.start

    def __str__(self) -> str:
        return f"block {self.number} of part {self.part} (rows {self.start:,} to {self.stop - 1:,})"


@dataclass(frozen=True)
class Entry:
    """A block's entry in the manifest.

    `inputs` and `chunks` are sha256 of the inputs' bytes and of each file; `not_finite` lists, by scenario, the rows (numbers of
    the sweep) with a number that is not finite; `no_equilibrium` those of them that had no equilibrium to start from.
    """

    inputs: str
    not_finite: dict[str, list[int]]
    chunks: dict[str, str]
    no_equilibrium: dict[str, list[int]]


class Store:
    """The arrays and the manifest of a sweep."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        self.folder, self.layout = folder, layout
        self._made: dict[int, tuple[dict[str, Any], list[Any]]] = {}

    # --- what is there ---------------------------------------------------------------------------------------------------

    def entry(self, block: Block) -> Entry | None:
        """The entry of a block; None if it is not finished (or its entry cannot be read)."""
        try:
            found = json.loads(self._entry_path(block).read_bytes())
            entry = Entry(found["inputs"], found["not_finite"], found["chunks"], found.get(NO_EQUILIBRIUM, {}))
            is_right = found["rows"] == [block.start, block.stop] and set(entry.chunks) == set(self.chunk_keys(block))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return entry if is_right else None

    def is_listed(self, block: Block) -> bool:
        """Whether there is something in the manifest for a block."""
        return self._entry_path(block).exists()

    def fault_of(self, block: Block) -> str | None:
        """What is wrong with a block that the manifest lists; None if nothing is."""
        entry = self.entry(block)
        if entry is None:
            return "its entry in the manifest cannot be read"
        for key, digest in entry.chunks.items():
            try:
                content = self._chunk_path(block, key).read_bytes()
            except OSError:
                return f"'{key}' is missing"
            if _sha256(content) != digest:
                return f"'{key}' is damaged"
        return None

    def read(self, block: Block, output: int, scenario: int) -> Floats:
        """One output of a block in a scenario, shape (n_times, block.n).

        Raises DamagedSweep if the block is not finished, or its file is not what was written.
        """
        entry = self.entry(block)
        key = self.chunk_keys(block)[output * len(self.layout.scenarios) + scenario]
        try:
            content = self._chunk_path(block, key).read_bytes()
        except OSError:
            content = b""
        if entry is None or _sha256(content) != entry.chunks[key]:
            raise self.damaged([(block, self.fault_of(block) or f"'{key}' is damaged")])
        from zarr.core.buffer import default_buffer_prototype

        files, arrays = self._part(block.part)
        where = f"{self._array(output)}/{key.partition('/')[2]}"
        files[where] = default_buffer_prototype().buffer.from_bytes(content)
        try:
            found = arrays[output][scenario, :, block.first : block.first + block.n]
        finally:
            del files[where]
        return np.asarray(found, dtype=np.float64)

    def damaged(self, faults: Sequence[tuple[Block, str]]) -> DamagedSweep:
        """The error that tells of damaged blocks."""
        block, what = faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        return DamagedSweep(
            f"{block} is not what was written: {what}{more}", path=self.folder,
            hint=f'Make it again: sdsocec sweep --resume -o "{self.folder}"',
        )  # fmt: skip

    @property
    def bytes_stored(self) -> int:
        """Bytes of the chunks of finished blocks, as they are on disk."""
        total = 0
        for block in self.layout.blocks:
            entry = self.entry(block)
            for key in entry.chunks if entry else ():
                with contextlib.suppress(OSError):
                    total += self._chunk_path(block, key).stat().st_size
        return total

    # --- writing ---------------------------------------------------------------------------------------------------------

    def write(self, block: Block, inputs: str, values: Floats, has_start: NDArray[np.bool_] | None = None) -> None:
        """Store a block: `values` of shape (n, n_scenarios, n_times, n_outputs), `inputs` the hash of its inputs.

        `has_start`, of shape (n, n_scenarios), is False where a run had no equilibrium to start from.

        Raises ProjectError if the disk does not take it; then the block does not exist.
        """
        files, arrays = self._part(block.part)
        rows = slice(block.first, block.first + block.n)
        keys = self.chunk_keys(block)
        chunks: dict[str, bytes] = {}
        for output, array in enumerate(arrays):
            array[:, :, rows] = values[..., output].transpose(1, 2, 0)
            for key in keys[output * len(self.layout.scenarios) :][: len(self.layout.scenarios)]:
                chunks[key] = files.pop(f"{self._array(output)}/{key.partition('/')[2]}").to_bytes()
        is_finite = np.asarray(np.isfinite(values).all(axis=(2, 3)))
        has_start = np.ones_like(is_finite) if has_start is None else has_start
        entry: dict[str, Any] = {
            "rows": [block.start, block.stop],
            "inputs": inputs,
            "not_finite": self._rows_without(block, is_finite),
            **({} if has_start.all() else {NO_EQUILIBRIUM: self._rows_without(block, has_start)}),
            "chunks": {key: _sha256(content) for key, content in chunks.items()},
        }
        try:
            for key, content in chunks.items():
                self._put(self._chunk_path(block, key), content)
            self._put(self._entry_path(block), (json.dumps(entry, indent=1, ensure_ascii=False) + "\n").encode())
        except OSError as error:
            raise cannot_write(self.folder, error) from None

    def _rows_without(self, block: Block, flags: NDArray[np.bool_]) -> dict[str, list[int]]:
        """By scenario, the rows (numbers of the sweep) that a flag, shape (n, n_scenarios), is not set for."""
        return {
            name: (block.start + np.flatnonzero(~flags[:, i])).tolist()
            for i, name in enumerate(self.layout.scenarios)
            if not flags[:, i].all()
        }

    def prepare(self) -> None:
        """Put the arrays' descriptions in place, and remove what a killed run left in flight."""
        try:
            shutil.rmtree(self.folder / IN_FLIGHT, ignore_errors=True)
            (self.folder / IN_FLIGHT).mkdir(exist_ok=True)
            for path, content in self.descriptions().items():
                target = self.folder / path
                if not target.is_file() or target.read_bytes() != content:
                    self._put(target, content)
        except OSError as error:
            raise cannot_write(self.folder, error) from None

    def finish(self) -> None:
        """Nothing is in flight."""
        with contextlib.suppress(OSError):
            (self.folder / IN_FLIGHT).rmdir()

    def drop_part(self, part: int) -> None:
        """Remove what there is of a part."""
        for parent in (MANIFEST, RUNS):
            shutil.rmtree(self.folder / parent / f"part-{part}", ignore_errors=True)

    def replace(self, name: str, content: bytes) -> None:
        """Put a file of the sweep in place, whole."""
        try:
            (self.folder / IN_FLIGHT).mkdir(exist_ok=True)
            self._put(self.folder / name, content)
        except OSError as error:
            raise cannot_write(self.folder, error) from None

    def descriptions(self) -> dict[str, bytes]:
        """zarr's own files, by path in the folder."""
        import zarr
        from zarr.storage import MemoryStore

        root: dict[str, Any] = {}
        zarr.create_group(MemoryStore(root))
        found = {f"{RUNS}/zarr.json": root["zarr.json"].to_bytes()}
        for part in range(len(self.layout.parts)):
            for name, buffer in self._part(part)[0].items():
                found[f"{RUNS}/part-{part}/{name}"] = buffer.to_bytes()
        return found

    def chunk_keys(self, block: Block) -> list[str]:
        """The files of a block within its part, `OUTPUT/c/SCENARIO/0/BLOCK`, scenario by scenario of each output."""
        return [
            f"{name}/c/{scenario}/0/{block.number}"
            for name in self.layout.array_names
            for scenario in range(len(self.layout.scenarios))
        ]

    # --- within ----------------------------------------------------------------------------------------------------------

    def _part(self, part: int) -> tuple[dict[str, Any], list[Any]]:
        """A part's arrays in memory, where zarr encodes and decodes chunks, and the files that they are made of."""
        if part not in self._made:
            import zarr
            from zarr.codecs import BloscCodec
            from zarr.storage import MemoryStore

            files: dict[str, Any] = {}
            size, layout = layout_of(self.layout, part), self.layout
            group = zarr.create_group(
                MemoryStore(files), attributes={"scenarios": list(layout.scenarios), "first_run": size[0]}
            )
            times = group.create_array(
                "time", shape=(len(layout.times),), chunks=(len(layout.times),), dtype="float64", compressors=None,
                fill_value=np.nan, dimension_names=("time",), attributes={"units": layout.time_unit},
                config={"write_empty_chunks": True},
            )  # fmt: skip
            times[:] = np.array(layout.times)
            arrays = [
                group.create_array(
                    name, shape=(len(layout.scenarios), len(layout.times), size[1]), chunks=(1, len(layout.times), size[2]),
                    dtype="float64", compressors=BloscCodec(**CODEC), fill_value=np.nan,
                    dimension_names=("scenario", "time", "run"), config={"write_empty_chunks": True},
                    attributes={"name": output.name, "units": output.unit, "long_name": output.label or output.name},
                )
                for name, output in zip(layout.array_names, layout.outputs, strict=True)
            ]  # fmt: skip
            self._made[part] = files, arrays
        return self._made[part]

    def _array(self, output: int) -> str:
        return self.layout.array_names[output]

    def _chunk_path(self, block: Block, key: str) -> Path:
        return self.folder / RUNS / f"part-{block.part}" / key

    def _entry_path(self, block: Block) -> Path:
        return self.folder / MANIFEST / f"part-{block.part}" / f"{block.number:06d}.json"

    def _put(self, path: Path, content: bytes) -> None:
        """Write elsewhere, then rename: the file is there whole or not at all, after a power cut too."""
        temporary = self.folder / IN_FLIGHT / f"{os.getpid()}"
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())  # else the name may reach the disk before the content
            try:
                os.replace(temporary, path)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                os.replace(temporary, path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise


def layout_of(layout: Layout, part: int) -> tuple[int, int, int]:
    """First row, number of rows and block of a part."""
    first = sum(p.rows for p in layout.parts[:part])
    return first, layout.parts[part].rows, layout.parts[part].block


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to a sweep; ProjectError if one is at it."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise ProjectError(
            f"another process is working on the sweep '{folder}'", path=folder, hint="Wait for it, or stop it first."
        ) from None
    except OSError as error:
        raise cannot_write(folder, error) from None
    try:
        yield
    finally:
        lock.release()


def cannot_write(folder: Path, error: OSError) -> ProjectError:
    """The message for a disk that does not take what is written."""
    reason = (error.strerror or str(error)).lower()
    return ProjectError(
        f"the sweep cannot be written: {reason}", path=folder,
        hint=f'What is finished is kept. Make room or free the folder, then: sdsocec sweep --resume -o "{folder}"',
    )  # fmt: skip


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
