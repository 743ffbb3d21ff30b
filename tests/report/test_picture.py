"""Sheets and the files of pictures: sizes, places, metadata, bytes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from sdsocec.errors import ProjectError, SdsocecError
from sdsocec.report.lettering import clean, fit, fit_or_shrink, width_of
from sdsocec.report.picture import (
    Picture,
    new_sheet,
    render_pictures,
    settings_below,
    stamp,
    with_settings,
    write_pictures,
)
from sdsocec.report.saving import house_style, with_drawing
from sdsocec.report.sheet import Head, line_handle, place_panels, sheet_height, write_legend
from sdsocec.report.style import HOUSE, TALLEST, load_style
from sdsocec.results.formats import DataTable

HOSTILE = "$\\alpha$ <script>alert(1)</script> \\frac{1}{2}\n\u202eomgekeerd\u202c\x07 ]]> &amp; 社会 " + "lang" * 130
ATTRIBUTES = {
    "model": "small",
    "model_sha256": "0123456789abcdef",
    "scenarios_sha256": '{"a": "1"}',
    "seed": 7,
    "time_step": 0.125,
    "integrator": "euler",
    "sdsocec_version": "9.9",
    "settings": '{"quota share": 0.03}',
}
BY_HAND = "Set by hand in every scenario: quota share = 0.03."
SVG = {"svg": "http://www.w3.org/2000/svg"}


def picture(title="A title", alt="Rises from 1 to 3.", style=HOUSE, stem="small", size="column"):
    figure, area = new_sheet(size, 6.0, style, title, "About it.", ["A note.", stamp(ATTRIBUTES, style)])
    with house_style(style):
        ax = figure.add_subplot()
        ax.fill_between([1, 2], [0, 0], [1, 3], hatch="//", facecolor=style.bands[0])
        ax.plot([1, 2], [1, 3], marker="o")
        ax.set_ylabel("persons")
        ax.set(xlim=(1, 2), ylim=(0, 4), xticks=[1, 2], yticks=[0, 2, 4])
        place_panels(figure, area, [ax], style)
    table = DataTable(stem, ("name", "value"), (("=a", 1.5), ("b", float("nan"))))
    return Picture(stem, figure, alt, table)


@pytest.mark.parametrize(("size", "cm"), [("column", 8.1), ("full", 16.6)])
def test_a_sheet_has_its_size_in_print(size, cm):
    figure, area = new_sheet(size, 5.0, HOUSE, "T")
    assert figure.get_size_inches() * 2.54 == pytest.approx([cm, 5.0])
    assert area.left > 0 and area.left + area.width <= cm * 72 / 2.54
    assert new_sheet(size, 99.0, HOUSE, "T")[0].get_size_inches()[1] * 2.54 == pytest.approx(TALLEST)
    files = render_pictures([picture(size=size)], ["png"], ATTRIBUTES)
    with Image.open(BytesIO(files["small.png"])) as image:
        assert image.width == pytest.approx(cm / 2.54 * 300, abs=1)
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_a_size_that_is_none_is_refused():
    with pytest.raises(SdsocecError, match="there is no size 'colum'\n  Did you mean 'column'"):
        new_sheet("colum", 5.0, HOUSE, "T")


def test_the_stamp_says_what_a_figure_is_of_and_is_seen(assert_legible):
    words = assert_legible(picture().figure)
    (seen,) = [word for word in words if "small 01234567" in word]
    whole = stamp(ATTRIBUTES, HOUSE).replace("\u00a0", " ")
    assert seen.replace("\n", " ") == whole
    for part in ("small 01234567", "scenarios ", "seed 7", "dt 1/8", "sdsocec 9.9"):
        assert part in whole
    assert not any(line.endswith(("scenarios", "seed", "dt", "sdsocec")) for line in seen.split("\n"))


def test_what_was_set_by_hand_is_noted_in_the_readers_numbers():
    assert with_settings("Model", ATTRIBUTES, "nl") == "Met de hand gezet, in elk scenario: quota share = 0,03. Model"
    assert settings_below(ATTRIBUTES, "nl") == "", "the subtitle has it"
    for none in ({}, {"settings": "no json"}):
        assert with_settings("Model", none, "nl") == "Model" and settings_below(none, "nl") == ""
    many = {"settings": json.dumps(dict.fromkeys("abcde", 1.5))}
    assert with_settings("", many, "en") == "Set by hand in every scenario: a = 1.5; b = 1.5; c = 1.5; 2 more. "
    assert settings_below(many, "en").endswith("d = 1.5; e = 1.5.")


@pytest.mark.parametrize("size", ["column", "full"])
def test_a_sheet_is_as_high_as_its_words_and_panels_need(size):
    words = (HOUSE, "A title " * 12, "A subtitle " * 30, ["A note. " * 20, "stamp"])
    names = ["one", "two", "a rather long name of a scenario"]
    height = sheet_height(size, *words, legend=names, panels=7.0)
    figure, area = new_sheet(size, height, *words)
    left = write_legend(figure, area, [line_handle(HOUSE.look(i), n, HOUSE) for i, n in enumerate(names)], HOUSE)
    assert left.height == pytest.approx(7.0 / 2.54 * 72, abs=0.5)


def test_panels_line_up_and_have_one_size(assert_legible):
    figure, area = new_sheet("full", 14.0, HOUSE, "T")
    heads = [
        Head("short", "", "kg"),
        Head("a title of a panel that is so long that it needs another line for it", "note", "persons"),
        Head("c"), Head("d", "", "x" * 90), Head("e", "e"),
    ]  # fmt: skip
    with house_style(HOUSE):
        axes = [figure.add_subplot() for _ in heads]
        for i, ax in enumerate(axes):
            ax.set_xlim(0, 1)
            ax.set_ylim(0, 1)
            ax.set_xticks([0, 0.5, 1], ["2000", "2005", "2010"])
            ax.set_yticks([0, 1], ["0", "1" * (3 + i)])
        place_panels(figure, area, axes, HOUSE, columns=2, heads=heads)
        place_panels(figure, area, axes, HOUSE, columns=2, heads=heads)  # again: the same
    assert_legible(figure)
    boxes = [ax.get_position() for ax in axes]
    for box in boxes:
        assert (box.width, box.height) == pytest.approx((boxes[0].width, boxes[0].height))
    assert [b.x0 for b in boxes[::2]] == pytest.approx([boxes[0].x0] * 3)
    assert boxes[0].y0 == pytest.approx(boxes[1].y0)


def test_titles_of_a_row_stand_on_one_line_whether_or_not_a_panel_has_a_unit():
    figure, area = new_sheet("full", 6.0, HOUSE, "T")
    with house_style(HOUSE):
        axes = [figure.add_subplot() for _ in range(2)]
        place_panels(figure, area, axes, HOUSE, columns=2, heads=[Head("first", "a note", "persons"), Head("second")])
    figure.draw_without_rendering()
    titles = [next(t for t in ax.texts if t.get_text() in ("first", "second")) for ax in axes]
    assert titles[0].get_window_extent().y0 == pytest.approx(titles[1].get_window_extent().y0)


def test_numbers_along_a_narrow_axis_are_thinned_out(assert_legible):
    figure, area = new_sheet("column", 5.0, HOUSE, "T")
    with house_style(HOUSE):
        axes = [figure.add_subplot() for _ in range(4)]
        for ax in axes:
            ax.set_xlim(2000, 2020)
            ax.set_xticks(range(2000, 2021, 2), [str(y) for y in range(2000, 2021, 2)])
            ax.set(ylim=(0, 1), yticks=[0, 1])
        place_panels(figure, area, axes, HOUSE, columns=4)
    assert "2000" in assert_legible(figure)


@pytest.mark.parametrize("width", range(20, 130, 5))
def test_a_narrow_axis_keeps_its_first_year_and_if_two_fit_its_last(width, assert_legible):
    figure, area = new_sheet("column", 5.0, HOUSE, "T")
    with house_style(HOUSE):
        ax = figure.add_subplot()
        ax.set(xlim=(2000, 2020), ylim=(0, 1), yticks=[0, 1])
        ax.set_xticks(range(2000, 2021, 5), [str(y) for y in range(2000, 2021, 5)])
        for _ in range(2):  # again: the same
            place_panels(figure, replace(area, width=width), [ax], HOUSE)
            shown = [t.get_text() for t in ax.get_xticklabels() if t.get_text()]
            assert shown in (
                ["2000"],
                ["2000", "2020"],
                ["2000", "2010", "2020"],
                ["2000", "2005", "2010", "2015", "2020"],
            )
    assert_legible(figure)


def test_a_logo_stands_in_the_corner_and_the_title_beside_it(tmp_path, assert_legible):
    Image.new("RGBA", (400, 100), (10, 40, 120, 128)).save(tmp_path / "logo.png")
    (tmp_path / "style.toml").write_text('logo = "logo.png"\nfont = "DejaVu Serif"\n')
    style = load_style(tmp_path / "style.toml")
    made = picture("A title that is long enough to reach the logo " * 2, style=style)
    assert_legible(made.figure)
    (logo,) = [ax for ax in made.figure.axes if ax.get_label() == "logo"]
    corner = logo.get_position()
    assert corner.x1 > 0.98 and corner.y1 > 0.98
    made.figure.canvas.draw()
    assert not any(t.get_window_extent().overlaps(logo.bbox) for t in made.figure.texts)
    assert made.figure._suptitle.get_fontfamily() == ["DejaVu Serif", "DejaVu Sans"]
    files = render_pictures([made], ["png", "svg", "pdf"], ATTRIBUTES)
    again = render_pictures([picture("A title that is long enough to reach the logo " * 2, style=style)],
                            ["png", "svg", "pdf"], ATTRIBUTES)  # fmt: skip
    assert files == again


def pdf_text(content, key):
    """A text of a PDF's information, which stands as it is or in UTF-16."""
    found = re.search(rb"/" + key + rb" (\(.*?[^\\]\)|<[0-9a-f]+>)", content, re.DOTALL)[1]
    if found.startswith(b"<"):
        return bytes.fromhex(found[1:-1].decode()).decode("utf-16")
    inner = re.sub(rb"\\(.)", rb"\1", found[1:-1], flags=re.DOTALL)
    return inner.decode("utf-16") if inner.startswith(b"\xfe\xff") else inner.decode()


def test_title_words_and_provenance_are_in_all_three_formats():
    files = render_pictures([picture(alt="Van 1 naar 3.")], ["svg", "pdf", "png"], ATTRIBUTES)
    stamped = with_drawing(ATTRIBUTES) | {"picture": "small"}
    assert list(files) == ["small.svg", "small.pdf", "small.png", "small.csv"]
    with Image.open(BytesIO(files["small.png"])) as image:
        assert image.info["Title"] == "A title" and image.info["Description"] == f"{BY_HAND} Van 1 naar 3."
        assert json.loads(image.info["Source"]) == stamped
    svg = ElementTree.fromstring(files["small.svg"])
    assert svg.get("role") == "img" and svg.findtext("svg:title", namespaces=SVG) == "A title"
    assert svg.findtext("svg:desc", namespaces=SVG) == f"{BY_HAND} Van 1 naar 3."
    source = next(e for e in svg.iter() if e.tag.endswith("}source"))
    assert json.loads(source.text) == stamped
    assert pdf_text(files["small.pdf"], b"Title") == "A title"
    assert pdf_text(files["small.pdf"], b"Subject") == f"{BY_HAND} Van 1 naar 3."
    assert json.loads(pdf_text(files["small.pdf"], b"Source")) == stamped


def test_the_data_are_written_for_the_readers_spreadsheet():
    en = render_pictures([picture()], [], ATTRIBUTES)["small.csv"]
    assert en == b"name,value\r\n'=a,1.5\r\nb,\r\n"
    nl = render_pictures([picture()], [], ATTRIBUTES, "nl")["small.csv"]
    assert nl == "\ufeffname;value\r\n'=a;1,5\r\nb;\r\n".encode()


def test_bytes_repeat_and_hold_no_date_in_another_process_too(tmp_path):
    files = render_pictures([picture()], ["svg", "pdf", "png"], ATTRIBUTES, grey=True)
    assert files == render_pictures([picture()], ["svg", "pdf", "png"], ATTRIBUTES, grey=True)
    assert not any(re.search(rb"CreationDate|ModDate|<dc:date>|tIME", content) for content in files.values())
    code = (
        "import sys, hashlib, importlib.util\n"
        f"spec = importlib.util.spec_from_file_location('t', {__file__!r})\n"
        "t = importlib.util.module_from_spec(spec); spec.loader.exec_module(t)\n"
        "files = t.render_pictures([t.picture()], ['svg', 'pdf', 'png'], t.ATTRIBUTES, grey=True)\n"
        "print(hashlib.sha256(b''.join(files.values())).hexdigest())"
    )
    import hashlib

    environment = {"PYTHONHASHSEED": "5", "MPLCONFIGDIR": str(tmp_path), "SOURCE_DATE_EPOCH": "86400"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split()[-1] == hashlib.sha256(b"".join(files.values())).hexdigest()


def test_the_grey_preview_has_no_colour_and_the_same_words():
    files = render_pictures([picture()], ["svg"], ATTRIBUTES, grey=True)
    assert list(files) == ["small.svg", "small-grey.png", "small.csv"]
    with Image.open(BytesIO(files["small-grey.png"])) as image:
        assert image.mode == "L" and image.info["Description"] == f"{BY_HAND} Rises from 1 to 3."
        assert np.asarray(image).min() < 60 < 200 < np.asarray(image).max()


def test_pictures_are_written_all_or_none(tmp_path):
    written = write_pictures(tmp_path / "new", [picture(), picture(stem="other")], ["svg"], ATTRIBUTES)
    assert [path.name for path in written] == ["small.svg", "small.csv", "other.svg", "other.csv"]
    assert all(path.stat().st_size for path in written)
    with pytest.raises(SdsocecError, match="there is no figure format 'jpg'"):
        write_pictures(tmp_path / "no", [picture()], ["svg", "jpg"], ATTRIBUTES)
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError):
        write_pictures(tmp_path / "file", [picture()], ["svg"], ATTRIBUTES)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "new"]


def test_hostile_text_comes_out_as_text_in_every_format(assert_legible, recwarn):
    words = (HOUSE, HOSTILE, HOSTILE, [HOSTILE, stamp(ATTRIBUTES | {"model": HOSTILE}, HOUSE)])
    figure, area = new_sheet("column", sheet_height("column", *words, legend=[HOSTILE] * 2, panels=7.0), *words)
    with house_style(HOUSE):
        area = write_legend(figure, area, [line_handle(HOUSE.look(i), HOSTILE, HOUSE) for i in range(2)], HOUSE)
        ax = figure.add_subplot()
        ax.set(xlim=(1, 2), ylim=(0, 4), xticks=[1, 2], yticks=[0, 2, 4])
        place_panels(figure, area, [ax], HOUSE, heads=[Head(HOSTILE, HOSTILE, HOSTILE)])
    words = " ".join(assert_legible(figure)).replace("-\n", "").replace("\n", " ")
    assert "$\\alpha$ <script>alert(1)</script> \\frac{1}{2} omgekeerd" in words and "sdsocec 9.9" in words
    attributes = ATTRIBUTES | {"model": HOSTILE}
    hostile = Picture("p", figure, HOSTILE, DataTable("p", ("a",), ((HOSTILE,),)))
    files = render_pictures([hostile], ["svg", "pdf", "png"], attributes)
    svg = ElementTree.fromstring(files["p.svg"])
    assert b"<script" not in files["p.svg"]
    assert svg.findtext("svg:desc", namespaces=SVG) == f"{BY_HAND} {clean(HOSTILE)}"
    assert pdf_text(files["p.pdf"], b"Subject") == f"{BY_HAND} {clean(HOSTILE)}"
    with Image.open(BytesIO(files["p.png"])) as image:
        assert json.loads(image.info["Source"]) == with_drawing(attributes) | {"picture": "p"}
    assert not recwarn.list


def test_marks_of_direction_and_letters_that_xml_cannot_hold_are_gone():
    assert clean("a\u202eb\u2066c\u200f\ufeffd\ufffe\x00e\nf") == "abcd e f"


def test_a_long_word_shrinks_and_then_breaks_and_nothing_is_lost():
    word = "arbeidsongeschiktheidsverzekeringswet"
    whole, size = fit_or_shrink(word, width_of(word, 7.5) + 0.1, 8.0, 7.0)
    assert (whole, size) == (word, 7.5)
    broken, size = fit_or_shrink(word, 80.0, 8.0, 7.0, lines=3)
    assert size == 7.0 and broken.replace("-\n", "") == word
    assert all(width_of(line, size) <= 80.0 for line in broken.split("\n"))
    # At a hyphen of its own rather than anywhere.
    assert fit("publiek-private-samenwerking", width_of("publiek-private-sam", 8.0), 8.0, lines=2) == (
        "publiek-private-\nsamenwerking"
    )


def test_another_font_is_measured_as_it_is_drawn():
    assert width_of("breed", 8.0, font="DejaVu Sans Mono") != width_of("breed", 8.0)
    style = replace(HOUSE, font="DejaVu Sans Mono")
    figure, _ = new_sheet("column", 5.0, style, "a long title in another font " * 3)
    figure.canvas.draw()
    assert figure._suptitle.get_window_extent().x1 <= figure.bbox.x1
