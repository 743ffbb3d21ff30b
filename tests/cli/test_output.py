"""What is printed and kept: nothing cut off, nothing overwritten, nothing lost to an encoding."""

from __future__ import annotations

import io
import sys

import pytest

from sdsocec.cli.app import main
from sdsocec.cli.common import print_table


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [60, 80, 100, 160])
def test_no_number_and_no_word_is_cut_in_a_narrow_terminal(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "dumb")
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    header = ("outcome", "2000", "2011", "Baseline", "Social enterprise", "Regular", "Public-private", "Public")
    rows = [
        (f"supported work in regular firms {i} (persons)", *(f"{j},{i}17,000" for j in range(1, 8)))
        for i in range(1, 9)
    ]
    print_table(header, rows, "A title", numbers_from=1)
    printed = screen.getvalue()
    assert "\u2026" not in printed
    for row in rows:
        assert all(number in printed for number in row[1:])
    assert all(word in printed for name in header for word in name.split())
    assert max(len(line.rstrip()) for line in printed.splitlines()) <= columns


def on_terminal(monkeypatch, columns, *arguments):
    """What a command prints on a terminal of so many columns."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys, "argv", ["sdsocec", *arguments])
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    return screen.getvalue()


@pytest.mark.parametrize("columns", [80, 100])
def test_where_scenarios_differ_fits_a_terminal_with_the_sources_below(monkeypatch, columns):
    """Two columns of sources left a dozen letters a line to each."""
    printed = on_terminal(monkeypatch, columns, "scenarios", "diff", "regulier", "publiek", "--model", "social_economy")
    table, sources = printed.split("\n\nSources\n")
    lines = [line.rstrip() for line in table.splitlines()]
    assert max(map(len, (*lines, *sources.splitlines()))) <= columns
    assert len(lines) <= 29, "21 differ; few of their lines are broken"
    assert "quota share" in table and "0.05 (2014)" in table
    assert "\nquota share: quota\n  regulier: Study (2010), scenario Regulier, C74: " in f"\n{sources}"
    assert "\n  publiek: No quota in Dutch law.\n" in sources


FIRST = ("--model", "first_steps")


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--no-figure", "--flows", "--out", "o", *FIRST),
        ("compare", "baseline", "regulier", "publiek", *FIRST),
        ("levers", *FIRST),
        ("levers", "regulier", *FIRST),
        ("hindcast", "--out", "h", *FIRST),
        ("data", "list", *FIRST),
        ("data", "show", "unemployed", *FIRST),
        ("data", "fit", *FIRST),
        ("identify", *FIRST),
        ("check", *FIRST),
        ("equilibrium", "--all", "--model", "social_economy"),
        ("model", "variables", *FIRST),
        ("model", "supports"),
        ("scenarios", "list", *FIRST),
        ("scenarios", "list", "--model", "social_economy"),
        ("scenarios", "show", "regulier", *FIRST),
        ("scenarios", "diff", "regulier", "publiek", *FIRST),
        ("tune", "--do", "fit; show; set matching elasticity=0.45; keep a; runs; compare mdl a", *FIRST),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_every_table_in_a_pipe_has_its_title_as_a_comment(sdsocec_program, arguments):
    done = sdsocec_program(*arguments)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    first = [i for i, line in enumerate(lines) if "\t" in line and (i == 0 or "\t" not in lines[i - 1])]
    assert first and all(i > 0 and lines[i - 1].startswith("# ") for i in first)
    assert sum(line.startswith("# ") for line in lines) == len(first), "only titles are comments"


def test_a_table_in_a_pipe_says_of_which_year_and_unit_it_is(sdsocec_program):
    done = sdsocec_program("run", "--no-figure", "--out", "o", *FIRST)
    assert done.out.startswith("# First steps: ") and done.out.splitlines()[0].endswith("each scenario in 2020")
    assert "\nunemployed (persons)\t" in done.out
    done = sdsocec_program("levers", "regulier", *FIRST)
    assert done.out.startswith("# What the levers of Regular change in 2020 against Baseline\n")


def test_another_result_in_the_output_folder_is_not_replaced_unasked(sdsocec_program, tmp_path):
    first = ("run", "baseline", "--model", "first_steps", "--out", "mine", "--no-figure")
    assert sdsocec_program(*first).code == 0
    assert sdsocec_program(*first).code == 0, "the same result may be written again"
    before = (tmp_path / "mine" / "provenance.json").read_bytes()
    refused = sdsocec_program("run", "regulier", "--model", "first_steps", "--out", "mine", "--no-figure")
    assert refused.code == 2
    assert (
        "'mine' holds another result\n  mine\n  Choose another folder, or add --overwrite to replace it." in refused.err
    )
    assert (tmp_path / "mine" / "provenance.json").read_bytes() == before
    again = ("run", "regulier", "--model", "first_steps", "--out", "mine", "--no-figure", "--overwrite")
    assert sdsocec_program(*again).code == 0


def test_what_was_set_by_hand_is_told_in_the_table_and_the_provenance(sdsocec_program, tmp_path):
    done = sdsocec_program("run", "regulier", "--model", "first_steps", "--set", "quota share=0.03", "--out", "o")
    assert "Set by hand in every scenario: quota share scenario = 0.03." in done.out
    assert '"settings": "{\\"quota share scenario\\": 0.03}"' in (tmp_path / "o" / "provenance.json").read_text()


def test_dutch_numbers_survive_a_console_of_another_encoding(monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", console)
    print_table(("a", "b"), [("werklozen", "293\u202f000"), ("groei", "\u22121,5")])
    console.flush()
    assert console.buffer.getvalue().decode("cp1252") == "a\tb\nwerklozen\t293 000\ngroei\t-1,5\n"


def test_a_model_by_its_path_brings_the_scenarios_of_its_own_project(sdsocec_program, tmp_path):
    assert sdsocec_program("init", "mine").code == 0
    for path in ("mine/models/first_steps/model.mdl", "mine/models/first_steps"):
        done = sdsocec_program("run", "--model", path, "--no-figure", "--out", "o", "--overwrite")
        assert done.code == 0, done.err
        assert "scenarios: baseline, sociaal-ondernemen (Social enterprise), regulier (Regular), " in done.err
    refused = sdsocec_program("check", "--model", "mine/models/first_steps")
    assert refused.code == 2, "its checks are code of another project"
