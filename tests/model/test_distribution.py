"""Distributions of inputs: how they are written, and their quantiles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sdsocec.model.distribution import Distribution

NUMBERS = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))


@st.composite
def distributions(draw):
    low, mode, high = sorted(draw(st.tuples(NUMBERS, NUMBERS, NUMBERS).filter(lambda t: max(t) - min(t) >= 1e-2)))
    return Distribution(low, high, draw(st.sampled_from([None, mode])))


@given(distributions())
def test_what_is_written_is_read_back(distribution):
    assert Distribution.parse(str(distribution)) == distribution


@given(distributions())
def test_quantiles_rise_from_one_end_to_the_other(distribution):
    found = distribution.quantile(np.linspace(0, 1, 257))
    rounding = 1e-15 * max(abs(distribution.low), abs(distribution.high))
    assert found[0] == pytest.approx(distribution.low, rel=0, abs=rounding)
    assert found[-1] == pytest.approx(distribution.high, rel=0, abs=rounding)
    assert distribution.low <= found.min()
    assert found.max() <= distribution.high
    assert (np.diff(found) >= 0).all()


@given(distributions())
def test_the_mean_of_the_quantiles_is_the_mean(distribution):
    n = 4000
    ends = [distribution.low, distribution.high] + ([] if distribution.mode is None else [distribution.mode])
    middles = distribution.quantile((np.arange(n) + 0.5) / n)
    assert np.mean(middles) == pytest.approx(np.mean(ends), abs=1e-4 * (distribution.high - distribution.low))


@given(distributions())
def test_the_mode_is_where_its_share_says(distribution):
    assume(distribution.mode is not None)
    width = distribution.high - distribution.low
    share = (distribution.mode - distribution.low) / width
    assert distribution.quantile(share) == pytest.approx(distribution.mode, abs=1e-6 * width)


def test_quantiles_keep_the_shape():
    assert Distribution(0.0, 1.0).quantile(np.zeros((2, 3))).shape == (2, 3)
    assert float(Distribution(2.0, 4.0).quantile(0.25)) == 2.5


@pytest.mark.parametrize(
    "text",
    ["", "uniform", "uniform(1)", "uniform(2, 1)", "uniform(1, 1)", "uniform(0, inf)", "uniform(0, nan)", "uniform(0, 1_0)",
     "triangular(0, 2, 1)", "triangular(0, 1)", "normal(0, 1)", "uniform(0, 1) x", "uniform(a, b)"],
)  # fmt: skip
def test_what_is_no_distribution_is_refused(text):
    with pytest.raises(ValueError, match="is not a distribution"):
        Distribution.parse(text)
