"""Where stocks and flows stand: stocks are upright bars in columns, every pipe is one horizontal line on a track of its own.

Such a drawing (a visibility representation) has no bends, and a pipe never runs through a stock. The one exception is a flow
from a stock to itself, between elements: a bracket at the side of the bar. Columns and tracks are found by simulated annealing
from a fixed seed.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

from .plan import Node, Pipe

TRACK = 54
CLOUD = 36
BRACKET = 30
ROOM = 10
FOOT = 22
_STEPS_A_PIPE = 1500


@dataclass(frozen=True, slots=True)
class Place:
    """Middle and half size of a thing in a block."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PlacedPipe:
    """A pipe: its valve, the label of the valve, and the corner or end of either half; clouds where there is no stock."""

    pipe: Pipe
    valve: tuple[int, int]
    label: Place
    source: tuple[int, int]
    sink: tuple[int, int]
    upright: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Stocks that flows join, with these flows and the stocks' initial values; the upper left corner is (0, 0)."""

    stocks: dict[str, Place]
    pipes: tuple[PlacedPipe, ...]
    initial: dict[Node, Place]
    width: int
    height: int

    @property
    def nodes(self) -> list[Node]:
        """Every word in the block."""
        return [*map(Node, self.stocks), *(placed.pipe.label for placed in self.pipes), *self.initial]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a block is made of; sizes are half of those of boxes.

    `initial` are the words that stand below a stock; `near` are pairs of pipes, by number, of which one acts on the other.
    """

    stocks: list[str]
    pipes: list[Pipe]
    initial: dict[str, list[Node]]
    near: list[tuple[int, int]]
    sizes: dict[Node, tuple[int, int]]

    @property
    def bar(self) -> tuple[int, int]:
        """Half the width of all bars and the least half of their height: their names fit."""
        sizes = [self.sizes[Node(stock)] for stock in self.stocks]
        return max(45, *(width + 4 for width, _ in sizes)), max(20, *(height + 4 for _, height in sizes))

    def below(self, stock: str) -> list[tuple[Node, int, int]]:
        """The words below a stock: how far right of its middle and how far below its lower edge each has its middle.

        One word stands close; two and more stand in rows of two, below the labels beside the stock.
        """
        words = self.initial.get(stock, [])
        if len(words) == 1:
            return [(words[0], 0, FOOT + self.sizes[words[0]][1])]
        found, y = [], 2 * FOOT
        for first in range(0, len(words), 2):
            row = words[first : first + 2]
            half = max(self.sizes[word][1] for word in row)
            for word, side in zip(row, (-1, 1), strict=False):
                found.append((word, side * (self.sizes[word][0] + 3), y + half))
            y += 2 * half + 4
        return found

    def foot(self, stock: str) -> int:
        """How far below a stock its words reach."""
        return max((y + self.sizes[word][1] for word, _, y in self.below(stock)), default=0)


@dataclass(frozen=True, slots=True)
class _Draft:
    """The column of every stock; the track of every pipe and the side (-1 left, 1 right) of one that needs it."""

    columns: tuple[int, ...]
    tracks: tuple[int, ...]
    sides: tuple[int, ...]


def components(stocks: list[str], pipes: list[Pipe]) -> list[tuple[list[str], list[Pipe]]]:
    """Stocks in groups that pipes join, in the order given."""
    root = {stock: stock for stock in stocks}
    for pipe in pipes:
        if pipe.source and pipe.sink:
            old, new = root[pipe.sink], root[pipe.source]
            root = {stock: new if r == old else r for stock, r in root.items()}
    return [
        ([s for s in stocks if root[s] == r], [p for p in pipes if root[p.source or p.sink or ""] == r])
        for r in dict.fromkeys(root.values())
    ]


def block(parts: Parts) -> Block:
    """Stocks, pipes and the words below the stocks with their places."""
    if parts.pipes:
        drawn = _drawn(_settled(_annealed(parts), parts.pipes), parts)
    else:
        width, height = parts.bar
        drawn = Block(
            {stock: Place(width, height, width, height) for stock in parts.stocks}, (), {}, 2 * width, 2 * height
        )
    below = {}
    for stock, at in drawn.stocks.items():
        for word, x, y in parts.below(stock):
            below[word] = Place(at.x + x, at.y + at.height + y, *parts.sizes[word])
    bottom = max([drawn.height, *(place.y + place.height for place in below.values())])
    return replace(drawn, initial=below, height=bottom)


# ---- search ------------------------------------------------------------------------------------------------------------


def _is_bracket(pipe: Pipe) -> bool:
    return pipe.source == pipe.sink


def _is_joint(pipe: Pipe) -> bool:
    return pipe.source is not None and pipe.sink is not None and pipe.source != pipe.sink


def _ends(pipe: Pipe) -> tuple[str, ...]:
    """The stocks that a pipe touches, each once."""
    return tuple(dict.fromkeys(end for end in (pipe.source, pipe.sink) if end is not None))


def _gaps(column: dict[str, int], pipe: Pipe, side: int) -> range:
    """The gaps between columns that a pipe fills; gap g is left of column g."""
    ends = sorted(column[end] for end in _ends(pipe))
    if _is_joint(pipe):
        return range(ends[0] + 1, ends[1] + 1)
    return range(ends[0] + (side > 0), ends[0] + (side > 0) + 1)


def _tracks(pipe: Pipe, track: int) -> range:
    """The tracks that a pipe fills: one, and two for a bracket."""
    return range(track, track + 1 + _is_bracket(pipe))


def _cost(draft: _Draft, parts: Parts, feet: list[int]) -> float:
    """Faults cost 50 each: two pipes in one place, bars that touch, a pipe through a bar. Then length, height and habit."""
    column = dict(zip(parts.stocks, draft.columns, strict=True))
    spans: dict[str, list[int]] = {stock: [] for stock in parts.stocks}
    filled: list[range] = []
    taken: dict[tuple[int, int], int] = {}
    through: list[tuple[int, int]] = []
    cost = 0.0
    for pipe, track, side in zip(parts.pipes, draft.tracks, draft.sides, strict=True):
        gaps = _gaps(column, pipe, side)
        if not gaps:
            return 1e6  # both ends in one column
        filled.append(gaps)
        if _is_joint(pipe):
            cost += 2.0 * (len(gaps) - 1) + 0.5 * (column[pipe.source or ""] > column[pipe.sink or ""])
            through += [(gap, track) for gap in gaps[:-1]]
        elif not _is_bracket(pipe):
            cost += 0.6 * (side != (1 if pipe.source else -1))
        for t in _tracks(pipe, track):
            for gap in gaps:
                taken[gap, t] = taken.get((gap, t), 0) + 1
            for stock in _ends(pipe):
                spans[stock].append(t)
    cost += 50 * sum(number - 1 for number in taken.values())
    bars = [
        (column[s], min(span), max(span), max(span) + foot) for (s, span), foot in zip(spans.items(), feet, strict=True)
    ]
    for stock, (at, _, high, end) in zip(parts.stocks, bars, strict=True):
        if len(parts.initial.get(stock, [])) > 1:  # these words reach into the gaps
            cost += 50 * sum((gap, t) in taken for gap in (at, at + 1) for t in range(high + 1, end + 1))
    for place, (at, low, high, end) in enumerate(bars):
        cost += high - low + 50 * sum(at == o and b <= end + 1 and low <= t + 1 for o, b, _, t in bars[:place])
        cost += 50 * sum(gap == at and low <= track <= end for gap, track in through)
    for a, b in parts.near:
        cost += 1.5 * abs(draft.tracks[a] - draft.tracks[b]) + 8.0 * abs(filled[a][0] - filled[b][0])
    cost += 0.8 * max(end for _, _, _, end in bars) + 0.7 * len(set(draft.columns))
    return cost + 0.2 * sum(draft.tracks) / len(draft.tracks)


def _annealed(parts: Parts) -> _Draft:
    draw = random.Random(1)
    feet = [-(-parts.foot(stock) // TRACK) for stock in parts.stocks]
    sides = tuple(1 if pipe.source else -1 for pipe in parts.pipes)
    draft = best = _Draft(tuple(range(len(parts.stocks))), tuple(range(len(parts.pipes))), sides)
    cost = best_cost = _cost(draft, parts, feet)
    steps = _STEPS_A_PIPE * len(parts.pipes)
    for step in range(steps):
        new = _moved(draft, draw)
        new_cost = _cost(new, parts, feet)
        heat = 5.0 * (1 - step / steps) ** 2 + 0.01
        if new_cost <= cost or draw.random() < math.exp((cost - new_cost) / heat):
            draft, cost = new, new_cost
            if cost < best_cost:
                best, best_cost = draft, cost
    return best


def _moved(draft: _Draft, draw: random.Random) -> _Draft:
    """A draft with one thing changed."""
    columns, tracks, sides = list(draft.columns), list(draft.tracks), list(draft.sides)
    at, other = draw.randrange(len(tracks)), draw.randrange(len(tracks))
    choice = draw.random()
    if choice < 0.35:
        tracks[at] = draw.randrange(len(tracks) + 2)
    elif choice < 0.55:
        tracks[at], tracks[other] = tracks[other], tracks[at]
    elif choice < 0.7:
        sides[at] = -sides[at]
    elif choice < 0.85:
        shift = draw.choice((-1, 1))
        tracks = [max(t + shift, 0) if t >= tracks[at] else t for t in tracks]
    else:
        a, b = draw.randrange(len(columns)), draw.randrange(len(columns))
        columns[a], columns[b] = (
            (columns[b], columns[a]) if choice < 0.93 else (draw.randrange(len(columns)), columns[b])
        )
    return _Draft(tuple(columns), tuple(tracks), tuple(sides))


def _settled(draft: _Draft, pipes: list[Pipe]) -> _Draft:
    """The same without empty columns and tracks."""
    used = sorted({t for pipe, track in zip(pipes, draft.tracks, strict=True) for t in _tracks(pipe, track)})
    order = sorted(set(draft.columns))
    columns = tuple(order.index(column) for column in draft.columns)
    return replace(draft, columns=columns, tracks=tuple(used.index(track) for track in draft.tracks))


# ---- geometry ----------------------------------------------------------------------------------------------------------


def _drawn(draft: _Draft, parts: Parts) -> Block:
    column = dict(zip(parts.stocks, draft.columns, strict=True))
    number = max(draft.columns) + 1
    bar, least = parts.bar
    labels = [parts.sizes[pipe.label] for pipe in parts.pipes]
    gaps = [_gaps(column, pipe, side) for pipe, side in zip(parts.pipes, draft.sides, strict=True)]
    wide = [0 if gap in (0, number) else 60 for gap in range(number + 1)]
    widest: dict[tuple[int, int], int] = {}  # label of the open pipes on a side of a gap: their valves form a line
    valve_gap = []
    for pipe, own, side, (half, _) in zip(parts.pipes, gaps, draft.sides, labels, strict=True):
        gap = max(own, key=lambda gap: (wide[gap], -gap))
        valve_gap.append(gap)
        wide[gap] = max(wide[gap], _room(pipe, half))
        widest[gap, side] = max(widest.get((gap, side), 0), half * (not _is_joint(pipe) and not _is_bracket(pipe)))
    for (gap, _), half in widest.items():
        wide[gap] = max(wide[gap], ROOM + half + CLOUD + 10 + ROOM)
    starts = [sum(wide[:gap]) + 2 * bar * gap for gap in range(number + 1)]  # left side of a gap
    pitch = max(TRACK, 2 * max(height for _, height in labels) + 24)
    heights = [least + pitch * track for track in range(max(draft.tracks) + 2)]
    spans: dict[str, list[int]] = {stock: [] for stock in parts.stocks}
    for pipe, track in zip(parts.pipes, draft.tracks, strict=True):
        for stock in _ends(pipe):
            spans[stock] += [heights[t] for t in _tracks(pipe, track)]
    places = {
        stock: Place(
            starts[column[stock]] + wide[column[stock]] + bar,
            (min(span) + max(span)) // 2,
            bar,
            (max(span) - min(span)) // 2 + least,
        )
        for stock, span in spans.items()
    }
    placed = []
    for pipe, track, side, gap, label in zip(parts.pipes, draft.tracks, draft.sides, valve_gap, labels, strict=True):
        y = heights[track]
        if _is_joint(pipe):
            placed.append(_joint(pipe, starts[gap] + wide[gap] // 2, y, places, label))
        elif _is_bracket(pipe):
            placed.append(_bracket(pipe, side, y, y + pitch, places, label))
        else:
            placed.append(_open(pipe, side, widest[gap, side], y, places, label))
    bottom = max([*(p.y + p.height for p in places.values()), *(p.label.y + p.label.height for p in placed)])
    return Block(places, tuple(placed), {}, starts[number] + wide[number], bottom)


def _room(pipe: Pipe, half: int) -> int:
    """The width of a gap that holds a pipe whose label has half this width."""
    if _is_joint(pipe):
        return 2 * half + 2 * ROOM
    if _is_bracket(pipe):
        return BRACKET + 14 + 2 * half + ROOM
    return half + ROOM + max(half, CLOUD + 10) + ROOM


def _below(x: int, y: int, box: tuple[int, int]) -> Place:
    """The label under a valve."""
    return Place(x, y + 10 + box[1], *box)


def _joint(pipe: Pipe, x: int, y: int, places: dict[str, Place], box: tuple[int, int]) -> PlacedPipe:
    def end(stock: str | None) -> tuple[int, int]:
        place = places[stock or ""]
        edge = place.x + (place.width if place.x < x else -place.width)
        return (x + edge) // 2, y

    return PlacedPipe(pipe, (x, y), _below(x, y, box), end(pipe.source), end(pipe.sink))


def _open(pipe: Pipe, side: int, half: int, y: int, places: dict[str, Place], box: tuple[int, int]) -> PlacedPipe:
    stock = places[_ends(pipe)[0]]
    edge = stock.x + side * stock.width
    x = edge + side * (half + ROOM)
    inner, outer = ((edge + x) // 2, y), (x + side * CLOUD, y)
    source, sink = (inner, outer) if pipe.source else (outer, inner)
    return PlacedPipe(pipe, (x, y), _below(x, y, box), source, sink)


def _bracket(
    pipe: Pipe, side: int, upper: int, lower: int, places: dict[str, Place], box: tuple[int, int]
) -> PlacedPipe:
    stock = places[_ends(pipe)[0]]
    x = stock.x + side * (stock.width + BRACKET)
    y = (upper + lower) // 2
    label = Place(x + side * (12 + box[0]), y, *box)
    return PlacedPipe(pipe, (x, y), label, (x, upper), (x, lower), upright=True)
