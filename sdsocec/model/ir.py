"""The typed intermediate representation of a Vensim model: frozen dataclasses, nothing else.

A `Model` holds `Variable`s; a variable holds one `Equation` per definition in the file (a subscripted variable may have
several); an equation holds an expression tree of nine kinds of node. Names inside expressions are *keys*
(`name_key`): lower case, single blanks. Variables are listed in the order of the file.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from .names import element_name, name_key, split_element_name

TIME = "time"
CONTROLS = ("initial time", "final time", "time step", "saveper")


@dataclass(frozen=True, slots=True)
class Number:
    """A literal."""

    value: float


@dataclass(frozen=True, slots=True)
class Reference:
    """A variable, with the subscripts as written: an element, a range, or `range!` inside a reduction.

    A subscript range used as a number (its position) is a reference to the range's name.
    """

    name: str
    subscripts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """Operators of one precedence, applied from the left: `a - b + c` has operators ("-", "+").

    Operators: + - * / ^ = <> < <= > >= :AND: :OR:, and the unary "negative" and ":NOT:" with one argument.
    """

    operators: tuple[str, ...]
    arguments: tuple[Expression, ...]

    def __post_init__(self) -> None:
        unary = self.operators[0] in UNARY_OPERATORS
        assert len(self.arguments) == len(self.operators) + (not unary), "one argument between any two operators"


UNARY_OPERATORS = frozenset({"negative", ":NOT:"})


@dataclass(frozen=True, slots=True)
class Call:
    """A function of Vensim, by its name there (`IF THEN ELSE`).

    SMOOTH, SMOOTHI, SMOOTH3 and SMOOTH3I are all `SMOOTH` (input, time, initial, order); DELAY1, DELAY1I, DELAY3 and
    DELAY3I are `DELAY` with the same arguments. SMOOTH N and DELAY N are functions of their own.
    """

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class LookupCall:
    """A lookup variable at an argument: `ageing table(Time)`."""

    lookup: Reference
    argument: Expression


@dataclass(frozen=True, slots=True)
class Table:
    """Points of a lookup, in order of x: linear between them, flat outside."""

    x: tuple[float, ...]
    y: tuple[float, ...]

    def __post_init__(self) -> None:
        assert len(self.x) == len(self.y) > 0, "a lookup has as many x as y"


@dataclass(frozen=True, slots=True)
class WithLookup:
    """WITH LOOKUP: an argument and the points."""

    argument: Expression
    table: Table


@dataclass(frozen=True, slots=True)
class NumberList:
    """Numbers for the elements of a range (or of two), in row-major order."""

    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Foreign:
    """A construct that the parser knows and this representation does not hold; PySD may still run it."""

    construct: str


Expression = Number | Reference | Operation | Call | LookupCall | Table | WithLookup | NumberList | Foreign
EXPRESSION_KINDS = (Number, Reference, Operation, Call, LookupCall, Table, WithLookup, NumberList, Foreign)


@dataclass(frozen=True, slots=True)
class Equation:
    """One definition: the subscripts of its left-hand side, those excepted, its right-hand side."""

    expression: Expression
    subscripts: tuple[str, ...] = ()
    excepted: tuple[tuple[str, ...], ...] = ()
    line: int = 0
    text: str = ""

    @property
    def excerpt(self) -> str:
        """The text on one line, cut where it is long: for messages."""
        return " ".join(self.text.split())[:120]


@dataclass(frozen=True)
class Variable:
    """A variable of the model.

    `kind` is stock, flow, auxiliary, constant or lookup. `dimensions` are the subscript ranges of the whole variable.
    `range` is Vensim's `[min,max]`; None where open.
    """

    name: str
    kind: str
    equations: tuple[Equation, ...]
    dimensions: tuple[str, ...] = ()
    unit: str = ""
    range: tuple[float | None, float | None] = (None, None)
    documentation: str = ""

    @property
    def line(self) -> int:
        """Line of the first definition, counted from 1."""
        return self.equations[0].line


@dataclass(frozen=True)
class Model:
    """A model as read from one .mdl file.

    `variables` maps keys to variables; `ranges` maps keys of subscript ranges to their elements' keys; `mappings` says
    which range stands for which other, element by element. `shown` gives every subscript name as the modeller wrote
    it. `digest` changes whenever the equations could have; `file_sha256` is the hash of the file's bytes alone.
    """

    path: Path
    variables: Mapping[str, Variable]
    ranges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mappings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    source_digest: str = ""
    file_sha256: str = ""

    @cached_property
    def digest(self) -> str:
        """Hash of the file and of everything that reads it; of the equations, for a model made in memory."""
        if self.source_digest:
            return self.source_digest
        content = repr((sorted(self.variables.items()), sorted(self.ranges.items()), sorted(self.mappings.items())))
        return hashlib.sha256(content.encode()).hexdigest()

    def with_variable(self, key: str, variable: Variable) -> Model:
        """A copy in which one variable is another."""
        return replace(self, variables={**self.variables, key: variable}, source_digest="", file_sha256="")

    def elements(self, variable: Variable) -> list[tuple[str, ...]]:
        """All elements of a variable as keys, in row-major order; one empty tuple for a scalar."""
        return list(itertools.product(*(self.ranges[dimension] for dimension in variable.dimensions)))

    def equation_elements(self, equation: Equation) -> list[tuple[str, ...]]:
        """The elements that one definition defines, excepted ones left out."""
        excepted = {e for group in equation.excepted for e in itertools.product(*map(self.members, group))}
        return [e for e in itertools.product(*map(self.members, equation.subscripts)) if e not in excepted]

    def element_name(self, variable: Variable, element: tuple[str, ...]) -> str:
        """One element, given as keys, as the model writes it: `name[element]`."""
        return element_name(variable.name, tuple(self.shown.get(e, e) for e in element))

    def element_names(self, variable: Variable) -> list[str]:
        """The elements of a variable that have an equation, as `name[element]`, in the order of the file."""
        return [
            self.element_name(variable, element)
            for equation in variable.equations
            for element in self.equation_elements(equation)
        ]

    def exact_name(self, name: str) -> str:
        """One element as the model writes it, `Market  Tightness` -> `market tightness`; the name as it is if there is none."""
        base, elements = split_element_name(name)
        variable = self.variables.get(name_key(base))
        if variable is None:
            return name
        return element_name(variable.name, tuple(self.shown.get(name_key(e), e) for e in elements))

    def members(self, subscript: str) -> tuple[str, ...]:
        """The elements of a range, or the element itself."""
        return self.ranges.get(subscript, (subscript,))


def children(expression: Expression) -> tuple[Expression, ...]:
    """The direct parts of an expression."""
    if isinstance(expression, Operation | Call):
        return expression.arguments
    if isinstance(expression, LookupCall):
        return (expression.lookup, expression.argument)
    if isinstance(expression, WithLookup):
        return (expression.argument,)
    return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """An expression and everything in it, outside first."""
    pending = [expression]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(children(node)))


def references(expression: Expression) -> Iterator[Reference]:
    """The references in an expression, in order."""
    return (node for node in walk(expression) if isinstance(node, Reference))
