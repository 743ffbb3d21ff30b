"""Pictures of the plane: scenarios stand at their corners, maps hold what was computed, regions carry the right names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text as DrawnText

from sdsocec.analysis.plane_maps import map_corners, map_plane, margins
from sdsocec.api import run_scenarios
from sdsocec.errors import ProjectError, SdsocecError
from sdsocec.report.numbers import format_value
from sdsocec.report.picture import render_pictures
from sdsocec.report.plots.chosen import shown_of, with_outcomes
from sdsocec.report.plots.corners import _drawn_notes, corner_pictures, draw_best, factor_words
from sdsocec.report.plots.maps import drop_overlapping, pale, parts_of, region_centres
from sdsocec.report.plots.plane import draw_plane, plane_pictures
from sdsocec.report.plots.quadrant import PLACES, quadrant_of, quadrant_pictures, require_two_axes
from sdsocec.report.plots.series import series_pictures
from sdsocec.report.plots.stacked import stacked_pictures
from sdsocec.report.style import HOUSE
from sdsocec.results.shown import ShownOutcome, shown_outcomes
from sdsocec.scenario import scenario_names
from sdsocec.scenario.factors import factors_of
from sdsocec.scenario.plane import load_plane

from .hostile import HOSTILE, TEXT, hostile

SIZES, LANGUAGES = ("column", "full"), ("nl", "en")
BY = ["recession depth", "matching elasticity"]


@pytest.fixture(scope="module")
def runs(small_plane):
    plane = load_plane(small_plane)
    return run_scenarios(small_plane, [plane.base, *plane.corners.values()]).dataset()


@pytest.fixture(scope="module")
def plane_map(small_plane):
    return map_plane(small_plane, ["unemployed", "wb employment share"], grid=9)


@pytest.fixture(scope="module")
def corner_map(small_plane):
    return map_corners(small_plane, factors_of(small_plane, names=BY), ["unemployed", "regular employed"], grid=9)


def hostile_plane(plane):
    axes = {
        name: axis.model_copy(update={"label": TEXT, "low": TEXT, "high": TEXT}) for name, axis in plane.axes.items()
    }
    corners = {at: replace(s, title=TEXT) for at, s in plane.corners.items()}
    return replace(plane, axes=axes, corners=corners, base=replace(plane.base, title=TEXT))


def outcomes(runs, model, language="en"):
    return [o for o in shown_outcomes(runs, model, language) if o.variable in ("unemployed", "wb employment share")]


# ---- quadrant -------------------------------------------------------------------------------------------------------


def test_every_scenario_stands_at_its_corner(small_plane, runs):
    plane = load_plane(small_plane)
    (picture, *_) = quadrant_pictures(runs, small_plane, plane, outcomes(runs, small_plane))
    axes = picture.figure.axes
    where = {tuple(np.round(ax.get_position().p0, 3)): ax for ax in axes}
    assert len(where) == 4
    left, right = sorted({x for x, _ in where})
    low, high = sorted({y for _, y in where})
    for (g, v), title in (
        ((0, 0), "Social enterprise"),
        ((0, 1), "Regular"),
        ((1, 0), "Public"),
        ((1, 1), "Public-private"),
    ):
        ax = where[right if g else left, high if v else low]
        assert title in [t.get_text() for t in ax.texts]
        base, line = ax.get_lines()[:2]
        run = quadrant_of(runs, small_plane, plane).corners[g, v]
        shown = outcomes(runs, small_plane)[0]
        assert line.get_ydata()[-1] == pytest.approx(shown.values[run, -1])  # in the card's unit, as in every picture
        assert base.get_ydata()[-1] == pytest.approx(shown.values[0, -1])
        assert "1,000,000" in [t.get_text() for t in where[left, low].get_yticklabels()]
    assert len({ax.get_ylim() for ax in axes}) == 1


def test_the_bars_are_who_is_where_at_the_end(small_plane, runs):
    plane = load_plane(small_plane)
    (picture,) = quadrant_pictures(runs, small_plane, plane, people=True)
    rows = {(row[0], row[2]): row[3] for row in picture.table.rows}
    for ax, place in zip(picture.figure.axes, PLACES, strict=True):
        name = plane.corners[place].name
        widths = [p.get_width() for p in ax.patches]
        labels = list(dict.fromkeys(label for _, label in rows))
        assert widths == pytest.approx([rows[name, label] for label in labels])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_the_quadrant_is_legible_with_both_axes_in_words(size, language, small_plane, runs, assert_legible):
    plane = load_plane(small_plane)
    shown = outcomes(runs, small_plane, language)
    for picture in quadrant_pictures(runs, small_plane, plane, shown, people=True, size=size, language=language):
        words = [word.replace("\n", " ") for word in assert_legible(picture.figure)]
        expected = ["gemeente", "bedrijven"] if language == "nl" else ["municipality", "companies"]
        assert set(expected) <= set(words)
        assert any(("vermenging" if language == "nl" else "merging") in word for word in words)
        assert all(plane.corners[at].title.in_language(language) in picture.alt for at in PLACES)


def test_a_number_of_a_bar_is_never_beside_the_line_of_the_base(small_plane, runs):
    """`6,647,000` stood right of the line of the baseline (8,869,000), far from its bar."""
    picture = quadrant_pictures(runs, small_plane, load_plane(small_plane), people=True)[-1]
    figure = picture.figure
    figure.draw_without_rendering()
    for ax in figure.axes:
        lines = [segment for part in ax.collections for segment in part.get_segments()]
        tops = ax.transData.transform([(x, y) for segment in lines for x, y in segment])[:, 1]
        numbers = [t for t in ax.texts if t.get_fontweight() == "bold" and t.get_gid() != "head"]
        assert len(numbers) == len(ax.patches)
        for number, bar in zip(numbers, ax.patches, strict=True):
            box, own = number.get_window_extent(), bar.get_window_extent()
            assert own.y1 <= box.y0 < own.y1 + 12 and not any(box.y0 < top < box.y1 for top in tops)
    (note,) = [t.get_text() for t in figure.texts if "Upright line" in t.get_text()]
    base = {row[2]: row[3] for row in picture.table.rows if row[0] == "baseline"}
    assert all(f"{label} {format_value(value)}" in note.replace("\n", " ") for label, value in base.items())


def test_a_quadrant_of_lines_says_what_its_time_is_in(small_plane, runs):
    (picture,) = quadrant_pictures(
        runs, small_plane, load_plane(small_plane), outcomes(runs, small_plane, "nl")[:1], language="nl"
    )
    assert [ax.get_xlabel() for ax in picture.figure.axes] == ["", "", "jaar", "jaar"]


def test_a_map_of_the_best_corner_explains_only_what_is_drawn():
    """One region only, and a legend of solid lines and of white."""
    levels = (np.linspace(0, 1, 9), np.linspace(0, 1, 9))
    one = ShownOutcome("x", "x", "kg", np.stack([np.ones((9, 9)), 2 + levels[0][:, None] + levels[1]], axis=-1), False)
    said = _drawn_notes([one], ["lower"], is_inside=False, language="en")
    assert said == ["Dashed lines: how much better the best is than the next."]
    two = replace(one, values=np.stack([np.ones((9, 9)), 0.4 + levels[0][:, None] + levels[1]], axis=-1))
    assert [part.split()[0] for part in _drawn_notes([two], ["lower"], is_inside=True, language="en")] == [
        "Solid", "Dashed", "Cross:",
    ]  # fmt: skip


def test_no_number_lies_on_the_cross(corner_map):
    (picture,) = corner_pictures(corner_map)
    picture.figure.draw_without_rendering()
    for ax in picture.figure.axes:
        for mark in (line for line in ax.lines if line.get_gid() == "own"):
            box = mark.get_window_extent()
            assert not any(box.overlaps(t.get_window_extent()) for t in ax.texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_map_says_its_lowest_and_highest_value(plane_map, language):
    (picture,) = plane_pictures(plane_map, language=language)
    words = " ".join(t.get_text() for t in picture.figure.texts).replace("\n", " ")
    values = plane_map.values[..., 0] * 1000
    for value in (values.min(), values.max()):
        assert format_value(float(value), language) in words


def test_the_unit_of_an_uncertainty_is_in_the_language_of_the_reader(corner_map):
    named = replace(corner_map.factors[0], unit="percent/year")
    assert factor_words(replace(corner_map, factors=(named, *corner_map.factors[1:])), 0, "nl").name.endswith(
        "(%/jaar)"
    )


def test_a_plane_of_other_axes_has_no_quadrant(small_plane):
    plane = load_plane(small_plane)
    with pytest.raises(ProjectError, match="a quadrant has two axes; the plane of 'first_steps' has 1: g"):
        require_two_axes(replace(plane, axes={"g": plane.axes["g"]}), small_plane)


def test_a_result_without_a_corner_says_which(small_plane, runs):
    with pytest.raises(SdsocecError, match="the result lacks the scenario 'publiek' of the plane"):
        quadrant_of(runs.drop_sel(scenario="publiek"), small_plane, load_plane(small_plane))


def test_an_outcome_has_one_unit_in_every_picture(small_plane, runs, plane_map, corner_map):
    quadrant, people = quadrant_pictures(
        runs, small_plane, load_plane(small_plane), outcomes(runs, small_plane)[:1], people=True
    )
    (series,) = series_pictures(runs, with_outcomes(small_plane, ["unemployed"]))
    pictures = [
        quadrant,
        people,
        series,
        *plane_pictures(plane_map),
        *stacked_pictures(runs, small_plane, by=["place"]),
    ]
    for picture in pictures:
        words = [t.get_text() for t in picture.figure.findobj(DrawnText)]
        assert any("persons" in word for word in words)
        assert not any("thousand" in word or "million" in word for word in words)


# ---- the plane ------------------------------------------------------------------------------------------------------


def test_the_horizontal_axis_is_the_first(plane_map, small_plane):
    x = np.linspace(0, 1, 5)
    shown = ShownOutcome("a", "a", "", np.repeat(x[:, None], 5, axis=1), False)
    ax = draw_plane(Figure().add_subplot(), x, shown, "en", HOUSE)
    lines = ax.collections[1]
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        np.testing.assert_allclose(path.vertices[:, 0], level)  # equal values stand upright


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_maps_are_legible_and_name_their_corners(size, language, plane_map, small_plane, assert_legible):
    (picture,) = plane_pictures(plane_map, size=size, language=language)
    words = [word.replace("\n", " ") for word in assert_legible(picture.figure, smallest=6.9)]
    for scenario in plane_map.plane.corners.values():
        assert words.count(scenario.title.in_language(language)) == 2  # a map each
    assert len(picture.table.rows) == 2 * 81
    value = next(row[5] for row in picture.table.rows if row[:2] == (1.0, 0.0) and row[3] == "unemployed")
    assert value == plane_map.values[-1, 0, 0] * 1000


@pytest.mark.parametrize("size", SIZES)
def test_a_title_of_a_map_names_its_outcomes_and_the_note_its_grid(size, plane_map, corner_map):
    (picture,), (corners,) = plane_pictures(plane_map, size=size), corner_pictures(corner_map, size=size)
    titles = [p.figure.get_suptitle().replace("\n", " ") for p in (picture, corners)]
    assert titles[0].startswith("Between the scenarios in 2020: unemployed and ")
    assert titles[1] == "Which scenario is lowest in 2020: unemployed; which scenario is highest in 2020: regular work"
    for figure in (picture.figure, corners.figure):
        assert any("Grid: 9 × 9." in t.get_text().replace("\n", " ") for t in figure.texts)


def valley(n):
    """A plane with a narrow valley across it, of a depth that no point of a grid need meet."""
    x = np.linspace(0, 1, n)
    a, b = np.meshgrid(x, x, indexing="ij")
    return x, 10 + 90 * np.abs(b - 0.37 * a - 0.31) - 2 * (1 - a)


def test_a_narrow_valley_is_no_row_of_islands():
    x, values = valley(41)
    ax = draw_plane(Figure().add_subplot(), x, ShownOutcome("a", "a", "", values, False), "en", HOUSE)
    bare = Figure().add_subplot().contour(x, x, values.T, levels=ax.collections[1].levels)

    def islands(drawn):
        lines = [line for path in drawn.get_paths() for line in parts_of(path)]
        return [line for line in lines if (line[0] == line[-1]).all()]

    assert len(islands(bare)) > 3
    assert all((np.ptp(line, axis=0) * 40).prod() >= 9 for line in islands(ax.collections[1]))
    assert len(islands(ax.collections[1])) < 3
    # An island that the grid resolves stays.
    x = np.linspace(0, 1, 41)
    a, b = np.meshgrid(x, x, indexing="ij")
    hill = ShownOutcome("a", "a", "", np.exp(-40 * ((a - 0.5) ** 2 + (b - 0.5) ** 2)), False)
    assert islands(draw_plane(Figure().add_subplot(), x, hill, "en", HOUSE).collections[1])


def test_every_long_line_of_a_map_has_its_number():
    x = np.linspace(0, 1, 21)
    shown = ShownOutcome("a", "a", "", np.repeat(100 * x[:, None], 21, axis=1), False)
    ax = draw_plane(Figure(figsize=(3, 3)).add_axes((0.15, 0.15, 0.8, 0.8)), x, shown, "en", HOUSE)
    drop_overlapping(ax.figure, [ax])
    numbers = {t.get_text(): t for t in ax.texts}
    assert [float(n) for n in numbers] == ax.collections[1].levels.tolist() and len(numbers) == len(ax.texts) > 3
    for number, words in numbers.items():
        assert words.get_position()[0] == pytest.approx(float(number) / 100) and words.get_rotation() == pytest.approx(
            90
        )


def test_an_outcome_that_is_the_same_everywhere_has_no_lines(small_plane, assert_legible):
    flat = map_plane(small_plane, ["unemployed"], grid=3, at={"intensity": 0})
    (picture,) = plane_pictures(flat)
    assert_legible(picture.figure)
    assert not picture.figure.axes[0].collections
    assert any("Intensity at 0." in t.get_text() for t in picture.figure.texts)


# ---- the best corner ------------------------------------------------------------------------------------------------


def half(direction="lower", smallest=0.0):
    """Two corners, the first lower at the left of x = 0.5, the second at its right."""
    x = np.linspace(0, 1, 11)
    values = np.stack([np.repeat((x - 0.5)[:, None], 11, axis=1), np.zeros((11, 11))], axis=-1)
    shown = ShownOutcome("a", "a", "", values, False, smallest=smallest)
    return (
        (x, x),
        shown,
        draw_best(
            Figure(figsize=(4, 4)).add_axes((0.1, 0.1, 0.8, 0.8)),
            (x, x),
            shown,
            direction,
            ["first", "second"],
            "en",
            HOUSE,
        ),
    )


@pytest.mark.parametrize(("direction", "at_left"), [("lower", "first"), ("higher", "second")])
def test_the_line_is_where_the_best_changes_and_names_stand_in_their_regions(direction, at_left):
    _, _, ax = half(direction)
    solid = [c for c in ax.collections if list(getattr(c, "levels", [])) == [0.0]]
    assert solid
    for lines in solid:
        for path in lines.get_paths():
            np.testing.assert_allclose(path.vertices[:, 0], 0.5, atol=1e-9)
    names = {t.get_text(): t.xy[0] for t in ax.texts if t.get_gid() == "region"}
    assert {name for name, x in names.items() if x < 0.5} == {at_left} and len(names) == 2


def test_where_the_difference_means_nothing_no_corner_is_named():
    _, _, ax = half(smallest=0.2)
    lines = [c for c in ax.collections if list(getattr(c, "levels", [])) == [0.2] and not c.filled]
    xs = np.unique(np.concatenate([p.vertices[:, 0] for c in lines for p in c.get_paths()]).round(6))
    assert xs.tolist() == [0.3, 0.7]
    everywhere = half(smallest=2.0)[2]
    assert not [t for t in everywhere.texts if t.get_gid() == "region"]


def test_the_middle_of_a_region_is_in_it():
    best = np.zeros((9, 9), dtype=np.intp)
    best[:3, :3] = 1
    best[8, :] = -1
    for i, (a, b) in region_centres(best).items():
        assert best[a, b] == i
    assert set(region_centres(best)) == {0, 1}


def test_numbers_and_names_within_a_map_meet_nothing(assert_legible):
    _, _, ax = half()
    drop_overlapping(ax.figure, [ax])
    assert_legible(ax.figure, smallest=6.9)


def test_a_scenario_has_its_colour_on_the_map_of_the_best_corner(corner_map, small_plane):
    (picture,) = corner_pictures(corner_map)
    order = scenario_names(small_plane)
    best = {row[-1] for row in picture.table.rows if row[3] == "unemployed"} - {""}
    drawn = {to_hex(c) for area in picture.figure.axes[0].collections if area.filled for c in area.get_facecolor()}
    assert {pale(HOUSE.look(order.index(name)).colour) for name in best} <= drawn


def test_the_words_tell_by_how_much_a_corner_is_best(corner_map):
    (picture,) = corner_pictures(corner_map)
    ahead = margins(corner_map.values[..., 0] * 1000, "lower").max(axis=(0, 1))
    best = int(ahead.argmax())
    title = list(corner_map.plane.corners.values())[best].title.en
    assert f"{title} on " in picture.alt and f"by up to {format_value(float(ahead[best]))} persons" in picture.alt


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_maps_of_the_best_corner_are_legible(size, language, corner_map, assert_legible):
    (picture,) = corner_pictures(corner_map, ranked=True, size=size, language=language)
    words = [word.replace("\n", " ") for word in assert_legible(picture.figure, smallest=6.9)]
    best = {row[-1] for row in picture.table.rows} - {""}
    titles = {s.name: s.title.in_language(language) for s in corner_map.plane.corners.values()}
    assert best and all(titles[name] in words and titles[name] in picture.alt for name in best)
    for row in picture.table.rows:  # the best of the table is the best of its numbers
        values = dict(zip(titles, row[5:9], strict=True))
        choose = min if row[3] == "unemployed" else max
        assert row[-1] in ("", choose(values, key=values.get))


# ---- all ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_hostile_text_comes_out_as_text_and_breaks_nothing(
    size, small_plane, runs, plane_map, corner_map, assert_legible
):
    labels = dict(small_plane.card.labels) | dict.fromkeys(BY, TEXT)
    bad, plane = hostile(small_plane, labels=labels), hostile_plane(load_plane(small_plane))
    shown = [replace(o, label=HOSTILE, unit=HOSTILE) for o in outcomes(runs, small_plane)]
    pictures = quadrant_pictures(runs, bad, plane, shown[:1], people=True, size=size)
    pictures += plane_pictures(replace(plane_map, model=bad, plane=plane), size=size)
    pictures += corner_pictures(replace(corner_map, model=bad, plane=plane), size=size)
    for picture in pictures:
        words = " ".join(assert_legible(picture.figure, smallest=6.9))
        assert "\u202e" not in words and "$\\alpha$" in words
    files = render_pictures(pictures, ["svg"], plane_map.attributes)
    assert all(b"<script" not in content for name, content in files.items() if name.endswith(".svg"))


def test_the_same_maps_are_the_same_bytes(plane_map, corner_map):
    def made():
        pictures = plane_pictures(plane_map) + corner_pictures(corner_map)
        return render_pictures(pictures, ["svg", "png"], plane_map.attributes)

    assert made() == made()


def test_values_are_shown_in_the_units_of_the_card(plane_map, small_plane):
    shown = shown_of(small_plane, "unemployed", plane_map.values[:, :, 0], "nl")
    assert shown.unit == "personen" and shown.values[0, 0] == plane_map.values[0, 0, 0] * 1000


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_share_is_better_by_percentage_points(small_plane, language):
    outcomes = tuple(
        one.model_copy(update={"direction": "higher"}) if one.variable == "wb employment share" else one
        for one in small_plane.card.outcomes
    )
    model = replace(small_plane, card=small_plane.card.model_copy(update={"outcomes": outcomes}))
    found = map_corners(model, factors_of(model, names=BY), ["wb employment share"], grid=5)
    picture = corner_pictures(found, language=language)[0]
    assert {"en": "percentage point", "nl": "procentpunt"}[language] in picture.alt


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_a_map_name_the_axes_as_they_name_its_points(plane_map, language):
    alt = plane_pictures(plane_map, language=language)[0].alt
    assert all(f"({axis})" in alt and f"{axis} 0" in alt for axis in plane_map.axes)
