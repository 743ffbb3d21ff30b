"""The model at rest: initial values that belong to the other constants.

A card's `[equilibrium]` says how a model is brought to rest (drivers frozen, run until nothing moves). The stored initial values
of the .mdl are such a state for the stored parameters; other parameters have another one.

    spin_up      a design -> the same design, each row with its own initial values
    drift        how fast each row moves from where it starts

Both run on the native engine: a row's spin-up costs as much as some tens of runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine import Design, Trajectories, constant_values, run_design
from sdsocec.errors import ProjectError, RunError
from sdsocec.model.card import CARD, Equilibrium
from sdsocec.model.ir import Call, Model, Reference
from sdsocec.model.names import element_name, name_key, split_element_name
from sdsocec.model.project import LoadedModel

Floats = NDArray[np.float64]
AT_REST = 1e-6  # a year, relative: how far a stored equilibrium may move (the study's specification, G5)
NOTICEABLE = 1e-3  # a year, relative: above this a run from the stored table says so
_SETTLED = 1e-10  # a year, relative: the spin-up stops here
_PART = 100  # units of time between two looks at whether a spin-up has settled
_FEW = 16  # runs: so many use the kernel that saves all variables, which a run of scenarios has loaded anyhow


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
    """The card's `[equilibrium]`; ProjectError if it has none."""
    if model.card.equilibrium is None:
        raise ProjectError(
            f"the card of '{model.name}' does not say how it is brought to rest",
            path=model.folder / CARD,
            hint="Add an [equilibrium] section, as in models/social_economy/model.toml.",
        )
    return model.card.equilibrium


def drift(model: LoadedModel, design: Design) -> Drift:
    """How fast each row of a design moves from its initial values when everything is frozen, over one unit of time."""
    rest = at_rest(model)
    initial = _resting(model, rest)
    frozen = _frozen(model, design, rest, 1.0)
    return _drift(_run(model, frozen, tuple(initial)), tuple(initial))


def _drift(found: Trajectories, stocks: tuple[str, ...]) -> Drift:
    values = found.values[:, :, : len(stocks)]
    span = found.times[-1] - found.times[-2]
    before, after = values[:, -2], values[:, -1]
    largest = np.zeros_like(before)
    bases = np.array([split_element_name(name)[0] for name in stocks])
    for base in dict.fromkeys(bases):
        own = bases == base
        largest[:, own] = np.abs(before[:, own]).max(axis=1, keepdims=True)
    scale = np.maximum(np.abs(before), 1e-3 * largest)
    moved = np.abs(after - before)
    return Drift(stocks, np.divide(moved, scale, out=np.zeros_like(moved), where=moved > 0) / span)


def spin_up(model: LoadedModel, design: Design, most: float | None = None) -> Design:
    """Give every row of a design the initial values at which it rests.

    Sums of stocks that the card fixes (all people) are scaled to their constant first; constants that the card calls
    consistent are set to the variable they must equal.

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
    rest = at_rest(model)
    initial = _resting(model, rest)
    stocks, constants = tuple(initial), tuple(initial.values())
    design = _scaled(model, design, rest, initial)
    ends = tuple(c.variable for c in rest.consistent.values())
    left = most if most is not None else rest.duration
    while True:
        part = min(_PART, left)
        found = _run(model, _frozen(model, design, rest, part), (*stocks, *ends))
        left -= part
        values = found.values[:, -1]
        design = _with_columns(design, constants, values[:, : len(stocks)])
        moving = _drift(found, stocks)
        if left <= 0 or moving.per_year.max() <= _SETTLED:
            break
    run = int(moving.per_year.max(axis=1).argmax())
    stock, speed = moving.worst()[run]
    if speed > AT_REST:
        raise RunError(
            f"run {run + 1} does not come to rest in {rest.duration:g} {_time_unit(model)}: '{stock}' still moves by "
            f"{speed:.2g} of itself a {_time_unit(model)}",
            name=stock,
            hint="Some constants have no equilibrium; check the ones that were set.",
        )
    rounded = [np.round(values[:, len(stocks) + i], c.digits) for i, c in enumerate(rest.consistent.values())]
    return _with_columns(design, tuple(rest.consistent), np.array(rounded).T) if rounded else design


def stored_and_found(model: LoadedModel, settings: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Each constant of the stored equilibrium: its value in the .mdl, and the one that belongs to the other constants."""
    values = constant_values(model.equations)
    design = Design.of_rows([dict(settings)], values)
    found = spin_up(model, design)
    rest = at_rest(model)
    wanted = [*_resting(model, rest).values(), *rest.consistent]
    return {name: (values[name], float(found.values[0, found.names.index(name)])) for name in wanted}


def _resting(model: LoadedModel, rest: Equilibrium) -> dict[str, str]:
    apart = {name_key(name) for name in rest.apart}
    return {
        stock: constant
        for stock, constant in initial_constants(model.equations).items()
        if name_key(split_element_name(stock)[0]) not in apart
    }


def _frozen(model: LoadedModel, design: Design, rest: Equilibrium, duration: float) -> Design:
    """The design frozen, over some time, the last unit of it saved."""
    values = constant_values(model.equations)
    start = _column(design, "INITIAL TIME", values)
    names = ("FINAL TIME", "SAVEPER", *rest.set)
    columns = [start + duration, np.full(design.n_runs, min(1.0, duration))]
    columns += [np.full(design.n_runs, value) for value in rest.set.values()]
    return _with_columns(design, names, np.array(columns).T)


def _run(model: LoadedModel, design: Design, outputs: tuple[str, ...]) -> Trajectories:
    found = run_design(
        model.equations, design, outputs=None if design.n_runs <= _FEW else outputs, engine="native",
        listed=constant_values(model.equations),
    ).trajectories  # fmt: skip
    found.require_finite(tuple(f"{run + 1} (brought to rest)" for run in range(design.n_runs)))
    column = {name: i for i, name in enumerate(found.names)}
    return replace(found, names=outputs, values=found.values[:, :, [column[name] for name in outputs]])


def _scaled(model: LoadedModel, design: Design, rest: Equilibrium, initial: Mapping[str, str]) -> Design:
    values = constant_values(model.equations)
    for total, stocks in rest.sums.items():
        wanted = {name_key(stock) for stock in stocks}
        constants = [c for stock, c in initial.items() if name_key(split_element_name(stock)[0]) in wanted]
        cells = np.array([_column(design, name, values) for name in constants]).T
        factor = _column(design, total, values) / cells.sum(axis=1)
        design = _with_columns(design, tuple(constants), cells * factor[:, None])
    return design


def _column(design: Design, name: str, values: Mapping[str, float]) -> Floats:
    if name in design.names:
        return np.asarray(design.values[:, design.names.index(name)], dtype=np.float64)
    return np.full(design.n_runs, values[name])


def _with_columns(design: Design, names: tuple[str, ...], columns: Floats) -> Design:
    """The design with columns set or replaced, shape of `columns` (n_runs, n_names)."""
    kept = [i for i, name in enumerate(design.names) if name not in names]
    values = np.concatenate([design.values[:, kept], columns], axis=1)
    return Design((*(design.names[i] for i in kept), *names), values)


def _time_unit(model: LoadedModel) -> str:
    control = model.equations.variables.get("time step")
    return control.unit if control is not None and control.unit else "unit of time"
