"""Native and PySD give equal numbers: every variable, every saved time, every scenario, 200 random designs.

"Equal" is |a - b| <= 1e-9 x max(|b|, the largest |value| of that variable in the run).

PySD reads PULSE otherwise than Vensim when a date lies between two time steps (tests/conformance/pulse), so dates and widths
of pulses are drawn on time steps; nothing else is left out.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import sdsocec
from sdsocec.engine import Design, Trajectories, all_element_names, constant_values, run_native, run_pysd
from sdsocec.model.ir import Call, Model, references, walk
from sdsocec.model.project import LoadedModel
from sdsocec.scenario import design_of, load_scenario, random_design, scenario_names

TOLERANCE = 1e-9
N_DESIGNS = 200
PARTS = 8  # of the 200, so that several processes share the work
AGE_SIR = Path(__file__).parents[1] / "models" / "age_sir.mdl"


@cache
def first_steps() -> LoadedModel:
    return sdsocec.load_model("first_steps")


def require_equal(got: Trajectories, reference: Trajectories) -> None:
    np.testing.assert_array_equal(got.times, reference.times)
    assert got.names == reference.names
    a, b = got.values, reference.values
    assert a.shape == b.shape
    assert np.isfinite(b).all()
    limit = TOLERANCE * np.maximum(np.abs(b), np.abs(b).max(axis=1, keepdims=True))
    wrong = ~(np.abs(a - b) <= limit)
    named = [
        f"run {r}, '{got.names[v]}' at {got.times[t]:g}: native {a[r, t, v]!r}, PySD {b[r, t, v]!r}"
        for r, t, v in np.argwhere(wrong)[:5]
    ]
    assert not wrong.any(), f"{wrong.sum()} numbers differ, among them\n" + "\n".join(named)


def compare(model: Model, design: Design) -> None:
    require_equal(run_native(model, design), run_pysd(model, design))


def dates_of_pulses(model: Model) -> set[str]:
    """Constants that PULSE and PULSE TRAIN take as arguments."""
    found = set()
    for variable in model.variables.values():
        for equation in variable.equations:
            for node in walk(equation.expression):
                if isinstance(node, Call) and node.function.startswith("PULSE"):
                    found |= {model.variables[r.name].name for r in references(node) if r.name in model.variables}
    return found


def designs(model: LoadedModel, n: int, seed: int) -> Design:
    """Random designs, pulses on time steps."""
    design = random_design(model, n, seed)
    dt = 2 * constant_values(model.equations)["TIME STEP"]
    values = design.values.copy()
    for name in dates_of_pulses(model.equations) & set(design.names):
        column = design.names.index(name)
        values[:, column] = np.round(values[:, column] / dt) * dt
    return Design(design.names, values)


def test_every_variable_of_every_scenario_is_equal():
    model = first_steps()
    scenarios = [load_scenario(name, model) for name in scenario_names(model)]
    assert len(scenarios) >= 5
    compare(model.equations, design_of(model, scenarios))


def test_every_variable_is_compared():
    model = first_steps().equations
    assert run_native(model, Design((), np.zeros((1, 0)))).names == tuple(all_element_names(model))
    assert len(all_element_names(model)) >= sum(v.kind != "lookup" for v in model.variables.values())


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_variable_of_random_designs_is_equal(part):
    model = first_steps()
    all_designs = designs(model, N_DESIGNS, seed=20261124)
    assert len(all_designs.names) > 50, "nearly every constant has a range, so nearly all are drawn"
    rows = all_designs.values[part::PARTS]
    # whole runs at twice the model's time step: PySD takes a second a run
    step = np.full((len(rows), 1), 2 * constant_values(model.equations)["TIME STEP"])
    compare(model.equations, Design((*all_designs.names, "TIME STEP"), np.hstack([rows, step])))


def test_a_subscripted_textbook_model_is_equal():
    model = sdsocec.load_model(AGE_SIR)
    drawn = designs(model, 2, seed=5)
    shorter = Design((*drawn.names, "FINAL TIME"), np.hstack([drawn.values, np.full((2, 1), 30.0)]))
    compare(model.equations, shorter)


@pytest.mark.slow
def test_a_subscripted_textbook_model_is_equal_over_its_whole_run():
    compare(sdsocec.load_model(AGE_SIR).equations, Design((), np.zeros((1, 0))))
