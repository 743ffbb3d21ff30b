"""Run a model: a design of constants in, trajectories out.

    native        generated vector code, many runs at once. Fast; what it cannot compile it names.
    reference     PySD. Slow and complete: what native is compared with.
    ode           scipy's integrators with error control, restarted where an input jumps or kinks.
    compiler      the passes from equations to scalar nodes, shared by native and ode
    supported     the table of functions and subscript forms

All take a model and a design and return `Trajectories`: float64 in one axis order, (run, saved time, output).

Start with `run_design`, `Design`, `Trajectories`. Imports `sdsocec.model` only; seen by `results` and all above.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from sdsocec.errors import SdsocecError, UnsupportedConstruct
from sdsocec.model.ir import Call, Model, walk

from .compiler import constant_values
from .design import Design
from .native import run_native
from .ode import METHODS, run_ode
from .reference import all_element_names, run_pysd
from .supported import PYSD_DEVIATES
from .trajectories import Trajectories

__all__ = [
    "ENGINES",
    "INTEGRATORS",
    "METHODS",
    "NO_CHANGES",
    "Design",
    "Run",
    "Trajectories",
    "all_element_names",
    "constant_values",
    "run_design",
    "run_native",
    "run_ode",
    "run_pysd",
]

ENGINES = ("auto", "native", "pysd")
FIXED_STEP = ("euler", "rk4")
INTEGRATORS = (*FIXED_STEP, *METHODS)
NO_CHANGES = Design((), np.zeros((1, 0)))


@dataclass(frozen=True)
class Run:
    """What was run, with what.

    `engine` is native or pysd; `notice` says why `auto` did not take native, else it is empty.
    """

    trajectories: Trajectories
    engine: str
    integrator: str
    notice: str = ""


def run_design(
    model: Model,
    design: Design = NO_CHANGES,
    *,
    outputs: Iterable[str] | None = None,
    engine: str = "auto",
    integrator: str = "euler",
    listed: Iterable[str] = (),
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Run:
    """Run every row of a design.

    Parameters
    ----------
    outputs : element names, optional
        What is saved; by default every element of every variable.
    engine : {"auto", "native", "pysd"}
        `auto` is native, and PySD with a notice for a model that native cannot compile.
    integrator : {"euler", "rk4", "RK45", "DOP853", "LSODA", "Radau"}
        The first two keep the model's time step; the others are scipy's, with error control.
    listed : element names of constants
        Those that may vary without new code (native only).
    threads, progress
        See `run_native`.

    Raises
    ------
    UnsupportedConstruct
        The chosen engine or integrator cannot run this model.
    """
    outputs = None if outputs is None else tuple(outputs)
    if engine not in ENGINES:
        raise _no_choice("engine", engine, ENGINES)
    if integrator not in INTEGRATORS:
        raise _no_choice("integrator", integrator, INTEGRATORS)
    notice = ""
    if engine != "pysd":
        try:
            if integrator in METHODS:
                found = run_ode(model, design, outputs, integrator, progress)
            else:
                found = run_native(model, design, outputs, integrator, listed, threads, progress)
            return Run(found, "native", integrator)
        except UnsupportedConstruct as error:
            if engine == "native" or integrator != "euler":
                raise
            fault = replace(error.faults[0], hint="PySD runs it instead; a run takes it seconds to minutes.")
            notice = str(fault) + _known_deviations(model)
    if integrator != "euler":
        raise SdsocecError(
            f"PySD integrates with Euler only, not {integrator}", hint="Leave out --integrator, or --engine pysd."
        )
    found = run_pysd(model, design, outputs, progress)
    return Run(found, "pysd", integrator, notice or _known_deviations(model).strip())


def _known_deviations(model: Model) -> str:
    """A line on functions of the model that PySD reads otherwise than Vensim (tests/conformance/pysd_known_errors.toml)."""
    calls = {
        node.function
        for variable in model.variables.values()
        for equation in variable.equations
        for node in walk(equation.expression)
        if isinstance(node, Call)
    }
    found = sorted(calls & PYSD_DEVIATES.keys())
    return "".join(f"\n  In {name} PySD deviates from Vensim: {PYSD_DEVIATES[name]}." for name in found)


def _no_choice(kind: str, value: str, valid: tuple[str, ...]) -> SdsocecError:
    from sdsocec.errors import nearest_name

    return SdsocecError(
        f"there is no {kind} '{value}'",
        name=value,
        nearest=nearest_name(value, valid),
        hint=f"Valid: {', '.join(valid)}.",
    )
