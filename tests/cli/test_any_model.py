"""Every command on a Vensim model that is not ours: subscripted, no card, given by its path."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EPIDEMIC = str(ROOT / "tests" / "models" / "age_sir.mdl")


def test_run_writes_every_stock_of_a_model_without_a_card(sdsocec_program, tmp_path):
    outcome = sdsocec_program("run", "--model", EPIDEMIC, "--format", "csv", "--format", "tab", "--format", "xlsx")
    assert outcome.code == 0, outcome.err
    assert {p.name for p in (tmp_path / "output" / "age_sir").iterdir()} == {
        "outcomes.csv", "outcomes.xlsx", "age_sir.tab", "overview.png", "provenance.json",
    }  # fmt: skip
    with (tmp_path / "output" / "age_sir" / "outcomes.csv").open(newline="", encoding="utf-8") as file:
        names = {row["variable"] for row in csv.DictReader(file)}
    assert "susceptible[child]" in names


@pytest.mark.parametrize("language", ["nl", "en"])
def test_plot_draws_a_model_without_a_card(sdsocec_program, tmp_path, language):
    outcome = sdsocec_program("plot", "--model", EPIDEMIC, "--lang", language)
    assert outcome.code == 0, outcome.err
    assert {p.name for p in (tmp_path / "figures").iterdir()} == {"overview.png", "overview.svg"}


def test_model_commands_read_a_model_without_a_card(sdsocec_program):
    variables = sdsocec_program("model", "variables", "--model", EPIDEMIC)
    assert "susceptible[age]\tstock" in variables.out
    assert "INTEG" in sdsocec_program("model", "equation", "susceptible", "--model", EPIDEMIC).out
    assert sdsocec_program("model", "causes", "susceptible", "--model", EPIDEMIC).out.startswith("susceptible\n    ")
    assert sdsocec_program("model", "uses", "susceptible", "--model", EPIDEMIC).out.startswith("susceptible\n    ")


def test_two_different_results_do_not_overwrite_each_other(sdsocec_program, tmp_path):
    for setting in ("0.1", "0.2", "0.1"):
        code = sdsocec_program(
            "run", "baseline", "--model", "first_steps", "--set", f"recession depth=0.0{setting[-1]}", "--no-figure"
        ).code
        assert code == 0
    assert {p.name for p in (tmp_path / "output").iterdir()} == {"first_steps", "first_steps-2"}


def test_a_copy_made_by_init_is_used_in_its_folder(sdsocec_program, tmp_path, monkeypatch):
    assert sdsocec_program("init", "mine").code == 0
    monkeypatch.chdir(tmp_path / "mine")
    outcome = sdsocec_program("scenarios", "validate")
    assert outcome.code == 0
    assert outcome.out.splitlines()[0] == "baseline: fine"
    assert str(tmp_path / "mine") in sdsocec_program("run", "baseline", "--no-figure").err


@pytest.mark.slow
def test_the_wheel_runs_without_the_checkout(tmp_path):
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "SDSOCEC_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-c", "import sdsocec; print(sdsocec.__file__)"]
    where = subprocess.run(command, cwd=elsewhere, env=environment, check=True, capture_output=True, text=True)
    assert where.stdout.startswith(str(tmp_path / "site"))
    command = [sys.executable, "-m", "sdsocec", "run"]
    done = subprocess.run(command, cwd=elsewhere, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("Model social_economy of the models that come with sdsocec; scenarios: baseline, ")
    assert (elsewhere / "output" / "social_economy" / "overview.png").exists()
