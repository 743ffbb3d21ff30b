"""Every mistake of a user is one message that says what, where and how to mend it; exit code 2; nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sdsocec.model import source

MODEL = """{UTF-8}
stock = INTEG(inflow - outflow, 10) ~ person ~ People. |
inflow = 2 ~ person/year [0,5] ~ Arrivals a year. |
outflow = stock / stay ~ person/year ~ Departures a year. |
stay = 4 ~ year [1,20] ~ How long people stay. |
INITIAL TIME = 0 ~ year ~ |
FINAL TIME = 10 ~ year ~ |
TIME STEP = 0.25 ~ year ~ |
SAVEPER = 1 ~ year ~ |
"""


@pytest.fixture
def model(tmp_path):
    (tmp_path / "m.mdl").write_text(MODEL)
    return "m.mdl"


def refuses(outcome, message: str, tmp_path: Path, left: set[str] = frozenset({"m.mdl"})) -> None:
    """One message, exit code 2, and nothing in the folder that was not there."""
    assert outcome.err.split("error: ", 1)[-1].rstrip("\n") == message
    assert outcome.code == 2
    assert {p.name for p in tmp_path.iterdir()} <= left


SETTINGS = {
    "misspelt": (
        "stya=3",
        "'m' has no constant or lever 'stya'\n"
        '  --set "stya=3"\n'
        "  Did you mean 'stay'? All names: sdsocec model variables",
    ),
    "out of range": (
        "stay=40",
        "'stay' is 40; it must be between 1 and 20 (year)\n  --set \"stay=40\"\n  The range is set in m.mdl:5.",
    ),
    "not a number": ("stay=long", "'long' is not a number\n  --set \"stay=long\""),
    "decimal comma": (
        "stay=2,5",
        "'2,5' is not a number\n  --set \"stay=2,5\"\n  Decimals are written with a point.",
    ),
    "NaN": ("stay=nan", "'stay' is nan; it must be a finite number\n  --set \"stay=nan\""),
    "infinity": ("stay=inf", "'stay' is inf; it must be a finite number\n  --set \"stay=inf\""),
    "no value": (
        "stay",
        "'stay' is not a setting\n"
        '  --set "stay"\n'
        '  Write NAME=VALUE; a name with a space needs quotes: --set "quota share=0.03"',
    ),
    "not a constant": (
        "outflow=1",
        "'outflow' is a flow; only constants and levers can be set\n"
        "  m.mdl:4   outflow = stock / stay\n"
        '  What it is made of: sdsocec model causes "outflow"',
    ),
}


@pytest.mark.parametrize("mistake", SETTINGS)
def test_a_wrong_setting_is_refused(mistake, sdsocec_program, model, tmp_path):
    setting, message = SETTINGS[mistake]
    refuses(sdsocec_program("run", "--model", model, "--set", setting), message, tmp_path)


def test_all_wrong_settings_are_told_at_once(sdsocec_program, model, tmp_path):
    outcome = sdsocec_program("run", "--model", model, "--set", "stay=long", "--set", "inflow=9")
    assert "'long' is not a number" in outcome.err
    assert "'inflow' is 9; it must be between 0 and 5 (person/year)" in outcome.err


def test_a_name_with_a_space_that_lacks_its_quotes_is_recognised(sdsocec_program, tmp_path):
    outcome = sdsocec_program("run", "--model", "first_steps", "--set", "quota", "share=0.03")
    message = "'share=0.03' is not a scenario\n  A name with a space needs quotes: --set \"quota share=0.03\""
    refuses(outcome, message, tmp_path)


def test_a_misspelt_scenario_gets_the_nearest(sdsocec_program, tmp_path):
    outcome = sdsocec_program("run", "reguleir", "--model", "first_steps")
    message = (
        "the model 'first_steps' has no scenario 'reguleir'\n  Did you mean 'regulier'? "
        "Scenarios: baseline, sociaal-ondernemen, regulier, publiek-privaat, publiek."
    )
    refuses(outcome, message, tmp_path)


def test_a_scenario_named_twice_is_refused(sdsocec_program, tmp_path):
    outcome = sdsocec_program("run", "regulier", "regulier", "--model", "first_steps")
    refuses(outcome, "the scenario 'regulier' is named twice\n  Name each scenario once.", tmp_path)


def test_a_misspelt_model_gets_the_nearest(sdsocec_program, tmp_path):
    outcome = sdsocec_program("run", "--model", "first_step")
    assert outcome.err.startswith("error: there is no model 'first_step'\n  Did you mean 'first_steps'? Models of ")
    assert outcome.code == 2


CHOICES = {
    "engine": ("--engine", "nativ", "there is no engine 'nativ'\n  Did you mean 'native'? Valid: auto, native, pysd."),
    "integrator": (
        "--integrator",
        "rk5",
        "there is no integrator 'rk5'\n  Did you mean 'RK45'? Valid: euler, rk4, RK45, DOP853, LSODA, Radau.",
    ),
    "format": ("--format", "xls", "there is no format 'xls'\n  Did you mean 'xlsx'? Valid: csv, xlsx, nc, tab."),
    "language": ("--lang", "de", "there is no language 'de'\n  Valid: nl, en."),
}


@pytest.mark.parametrize("choice", CHOICES)
def test_a_wrong_choice_is_refused(choice, sdsocec_program, model, tmp_path):
    option, value, message = CHOICES[choice]
    refuses(sdsocec_program("run", "--model", model, option, value), message, tmp_path)


def test_an_unknown_option_is_refused(sdsocec_program, tmp_path):
    outcome = sdsocec_program("run", "--modle", "x")
    assert outcome.code == 2
    assert "there is no option '--modle'\n  Did you mean '--model'?" in outcome.err


def test_a_missing_file_is_told(sdsocec_program, tmp_path):
    refuses(sdsocec_program("run", "--model", "no.mdl"), "there is no file 'no.mdl'\n  no.mdl", tmp_path)


def test_an_empty_file_is_told(sdsocec_program, tmp_path):
    (tmp_path / "m.mdl").write_text("  \n")
    message = "the file is empty\n  m.mdl\n  A Vensim model (.mdl) was expected."
    refuses(sdsocec_program("run", "--model", "m.mdl"), message, tmp_path)


def test_a_binary_file_is_told(sdsocec_program, tmp_path):
    (tmp_path / "m.mdl").write_bytes(b"\x00\x01\x02" * 100)
    message = "the file is binary, not text\n  m.mdl\n  A Vensim model (.mdl) was expected."
    refuses(sdsocec_program("run", "--model", "m.mdl"), message, tmp_path)


def test_a_huge_file_is_refused_before_it_is_read(sdsocec_program, tmp_path):
    with (tmp_path / "m.mdl").open("wb") as file:
        file.truncate(source.LARGEST_FILE + 1)
    message = "'m.mdl' has 20,000,001 bytes; the largest that is read is 20,000,000\n  m.mdl"
    refuses(sdsocec_program("run", "--model", "m.mdl"), message, tmp_path)


def test_a_pipe_is_refused_and_not_waited_for(sdsocec_program, tmp_path):
    os.mkfifo(tmp_path / "m.mdl")
    refuses(sdsocec_program("run", "--model", "m.mdl"), "'m.mdl' is not an ordinary file\n  m.mdl", tmp_path)


def test_an_unreadable_file_is_told(sdsocec_program, model, tmp_path, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    refuses(sdsocec_program("run", "--model", model), "cannot read 'm.mdl': Permission denied\n  m.mdl", tmp_path)


def test_a_syntax_error_shows_the_line(sdsocec_program, tmp_path):
    (tmp_path / "m.mdl").write_text(MODEL.replace("stock / stay ", "stock / (stay "))
    message = (
        "this equation cannot be read\n  m.mdl:4   outflow = stock / (stay\n"
        "  Vensim's own 'Check Syntax' (Ctrl+T) shows the place in the line."
    )
    refuses(sdsocec_program("run", "--model", "m.mdl"), message, tmp_path)


def test_an_undefined_name_shows_line_and_nearest(sdsocec_program, tmp_path):
    (tmp_path / "m.mdl").write_text(MODEL.replace("stock / stay ", "stock / sty "))
    message = "'outflow' uses 'sty', which is not defined\n  m.mdl:4   outflow = stock / sty\n  Did you mean 'stay'?"
    refuses(sdsocec_program("run", "--model", "m.mdl"), message, tmp_path)


def test_documentation_that_tries_to_run_code_runs_nothing(sdsocec_program, tmp_path):
    attack = '"""\n\nimport pathlib; pathlib.Path("ran").touch()\n"""'
    (tmp_path / "m.mdl").write_text(MODEL.replace("Arrivals a year.", attack))
    for engine in ("native", "pysd"):
        assert sdsocec_program("run", "--model", "m.mdl", "--engine", engine, "--no-figure").code == 0
        assert not (tmp_path / "ran").exists()


def test_an_unwritable_output_folder_is_told_and_nothing_is_half_written(sdsocec_program, model, tmp_path):
    (tmp_path / "taken").write_text("a file stands here")
    outcome = sdsocec_program("run", "--model", model, "--out", "taken/results")
    assert outcome.code == 2
    assert outcome.err.count("error: ") == 1
    assert "taken" in outcome.err
    assert {p.name for p in tmp_path.iterdir()} == {"m.mdl", "taken"}


def test_native_refuses_what_it_cannot_compile_and_auto_says_so(sdsocec_program, tmp_path):
    (tmp_path / "m.mdl").write_text(MODEL.replace("inflow = 2 ", "inflow = DELAY FIXED(2, 1, 1) "))
    message = (
        "the native engine does not compile DELAY FIXED (in 'inflow')\n"
        "  m.mdl:3   inflow = DELAY FIXED(2, 1, 1)\n  Run it with PySD instead: --engine pysd"
    )
    refuses(sdsocec_program("run", "--model", "m.mdl", "--engine", "native"), message, tmp_path)
    outcome = sdsocec_program("run", "--model", "m.mdl", "--no-figure")
    assert outcome.code == 0
    assert outcome.err.count("notice: the native engine does not compile DELAY FIXED (in 'inflow')\n  m.mdl:3") == 1


def test_numbers_that_are_not_finite_stop_the_run_with_code_1(sdsocec_program, tmp_path):
    (tmp_path / "m.mdl").write_text(MODEL.replace("stock / stay ", "stock / (stay - 4) "))
    outcome = sdsocec_program("run", "--model", "m.mdl")
    assert outcome.code == 1
    assert outcome.err.split("error: ")[1] == (
        "run 'm' is not finite: 'outflow' is inf at time 0\n"
        '  Look for a division by zero, LN of zero or EXP of a large number: sdsocec model causes "outflow"\n'
    )
    assert {p.name for p in tmp_path.iterdir()} == {"m.mdl"}


def test_an_init_folder_that_is_not_empty_is_refused(sdsocec_program, model, tmp_path):
    message = "'.' is not empty\n  .\n  Name a new or an empty folder."
    refuses(sdsocec_program("init", "."), message, tmp_path)


def test_checks_outside_the_project_are_not_run_unless_trusted(sdsocec_program, tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "model.mdl").write_text(MODEL)
    (folder / "checks.py").write_text(
        "import pathlib\npathlib.Path('ran').touch()\nfrom sdsocec import reality_check\n"
        "@reality_check('It runs', source='a test')\ndef runs(run):\n    return True, ''\n"
    )
    outcome = sdsocec_program("check", "--model", "elsewhere")
    assert outcome.code == 2
    assert not (tmp_path / "ran").exists()
    assert "is code from outside the project, so it is not run" in outcome.err
    assert sdsocec_program("check", "--model", "elsewhere", "--trust-code").code == 0
    assert (tmp_path / "ran").exists()


@pytest.mark.slow
def test_ctrl_c_stops_with_130_and_writes_nothing(tmp_path):
    (tmp_path / "m.mdl").write_text(MODEL.replace("TIME STEP = 0.25", "TIME STEP = 0.00001"))
    process = subprocess.Popen(
        [sys.executable, "-m", "sdsocec", "run", "--model", "m.mdl", "--engine", "pysd"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    process.stderr.readline()  # the line that says what is run
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.strip().endswith("stopped; nothing was written")
    assert "Traceback" not in err
    assert {p.name for p in tmp_path.iterdir()} == {"m.mdl"}


LONG = "x" * 300


@pytest.mark.parametrize(
    "arguments",
    [("run", "--model", LONG), ("init", LONG), ("verify", LONG), ("plot", "--project", LONG), ("run", LONG)],
)
def test_a_name_that_no_file_can_have_is_one_message(sdsocec_program, tmp_path, arguments):
    done = sdsocec_program(*arguments)
    assert done.code == 2 and done.err.count("error: ") == 1 and "Traceback" not in done.err
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk to write to")
@pytest.mark.parametrize("arguments", ["scenarios list", "--version", "run --out o"])
def test_a_full_disk_behind_the_output_is_one_message(model, tmp_path, arguments):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sdsocec", *arguments.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
    assert done.returncode == 2 and done.stderr.endswith("error: no space left on device\n")


@pytest.mark.skipif(os.name == "nt", reason="closes a file descriptor by a shell")
def test_output_that_is_closed_stops_nothing(model, tmp_path):
    command = f"{sys.executable} -m sdsocec run --model {model} --out o >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], cwd=tmp_path, stdin=subprocess.DEVNULL).returncode == 0
    assert (tmp_path / "o" / "provenance.json").exists()
