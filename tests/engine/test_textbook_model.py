"""The epidemic in age groups of `tests/models/age_sir.mdl` against the same equations in numpy, written independently."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sdsocec
from sdsocec.engine import Design, run_native
from sdsocec.scenario import random_design

AGE_SIR = Path(__file__).parents[1] / "models" / "age_sir.mdl"
AGES = ("child", "adult", "senior")
SEASON = np.array([(0, 1.1), (30, 1.2), (75.3, 1), (120, 0.8), (200, 0.9)])
DT, DAYS = 0.25, 150


def epidemic(p: dict[str, float], integrator: str) -> dict[str, np.ndarray]:
    """Saved days of every stock; rows are days, columns ages."""

    def by_age(name):
        return np.array([p[f"{name}[{age}]"] for age in AGES])

    contact = np.array([[p[f"contact[{a},{b}]"] for b in AGES] for a in AGES])
    population, duration = by_age("population"), by_age("duration")

    def rates(t, s, begin):
        susceptible, infectious, isolated, _, _ = s
        season = 1 + p["seasonality"] * (np.interp(t, *SEASON.T) - 1)
        holds_back = (1 - p["restraint"] * np.exp(-t / p["fatigue time"])) ** (1 + p["mutual"])
        force = p["transmissibility"] * season * holds_back * (contact @ (infectious / population))
        infection = susceptible * force
        is_open = p["vaccination start"] < begin + DT / 2  # STEP changes on steps only, on the nearest one to its date
        vaccination = np.minimum(susceptible / DT, is_open * p["doses"] * by_age("priority"))
        isolation = p["switch isolation"] * infectious / p["time until isolation"]
        recovery, release = infectious / duration, isolated / duration
        return np.array(
            [
                -infection - vaccination,
                infection - recovery - isolation,
                isolation - release,
                recovery + vaccination + release,
                np.full(3, infection.sum()),
            ]
        )

    first = by_age("initially infectious")
    s = np.array([population - first, first, np.zeros(3), np.zeros(3), np.zeros(3)])
    saved = [s]
    for k in range(round(DAYS / DT)):
        t = k * DT
        if integrator == "euler":
            s = s + DT * rates(t, s, t)
        else:
            k1 = rates(t, s, t)
            k2 = rates(t + DT / 2, s + DT / 2 * k1, t)
            k3 = rates(t + DT / 2, s + DT / 2 * k2, t)
            k4 = rates(t + DT, s + DT * k3, t)
            s = s + DT / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        if (k + 1) % round(1 / DT) == 0:
            saved.append(s)
    values = np.array(saved)
    names = ("susceptible", "infectious", "isolated", "recovered")
    found = {f"{n}[{a}]": values[:, i, j] for i, n in enumerate(names) for j, a in enumerate(AGES)}
    return found | {"ever infected": values[:, 4, 0]}


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_the_compiled_epidemic_is_the_one_written_in_numpy(integrator):
    model = sdsocec.load_model(AGE_SIR)
    drawn = random_design(model, 20, seed=3)
    base = sdsocec.engine.constant_values(model.equations)
    design = Design(drawn.names, np.vstack([[base[n] for n in drawn.names], drawn.values]))
    got = run_native(model.equations, design, integrator=integrator)
    for row in range(design.n_runs):
        expected = epidemic(base | dict(zip(design.names, design.values[row], strict=True)), integrator)
        for name, values in expected.items():
            scale = max(np.abs(values).max(), 1e-300)
            gap = np.abs(got.values[row, :, got.names.index(name)] - values).max() / scale
            assert gap <= 1e-11, f"'{name}' of run {row} with {integrator}: {gap:.2g} of its largest value"


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_nobody_is_lost_in_the_epidemic(integrator):
    model = sdsocec.load_model(AGE_SIR)
    got = run_native(model.equations, random_design(model, 50, seed=4), ("everybody",), integrator)
    np.testing.assert_allclose(got.values, 16_700, rtol=1e-12)


def test_a_constant_table_fills_rows_first():
    model = sdsocec.load_model(AGE_SIR)
    values = sdsocec.engine.constant_values(model.equations)
    table = [[values[f"contact[{a},{b}]"] for b in AGES] for a in AGES]
    assert table == [[7, 3, 1], [3, 5, 1.5], [1, 1.5, 2]]
