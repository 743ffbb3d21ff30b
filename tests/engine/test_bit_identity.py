"""A run's numbers do not depend on how it was run: one list of ways to run it, each bit for bit the same."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sdsocec
from sdsocec.engine import Design, constant_values, run_native
from sdsocec.engine.native import make_plan
from sdsocec.model.ir import CONTROLS
from sdsocec.model.project import LoadedModel
from sdsocec.scenario import random_design

N_RUNS = 600  # three chunks, the last one not full
SOME = (0, 1, 255, 256, 257, 598, 599)  # runs at the edges of chunks and blocks
PATHS = {
    "first_steps": "first_steps",
    "age_sir": Path(__file__).parents[1] / "models" / "age_sir.mdl",
}


@dataclass(frozen=True)
class Case:
    """A model, a design that sets some of its constants, a few outputs, and their values the plain way."""

    model: LoadedModel
    design: Design
    outputs: tuple[str, ...]
    expected: np.ndarray

    def run(self, rows=slice(None), **arguments) -> np.ndarray:
        arguments = {"outputs": self.outputs, "listed": self.design.names} | arguments
        chosen = Design(self.design.names, self.design.values[rows])
        return run_native(self.model.equations, chosen, **arguments).values

    def planned(self, rows=SOME, **changes) -> np.ndarray:
        plan = make_plan(self.model.equations, self.design, self.outputs, "euler", self.design.names)
        return self.run(list(rows), plan=replace(plan, **changes))


@cache
def case(name: str) -> Case:
    model = sdsocec.load_model(PATHS[name])
    if model.card.uncertainties:
        names = [
            *(f"{lever.name} scenario" for lever in model.card.levers),
            *(u.name for u in model.card.uncertainties),
        ]
    else:
        names = ["duration[adult]", "contact[child,adult]", "doses", "vaccination start"]
    design = random_design(model, N_RUNS, seed=7, names=names)
    stocks = [v.name for v in model.equations.variables.values() if v.kind == "stock"]
    outputs = tuple(n for n in sdsocec.engine.all_element_names(model.equations) if n.split("[")[0] in stocks)
    found = run_native(model.equations, design, outputs, listed=design.names, threads=1)
    found.require_finite(tuple(map(str, range(N_RUNS))))
    return Case(model, design, outputs, found.values)


def columns(name: str, outputs: tuple[str, ...] | None, **arguments) -> np.ndarray:
    """SOME runs with other outputs asked for, cut to those of the case that are among them."""
    it = case(name)
    model, chosen = it.model.equations, Design(it.design.names, it.design.values[list(SOME)])
    found = run_native(model, chosen, outputs, listed=it.design.names, **arguments)
    return found.values[:, :, [found.names.index(n) for n in it.outputs if n in found.names]]


def shuffled(it: Case) -> np.ndarray:
    order = np.random.default_rng(1).permutation(N_RUNS)
    back = np.empty_like(it.expected)
    back[order] = it.run(order)
    return back


def with_varying(it: Case, names) -> np.ndarray:
    return it.run(list(SOME), listed=tuple(names))


def free_constants(it: Case) -> list[str]:
    return [n for n in constant_values(it.model.equations) if n.lower() not in CONTROLS]


# Each way to run gives (the runs that it ran, their values); the runs are rows of the case's design.
Way = Callable[[Case], tuple[tuple[int, ...] | slice, np.ndarray]]
ALL = slice(None)
WAYS: dict[str, Way] = {
    **{f"width {w}": lambda it, w=w: (SOME, it.planned(width=w)) for w in (1, 2, 4, 8, 16)},
    **{f"optimisation {o}": lambda it, o=o: (SOME, it.planned(optimisation=o)) for o in (0, 1, 2, 3)},
    **{
        f"width {w}, optimisation {o}": lambda it, w=w, o=o: (SOME, it.planned(width=w, optimisation=o))
        for w, o in ((1, 3), (16, 0))
    },
    **{
        f"without {p}": lambda it, p=p: (
            SOME,
            it.planned(passes=tuple(q for q in ("fold", "prune", "hoist") if q != p)),
        )
        for p in ("fold", "prune", "hoist")
    },
    "without any pass": lambda it: (SOME, it.planned(passes=())),
    **{f"{t} threads": lambda it, t=t: (ALL, it.run(threads=t)) for t in (1, 2, 4)},
    "one at a time": lambda it: (SOME, np.concatenate([it.run([row]) for row in SOME])),
    **{f"the first {n}": lambda it, n=n: (slice(0, n), it.run(slice(0, n))) for n in (2, 3, 5, 255, 256, 257)},
    "in reverse": lambda it: (ALL, it.run(slice(None, None, -1))[::-1]),
    "shuffled": lambda it: (ALL, shuffled(it)),
    "every constant may vary": lambda it: (SOME, with_varying(it, free_constants(it))),
    "the card's constants may vary": lambda it: (SOME, with_varying(it, it.model.card.listed_constants())),
    "only those set may vary": lambda it: (SOME, with_varying(it, it.design.names)),
    "all constants set, to what they are": lambda it: (SOME, set_all(it)),
}


def set_all(it: Case) -> np.ndarray:
    """The same runs as a design with a column for every constant."""
    rest = {n: v for n, v in constant_values(it.model.equations).items() if n not in it.design.names}
    values = it.design.values[list(SOME)]
    values = np.hstack([values, np.tile(list(rest.values()), (len(SOME), 1))])
    return run_native(it.model.equations, Design((*it.design.names, *rest), values), it.outputs).values


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", PATHS)
def test_a_run_is_bit_identical_however_it_is_run(name, way):
    it = case(name)
    rows, values = WAYS[way](it)
    expected = it.expected[list(rows) if isinstance(rows, tuple) else rows]
    assert values.shape == expected.shape
    assert values.tobytes() == expected.tobytes(), worst_deviation(it, values, expected)


def worst_deviation(it: Case, values: np.ndarray, expected: np.ndarray) -> str:
    with np.errstate(all="ignore"):
        gap = np.abs(values - expected)
    worst = int(np.nanargmax(gap.max(axis=(0, 1))))
    return f"{np.count_nonzero(gap)} numbers differ, most in '{it.outputs[worst]}', by {np.nanmax(gap):.3g}"


@pytest.mark.parametrize("which", ["two outputs", "all outputs"])
@pytest.mark.parametrize("name", PATHS)
def test_the_outputs_asked_for_do_not_change_a_bit(name, which):
    it = case(name)
    outputs = it.outputs[1:3] if which == "two outputs" else None
    kept = [i for i, n in enumerate(it.outputs) if outputs is None or n in outputs]
    assert columns(name, outputs).tobytes() == it.expected[list(SOME)][:, :, kept].tobytes()


IN_A_PROCESS = """
import sys
import tracemalloc
import numpy as np
import sdsocec
from sdsocec.engine import Design, run_native

path, names, outputs, values, out = sys.argv[1:]
model = sdsocec.load_model(path)
design = Design(tuple(names.split("|")), np.load(values))
np.save(out, run_native(model.equations, design, tuple(outputs.split("|")), listed=design.names).values)
"""


@pytest.mark.parametrize("name", PATHS)
def test_another_process_gives_the_same_bits_with_a_cold_and_a_warm_cache(name, tmp_path, monkeypatch):
    it = case(name)
    monkeypatch.setenv("SDSOCEC_CACHE", str(tmp_path / "cache"))
    np.save(tmp_path / "values.npy", it.design.values[list(SOME)])
    entries = []
    for turn in ("cold", "warm"):
        arguments = [str(PATHS[name]), "|".join(it.design.names), "|".join(it.outputs)]
        files = [str(tmp_path / "values.npy"), str(tmp_path / f"{turn}.npy")]
        subprocess.run([sys.executable, "-c", IN_A_PROCESS, *arguments, *files], check=True, cwd=tmp_path)
        assert np.load(tmp_path / f"{turn}.npy").tobytes() == it.expected[list(SOME)].tobytes()
        entries.append({p: p.stat().st_mtime_ns for p in (tmp_path / "cache").rglob("*") if p.is_file()})
    assert {path.parent.name for path in entries[0]} == {"models", "kernels"}
    assert entries[0] == entries[1], "the second process took the first one's entries"


@pytest.mark.parametrize("name", PATHS)
def test_any_set_of_varying_constants_gives_the_same_bits(name):
    it = case(name)
    others = [n for n in free_constants(it) if n not in it.design.names]

    @settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.sets(st.sampled_from(others)))
    def law(varying):
        values = with_varying(it, sorted({*it.design.names, *varying}))
        assert values.tobytes() == it.expected[list(SOME)].tobytes()

    law()


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
@pytest.mark.parametrize("power", ["x ^ (1 + p)", "x ^ p", "POWER(x + 1, p)", "x ^ (0 - p)"])
def test_a_power_has_the_same_bits_whether_or_not_its_exponent_may_vary(tmp_path, power, integrator):
    path = tmp_path / "power.mdl"
    path.write_text(
        f"{{UTF-8}}\nx = INTEG(0.03 * {power}, start)~~|\np = 1~~|\nstart = 1~~|\n"
        "INITIAL TIME = 0~~|\nFINAL TIME = 8~~|\nTIME STEP = 0.125~~|\nSAVEPER = 0.125~~|\n"
    )
    model = sdsocec.load_model(path).equations
    design = Design(("start",), np.linspace(0.1, 3, 64)[:, None])
    still = run_native(model, design, ("x",), integrator, listed=["start"])
    moving = run_native(model, design, ("x",), integrator, listed=["start", "p"])
    assert still.values.tobytes() == moving.values.tobytes()


def test_memory_goes_with_the_result_not_with_the_size_of_a_chunk(tmp_path):
    path = tmp_path / "long.mdl"
    equations = "\n".join(f"x{i} = Time + {i} ~~|" for i in range(50))
    path.write_text(
        f"{{UTF-8}}\n{equations}\nINITIAL TIME = 0 ~~|\nFINAL TIME = 20000 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"
    )
    model = sdsocec.load_model(path).equations
    run_native(model, Design((), np.zeros((1, 0))), ("x0",))
    tracemalloc.start()
    try:
        found = run_native(model, Design((), np.zeros((1, 0))))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * found.values.nbytes, f"{peak / 1e6:,.0f} MB for a result of {found.values.nbytes / 1e6:,.0f} MB"


FOLDABLE = [
    *(f"{a} {op} {b}" for op in "+-*" for a, b in (("x", "{}"), ("{}", "x"), ("{}", "{}"))),
    *("x / one", "zero / x", "one / x", "MIN(5, x / zero)", "MAX(zero, 3 / (x + zero))", "zero / one"),
    *(f"{f}({a}, {b})" for f in ("MIN", "MAX") for a, b in (("x - 3", "{}"), ("{}", "x - 3"), ("{}", "one"))),
    *(
        "IF THEN ELSE({} = one, x, 2 * x)",
        "IF THEN ELSE(x > 3 :AND: {} = one, x, 7)",
        "IF THEN ELSE(x > 3 :OR: {}, x, 7)",
    ),
    *("IF THEN ELSE(:NOT: {}, x, 7)", "IF THEN ELSE({} <> one, x, 7)", "IF THEN ELSE({} <= x - 3, x, 7)", "x ^ {}"),
    *("ABS(- {})", "({} < one) + ({} >= one) * 2", "EXP({}) * x", "LN(one + {} * x)", "({} - x) * {} + {} / x", "- {}"),
]


def test_folding_zeros_and_ones_changes_no_bit(tmp_path):
    equations = [text.format(*[flag] * text.count("{}")) for text in FOLDABLE for flag in ("zero", "one")]
    names = tuple(f"y{i}" for i in range(len(equations)))
    path = tmp_path / "flags.mdl"
    lines = [f"{n} = {e} ~~|" for n, e in zip(names, equations, strict=True)]
    lines += [f"s{i} = INTEG({n}, {('zero', 'one', '0.3')[i % 3]}) ~~|" for i, n in enumerate(names)]
    path.write_text(
        "{UTF-8}\n" + "\n".join(lines) + "\nx = start + 0.37 * Time ~~|\nstart = 0.123 ~~|\nzero = 0 ~~|\none = 1 ~~|\n"
        "INITIAL TIME = 0 ~~|\nFINAL TIME = 12 ~~|\nTIME STEP = 0.5 ~~|\nSAVEPER = 0.5 ~~|\n"
    )
    model = sdsocec.load_model(path).equations
    design = Design(("start",), np.array([[0.123], [2.9], [3.0]]))
    outputs = (*names, *(f"s{i}" for i in range(len(names))))
    plan = make_plan(model, design, outputs, "euler", ["start"])
    assert {name for name, _ in plan.fixed} == {"zero", "one"}
    folded = run_native(model, design, plan=plan).values
    plain = run_native(model, design, plan=replace(plan, passes=("prune", "hoist"))).values
    assert np.isfinite(plain).all()
    wrong = {outputs[i] for i in np.flatnonzero((folded != plain).any(axis=(0, 1)))}
    assert {e for n, e in zip(names, equations, strict=True) if n in wrong} == set()
    assert folded.tobytes() == plain.tobytes()
