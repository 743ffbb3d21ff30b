"""Who went from where to where: the account closes, over any span, for all people and for some groups, lumped or not."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sdsocec
from sdsocec.api import run_scenarios
from sdsocec.errors import SdsocecError
from sdsocec.model.card import PeopleCell
from sdsocec.model.people import Move
from sdsocec.report.flows import flow_data
from sdsocec.results.flows import PeopleFlows, measure_flows
from sdsocec.results.origins import LUMPED, OUTSIDE, lump, origin_destination


@cache
def first_steps():
    model = sdsocec.load_model("first_steps")
    runs = run_scenarios(model)
    return model, measure_flows(model, runs.design, runs.run, [s.name for s in runs.scenarios])


def by_hand():
    """Two places with two groups: 5 people enter low work, 3 go home from it, 2 rise a group at work, 1 leaves."""
    cells = tuple(
        PeopleCell(f"{place}[{group}]", "s", place, group) for place in ("work", "home") for group in ("low", "high")
    )
    moves = (
        Move("entry", None, "work[low]"),
        Move("going home", "work[low]", "home[low]"),
        Move("training", "work[low]", "work[high]"),
        Move("leaving", "work[high]", None),
    )
    people = np.array([[[5.0, 3.0, 2.0, 1.0]]])
    levels = np.array([[[10.0, 4.0, 7.0, 0.0], [10.0, 5.0, 10.0, 0.0]]])
    return PeopleFlows(np.array([2010.0, 2011.0]), cells, levels, moves, people, "kpers")


def assert_closed(found):
    scale = max(float(np.abs(found.opening).sum()), 1.0)
    np.testing.assert_allclose(found.opening + found.came - found.left, found.closing, rtol=0, atol=1e-9 * scale)


def test_a_small_account_is_as_worked_out_by_hand():
    found = origin_destination(by_hand(), 0)
    assert found.ends == ("work", "home", OUTSIDE)
    assert found.went.tolist() == [[0, 3, 1], [0, 0, 0], [5, 0, 0]]  # training is no going
    assert found.came.tolist() == [5, 3] and found.left.tolist() == [4, 0]
    assert_closed(found)


def test_who_rises_out_of_a_group_leaves_for_the_other_groups():
    found = origin_destination(by_hand(), 0, groups=["LOW"])
    assert found.ends == ("work", "home", "outside", "other groups")
    assert found.went[0].tolist() == [0, 3, 0, 2] and found.went[2].tolist() == [5, 0, 0, 0]
    assert found.opening.tolist() == [10, 7]
    assert_closed(found)


@settings(max_examples=30, deadline=None)
@given(run=st.integers(0, 4), years=st.sets(st.integers(2000, 2020), min_size=2), share=st.floats(0, 0.5))
def test_every_span_closes_and_lumping_keeps_everybody(run, years, share):
    _, flows = first_steps()
    found = origin_destination(flows, run, min(years), max(years))
    assert_closed(found)
    small = lump(found, share)
    assert_closed(small)
    for name in ("opening", "closing", "went"):
        np.testing.assert_allclose(getattr(small, name).sum(), getattr(found, name).sum(), rtol=1e-12)


def test_a_span_is_the_sum_of_the_years_in_the_table_of_flows():
    model, flows = first_steps()
    names = ["baseline", "sociaal-ondernemen", "regulier", "publiek-privaat", "publiek"]
    rows = flow_data(flows, model, names)[0].rows
    found = origin_destination(flows, 4, 2010, 2015)
    factor = model.card.unit(flows.unit)[0]
    of_table = sum(row[5] for row in rows if row[0] == "publiek" and 2010 <= row[1] < 2015)
    assert found.went.sum() * factor == pytest.approx(of_table, rel=1e-12)
    a, b = found.ends.index("unemployed"), found.ends.index("regular employed")
    label = {p: model.card.element_label(p, "en") for p in ("unemployed", "regular employed")}
    one = [row for row in rows if (row[2], row[3]) == tuple(label.values()) and row[0] == "publiek"]
    assert found.went[a, b] * factor == pytest.approx(sum(row[5] for row in one if 2010 <= row[1] < 2015), rel=1e-12)


def test_small_places_are_one_and_empty_ones_are_gone():
    _, flows = first_steps()
    found = origin_destination(flows, 0)
    small = lump(found, 0.01)
    assert small.places == ("unemployed", "target group without work", "regular employed", LUMPED)
    assert small.lumped == ("wsw employed", "social enterprise employed")  # nobody is in the others in the baseline
    assert lump(found, 0.0).lumped == ()


def test_one_small_place_keeps_its_name():
    found = origin_destination(by_hand(), 0)
    assert lump(found, 0.4).places == ("work", "home")


@pytest.mark.parametrize(
    ("start", "end", "groups", "message"),
    [
        (2012.5, None, (), "people per year are not known for 2012.5\n  Whole years from 2000 to 2020."),
        (2015, 2010, (), "from 2015 to 2010 is no span of years"),
        (2010, 2010, (), "from 2010 to 2010 is no span of years"),
        (None, None, ["b20"], "no people are of the group 'b20'\n  The card of this model names no groups"),
    ],
)
def test_a_wrong_span_or_group_is_one_message(start, end, groups, message):
    with pytest.raises(SdsocecError) as error:
        origin_destination(first_steps()[1], 0, start, end, groups)
    assert str(error.value).startswith(message)
