"""What the passes hand on: a graph, and which of its nodes are states, outputs and control values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .graph import Graph

CONTROL_NAMES = ("INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER")


@dataclass(frozen=True, slots=True)
class State:
    """A number that a step carries over: a stock element, or the hidden state of a SMOOTH, DELAY or SAMPLE IF TRUE.

    `change` is the node of the net flow per unit of time, or, where `is_replaced`, of the value in the next step.
    `variable` and `function` say in which equation it stands, for messages.
    """

    name: str
    initial: int
    change: int
    is_replaced: bool = False
    variable: str = ""
    function: str = ""


@dataclass(frozen=True)
class Program:
    """A model as scalar arithmetic.

    `constants` are the element names of the inputs with the values of the file; `controls` the nodes of the four control
    variables; `outputs` the node of every element of every variable, by element name; `sources` the line of the .mdl and
    the text of the equation behind an output's node, for comments in generated code.
    """

    graph: Graph
    constants: Mapping[str, float]
    states: tuple[State, ...]
    outputs: Mapping[str, int]
    controls: Mapping[str, int]

    def roots(self) -> Iterator[int]:
        """Every node that a run needs."""
        for state in self.states:
            yield state.initial
            yield state.change
        yield from self.outputs.values()
        yield from self.controls.values()
