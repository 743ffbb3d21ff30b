"""Mutation: damage a model systematically, and see which damage its reality checks notice.

Checks that pass on a damaged model prove nothing about the undamaged one. Each mutant differs in one place: a flow cut out of a
stock, a sign turned, a constant half as large again, a lever that starts elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sdsocec.engine import constant_values
from sdsocec.errors import SdsocecError
from sdsocec.model.ir import (
    CONTROLS,
    Call,
    Equation,
    Expression,
    LookupCall,
    Model,
    Number,
    NumberList,
    Operation,
    Reference,
    Variable,
    WithLookup,
    references,
)
from sdsocec.model.project import LoadedModel

from .checks import RealityCheck, Runner, run_check

LARGER = 1.5
_TURNED = {"+": "-", "-": "+"}
Kind = Literal["flow cut", "sign turned", "constant larger", "lever later"]


@dataclass(frozen=True)
class Mutant:
    """A damaged model.

    Attributes
    ----------
    damage : str
        In words; no two mutants of a model have the same.
    changed : mapping
        The constants that have another value, if that is all the damage; such a mutant needs no code of its own.
    """

    kind: Kind
    damage: str
    model: Model
    changed: Mapping[str, float] = field(default_factory=dict)


def mutants(model: LoadedModel) -> list[Mutant]:
    """Every mutant of a model: flows cut, signs turned, constants x 1.5, lever starts moved."""
    found = [
        *_cut_flows(model.equations),
        *_turned_signs(model.equations),
        *_larger_constants(model.equations),
        *_moved_levers(model),
    ]
    total = Counter(mutant.damage for mutant in found)
    seen: Counter[str] = Counter()
    numbered = []
    for mutant in found:
        seen[mutant.damage] += 1
        which = f" ({seen[mutant.damage]} of {total[mutant.damage]})" if total[mutant.damage] > 1 else ""
        numbered.append(replace(mutant, damage=mutant.damage + which))
    return numbered


def _cut_flows(model: Model) -> Iterator[Mutant]:
    """Each flow taken out of each stock that has it."""
    for key, variable in model.variables.items():
        for number, equation in enumerate(variable.equations):
            call = equation.expression
            if not (isinstance(call, Call) and call.function == "INTEG"):
                continue
            flows = call.arguments[0]
            if isinstance(flows, Operation) and set(flows.operators) <= {"+", "-"}:
                for i in range(len(flows.arguments)):
                    arguments = (*flows.arguments[:i], Number(0.0), *flows.arguments[i + 1 :])
                    cut = Operation(flows.operators, arguments)
                    damage = f"{_left(model, variable, number)}: flow {_shown(flows.arguments[i])} cut"
                    yield Mutant("flow cut", damage, _with(model, key, number, Call("INTEG", (cut, call.arguments[1]))))
            else:
                damage = f"{_left(model, variable, number)}: flow {_shown(flows)} cut"
                stopped = Call("INTEG", (Number(0.0), call.arguments[1]))
                yield Mutant("flow cut", damage, _with(model, key, number, stopped))


def _turned_signs(model: Model) -> Iterator[Mutant]:
    """Each + made -, each - made +, each unary minus dropped."""
    for key, variable in model.variables.items():
        for number, equation in enumerate(variable.equations):
            for damage, expression in _turned(equation.expression):
                left = _left(model, variable, number)
                yield Mutant("sign turned", f"{left}: {damage}", _with(model, key, number, expression))


def _turned(expression: Expression) -> Iterator[tuple[str, Expression]]:
    if isinstance(expression, Operation):
        for i, operator in enumerate(expression.operators):
            if operator in _TURNED:
                operators = (*expression.operators[:i], _TURNED[operator], *expression.operators[i + 1 :])
                damage = f"'{operator} {_shown(expression.arguments[i + 1])}' turned"
                yield damage, Operation(operators, expression.arguments)
            elif operator == "negative" and not isinstance(expression.arguments[0], Number):
                yield f"'-{_shown(expression.arguments[0])}' turned", expression.arguments[0]
    for i, part in enumerate(_parts(expression)):
        for damage, changed in _turned(part):
            yield damage, _with_part(expression, i, changed)


def _parts(expression: Expression) -> tuple[Expression, ...]:
    if isinstance(expression, Operation | Call):
        return expression.arguments
    if isinstance(expression, LookupCall | WithLookup):
        return (expression.argument,)
    return ()


def _with_part(expression: Expression, i: int, part: Expression) -> Expression:
    if isinstance(expression, Operation | Call):
        return replace(expression, arguments=(*expression.arguments[:i], part, *expression.arguments[i + 1 :]))
    assert isinstance(expression, LookupCall | WithLookup)
    return replace(expression, argument=part)


def _larger_constants(model: Model) -> Iterator[Mutant]:
    """Each constant x 1.5; a constant of 0, and a switch, which is 1 or 0, become the other of 1 and 0."""
    before = constant_values(model)
    for key, variable in model.variables.items():
        if variable.kind != "constant" or key in CONTROLS:
            continue
        is_switch = variable.range == (0.0, 1.0) and key.startswith("switch ")
        for number, equation in enumerate(variable.equations):
            left = _left(model, variable, number)
            expression = equation.expression
            larger: Expression
            if isinstance(expression, Number):
                value = expression.value * LARGER
                if is_switch or value == 0.0:
                    value = 0.0 if value else 1.0
                damage, larger = f"{left}: {expression.value:g} -> {value:g}", Number(value)
            elif isinstance(expression, NumberList):
                damage, larger = f"{left}: all x {LARGER}", NumberList(tuple(v * LARGER for v in expression.values))
            else:
                continue
            damaged = _with(model, key, number, larger)
            changed = {name: value for name, value in constant_values(damaged).items() if value != before[name]}
            yield Mutant("constant larger", damage, damaged, changed)


def _moved_levers(model: LoadedModel) -> Iterator[Mutant]:
    """Each lever's start two years later than the scenarios say: their `from year` is shifted in the equation that reads it."""
    for lever in model.card.levers:
        constant = f"{lever.name} from year".lower()
        for key, variable in model.equations.variables.items():
            for number, equation in enumerate(variable.equations):
                moved = _shifted(equation.expression, constant, 2.0)
                if moved != equation.expression:
                    later = _with(model.equations, key, number, moved)
                    yield Mutant("lever later", f"{lever.name}: starts 2 years later", later)


def _shifted(expression: Expression, constant: str, by: float) -> Expression:
    if isinstance(expression, Reference) and expression.name == constant:
        return Operation(("+",), (expression, Number(by)))
    for i, part in enumerate(_parts(expression)):
        expression = _with_part(expression, i, _shifted(part, constant, by))
    return expression


def _with(model: Model, key: str, number: int, expression: Expression) -> Model:
    variable = model.variables[key]
    equations: list[Equation] = list(variable.equations)
    equations[number] = replace(equations[number], expression=expression)
    return model.with_variable(key, replace(variable, equations=tuple(equations)))


def _left(model: Model, variable: Variable, number: int) -> str:
    """The left-hand side of an equation; without subscripts where the variable has but one."""
    subscripts = variable.equations[number].subscripts if len(variable.equations) > 1 else ()
    return variable.name + (f"[{','.join(model.shown.get(s, s) for s in subscripts)}]" if subscripts else "")


def _shown(expression: Expression) -> str:
    if isinstance(expression, Reference):
        return expression.name
    if isinstance(expression, Number):
        return f"{expression.value:g}"
    names = [node.name for node in references(expression)]
    function = expression.function if isinstance(expression, Call) else ""
    return f"{function}({' '.join(names[:3])}{' ...' if len(names) > 3 else ''})"


@dataclass(frozen=True)
class Caught:
    """A mutant and the first check that does not hold on it; "" if it survives all."""

    damage: str
    check: str


def try_mutant(model: LoadedModel, mutant: Mutant, checks: Sequence[RealityCheck]) -> Caught:
    """Run the hard checks on a mutant, in their order, until one notices."""
    try:
        # the undamaged model's code serves where only constants differ
        damaged = model if mutant.changed else replace(model, equations=mutant.model)
        run = Runner(damaged, mutant.changed)
    except SdsocecError as error:
        return Caught(mutant.damage, f"does not compile: {error}")
    for item in checks:
        if item.kind == "hard" and not run_check(item, run).holds:
            return Caught(mutant.damage, item.name)
    return Caught(mutant.damage, "")
