"""Prune: drop what no requested output needs.

Before  every element of every variable is an output, every state is stepped.
After   only the requested outputs, and the states that they need, at any remove.
Keeps   every value of what is left: nothing is rearranged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .graph import Graph
from .program import Program


def prune(program: Program, outputs: Iterable[str]) -> Program:
    """Keep these outputs (element names), in this order."""
    kept = {name: program.outputs[name] for name in outputs}
    needed: set[int] = set()
    pending = [*kept.values(), *program.controls.values()]
    while pending:
        found = set()
        for number in program.graph.reachable(pending):
            node = program.graph.nodes[number]
            if node.operator == "state":
                assert isinstance(node.payload, int)
                found.add(node.payload)
        new = sorted(found - needed)
        needed |= found
        pending = [root for slot in new for root in (program.states[slot].initial, program.states[slot].change)]
    return keep_states(replace(program, outputs=kept), sorted(needed))


def keep_states(program: Program, slots: list[int]) -> Program:
    """Number the states anew, and copy the nodes that are still needed."""
    new_slot = {slot: i for i, slot in enumerate(slots)}
    states = [program.states[slot] for slot in slots]
    roots = [*program.outputs.values(), *program.controls.values()]
    roots += [root for state in states for root in (state.initial, state.change)]
    graph, moved = Graph(), dict[int, int]()
    for number in program.graph.reachable(roots):
        node = program.graph.nodes[number]
        payload = node.payload
        if node.operator == "state":
            assert isinstance(payload, int)
            payload = new_slot[payload]
        moved[number] = graph.make(node.operator, *(moved[a] for a in node.arguments), payload=payload)
    return replace(
        program,
        graph=graph,
        states=tuple(replace(s, initial=moved[s.initial], change=moved[s.change]) for s in states),
        outputs={name: moved[node] for name, node in program.outputs.items()},
        controls={name: moved[node] for name, node in program.controls.items()},
    )
