"""The model of the study: an independent implementation's results, its own claims, people conserved."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import sdsocec
from sdsocec.api import ScenarioRuns, run_scenarios
from sdsocec.scenario import load_scenario, scenario_names, validate_all

REFERENCE = Path(__file__).with_name("reference_results.csv")


@cache
def runs() -> ScenarioRuns:
    model = sdsocec.load_model("social_economy")
    return run_scenarios(model, [load_scenario(name, model) for name in scenario_names(model)])


def test_every_scenario_is_valid():
    assert not any(validate_all(sdsocec.load_model("social_economy")).values())


def test_an_independent_implementation_gives_the_same_results():
    """455 numbers to four significant digits, from the specification's own numerical probe (Euler, step 1/32)."""
    result = runs().dataset()
    with REFERENCE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 455
    wrong = []
    for row in rows:
        name, _, element = row["variable"].rstrip("]").partition("[")
        array = result[name].sel(scenario=row["scenario"], time=float(row["time"]))
        value = float(array.sel(channel=element) if element else array)
        if f"{value:.4g}" != f"{float(row['value']):.4g}":
            wrong.append(f"{row['variable']} {row['scenario']} {row['time']}: {value:.6g}, not {row['value']}")
    assert wrong == []


def test_people_are_conserved_and_nothing_is_negative():
    result = runs().dataset()
    people = result["people not working"].sum(("state", "band")) + result["people working"].sum(("channel", "band"))
    np.testing.assert_allclose(people, result["people"], rtol=1e-12)
    for name in ("people not working", "people working", "vacancies"):
        assert float(result[name].min()) >= 0


@pytest.mark.slow
def test_every_hard_claim_of_the_study_holds():
    report = sdsocec.check(sdsocec.load_model("social_economy"))
    assert len(report.results) >= 60
    assert [f"{r.check.claim}: {r.numbers}" for r in report.results if not r.holds and r.check.kind == "hard"] == []
