"""`sdsocec sweep` as a user types it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sdsocec.analysis.sweep import open_sweep

ROOT = Path(__file__).resolve().parents[2]
EPIDEMIC = str(ROOT / "tests" / "models" / "age_sir.mdl")
SMALL = ("sweep", "baseline", "regulier", "--model", "first_steps", "-n", "64", "-o", "a")


def test_a_sweep_is_run_told_of_extended_and_written(sdsocec_program):
    ran = sdsocec_program(*SMALL, "--outcome", "unemployed", "--outcome", "vacancies")
    assert ran.code == 0, ran.err
    assert ran.out == "64 rows in 2 scenarios in a; all runs are finite\n"
    assert (
        "scenarios: baseline, regulier (Regular)\n"
        "Rows: 64 (sobol); inputs that vary: 6; outputs: 2, at 21 times; start: the initial values of the .mdl\n"
        "Runs: 128\n"
    ) in ran.err
    more = sdsocec_program("sweep", "--add", "36", "-o", "a")
    assert more.out == "100 rows in 2 scenarios in a; all runs are finite\n"
    assert "Sobol' points are balanced at powers of two" in more.err
    status = sdsocec_program("sweep", "status", "a")
    assert status.code == 0
    assert "rows done\t100 of 100" in status.out
    assert "blocks\t2 of 2 finished and whole, 0 damaged" in status.out
    assert "runs not finite\t0 of 200" in status.out
    dutch = sdsocec_program("sweep", "status", "a", "--lang", "nl").out
    assert "rijen klaar\t100 van 100" in dutch
    written = sdsocec_program("sweep", "export", "a", "--format", "nc")
    assert written.err == "Written to a/export: sweep.nc, provenance.json\n"
    assert Path("a/export/sweep.nc").stat().st_size > 10_000


def test_the_scenarios_outcomes_and_folder_are_those_of_the_card_by_default(sdsocec_program):
    ran = sdsocec_program("sweep", "--model", "first_steps", "-n", "8")
    assert ran.out == "8 rows in 5 scenarios in sweeps/first_steps; all runs are finite\n"
    assert "outputs: 9, " in ran.err


def test_a_model_without_a_card_is_swept_over_what_is_named(sdsocec_program):
    refused = sdsocec_program("sweep", "--model", EPIDEMIC, "-n", "8")
    assert refused.code == 2
    assert '--vary "NAME=uniform(LOW, HIGH)"' in refused.err
    ran = sdsocec_program(
        "sweep", "--model", EPIDEMIC, "-n", "8", "--vary", "transmissibility=uniform(0.02, 0.05)", "-o", "b"
    )
    assert ran.code == 0, ran.err
    assert sdsocec_program("sweep", "status", "b").code == 0
    assert sdsocec_program("sweep", "--resume", "-o", "b").code == 0


def test_levers_that_a_scenario_sets_too_are_told_of(sdsocec_program):
    ran = sdsocec_program(*SMALL, "--over", "levers", "--design", "extremes")
    assert "notice: varied in place of what a scenario sets: " in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--over", "lever"), ["no kind of factor 'lever'", "'levers'"]),
        (("--design", "sobl"), ["no design 'sobl'", "Did you mean 'sobol'?"]),
        (("--vary", "imitatio"), ["no constant or lever 'imitatio'"]),
        (("--outcome", "unemploye"), ["no variable 'unemploye'"]),
        (("--every", "0.3"), ["the saving step is 0.3"]),
        (("--design", "none.csv"), ["there is no file 'none.csv'"]),
        (("--levels", "3"), ["the design 'sobol' has no levels"]),
    ],
)
def test_bad_input_is_one_message_and_makes_nothing(sdsocec_program, arguments, words):
    model = () if arguments[0] == "--design" and arguments[1].endswith("csv") else ("-n", "64")
    outcome = sdsocec_program("sweep", "baseline", "--model", "first_steps", *model, *arguments, "-o", "a")
    assert outcome.code == 2
    assert all(word in outcome.err for word in words), outcome.err
    assert not Path("a").exists()


def test_a_misspelt_command_is_no_scenario(sdsocec_program):
    Path("a").mkdir()
    outcome = sdsocec_program("sweep", "stats", "a", "--model", "first_steps")
    assert outcome.code == 2
    assert "'stats' is neither a scenario nor a command of sdsocec sweep" in outcome.err
    assert "Did you mean 'sweep status'?" in outcome.err


def test_a_folder_that_is_no_sweep_is_refused_by_every_command(sdsocec_program):
    Path("a").mkdir()
    Path("a/x").write_text("")
    for arguments in (("status", "a"), ("export", "a"), ("--resume", "-o", "a"), ("--add", "5", "-o", "a")):
        outcome = sdsocec_program("sweep", *arguments)
        assert outcome.code == 2
        assert "'a' is not a sweep: it holds no design.toml" in outcome.err
    assert sdsocec_program("sweep", "status", "none").err.startswith("error: there is no sweep 'none'")


def test_a_damaged_block_is_told_of_with_code_1_and_made_again(sdsocec_program):
    sdsocec_program(*SMALL)
    chunk = Path("a/runs.zarr/part-0/unemployed/c/0/0/0")
    whole = chunk.read_bytes()
    chunk.write_bytes(whole[:50])
    status = sdsocec_program("sweep", "status", "a")
    assert status.code == 1
    assert "block 0 of part 0 is damaged: 'unemployed/c/0/0/0' is damaged" in status.out
    assert 'Make what is missing: sdsocec sweep --resume -o "a"' in status.out
    export = sdsocec_program("sweep", "export", "a")
    assert export.code == 1
    assert "is not what was written" in export.err
    assert sdsocec_program("sweep", "--resume", "-o", "a").code == 0
    assert chunk.read_bytes() == whole
    assert sdsocec_program("sweep", "status", "a").code == 0


def test_an_unfinished_sweep_is_told_of(sdsocec_program):
    sdsocec_program(*SMALL)
    Path("a/manifest/part-0/000000.json").unlink()
    status = sdsocec_program("sweep", "status", "a")
    assert status.code == 0
    assert "rows done\t0 of 64" in status.out
    assert "Make what is missing" in status.out


def test_runs_that_are_not_finite_are_in_the_last_line_and_the_status(sdsocec_program):
    Path("m.mdl").write_text(
        "stock = INTEG(1 / (rate - 2), 0) ~ people ~ |\nrate = 3 ~ dmnl [1,3] ~ |\nINITIAL TIME = 0 ~ year ~ |\n"
        "FINAL TIME = 2 ~ year ~ |\nTIME STEP = 1 ~ year ~ |\nSAVEPER = 1 ~ year ~ |\n"
    )
    ran = sdsocec_program("sweep", "--model", "m.mdl", "--vary", "rate", "--design", "grid", "--levels", "3", "-o", "a")
    assert ran.code == 0, ran.err
    assert ran.out == "3 rows in 1 scenario in a; runs not finite: 1, to be left out of statistics\n"
    assert "runs not finite\t1 of 3" in sdsocec_program("sweep", "status", "a").out


@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("true"), reason="needs signals")
def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(tmp_path):
    command = [sys.executable, "-m", "sdsocec", *SMALL[:-4], "-n", "400000", "-o", "a"]
    program = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for _ in range(600):
        if any((tmp_path / "a" / "manifest").rglob("*.json")):
            break
        time.sleep(0.1)
    os.kill(program.pid, signal.SIGINT)
    out, err = program.communicate(timeout=60)
    assert program.returncode == 130
    assert "Traceback" not in err
    found = open_sweep(tmp_path / "a")
    assert 0 < len(found.runs) < 400_000
    assert f"stopped; {len(found.runs):,} of 400,000 rows are kept. Go on: sdsocec sweep --resume -o a" in err
    assert not found.damaged_blocks()
    assert out == ""
