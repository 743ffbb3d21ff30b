"""From Python, a model, a scenario and an outcome may be given by name, one by itself or several."""

from __future__ import annotations

import numpy as np
import pytest

import sdsocec
from sdsocec.errors import SdsocecError


@pytest.fixture(scope="module")
def model():
    return sdsocec.load_model("first_steps")


def test_a_model_by_name_is_that_model(model):
    for study in (sdsocec.sensitivity, sdsocec.robust):
        options = {"n": 64} if study is sdsocec.sensitivity else {"n": 64, "only": "rankings"}
        assert study("first_steps", **options).attributes() == study(model, **options).attributes()
    assert sdsocec.check("first_steps").results == sdsocec.check(model).results


def test_one_scenario_or_outcome_by_itself_is_one_and_not_its_letters(model, tmp_path):
    one = sdsocec.sweep(model, "regulier", n=8, outcomes="unemployed", out=tmp_path / "one")
    listed = sdsocec.sweep(model, ["regulier"], n=8, outcomes=["unemployed"], out=tmp_path / "listed")
    assert one.outputs == ("unemployed",)
    assert np.array_equal(one.values("unemployed"), listed.values("unemployed"))
    found = sdsocec.sensitivity(model, "regulier", outcomes="unemployed", vary="imitation", n=64)
    assert [s.name for s in found.experiment.scenarios] == ["regulier"]
    assert list(found.outcomes) == ["unemployed"]
    assert [f.name for f in found.factors] == ["imitation"]
    ranked = sdsocec.robust(model, "regulier", outcomes="unemployed", n=64, only="rankings")
    assert [s.name for s in ranked.scenarios] == ["baseline", "regulier"]


@pytest.mark.parametrize("study", ["sensitivity", "robust", "sweep"])
def test_a_scenario_named_twice_or_wrongly_is_one_message(model, study, tmp_path):
    options = {"out": tmp_path / "a"} if study == "sweep" else {}
    with pytest.raises(SdsocecError, match="'regulier' is named twice"):
        getattr(sdsocec, study)(model, ["regulier", "regulier"], n=64, **options)
    with pytest.raises(SdsocecError, match="no scenario 'regulie'") as error:
        getattr(sdsocec, study)(model, "regulie", n=64, **options)
    assert error.value.nearest == "regulier"
    assert not (tmp_path / "a").exists()


def test_a_sweep_shows_itself_in_a_line(model, tmp_path):
    shown = repr(sdsocec.sweep(model, "regulier", n=8, outcomes="unemployed", out=tmp_path / "a"))
    assert shown == f"<Sweep '{tmp_path / 'a'}' of first_steps: 8 of 8 rows in regulier; unemployed>"
