"""The scenario plane: corners are scenarios bit for bit, and what lies between is between."""

from __future__ import annotations

import shutil
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sdsocec
from sdsocec.api import run_scenarios
from sdsocec.engine import constant_values
from sdsocec.errors import ProjectError, ScenarioError
from sdsocec.model.project import Project, bundled_project
from sdsocec.scenario import load_scenario
from sdsocec.scenario.plane import load_plane, read_point, scenario_at

CORNERS = {(0, 0): "sociaal-ondernemen", (0, 1): "regulier", (1, 1): "publiek-privaat", (1, 0): "publiek"}
unit = st.floats(0, 1)


@cache
def study():
    return sdsocec.load_model("social_economy")


@cache
def plane():
    return load_plane(study())


@pytest.mark.parametrize(("place", "name"), CORNERS.items())
def test_a_corner_is_its_scenario_bit_for_bit(place, name):
    corner = scenario_at(study(), {"g": place[0], "v": place[1]})
    runs = run_scenarios(study(), [corner, load_scenario(name, study())])
    values = runs.run.trajectories.values
    assert values[0].tobytes() == values[1].tobytes()


@given(unit, unit)
@settings(max_examples=20, deadline=None)
def test_intensity_0_is_the_base_everywhere(g, v):
    defaults = constant_values(study().equations)
    point = scenario_at(study(), {"g": g, "v": v, "intensity": 0.0}, plane())
    base = plane().base
    for name in point.values.keys() | base.values.keys():
        assert point.values.get(name, defaults[name]) == base.values.get(name, defaults[name])


@given(unit, unit, unit)
@settings(max_examples=50, deadline=None)
def test_every_lever_lies_between_the_corners_and_the_base(g, v, intensity):
    defaults = constant_values(study().equations)
    point = scenario_at(study(), {"g": g, "v": v, "intensity": intensity}, plane())
    for lever in study().card.levers:
        name = f"{lever.name} scenario"
        ends = [s.values.get(name, defaults[name]) for s in (plane().base, *plane().corners.values())]
        slack = 1e-12 * max(map(abs, ends))
        assert min(ends) - slack <= point.values[name] <= max(ends) + slack


def test_halfway_along_an_edge_a_lever_is_the_mean_of_its_ends():
    values = scenario_at(study(), {"g": 0.5, "v": 1.0}).values
    regulier, mixed = (load_scenario(name, study()).values for name in ("regulier", "publiek-privaat"))
    for name in ("quota share scenario", "pps investment scenario", "risk cover scenario"):
        assert values[name] == pytest.approx((regulier.get(name, 0) + mixed.get(name, 0)) / 2)


def test_dates_are_those_of_the_corners_that_move_the_lever():
    values = scenario_at(study(), {"g": 0.3, "v": 0.6, "intensity": 0.5}).values
    assert (values["quota share from year"], values["quota share full year"]) == (2014, 2014)


def test_outcomes_change_gradually_between_corners():
    points = [scenario_at(study(), {"g": g, "v": 0.0}, plane()) for g in np.linspace(0, 1, 5)]
    share = run_scenarios(study(), points).dataset()["wb employment share"].isel(time=-1).values
    assert (np.diff(share) >= 0).all() and share[0] == 0 and share[-1] > 0.2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("g=0.4", "a point of the plane needs 'v'"),
        ("g=0.4,v=1.5", "'v' is 1.5; it must be between 0 and 1"),
        ("g=0.4,w=1", "the plane has no axis 'w'"),
        ("g=0.4,v=0.5,intensty=1", "Did you mean 'intensity'?"),
        ("g=0,4,v=1", "'4' is not a place on an axis"),
        ("g=0.4,g=1,v=1", "'g' is given twice"),
        ("g=nan,v=1", "'g=nan' is not a place on an axis"),
        ("g=0_1,v=1", "'g=0_1' is not a place on an axis"),
        ("", "'' is not a place on an axis"),
    ],
)
def test_a_wrong_point_is_one_message(sdsocec_program, text, message):
    outcome = sdsocec_program("run", "-m", "social_economy", "--at", text)
    assert outcome.code == 2 and message in outcome.err and outcome.err.count("error:") == 1
    with pytest.raises(ScenarioError):
        read_point(plane(), text)


def test_a_model_without_a_plane_says_so(sdsocec_program):
    outcome = sdsocec_program("run", "-m", "first_steps", "--at", "g=0,v=0")
    assert outcome.code == 2 and "the scenarios of 'first_steps' span no plane" in outcome.err


def test_points_run_beside_the_base_or_the_scenarios_named(sdsocec_program):
    arguments = ("run", "-m", "social_economy", "--no-figure", "--at", "g=0.4,v=0.7,intensity=0.5")
    assert "scenarios: baseline, g=0.4,v=0.7,intensity=0.5" in sdsocec_program(*arguments).err
    assert "scenarios: regulier (Regular), g=0.4,v=0.7,intensity=0.5" in sdsocec_program(*arguments, "regulier").err


@pytest.fixture
def own(tmp_path):
    for part in ("models", "scenarios"):
        shutil.copytree(bundled_project().root / part, tmp_path / part)
    return Project(tmp_path), tmp_path / "scenarios/social_economy/plane.toml"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("at = {g = 1.0, v = 1.0}", "at = {g = 1.0, v = 0.0}", "this corner stands twice"),
        ("at = {g = 1.0, v = 1.0}", "at = {g = 1.0}", "a corner gives 0 or 1 for each of: g, v"),
        ("at = {g = 1.0, v = 1.0}", "at = {g = 1.0, v = 0.5}", "a corner gives 0 or 1 for each of: g, v"),
        ('scenario = "publiek"', 'scenario = "publik"', "Did you mean 'publiek'?"),
        ("[axes.g]", "[axes.intensity]", "'intensity' is an axis of every plane"),
    ],
)
def test_a_wrong_plane_is_one_message(own, old, new, message):
    project, path = own
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises((ScenarioError, ProjectError)) as caught:
        load_plane(sdsocec.load_model("social_economy", project))
    assert message in str(caught.value)


def test_a_missing_corner_is_named(own):
    project, path = own
    text = path.read_text()
    path.write_text(text[: text.rindex("[[corner]]")])
    with pytest.raises(ScenarioError, match="the plane has no corner at g=1,v=1"):
        load_plane(sdsocec.load_model("social_economy", project))


def test_corners_with_other_dates_are_refused(own):
    project, path = own
    scenario = path.with_name("regulier.toml")
    scenario.write_text(scenario.read_text().replace("full = 2013", "full = 2014", 1))
    with pytest.raises(ScenarioError, match="full year' differs between corners"):
        load_plane(sdsocec.load_model("social_economy", project))


def test_a_lever_that_no_corner_moves_keeps_its_value(own):
    """Weights that do not sum to 1 to the last bit made it move, by a rounding error, on no date."""
    project, path = own
    for name in ("sociaal-ondernemen", "regulier", "publiek", "publiek-privaat"):
        file = path.with_name(f"{name}.toml")
        text = file.read_text()
        at = text.find('[levers."se campaign"]')
        if at >= 0:
            end = text.find("[levers", at + 5)
            file.write_text(text[:at] + (text[end:] if end > 0 else ""))
    point = scenario_at(sdsocec.load_model("social_economy", project), {"g": 0.1, "v": 0.2})
    assert point.values["se campaign scenario"] == 0.1


def test_two_near_points_have_two_names():
    a, b = (scenario_at(study(), {"g": g, "v": 0.5}, plane()) for g in (0.1234567890123456, 0.1234567890123462))
    assert a.name != b.name and a.digest != b.digest


def test_a_point_in_text_is_refused_from_python():
    with pytest.raises(ScenarioError, match=r"'g' is '0\.4'; it must be a number"):
        scenario_at(study(), {"g": "0.4", "v": 0.5}, plane())
