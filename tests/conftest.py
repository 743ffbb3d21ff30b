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
