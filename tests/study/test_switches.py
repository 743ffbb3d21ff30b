"""Every loop switch of the model: on, the model is the one without it, bit for bit; off, just its link is cut, and outcomes move.

Switches are the model's constants `switch ...`, and the links of a switch are the variables that read it: both come from the
model. What a link is cut from, and what must change downstream, stands in switches.toml.

A link is shown to be cut by disturbing what it comes from, inside the product that the switch multiplies: with the switch at 0
every variable of every scenario keeps its bits, with the switch at 1 they change.

`switch frozen`, 0 in a normal run, is no loop: at 1 it stops the clock of drivers, levers and drift for the spin-up.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import sdsocec
from sdsocec.engine import Design, Trajectories, constant_values, run_native
from sdsocec.model.ir import Call, Expression, LookupCall, Model, Number, Operation, Reference, WithLookup, walk
from sdsocec.model.project import LoadedModel
from sdsocec.model.structure import uses
from sdsocec.scenario import design_of, load_scenario, scenario_names

TABLE = tomllib.loads(Path(__file__).with_name("switches.toml").read_text(encoding="utf-8"))
FROZEN = "switch frozen"
FROZEN_YEAR = 2000
RECESSION = {"recession depth": 0.05, "recession start": 2016.0, "recession duration": 1.5}


@cache
def model() -> LoadedModel:
    return sdsocec.load_model("social_economy")


@cache
def switches() -> tuple[str, ...]:
    return tuple(
        key for key, v in model().equations.variables.items() if v.kind == "constant" and key.startswith("switch ")
    )


@cache
def scenarios() -> Design:
    """All scenarios of the study."""
    return design_of(model(), [load_scenario(name, model()) for name in scenario_names(model())])


def all_variables(equations: Model, settings: dict[str, float] | None = None) -> Trajectories:
    """Every variable in every scenario."""
    settings, design = settings or {}, scenarios()
    values = np.hstack([design.values, np.tile(list(settings.values()), (design.n_runs, 1))])
    return run_native(equations, Design((*design.names, *settings), values))


@cache
def as_it_is() -> Trajectories:
    return all_variables(model().equations)


@cache
def with_switch_turned(switch: str) -> Trajectories:
    return all_variables(model().equations, {switch: 1 - constant_values(model().equations)[switch]})


def column(run: Trajectories, variable: str) -> np.ndarray:
    """All elements of a variable, shape (scenario, time, element)."""
    found = [i for i, name in enumerate(run.names) if name.partition("[")[0].lower() == variable]
    assert found, variable
    return run.values[..., found]


# ---- the model with a switch's product changed ---------------------------------------------------------------------


def rebuilt(expression: Expression, change: Callable[[Expression], Expression | None]) -> Expression:
    """The same tree with the nodes that `change` replaces; it is asked from outside to inside."""
    new = change(expression)
    if new is not None:
        return new
    if isinstance(expression, Operation | Call):
        return replace(expression, arguments=tuple(rebuilt(a, change) for a in expression.arguments))
    if isinstance(expression, LookupCall | WithLookup):
        return replace(expression, argument=rebuilt(expression.argument, change))
    return expression


def changed(equations: Model, key: str, change: Callable[[Expression], Expression | None]) -> Model:
    """The model in which the equations of a variable are changed."""
    variable = equations.variables[key]
    new = tuple(replace(e, expression=rebuilt(e.expression, change)) for e in variable.equations)
    assert new != variable.equations, f"'{key}' does not change"
    return equations.with_variable(key, replace(variable, equations=new))


def factor_place(expression: Expression, switch: str) -> int | None:
    """Where the switch, or 1 - switch, is a factor of this product; None if this is no product with it."""
    if not (isinstance(expression, Operation) and set(expression.operators) <= {"*", "/"}):
        return None
    plain, turned = Reference(switch), Operation(("-",), (Number(1.0), Reference(switch)))
    places = [i for i, argument in enumerate(expression.arguments) if argument in (plain, turned)]
    if not places:
        return None
    (place,) = places
    assert expression.operators[max(place - 1, 0)] == "*", "a switch multiplies, it does not divide"
    return place


def without_factor(expression: Expression, switch: str) -> Expression | None:
    """A product without the switch; the branch of a choice that is taken while the switch is 0."""
    if isinstance(expression, Call) and expression.function == "IF THEN ELSE":
        if expression.arguments[0] == Operation(("=",), (Reference(switch), Number(1.0))):
            return expression.arguments[2]
    place = factor_place(expression, switch)
    if place is None:
        return None
    assert isinstance(expression, Operation)
    kept = expression.arguments[:place] + expression.arguments[place + 1 :]
    operators = expression.operators[: max(place - 1, 0)] + expression.operators[max(place - 1, 0) + 1 :]
    # what else stands in the product may hold another use of the same switch
    assert not any(node == Reference(switch) for argument in kept for node in walk(argument))
    return Operation(operators, kept) if operators else kept[0]


def without(equations: Model, switch: str) -> Model:
    """The model that has no such switch: the factor taken out of every product that it is in."""
    for key in uses(equations, switch):
        equations = changed(equations, key, lambda node: without_factor(node, switch))
    left = {key: variable for key, variable in equations.variables.items() if key != switch}
    bare = replace(equations, variables=left)
    assert not any(Reference(switch) == n for v in left.values() for e in v.equations for n in walk(e.expression))
    return bare


def disturbed(equations: Model, switch: str, link: str, source: str) -> Model:
    """The model in which `link` sees 1.5 x `source` + 0.25, in the product that the switch multiplies and nowhere else."""

    def other(node: Expression) -> Expression | None:
        if isinstance(node, Reference) and node.name == source:
            return Operation(("+",), (Operation(("*",), (node, Number(1.5))), Number(0.25)))
        return None

    def change(node: Expression) -> Expression | None:
        return None if factor_place(node, switch) is None else rebuilt_arguments(node, other)

    return changed(equations, link, change)


def rebuilt_arguments(node: Expression, change: Callable[[Expression], Expression | None]) -> Expression:
    assert isinstance(node, Operation)
    return replace(node, arguments=tuple(rebuilt(argument, change) for argument in node.arguments))


# ---- tests ---------------------------------------------------------------------------------------------------------


def test_the_table_lists_every_switch_and_every_use_of_it():
    assert len(switches()) >= 28
    assert set(TABLE) == set(switches()) - {FROZEN}
    for switch, entry in TABLE.items():
        assert set(entry["links"]) == set(uses(model().equations, switch)), switch
        assert set(entry["becomes"]) <= set(entry["links"]), switch
        assert entry["outcome"] in {o.variable for o in model().card.outcomes}, switch
        assert entry["outcome"].partition("[")[0] not in entry["links"], "an outcome lies downstream of the link"


def test_a_switch_is_0_or_1_and_on_unless_it_freezes():
    constants = constant_values(model().equations)
    assert {s: constants[s] for s in switches()} == {s: float(s != FROZEN) for s in switches()}
    assert {model().ranges[s] for s in switches()} == {(0.0, 1.0)}


@pytest.mark.slow
@pytest.mark.parametrize("switch", switches())
def test_as_it_stands_the_model_is_the_one_without_the_switch_bit_for_bit(switch):
    bare = without(model().equations, switch)
    got = all_variables(bare)
    keep = [i for i, name in enumerate(as_it_is().names) if name != switch]
    assert got.names == tuple(as_it_is().names[i] for i in keep)
    np.testing.assert_array_equal(got.values, as_it_is().values[..., keep])
    # and where constants are folded into the code
    outcomes, listed = [o.variable for o in model().card.outcomes], model().card.listed_constants()
    folded = run_native(bare, scenarios(), outcomes, listed=listed).values
    np.testing.assert_array_equal(folded, as_it_is().values[..., [as_it_is().names.index(o) for o in outcomes]])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("switch", "link", "source"), [(s, k, v) for s, e in TABLE.items() for k, v in e["links"].items()]
)
def test_off_a_link_does_not_see_what_it_is_cut_from(switch, link, source):
    equations = disturbed(model().equations, switch, link, source)
    off = all_variables(equations, {switch: 0})
    np.testing.assert_array_equal(off.values, with_switch_turned(switch).values)
    on = all_variables(equations)
    assert (column(on, link) != column(as_it_is(), link)).any(), "with the switch on the link does see it"


@pytest.mark.parametrize(
    ("switch", "link", "value"), [(s, k, v) for s, e in TABLE.items() for k, v in e["becomes"].items()]
)
def test_off_a_link_with_nothing_else_in_it_is_constant(switch, link, value):
    row = scenario_names(model()).index(TABLE[switch]["scenario"])
    assert (column(with_switch_turned(switch), link) == value).all()
    assert np.ptp(column(as_it_is(), link)[row], axis=0).max() > 0, "with the switch on it varies"


@pytest.mark.parametrize("switch", TABLE)
def test_off_an_outcome_changes(switch):
    entry = TABLE[switch]
    row, names = scenario_names(model()).index(entry["scenario"]), as_it_is().names
    on, off = (run.values[row, :, names.index(entry["outcome"])] for run in (as_it_is(), with_switch_turned(switch)))
    change = (off - on)[np.argmax(np.abs(off - on))] / np.abs(on).max()
    assert (change if entry["off"] == "higher" else -change) >= entry["least"], f"{change:+.4f}"


# ---- the switch that freezes ---------------------------------------------------------------------------------------


@cache
def frozen_in_recession() -> Trajectories:
    return all_variables(model().equations, RECESSION | {FROZEN: 1})


def test_frozen_every_variable_that_reads_the_switch_stands_still():
    """Phases of levers, recession, migration, drift and the change of perceived tightness are 0; the drivers' clock is 2000."""
    readers = set(uses(model().equations, FROZEN))
    assert len(readers) == len(model().card.levers) + 6
    normal = all_variables(model().equations, RECESSION)
    for link in readers - {"drv time", "entry total"}:
        assert (column(frozen_in_recession(), link) == 0).all(), link
        assert column(normal, link).any(), link
    assert (column(frozen_in_recession(), "drv time") == FROZEN_YEAR).all()
    np.testing.assert_array_equal(
        column(frozen_in_recession(), "entry total"), column(frozen_in_recession(), "total exit")
    )


def test_frozen_all_scenarios_are_one_and_people_stay_as_many():
    run = frozen_in_recession()
    levers = {name for name in run.names if name.endswith((" scenario", " year")) or name in RECESSION}
    same = [i for i, name in enumerate(run.names) if name not in levers]
    np.testing.assert_array_equal(
        run.values[..., same], np.broadcast_to(run.values[:1][..., same], run.values[..., same].shape)
    )
    people = column(run, "people")
    assert np.abs(people / people[:, :1] - 1).max() < 1e-10
    moved = column(as_it_is(), "unemployed") / column(run, "unemployed") - 1
    assert np.abs(moved).max(axis=(1, 2)).min() > 0.5, "not frozen, unemployment moves by half in every scenario"
