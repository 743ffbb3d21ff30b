"""Whatever policy does within its ranges, people are conserved and no stock is negative: 10,000 random designs, and the corners.

Every time step is looked at, not only saved ones. Designs run in batches, and only what is looked at is saved, so memory stays
small.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest

import sdsocec
from sdsocec.engine import Design, all_element_names, constant_values, run_design
from sdsocec.model.ir import Call, Model, Number, Operation, references
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.scenario import design_of, load_scenario, random_design, scenario_names

N_DESIGNS, BATCH = 10_000, 100
BOTH_ENDS = ("baseline", "sociaal-ondernemen", "regulier", "publiek-privaat", "publiek")
CONSERVED = 1e-6  # of all people
RECESSION = {"recession depth": 0.06, "recession start": 2012.0, "recession duration": 2.5}
COMES_IN, LEAVES = ("entry total", "migration"), ("total exit",)


@cache
def model() -> LoadedModel:
    return sdsocec.load_model("social_economy")


@cache
def stocks() -> tuple[str, ...]:
    variables = model().equations.variables
    names = all_element_names(model().equations)
    return tuple(n for n in names if variables[name_key(split_element_name(n)[0])].kind == "stock")


@dataclass(frozen=True)
class Found:
    """The worst of some runs: `unbalanced` is the largest error of the people's account, as a part of all people."""

    runs: int
    finite: bool
    lowest: float
    unbalanced: float
    people_changed: float

    def __add__(self, other: Found) -> Found:
        return Found(
            self.runs + other.runs,
            self.finite and other.finite,
            min(self.lowest, other.lowest),
            max(self.unbalanced, other.unbalanced),
            max(self.people_changed, other.people_changed),
        )


def look_at(design: Design, equations: Model | None = None) -> Found:
    """Run a design and measure what must hold at every step.

    people = people at first + dt x sum of (came in - left), step by step as Euler adds them up; `people` is made of the 72
    stocks of people themselves, not of the model's own total.
    """
    constants = constant_values(model().equations)
    dt = constants["TIME STEP"]
    names = (*stocks(), *COMES_IN, *LEAVES, *(o.variable for o in model().card.outcomes if o.variable not in stocks()))
    every_step = Design((*design.names, "SAVEPER"), np.hstack([design.values, np.full((design.n_runs, 1), dt)]))
    run = run_design(equations or model().equations, every_step, outputs=names, listed=constants).trajectories
    assert run.values.shape[1] == round((constants["FINAL TIME"] - constants["INITIAL TIME"]) / dt) + 1

    def sum_of(chosen: tuple[str, ...] | list[str]) -> np.ndarray:
        return run.values[..., [names.index(n) for n in chosen]].sum(axis=-1)

    people = sum_of([n for n in stocks() if n.startswith("people ")])
    net = sum_of(COMES_IN) - sum_of(LEAVES)
    expected = people[:, :1] + dt * np.concatenate([np.zeros((len(net), 1)), np.cumsum(net[:, :-1], axis=1)], axis=1)
    return Found(
        runs=design.n_runs,
        finite=bool(np.isfinite(run.values).all()),
        lowest=float(run.values[..., : len(stocks())].min()),
        unbalanced=float((np.abs(people - expected) / people).max()),
        people_changed=float(np.abs(people / people[:, :1] - 1).max()),
    )


def require_sound(found: Found) -> None:
    assert found.finite, found
    assert found.lowest >= 0, found
    assert found.unbalanced <= CONSERVED, found


def rows(design: Design) -> Iterator[Design]:
    """A design in batches."""
    for start in range(0, design.n_runs, BATCH):
        yield Design(design.names, design.values[start : start + BATCH])


def ends() -> dict[str, tuple[float, float]]:
    """The range of every lever's value."""
    return {f"{lever.name} scenario": model().ranges[f"{lever.name} scenario"] for lever in model().card.levers}


def test_what_is_summed_is_all_people_and_all_their_ways_in_and_out():
    people = [n for n in stocks() if n.startswith("people ")]
    assert len(people) == 72
    outside = {
        f.variable.partition("[")[0] for f in model().card.people_flows if "outside" in (f.from_stock, f.to_stock)
    }
    assert outside == {"entry", "migrant entry", "exit not working", "exit working"}


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_ten_thousand_random_designs_are_sound(part):
    """All levers (value before, value, first year, full year) and all uncertain inputs, evenly within their ranges."""
    names = model().card.listed_constants()
    assert len(names) == 4 * len(model().card.levers) + len(model().card.uncertainties) >= 99
    design = random_design(model(), N_DESIGNS, seed=2020, names=names)
    found = [look_at(batch) for batch in rows(Design(design.names, design.values[part::4]))]
    total = sum(found[1:], start=found[0])
    assert total.runs == N_DESIGNS / 4
    require_sound(total)
    assert total.people_changed > 0.05, "people do come and go, so the account is put to the test"


@pytest.mark.parametrize("end", [0, 1], ids=["low", "high"])
@pytest.mark.parametrize("name", BOTH_ENDS)
def test_every_lever_alone_at_an_end_is_sound(name, end):
    values = load_scenario(name, model()).values
    extremes = [{**values, lever: limits[end]} for lever, limits in ends().items()]
    extremes += [{**one, **RECESSION} for one in extremes]
    require_sound(look_at(Design.of_rows(extremes, constant_values(model().equations))))


@pytest.mark.parametrize("end", [0, 1], ids=["low", "high"])
def test_all_levers_together_at_an_end_are_sound(end):
    """From the first day that policy can move, at each end of every uncertain input, and in every scenario's years."""
    together = {lever: limits[end] for lever, limits in ends().items()}
    at_once = {f"{lever.name} {part}": 2010.5 for lever in model().card.levers for part in ("from year", "full year")}
    uncertain = [{u.name: model().ranges[u.name][i] for u in model().card.uncertainties} for i in (0, 1)]
    extremes = [{**together, **at_once, **settings} for settings in ({}, RECESSION, *uncertain)]
    extremes += [{**load_scenario(name, model()).values, **together} for name in scenario_names(model())]
    require_sound(look_at(Design.of_rows(extremes, constant_values(model().equations))))


def test_a_negative_stock_would_be_seen():
    design = design_of(model(), [load_scenario("baseline", model())])
    below = look_at(Design((*design.names, "initial stimulus fund"), np.hstack([design.values, [[-1.0]]])))
    assert look_at(design).lowest >= 0 > below.lowest


def leaking(flow: str) -> Iterator[Model]:
    """The model with the flow taken out of one equation of a stock of people, for each that has it."""
    equations = model().equations
    for key, variable in equations.variables.items():
        for number, equation in enumerate(variable.equations if key.startswith("people ") else ()):
            call = equation.expression
            if not (isinstance(call, Call) and call.function == "INTEG" and isinstance(call.arguments[0], Operation)):
                continue
            flows = call.arguments[0]
            left = tuple(Number(0.0) if any(r.name == flow for r in references(a)) else a for a in flows.arguments)
            if left != flows.arguments:
                cut = replace(call, arguments=(replace(flows, arguments=left), call.arguments[1]))
                new = list(variable.equations)
                new[number] = replace(equation, expression=cut)
                yield equations.with_variable(key, replace(variable, equations=tuple(new)))


@pytest.mark.parametrize("flow", ["entry", "hire", "separation", "exit working", "wb direct"])
def test_a_leak_would_be_seen(flow):
    design = design_of(model(), [load_scenario("publiek", model())])
    assert look_at(design).unbalanced < 1e-11, "rounding only: five digits below what is asked for"
    assert any(look_at(design, damaged).unbalanced > CONSERVED for damaged in leaking(flow))
