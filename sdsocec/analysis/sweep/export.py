"""A sweep as files for other programs, block by block: CSV, Parquet, NetCDF, in the model's units."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sdsocec.errors import ProjectError, SdsocecError, nearest_name
from sdsocec.model.toml import Text
from sdsocec.results.export import FILES, PROVENANCE, stamp_file
from sdsocec.results.formats import free_name
from sdsocec.results.store import Block

from .reading import Sweep

Progress = Callable[[int, int], None]
FORMATS = ("csv", "parquet", "nc")
SWEEP, CHECKSUMS = "sweep", "files_sha256"  # in the stamp: the whole design, and the checksum of each file
COLUMNS = ("file", "column", "unit", "label_nl", "label_en")


def export_sweep(
    sweep: Sweep, folder: str | Path, kind: str = "csv", language: str = "en", progress: Progress | None = None
) -> list[Path]:
    """Write what is there of a sweep.

    Parameters
    ----------
    folder : path
        Made if it is not there; files of the same names are replaced, once all are whole.
    kind : {"csv", "parquet", "nc"}
        csv and parquet: `inputs` has a row a run, `outcomes` a row a run, scenario and time; units and labels are in
        `columns.csv` or in the fields' metadata. nc: one file, dims (run, scenario, time), with units and labels.
    language : {"en", "nl"}
        `nl` makes a CSV for Dutch Excel (`;`, decimal comma).
    progress : callable
        Told the rows done and how many there are.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    SdsocecError
        There is no such format, a block is damaged, nothing is there yet, or the disk does not take it; nothing is written.
    """
    if kind not in FORMATS:
        raise SdsocecError(
            f"there is no format '{kind}'", name=kind, nearest=nearest_name(kind, FORMATS), hint=f"Valid: {', '.join(FORMATS)}."
        )  # fmt: skip
    if not sweep.entries:
        raise ProjectError(
            f"the sweep '{sweep.folder}' has no finished block", path=sweep.folder,
            hint=f'Run it first: sdsocec sweep --resume -o "{sweep.folder}"',
        )  # fmt: skip
    folder = Path(folder)
    beside = folder.parent / f".{folder.name}-{uuid.uuid4().hex[:8]}"
    try:
        beside.mkdir(parents=True)
        write = {"csv": _csv, "parquet": _parquet, "nc": _nc}[kind]
        write(sweep, beside, language, progress or (lambda done, total: None))
        names = sorted(path.name for path in beside.iterdir())
        (beside / PROVENANCE).write_bytes(_stamp(sweep, [beside / name for name in names], folder))
        names.append(PROVENANCE)
        folder.mkdir(exist_ok=True)
        for name in names:
            os.replace(beside / name, folder / name)
    except OSError as error:
        raise ProjectError(
            f"the export cannot be written: {(error.strerror or str(error)).lower()}", path=folder,
            hint="Choose another folder: -o DIR",
        ) from None  # fmt: skip
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return [folder / name for name in names]


def _stamp(sweep: Sweep, files: list[Path], folder: Path) -> bytes:
    """`provenance.json`: what the files are of, so that they can be verified without the sweep; and other files of it there."""
    attributes = sweep.attributes() | {SWEEP: sweep.design.without_paths().text()}
    sums = _sums_there(folder / PROVENANCE, attributes)
    for path in files:
        with path.open("rb") as file:
            sums[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return stamp_file(attributes | {CHECKSUMS: json.dumps(sums), FILES: list(sums)})


def _sums_there(path: Path, attributes: dict[str, Any]) -> dict[str, str]:
    """The checksums of files that are there already, of the same design."""
    try:
        known = json.loads(path.read_bytes())
        is_same = all(known[key] == value for key, value in attributes.items())
        return dict(json.loads(known[CHECKSUMS])) if is_same else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _blocks(sweep: Sweep, progress: Progress) -> Iterator[tuple[int, Block, Any, Any]]:
    """Finished blocks: where they start among what is there, inputs, values (n, n_scenarios, n_times, n_outputs)."""
    first = 0
    for block in sweep.entries:
        yield first, block, sweep.inputs_of(block), sweep.block_values(block)
        first += block.n
        progress(first, len(sweep.runs))


def _long(sweep: Sweep, block: Block, values: Any) -> dict[str, Any]:
    """The columns of `outcomes`: a row a run, scenario and time."""
    n, n_scenarios, n_times, _ = values.shape
    columns = {
        "run": np.repeat(np.arange(block.start, block.stop), n_scenarios * n_times),
        "scenario": np.tile(np.repeat(np.arange(n_scenarios), n_times), n),
        "time": np.tile(np.array(sweep.times), n * n_scenarios),
    }
    flat = values.reshape(-1, len(sweep.outputs))
    return columns | {name: np.ascontiguousarray(flat[:, i]) for i, name in enumerate(sweep.outputs)}


def _wide(sweep: Sweep, block: Block, inputs: Any) -> dict[str, Any]:
    """The columns of `inputs`: a row a run."""
    columns = {factor.name: np.ascontiguousarray(inputs[:, i]) for i, factor in enumerate(sweep.factors)}
    return {"run": np.arange(block.start, block.stop)} | columns


def _csv(sweep: Sweep, folder: Path, language: str, progress: Progress) -> None:
    append = _append_dutch if language == "nl" else _append
    for first, block, inputs, values in _blocks(sweep, progress):
        append(folder / "inputs.csv", _wide(sweep, block, inputs), first == 0)
        outcomes = _long(sweep, block, values)
        outcomes["scenario"] = np.array(sweep.scenarios, dtype=object)[outcomes["scenario"]]
        append(folder / "outcomes.csv", outcomes, first == 0)
    columns = zip(*_columns(sweep), strict=True)
    append(folder / "columns.csv", dict(zip(COLUMNS, map(list, columns), strict=True)), True)


def _append(path: Path, columns: dict[str, Any], is_first: bool) -> None:
    """Rows at the end of a CSV, numbers in full; pyarrow takes a fifth of the time of pandas."""
    import pyarrow as pa
    from pyarrow import csv

    with path.open("wb" if is_first else "ab") as file:
        csv.write_csv(pa.table(columns), file, csv.WriteOptions(include_header=is_first))


def _append_dutch(path: Path, columns: dict[str, Any], is_first: bool) -> None:
    """Rows at the end of a CSV for Dutch Excel, which knows UTF-8 by a mark at the start."""
    import pandas as pd

    pd.DataFrame(columns).to_csv(
        path, sep=";", decimal=",", index=False, header=is_first, mode="w" if is_first else "a",
        encoding="utf-8-sig" if is_first else "utf-8", lineterminator="\n",
    )  # fmt: skip


def _columns(sweep: Sweep) -> list[tuple[str, str, str, str, str]]:
    inputs = [("inputs.csv", f.name, f.unit, f.name, f.name) for f in sweep.factors]
    return inputs + [("outcomes.csv", o.name, o.unit, o.label.nl, o.label.en) for o in sweep.design.outputs]


def _parquet(sweep: Sweep, folder: Path, language: str, progress: Progress) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    origin = {"sdsocec": json.dumps(sweep.attributes())}
    inputs_schema = pa.schema(
        [pa.field("run", pa.int64()), *(pa.field(f.name, pa.float64(), metadata={"unit": f.unit}) for f in sweep.factors)],
        metadata=origin,
    )  # fmt: skip
    outcome_schema = pa.schema(
        [
            pa.field("run", pa.int64()),
            pa.field("scenario", pa.dictionary(pa.int32(), pa.string())),
            pa.field("time", pa.float64(), metadata={"unit": sweep.design.time_unit}),
            *(
                pa.field(
                    o.name, pa.float64(), metadata={"unit": o.unit, "label_nl": o.label.nl, "label_en": o.label.en}
                )
                for o in sweep.design.outputs
            ),
        ],
        metadata=origin,
    )
    with (
        pq.ParquetWriter(folder / "inputs.parquet", inputs_schema, compression="zstd") as to_inputs,
        pq.ParquetWriter(folder / "outcomes.parquet", outcome_schema, compression="zstd") as to_outcomes,
    ):
        for _, block, inputs, values in _blocks(sweep, progress):
            to_inputs.write_table(pa.table(_wide(sweep, block, inputs), schema=inputs_schema))
            columns = _long(sweep, block, values)
            codes = pa.array(columns["scenario"].astype(np.int32))
            columns["scenario"] = pa.DictionaryArray.from_arrays(codes, list(sweep.scenarios))
            to_outcomes.write_table(pa.table(columns, schema=outcome_schema))


def _nc(sweep: Sweep, folder: Path, language: str, progress: Progress) -> None:
    import netCDF4

    shape = {"run": len(sweep.runs), "scenario": len(sweep.scenarios), "time": len(sweep.times)}
    with netCDF4.Dataset(folder / "sweep.nc", "w") as file:
        for name, value in sweep.attributes().items():
            file.setncattr(name, value)
        for name, size in shape.items():
            file.createDimension(name, size)
        taken = {name: name for name in shape}

        def numbers(name: str, dimensions: tuple[str, ...], unit: str, label: Text) -> Any:
            free = free_name(name, taken)
            made = file.createVariable(free, "f8", dimensions, zlib=True, complevel=1, shuffle=True, fill_value=False)
            made.set_auto_maskandscale(False)
            texts = {"units": unit, "long_name": label.en, "long_name_nl": label.nl, "name_in_model": name}
            for key, text in texts.items():
                made.setncattr(key, text)
            return made

        file.createVariable("run", "i8", ("run",))[:] = sweep.runs
        file.createVariable("scenario", str, ("scenario",))[:] = np.array(sweep.scenarios, dtype=object)
        times = file.createVariable("time", "f8", ("time",))
        times[:] = np.array(sweep.times)
        times.setncattr("units", sweep.design.time_unit)
        outputs = [numbers(o.name, tuple(shape), o.unit, o.label) for o in sweep.design.outputs]
        inputs = [numbers(f.name, ("run",), f.unit, Text(nl=f.name, en=f.name)) for f in sweep.factors]
        for first, block, rows, values in _blocks(sweep, progress):
            for i, made in enumerate(inputs):
                made[first : first + block.n] = rows[:, i]
            for o, made in enumerate(outputs):
                made[first : first + block.n] = values[..., o]
