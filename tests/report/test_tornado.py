"""Tornadoes: what they show, say and hold, at both sizes and in both languages."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from matplotlib.figure import Figure

import sdsocec
from sdsocec.analysis.tornado import run_tornado
from sdsocec.api import outcome_elements
from sdsocec.model.toml import Text
from sdsocec.report.inputs import input_numbers, input_unit
from sdsocec.report.picture import render_pictures
from sdsocec.report.plots.chosen import with_outcomes
from sdsocec.report.plots.tornado import HATCH, Bar, draw_tornado
from sdsocec.report.plots.tornado_sheets import tornado_pictures
from sdsocec.scenario import default_scenarios, load_scenario
from sdsocec.scenario.factors import factors_of

from ..analysis import small_rest
from .hostile import HOSTILE, hostile

SIZES, LANGUAGES = ("column", "full"), ("nl", "en")


@cache
def model():
    return sdsocec.load_model("first_steps")


def scenarios(*names):
    return [load_scenario(name, model()) for name in names]


@cache
def found(kind):
    outputs = outcome_elements(with_outcomes(model(), ["werklozen", "wb employment share"]))
    if kind == "minus":
        every = default_scenarios(model())
        return run_tornado(model(), every, factors_of(model()), outputs, minus=every[0])
    if kind == "many":
        return run_tornado(model(), scenarios("publiek"), factors_of(model(), "both"), outputs, span="whole")
    return run_tornado(model(), scenarios("baseline", "publiek"), factors_of(model()), outputs)


def words_of(picture):
    return " ".join(t.get_text() for t in picture.figure.texts).replace("\n", " ")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["two", "minus", "many"])
def test_every_text_is_on_the_sheet_apart_from_others_and_large_enough(kind, size, language, assert_legible):
    pictures = tornado_pictures(found(kind), model(), size=size, language=language)
    assert pictures
    for picture in pictures:
        words = assert_legible(picture.figure)
        assert "…" not in " ".join(words), "nothing is shortened"
        assert picture.figure.axes[-1].get_xlabel()
        limits = {ax.get_xlim() for ax in picture.figure.axes}
        own = {"nl": "Elk paneel heeft een eigen schaal", "en": "Each panel has a scale of its own"}[language]
        assert len(limits) == 1 or own in words_of(picture)
        assert (own in words_of(picture)) == (own in picture.alt)
        assert len(limits) == 1 or all(ax.get_xlabel() for ax in picture.figure.axes), (
            "each says whether it starts at 0"
        )
        assert picture.alt and picture.figure.get_label() == picture.alt
        assert picture.figure.get_size_inches()[1] * 2.54 <= 24.0


@pytest.mark.parametrize("size", SIZES)
def test_hostile_texts_stay_in_their_place(size, assert_legible):
    titled = tuple(
        replace(s, title=Text(nl=HOSTILE + s.name, en=HOSTILE + s.name)) for s in found("two").experiment.scenarios
    )
    one = replace(found("two"), experiment=replace(found("two").experiment, scenarios=titled), scenarios=titled)
    labels = {factor.name: Text(nl=HOSTILE, en=HOSTILE) for factor in one.experiment.factors}
    for picture in tornado_pictures(one, hostile(model(), labels=labels), size=size):
        assert "$\\alpha$ <script>" in " ".join(assert_legible(picture.figure)) and "\u202e" not in picture.alt


def test_the_same_pictures_have_the_same_bytes():
    first, again = (render_pictures(tornado_pictures(found("two"), model()), ["svg"], {}) for _ in range(2))
    assert first == again


# ---- bars -------------------------------------------------------------------------------------------------------------


def drawn(*bars, stored=10.0, **more):
    return draw_tornado(Figure().add_subplot(), bars, stored, unit="kg", **more)


def test_a_bar_goes_from_the_line_to_both_ends_and_the_high_end_is_hatched():
    ax = drawn(Bar("a", ("1", "3"), 8.0, 13.0, 8.0, 13.0))
    low, high = ax.patches
    assert (low.get_x() + low.get_width(), low.get_hatch() or "") == (8.0, "")
    assert (high.get_x() + high.get_width(), high.get_hatch()) == (13.0, HATCH)
    assert low.get_height() == high.get_height() and low.get_y() == high.get_y()
    (line,) = ax.get_lines()
    assert list(line.get_xdata()) == [10.0, 10.0]
    sides = {t.get_text(): (t.xy[0], t.get_ha()) for t in ax.texts}
    assert sides == {"1": (8.0, "right"), "3": (13.0, "left")}


def test_ends_on_one_side_lie_below_each_other_and_a_peak_between_them_is_marked():
    ax = drawn(Bar("a", ("1", "3"), 12.0, 15.0, 7.0, 15.0), Bar("b", ("0", "9"), 11.0, 10.0, 10.0, 11.0))
    low, high = ax.patches[:2]
    assert low.get_y() + low.get_height() == pytest.approx(high.get_y()), "the low end above the high end"
    dots = [line for line in ax.get_lines() if line.get_marker() == "o"]
    assert [list(dot.get_xdata()) for dot in dots] == [[7.0]]
    assert ax.get_xlim()[0] < 7.0 and ax.get_xlim()[1] > 15.0
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b"]


def test_without_bars_there_is_still_the_line():
    ax = drawn(number="10.0")
    assert ax.get_xlim() == (5.0, 15.0) and ax.texts[0].get_text() == "10.0"


# ---- pictures ---------------------------------------------------------------------------------------------------------


def test_the_widest_bar_is_on_top_and_no_more_are_drawn_than_can_be_read():
    picture = tornado_pictures(found("many"), model())[0]
    (ax,) = picture.figure.axes
    names = [t.get_text().replace("\n", " ") for t in ax.get_yticklabels()]
    assert len(names) == 12 and names[0] == "work that comes from regular firms"
    spans = [max(p.get_x() + p.get_width() for p in pair) - min(p.get_x() + p.get_width() for p in pair)
             for pair in zip(ax.patches[::2], ax.patches[1::2], strict=True)]  # fmt: skip
    assert spans[0] == max(spans)
    assert "Not drawn, as they move it less: " in words_of(picture)
    assert len(picture.table.rows) == 14, "the table has them all"


def test_inputs_without_effect_are_named_with_the_scenario_where_they_have_none():
    picture = tornado_pictures(found("two"), model(), language="nl")[0]
    said = (
        "Op zichzelf zonder effect, met al het andere zoals het in het scenario is: "
        "navolging door ondernemers en werk dat van gewone bedrijven komt (Basis); "
        "samen met andere kunnen ze wel iets uitmaken (sdsocec sensitivity)."
    )
    assert said in words_of(picture)
    assert "van het 5%- tot het 95%-punt van haar verdeling" in words_of(picture)


def test_the_table_and_the_words_have_the_numbers_that_are_drawn():
    picture = tornado_pictures(found("two"), model())[0]
    files = render_pictures([picture], [], {})
    rows = list(csv.DictReader(io.StringIO(files[f"{picture.stem}.csv"].decode())))
    row = next(r for r in rows if (r["scenario"], r["input"]) == ("baseline", "recession depth"))
    values = found("two").values[0, [f.name for f in found("two").experiment.factors].index("recession depth"), :, 0]
    assert [float(row[name]) for name in ("low_input", "high_input", "stored_input")] == [0.003, 0.057, 0.0]
    assert float(row["outcome_low"]) == pytest.approx(1000 * values[0])
    assert float(row["outcome_high"]) == pytest.approx(1000 * values[-1])
    assert float(row["outcome_least"]) == pytest.approx(1000 * values.min())
    assert float(row["stored"]) == pytest.approx(1000 * found("two").stored[0, 0])
    assert row["unit"] == "persons" and row["minus"] == ""
    assert "depth of a recession from 0.003 to 0.057 gives 299,800 to 280,500" in picture.alt
    assert "response to incentives from 0.14 to 0.86 gives 313,900 to 303,700 (in between 300,700)" in picture.alt


def test_a_difference_says_which_side_of_its_zero_line_is_which():
    pictures = tornado_pictures(found("minus"), model(), language="en")
    (ax, *_) = pictures[0].figure.axes
    words = [t.get_text() for t in ax.texts]
    assert any(word.endswith(" minus Baseline") for word in words)
    low, high = ax.get_xlim()
    zero = [line for line in ax.get_lines() if list(line.get_xdata()) == [0.0, 0.0]]
    assert low < 0 < high and len(zero) == 1 and zero[0].get_linestyle() == "--"
    assert any(word.startswith("Left of 0 lower in ") and word.endswith("right of 0 higher.") for word in words)
    assert "0" in [t.get_text() for t in ax.get_xticklabels()]
    assert "to the difference with Baseline" in pictures[0].figure.get_suptitle().replace("\n", " ")
    assert {row[1] for row in pictures[0].table.rows} == {"baseline"}
    share = next(p for p in pictures if p.table.rows[0][3] == "wb employment share")
    assert share.figure.axes[-1].get_xlabel().startswith("percentage points")


def test_a_difference_far_from_zero_leaves_zero_out_and_says_so():
    one = found("minus")
    far = replace(one, values=one.values + 1e4, stored=one.stored + 1e4)
    (*_, ax) = tornado_pictures(far, model())[0].figure.axes
    assert ax.get_xlim()[0] > 0 and ax.get_xlabel().endswith("(axis not from 0)")
    assert any(t.get_text().startswith("Higher in ") for t in ax.texts)


def test_an_input_without_both_ends_has_no_bar_and_is_named(tmp_path, assert_legible):
    tank = small_rest.tank(tmp_path)
    factors = factors_of(tank, names=["loss=uniform(-0.25, 1)", "leak=uniform(0, 1)"])
    result = run_tornado(tank, default_scenarios(tank), factors, ["tank"])
    (picture,) = tornado_pictures(result, tank)
    assert_legible(picture.figure)
    assert "Left out, as an end gives no number: loss." in words_of(picture) and "loss" in picture.alt
    assert "Each run starts from its own equilibrium." in words_of(picture)
    closed, opened, _ = picture.figure.axes
    assert not closed.patches and "No input moves it alone." in [t.get_text() for t in closed.texts]
    assert [t.get_text() for t in opened.get_yticklabels()] == ["leak (1/year)"]
    row = next(r for r in picture.table.rows if r[5] == "loss")
    assert np.isnan(row[10]) and row[11] == pytest.approx(10 / 0.9375), "the end that it has is in the table"
    assert picture.figure.get_suptitle() == "Tank, year 8: what each input does alone"


@pytest.mark.parametrize(
    ("language", "ends"), [("en", r" gives (\S+) to ([^\s;(]+)"), ("nl", r" geeft (\S+) tot ([^\s;(]+)")]
)
@pytest.mark.parametrize("kind", ["two", "minus"])
def test_words_tell_the_ends_of_a_narrow_bar_apart(kind, language, ends):
    whole = found(kind)
    stored = whole.stored[:, None, None, :]
    narrow = replace(whole, values=stored + 1e-4 * (whole.values - stored))
    told = [pair for one in tornado_pictures(narrow, model(), language=language) for pair in re.findall(ends, one.alt)]
    assert told and all(low.rstrip(".") != high.rstrip(".") for low, high in told)


def test_where_one_scale_leaves_bars_too_narrow_each_panel_has_its_own():
    minus = found("minus")
    (picture, *_) = tornado_pictures(minus, model(), size="full")
    assert len({ax.get_xlim() for ax in picture.figure.axes}) > 1
    for ax in picture.figure.axes:
        low, high = ax.get_xlim()
        widest = max((bar.get_width() for bar in ax.patches), default=high - low, key=abs)
        assert abs(widest) > 0.1 * (high - low)


def test_no_number_lies_on_the_line_at_zero():
    bars = [Bar("a", ("0.4", "0.6"), -30.0, -2.0, -30.0, -2.0), Bar("b", ("5", "6000"), -12.0, -9.0, -12.0, -9.0)]
    ax = draw_tornado(Figure(figsize=(4, 2)).add_axes((0.4, 0.1, 0.55, 0.8)), bars, -10.0, width=158.0, zero=True)
    ax.figure.draw_without_rendering()
    (zero,) = [line for line in ax.lines if list(line.get_xdata()) == [0.0, 0.0]]
    x = ax.transData.transform((zero.get_xdata()[0], 0))[0]
    boxes = [t.get_window_extent() for t in ax.texts if t.get_text() in ("0.4", "0.6", "5", "6000")]
    assert len(boxes) == 4 and not any(box.x0 <= x <= box.x1 for box in boxes)
    assert sum(bool(label.get_text()) for label in ax.get_xticklabels()) >= 3


@pytest.mark.parametrize(("values", "written"), [([0.0, 0.06], ["0", "0,06"]), ([0.5, 0.25], ["0,5", "0,25"])])
def test_each_end_of_an_input_has_the_decimals_that_it_needs(values, written):
    one = next(factor for factor in factors_of(model()) if factor.distribution.high < 2)
    assert input_numbers(model(), one, values, "nl") == written


@pytest.mark.parametrize(
    ("unit", "shown"),
    [("percent/year", "%/jaar"), ("1/year", "1/jaar"), ("year", "jaar"), ("kg/quarter", "kg/kwartaal")],
)
def test_units_of_inputs_are_in_the_language_of_the_reader(unit, shown):
    assert input_unit(model(), replace(factors_of(model())[0], unit=unit), "nl") == shown


def test_the_note_of_a_cut_axis_is_never_broken():
    bars = [Bar("a", ("1", "3"), 1010.0, 1030.0, 1010.0, 1030.0)]
    for width in (75.0, 85.0, 95.0):
        ax = draw_tornado(Figure().add_subplot(), bars, 1020.0, unit="personen", lang="nl", width=width)
        assert ax.get_xlabel() == "personen\n(as niet vanaf 0)"
