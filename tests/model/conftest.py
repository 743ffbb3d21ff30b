"""Model files written in a test, in a folder of their own, so that messages show short paths."""

from __future__ import annotations

import pytest

CONTROLS = "INITIAL TIME = 0 ~ ~ |\nFINAL TIME = 4 ~ ~ |\nTIME STEP = 1 ~ ~ |\nSAVEPER = 1 ~ ~ |\n"


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A function that writes m.mdl (the control variables added) and gives its name; the folder is the working one."""
    monkeypatch.chdir(tmp_path)

    def make(equations: str | bytes, name: str = "m.mdl", controls: str = CONTROLS) -> str:
        if isinstance(equations, str):
            equations = ("{UTF-8}\n" + equations + "\n" + controls).encode()
        (tmp_path / name).write_bytes(equations)
        return name

    return make
