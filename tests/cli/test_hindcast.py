"""`sdsocec hindcast` as a user runs it."""

from __future__ import annotations

import csv
import json
import re
import shutil

from sdsocec.model.project import bundled_project


def test_the_hindcast_of_the_study_is_printed_and_written(sdsocec_program, tmp_path):
    done = sdsocec_program("hindcast", "--model", "social_economy", "--grid", "3", "--out", "h")
    assert done.code == 0
    assert done.out.startswith("The record does not tell which scenario reality came near: ")
    fit = sdsocec_program("data", "fit", "--model", "social_economy")
    rows = {line for line in fit.out.splitlines() if ", test 2015-2019, " in line}
    assert len(rows) == 6 and rows <= {*done.out.splitlines()}, "the same rows as `data fit`"
    assert "they predict nothing" in done.out
    rows = {line.split("\t")[0]: line.split("\t") for line in done.out.splitlines() if "\t" in line}
    assert (
        rows["Public-private, g = 1, v = 1"][2] == "no" and rows["Policy as it was (set in view of the data)"][1] == "–"
    )
    assert {p.name for p in (tmp_path / "h").iterdir()} == {
        "test_years.csv", "plane.csv", "hindcast.json", "plane.png", "plane.svg", "provenance.json",
    }  # fmt: skip
    found = json.loads((tmp_path / "h/hindcast.json").read_text())
    points = list(csv.DictReader((tmp_path / "h/plane.csv").open()))
    chi2 = [float(point["chi2"]) for point in points]
    assert min(chi2) == float(f"{found['plane']['chi2']:.10g}")
    inside = [point["within region"] == "yes" for point in points]
    assert inside == [x <= found["plane"]["limit"] for x in chi2]
    years = [row for row in csv.DictReader((tmp_path / "h/test_years.csv").open()) if row["scenario"] == "realised"]
    squares = sum(((float(r["simulated"]) - float(r["observed"])) / float(r["standard error"])) ** 2 for r in years)
    assert abs(squares / found["chi2"]["realised"] - 1) < 1e-12 and len(years) == found["n_values"] == 29


def test_totals_of_the_hindcast_stand_there_with_and_without_inputs(sdsocec_program, tmp_path):
    """Two columns were called `error`: one over all test years, one over the last; and inputs made up nine tenths of them."""
    done = sdsocec_program("hindcast", "--model", "social_economy", "--grid", "3", "--out", "h")
    tables = [part.splitlines() for part in done.out.split("\n\n") if part.startswith("# ")]
    plane, last = (
        next(t for t in tables if t[0].startswith(start)) for start in ("# Where reality", "# Scenarios as if")
    )
    ends = ["RMS error 2015-2019", "RMS error 2015-2019, without inputs"]
    assert plane[1].split("\t")[-2:] == ends
    leads = ["rank", "RMS error 2019", "rank without inputs", "RMS error 2019, without inputs"]
    assert last[1].split("\t")[1:5] == leads
    assert "persons in the Wsw 2019 (persons), input" in last[1]
    assert "\tpersons in the Wsw (input) 93%\t" in next(row for row in plane if row.startswith("Regular"))
    rows = [row for row in csv.DictReader((tmp_path / "h/test_years.csv").open()) if row["scenario"] == "regulier"]
    for table, where in ((plane, [-2, -1]), (last, [2, 4])):
        shown = [next(row for row in table if row.startswith("Regular")).split("\t")[i] for i in where]
        for cell, kinds in zip(shown, ({"input", "conditional"}, {"conditional"}), strict=True):
            chosen = [r for r in rows if r["kind"] in kinds and (table is plane or r["year"] == "2019")]
            squares = [float(r["error in standard errors"]) ** 2 for r in chosen]
            assert cell == f"{(sum(squares) / len(squares)) ** 0.5:.1f}"


def test_the_hindcast_is_told_in_dutch(sdsocec_program):
    done = sdsocec_program("hindcast", "--model", "social_economy", "--grid", "3", "--lang", "nl")
    assert done.code == 0
    assert done.out.startswith("De waarnemingen zeggen niet bij welk scenario de werkelijkheid in de buurt kwam")
    assert "werklozen (personen), toets 2015-2019, voorwaardelijk\t5\t4,46%" in done.out
    assert "ze voorspellen niets" in done.out


def test_a_model_without_a_plane_has_a_hindcast_and_one_note(sdsocec_program):
    done = sdsocec_program("hindcast", "--model", "first_steps", "--out", "h")
    assert done.code == 0
    assert "the scenarios of 'first_steps' span no plane" in done.err
    assert "nearest point" not in done.out and "they predict nothing" in done.out


def test_a_model_without_a_record_gets_one_message(sdsocec_program, tmp_path):
    shutil.copytree(bundled_project().root / "models" / "first_steps", tmp_path / "mine")
    card = tmp_path / "mine" / "model.toml"
    card.write_text(card.read_text().split("# ---- the record")[0])
    done = sdsocec_program("hindcast", "--model", "mine")
    assert done.code == 2 and done.out == ""
    assert done.err.startswith("error: the card of 'mine' names no scenario of the test years\n")
    assert "[calibration] test_scenario" in done.err


def test_an_error_of_a_share_is_in_percentage_points(sdsocec_program):
    """`31.2% (±3.0%)` reads as 3 % of 31.2 %."""
    for language, points in (("en", "percentage points"), ("nl", "procentpunt")):
        done = sdsocec_program("hindcast", "--model", "social_economy", "--grid", "3", "--lang", language)
        assert done.code == 0, done.err
        assert f" {points})\t" in done.out + "\t" and not re.search(r"±[\d.,]+%", done.out)
        assert any(points in line and line.startswith(("RMSE", "De RMSE")) for line in done.out.splitlines())
        fit = sdsocec_program("data", "fit", "--model", "social_economy", "--lang", language).out
        assert points in fit
        listed = sdsocec_program("data", "list", "--model", "social_economy", "--lang", language).out
        assert f" {points}\t" in listed
