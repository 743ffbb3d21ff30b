"""What each Vensim function without memory means, as nodes of the graph: one entry a function.

To add one: an entry here, a folder in `tests/conformance`, a row in `sdsocec/engine/supported.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from .graph import TRUTH, Graph

SMALL = 1e-6  # what ZIDZ and XIDZ take for zero: Vensim's documentation of ZIDZ


@dataclass
class Builder:
    """Makes nodes with the right type: numbers where numbers are due, truth values where those are.

    A missing argument (`MISSING`) makes the result missing: the caller builds again when it is there.
    """

    graph: Graph
    is_continuous: bool
    time: Callable[[], int]
    step_start: Callable[[], int]
    time_step: Callable[[], int]

    def make(self, operator: str, *arguments: int) -> int:
        """An operator on numbers (`select`: a truth value, then two numbers)."""
        if MISSING in arguments:
            return MISSING
        if operator == "select":
            condition, *values = arguments
            arguments = (self.truth(condition), *map(self.number, values))
        elif operator in ("and", "or", "not"):
            arguments = tuple(map(self.truth, arguments))
        else:
            arguments = tuple(map(self.number, arguments))
        return self.graph.make(operator, *arguments)

    def power(self, x: int, y: int) -> int:
        """x ** y. A whole literal exponent is told apart here, where the file is read: if folding did it, the bits of a run
        would depend on which constants vary.
        """
        if MISSING in (x, y):
            return MISSING
        exponent = self.graph.nodes[y].payload if self.graph.nodes[y].operator == "number" else None
        if isinstance(exponent, float) and abs(exponent) <= LARGEST_WHOLE_POWER and exponent == int(exponent):
            return self.graph.make("whole_power", self.number(x), payload=int(exponent))
        return self.make("pow", x, y)

    def literal(self, value: float) -> int:
        """A number."""
        return self.graph.number(value)

    def number(self, node: int) -> int:
        """The node as a number: a truth value is 1 or 0."""
        return self.graph.make("number_of", node) if self.graph.nodes[node].operator in TRUTH else node

    def truth(self, node: int) -> int:
        """The node as a truth value: a number is true unless 0."""
        return node if self.graph.nodes[node].operator in TRUTH else self.graph.make("truth_of", node)


MISSING = -1
LARGEST_WHOLE_POWER = 64


def _zidz(b: Builder, numerator: int, denominator: int) -> int:
    return _xidz(b, numerator, denominator, b.literal(0))


def _xidz(b: Builder, numerator: int, denominator: int, otherwise: int) -> int:
    is_zero = b.make("lt", b.make("abs", denominator), b.literal(SMALL))
    return b.make("select", is_zero, otherwise, b.make("div", numerator, denominator))


def _quantum(b: Builder, a: int, quantum: int) -> int:
    steps = b.make("mul", quantum, b.make("trunc", b.make("div", a, quantum)))
    return b.make("select", b.make("le", quantum, b.literal(0)), a, steps)


def _modulo(b: Builder, x: int, base: int) -> int:
    return b.make("sub", x, b.make("mul", base, b.make("trunc", b.make("div", x, base))))


def _log(b: Builder, x: int, base: int) -> int:
    return b.make("div", b.make("log", x), b.make("log", base))


def _now(b: Builder) -> int:
    """The start of the step plus half a step: what STEP and PULSE compare, so that a date means the nearest step.

    Vensim: PULSE changes at time steps only, whatever the integrator; so between the stages of RK4 it stands still.
    """
    if b.is_continuous:
        return b.time()
    return b.make("add", b.step_start(), b.make("mul", b.time_step(), b.literal(0.5)))


def _reached(b: Builder, date: int) -> int:
    """Whether the date has come."""
    return b.make("le" if b.is_continuous else "lt", date, _now(b))


def _step(b: Builder, height: int, start: int) -> int:
    return b.make("select", _reached(b, start), height, b.literal(0))


def _pulse(b: Builder, start: int, width: int) -> int:
    width = _at_least_a_step(b, width)
    inside = b.make("and", _reached(b, start), b.make("lt", _now(b), b.make("add", start, width)))
    return b.make("select", inside, b.literal(1), b.literal(0))


def _at_least_a_step(b: Builder, width: int) -> int:
    return b.make("select", b.make("le", width, b.literal(0)), b.time_step(), width)


def _pulse_train(b: Builder, start: int, interval: int, width: int, end: int) -> int:
    """PySD's parser gives the interval before the width."""
    since = b.make("sub", _now(b), start)
    whole = b.make("trunc", b.make("div", since, interval))
    phase = b.make("sub", since, b.make("mul", interval, whole))
    running = b.make("and", _reached(b, start), b.make("le", b.step_start(), end))
    inside = b.make("and", running, b.make("lt", phase, _at_least_a_step(b, width)))
    return b.make("select", inside, b.literal(1), b.literal(0))


def _ramp(b: Builder, slope: int, start: int, end: int) -> int:
    reached = b.make("min", b.time(), end)
    return b.make(
        "select", b.make("lt", start, b.time()), b.make("mul", slope, b.make("sub", reached, start)), b.literal(0)
    )


def _simple(operator: str) -> Callable[..., int]:
    return lambda b, *arguments: b.make(operator, *arguments)


@dataclass(frozen=True)
class Function:
    """A function's number of arguments and its meaning."""

    n_arguments: int
    build: Callable[..., int]


FUNCTIONS: dict[str, Function] = {
    "ABS": Function(1, _simple("abs")),
    "MIN": Function(2, _simple("min")),
    "MAX": Function(2, _simple("max")),
    "EXP": Function(1, _simple("exp")),
    "LN": Function(1, _simple("log")),
    "LOG": Function(2, _log),
    "SQRT": Function(1, _simple("sqrt")),
    "POWER": Function(2, lambda b, x, y: b.power(x, y)),
    "INTEGER": Function(1, _simple("trunc")),
    "MODULO": Function(2, _modulo),
    "QUANTUM": Function(2, _quantum),
    "IF THEN ELSE": Function(3, _simple("select")),
    "ZIDZ": Function(2, _zidz),
    "XIDZ": Function(3, _xidz),
    "SIN": Function(1, _simple("sin")),
    "COS": Function(1, _simple("cos")),
    "TAN": Function(1, _simple("tan")),
    "ARCSIN": Function(1, _simple("asin")),
    "ARCCOS": Function(1, _simple("acos")),
    "ARCTAN": Function(1, _simple("atan")),
    "SINH": Function(1, _simple("sinh")),
    "COSH": Function(1, _simple("cosh")),
    "TANH": Function(1, _simple("tanh")),
    "STEP": Function(2, _step),
    "PULSE": Function(2, _pulse),
    "PULSE TRAIN": Function(4, _pulse_train),
    "RAMP": Function(3, _ramp),
    "GAME": Function(1, lambda b, x: x),
    "PI": Function(0, lambda b: b.literal(math.pi)),
}

OPERATIONS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "div",
    "^": "pow",
    "negative": "neg",
    "=": "eq",
    "<>": "ne",
    "<": "lt",
    "<=": "le",
    ":AND:": "and",
    ":OR:": "or",
    ":NOT:": "not",
}
SWAPPED = {">": "<", ">=": "<="}
REDUCTIONS = {"SUM": "add", "PROD": "mul", "VMIN": "min", "VMAX": "max"}
