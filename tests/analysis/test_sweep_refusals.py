"""What a sweep refuses: another design, model, scenario or version, another folder, a full disk; one message each."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys

import pytest

import sdsocec
from sdsocec.analysis.sweep import open_sweep, sweep

from .small_sweep import ROOT, SCENARIOS, files, make, refused


@pytest.fixture(scope="module")
def model():
    return sdsocec.load_model("first_steps")


CHANGES = {
    "seed": ({"seed": 2}, ["the seed: 2; the sweep has 1"]),
    "design": ({"design": "lhs"}, ["the design: lhs; the sweep has sobol"]),
    "rows": ({"n": 64}, ["the number of rows: 64; the sweep has 100", "--add"]),
    "outcomes": ({"outcomes": ["vacancies"]}, ["the outcomes: vacancies; the sweep has unemployed, wsw employed"]),
    "saving": ({"saving": 5.0}, ["the saving step: 5; the sweep has 1"]),
    "factors": ({"over": "levers"}, ["the factors: quota share, ", "; the sweep has ageing multiplier, "]),
    "distribution": (
        {"over": "uncertainties", "vary": ["imitation=uniform(0.3, 0.4)"]},
        ["'imitation' is uniform(0.3, 0.4); the sweep has triangular(0.25, 0.35, 0.5)"],
    ),
    "settings": (
        {"settings": {"wsw open": 0.5}},
        ["the scenario 'baseline' has changed: 'wsw open scenario' is 0.5, was "],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_another_design_in_the_same_folder_is_refused_with_what_differs(model, tmp_path, name):
    make(model, tmp_path / "a")
    before = files(tmp_path / "a")
    changes, words = CHANGES[name]
    error = refused(lambda: make(model, tmp_path / "a", **changes), "was made otherwise", *words)
    assert error.exit_code == 2
    if name not in ("distribution",):
        refused(
            lambda: sweep(model, SCENARIOS, out=tmp_path / "a", resume=True, **changes), "was made otherwise", *words
        )
    assert files(tmp_path / "a") == before


def test_other_scenarios_are_refused(model, tmp_path):
    make(model, tmp_path / "a")
    refused(
        lambda: sweep(model, "publiek", out=tmp_path / "a", resume=True),
        "the scenarios: publiek; the sweep has baseline",
    )


@pytest.fixture
def own_project(tmp_path):
    """A project whose files may change."""
    for part in ("models", "scenarios"):
        shutil.copytree(ROOT / part / "first_steps", tmp_path / "mine" / part / "first_steps")
    (tmp_path / "mine" / "models" / "default.toml").write_text('model = "first_steps"\n')
    return tmp_path / "mine"


def test_a_changed_model_is_refused_with_the_variable_that_changed(own_project, tmp_path, monkeypatch):
    monkeypatch.chdir(own_project)
    make(sdsocec.load_model("first_steps"), tmp_path / "a")
    path = own_project / "models" / "first_steps" / "model.mdl"
    text = path.read_text(encoding="utf-8")
    changed = text.replace("initial wsw employed=\n\t97", "initial wsw employed=\n\t98")
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    refused(
        lambda: sweep(out=tmp_path / "a", resume=True),
        "the model is another: 'initial wsw employed' is",
        "98",
        "was",
        "97",
    )
    path.write_text(text.replace("Part of every group", "Share of every group"), encoding="utf-8")
    refused(lambda: sweep(out=tmp_path / "a", resume=True), "ranges, units or documentation have changed")
    path.write_text(text, encoding="utf-8")
    sweep(out=tmp_path / "a", resume=True)


def test_a_changed_scenario_is_refused_with_the_value_that_changed(own_project, tmp_path, monkeypatch):
    monkeypatch.chdir(own_project)
    make(sdsocec.load_model("first_steps"), tmp_path / "a")
    path = own_project / "scenarios" / "first_steps" / "regulier.toml"
    text = path.read_text(encoding="utf-8")
    changed = re.sub(r"value = ([0-9.]+)", lambda m: f"value = {float(m[1]) / 2}", text, count=1)
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    refused(lambda: sweep(out=tmp_path / "a", resume=True), "the scenario 'regulier' has changed: '", "was")
    path.write_text("# a remark\n" + text, encoding="utf-8")  # sets what it set
    sweep(out=tmp_path / "a", resume=True)


def test_another_version_is_refused_with_its_name(model, tmp_path, monkeypatch):
    from sdsocec.analysis.sweep import plan

    make(model, tmp_path / "a")
    here = plan.versions()
    monkeypatch.setattr(plan, "versions", lambda: here | {"llvmlite": "0.99.0", "engine": "another"})
    refused(lambda: sweep(model, out=tmp_path / "a", resume=True), "llvmlite is 0.99.0; the sweep was made with 0.50",
            "the code that runs models is another")  # fmt: skip


def test_rows_that_come_out_otherwise_are_refused(model, tmp_path, monkeypatch):
    """As with a version of scipy that makes other rows."""
    from sdsocec.scenario.sampling import Sampling

    make(model, tmp_path / "a")
    rows = Sampling.rows
    monkeypatch.setattr(Sampling, "rows", lambda self, start, stop: rows(self, start, stop) + 1e-9)
    refused(
        lambda: open_sweep(tmp_path / "a").inputs(), "the rows of block 0 of part 0 (rows 0 to 31) come out otherwise"
    )
    refused(lambda: sweep(model, out=tmp_path / "a", resume=True), "come out otherwise")


def test_a_folder_that_holds_something_else_is_left_alone(model, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "thesis.docx").write_text("important")
    refused(lambda: make(model, tmp_path / "a"), "holds something else than a sweep", "-o DIR")
    refused(lambda: sweep(model, out=tmp_path / "a", resume=True), "is not a sweep: it holds no design.toml")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["thesis.docx"]
    (tmp_path / "b").write_text("a file")
    refused(lambda: make(model, tmp_path / "b"), "is a file, not a folder")
    refused(lambda: sweep(model, out=tmp_path / "c", resume=True), "there is no sweep")
    refused(lambda: make(model, tmp_path / "b" / "c"), "the sweep cannot be written")
    assert not (tmp_path / "c").exists()


def test_a_design_that_cannot_be_read_is_refused(model, tmp_path):
    make(model, tmp_path / "a")
    design = tmp_path / "a" / "design.toml"
    text = design.read_text(encoding="utf-8")
    design.write_text(text.replace("seed = 1", 'seed = "one"'), encoding="utf-8")
    refused(lambda: open_sweep(tmp_path / "a"), "'seed' is 'one'", "design.toml:")
    design.write_text(text[:500], encoding="utf-8")
    refused(lambda: open_sweep(tmp_path / "a"), "design.toml")


def test_a_second_process_is_kept_out(model, tmp_path):
    make(model, tmp_path / "a")
    hold = (
        "import sys; from pathlib import Path; from sdsocec.results.store import locked\n"
        "with locked(Path(sys.argv[1])):\n    print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path / "a")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdin is not None
    assert other.stdout.readline() == "held\n"
    refused(lambda: sweep(model, out=tmp_path / "a", resume=True), "another process is working on the sweep")
    assert open_sweep(tmp_path / "a").values("unemployed", "regulier").shape == (100, 21)  # readers are not kept out
    other.stdin.close()
    other.wait()
    sweep(model, out=tmp_path / "a", resume=True)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("after", [0, 1, 4, 9])
def test_a_disk_that_takes_no_more_loses_nothing_that_is_finished(model, tmp_path, monkeypatch, number, after):
    make(model, tmp_path / "undisturbed")
    force, n_written = os.fsync, 0

    def full(file):
        nonlocal n_written
        n_written += 1
        if n_written > after:
            os.truncate(file, os.fstat(file).st_size // 2)
            raise OSError(number, os.strerror(number))
        force(file)

    monkeypatch.setattr(os, "fsync", full)
    error = refused(
        lambda: make(model, tmp_path / "a"), "the sweep cannot be written", os.strerror(number).lower(), "--resume"
    )
    assert error.exit_code == 2
    monkeypatch.setattr(os, "fsync", force)
    make(model, tmp_path / "a")
    assert files(tmp_path / "a") == files(tmp_path / "undisturbed")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit of the size of files")
def test_a_file_that_cannot_grow_stops_the_sweep_with_one_message(tmp_path):
    program = (
        "import resource, signal, sys; from sdsocec.analysis.sweep import sweep\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))\n"
        "sweep('first_steps', 'baseline', n=200, outcomes=['unemployed'], block=200, out=sys.argv[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "a")], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert "the sweep cannot be written: file too large" in done.stderr
    assert not open_sweep(tmp_path / "a").entries if (tmp_path / "a").exists() else True


WRONG = {
    "outcome": ({"outcomes": ["unemploye"]}, ["no variable 'unemploye'", "'unemployed'"]),
    "element": ({"outcomes": ["unemployed[child]"]}, ["'unemployed' has no element 'child'"]),
    "saving": ({"saving": 0.3}, ["the saving step is 0.3; it must be a whole number of time steps"]),
    "design": ({"design": "sobool"}, ["no design 'sobool'"]),
    "file": ({"design": "rows.doc"}, ["'rows.doc' is no file of rows", ".csv"]),
    "no file": ({"design": "rows.csv", "n": None}, ["there is no file 'rows.csv'"]),
    "file and over": ({"design": "rows.csv", "over": "levers"}, ["--over has no meaning"]),
    "initial": ({"initial": "rest"}, ["no start 'rest'"]),
    "settings": ({"settings": {"imitatio": 1.0}}, ["no constant or lever 'imitatio'"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_run_is_refused_and_nothing_is_made(model, tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    changes, words = WRONG[name]
    refused(lambda: make(model, tmp_path / "a", **changes), *words)
    assert list(tmp_path.iterdir()) == []


def test_a_scenario_named_twice_is_refused(model, tmp_path):
    refused(lambda: sweep(model, ["regulier", "regulier"], out=tmp_path / "a"), "'regulier' is named twice")
