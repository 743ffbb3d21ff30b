"""`sdsocec hindcast` as a user runs it."""

from __future__ import annotations

import csv
import json
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
        "test_years.csv", "plane.csv", "hindcast.json", "plane.png", "plane.svg",
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
