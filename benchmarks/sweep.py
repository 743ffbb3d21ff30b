"""Sweeps beside EMA Workbench with PySD and beside pysimlin; a million runs with storing; the codec of the store.

    python benchmarks/sweep.py [--rounds 5] [--ema-rows 4]   rates beside others, all cores each, interleaved, with a null control
    python benchmarks/sweep.py --million [--rows 1000000]    the full model: storing against the bare engine, memory, disk
    python benchmarks/sweep.py --codecs                      codecs on real values

Beside others every side gets the same rows (all factors of the card, as it stands), uses every core, and gives the same outcomes,
ours each year, the others at every saving step of the model, as they do. Ours is also written to disk, theirs is kept in memory.
Processes of the others are started, and their models loaded, before the clock starts. The ratio of a round is that of two
neighbours in time; the null control is a sweep beside itself.

A million runs: levers vary, so runs start from the stored values; ten outcomes, yearly. The bare engine runs a block of the same
rows between blocks, the sweep paused, and each stretch of the sweep is held against the bare runs beside it; the null control is
one bare run over the next. The rule: storing keeps 0.8 of the bare rate, and the process stays below 1 GB.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import sdsocec
from sdsocec.analysis.experiment import Experiment
from sdsocec.analysis.outputs import output_names
from sdsocec.analysis.sweep import sweep
from sdsocec.engine.native.kernel import default_threads
from sdsocec.model.project import LoadedModel
from sdsocec.scenario import as_it_stands
from sdsocec.scenario.factors import Factor, factors_of
from sdsocec.scenario.sampling import make_sampling

SIDES = {"first_steps": 16_384, "social_economy": 8_192}  # rows of a sweep: about a second
SIMLIN_ROWS = {"first_steps": 400, "social_economy": 60}
MOST_RSS = 1e9
LEAST_RATIO = 0.8
PAUSES = 9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ema-rows", type=int, default=2 * default_threads(), help="PySD takes seconds a run")
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of --million")
    parser.add_argument("--codecs", action="store_true")
    parser.add_argument("--out", type=Path, help="where sweeps are written; default: a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.out) as folder:
        if arguments.million:
            million(Path(folder), arguments.rows)
        elif arguments.codecs:
            codecs()
        else:
            beside_others(Path(folder), arguments.rounds, arguments.ema_rows)


# --- beside others -----------------------------------------------------------------------------------------------------------


def beside_others(folder: Path, rounds: int, ema_rows: int) -> None:
    """Rows a second of a sweep over those of the others."""
    for name, n in SIDES.items():
        model = sdsocec.load_model(name)
        factors, outputs = factors_of(model, "both"), ten(model)
        print(f"{name}: {len(factors)} factors, {len(outputs)} outcomes, yearly; {default_threads()} cores")
        ours = sweep_side(model, factors, outputs, folder, n)
        report("sweep again (null control)", [(ours(), ours()) for _ in range(rounds)])
        with simlin_side(model, factors, outputs, SIMLIN_ROWS[name]) as simlin:
            report("pysimlin, multiprocessing", [(ours(), simlin()) for _ in range(rounds)])
        if name == "first_steps":
            with ema_side(model, factors, outputs, folder, ema_rows) as ema:
                report(f"EMA Workbench with PySD, {ema_rows} rows", [(ours(), ema()) for _ in range(2)])


def ten(model: LoadedModel) -> tuple[str, ...]:
    """Ten named outcomes of the card, or all if there are fewer."""
    return output_names(model, [outcome.variable for outcome in model.card.outcomes])[:10]


def report(name: str, pairs: list[tuple[float, float]]) -> None:
    """The median rate of the other side, and how many times as fast ours is."""
    ratio = statistics.median(a / b for a, b in pairs)
    print(
        f"  {name}: {statistics.median(b for _, b in pairs):,.4g} rows/s; sweep {statistics.median(a for a, _ in pairs):,.0f}: "
        f"{ratio:,.2f} x as fast"
    )


def sweep_side(model, factors, outputs, folder: Path, n: int) -> Callable[[], float]:  # type: ignore[no-untyped-def]
    """Rows a second of a sweep that is planned, run, compressed and written."""
    number = 0

    def run() -> float:
        nonlocal number
        number += 1
        start = time.perf_counter()
        sweep(
            model,
            as_it_stands(model),
            n=n,
            over="both",
            outcomes=outputs,
            initial="stored",
            out=folder / f"{model.name}{number}",
        )
        return n / (time.perf_counter() - start)

    run()
    return run


def rows_of(model, factors: tuple[Factor, ...], n: int) -> np.ndarray:  # type: ignore[no-untyped-def,type-arg]
    return make_sampling(model, "sobol", factors, n).rows(0, n)


_simulation = None


def open_simlin(path: str) -> None:
    """In a process of the pool: the model, loaded once."""
    global _simulation
    import simlin

    _simulation = simlin.open(path).simulate()


def run_simlin(task: tuple[list[dict[str, float]], tuple[str, ...]]) -> np.ndarray:  # type: ignore[type-arg]
    """In a process of the pool: some rows, outcomes at every whole year."""
    rows, outputs = task
    found = []
    for row in rows:
        _simulation.reset()  # type: ignore[attr-defined]
        for name, value in row.items():
            _simulation.set_value(name, value)  # type: ignore[attr-defined]
        _simulation.run_to_end()  # type: ignore[attr-defined]
        found.append([np.asarray(_simulation.get_series(output)) for output in outputs])  # type: ignore[attr-defined]
    return np.array(found)


@contextmanager
def simlin_side(model, factors, outputs, n: int) -> Iterator[Callable[[], float]]:  # type: ignore[no-untyped-def]
    pool = multiprocessing.get_context("spawn").Pool(default_threads(), open_simlin, (str(model.equations.path),))
    rows = [
        {constant: float(value) for factor, value in zip(factors, row, strict=True) for constant in factor.constants}
        for row in rows_of(model, factors, n)
    ]
    tasks = [(rows[i :: default_threads()], outputs) for i in range(default_threads())]

    def run() -> float:
        start = time.perf_counter()
        pool.map(run_simlin, tasks, chunksize=1)
        return n / (time.perf_counter() - start)

    with pool:
        pool.map(run_simlin, [(rows[:1], outputs)] * default_threads(), chunksize=1)
        yield run


@contextmanager
def ema_side(model, factors, outputs, folder: Path, n: int) -> Iterator[Callable[[], float]]:  # type: ignore[no-untyped-def]
    import shutil

    from ema_workbench import MultiprocessingEvaluator, RealParameter, Scenario, TimeSeriesOutcome
    from ema_workbench.connectors.pysd_connector import PysdModel

    path = folder / "model.mdl"
    shutil.copy(model.equations.path, path)
    ema = PysdModel("model", mdl_file=str(path))
    constants = [constant for factor in factors for constant in factor.constants]
    ema.uncertainties = [RealParameter(constant, -1e9, 1e9) for constant in constants]
    ema.outcomes = [TimeSeriesOutcome(output) for output in outputs]
    values = np.repeat(rows_of(model, factors, n), [len(f.constants) for f in factors], axis=1)
    rows = [Scenario(str(i), **dict(zip(constants, map(float, row), strict=True))) for i, row in enumerate(values)]
    with MultiprocessingEvaluator(ema, n_processes=default_threads()) as evaluator:

        def run() -> float:
            start = time.perf_counter()
            evaluator.perform_experiments(scenarios=rows)
            return n / (time.perf_counter() - start)

        evaluator.perform_experiments(scenarios=rows[: default_threads()])  # every process translates the model
        yield run


# --- a million runs ----------------------------------------------------------------------------------------------------------


def million(folder: Path, n: int) -> None:
    """Storing against the bare engine, in one process."""
    model = sdsocec.load_model("social_economy")
    outputs, scenario = ten(model), as_it_stands(model)
    factors = factors_of(model, "levers")
    experiment = Experiment.of(model, [scenario], factors, outputs)
    assert experiment.initial == "stored", "levers act after the start"
    sampling = make_sampling(model, "sobol", factors, n)
    block = min(n, 16_384)
    designs = [experiment.design(sampling.rows(i * block, (i + 1) * block)) for i in range(min(PAUSES, n // block))]
    number = 0

    def bare() -> float:
        from sdsocec.engine import run_native

        nonlocal number
        number += 1
        design = designs[number % len(designs)]
        start = time.perf_counter()
        run_native(model.equations, design, outputs, listed=model.card.listed_constants())
        return block / (time.perf_counter() - start)

    bare()  # compiles
    pauses = [n * k // (PAUSES + 1) for k in range(1, PAUSES + 1)]
    pairs = [(bare(), bare())]  # of the bare engine, before each stretch of the sweep and after the last
    stretches: list[float] = []
    done_before, began = 0, time.perf_counter()

    def pause(done: int, total: int) -> None:
        nonlocal done_before, began
        # At the end of a block only: within one, the engine's other threads go on, slow the bare run and are not on the clock.
        if pauses and done % block == 0 and done >= pauses[0] and done < total:
            while pauses and done >= pauses[0]:
                pauses.pop(0)
            stretches.append((done - done_before) / (time.perf_counter() - began))
            time.sleep(0.5)  # the block before is being written; so much of the writing is not on the clock
            pairs.append((bare(), bare()))
            done_before, began = done, time.perf_counter()

    found = sweep(
        model, scenario, n=n, over="levers", outcomes=outputs, out=folder / "million", block=block, progress=pause
    )
    stretches.append((n - done_before) / (time.perf_counter() - began))
    pairs.append((bare(), bare()))
    # Each stretch over the bare runs next to it, before and after.
    ratios = [rate / ((x[1] + y[0]) / 2) for rate, x, y in zip(stretches, pairs, pairs[1:], strict=False)]
    null = [y / x for x, y in pairs]
    ratio, rate = statistics.median(ratios), statistics.median(stretches)
    engine = statistics.median(r for pair in pairs for r in pair)
    cores = default_threads()
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    on_disk = sum(path.stat().st_size for path in (folder / "million").rglob("*") if path.is_file())
    raw = 8 * len(outputs) * len(found.times)
    print(f"{n:,} runs of {len(outputs)} outcomes at {len(found.times)} times, {len(factors)} factors, {cores} cores")
    print(f"with storing {rate / cores:,.0f} runs/s a core; bare engine {engine / cores:,.0f}")
    print(
        f"ratio {ratio:.2f} ({min(ratios):.2f} to {max(ratios):.2f} of {len(ratios)} stretches; must be {LEAST_RATIO:g} or more)"
    )
    print(f"null control, bare beside bare: {statistics.median(null):.2f} ({min(null):.2f} to {max(null):.2f})")
    print(f"most memory of the process {rss / 1e6:,.0f} MB (must be below {MOST_RSS / 1e6:,.0f})")
    print(f"{on_disk / n:,.0f} bytes a run on disk, {raw:,} raw; {codec()}")
    print("the rule holds" if ratio >= LEAST_RATIO and rss < MOST_RSS else "THE RULE IS BROKEN")


def codec() -> str:
    from sdsocec.results.store import CODEC

    return ", ".join(f"{name} {value}" for name, value in CODEC.items())


# --- codecs ------------------------------------------------------------------------------------------------------------------


def codecs() -> None:
    """Bytes a run and speed of codecs, on the values of a block as the store has them: time before runs."""
    from numcodecs import Blosc, blosc

    blosc.use_threads = False
    for name in SIDES:
        model = sdsocec.load_model(name)
        factors, outputs = factors_of(model, "both"), ten(model)
        experiment = Experiment.of(model, [as_it_stands(model)], factors, outputs, initial="stored")
        values = experiment.run(rows_of(model, factors, 8_192))
        arrays = [np.ascontiguousarray(values[:, 0, :, o].T) for o in range(len(outputs))]
        n, raw = len(values), values.nbytes
        print(f"{name}: {raw / n:,.0f} bytes a run raw")
        for library in ("lz4", "zstd"):
            for shuffle, number in (("shuffle", Blosc.SHUFFLE), ("bitshuffle", Blosc.BITSHUFFLE)):
                for level in (1, 3, 5, 7):
                    chosen = Blosc(library, clevel=level, shuffle=number)
                    start = time.perf_counter()
                    size = sum(len(chosen.encode(array)) for array in arrays)
                    seconds = time.perf_counter() - start
                    print(
                        f"  {library:4} {shuffle:10} {level}: {size / n:5,.0f} bytes a run, {raw / seconds / 1e6:5,.0f} MB/s"
                    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    main()
