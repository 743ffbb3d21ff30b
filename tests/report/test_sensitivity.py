"""Tables and figures of sensitivity: what is said when there is nothing sure to say; letters that do not meet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from sdsocec.analysis.sensitivity import MODES, sensitivity
from sdsocec.model.project import load_model
from sdsocec.report.sensitivity_data import data_tables
from sdsocec.report.sensitivity_figures import pictures
from sdsocec.report.sensitivity_panels import (
    OWN_MODE,
    draw_convergence,
    draw_modes,
    draw_over_time,
    draw_ranked,
    looks_of,
)
from sdsocec.report.sensitivity_tables import (
    convergence_sheet,
    drawn_over_time,
    effect_unit,
    expected,
    index_sheet,
    is_spread,
    mode_name,
    mode_sheet,
    notes,
    outcome_label,
    ranking_sheet,
    should_do,
    shown_names,
    those_that_matter,
)
from sdsocec.report.sensitivity_words import footer_notes
from sdsocec.report.style import HOUSE


@pytest.fixture(scope="module", params=["sobol", "morris", "pawn"])
def found(request):
    n = 512 if request.param == "pawn" else 64
    return sensitivity(load_model("first_steps"), ["baseline", "publiek"], method=request.param, n=n)


@pytest.fixture(scope="module")
def coarse():
    return sensitivity(load_model("first_steps"), ["baseline", "publiek"], n=64)


@pytest.fixture(scope="module")
def drawn(found):
    """The pictures by language and name."""
    return {
        language: {picture.stem: picture for picture in pictures(found, found.attributes(), language)}
        for language in ("en", "nl")
    }


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_sheet_has_rows_as_long_as_its_header(found, language):
    names = shown_names(found)
    sheets = [
        index_sheet(found, "numerical", names, language), index_sheet(found, "policy", names, language),
        mode_sheet(found, names, language), ranking_sheet(found, names, language), convergence_sheet(found, language),
    ]  # fmt: skip
    for sheet in sheets:
        assert sheet.rows and {len(row) for row in sheet.rows} == {len(sheet.header)}
    assert all(line.strip() and "{" not in line for line in notes(found, names, language))
    for table in data_tables(found, language):
        assert {len(row) for row in table.rows} == {len(table.header)}


def test_what_has_not_converged_says_so_and_which_index(coarse):
    """The word of each row is that of its numbers: half intervals above the tolerance, or moved by the last doubling."""
    sheet = index_sheet(coarse, "numerical", ["unemployed"])
    indices = coarse.parts["numerical"].indices
    inputs = those_that_matter(coarse.parts["numerical"], 0, -1, 0)
    for row, j in zip(sheet.rows, inputs, strict=False):
        good = indices.converged[0, -1, 0, j]
        said = {(True, True): "yes", (False, False): "not converged", (False, True): "not converged: S1",
                (True, False): "not converged: ST"}[tuple(map(bool, good))]  # fmt: skip
        assert row[-1] == said
    assert sheet.rows[0][-1] == "not converged"
    said = list(notes(coarse, ["unemployed"]))
    assert any(
        line.startswith("Not all indices have converged. The n that should do, of all outcomes at the ")
        for line in said
    )
    assert expected(1 << 21, "en") == "more than 1,048,576"


def test_inputs_are_shown_from_the_most_important_and_those_below_the_limit_are_not(found):
    part = found.parts["numerical"]
    for s, k in np.ndindex(2, len(part.outcomes)):
        chosen, chief = those_that_matter(part, s, -1, k), part.indices.chief[s, -1, k]
        assert chosen == sorted(chosen, key=lambda j: -chief[j]) and 1 <= len(chosen) <= 5
        assert chief[chosen].min() >= np.delete(chief, chosen).max(initial=0.0)


def test_no_share_reads_as_none_or_all_unless_it_is(coarse):
    shares = coarse.modes.shares.copy()
    shares[0, 0] = 0
    shares[0, 0, [7, 8]] = [0.99999, 0.00001]
    reference = coarse.modes.reference.copy()
    reference[0, 0] = 7
    sheet = mode_sheet(replace(coarse, modes=replace(coarse.modes, shares=shares, reference=reference)), ["unemployed"])
    assert sheet.rows[0][2:4] == ("peak >99.9%", "trough <0.1%")


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_mode_has_a_name(language):
    names = [mode_name(code, language) for code in range(len(MODES))]
    assert len(set(names)) == len(MODES)


def test_panels_draw_on_the_axes_they_are_given(coarse):
    part = coarse.parts["numerical"]
    axes = Figure().subplots(1, 4)
    assert draw_ranked(axes[0], coarse, part, 0, 0) is axes[0]
    assert draw_over_time(axes[1], coarse, part, 0, 0) is axes[1]
    assert draw_convergence(axes[2], coarse, part, 0, 0) is axes[2]
    assert draw_modes(axes[3], coarse, 0, range(len(MODES))) is axes[3]
    order = those_that_matter(part, 0, -1, 0)
    widths = sorted((bar.get_width() for bar in axes[0].patches), reverse=True)
    assert widths[:2] == sorted(part.indices.value[-1, 0, -1, 0, order[0]], reverse=True)


def lines_of(ax):
    """The lines of a panel over time or of convergence, without caps of intervals and lines to names."""
    return [line for line in ax.lines if len(line.get_xdata()) > 3 and line.get_linestyle() != "None"]


def test_over_time_whatever_mattered_most_at_some_time_is_drawn_with_intervals(coarse):
    """A factor that decides in 2010 and no longer at the end was left out, so that the lines seemed to say all."""
    part = coarse.parts["numerical"]
    indices = part.indices
    for k in range(len(part.outcomes)):
        drawn = drawn_over_time(part, 0, k)
        spread = indices.spread[0, :, k]
        counts = indices.varies[0, :, k] & (spread >= 0.05 * spread.max())
        firsts = {int(np.argmax(indices.chief[0, t, k])) for t in np.flatnonzero(counts)}
        at_end = those_that_matter(part, 0, -1, k)
        assert firsts | set(at_end[:1]) <= set(drawn) and len(drawn) == min(5, len(firsts | set(at_end)))
        ax = draw_over_time(Figure().add_subplot(), coarse, part, 0, k)
        lines = [line for line in lines_of(ax) if len(line.get_xdata()) > 10]
        assert len(lines) == len(drawn)
        for line, j in zip(lines, drawn, strict=True):
            wanted = np.where(counts, indices.chief[0, :, k, j], np.nan)
            np.testing.assert_array_equal(line.get_ydata(), wanted[1:])  # all begin the same
        halves = [abs(np.diff(segment[:, 1])[0]) / 2 for bars in ax.collections for segment in bars.get_segments()]
        assert len(halves) >= 3 * len(drawn)
        known = indices.half[-1, 0, :, k, :, indices.names.index("ST")].ravel()
        assert all(np.isclose(known, half, rtol=1e-9, atol=1e-12).any() for half in halves)


def test_a_factor_looks_the_same_in_every_panel_of_every_picture(found):
    """The first factor of each panel was black, whichever it was."""
    looks = looks_of(found)
    assert sorted(looks) == list(range(len(found.factors))) and len(set(looks.values())) == len(looks)
    names = [f"{found.factors[j].name}" for j in looks]
    labels = {
        found.model.card.element_label(name, "en"): HOUSE.look(looks[j]) for name, j in zip(names, looks, strict=True)
    }
    told = 0
    for picture in pictures(found, found.attributes(), "en"):
        for ax in picture.figure.axes:
            for words in (t for t in ax.texts if picture.stem.startswith(("numerical", "policy", "convergence"))):
                known = labels.get(words.get_text().replace("\n", " ").rstrip("*"))
                if known is not None:
                    assert words.get_color() == known.colour
                    told += 1
                    assert any(
                        line.get_color() == known.colour and line.get_marker() in (known.marker, "None")
                        for line in lines_of(ax)
                    )
    assert told > 4


def test_factors_of_one_panel_differ_in_colour(found):
    looks = looks_of(found)
    for kind in ("numerical", "policy"):
        part = found.parts[kind]
        for k in range(len(part.outcomes)):
            colours = [HOUSE.look(looks[j]).colour for j in drawn_over_time(part, 0, k)]
            assert len(set(colours)) == len(colours)


def test_shares_of_next_to_nothing_are_not_drawn(coarse):
    """Where the difference from the baseline had hardly begun, one factor explained 90% of it."""
    policy = coarse.parts["policy"]
    first = int(np.flatnonzero(policy.indices.varies[0].any(axis=-1))[0])
    spread = policy.indices.spread.copy()
    spread[0, first : first + 3] = 0.04 * spread[0].max(axis=0)
    part = replace(policy, indices=replace(policy.indices, spread=spread))
    assert not is_spread(part, 0, 0)[: first + 3].any() and is_spread(part, 0, 0)[first + 3 :].all()
    ax = draw_over_time(Figure().add_subplot(), coarse, part, 0, 0)
    assert lines_of(ax)
    for line in lines_of(ax):
        assert np.isnan(np.asarray(line.get_ydata())).tolist() == [True] * 3 + [False] * (len(line.get_ydata()) - 3)
    said = footer_notes(coarse, part, 0, [0], "en", most=5)
    assert "Over time only where the outcome has at least 5% of its largest spread" in said


def test_the_shape_as_it_is_has_a_thick_edge_within_its_part_and_parts_have_their_share(coarse):
    """A dot at 4% of an axis of percentages looked like a value."""
    for k in range(len(coarse.outcomes)):
        ax = draw_modes(Figure().add_subplot(), coarse, k, range(len(MODES)), width=170.0)
        assert not [line for line in ax.lines if line.get_marker() not in ("", "None")]
        shares, own = coarse.modes.shares[:, k], coarse.modes.reference[:, k]
        edges = [bar for bar in ax.patches if bar.get_gid() == OWN_MODE]
        wanted = [float(shares[s, own[s]]) for s in range(len(own)) if shares[s, own[s]] > 0]
        assert [bar.get_width() for bar in edges] == pytest.approx(wanted)
        told = [words.get_text() for words in ax.texts]
        assert all("%" in words for words in told) and len(told) >= (shares >= 0.13).sum()


@pytest.mark.parametrize("language", ["en", "nl"])
def test_no_words_of_a_picture_are_cut_beside_a_logo(coarse, language, tmp_path):
    Image.new("RGB", (300, 90)).save(tmp_path / "logo.png")
    style = replace(HOUSE, logo=tmp_path / "logo.png")
    for picture in pictures(coarse, coarse.attributes(), language, style, size="column"):
        assert not any("…" in words.get_text() for words in picture.figure.texts)


def test_an_outcome_that_no_longer_varies_at_the_end_is_drawn_where_it_does(coarse):
    part = coarse.parts["numerical"]
    indices = part.indices
    value, half, varies = indices.value.copy(), indices.half.copy(), indices.varies.copy()
    value[:, 0, -1, 0], half[:, 0, -1, 0], varies[0, -1, 0] = np.nan, np.nan, False
    stopped = replace(part, indices=replace(indices, value=value, half=half, varies=varies))
    ax = draw_over_time(Figure().add_subplot(), coarse, stopped, 0, 0)
    assert lines_of(ax) and [words.get_text() for words in ax.texts]
    assert draw_convergence(Figure().add_subplot(), coarse, stopped, 0, 0)


def test_times_before_scenarios_part_take_no_room_in_a_picture_of_their_difference(found):
    part = found.parts["policy"]
    first = np.flatnonzero(part.indices.varies[0].any(axis=1))[0]
    ax = draw_over_time(Figure().add_subplot(), found, part, 0, 0)
    assert first > 5 and ax.get_xlim() == (part.times[first], part.times[-1])


def test_elementary_effects_show_their_sign(found):
    if found.sample.method != "morris":
        return
    part = found.parts["numerical"]
    ax = draw_ranked(Figure().add_subplot(), found, part, 0, 0)
    diamonds = next(line for line in ax.lines if line.get_marker() == "D")
    effects = part.indices.value[-1, 0, -1, 0]
    order = np.argsort(-effects[:, 0], kind="stable")[:5]
    factor, unit = effect_unit(found, part.outcomes[0], "nl")
    assert (factor, unit) == (1000, "personen")
    np.testing.assert_array_equal(diamonds.get_xdata(), effects[order, 1] * factor)
    low, high = ax.get_xlim()
    assert low < -0.02 * high, "half of a diamond at 0 does not reach the names"
    assert diamonds.get_xdata().min() < 0 and low < diamonds.get_xdata().min() and diamonds.get_xdata().max() <= high


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_data_of_a_picture_are_what_is_drawn(found, drawn, language):
    """Morris' effects were written in the model's thousands beside a picture of persons."""
    table, part = drawn[language]["numerical-baseline"].table, found.parts["numerical"]
    rows = [dict(zip(table.header, row, strict=True)) for row in table.rows]
    chief = found.parts["numerical"].indices.names[-1 if found.sample.method == "sobol" else 0]
    at_end = [row for row in rows if row["outcome"] == "unemployed" and row["index"] == chief and row["time"] == 2020]
    bars = draw_ranked(Figure().add_subplot(), found, part, 0, 0).patches
    wanted = sorted((row["value"] for row in at_end), reverse=True)[:5]
    assert np.isin(np.round(wanted, 9), np.round([bar.get_width() for bar in bars], 9)).all()
    assert {row["unit"] for row in rows} == (
        {"persons" if language == "en" else "personen"} if chief == "mu_star" else {""}
    )
    assert {row["factor label"] for row in rows} >= {
        "speed of ageing" if language == "en" else "snelheid van vergrijzing"
    }
    tables = {one.name: one for one in data_tables(found, language)}
    sensitivity_, convergence = (
        [dict(zip(tables[name].header, row, strict=True)) for row in tables[name].rows]
        for name in ("sensitivity", "convergence")
    )
    keys = ("outcome", "scenario", "factor", "kind", "index")
    last = {tuple(row[key] for key in keys): row for row in convergence if row["n"] == found.sample.n}
    for row in sensitivity_:
        if row["time"] == 2020:
            same = last[tuple(row[key] for key in keys)]
            assert same["unit"] == row["unit"]
            for key in ("value", "low", "high"):
                np.testing.assert_allclose(same[key], row[key], rtol=1e-9, atol=1e-9)
    assert [row[0] for row in tables["factors"].rows] == [factor.name for factor in found.factors]


@pytest.mark.parametrize("language", ["en", "nl"])
def test_words_for_who_cannot_see_a_picture_have_its_indices_intervals_and_doubts(found, drawn, language):
    made = {stem: picture.alt for stem, picture in drawn[language].items()}
    no = "niet geconvergeerd" if language == "nl" else "not converged"
    kinds = {
        "numerical-baseline": {"en": "Numerical", "nl": "Numerieke"},
        "policy-publiek": {"en": "Policy", "nl": "Beleids"},
    }
    for stem, kind in kinds.items():
        alt, part = made[stem], found.parts[stem.split("-")[0]]
        assert f". {kind[language]}" in alt
        assert alt.count("±") >= 3 and alt.count("2020") >= 3
        judged = part.indices.is_judged[0, -1] & ~part.indices.converged[0, -1]
        shown = [judged[k, j].any() for k in range(3) for j in those_that_matter(part, 0, -1, k)]
        assert alt.count(no) == sum(shown)
    assert " = 8 " in made["convergence-baseline"] or " = 64 " in made["convergence-baseline"]
    assert ("van" if language == "nl" else "from") in made["convergence-baseline"]


def test_no_share_is_none_or_all_in_the_words_of_a_picture_unless_it_is(coarse):
    shares = coarse.modes.shares.copy()
    shares[0, 0] = 0
    shares[0, 0, [7, 8]] = [0.9999, 0.0001]
    modes = replace(coarse.modes, shares=shares)
    alt = next(p.alt for p in pictures(replace(coarse, modes=modes), coarse.attributes()) if p.stem == "shapes")
    assert "unemployed, Baseline: peak >99.9%; trough <0.1%; as it is: peak." in alt
    ax = draw_modes(Figure().add_subplot(), replace(coarse, modes=modes), 0, [7, 8])
    assert "peak >99%" in [words.get_text() for words in ax.texts]


def test_shares_of_the_variance_that_cannot_be_are_called_errors(coarse):
    part = coarse.parts["numerical"]
    for place, value, said in (((0, 0), -0.01, True), ((0, 1), 1.02, True), ((0, 0), 0.0, False)):
        values = np.zeros_like(part.indices.value)
        values[..., 0, :] = 0.5
        values[-1, 0, -1, 0, *place] = value
        changed = replace(part, indices=replace(part.indices, value=values))
        parts = {"numerical": changed}
        made = replace(coarse, parts=parts, modes=None, ranking=None)
        lines = list(notes(made, ["unemployed"]))
        assert any("error of estimation" in line for line in lines) == said, (place, value)


def test_a_picture_says_which_kind_of_sensitivity_of_how_many_runs_and_what_is_not_sure(coarse):
    made = {p.stem: p for p in pictures(coarse, coarse.attributes())}
    for stem, kind in (("numerical-publiek", "Numerical"), ("policy-publiek", "Policy"), ("shapes", "Behaviour-mode")):
        words = " ".join(" ".join(t.get_text() for t in made[stem].figure.texts).split())
        assert f"{kind} sensitivity: " in words
        assert "512 runs a scenario" in words and "6 factors vary" in words
        assert ("* Not converged. The n that should do for what is drawn here: " in words) == (stem != "shapes")
    panel = next(ax for ax in made["convergence-baseline"].figure.axes)
    assert any(words.get_text().endswith("*") for words in panel.texts)


def test_shares_from_the_grid_of_morris_say_so_in_the_picture(found, drawn):
    words = " ".join(" ".join(t.get_text() for t in drawn["en"]["shapes"].figure.texts).split())
    assert ("Morris' grid" in words) == (found.sample.method == "morris")


@pytest.mark.parametrize("language", ["en", "nl"])
def test_letters_meet_no_others_and_stay_on_the_sheet(drawn, language):
    made = list(drawn[language].values())
    assert [p.stem for p in made] == [
        "numerical-baseline", "numerical-publiek", "policy-publiek", "shapes", "convergence-baseline",
    ]  # fmt: skip
    assert_apart(made, 16.6)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_column_has_two_outcomes_a_sheet_all_of_them_in_their_order(found, drawn, language):
    names = shown_names(found)
    made = pictures(found, found.attributes(), language, outcomes=names, size="column")
    n_sheets = -(-len(names) // 2)
    assert n_sheets > 1 and [p.stem for p in made[:n_sheets]] == [
        f"numerical-baseline-{i + 1}" for i in range(n_sheets)
    ]
    rows = [row for picture in made[:n_sheets] for row in picture.table.rows]
    assert str(rows) == str(list(drawn[language]["numerical-baseline"].table.rows)), "as text: NaN is no NaN"
    assert all(p.table.name == p.stem and p.figure.get_size_inches()[1] * 2.54 <= 24 for p in made)
    assert_apart(made, 8.1)


def assert_apart(made, cm):
    for picture in made:
        figure = picture.figure
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.canvas.draw()
        assert figure.get_size_inches()[0] * 2.54 == pytest.approx(cm, abs=0.01)
        sheet = figure.bbox
        for ax in figure.axes:
            names = [words for words in ax.texts if words.get_text()]
            ticks = [t for axis in (ax.xaxis, ax.yaxis) for t in axis.get_ticklabels() if t.get_text()]
            for group in (names, ticks):
                boxes = [Text.get_window_extent(words, renderer) for words in group]  # without the line to its end
                for i, box in enumerate(boxes):
                    assert sheet.x0 - 1 <= box.x0 and box.x1 <= sheet.x1 + 1, (picture.stem, group[i].get_text())
                    for other in boxes[:i]:
                        across = min(box.x1, other.x1) - max(box.x0, other.x0)
                        upward = min(box.y1, other.y1) - max(box.y0, other.y0)
                        assert across <= 1 or upward <= 2.5, (picture.stem, group[i].get_text())
            assert ax.get_xlabel(), "every horizontal axis says what it shows"
        assert picture.alt.endswith(".") and len(picture.alt) > 80
        assert picture.table.rows


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_tolerance_and_a_confidence_are_told_as_they_were_asked_for(language):
    """No interval is of 100 %, no tolerance 0, and a half interval is held against a fine one by its own digits."""
    found = sensitivity(
        load_model("first_steps"),
        ["baseline", "publiek"],
        n=64,
        outcomes=["unemployed"],
        confidence=0.995,
        tolerance=0.004,
    )
    mark = {"en": ".", "nl": ","}[language]
    told = [*notes(found, ["unemployed"], language), convergence_sheet(found, language).title]
    assert f"99{mark}5%" in told[0] and f"99{mark}5%" in told[-1]
    assert f" 0{mark}004 " in told[1] and f" 0{mark}004 " in told[-1]
    for picture in pictures(found, found.attributes(), language, outcomes=["unemployed"]):
        words = [picture.alt, *(one.get_text() for one in picture.figure.findobj(Text))]
        assert not any("100%" in word for word in words)
    cell = index_sheet(found, "numerical", ["unemployed"], language).rows[0][3]
    assert [len(part.partition(mark)[2]) for part in cell.split(" ± ")] == [3, 4]


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_n_that_should_do_is_said_for_each_question_and_what_is_not_known_is_named(coarse, language):
    """One number stood there for all questions, without those of which no index could be estimated."""
    sheet = convergence_sheet(coarse, language)
    (line,) = (line for line in notes(coarse, ["unemployed"], language) if sheet.rows[0][0] + ": " in line)
    for row in sheet.rows:
        if row[-1] not in ("enough", "genoeg"):
            assert f"{row[0]}: {row[-1]}" in line, "the line says what the table says"
    some = {kind: part.indices.at(slice(None), slice(-1, None)) for kind, part in coarse.parts.items()}
    unknown = {kind for kind, one in some.items() if one.is_unknown.any()}
    assert unknown and unknown != set(some)
    for row, (kind, one) in zip(sheet.rows, some.items(), strict=True):
        is_bound = row[-1].startswith(("at least", "more than", "ten minste", "meer dan"))
        assert is_bound == (kind in unknown)
        assert not (one.is_unknown & one.is_judged.any(axis=(-2, -1))).any()
    named = next(
        line for line in notes(coarse, ["unemployed"], language) if line.startswith(("At least, ", "Ten minste, "))
    )
    for kind in unknown:
        k = int(np.argwhere(some[kind].is_unknown)[0][-1])
        assert outcome_label(coarse, coarse.parts[kind].outcomes[k], language) in named


def test_where_nothing_can_be_estimated_more_is_needed(coarse):
    indices = coarse.parts["mode"].indices
    for s, t, k in np.argwhere(indices.is_rare):
        one = indices.at(slice(s, s + 1), slice(t, t + 1), slice(k, k + 1))
        assert should_do(one, "en") == "more than 64" and should_do(one, "nl") == "meer dan 64"
    assert indices.is_rare.any()
    constant = coarse.parts["numerical"].indices.at(slice(None), slice(0, 1), slice(None))  # the start
    assert not constant.varies.any() and should_do(constant, "en") == ""
