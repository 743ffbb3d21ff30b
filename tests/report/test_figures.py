"""What the overview figure shows, says and carries."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from io import BytesIO

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

import sdsocec
from sdsocec.errors import SdsocecError
from sdsocec.model.project import load_model
from sdsocec.report.figures import describe_overview, draw_overview, render, save_figure
from sdsocec.report.lettering import fit, spread, width_of
from sdsocec.report.panel import label_values, look_of, scale_values
from sdsocec.report.saving import with_drawing
from sdsocec.results.shown import ShownOutcome

HOSTILE = r"$\alpha_{x}$ a_b \frac{1}{2} % <b>&amp;</b> ]]> -- " + "verylongword" * 25 + " and more words" * 10


def texts(figure):
    """Every text that is drawn, with its box in pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    found = figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_text() and artist.get_visible())
    return [(t.get_text(), t.get_window_extent(renderer)) for t in found]


def overlaps(a, b, slack=1.0):
    across = min(a.x1, b.x1) - max(a.x0, b.x0)
    upward = min(a.y1, b.y1) - max(a.y0, b.y0)
    return across > slack and upward > slack


def assert_all_text_is_on_the_canvas_and_apart(figure):
    found = texts(figure)
    width, height = figure.get_size_inches() * figure.dpi
    for text, box in found:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, text
    for (text, box), (other, other_box) in itertools.combinations(found, 2):
        assert not overlaps(box, other_box), (text, other)


def test_a_panel_per_outcome_with_its_label_and_its_unit(dataset, model):
    figure = draw_overview(dataset, model)
    assert [ax.get_title("left") for ax in figure.axes] == ["unemployed", "jobs in the south", "share", "index"]
    assert [ax.get_ylabel() for ax in figure.axes] == ["persons", "persons", "%", "no unit"]
    assert [ax.get_xlabel() for ax in figure.axes] == ["", "year", "year", "year"]  # the lowest of each column


def test_dutch_figure_is_dutch_throughout(dataset, model):
    figure = draw_overview(dataset, model, "nl")
    assert figure.get_suptitle() == "Uitkomsten van 2 scenario's, 2000 tot 2004"
    assert figure.axes[0].get_ylabel() == "personen"
    assert figure.axes[-1].get_xlabel() == "jaar"
    assert "300\u202f000" in [t.get_text() for t in figure.axes[0].get_yticklabels()]
    words = [text for text, _ in texts(figure)]
    assert "Klein model. Grijze lijn: alle scenario's zijn gelijk tot 2002,5 (verticale lijn)." in words
    assert "model small 01234567 | rekenkern native | euler, tijdstap 0,5 jaar | sdsocec 9.9" in words


def test_history_is_one_line_and_a_vertical_line_marks_where_scenarios_part(dataset, model):
    ax = draw_overview(dataset, model).axes[0]
    history, a, b, mark = ax.get_lines()
    np.testing.assert_array_equal(history.get_xdata(), [2000, 2000.5, 2001, 2001.5, 2002, 2002.5])
    np.testing.assert_array_equal(a.get_xdata(), [2002.5, 2003, 2003.5, 2004])
    assert b.get_ydata()[-1] == pytest.approx(149_629.8)
    assert list(mark.get_xdata()) == [2002.5, 2002.5]


def test_every_line_of_the_data_is_within_the_limits(dataset, model):
    for ax in draw_overview(dataset, model).axes:
        low, high = ax.get_ylim()
        for line in ax.get_lines()[:-1]:
            assert low <= np.min(line.get_ydata()) and np.max(line.get_ydata()) <= high


def test_an_axis_that_leaves_zero_out_says_so(dataset, model):
    dataset["people"][:] = 7_000 + 100 * np.arange(9.0)
    ax = draw_overview(dataset, model).axes[0]
    assert ax.get_ylim()[0] > 0 and ax.get_ylabel() == "persons (axis not from 0)"
    outcome = ShownOutcome("a", "a", "een lange eenheid", np.array([[8.0, 9.0]]), False)
    label_values(ax, outcome, "nl")
    assert ax.get_ylabel() == "een lange eenheid\n(as niet vanaf 0)"
    dataset["people"][:] = 300.0
    ax = draw_overview(dataset, model).axes[0]
    assert ax.get_ylim()[0] == 0 and ax.get_ylabel() == "persons"


def test_what_cannot_be_seen_below_zero_does_not_move_the_axis():
    ax = Figure().add_subplot()
    scale_values(ax, ShownOutcome("a", "a", "", np.array([[3200.0, 1000.0, -0.001]]), False), "en")
    assert ax.get_ylim() == (0, 4000)
    scale_values(ax, ShownOutcome("a", "a", "", np.array([[3200.0, 1000.0, -10.0]]), False), "en")
    assert ax.get_ylim()[0] == -1000


def test_names_stand_at_the_lines_where_they_fit(dataset, model):
    figure = draw_overview(dataset.drop_vars("jobs"), model)
    assert not figure.legends
    assert [[t.get_text() for t in ax.texts] for ax in figure.axes] == [["a", "b"]] * 3
    assert_all_text_is_on_the_canvas_and_apart(figure)


def many(dataset, n):
    """The dataset with n scenarios that end at the same place."""
    return dataset.isel(scenario=[0] * (n - 1) + [1]).assign_coords(scenario=[f"scenario {i}" for i in range(n)])


@pytest.mark.parametrize("n", [5, 12])
def test_one_legend_stands_above_where_names_do_not_fit(dataset, model, n):
    figure = draw_overview(many(dataset, n), model)
    (legend,) = figure.legends
    assert [t.get_text() for t in legend.get_texts()] == [f"scenario {i}" for i in range(n)]
    assert not any(ax.texts for ax in figure.axes)
    assert_all_text_is_on_the_canvas_and_apart(figure)


def test_many_runs_are_drawn_alike_and_not_named(dataset, model):
    figure = draw_overview(many(dataset, 30), model)
    assert not figure.legends
    assert len(figure.axes[0].get_lines()) == 32
    assert any("Each line is a run" in text for text, _ in texts(figure))


def test_the_figure_of_first_steps_is_legible():
    model = load_model("first_steps")
    result = sdsocec.run(model)
    for language in ("en", "nl"):
        assert_all_text_is_on_the_canvas_and_apart(draw_overview(result, model, language))


def test_a_single_run_has_no_legend_and_no_vertical_line(dataset, model):
    figure = draw_overview(dataset.isel(scenario=[1]), model)
    assert figure.get_suptitle() == "b: outcomes, 2000 to 2004"
    assert not figure.legends and not figure.axes[0].texts
    assert len(figure.axes[0].get_lines()) == 1


def test_scenarios_that_never_part_are_one_line(dataset, model):
    figure = draw_overview(dataset.isel(scenario=[0, 0]).assign_coords(scenario=["a", "b"]), model)
    assert len(figure.axes[0].get_lines()) == 1 and not figure.legends
    assert any("All scenarios are the same throughout." in text for text, _ in texts(figure))


def test_a_run_with_one_saved_time_is_points(dataset, model):
    figure = draw_overview(dataset.isel(time=[0]), model)
    assert render(figure, "overview", dataset)["overview.png"]


def test_a_result_without_outcomes_says_so(dataset, model):
    empty = dataset[["index"]].rename(index="other")
    figure = draw_overview(empty, model)
    assert any("The result holds no outcome of the model's card." in text for text, _ in texts(figure))
    assert "no outcome" in describe_overview(empty, model)


def test_at_most_twelve_panels_and_a_note_of_the_rest(dataset, model):
    card = model.card.model_copy(update={"outcomes": model.card.outcomes * 4})
    figure = draw_overview(dataset, type(model)(model.name, model.equations, card, None))
    assert len(figure.axes) == 12
    assert any("12 of the 16 outcomes." in text for text, _ in texts(figure))


def test_hostile_text_comes_out_as_text_within_its_place(dataset, model, with_texts):
    hostile = with_texts(model, title=HOSTILE, labels=[HOSTILE] * 4, unit="$a_b$" * 60)
    runs = dataset.isel(scenario=[0, 0, 1]).assign_coords(scenario=["$x_1$", "b" * 500, "<i>&\x07\\"])
    runs.attrs["model"] = HOSTILE
    figure = draw_overview(runs, hostile)
    assert_all_text_is_on_the_canvas_and_apart(figure)
    drawn = " ".join(text for text, _ in texts(figure))
    assert r"$\alpha_{x}$ a_b \frac{1}{2}" in drawn and "$x_1$" in drawn and "…" in drawn
    assert all(
        not t.get_parse_math() for t in figure.findobj(lambda a: hasattr(a, "get_parse_math")) if "$" in t.get_text()
    )
    files = render(figure, "overview", runs)
    ElementTree.fromstring(files["overview.svg"])


def test_text_with_letters_the_font_lacks_gives_no_warning(dataset, model, with_texts, recwarn):
    figure = draw_overview(dataset, with_texts(model, labels=["社会经济"] * 4))
    render(figure, "overview", dataset)
    assert not recwarn.list


def test_lines_differ_in_colour_dashes_and_marker_and_stand_out_from_white():
    looks = [look_of(i, 12) for i in range(12)]
    assert len({(str(look.dashes), look.marker) for look in looks}) == 12  # so they differ in grey
    for a, b in itertools.pairwise(looks):
        assert a.colour != b.colour and a.dashes != b.dashes and a.marker != b.marker
    for look in looks:  # WCAG 2.1, 1.4.11: a contrast of 3 for graphics
        light = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(look.colour)]
        assert 1.05 / (np.dot([0.2126, 0.7152, 0.0722], light) + 0.05) >= 3


def test_files_repeat_byte_for_byte_and_carry_provenance_and_description(dataset, model):
    files = render(draw_overview(dataset, model), "overview", dataset)
    assert list(files) == ["overview.png", "overview.svg"]
    assert files == render(draw_overview(dataset, model), "overview", dataset)
    described = describe_overview(dataset, model)
    with Image.open(BytesIO(files["overview.png"])) as image:
        assert image.info["Description"] == described
        assert image.info["Title"] == "Outcomes of 2 scenarios, 2000 to 2004"
        assert json.loads(image.info["Source"]) == with_drawing(dataset.attrs) | {"picture": "overview"}
    svg = ElementTree.fromstring(files["overview.svg"])
    name = {"svg": "http://www.w3.org/2000/svg"}
    assert svg.get("role") == "img"
    assert svg.findtext("svg:title", namespaces=name) == "Outcomes of 2 scenarios, 2000 to 2004"
    assert svg.findtext("svg:desc", namespaces=name) == described
    assert b"0123456789abcdef" in files["overview.svg"] and b"<dc:date>" not in files["overview.svg"]


def test_files_do_not_depend_on_the_readers_matplotlib_settings(dataset, model):
    import matplotlib

    plain = render(draw_overview(dataset, model), "overview", dataset)
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "savefig.bbox": "tight"}):
        assert render(draw_overview(dataset, model), "overview", dataset) == plain


def test_the_description_tells_the_data(dataset, model):
    assert describe_overview(dataset, model) == (
        "Small line charts (4) of Small model, 2000 to 2004, for a and b. The scenarios are the same until 2002.5. "
        "At the end, in 2004: unemployed: from 149,600 persons (b) to 300,000 persons (a); "
        "jobs in the south: 2,000 persons in every scenario; share: from 3.4% (a) to 33.4% (b); "
        "index: from 1.23 no unit (a) to 4.23 no unit (b)."
    )


def test_saving_writes_both_files_into_a_folder_that_it_makes(dataset, model, tmp_path):
    written = save_figure(draw_overview(dataset, model), tmp_path / "new" / "overview", dataset)
    assert [path.name for path in written] == ["overview.png", "overview.svg"]
    assert all(path.stat().st_size > 1000 for path in written)
    with pytest.raises(SdsocecError, match="there is no figure format 'gif'"):
        save_figure(draw_overview(dataset, model), tmp_path / "overview", dataset, ["gif"])


def test_drawing_never_imports_pyplot_and_the_module_not_even_matplotlib():
    code = (
        "import sys, sdsocec.report, sdsocec.results\n"
        "assert not {'matplotlib', 'netCDF4', 'openpyxl'} & set(sys.modules)\n"
        "from sdsocec.report.lettering import width_of; width_of('a', 9)\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_text_is_broken_between_words_and_shortened_to_its_width():
    whole = fit("some words that are too many for two lines", 80, 9, lines=2)
    lines = whole.split("\n")
    assert len(lines) == 2 and whole.endswith("…") and all(width_of(line, 9) <= 80 for line in lines)
    assert fit("short", 80, 9) == "short"
    assert fit("", 80, 9) == ""


def test_a_number_stays_with_its_sign():
    for width in range(40, 120, 5):
        lines = fit("werkloos, < 1 jaar, 20 % en meer", float(width), 8.0, lines=9).split("\n")
        assert not any(line.endswith("<") or line.startswith("%") for line in lines), lines


def test_labels_are_spread_apart_within_their_room():
    assert spread([5.0, 5.0, 5.0], 4.0, 0.0, 12.0) == [2.0, 6.0, 10.0]
    assert spread([0.0, 30.0], 4.0, 0.0, 30.0) == [2.0, 28.0]
    assert spread([1.0, 2.0], 4.0, 0.0, 7.0) is None


@pytest.mark.parametrize(("language", "said"), [
    ("en", "Set by hand in every scenario: quota share scenario = 0.03."),
    ("nl", "Met de hand gezet, in elk scenario: quota share scenario = 0,03."),
])  # fmt: skip
def test_what_was_set_by_hand_stands_under_the_title(language, said):
    dataset = sdsocec.run("first_steps", "regulier", settings={"quota share": 0.03})
    figure = draw_overview(dataset, load_model("first_steps"), language)
    assert figure.get_label().startswith(said)
    assert any(text.replace("\n", " ").startswith(said) for text, _ in texts(figure))
    assert_all_text_is_on_the_canvas_and_apart(figure)
    plain = draw_overview(sdsocec.run("first_steps", "regulier"), load_model("first_steps"), language)
    assert not any("0.03" in text or "0,03" in text for text, _ in texts(plain))
