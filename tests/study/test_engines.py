"""The engines agree on the model of the study: native with PySD on every variable, native with Simlin on every stock.

"Equal" to PySD is |a - b| <= 1e-9 x max(|b|, the largest |value| of that element in the run). A variable that is a bare
difference of nearly equal numbers is compared with the size of its terms instead; cancellations.toml lists those and says why.

PySD takes 0.4 s a time step here, so it runs 50 random states by one step, the first 64 steps of every scenario, and six steps of
every scenario around 2014, from native's state there; benchmarks/whole_horizon.py compares whole runs.

PySD and Simlin read PULSE otherwise than Vensim when a date lies between two time steps (tests/conformance/pulse), so the
dates of the recession are drawn on time steps; all else is drawn as it comes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sdsocec
from sdsocec.engine import Design, Trajectories, all_element_names, constant_values, run_native
from sdsocec.engine.reference import Reference
from sdsocec.model.ir import Call, Equation, references
from sdsocec.model.ir import Reference as NameInEquation
from sdsocec.model.names import element_name, name_key
from sdsocec.model.project import LoadedModel
from sdsocec.scenario import load_scenario, random_design, scenario_names

MODEL = "social_economy"
TOLERANCE = 1e-9
SIMLIN_TOLERANCE = 1e-6
N_STATES, N_DESIGNS = 50, 100
STATE_PARTS, DESIGN_PARTS = 5, 4  # so that several processes share the work
STEPS = 64
AROUND_2014 = 2014 - 2 / 32, 6  # the quota starts at 2014, all other levers are under way or complete: start, steps
CANCELLATIONS = tomllib.loads(Path(__file__).with_name("cancellations.toml").read_text(encoding="utf-8"))
ANY_SHARE = (0.0, 1.0)
STOCK_BOUNDS = {  # of a random state; people are drawn by cell, see `random_state`
    "vacancies": (20, 300), "se adoption": ANY_SHARE, "keurmerk share": ANY_SHARE, "employer expertise": ANY_SHARE,
    "csr openness": ANY_SHARE, "private frustration": ANY_SHARE, "social innovation": ANY_SHARE, "pps staff": (0, 6),
    "wb managers": (1, 250), "requirement index": (1, 1.3), "stimulus fund": (0, 3000), "perceived tightness": (0.1, 3),
    "municipal pps coverage": ANY_SHARE, "wajong recipients": (100, 300),
}  # fmt: skip


@cache
def model() -> LoadedModel:
    return sdsocec.load_model(MODEL)


@cache
def constants() -> dict[str, float]:
    return constant_values(model().equations)


@cache
def pysd_model() -> Reference:
    """Building it takes PySD nine seconds: once a process."""
    return Reference(model().equations)


@cache
def stocks() -> dict[str, str]:
    """Every element of every stock, and the constant that it starts from."""
    found = {}
    equations = model().equations
    for variable in equations.variables.values():
        for equation in variable.equations if variable.kind == "stock" else ():
            start = initial_of(equation)
            for element in equations.equation_elements(equation):
                # an initial constant has the subscripts of its stock, or the stock's elements written out
                bound = dict(zip(equation.subscripts, element, strict=True))
                own = tuple(equations.shown.get(bound.get(s, s), s) for s in start.subscripts)
                shown = tuple(equations.shown.get(e, e) for e in element)
                found[element_name(variable.name, shown)] = element_name(equations.variables[start.name].name, own)
    return found


def initial_of(equation: Equation) -> NameInEquation:
    call = equation.expression
    assert isinstance(call, Call) and call.function == "INTEG"
    (start,) = references(call.arguments[1])
    return start


def native(setting: Mapping[str, float], outputs: Iterable[str] | None = None) -> Trajectories:
    """One run with some constants set; all variables unless `outputs` names some."""
    design = Design(tuple(setting), np.array([list(setting.values())], dtype=float).reshape(1, len(setting)))
    return run_native(model().equations, design, outputs)


def run_both(setting: Mapping[str, float]) -> tuple[Trajectories, Trajectories]:
    """Native and PySD, all variables; every constant is set in PySD, so that nothing of a run before stays."""
    values = {**constants(), **setting}
    names = tuple(all_element_names(model().equations))
    clock, theirs = pysd_model().run(values, set(values), names)
    return native(setting), Trajectories(names, clock.saved, theirs[np.newaxis], clock.dt)


def terms_of(name: str, run: Trajectories) -> Any:
    """The size of the terms of a cancellation, shape (n_times,)."""
    entry = CANCELLATIONS[name]

    def column(term: str) -> Any:
        if term in run.names:
            return np.abs(run.values[0, :, run.names.index(term)])
        return np.full(len(run.times), abs(constants()[term]))

    largest = np.max([column(term) for term in entry["terms"]], axis=0)
    for divisor in entry["over"]:
        largest = largest / column(divisor)
    return largest


def differences(got: Trajectories, reference: Trajectories, part: Any = slice(None)) -> list[str]:
    """Where two runs are not equal, in words; `part` of the saved times."""
    np.testing.assert_array_equal(got.times, reference.times)
    assert got.names == reference.names
    a, b = got.values[0], reference.values[0]
    assert a.shape == b.shape and np.isfinite(b[part]).all()
    scale = np.maximum(np.abs(b), np.abs(b[part]).max(axis=0))
    for name in CANCELLATIONS:
        column = reference.names.index(name)
        scale[:, column] = np.maximum(scale[:, column], terms_of(name, reference))
    wrong = ~(np.abs(a - b) <= TOLERANCE * scale)[part]
    return [
        f"'{got.names[v]}' at {got.times[part][t]:g}: native {a[part][t, v]!r}, PySD {b[part][t, v]!r}"
        for t, v in np.argwhere(wrong)
    ]


def random_state(rng: np.random.Generator) -> dict[str, float]:
    """A value for every initial constant: people where the masks allow them, other stocks within `STOCK_BOUNDS`."""
    state = {}
    for stock, initial in stocks().items():
        base, _, element = stock.rstrip("]").partition("[")
        if base == "people not working":
            state[initial] = constants()[initial] * rng.uniform(0.2, 3)
        elif base == "people working" and element.startswith("open,"):
            state[initial] = constants()[initial] * rng.uniform(0.3, 1.3)
        elif base == "people working":
            state[initial] = constants()[f"mask[{element}]"] * rng.uniform(0, 60)
        else:
            state[initial] = rng.uniform(*STOCK_BOUNDS[base])
    return state


@cache
def random_states() -> list[dict[str, float]]:
    """States with their time, all four constants of all levers and the uncertain inputs drawn; in every second state every other
    constant that has a range, too. One step of a whole year, so that what flows into a stock is as large as the stock."""
    rng = np.random.default_rng(20261124)
    initial = set(stocks().values())
    every = random_design(model(), N_STATES, seed=1)
    listed = set(model().card.listed_constants())
    assert listed <= set(every.names) and len(every.names) > 250
    found = []
    for i in range(N_STATES):
        drawn = dict(zip(every.names, map(float, every.values[i]), strict=True))
        some = {n: v for n, v in drawn.items() if n in listed or (i % 2 and n not in initial)}
        start = 2000 + rng.integers(0, 20 * 32) / 32
        some |= {"INITIAL TIME": start, "FINAL TIME": start + 1, "TIME STEP": 1, "SAVEPER": 1}
        some |= {"recession start": start + rng.integers(-2, 2), "recession duration": rng.integers(1, 3)}
        found.append(some | random_state(rng))
    return found


@cache
def scenario_values() -> dict[str, dict[str, float]]:
    return {name: load_scenario(name, model()).values for name in scenario_names(model())}


def test_a_state_fills_every_stock_and_every_programme():
    equations = model().equations
    names = {n for n in all_element_names(equations) if equations.variables[name_key(n.split("[")[0])].kind == "stock"}
    assert set(stocks()) == names and len(names) == 24 + 48 + 14
    assert len(set(stocks().values())) == len(names), "every stock has an initial constant of its own"
    state = random_states()[3]
    ours = native(state, stocks())
    assert [float(v) for v in ours.values[0, 0]] == [state[initial] for initial in stocks().values()]
    filled = {
        n.split("[")[1].split(",")[0] for n, v in zip(ours.names, ours.values[0, 0], strict=True) if "g[" in n and v
    }
    assert {"quota", "pps", "se", "sw", "wb"} <= filled


@pytest.mark.slow
@pytest.mark.parametrize("part", range(STATE_PARTS))
def test_every_variable_and_every_change_of_a_stock_is_equal_at_random_states(part):
    wrong = []
    columns = [all_element_names(model().equations).index(name) for name in stocks()]
    for number, state in list(enumerate(random_states()))[part::STATE_PARTS]:
        ours, theirs = run_both(state)
        wrong += [f"state {number}: {line}" for line in differences(ours, theirs, slice(0, 1))]
        # after a step of a year only the stocks are compared: such a step may lead anywhere
        after = [Trajectories(tuple(stocks()), r.times, r.values[..., columns], r.time_step) for r in (ours, theirs)]
        a, b = (r.values[0, 1] for r in after)
        scale = np.maximum(np.abs(b), np.abs(after[1].values[0, 0]))
        wrong += [
            f"state {number}, a step on: '{n}': native {x!r}, PySD {y!r}"
            for n, x, y, s in zip(stocks(), a, b, scale, strict=True)
            if not abs(x - y) <= TOLERANCE * s
        ]
    assert not wrong, f"{len(wrong)} numbers differ, among them\n" + "\n".join(wrong[:20])


@pytest.mark.slow
@pytest.mark.parametrize("name", scenario_names(model()))
def test_every_variable_of_the_first_64_steps_is_equal(name):
    dt = constants()["TIME STEP"]
    end = constants()["INITIAL TIME"] + STEPS * dt
    ours, theirs = run_both({**scenario_values()[name], "FINAL TIME": end, "SAVEPER": dt})
    assert len(ours.times) == STEPS + 1
    wrong = differences(ours, theirs)
    assert not wrong, f"{len(wrong)} numbers differ, among them\n" + "\n".join(wrong[:20])


@pytest.mark.slow
@pytest.mark.parametrize("name", scenario_names(model()))
def test_every_variable_is_equal_with_the_levers_in_force(name):
    dt = constants()["TIME STEP"]
    start, steps = AROUND_2014
    scenario = {**scenario_values()[name], "SAVEPER": dt}
    whole = native(scenario, stocks())
    (at,) = np.flatnonzero(whole.times == start)
    state = dict(zip(stocks().values(), map(float, whole.values[0, at]), strict=True))
    ours, theirs = run_both({**scenario, **state, "INITIAL TIME": start, "FINAL TIME": start + steps * dt})
    columns = [ours.names.index(stock) for stock in whole.names]
    np.testing.assert_array_equal(
        ours.values[0][:, columns],
        whole.values[0, at : at + steps + 1],
        err_msg="a run taken up midway goes on as it was",
    )
    wrong = differences(ours, theirs)
    assert not wrong, f"{len(wrong)} numbers differ, among them\n" + "\n".join(wrong[:20])


def test_levers_are_in_force_in_that_part():
    start, steps = AROUND_2014
    base, *others = ({**scenario_values()[n], "SAVEPER": 1 / 32} for n in scenario_names(model()))
    names = [lever.name for lever in model().card.levers]
    runs = [
        run_native(model().equations, Design(tuple(s), np.array([list(s.values())])), names) for s in (base, *others)
    ]
    (at,) = np.flatnonzero(runs[0].times == start)
    part = np.array([run.values[0, at : at + steps + 1] for run in runs])
    moved = {n for i, n in enumerate(names) if (part[..., i] != part[0, 0, i]).any()}
    assert moved == {n for n in names if any(s.get(f"{n} scenario", 0) != constants()[f"{n} baseline"] for s in others)}


@pytest.mark.parametrize("name", CANCELLATIONS)
def test_a_listed_cancellation_is_a_difference_of_its_terms(name):
    """What stands in the list is in the equation, and the terms do come so near each other that only rounding is left."""
    entry = CANCELLATIONS[name]
    used = {n.split("[")[0] for n in (*entry["terms"], *entry["over"])}
    equation = model().equations.variables[name]
    assert used <= {r.name for e in equation.equations for r in references(e.expression)}
    run = native({})
    left = np.abs(run.values[0, :, run.names.index(name)]) / terms_of(name, run)
    assert 0 < left.max() < 1e-6, "in the baseline it is nothing but rounding and a slow drift"
    assert entry["reason"]


@pytest.mark.parametrize(
    ("constant", "seen_in"),
    [
        ("other exit rate", "exit rate"),
        ("se release time", "se release rate"),
        ("mask[wb,b40]", "placement weight[wb,b40]"),
    ],
)
def test_the_comparison_would_see_a_constant_that_is_off_by_a_millionth(constant, seen_in):
    state = random_states()[0]
    right, wrong = native(state), native(state | {constant: constants()[constant] * (1 + 1e-6)})
    assert differences(right, right) == []
    assert any(f"'{seen_in}'" in line for line in differences(wrong, right, slice(0, 1)))


# ---- Simlin ------------------------------------------------------------------------------------------------------


def on_steps(design: Design) -> Design:
    """The same with every date on a time step."""
    dt, values = constants()["TIME STEP"], design.values.copy()
    for column, name in enumerate(design.names):
        if name.endswith((" year", "recession start", "recession duration")):
            values[:, column] = np.round(values[:, column] / dt) * dt
    return Design(design.names, values)


@cache
def random_designs() -> Design:
    """All levers (value, first year, full year) and all uncertain inputs."""
    return on_steps(random_design(model(), N_DESIGNS, seed=100, names=model().card.listed_constants()))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(DESIGN_PARTS))
def test_every_stock_of_random_designs_agrees_with_simlin(part):
    simlin = pytest.importorskip("simlin")
    design = random_designs()
    assert len(design.names) == 4 * 22 + 11
    ours = run_native(model().equations, design, tuple(stocks()), listed=model().card.listed_constants())
    loaded = simlin.load(str(model().equations.path))
    for row in range(N_DESIGNS)[part::DESIGN_PARTS]:
        run = loaded.simulate(dict(zip(design.names, design.values[row].tolist(), strict=True)))
        run.run_to_end()
        for column, name in enumerate(ours.names):
            theirs, native = np.asarray(run.get_series(name)), ours.values[row, :, column]
            scale = np.maximum(np.abs(theirs), np.abs(theirs).max())
            gap = np.abs(native - theirs)
            assert (gap <= SIMLIN_TOLERANCE * scale).all(), f"'{name}' of design {row} differs by {gap.max():.3g}"


def test_the_random_designs_move_the_stocks():
    """Agreement on runs that are all alike would prove little."""
    ours = run_native(model().equations, random_designs(), tuple(stocks()), listed=model().card.listed_constants())
    spread = ours.values[:, -1].std(axis=0)
    moving = [n for n, s in zip(ours.names, spread, strict=True) if s > 0]
    masked = [n for n in ours.names if n.startswith("people working") and constants()[f"mask{n[14:]}"] == 0]
    assert set(ours.names) - set(moving) == set(masked)
