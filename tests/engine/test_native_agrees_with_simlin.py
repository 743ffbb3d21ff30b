"""Native agrees with Simlin, an engine of other people in another language, on every stock.

Simlin reads PULSE otherwise than Vensim when a date lies between two time steps (tests/conformance/simlin_known_errors.toml),
so dates and widths of pulses are drawn on time steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest

import sdsocec
from sdsocec.engine import Design, constant_values, run_native
from sdsocec.model.ir import Call, references, walk
from sdsocec.model.project import LoadedModel
from sdsocec.scenario import load_scenario, random_design, scenario_names

simlin = pytest.importorskip("simlin")
TOLERANCE = 1e-6


@cache
def first_steps() -> LoadedModel:
    return sdsocec.load_model("first_steps")


def stocks(model: LoadedModel) -> tuple[str, ...]:
    return tuple(v.name for v in model.equations.variables.values() if v.kind == "stock")


def simulate(model: LoadedModel, values: Mapping[str, float]) -> dict[str, np.ndarray]:
    """The stocks as Simlin computes them."""
    run = simlin.load(str(model.equations.path)).simulate(dict(values))
    run.run_to_end()
    return {name: np.asarray(run.get_series(name)) for name in stocks(model)}


def require_agreement(model: LoadedModel, design: Design) -> None:
    got = run_native(model.equations, design, stocks(model))
    for row in range(design.n_runs):
        reference = simulate(model, dict(zip(design.names, design.values[row].tolist(), strict=True)))
        for column, name in enumerate(got.names):
            scale = np.maximum(np.abs(reference[name]), np.abs(reference[name]).max())
            gap = np.abs(got.values[row, :, column] - reference[name])
            assert (gap <= TOLERANCE * scale).all(), f"'{name}' of run {row} differs by {gap.max():.3g}"


@pytest.mark.parametrize("name", scenario_names(first_steps()))
def test_every_stock_of_every_scenario_agrees(name):
    model = first_steps()
    values = load_scenario(name, model).values
    require_agreement(model, Design(tuple(values), np.array([list(values.values())])))


def test_every_stock_of_random_designs_agrees():
    model = first_steps()
    design = random_design(model, 50, seed=50)
    pulses = {
        model.equations.variables[r.name].name
        for v in model.equations.variables.values()
        for e in v.equations
        for node in walk(e.expression)
        if isinstance(node, Call) and node.function.startswith("PULSE")
        for r in references(node)
    }
    dt, values = constant_values(model.equations)["TIME STEP"], design.values.copy()
    for column, name in enumerate(design.names):
        if name in pulses:
            values[:, column] = np.round(values[:, column] / dt) * dt
    require_agreement(model, Design(design.names, values))


def test_the_comparison_would_see_a_changed_constant():
    model = first_steps()
    lever = f"{model.card.levers[1].name} scenario"
    changed = Design((lever,), np.array([[model.ranges[lever][1]]]))
    plain = simulate(model, {})
    got = run_native(model.equations, changed, stocks(model))
    assert any(not np.allclose(got.values[0, :, i], plain[n], rtol=100 * TOLERANCE) for i, n in enumerate(got.names))
