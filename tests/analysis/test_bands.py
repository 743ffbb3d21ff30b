"""Rows of the uncertainties in every scenario, and their quantiles."""

from __future__ import annotations

import numpy as np
import pytest

import sdsocec
from sdsocec.analysis.bands import PROBABILITIES, quantiles, run_uncertain, saving_step
from sdsocec.errors import DesignError
from sdsocec.scenario import as_it_stands, default_scenarios
from sdsocec.scenario.factors import factors_of

from . import small_rest

TANK = """{UTF-8}
level = INTEG(inflow - level * rate, 10) ~ m ~ |
inflow = 1 ~ m/year ~ |
rate = 0.1 ~ 1/year [0,1] ~ |
root = SQRT(0.5 - rate) ~ Dmnl ~ |
INITIAL TIME = 0 ~ year ~~|
FINAL TIME = 10 ~ year ~~|
TIME STEP = 0.25 ~ year ~~|
SAVEPER = TIME STEP ~ year ~~|
"""


@pytest.fixture
def tank(tmp_path):
    (tmp_path / "tank.mdl").write_text(TANK, encoding="utf-8")
    return sdsocec.load_model(tmp_path / "tank.mdl")


def test_rows_are_the_same_in_every_scenario_and_repeat_by_their_seed():
    model = sdsocec.load_model("first_steps")
    scenarios, factors = default_scenarios(model)[:2], factors_of(model)
    first = run_uncertain(model, scenarios, factors, ["unemployed"], n=32, seed=3)
    again = run_uncertain(model, scenarios, factors, ["unemployed"], n=32, seed=3)
    other = run_uncertain(model, scenarios, factors, ["unemployed"], n=32, seed=4)
    assert first.values.shape == (32, 2, len(first.times), 1)
    np.testing.assert_array_equal(first.values, again.values)
    assert (
        first.attributes == again.attributes and first.attributes["design_sha256"] != other.attributes["design_sha256"]
    )
    # Until the scenarios part, each row is the same in both.
    np.testing.assert_array_equal(first.of(0, 0)[:, 0], first.of(1, 0)[:, 0])
    assert first.attributes["seed"] == 3 and first.attributes["n_rows"] == first.attributes["n_finite"] == 32


def test_a_row_that_is_not_finite_is_left_out_of_all(tank):
    factors = factors_of(tank, names=["rate=uniform(0, 1)"])
    found = run_uncertain(tank, [as_it_stands(tank)], factors, ["level", "root"], n=64)
    assert found.n_left_out == 32, "the square root of half of them is none"
    assert found.of(0, 0).shape == (32, len(found.times)) and np.isfinite(found.of(0, 0)).all()
    assert (found.inputs[found.is_finite] <= 0.5).all()


def test_too_few_rows_are_refused(tank):
    factors = factors_of(tank, names=["rate=uniform(0, 1)"])
    with pytest.raises(DesignError, match="there are 10 rows; bands of 90 % need 20"):
        run_uncertain(tank, [as_it_stands(tank)], factors, ["level"], n=10)
    with pytest.raises(DesignError, match="only 16 of 32 rows give finite numbers; bands need 20"):
        run_uncertain(tank, [as_it_stands(tank)], factors, ["root"], n=32)


def test_quantiles_of_an_even_spread_are_even(tank):
    factors = factors_of(tank, names=["inflow=uniform(1, 3)"])
    found = run_uncertain(tank, [as_it_stands(tank)], factors, ["inflow"], n=1024)
    np.testing.assert_allclose(quantiles(found.of(0, 0))[:, 0], 1 + 2 * np.array(PROBABILITIES), atol=0.005)


def test_no_more_times_than_a_figure_shows_and_the_ends_among_them(tank):
    assert saving_step(tank) == 0.25
    text = TANK.replace("TIME STEP = 0.25", "TIME STEP = 0.015625").replace("FINAL TIME = 10", "FINAL TIME = 20")
    tank.equations.path.write_text(text, encoding="utf-8")
    finer = sdsocec.load_model(tank.equations.path)
    assert saving_step(finer) == 0.125, "1,280 steps, every eighth"
    found = run_uncertain(
        finer, [as_it_stands(finer)], factors_of(finer, names=["inflow=uniform(1, 3)"]), ["level"], n=20
    )
    assert len(found.times) == 161 and (found.times[0], found.times[-1]) == (0.0, 20.0)


def test_rows_without_an_equilibrium_are_left_out_and_said(tmp_path):
    model = small_rest.tank(tmp_path)
    factors = factors_of(model, names=["loss=uniform(-0.5, 1)", "leak=uniform(0, 1)"])
    found = run_uncertain(model, default_scenarios(model)[:2], factors, ["tank"], n=64)
    assert found.experiment.initial == "equilibrium"
    fails = found.inputs[:, 0] <= 0
    assert (found.is_finite == ~fails).all() and found.n_left_out == found.n_unstarted == fails.sum() > 0
    assert found.of(0, 0).shape[0] == (~fails).sum() and np.isfinite(found.of(0, 0)).all()
    first = int(np.flatnonzero(fails)[0])
    assert f"{fails.sum()} of 64 rows are left out: their numbers are not finite" in found.notice()
    assert f"{fails.sum()} had no equilibrium to start from: row {first} in 'closed'" in found.notice()
    never = factors_of(model, names=["loss=uniform(-1, -0.5)"])
    with pytest.raises(DesignError, match=r"only 0 of 32 rows give finite numbers; bands need 20: row 0 in 'closed'"):
        run_uncertain(model, default_scenarios(model)[:1], never, ["tank"], n=32)
