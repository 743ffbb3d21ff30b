"""From equations to a layout of scalar nodes, pass by pass; each pass is a function, a file, and keeps every number.

    expand      equations over subscripts -> one graph of element equations
    prune       drop what no requested output needs
    fold        let fixed zeros and ones disappear
    switches    (for scipy) find where inputs jump or kink with Time
    classify    find what is computed once per run, once per step, or in every lane

The passes never rearrange a sum or a product: numbers come out as the modeller wrote them, whichever constants a design
varies and whichever outputs it asks for.

Start with `compile_layout`, `Program`, `Layout`. Imports `sdsocec.model` only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sdsocec.model.ir import Model

from ..trajectories import check_outputs
from .classify import Layout, classify
from .expand import constant_values, expand
from .fold import fold, foldable
from .program import Program
from .prune import prune
from .switches import find_switches

__all__ = ["Layout", "Program", "compile_layout", "constant_values", "foldable"]


def compile_layout(
    model: Model,
    varying: Iterable[str],
    fixed: Mapping[str, float],
    outputs: Iterable[str] | None,
    integrator: str = "euler",
    passes: Iterable[str] = ("fold", "prune", "hoist"),
) -> Layout:
    """All passes in order; `passes` may leave some out, for tests that compare."""
    varying = list(varying)
    program = expand(model, integrator)
    if outputs is not None:
        outputs = tuple(outputs)
        check_outputs(program.outputs, outputs)
        if "prune" in passes:
            program = prune(program, outputs)
        else:
            keep = {name: program.outputs[name] for name in outputs}
            program = Program(program.graph, program.constants, program.states, keep, program.controls)
    if "fold" in passes:
        program = fold(program, fixed)
    switches = find_switches(program) if integrator == "rates" else ()
    return classify(program, varying if "hoist" in passes else program.constants, switches)
