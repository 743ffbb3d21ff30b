"""Tables and figures of sensitivity: what is said when there is nothing sure to say; letters that do not meet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from sdsocec.analysis.sensitivity import MODES, sensitivity
from sdsocec.model.project import load_model
from sdsocec.report.sensitivity_figures import pictures
from sdsocec.report.sensitivity_panels import draw_convergence, draw_modes, draw_over_time, draw_ranked
from sdsocec.report.sensitivity_tables import (
    convergence_sheet,
    data_tables,
    expected,
    index_sheet,
    mode_name,
    mode_sheet,
    notes,
    ranking_sheet,
    shown_names,
    those_that_matter,
)


@pytest.fixture(scope="module", params=["sobol", "morris", "pawn"])
def found(request):
    n = 512 if request.param == "pawn" else 64
    return sensitivity(load_model("first_steps"), ["baseline", "publiek"], method=request.param, n=n)


@pytest.fixture(scope="module")
def coarse():
    return sensitivity(load_model("first_steps"), ["baseline", "publiek"], n=64)


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
    assert any(line.startswith("Not all indices shown have converged; n = ") for line in said)
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
    assert len(axes[1].lines) == 2 * len(order)  # each with a line to its name


@pytest.mark.parametrize("language", ["en", "nl"])
def test_letters_meet_no_others_and_stay_on_the_sheet(found, language):
    made = pictures(found, found.attributes(), language)
    assert [p.stem for p in made] == [
        "numerical-baseline", "numerical-publiek", "policy-publiek", "shapes", "convergence-baseline",
    ]  # fmt: skip
    for picture in made:
        figure = picture.figure
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.canvas.draw()
        assert figure.get_size_inches()[0] * 2.54 == pytest.approx(16.6, abs=0.01)
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
