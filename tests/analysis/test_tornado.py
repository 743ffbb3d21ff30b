"""How far each input alone moves an outcome, on a model that can be worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

import sdsocec
from sdsocec.analysis.tornado import LEVELS, n_runs, run_tornado
from sdsocec.errors import DesignError, RunError, SdsocecError
from sdsocec.scenario import as_it_stands, default_scenarios
from sdsocec.scenario.factors import factors_of

from . import small_rest

# At the end level = 10 + 2 a, so y = 10 + 2 a + 100 (b - 0.5)^2; as it stands 21.
HAND = """{UTF-8}
part: first, second ~~|
level = INTEG(a, 10) ~ kg ~ |
y = level + 100 * (b - 0.5) * (b - 0.5) + 0 * SUM(x[part!]) ~ kg ~ |
root = SQRT(a - 0.5) ~ kg ~ |
a = 1 ~ kg/year ~ |
b = 0.2 ~ Dmnl ~ |
idle = 4 ~ Dmnl ~ |
x[part] = 1, 2 ~ Dmnl ~ |
INITIAL TIME = 0 ~ year ~~|
FINAL TIME = 2 ~ year ~~|
TIME STEP = 0.5 ~ year ~~|
SAVEPER = TIME STEP ~ year ~~|
"""
VARY = ("a=uniform(0, 2)", "b=uniform(0, 1)", "idle=triangular(0, 1, 2)")


@pytest.fixture
def model(tmp_path):
    (tmp_path / "hand.mdl").write_text(HAND, encoding="utf-8")
    return sdsocec.load_model(tmp_path / "hand.mdl")


def of(model, vary=VARY, outputs=("y",), **more):
    return run_tornado(model, [as_it_stands(model)], factors_of(model, names=vary), list(outputs), **more)


def test_each_input_alone_goes_from_its_5_to_its_95_percent_point(model):
    found = of(model)
    tail = np.sqrt(0.05 * 2 * 1)
    np.testing.assert_allclose(found.levels[:, [0, -1]], [[0.1, 1.9], [0.05, 0.95], [tail, 2 - tail]])
    np.testing.assert_allclose(found.values[0, :, [0, -1], 0].T, [[19.2, 22.8], [32.25, 32.25], [21, 21]])
    np.testing.assert_allclose(found.stored, [[21.0]])
    np.testing.assert_allclose(found.own, [[1.0, 0.2, 4.0]])
    assert found.time == 2.0 and found.experiment.initial == "stored" and found.notice() is None
    assert found.attributes["range"] == "90" and list(json.loads(found.attributes["factors"])) == ["a", "b", "idle"]


def test_or_from_end_to_end_and_at_another_time(model):
    found = of(model, span="whole", time=1.0)
    np.testing.assert_allclose(found.levels[:, [0, -1]], [[0, 2], [0, 1], [0, 2]])
    np.testing.assert_allclose(found.values[0, 0, [0, -1], 0], [19.0, 21.0], err_msg="10 + a + 9")


def test_between_the_ends_nine_values_show_what_the_ends_hide(model):
    values = of(model).values[0, 1, :, 0]
    assert len(values) == LEVELS == 11
    assert values.min() == values[5] == 12.0, "at b = 0.5, below the value as it stands"
    assert n_runs(3, 2) == 2 * (1 + 33)


def test_an_input_of_several_constants_sets_them_all_and_has_no_one_value_of_its_own(model):
    found = of(model, ["x=uniform(0, 4)"])
    assert np.isnan(found.own).all() and np.isfinite(found.values).all()
    assert len(found.experiment.factors[0].constants) == 2


def test_runs_start_alike_if_one_input_moves_the_rest(tmp_path):
    model = small_rest.tank(tmp_path)
    closed, opened, grows = default_scenarios(model)
    factors = factors_of(model, names=["leak=uniform(0, 1)", "later=uniform(0, 1)"])
    found = run_tornado(model, [closed, opened, grows], factors, ["tank"])
    assert found.experiment.initial == "equilibrium"
    assert found.values[0, 0, :, 0] == pytest.approx(20.0), "closed, a leak lets nothing out"
    rest = [10 / (0.5 + leak) for leak in found.levels[0]]
    np.testing.assert_allclose(found.values[1, 0, :, 0], rest, rtol=1e-6, err_msg="the lever of 'open' stays 1")
    np.testing.assert_allclose(found.stored[:2, 0], [20.0, 20.0], rtol=1e-6)
    np.testing.assert_array_equal(found.own[:, 1], [0.0, 0.0, 1.0])
    np.testing.assert_array_equal(found.values[0, 1], found.values[2, 1], err_msg="what 'grows' sets is varied instead")


def test_differences_are_of_the_same_input_in_both_scenarios(tmp_path):
    model = small_rest.tank(tmp_path)
    closed, opened, grows = default_scenarios(model)
    factors = factors_of(model)
    whole = run_tornado(model, [closed, opened, grows], factors, ["tank"])
    found = run_tornado(model, [closed, opened, grows], factors, ["tank"], minus=closed)
    assert [scenario.name for scenario in found.scenarios] == ["open", "grows"]
    np.testing.assert_allclose(found.values, whole.values[1:] - whole.values[:1])
    np.testing.assert_allclose(found.stored, whole.stored[1:] - whole.stored[:1])
    assert found.attributes["minus"] == "closed"
    with pytest.raises(DesignError, match="there is no scenario to take the difference of"):
        run_tornado(model, [closed], factors, ["tank"], minus=closed)


def test_an_end_without_an_equilibrium_is_missing_and_said(tmp_path):
    model = small_rest.tank(tmp_path)
    factors = factors_of(model, names=["loss=uniform(-0.25, 1)", "leak=uniform(0, 1)"])
    found = run_tornado(model, default_scenarios(model)[:1], factors, ["tank"])
    assert found.has_ends.tolist() == [[[False], [True]]]
    assert np.isnan(found.values[0, 0, 0]).all() and np.isfinite(found.values[0, 0, -1]).all()
    assert found.notice().startswith("2 runs give no number, as loss varies; an input without both ends has no bar; ")
    assert "'closed with loss = -0.1875' does not come to rest" in found.notice()


def test_a_number_that_is_not_finite_is_missing(model):
    found = of(model, outputs=["y", "root"])
    assert found.has_ends[0].tolist() == [[True, False], [True, True], [True, True]]
    assert found.notice() == "3 runs give no number, as a varies; an input without both ends has no bar"


def test_a_scenario_that_gives_no_number_as_it_is_is_refused(model):
    low = as_it_stands(model).with_settings({"a": 0.0})
    with pytest.raises(RunError, match="'hand' as it is gives no finite number at 2"):
        run_tornado(model, [low], factors_of(model, names=["b=uniform(0, 1)"]), ["root"])


def test_wrong_requests_say_what_is_valid(model):
    with pytest.raises(DesignError, match="there is no range 'hole'\n  Did you mean 'whole'"):
        of(model, span="hole")
    with pytest.raises(SdsocecError, match=r"1.2 is not a saved time\n  .*the nearest is 1\."):
        of(model, time=1.2)


def test_the_same_question_has_the_same_numbers(model):
    first, again = of(model), of(model)
    np.testing.assert_array_equal(first.values, again.values)
    assert first.attributes == again.attributes
    assert of(model, span="whole").attributes["design_sha256"] != first.attributes["design_sha256"]
