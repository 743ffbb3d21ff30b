"""Does a calibration find parameters that are known, and do its 90 % intervals hold them in 90 % of all cases?

    python benchmarks/recovery.py [--model first_steps] [--sets 200] [--workers 2] [--autocorrelation 0.7]

For each set: parameters are drawn within their ranges, away from the bounds; the model makes the observed values from them;
normal noise of the series' standard errors is added, which may last from year to year; the parameters are fitted again, from
the model's own values, with the linear loss. A parameter is kept at the truth (its value of the .mdl) where the data cannot fix
it: it moves nothing, its interval is too wide for its range, or it is known only together with others (of such a group one is
fitted). A set whose search ends at a worse fit than the truth has not found the optimum; these are counted.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import sdsocec
from sdsocec.analysis.calibration import Problem, calibrate, identifiability, problem_for
from sdsocec.analysis.calibration.identify import COLLINEAR, WEAK, collinearity
from sdsocec.analysis.calibration.precision import precision
from sdsocec.errors import SdsocecError

Floats = NDArray[np.float64]
AWAY = 0.25  # of its range: how far from both bounds a true value is drawn
WIDEST = 0.25  # of its range: half the widest interval that the bounds leave alone
BASS = Path(__file__).parents[1] / "tests" / "models" / "bass"
MODELS = ("first_steps", "social_economy", str(BASS))


@dataclass(frozen=True)
class Recovered:
    """One set: truth, estimates and bounds of the intervals (NaN: none), in parts of the ranges, and the costs at both."""

    truth: Floats
    estimate: Floats
    lower: Floats
    upper: Floats
    cost: float
    cost_of_truth: float

    @property
    def is_found(self) -> bool:
        """Whether the search ended at a fit no worse than the truth's."""
        return self.cost <= self.cost_of_truth

    @property
    def covers(self) -> NDArray[np.bool_]:
        """Whether each interval holds the truth; a parameter without an interval counts as not held."""
        return (self.lower <= self.truth) & (self.truth <= self.upper)


def what_data_fix(problem: Problem) -> Problem:
    """The problem with the parameters that the data fix by themselves, one of each group that only moves together."""
    _, derivatives = problem.linearised(problem.scaled(problem.start), problem.solver())
    kept = [i for i in range(len(problem.free)) if np.linalg.norm(derivatives[:, i]) >= WEAK]
    while True:
        part = derivatives[:, kept]
        half = precision(part, len(part) - len(kept)).together
        if len(kept) < 2 or (half.max() <= WIDEST and collinearity(part) <= COLLINEAR):
            break
        del kept[int(half.argmax())]
    return replace(
        problem, free=tuple(problem.free[i] for i in kept), lower=problem.lower[kept], upper=problem.upper[kept],
        start=problem.start[kept],
    )  # fmt: skip


def lasting_noise(rng: np.random.Generator, problem: Problem, autocorrelation: float) -> Floats:
    """Normal noise of variance 1 that lasts from one value of a series to the next, shape (n_observed,)."""
    found = []
    for series in problem.series:
        own = rng.normal(0.0, 1.0, int(series.is_fit.sum()))
        for i in range(1, len(own)):
            own[i] = autocorrelation * own[i - 1] + math.sqrt(1 - autocorrelation**2) * own[i]
        found.append(own)
    return np.concatenate(found)


def recover(problem: Problem, seed: int, autocorrelation: float = 0.0) -> Recovered | None:
    """One set; None where the drawn parameters have no equilibrium or no finite numbers."""
    rng = np.random.default_rng(seed)
    truth = rng.uniform(AWAY, 1 - AWAY, len(problem.free))
    noise = lasting_noise(rng, problem, autocorrelation) * problem.errors
    try:
        made = problem.with_observed(problem.simulate(truth, problem.solver())[0] + noise)
    except SdsocecError:
        return None
    fit = calibrate(made, starts=1, loss="linear", workers=1)
    scale = made.upper - made.lower
    bounds = np.array([(i.lower, i.upper) for i in fit.intervals])
    cost_of_truth = 0.5 * float(((noise / problem.errors) ** 2).sum())
    return Recovered(
        truth, fit.best.scaled, (bounds[:, 0] - made.lower) / scale, (bounds[:, 1] - made.lower) / scale,
        fit.best.cost, cost_of_truth,
    )  # fmt: skip


def recover_all(
    problem: Problem,
    sets: int,
    seed: int = 1,
    workers: int = 1,
    tell: Callable[[int], None] | None = None,
    autocorrelation: float = 0.0,
) -> list[Recovered | None]:
    """All sets, in their order, whatever the number of workers."""
    seeds = [seed * 1_000_000 + i for i in range(sets)]
    if workers == 1:
        found = []
        for i, one in enumerate(seeds):
            found.append(recover(problem, one, autocorrelation))
            if tell is not None:
                tell(i + 1)
        return found
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        futures = [pool.submit(recover, problem, one, autocorrelation) for one in seeds]
        for i, _ in enumerate(as_completed(futures)):
            if tell is not None:
                tell(i + 1)
        return [future.result() for future in futures]


def report(problem: Problem, found: list[Recovered | None]) -> None:
    """Print the coverage of each parameter and of all, with the deviation of estimates from the truth."""
    made = [one for one in found if one is not None]
    print(f"{len(found)} sets; {len(found) - len(made)} draws without an equilibrium or finite numbers")
    print(f"{sum(not one.is_found for one in made)} searches ended at a worse fit than the truth")
    covers = np.array([one.covers for one in made])
    has_none = np.array([np.isnan(one.lower) for one in made])
    error = np.array([one.estimate - one.truth for one in made])
    half = np.array([(one.upper - one.lower) / 2 for one in made])
    good = np.array([one.is_found for one in made])
    width = max(map(len, problem.free))
    print(f"{'':{width}}  coverage  (found)  no interval  mean error  RMS error  mean half width (parts of the range)")
    for i, name in enumerate(problem.free):
        print(
            f"{name:{width}}  {covers[:, i].mean():8.1%}  {covers[good, i].mean():7.1%}  {has_none[:, i].mean():11.1%}"
            f"  {error[:, i].mean():+10.4f}  {(error[:, i] ** 2).mean() ** 0.5:9.4f}  {np.nanmean(half[:, i]):9.4f}"
        )
    spread = math.sqrt(0.9 * 0.1 / covers.size)
    print(f"{'all':{width}}  {covers.mean():8.1%}  {covers[good].mean():7.1%}  {has_none.mean():11.1%}", end="")
    print(f"   (90 % +/- {spread:.1%} if all were independent)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", help="a model of the project or a path; repeatable. Default: three")
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--autocorrelation", type=float, default=0.0, help="of the noise, from year to year")
    arguments = parser.parse_args()
    for name in arguments.model or MODELS:
        whole = problem_for(sdsocec.load_model(name))
        problem = what_data_fix(whole)
        print(f"\n{whole.model.name}: fitted {', '.join(problem.free)}")
        known = identifiability(problem)
        print(f"kept at the truth: {', '.join(n for n in whole.free if n not in problem.free) or 'none'}")
        print(f"{len(problem.observed)} observed values; collinearity {known.collinearity:.1f}", flush=True)

        def tell(done: int) -> None:
            print(f"\r{done} of {arguments.sets}", end="\n" if done == arguments.sets else "", file=sys.stderr)

        found = recover_all(problem, arguments.sets, arguments.seed, arguments.workers, tell, arguments.autocorrelation)
        report(problem, found)


if __name__ == "__main__":
    main()
