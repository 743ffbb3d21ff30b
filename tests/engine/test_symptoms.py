"""One test for each wrong number that was found and mended, named after its symptom."""

from __future__ import annotations

import numpy as np
import pytest

from sdsocec.engine import Design, run_design, run_ode
from sdsocec.engine.design import Design as Table
from sdsocec.errors import DesignError, ModelError, RunError, SdsocecError, UnsupportedConstruct
from sdsocec.model import read_model


def last(run, name: str) -> float:
    trajectories = run.trajectories
    return float(trajectories.values[0, -1, trajectories.names.index(name)])


@pytest.mark.parametrize("integrator", ["euler", "rk4", "LSODA"])
def test_a_pulse_keeps_its_area_whatever_the_integrator(model_of, integrator):
    model = model_of("s = INTEG(PULSE(1, 1), 0)\nt = INTEG(STEP(1, 1), 0)", end=4)
    run = run_design(model, integrator=integrator)
    assert last(run, "s") == pytest.approx(1)
    assert last(run, "t") == pytest.approx(3)


def test_a_sampled_value_holds_through_the_stages_of_rk4(model_of):
    model = model_of("v = SAMPLE IF TRUE(Time = 1, 10, 0)\ns = INTEG(v, 0)", end=4)
    values = run_design(model, integrator="rk4").trajectories
    assert values.values[0, :, values.names.index("s")].tolist() == [0, 0, 10, 20, 30]


@pytest.mark.parametrize("engine", ["native", "pysd"])
def test_runs_with_different_time_steps_do_not_share_a_design(model_of, engine, tmp_path):
    model = model_of("n = 4\ns = INTEG(1, 0)", end="n", step=1)
    with pytest.raises(
        DesignError, match=r"must be the same in all runs of a design \(it sets FINAL TIME\)|one time axis"
    ):
        run_design(model, Design(("n",), np.array([[4.0], [1.0]])), engine=engine)


def test_a_design_without_rows_is_refused():
    with pytest.raises(DesignError, match="the design has no rows"):
        Table(("x",), np.zeros((0, 1)))


def test_scipys_tolerance_does_not_follow_the_largest_stock(model_of):
    model = model_of("big = INTEG(0, 1e12)\nx = INTEG(v, 1)\nv = INTEG(-x, 0)", end=20)
    x = run_design(model, integrator="DOP853").trajectories
    assert x.values[0, :, x.names.index("x")] == pytest.approx(np.cos(x.times), abs=1e-5)


def test_a_switch_on_a_stock_stops_scipy_with_a_message(model_of):
    model = model_of("s = INTEG(IF THEN ELSE(s > 2, -1, 1), 0)", end=4)
    with pytest.raises(
        RunError, match=r"needs more than 2,000 evaluations and has come to time 2\n  Something switches back and forth"
    ):
        run_ode(model, Table((), np.zeros((1, 0))), most_evaluations=2_000)


def test_a_quoted_name_with_brackets_is_not_an_element(model_of):
    run = run_design(model_of('"s [C]" = 5\ns = INTEG("s [C]", 0)', end=4))
    assert last(run, '"s [C]"') == 5
    assert last(run, "s") == 20


def test_a_whole_power_of_a_whole_number_is_whole(model_of):
    bases, exponents = np.meshgrid(np.arange(2.0, 40), np.arange(2.0, 9))
    rows = np.stack([bases.ravel(), exponents.ravel()], axis=1)
    model = model_of("x = 2\nn = 3\ny = x ^ n\nz = INTEGER(y)\ns = INTEG(y, 0)", end=1)
    got = run_design(model, Design(("x", "n"), rows)).trajectories
    for name in ("y", "z"):
        assert got.values[:, 0, got.names.index(name)].tolist() == (rows[:, 0] ** rows[:, 1]).tolist()


def test_a_sum_inside_a_sum_keeps_its_own_subscripts(model_of):
    model = model_of("a: a1, a2\nb: b1, b2\nx[a] = 1, 2\nw[b] = 10, 20\nq = SUM(w[b!] * SUM(x[a!]))\ns = INTEG(q, 0)")
    assert last(run_design(model), "q") == 90


def test_a_range_twice_on_the_left_hand_side_is_refused(model_of):
    with pytest.raises(ModelError, match="'x' has the same subscript twice on its left-hand side"):
        model_of("a: a1, a2\nx[a, a] = 1\ns = INTEG(1, 0)")


def test_a_run_of_all_variables_hides_no_number_that_is_not_finite(model_of):
    model = model_of("off = 0\nz = 0\ny = off * LN(z)\ns = INTEG(y, 0)", end=2)
    for design in (None, Design(("z",), np.array([[0.0]]))):
        run = run_design(model, design) if design is not None else run_design(model)
        with pytest.raises(RunError, match="is not finite: 'y' is nan at time 0"):
            run.trajectories.require_finite(("one",))


@pytest.mark.parametrize("call", ["MIN(1, x)", "MIN(x, 1)", "MAX(1, x)", "MAX(x, 1)", "MIN(y, x)", "MAX(y, x)"])
def test_min_and_max_lose_no_number_that_is_not_finite(model_of, call):
    model = model_of(f"zero = 0\ny = 2\nx = LN(0 - 1 - zero)\nm = {call}\ns = INTEG(1, 0)")
    assert np.isnan(last(run_design(model), "m"))


def test_whole_numbers_crossed_without_end_do_not_hang_scipy(model_of):
    model = model_of("s = INTEG(INTEGER(Time * 1e7) * 1e-7, 0)", end=2)
    assert last(run_design(model, integrator="RK45"), "s") == pytest.approx(2, rel=1e-3)


def test_a_power_does_not_depend_on_what_else_varies(model_of):
    model = model_of("p = 1\nx = 1.7\nz = 3\ny = x ^ p\ns = INTEG(y, 0)")
    plain = run_design(model, outputs=["y"]).trajectories.values
    varied = run_design(model, Design(("p",), np.array([[1.0]])), outputs=["y"]).trajectories.values
    assert plain.tobytes() == varied.tobytes()


def test_an_unknown_output_gets_the_nearest_name():
    import sdsocec

    with pytest.raises(SdsocecError) as error:
        sdsocec.run_table("first_steps", {"quota share": [0.01]}, outputs=["unemployd"])
    assert "the model 'first_steps' has no variable 'unemployd'\n  Did you mean 'unemployed'?" in str(error.value)


def test_a_table_of_runs_must_lie_within_the_ranges():
    import sdsocec

    with pytest.raises(SdsocecError, match="'quota share scenario' is 7; it must be between 0 and"):
        sdsocec.run_table("first_steps", {"quota share": [0.01, 7]})


@pytest.mark.parametrize("function", ["DELAY N", "SMOOTH N"])
def test_an_order_too_high_for_the_time_step_is_reduced(model_of, function):
    """Vensim, pages DELAY N and SMOOTH N. 4 stages of a time of 2 steps become 2: without it the value overshoots to 3520."""
    model = model_of(
        f"y = {function}(STEP(10, 1), 0.25, 0, 4)\nz = {function}(STEP(10, 1), 0.25, 0, 2)\ns = INTEG(y, 0)", step=0.125
    )
    run = run_design(model).trajectories
    y, z = (run.values[0, :, run.names.index(name)] for name in "yz")
    assert y.tolist() == z.tolist()
    assert y.max() == 10


def test_a_macro_of_the_same_names_leaves_the_model_its_own_lines(model_of, tmp_path):
    model = model_of("x = 5\ny = TWICE(x)\ns = INTEG(y, 0)", end=2)
    text = model.path.read_text()
    macro = "{UTF-8}\n:MACRO: TWICE(in)\nTWICE = 2 * x ~~|\nx = in ~~|\n:END OF MACRO:\n"
    (tmp_path / "macro.mdl").write_text(text.replace("{UTF-8}\n", macro))
    with_macro = read_model(tmp_path / "macro.mdl")
    assert (with_macro.variables["x"].line, with_macro.variables["x"].equations[0].text) == (6, "x = 5")
    run = run_design(with_macro)
    assert run.engine == "pysd"
    assert "does not compile TWICE (in 'y')" in run.notice
    assert last(run, "s") == 20


@pytest.mark.parametrize(("base", "exponent", "power"), [("k * k", "h", 7), ("2", "0 - n", 0.125), ("0.5", "0 - n", 8)])
def test_a_square_root_and_a_whole_power_are_exact(model_of, base, exponent, power):
    model = model_of(f"k = 7\nh = 0.5\nn = 3\ny = ({base}) ^ ({exponent})\ns = INTEG(y, 0)")
    assert last(run_design(model), "y") == power


@pytest.mark.parametrize("integrator", ["rk4", "LSODA"])
def test_delay_n_is_refused_where_it_would_move_within_a_step(model_of, integrator):
    with pytest.raises(UnsupportedConstruct, match="DELAY N with another integrator than Euler"):
        run_design(model_of("y = DELAY N(RAMP(1, 0, 9), 2, 0, 2)\ns = INTEG(y, 0)"), integrator=integrator)


def test_a_mapped_range_does_not_follow_the_subscript_of_a_sum(model_of):
    equations = "a: a1, a2 -> b\nb: b1, b2\nx[a] = 1, 2\ny[b] = 10, 20\nz = SUM(x[a!] * y[b])\ns = INTEG(z, 0)"
    with pytest.raises(ModelError, match="nothing on the left-hand side says which element of 'b' is meant"):
        run_design(model_of(equations))


@pytest.mark.parametrize("base", ["((-2))", "( (-2) )"])
def test_a_negative_base_that_can_be_read_in_two_ways_is_refused(model_of, base):
    with pytest.raises(ModelError, match=r"can be read in two ways; write \(0 - 2\)\^2"):
        model_of(f"x = {base}^2\ns = INTEG(x, 0)")


def test_a_fall_back_to_pysd_is_told_in_the_result_too(model_of):
    import sdsocec

    model = model_of("q = PULSE(1, 0)\nd = DELAY FIXED(q, 1, 0)\ns = INTEG(q, 0)")
    for engine in ("auto", "pysd"):
        assert "In PULSE PySD deviates from Vensim" in sdsocec.run(model.path, engine=engine).attrs["notice"]


@pytest.mark.parametrize("name", ["scenario", "run"])
def test_a_variable_with_the_name_of_a_dimension_is_refused_with_a_message(model_of, name):
    import sdsocec

    model = model_of(f"{name} = 1\ns = INTEG({name}, 0)")
    with pytest.raises(ModelError, match=f"'{name}' is the name of a dimension of results"):
        _ = sdsocec.run(model.path) if name == "scenario" else sdsocec.run_table(model.path, {"run": [1.0]})


def test_a_cache_that_others_may_write_is_not_trusted(model_of, tmp_path, monkeypatch):
    import hashlib
    import pickle

    monkeypatch.setenv("SDSOCEC_CACHE", str(tmp_path / "cache"))
    model = model_of("s = INTEG(1, 0)")
    (entry,) = (tmp_path / "cache" / "models").iterdir()
    planted = pickle.dumps("not a model")
    entry.write_bytes(hashlib.sha256(planted).digest() + planted)
    entry.parent.chmod(0o777)
    assert read_model(model.path).variables.keys() == model.variables.keys()


def test_a_numeric_range_without_bounds_is_refused(model_of):
    with pytest.raises(ModelError, match="a subscript range of 10,000,000 elements; at most 100,000"):
        model_of("a: (A1-A10000000)\nx[a] = Time\ns = INTEG(1, 0)")
