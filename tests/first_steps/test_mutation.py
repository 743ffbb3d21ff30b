"""How sharp the reality checks of `first_steps` are: every mutant is caught, or stands in a list with the reason."""

from __future__ import annotations

import time
import tomllib
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import pytest

import sdsocec
from sdsocec.analysis import RealityCheck, Runner, load_checks, run_check
from sdsocec.analysis.mutation import Caught, Mutant, mutants, try_mutant
from sdsocec.engine.native.kernel import default_threads
from sdsocec.model.project import LoadedModel

SURVIVORS = Path(__file__).with_name("survivors.toml")


@cache
def material(order: tuple[str, ...]) -> tuple[LoadedModel, list[Mutant], list[RealityCheck]]:
    model = sdsocec.load_model("first_steps")
    return model, list(mutants(model)), sorted(load_checks(model), key=lambda check: order.index(check.name))


def try_number(number: int, order: tuple[str, ...]) -> Caught:
    model, all_mutants, checks = material(order)
    return try_mutant(model, all_mutants[number], checks)


def cheapest_first() -> tuple[str, ...]:
    """The names of the checks by what they cost: which of them notices first does not matter."""
    model = sdsocec.load_model("first_steps")
    seconds = {}
    for check in load_checks(model):
        start = time.process_time()
        run_check(check, Runner(model))
        seconds[check.name] = time.process_time() - start
    return tuple(sorted(seconds, key=seconds.__getitem__))


def try_all() -> list[Caught]:
    n = len(list(mutants(sdsocec.load_model("first_steps"))))
    with ProcessPoolExecutor(default_threads(), get_context("spawn")) as pool:
        return list(pool.map(partial(try_number, order=cheapest_first()), range(n), chunksize=4))


@pytest.mark.slow
def test_every_mutant_is_caught_or_listed_with_its_reason(capsys):
    results = try_all()
    survivors = [result.damage for result in results if not result.check]
    with capsys.disabled():
        share = 1 - len(survivors) / len(results)
        print(f"\nreality checks of first_steps catch {share:.1%} of {len(results)} mutants; {len(survivors)} survive")
    listed = tomllib.loads(SURVIVORS.read_text())
    assert set(survivors) == set(listed), "list new survivors with the reason; take caught ones off the list"
    assert all(len(reason) > 20 for reason in listed.values()), "a reason says why no check can or should see it"
    assert not any(result.check.startswith("does not compile") for result in results)
