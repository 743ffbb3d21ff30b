"""Partial-model calibration: variables that follow the record see no more of it than the fit may."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import sdsocec
from sdsocec.analysis.calibration.problem import with_observed_drivers
from sdsocec.model.ir import WithLookup
from sdsocec.results.observed import load_observed


def test_held_out_values_do_not_reach_a_fit_through_replaced_series():
    model = sdsocec.load_model("social_economy")
    (one,) = load_observed(model, ["unemployed"])
    later = replace(one, values=np.where(one.is_test, 10 * one.values, one.values))
    seen, other = (
        with_observed_drivers(model, [series]).equations.variables["unemployed"].equations[0].expression
        for series in (one, later)
    )
    assert isinstance(seen, WithLookup) and seen == other
    assert seen.table.x == tuple(year + 0.5 for year in range(2003, 2015)), "its years to fit, and no later one"
