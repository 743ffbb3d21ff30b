"""Verify a sweep: every stored block against its checksum, and a sample of rows run again."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.experiment import Experiment
from sdsocec.analysis.sweep import Sweep, open_sweep
from sdsocec.analysis.sweep.design import DESIGN, ScenarioEntry, SweepDesign, equilibrium_digest, read_design
from sdsocec.errors import ProjectError, SdsocecError
from sdsocec.model.card import CARD
from sdsocec.model.project import LoadedModel
from sdsocec.results.differences import Comparison, Difference, Verdict, numbers_differ, worst
from sdsocec.results.provenance import stamp as stamp_line
from sdsocec.results.store import Block
from sdsocec.scenario import Scenario
from sdsocec.scenario.files import Setting

from .verified import Change, Verification, Verified

Floats = NDArray[np.float64]
MOST_BLOCKS, ROWS_OF_BLOCK = 8, 16  # that are run again
WHOLE_BLOCKS = 2  # from equilibrium: solved beside other rows, a row's last bits differ, so whole blocks are run


@dataclass(frozen=True)
class _Sample:
    """Rows of some blocks, as stored and run again: shape (n, n_scenarios, n_times, n_outputs)."""

    rows: NDArray[np.int64]
    found: Floats
    computed: Floats


def is_sweep(path: Path) -> bool:
    """Whether a folder holds a sweep."""
    return path.is_dir() and (path / DESIGN).is_file()


def sweep_design(folder: Path) -> SweepDesign:
    """The design of a sweep; ProjectError if it names files outside its folder."""
    design = read_design(folder)
    if Path(design.rows_file).name != design.rows_file or set(design.rows_file) & set("/\\:"):
        raise ProjectError(f"'{folder}' names a file of rows outside it", path=folder / DESIGN)
    return design


def verify_sweep(folder: Path, design: SweepDesign, model: LoadedModel) -> Verification:
    """Check every finished block, and run a sample of rows again."""
    sweep = open_sweep(folder)
    if not sweep.entries:
        hint = f'Finish it: sdsocec sweep --resume -o "{folder}"'
        raise ProjectError(f"the sweep '{folder}' has no finished block", path=folder, hint=hint)
    damaged = sweep.damaged_blocks()
    faults = Comparison(
        "differs", tuple(Difference("", str(block), "", fault, "") for block, fault in damaged), len(damaged)
    )
    n = len(sweep.entries)
    stored = Verified("manifest", "damaged", faults, n=n) if damaged else Verified("manifest", "stored", n=n)
    changes = _changes(sweep, model)
    bad = {block for block, _ in damaged}
    sound = [block for block in sweep.entries if block not in bad]
    files = [stored]
    if sound:
        sample = _run_again(sweep, model, sound, changes)
        files.append(Verified("runs.zarr", *_compare(sweep, sample), n=len(sample.rows)))
    return Verification(folder, stamp_line(sweep.attributes()), tuple(changes), tuple(files))


def _changes(sweep: Sweep, model: LoadedModel) -> list[Change]:
    design = sweep.design
    changes = []
    if design.model_sha256 != model.equations.file_sha256:
        changes.append(Change("model", model.equations.path.name, design.model_sha256, model.equations.file_sha256))
    rest = equilibrium_digest(model, design.initial)
    if design.equilibrium_sha256 != rest:
        changes.append(Change("card", CARD, design.equilibrium_sha256, rest))
    for entry in design.scenarios:
        if entry.origin != "file":  # where that is, only its user knows
            digest = _digest_today(entry, model)
            if digest != entry.sha256:
                changes.append(Change("scenario", entry.name, entry.sha256, digest))
    changes += [Change("version", name, was, now) for name, now, was in sweep.other_versions]
    return changes


def _digest_today(entry: ScenarioEntry, model: LoadedModel) -> str:
    try:
        return ScenarioEntry.of(entry.again(model), model).sha256
    except SdsocecError:
        return ""


def _run_again(sweep: Sweep, model: LoadedModel, blocks: Sequence[Block], changes: Sequence[Change]) -> _Sample:
    """The first and the last block and some between, and rows of each, the same ones every time."""
    rng = np.random.default_rng(int(hashlib.sha256(sweep.design.text().encode()).hexdigest()[:8], 16))
    design = sweep.design
    is_whole = design.initial == "equilibrium"
    most = min(WHOLE_BLOCKS if is_whole else MOST_BLOCKS, len(blocks))
    places = np.unique(np.linspace(0, len(blocks) - 1, most).round().astype(int))
    rows, found, computed = [], [], []
    try:
        experiment = Experiment.of(
            model, [_as_it_was(entry) for entry in design.scenarios], sweep.factors, sweep.outputs,
            saving=design.saving, initial=design.initial,
        )  # fmt: skip
        for block in (blocks[i] for i in places):
            missing = {row for listed in sweep.entries[block].not_finite.values() for row in listed}
            finite = np.array([i for i in range(block.n) if block.start + i not in missing], dtype=np.int64)
            within = finite if is_whole else np.sort(rng.choice(finite, min(ROWS_OF_BLOCK, len(finite)), replace=False))
            if not len(within):
                continue
            run = np.arange(block.n) if is_whole else within
            again = experiment.run(sweep.inputs_of(block)[run])
            rows.append(block.start + within)
            found.append(sweep.block_values(block)[within])
            computed.append(again[within] if is_whole else again)
    except SdsocecError as error:
        since = " and ".join(c.name for c in changes if c.what in ("model", "card"))
        told = f"{since} changed since; " if since else ""
        what = f"'{sweep.folder}' cannot be run again: {told}{error.faults[0].what}"
        raise ProjectError(what, path=sweep.folder, hint=error.faults[0].hint) from None
    if not rows:
        empty = np.empty((0, len(design.scenarios), len(sweep.times), len(sweep.outputs)))
        return _Sample(np.empty(0, dtype=np.int64), empty, empty)
    return _Sample(np.concatenate(rows), np.concatenate(found), np.concatenate(computed))


def _as_it_was(entry: ScenarioEntry) -> Scenario:
    """The scenario with the numbers that the sweep has of it."""
    settings = {name: Setting(name, value, DESIGN, entry.name) for name, value in entry.values.items()}
    return Scenario(entry.name, entry.title, entry.title, settings)


def _compare(sweep: Sweep, sample: _Sample) -> tuple[Verdict, Comparison]:
    """Output by output, each held to its largest number in the sample."""
    if sample.found.shape != sample.computed.shape:
        shapes = [" x ".join(map(str, array.shape)) for array in (sample.found, sample.computed)]
        return "differs", Comparison("differs", (Difference("", "shape", "", *shapes),), 1)  # type: ignore[arg-type]
    verdicts: list[Verdict] = []
    differences, n = [], 0
    for i, output in enumerate(sweep.outputs):
        found, computed = sample.found[..., i], sample.computed[..., i]
        if np.array_equal(found, computed, equal_nan=True):
            verdicts.append("bits")
            continue
        differing = numbers_differ(found, computed)
        verdicts.append("differs" if differing.any() else "close")
        n += int(differing.sum())
        if differing.any():
            differences.append(_largest(sweep, sample, output, found, computed, differing))
    verdict = worst(verdicts)
    ranked = sorted(differences, key=lambda d: -d.relative)
    return verdict, Comparison(verdict, tuple(ranked), n)


def _largest(
    sweep: Sweep, sample: _Sample, output: str, found: Floats, computed: Floats, differing: NDArray[np.bool_]
) -> Difference:
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.where(differing, np.abs(found - computed) / np.abs(computed), -1.0)
    relative = np.where(np.isnan(relative), math.inf, relative)
    row, scenario, time = np.unravel_index(int(relative.argmax()), relative.shape)
    at = f"row {sample.rows[row]}, {sweep.scenarios[scenario]}, {sweep.times[time]:.10g}"
    place = (row, scenario, time)
    return Difference("", output, at, float(found[place]), float(computed[place]), float(relative[place]))
