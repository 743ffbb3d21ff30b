"""The element graph: every element equation of a model as nodes of scalar arithmetic, each distinct node once.

A node is an operator, the numbers of its arguments, and for leaves a payload. `Graph.make` gives the number of an equal
node that is already there, so common subexpressions are found for free. Arguments always have lower numbers than the
node: walking the numbers upwards is a dependency order.

Numbers and truth values are kept apart: operators in `TRUTH` give truth values, `number_of` and `truth_of` convert.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

LEAVES = frozenset({"number", "constant", "time", "step_start", "state"})
TRUTH = frozenset({"lt", "le", "eq", "ne", "and", "or", "not", "truth_of"})
ARITHMETIC = frozenset(
    {"add", "sub", "mul", "div", "neg", "min", "max", "abs", "sqrt", "trunc", "exp", "log", "pow", "whole_power"}
)
LIBRARY = frozenset({"sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"})
OPERATORS = LEAVES | TRUTH | ARITHMETIC | LIBRARY | {"select", "lookup", "number_of"}

Payload = float | int | str | tuple[tuple[float, ...], tuple[float, ...]] | None


@dataclass(frozen=True, slots=True)
class Node:
    """An operator with the numbers of its arguments.

    The payload is the value of a `number`, the element name of a `constant`, the slot of a `state`, the points (x, y)
    of a `lookup`, and the exponent of a `whole_power`.
    """

    operator: str
    arguments: tuple[int, ...] = ()
    payload: Payload = None


@dataclass
class Graph:
    """Nodes in dependency order; grows only."""

    nodes: list[Node] = field(default_factory=list)
    _number: dict[tuple[object, ...], int] = field(default_factory=dict)

    def make(self, operator: str, *arguments: int, payload: Payload = None) -> int:
        """The number of this node; the same for an equal one."""
        # 0.0 == -0.0 and 1 == True to a dict: the text of a float tells them apart
        key = (operator, arguments, repr(payload))
        found = self._number.get(key)
        if found is None:
            assert operator in OPERATORS, f"no operator {operator}"
            found = self._number[key] = len(self.nodes)
            self.nodes.append(Node(operator, arguments, payload))
        return found

    def number(self, value: float) -> int:
        """A literal."""
        return self.make("number", payload=float(value))

    def reachable(self, roots: Iterable[int]) -> list[int]:
        """All nodes that the roots need, in dependency order."""
        needed = set()
        pending = list(roots)
        while pending:
            number = pending.pop()
            if number not in needed:
                needed.add(number)
                pending.extend(self.nodes[number].arguments)
        return sorted(needed)
