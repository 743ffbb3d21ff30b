"""What no engine could run is refused with the variable, the line and what to do."""

from __future__ import annotations

import numpy as np
import pytest

from sdsocec.engine import NO_CHANGES, Design, run_design, run_native
from sdsocec.errors import DesignError, ModelError, RunError
from sdsocec.model import read_model


def refusal(path: str, design: Design = NO_CHANGES) -> str:
    with pytest.raises(ModelError) as refused:
        run_design(read_model(path), design, engine="native")
    return str(refused.value)


LOOP = "\n  A loop must pass through a stock (INTEG) or another function with memory."
REFUSED = {
    "a loop of two": (
        "a = b + 1 ~~|\nb = 2 * a ~~|",
        "these equations need each other: 'a' <- 'b' <- 'a'\n  m.mdl:2   a = b + 1" + LOOP,
    ),
    "a loop of one": ("a = a + 1 ~~|", "these equations need each other: 'a' <- 'a'\n  m.mdl:2   a = a + 1" + LOOP),
    "a loop behind others": (
        "top = Middle One ~~|\nMiddle One = third ~~|\nthird = Time + fourth ~~|\nfourth = MAX(middle one, 0) ~~|",
        "these equations need each other: 'Middle One' <- 'third' <- 'fourth' <- 'Middle One'\n"
        "  m.mdl:3   Middle One = third" + LOOP,
    ),
    "a loop of elements": (
        "r: x, y ~~|\na[x] = a[y] ~~|\na[y] = a[x] + Time ~~|",
        "these equations need each other: 'a[x]' <- 'a[y]' <- 'a[x]'\n  m.mdl:3   a[x] = a[y]" + LOOP,
    ),
    "a loop of initial values": (
        "s = INTEG(1, u) ~~|\nu = 2 * t ~~|\nt = INTEG(1, s) ~~|",
        "these equations need each other at the start of the run: 'u' <- 't' <- 's' <- 'u'\n"
        "  m.mdl:3   u = 2 * t" + LOOP,
    ),
    "an element defined twice": (
        "r: x, y ~~|\na[r] = 1 ~~|\na[y] = Time ~~|",
        "'a[y]' is defined twice\n  m.mdl:4   a[y] = Time\n  The other definition is in line 3.",
    ),
    "too few numbers in a list": (
        "r: x, y, z ~~|\na[r] = 1, 2 ~~|",
        "2 numbers for 3 elements\n  m.mdl:3   a[r] = 1, 2",
    ),
    "too many numbers in a list": (
        "r: x, y ~~|\na[r] = 1, 2, 3 ~~|",
        "3 numbers for 2 elements\n  m.mdl:3   a[r] = 1, 2, 3",
    ),
    "an element without an equation": (
        "r: x, y ~~|\na[x] = Time ~~|\nb[r] = a[x] ~~|\nc = b[x] + a[y] ~~|",
        "'a[y]' is used but has no equation (in 'c')\n  m.mdl:5   c = b[x] + a[y]",
    ),
    "an element left out by EXCEPT": (
        "r: x, y ~~|\na[r] :EXCEPT: [y] = Time ~~|\nb = a[y] ~~|",
        "'a[y]' is used but has no equation (in 'b')\n  m.mdl:4   b = a[y]",
    ),
    "a sum without a mark": (
        "r: x, y ~~|\na[r] = 1, 2 ~~|\nb[r] = SUM(a[r]) ~~|",
        "SUM needs a subscript marked with '!' (in 'b')\n  m.mdl:4   b[r] = SUM(a[r])",
    ),
    "a mark without a sum": (
        "r: x, y ~~|\na[r] = 1, 2 ~~|\nb = a[r!] ~~|",
        "'r!' stands outside a SUM, PROD, VMIN or VMAX (in 'b')\n  m.mdl:4   b = a[r!]",
    ),
    "a subscript that the left-hand side does not name": (
        "Group: x, y ~~|\na[Group] = 1, 2 ~~|\nb = 2 * a[Group] ~~|",
        "nothing on the left-hand side says which element of 'Group' is meant (in 'b')\n  m.mdl:4   b = 2 * a[Group]",
    ),
    "too few subscripts": (
        "r: x, y ~~|\ns: p, q ~~|\na[r,s] = 1, 2; 3, 4; ~~|\nb[r] = a[r] ~~|",
        "'a' has 2 subscripts and is used with 1 (in 'b')\n  m.mdl:5   b[r] = a[r]",
    ),
    "a lookup without an argument": (
        "t((0,0),(1,1)) ~~|\nx = 2 * t ~~|",
        "the lookup 't' is used without an argument (in 'x')\n  m.mdl:3   x = 2 * t",
    ),
    "a variable used as a lookup": (
        "t = Time ~~|\nx = t(2) ~~|",
        "'t' is used as a lookup but is none (in 'x')\n  m.mdl:3   x = t(2)",
    ),
    "two points with one x": (
        "x = WITH LOOKUP(Time, ((0,0),(1,1),(1,2),(2,2))) ~~|",
        "a lookup has two points with the same x (in 'x')\n"
        "  m.mdl:2   x = WITH LOOKUP(Time, ((0,0),(1,1),(1,2),(2,2)))",
    ),
    "too many arguments": (
        "x = SQRT(Time, 2) ~~|",
        "SQRT takes 1 argument, not 2 (in 'x')\n  m.mdl:2   x = SQRT(Time, 2)",
    ),
    "a count of no range": (
        "r: x, y ~~|\na[r] = 1, 2 ~~|\nb = ELMCOUNT(a) ~~|",
        "ELMCOUNT needs the name of a subscript range (in 'b')\n  m.mdl:4   b = ELMCOUNT(a)",
    ),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_a_mistake_in_the_equations_is_refused(write, mistake):
    equations, message = REFUSED[mistake]
    assert refusal(write(equations)) == message


def test_a_loop_through_memory_is_none(write):
    path = write("s = INTEG(a, 1) ~~|\na = s * 0.1 + b ~~|\nb = SMOOTH(a, 2) ~~|\n")
    with pytest.raises(ModelError, match="at the start of the run"):
        run_native(read_model(path), NO_CHANGES)
    path = write("s = INTEG(a, 1) ~~|\na = s * 0.1 + b ~~|\nb = SMOOTHI(a, 2, 0) ~~|\n")
    assert np.isfinite(run_native(read_model(path), NO_CHANGES).values).all()


def controls(start="0", end="4", step="1", saved="1") -> str:
    return f"INITIAL TIME = {start} ~~|\nFINAL TIME = {end} ~~|\nTIME STEP = {step} ~~|\nSAVEPER = {saved} ~~|\n"


CONTROLS = {
    "a time step that changes": (
        {"step": "1 + x"},
        "'TIME STEP' changes during the run\n  m.mdl:5   TIME STEP = 1 + x\n  It must be a constant.",
    ),
    "a saving step that is no multiple": (
        {"saved": "1.5"},
        "SAVEPER (1.5) is not a multiple of TIME STEP (1)\n  m.mdl:6   SAVEPER = 1.5",
    ),
    "a saving step below the time step": (
        {"saved": "0.5"},
        "SAVEPER (0.5) is not a multiple of TIME STEP (1)\n  m.mdl:6   SAVEPER = 0.5",
    ),
    "an end before the start": (
        {"end": "-1"},
        "FINAL TIME (-1) is before INITIAL TIME (0)\n  m.mdl:4   FINAL TIME = -1",
    ),
    "no time step": ({"step": "0"}, "TIME STEP is 0; it must be above 0\n  m.mdl:5   TIME STEP = 0"),
    "a negative time step": ({"step": "-1"}, "TIME STEP is -1; it must be above 0\n  m.mdl:5   TIME STEP = -1"),
    "too many steps": (
        {"end": "1e9"},
        "the run has 1e+09 time steps; at most 10,000,000 are run\n  m.mdl:5   TIME STEP = 1",
    ),
    "an endless saving step": (
        {"saved": "1e400"},
        "SAVEPER is inf; it must be a finite number\n  m.mdl:6   SAVEPER = 1e400",
    ),
}


@pytest.mark.parametrize("mistake", CONTROLS)
def test_a_time_axis_that_makes_no_sense_is_refused(write, mistake):
    changed, message = CONTROLS[mistake]
    assert refusal(write("x = Time ~~|", controls=controls(**changed))) == message


def test_a_missing_control_variable_is_told(write):
    path = write("x = 1 ~~|", controls=controls().replace("SAVEPER = 1 ~~|\n", ""))
    assert refusal(path) == "the model has no 'SAVEPER'\n  m.mdl\n  Add a line 'SAVEPER = ...'."


def test_a_design_that_moves_the_end_before_the_start_is_refused(write):
    path = write("x = 1 ~~|")
    design = Design(("FINAL TIME",), np.array([[-5.0]]))
    assert refusal(path, design).startswith("FINAL TIME (-5) is before INITIAL TIME (0)\n  m.mdl:4")


# --- designs and outputs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["native", "pysd"])
def test_a_misspelt_constant_of_a_design_gets_the_nearest(write, engine):
    model = read_model(write("stay = 4 ~~|\nx = stay ~~|"))
    with pytest.raises(DesignError) as refused:
        run_design(model, Design(("stya",), np.ones((1, 1))), engine=engine)
    assert str(refused.value) == (
        "the model has no constant 'stya'\n  Did you mean 'stay'? All names: sdsocec model variables"
    )


@pytest.mark.parametrize("engine", ["native", "pysd"])
def test_a_misspelt_output_gets_the_nearest(write, engine):
    model = read_model(write("stay = 4 ~~|\nx = stay ~~|"))
    with pytest.raises(DesignError) as refused:
        run_design(model, outputs=("stya",), engine=engine)
    assert (
        str(refused.value)
        == "the model has no variable 'stya'\n  Did you mean 'stay'? All names: sdsocec model variables"
    )


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ("native", "'FINAL TIME' must be the same in all runs of a design"),
        ("pysd", "the runs of this design have different times; they must share one time axis"),
    ],
)
def test_the_runs_of_a_design_share_one_time_axis(write, engine, message):
    model = read_model(write("x = Time ~~|"))
    with pytest.raises(DesignError) as refused:
        run_design(model, Design(("FINAL TIME",), np.array([[4.0], [5.0]])), engine=engine)
    assert str(refused.value) == message


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_design_holds_finite_numbers(value):
    with pytest.raises(DesignError) as refused:
        Design(("a", "b"), np.array([[1, 2], [1, value]]))
    assert str(refused.value) == f"'b' is {value} in row 1 of the design; it must be a finite number"


def test_a_design_has_rows():
    with pytest.raises(DesignError) as refused:
        Design(("a",), np.zeros((0, 1)))
    assert str(refused.value) == "the design has no rows\n  A design has one row a run."


def test_a_design_has_a_column_for_each_name_and_one_only():
    with pytest.raises(DesignError) as refused:
        Design(("a", "b"), np.zeros((3, 1)))
    assert str(refused.value) == "a design of 2 constants needs an array of shape (runs, 2), not (3, 1)"
    with pytest.raises(DesignError) as refused:
        Design(("a", "a"), np.zeros((3, 2)))
    assert str(refused.value) == "the design has two columns for 'a'"


# --- numbers that break down ------------------------------------------------------------------------------------------


def test_a_number_that_is_not_finite_names_run_variable_and_time(write):
    model = read_model(write("x = 1 / (Time - 2) ~~|\ny = x * 2 ~~|"))
    with pytest.raises(RunError) as refused:
        run_native(model, NO_CHANGES).require_finite(("regulier",))
    assert str(refused.value) == (
        "run 'regulier' is not finite: 'x' is inf at time 2 (and 1 other variable)\n"
        '  Look for a division by zero, LN of zero or EXP of a large number: sdsocec model causes "x"'
    )


@pytest.mark.parametrize("guard", ["MIN(1, {})", "MAX(0, {})", "MIN({}, 1)", "MAX(0, MIN(1, {}))", "MIN(k, {})"])
def test_no_guard_hides_a_number_that_broke_down(write, guard):
    model = read_model(write(f"x = {guard.format('(Time - Time) / (Time - Time)')} ~~|\nk = 2 ~~|"))
    for design in (NO_CHANGES, Design(("k",), np.array([[2.0]]))):
        assert np.isnan(run_native(model, design, ("x",)).values).all()
