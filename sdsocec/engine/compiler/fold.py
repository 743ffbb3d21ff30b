"""Fold: let zeros and ones that no run changes disappear.

Before  masks, flags and switches are constants like any other: most products of a subscripted model are with 0 or 1.
After   `0 * x` is 0, `1 * x` is x, `x + 0` is x, `0 / x` is 0, a decided condition is its branch; a stock that starts at 0
        and whose flow folds to 0 is gone.
Keeps   every value, bit for bit, but for the sign of a zero (outputs are stored without it), and but for an x that is not
        finite: `0 * x` is then 0 here and NaN unfolded. So a run that saves all variables is never folded. No other
        constant is ever written into code: a changed number needs no new code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from .graph import Graph, Node
from .program import Program
from .prune import keep_states

Known = float | bool
_EXACT: dict[str, Callable[..., Known]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "neg": lambda a: -a,
    "abs": abs,
    "min": lambda a, b: b if b < a else a,
    "max": lambda a, b: b if b > a else a,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "not": lambda a: not a,
    "number_of": lambda a: 1.0 if a else 0.0,
    "truth_of": lambda a: a != 0.0,
}


def foldable(constants: Mapping[str, float]) -> dict[str, float]:
    """The constants whose value is exactly 0 or 1."""
    return {name: value for name, value in constants.items() if value in (0.0, 1.0)}


def fold(program: Program, fixed: Mapping[str, float]) -> Program:
    """Fold the constants of `fixed`, which hold exactly 0 or 1 in every run."""
    # A ring of stocks that are 0 because all of them are 0 is found only by assuming it first.
    zero = {i for i, state in enumerate(program.states) if _is_known_zero(program.graph.nodes[state.initial], fixed)}
    while True:
        folded, known = _fold_once(program, fixed, zero)
        wrong = {slot for slot in zero if known.get(program.states[slot].change) != 0.0}
        if not wrong:
            break
        zero -= wrong
    return keep_states(folded, [slot for slot in range(len(program.states)) if slot not in zero])


def _is_known_zero(node: Node, fixed: Mapping[str, float]) -> bool:
    if node.operator == "constant":
        return fixed.get(str(node.payload)) == 0.0
    return node.operator == "number" and node.payload == 0.0


def _fold_once(program: Program, fixed: Mapping[str, float], zero: set[int]) -> tuple[Program, dict[int, Known]]:
    """Fold under the assumption that the states of `zero` stay 0; also what each node is known to be."""
    graph, moved, known = Graph(), dict[int, int](), dict[int, Known]()

    def place(number: int) -> int:
        value = known.get(number)
        if value is None:
            return moved[number]
        assert not isinstance(value, bool), "a decided condition has no node"
        return graph.number(value)

    for number in program.graph.reachable(program.roots()):
        node = program.graph.nodes[number]
        value = _known_leaf(node, fixed, zero)
        if value is None and node.arguments:
            value = _known_result(node, [known.get(a) for a in node.arguments])
        if value is not None:
            known[number] = value
            continue
        same_as = _identity(node, [known.get(a) for a in node.arguments])
        if same_as is not None:
            argument = node.arguments[same_as]
            if argument in known:
                known[number] = known[argument]
            else:
                moved[number] = moved[argument]
            continue
        if node.operator == "sub" and known.get(node.arguments[0]) == 0.0:
            moved[number] = graph.make("neg", place(node.arguments[1]))
            continue
        moved[number] = graph.make(node.operator, *map(place, node.arguments), payload=node.payload)
    states = tuple(replace(s, initial=place(s.initial), change=place(s.change)) for s in program.states)
    folded = replace(
        program,
        graph=graph,
        states=states,
        outputs={name: place(node) for name, node in program.outputs.items()},
        controls={name: place(node) for name, node in program.controls.items()},
    )
    return folded, known


def _known_leaf(node: Node, fixed: Mapping[str, float], zero: set[int]) -> Known | None:
    if node.operator == "number":
        assert isinstance(node.payload, float)
        return node.payload
    if node.operator == "constant":
        return fixed.get(str(node.payload))
    if node.operator == "state" and node.payload in zero:
        return 0.0
    return None


def _known_result(node: Node, values: list[Known | None]) -> Known | None:
    """The value where the arguments decide it; exp, log, pow and division keep their own code and its rounding."""
    if node.operator in _EXACT and None not in values:
        return _EXACT[node.operator](*values)
    if node.operator == "mul" and 0.0 in values:
        return 0.0
    if node.operator == "div" and values[0] == 0.0 and values[1] != 0.0:
        return 0.0
    if node.operator == "and" and any(v is False for v in values):
        return False
    if node.operator == "or" and any(v is True for v in values):
        return True
    return None


def _identity(node: Node, values: list[Known | None]) -> int | None:
    """The index of the argument that the node equals, if it equals one."""
    match node.operator:
        case "mul":
            return 1 if values[0] == 1.0 else 0 if values[1] == 1.0 else None
        case "add":
            return 1 if values[0] == 0.0 else 0 if values[1] == 0.0 else None
        case "sub":
            return 0 if values[1] == 0.0 else None
        case "div":
            return 0 if values[1] == 1.0 else None
        case "and":
            return 1 if values[0] is True else 0 if values[1] is True else None
        case "or":
            return 1 if values[0] is False else 0 if values[1] is False else None
        case "select":
            return None if values[0] is None else 1 if values[0] else 2
    return None
