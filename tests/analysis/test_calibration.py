"""Calibration tells no more than the data do: intervals, profiles, what is not known, and which searches count."""

from __future__ import annotations

import json
import multiprocessing
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t as student

import sdsocec
from sdsocec.analysis.calibration import calibrate, identifiability, problem_for, profile
from sdsocec.analysis.calibration.accepting import DIGITS, accepted
from sdsocec.analysis.calibration.evidence import evidence_files, remark
from sdsocec.analysis.calibration.intervals import losses
from sdsocec.analysis.calibration.precision import autocorrelation, precision
from sdsocec.analysis.calibration.profiles import FOUND, RANGE, UNRESOLVED
from sdsocec.analysis.calibration.search import cost_at
from sdsocec.analysis.calibration.workers import Workers
from sdsocec.errors import DataError, SdsocecError
from sdsocec.model.project import bundled_project

from .small_calibration import SERIES, line_model

BASS = Path(__file__).parents[1] / "models" / "bass"


def fit_of(problem, **changes):
    return calibrate(problem, **{"starts": 1, "loss": "linear", "workers": 1} | changes)


def by_name(fit):
    return {one.name: one for one in fit.intervals}


def evidence_of(fit, command="x"):
    return json.loads(evidence_files(fit, command, accepted(fit))["calibration.json"])


# ---- profiles -------------------------------------------------------------------------------------------------------


def test_of_a_straight_line_profile_and_linearised_interval_are_one(tmp_path):
    """The estimate lies within, the optimum is in the curve, and the line counts the misfit: errors are three times as large."""
    noise = np.random.default_rng(2).normal(0, 1.5, 10)
    problem = problem_for(line_model(tmp_path, values=tuple(10.5 + 2.2 * np.arange(1, 11) + noise)))
    fit = fit_of(problem)
    assert fit.scale > 4
    for one in fit.intervals:
        found = profile(problem, fit.best, one, "linear")
        assert (found.below, found.above) == (FOUND, FOUND)
        assert one.estimate in found.values and found.lower < one.estimate < found.upper
        np.testing.assert_allclose(
            (found.lower, found.upper), (one.lower, one.upper), atol=1e-3 * (one.upper - one.lower)
        )
        growth = found.line / (fit.scale * student.ppf(0.95, 8) ** 2 / 2)
        assert growth >= 1 - 1e-9


def test_a_profile_ends_where_the_others_fitted_anew_fit_as_much_worse_as_the_line_says():
    problem = problem_for(sdsocec.load_model(BASS))
    fit = calibrate(problem, starts=1, workers=1)
    one = by_name(fit)["innovation"]
    found = profile(problem, fit.best, one, fit.loss)
    assert found.lower < one.estimate < found.upper
    for end in (found.lower, found.upper):
        held = problem.holding({"innovation": end})
        other = fit_of(held, loss=fit.loss).best
        assert other.cost - fit.best.cost == pytest.approx(found.line, rel=0.03)


def test_a_profile_that_meets_the_end_of_the_range_has_no_bound_there(tmp_path):
    problem = problem_for(line_model(tmp_path, a="1.15,5"))
    fit = fit_of(problem)
    found = profile(problem, fit.best, by_name(fit)["a"], "linear")
    assert found.below == RANGE and np.isnan(found.lower) and found.values[0] == 1.15
    assert found.above == FOUND and found.upper > found.estimate


def test_a_profile_that_runs_into_places_without_a_number_is_not_resolved(tmp_path):
    size = "c + (a + b) * (Time - 2000) + 1e-9 * SQRT(a - 1.19)"  # no number below 1.19, a little under the estimate
    problem = problem_for(line_model(tmp_path, size=size, a="0,5"))
    fit = fit_of(problem, starts=4)
    found = profile(problem, fit.best, by_name(fit)["a"], "linear")
    assert found.below == UNRESOLVED and np.isnan(found.lower)
    assert found.above == FOUND


# ---- what is not known ----------------------------------------------------------------------------------------------


def test_parameters_that_can_undo_each_other_wholly_get_no_digits(tmp_path):
    model = line_model(tmp_path, free=("a", "b", "c"))
    fit = fit_of(problem_for(model))
    known, alone = by_name(fit), by_name(fit_of(problem_for(model, free=["a", "c"])))
    for name, other in (("a", "b"), ("b", "a")):
        assert not known[name].is_fixed and np.isnan(known[name].lower) and known[name].partners == (other,)
        assert remark(fit, known[name]) == f"only known together with {other}"
    rows = evidence_files(fit, "x", accepted(fit))["parameters.csv"].decode().splitlines()
    assert rows[1] == "a,thing/year,1.0,not known,,,,only known together with b"
    # the level is known as well as without them, but for a degree of freedom
    widths = [(one["c"].upper - one["c"].lower) / student.ppf(0.95, n) for one, n in ((known, 7), (alone, 8))]
    assert widths[0] == pytest.approx(widths[1] * np.sqrt(8 / 7 if fit.scale > 1 else 1), rel=1e-3)


def test_data_fix_what_is_known_to_less_than_its_range_all_others_estimated_too(tmp_path):
    known = identifiability(problem_for(line_model(tmp_path, free=("a", "b", "c"))))
    assert known.verdicts == {"a": "together", "b": "together", "c": "fixed"} and known.rank == 2
    assert (known.alone <= known.together).all()
    small = identifiability(problem_for(sdsocec.load_model("first_steps", bundled_project())))
    assert small.verdicts["layoff sensitivity"] == "nothing" and small.sensitivity[3] > 0.1
    assert small.verdicts["demand adjust time"] == "little"


def test_a_parameter_that_is_not_known_gets_no_digits_on_its_bound_either(tmp_path):
    fit = fit_of(problem_for(line_model(tmp_path, size="c + (2 + 0.001 * a) * (Time - 2000)")))
    assert by_name(fit)["a"].on_bound == "upper"
    row = evidence_files(fit, "x", accepted(fit))["parameters.csv"].decode().splitlines()[1]
    assert row == "a,thing/year,1.0,not known,,,,moves the record by less than one standard error"
    assert "a" not in accepted(fit).values


def test_intervals_say_which_parameters_were_held_on_a_bound_and_what_pushes_them(tmp_path):
    fit = fit_of(problem_for(line_model(tmp_path, a="2,5")))
    one = by_name(fit)
    assert one["a"].on_bound == "lower" and fit.best.scaled[0] == 0.0 and one["a"].estimate == 2.0
    assert remark(fit, one["c"]) == "given a at its lower bound"
    (push,) = fit.pushes
    assert (push.name, push.bound, push.value, push.better) == ("a", "lower", 2.0, ("size",))
    problem = fit.problem
    step = 1e-6
    slope = (cost_at(problem, fit.best.scaled + np.array([step, 0]), "linear") - fit.best.cost) / step
    assert push.by_series["size"] == pytest.approx(-slope, rel=1e-3)
    assert evidence_of(fit)["bounds"][0]["better_beyond"] == ["size"]


# ---- errors that last -----------------------------------------------------------------------------------------------


def test_errors_that_last_make_intervals_wider(tmp_path):
    wave = 0.6 * np.sign(np.sin(np.arange(10) / 1.6 + 1))
    values = tuple(10.5 + 2.2 * np.arange(1, 11) + wave)
    other = tuple(10.5 + 2.2 * np.arange(1, 11) + np.where(np.arange(10) % 2, 0.6, -0.6))
    lasting, changing = (
        fit_of(problem_for(line_model(tmp_path / str(i), values=v))) for i, v in enumerate((values, other))
    )
    assert lasting.lasting["size"] > 0.15 and changing.lasting["size"] == 0.0
    growth = by_name(lasting)["c"].half ** 2 / lasting.scale / (by_name(changing)["c"].half ** 2 / changing.scale)
    assert growth == pytest.approx((1 + lasting.lasting["size"]) / (1 - lasting.lasting["size"]), rel=1e-4)
    assert evidence_of(lasting)["residual_autocorrelation"] == {"size": lasting.lasting["size"]}


def test_the_autocorrelation_of_a_short_series_is_mostly_that_of_all():
    long, short = np.arange(2000, 2200), np.arange(2000, 2002)
    rng = np.random.default_rng(3)
    slow = rng.normal(size=200)
    for i in range(1, 200):
        slow[i] += 0.7 * slow[i - 1]
    r = autocorrelation(np.concatenate([slow, [1.0, -1.0]]), [long, short])
    assert 0.6 < r[0] < 0.8 and r[1] == pytest.approx(r[0], abs=0.15)
    assert autocorrelation(np.array([1.0, 1.0]), [np.array([2004, 2014])]) == [0.0], "ten years apart"
    assert autocorrelation(np.zeros(5), [long[:5]]) == [0.0]


def test_widths_are_those_of_least_squares():
    rng = np.random.default_rng(4)
    derivatives = rng.normal(size=(30, 3))
    found = precision(derivatives, 27)
    covariance = np.linalg.inv(derivatives.T @ derivatives)
    np.testing.assert_allclose(found.together, student.ppf(0.95, 27) * np.sqrt(np.diag(covariance)))
    np.testing.assert_allclose(found.alone, student.ppf(0.95, 27) / np.linalg.norm(derivatives, axis=0))
    assert not np.isfinite(precision(np.zeros((5, 2)), 3).together).any()


# ---- searches -------------------------------------------------------------------------------------------------------

ROOT_ABOVE_2 = "c + SQRT(a - 2) * (Time - 2000)"  # no number below 2


@pytest.mark.parametrize("loss", ["soft_l1", "cauchy", "linear"])
def test_searches_that_found_no_finite_number_are_no_optima(tmp_path, loss):
    problem = problem_for(line_model(tmp_path, size=ROOT_ABOVE_2))
    fit = fit_of(problem, starts=8, loss=loss)
    assert fit.n_failed >= 2 and fit.starts_done == 8
    assert all(np.isfinite(cost_at(problem, o.scaled, loss)) for o in fit.optima)
    assert fit.runners_up == () and len(evidence_of(fit)["optima"]) == 1
    assert evidence_of(fit)["series"]["size"]["before"] is None, "the model as it stands has no number"


@pytest.mark.parametrize("loss", ["soft_l1", "linear"])
def test_when_no_start_has_a_finite_number_the_ranges_are_to_be_checked(tmp_path, loss):
    problem = problem_for(line_model(tmp_path, size=ROOT_ABOVE_2, a="0,1.9"))
    with pytest.raises(DataError) as error:
        fit_of(problem, starts=3, loss=loss)
    assert str(error.value) == (
        "no start has an equilibrium and finite numbers\n  Check the ranges of the free constants."
    )


def test_a_runner_up_is_a_stationary_point(tmp_path):
    three = (
        "10 + (a - 1) * (a - 3) * (a - 4) + 0.05 * (a - 1) * (Time - 2000)"  # the level is right at 1, near 3, near 4
    )
    problem = problem_for(line_model(tmp_path, size=three, free=("a",), values=(10.0,) * 10))
    fit = fit_of(problem, starts=8)
    assert problem.values(fit.best.scaled) == pytest.approx([1.0])
    assert fit.runners_up and all(problem.values(other.scaled)[0] > 2 for other in fit.runners_up)
    for optimum in fit.runners_up:
        assert optimum.converged
        residuals, derivatives = problem.linearised(optimum.scaled)
        gain = (residuals @ derivatives[:, 0]) ** 2 / (derivatives[:, 0] @ derivatives[:, 0]) / 2
        assert gain < 1e-4 * optimum.cost, "of a further step"


def test_differences_stay_within_the_range(tmp_path):
    problem = problem_for(line_model(tmp_path, size="c + SQRT(a - 2) * (Time - 2000)", a="2,5"))
    _, derivatives = problem.linearised(np.array([0.0, 1.0]))
    assert np.isfinite(derivatives).all()
    straight = problem_for(line_model(tmp_path / "straight"))
    _, inside = straight.linearised(np.array([0.5, 0.5]))
    _, outside = straight.linearised(np.array([0.0, 1.0]))
    np.testing.assert_allclose(outside, inside, rtol=1e-9)


@pytest.mark.parametrize("loss", ["linear", "soft_l1", "huber", "cauchy"])
def test_the_losses_are_those_of_the_search(tmp_path, loss):
    problem = problem_for(line_model(tmp_path, values=(10.0, 40.0, *range(12, 20))))
    fit = fit_of(problem, loss=loss)
    assert losses(problem.residuals(fit.best.scaled)[0], loss).sum() / 2 == pytest.approx(fit.best.cost, rel=1e-9)


# ---- stopping -------------------------------------------------------------------------------------------------------


def test_a_second_stop_keeps_the_best_as_it_was_found(tmp_path, monkeypatch):
    problem = problem_for(line_model(tmp_path))
    said = []

    def stop(optimum, best):
        raise KeyboardInterrupt

    def stop_again(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("sdsocec.analysis.calibration.search.polish", stop_again)
    fit = fit_of(problem, starts=5, progress=stop, stopping=lambda: said.append(True))
    assert fit.stopped and said == [True] and len(fit.optima) == 1 and not fit.best.converged


def test_other_processes_end_when_the_search_is_stopped():
    def stopped():
        with Workers(2) as processes:
            for _ in processes.each(time.sleep, [(0.0,), (3600.0,), (3600.0,)]):
                children.extend(multiprocessing.active_children())
                raise KeyboardInterrupt

    children = []
    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert children
    for child in children:  # it would sleep for an hour
        for _ in range(6000):
            if not (Path(f"/proc/{child.pid}").exists() if Path("/proc").exists() else child.is_alive()):
                break
            time.sleep(0.01)
        else:
            pytest.fail("it is still there")


# ---- what cannot be fitted ------------------------------------------------------------------------------------------

NO_YEARS = SERIES.format(name="other", years="")


@pytest.mark.parametrize(
    ("changes", "asked", "message"),
    [
        (
            {"first": 1998, "fit": "fit = [1998, 2007]"}, {},
            "a run does not cover 1998 to 1999, to which 'size' is to be fitted: it starts at 2000\n"
            "  Shorten 'fit' in the card.",
        ),
        (
            {"saving": "0.75"}, {},
            "a run does not cover 2000 to 2009, to which 'size' is to be fitted: it saves every 0.75\n"
            "  A year, and each year's end, must be whole SAVEPERs away.",
        ),
        (
            {}, {"free": ["a"], "settings": {"a": 2.0}},
            "'a' is both free and set to 2\n  Fit it (--free) or hold it (--set).",
        ),
        ({}, {"settings": {"a": 2.0, "c": 3.0}}, "no constant is free\n  All that the card lists are set."),
        ({}, {"series": ["size", "size"]}, "the series 'size' is fitted twice\n  It would count twice."),
        (
            {"more": NO_YEARS}, {"series": ["other"]},
            "the series 'other' has no years to fit\n  Give it some in the card: fit = [FIRST, LAST]",
        ),
        ({}, {"replaced": ["size"]}, "every series with years to fit is replaced\n  Fit another."),
    ],
)  # fmt: skip
def test_what_cannot_be_fitted_is_said_before_anything_is_run(tmp_path, changes, asked, message):
    model = line_model(tmp_path, **changes)
    with pytest.raises(SdsocecError) as error:
        problem_for(model, **asked)
    assert str(error.value) == message


def test_a_constant_that_is_set_is_held_and_not_fitted(tmp_path):
    problem = problem_for(line_model(tmp_path), settings={"a": 2.0})
    assert problem.free == ("c",) and problem.constants["a"] == 2.0
    assert fit_of(problem).values.keys() == {"c"}


# ---- what is accepted -----------------------------------------------------------------------------------------------


def test_accepted_values_have_no_more_digits_than_mean_anything(tmp_path):
    fit = fit_of(problem_for(line_model(tmp_path)))
    found = accepted(fit)
    for one in fit.intervals:
        scale = float(np.ptp(fit.problem.model.ranges[one.name]))
        assert abs(found.values[one.name] - one.estimate) < 0.51 * 10 ** (1 - DIGITS) * one.alone * scale
        assert len(repr(found.values[one.name])) <= 7
    assert found.chi2 == pytest.approx(2 * fit.best.cost, rel=1e-4)


def test_a_series_of_two_years_has_no_r2_in_the_evidence(tmp_path):
    two = SERIES.format(name="two", years="fit = [2003, 2004]")
    fit = fit_of(problem_for(line_model(tmp_path, more=two)))
    assert evidence_of(fit)["series"]["two"]["after"]["r2"] is None
    assert evidence_of(fit)["series"]["size"]["after"]["r2"] > 0.9
