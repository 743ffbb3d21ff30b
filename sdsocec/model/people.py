"""Where people go: the flows of a card, element by element.

    variable = "promotion[team,grade]"      every element of the flow, or some
    from     = "staff[team,grade]"          leaves the element of the same team and grade
    to       = "staff[team,grade+1]"        enters the next grade; there is none after the last

An index is a range of the flow (the same element on each side), an element, the next or previous element of the stock's range
(`grade+1`, `grade-1`), or a range over which the flow spreads by a variable of shares (`grade by grade shares`, in `to` only).
An index of the flow that an end leaves out is summed over. A flow of an element without a neighbour goes nowhere: it must be 0,
and the balance of the people shows it if it is not.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from sdsocec.errors import nearest_name

from .ir import Model, Variable
from .names import element_name, name_key, split_element_name

OUTSIDE = "outside"
_NEIGHBOUR = re.compile(r"(.+?)\s*([+-])\s*1$")
_SPREAD = re.compile(r"(.+?)\s+by\s+(.+)$")

Element = tuple[str, ...]
At = Mapping[str, str]  # range -> element of the flow
Rule = Callable[
    [At], list[tuple[str, str]]
]  # -> elements of the stock, each with the element of a variable of shares or ""


@dataclass(frozen=True)
class Move:
    """People who go from one element of a stock to another: `flow`, times `share` where it spreads.

    All are element names; an end outside is None, `share` is empty where the whole flow goes. `entry` is the flow's place on the
    card.
    """

    flow: str
    source: str | None
    target: str | None
    share: str = ""
    entry: int = 0


class BadFlow(Exception):
    """A flow of the card that does not fit the model: which key (`variable`, `from`, `to`), and what is wrong."""

    def __init__(self, key: str, what: str, **parts: str | None) -> None:
        super().__init__(what)
        self.key, self.what, self.parts = key, what, parts


def expand_flow(model: Model, variable: str, source: str, target: str, entry: int = 0) -> list[Move]:
    """The moves of one flow of the card; the three names are those of variables that the model has.

    Raises
    ------
    BadFlow
        An index is not of its variable, or an end uses one that the flow does not have.
    """
    base, written = split_element_name(variable)
    flow = model.variables[name_key(base)]
    ranges = _ranges_of_flow(model, flow, written)
    leave = _end(model, source, ranges, "from")
    enter = _end(model, target, ranges, "to")
    if source == target == OUTSIDE:
        raise BadFlow(
            "to", f"'{flow.name}' goes from outside to outside", hint="Name the stock that it leaves or enters."
        )
    defined = _defined(model, flow)
    moves = []
    for elements in itertools.product(*ranges.values()):
        at = dict(zip(ranges, elements, strict=True))
        if elements not in defined:
            continue
        name = _shown(model, flow, elements)
        for (leaves, _), (enters, share) in itertools.product(leave(at), enter(at)):
            if leaves == enters and not share:
                raise BadFlow("to", f"'{name}' goes from '{leaves}' to itself", hint="Such a flow moves nobody.")
            moves.append(Move(name, leaves, enters, share, entry))
    return moves


def _ranges_of_flow(model: Model, flow: Variable, written: Element) -> dict[str, tuple[str, ...]]:
    """The indices of a flow as written -> the elements that each stands for."""
    wanted = f"{flow.name}[{','.join(model.shown[d] for d in flow.dimensions)}]" if flow.dimensions else flow.name
    if len(written) != len(flow.dimensions):
        raise BadFlow("variable", f"'{flow.name}' has {_counted(len(flow.dimensions))}", hint=f"Write '{wanted}'.")
    found: dict[str, tuple[str, ...]] = {}
    for index, dimension in zip(written, flow.dimensions, strict=True):
        members = _members(model, flow, dimension, index, "variable")
        if name_key(index) in found:
            raise BadFlow("variable", f"'{index}' stands twice in '{flow.name}'", name=index)
        found[name_key(index)] = members
    return found


def _counted(n: int) -> str:
    return {0: "no index", 1: "1 index"}.get(n, f"{n} indices")


def _members(model: Model, variable: Variable, dimension: str, index: str, key: str) -> tuple[str, ...]:
    """The elements that an index written for a range of a variable stands for."""
    members = model.members(name_key(index))
    valid = model.ranges[dimension]
    if not set(members) <= set(valid):
        known = [model.shown[n] for n in (dimension, *valid)]
        if name_key(index) in model.ranges:
            what = f"'{variable.name}' has the range '{model.shown[dimension]}' where '{index}' stands"
        else:
            what = f"'{index}' is no element of '{model.shown[dimension]}', which '{variable.name}' has there"
        raise BadFlow(key, what, name=index, nearest=nearest_name(index, known), hint=f"Valid: {', '.join(known)}.")
    return members


def _end(
    model: Model, text: str, ranges: Mapping[str, tuple[str, ...]], key: str
) -> Callable[[At], list[tuple[str | None, str]]]:
    """From the flow's element to the elements of the stock that it leaves or enters, each with its share."""
    if text == OUTSIDE:
        return lambda at: [(None, "")]
    base, written = split_element_name(text)
    stock = model.variables[name_key(base)]
    if len(written) != len(stock.dimensions):
        wanted = (
            f"{stock.name}[{','.join(model.shown[d] for d in stock.dimensions)}]" if stock.dimensions else stock.name
        )
        raise BadFlow(key, f"'{stock.name}' has {_counted(len(stock.dimensions))}", hint=f"Write '{wanted}'.")
    rules = [
        _rule(model, stock, dimension, index, ranges, key)
        for index, dimension in zip(written, stock.dimensions, strict=True)
    ]
    defined = _defined(model, stock)

    def elements(at: At) -> Iterator[tuple[str | None, str]]:
        for places in itertools.product(*(rule(at) for rule in rules)):
            element = tuple(e for e, _ in places)
            if element in defined:
                yield _shown(model, stock, element), next((share for _, share in places if share), "")

    return lambda at: list(elements(at))


def _rule(
    model: Model, stock: Variable, dimension: str, index: str, ranges: Mapping[str, tuple[str, ...]], key: str
) -> Rule:
    """What one index of a stock means."""
    order = model.ranges[dimension]
    name = name_key(index)
    if name in ranges and name in model.ranges:
        _members(model, stock, dimension, index, key)
        return lambda at: [(at[name], "")]
    if name in model.shown:
        if name in model.ranges:
            raise BadFlow(
                key, f"'{index}' is no index of the flow", name=index,
                hint=f"Write one of the flow's indices, an element of '{model.shown[dimension]}', or: {index} by SHARES.",
            )  # fmt: skip
        _members(model, stock, dimension, index, key)
        return lambda at: [(name, "")]
    if (neighbour := _NEIGHBOUR.match(index)) and name_key(neighbour[1]) in ranges:
        base, step = name_key(neighbour[1]), 1 if neighbour[2] == "+" else -1
        _members(model, stock, dimension, neighbour[1], key)
        return partial(_next, order, base, step)
    if (spread := _SPREAD.match(index)) and name_key(spread[1]) in model.ranges:
        if key == "from":
            raise BadFlow(key, f"'{index}': a flow spreads where it enters, not where it leaves", name=index)
        members = _members(model, stock, dimension, spread[1], key)
        shares = model.variables.get(name_key(spread[2]))
        if shares is None or len(shares.dimensions) != 1 or not set(members) <= set(model.ranges[shares.dimensions[0]]):
            what = f"'{spread[2]}' is no variable by '{model.shown[dimension]}'"
            raise BadFlow(key, what, name=spread[2], nearest=nearest_name(spread[2], _by(model, dimension)))
        parts = [(member, _shown(model, shares, (member,))) for member in members]
        return lambda at: parts
    _members(model, stock, dimension, index, key)
    raise AssertionError("an index that is neither known nor refused")


def _next(order: tuple[str, ...], base: str, step: int, at: At) -> list[tuple[str, str]]:
    place = order.index(at[base]) + step
    return [(order[place], "")] if 0 <= place < len(order) else []


def _by(model: Model, dimension: str) -> list[str]:
    return [v.name for v in model.variables.values() if v.dimensions == (dimension,)]


def _defined(model: Model, variable: Variable) -> set[Element]:
    return {element for equation in variable.equations for element in model.equation_elements(equation)}


def _shown(model: Model, variable: Variable, element: Element) -> str:
    return element_name(variable.name, tuple(model.shown[e] for e in element))
