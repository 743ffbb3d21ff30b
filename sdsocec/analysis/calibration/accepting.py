"""The values of a calibration written into the .mdl, with the equilibrium that belongs to them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sdsocec.engine import Design, constant_values
from sdsocec.errors import ProjectError, RunError
from sdsocec.model.project import LoadedModel, load_model
from sdsocec.model.rewriting import replace_content, with_values, write_values
from sdsocec.model.source import read_bytes
from sdsocec.scenario.equilibrium import AT_REST, computed_at_rest, drift, spin_up

from .intervals import on_bounds
from .problem import Problem, problem_for
from .search import Fit, held_weak

DIGITS = 3  # of the half width of an interval, the others known: so far an accepted value is written
NEAR = 1e-6  # of a chi-square: the file that was written gives the same


@dataclass(frozen=True)
class Accepted:
    """What a calibration writes into a .mdl.

    Attributes
    ----------
    values : mapping
        The parameters that move what was observed, rounded far within their intervals; the others keep their values of the .mdl.
    equilibrium : mapping
        The initial values, and what must agree with them, that belong to these values.
    chi2 : float
        Of the fit with these values.
    fault : str
        Why there is no equilibrium, if there is none.
    """

    values: dict[str, float]
    equilibrium: dict[str, float]
    chi2: float
    fault: str = ""


def rounded(value: float, half: float, digits: int) -> tuple[float, int]:
    """A value with so many digits of a half width, and how many decimals those are (below zero: tens, hundreds).

    >>> rounded(0.52281, 0.0761, 2), rounded(7743.9, 120.0, 2)
    ((0.523, 3), (7740.0, -1))
    """
    decimals = digits - 1 - math.floor(math.log10(half))
    return round(value, decimals), decimals


def accepted(fit: Fit) -> Accepted:
    """What `accept` writes."""
    problem, best = held_weak(fit)
    alone = {one.name: one.alone for one in fit.intervals}
    sides = on_bounds(best.scaled)
    values = {}
    for i, name in enumerate(problem.free):
        low, high, value = float(problem.lower[i]), float(problem.upper[i]), float(problem.values(best.scaled)[i])
        if sides[i]:
            values[name] = low if sides[i] == "lower" else high
        else:
            value, _ = rounded(value, alone[name] * (high - low), DIGITS)
            values[name] = min(max(value, low), high)
    at = problem.holding(values)
    chi2 = float((at.residuals(at.start, at.solver())[0] ** 2).sum())
    model = problem.undriven or problem.model
    if model.card.equilibrium is None:
        return Accepted(values, {}, chi2)
    row = Design.of_rows([{**problem.settings, **values}], constant_values(model.equations))
    try:
        found = spin_up(model, row)
    except RunError as error:
        return Accepted(values, {}, chi2, str(error))
    equilibrium = {name: float(found.values[0, found.names.index(name)]) for name in computed_at_rest(model)}
    return Accepted(values, equilibrium, chi2)


def require_acceptable(problem: Problem) -> None:
    """Refuse what `accept` could not write, before anything is searched.

    Raises ProjectError or ModelError.
    """
    by_hand = (
        "Calibrate without --accept, and write the values of best.cin into the .mdl by hand; then: "
        "sdsocec equilibrium --write"
    )
    if problem.replaced:
        what = "the values belong to a model in which the record replaces equations, so they are not accepted into the .mdl"
        raise ProjectError(what, name=problem.replaced[0], hint=by_hand)
    if problem.settings:
        what = f"the values belong to other constants than those of the .mdl ({', '.join(problem.settings)})"
        raise ProjectError(what, name=next(iter(problem.settings)), hint=f"Set them in the .mdl first. Or: {by_hand}")
    equations, stored = problem.model.equations, constant_values(problem.model.equations)
    names = [*problem.free, *(computed_at_rest(problem.model) if problem.model.card.equilibrium is not None else ())]
    # no two alike: one number that stands for several elements cannot be written
    with_values(equations, {name: stored[name] + 1.0 + i for i, name in enumerate(names)})
    replace_content(equations.path, read_bytes(equations.path))


def accept(fit: Fit, wanted: Accepted) -> dict[str, float]:
    """Write the values and their equilibrium into the model's file; nothing else changes in it.

    The file is read again; if it does not give the same fit, it gets its old content back.

    Returns what was written. Raises ProjectError if the file cannot be written or does not give the same fit.
    """
    model = fit.problem.model
    if wanted.fault:
        raise ProjectError(f"the values were not accepted: {wanted.fault}", path=model.equations.path)
    before = read_bytes(model.equations.path)
    values = wanted.values | wanted.equilibrium
    write_values(model.equations, values)
    try:
        fault = _fault(fit, wanted, load_model(model.equations.path, model.project))
    except BaseException:
        replace_content(model.equations.path, before)
        raise
    if fault:
        replace_content(model.equations.path, before)
        raise ProjectError(f"the values were not accepted: {fault}; the file is as it was", path=model.equations.path)
    return values


def _fault(fit: Fit, wanted: Accepted, model: LoadedModel) -> str:
    problem = problem_for(model, free=fit.problem.free, series=[s.name for s in fit.problem.series])
    chi2 = float((problem.residuals(problem.scaled(problem.start), problem.solver())[0] ** 2).sum())
    if not abs(chi2 - wanted.chi2) <= NEAR * max(1.0, wanted.chi2):
        return f"with them the .mdl gives a chi-square of {chi2:.6g}, the calibration {wanted.chi2:.6g}"
    if model.card.equilibrium is not None:
        stock, speed = drift(model, Design.of_rows([{}], constant_values(model.equations))).worst()[0]
        if speed > AT_REST:
            return f"with them '{stock}' moves by {speed:.1e} of itself a year at rest"
    return ""
