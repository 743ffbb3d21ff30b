"""Bringing a model to rest: against what can be solved by hand, and against the stored table of the model of the study."""

from __future__ import annotations

import csv
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import sdsocec
from sdsocec.engine import NO_CHANGES, Design, constant_values, run_design
from sdsocec.errors import ProjectError, RunError
from sdsocec.model.project import Project
from sdsocec.scenario import acts_at_rest
from sdsocec.scenario.equilibrium import AT_REST, drift, initial_constants, spin_up, stored_and_found

INDEPENDENT = Path(__file__).with_name("equilibrium_2000.csv")

TWO_POOLS = """{UTF-8}
rest = 0 ~ dmnl [0,1] ~ 1 freezes the drivers. |
growth = IF THEN ELSE(rest = 1, 0, 0.05) ~ 1/year ~ Growth. |
free = INTEG(back - taken + growth * free, initial free) ~ thing ~ Free things. |
used = INTEG(taken - back, initial used) ~ thing ~ Used things. |
taken = free / wait ~ thing/year ~ Things taken. |
back = used / stay ~ thing/year ~ Things back. |
wait = 2 ~ year [0.5,10] ~ Time that a thing is free. |
stay = 6 ~ year [0.5,100000] ~ Time that a thing is used. |
all things = 80 ~ thing [0,1000] ~ All things at the start. |
share used = used / (free + used) ~ dmnl ~ Part in use. |
usual share = 0.75 ~ dmnl [0,1] ~ Part in use at rest. |
initial free = 20 ~ thing ~ At rest. |
initial used = 60 ~ thing ~ At rest. |
INITIAL TIME = 0 ~ year ~ | FINAL TIME = 10 ~ year ~ | TIME STEP = 0.25 ~ year ~ | SAVEPER = 1 ~ year ~ |
"""
CARD = """
title = {nl = "x", en = "x"}
[equilibrium]
duration = 400
set = {rest = 1.0}
[equilibrium.sums]
"all things" = ["free", "used"]
[equilibrium.consistent]
"usual share" = {variable = "share used", digits = 4}
"""


@pytest.fixture
def two_pools(tmp_path):
    for folder in ("models/pools", "scenarios"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "models/default.toml").write_text('model = "pools"')
    (tmp_path / "models/pools/model.mdl").write_text(TWO_POOLS)
    (tmp_path / "models/pools/model.toml").write_text(CARD)
    return sdsocec.load_model("pools", Project(tmp_path))


@cache
def study():
    return sdsocec.load_model("social_economy")


def test_every_row_rests_where_algebra_says(two_pools):
    """At rest free / wait = used / stay, and together they are all things."""
    rows = Design(
        ("wait", "stay", "all things"),
        np.array([[2.0, 6.0, 80.0], [1.0, 3.0, 80.0], [4.0, 4.0, 200.0], [0.5, 9.5, 10.0]]),
    )
    found = spin_up(two_pools, rows)
    for wait, stay, total, free, used, share in found.values:
        assert free == pytest.approx(total * wait / (wait + stay), rel=1e-8)
        assert used == pytest.approx(total * stay / (wait + stay), rel=1e-8)
        assert share == round(stay / (wait + stay), 4)
    assert found.names == ("wait", "stay", "all things", "initial free", "initial used", "usual share")


def test_a_row_s_rest_does_not_depend_on_its_neighbours(two_pools):
    stays = np.linspace(1.0, 20.0, 40)[:, None]
    together = spin_up(two_pools, Design(("stay",), stays)).values
    alone = np.concatenate([spin_up(two_pools, Design(("stay",), stays[i : i + 1])).values for i in range(40)])
    np.testing.assert_allclose(together, alone, rtol=1e-8)


def test_what_does_not_come_to_rest_is_refused_by_name(two_pools):
    with pytest.raises(RunError, match="does not come to rest in 400 year: 'free' still moves"):
        spin_up(two_pools, Design(("stay", "wait"), np.array([[100_000.0, 1000.0]])), by_running=True)


def test_a_constant_that_leaves_no_number_is_refused_and_its_row_named(two_pools):
    with pytest.raises(RunError, match="run 2 is not finite on its way to rest"):
        spin_up(two_pools, Design(("wait",), np.array([[2.0], [0.0], [3.0]])))


def test_stocks_that_act_on_nothing_or_are_empty_rest_or_are_told_of(tmp_path):
    """Without loss the tank fills for ever; without inflow and loss it stays as it is; an empty one fills up to its rest."""
    for folder in ("models/tank", "scenarios"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "models/tank/model.mdl").write_text(
        """{UTF-8}
rest = 0 ~ dmnl [0,1] ~ Unused. |
tank = INTEG(inflow - loss * tank, initial tank) ~ litre ~ What is stored. |
inflow = 10 ~ litre/year [0,100] ~ Inflow. |
loss = 0.5 ~ 1/year [0,1] ~ Part lost in a year. |
initial tank = 20 ~ litre [0,100] ~ Where it starts. |
INITIAL TIME = 0 ~ year ~ | FINAL TIME = 10 ~ year ~ | TIME STEP = 0.25 ~ year ~ | SAVEPER = 1 ~ year ~ |
"""
    )
    (tmp_path / "models/tank/model.toml").write_text(
        'title = {nl = "x", en = "x"}\n[equilibrium]\nduration = 400\nset = {rest = 1.0}\n'
    )
    model = sdsocec.load_model("tank", Project(tmp_path))
    rows = np.array([[10.0, 0.5, 20.0], [0.0, 0.0, 7.0], [10.0, 0.0, 20.0], [10.0, 0.5, 0.0]])
    names = ("inflow", "loss", "initial tank")
    for which, rest in (([0, 3], [20, 20]), ([1, 0], [7, 20]), ([0, 1, 3], [20, 7, 20]), ([3, 0], [20, 20])):
        np.testing.assert_allclose(spin_up(model, Design(names, rows[which])).values[:, -1], rest, rtol=1e-6)
    for which in ([0, 2], [2], [2, 1]):
        with pytest.raises(RunError, match="'tank' still moves"):
            spin_up(model, Design(names, rows[which]))


def test_rows_far_apart_each_rest_where_running_brings_them(two_pools):
    rows = Design(("stay", "wait"), np.random.default_rng(3).uniform([0.5, 0.5], [60.0, 10.0], (50, 2)))
    found, run = spin_up(two_pools, rows), spin_up(two_pools, rows, by_running=True)
    np.testing.assert_allclose(found.values, run.values, rtol=1e-6)
    assert max(speed for _, speed in drift(two_pools, found).worst()) < 1e-9


def test_a_rest_that_does_not_hold_is_not_one(tmp_path):
    """x grows above 1 and shrinks to nothing below it: 1 is a balance on a needle's point, where Newton's method would stop."""
    for folder in ("models/needle", "scenarios"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "models/needle/model.mdl").write_text(
        """{UTF-8}
rest = 0 ~ dmnl [0,1] ~ Unused. |
rate = 1 ~ 1/year ~ Speed. |
x = INTEG(rate * x * (x - 1), initial x) ~ dmnl ~ On a needle. |
initial x = 0.9 ~ dmnl [0,2] ~ Where it starts. |
used = rest * x ~ dmnl ~ Use. |
INITIAL TIME = 0 ~ year ~ | FINAL TIME = 10 ~ year ~ | TIME STEP = 0.25 ~ year ~ | SAVEPER = 1 ~ year ~ |
"""
    )
    (tmp_path / "models/needle/model.toml").write_text(
        'title = {nl = "x", en = "x"}\n[equilibrium]\nduration = 400\nset = {rest = 1.0}\n'
    )
    model = sdsocec.load_model("needle", Project(tmp_path))
    found = spin_up(model, Design(("initial x",), np.array([[0.9]])))
    assert abs(found.values[0, -1]) < 1e-6
    with pytest.raises(RunError, match="is not finite"):
        spin_up(model, Design(("initial x",), np.array([[1.1]])))


def test_drift_is_the_relative_change_at_rest(two_pools):
    """Twice the stay: a sixth of a twelfth of the used things too few come back; both stocks move by 5 a year at first."""
    moving = drift(two_pools, Design(("stay", "TIME STEP"), np.array([[12.0, 1.0]])))
    assert moving.stocks == ("free", "used")
    np.testing.assert_allclose(moving.per_year, [[5 / 20, 5 / 60]])
    assert moving.worst() == [("free", 0.25)]


def test_a_run_from_its_equilibrium_starts_at_rest(two_pools):
    at = sdsocec.run(two_pools, settings={"stay": 12.0, "rest": 1.0}, initial="equilibrium")
    np.testing.assert_allclose(at["used"].values, 80 * 12 / 14, rtol=1e-8)
    assert at.attrs["initial"] == "equilibrium"
    stored = sdsocec.run(two_pools, settings={"stay": 12.0, "rest": 1.0})
    assert float(stored["used"][0, 0]) == 60 and float(stored["used"][0, -1]) > 62


def test_a_model_without_the_section_says_what_to_add():
    with pytest.raises(ProjectError, match="does not say how it is brought to rest"):
        spin_up(sdsocec.load_model("first_steps"), NO_CHANGES)


# --- the model of the study ---------------------------------------------------------------------------------------------


def test_the_stored_table_and_the_parameters_belong_together():
    """Every initial value of the .mdl is what a spin-up from the parameters of the .mdl gives."""
    for name, (stored, found) in stored_and_found(study(), {}).items():
        assert found == pytest.approx(stored, rel=1e-8, abs=1e-12), name
    assert drift(study(), NO_CHANGES).per_year.max() <= AT_REST


@pytest.mark.parametrize(
    "name",
    ["matching elasticity", "matching speed", "base discouragement", "bass q", "people 2000", "tau long", "onset rate"],
)
def test_another_parameter_needs_another_table(name):
    """The test above would fail: a parameter that acts in 2000, changed by 2 %, moves the rest."""
    value = constant_values(study().equations)[name]
    pairs = stored_and_found(study(), {name: value * 1.02})
    assert max(abs(found - stored) / max(stored, 1e-12) for stored, found in pairs.values()) > 1e-4


def test_an_independent_implementation_found_the_same_equilibrium():
    with INDEPENDENT.open(newline="") as file:
        independent = {
            f"{row['variable']}[{row['subscripts']}]" if row["subscripts"] else row["variable"]: float(row["value"])
            for row in csv.DictReader(file)
        }
    found = {name: value for name, (_, value) in stored_and_found(study(), {}).items()}
    common = {name.replace(", ", ","): value for name, value in independent.items()}.keys() & found.keys()
    assert len(common) >= 80
    for name in common:
        assert found[name] == pytest.approx(independent[name], rel=1e-7, abs=1e-12), name


def test_the_spin_up_does_not_need_the_stored_table():
    """Started from a third of the people moved elsewhere, it finds the same state."""
    model = study()
    values = constant_values(model.equations)
    people = [c for s, c in initial_constants(model.equations).items() if s.startswith("people ") and values[c] > 0]
    factors = np.random.default_rng(7).uniform(0.5, 1.5, len(people))
    moved = spin_up(
        model, Design(tuple(people), np.array([[values[c] * f for c, f in zip(people, factors, strict=True)]]))
    )
    for name in people:
        assert moved.values[0, moved.names.index(name)] == pytest.approx(values[name], rel=1e-6), name


def test_solving_and_running_find_the_same_rest():
    """Parameters anywhere in their ranges; 85 stocks each."""
    model = study()
    names = ["matching speed", "matching elasticity", "tau long", "base discouragement", "base reactivation", "onset rate",
             "layoff sensitivity", "vacancy cancel time", "demand 2000", "bass q", "people 2000"]  # fmt: skip
    design = sdsocec.random_design(model, 24, seed=3, names=names)
    solved, ran = spin_up(model, design), spin_up(model, design, by_running=True)
    assert solved.names == ran.names
    np.testing.assert_allclose(solved.values, ran.values, rtol=2e-8, atol=1e-9)


def test_a_run_says_when_the_stored_values_do_not_belong(sdsocec_program):
    outcome = sdsocec_program(
        "run", "-m", "social_economy", "baseline", "-s", "matching elasticity=0.45", "--no-figure"
    )
    assert outcome.code == 0
    assert "the stored initial values do not belong to these settings: at rest 'vacancies' moves by" in outcome.err
    assert "--initial equilibrium" in outcome.err
    quiet = sdsocec_program("run", "-m", "social_economy", "baseline", "-s", "obligation=0.5", "--no-figure")
    assert "do not belong" not in quiet.err
    own = sdsocec_program(
        "run",
        "-m",
        "social_economy",
        "baseline",
        "-s",
        "matching elasticity=0.45",
        "--no-figure",
        "--initial",
        "equilibrium",
    )
    assert "do not belong" not in own.err


def test_only_what_acts_before_levers_move_needs_a_look():
    assert not acts_at_rest(study(), {"obligation scenario", "obligation from year", "FINAL TIME"})
    assert acts_at_rest(study(), {"obligation scenario", "bass q"})
    assert acts_at_rest(study(), {"obligation baseline"})


def test_the_command_compares_and_writes_numbers_only(sdsocec_program, tmp_path):
    sdsocec_program("init", "own")
    for name in ("first_steps", "README.md"):
        shutil.rmtree(tmp_path / "own" / "models" / name, ignore_errors=True)
    path = tmp_path / "own/models/social_economy/model.mdl"
    text = path.read_text()
    assert "\nmatching elasticity=\n\t0.5\n" in text
    path.write_text(text.replace("\nmatching elasticity=\n\t0.5\n", "\nmatching elasticity=\n\t0.48\n"))
    before = path.read_text().splitlines()
    command = ("equilibrium", "-m", "social_economy", "--project", "own")
    outcome = sdsocec_program(*command)
    assert outcome.code == 1 and "do not belong to these parameters" in outcome.out
    assert path.read_text().splitlines() == before
    assert sdsocec_program(*command, "--write").code == 0
    outcome = sdsocec_program(*command)
    assert outcome.code == 0 and "The stored initial values belong to these parameters." in outcome.out
    changed = [(a, b) for a, b in zip(before, path.read_text().splitlines(), strict=True) if a != b]
    assert 30 < len(changed) < 80
    for was, now in changed:
        float(was.replace("~~|", "")), float(now.replace("~~|", ""))  # numbers, and nothing else


def test_write_with_set_is_refused(sdsocec_program):
    outcome = sdsocec_program("equilibrium", "-m", "social_economy", "--write", "-s", "bass q=0.3")
    assert outcome.code == 2
    assert outcome.err.startswith("error: --write and --set do not go together")


def test_a_wrong_name_in_the_section_is_one_message(tmp_path):
    for folder in ("models/pools", "scenarios"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "models/pools/model.mdl").write_text(TWO_POOLS)
    (tmp_path / "models/pools/model.toml").write_text(CARD.replace('"used"]', '"usd"]'))
    with pytest.raises(sdsocec.SdsocecError) as caught:
        sdsocec.load_model("pools", Project(tmp_path))
    assert "'model.mdl' has no variable 'usd'" in str(caught.value) and "Did you mean 'used'" in str(caught.value)


def test_the_result_is_the_same_under_pysd_when_it_starts_at_rest(two_pools):
    row = spin_up(two_pools, Design(("stay",), np.array([[9.0]])))
    native = run_design(two_pools.equations, row, engine="native").trajectories.values
    pysd = run_design(two_pools.equations, row, engine="pysd").trajectories.values
    np.testing.assert_allclose(native, pysd, rtol=1e-9)


# --- what a strict reading found ------------------------------------------------------------------------------------------


def test_a_setting_that_the_equilibrium_computes_is_refused_not_ignored():
    """It used to be overwritten without a word, and the table said that it was used."""
    for name in ("tightness norm", "initial not working[home,b20]"):
        with pytest.raises(sdsocec.SdsocecError, match="is set, but a start from equilibrium computes it"):
            sdsocec.run(study(), ["baseline"], settings={name: 0.4}, initial="equilibrium")


def test_a_run_s_bits_do_not_depend_on_the_scenarios_beside_it_when_it_starts_at_rest():
    settings = {"matching elasticity": 0.47}
    alone = sdsocec.run(study(), ["publiek"], settings=settings, initial="equilibrium")
    beside = sdsocec.run(study(), ["regulier", "publiek"], settings=settings, initial="equilibrium")
    for name in alone.data_vars:
        np.testing.assert_array_equal(alone[name].values[0], beside[name].sel(scenario="publiek").values)


def test_set_is_held_against_the_equilibrium_not_the_stored_value(sdsocec_program):
    outcome = sdsocec_program("equilibrium", "-m", "social_economy", "-s", "tightness norm=0.4")
    assert "do not belong to these parameters" in outcome.out and "\t0.4\t" in outcome.out


def test_a_time_step_that_does_not_divide_a_year_still_runs():
    result = sdsocec.run(study(), ["baseline"], settings={"TIME STEP": 0.03, "SAVEPER": 0.3, "jobhop": 0.5})
    assert result.sizes["time"] > 60


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"all things" =', '"All  Things" =', None),
        ('variable = "share used"', 'variable = "Share Used"', None),
        ('"usual share" =', '"Usual Share" =', None),
        ('["free", "used"]', '["free", "used[x]"]', "'used[x]' is an element; name the whole variable"),
    ],
)
def test_names_in_the_section_may_be_spelt_in_any_case(tmp_path, old, new, message):
    for folder in ("models/pools", "scenarios"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "models/pools/model.mdl").write_text(TWO_POOLS)
    assert old in CARD
    (tmp_path / "models/pools/model.toml").write_text(CARD.replace(old, new))
    if message is None:
        model = sdsocec.load_model("pools", Project(tmp_path))
        assert spin_up(model, Design(("stay",), np.array([[12.0]]))).values.shape == (1, 4)
    else:
        with pytest.raises(sdsocec.SdsocecError) as caught:
            sdsocec.load_model("pools", Project(tmp_path))
        assert message in str(caught.value)
