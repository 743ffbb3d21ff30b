"""What commands say on stderr follows --lang; long work says how much it is."""

from __future__ import annotations

import re

import pytest


@pytest.mark.parametrize("arguments", [
    ("plot", "bands", "regulier", "-n", "32", "--format", "svg"),
    ("plot", "tornado", "--format", "svg"),
    ("plot", "series", "regulier", "--format", "svg"),
    ("sensitivity", "baseline", "regulier", "-n", "64", "--outcome", "unemployed", "--no-figure"),
    ("robust", "--only", "rankings", "-n", "64"),
    ("sweep", "regulier", "-n", "3"),
    ("data", "plot"),
])  # fmt: skip
def test_what_a_command_says_of_itself_follows_the_language(sdsocec_program, arguments):
    done = sdsocec_program(*arguments, "--model", "first_steps", "--lang", "nl")
    assert done.code == 0, done.err
    assert not re.search("Written to|notice: |scenarios:|^Rows|inputs", done.err), done.err
    if arguments[0] != "sweep":
        assert "Geschreven in " in done.err
    if arguments[0] in ("sensitivity", "sweep") or "bands" in arguments or "tornado" in arguments:
        assert re.search(r"^Runs: [\d\u202f]+$", done.err, re.MULTILINE), "how many runs it will be"
