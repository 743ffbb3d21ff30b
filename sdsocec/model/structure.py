"""The structure of a model: which variable is made of which, and who uses it."""

from __future__ import annotations

from .ir import TIME, LookupCall, Model, references, walk


def causes(model: Model, key: str) -> list[str]:
    """Keys of the variables in a variable's equations, in the order of their first use."""
    found: dict[str, None] = {}
    for equation in model.variables[key].equations:
        for node in walk(equation.expression):
            if isinstance(node, LookupCall):
                found[node.lookup.name] = None
        for reference in references(equation.expression):
            if reference.name in model.variables or reference.name == TIME:
                found[reference.name] = None
    return list(found)


def uses(model: Model, key: str) -> list[str]:
    """Keys of the variables whose equations hold a variable, in the order of the file."""
    return [other for other in model.variables if key in causes(model, other)]


def tree(model: Model, key: str, step: str, depth: int) -> list[tuple[int, str]]:
    """A variable's causes (`step` = "causes") or uses, theirs, and so on: pairs of depth and key, outside first.

    A variable that stands above itself is not opened again.
    """
    neighbours = causes if step == "causes" else uses

    def below(current: str, level: int, above: tuple[str, ...]) -> list[tuple[int, str]]:
        lines = []
        for other in neighbours(model, current):
            lines.append((level, other))
            if level < depth and other not in above and other in model.variables:
                lines += below(other, level + 1, (*above, other))
        return lines

    return below(key, 1, (key,))
