"""Switches: what jumps or kinks with Time alone, so that an integrator with error control can restart there.

Before  inputs such as ramps, pulses and lookups on Time bend somewhere inside a run.
After   for each bend, a node whose value crosses a known boundary there.
Keeps   the program: nodes are only added.
"""

from __future__ import annotations

from dataclasses import dataclass

from .graph import TRUTH
from .program import Program


@dataclass(frozen=True)
class Switch:
    """A node and its boundaries: a sorted tuple of values, or None for every whole number."""

    node: int
    boundaries: tuple[float, ...] | None


def find_switches(program: Program) -> list[Switch]:
    """Every switch that depends on Time, and on no state."""
    nodes = program.graph.nodes
    on_time: set[int] = set()
    on_state: set[int] = set()
    needed = program.graph.reachable(program.roots())
    for number in needed:
        node = nodes[number]
        if node.operator == "time" or any(a in on_time for a in node.arguments):
            on_time.add(number)
        if node.operator == "state" or any(a in on_state for a in node.arguments):
            on_state.add(number)
    switches: dict[Switch, None] = {}
    for number in needed:
        node = nodes[number]
        if number not in on_time or number in on_state:
            continue
        if node.operator in ("lt", "le", "eq", "ne", "min", "max"):
            switch = Switch(program.graph.make("sub", *node.arguments), (0.0,))
        elif node.operator == "lookup":
            assert isinstance(node.payload, tuple), "a lookup has points"
            switch = Switch(node.arguments[0], node.payload[0])
        elif node.operator == "trunc":
            switch = Switch(node.arguments[0], None)
        elif node.operator in ("abs", "truth_of") and nodes[node.arguments[0]].operator not in TRUTH:
            switch = Switch(node.arguments[0], (0.0,))
        else:
            continue
        switches[switch] = None
    return list(switches)
