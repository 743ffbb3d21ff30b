"""Maps of the plane: corners are scenarios, the best is best, and what moves all scenarios alike counts for nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import sdsocec
from sdsocec.analysis.experiment import Experiment
from sdsocec.analysis.plane_maps import best_of, map_corners, map_plane, margins, rank_by_influence
from sdsocec.api import run_scenarios
from sdsocec.errors import SdsocecError
from sdsocec.scenario import load_scenario
from sdsocec.scenario.factors import factors_of
from sdsocec.scenario.plane import load_plane

from . import small_rest

FINITE = st.floats(-1e6, 1e6)


def test_the_corners_of_a_map_are_the_scenarios_to_the_last_bit(small_plane):
    plane = load_plane(small_plane)
    found = map_plane(small_plane, ["unemployed", "werkbedrijf employed"], grid=3)
    assert found.values.shape == (3, 3, 2) and found.time == 2020
    runs = run_scenarios(small_plane, list(plane.corners.values())).run.trajectories
    for k, output in enumerate(found.outputs):
        ends = runs.values[:, -1, runs.names.index(output)].tolist()
        corners = [float(found.values[2 * a, 2 * b, k]) for a, b in plane.corners]
        assert corners == ends


def test_an_earlier_time_and_a_lower_intensity(small_plane):
    late, early = (map_plane(small_plane, ["unemployed"], grid=3, time=t) for t in (None, 2005))
    assert early.time == 2005 and np.ptp(early.values) < 1e-9 < np.ptp(late.values)  # scenarios part in 2011
    base = map_plane(small_plane, ["unemployed"], grid=3, at={"intensity": 0})
    assert np.ptp(base.values) == 0


def test_settings_hold_everywhere(small_plane):
    plain, other = (
        map_plane(small_plane, ["unemployed"], grid=3, settings=s) for s in (None, {"recession depth": 0.06})
    )
    run = run_scenarios(
        small_plane, [load_plane(small_plane).corners[0, 0]], {"recession depth": 0.06}
    ).run.trajectories
    assert other.values[0, 0, 0] == run.values[0, -1, run.names.index("unemployed")] != plain.values[0, 0, 0]
    assert plain.attributes["design_sha256"] != other.attributes["design_sha256"]


def test_corners_over_two_uncertainties(small_plane):
    factors = factors_of(
        small_plane, names=["recession depth=uniform(0, 0.06)", "matching elasticity=uniform(0.5, 0.6)"]
    )
    found = map_corners(small_plane, factors, ["unemployed"], grid=3)
    assert found.values.shape == (3, 3, 4, 1)
    plain = map_plane(small_plane, ["unemployed"], grid=3)
    stored = found.values[0, 0, :, 0].tolist()  # the .mdl has no recession and 0.5
    np.testing.assert_allclose(stored, [plain.values[2 * a, 2 * b, 0] for a, b in found.plane.corners], rtol=1e-9)


@given(arrays(float, (3, 4), elements=FINITE), st.sampled_from(["lower", "higher"]), st.floats(0, 10))
def test_the_best_is_better_than_every_other_by_more_than_means_something(values, direction, smallest):
    best, margin = best_of(values, direction, smallest), margins(values, direction)
    sign = {"lower": -1, "higher": 1}[direction]
    for row, i, m in zip(values, best, margin, strict=True):
        others = np.sort(sign * row)[::-1]
        if i >= 0:
            assert sign * row[i] == others[0] and others[0] - others[1] > smallest
            assert m[i] == others[0] - others[1]
        assert (m > 0).sum() <= 1


def test_an_outcome_without_a_direction_has_no_best():
    with pytest.raises(SdsocecError, match="no corner is best"):
        best_of(np.zeros((1, 2)), "neutral")


def test_influence_is_that_on_the_differences_between_scenarios(small_plane):
    corners = list(load_plane(small_plane).corners.values())
    ranked = rank_by_influence(small_plane, corners, factors_of(small_plane), "unemployed")
    assert len(ranked) == len(small_plane.card.uncertainties)
    measures = [value for _, value in ranked]
    assert measures == sorted(measures, reverse=True) and measures[0] > 0
    alone = rank_by_influence(small_plane, corners[:1], factors_of(small_plane), "unemployed")
    assert all(value == 0 for _, value in alone)  # one scenario differs from none


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"grid": 2}, "the grid is 2; it must be between 3 and 201"),
        ({"time": 2020.5}, "2020.5 is not a saved time\n  Saved: 2000 to 2020; the nearest is 2020."),
        ({"at": {"g": 0.5}}, "'g' is an axis of the map; it has no one place"),
        ({"at": {"intensity": 2}}, "'intensity' is 2; it must be between 0 and 1"),
    ],
)
def test_a_wrong_map_is_one_message(small_plane, kwargs, message):
    with pytest.raises(SdsocecError) as error:
        map_plane(small_plane, ["unemployed"], **({"grid": 3} | kwargs))
    assert str(error.value).startswith(message)


def test_a_map_has_two_uncertainties(small_plane):
    with pytest.raises(SdsocecError, match="a map has two axes, not 1"):
        map_corners(small_plane, factors_of(small_plane, names=["recession depth"]), ["unemployed"])


def test_every_factor_that_is_ranked_starts_as_all_of_them_do(tmp_path):
    """`later` acts on no rest, `leak` does: both start from equilibrium, as a map of both would."""
    model = small_rest.tank(tmp_path)
    path = model.equations.path
    path.write_text(path.read_text().replace("initial tank = 20", "initial tank = 5"))
    model = sdsocec.load_model("tank", model.project)
    scenarios = [load_scenario(name, model) for name in ("closed", "open")]
    factors = factors_of(model, names=["leak=uniform(0.1, 1)", "inflow=uniform(9, 11)"])
    settings = {"extra": 1.0, "leak": 0.2}
    ranked = rank_by_influence(model, scenarios, factors, "tank", time=0, settings=settings)
    by_name = {factor.name: value for factor, value in ranked}
    places = (np.arange(9) + 0.5) / 9
    inflow, leak = 9 + 2 * places, 0.1 + 0.9 * places
    for name, ends in (
        ("inflow", [inflow / (0.5 + 0.2), inflow / (0.5 + 0.4)]),
        ("leak", [10 / (0.5 + leak), 10 / (0.5 + 2 * leak)]),
    ):
        at = np.array(ends).T
        expected = np.sqrt((at - at.mean(axis=1, keepdims=True)).var(axis=0).mean())
        assert by_name[name] == pytest.approx(expected, rel=1e-6)
    idle = factors_of(model, names=["leak=uniform(0.1, 1)", "later=uniform(0, 1)"])
    level = {f.name: v for f, v in rank_by_influence(model, scenarios, idle, "tank", time=8, settings=settings)}
    alone = Experiment.of(
        model, [s.with_settings(settings) for s in scenarios], idle[1:], ("tank",), initial="equilibrium"
    )
    at = alone.run(places[:, None])[:, :, -1, 0]
    assert level["later"] == pytest.approx(np.sqrt((at - at.mean(axis=1, keepdims=True)).var(axis=0).mean()), rel=1e-9)


def test_how_many_points_are_run_at_a_time_changes_no_number(small_plane, monkeypatch):
    from sdsocec.analysis import plane_maps

    settings = {"matching elasticity": 0.55}
    whole = map_plane(small_plane, ["unemployed"], grid=3, settings=settings)
    monkeypatch.setattr(plane_maps, "_BATCH", 2)
    parts = map_plane(small_plane, ["unemployed"], grid=3, settings=settings)
    assert whole.attributes == parts.attributes
    np.testing.assert_allclose(parts.values, whole.values, rtol=1e-9)


def test_a_point_without_an_equilibrium_is_refused_by_name(tmp_path):
    model = small_rest.tank(tmp_path)
    scenarios = [load_scenario(name, model) for name in ("closed", "open")]
    factors = factors_of(model, names=["loss=uniform(-1, 1)", "leak=uniform(0, 1)"])
    with pytest.raises(SdsocecError, match=r"numbers of 'loss' are not finite: row 0 in 'closed' .*'tank'"):
        rank_by_influence(model, scenarios, factors, "tank")


def test_a_place_that_runs_away_makes_no_ties_elsewhere():
    """Equal means within 1e-9 of the values there; that of the largest value on the map would be 1e3."""
    assert best_of(np.array([[1e12, 2e12], [5.0, 3.0], [4.0, 4.0]]), "lower").tolist() == [0, 1, -1]
