"""The error of the time step, of an outcome and of a difference between two runs."""

from __future__ import annotations

import numpy as np
import pytest

import sdsocec
from sdsocec.api import outcome_elements, run_scenarios
from sdsocec.engine import run_ode
from sdsocec.report.step_error import step_error_line
from sdsocec.results.accuracy import METHOD, Accuracy


@pytest.fixture(scope="module")
def runs():
    return run_scenarios(sdsocec.load_model("first_steps"))


def test_the_error_of_a_difference_is_that_of_the_difference_not_of_its_terms(runs):
    names = outcome_elements(runs.model)
    exact = run_ode(runs.model.equations, runs.design, names, METHOD).values
    fixed = runs.run.trajectories
    values = fixed.values[:, :, [fixed.names.index(name) for name in names]]
    wrong = np.abs((values - values[:1]) - (exact - exact[:1]))
    for i, name in enumerate(names):
        found = runs.difference_errors("baseline")[name]
        scale = np.abs(values[:, :, i]).max()
        assert found.shape == wrong.shape[:2]
        assert (found >= wrong[:, :, i] - 1e-7 * scale).all(), "it bounds the error at each time"
        assert found.max() <= wrong[:, :, i].max() + 1e-7 * scale
        assert (np.diff(found, axis=1) >= 0).all(), "what went wrong before is not forgotten"
        assert (found[0] == 0).all(), "a run does not differ from itself"
    own = np.abs(values - exact).max(axis=(0, 1))
    assert (wrong.max(axis=(0, 1)) < 1.9 * own).any(), "the errors of the terms cancel in part"


def test_a_remembered_measure_is_the_same_to_the_bit(runs, monkeypatch, tmp_path):
    monkeypatch.setenv("SDSOCEC_CACHE", str(tmp_path))
    made, again = (run_scenarios(runs.model).accuracy for _ in range(2))
    assert made.by_output == again.by_output == runs.accuracy.by_output
    assert made.places == again.places
    assert made.errors is not None and again.errors is not None
    assert made.errors.names == again.errors.names
    assert np.array_equal(made.errors.values, again.errors.values)


def test_where_it_was_not_measured_no_difference_has_an_error(runs):
    assert Accuracy({}, "why").difference_errors(0) == {}
    assert runs.difference_errors(None) == runs.difference_errors("nobody") == {}
    assert run_scenarios(runs.model, integrator="LSODA").difference_errors("baseline") == {}


def test_a_place_has_its_part_of_the_error():
    model = sdsocec.load_model("social_economy")
    place = run_scenarios(
        model, [sdsocec.load_scenario(name, model) for name in ("baseline", "publiek")], profile="assen"
    )
    values = place.run.trajectories.values[:, :, place.run.trajectories.names.index("unemployed")]
    error = place.difference_errors("baseline")["unemployed"]
    assert 0 < error.max() < 0.05 * np.abs(values).max(), "persons of the place, not of the country"


def test_the_line_names_scenario_and_time_of_the_worst_and_rounds_all_alike(runs):
    errors = {"unemployed": 0.0219, "vacancies": 0.0141, "regular employed": 0.01404, "wsw employed": 0.01402}

    def line(errors, language="en"):
        places = dict.fromkeys(errors, (2, 2014.125))
        from dataclasses import replace

        return step_error_line(replace(runs, accuracy=Accuracy(errors, places=places)), language)

    start = "Largest error of the time step, as a share of the outcome's largest value in that run: "
    assert line(errors) == (
        f"{start}unemployed: 2.2% (Regular, 2014.12); open vacancies: 1.4%; regular work: 1.4%; the others at most 1.4%."
    )
    tiny = dict(zip(errors, (0.02, 0.0004, 0.0003, 0.0002), strict=True))
    assert line(tiny) == (
        f"{start}unemployed: 2.0% (Regular, 2014.12); open vacancies: <0.05%; regular work: <0.05%; the others <0.05%."
    )
    none = dict.fromkeys(errors, 1e-7)
    assert line(none, "nl") == (
        "De fout van de tijdstap is kleiner dan 0,05% van de grootste waarde van elke uitkomst in een run."
    )
