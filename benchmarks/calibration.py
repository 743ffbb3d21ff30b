"""How long a calibration of the full model takes: 64 starts, all free parameters, every run from its own equilibrium.

    python benchmarks/calibration.py [--model social_economy] [--starts 64]

It must take under two minutes on two cores. The rate counts runs of the model to the last year to fit; the equilibrium of each
(some hundred one-step runs) comes on top.
"""

from __future__ import annotations

import argparse
import time

import sdsocec
from sdsocec.analysis.calibration import calibrate, problem_for
from sdsocec.engine.native.kernel import default_threads


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="social_economy", help="a model of the project")
    parser.add_argument("--starts", type=int, default=64)
    arguments = parser.parse_args()
    problem = problem_for(sdsocec.load_model(arguments.model))
    problem.linearised(problem.scaled(problem.start), problem.solver())  # compiles, once
    start = time.perf_counter()
    fit = calibrate(problem, starts=arguments.starts)
    seconds = time.perf_counter() - start
    print(f"{len(problem.free)} parameters, {len(problem.observed)} values, {arguments.starts} starts: {seconds:.0f} s")
    print(f"{fit.runs:,} runs, {fit.runs / seconds:,.0f} a second on {default_threads()} cores")
    print(f"best cost {fit.best.cost:.6g}; {len(fit.runners_up)} other optima")


if __name__ == "__main__":
    main()
