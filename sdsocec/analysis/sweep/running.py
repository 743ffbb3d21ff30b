"""Run a sweep: a block is run while the one before it is compressed and written in a thread."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sdsocec.errors import ProjectError
from sdsocec.model.names import as_list
from sdsocec.model.project import LoadedModel
from sdsocec.results.store import IN_FLIGHT, LOCK, Store, cannot_write, locked
from sdsocec.scenario import Scenario
from sdsocec.scenario.sampling import extended

from .design import DESIGN, MODEL_COPY, PartEntry, SweepDesign, differences, read_design
from .plan import ROWS, Asked, Plan, plan_sweep, refuse
from .reading import Sweep

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]
BEGUN = (LOCK, IN_FLIGHT, MODEL_COPY)  # what there is, besides rows of the user's own, before a sweep has its design


def sweep(
    model: LoadedModel | str | Path | None = None,
    scenarios: Scenario | str | Sequence[Scenario | str] | None = None,
    *,
    n: int | None = None,
    design: str | None = None,
    seed: int | None = None,
    over: str | None = None,
    vary: Sequence[str] = (),
    levels: int | None = None,
    outcomes: Sequence[str] | None = None,
    saving: float | None = None,
    initial: str | None = None,
    settings: Mapping[str, float] | None = None,
    out: str | Path,
    resume: bool = False,
    add: int = 0,
    block: int | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Run a design of many rows in every scenario and store it; finish it if it is there and unfinished.

    A row without an equilibrium to start from is NaN, and counted (`Sweep.no_equilibrium`); it stops nothing.

    Parameters
    ----------
    model : LoadedModel, name or path, optional
        By default the project's default model, or that of the sweep to resume.
    scenarios : scenarios or their names, optional
        By default those of the card. All have the same rows, so that differences between them are paired.
    n : int
        Rows, by default 1024. A grid and one at a time have a number of their own.
    design : {"sobol", "lhs", "montecarlo", "grid", "oat", "extremes"} or a file
        By default sobol; see `sdsocec.scenario.sampling`. A .csv or .tab file has names of constants as header and a row a run; a
        .vsc file is Vensim's sensitivity control file.
    seed : int
        By default 1.
    over : {"uncertainties", "levers", "both"}, optional
        By default the uncertainties, or none if there is something in `vary`.
    vary : sequence of str
        Further factors, `NAME` or `NAME=uniform(a, b)`.
    levels : int
        Values a factor, for grid (by default 5) and oat (by default 2).
    outcomes : sequence of str
        Variables or elements to save; by default the card's overview, or all its outcomes.
    saving : float
        The saving step, in the model's unit of time; by default 1 where that is a whole number of time steps.
    initial : {"stored", "equilibrium"}, optional
        By default equilibrium if something that acts on it varies (see `Experiment`).
    settings : dict
        Constants, levers or aliases set in every scenario.
    out : path
        The sweep's folder.
    resume : bool
        What is not given is as the folder has it. Without it, what is not given is by default, and a sweep that is there must
        be of the same design.
    add : int
        Rows to add to a sweep that is there.
    block : int
        Rows run and stored at a time, by default by their size.
    progress : callable
        Told the runs done and how many there are to do.

    Returns
    -------
    Sweep
        Finished.

    Raises
    ------
    SdsocecError
        A name or value is wrong, the folder holds another sweep or something else, another process is at it, or the disk does not
        take it. Finished blocks stay.
    """
    folder = Path(out)
    asked = Asked(
        n, design, seed, over, tuple(as_list(vary)), levels, None if outcomes is None else tuple(as_list(outcomes)), saving,
        initial, settings, block,
    )  # fmt: skip
    return run_sweep(folder, asked, model, scenarios, resume=resume, add=add, threads=threads, progress=progress)


def run_sweep(
    folder: Path,
    asked: Asked,
    model: LoadedModel | str | Path | None = None,
    scenarios: Scenario | str | Sequence[Scenario | str] | None = None,
    *,
    resume: bool = False,
    add: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
    planned: Callable[[Plan], None] | None = None,
) -> Sweep:
    """`sweep`; `planned` is told what will be run before it is."""
    is_continued = resume or add > 0
    stored = _stored(folder, is_continued)
    plan = plan_sweep(asked, model, scenarios, stored if is_continued else None, folder)
    if stored is not None:
        _refuse_changes(folder, stored, plan)
        sampling = replace(plan.sampling, parts=tuple(part.rows for part in stored.parts))
        plan = replace(plan, design=stored, sampling=sampling)
    with _opened(folder):
        if _stored(folder, is_continued) != stored:
            raise ProjectError(f"another process has changed the sweep '{folder}'", path=folder, hint="Try again.")
        if stored is None:
            _create(folder, plan)
        else:
            _check_inputs(folder, plan)
        if add > 0:
            plan = _extend(folder, plan, add, asked.block)
        store = Store(folder, plan.design.layout)
        store.prepare()
        if planned is not None:
            planned(plan)
        _run(store, plan, threads, progress)
        store.finish()
    return Sweep(folder, plan.design, plan.sampling)


def digest_of_inputs(inputs: Floats) -> str:
    """The hash by which inputs are told apart."""
    return hashlib.sha256(np.ascontiguousarray(inputs, dtype="<f8").tobytes()).hexdigest()


# --- the folder --------------------------------------------------------------------------------------------------------------


def _stored(folder: Path, is_needed: bool) -> SweepDesign | None:
    """The design that a folder holds; None if there is no folder, an empty one, or one in which no sweep has got this far."""
    try:
        names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    except OSError as error:
        raise cannot_write(folder, error) from None
    if os.path.lexists(folder) and not folder.is_dir():
        raise ProjectError(f"'{folder}' is a file, not a folder", path=folder, hint="Choose another name: -o DIR")
    begun = LOCK in names and all(name in BEGUN or name.startswith(f"{ROWS}.") for name in names)
    if not is_needed and (not names or begun):
        return None
    if not is_needed and DESIGN not in names:
        raise ProjectError(
            f"'{folder}' holds something else than a sweep", path=folder, hint="Choose another folder: -o DIR"
        )
    return read_design(folder)


@contextmanager
def _opened(folder: Path) -> Iterator[None]:
    """The folder, made if it is not there, for this process alone; gone again if nothing came of it."""
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None
    try:
        with locked(folder):
            yield
    except BaseException:
        if is_new and not (folder / DESIGN).exists():
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _refuse_changes(folder: Path, stored: SweepDesign, plan: Plan) -> None:
    found = differences(stored, plan.design, folder, plan.model)
    n = plan.sampling.n
    if not found and n not in (stored.n, stored.parts[0].rows):
        found.append(f"the number of rows: {n:,}; the sweep has {stored.n:,} (more are added with --add)")
    refuse(folder, found)


def _check_inputs(folder: Path, plan: Plan) -> None:
    """Refuse to go on if the rows of a finished block come out otherwise today."""
    store = Store(folder, plan.design.layout)
    for block in store.layout.blocks:
        entry = store.entry(block)
        if entry is not None and entry.inputs != digest_of_inputs(plan.sampling.rows(block.start, block.stop)):
            raise ProjectError(
                f"the rows of {block} come out otherwise than when the sweep was made", path=folder,
                hint="Its design.toml names the versions that made it.",
            )  # fmt: skip
        if entry is not None:
            return


def _create(folder: Path, plan: Plan) -> None:
    """Begin a sweep; it is one once design.toml is there."""
    store = Store(folder, plan.design.layout)
    store.replace(MODEL_COPY, plan.model.equations.path.read_bytes())
    if plan.design.rows_file:
        store.replace(plan.design.rows_file, plan.rows)
    store.replace(DESIGN, plan.design.text().encode())


def _extend(folder: Path, plan: Plan, add: int, block: int | None) -> Plan:
    """A part more; the sweep has it once design.toml does."""
    sampling = extended(plan.sampling, add)
    parts = (*plan.design.parts, PartEntry(rows=add, block=block or plan.design.parts[-1].block))
    design = plan.design.model_copy(update={"parts": parts})
    # What a killed extension may have left was never part of the sweep.
    store = Store(folder, design.layout)
    store.drop_part(len(parts) - 1)
    store.replace(DESIGN, design.text().encode())
    return replace(plan, design=design, sampling=sampling)


# --- running -----------------------------------------------------------------------------------------------------------------


def _run(store: Store, plan: Plan, threads: int | None, progress: Progress | None) -> None:
    """Run what is not there; what is damaged too."""
    left = [block for block in store.layout.blocks if not store.is_listed(block) or store.fault_of(block) is not None]
    n_scenarios = len(plan.experiment.scenarios)
    total, done = sum(block.n for block in left) * n_scenarios, 0

    def tell(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(done, total)

    tell(0)
    writing: Future[None] | None = None
    pool = ThreadPoolExecutor(1, thread_name_prefix="sweep")
    try:
        for block in left:
            inputs = plan.sampling.rows(block.start, block.stop)
            before = done
            runs = plan.experiment.runs(inputs, threads=threads, progress=tell, first=block.start)
            tell(before + block.n * n_scenarios - done)
            if writing is not None:
                writing.result()
            writing = pool.submit(store.write, block, digest_of_inputs(inputs), runs.values, runs.has_start)
        if writing is not None:
            writing.result()
    finally:  # a block that is being written is finished, the others are not begun
        pool.shutdown(wait=True)
