"""A view from its plan: pieces drawn one by one, links cut until no arrow is long or crosses a label, pieces packed in rows.

A link that would be long or would cross a label is cut: a shadow of the cause stands beside the user instead. So is every link
from a cause that is defined elsewhere and has many users here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from sdsocec.model.ir import Model

from .blocks import Block, Parts, block, components
from .pieces import WIDE, Content, Names, Piece, piece
from .plan import Link, Node, Pipe, Plan
from .sketch import Arrow, Thing, View

MARGIN = 30
BETWEEN = 60
HIGH_WORD = 50
MANY_USERS = 3
_ROUNDS = 20
_CUTS_A_ROUND = 2


def laid_out(model: Model, plan: Plan) -> View:
    """A view with the places of all its things."""
    names = Names(model, plan)
    stocks = [key for key in plan.defined if model.variables[key].kind == "stock"]
    blocks = [_block(names, *component) for component in components(stocks, list(plan.pipes))]
    users = Counter(link.cause for link in plan.links)
    cut = {link for link in plan.links if names.is_shadow(link.cause) and users[link.cause] >= MANY_USERS}
    drawn: dict[Content, Piece] = {}
    best: list[Piece] = []
    best_cost = float("inf")
    for _ in range(_ROUNDS):
        contents = _contents(plan, names, blocks, cut)
        for content in contents:
            if content not in drawn:
                drawn[content] = piece(content, names)
        pieces = [drawn[content] for content in contents]
        cost = sum(p.cost for p in pieces)
        if cost < best_cost:
            best, best_cost = pieces, cost
        before = len(cut)
        bad = [link for p in pieces for link in p.crossing] + [link for p in pieces for link in p.tiresome]
        for link in bad:
            if len(cut) < before + _CUTS_A_ROUND and link not in cut and _may_be_cut(plan, cut, link):
                cut.add(link)
        if len(cut) == before:  # a cause may lose its last link here, if that crosses something
            cut |= {link for p in pieces for link in p.crossing if users[link.cause] > 1}
        if len(cut) == before:
            break
    return _packed(plan.name, best)


def _block(names: Names, stocks: list[str], pipes: list[Pipe]) -> Block:
    """Stocks and flows, with below each stock the words of what gives it its start."""
    initial: dict[str, list[Node]] = {}
    for link in names.plan.links:
        if link.initial and link.user in stocks:
            initial.setdefault(link.user, []).append(_initial(names, link))
    labels = [pipe.label for pipe in pipes]
    near = [
        (labels.index(Node(link.cause)), labels.index(Node(link.user)))
        for link in names.plan.links
        if Node(link.cause) in labels and Node(link.user) in labels
    ]
    boxes = {pipe.label: names.box(pipe.flow, pipe.again or names.is_shadow(pipe.flow)) for pipe in pipes}
    boxes |= {Node(stock): names.box(stock, False, 100) for stock in stocks}
    boxes |= {word: names.box(word.key, word.shadow, 90) for words in initial.values() for word in words}
    sizes = {node: (box.width, box.height) for node, box in boxes.items()}
    return block(Parts(stocks, pipes, initial, near, sizes))


def _initial(names: Names, link: Link) -> Node:
    """The word of an initial value: the definition below the first stock that starts by it, if it does nothing else."""
    uses = [other for other in names.plan.links if other.cause == link.cause]
    alone = all(use.initial for use in uses) and not any(use.user == link.cause for use in names.plan.links)
    if uses[0] == link and alone and not names.is_shadow(link.cause):
        return Node(link.cause)
    return Node(link.cause, True, link.user)


def _may_be_cut(plan: Plan, cut: set[Link], link: Link) -> bool:
    """Whether the cause stays joined to something else in the view."""
    others = [o for o in plan.links if o != link and o not in cut and link.cause in (o.cause, o.user)]
    return bool(others) or any(link.cause in (pipe.flow, pipe.source, pipe.sink) for pipe in plan.pipes)


def _contents(plan: Plan, names: Names, blocks: list[Block], cut: set[Link]) -> list[Content]:
    """The pieces of a view, in the order of its variables, those with stocks first."""
    part_of = {node: n for n, b in enumerate(blocks) for node in b.nodes}

    def source(link: Link) -> Node:
        if link in cut or Node(link.cause, True, link.user) in part_of:
            return Node(link.cause, True, link.user)
        return Node(link.cause, names.is_shadow(link.cause) and Node(link.cause) not in part_of)

    links = [(link, source(link)) for link in plan.links]
    nodes = dict.fromkeys([Node(key) for key in plan.defined] + [node for _, node in links])
    unit: dict[Node, Node | int] = {node: part_of.get(node, node) for node in nodes}
    root: dict[Node | int, Node | int] = {at: at for at in (*range(len(blocks)), *unit.values())}

    def find(at: Node | int) -> Node | int:
        while root[at] != at:
            at = root[at]
        return at

    for link, node in links:
        root[find(unit[node])] = find(unit[Node(link.user)])
    contents = [
        Content(
            tuple(n for n in nodes if n not in part_of and find(n) == top),
            tuple(b for number, b in enumerate(blocks) if find(number) == top),
            tuple((link, node) for link, node in links if find(unit[node]) == top),
        )
        for top in dict.fromkeys(find(at) for at in root)
    ]
    return sorted(contents, key=lambda content: not content.blocks)


def _packed(name: str, pieces: list[Piece]) -> View:
    """Pieces in rows: those with stocks first, then by height; last, close together, words that nothing here uses."""
    wide = max([WIDE, *(p.width for p in pieces)])
    order = sorted(pieces, key=lambda p: (len(p.things) == 1, not p.has_stocks, -p.height))
    things: list[Thing] = []
    arrows: list[Arrow] = []
    x = y = row = 0
    for p in order:
        if x and (x + p.width > wide or (len(p.things) == 1 and len(things) and row > HIGH_WORD)):
            x, y, row = 0, y + row + BETWEEN, 0
        first = len(things)
        left, top = x + MARGIN, y + MARGIN
        things += [replace(t, id=t.id + first, x=t.x + left, y=t.y + top) for t in p.things]
        arrows += [
            replace(a, source=a.source + first, target=a.target + first, x=a.x + left, y=a.y + top) for a in p.arrows
        ]
        x += p.width + (BETWEEN // 3 if len(p.things) == 1 else BETWEEN)
        row = max(row, p.height)
    return View(name, tuple(things), tuple(replace(a, id=len(things) + n) for n, a in enumerate(arrows, 1)))
