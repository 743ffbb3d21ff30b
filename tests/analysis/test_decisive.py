"""Which input decides, by how much chance alone would, and where along its range what a thing does changes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdsocec.analysis.robust.decisive import first_order, separating, share_interval, strongest
from sdsocec.analysis.robust.stretches import Stretch, find_stretches, intervals, verdicts
from sdsocec.model.distribution import Distribution


def sobol(n, d, seed=1):
    from scipy.stats import qmc

    return qmc.Sobol(d, seed=seed).random(n)


@pytest.mark.parametrize(("n", "error"), [(128, 0.06), (2048, 0.02)])
def test_the_first_order_index_is_that_of_the_formula_on_sobol_points(n, error):
    """Of 3 a + b it is 9/10 and 1/10, and 0 of c; RBD-FAST would give b 0.54 here."""
    x = sobol(n, 3)
    assert first_order(3 * x[:, 0] + x[:, 1], x) == pytest.approx([0.9, 0.1, 0.0], abs=error)


def test_inputs_that_do_nothing_do_not_beat_chance():
    """The level is one in twenty over all inputs together, and over all statements where there are many."""
    found = [strongest(np.random.default_rng(seed).standard_normal(256), sobol(256, 6, seed)) for seed in range(100)]
    assert sum(one.is_decisive for one in found) <= 11  # 5 are expected; more are rarer than one in a hundred
    many = [strongest(np.random.default_rng(seed).standard_normal(256), sobol(256, 6, seed), 30) for seed in range(100)]
    assert sum(one.is_decisive for one in many) <= 2


def test_an_input_that_explains_a_tenth_is_found_among_many_statements():
    x = sobol(512, 6)
    best = strongest(3 * x[:, 0] + np.random.default_rng(1).standard_normal(512) * 2.6, x, 60)
    assert best.position == 0 and 0.05 < best.share < 0.2 and best.is_decisive


def test_too_few_rows_and_a_constant_have_no_strongest_input():
    assert strongest(np.arange(20.0), sobol(32, 2)[:20]) is None
    assert strongest(np.ones(128), sobol(128, 2)) is None


def test_a_split_counts_every_row_on_one_side():
    x = sobol(256, 2)
    split = separating(x[:, 1] > 0.4, x, [Distribution(0, 1)] * 2)
    assert split.position == 1 and split.value == pytest.approx(0.4, abs=0.01)
    assert split.below[1] + split.above[1] == 256 and split.above[0] == split.above[1]
    assert separating(np.ones(256, dtype=bool), x, [Distribution(0, 1)] * 2) is None


def test_chance_is_not_taken_for_a_split():
    found = [
        separating(np.random.default_rng(seed).random(128) > 0.3, sobol(128, 8), [Distribution(0, 1)] * 8)
        for seed in range(20)
    ]
    assert sum(split.is_decisive for split in found) <= 3


def test_one_or_two_rows_make_no_split():
    x = sobol(256, 2)
    assert separating(x[:, 0] > np.sort(x[:, 0])[3], x, [Distribution(0, 1)] * 2) is None
    assert separating(x[:, 0] > np.sort(x[:, 0])[9], x, [Distribution(0, 1)] * 2, 60).is_decisive


def test_borders_of_several_things_are_closed_in_at_once():
    places = np.array([0.123, 0.777, 2.0])  # the third is beyond the grid
    grid = np.linspace(0, 1, 9)
    asked = []

    def evaluate(values, which):
        asked.append(len(values))
        return np.sign(places[which] - values)

    found = find_stretches(grid, np.sign(places - grid[:, None]), np.zeros(3), evaluate, 1e-3)
    assert [s[0].high for s in found[:2]] == pytest.approx([0.123, 0.777], abs=1e-3)
    assert found[2] == (Stretch(0.0, 1.0, "holds"),)
    assert all(n == 2 * 3 for n in asked), "both brackets in one call"


def test_where_the_grid_meets_the_unknown_it_is_said_and_closed_in():
    """Known, turned, unknown, and known again: none of it vanishes."""

    def margin(x):
        return np.where((x > 0.52) & (x < 0.81), np.nan, 0.31 - x)

    grid = np.linspace(0, 1, 9)
    (found,) = find_stretches(grid, margin(grid)[:, None], np.zeros(1), lambda v, w: margin(v), 1e-4)
    assert [stretch.verdict for stretch in found] == ["holds", "fails", "unknown", "fails"]
    assert [stretch.high for stretch in found] == pytest.approx([0.31, 0.52, 0.81, 1.0], abs=1e-4)


def test_a_change_into_the_unknown_within_one_step_of_the_grid_is_seen():
    """Between two neighbours it holds, is turned, and is unknown."""

    def margin(x):
        return np.where(x > 0.4, np.nan, 0.3 - x)

    grid = np.array([0.0, 1.0])
    (found,) = find_stretches(grid, margin(grid)[:, None], np.zeros(1), lambda v, w: margin(v), 1e-3)
    assert [(s.verdict, s.high) for s in found] == [
        ("holds", pytest.approx(0.3, abs=1e-3)), ("fails", pytest.approx(0.4, abs=1e-3)), ("unknown", 1.0),
    ]  # fmt: skip


@settings(deadline=None)
@given(
    a=st.floats(-3, 3), b=st.floats(-2, 2), c=st.floats(-1, 1), tie=st.floats(0, 0.3),
    gap=st.floats(0, 1), width=st.floats(0.05, 0.5),
)  # fmt: skip
def test_stretches_make_up_the_range_and_every_point_lies_in_its_own(a, b, c, tie, gap, width):
    def margin(x):
        return np.where(np.abs(x - gap) < width / 2, np.nan, a * x * x + b * x + c)

    grid = np.linspace(0, 1, 33)
    (found,) = find_stretches(grid, margin(grid)[:, None], np.array([tie]), lambda v, w: margin(v), 1e-4)
    assert (found[0].low, found[-1].high) == (0.0, 1.0)
    assert all(x.high == y.low and x.verdict != y.verdict for x, y in itertools.pairwise(found))
    names = {1: "holds", 0: "tie", -1: "fails", 2: "unknown"}
    assert all(names[int(verdicts(margin(np.array(x)), tie))] == _at(found, x) for x in grid if _is_inside(found, x))


def _at(stretches, x):
    return next(one.verdict for one in stretches if one.low <= x <= one.high)


def _is_inside(stretches, x):
    return all(abs(x - border) > 1e-3 for one in stretches for border in (one.low, one.high))


def test_where_something_holds_and_does_not_make_up_the_range():
    borders = (0.0, 0.1, 0.4, 0.8, 1.0)
    verdict = ("fails", "holds", "fails", "holds")
    found = tuple(Stretch(a, b, v) for a, b, v in zip(borders[:-1], borders[1:], verdict, strict=True))
    assert intervals(found, "fails") == [(None, 0.1), (0.4, 0.8)]
    assert intervals(found, "holds") == [(0.1, 0.4), (0.8, None)]
    assert intervals(found[:1], "fails") == [(None, None)]


def test_the_interval_of_all_rows_leaves_room_below():
    low, high = share_interval(2048, 2048)
    assert 0.99 < low < 1 and high == 1.0
    assert np.isnan(share_interval(0, 0)[0])
