"""What is known only once all equations are read: lookup calls, unknown names, dimensions, flows."""

from __future__ import annotations

from dataclasses import replace

from sdsocec.errors import Fault, ModelError, nearest_name

from .ir import (
    TIME,
    Call,
    Equation,
    Expression,
    LookupCall,
    Model,
    Operation,
    Reference,
    Variable,
    WithLookup,
    walk,
)
from .parsing import one_line


def with_lookup_calls(model: Model) -> Model:
    """A call with one argument is a lookup's only if a variable bears the name; else it is an unknown function."""

    def mend(expression: Expression) -> Expression:
        if isinstance(expression, LookupCall):
            argument = mend(expression.argument)
            if expression.lookup.name in model.variables:
                return LookupCall(expression.lookup, argument)
            return Call(expression.lookup.name.upper(), (argument,))
        if isinstance(expression, Operation):
            return Operation(expression.operators, tuple(map(mend, expression.arguments)))
        if isinstance(expression, Call):
            return Call(expression.function, tuple(map(mend, expression.arguments)))
        if isinstance(expression, WithLookup):
            return WithLookup(mend(expression.argument), expression.table)
        return expression

    variables = {}
    for key, variable in model.variables.items():
        equations = tuple(
            Equation(mend(e.expression), e.subscripts, e.excepted, e.line, e.text) for e in variable.equations
        )
        variables[key] = replace(variable, equations=equations)
    return Model(model.path, variables, model.ranges, model.mappings, model.shown)


def unknown_names(model: Model) -> list[Fault]:
    valid = {*model.variables, *model.ranges, *model.shown, TIME}
    faults = []
    for variable in model.variables.values():
        for equation in variable.equations:
            for node in walk(equation.expression):
                if not isinstance(node, Reference):
                    continue
                unknown = [] if node.name in valid else [node.name]
                unknown += [s for s in node.subscripts if s.rstrip("!") not in model.shown]
                for name in unknown:
                    faults.append(
                        Fault(
                            f"'{variable.name}' uses '{name.rstrip('!')}', which is not defined",
                            model.path,
                            equation.line,
                            one_line(equation.text),
                            name=name,
                            nearest=nearest_name(name, [v.name for v in model.variables.values()]),
                        )
                    )
    return faults


def with_dimensions(model: Model, variable: Variable) -> Variable:
    """The smallest ranges that hold every subscript of every definition."""
    positions = {len(equation.subscripts) for equation in variable.equations}
    if len(positions) > 1:
        raise ModelError(
            f"the definitions of '{variable.name}' have different numbers of subscripts",
            path=model.path,
            line=variable.line,
            excerpt=one_line(variable.equations[0].text),
        )
    for equation in variable.equations:
        ranges = [s for s in equation.subscripts if s in model.ranges]
        if len(set(ranges)) < len(ranges):
            raise ModelError(
                f"'{variable.name}' has the same subscript twice on its left-hand side",
                path=model.path,
                line=equation.line,
                excerpt=one_line(equation.text),
                hint="Give the second a copy of the range: second <-> first",
            )
    dimensions: list[str] = []
    for position in range(positions.pop()):
        written = [equation.subscripts[position] for equation in variable.equations]
        if len(set(written)) == 1 and written[0] in model.ranges:
            dimensions.append(written[0])
            continue
        needed = {element for subscript in written for element in model.members(subscript)}
        candidates = [
            key for key, elements in model.ranges.items() if needed <= set(elements) and key not in dimensions
        ]
        if not candidates:
            raise ModelError(
                f"no subscript range holds all of {', '.join(sorted(needed))} ('{variable.name}')",
                path=model.path,
                line=variable.line,
                excerpt=one_line(variable.equations[0].text),
            )
        written_candidates = [key for key in candidates if key in written]
        dimensions.append(min(written_candidates or candidates, key=lambda key: len(model.ranges[key])))
    return replace(variable, dimensions=tuple(dimensions))


def with_flows(model: Model) -> Model:
    """Flows are the auxiliaries that a stock adds or subtracts."""
    flows: set[str] = set()
    for variable in model.variables.values():
        for equation in variable.equations:
            expression = equation.expression
            if isinstance(expression, Call) and expression.function == "INTEG":
                flows |= _terms(expression.arguments[0])
    variables = {
        key: replace(variable, kind="flow") if key in flows and variable.kind == "auxiliary" else variable
        for key, variable in model.variables.items()
    }
    return Model(model.path, variables, model.ranges, model.mappings, model.shown)


def _terms(expression: Expression) -> set[str]:
    if isinstance(expression, Reference):
        return {expression.name}
    if isinstance(expression, Operation) and set(expression.operators) <= {"+", "-", "negative"}:
        return set().union(*map(_terms, expression.arguments))
    if isinstance(expression, Call) and expression.function == "SUM":
        return _terms(expression.arguments[0])
    return set()
