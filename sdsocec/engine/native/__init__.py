"""The native engine: a model compiled to vector code, many runs at once, bit for bit the same however they are packed.

    vec        operators on vectors, as LLVM text: the only arithmetic
    emit       a layout of nodes -> the functions of a kernel
    machine    text -> object code -> callable
    kernel     compile, keep, and run a kernel

Two kernels serve every sweep of some outcomes: one in which the constants that the card lists vary and the rest is folded, and
one in which any constant may vary. Runs that save all variables share a third, in which any may vary and nothing is folded.

Start with `run_native`. Imports `engine.compiler` and `sdsocec.model`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from sdsocec.model.ir import Model

from ..compiler import constant_values, foldable
from ..design import Design
from ..trajectories import CONTROLS, Clock, Trajectories, check_design
from .kernel import Kernel, Plan, default_threads

__all__ = ["Kernel", "Plan", "kernel_for", "make_plan", "run_native"]


@lru_cache(maxsize=64)
def _kernel(digest: str, plan: Plan, holder: _Holder) -> Kernel:
    return Kernel(holder.model, plan)


class _Holder:
    """Carries a model past the cache's key, which is its digest."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Holder)

    def __hash__(self) -> int:
        return 0


def kernel_for(model: Model, plan: Plan) -> Kernel:
    """The kernel of a model and a plan, compiled at first use."""
    return _kernel(model.digest, plan, _Holder(model))


def make_plan(
    model: Model, design: Design, outputs: Iterable[str] | None, integrator: str, listed: Iterable[str]
) -> Plan:
    """The plan that serves a design: `listed` constants may vary without a new kernel; where all variables are saved, any may."""
    constants = constant_values(model)
    wanted = {name for name in design.names if name.upper() not in CONTROLS}
    varying = set(listed) & set(constants)
    if outputs is None or not wanted <= varying:
        varying = set(constants)
    # Folding may hide that a number is not finite (0 x LN(0)). A run of all variables computes every element anyhow, so it
    # folds nothing and tells; a sweep of a few outcomes folds.
    fixed = (
        {}
        if outputs is None
        else {
            name: value
            for name, value in foldable(constants).items()
            if name not in varying and name.upper() not in CONTROLS
        }
    )
    return Plan(
        varying=tuple(sorted(varying)),
        fixed=tuple(sorted(fixed.items())),
        outputs=None if outputs is None else tuple(outputs),
        integrator=integrator,
    )


def run_native(
    model: Model,
    design: Design,
    outputs: Iterable[str] | None = None,
    integrator: str = "euler",
    listed: Iterable[str] = (),
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    plan: Plan | None = None,
) -> Trajectories:
    """Run a design.

    Parameters
    ----------
    outputs : element names, optional
        What is saved; by default every element of every variable.
    integrator : {"euler", "rk4"}
    listed : element names of constants
        Those that may vary without a new kernel (the card's levers and uncertainties).
    threads : int, optional
        By default one a processor.
    progress : callable, optional
        Told the number of runs done since it was last told.
    plan : Plan, optional
        Overrides `outputs`, `integrator` and `listed`.

    Raises
    ------
    UnsupportedConstruct
        The model has something that is not compiled.
    """
    check_design(constant_values(model), design)
    kernel = kernel_for(model, plan or make_plan(model, design, outputs, integrator, listed))
    kernel.check_controls(design)
    first = kernel.constants(design, slice(0, 1))
    clock = Clock.of(model, kernel.controls(first))
    times = clock.table_times(kernel.plan.integrator)
    values = kernel.run(design, clock.steps, clock.every, times, threads or default_threads(), progress)
    return Trajectories(kernel.shape.outputs, clock.saved, values, clock.dt)
