"""A piece of a view: things that links or pipes join, with their places, and how clear the drawing of them is."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass, replace

from sdsocec.model.ir import TIME, Model

from .arrows import bend_of, middle_of, path_of
from .blocks import Block, Place
from .dot import Box, Edge, places
from .easing import crossed, eased
from .plan import Link, Node, Plan
from .sketch import Arrow, Cloud, Thing, Valve, Word
from .text import box_of, width_of

WIDEST = 105
WIDE, HIGH = 1150, 800
LONG = 400
TANGLED = 1.5
_ORDERS = 2
_WAYS = [
    (d, w, distance, most)
    for d, w in (("TB", WIDEST), ("LR", 150))
    for distance in (34, 60, 110, 170)
    for most in (6, 99)
]


@dataclass(frozen=True, slots=True)
class Names:
    """The names of variables as a view shows them."""

    model: Model
    plan: Plan

    def name(self, key: str) -> str:
        return "Time" if key == TIME else self.model.variables[key].name

    def is_shadow(self, key: str) -> bool:
        return key not in self.plan.defined

    def box(self, key: str, shadow: bool, widest: int = WIDEST) -> Box:
        """A word's box, with room for Simlin too, which draws a circle and below it the name in one line of narrow type."""
        name = self.name(key)
        width, height = box_of(f"<{name}>" if shadow else name, widest)
        return Box(width, height, (max(width, round(0.43 * width_of(name))), max(height, 19)))


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in a piece; every link with the node where its arrow starts."""

    nodes: tuple[Node, ...]
    blocks: tuple[Block, ...]
    links: tuple[tuple[Link, Node], ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A drawn piece: its upper left corner is (0, 0).

    `crossing` are the links that cross something; `tiresome` are others, long or tangled with several; both worst first.
    """

    things: tuple[Thing, ...]
    arrows: tuple[Arrow, ...]
    width: int
    height: int
    cost: float
    crossing: tuple[Link, ...]
    tiresome: tuple[Link, ...]
    has_stocks: bool


def piece(content: Content, names: Names) -> Piece:
    """The clearest drawing of a piece: downward or to the right, near or far, causes on one side or on two.

    While a link crosses something, its words and links are also given to dot in other orders, which it draws differently.
    """
    draw = random.Random(1)
    best: Piece | None = None
    for _ in range(_ORDERS):
        for direction, widest, distance, most in _WAYS:
            boxes: list[Box | Block] = [*content.blocks, *(names.box(n.key, n.shadow, widest) for n in content.nodes)]
            drawn = _composed(content, names, boxes, places(boxes, _edges(content, most), direction, distance))
            if best is None or drawn.cost < best.cost:
                best = drawn
        assert best is not None
        if not best.crossing:
            break
        nodes, links = list(content.nodes), list(content.links)
        draw.shuffle(nodes)
        draw.shuffle(links)
        content = replace(content, nodes=tuple(nodes), links=tuple(links))
    assert best is not None
    return best


def _edges(content: Content, most: int) -> list[Edge]:
    """The links for dot. Of more than `most` causes with nothing else to join, half stand after the variable they act on."""
    part_of = {node: n for n, b in enumerate(content.blocks) for node in b.nodes}
    number = {node: n for n, node in enumerate(content.nodes, len(content.blocks))}
    joined = Counter(node for _, node in content.links) + Counter(Node(link.user) for link, _ in content.links)
    loose: dict[str, list[Node]] = {}
    for link, node in content.links:
        if joined[node] == 1 and node in number:
            loose.setdefault(link.user, []).append(node)
    after = {n for nodes in loose.values() if len(nodes) > most for n in nodes[(len(nodes) + 1) // 2 :]}
    edges = []
    for link, node in content.links:
        user = Node(link.user)
        tail = (number[node], "") if node in number else (part_of[node], node.key)
        head = (number[user], "") if user in number else (part_of[user], link.user)
        if tail[0] != head[0]:
            (t, tp), (h, hp) = (head, tail) if node in after else (tail, head)
            edges.append(Edge(t, h, tp, hp, 3 if joined[node] == 1 else 2))
    return edges


def _composed(content: Content, names: Names, boxes: list[Box | Block], middles: list[tuple[int, int]]) -> Piece:
    things: list[Thing] = []
    arrows: list[Arrow] = []
    word: dict[Node, Word] = {}
    valve: dict[str, Valve] = {}

    def place_word(node: Node, x: int, y: int, box: Box | Place, kind: str, shadow: bool) -> Word:
        made = Word(len(things) + 1, names.name(node.key), x, y, box.width, box.height, kind, shadow)
        things.append(made)
        return word.setdefault(node, made)

    for b, (x, y) in zip(content.blocks, middles, strict=False):
        left, top = x - b.width // 2, y - b.height // 2
        for key, at in b.stocks.items():
            place_word(Node(key), left + at.x, top + at.y, at, "stock", False)
        for p in b.pipes:
            own = Valve(len(things) + 1, left + p.valve[0], top + p.valve[1], p.upright)
            things.append(own)
            if not p.pipe.again:
                valve[p.pipe.flow] = own
            at, shadow = p.label, p.pipe.again or names.is_shadow(p.pipe.flow)
            place_word(p.pipe.label, left + at.x, top + at.y, at, "flow", shadow)
            for stock, corner, kind in ((p.pipe.sink, p.sink, "into"), (p.pipe.source, p.source, "from")):
                corner_x, corner_y = left + corner[0], top + corner[1]
                if stock is None:
                    things.append(Cloud(len(things) + 1, corner_x, corner_y))
                    end, corner_x = things[-1].id, (own.x + corner_x) // 2
                else:
                    end = word[Node(stock)].id
                arrows.append(Arrow(0, own.id, end, corner_x, corner_y, kind))
        for node, at in b.initial.items():
            place_word(node, left + at.x, top + at.y, at, "text", node.shadow)
    start = len(content.blocks)
    for node, box, (x, y) in zip(content.nodes, boxes[start:], middles[start:], strict=True):
        assert isinstance(box, Box)
        place_word(node, x, y, box, "text", node.shadow)
    return _linked(content, things, arrows, word, valve)


def _linked(
    content: Content, things: list[Thing], arrows: list[Arrow], word: dict[Node, Word], valve: dict[str, Valve]
) -> Piece:
    """The piece with its links drawn; an arrow to a flow ends at its valve or at its name, whichever is freer."""
    links = []
    for link, node in content.links:
        tail, user = word[node], word[Node(link.user)]
        ends: list[Word | Valve] = [user, valve[link.user]] if link.user in valve else [user]
        own = {tail.id, *(end.id for end in ends)}
        if node.key in valve and tail.kind == "flow":
            own.add(valve[node.key].id)
        others = [thing for thing in things if thing.id not in own]
        tried = [(*bend_of(tail, end, others), end) for end in ends]
        bend, _, head = min(tried, key=lambda t: (t[1], abs(t[0]), _distance(tail, t[2])))
        x, y = middle_of((tail.x, tail.y), (head.x, head.y), bend)
        links.append(Arrow(0, tail.id, head.id, x, y, "bent" if bend else "straight", link.initial))
    things, links = eased(things, links, arrows)
    by_id = {thing.id: thing for thing in things}
    crossing: list[tuple[int, Link]] = []
    lengths: list[float] = []
    cost = 0.0
    for (link, _), arrow in zip(content.links, links, strict=True):
        tail, head = by_id[arrow.source], by_id[arrow.target]
        number, length = crossed(arrow, by_id), _distance(tail, head)
        bow = math.hypot(arrow.x - (tail.x + head.x) / 2, arrow.y - (tail.y + head.y) / 2)
        cost += 10_000 * number + length * (1 + length / LONG) + 500 * bow / (length + 1)
        lengths.append(length)
        if number:
            crossing.append((number, link))
    paths = [
        (a.source, a.target, [(float(x), float(y)) for x, y in path_of(a, by_id[a.source], by_id[a.target])[::12]])
        for a in links
    ]
    tangles = _tangles(paths)
    cost += 75 * sum(tangles) + 50 * sum(isinstance(thing, Word) and thing.shadow for thing in things)
    drawn = [*things, *(Cloud(0, round(x), round(y), 0, 0) for _, _, path in paths for x, y in path)]  # arcs bulge
    left, top = (min(axis) for axis in zip(*((t.x - t.width, t.y - t.height) for t in drawn), strict=True))
    width = max(t.x + t.width for t in drawn) - left
    height = max(t.y + t.height for t in drawn) - top
    things = [replace(t, x=t.x - left, y=t.y - top) for t in things]
    cost += 10 * max(0, width - WIDE) + 5 * max(0, height - HIGH) + (width * height) / 2000
    most = LONG if width <= WIDE else LONG / 2
    tiresome = [
        (max(length / most, number / TANGLED), link)
        for (link, _), length, number in zip(content.links, lengths, tangles, strict=True)
    ]
    return Piece(
        tuple(things),
        tuple(replace(a, x=a.x - left, y=a.y - top) for a in (*arrows, *links)),
        width,
        height,
        cost,
        tuple(link for _, link in sorted(crossing, key=lambda each: -each[0])),
        tuple(link for badness, link in sorted(tiresome, key=lambda each: -each[0]) if badness > 1),
        bool(content.blocks),
    )


def _tangles(paths: list[tuple[int, int, list[tuple[float, float]]]]) -> list[int]:
    """How many others each link crosses that share no end with it."""

    def turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
        return (b[0] - a[0]) * (c[1] - a[1]) > (b[1] - a[1]) * (c[0] - a[0])

    def crosses(p: list[tuple[float, float]], q: list[tuple[float, float]]) -> bool:
        return any(
            turn(a, b, c) != turn(a, b, d) and turn(c, d, a) != turn(c, d, b)
            for a, b in zip(p, p[1:], strict=False)
            for c, d in zip(q, q[1:], strict=False)
        )

    counts = [0] * len(paths)
    for n, (tail, head, p) in enumerate(paths):
        for m, (other_tail, other_head, q) in enumerate(paths[:n]):
            if not {tail, head} & {other_tail, other_head} and crosses(p, q):
                counts[n] += 1
                counts[m] += 1
    return counts


def _distance(a: Thing, b: Thing) -> float:
    return float(((a.x - b.x) ** 2 + (a.y - b.y) ** 2) ** 0.5)
