"""Pictures of people: stacked areas and flows show everybody, say so in words, and stay legible."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle

import sdsocec
from sdsocec.api import run_scenarios
from sdsocec.errors import SdsocecError
from sdsocec.model.card import Part
from sdsocec.model.toml import Text
from sdsocec.report.numbers import format_value
from sdsocec.report.people import people_data
from sdsocec.report.picture import render_pictures
from sdsocec.report.plots.flows import bands_of, draw_flows, flow_pictures
from sdsocec.report.plots.stacked import Stack, draw_stacked, people_stack, stacked_pictures, thin_note
from sdsocec.report.style import HOUSE
from sdsocec.results.flows import measure_flows
from sdsocec.results.origins import origin_destination

from .hostile import HOSTILE, hostile

SIZES, LANGUAGES = ("column", "full"), ("nl", "en")


@cache
def small():
    model = sdsocec.load_model("first_steps")
    runs = run_scenarios(model)
    dataset = runs.dataset()
    return model, dataset, measure_flows(model, runs.design, runs.run, [s.name for s in runs.scenarios])


@cache
def study():
    model = sdsocec.load_model("social_economy")
    runs = run_scenarios(model)
    return model, runs.dataset(), measure_flows(model, runs.design, runs.run, [s.name for s in runs.scenarios])


def hostile_tables(model):
    """The tables of people of its card, with hostile names of places."""
    return tuple(
        t.model_copy(update={"rows": tuple(Part(label=Text(nl=f"{i}{HOSTILE}", en=f"{i}{HOSTILE}"), of=r.of)
                                           for i, r in enumerate(t.rows))})
        for t in model.card.people_tables
    )  # fmt: skip


# ---- stacked --------------------------------------------------------------------------------------------------------


def test_the_areas_are_the_table_of_people():
    model, dataset, _ = study()
    table = {row[:2] + row[3:5]: row[5] for row in people_data(dataset, model).rows}
    stack = people_stack(dataset, model, "place", ["20-50 %"])
    for run, name in enumerate(dataset["scenario"].values.tolist()):
        for part, label in enumerate(stack.labels):
            assert stack.values[run, part, -1] == pytest.approx(table[name, 2020.0, label, "20-50 %"], rel=1e-12)


def test_everybody_is_the_same_by_place_and_by_group():
    model, dataset, _ = study()
    places, groups = (people_stack(dataset, model, by) for by in ("place", "group"))
    np.testing.assert_allclose(places.values.sum(axis=1), groups.values.sum(axis=1), rtol=1e-12)


def test_areas_lie_on_each_other_and_end_at_everybody():
    model, dataset, _ = small()
    stack = people_stack(dataset, model)
    ax = draw_stacked(Figure().add_subplot(), stack, 4, "en", HOUSE)
    areas = [a for a in ax.collections if isinstance(a, FillBetweenPolyCollection)]
    assert len(areas) == len(stack.labels)
    tops = [a.get_paths()[0].vertices[:, 1].max() for a in areas]
    assert tops == sorted(tops)
    assert tops[-1] == pytest.approx(stack.values[4].sum(axis=0).max()) and tops[-1] <= ax.get_ylim()[1]


def test_only_takes_labels_of_either_language_and_single_elements():
    model, dataset, _ = study()
    found = [people_stack(dataset, model, "place", [name]).values for name in ("below 20 %", "onder 20 %", "B00")]
    assert all((values == found[0]).all() for values in found)
    one = people_stack(dataset, model, "group", ["werkbedrijf"])
    assert one.of == "werkbedrijf" and one.values[0].max() == 0  # none in the baseline


@pytest.mark.parametrize(
    ("by", "only", "message"),
    [
        ("place", ["20-60 %"], "no people are called '20-60 %'\n  Did you mean '50-60 %'? Valid: below 20 %, 20-50 %"),
        ("place", ["b20", "20-50 %"], "'b20' is named twice"),
    ],
)
def test_a_wrong_part_is_one_message(by, only, message):
    model, dataset, _ = study()
    with pytest.raises(SdsocecError) as error:
        people_stack(dataset, model, by, only)
    assert str(error.value).startswith(message)


def test_a_card_without_groups_or_people_says_so(model, dataset):
    with pytest.raises(SdsocecError, match="the card of 'first_steps' names no groups of people"):
        people_stack(small()[1], small()[0], "group")
    with pytest.raises(SdsocecError, match="the card of 'small' does not say where people are"):
        people_stack(dataset, model)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_stacked_areas_are_legible_and_every_area_has_its_name(size, language, assert_legible):
    model, dataset, _ = study()
    for picture in stacked_pictures(dataset, model, size=size, language=language):
        words = assert_legible(picture.figure)
        labels = {row[2] for row in picture.table.rows}
        assert labels <= set(words)
        assert ("personen" if language == "nl" else "persons") in words and "2020" in picture.figure.get_suptitle()
        assert all(label in picture.alt for label in labels)


def test_the_words_of_areas_tell_the_start_and_the_end_of_each_with_the_unit():
    model, dataset, _ = small()
    (picture,) = stacked_pictures(dataset.isel(scenario=[4]), model, by=["place"], language="nl")
    stack = people_stack(dataset, model, "place", language="nl")
    assert picture.alt.startswith("Vlakdiagrammen (1) van Eerste stappen") and "; in personen." in picture.alt
    first, last = (format_value(float(stack.values[4, 0, i]), "nl") for i in (0, -1))
    assert f"{stack.labels[0]}: van {first} naar {last};" in picture.alt


def test_an_area_that_is_hardly_to_be_seen_is_named_with_the_most_that_is_in_it():
    """Sheltered work, 100,000 of 10 million, vanished between the outlines of its neighbours."""
    stack = Stack("place", ("many", "few", "none"), np.array([[[900.0, 1000.0], [5.0, 9.0], [0.0, 0.0]]]), np.array([0.0, 1.0]),
                  "persons", 1.0)  # fmt: skip
    assert thin_note(stack, "en") == "Hardly to be seen, as it is so narrow: few (at most 9)."
    assert thin_note(replace(stack, values=stack.values[:, :1], labels=("many",)), "nl") == ""
    ax = draw_stacked(Figure().add_subplot(), stack, 0, "en", HOUSE)
    assert all(area.get_linewidth() == 0 for area in ax.collections)


def test_areas_differ_in_grey():
    """Sheltered work and people at home looked alike."""
    colours = [to_rgb(HOUSE.fill(i).colour) for i in range(5)]
    for weights in ((0.299, 0.587, 0.114), (0.213, 0.715, 0.072)):  # of two ways to print colours in grey
        shades = sorted(float(np.dot(weights, colour)) for colour in colours)
        assert min(np.diff(shades)) > 0.06, shades


# ---- flows ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", range(5))
def test_the_bands_are_to_scale_and_meet_their_bars(run):
    model, _, flows = small()
    bands = bands_of(origin_destination(flows, run), model, flows.unit, "en")
    ax = draw_flows(Figure().add_subplot(), bands, 400.0, 280.0, "en", HOUSE, 100.0)
    bars = [p for p in ax.patches if isinstance(p, Rectangle)]
    drawn = [p for p in ax.patches if isinstance(p, PathPatch)]
    assert len(drawn) == np.count_nonzero(bands.went)
    left, right = (sorted(p.get_height() for p in bars if (p.get_x() < 200) == side) for side in (True, False))
    scale = sum(left) / bands.total
    assert sum(right) == pytest.approx(sum(left), rel=1e-9)
    for heights, axis in ((left, 1), (right, 0)):
        sums = sorted(s for s in bands.went.sum(axis=axis) if s > 0)
        np.testing.assert_allclose(heights, np.array(sums) * scale, rtol=1e-6)
    thick = [p.get_path().vertices[0, 1] - p.get_path().vertices[7, 1] for p in drawn]
    assert sum(thick) == pytest.approx(sum(left), rel=1e-9)


def test_the_number_of_a_band_stays_within_it():
    model, _, flows = study()
    bands = bands_of(origin_destination(flows, 0), model, flows.unit, "en")
    ax = draw_flows(
        Figure(figsize=(400 / 72, 280 / 72)).add_axes((0, 0, 1, 1)), bands, 400.0, 280.0, "en", HOUSE, 100.0
    )
    numbers = [t for t in ax.texts if t.get_text() in {format_value(float(v)) for v in bands.went.ravel()}]
    assert len(numbers) > 3
    renderer = FigureCanvasAgg(ax.figure).get_renderer()
    insides = [p.get_path() for p in ax.patches if isinstance(p, PathPatch)]
    for words in numbers:
        box = words.get_window_extent(renderer).transformed(ax.transData.inverted())
        middle = (box.y0 + box.y1) / 2
        assert any(p.contains_points([(box.x0, middle), (box.x1, middle)]).all() for p in insides), words


def test_the_data_beside_the_figure_close():
    model, dataset, flows = small()
    for picture in flow_pictures(flows, dataset, model, start=2010, share=0.01):
        rows = picture.table.rows
        places = [row[2] for row in rows if row[1] == "opening"]
        for place in places:
            opening, closing = (next(r[4] for r in rows if r[1] == w and r[2] == place) for w in ("opening", "closing"))
            came = sum(r[4] for r in rows if r[1] == "went" and r[3] == place)
            left = sum(r[4] for r in rows if r[1] == "went" and r[2] == place)
            assert opening + came - left == pytest.approx(closing, rel=1e-9, abs=1e-3)


def test_lumped_places_are_said_with_the_share():
    model, dataset, flows = small()
    picture = flow_pictures(flows, dataset.isel(scenario=[0]), model)[0]
    words = " ".join(t.get_text().replace("\n", " ") for t in picture.figure.texts)
    assert "Other places (2): work in the Wsw and work in social enterprises; each less than 1% of all moves." in words
    assert flow_pictures(flows, dataset.isel(scenario=[0]), model, share=0)[0].table.rows != picture.table.rows


def test_a_place_has_one_colour_in_every_scenario():
    model, _, flows = study()
    used = tuple(dict.fromkeys(c.place for c in flows.cells))
    looks = {}
    for run in range(5):
        bands = bands_of(origin_destination(flows, run, 2010), model, flows.unit, "en", used=used)
        for name, look in zip(bands.names, bands.looks, strict=True):
            assert looks.setdefault(name, look) == look


@pytest.mark.parametrize("only", [(), ("20-50 %", "50-80 %", "80-90 %")])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_flows_are_legible_with_numbers_at_both_ends(size, language, only, assert_legible):
    model, dataset, flows = study()
    for picture in flow_pictures(flows, dataset, model, start=2010, only=only, size=size, language=language):
        words = assert_legible(picture.figure)
        assert sum(word.replace("\n", " ").startswith("buiten het model" if language == "nl" else "outside the model")
                   for word in words) == 2  # fmt: skip
        assert "2010" in picture.alt and "2020" in picture.alt


@pytest.mark.parametrize(("share", "start", "end", "message"), [
    (0.9, None, None, "the share of --lump is 0.9; it must be between 0 and 0.5"),
    (0.01, 2015, 2015, "from 2015 to 2015 is no span of years"),
])  # fmt: skip
def test_wrong_flows_are_one_message(share, start, end, message):
    model, dataset, flows = small()
    with pytest.raises(SdsocecError) as error:
        flow_pictures(flows, dataset, model, start=start, end=end, share=share)
    assert str(error.value).startswith(message)


# ---- both -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_hostile_text_comes_out_as_text_and_breaks_nothing(size, assert_legible):
    model, dataset, flows = small()
    bad = hostile(model, people_tables=hostile_tables(model))
    titles = {name: {"nl": f"{i}{HOSTILE}", "en": f"{i}{HOSTILE}"} for i, name in enumerate(dataset["scenario"].values)}
    import json

    worse = dataset.assign_attrs(scenario_titles=json.dumps(titles))
    pictures = stacked_pictures(worse, bad, by=["place"], size=size) + flow_pictures(flows, worse, bad, size=size)
    for picture in pictures:
        words = " ".join(assert_legible(picture.figure))
        assert "$\\alpha$" in words and "\u202e" not in words
    files = render_pictures(pictures[:2], ["svg"], dataset.attrs)
    assert all(b"<script" not in content for name, content in files.items() if name.endswith(".svg"))


def test_the_same_pictures_are_the_same_bytes():
    model, dataset, flows = small()

    def made():
        pictures = stacked_pictures(dataset, model, by=["place"]) + flow_pictures(flows, dataset, model)[:1]
        return render_pictures(pictures, ["svg", "pdf"], dataset.attrs)

    assert made() == made()


def test_drawing_prints_nothing(capsys):
    model, dataset, flows = small()
    stacked_pictures(dataset, model, by=["place"])
    flow_pictures(flows, dataset, model)
    assert capsys.readouterr() == ("", "")
