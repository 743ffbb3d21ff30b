"""Damage social_economy in every way of `sdsocec.analysis.mutation`, and write down which reality check notices.

    python benchmarks/mutation.py [--processes 2] [--rest]

Tries each mutant and rewrites tests/study/mutation_results.csv, in about half an hour on one processor. A mutant meets first the
check that noticed it last time, then those that noticed the mutants before it, as these differ from it by a line. `--rest` tries
only the mutants that nothing noticed and those that are new: after an interruption, or when checks were added.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import sdsocec
from sdsocec.analysis import RealityCheck, Runner, load_checks, run_check
from sdsocec.analysis.mutation import Caught, Mutant, mutants, try_mutant
from sdsocec.model.project import LoadedModel

MODEL = "social_economy"
RESULTS = Path(__file__).parents[1] / "tests" / "study" / "mutation_results.csv"


def read_results() -> dict[str, str]:
    """The check that noticed each damage; "" where none did."""
    if not RESULTS.exists():
        return {}
    with RESULTS.open(newline="", encoding="utf-8") as file:
        return {row["damage"]: row["caught by"] for row in csv.DictReader(file)}


def write_results(all_mutants: Iterable[Mutant], caught_by: dict[str, str]) -> None:
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("kind", "damage", "caught by"))
        writer.writerows((m.kind, m.damage, caught_by[m.damage]) for m in all_mutants if m.damage in caught_by)


@cache
def material() -> tuple[LoadedModel, dict[str, Mutant], list[RealityCheck]]:
    model = sdsocec.load_model(MODEL)
    return model, {mutant.damage: mutant for mutant in mutants(model)}, load_checks(model)


RECENT: dict[str, list[str]] = {}  # of each kind of mutant: the checks of this process, the one that noticed last first


def try_damage(damage: str, before: str) -> Caught:
    model, all_mutants, checks = material()
    mutant = all_mutants[damage]
    recent = RECENT.setdefault(mutant.kind, [check.name for check in checks])
    order = [before, *recent]
    result = try_mutant(model, mutant, sorted(checks, key=lambda check: order.index(check.name)))
    if result.check in recent:
        recent.remove(result.check)
        recent.insert(0, result.check)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--rest", action="store_true")
    options = parser.parse_args()
    model, all_mutants, checks = material()
    failing = [r.check.name for r in (run_check(c, Runner(model)) for c in checks if c.kind == "hard") if not r.holds]
    if failing:
        sys.exit(f"these checks do not hold on the undamaged model: {', '.join(failing)}")

    before = read_results()
    caught_by = {damage: before[damage] for damage in all_mutants if options.rest and before.get(damage)}
    todo = [damage for damage in all_mutants if damage not in caught_by]
    start = time.perf_counter()
    with ProcessPoolExecutor(options.processes, get_context("spawn")) as pool:
        for n, result in enumerate(pool.map(try_damage, todo, [before.get(d, "") for d in todo], chunksize=8), 1):
            caught_by[result.damage] = result.check
            if n % 50 == 0:
                print(f"{n} of {len(todo)}, {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
                write_results(all_mutants.values(), caught_by)
    write_results(all_mutants.values(), caught_by)
    caught = sum(bool(name) for name in caught_by.values())
    print(f"{caught} of {len(caught_by)} mutants caught ({caught / len(caught_by):.1%})")


if __name__ == "__main__":
    main()
