"""The numbers that a model's file gives to its constants."""

from __future__ import annotations

from sdsocec.errors import ModelError
from sdsocec.model.ir import Equation, Model, Number, NumberList, Operation

_CONSTANT_VALUES = "_constant_values"


def constant_value(model: Model, equation: Equation, element: tuple[str, ...]) -> float:
    """The number that a constant's equation gives to one element."""
    expression = equation.expression
    if isinstance(expression, Number):
        return expression.value
    if isinstance(expression, NumberList):
        return from_list(model, equation, expression, element)
    assert isinstance(expression, Operation) and isinstance(expression.arguments[0], Number)
    return -expression.arguments[0].value


def from_list(model: Model, equation: Equation, numbers: NumberList, element: tuple[str, ...]) -> float:
    """A list gives its numbers to the ranges of the left-hand side, the last range running fastest."""
    index, size = 0, 1
    for subscript, part in zip(equation.subscripts, element, strict=True):
        members = model.members(subscript)
        index = index * len(members) + members.index(part)
        size *= len(members)
    if size != len(numbers.values):
        raise ModelError(
            f"{len(numbers.values)} numbers for {size} elements",
            path=model.path,
            line=equation.line,
            excerpt=equation.excerpt,
        )
    return numbers.values[index]


def constant_values(model: Model) -> dict[str, float]:
    """Every constant element of a model with its value in the file, by element name, in the order of the file."""
    known: dict[str, float] | None = vars(model).get(_CONSTANT_VALUES)
    if known is None:  # kept with the model, which does not change: everything that sets a number asks for this
        known = vars(model)[_CONSTANT_VALUES] = _constant_values(model)
    return dict(known)


def _constant_values(model: Model) -> dict[str, float]:
    values = {}
    for variable in model.variables.values():
        if variable.kind != "constant":
            continue
        for equation in variable.equations:
            for element in model.equation_elements(equation):
                values[model.element_name(variable, element)] = constant_value(model, equation, element)
    return values
