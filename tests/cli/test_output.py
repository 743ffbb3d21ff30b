"""What is printed and kept: nothing cut off, nothing overwritten, nothing lost to an encoding."""

from __future__ import annotations

import io
import sys

import pytest

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
