"""Claims of a study: in which share of plausible inputs each holds, which input decides, and where it starts to fail.

A claim is a reality check. The card's `[claims]` says which checks are claims; without it all checks of the model are. They are
code of the model's folder: it runs outside the project only when trusted.
"""

from __future__ import annotations

import math
import multiprocessing
import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.checks import CheckResult, RealityCheck, Request, Runner, load_checks, run_check
from sdsocec.analysis.experiment import Experiment
from sdsocec.errors import Fault, ProjectError, SdsocecError, nearest_name
from sdsocec.model.card import CARD
from sdsocec.model.project import LoadedModel
from sdsocec.model.toml import Text
from sdsocec.scenario import as_it_stands
from sdsocec.scenario.factors import Factor

from .decisive import Split, resolution_of, separating, share_interval, told_share
from .rankings import Progress, grid_of
from .stretches import Stretch, find_stretches

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
GRID = 17  # values of an input at which all claims are looked at
WORTH_PROCESSES = 4.0  # seconds of work: below this starting processes takes longer than it saves
AT_ONCE = 4  # rows that a process takes


@dataclass(frozen=True)
class Claim:
    """One claim of the study, and the check that decides on it.

    `name` is what stands before the colon of the check's claim, or the name of its function.
    """

    name: str
    text: Text
    check: RealityCheck


@dataclass(frozen=True, repr=False)
class ClaimResult:
    """How a claim fares.

    Attributes
    ----------
    stored : CheckResult
        With the stored values.
    n_holds, n_fails, n_unknown : int
        Of the rows; unknown where the check could not be computed.
    interval : (float, float)
        Of the share in which it holds, 95 %.
    split : Split or None
        The input that best tells apart the rows in which it holds and fails; None where there are no two kinds.
    alone : tuple of tuples of Stretch
        For each input, where the claim holds, fails and is unknown as this input alone moves through its range.
    """

    claim: Claim
    stored: CheckResult
    n_holds: int
    n_fails: int
    n_unknown: int
    interval: tuple[float, float]
    split: Split | None
    alone: tuple[tuple[Stretch, ...], ...]

    def __repr__(self) -> str:
        return f"<ClaimResult {self.claim.name}: holds in {told_share(self.n_holds, self.n)}>"

    @property
    def n(self) -> int:
        """The rows that count."""
        return self.n_holds + self.n_fails

    @property
    def share(self) -> float:
        """The share in which it holds, of the rows that count; NaN if none does."""
        return self.n_holds / self.n if self.n else float("nan")

    @property
    def is_fragile(self) -> bool:
        """Whether it fails with the stored values, or does not hold, or is not known to, in some row or for one input alone."""
        moved = any(one.verdict != "holds" for stretches in self.alone for one in stretches)
        return not self.stored.holds or self.n_holds < self.n + self.n_unknown or moved


def claims_of(model: LoadedModel, trust_code: bool = False) -> tuple[Claim, ...]:
    """The claims of a model, in the order of the card, or of its checks where the card lists none.

    Raises ProjectError if the model has no checks, they are not trusted, or the card lists one that is not there.
    """
    checks = load_checks(model, trust_code)
    names = _names(checks)
    if not model.card.claims:
        return tuple(Claim(name, Text(nl=c.claim, en=c.claim), c) for name, c in zip(names, checks, strict=True))
    known = {check.name: check for check in checks} | dict(zip(names, checks, strict=True))
    faults = [
        Fault(
            f"[claims] lists '{name}', and the model '{model.name}' has no such reality check", model.folder / CARD, name=name,
            nearest=nearest_name(name, known), hint="Name what stands before the colon of its claim, or its function.",
        )
        for name in model.card.claims
        if name not in known
    ]  # fmt: skip
    if faults:
        raise ProjectError(faults)
    return tuple(Claim(name, text, known[name]) for name, text in model.card.claims.items())


def _names(checks: Sequence[RealityCheck]) -> list[str]:
    """What stands before the colon of each check's claim, if that is one word that no other has, or the name of its function."""
    starts = [check.claim.partition(":")[0] if ":" in check.claim else "" for check in checks]
    return [
        start if start and " " not in start and starts.count(start) == 1 else check.name
        for start, check in zip(starts, checks, strict=True)
    ]


def try_claims(
    model: LoadedModel,
    claims: Sequence[Claim],
    factors: Sequence[Factor],
    inputs: Floats,
    *,
    trust_code: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
) -> tuple[ClaimResult, ...]:
    """Every claim over rows of inputs, the most fragile first; those that fail with the stored values before all others.

    Every run of a check gets the row's inputs, and starts from the row's own equilibrium where they act on it; what the check
    sets itself stays.

    Parameters
    ----------
    inputs : array, shape (n, n_factors)
    workers : int
        Processes; the result is the same for any number. A script that asks for more than one needs the guard
        `if __name__ == "__main__":` of Python's multiprocessing.
    """
    told = progress or (lambda stage, done, total: None)
    told("claims", 0, len(inputs))
    tester = _Tester(model, claims)
    stored = [tester.stored(i) for i in range(len(claims))]
    everything = tuple(range(len(claims)))
    initial = Experiment.of(model, [as_it_stands(model)], factors, ()).initial  # of one input alone too
    start = time.perf_counter()
    tester.verdicts({}, everything)
    seconds = time.perf_counter() - start
    n_scans = GRID * len(factors)
    is_worth_it = workers > 1 and seconds * (len(inputs) + n_scans) > WORTH_PROCESSES
    with _Pool(tester, trust_code, workers if is_worth_it else 1) as pool:
        rows = [(start, everything) for start in _starts(model, factors, inputs, initial)]
        verdicts = np.array(list(pool.run(rows, progress, "claims"))).reshape(len(inputs), len(claims))
        alone: list[list[tuple[Stretch, ...]]] = []
        certain = np.zeros(len(claims))  # no claim is a tie
        for k, factor in enumerate(factors):
            told("claims, one input at a time", k, len(factors))
            grid = grid_of(model, factor, n=GRID)
            found = list(pool.run([(s, everything) for s in _starts(model, [factor], grid[:, None], initial)]))

            def evaluate(points: Floats, which: Places, factor: Factor = factor) -> Floats:
                starts = _starts(model, [factor], points[:, None], initial)
                tasks = [(s, (int(i),)) for s, i in zip(starts, which, strict=True)]
                return np.array([row[0] for row in pool.run(tasks)])

            margins = np.array(found).reshape(len(grid), len(claims))
            alone.append(find_stretches(grid, margins, certain, evaluate, resolution_of(factor.distribution)))
        told("claims, one input at a time", len(factors), len(factors))
    results = []
    for i, claim in enumerate(claims):
        known = np.isfinite(verdicts[:, i])
        holds = verdicts[known, i] > 0
        n_holds, n = int(holds.sum()), int(known.sum())
        results.append(
            ClaimResult(
                claim, stored[i], n_holds, n - n_holds, len(inputs) - n, share_interval(n_holds, n),
                separating(holds, inputs[known], [factor.distribution for factor in factors], len(claims)),
                tuple(of_factor[i] for of_factor in alone),
            )
        )  # fmt: skip
    if not any(result.n for result in results):
        raise SdsocecError(
            f"no claim can be judged: in none of {len(inputs)} rows of inputs could a check be computed",
            hint="'sdsocec check' tells why, for the stored values. Narrow the inputs.",
        )
    return tuple(sorted(results, key=lambda result: (result.stored.holds, result.share if result.n else -1.0)))


def _starts(
    model: LoadedModel, factors: Sequence[Factor], inputs: Floats, initial: str
) -> list[dict[str, float] | None]:
    """The constants of each row: its inputs, and its equilibrium where they act on it; None for a row that has none."""
    found = Experiment.of(model, [as_it_stands(model)], factors, (), initial=initial).starts(inputs)
    if found.design is None:
        return [None] * len(inputs)
    kept = [i for i, name in enumerate(found.design.names) if name != "SAVEPER"]
    names = [found.design.names[i] for i in kept]
    rows = iter(found.design.values[:, kept].tolist())
    return [dict(zip(names, next(rows), strict=True)) if has_start else None for has_start in found.has_start[:, 0]]


# ---- one row -------------------------------------------------------------------------------------------------------------

Task = tuple[Mapping[str, float] | None, tuple[int, ...]]  # the constants of a row, and the claims asked for


class _Tester:
    """Tells which claims hold with some inputs: 1 holds, -1 fails, NaN could not be computed; so is a row without a start."""

    def __init__(
        self, model: LoadedModel, claims: Sequence[Claim], asked: Sequence[tuple[Request, ...]] | None = None
    ) -> None:
        self.model, self.claims = model, claims
        self.runner = Runner(model, threads=1)
        self.asked: list[tuple[Request, ...]] = list(asked or [() for _ in claims])

    def stored(self, claim: int) -> CheckResult:
        """With the stored values; remembers the runs that were asked for, which most inputs ask for again."""
        runner = self.runner.with_inputs({})
        found = run_check(self.claims[claim].check, runner)
        self.asked[claim] = runner.asked
        return found

    def verdicts(self, inputs: Mapping[str, float] | None, claims: Sequence[int]) -> list[float]:
        if inputs is None:
            return [math.nan] * len(claims)
        runner = self.runner.with_inputs(inputs)
        found = []
        for claim in claims:
            runner.prepare(self.asked[claim])
            result = run_check(self.claims[claim].check, runner)
            found.append((1.0 if result.holds else -1.0) if result.is_computed else math.nan)
        return found


# ---- many rows, in processes -----------------------------------------------------------------------------------------------

_tester: _Tester | None = None  # of a process of its own


def _start(model: LoadedModel, trust_code: bool, asked: Sequence[tuple[Request, ...]]) -> None:
    global _tester
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    _tester = _Tester(model, claims_of(model, trust_code), asked)


def _work(task: Task) -> list[float]:
    assert _tester is not None, "the process was started by _start"
    return _tester.verdicts(*task)


class _Pool:
    """Runs tasks, in this process or in some of their own; answers come in the order of the tasks."""

    def __init__(self, tester: _Tester, trust_code: bool, workers: int) -> None:
        self._tester = tester
        self._processes: ProcessPoolExecutor | None = None
        if workers > 1:
            self._processes = ProcessPoolExecutor(
                workers, multiprocessing.get_context("spawn"), _start, (tester.model, trust_code, tester.asked)
            )

    def __enter__(self) -> _Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._processes is not None:
            self._processes.shutdown(cancel_futures=True)

    def run(self, tasks: Sequence[Task], progress: Progress | None = None, stage: str = "") -> Iterable[list[float]]:
        if self._processes is None:
            answers: Iterable[list[float]] = (self._tester.verdicts(*task) for task in tasks)
        else:
            size = AT_ONCE if len(tasks) > 2 * AT_ONCE else 1
            answers = self._processes.map(_work, tasks, chunksize=size)
        for done, answer in enumerate(answers, 1):
            yield answer
            if progress is not None:
                progress(stage, done, len(tasks))
