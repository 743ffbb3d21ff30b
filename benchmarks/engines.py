"""Native beside PySD and pysimlin: the same model, the same constants, one core, interleaved in one run.

    python benchmarks/engines.py [--model first_steps] [--rounds 7]

Every round runs each engine once for about the same wall time; the ratio of a round is that of two neighbours in time, so a
noisy machine slows both. The null control is native beside itself: how far its ratio is from 1 is what the clock cannot tell.
Rates are runs per second of one core, from Python, all stocks saved at every saving step. PySD and pysimlin are given the
cheapest loop that they offer: the model loaded once, constants set, run, the stocks read.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np

import sdsocec
from sdsocec.engine import run_native, run_pysd
from sdsocec.engine.design import Design

Engine = Callable[[int], None]  # does so many runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="first_steps", help="a model of the project, or a .mdl")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    model = sdsocec.load_model(arguments.model)
    names = model.card.lever_constants() or None
    design = sdsocec.random_design(model, 4096, seed=1, names=names and [n for n in names if n.endswith(" scenario")])
    stocks = [v.name for v in model.equations.variables.values() if v.kind == "stock" and not v.dimensions]
    native = native_engine(model, design, stocks)
    cold = first_result(model, design, stocks)
    print(
        f"model {model.name}: {len(stocks)} stocks saved, {len(design.names)} constants vary; medians of {arguments.rounds}"
    )
    print(f"native, first result after compiling anew: {cold:.2f} s")
    others = {"native again (null control)": (native_engine(model, design, stocks), 4096)}
    others["pysimlin"] = (simlin_engine(model, design, stocks), 16)
    others["PySD"] = (pysd_engine(model, design, stocks), 1)
    rows = []
    for name, (engine, n) in others.items():
        pairs = []
        for _ in range(arguments.rounds if name != "PySD" else max(2, arguments.rounds // 2)):
            pairs.append((rate(native, 4096), rate(engine, n)))
        rows.append((name, statistics.median(b for _, b in pairs), statistics.median(a / b for a, b in pairs), pairs))
    best = max(a for _, _, _, pairs in rows for a, _ in pairs)
    print(f"native: {best:,.0f} runs/s on one core (best round)")
    for name, per_second, ratio, _ in rows:
        print(f"{name}: {per_second:,.2f} runs/s; native is {ratio:,.2f} x as fast")
    two = statistics.median(threaded(model, design, stocks, 2) / threaded(model, design, stocks, 1) for _ in range(5))
    print(f"two threads: {two:.2f} x one")


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


def first_result(model, design: Design, stocks: list[str]) -> float:  # type: ignore[no-untyped-def]
    """Seconds from equations to the first run's numbers, nothing cached."""
    import os
    import tempfile

    from sdsocec.engine.native import Kernel, make_plan

    kept = os.environ.get("SDSOCEC_CACHE")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SDSOCEC_CACHE"] = folder
        start = time.perf_counter()
        Kernel(model.equations, make_plan(model.equations, design, stocks, "euler", model.card.listed_constants()))
        seconds = time.perf_counter() - start
    os.environ.pop("SDSOCEC_CACHE") if kept is None else os.environ.update(SDSOCEC_CACHE=kept)
    return seconds


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


def pysd_engine(model, design: Design, stocks: list[str]) -> Engine:  # type: ignore[no-untyped-def]
    from sdsocec.engine.reference import Reference

    reference = Reference(model.equations, remember_lookups=False)

    def run(n: int) -> None:
        for row in design.values[:n]:
            setting = dict(zip(design.names, map(float, row), strict=True))
            reference.run(setting, set(setting), tuple(stocks))

    return run


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    assert run_pysd is not None
    main()
