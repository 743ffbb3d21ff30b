"""Rows without an equilibrium stop no command: each says how many there are and what it did with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdsocec.analysis.sweep import open_sweep

from ..analysis.small_rest import tank

SOME = ("--vary", "loss=uniform(-0.25, 1)")  # a fifth of the rows has no rest
WHY = "in 'closed' does not come to rest in 200 year: 'tank' still moves by"


@pytest.fixture
def in_tank(sdsocec_program, tmp_path):
    tank(tmp_path)
    return sdsocec_program


def test_a_sweep_keeps_them_and_counts_them(in_tank):
    ran = in_tank("sweep", "closed", "grows", *SOME, "-n", "64", "-o", "a")
    assert ran.code == 0, ran.err
    rows = open_sweep("a").no_equilibrium("closed")
    said = f"runs not finite: {2 * len(rows)} (of these without equilibrium: {2 * len(rows)})"
    assert 10 <= len(rows) <= 16
    assert ran.out == f"64 rows in 2 scenarios in a; {said}, to be left out of statistics\n"
    assert f"of these without equilibrium\t{2 * len(rows)} of 128" in in_tank("sweep", "status", "a").out
    assert f"daarvan zonder evenwicht\t{2 * len(rows)} van 128" in in_tank("sweep", "status", "a", "--lang", "nl").out
    assert f"notice: {said}\n" in in_tank("sweep", "export", "a").err
    verified = in_tank("verify", "a")
    assert verified.code == 0, verified.out + verified.err


def test_bands_leave_them_out(in_tank):
    ran = in_tank("plot", "bands", "closed", "grows", *SOME, "--rows", "64", "--outcome", "tank", "--format", "svg")
    assert ran.code == 0, ran.err
    assert "rows are left out: their numbers are not finite; 1" in ran.err
    assert "had no equilibrium to start from: row " in ran.err and WHY in ran.err
    assert "combinations without finite numbers are left out" in Path("figures/bands.svg").read_text(encoding="utf-8")


def test_a_tornado_names_the_input_that_has_no_bar(in_tank):
    ran = in_tank("plot", "tornado", "closed", "open", *SOME, "--over", "uncertainties", "--format", "svg")
    assert ran.code == 0, ran.err
    assert (
        "notice: 4 runs give no number, as loss varies; an input without both ends has no bar; 'closed with" in ran.err
    )
    assert "Left out, as an end gives no number: loss." in Path("figures/tornado.svg").read_text(encoding="utf-8")


def test_sensitivity_leaves_out_their_base_points(in_tank):
    ran = in_tank("sensitivity", "closed", "grows", *SOME, "--vary", "inflow=uniform(8, 12)", "-n", "64", "--no-figure")
    assert ran.code == 0, ran.err
    assert "of 256 rows have no equilibrium (left out, with " in ran.err
    assert "of 64 base points); indices are of inputs that have one; row " in ran.err and WHY in ran.err
    assert ran.err.count("notice:") == 1
