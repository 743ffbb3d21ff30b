"""Profiles: the model with a place's numbers, brought to rest, scaled to its size, silent about what is too small."""

from __future__ import annotations

import shutil
from functools import cache

import numpy as np
import pytest

import sdsocec
from sdsocec.api import run_scenarios
from sdsocec.errors import ScenarioError
from sdsocec.model.project import Project, bundled_project
from sdsocec.scenario import load_scenario
from sdsocec.scenario.equilibrium import AT_REST, drift, spin_up
from sdsocec.scenario.profiles import load_profile, profile_names

# Persons on bijstand per 1000 inhabitants, mean of 2015-17 (CBS / waarstaatjegemeente.nl), and the national 35.9 of 2016
BIJSTAND = {
    "gilze-en-rijen": 27.4, "isd-midden-langstraat": 23.2, "smallingerland": 53.4,
    "hengelo": 49.5, "zutphen": 52.4, "assen": 50.0,
}  # fmt: skip


@cache
def study():
    return sdsocec.load_model("social_economy")


@cache
def national():
    return sdsocec.run(study(), ["baseline"])


def test_the_six_partners_of_the_study_are_there():
    assert set(profile_names(study())) == set(BIJSTAND)


@pytest.mark.parametrize("name", BIJSTAND)
def test_a_profile_has_its_own_bijstand(name):
    """The demand scale was solved so that bijstand per head in the middle of 2016 is what the record says; two digits hold."""
    own = sdsocec.run(study(), ["baseline"], profile=name)

    def per_head(result):
        at = result.isel(scenario=0).sel(time=2016.5)
        return float(at["bijstand"] / at["people"])

    assert per_head(own) / per_head(national()) == pytest.approx(BIJSTAND[name] / 35.9, rel=0.01)


@pytest.mark.parametrize("name", BIJSTAND)
def test_a_profile_starts_at_rest(name):
    from sdsocec.engine import Design, constant_values

    values = constant_values(study().equations)
    rest = spin_up(study(), Design.of_rows([dict(load_profile(name, study()).values)], values))
    assert drift(study(), rest).per_year.max() <= AT_REST
    assert sdsocec.run(study(), ["baseline"], profile=name).attrs["initial"] == "equilibrium"


def test_amounts_are_scaled_and_ratios_are_not():
    """The size alone: a place that is the country but for its share."""
    from dataclasses import replace

    place = replace(load_profile("assen", study()), values={}, share=0.25)
    whole = run_scenarios(study(), [load_scenario("regulier", study())], initial="equilibrium").dataset()
    part = run_scenarios(study(), [load_scenario("regulier", study())], profile=place).dataset()
    for name, array in whole.data_vars.items():
        is_amount = array.attrs["units"] in ("kpers", "kpers/year", "Meuro", "Meuro/year")
        factor = 0.25 if is_amount and array.attrs["kind"] != "constant" else 1.0  # a constant is what the run used
        np.testing.assert_array_equal(part[name].values, array.values * factor, err_msg=str(name))


def test_every_assumption_of_a_profile_has_its_source():
    for name in profile_names(study()):
        profile = load_profile(name, study())
        assert set(profile.sources) == {"size", *profile.values}
        assert all(len(source) > 30 for source in profile.sources.values())


def test_the_result_says_which_place_it_is():
    import json

    attributes = sdsocec.run(study(), ["baseline"], profile="zutphen").attrs
    assert json.loads(attributes["profile"])["name"] == "zutphen"
    assert json.loads(attributes["profile"])["share"] == 0.00278


def test_a_run_warns_where_numbers_are_too_small(sdsocec_program):
    outcome = sdsocec_program("run", "-m", "social_economy", "--no-figure", "--profile", "gilze-en-rijen")
    assert outcome.code == 0
    assert "too small to mean anything" in outcome.err
    assert "too small" not in sdsocec_program("run", "-m", "social_economy", "--no-figure").err


def test_a_misspelt_profile_is_one_message(sdsocec_program):
    outcome = sdsocec_program("run", "-m", "social_economy", "--profile", "hengelu")
    assert (
        outcome.code == 2 and "there is no profile 'hengelu'" in outcome.err and "Did you mean 'hengelo'" in outcome.err
    )
    assert "The model has no profiles" in sdsocec_program("run", "-m", "first_steps", "--profile", "x").err


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("share = 0.00396", "share = 1.5", "1.5"),
        ("value = 1.39", "value = 9", "it must be between"),
        ('"sw scale"', '"sw scal"', "sw scale"),
        ('name = "assen"', 'name = "hengelo"', "the profile's name is 'hengelo', the file's 'assen'"),
    ],
)
def test_a_wrong_profile_is_one_message(tmp_path, old, new, message):
    for part in ("models", "scenarios"):
        shutil.copytree(bundled_project().root / part, tmp_path / part)
    path = tmp_path / "scenarios/social_economy/municipalities/assen.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ScenarioError) as caught:
        load_profile("assen", sdsocec.load_model("social_economy", Project(tmp_path)))
    assert message in str(caught.value) and "assen.toml:" in str(caught.value)


def test_a_constant_that_a_scenario_and_a_profile_both_set_is_refused(tmp_path):
    """The profile used to win without a word."""
    for part in ("models", "scenarios"):
        shutil.copytree(bundled_project().root / part, tmp_path / part)
    model = sdsocec.load_model("social_economy", Project(tmp_path))
    baseline = load_scenario("baseline", model).with_settings({"demand scale": 0.98})
    with pytest.raises(sdsocec.SdsocecError, match="both set 'demand scale'"):
        sdsocec.run(model, baseline, profile="assen")


def test_a_profile_does_not_start_from_the_stored_values_without_a_word(sdsocec_program):
    outcome = sdsocec_program("run", "-m", "social_economy", "--profile", "assen", "--initial", "stored")
    assert outcome.code == 2 and "'assen' starts from its own equilibrium" in outcome.err
    assert "there is no start 'stord'" in sdsocec_program("run", "-m", "social_economy", "--initial", "stord").err


def test_a_profile_that_is_no_name_is_one_message():
    with pytest.raises(sdsocec.SdsocecError, match="there is no profile '3'"):
        sdsocec.run(study(), ["baseline"], profile=3)


def test_a_constant_twice_in_a_profile_is_refused(tmp_path):
    for part in ("models", "scenarios"):
        shutil.copytree(bundled_project().root / part, tmp_path / part)
    path = tmp_path / "scenarios/social_economy/municipalities/assen.toml"
    path.write_text(path.read_text() + '\n[constants."Vulnerable  Scale"]\nvalue = 1.2\nsource = "assumption"\n')
    with pytest.raises(ScenarioError, match="'vulnerable scale' is set twice in this file"):
        load_profile("assen", sdsocec.load_model("social_economy", Project(tmp_path)))
