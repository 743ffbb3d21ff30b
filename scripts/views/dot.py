"""Places by Graphviz `dot`: words and blocks in ranks, causes before effects, downward (TB) or to the right (LR)."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from .blocks import Block
from .plan import Node

_SEPARATION = {"TB": "nodesep=0.16", "LR": "nodesep=0.11"}


@dataclass(frozen=True, slots=True)
class Box:
    """Half the size of a word, and half the room that it gets."""

    width: int
    height: int
    room: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Edge:
    """A link for dot: from and to a box or block by number, or to the part of a block where a stock or flow stands."""

    tail: int
    head: int
    tail_part: str = ""
    head_part: str = ""
    weight: int = 2


def places(boxes: list[Box | Block], edges: list[Edge], direction: str, distance: float) -> list[tuple[int, int]]:
    """The middle of every box and block in pixels, y downward; `distance` between ranks is in pixels too.

    To the right, words of a rank end at one line, so that arrows leave them freely.
    """
    lines = [
        f"digraph {{ rankdir={direction} ranksep={distance / 72:.3f} {_SEPARATION[direction]}",
        'node [shape=box fixedsize=true label=""]',
    ]
    for number, box in enumerate(boxes):
        if isinstance(box, Block) and direction == "TB":
            lines.append(f"n{number} [shape=plain fixedsize=false label=<{_table(box)}>]")
        else:
            width, height = (box.width, box.height) if isinstance(box, Block) else (2 * box.room[0], 2 * box.room[1])
            lines.append(f"n{number} [width={width / 72:.4f} height={height / 72:.4f}]")
    for edge in edges:
        tail, head = (
            f"n{number}:c{_slices(box).index(_slice_of(box, part))}"
            if isinstance(box := boxes[number], Block) and direction == "TB"
            else f"n{number}"
            for number, part in ((edge.tail, edge.tail_part), (edge.head, edge.head_part))
        )
        lines.append(f"{tail} -> {head} [weight={edge.weight}]")
    text = "\n".join([*lines, "}"])
    plain = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True, check=True).stdout
    rows = [line.split(" ") for line in plain.splitlines()]
    high = float(rows[0][3])
    found = {row[1]: (float(row[2]) * 72, (high - float(row[3])) * 72) for row in rows if row[0] == "node"}
    middles = [found[f"n{number}"] for number in range(len(boxes))]
    if direction == "LR":
        ends: dict[int, float] = {}
        for (x, _), box in zip(middles, boxes, strict=True):
            if isinstance(box, Box):
                ends[round(x)] = max(ends.get(round(x), 0), x + box.width)
        middles = [
            (ends[round(x)] - box.width, y) if isinstance(box, Box) else (x, y)
            for (x, y), box in zip(middles, boxes, strict=True)
        ]
    return [(round(x), round(y)) for x, y in middles]


def _slice_of(block: Block, part: str) -> int:
    """The x of the middle of the slice in which a stock or flow stands."""
    if part in block.stocks:
        return block.stocks[part].x
    return next(pipe.valve[0] for pipe in block.pipes if pipe.pipe.label == Node(part))


def _slices(block: Block) -> list[int]:
    return sorted({place.x for place in block.stocks.values()} | {pipe.valve[0] for pipe in block.pipes})


def _table(block: Block) -> str:
    """A block for Graphviz: a table of one row, with a port for every slice."""
    xs = _slices(block)
    bounds = [0, *((left + right) // 2 for left, right in zip(xs, xs[1:], strict=False)), block.width]
    cells = "".join(
        f'<TD PORT="c{place}" FIXEDSIZE="TRUE" WIDTH="{right - left}" HEIGHT="{block.height}"></TD>'
        for place, (left, right) in enumerate(zip(bounds, bounds[1:], strict=False))
    )
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{cells}</TR></TABLE>'
