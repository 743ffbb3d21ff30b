"""From the tree of one variable, as PySD's parser gives it, to our expressions and its kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sdsocec.errors import ModelError

from .ir import (
    Call,
    Equation,
    Expression,
    Foreign,
    LookupCall,
    Number,
    NumberList,
    Operation,
    Reference,
    Table,
    WithLookup,
)
from .names import name_key

_LITERAL = r"(\d+\.?\d*|\.\d+)(e[+-]?\d+)?"
_BRACKETED_BASE = re.compile(rf"\(\s*-\s*{_LITERAL}\s*\)\s*\^", re.IGNORECASE)
_UNCLEAR_BASE = re.compile(rf"\(\s*-\s*{_LITERAL}\s*(\)\s*\)|\)\s*\\)\s*[\s)\\]*\^", re.IGNORECASE)
_BARE_BASE = re.compile(rf"(^|[^\w\s)])\s*-\s*{_LITERAL}\s*\^", re.IGNORECASE)


class Converter:
    """Turns one component's tree into ours; only top-level arrays may be lists of numbers."""

    def __init__(self, component: Any, text: str, fault: Callable[[str], ModelError]) -> None:
        self.component = component
        self.has_bracketed_base = bool(_BRACKETED_BASE.search(text))
        if _UNCLEAR_BASE.search(text) or (self.has_bracketed_base and _BARE_BASE.search(text)):
            raise fault("this equation has powers of negative numbers that can be read in two ways; write (0 - 2)^2")

    def top(self, ast: Any) -> Expression:
        import numpy as np

        kind = type(self.component).__name__
        if kind == "AbstractData":
            return Foreign("a data variable")
        if isinstance(ast, np.ndarray):
            return NumberList(tuple(float(v) for v in ast.ravel()))
        return self.expression(ast)

    def expression(self, ast: Any) -> Expression:
        if isinstance(ast, int | float):
            return Number(float(ast))
        convert: Callable[[Any], Expression] | None = getattr(self, type(ast).__name__, None)
        if convert is not None:
            return convert(ast)
        if type(ast).__name__ == "str":
            return Foreign(f"the text '{ast}'" if ast != ":NA:" else ":NA:")
        return Foreign(_FOREIGN.get(type(ast).__name__, type(ast).__name__))

    def ReferenceStructure(self, ast: Any) -> Expression:
        subscripts = tuple(ast.subscripts.subscripts) if ast.subscripts else ()
        return Reference(name_key(ast.reference), tuple(_subscript_key(s) for s in subscripts))

    def ArithmeticStructure(self, ast: Any) -> Expression:
        if ast.operators[0] == "^":
            return self._power(ast.arguments)
        return Operation(tuple(ast.operators), tuple(map(self.expression, ast.arguments)))

    def _power(self, arguments: Any) -> Expression:
        """`-2^2` is -(2^2), but the parser gives it, like `(-2)^2`, as the number -2 with an exponent."""
        if len(arguments) > 1 and isinstance(arguments[0], int | float) and arguments[0] < 0:
            if not self.has_bracketed_base:
                return Operation(("negative",), (self._power((-arguments[0], *arguments[1:])),))
        if len(arguments) == 1:
            return self.expression(arguments[0])
        return Operation(("^",), (self.expression(arguments[0]), self._power(arguments[1:])))

    def LogicStructure(self, ast: Any) -> Expression:
        """The parser gives `a :OR: b :AND: c` in one row; :AND: binds stronger."""
        operators = [op.upper() for op in ast.operators]
        arguments = list(map(self.expression, ast.arguments))
        while ":AND:" in operators and ":OR:" in operators:
            i = operators.index(":AND:")
            arguments[i : i + 2] = [Operation((":AND:",), (arguments[i], arguments[i + 1]))]
            del operators[i]
        return Operation(tuple(operators), tuple(arguments))

    def CallStructure(self, ast: Any) -> Expression:
        function = ast.function
        subscripts = tuple(_subscript_key(s) for s in function.subscripts.subscripts) if function.subscripts else ()
        arguments = tuple(map(self.expression, ast.arguments))
        key = name_key(function.reference)
        if len(arguments) == 1:  # a lookup's argument, or a function's: known once all variables are
            return LookupCall(Reference(key, subscripts), arguments[0])
        return Call(key.upper(), arguments)

    def GameStructure(self, ast: Any) -> Expression:
        return Call("GAME", (self.expression(ast.expression),))

    def InitialStructure(self, ast: Any) -> Expression:
        return Call("INITIAL", (self.expression(ast.initial),))

    def IntegStructure(self, ast: Any) -> Expression:
        return Call("INTEG", (self.expression(ast.flow), self.expression(ast.initial)))

    def DelayStructure(self, ast: Any) -> Expression:
        return Call("DELAY", tuple(map(self.expression, (ast.input, ast.delay_time, ast.initial, ast.order))))

    def DelayNStructure(self, ast: Any) -> Expression:
        return Call("DELAY N", tuple(map(self.expression, (ast.input, ast.delay_time, ast.initial, ast.order))))

    def DelayFixedStructure(self, ast: Any) -> Expression:
        return Call("DELAY FIXED", tuple(map(self.expression, (ast.input, ast.delay_time, ast.initial))))

    def SmoothStructure(self, ast: Any) -> Expression:
        return Call("SMOOTH", tuple(map(self.expression, (ast.input, ast.smooth_time, ast.initial, ast.order))))

    def SmoothNStructure(self, ast: Any) -> Expression:
        return Call("SMOOTH N", tuple(map(self.expression, (ast.input, ast.smooth_time, ast.initial, ast.order))))

    def TrendStructure(self, ast: Any) -> Expression:
        return Call("TREND", tuple(map(self.expression, (ast.input, ast.average_time, ast.initial_trend))))

    def ForecastStructure(self, ast: Any) -> Expression:
        parts = (ast.input, ast.average_time, ast.horizon, ast.initial_trend)
        return Call("FORECAST", tuple(map(self.expression, parts)))

    def SampleIfTrueStructure(self, ast: Any) -> Expression:
        return Call("SAMPLE IF TRUE", tuple(map(self.expression, (ast.condition, ast.input, ast.initial))))

    def LookupsStructure(self, ast: Any) -> Expression:
        return Table(tuple(map(float, ast.x)), tuple(map(float, ast.y)))

    def InlineLookupsStructure(self, ast: Any) -> Expression:
        table = self.expression(ast.lookups)
        assert isinstance(table, Table), "WITH LOOKUP holds points"
        return WithLookup(self.expression(ast.argument), table)


_FOREIGN = {
    "GetLookupsStructure": "GET XLS/DIRECT LOOKUPS",
    "GetDataStructure": "GET XLS/DIRECT DATA",
    "GetConstantsStructure": "GET XLS/DIRECT CONSTANTS",
    "AllocateAvailableStructure": "ALLOCATE AVAILABLE",
    "AllocateByPriorityStructure": "ALLOCATE BY PRIORITY",
}


def _subscript_key(text: str) -> str:
    text = text.strip()
    return name_key(text[:-1]) + "!" if text.endswith("!") else name_key(text)


def kind_of(element: Any, equations: list[Equation]) -> str:
    """What kind of variable these equations make."""
    if any(type(component).__name__ == "AbstractLookup" for component in element.components):
        return "lookup"
    expressions = [equation.expression for equation in equations]
    if all(isinstance(e, Number | NumberList) or _is_negative_number(e) for e in expressions):
        return "constant"
    if any(isinstance(e, Call) and e.function == "INTEG" for e in expressions):
        return "stock"
    return "auxiliary"


def _is_negative_number(expression: Expression) -> bool:
    return (
        isinstance(expression, Operation)
        and expression.operators == ("negative",)
        and isinstance(expression.arguments[0], Number)
    )
