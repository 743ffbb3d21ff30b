"""How links bend: each is the gentlest arc that crosses no label, box or valve on its way."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from .sketch import Arrow, Thing

Point = tuple[float, float]
Floats = npt.NDArray[np.float64]
BENDS = (0.0, 0.07, -0.07, 0.14, -0.14, 0.22, -0.22, 0.3, -0.3, 0.4, -0.4)
_ALONG = np.linspace(0, 1, 97)


def arc_points(start: Point, middle: Point, end: Point, *, straight: bool = False) -> Floats:
    """Points (97, 2) of the circle's arc from start through middle to end; of the line, where the three are all but on one."""
    (ax, ay), (bx, by), (cx, cy) = start, middle, end
    d = 2 * (ax * (by - cy) + bx * (cy - ay) + cx * (ay - by))
    span = math.hypot(cx - ax, cy - ay)
    if straight or abs(d) < 1e-3 * span * span:
        return np.column_stack((ax + (cx - ax) * _ALONG, ay + (cy - ay) * _ALONG))
    a2, b2, c2 = ax * ax + ay * ay, bx * bx + by * by, cx * cx + cy * cy
    ux = (a2 * (by - cy) + b2 * (cy - ay) + c2 * (ay - by)) / d
    uy = (a2 * (cx - bx) + b2 * (ax - cx) + c2 * (bx - ax)) / d
    radius = math.hypot(ax - ux, ay - uy)
    first, through, last = (math.atan2(y - uy, x - ux) for x, y in (start, middle, end))
    turn = (last - first) % math.tau
    if (through - first) % math.tau > turn:
        turn -= math.tau
    angles = first + turn * _ALONG
    return np.column_stack((ux + radius * np.cos(angles), uy + radius * np.sin(angles)))


def clipped(points: Floats, source: Thing, target: Thing) -> Floats:
    """The part of a path between the boxes of its ends."""
    inside_source, inside_target = _inside(points, source, 1), _inside(points, target, 3)
    start = int(np.flatnonzero(inside_source).max(initial=0))
    later = np.flatnonzero(inside_target[start + 1 :])
    end = start + 1 + int(later[0]) if len(later) else len(points) - 1
    return points[start : end + 1] if end - start > 1 else points[[start, end]]


def path_of(arrow: Arrow, source: Thing, target: Thing) -> Floats:
    """Where a link runs, from the edge of its source to that of its target."""
    ends = (source.x, source.y), (target.x, target.y)
    return clipped(arc_points(ends[0], (arrow.x, arrow.y), ends[1], straight=arrow.kind == "straight"), source, target)


def middle_of(start: Point, end: Point, bend: float) -> tuple[int, int]:
    """The point of an arc half-way, `bend` times its length beside the line."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    return round((start[0] + end[0]) / 2 - dy * bend), round((start[1] + end[1]) / 2 + dx * bend)


def crossings(points: Floats, things: Iterable[Thing]) -> int:
    """How many of some things a path touches."""
    return _touched(points, _boxes(things))


def bend_of(source: Thing, target: Thing, others: list[Thing]) -> tuple[float, int]:
    """The gentlest bend that crosses the fewest other things, and how many it crosses."""
    start, end = (source.x, source.y), (target.x, target.y)
    boxes = _boxes(others)
    best = (0.0, len(others) + 1)
    for bend in BENDS:
        points = clipped(arc_points(start, middle_of(start, end, bend), end), source, target)
        number = _touched(points, boxes)
        if number < best[1]:
            best = (bend, number)
        if number == 0:
            break
    return best


def _boxes(things: Iterable[Thing]) -> Floats:
    """Left, upper, right and lower sides, a row for each thing, with a little room."""
    rows = [(t.x - t.width - 2, t.y - t.height - 2, t.x + t.width + 2, t.y + t.height + 2) for t in things]
    return np.array(rows, dtype=float).reshape(-1, 4)


def _touched(points: Floats, boxes: Floats) -> int:
    x, y = points[:, :1], points[:, 1:]
    left, upper, right, lower = boxes.T
    return int(((left <= x) & (x <= right) & (upper <= y) & (y <= lower)).any(axis=0).sum())


def _inside(points: Floats, thing: Thing, room: int) -> npt.NDArray[np.bool_]:
    return (np.abs(points[:, 0] - thing.x) <= thing.width + room) & (
        np.abs(points[:, 1] - thing.y) <= thing.height + room
    )
