"""Euler, RK4 and scipy: each is what its name says, and they agree with each other."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

import sdsocec
from sdsocec.engine import METHODS, NO_CHANGES, Design, Trajectories, constant_values, run_design, run_native, run_ode
from sdsocec.engine.native import Plan, kernel_for
from sdsocec.engine.ode import RELATIVE_TOLERANCE, _Run
from sdsocec.errors import UnsupportedConstruct
from sdsocec.scenario import design_of, load_scenario, random_design, scenario_names

HUNT = """
prey = INTEG(birth rate * prey - catch * prey * hunters + guests, 10)
hunters = INTEG(gain * catch * prey * hunters - death rate * hunters, 4)
birth rate = 1.1 + 0.3 * table(Time)
table((0,0),(2,1),(3,0.4),(8,1))
catch = 0.4
gain = 0.25
death rate = 0.4
guests = EXP(-Time) * MAX(0, 5 - prey)
"""


def hunt(t, y):
    prey, hunters = y
    birth_rate = 1.1 + 0.3 * np.interp(t, [0, 2, 3, 8], [0, 1, 0.4, 1])
    guests = math.exp(-t) * max(0, 5 - prey)
    return np.array([birth_rate * prey - 0.4 * prey * hunters + guests, 0.25 * 0.4 * prey * hunters - 0.4 * hunters])


def by_hand(integrator, right_side, y, dt, steps):
    """Textbook Euler and Runge-Kutta of order 4."""
    found = [np.asarray(y, dtype=float)]
    for k in range(steps):
        t, y = k * dt, found[-1]
        if integrator == "euler":
            found.append(y + dt * right_side(t, y))
            continue
        k1 = right_side(t, y)
        k2 = right_side(t + dt / 2, y + dt / 2 * k1)
        k3 = right_side(t + dt / 2, y + dt / 2 * k2)
        k4 = right_side(t + dt, y + dt * k3)
        found.append(y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
    return np.array(found)


@pytest.mark.parametrize("dt", [0.125, 0.1])
@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_a_fixed_step_integrator_is_the_textbooks(model_of, integrator, dt):
    got = run_native(model_of(HUNT, end=8, step=dt), NO_CHANGES, ("prey", "hunters"), integrator)
    expected = by_hand(integrator, hunt, [10, 4], dt, round(8 / dt))
    np.testing.assert_allclose(got.values[0], expected, rtol=1e-11)


def test_rk4_saves_the_same_times_as_euler(model_of):
    model = model_of(HUNT, end=8, step=0.125, saved=0.5)
    euler, rk4 = (run_native(model, NO_CHANGES, ("prey",), i) for i in ("euler", "rk4"))
    np.testing.assert_array_equal(euler.times, np.arange(0, 8.25, 0.5))
    np.testing.assert_array_equal(rk4.times, euler.times)


# dx/dt = x (1 - x / capacity) cos t has a solution in closed form, and no kink anywhere.
SMOOTH = "x = INTEG(x * (1 - x / capacity) * COS(Time), 0.5)\ncapacity = 2"


def exact_smooth(t):
    return 2 / (1 + 3 * np.exp(-np.sin(t)))


@pytest.mark.parametrize(("integrator", "order"), [("euler", 1), ("rk4", 4)])
def test_an_integrator_has_its_order(model_of, integrator, order):
    steps = 0.25 / 2 ** np.arange(5)
    errors = []
    for dt in steps:
        got = run_native(model_of(SMOOTH, end=4, step=dt), NO_CHANGES, ("x",), integrator)
        errors.append(np.abs(got.values[0, :, 0] - exact_smooth(got.times)).max())
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert abs(slope - order) < 0.1


@pytest.mark.parametrize("method", METHODS)
def test_scipy_meets_its_tolerance_on_a_solution_in_closed_form(model_of, method):
    got = run_ode(model_of(SMOOTH, end=4, step=0.25), NO_CHANGES, ("x",), method)
    np.testing.assert_allclose(got.values[0, :, 0], exact_smooth(got.times), rtol=100 * RELATIVE_TOLERANCE)


@cache
def study():
    model = sdsocec.load_model("first_steps")
    return model, design_of(model, [load_scenario(name, model) for name in scenario_names(model)])


def stocks(model) -> tuple[str, ...]:
    return tuple(v.name for v in model.equations.variables.values() if v.kind == "stock")


@cache
def euler(finer: int) -> Trajectories:
    """Euler on a part of the time step."""
    model, design = study()
    step = constant_values(model.equations)["TIME STEP"] / finer
    with_step = Design((*design.names, "TIME STEP"), np.hstack([design.values, np.full((design.n_runs, 1), step)]))
    return run_native(model.equations, with_step, stocks(model))


@pytest.mark.parametrize("method", METHODS)
def test_scipy_is_what_euler_tends_to_on_every_scenario(method):
    """Euler's error is of order 1: below 0.1 % at an eighth of the step, gone when extrapolated."""
    model, design = study()
    eighth, sixteenth = euler(8), euler(16)
    got = run_ode(model.equations, design, stocks(model), method)
    np.testing.assert_allclose(got.times, eighth.times, rtol=1e-12)
    scale = np.abs(eighth.values).max(axis=1, keepdims=True)

    def gap(values):
        return float((np.abs(got.values - values) / np.where(scale == 0, 1, scale)).max())

    assert gap(eighth.values) < 1e-3
    assert gap(sixteenth.values) < 5e-4
    assert gap(2 * sixteenth.values - eighth.values) < 1e-4


def test_scipys_methods_agree_with_each_other_far_more_closely():
    model, design = study()
    one = Design(design.names, design.values[2:3])
    found = [run_ode(model.equations, one, stocks(model), method).values for method in METHODS]
    scale = np.abs(found[0]).max(axis=1, keepdims=True)
    for other in found[1:]:
        assert (np.abs(other - found[0]) / np.where(scale == 0, 1, scale)).max() < 1e-5


def test_scipy_does_not_see_the_other_rows_of_a_design():
    model, _ = study()
    design = random_design(model, 4, seed=9)
    together = run_ode(model.equations, design, stocks(model), "LSODA").values
    alone = [
        run_ode(model.equations, Design(design.names, design.values[[r]]), stocks(model), "LSODA") for r in range(4)
    ]
    assert together.tobytes() == np.concatenate([a.values for a in alone]).tobytes()
    backwards = run_ode(
        model.equations, Design(design.names, design.values[::-1].copy()), stocks(model), "LSODA"
    ).values
    assert together.tobytes() == backwards[::-1].tobytes()


# --- restarts -----------------------------------------------------------------------------------------------------------


def restarts(model, design=NO_CHANGES) -> list[float]:
    kernel = kernel_for(model, Plan((), (), None, "rates"))
    return _Run(kernel, model, design, "RK45", RELATIVE_TOLERANCE).restarts()


BENDS = {
    "a step": ("INTEG(STEP(2, 3), 0)", "INTEG(STEP(2, 3.3), 0)", [3], [3.3]),
    "a pulse": ("INTEG(PULSE(2, 3), 0)", "INTEG(PULSE(2.2, 3.1), 0)", [2, 5], [2.2, 5.3]),
    "a narrow pulse": ("INTEG(PULSE(2, 1), 0)", "INTEG(PULSE(2.2, 0.5), 0)", [2, 3], [2.2, 2.7]),
    "a pulse train": (
        "INTEG(PULSE TRAIN(1, 1, 4, 8), 0)",
        "INTEG(PULSE TRAIN(1.5, 1.25, 4, 8.5), 0)",
        [1, 2, 5, 6, 8],
        [1.5, 2.75, 5.5, 6.75, 8.5],
    ),
    "a ramp": ("INTEG(RAMP(0.5, 2, 7), 0)", "INTEG(RAMP(0.5, 2.6, 7.1), 0)", [2, 7], [2.6, 7.1]),
    "a ramp of MIN and MAX": (
        "INTEG(MIN(1, MAX(0, (Time - 4) / 2)), 0)",
        "INTEG(MIN(1, MAX(0, (Time - 4.25) / 2.5)), 0)",
        [4, 6],
        [4.25, 6.75],
    ),
    "a lookup on time": (
        "INTEG(WITH LOOKUP(Time, ((0,0),(3,1),(6,0),(20,1))), 0)",
        "INTEG(WITH LOOKUP(Time, ((0,0),(3.7,1),(6.1,0),(20,1))), 0)",
        [3, 6],
        [3.7, 6.1],
    ),
    "a condition": (
        "INTEG(IF THEN ELSE(Time > 3 :AND: Time <= 8, 1, 0), 0)",
        "INTEG(IF THEN ELSE(Time > 3.1 :AND: Time <= 8.9, 1, 0), 0)",
        [3, 8],
        [3.1, 8.9],
    ),
    "the size of a difference": ("INTEG(ABS(Time - 4), 0)", "INTEG(ABS(Time - 4.4), 0)", [4], [4.4]),
    "whole numbers": ("INTEG(INTEGER(Time / 4), 0)", "INTEG(INTEGER((Time + 0.6) / 4), 0)", [4, 8], [3.4, 7.4]),
}


@pytest.mark.parametrize("where", ["on the steps", "between the steps"])
@pytest.mark.parametrize("bend", BENDS)
def test_scipy_restarts_where_an_input_bends(model_of, bend, where):
    on, between, dates_on, dates_between = BENDS[bend]
    equation, dates = (on, dates_on) if where == "on the steps" else (between, dates_between)
    found = restarts(model_of(f"x = {equation}", end=10, step=1))
    for date in dates:
        assert np.isclose(found, date, rtol=0, atol=1e-12).any(), f"no restart at {date}: {found}"
    if bend != "a pulse train":  # its count of periods goes on after its end, which costs a restart and no accuracy
        assert all(np.isclose(date, [0, *dates, 10]).any() for date in found), f"needless restarts: {found}"


AREAS = {
    "STEP(2, 3.3)": lambda t: 2 * np.maximum(0, t - 3.3),
    "PULSE(2.2, 3.1)": lambda t: np.clip(t - 2.2, 0, 3.1),
    "PULSE(2.2, 0.5)": lambda t: np.clip(t - 2.2, 0, 0.5),
    "RAMP(0.5, 2.6, 7.1)": lambda t: 0.25 * np.clip(t - 2.6, 0, 4.5) ** 2 + 2.25 * np.maximum(0, t - 7.1),
    "PULSE TRAIN(1.5, 1.25, 4, 8.5)": lambda t: np.clip(t - 1.5, 0, 1.25) + np.clip(t - 5.5, 0, 1.25),
    "IF THEN ELSE(Time > 3.1 :AND: Time <= 8.9, 1, 0)": lambda t: np.clip(t - 3.1, 0, 5.8),
    "PULSE(4, 2) * 3": lambda t: 3 * np.clip(t - 4, 0, 2),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("inflow", AREAS)
def test_scipy_gives_the_exact_area_under_an_input_that_jumps(model_of, inflow, method):
    got = run_ode(model_of(f"x = INTEG({inflow}, 0)"), NO_CHANGES, ("x",), method)
    np.testing.assert_allclose(got.values[0, :, 0], AREAS[inflow](got.times), rtol=1e-7, atol=1e-8)


def test_a_lever_whose_dates_vary_restarts_each_run_at_its_own_dates(model_of):
    model = model_of("x = INTEG(STEP(1, date), 0)\ndate = 3")
    design = Design(("date",), np.array([[2.5], [7.0]]))
    got = run_ode(model, design, ("x",), "RK45")
    np.testing.assert_allclose(got.values[0, :, 0], np.maximum(0, got.times - 2.5), atol=1e-9)
    np.testing.assert_allclose(got.values[1, :, 0], np.maximum(0, got.times - 7), atol=1e-9)
    assert restarts(model, Design(("date",), np.array([[2.5]]))) == pytest.approx([2.5], abs=1e-12)


def test_a_saved_value_at_a_jump_is_the_one_that_euler_saves(model_of):
    model = model_of("x = INTEG(inflow, 0)\ninflow = STEP(2, 3) + PULSE(5, 2)")
    scipys, euler = run_ode(model, NO_CHANGES, ("inflow",), "RK45"), run_native(model, NO_CHANGES, ("inflow",))
    np.testing.assert_array_equal(scipys.values, euler.values)


def test_scipy_runs_a_model_without_stocks(model_of):
    got = run_ode(model_of("x = 2 * Time"), NO_CHANGES, ("x",), "RK45")
    np.testing.assert_array_equal(got.values[0, :, 0], 2 * got.times)


@pytest.mark.parametrize("input_", ["Time / 0 - Time / 0", "LN(-1 - Time)"])
def test_an_input_that_is_no_number_reaches_the_caller_as_nan(model_of, input_):
    model = model_of(f"x = INTEG(y, 1)\ny = INTEGER({input_})")
    got = run_ode(model, NO_CHANGES, ("y",), "RK45")
    assert np.isnan(got.values).all()


@pytest.mark.parametrize("equation", ["SAMPLE IF TRUE(Time > 2, Time, 0)", "3 * SAMPLE IF TRUE(Time > 2, Time, 0)"])
def test_scipy_refuses_what_needs_a_fixed_step(model_of, monkeypatch, tmp_path, equation):
    monkeypatch.chdir(tmp_path)
    model_of(f"x = INTEG(last date, 0)\nlast date = {equation}")
    model = sdsocec.load_model("m.mdl").equations
    for engine in ("auto", "native"):
        with pytest.raises(UnsupportedConstruct) as refusal:
            run_design(model, engine=engine, integrator="LSODA")
        assert str(refusal.value) == (
            "scipy cannot integrate SAMPLE IF TRUE, which means something on a fixed time step only (in 'last date')\n"
            f"  m.mdl:3   last date = {equation}\n"
            "  Use --integrator euler or rk4."
        )
        assert refusal.value.construct == "SAMPLE IF TRUE"
        assert refusal.value.variable == "last date"


def test_pysd_refuses_another_integrator_than_euler(model_of):
    with pytest.raises(sdsocec.SdsocecError) as refusal:
        run_design(model_of("x = INTEG(1, 0)"), engine="pysd", integrator="rk4")
    assert str(refusal.value) == (
        "PySD integrates with Euler only, not rk4\n  Leave out --integrator, or --engine pysd."
    )


def test_a_misspelt_integrator_gets_the_nearest(model_of):
    with pytest.raises(sdsocec.SdsocecError) as refusal:
        run_design(model_of("x = INTEG(1, 0)"), integrator="LSODDA")
    assert str(refusal.value) == (
        "there is no integrator 'LSODDA'\n  Did you mean 'LSODA'? Valid: euler, rk4, RK45, DOP853, LSODA, Radau."
    )
