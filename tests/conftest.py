"""Run the program as a user does, within the test's process: exit code, stdout, stderr."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from sdsocec.cli.app import main


@dataclass
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def sdsocec_program(monkeypatch, capsys, tmp_path):
    """A function that runs a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["sdsocec", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Outcome(int(stop.value.code or 0), captured.out, captured.err)

    return run


PLANE = """
title = {nl = "Tussen de scenario's", en = "Between the scenarios"}
base = "baseline"
source = "made for tests"
[axes.g]
label = {nl = "gemeente", en = "municipality"}
low = {nl = "regisseur op afstand", en = "director at a distance"}
high = {nl = "zelf ondernemer", en = "entrepreneur itself"}
[axes.v]
label = {nl = "bedrijven", en = "companies"}
low = {nl = "scheiding van sociale en reguliere economie", en = "segmentation of the social and the regular economy"}
high = {nl = "vermenging van sociale en reguliere economie", en = "merging of the social and the regular economy"}
[[corner]]
at = {g = 0.0, v = 0.0}
scenario = "sociaal-ondernemen"
[[corner]]
at = {g = 0.0, v = 1.0}
scenario = "regulier"
[[corner]]
at = {g = 1.0, v = 0.0}
scenario = "publiek"
[[corner]]
at = {g = 1.0, v = 1.0}
scenario = "publiek-privaat"
"""


@pytest.fixture(scope="session")
def small_plane(tmp_path_factory):
    """The small model in a project where its scenarios span a plane."""
    import shutil

    from sdsocec.model.project import Project, bundled_project, load_model

    root = tmp_path_factory.mktemp("project")
    for part in ("models", "scenarios"):
        shutil.copytree(bundled_project().root / part / "first_steps", root / part / "first_steps")
    (root / "scenarios/first_steps/plane.toml").write_text(PLANE, encoding="utf-8")
    return load_model("first_steps", Project(root))
