"""`sdsocec identify` and `sdsocec calibrate` as a person uses them."""

from __future__ import annotations

import csv
import json
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import sdsocec
from sdsocec.engine import constant_values
from sdsocec.model import rewriting
from sdsocec.model.project import bundled_project

BASS = Path(__file__).parents[1] / "models" / "bass"


@pytest.fixture
def bass(tmp_path):
    """A project of its own with the textbook's model; the program runs in it."""
    shutil.copytree(BASS, tmp_path / "models" / "bass")
    (tmp_path / "models" / "default.toml").write_text('model = "bass"')
    (tmp_path / "scenarios" / "bass").mkdir(parents=True)
    return tmp_path / "models" / "bass"


def evidence(folder: Path) -> dict:
    return json.loads((folder / "calibration.json").read_text())


# ---- identify -------------------------------------------------------------------------------------------------------


def test_identify_says_why_data_cannot_fix_a_parameter_in_plain_numbers(sdsocec_program):
    done = sdsocec_program("identify", "--model", "first_steps")
    rows = {row[0]: row[1:] for row in (line.split("\t") for line in done.out.splitlines()) if len(row) > 1}
    for name in ("onset rate", "layoff sensitivity"):  # they do move something
        assert 0.1 < float(rows[name][2]) < 1 and rows[name][-1] == "no: moves less than one standard error"
    assert rows["retirement rate"][-1] == "yes" and rows["demand adjust time"][-1] == "no: moves too little"
    assert not re.search(r"\de[+-]\d", done.out)
    dutch = sdsocec_program("identify", "--model", "first_steps", "--lang", "nl")
    assert "nee: verschuift minder dan één standaardfout" in dutch.out
    assert rows["onset rate"][2].replace(".", ",") in dutch.out


# ---- calibrate ------------------------------------------------------------------------------------------------------


def test_calibrate_speaks_the_language_of_data_fit(sdsocec_program, bass):
    done = sdsocec_program("calibrate", "--starts", "2")
    assert done.code == 0, done.err
    fit = sdsocec_program("data", "fit")
    header = next(line for line in fit.out.splitlines() if line.startswith("series"))
    labels = [line.split("\t")[0] for line in fit.out.splitlines() if "\t" in line][1:]
    columns = header.split("\t")
    found = next(line for line in done.out.splitlines() if line.startswith("series")).split("\t")
    assert [column for column in found if column != "+/−"] == columns
    assert [
        line.split("\t")[0] for line in done.out.splitlines() if ", fit 20" in line or ", test 20" in line
    ] == labels
    assert "new adopters (thousand persons/year), fit 2000-2016" in labels
    after = evidence(bass.parents[1] / "output/bass-calibration")
    assert f"standard error)²: {after['chi2_after'] / 34:.3f} (" in done.out
    assert f"made smallest: {2 * after['optima'][0]['cost'] / 34:.3f} (" in done.out
    assert "3 parameters, 34 observed values, 2 starts: some seconds\n" in done.err
    assert "Intervals: from the linearised residuals at the best fit, Student's t" in done.out


def test_profiles_are_in_the_table_the_files_and_the_recorded_command(sdsocec_program, bass):
    done = sdsocec_program("calibrate", "--starts", "1", "--free", "innovation", "--profiles", "--set", "market=1000")
    assert done.code == 0 and "profile 1 of 1: innovation" in done.err
    folder = bass.parents[1] / "output/bass-calibration"
    found = evidence(folder)
    assert found["command"].endswith("--free innovation --set market=1000 --profiles")
    listed = json.loads((folder / "provenance.json").read_text())["files"]
    assert set(listed) == {p.name for p in folder.iterdir()} - {"provenance.json"}
    with open(folder / "profiles.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    (profile,), (parameter,) = found["profiles"], found["parameters"]
    values = [float(row["value"]) for row in rows]
    assert profile["lower"] < parameter["estimate"] < profile["upper"]
    assert values == sorted(values)
    above = [float(row["cost above the lowest"]) for row in rows]
    assert above.count(0.0) == 1 and values[above.index(0.0)] == pytest.approx(parameter["estimate"], rel=1e-7)
    at = np.interp([profile["lower"], profile["upper"]], values, above)
    np.testing.assert_allclose(at, profile["line"], rtol=0.03)


def test_profiles_of_another_calibration_do_not_stay_beside_a_new_one(sdsocec_program, bass):
    folder = bass.parents[1] / "output/bass-calibration"
    assert sdsocec_program("calibrate", "--starts", "1", "--free", "market", "--profiles").code == 0
    (folder / "mine.txt").write_text("mine")
    assert sdsocec_program("calibrate", "--starts", "1").code == 0
    assert {p.name for p in folder.iterdir()} == {
        "calibration.json", "parameters.csv", "best.cin", "provenance.json", "mine.txt",
    }  # fmt: skip


def test_what_ends_on_a_bound_says_which_series_push_it_there(sdsocec_program, bass):
    mdl = bass / "model.mdl"
    mdl.write_text(mdl.read_text().replace("[400,2000]", "[400,980]").replace("\t1000\n", "\t950\n"))
    done = sdsocec_program("calibrate", "--starts", "2")
    assert "market\tthousand persons\t950\t980\t–\t–\ton its upper bound" in done.out
    assert "market ends on its upper bound, 980: above it adopters and new adopters would fit better." in done.out
    assert "They are given market at its upper bound" in done.out
    found = evidence(bass.parents[1] / "output/bass-calibration")
    assert found["bounds"][0]["better_beyond"][0] == "adopters"


def test_a_folder_that_cannot_be_written_is_told_before_the_search(sdsocec_program, bass, monkeypatch):
    monkeypatch.setattr("sdsocec.analysis.calibration.calibrate", None)
    (bass.parents[1] / "taken").write_text("")
    done = sdsocec_program("calibrate", "--out", "taken")
    assert done.code == 2
    assert done.err.startswith("error: the results cannot be written: there is a file where a folder must be\n  taken")


# ---- accept ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", [("--set", "market=1000"), ("--replace", "adopters")])
def test_values_of_another_model_are_not_accepted_into_the_mdl(sdsocec_program, bass, monkeypatch, option):
    monkeypatch.setattr("sdsocec.analysis.calibration.calibrate", None)
    before = (bass / "model.mdl").read_bytes()
    done = sdsocec_program("calibrate", "--free", "innovation", "--accept", *option)
    assert done.code == 2 and "write the values of best.cin into the .mdl by hand" in done.err
    assert (bass / "model.mdl").read_bytes() == before and not (bass.parents[1] / "output").exists()


def test_accepted_values_are_rounded_and_give_the_fit_that_was_told(sdsocec_program, bass):
    before = (bass / "model.mdl").read_text()
    done = sdsocec_program("calibrate", "--starts", "1", "--accept")
    assert done.code == 0, done.err
    after = (bass / "model.mdl").read_text()
    number = re.compile(r"(?<![A-Za-z_])[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?")
    assert number.sub("#", after) == number.sub("#", before) and after != before
    found = evidence(bass / "calibration")
    values = constant_values(sdsocec.load_model(bass).equations)
    assert all(values[name] == value for name, value in found["accepted"]["values"].items())
    assert all(len(repr(value)) <= 8 for value in found["accepted"]["values"].values())
    assert f"standard error)²: {found['accepted']['chi2'] / 34:.3f}" in sdsocec_program("data", "fit").out


def test_a_mdl_that_gives_another_fit_gets_its_old_content_back(sdsocec_program, bass, monkeypatch):
    def wrong(model, values):
        rewriting.write_values(model, {name: value * 1.01 for name, value in values.items()})

    monkeypatch.setattr("sdsocec.analysis.calibration.accepting.write_values", wrong)
    before = (bass / "model.mdl").read_bytes()
    done = sdsocec_program("calibrate", "--starts", "1", "--accept")
    assert (
        done.code == 2 and "error: the values were not accepted: with them the .mdl gives a chi-square of" in done.err
    )
    assert (bass / "model.mdl").read_bytes() == before and not (bass / "calibration").exists()
    assert evidence(bass.parents[1] / "output/bass-calibration")["starts_done"] == 1, "nothing found is lost"


def test_a_mdl_that_cannot_take_the_values_is_told_before_the_search(sdsocec_program, bass, monkeypatch):
    monkeypatch.setattr("sdsocec.analysis.calibration.calibrate", None)
    mdl = bass / "model.mdl"
    mdl.write_text(mdl.read_text().replace("market=\n\t1000\n", "market=\n\t1000 + 0\n"))
    done = sdsocec_program("calibrate", "--accept")
    line = 1 + mdl.read_text().splitlines().index("market=")
    assert done.code == 2 and f"model.mdl:{line}" in done.err and "numbers of this equation" in done.err


# ---- stopping -------------------------------------------------------------------------------------------------------


def stop_at(monkeypatch, what: str, step: int) -> None:
    """Let Ctrl-C be pressed at a step of the search or the profiles."""
    from sdsocec.cli import calibrate

    real = calibrate._bar

    @contextmanager
    def bar(name, total):
        done = 0

        def advance(_):
            nonlocal done
            done += 1
            if done == step:
                raise KeyboardInterrupt

        with real(name, total) as shown:
            yield advance if name == what else shown

    monkeypatch.setattr(calibrate, "_bar", bar)


def test_a_stopped_search_writes_the_best_and_accepts_nothing(sdsocec_program, bass, monkeypatch):
    stop_at(monkeypatch, "searching", 2)
    before = (bass / "model.mdl").read_bytes()
    done = sdsocec_program("calibrate", "--starts", "50", "--accept", "--profiles")
    assert done.code == 130
    assert "stopping; finishing the best\n" in done.err
    assert done.err.endswith("stopped after 2 of 50 starts; no profiles were made and nothing was accepted\n")
    found = evidence(bass.parents[1] / "output/bass-calibration")
    assert found["starts_done"] == 2 and found["optima"][0]["converged"]
    assert (bass / "model.mdl").read_bytes() == before and not (bass / "calibration").exists()


def test_profiles_that_are_stopped_leave_the_evidence_and_those_that_were_made(sdsocec_program, bass, monkeypatch):
    stop_at(monkeypatch, "profiles", 1)
    done = sdsocec_program("calibrate", "--starts", "1", "--profiles", "--accept")
    folder = bass.parents[1] / "output/bass-calibration"
    assert done.code == 130
    assert done.err.endswith("stopped; what was found is in output/bass-calibration; nothing was accepted\n")
    assert len(evidence(folder)["profiles"]) == 1 and (folder / "profiles.png").exists()


def test_the_study_s_own_scenario_can_be_fitted_with_one_constant_held(sdsocec_program):
    """What the card frees and `--set` holds is not fitted, and the command is recorded with it."""
    card = sdsocec.load_model("first_steps", bundled_project()).card.calibration
    done = sdsocec_program("calibrate", "-m", "first_steps", "--starts", "1", "--set", "matching elasticity=0.45")
    assert done.code == 0, done.err
    found = evidence(Path("output/first_steps-calibration"))
    assert {p["name"] for p in found["parameters"]} == set(card.free) - {"matching elasticity"}
    assert "'matching elasticity=0.45'" in found["command"] and found["constants"]["matching elasticity"] == 0.45
