"""Designs: what their rows are, that blocks of them are the same rows, and that more rows leave the first ones as they are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, qmc, triang, uniform

import sdsocec
from sdsocec.engine import constant_values
from sdsocec.errors import DesignError
from sdsocec.scenario.factors import factors_of, values_of
from sdsocec.scenario.sampling import DRAWN, KINDS, extended, make_sampling

MODEL = sdsocec.load_model("first_steps")
FACTORS = factors_of(MODEL)


def sampling(kind, n=200, seed=3, levels=None, factors=FACTORS):
    return make_sampling(MODEL, kind, factors, n, seed, levels)


def strata(sample, rows):
    """Each factor's probability of each row, by its own distribution."""
    columns = []
    for factor, column in zip(sample.factors, rows.T, strict=True):
        d = factor.distribution
        width = d.high - d.low
        law = uniform(d.low, width) if d.mode is None else triang((d.mode - d.low) / width, d.low, width)
        columns.append(law.cdf(column))
    return np.array(columns).T


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=20)
@given(cuts=st.lists(st.integers(1, 63), max_size=4, unique=True), order=st.randoms())
def test_blocks_in_any_order_are_the_same_rows(kind, cuts, order):
    sample = sampling(kind, 64, levels=2 if kind == "grid" else None)
    whole = sampling(kind, 64, levels=2 if kind == "grid" else None).rows(0, sample.n)
    ends = [0, *sorted(c for c in cuts if c < sample.n), sample.n]
    blocks = list(itertools.pairwise(ends))
    order.shuffle(blocks)
    for start, stop in blocks:
        assert sample.rows(start, stop).tobytes() == whole[start:stop].tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_rows_stay_within_the_ranges(kind):
    rows = sampling(kind, levels=2 if kind == "grid" else None).rows(0, 13)
    low, high = ([getattr(f.distribution, end) for f in FACTORS] for end in ("low", "high"))
    assert (rows >= low).all()
    assert (rows <= high).all()


@pytest.mark.parametrize("kind", DRAWN)
def test_margins_follow_the_distributions(kind):
    sample = sampling(kind, 2048)
    probabilities = strata(sample, sample.rows(0, 2048))
    for column in probabilities.T:
        assert kstest(column, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("kind", DRAWN)
def test_another_seed_gives_other_rows(kind):
    assert not np.array_equal(sampling(kind, seed=1).rows(0, 9), sampling(kind, seed=2).rows(0, 9))


@pytest.mark.parametrize("kind", DRAWN)
def test_more_rows_leave_the_first_as_they_are(kind):
    sample = sampling(kind, 100)
    more = extended(extended(sample, 37), 50)
    assert more.n == 187
    assert np.array_equal(more.rows(0, 100), sample.rows(0, 100))
    assert np.array_equal(more.rows(60, 187)[40:], more.rows(100, 187))
    assert len(np.unique(more.rows(0, 187), axis=0)) == 187


@pytest.mark.parametrize("kind", ["sobol", "montecarlo"])
def test_rows_that_are_added_are_those_of_a_larger_design(kind):
    assert np.array_equal(extended(sampling(kind, 100), 28).rows(0, 128), sampling(kind, 128).rows(0, 128))


def test_sobol_rows_are_scipys():
    expected = qmc.Sobol(len(FACTORS), scramble=True, rng=7).random(256)
    assert np.array_equal(sampling("sobol", 256, seed=7).rows(0, 256), values_of(FACTORS, expected))


def test_every_stratum_of_a_latin_hypercube_holds_one_row_of_each_part():
    sample = extended(sampling("lhs", 64), 100)
    for start, n in ((0, 64), (64, 100)):
        places = strata(sample, sample.rows(start, start + n)) * n
        assert (np.sort(np.floor(places + 1e-9), axis=0) == np.arange(n)[:, None]).all()


def test_a_grid_holds_every_combination_once():
    factors = FACTORS[:3]
    sample = sampling("grid", levels=4, factors=factors)
    rows = sample.rows(0, sample.n)
    along = [np.linspace(f.distribution.low, f.distribution.high, 4) for f in factors]
    assert rows.tolist() == [list(row) for row in itertools.product(*along)]


def test_one_at_a_time_moves_one_factor_from_the_model_as_it_stands():
    sample = sampling("oat", levels=3)
    rows = sample.rows(0, sample.n)
    values = constant_values(MODEL.equations)
    nominal = [values[f.constants[0]] for f in FACTORS]
    assert sample.n == 1 + 3 * len(FACTORS)
    assert rows[0].tolist() == nominal
    for i, factor in enumerate(FACTORS):
        moved = rows[1 + 3 * i : 4 + 3 * i]
        d = factor.distribution
        assert moved[:, i].tolist() == pytest.approx([d.low, (d.low + d.high) / 2, d.high])
        assert np.array_equal(np.delete(moved, i, axis=1), np.tile(np.delete(nominal, i), (3, 1)))


def test_extremes_are_every_combination_of_ends_where_there_is_room():
    sample = sampling("extremes", 1000)
    rows = sample.rows(0, sample.n)
    ends = [(f.distribution.low, f.distribution.high) for f in FACTORS]
    assert rows.tolist() == [list(row) for row in itertools.product(*ends)]


def test_fewer_extremes_are_drawn_without_repeating_and_go_on_to_the_last():
    sample = sampling("extremes", 40)
    more = extended(sample, 24)
    assert np.array_equal(more.rows(0, 40), sample.rows(0, 40))
    assert len(np.unique(more.rows(0, 64), axis=0)) == 64
    with pytest.raises(DesignError, match="only 24 combinations of ends are left"):
        extended(sample, 25)


def test_extremes_of_many_factors_are_ends_too():
    factors = tuple(FACTORS[i % len(FACTORS)] for i in range(25))
    rows = sampling("extremes", 500, factors=factors).rows(0, 500)
    low, high = ([getattr(f.distribution, end) for f in factors] for end in ("low", "high"))
    assert ((rows == low) | (rows == high)).all()
    assert 0.4 < (rows == high).mean() < 0.6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "sobl"}, ["no design 'sobl'", "'sobol'", ".vsc"]),
        ({"kind": "sobol", "n": 0}, ["there are 0 rows; there must be 1"]),
        ({"kind": "sobol", "levels": 3}, ["'sobol' has no levels"]),
        ({"kind": "grid", "levels": 1}, ["there are 1 levels; there must be 2 or more"]),
        ({"kind": "grid", "levels": 40}, ["a grid of 40 values of 6 factors has 4.1e+09 rows", "--vary"]),
        ({"kind": "sobol", "seed": -1}, ["the seed is -1"]),
    ],
)
def test_a_design_that_cannot_be_made_is_refused(arguments, words):
    with pytest.raises(DesignError) as refusal:
        sampling(**arguments)
    assert all(word in str(refusal.value) for word in words), str(refusal.value)


@pytest.mark.parametrize("kind", ["grid", "oat"])
def test_a_complete_design_cannot_be_added_to(kind):
    with pytest.raises(DesignError, match="is complete, nothing can be added"):
        extended(sampling(kind, levels=2), 10)
