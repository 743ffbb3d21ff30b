"""Which elements a subscript means, where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from sdsocec.model.ir import Call, Expression, Reference, Variable, children

from .functions import REDUCTIONS
from .scope import Scope


def elements_of(variable: Variable, reference: Reference, scope: Scope) -> tuple[str, ...]:
    """The element of a variable that a reference means here."""
    if len(reference.subscripts) != len(variable.dimensions):
        raise scope.error(
            f"'{variable.name}' has {len(variable.dimensions)} subscripts and is used with {len(reference.subscripts)}"
        )
    return tuple(element_of(subscript, scope) for subscript in reference.subscripts)


def element_of(subscript: str, scope: Scope) -> str:
    """The element that a subscript means here: itself, or what the left-hand side or a `!` binds it to."""
    model = scope.model
    if subscript in scope.bindings:
        return scope.bindings[subscript]
    if subscript not in model.ranges:
        if subscript.endswith("!"):
            raise scope.error(f"'{subscript}' stands outside a SUM, PROD, VMIN or VMAX")
        return subscript
    members = model.ranges[subscript]
    for bound, element in scope.bindings.items():
        if bound not in model.ranges:  # an element, or a range that a SUM runs over: neither says which
            continue
        if subscript in model.mappings.get(bound, ()) or bound in model.mappings.get(subscript, ()):
            origin = model.ranges[bound]
            if len(origin) != len(members):
                raise scope.unsupported("a subscript mapping between ranges of different length")
            return members[origin.index(element)]
    candidates = [e for bound, e in scope.bindings.items() if not bound.endswith("!") and e in members]
    if len(candidates) == 1:  # the left-hand side runs over a part of this range, or names one element of it
        return candidates[0]
    shown = model.shown.get(subscript, subscript)
    raise scope.error(f"nothing on the left-hand side says which element of '{shown}' is meant")


def position_of(subscript: str, scope: Scope) -> int:
    """A subscript range or element used as a number: its place in the range, counted from 1."""
    ranges = scope.model.ranges
    if subscript in ranges:
        element = element_of(subscript, scope)
        # In a part of a range, an element's number is its place in the whole (Vensim: subscript constants).
        whole = max((members for members in ranges.values() if set(ranges[subscript]) <= set(members)), key=len)
        return whole.index(element) + 1
    holders = [members for members in ranges.values() if subscript in members]
    if not holders:
        raise scope.error(f"'{subscript}' is not defined")
    return max(holders, key=len).index(subscript) + 1


def reduced(call: Call, scope: Scope) -> Iterator[Scope]:
    """The scopes of the terms of a SUM, PROD, VMIN or VMAX: one for each element of what it runs over."""
    marked = list(dict.fromkeys(_marked(call.arguments[0])))
    if not marked:
        raise scope.error(f"{call.function} needs a subscript marked with '!'")
    for elements in product(*(scope.model.ranges[subscript.rstrip("!")] for subscript in marked)):
        yield scope.bound(dict(zip(marked, elements, strict=True)))


def _marked(expression: Expression) -> Iterator[str]:
    """The subscripts with a `!` that a reduction runs over: those of a reduction inside it are that one's own."""
    if isinstance(expression, Reference):
        yield from (s for s in expression.subscripts if s.endswith("!"))
    elif not (isinstance(expression, Call) and expression.function in REDUCTIONS):
        for part in children(expression):
            yield from _marked(part)
