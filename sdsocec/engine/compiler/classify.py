"""Classify: find how often each node must be computed.

Before  every node would be computed at every time step of every run.
After   a node of constants only is `hoisted` (once per run); one of Time and constants that no run changes is `timed`
        (once per time step, for all runs together); the rest is `lane` (every time step of every run).
Keeps   every value, bit for bit: a node moves, its arithmetic does not change, and all three kinds of code are the same
        vector code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .graph import LEAVES
from .program import Program
from .switches import Switch

LITERAL, HOISTED, TIMED, LANE = "literal", "hoisted", "timed", "lane"


@dataclass(frozen=True)
class Layout:
    """A program with each node's class, and the rows of the arrays through which the parts of a kernel speak.

    `constant_rows`: constants, by element name. `hoisted_rows`: hoisted nodes that the other parts or the caller read.
    `timed_rows`: nodes of the time table. All map to row numbers.
    """

    program: Program
    class_of: tuple[str | None, ...]
    constant_rows: dict[str, int]
    hoisted_rows: dict[int, int]
    timed_rows: dict[int, int]
    switches: tuple[Switch, ...] = ()


def classify(program: Program, varying: Iterable[str], switches: Iterable[Switch] = ()) -> Layout:
    """Classify for runs that differ in the constants of `varying`."""
    differs = set(varying)
    nodes = program.graph.nodes
    switches = tuple(switches)
    needed = program.graph.reachable([*program.roots(), *(switch.node for switch in switches)])
    class_of: list[str | None] = [None] * len(nodes)
    varies: list[bool] = [False] * len(nodes)
    for number in needed:
        node = nodes[number]
        if node.operator == "number":
            class_of[number] = LITERAL
        elif node.operator == "constant":
            class_of[number], varies[number] = HOISTED, node.payload in differs
        elif node.operator in ("time", "step_start"):
            class_of[number] = TIMED
        elif node.operator == "state":
            class_of[number] = LANE
        else:
            classes = {class_of[a] for a in node.arguments}
            varies[number] = any(varies[a] for a in node.arguments)
            if LANE in classes or (TIMED in classes and varies[number]):
                class_of[number] = LANE
            elif TIMED in classes:
                class_of[number] = TIMED
            else:  # literals alone too: the vector code's own rounding decides, not Python's
                class_of[number] = HOISTED
    read_outside = {*program.roots(), *(switch.node for switch in switches)}
    for number in needed:
        for argument in nodes[number].arguments:
            if class_of[argument] != class_of[number]:
                read_outside.add(argument)
    constants = dict.fromkeys(str(nodes[n].payload) for n in needed if nodes[n].operator == "constant")
    hoisted = [n for n in sorted(read_outside) if class_of[n] == HOISTED and nodes[n].operator not in LEAVES]
    timed = [n for n in sorted(read_outside) if class_of[n] == TIMED]
    return Layout(
        program,
        tuple(class_of),
        {name: row for row, name in enumerate(constants)},
        {number: row for row, number in enumerate(hoisted)},
        {number: row for row, number in enumerate(timed)},
        tuple(switch for switch in switches if class_of[switch.node] == TIMED),
    )
