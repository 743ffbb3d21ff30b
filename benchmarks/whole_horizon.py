"""PySD against native over the whole horizon of a model: every variable, every saved time, every scenario, once.

    python benchmarks/whole_horizon.py [MODEL] [--scenario NAME ...] [--saveper YEARS]

PySD takes minutes a scenario on a large model, so this stands beside the tests, which compare shorter runs. For each scenario it
prints the largest relative difference, with the variable and the time: |native - PySD| / max(|PySD|, the largest |value| of that
variable in the run). Exit code 1 if a scenario exceeds the limit of the tests, 1e-9, in a variable that is no bare cancellation:
the tests' list of those (tests/study/cancellations.toml) tells which they are and why.
"""

from __future__ import annotations

import argparse
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

import sdsocec
from sdsocec.engine import Design, all_element_names, constant_values, run_native
from sdsocec.engine.reference import Reference
from sdsocec.model.names import split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.scenario import load_scenario, scenario_names

LIMIT = 1e-9
CANCELLATIONS = Path(__file__).parents[1] / "tests" / "study" / "cancellations.toml"


def watch_steps(reference: Reference, tell: Any) -> None:
    """Call `tell` at each time step of PySD: its clock is updated once a step."""
    update = reference.pysd.time.update

    def told(value: float) -> None:
        tell()
        update(value)

    reference.pysd.time.update = told


def compare(model: LoadedModel, name: str, saveper: float, progress: Progress) -> tuple[float, str]:
    """The largest relative difference of one scenario outside the list of cancellations, and a line about it."""
    equations, names = model.equations, tuple(all_element_names(model.equations))
    constants = constant_values(equations)
    steps = round((constants["FINAL TIME"] - constants["INITIAL TIME"]) / constants["TIME STEP"])
    task = progress.add_task(name, total=steps)
    reference = Reference(equations)
    watch_steps(reference, lambda: progress.advance(task))
    values = {**load_scenario(name, model).values, "SAVEPER": saveper}
    started = time.perf_counter()
    clock, theirs = reference.run({**constants, **values}, set(values), names)
    seconds = time.perf_counter() - started
    ours = run_native(equations, Design(tuple(values), np.array([list(values.values())], dtype=float)))
    assert ours.names == names and np.array_equal(ours.times, clock.saved), "both engines save the same"
    difference = np.abs(ours.values[0] - theirs)
    scale = np.maximum(np.abs(theirs), np.abs(theirs).max(axis=0))
    relative = np.divide(difference, scale, out=np.zeros_like(difference), where=difference > 0)
    listed = set(tomllib.loads(CANCELLATIONS.read_text(encoding="utf-8"))) if model.name == "social_economy" else set()
    bare = np.array([split_element_name(n)[0] in listed for n in names])

    def worst(part: Any) -> tuple[float, str]:
        t, v = np.unravel_index(int(np.argmax(np.where(part, relative, -1.0))), relative.shape)
        both = f"native {float(ours.values[0, t, v])!r}, PySD {float(theirs[t, v])!r}"
        return float(relative[t, v]), f"{relative[t, v]:.2e} in '{names[v]}' at {clock.saved[t]:g} ({both})"

    largest, where = worst(~bare)
    line = f"{name}: {where}; {relative.size:,} numbers, PySD took {seconds:.0f} s"
    return largest, line + (f"\n  cancellations: {worst(bare)[1]}" if bare.any() else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default="social_economy")
    parser.add_argument("--scenario", action="append", help="a scenario; may be given more than once; by default all")
    parser.add_argument("--saveper", type=float, help="years between saved times; by default the model's")
    chosen = parser.parse_args()
    model = sdsocec.load_model(chosen.model)
    saveper = chosen.saveper or constant_values(model.equations)["SAVEPER"]
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    largest = 0.0
    with Progress(*columns, console=Console(stderr=True)) as progress:
        for name in chosen.scenario or scenario_names(model):
            found, line = compare(model, name, saveper, progress)
            largest = max(largest, found)
            print(line, flush=True)
    sys.exit(largest > LIMIT)


if __name__ == "__main__":
    main()
