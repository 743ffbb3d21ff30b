"""From equations to a layout of scalar nodes, pass by pass; each pass is a function, a file, and keeps every number.

    expand      equations over subscripts -> one graph of element equations
    prune       drop what no requested output needs
    fold        let fixed zeros and ones disappear
    switches    (for scipy) find where inputs jump or kink with Time
    classify    find what is computed once per run, once per step, or in every lane

`expand` reads what Vensim's functions mean in `functions` and `memory`, what a subscript means in `subscripts`, where an
expression stands in `scope`, and the numbers of the file in `constants`.

The passes never rearrange a sum or a product: numbers come out as the modeller wrote them, whichever constants a design
varies and whichever outputs it asks for.

Start with `compile_layout`, `Program`, `Layout`. Imports `sdsocec.model` only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sdsocec.model.ir import Model

from ..trajectories import check_outputs
from .classify import Layout, classify
from .constants import constant_values
from .expand import expand
from .fold import fold, foldable
from .program import CONTROL_NAMES, Program
from .prune import prune
from .switches import find_switches

__all__ = ["Layout", "Program", "compile_layout", "constant_values", "constants_behind", "foldable"]


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


def constants_behind(model: Model, names: Iterable[str], fixed: Mapping[str, float]) -> frozenset[str]:
    """The constants on which the values of variables may depend, at any time, where those of `fixed` have their value.

    What `fold` shows to be multiplied by 0 or in a branch not taken is behind nothing; here it may know any number, as no code
    is made of it. The control variables do not count.
    """
    program = prune(fold(expand(model, "euler"), fixed), names)
    found = {str(node.payload) for node in program.graph.nodes if node.operator == "constant"}
    return frozenset(name for name in found if name.upper() not in CONTROL_NAMES)
