"""Factors: what a design varies, and how."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sdsocec
from sdsocec.errors import DesignError
from sdsocec.model.distribution import Distribution
from sdsocec.scenario.factors import factors_of, values_of

EPIDEMIC = Path(__file__).parents[1] / "models" / "age_sir.mdl"


@pytest.fixture(scope="module")
def model():
    return sdsocec.load_model("first_steps")


def refused(model, over=None, names=()) -> str:
    with pytest.raises(DesignError) as refusal:
        factors_of(model, over, names)
    return str(refusal.value)


def test_the_uncertainties_are_those_of_the_card(model):
    found = factors_of(model)
    assert [f.name for f in found] == [u.name for u in model.card.uncertainties]
    assert [str(f.distribution) for f in found] == [
        str(Distribution.parse(u.distribution)) for u in model.card.uncertainties
    ]
    assert {f.kind for f in found} == {"uncertainty"}


def test_a_lever_varies_evenly_over_its_range_and_means_its_scenario_value(model):
    found = factors_of(model, "levers")
    assert [f.name for f in found] == [lever.name for lever in model.card.levers]
    for factor in found:
        assert factor.constants == (f"{factor.name} scenario",)
        assert (factor.distribution.low, factor.distribution.high) == model.ranges[factor.constants[0]]
        assert factor.distribution.mode is None


def test_both_are_the_uncertainties_and_then_the_levers(model):
    assert factors_of(model, "both") == factors_of(model) + factors_of(model, "levers")


def test_a_distribution_by_hand_replaces_that_of_the_card(model):
    found = {f.name: f for f in factors_of(model, "uncertainties", ["recession depth=uniform(0.01, 0.02)"])}
    assert found["recession depth"].distribution == Distribution(0.01, 0.02)
    assert found["recession depth"].source == "given by hand"
    assert len(found) == len(model.card.uncertainties)


def test_names_alone_are_the_only_factors(model):
    found = factors_of(model, names=["imitation", "quota share=uniform(0, 0.05)"])
    assert [f.name for f in found] == ["imitation", "quota share"]
    assert found[1].constants == ("quota share scenario",)


@pytest.mark.parametrize(
    ("over", "names", "words"),
    [
        ("uncertainty", (), ["nothing called 'uncertainty'", "'uncertainties'"]),
        (None, ["imitatio"], ["no constant or lever 'imitatio'", "'imitation'"]),
        (
            None,
            ["imitation=normal(0, 1)"],
            ["'normal(0, 1)' is not a distribution, for 'imitation'", "uniform(low, high)"],
        ),
        (None, ["imitation=uniform(-50, 50)"], ["leaves its range", "'imitation'"]),
        (None, ["imitation", "imitation=uniform(0.3, 0.4)"], ["'imitation' is varied twice"]),
        (None, ["unemployed=uniform(0, 1)"], ["'unemployed' is a stock"]),
    ],
)
def test_what_cannot_vary_is_refused(model, over, names, words):
    text = refused(model, over, names)
    assert all(word in text for word in words), text


def test_all_faults_are_told_together(model):
    text = refused(model, None, ["imitatio", "recession dept"])
    assert "'imitatio'" in text
    assert "'recession dept'" in text


def test_a_model_without_a_card_has_no_factors_of_its_own():
    model = sdsocec.load_model(EPIDEMIC)
    assert "lists no uncertainties to vary" in refused(model)
    assert "--vary" in refused(model)


def test_values_follow_the_columns_own_distributions(model):
    factors = factors_of(model)
    ends = values_of(factors, np.array([[0.0] * len(factors), [1.0] * len(factors)]))
    assert ends.tolist() == [[f.distribution.low for f in factors], [f.distribution.high for f in factors]]
