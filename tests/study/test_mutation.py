"""How sharp the reality checks of `social_economy` are.

`python benchmarks/mutation.py` tries every mutant and writes `mutation_results.csv`. These tests hold that file to the model of
today, try a sample of it again, and ask a reason for every mutant that nothing notices.
"""

from __future__ import annotations

import csv
import random
import tomllib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import sdsocec
from sdsocec.analysis import RealityCheck, Runner, load_checks
from sdsocec.analysis.mutation import Caught, Mutant, mutants, try_mutant
from sdsocec.engine.native.kernel import default_threads
from sdsocec.model.project import LoadedModel

RESULTS = Path(__file__).with_name("mutation_results.csv")
SURVIVORS = Path(__file__).with_name("survivors.toml")
SAMPLE = 100
MOST_SURVIVORS = 3  # of the sample: each meets every check
TRY_AGAIN = "run python benchmarks/mutation.py"


@cache
def material() -> tuple[LoadedModel, dict[str, Mutant], list[RealityCheck]]:
    model = sdsocec.load_model("social_economy")
    return model, {mutant.damage: mutant for mutant in mutants(model)}, load_checks(model)


def caught_by() -> dict[str, str]:
    """The check that noticed each damage; "" where none did."""
    with RESULTS.open(newline="", encoding="utf-8") as file:
        return {row["damage"]: row["caught by"] for row in csv.DictReader(file)}


def sample() -> list[str]:
    """Damages of each kind, as many as its share, and a few survivors."""
    results, rng = caught_by(), random.Random(1)
    chosen = []
    _, all_mutants, _ = material()
    for kind in sorted({mutant.kind for mutant in all_mutants.values()}):
        caught = [d for d, mutant in all_mutants.items() if mutant.kind == kind and results.get(d)]
        chosen += rng.sample(caught, max(1, round(SAMPLE * len(caught) / len(all_mutants))))
    survivors = [damage for damage in all_mutants if not results.get(damage)]
    return chosen + rng.sample(survivors, min(MOST_SURVIVORS, len(survivors)))


def try_again(damage: str) -> Caught:
    """A mutant meets the check that noticed it; a survivor meets all."""
    model, all_mutants, checks = material()
    name = caught_by()[damage]
    return try_mutant(model, all_mutants[damage], [check for check in checks if name in ("", check.name)])


def test_the_stored_results_are_those_of_todays_mutants():
    _, all_mutants, checks = material()
    results = caught_by()
    assert set(results) == set(all_mutants), TRY_AGAIN
    assert set(results.values()) <= {"", *(check.name for check in checks)}, TRY_AGAIN


def test_every_survivor_has_its_reason_and_most_mutants_are_caught(capsys):
    results = caught_by()
    survivors = [damage for damage, check in results.items() if not check]
    share = 1 - len(survivors) / len(results)
    with capsys.disabled():
        print(
            f"\nreality checks of social_economy catch {share:.1%} of {len(results)} mutants; {len(survivors)} survive"
        )
    groups = tomllib.loads(SURVIVORS.read_text(encoding="utf-8"))["survive"]
    listed = [damage for group in groups for damage in group["damages"]]
    assert sorted(listed) == sorted(survivors), "list new survivors with the reason; take caught ones off the list"
    assert all(len(group["reason"]) > 20 for group in groups), "a reason says why no check can or should see it"
    assert share >= 0.95


@pytest.mark.slow
def test_a_sample_of_mutants_is_caught_by_the_same_checks():
    chosen = sample()
    with ProcessPoolExecutor(default_threads(), get_context("spawn")) as pool:
        found = {result.damage: result.check for result in pool.map(try_again, chosen, chunksize=4)}
    results = caught_by()
    assert found == {damage: results[damage] for damage in chosen}, TRY_AGAIN


@pytest.mark.slow
def test_a_changed_constant_is_the_same_damage_as_an_equation_with_that_number():
    """So such mutants need no code of their own."""
    model, all_mutants, _ = material()
    constants = [mutant for mutant in all_mutants.values() if mutant.kind == "constant larger"]
    for mutant in random.Random(1).sample(constants, 3):
        settings = {"scenario": "publiek", "set": {"recession depth": 0.05}}
        changed = Runner(model, mutant.changed)(**settings)
        compiled = Runner(replace(model, equations=mutant.model))(**settings)
        apart = [name for name in compiled if not np.array_equal(changed[name], compiled[name], equal_nan=True)]
        assert apart == [], mutant.damage
