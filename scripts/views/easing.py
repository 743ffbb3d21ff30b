"""The last touch: a word with one arrow moves a little where that arrow would cross something."""

from __future__ import annotations

import math
from dataclasses import replace

from .arrows import crossings, path_of
from .sketch import Arrow, Cloud, Thing, Valve, Word

_FAR = (70, 100, 140, 190)
_TURNS = [sign * 8 * step for step in range(22) for sign in (1, -1)]
_ROOM = 10


def eased(things: list[Thing], arrows: list[Arrow], pipes: list[Arrow]) -> tuple[list[Thing], list[Arrow]]:
    """The same, with words turned about the thing that they act on until their arrows are free; never onto a pipe."""
    places = {thing.id: thing for thing in things}
    taken = [stretch for pipe in pipes for stretch in _stretches(places[pipe.source], pipe, places[pipe.target])]
    for number, arrow in enumerate(arrows):
        by_id = {thing.id: thing for thing in things}
        tail = by_id[arrow.source]
        if not isinstance(tail, Word) or tail.kind != "text" or not crossed(arrow, by_id):
            continue
        if sum(tail.id in (other.source, other.target) for other in arrows) > 1:
            continue
        others = [(other, by_id[other.source], by_id[other.target]) for other in arrows if other is not arrow]
        for moved, straight in _places(tail, by_id[arrow.target], arrow):
            new = by_id | {tail.id: moved}
            wide = replace(moved, width=moved.width + _ROOM, height=moved.height + _ROOM // 2)
            free = not any(_touch(wide, thing) for thing in (*things, *taken) if thing.id != tail.id)
            if free and not crossed(straight, new) and not any(crossings(path_of(*other), [moved]) for other in others):
                things = list(new.values())
                arrows = [*arrows[:number], straight, *arrows[number + 1 :]]
                break
    return things, arrows


def _stretches(valve: Thing, pipe: Arrow, end: Thing) -> list[Thing]:
    """A half pipe as two boxes: from the valve to the corner, and on to its end."""
    ways = ((valve.x, valve.y, pipe.x, pipe.y), (pipe.x, pipe.y, end.x, pipe.y))
    return [Cloud(0, (a + c) // 2, (b + d) // 2, abs(c - a) // 2 + 4, abs(d - b) // 2 + 4) for a, b, c, d in ways]


def crossed(arrow: Arrow, things: dict[int, Thing]) -> int:
    """How many things a link crosses on its way; a flow's valve and name are one."""
    if arrow.kind in ("into", "from"):
        return 0
    tail, head = things[arrow.source], things[arrow.target]
    own = {id_ for end in (tail, head) for id_ in _one(end)}
    return crossings(path_of(arrow, tail, head), [thing for thing in things.values() if thing.id not in own])


def _one(thing: Thing) -> tuple[int, ...]:
    if isinstance(thing, Valve):
        return thing.id, thing.id + 1
    return (thing.id, thing.id - 1) if isinstance(thing, Word) and thing.kind == "flow" else (thing.id,)


def _places(tail: Word, head: Thing, arrow: Arrow) -> list[tuple[Word, Arrow]]:
    """Where a word may go, the nearest turn first, with its arrow drawn straight."""
    here = math.atan2(tail.y - head.y, tail.x - head.x)
    found = []
    for turn in _TURNS:
        for far in _FAR:
            angle = here + math.radians(turn)
            x, y = head.x + (far + tail.width) * math.cos(angle), head.y + far * math.sin(angle)
            moved = replace(tail, x=round(x), y=round(y))
            middle = ((moved.x + head.x) // 2, (moved.y + head.y) // 2)
            found.append((moved, replace(arrow, x=middle[0], y=middle[1], kind="straight")))
    return found


def _touch(a: Thing, b: Thing) -> bool:
    return abs(a.x - b.x) < a.width + b.width and abs(a.y - b.y) < a.height + b.height
