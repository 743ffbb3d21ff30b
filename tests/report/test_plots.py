"""Series, bands and fit: what they show, say and hold, at both sizes and in both languages."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from matplotlib.figure import Figure

import sdsocec
from sdsocec.analysis.bands import run_uncertain
from sdsocec.analysis.fit import run_against_record
from sdsocec.api import outcome_elements, run_scenarios
from sdsocec.errors import SdsocecError
from sdsocec.model.toml import Text
from sdsocec.report.picture import in_grey, render_pictures
from sdsocec.report.plots.bands import bands_pictures, draw_bands
from sdsocec.report.plots.chosen import with_outcomes
from sdsocec.report.plots.fit import draw_fit, fit_pictures
from sdsocec.report.plots.record import Points
from sdsocec.report.plots.series import draw_series, series_pictures
from sdsocec.report.style import luminance
from sdsocec.results.observed import load_observed
from sdsocec.results.shown import ShownOutcome
from sdsocec.scenario import default_scenarios
from sdsocec.scenario.factors import factors_of

from .hostile import HOSTILE, hostile

SIZES, LANGUAGES = ("column", "full"), ("nl", "en")


@cache
def first_steps():
    return sdsocec.load_model("first_steps")


@cache
def its_runs():
    return run_scenarios(first_steps()).dataset()


@cache
def its_bands():
    model = first_steps()
    chosen = with_outcomes(model, ["werklozen", "wb employment share"])
    return run_uncertain(model, default_scenarios(model), factors_of(model), outcome_elements(chosen), n=64)


@cache
def its_fit():
    return run_against_record(first_steps())


def drawn(kind, size, language):
    model = first_steps()
    if kind == "series":
        return series_pictures(its_runs(), model, size=size, language=language, observed=load_observed(model))
    if kind == "named":
        runs = its_runs().sel(scenario=["baseline", "publiek"])
        chosen = with_outcomes(model, ["werklozen", "werkbedrijf"])
        return series_pictures(runs, chosen, size=size, language=language, observed=load_observed(model))
    if kind == "bands":
        return bands_pictures(its_bands(), model, size=size, language=language, observed=load_observed(model))
    return fit_pictures(its_fit(), model, size=size, language=language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["series", "named", "bands", "fit"])
def test_every_text_is_on_the_sheet_apart_from_others_and_large_enough(kind, size, language, assert_legible):
    pictures = drawn(kind, size, language)
    assert pictures
    for picture in pictures:
        words = assert_legible(picture.figure)
        assert "…" not in " ".join(words).replace("…)", ")"), "nothing is shortened but a source"
        for ax in picture.figure.axes:  # a unit wherever there are numbers
            assert ax.get_ylabel() or not any(t.get_text() for t in ax.get_yticklabels())
        assert picture.figure.axes[0].get_ylabel() and any(
            ax.get_xlabel() == ("jaar" if language == "nl" else "year") for ax in picture.figure.axes
        )
        assert picture.alt and picture.figure.get_label() == picture.alt
        assert picture.figure.get_size_inches()[1] * 2.54 <= 24.0


@pytest.mark.parametrize("size", SIZES)
def test_hostile_texts_stay_in_their_place(size, assert_legible):
    model = hostile(first_steps())
    names = ["a", "b" * 500, HOSTILE]
    runs = its_runs().isel(scenario=[0, 1, 2]).assign_coords(scenario=names).drop_attrs(deep=False)
    runs.attrs = {**its_runs().attrs, "model": HOSTILE, "settings": '{"' + "$x$" * 200 + '": 1}'}
    chosen = with_outcomes(model, ["unemployed", "vacancies", "wsw employed"])
    for picture in series_pictures(runs, chosen, size=size, observed=load_observed(model)):
        words = " ".join(assert_legible(picture.figure))
        assert "$\\alpha$ <script>" in words and "\u202e" not in picture.alt
    bands = its_bands()
    titled = tuple(replace(s, title=Text(nl=HOSTILE + s.name, en=HOSTILE + s.name)) for s in bands.experiment.scenarios)
    bands = replace(bands, experiment=replace(bands.experiment, scenarios=titled), attributes=dict(runs.attrs, seed=1))
    for picture in bands_pictures(bands, model, size=size):
        assert_legible(picture.figure)
    for picture in fit_pictures(replace(its_fit(), attributes=runs.attrs), model, size=size):
        assert_legible(picture.figure)


def test_the_same_pictures_have_the_same_bytes():
    for kind in ("named", "bands", "fit"):
        formats = ["svg", "pdf", "png"] if kind == "named" else ["svg"]
        first, again = (render_pictures(drawn(kind, "column", "nl"), formats, {}) for _ in range(2))
        assert first == again


def test_a_picture_in_grey_is_no_colour_picture_with_lost_lines():
    picture = drawn("bands", "full", "en")[0]
    files = render_pictures([picture], ["png"], {}, grey=True)
    assert files[f"{picture.stem}-grey.png"] == in_grey(files[f"{picture.stem}.png"])
    (ax, *_) = picture.figure.axes
    faces = [c.get_facecolor()[0] for c in ax.collections]
    shades = [luminance("#" + "".join(f"{round(255 * part):02x}" for part in face[:3])) for face in faces]
    assert len(shades) == 3 and all(a - b > 0.1 for a, b in zip(shades, shades[1:], strict=False))


# ---- series -----------------------------------------------------------------------------------------------------------


def test_names_stand_at_the_ends_of_lines_where_they_fit_and_else_in_a_legend():
    (named,) = drawn("named", "full", "nl")
    assert not named.figure.legends
    written = [[t.get_text() for t in ax.texts if t.get_text() in ("Basis", "Publiek")] for ax in named.figure.axes]
    assert written == [["Basis", "Publiek"]] * 2
    (many,) = drawn("series", "full", "nl")
    (legend,) = many.figure.legends
    assert [t.get_text() for t in legend.get_texts()] == [
        "Basis", "Sociaal ondernemen", "Regulier", "Publiek-privaat", "Publiek", "waargenomen",
    ]  # fmt: skip


def test_more_panels_than_fit_go_on_in_the_next_sheet():
    assert [picture.stem for picture in drawn("series", "column", "nl")] == ["series-1", "series-2", "series-3"]
    assert [picture.stem for picture in drawn("series", "full", "nl")] == ["series"]


def test_what_was_observed_is_drawn_with_its_source_and_where_that_changes():
    points = Points(np.array([1999.5, 2000.5, 2001.5, 2003.5]), np.array([0.5, 1.0, 9.0, 2.0]), (1999, 2000, 2001, 2003),
                    (2,), ("a", "b", "c", "c"), tuple(Text(nl=x, en=x) for x in "abcc"), ())  # fmt: skip
    outcome = ShownOutcome("x", "x", "kg", np.array([[1.0, 2.0, 3.0]]), False)
    ax = draw_series(Figure().add_subplot(), outcome, np.array([2000.0, 2002.0, 2004.0]), points=points)
    dots, stroke = (line for line in ax.get_lines() if line.get_linestyle() == "None")
    assert list(dots.get_xdata()) == [2000.5, 2001.5, 2003.5] and ax.get_ylim()[1] >= 9.0
    assert (list(stroke.get_xdata()), list(stroke.get_ydata())) == ([2001.0], [5.0])
    (picture,) = series_pictures(
        its_runs(), with_outcomes(first_steps(), ["wsw"]), language="nl", observed=load_observed(first_steps())
    )
    words = " ".join(t.get_text() for t in picture.figure.texts).replace("\n", " ")
    assert "Punten: waargenomen (CBS, UWV of SZW; Cedris)." in words
    assert "Twee streepjes: vanaf daar een andere bron of definitie." in words


def test_a_break_in_what_was_observed_is_told_below_the_picture():
    observed = load_observed(first_steps())
    chosen = with_outcomes(first_steps(), ["total work"])
    (picture,) = series_pictures(its_runs(), chosen, language="en", observed=observed)
    words = " ".join(t.get_text() for t in picture.figure.texts).replace("\n", " ")
    assert "Break in employed, 2005: 15-74 to 2004, 15 and older from 2005" in words
    assert "as recorded" not in words, "sources are printed as the card writes them"


def test_the_date_at_which_scenarios_part_is_told_and_each_ones_own_where_they_differ(dataset, model):
    people = dataset["people"].values.copy()
    three = dataset.isel(scenario=[0, 1, 1]).assign_coords(scenario=["a", "b", "c"])
    three["people"][2] = np.where(np.arange(9) > 6, people[1], people[0])
    chosen = with_outcomes(model, ["people"])
    (picture,) = series_pictures(three, chosen, language="nl")
    words = " ".join(t.get_text() for t in picture.figure.texts).replace("\n", " ")
    assert (
        "alle scenario's zijn gelijk tot 2002,5 (verticale lijn). Elk wijkt van a af na: b 2002,5 en c 2003." in words
    )


def test_the_words_tell_where_lines_go_and_when_they_are_highest(dataset, model):
    dataset["people"][0, 4] = 420.0
    (picture,) = series_pictures(dataset, with_outcomes(model, ["people", "share"]))
    assert picture.alt == (
        "Line charts (2) of Small model, 2000 to 2004, for a and b. The scenarios are the same until 2001.5. "
        "unemployed: a from 300,000 to 300,000 persons, highest 420,000 in 2002; "
        "b from 300,000 to 149,600 persons, highest 300,000 in 2000. "
        "share: a always 3.4%; b from 3.4% to 33.4%, highest 33.4% in 2004."
    )


def test_the_table_of_a_series_holds_what_is_drawn():
    (picture,) = series_pictures(
        its_runs(), with_outcomes(first_steps(), ["werklozen"]), observed=load_observed(first_steps(), ["unemployed"])
    )
    rows = list(csv.DictReader(io.StringIO(render_pictures([picture], [], {})["series.csv"].decode())))
    simulated = {(r["scenario"], float(r["time"])): float(r["value"]) for r in rows if r["kind"] == "simulated"}
    ran = its_runs()["unemployed"].sel(scenario="publiek", time=2010.0)
    assert simulated["publiek", 2010.0] == pytest.approx(1000 * float(ran))
    assert next(float(r["value"]) for r in rows if r["kind"] == "observed") == 395_000.0
    assert {r["unit"] for r in rows} == {"persons"}


def test_many_scenarios_one_scenario_and_one_saved_time_are_drawn(dataset, model, assert_legible):
    many = dataset.isel(scenario=[0] * 19 + [1]).assign_coords(scenario=[f"s{i}" for i in range(20)])
    for runs in (many, dataset.isel(scenario=[1]), dataset.isel(time=[0]), dataset.isel(scenario=[0, 0])):
        for picture in series_pictures(runs, model, size="column"):
            assert_legible(picture.figure)


@pytest.mark.parametrize(("name", "variable"), [
    ("werklozen", "people"), ("UNEMPLOYED", "people"), ("people", "people"), ("jobs[north]", "jobs[north]"), ("index", "index"),
])  # fmt: skip
def test_an_outcome_is_known_by_label_or_variable_in_any_case(model, name, variable):
    assert [o.variable for o in with_outcomes(model, [name]).card.outcomes] == [variable]


def test_a_variable_with_several_elements_is_drawn_whole(dataset, model):
    (picture,) = series_pictures(dataset, with_outcomes(model, ["jobs"]))
    assert len(picture.figure.axes) == 2


def test_a_name_that_means_nothing_gets_the_nearest(model):
    with pytest.raises(SdsocecError) as error:
        with_outcomes(model, ["werklosen"])
    assert str(error.value) == (
        "the model 'small' has no outcome or variable 'werklosen'\n"
        "  Did you mean 'werklozen'? Outcomes: people, jobs[south], share, index."
    )
    with pytest.raises(SdsocecError, match="'people' is named twice"):
        with_outcomes(model, ["people", "werklozen"])


# ---- bands ------------------------------------------------------------------------------------------------------------


def test_bands_hold_the_middle_shares_of_the_rows():
    values = np.tile(np.arange(101.0)[:, None], 3) + np.array([0.0, 10.0, 20.0])
    ax = draw_bands(Figure().add_subplot(), np.array([0.0, 1.0, 2.0]), values, unit="kg")
    spans = [(c.get_paths()[0].vertices[:, 1].min(), c.get_paths()[0].vertices[:, 1].max()) for c in ax.collections]
    assert spans == [(5.0, 115.0), (20.0, 100.0), (35.0, 85.0)]
    assert ax.get_lines()[0].get_ydata().tolist() == [50.0, 60.0, 70.0]
    assert ax.get_ylabel() == "kg"


def test_panels_of_an_outcome_have_one_scale_and_every_outcome_its_picture():
    pictures = drawn("bands", "full", "en")
    assert [picture.stem for picture in pictures] == ["bands-1", "bands-2"]
    for picture in pictures:
        assert len({ax.get_ylim() for ax in picture.figure.axes}) == 1
        assert len(picture.figure.axes) == 5


def test_the_footer_says_how_many_rows_and_which_seed_and_what_was_left_out():
    bands = its_bands()
    values = bands.values.copy()
    values[3, 1, -1, 0], values[9, 0, 0, 1] = np.nan, np.inf
    finite = np.isfinite(values).all(axis=(1, 2, 3))
    broken = replace(bands, values=values, is_finite=finite)
    picture = bands_pictures(broken, first_steps(), language="nl")[0]
    words = " ".join(t.get_text() for t in picture.figure.texts).replace("\n", " ")
    said = "Over 64 combinaties van 6 onzekere invoergrootheden (Sobolpunten, seed 1), in elk scenario dezelfde."
    assert f"{said} 2 combinaties zonder eindige getallen zijn weggelaten." in words and "| seed 1 |" in words
    assert said in picture.alt
    assert broken.of(0, 0).shape[0] == 62, "left out in every scenario: rows stay paired"


def test_the_words_and_the_table_of_bands_tell_the_quantiles():
    picture = drawn("bands", "full", "en")[0]
    header = ("scenario", "time", "variable", "label", "p05", "p20", "p35", "p50", "p65", "p80", "p95", "unit")
    assert picture.table.header == header
    last = next(row for row in picture.table.rows if row[:2] == ("publiek", 2020.0))
    rows = its_bands().of(4, 0)[:, -1] * 1000
    assert last[4:11] == pytest.approx(tuple(np.quantile(rows, [0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95])))
    assert f"in 2020 90% of them lie between {round(last[4], -2):,.0f}" in picture.alt


# ---- fit --------------------------------------------------------------------------------------------------------------


def test_years_in_and_out_of_sample_differ_in_marker_and_dashes():
    one = its_fit().series[0]
    ax = draw_fit(Figure().add_subplot(), one, first_steps(), lang="nl")
    solid, dashed = [line for line in ax.get_lines() if len(line.get_xdata()) > 40]
    assert solid.get_linestyle() == "-" and dashed.get_linestyle() != "-"
    markers = [line.get_marker() for line in ax.get_lines() if line.get_marker() not in ("", "None")]
    assert markers == ["o", "s"]
    assert ax.get_ylabel() == "personen"


def test_the_legend_of_a_fit_names_the_scenario_and_the_footer_the_sources():
    (picture,) = drawn("fit", "full", "nl")
    (legend,) = picture.figure.legends
    assert [t.get_text() for t in legend.get_texts()] == [
        "waargenomen, fitjaren", "waargenomen, toetsjaren", "run, scenario Basis", "run in de toetsjaren, scenario Basis",
    ]  # fmt: skip
    words = " ".join(t.get_text() for t in picture.figure.texts).replace("\n", " ")
    assert "Bronnen. Werklozen: CBS 80590ned (tot en met 2013), ILOSTAT (vanaf 2014). Werkenden: " in words
    assert "Voorspelling, waarvan" not in words and "niet teruggevonden" not in words, "that stands in tables"
    assert "Breuk in werkenden, 2005:" in words and "as recorded" not in words


def test_the_table_of_a_fit_has_every_year_and_what_it_is_for():
    (picture,) = drawn("fit", "full", "en")
    rows = [dict(zip(picture.table.header, row, strict=True)) for row in picture.table.rows]
    first = next(row for row in rows if row["series"] == "unemployed" and row["year"] == 2003)
    assert (first["observed"], first["standard_error"], first["role"]) == (395_000.0, 19_750.0, "fit")
    assert next(r for r in rows if r["series"] == "unemployed" and r["year"] == 2019)["role"] == "test"
    assert len(rows) == sum(len(one.observed.years) for one in its_fit().series)
    assert "unemployed, 2003-2019: mean absolute percentage error" in picture.alt.replace("–", "-")
