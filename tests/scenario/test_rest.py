"""A state at rest counts only where a run would come to it: solved and run, models with more than one such state agree."""

from __future__ import annotations

import numpy as np
import pytest

import sdsocec
from sdsocec.engine import Design
from sdsocec.model.project import Project
from sdsocec.scenario.equilibrium import find_rest

CONTROLS = "INITIAL TIME = 0 ~ year ~ | FINAL TIME = 8 ~ year ~ | TIME STEP = 0.25 ~ year ~ | SAVEPER = 1 ~ year ~ |"
CARD = 'title = {nl = "x", en = "x"}\n[equilibrium]\nduration = 1000\nset = {rest = 1.0}\n'
POOLS = "k = 0.5 | a = INTEG(0.2 * b - k * a, ia) | b = INTEG(k * a - 0.2 * b, ib) | ia = 10 | ib = 90"
THRESHOLD = "c = 0.9 | x = INTEG(MAX(0, c - 0.5) * (7 - x), ix) | ix = 5"
OPTION = "c = 2 | x = INTEG(IF THEN ELSE(c = 2, 7 - x, 0), ix) | y = INTEG(1 - y, iy) | ix = 5 | iy = 3"
SINK = "k = 0.5 | a = INTEG(-k * a, ia) | s = INTEG(k * a, is) | ia = 10 | is = 1"
EMPTY_SINK = SINK.replace("is = 1", "is = 0")
VALVE = """c = 0.9 | total = 100 | a = INTEG(b - a, ia) | b = INTEG(a - b + MAX(0, c - 0.5) * (z - b), ib)
| z = INTEG(MAX(0, c - 0.5) * (b - z), iz) | ia = 10 | ib = 20 | iz = 70"""
VALVE_CARD = 'sums = {total = ["a", "b", "z"]}\n'
EPIDEMIC = "g = 0.5 | s = INTEG(-0.005 * s * i, is) | i = INTEG(0.005 * s * i - g * i, ii) | is = 90 | ii = 10"
SWING = """m = -0.1 | r = (a - 2)^2 + (b - 2)^2 | a = INTEG(m * (a - 2) - (b - 2) - (a - 2) * r, ia)
| b = INTEG((a - 2) + m * (b - 2) - (b - 2) * r, ib) | ia = 2.1 | ib = 2"""
TWO_RESTS = "c = 0 | x = INTEG(c - (x - 1) * (x - 2) * (x - 3), ix) | ix = 1"
DRIVES = "k = 0.3 | x = INTEG(MAX(0, k - 0.5) * (7 - x), ix) | y = INTEG(x - y, iy) | ix = 5 | iy = 1"


def model(folder, equations, card=""):
    for part in ("models/some", "scenarios"):
        (folder / part).mkdir(parents=True)
    listed = "".join(f"{line.strip()} ~ ~ |\n" for line in f"rest = 0 | used = rest | {equations}".split("|"))
    (folder / "models/some/model.mdl").write_text("{UTF-8}\n" + listed + CONTROLS)
    (folder / "models/some/model.toml").write_text(CARD + card)
    return sdsocec.load_model("some", Project(folder))


@pytest.mark.parametrize(
    ("equations", "card", "name", "values"),
    [
        pytest.param(POOLS, "", "k", [0.5, 1.0, 0.1], id="a sum that the card does not list"),
        pytest.param(THRESHOLD, "", "c", [0.9, 0.3, 0.2], id="flows off below a threshold"),
        pytest.param(OPTION, "", "c", [2.0, 3.0], id="flows of one option"),
        pytest.param(SINK, "", "k", [0.5, 1.0], id="a stock that acts on nothing"),
        pytest.param(EMPTY_SINK, "", "k", [0.5, 1.0], id="that, empty at the start"),
        pytest.param(VALVE, VALVE_CARD, "c", [0.9, 0.3, 0.8], id="parts cut off from each other"),
        pytest.param(EPIDEMIC, "", "g", [0.5, 1.0, 0.3], id="an epidemic's end"),
        pytest.param(SWING, "", "m", [-0.4, 0.3, -0.2], id="a balance that swings ever wider"),
        pytest.param(TWO_RESTS, "", "c", [0.6, 0.01, -0.2], id="two stable rests"),
        pytest.param(DRIVES, "", "k", [0.3, 0.9, 0.2], id="a stock without flows that drives another"),
    ],
)
def test_a_rest_that_is_solved_is_the_one_that_a_run_comes_to(tmp_path, equations, card, name, values):
    some = model(tmp_path, equations, card)
    for order in (values, values[::-1]):
        rows = Design((name,), np.array(order)[:, None])
        solved, ran = find_rest(some, rows), find_rest(some, rows, by_running=True)
        assert solved.is_at_rest.tolist() == ran.is_at_rest.tolist()
        np.testing.assert_allclose(solved.design.values, ran.design.values, rtol=1e-6, atol=1e-6)


def test_what_a_run_comes_to_is_what_is_known_by_hand(tmp_path):
    """100 things, of which k / (k + 0.2) come to be in b; they used to become 41 without a word."""
    found = find_rest(model(tmp_path, POOLS), Design(("k",), np.array([[0.5], [1.0]])))
    np.testing.assert_allclose(found.design.values[:, 1:], [[200 / 7, 500 / 7], [100 / 6, 500 / 6]], rtol=1e-8)


@pytest.mark.parametrize(
    "equations",
    [
        pytest.param(
            "k = 1 | a = INTEG(k * (b - a), ia) | b = INTEG(3 - b, 2 * base) | ia = 10 | base = 1", id="stock"
        ),
        pytest.param("k = 1 | a = INTEG(k * (seen - a), ia) | seen = SMOOTHI(3, 5, 1) | ia = 10", id="smooth"),
    ],
)
def test_what_starts_elsewhere_than_at_rest_is_told(tmp_path, equations):
    """The equilibrium has no constant in which to put where b, or what is seen, rests: each run would start moving."""
    rows = Design(("k",), np.array([[0.5], [1.0]]))
    for by_running in (False, True):
        found = find_rest(model(tmp_path / str(by_running), equations), rows, by_running=by_running)
        assert not found.is_at_rest.any()
        assert "does not stay at rest: 'a' moves by" in found.faults[0].what
        assert "a constant of its own" in found.faults[0].hint


def test_a_delay_that_starts_at_its_input_rests(tmp_path):
    some = model(tmp_path, "k = 1 | a = INTEG(k * (seen - a) + 0.1, ia) | seen = DELAY3(a / 2, 5) | ia = 10")
    found = find_rest(some, Design(("k",), np.array([[0.5], [1.0]])))
    np.testing.assert_allclose(found.design.values[:, 1], [0.4, 0.2], rtol=1e-8)
