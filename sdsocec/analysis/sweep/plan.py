"""What a sweep is to run: what is asked for, the rest as the folder has it or by default."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from sdsocec.analysis.experiment import Experiment, control_values
from sdsocec.analysis.outputs import output_names
from sdsocec.engine import constant_values
from sdsocec.errors import DesignError, ProjectError, SdsocecError
from sdsocec.model.distribution import Distribution
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel, as_loaded
from sdsocec.model.source import read_bytes
from sdsocec.model.toml import Text
from sdsocec.scenario import Scenario, scenarios_of_names, settable_of
from sdsocec.scenario.factors import Factor, factors_of
from sdsocec.scenario.own_rows import LARGEST, SENSITIVITY, SUFFIXES, Table, read_numbers, read_sensitivity, read_table
from sdsocec.scenario.sampling import FILE, Sampling, make_sampling

from .design import (
    FactorEntry,
    OutputEntry,
    PartEntry,
    ScenarioEntry,
    SweepDesign,
    differences,
    equilibrium_digest,
    versions,
)

BLOCK_BYTES = 1 << 25  # of results; a few blocks are in memory at once
MOST_BLOCK = {
    "stored": 1 << 14,
    "equilibrium": 1 << 12,
}  # rows; an equilibrium takes longer than a run, and a kill loses a block
LEAST_BLOCK = 64
ROWS = "rows"  # the name of the copy of a file of the user's own
DESIGN, N, SEED = "sobol", 1024, 1


@dataclass(frozen=True)
class Asked:
    """What is asked of a sweep; None (or nothing) is as the folder has it, or by default. See `sweep`."""

    n: int | None = None
    design: str | None = None
    seed: int | None = None
    over: str | None = None
    vary: tuple[str, ...] = ()
    levels: int | None = None
    outcomes: tuple[str, ...] | None = None
    saving: float | None = None
    initial: str | None = None
    settings: Mapping[str, float] | None = None
    block: int | None = None

    @property
    def is_design(self) -> bool:
        """Whether something is asked of the rows."""
        names = ("n", "design", "seed", "over", "vary", "levels")
        return any(getattr(self, field.name) not in (None, ()) for field in fields(self) if field.name in names)


@dataclass(frozen=True)
class Plan:
    """A sweep before it is run; `rows` is the content of the file of the user's own."""

    model: LoadedModel
    experiment: Experiment
    sampling: Sampling
    design: SweepDesign
    rows: bytes = b""


def plan_sweep(
    asked: Asked,
    model: LoadedModel | str | Path | None,
    scenarios: Scenario | str | Sequence[Scenario | str] | None,
    stored: SweepDesign | None,
    folder: Path,
) -> Plan:
    """The sweep that is asked for; what is not asked is as in `stored`, if there is one, else by default."""
    loaded = as_loaded(model or (stored.model if stored else None))
    if stored is not None and stored.model_sha256 != loaded.equations.file_sha256:
        # Told first: what else is wrong may follow from it.
        changed = stored.model_copy(update={"model_sha256": loaded.equations.file_sha256})
        refuse(folder, differences(stored, changed, folder, loaded))
    chosen = _scenarios(loaded, scenarios, stored, asked.settings)
    content, suffix = b"", ""
    if stored is not None and not asked.is_design:
        sampling = sampling_of(folder, stored)
        rows_file, rows_sha256 = stored.rows_file, stored.rows_sha256
    else:
        sampling, table = _sampling(loaded, asked, stored)
        content, suffix = (table.content, table.suffix) if table else (b"", "")
        rows_file, rows_sha256 = (f"{ROWS}{suffix}", hashlib.sha256(content).hexdigest()) if table else ("", "")
    if stored is not None and asked.outcomes is None:
        outputs = tuple(output.name for output in stored.outputs)
    else:
        outputs = output_names(loaded, asked.outcomes)
    experiment = Experiment.of(
        loaded, chosen, sampling.factors, outputs,
        saving=_saving(loaded, chosen[0].values, stored.saving if stored and asked.saving is None else asked.saving),
        initial=stored.initial if stored and asked.initial is None else asked.initial,
    )  # fmt: skip
    block = asked.block or _block(experiment, sampling.n)
    design = SweepDesign(
        model=_name_of(loaded),
        model_sha256=loaded.equations.file_sha256,
        equilibrium_sha256=equilibrium_digest(loaded, experiment.initial),
        design=sampling.kind,
        seed=sampling.seed,
        levels=sampling.levels,
        nominal=sampling.nominal,
        rows_file=rows_file,
        rows_sha256=rows_sha256,
        initial=experiment.initial,
        time_step=experiment.controls["TIME STEP"],
        saving=experiment.saving,
        times=experiment.times,
        time_unit=_time_unit(loaded),
        versions=versions(),
        output=_output_entries(loaded, outputs),
        part=tuple(PartEntry(rows=rows, block=block) for rows in sampling.parts),
        factor=tuple(FactorEntry.of(factor, sampling.kind != FILE) for factor in sampling.factors),
        scenario=tuple(ScenarioEntry.of(scenario, loaded) for scenario in chosen),
    )
    return Plan(loaded, experiment, sampling, design, content)


def sampling_of(folder: Path, design: SweepDesign) -> Sampling:
    """The sampling of a sweep that is there.

    Raises ProjectError if the folder's file of rows is not the one that the sweep was made with.
    """
    parts = tuple(part.rows for part in design.parts)
    if design.design != FILE:
        factors = tuple(factor.factor() for factor in design.factors)
        return Sampling(design.design, factors, design.seed, parts, design.levels, design.nominal)
    path = folder / design.rows_file
    content = read_bytes(path, LARGEST)
    if hashlib.sha256(content).hexdigest() != design.rows_sha256:
        raise ProjectError(f"'{path}' is not the file that the sweep was made with", path=path, hint="Put it back.")
    values = read_numbers(path, content)
    factors = tuple(
        Factor(f.name, f.constants, f.kind, Distribution(float(c.min()), float(c.max())), f.unit, f.source)
        for f, c in zip(design.factors, values.T, strict=True)
    )
    return Sampling(FILE, factors, design.seed, parts, table=values)


def refuse(folder: Path, found: Sequence[str]) -> None:
    """Raise ProjectError if a sweep was made otherwise than is asked."""
    if not found:
        return
    shown = [*found[:6], *([f"and {len(found) - 6} more"] if len(found) > 6 else [])]
    raise ProjectError(
        f"the sweep '{folder}' was made otherwise: " + "\n  ".join(shown), name=str(folder),
        hint="Put it back as it was, or make another sweep: -o DIR",
    )  # fmt: skip


def _scenarios(
    model: LoadedModel,
    wanted: Scenario | str | Sequence[Scenario | str] | None,
    stored: SweepDesign | None,
    settings: Mapping[str, float] | None,
) -> list[Scenario]:
    if wanted is None and stored is not None:
        chosen = [entry.again(model) for entry in stored.scenarios]
    else:
        chosen = scenarios_of_names(model, wanted)
    values = settable_of(model).check(settings or {})
    return [scenario.with_settings(values) for scenario in chosen] if values else chosen


def _sampling(model: LoadedModel, asked: Asked, stored: SweepDesign | None) -> tuple[Sampling, Table | None]:
    if asked.design is not None and _is_file(asked.design):
        return _of_file(model, Path(asked.design), asked)
    kind, n, seed, levels = asked.design, asked.n, asked.seed, asked.levels
    if stored is not None:
        kind = kind or stored.design
        if kind == FILE:
            raise DesignError("the rows of this sweep are those of a file", hint="Leave out the options of a design.")
        n = stored.parts[0].rows if n is None else n
        seed = stored.seed if seed is None else seed
        levels = stored.levels or None if levels is None and kind == stored.design else levels
    if stored is not None and stored.design != FILE and not (asked.over or asked.vary):
        factors = tuple(factor.factor() for factor in stored.factors)
    else:
        factors = factors_of(model, asked.over, asked.vary)
    n, seed = N if n is None else n, SEED if seed is None else seed
    return make_sampling(model, kind or DESIGN, factors, n, seed, levels), None


def _is_file(design: str) -> bool:
    return bool(Path(design).suffix) or "/" in design or "\\" in design


def _of_file(model: LoadedModel, path: Path, asked: Asked) -> tuple[Sampling, Table | None]:
    """The design of a file of the user's own."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DesignError(f"'{path}' is no file of rows", name=str(path), hint=f"Valid endings: {', '.join(SUFFIXES)}.")
    options: dict[str, Any] = {"--over": asked.over, "--vary": asked.vary, "--levels": asked.levels}
    extra = next((option for option, value in options.items() if value), None)
    if extra is not None:
        raise DesignError(
            f"'{path}' says what varies, so {extra} has no meaning", name=extra, hint=f"Leave out {extra}."
        )
    repeats = False
    if suffix == SENSITIVITY:
        wanted = read_sensitivity(path)
        if wanted.rows is None:
            try:
                factors = factors_of(model, None, wanted.vary)
            except SdsocecError as error:
                raise DesignError(
                    [replace(f, path=path, line=None, excerpt=str(f.path or "")) for f in error.faults]
                ) from None
            n, seed = wanted.n if asked.n is None else asked.n, wanted.seed if asked.seed is None else asked.seed
            return make_sampling(model, wanted.kind, factors, n, seed), None
        path, repeats = wanted.rows, True
    table = read_table(path, model, repeats)
    if asked.n not in (None, len(table.values)):
        raise DesignError(f"'{path}' has {len(table.values):,} rows, not {asked.n:,}", hint="Leave out -n.")
    return Sampling(FILE, table.factors, 0, (len(table.values),), table=table.values), table


def _saving(model: LoadedModel, settings: Mapping[str, float], wanted: float | None) -> float:
    """The saving step: a whole number of time steps; by default 1, or else that of the model."""
    controls = control_values(model, settings)
    step = controls["TIME STEP"]

    def fits(size: float) -> bool:
        return bool(np.isfinite(size)) and size / step > 0.5 and abs(size / step - round(size / step)) < 1e-5

    if wanted is None:
        return 1.0 if fits(1.0) else controls["SAVEPER"]
    if not fits(wanted):
        raise DesignError(
            f"the saving step is {wanted:g}; it must be a whole number of time steps of {step:g}",
            hint="Leave it out, or take another.",
        )
    return float(wanted)


def _block(experiment: Experiment, n: int) -> int:
    """Rows of a block: as many as `BLOCK_BYTES` of results are, fewer for a small sweep, so that there are some blocks."""
    row = 8 * len(experiment.scenarios) * _times_in_memory(experiment) * len(experiment.outputs)
    size = min(MOST_BLOCK[experiment.initial], max(1, BLOCK_BYTES // row), max(LEAST_BLOCK, n // 8))
    return 1 << (size.bit_length() - 1)


def _times_in_memory(experiment: Experiment) -> int:
    """The times that the engine saves: every step, at worst, where SAVEPER is an equation."""
    if "SAVEPER" in constant_values(experiment.model.equations):
        return len(experiment.times)
    return round((experiment.times[-1] - experiment.times[0]) / experiment.controls["TIME STEP"]) + 1


def _name_of(model: LoadedModel) -> str:
    """How the model is found again: its name in the project, or its file."""
    if model.project is not None and model.is_of_current_project:
        return model.name
    return str(model.equations.path)


def _time_unit(model: LoadedModel) -> str:
    return next((v.unit for key, v in model.equations.variables.items() if key == "time step"), "")


def _output_entries(model: LoadedModel, names: Sequence[str]) -> tuple[OutputEntry, ...]:
    """Outputs with their units, and labels: those of the card's outcomes, else their names."""
    labels = {name_key(o.variable): o.label for o in model.card.outcomes}
    found = []
    for name in names:
        base = name_key(split_element_name(name)[0])
        label = labels.get(name_key(name), Text(nl=name, en=name))
        if base in labels and base != name_key(name):
            elements = ", ".join(split_element_name(name)[1])
            label = Text(nl=f"{labels[base].nl} ({elements})", en=f"{labels[base].en} ({elements})")
        found.append(OutputEntry(name=name, unit=model.equations.variables[base].unit, label=label))
    return tuple(found)
