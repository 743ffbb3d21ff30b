"""Native beside PySD and pysimlin: the same model, the same constants, one core, interleaved in one run.

    python benchmarks/engines.py [--model social_economy] [--rounds 7]

Every round runs each engine once for about the same wall time; the ratio of a round is that of two neighbours in time, so a
noisy machine slows both. The null control is native beside itself: how far its ratio is from 1 is what the clock cannot tell.
Rates are runs per second of one core, from Python, every element of every stock saved at every saving step. PySD and pysimlin are
given the cheapest loop that they offer: the model loaded once, constants set, run, the stocks read. PySD would take minutes for
a run of the full model, so it runs its first steps only, and the rate is that of as many such pieces as make a run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable

import numpy as np

import sdsocec
from sdsocec.engine import constant_values, run_native
from sdsocec.engine.design import Design

Engine = Callable[[int], None]  # does so many runs
RUNS = 4096
PYSD_STEPS = 16
FRESH = """
import time; start = time.perf_counter()
import sdsocec
from sdsocec.engine import run_native
model = sdsocec.load_model({model!r})
design = sdsocec.random_design(model, 1, seed=1, names=[{lever!r}])
imported = time.perf_counter()
run_native(model.equations, design, {stocks!r}, listed=model.card.listed_constants())
print(time.perf_counter() - imported)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="social_economy", help="a model of the project")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    model = sdsocec.load_model(arguments.model)
    levers = [f"{lever.name} scenario" for lever in model.card.levers]
    design = sdsocec.random_design(model, RUNS, seed=1, names=levers)
    stocks = [
        n for v in model.equations.variables.values() if v.kind == "stock" for n in model.equations.element_names(v)
    ]
    print(
        f"model {model.name}: {len(stocks)} stocks saved, {len(levers)} constants vary; medians of {arguments.rounds}"
    )
    with tempfile.TemporaryDirectory() as folder:
        cold, _ = fresh(arguments.model, levers[0], stocks, folder)
        warm = [fresh(arguments.model, levers[0], stocks, folder) for _ in range(arguments.rounds)]
    whole, engine = (statistics.median(times) for times in zip(*warm, strict=True))
    print(f"first result in a fresh process, nothing kept: {cold:.2f} s")
    print(f"again in a fresh process: {whole:.2f} s, of which the engine {engine:.3f} s")
    native = native_engine(model, design, stocks)
    others = {"native again (null control)": (native_engine(model, design, stocks), RUNS)}
    others["pysimlin"] = (simlin_engine(model, design, stocks), 8)
    rows = []
    for name, (run, n) in others.items():
        pairs = [(rate(native, RUNS), rate(run, n)) for _ in range(arguments.rounds)]
        rows.append((name, pairs))
    pysd, share = pysd_engine(model, design, stocks)
    rows.append(("PySD", [(rate(native, RUNS), rate(pysd, 1) * share) for _ in range(max(2, arguments.rounds // 2))]))
    best = max(a for _, pairs in rows for a, _ in pairs)
    print(f"native: {best:,.0f} runs/s on one core (best round)")
    for name, pairs in rows:
        per_second = statistics.median(b for _, b in pairs)
        ratio = statistics.median(a / b for a, b in pairs)
        from_steps = f" (from runs of {PYSD_STEPS} steps)" if name == "PySD" else ""
        print(f"{name}: {per_second:,.4g} runs/s{from_steps}; native is {ratio:,.2f} x as fast")
    two = statistics.median(threaded(model, design, stocks, 2) / threaded(model, design, stocks, 1) for _ in range(5))
    print(f"two threads: {two:.2f} x one")


def fresh(name: str, lever: str, stocks: list[str], cache: str) -> tuple[float, float]:
    """Seconds of a whole Python process to its first result, and of the engine in it (compile or load, and run)."""
    program = FRESH.format(model=name, lever=lever, stocks=stocks)
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "SDSOCEC_CACHE": cache}, check=True, capture_output=True
    )
    return time.perf_counter() - start, float(done.stdout)


def rate(engine: Engine, n: int) -> float:
    """Runs per second."""
    start = time.perf_counter()
    engine(n)
    return n / (time.perf_counter() - start)


def native_engine(model: sdsocec.api.LoadedModel, design: Design, stocks: list[str]) -> Engine:  # type: ignore[name-defined]
    listed = model.card.listed_constants()

    def run(n: int) -> None:
        run_native(model.equations, Design(design.names, design.values[:n]), stocks, listed=listed, threads=1)

    run(64)
    return run


def threaded(model, design: Design, stocks: list[str], threads: int) -> float:  # type: ignore[no-untyped-def]
    start = time.perf_counter()
    for _ in range(2):
        run_native(model.equations, design, stocks, listed=model.card.listed_constants(), threads=threads)
    return 1 / (time.perf_counter() - start)


def simlin_engine(model, design: Design, stocks: list[str]) -> Engine:  # type: ignore[no-untyped-def]
    import simlin

    simulation = simlin.open(str(model.equations.path)).simulate()

    def run(n: int) -> None:
        for row in design.values[:n]:
            simulation.reset()
            for name, value in zip(design.names, row, strict=True):
                simulation.set_value(name, float(value))
            simulation.run_to_end()
            for stock in stocks:
                simulation.get_series(stock)

    run(1)
    return run


def pysd_engine(model, design: Design, stocks: list[str]) -> tuple[Engine, float]:  # type: ignore[no-untyped-def]
    """PySD on the first steps, and those as a share of a run's steps."""
    from sdsocec.engine.reference import Reference

    reference = Reference(model.equations, remember=False)
    values = constant_values(model.equations)
    start, dt = values["INITIAL TIME"], values["TIME STEP"]
    end = start + PYSD_STEPS * dt

    def run(n: int) -> None:
        for row in design.values[:n]:
            setting = {**dict(zip(design.names, map(float, row), strict=True)), "FINAL TIME": end, "SAVEPER": dt}
            reference.run(setting, set(setting), tuple(stocks))

    return run, PYSD_STEPS / ((values["FINAL TIME"] - start) / dt)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    main()
