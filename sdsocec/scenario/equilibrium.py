"""The model at rest: initial values that belong to the other constants.

A card's `[equilibrium]` says how a model is brought to rest (drivers frozen, run until nothing moves). The stored initial values
of the .mdl are such a state for the stored parameters; other parameters have another one.

    spin_up      a design -> the same design, each row with its own initial values
    drift        how fast each row moves from where it starts

Both run on the native engine. A row's spin-up costs less than a run (`rest`); where that finds no rest, some tens of runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine import Design, Trajectories, constant_values
from sdsocec.errors import ProjectError, RunError
from sdsocec.model.card import CARD, Equilibrium
from sdsocec.model.ir import Call, Model, Reference
from sdsocec.model.names import element_name, split_element_name
from sdsocec.model.project import LoadedModel

from .rest import SETTLED, RestProblem, Solver, column

Floats = NDArray[np.float64]
AT_REST = 1e-6  # a year, relative: how far a stored equilibrium may move (the study's specification, G5)
NOTICEABLE = 1e-3  # a year, relative: above this a run from the stored table says so
_PART = 100  # units of time between two looks at whether a run to rest has settled


@dataclass(frozen=True)
class Drift:
    """How fast stocks move where everything is frozen.

    Attributes
    ----------
    stocks : tuple of str
        Element names of the stocks that should rest.
    per_year : array, shape (n_runs, n_stocks)
        Largest relative change in a unit of time; relative to the largest element of the stock's variable where that is
        more than a thousand times the element, so that an almost empty cell does not count as the whole.
    """

    stocks: tuple[str, ...]
    per_year: Floats

    def worst(self) -> list[tuple[str, float]]:
        """The stock that moves most, and how fast, of each run."""
        at = self.per_year.argmax(axis=1)
        return [(self.stocks[i], float(self.per_year[run, i])) for run, i in enumerate(at)]


def initial_constants(model: Model) -> dict[str, str]:
    """Stock elements whose initial value is a constant of its own, with that constant's element name."""
    constants = constant_values(model)
    found = {}
    for variable in model.variables.values():
        for equation in variable.equations:
            call = equation.expression
            if not (variable.kind == "stock" and isinstance(call, Call) and isinstance(call.arguments[1], Reference)):
                continue
            initial = call.arguments[1]
            named = model.variables.get(initial.name)
            if named is None:
                continue
            for element in model.equation_elements(equation):
                place = dict(zip(equation.subscripts, element, strict=True))
                keys = [place.get(subscript, subscript) for subscript in initial.subscripts]
                constant = element_name(named.name, tuple(model.shown.get(k, k) for k in keys))
                if constant in constants:
                    found[element_name(variable.name, tuple(model.shown.get(e, e) for e in element))] = constant
    return found


def at_rest(model: LoadedModel) -> Equilibrium:
    """The card's `[equilibrium]`, names as the model writes them; ProjectError if it has none."""
    if model.card.equilibrium is None:
        raise ProjectError(
            f"the card of '{model.name}' does not say how it is brought to rest",
            path=model.folder / CARD,
            hint="Add an [equilibrium] section, as in models/social_economy/model.toml.",
        )
    rest, exact = model.card.equilibrium, model.equations.exact_name
    return rest.model_copy(
        update={
            "set": {exact(name): value for name, value in rest.set.items()},
            "sums": {exact(name): stocks for name, stocks in rest.sums.items()},
            "consistent": {
                exact(name): c.model_copy(update={"variable": exact(c.variable)}) for name, c in rest.consistent.items()
            },
        }
    )


def problem_of(model: LoadedModel) -> RestProblem:
    """What is to rest in a model."""
    return RestProblem.of(model, at_rest(model), initial_constants(model.equations))


def drift(model: LoadedModel, design: Design) -> Drift:
    """How fast each row of a design moves from its initial values when everything is frozen, over one unit of time."""
    problem = problem_of(model)
    return _drift(problem.run(problem.frozen(design, 1.0, 1.0), problem.stocks))


def _drift(found: Trajectories, floor: Floats | float = 0.0) -> Drift:
    span = found.times[-1] - found.times[-2]
    before, after = found.values[:, -2], found.values[:, -1]
    largest = np.zeros_like(before)
    bases = np.array([split_element_name(name)[0] for name in found.names])
    for base in dict.fromkeys(bases):
        own = bases == base
        largest[:, own] = np.abs(before[:, own]).max(axis=1, keepdims=True)
    scale = np.maximum(np.maximum(np.abs(before), 1e-3 * largest), floor)
    moved = np.abs(after - before)
    return Drift(found.names, np.divide(moved, scale, out=np.zeros_like(moved), where=moved > 0) / span)


def computed_at_rest(model: LoadedModel) -> tuple[str, ...]:
    """The constants that a spin-up sets: initial values, and those that must agree with the state."""
    return (*problem_of(model).constants, *at_rest(model).consistent)


def spin_up_each(model: LoadedModel, design: Design, names: Sequence[str]) -> Design:
    """`spin_up` of each row by itself, so that its numbers do not depend, to the last bit, on the rows beside it.

    `names` are the rows' names, for messages.
    """
    parts = []
    for row, name in enumerate(names):
        try:
            parts.append(spin_up(model, design.rows([row])))
        except RunError as error:
            raise RunError([replace(f, what=f.what.replace("run 1 ", f"'{name}' ", 1)) for f in error.faults]) from None
    return Design(parts[0].names, np.concatenate([part.values for part in parts]))


def spin_up(
    model: LoadedModel,
    design: Design,
    *,
    solver: Solver | None = None,
    by_running: bool = False,
    is_rounded: bool = True,
) -> Design:
    """Give every row of a design the initial values at which it rests.

    Sums of stocks that the card fixes (all people) are met; constants that the card calls consistent are set to the variable
    that they must equal. A row is solved for (`rest.Solver`); one that this does not bring to a stable rest near the stored state
    is run until nothing moves.

    Parameters
    ----------
    solver : Solver, optional
        One that has solved rows near these is quicker.
    by_running : bool
        Run all rows until nothing moves.
    is_rounded : bool
        Consistent constants have the card's number of digits, as they are stored. Derivatives need them unrounded.

    Returns
    -------
    Design
        The rows, with columns for the initial values (units as in the .mdl) and the consistent constants.

    Raises
    ------
    ProjectError
        The card does not say how the model is brought to rest.
    RunError
        A row does not come to rest in the card's time, or a number in it is not finite.
    """
    problem = problem_of(model)
    cells = problem.cells(design)
    left = np.arange(design.n_runs)
    if not by_running:
        solved, settled = (solver or Solver(problem))(design)
        cells[settled], left = solved[settled], np.flatnonzero(~settled)
    if left.size:
        cells[left] = _run_to_rest(problem, design.rows(left), cells[left], left)
    design = design.with_columns(problem.constants, cells)
    consistent = problem.rest.consistent
    if not consistent:
        return design
    step = float(column(design, "TIME STEP", constant_values(model.equations))[0])
    variables = tuple(c.variable for c in consistent.values())
    found = problem.run(problem.frozen(design, step, step), variables).values[:, 0]
    if is_rounded:
        found = np.array([np.round(found[:, i], c.digits) for i, c in enumerate(consistent.values())]).T
    return design.with_columns(tuple(consistent), found)


def _run_to_rest(problem: RestProblem, design: Design, cells: Floats, rows: NDArray[np.int64]) -> Floats:
    """Run frozen until nothing moves; `rows` are the rows' numbers, for messages."""
    left = problem.rest.duration
    unit = _time_unit(problem.model)
    floor = 1e-9 * np.abs(cells)  # what has shrunk to this is empty, though it may shrink on for ever
    while True:
        part = min(_PART, left)
        found = problem.run(problem.frozen(design.with_columns(problem.constants, cells), part, 1.0), problem.stocks)
        found.require_finite(tuple(f"{row + 1} (brought to rest)" for row in rows))
        cells, left = found.values[:, -1], left - part
        moving = _drift(found, floor)
        if left <= 0 or moving.per_year.max() <= SETTLED:
            break
    run = int(moving.per_year.max(axis=1).argmax())
    stock, speed = moving.worst()[run]
    if speed > AT_REST:
        raise RunError(
            f"run {rows[run] + 1} does not come to rest in {problem.rest.duration:g} {unit}: '{stock}' still moves by "
            f"{speed:.2g} of itself a {unit}",
            name=stock,
            hint="Some constants have no equilibrium; check the ones that were set.",
        )
    return cells


def stored_and_found(model: LoadedModel, settings: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Each constant of the equilibrium: its value in the .mdl (or as set), and the one that belongs to the other constants."""
    values = constant_values(model.equations)
    found = spin_up(model, Design.of_rows([dict(settings)], values))
    stored = values | dict(settings)
    return {name: (stored[name], float(found.values[0, found.names.index(name)])) for name in computed_at_rest(model)}


def _time_unit(model: LoadedModel) -> str:
    control = model.equations.variables.get("time step")
    return control.unit if control is not None and control.unit else "unit of time"
