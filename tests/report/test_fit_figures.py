"""Figures of a fit: what they show, in which unit and language, and that no text overlaps or leaves the canvas."""

from __future__ import annotations

import dataclasses
import itertools
import xml.etree.ElementTree as ElementTree
from io import BytesIO

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text as DrawnText
from PIL import Image

from sdsocec.analysis.calibration import Profile
from sdsocec.analysis.calibration.profiles import FOUND, RANGE, UNRESOLVED
from sdsocec.analysis.fit import fit_table, run_against_record
from sdsocec.model.project import load_model
from sdsocec.model.toml import Text
from sdsocec.report.calibration_tables import profile_text
from sdsocec.report.fit_figures import as_dataset, draw_fit, draw_residuals
from sdsocec.report.fit_panels import draw_series, draw_series_residuals
from sdsocec.report.fit_tables import csv_of_fit, data_of_fit, misfit_line, signed, table_of_fit
from sdsocec.report.profile_figures import draw_profile, draw_profiles
from sdsocec.report.saving import render

LINE = 1.3527721
LONG = "a very long label " * 12 + "$x_{1}$ <&>"


@pytest.fixture(scope="module")
def model():
    return load_model("first_steps")


@pytest.fixture(scope="module")
def run(model):
    return run_against_record(model)


@pytest.fixture(scope="module")
def other(model):
    return run_against_record(model, {"matching elasticity": 0.42})


@pytest.fixture
def profiles():
    """A parabola around 0.5 that crosses the line at 0.4 and 0.6; one that has no upper bound; one that is flat."""
    x, nan = np.linspace(0.2, 0.8, 13), float("nan")
    parabola = Profile(
        "matching elasticity", x, 7 + LINE * ((x - 0.5) / 0.1) ** 2, 0.5, 7.0, LINE, 0.4, 0.6, FOUND, FOUND
    )
    wide = Profile(
        "demand adjust time", x, 7 + np.maximum(0, 0.5 - x) * 20, 0.5, 7.0, LINE, 0.5 - LINE / 20, nan, FOUND, RANGE
    )
    flat = Profile("initial vacancies", x, 7 + 0 * x, 0.8, 7.0, LINE, nan, nan, RANGE, UNRESOLVED)
    return [parabola, wide, flat]


def texts_of(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    found = figure.findobj(lambda a: isinstance(a, DrawnText) and a.get_text() and a.get_visible())
    return [(t.get_text(), t.get_window_extent(renderer)) for t in found]


def assert_all_text_is_on_the_canvas_and_apart(figure):
    found = texts_of(figure)
    width, height = figure.get_size_inches() * figure.dpi
    for text, box in found:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, text
    for (text, a), (second, b) in itertools.combinations(found, 2):
        across, upward = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across <= 1 or upward <= 1, (text, second)


def test_a_panel_per_series_with_its_label_and_the_unit_shown(run, model):
    figure = draw_fit(run, model, "nl")
    titles = ["werklozen", "werkenden", "openstaande vacatures", "personen in de Wsw"]
    assert [ax.get_title("left") for ax in figure.axes] == titles
    assert [ax.get_ylabel().split("\n")[0].split(" (")[0] for ax in figure.axes] == ["personen"] * 4
    assert [ax.get_xlabel() for ax in figure.axes] == ["", "", "jaar", "jaar"]


def test_points_stand_at_mid_year_or_year_end_with_bars_of_two_standard_errors(run, model):
    for one in (run.series[0], run.series[3]):
        ax = draw_series(Figure().add_subplot(), one, model)
        bars = list(ax.containers)
        points = np.concatenate([bar[0].get_xdata() for bar in bars])
        moved = 0.5 if one.observed.moment == "mean" else 1.0
        np.testing.assert_allclose(np.sort(points), one.observed.years + moved)
        low, high = bars[0][2][0].get_segments()[0]
        error = one.observed.errors[0] * 1000
        assert high[1] - low[1] == pytest.approx(4 * error, rel=1e-12)
        assert bars[0][0].get_ydata()[0] == pytest.approx(one.observed.values[0] * 1000, rel=1e-12)


def test_fit_and_test_years_differ_in_marker_and_in_dashes(run, model):
    ax = draw_series(Figure().add_subplot(), run.series[0], model)
    fit, tested = (container[0] for container in ax.containers)
    assert fit.get_marker() != tested.get_marker()
    assert fit.get_xdata().max() == 2014.5 and tested.get_xdata().min() == 2015.5
    in_fit, in_test = (line for line in ax.get_lines() if len(line.get_xdata()) > 10 and line.get_marker() == "None")
    assert in_fit.get_linestyle() == "-" and in_test.get_linestyle() == "--"
    assert in_fit.get_xdata()[-1] == in_test.get_xdata()[0] == 2015


def test_the_line_is_the_run_in_the_unit_shown_and_within_the_axes(run, model):
    one = run.series[2]
    ax = draw_series(Figure().add_subplot(), one, model)
    line = next(line for line in ax.get_lines() if len(line.get_xdata()) > 50)
    at = int(np.flatnonzero(line.get_xdata() == 2008)[0])
    assert line.get_ydata()[at] == one.line[one.times == 2008][0] * 1000
    low, high = ax.get_ylim()
    for drawn in ax.get_lines():
        if len(drawn.get_xdata()) > 2:
            assert low <= np.min(drawn.get_ydata()) and np.max(drawn.get_ydata()) <= high


def test_the_run_before_is_drawn_beneath_in_dots(run, other, model):
    ax = draw_series(Figure().add_subplot(), other.series[0], model, before=run.series[0])
    dotted = [line for line in ax.get_lines() if line.get_linestyle() == ":"]
    assert len(dotted) == 2
    assert dotted[0].get_ydata()[0] == run.series[0].line[run.series[0].times == dotted[0].get_xdata()[0]][0] * 1000


def test_residuals_are_drawn_in_standard_errors_with_lines_at_two(run):
    one = run.series[0]
    ax = draw_series_residuals(Figure().add_subplot(), one)
    points = [line for line in ax.get_lines() if line.get_marker() in ("o", "s")]
    drawn = np.concatenate([line.get_ydata() for line in points])
    np.testing.assert_allclose(drawn, (one.simulated - one.observed.values) / one.observed.errors, rtol=1e-12)
    levels = [line.get_ydata()[0] for line in ax.get_lines() if line.get_marker() == "None"]
    assert levels[:3] == [0, 2, -2]
    assert ax.get_ylabel() == "standard errors" and ax.get_ylim()[0] == -ax.get_ylim()[1]
    assert {-2.0, 0.0, 2.0} <= set(ax.get_yticks())


def test_a_profile_says_which_bounds_were_found(profiles):
    assert [profile_text(one) for one in profiles] == ["0.40 to 0.60", "at least 0.432", "not resolved"]
    assert [profile_text(dataclasses.replace(one, above=RANGE), "nl") for one in profiles[1:]] == [
        "ten minste 0,432", "geen grens binnen het bereik",
    ]  # fmt: skip
    assert profile_text(dataclasses.replace(profiles[1], above=UNRESOLVED)) == "at least 0.432; not resolved"


def test_a_profile_is_drawn_as_cost_above_the_lowest(profiles):
    ax = draw_profile(Figure().add_subplot(), profiles[0])
    curve, line, estimate = ax.get_lines()
    np.testing.assert_allclose(curve.get_ydata(), profiles[0].costs - 7, atol=1e-12)
    assert line.get_ydata()[0] == pytest.approx(1.3527721) and estimate.get_xdata()[0] == 0.5
    assert line.get_linestyle() != estimate.get_linestyle()
    assert ax.get_ylim()[1] > line.get_ydata()[0]


def test_a_fit_that_failed_somewhere_leaves_the_profile_readable():
    costs = np.array([np.nan, 9.0, 7.0, 9.0, 1e6])
    profile = Profile("x", np.arange(5.0), costs, 2.0, 7.0, LINE, float("nan"), 2.7, UNRESOLVED, FOUND)
    assert draw_profile(Figure().add_subplot(), profile).get_ylim()[1] < 10


def test_the_figure_of_profiles_shows_the_units_of_readers(profiles, model):
    figure = draw_profiles(profiles, model, "nl")
    assert [ax.get_xlabel() for ax in figure.axes] == ["zonder eenheid", "jaar", "personen"]
    assert figure.axes[2].get_lines()[2].get_xdata()[0] == 800, "thousands of persons as persons"
    assert (
        "elasticiteit van matching (matching elasticity): 90%-interval 0,400 tot 0,600 zonder eenheid."
        in figure.get_label()
    )
    assert "geen bovengrens" in figure.get_label() and "initial vacancies: geen grens" in figure.get_label()
    assert "; een grens is niet bepaald" in figure.get_label()


@pytest.mark.parametrize("language", ["en", "nl"])
def test_no_text_overlaps_or_leaves_the_canvas(run, other, model, profiles, language):
    for figure in (
        draw_fit(run, model, language),
        draw_fit(other, model, language, before=run),
        draw_residuals(run, model, language),
        draw_profiles(profiles, model, language),
    ):
        assert_all_text_is_on_the_canvas_and_apart(figure)


def test_nothing_overlaps_with_long_names_and_one_series(run, model):
    one = run.series[0]
    label = Text(nl=LONG, en=LONG)
    hostile = dataclasses.replace(
        run,
        fit_scenario=LONG[:60],
        series=(dataclasses.replace(one, observed=dataclasses.replace(one.observed, label=label)),),
    )
    card = model.card.model_copy(update={"title": label})
    for figure in (
        draw_fit(hostile, dataclasses.replace(model, card=card)),
        draw_residuals(hostile, dataclasses.replace(model, card=card)),
    ):
        assert_all_text_is_on_the_canvas_and_apart(figure)


def test_the_alternative_text_says_how_far_the_run_is_off(run, model):
    row = fit_table(run)[0].statistics
    words = draw_fit(run, model).get_label()
    assert f"unemployed, 2003-2019: mean absolute percentage error {100 * row.mape:.1f}% in the fit years" in words
    known = np.concatenate([run.series[0].residuals])
    assert f"{int((np.abs(known) > 2).sum())} of 17 outside 2" in draw_residuals(run, model).get_label()


def test_files_carry_text_and_provenance_and_are_the_same_each_time(run, model):
    files, again = (render(draw_fit(run, model), "fit", as_dataset(run)) for _ in range(2))
    assert files == again
    assert model.equations.file_sha256 in Image.open(BytesIO(files["fit.png"])).text["Source"]
    svg = ElementTree.fromstring(files["fit.svg"])
    assert svg.find("{http://www.w3.org/2000/svg}desc").text.startswith("Small charts (4) of First steps")


# ---- the table ------------------------------------------------------------------------------------------------------


def test_the_table_shows_the_statistics_in_the_unit_of_readers(run, model):
    table = table_of_fit(run, model, "nl")
    statistics = fit_table(run)[0].statistics
    assert table.rows[0][0] == "werklozen (personen), fit 2003-2014"
    assert table.values[0][:3] == (12, statistics.mape * 100, statistics.rmse * 1000)
    assert table.rows[0][2] == f"{100 * statistics.mape:.2f}%".replace(".", ",")
    assert "+/−" not in table.header


def test_the_table_shows_changes_with_their_sign(run, other, model):
    table = table_of_fit(other, model, "en", before=run)
    change = table.values[0][2]
    assert change == pytest.approx(table.values[0][1] - 100 * fit_table(run)[0].statistics.mape, rel=1e-12)
    assert table.rows[0][3] == f"{change:+.2f}".replace("-", "−")
    assert misfit_line(other, "en", run).endswith(f"({signed(other.misfit - run.misfit, 'en', 3)})")


def test_a_change_within_rounding_and_a_correlation_of_two_years_are_not_shown(run, model):
    one = run.series[3]
    two = dataclasses.replace(one.observed, is_fit=one.observed.years > 2010)
    nearly = dataclasses.replace(one, observed=two, simulated=one.simulated * (1 + 1e-14))
    one = dataclasses.replace(one, observed=two)
    table = table_of_fit(
        dataclasses.replace(run, series=(nearly,)), model, "en", before=dataclasses.replace(run, series=(one,))
    )
    (row,) = table.rows
    assert (row[1], row[3], row[5], row[6]) == ("2", "0", "0", "–")


def test_a_change_that_cannot_be_seen_is_a_plain_zero():
    assert [signed(x, "nl", 2) for x in (0.0, 0.001, -0.004, 0.25, -0.25)] == ["0", "0", "0", "+0,25", "−0,25"]


def test_the_csv_holds_the_unrounded_numbers(run):
    rows = fit_table(run)
    lines = csv_of_fit(rows, run).decode().splitlines()
    names, first = lines[0].split(","), lines[1].split(",")
    assert len(lines) == 1 + len(rows)
    assert float(first[names.index("rmse")]) == rows[0].statistics.rmse
    assert first[: names.index("mape")] == [
        "unemployed",
        "unemployed",
        "fit",
        "baseline",
        "2003",
        "2014",
        "12",
        "kpers",
    ]


def test_a_legend_names_scenarios_as_readers_do(run, model):
    """It said `scenario baseline` in a Dutch picture."""
    names = [words.get_text() for words in draw_fit(run, model, "nl").legends[0].get_texts()]
    assert "run, scenario Basis" in names and not any("baseline" in name for name in names)


def test_no_residual_lies_on_the_edge_of_its_panel(run):
    """A marker at 4.0 of a panel to 4 was half outside."""
    one = run.series[0]
    for reach in (2.0, 3.95, 4.0, 5.9, 6.0):
        errors = one.observed.errors * np.nanmax(np.abs(one.residuals)) / reach
        moved = dataclasses.replace(one, observed=dataclasses.replace(one.observed, errors=errors))
        assert np.nanmax(np.abs(moved.residuals)) == pytest.approx(reach)
        ax = draw_series_residuals(Figure().add_subplot(), moved)
        assert ax.get_ylim()[1] >= 1.04 * reach


def test_the_data_of_a_fit_are_the_numbers_that_are_drawn(run, model):
    """A share of 39.2 % was written as 0.392 with the unit %."""
    card = dataclasses.replace(model, card=model.card.model_copy(update={"outcomes": tuple(
        one.model_copy(update={"shown": "share"}) if one.variable == run.series[0].observed.variable else one
        for one in model.card.outcomes
    )}))  # fmt: skip
    for shown, factor, unit in ((model, 1000.0, "persons"), (card, 100.0, "%")):
        table = data_of_fit("fit", run.series, shown, "en")
        rows = [dict(zip(table.header, row, strict=True)) for row in table.rows]
        first = next(row for row in rows if row["series"] == run.series[0].observed.name)
        observed = run.series[0].observed
        assert (first["observed"], first["unit"]) == (pytest.approx(observed.values[0] * factor), unit)
        assert first["standard_error"] == pytest.approx(observed.errors[0] * factor)
        wanted = (first["simulated"] - first["observed"]) / first["standard_error"]
        assert first["residual"] == pytest.approx(wanted)


def test_profiles_have_labels_and_units_of_readers(profiles, model):
    """A Dutch picture said `matching elasticity` and 1/year."""
    rate = dataclasses.replace(profiles[0], name="retirement rate")
    first, second = draw_profiles([profiles[0], rate], model, "nl").axes
    assert first.get_title("left") == "elasticiteit van matching (matching elasticity)"
    assert second.get_xlabel() == "1/jaar"
