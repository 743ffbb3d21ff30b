"""The house style, and the messages of a style file."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from sdsocec.errors import SdsocecError
from sdsocec.report.style import HOUSE, SIZES, load_style, luminance


def contrast(colour):
    return 1.05 / (luminance(colour) + 0.05)


def grey(colour):
    """The grey of a preview, of 255."""
    return Image.new("RGB", (1, 1), colour).convert("L").getpixel((0, 0))


def written(folder, text):
    path = folder / "style.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder, text):
    with pytest.raises(SdsocecError) as error:
        load_style(written(folder, text))
    return str(error.value).replace(str(folder), "DIR")


def test_without_a_file_it_is_the_house_style_for_two_widths_of_a4():
    assert load_style(None) is HOUSE
    assert SIZES == {"column": 8.1, "full": 16.6}
    sizes = (
        HOUSE.title_size,
        HOUSE.subtitle_size,
        HOUSE.panel_size,
        HOUSE.label_size,
        HOUSE.tick_size,
        HOUSE.note_size,
    )
    assert all(7 <= size <= 9 for size in sizes)


def test_lines_of_the_house_style_differ_without_colour_and_stand_out_from_white():
    looks = [HOUSE.look(i, 12) for i in range(12)]
    assert len({(str(look.dashes), look.marker) for look in looks}) == 12
    for a, b in itertools.pairwise(looks):
        assert a.dashes != b.dashes and a.marker != b.marker and a.colour != b.colour
    assert all(contrast(look.colour) >= 3 for look in looks)
    assert contrast(HOUSE.notes) >= 4.5 and contrast(HOUSE.text) >= 4.5


def test_bands_and_neighbouring_areas_differ_in_grey():
    shades = [luminance(colour) for colour in HOUSE.bands]
    assert all(a - b > 0.1 for a, b in itertools.pairwise([1.0, *shades, luminance(HOUSE.median)]))
    fills = [HOUSE.fill(i) for i in range(16)]
    assert len(set(fills)) == 16
    shades = sorted(grey(fill.colour) for fill in fills[:5])  # a legend of five holds without hatches
    assert all(b - a > 25 for a, b in itertools.pairwise(shades))
    for a, b in itertools.pairwise(fills):
        assert a.hatch != b.hatch or abs(luminance(a.colour) - luminance(b.colour)) > 0.1


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path):
    Image.new("RGB", (40, 10), "navy").save(tmp_path / "logo.png")
    style = load_style(
        written(
            tmp_path,
            'font = "DejaVu Serif"\nlogo = "logo.png"\n[colours]\nscenarios = ["#9E0000", "#004488"]\nnotes = "#444444"\n',
        )
    )
    assert style.colours == ("#9e0000", "#004488") and style.notes == "#444444"
    assert style.fonts == ["DejaVu Serif", "DejaVu Sans"] and style.logo == tmp_path / "logo.png"
    assert style.bands == HOUSE.bands and style.dashes == HOUSE.dashes
    # Fewer colours than scenarios: dashes and markers go on.
    assert [style.look(i).colour for i in range(3)] == ["#9e0000", "#004488", "#9e0000"]
    assert style.look(0).dashes != style.look(2).dashes


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_areas_differ_however_few_colours_there_are(n):
    style = replace(HOUSE, categories=HOUSE.categories[:n])
    assert len({style.fill(i) for i in range(8)}) == 8


def test_an_empty_table_changes_nothing(tmp_path):
    assert load_style(written(tmp_path, "[colours]\n")) == HOUSE


def test_an_unknown_key_gets_its_nearest(tmp_path):
    assert refused(tmp_path, '[colours]\nscenario = ["#000000"]\n') == (
        "there is no key 'scenario' here\n  DIR/style.toml:2   scenario = [\"#000000\"]\n"
        "  Did you mean 'scenarios'? Valid: scenarios, categories, bands, median, text, notes, rules, grid."
    )


def test_a_bad_colour_is_shown_as_it_was_typed(tmp_path):
    assert refused(tmp_path, '[colours]\nscenarios = ["#000000", "blauw"]\n') == (
        "'colours.scenarios[2]' is 'blauw'; it must be a colour of six hexadecimal digits, as in #0072b2\n"
        '  DIR/style.toml:2   scenarios = ["#000000", "blauw"]'
    )


def test_all_faults_come_together_and_say_how_to_mend_them(tmp_path):
    (tmp_path / "logo.svg").write_text("<svg/>")
    assert refused(
        tmp_path,
        'font = "Dejavu Serif"\nlogo = "logo.svg"\n[colours]\nscenarios = ["#ffff00"]\ntext = "#999999"\n'
        'bands = ["#4c91c2", "#93bfdd", "#d3e4f0"]\n',
    ) == (
        "'#ffff00' is too light for lines: its contrast with white is 1.1, not 3\n"
        '  DIR/style.toml:4   scenarios = ["#ffff00"]\n'
        "  Take a darker shade. (WCAG 2.1 asks this contrast.)\n"
        "'#999999' is too light for letters: its contrast with white is 2.8, not 4.5\n"
        '  DIR/style.toml:5   text = "#999999"\n'
        "  Take a darker shade. (WCAG 2.1 asks this contrast.)\n"
        "the bands #4c91c2, #93bfdd, #d3e4f0 do not go from light to dark\n"
        '  DIR/style.toml:6   bands = ["#4c91c2", "#93bfdd", "#d3e4f0"]\n'
        "  Give the lightest first: 90, 60 and 30 %.\n"
        "the font 'Dejavu Serif' is not on this machine\n"
        '  DIR/style.toml:1   font = "Dejavu Serif"\n'
        "  Did you mean 'DejaVu Serif'? Install it, or leave 'font' out.\n"
        "the logo 'DIR/logo.svg' is no picture that can be read\n"
        '  DIR/style.toml:2   logo = "logo.svg"\n'
        "  Save it as .png or .jpg."
    )


@pytest.mark.parametrize("wrong", ['"no.png"', '""', '"."', "3"])
def test_a_missing_logo_is_a_fault(tmp_path, wrong):
    assert "logo" in refused(tmp_path, f"logo = {wrong}\n")


def test_a_logo_too_large_to_draw_is_a_fault(tmp_path):
    Image.new("L", (3000, 2000)).save(tmp_path / "big.png")
    assert "has 3000 x 2000 pixels" in refused(tmp_path, 'logo = "big.png"\n')


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"\xff\xfe", b"font = ", b"[colours]\nbands = []\n"])
def test_a_broken_file_is_one_message(tmp_path, content):
    path = tmp_path / "style.toml"
    path.write_bytes(content)
    with pytest.raises(SdsocecError):
        load_style(path)
    with pytest.raises(SdsocecError):
        load_style(tmp_path / "missing.toml")


def test_the_example_in_the_docs_is_a_style_file(tmp_path):
    docs = Path(__file__).parents[2] / "docs" / "pictures.md"
    example = docs.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    style = load_style(written(tmp_path, example))
    assert style.font == "DejaVu Serif" and style.colours[1] == "#9e0000" and style != HOUSE


def test_lists_of_a_wrong_length_are_told_of_in_plain_words(tmp_path):
    assert refused(tmp_path, '[colours]\nscenarios = ["blue"]\n').count("\n") == 1, "it is not too short as well"
    assert refused(tmp_path, "[colours]\nscenarios = []\n").startswith(
        "'colours.scenarios' is an empty list; it must be a list of at least 1 item\n"
    )
    assert "is a list of 2; it must be a list of at least 3 items" in refused(
        tmp_path, '[colours]\nbands = ["#eeeeee", "#888888"]\n'
    )
    assert "'colours.bands' is 'blue'; it must be a list\n" in refused(tmp_path, '[colours]\nbands = "blue"\n')
