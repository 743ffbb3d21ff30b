"""Which variable is defined in which view, which pipes and links the view shows.

Views follow the groups of the .mdl (headings between rows of `*`), with four exceptions:
- the variables of levers stand together, by holder;
- a constant or table with one user stands beside it;
- a group without anything left has no view; the simulation controls stand in the first;
- a group too large for one view is divided, along its flows of cause and effect.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from sdsocec.model.card import LEVER_PARTS, Card
from sdsocec.model.ir import CONTROLS, Call, Expression, LookupCall, Model, Operation, Reference, walk
from sdsocec.model.names import name_key
from sdsocec.model.structure import causes

LARGEST = 34
LEVERS_IN_A_VIEW = 5
FEW_USERS = 3
_HEADING = re.compile(r"^\*{8,}\n\t?\.(.+)\n\*{8,}~", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Link:
    """A cause of a variable that the view defines; `initial` if it acts at the start only."""

    cause: str
    user: str
    initial: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """A word of a view: the definition of a variable, or a shadow: shared (`user` empty) or one user's own."""

    key: str
    shadow: bool = False
    user: str = ""


@dataclass(frozen=True, slots=True)
class Pipe:
    """A flow between two stocks of a view; None is a cloud. A flow with two sources or sinks has a second pipe, `again`."""

    flow: str
    source: str | None
    sink: str | None
    again: bool = False

    @property
    def label(self) -> Node:
        """The word at the valve."""
        return Node(self.flow, True, self.source or self.sink or "") if self.again else Node(self.flow)


@dataclass(frozen=True, slots=True)
class Plan:
    """The contents of a view, as keys of variables."""

    name: str
    defined: tuple[str, ...]
    pipes: tuple[Pipe, ...]
    links: tuple[Link, ...]


def plans(model: Model, card: Card) -> list[Plan]:
    """The views of a model, in the order of its groups."""
    users: dict[str, list[str]] = defaultdict(list)
    for key in model.variables:
        for cause in causes(model, key):
            users[cause].append(key)
    place = _groups(model)
    levers = _levers(card)
    first = next(iter(place.values()))
    home = place | levers | dict.fromkeys((key for key in CONTROLS if key in place), first)
    for key, variable in model.variables.items():
        if variable.kind in ("constant", "lookup") and len(users[key]) == 1 and key not in levers:
            home[key] = home[users[key][0]]
    together = list(dict.fromkeys(levers.values()))
    order = list(
        dict.fromkeys(group for key, own in place.items() for group in (own, *(together if key in levers else ())))
    )
    members = {group: [key for key in model.variables if home[key] == group] for group in order}
    found = []
    for group, keys in members.items():
        parts = _parts(model, keys, users)
        for number, part in enumerate(parts, 1):
            found.append(_plan(model, f"{group} {number}" if len(parts) > 1 else group, part))
    return found


def _plan(model: Model, name: str, keys: list[str]) -> Plan:
    """The view that defines some variables: with the pipes of its stocks, and all their other causes as links."""
    own_pipes = pipes(model, [key for key in keys if model.variables[key].kind == "stock"])
    by_pipe = {(pipe.flow, end) for pipe in own_pipes for end in (pipe.source, pipe.sink)}
    links = [
        Link(cause, key, cause not in _running_causes(model, key))
        for key in keys
        for cause in causes(model, key)
        if (cause, key) not in by_pipe and cause != key
    ]
    return Plan(name, tuple(keys), tuple(own_pipes), tuple(links))


def _running_causes(model: Model, key: str) -> set[str]:
    """The causes of a variable after the start: for a stock, those of its net flow."""
    found = set()
    for equation in model.variables[key].equations:
        call = equation.expression
        expression = call.arguments[0] if isinstance(call, Call) and call.function == "INTEG" else call
        found |= {node.name for node in walk(expression) if isinstance(node, Reference)}
        found |= {node.lookup.name for node in walk(expression) if isinstance(node, LookupCall)}
    return found


def _parts(model: Model, keys: list[str], users: dict[str, list[str]]) -> list[list[str]]:
    """Variables in parts of at most `LARGEST` where that cuts no link but those of a cause with many users."""
    if len(keys) <= LARGEST:
        return [keys] if keys else []
    root = {key: key for key in keys}

    def find(key: str) -> str:
        while root[key] != key:
            key = root[key]
        return key

    for cause in keys:
        if len(users[cause]) <= FEW_USERS:
            for user in users[cause]:
                if user in root:
                    root[find(cause)] = find(user)
    whole: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        whole[find(key)].append(key)
    number = -(-len(keys) // LARGEST)
    parts: list[list[str]] = [[]]
    for component in whole.values():
        if parts[-1] and len(parts[-1]) + len(component) / 2 > len(keys) / number:
            parts.append([])
        parts[-1] += component
    return parts


def signed_flows(model: Model, stock: str) -> tuple[dict[str, None], dict[str, None]]:
    """The flows that a stock's equations add, and those that they subtract."""
    added: dict[str, None] = {}
    subtracted: dict[str, None] = {}
    for equation in model.variables[stock].equations:
        for node in walk(equation.expression):
            if isinstance(node, Call) and node.function == "INTEG":
                for name, sign in _terms(node.arguments[0], 1):
                    if name in model.variables and model.variables[name].kind == "flow":
                        (added if sign > 0 else subtracted)[name] = None
    return added, subtracted


def pipes(model: Model, stocks: list[str]) -> list[Pipe]:
    """The flows of some stocks. A flow of two sources (or sinks) among them has a pipe for each."""
    sources: dict[str, list[str]] = defaultdict(list)
    sinks: dict[str, list[str]] = defaultdict(list)
    for stock in stocks:
        for ends, flows in zip((sinks, sources), signed_flows(model, stock), strict=True):
            for flow in flows:
                ends[flow].append(stock)
    found = []
    for flow in model.variables:
        for number in range(max(len(sources[flow]), len(sinks[flow]))):
            ends_of = [ends[flow][number] if number < len(ends[flow]) else None for ends in (sources, sinks)]
            found.append(Pipe(flow, *ends_of, again=number > 0))
    return found


def _terms(expression: Expression, sign: int) -> list[tuple[str, int]]:
    """The variables that an expression adds (1) and subtracts (-1); those in other arithmetic are left out."""
    if isinstance(expression, Reference):
        return [(expression.name, sign)]
    if isinstance(expression, Operation) and set(expression.operators) <= {"+", "-"}:
        signs = (sign, *(sign if operator == "+" else -sign for operator in expression.operators))
        return [term for part, s in zip(expression.arguments, signs, strict=True) for term in _terms(part, s)]
    if isinstance(expression, Operation) and expression.operators == ("negative",):
        return _terms(expression.arguments[0], -sign)
    if isinstance(expression, Call) and expression.function == "SUM":
        return _terms(expression.arguments[0], sign)
    return []


def _groups(model: Model) -> dict[str, str]:
    """The group of every variable: the last heading above it."""
    text = Path(model.path).read_text(encoding="utf-8")
    headings = [(text.count("\n", 0, m.start()) + 1, m[1].strip()) for m in _HEADING.finditer(text)]
    return {
        key: next((name for line, name in reversed(headings) if line < variable.line), "Model")
        for key, variable in model.variables.items()
    }


def _levers(card: Card) -> dict[str, str]:
    """The view of every variable of a lever: "Levers rijk", or "Levers rijk 1" and "Levers rijk 2"."""
    by_holder: dict[str, list[str]] = defaultdict(list)
    for lever in card.levers:
        by_holder[lever.holder].append(lever.name)
    views = {}
    for holder, names in by_holder.items():
        number = -(-len(names) // LEVERS_IN_A_VIEW)
        for place, name in enumerate(names):
            view = f"Levers {holder}" + (f" {place * number // len(names) + 1}" if number > 1 else "")
            views |= {name_key(f"{name} {part}".strip()): view for part in (*LEVER_PARTS, "phase", "")}
    return views
