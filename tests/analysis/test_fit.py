"""Fit statistics: against numbers worked out by hand, by their properties, and for a model run beside its record."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import sdsocec
from sdsocec.analysis.fit import fit_statistics, fit_table, run_against_record
from sdsocec.errors import DataError, ProjectError, ScenarioError
from sdsocec.model.project import Project, load_model
from sdsocec.report.fit_tables import left_out_lines

MDL = """{UTF-8}
level = 10 ~ thing [0,100] ~ Where it starts. |
slope = 2 ~ thing/year [0,10] ~ How fast it grows. |
lever = 0 ~ thing [0,100] ~ What a scenario adds. |
size = level + lever + slope * (Time - 2000) ~ thing ~ Something that grows along a line. |
INITIAL TIME = 2000 ~ year ~~|
FINAL TIME = 2006 ~ year ~~|
TIME STEP = 0.5 ~ year ~~|
SAVEPER = TIME STEP ~ year ~~|
"""
CARD = """
title = {nl = "Lijn", en = "Line"}
[[series]]
name = "size"
label = {nl = "omvang", en = "size"}
variable = "size"
at = "end"
part = [{file = "size.csv", years = [2000, 2009]}]
unit = "thing"
error = 2.0
source = {nl = "bedacht", en = "made up"}
fit = [2000, 2002]
test = [2003, 2009]
test_kind = "forecast"
gaps = true
[calibration]
free = ["slope"]
scenario = "plain"
test_scenario = "lifted"
"""
SCENARIO = """name = "{name}"
title = {{nl = "x", en = "x"}}
description = {{nl = "x", en = "x"}}
[constants.lever]
value = {value}
source = "made up"
"""
DATA = "year,value,unit\n2000,11,thing\n2001,16,thing\n2002,15,thing\n2003,28,thing\n2004,32,thing\n2008,99,thing\n"


@pytest.fixture
def line(tmp_path):
    """A model whose every number can be worked out: size at the end of year y is 10 + lever + 2 (y + 1 - 2000)."""
    for folder in ("models/line/data", "scenarios/line"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "models/default.toml").write_text('model = "line"')
    (tmp_path / "models/line/model.mdl").write_text(MDL)
    (tmp_path / "models/line/model.toml").write_text(CARD)
    (tmp_path / "models/line/data/size.csv").write_text(DATA)
    for name, value in (("plain", 0), ("lifted", 10)):
        (tmp_path / f"scenarios/line/{name}.toml").write_text(SCENARIO.format(name=name, value=value))
    return load_model("line", Project(tmp_path))


# ---- the statistics -------------------------------------------------------------------------------------------------


def test_statistics_worked_out_by_hand():
    """Errors 1, 2, -1, 2: mean 1, mean square 2.5. Variance of the simulated 6.5, of the observed 5; covariance 5."""
    fit = fit_statistics([3.0, 6.0, 5.0, 10.0], [2.0, 4.0, 6.0, 8.0])
    assert fit.n == 4
    assert fit.mape == pytest.approx((1 / 2 + 2 / 4 + 1 / 6 + 2 / 8) / 4, rel=1e-15)
    assert fit.rmse == pytest.approx(math.sqrt(2.5), rel=1e-15)
    assert fit.mae == 1.5
    assert fit.r2 == pytest.approx(1 - 10 / 20, rel=1e-14)
    assert fit.bias == pytest.approx(1 / 2.5, rel=1e-14)
    assert fit.variation == pytest.approx((math.sqrt(6.5) - math.sqrt(5)) ** 2 / 2.5, rel=1e-13)
    assert fit.covariation == pytest.approx(1 - fit.bias - fit.variation, rel=1e-14)


def test_a_wrong_level_is_all_bias():
    fit = fit_statistics([13.0, 18.0, 14.0], [10.0, 15.0, 11.0])
    assert (fit.bias, fit.variation) == (1.0, pytest.approx(0, abs=1e-15))
    assert fit.r2 == pytest.approx(1 - 27 / 14, rel=1e-14) and fit.rmse == 3.0


def test_a_wrong_amplitude_is_all_variation():
    observed = np.array([8.0, 12.0, 9.0, 11.0])
    fit = fit_statistics(10 + 3 * (observed - 10), observed)
    assert fit.bias == 0.0 and fit.variation == pytest.approx(1.0, rel=1e-14)
    assert fit.covariation == pytest.approx(0.0, abs=1e-14) and fit.r2 == pytest.approx(-3.0, rel=1e-14)


def test_the_right_swings_at_the_wrong_time_are_all_covariation():
    fit = fit_statistics([11.0, 9.0, 11.0, 9.0], [9.0, 11.0, 9.0, 11.0])
    assert (fit.bias, fit.variation, fit.covariation) == (0.0, 0.0, 1.0)


def test_noise_around_the_truth_is_nearly_all_covariation():
    noise = np.random.default_rng(1)
    truth = 100 + 10 * np.sin(np.arange(400) / 9)
    fit = fit_statistics(truth + noise.normal(0, 3, 400), truth)
    assert fit.covariation > 0.9 and fit.rmse == pytest.approx(3, rel=0.15)


def test_a_perfect_fit_has_no_shares():
    fit = fit_statistics([1.0, 2.0], [1.0, 2.0])
    assert fit.rmse == 0 and fit.mape == 0 and math.isnan(fit.bias) and math.isnan(fit.covariation)


def test_a_run_that_misses_the_level_has_no_r2_of_a_good_fit():
    """A squared correlation of 0.99 hid errors of a third."""
    observed = np.array([129.7, 155.9, 200.6, 248.3, 281.1])
    fit = fit_statistics(1.55 * observed - 60, observed)
    assert fit.r2 < 0 and fit.mape > 0.2
    assert fit.r2 == pytest.approx(1 - fit.rmse**2 / observed.var(), rel=1e-12)
    assert fit_statistics([observed.mean()] * 5, observed).r2 == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("observed", [[1e6, 1e6, 1e6], [1e6, 1e6 + 1e-7, 1e6], [0.0, 0.0, 0.0]])
def test_a_constant_has_no_r2(observed):
    assert math.isnan(fit_statistics([1.0, 2.0, 3.0], observed).r2)
    assert fit_statistics([2.0, 2.0, 2.0], [1.0, 2.0, 3.0]).r2 == 0


def test_two_years_have_no_r2_and_a_zero_has_no_relative_error():
    assert math.isnan(fit_statistics([1.0, 2.0], [1.0, 3.0]).r2)
    assert math.isnan(fit_statistics([1.0, 2.0], [0.0, 2.0]).mape)


def test_years_without_a_number_are_left_out():
    with_gap = fit_statistics([3.0, np.nan, 6.0, 9.0], [2.0, 5.0, 4.0, np.nan])
    assert with_gap == fit_statistics([3.0, 6.0], [2.0, 4.0]) and with_gap.n == 2


@pytest.mark.parametrize(
    ("simulated", "observed", "message"),
    [
        ([1.0, 2.0], [1.0, 2.0, 3.0], "the run has 2 years, the series 3"),
        ([1.0, np.nan], [1.0, 2.0], "a fit needs two years; 1 can be compared"),
    ],
)
def test_what_cannot_be_compared_is_refused(simulated, observed, message):
    with pytest.raises(DataError) as refusal:
        fit_statistics(simulated, observed)
    assert str(refusal.value) == message


values = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False).map(lambda x: round(x, 3))
pairs = st.lists(st.tuples(values, values), min_size=2, max_size=30)


@given(pairs)
def test_theils_shares_are_shares_and_sum_to_one(pairs):
    simulated, observed = np.array(pairs).T
    fit = fit_statistics(simulated, observed)
    shares = np.array([fit.bias, fit.variation, fit.covariation])
    if fit.rmse == 0:
        assert np.isnan(shares).all()
    else:
        assert (shares >= 0).all() and shares.sum() == pytest.approx(1, abs=1e-6)
        assert fit.rmse >= fit.mae * (1 - 1e-12)


@given(pairs, st.floats(min_value=0.1, max_value=100), st.integers(min_value=-1000, max_value=1000))
def test_shares_and_r2_do_not_depend_on_the_unit_or_the_zero(pairs, factor, shift):
    simulated, observed = np.array(pairs).T
    # not of differences that rounding could make
    assume(min(np.std(simulated), np.std(observed), np.std(simulated - observed)) >= 1)
    one = fit_statistics(simulated, observed)
    other = fit_statistics(simulated * factor + shift, observed * factor + shift)
    assert other.r2 == pytest.approx(one.r2, rel=1e-5, abs=1e-5, nan_ok=True)
    for name in ("bias", "variation", "covariation"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-5)
    assert other.rmse == pytest.approx(factor * one.rmse, rel=1e-6)


@given(pairs)
def test_the_shares_together_are_the_mean_squared_error(pairs):
    """Theil: mse = bias^2 + (difference of spreads)^2 + 2 (1 - r) times both spreads."""
    simulated, observed = np.array(pairs).T
    fit = fit_statistics(simulated, observed)
    assume(min(simulated.std(), observed.std()) >= 1e-3 and fit.rmse >= 1e-3 * max(simulated.std(), observed.std()))
    r = np.corrcoef(simulated, observed)[0, 1]
    assert fit.covariation * fit.rmse**2 == pytest.approx(
        2 * (1 - r) * simulated.std() * observed.std(), rel=1e-5, abs=1e-5 * fit.rmse**2
    )


# ---- a model beside its record --------------------------------------------------------------------------------------


def test_fit_years_come_from_the_calibration_scenario_and_test_years_from_the_test_scenario(line):
    (one,) = run_against_record(line).series
    np.testing.assert_allclose(one.simulated[:5], [12, 14, 16, 28, 30], rtol=1e-14)
    assert one.line[0] == 10 and one.test_line[0] == 20 and one.unit == "thing"
    np.testing.assert_allclose(one.residuals[:5], [0.5, -1, 0.5, 0, -1], rtol=1e-14)


def test_the_table_holds_fit_and_test_years_apart(line):
    run = run_against_record(line)
    fit, test = fit_table(run)
    assert (fit.role, fit.scenario, fit.n, fit.years) == ("fit", "plain", 3, (2000, 2002))
    assert (test.role, test.scenario, test.n, test.years) == ("test", "lifted", 2, (2003, 2004))
    assert fit.statistics == fit_statistics([12, 14, 16], [11, 16, 15])
    assert test.statistics == fit_statistics([28, 30], [28, 32])
    assert run.misfit == pytest.approx((0.25 + 1 + 0.25) / 3, rel=1e-14)


def test_a_year_that_the_run_does_not_cover_is_not_compared(line):
    run = run_against_record(line)
    assert np.isnan(run.series[0].simulated[-1]), "the run ends before 2008"
    assert [row.left_out for row in fit_table(run)] == [(), (2008,)]
    assert left_out_lines(run) == ["size: 1 of 3 test years are left out (2008), as the run covers 2000 to 2006 only."]
    assert left_out_lines(run, "nl") == [
        "omvang: 1 van 3 toetsjaren vallen weg (2008), want de run loopt alleen van 2000 tot 2006."
    ]


def test_settings_act_in_both_scenarios_and_are_checked(line):
    (one,) = run_against_record(line, {"slope": 3}).series
    np.testing.assert_allclose(one.simulated[:5], [13, 16, 19, 32, 35], rtol=1e-14)
    with pytest.raises(ScenarioError, match="'slope' is 11; it must be between 0 and 10"):
        run_against_record(line, {"slope": 11})


def test_too_few_years_give_a_row_without_statistics(line):
    path = line.folder / "data" / "size.csv"
    path.write_text(DATA.replace("2004,32,thing\n", ""))
    test = fit_table(run_against_record(line))[1]
    assert (test.n, test.years, test.statistics) == (1, (2003, 2003), None)


def test_a_model_without_a_record_says_how_to_add_one(line):
    card = line.folder / "model.toml"
    card.write_text('title = {nl = "x", en = "x"}\n')
    bare = load_model("line", line.project)
    with pytest.raises(DataError) as refusal:
        run_against_record(bare)
    assert str(refusal.value) == (
        "the card of 'line' lists no observed series\n"
        f"  {card}\n"
        "  Add one: [[series]], as in models/first_steps/model.toml."
    )


def test_a_calibration_scenario_that_is_not_there_is_told(line):
    card = line.folder / "model.toml"
    card.write_text(CARD.replace('"lifted"', '"lftd"'))
    with pytest.raises(ProjectError, match="has no scenario 'lftd'\n  Did you mean 'lifted'"):
        run_against_record(load_model("line", line.project))


def test_a_model_that_is_brought_to_rest_starts_from_its_own_equilibrium():
    study = load_model("social_economy")
    settings = {"tau long": study.ranges["tau long"][1]}
    run = run_against_record(study, settings, ["long-term share"])
    stored, rested = (
        sdsocec.run(study, "baseline", settings=settings, initial=initial)["long term share"].values[0]
        for initial in ("stored", "equilibrium")
    )
    assert run.attributes["initial"] == "equilibrium"
    np.testing.assert_allclose(run.series[0].line, rested, rtol=1e-9)
    assert abs(stored[0] / rested[0] - 1) > 0.01, "else this shows nothing"
