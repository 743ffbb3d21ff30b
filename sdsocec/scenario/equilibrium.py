"""The model at rest: initial values that belong to the other constants.

A card's `[equilibrium]` says how a model is brought to rest (drivers frozen, run until nothing moves). The stored initial values
of the .mdl are such a state for the stored parameters; other parameters have another one.

    spin_up      a design -> the same design, each row with its own initial values
    find_rest    the same, for rows of which some may have no equilibrium
    acts_on_rest which constants an equilibrium depends on
    drift        how fast each row moves from where it starts

Both run on the native engine. A row's spin-up costs less than a run (`rest`); where that finds no rest, some tens of runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine import Design, Trajectories, constant_values
from sdsocec.engine.compiler import constants_behind
from sdsocec.errors import Fault, ProjectError, RunError
from sdsocec.model.card import CARD, Equilibrium
from sdsocec.model.ir import Call, Model, Reference
from sdsocec.model.names import element_name, split_element_name
from sdsocec.model.project import LoadedModel

from .rest import SETTLED, RestProblem, Solver, column

Floats = NDArray[np.float64]
AT_REST = 1e-6  # a year, relative: how far a stored equilibrium may move (the study's specification, G5)
_STAYS = 1e-5  # a year, relative to what a stock holds, or a thousandth of what it held: how far one at rest may move
NOTICEABLE = 1e-3  # a year, relative: above this a run from the stored table says so
_CHECK_CONSTANTS = "Some constants have no equilibrium; check the ones that were set."
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


class _Held:
    """Carries a model past the cache's key."""

    def __init__(self, model: LoadedModel) -> None:
        self.model = model

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


def acts_on_rest(model: LoadedModel, changed: Iterable[str]) -> frozenset[str]:
    """Those of some constants on which an equilibrium may depend, whatever their values; no other one of them moves any row's.

    Read from the equations of the frozen model, all other constants as the .mdl has them: what is multiplied by 0 there, or
    stands in a branch that is not taken, acts on nothing. So a lever that a run's start does not feel is not among them if the
    model's switch for freezing stops it.
    """
    changed = frozenset(changed)
    found = changed & _acting(model.equations.digest, at_rest(model).model_dump_json(), None, _Held(model))
    if found:  # some act in some rows of constants; do they in rows in which nothing else changes?
        found &= _acting(model.equations.digest, at_rest(model).model_dump_json(), changed, _Held(model))
    return found


@lru_cache(maxsize=64)
def _acting(digest: str, rest_as_text: str, changed: frozenset[str] | None, held: _Held) -> frozenset[str]:
    """The constants behind the rest where only `changed` (by default all) are free."""
    model, problem = held.model, problem_of(held.model)
    rest = problem.rest
    fixed: dict[str, float] = {}
    if changed is not None:
        free = {*changed, *problem.constants, *rest.consistent}
        fixed = {name: value for name, value in constant_values(model.equations).items() if name not in free}
    wanted = (*problem.stocks, *(c.variable for c in rest.consistent.values()))
    return constants_behind(model.equations, wanted, fixed | rest.set) | set(rest.sums)


def spin_up_each(model: LoadedModel, design: Design, names: Sequence[str]) -> Design:
    """`spin_up` of each row by itself, so that its numbers do not depend, to the last bit, on the rows beside it.

    `names` are the rows' names, for messages.
    """
    parts = []
    for row, name in enumerate(names):
        found = find_rest(model, design.rows([row]))
        if found.design is None:
            raise RunError(replace(found.faults[0], what=f"'{name}' {found.faults[0].what}"))
        parts.append(found.design)
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
    found = find_rest(model, design, solver=solver, by_running=by_running, is_rounded=is_rounded)
    if found.design is None or found.faults:
        row = min(found.faults)
        raise RunError(replace(found.faults[row], what=f"run {row + 1} {found.faults[row].what}"))
    return found.design


@dataclass(frozen=True)
class Rested:
    """The rows of a design that have an equilibrium.

    Attributes
    ----------
    design : Design or None
        Those rows, as `spin_up` gives them; None if there are none.
    is_at_rest : array of bool, shape (n_runs,)
        Which of the rows they are.
    faults : dict
        By number of the others, what they do instead: a sentence without its subject.
    """

    design: Design | None
    is_at_rest: NDArray[np.bool_]
    faults: Mapping[int, Fault]


def find_rest(
    model: LoadedModel,
    design: Design,
    *,
    solver: Solver | None = None,
    by_running: bool = False,
    is_rounded: bool = True,
) -> Rested:
    """`spin_up` of rows of which some may have no equilibrium."""
    problem = problem_of(model)
    cells = problem.cells(design)
    left = np.arange(design.n_runs)
    faults: dict[int, Fault] = {}
    if not by_running:
        solved, settled = (solver or Solver(problem, acts_on_rest(model, design.names)))(design)
        cells[settled], left = solved[settled], np.flatnonzero(~settled)
    if left.size:
        cells[left], of_left = _run_to_rest(problem, design.rows(left), cells[left])
        faults = {int(left[row]): fault for row, fault in of_left.items()}
    rows = np.array([row for row in range(design.n_runs) if row not in faults], dtype=np.int64)
    if rows.size:
        faults |= {
            int(rows[row]): fault for row, fault in _not_at_rest(problem, design.rows(rows), cells[rows]).items()
        }
    rows = np.array([row for row in range(design.n_runs) if row not in faults], dtype=np.int64)
    if rows.size and problem.rest.consistent:
        agreed, unknown = _agreed(problem, design.rows(rows).with_columns(problem.constants, cells[rows]), is_rounded)
        faults |= {int(rows[row]): fault for row, fault in unknown.items()}
        names, columns = (*problem.constants, *problem.rest.consistent), np.hstack([cells[rows], agreed])
    else:
        names, columns = problem.constants, cells[rows]
    is_at_rest = np.array([row not in faults for row in range(design.n_runs)])
    kept = is_at_rest[rows]
    found = design.rows(rows[kept]).with_columns(names, columns[kept]) if kept.any() else None
    return Rested(found, is_at_rest, faults)


def _agreed(problem: RestProblem, design: Design, is_rounded: bool) -> tuple[Floats, dict[int, Fault]]:
    """The constants that must agree with the state, shape (n_runs, n_consistent), and the rows in which one is no number."""
    consistent = problem.rest.consistent
    step = float(column(design, "TIME STEP", constant_values(problem.model.equations))[0])
    variables = tuple(c.variable for c in consistent.values())
    found = problem.run(problem.frozen(design, step, step), variables).values[:, 0]
    if is_rounded:
        found = np.array([np.round(found[:, i], c.digits) for i, c in enumerate(consistent.values())]).T
    faults: dict[int, Fault] = {}
    for row, i in np.argwhere(~np.isfinite(found)):
        what = f"has no equilibrium: '{variables[i]}' is {found[row, i]} there"
        faults.setdefault(int(row), Fault(what, name=variables[i], hint=_CHECK_CONSTANTS))
    return found, faults


def _run_to_rest(problem: RestProblem, design: Design, cells: Floats) -> tuple[Floats, dict[int, Fault]]:
    """Run frozen until nothing moves; also what the rows do that do not come to rest."""
    left = problem.rest.duration
    unit = _time_unit(problem.model)
    floor = 1e-9 * np.abs(cells)  # what has shrunk to this is empty, though it may shrink on for ever
    faults: dict[int, Fault] = {}
    rows, cells = np.arange(design.n_runs), cells.copy()
    while True:
        part = min(_PART, left)
        start = design.rows(rows).with_columns(problem.constants, cells[rows])
        found = problem.run(problem.frozen(start, part, 1.0), problem.stocks)
        known = found.is_finite
        faults |= {int(rows[i]): _not_finite(found, int(i)) for i in np.flatnonzero(~known)}
        rows, found = rows[known], replace(found, values=found.values[known])
        if not rows.size:
            return cells, faults
        cells[rows], left = found.values[:, -1], left - part
        moving = _drift(found, floor[rows])
        if left <= 0 or moving.per_year.max() <= SETTLED:
            break
    for row, (stock, speed) in zip(rows, moving.worst(), strict=True):
        if speed > AT_REST:
            what = (
                f"does not come to rest in {problem.rest.duration:g} {unit}: '{stock}' still moves by {speed:.2g} of itself "
                f"a {unit}"
            )
            faults[int(row)] = Fault(what, name=stock, hint=_CHECK_CONSTANTS)
    return cells, faults


def _not_at_rest(problem: RestProblem, design: Design, cells: Floats) -> dict[int, Fault]:
    """The rows whose stocks move from where they rest: something that does not rest, and starts as it likes, acts on them."""
    start = design.with_columns(problem.constants, cells)
    moving = _drift(problem.run(problem.frozen(start, 1.0, 1.0), problem.stocks), 1e-3 * np.abs(problem.cells(design)))
    unit, hint = _time_unit(problem.model), (
        "Write the initial value of every stock that acts on it as a constant of its own; a SMOOTH or DELAY starts at its input."
    )  # fmt: skip
    return {
        row: Fault(f"does not stay at rest: '{stock}' moves by {speed:.2g} of itself a {unit}", name=stock, hint=hint)
        for row, (stock, speed) in enumerate(moving.worst())
        if not speed <= _STAYS
    }


def _not_finite(found: Trajectories, run: int) -> Fault:
    time, stock = (int(i) for i in np.argwhere(~np.isfinite(found.values[run]))[0])
    name = found.names[stock]
    what = (
        f"is not finite on its way to rest: '{name}' is {found.values[run, time, stock]} at time {found.times[time]:g}"
    )
    hint = f'Look for a division by zero, LN of zero or EXP of a large number: sdsocec model causes "{name}"'
    return Fault(what, name=name, hint=hint)


def stored_and_found(model: LoadedModel, settings: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Each constant of the equilibrium: its value in the .mdl (or as set), and the one that belongs to the other constants."""
    values = constant_values(model.equations)
    found = spin_up(model, Design.of_rows([dict(settings)], values))
    stored = values | dict(settings)
    return {name: (stored[name], float(found.values[0, found.names.index(name)])) for name in computed_at_rest(model)}


def _time_unit(model: LoadedModel) -> str:
    control = model.equations.variables.get("time step")
    return control.unit if control is not None and control.unit else "unit of time"
