"""How sharp the reality checks of `first_steps` are: every mutant is caught, or stands in a list with the reason."""

from __future__ import annotations

import tomllib
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

import sdsocec
from sdsocec.analysis import load_checks
from sdsocec.analysis.mutation import Caught, mutants, try_mutant
from sdsocec.engine.native.kernel import default_threads

SURVIVORS = Path(__file__).with_name("survivors.toml")


def try_number(number: int) -> Caught:
    model = sdsocec.load_model("first_steps")
    return try_mutant(model, list(mutants(model))[number], load_checks(model))


def try_all() -> list[Caught]:
    n = len(list(mutants(sdsocec.load_model("first_steps"))))
    with ProcessPoolExecutor(default_threads(), get_context("spawn")) as pool:
        return list(pool.map(partial(try_number), range(n), chunksize=4))


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
