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
from sdsocec.analysis.sweep.exported import Exported
from sdsocec.errors import ProjectError, SdsocecError
from sdsocec.model.card import CARD
from sdsocec.model.project import LoadedModel
from sdsocec.results.differences import Comparison, Difference, Verdict, numbers_differ, worst
from sdsocec.results.provenance import stamp as stamp_line
from sdsocec.results.store import Block
from sdsocec.scenario import Scenario
from sdsocec.scenario.files import Setting

from .verification_changes import cannot_run
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
    changes = design_changes(design, model)
    bad = {block for block, _ in damaged}
    sound = [block for block in sweep.entries if block not in bad]
    files = [stored]
    if sound:
        files.append(sampled(sweep, "runs.zarr", sample_of(sound, design.initial), model, changes))
    return Verification(folder, stamp_line(sweep.attributes()), tuple(changes), tuple(files))


def sample_of(blocks: Sequence[Block], initial: str) -> list[Block]:
    """The first and the last block and some between."""
    most = min(WHOLE_BLOCKS if initial == "equilibrium" else MOST_BLOCKS, len(blocks))
    return [blocks[i] for i in np.unique(np.linspace(0, max(len(blocks) - 1, 0), most).round().astype(int))]


def sampled(
    source: Sweep | Exported, name: str, blocks: Sequence[Block], model: LoadedModel, changes: Sequence[Change]
) -> Verified:
    """Rows of some blocks, the same ones every time, against the same rows run again."""
    sample = _run_again(source, model, blocks, changes)
    return Verified(name, *_compare(source, sample), n=len(sample.rows))


def design_changes(design: SweepDesign, model: LoadedModel) -> list[Change]:
    """What is not what it was when a sweep was made."""
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
    changes += [Change("version", name, was, now) for name, now, was in design.other_versions]
    return changes


def _digest_today(entry: ScenarioEntry, model: LoadedModel) -> str:
    try:
        return ScenarioEntry.of(entry.again(model), model).sha256
    except SdsocecError:
        return ""


def _run_again(
    source: Sweep | Exported, model: LoadedModel, blocks: Sequence[Block], changes: Sequence[Change]
) -> _Sample:
    design = source.design
    rng = np.random.default_rng(int(hashlib.sha256(design.text().encode()).hexdigest()[:8], 16))
    is_whole = design.initial == "equilibrium"
    rows, found, computed = [], [], []
    try:
        experiment = Experiment.of(
            model, [_as_it_was(entry) for entry in design.scenarios], source.factors, source.outputs,
            saving=design.saving, initial=design.initial,
        )  # fmt: skip
        for block in blocks:
            values = source.block_values(block)
            finite = np.flatnonzero(np.isfinite(values).all(axis=(1, 2, 3)))
            within = finite if is_whole else np.sort(rng.choice(finite, min(ROWS_OF_BLOCK, len(finite)), replace=False))
            if not len(within):
                continue
            run = np.arange(block.n) if is_whole else within
            again = experiment.run(source.inputs_of(block)[run])
            rows.append(block.start + within)
            found.append(values[within])
            computed.append(again[within] if is_whole else again)
    except SdsocecError as error:
        raise cannot_run(source.folder, error, [c for c in changes if c.what in ("model", "card")]) from None
    if not rows:
        empty = np.empty((0, len(design.scenarios), len(source.times), len(source.outputs)))
        return _Sample(np.empty(0, dtype=np.int64), empty, empty)
    return _Sample(np.concatenate(rows), np.concatenate(found), np.concatenate(computed))


def _as_it_was(entry: ScenarioEntry) -> Scenario:
    """The scenario with the numbers that the sweep has of it."""
    settings = {name: Setting(name, value, DESIGN, entry.name) for name, value in entry.values.items()}
    return Scenario(entry.name, entry.title, entry.title, settings)


def _compare(sweep: Sweep | Exported, sample: _Sample) -> tuple[Verdict, Comparison]:
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
    sweep: Sweep | Exported, sample: _Sample, output: str, found: Floats, computed: Floats, differing: NDArray[np.bool_]
) -> Difference:
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.where(differing, np.abs(found - computed) / np.abs(computed), -1.0)
    relative = np.where(np.isnan(relative), math.inf, relative)
    row, scenario, time = np.unravel_index(int(relative.argmax()), relative.shape)
    at = f"row {sample.rows[row]}, {sweep.scenarios[scenario]}, {sweep.times[time]:.10g}"
    place = (row, scenario, time)
    return Difference("", output, at, float(found[place]), float(computed[place]), float(relative[place]))
