"""The hindcast: a plane whose every chi2 can be worked out, and the study's numbers beside its reality checks."""

from __future__ import annotations

import itertools
import json
import re
from functools import cache

import numpy as np
import pytest
from scipy.stats import chi2 as chi2_distribution
from scipy.stats import f as f_distribution

import sdsocec
from sdsocec.analysis.checks import Runner, load_checks, run_check
from sdsocec.analysis.hindcast import hindcast, hindcast_files
from sdsocec.analysis.plane_fit import place_on_plane
from sdsocec.errors import DataError, ProjectError
from sdsocec.model.project import Project, load_model
from sdsocec.report.hindcast_figure import draw_place
from sdsocec.report.hindcast_tables import answer, fit_lines, forecast_sheet, plane_lines, plane_sheet

LEVER = """
{0} baseline = 0 ~ thing [0,20] ~ At the start. |
{0} scenario = 0 ~ thing [0,20] ~ What is set. |
{0} from year = 2002 ~ year [2000,2010] ~ First year. |
{0} full year = 2003 ~ year [2000,2010] ~ Year of full force. |
{0} phase = MIN(1, MAX(0, (Time - {0} from year) / MAX({0} full year - {0} from year, 0.25))) ~ dmnl ~ |
{0} = {0} baseline * (1 - {0} phase) + {0} scenario * {0} phase ~ thing ~ In force. |
seen {0} = 100 + {0} ~ thing ~ What is observed. |
"""
CLOCK = """
INITIAL TIME = 2000 ~ year ~~|
FINAL TIME = 2010 ~ year ~~|
TIME STEP = 0.25 ~ year ~~|
SAVEPER = TIME STEP ~ year ~~|
"""
SERIES = """
[[series]]
name = "{0}"
label = {{nl = "{0}", en = "{0}"}}
variable = "seen {0}"
at = "mean"
part = [{{file = "{0}.csv", years = [2000, 2009]}}]
unit = "thing"
error = {1}
source = {{nl = "bedacht", en = "made up"}}
test = [2004, 2007]
test_kind = "{2}"
"""
CORNERS = list(itertools.product((0, 1), repeat=2))
ERRORS = {"a": 1.0, "b": 2.0, "c": 1.5}
N_YEARS = 4
MADE_UP = 'source = "made up"\n'


def scenario_text(name, values):
    levers = "".join(
        f"[levers.{lever}]\nvalue = {value}\nfrom = 2002\nfull = 2003\n{MADE_UP}" for lever, value in values.items()
    )
    return f'name = "{name}"\ntitle = {{nl = "{name}", en = "{name}"}}\ndescription = {{nl = "x", en = "x"}}\n{levers}'


def made(root, seen, plane=True, kind="forecast", fitted=None):
    """A model in which 'seen a' is 100 + 10 g i, 'seen b' 100 + 10 v i, 'seen c' 100 + 10 i; `seen` is the record of each."""
    for folder in ("models/made/data", "scenarios/made"):
        (root / folder).mkdir(parents=True)
    (root / "models/made/model.mdl").write_text("{UTF-8}\n" + "".join(LEVER.format(x) for x in "abc") + CLOCK)
    levers = "".join(f'[[lever]]\nname = "{x}"\nholder = "rijk"\nlabel = {{nl = "{x}", en = "{x}"}}\n' for x in "abc")
    series = "".join(SERIES.format(x, ERRORS[x], kind) for x in seen)
    card = f'title = {{nl = "Gemaakt", en = "Made"}}\ndefault_scenarios = ["base"]\n{levers}{series}'
    (root / "models/made/model.toml").write_text(
        f'{card}[calibration]\nfree = ["a baseline"]\ntest_scenario = "done"\n'
        + (f'scenario = "{fitted}"\n' if fitted else "")
    )
    for x, values in seen.items():
        rows = "".join(f"{2004 + i},{value!r},thing\n" for i, value in enumerate(values))
        (root / f"models/made/data/{x}.csv").write_text(f"year,value,unit\n{rows}")
    scenarios = {"base": {}, "done": {"a": 3.0}} | {
        f"corner{g}{v}": {"a": 10.0 * g, "b": 10.0 * v, "c": 10.0} for g, v in CORNERS
    }
    for name, values in scenarios.items():
        (root / f"scenarios/made/{name}.toml").write_text(scenario_text(name, values))
    if plane:
        ends = 'low = {nl = "weinig", en = "little"}\nhigh = {nl = "veel", en = "much"}\n'
        axes = "".join(f'[axes.{x}]\nlabel = {{nl = "{x}", en = "{x}"}}\n{ends}' for x in "gv")
        corners = "".join(f'[[corner]]\nat = {{g = {g}, v = {v}}}\nscenario = "corner{g}{v}"\n' for g, v in CORNERS)
        head = 'title = {nl = "Vlak", en = "Plane"}\nbase = "base"\nsource = "made up"\n'
        (root / "scenarios/made/plane.toml").write_text(head + axes + corners)
    return load_model("made", Project(root))


def worked_out(points, seen):
    """The chi2 of points (g, v, intensity) by hand."""
    g, v, i = points.T
    values = {"a": 100 + 10 * g * i, "b": 100 + 10 * v * i, "c": 100 + 10 * i}
    return sum((((values[x][:, None] - np.array(seen[x])) / ERRORS[x]) ** 2).sum(axis=1) for x in seen)


AT_A_POINT = {"a": [102.5] * N_YEARS, "b": [101.25] * N_YEARS, "c": [105.0] * N_YEARS}  # g 0.5, v 0.25, intensity 0.5


def test_a_record_made_at_a_point_of_the_plane_is_found_there(tmp_path):
    place = place_on_plane(made(tmp_path, AT_A_POINT), grid=5)
    assert place.axes == ("g", "v", "intensity")
    assert place.best.tolist() == [0.5, 0.25, 0.5]
    assert place.chi2_best == pytest.approx(0, abs=1e-18) and place.scale == 1
    assert place.limit == pytest.approx(chi2_distribution.ppf(0.9, 3))
    assert all(low <= x <= high for x, (low, high) in zip(place.best, place.ranges.values(), strict=True))


def test_a_point_between_the_places_of_the_grid_is_found_by_the_finer_ones(tmp_path):
    seen = {"a": [100 + 10 * 0.4 * 0.7] * N_YEARS, "b": [100 + 10 * 0.9 * 0.7] * N_YEARS, "c": [107.0] * N_YEARS}
    place = place_on_plane(made(tmp_path, seen), grid=5)
    assert np.abs(place.best - [0.4, 0.9, 0.7]).max() < 0.25 / 27


def test_every_point_has_the_chi2_that_is_worked_out_by_hand(tmp_path):
    seen = {"a": [103.0, 101.0, 99.0, 104.0], "b": [108.0] * N_YEARS, "c": [109.0] * N_YEARS}
    place = place_on_plane(made(tmp_path, seen), grid=5)
    np.testing.assert_allclose(place.chi2, worked_out(place.points, seen), rtol=1e-9)
    np.testing.assert_allclose(place.fine_chi2, worked_out(place.fine_points, seen), rtol=1e-9)
    inside = worked_out(place.points, seen) <= place.limit
    assert 0 < inside.mean() < 1 and place.share == inside.mean()
    for value, chi2 in place.slices:
        at = np.array([(g, v, value) for g in place.levels for v in place.levels])
        np.testing.assert_allclose(chi2.ravel(), worked_out(at, seen), rtol=1e-9)
    assert [value for value, _ in place.slices].count(place.best[-1]) == 1 and len(place.slices) == 3


def test_the_record_says_nothing_about_an_axis_that_moves_nothing_observed(tmp_path):
    model = made(tmp_path, {x: AT_A_POINT[x] for x in "ac"})
    place = place_on_plane(model, grid=9)
    assert place.unknown == ("v",)
    assert "By itself the record says nothing about v" in " ".join(plane_lines(hindcast(model), place))


def test_where_no_point_fits_the_region_is_as_much_wider_as_the_best_misfit_asks(tmp_path):
    seen = {"a": [90.0] * N_YEARS, "b": [100.0] * N_YEARS}
    place = place_on_plane(made(tmp_path, seen), grid=5)
    assert place.chi2_best == pytest.approx(400.0)  # four years, each ten standard errors off
    assert place.scale == pytest.approx(400 / (8 - 3))
    assert place.limit == pytest.approx(400 + 80 * 3 * f_distribution.ppf(0.9, 3, 5)), "the scale is estimated as well"


def test_a_series_that_the_answer_rests_on_is_named(tmp_path):
    seen = {
        "a": [104.0] * N_YEARS,
        "b": [100.0] * N_YEARS,
        "c": [110.0] * N_YEARS,
    }  # without c, intensity may be anything
    model = made(tmp_path, seen)
    place = place_on_plane(model, grid=5)
    for i, name in enumerate(seen):
        others = {x: values for x, values in seen.items() if x != name}
        point, share = place.without[name]
        by_hand = worked_out(place.points, others)
        assert by_hand.min() == pytest.approx(worked_out(point[None], others)[0], abs=1e-12)
        scale = max(1.0, by_hand.min() / 5)
        margin = chi2_distribution.ppf(0.9, 3) if scale == 1 else scale * 3 * f_distribution.ppf(0.9, 3, 5)
        assert share == (by_hand <= by_hand.min() + margin).mean()
        np.testing.assert_allclose(
            place.parts[:, i], worked_out(place.points, {name: seen[name]}), rtol=1e-9, atol=1e-18
        )
    assert place.decisive == ("a", "c")
    assert "Without 'c' the nearest point is" in " ".join(plane_lines(hindcast(model), place))


def test_a_scenario_that_hits_the_last_year_ranks_first_whatever_it_missed_before(tmp_path):
    seen = {"a": [100.0, 100.0, 100.0, 103.0]}
    found = hindcast(made(tmp_path, seen, kind="conditional", fitted="done"))
    assert [s.name for s in found.scenarios] == ["base", "done"]
    np.testing.assert_allclose(found.last_errors, [[-3.0], [0.0]])
    np.testing.assert_allclose(found.chi2, [9.0, 27.0])
    assert found.ranks == (2, 1)
    assert [row[:3] for row in forecast_sheet(found).rows[1:]] == [("done", "1", "0.0"), ("base", "2", "3.0")]
    files = hindcast_files(found, None)
    assert list(files) == ["test_years.csv", "hindcast.json"]
    assert json.loads(files["hindcast.json"])["series"]["a"]["kind"] == "conditional"


def test_the_table_of_the_plane_holds_best_corners_base_and_what_was_done(tmp_path):
    model = made(tmp_path, AT_A_POINT)
    rows = plane_sheet(hindcast(model), place_on_plane(model, grid=5)).rows
    assert [row[0].split(",")[0] for row in rows] == [
        "nearest point", "corner00", "corner01", "corner10", "corner11", "base", "done",
    ]  # fmt: skip
    assert [row[2] for row in rows] == ["yes", "no", "no", "no", "no", "no", "not on the plane"]
    by_hand = worked_out(np.array([[1.0, 1.0, 1.0]]), AT_A_POINT)[0]
    assert rows[4][3] == f"{by_hand:.0f}"


def test_scenarios_without_a_plane_are_refused_where_the_plane_is_asked_for(tmp_path):
    model = made(tmp_path, AT_A_POINT, plane=False)
    with pytest.raises(ProjectError, match="the scenarios of 'made' span no plane"):
        place_on_plane(model)


def test_a_model_without_test_years_is_told_what_to_add(tmp_path):
    model = made(tmp_path, AT_A_POINT)
    card = model.folder / "model.toml"
    card.write_text(card.read_text().replace('test = [2004, 2007]\ntest_kind = "forecast"', "gaps = true"))
    with pytest.raises(DataError) as error:
        hindcast(load_model("made", Project(tmp_path)))
    assert "no series of 'made' has test years" in str(error.value) and "test = [2015, 2019]" in str(error.value)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_figure_names_the_corners_and_the_ends_of_the_axes(tmp_path, language):
    model = made(tmp_path, AT_A_POINT)
    figure = draw_place(hindcast(model), place_on_plane(model, grid=5), language)
    assert len(figure.axes) == 3
    for ax in figure.axes:
        written = " ".join(t.get_text() for t in ax.texts)
        assert all(f"corner{g}{v}" in written for g, v in CORNERS)
        assert ("0: weinig" if language == "nl" else "0: little") in written
    assert "g = 0" in str(figure.get_label())


@cache
def study():
    return hindcast(sdsocec.load_model("social_economy"))


CHECKED = {  # what each of the model's own checks calculates, in its own way, from the same files
    "H8a": ("unemployed", "mape", ".1%"), "H8b": ("long-term share", "mae", ".4f"), "H8c": ("vacancies", "mape", ".1%"),
    "H8d": ("bijstand", "mape", ".1%"), "H4": ("wsw", "mape", ".1%"),
}  # fmt: skip


@pytest.mark.parametrize("claim", CHECKED)
def test_the_errors_are_those_of_the_reality_checks(claim):
    series, statistic, form = CHECKED[claim]
    model = sdsocec.load_model("social_economy")
    one = next(c for c in load_checks(model) if c.claim.startswith(f"{claim}:"))
    shown = format(getattr(study().statistics()[series], statistic), form)
    assert shown in run_check(one, Runner(model)).numbers


def test_no_series_of_the_study_is_called_a_forecast():
    """Demand and entry are data to 2019; demand holds recorded employment and vacancies, the Wsw its recorded places."""
    kinds = {one.name: one.kind for one in study().series}
    assert {name for name, kind in kinds.items() if kind == "input"} == {"employed", "vacancies", "wsw"}
    assert {name for name, kind in kinds.items() if kind == "conditional"} == {
        "unemployed",
        "long-term share",
        "bijstand",
    }
    assert study().scenario.name == "realised"
    told = " ".join(fit_lines(study()))
    assert "Forecast, of which no driver is observed: none." in told and "filled in with the record at hand" in told


def test_a_policy_that_is_the_calibrations_was_not_filled_in_afterwards():
    found = hindcast(sdsocec.load_model("first_steps"))
    assert found.scenario.name == "baseline" and not found.is_filled_in
    assert "filled in" not in " ".join(fit_lines(found)) and None not in found.ranks


def test_a_scenario_set_in_view_of_the_data_gets_no_rank(tmp_path):
    found = hindcast(made(tmp_path, {"a": [103.0] * N_YEARS}))
    assert found.is_filled_in and found.ranks == (1, None)
    assert [row[:2] for row in forecast_sheet(found).rows[1:]] == [
        ("base", "1"),
        ("done (set in view of the data)", "–"),
    ]


def test_without_intensity_all_points_are_one_run(tmp_path):
    seen = {"a": [100.0] * N_YEARS, "b": [100.0] * N_YEARS, "c": [100.0] * N_YEARS}
    model = made(tmp_path, seen)
    place = place_on_plane(model, grid=5)
    assert len(place.points) == 4 * 25 + 1
    assert place.best.tolist() == [0, 0, 0] and place.at(place.best) == {"intensity": 0.0}
    assert plane_sheet(hindcast(model), place).rows[0][0] == "nearest point, intensity = 0"
    rows = hindcast_files(hindcast(model), place)["plane.csv"].decode().splitlines()
    assert sum(row.startswith(",,0,") for row in rows) == 1 + 3 and "0,0,0," not in "".join(rows)


def test_the_answer_comes_in_one_sentence(tmp_path):
    model = made(tmp_path / "clear", {x: [110.0] * N_YEARS for x in "abc"})
    told = answer(hindcast(model), place_on_plane(model, grid=5))
    assert told.startswith("Reality came nearest to the corner 'corner11', at intensity ")
    model = made(tmp_path / "open", {"a": [110.0] * N_YEARS}, kind="input")
    told = answer(hindcast(model), place_on_plane(model, grid=5))
    assert told.startswith("The record does not tell which scenario reality came near: it leaves open v (v).")


def test_numbers_on_lines_of_the_map_keep_off_its_edges_and_the_region():
    model = sdsocec.load_model("social_economy")
    place = place_on_plane(model, grid=11)
    figure = draw_place(study(), place)
    figure.draw_without_rendering()
    numbers = [(ax, t) for ax in figure.axes for t in ax.texts if re.fullmatch(r"[\d.]+", t.get_text())]
    assert numbers
    for ax, number in numbers:
        x, y = ax.transData.inverted().transform(number.get_transform().transform(number.get_position()))
        assert 0.04 < x < 0.96 and 0.04 < y < 0.96, number
