"""Small models written in a test: their equations, with the control variables added."""

from __future__ import annotations

import pytest

from sdsocec.model import read_model


@pytest.fixture
def model_of(tmp_path):
    """A function from equations (and control values) to a model."""

    def make(equations: str, start=0, end=10, step=1, saved=None, name="m.mdl"):
        controls = {"INITIAL TIME": start, "FINAL TIME": end, "TIME STEP": step, "SAVEPER": saved or step}
        lines = [f"{equation.strip()} ~~|" for equation in equations.strip().splitlines() if equation.strip()]
        lines += [f"{name} = {value} ~~|" for name, value in controls.items()]
        path = tmp_path / name
        path.write_text("{UTF-8}\n" + "\n".join(lines) + "\n", encoding="utf-8")
        return read_model(path)

    return make
