"""Draw what a sketch says: boxes, labels, valves, pipes and arrows as its text places them, to look at."""

from __future__ import annotations

import math
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, Polygon, Rectangle

from .arrows import Point, path_of
from .sketch import FONT_SIZE, Cloud, Thing, Valve, View, Word
from .text import LINE, lines_of

_DPI = 96


def draw(view: View, path: Path) -> None:
    """Write a view to a picture, one pixel of the sketch to one of the picture."""
    right = max(thing.x + thing.width for thing in view.things) + 20
    bottom = max(thing.y + thing.height for thing in view.things) + 20
    figure = Figure(figsize=(right / _DPI, bottom / _DPI), dpi=_DPI)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, right), ylim=(bottom, 0))
    axes.axis("off")
    things = {thing.id: thing for thing in view.things}
    for arrow in view.arrows:
        source, target = things[arrow.source], things[arrow.target]
        if arrow.kind in ("into", "from"):
            _pipe(axes, source, (arrow.x, arrow.y), target, arrow.kind == "into")
            continue
        points = path_of(arrow, source, target)
        colour = "0.6" if arrow.initial else "#2050b0"
        axes.plot(points[:-1, 0], points[:-1, 1], zorder=1, color=colour, linewidth=0.8)
        head = FancyArrowPatch(
            tuple(points[-2]), tuple(points[-1]), arrowstyle="-|>", mutation_scale=9, shrinkA=0, shrinkB=0
        )
        head.set(color=colour, linewidth=0.8)
        axes.add_patch(head)
    for thing in view.things:
        _thing(axes, thing)
    figure.savefig(path)


def _pipe(axes: Axes, valve: Thing, corner: Point, end: Thing, head: bool) -> None:
    start = (float(valve.x), float(valve.y))
    path = [start, (_edge(end, start), float(corner[1]))]
    if corner[1] != valve.y:
        path = [start, corner, (_edge(end, corner), corner[1])]
    xs, ys = zip(*path, strict=True)
    axes.plot(xs, ys, color="black", linewidth=4, zorder=2, solid_capstyle="butt")
    axes.plot(xs, ys, color="white", linewidth=2.2, zorder=2.1, solid_capstyle="butt")
    if head:
        step = math.copysign(9, xs[-1] - xs[-2])
        barbs = [(xs[-1] - step, ys[-1] - 5), (xs[-1] - step, ys[-1] + 5)]
        axes.add_patch(Polygon([(xs[-1], ys[-1]), *barbs], color="black", zorder=2.2))


def _edge(thing: Thing, seen_from: Point) -> float:
    return thing.x + (thing.width if seen_from[0] > thing.x else -thing.width)


def _thing(axes: Axes, thing: Thing) -> None:
    corner, size = (thing.x - thing.width, thing.y - thing.height), (2 * thing.width, 2 * thing.height)
    if isinstance(thing, Valve):
        x, y, w, h = thing.x, thing.y, thing.width, thing.height
        if thing.upright:
            shape = [(x - w, y - h), (x - w, y + h), (x + w, y - h), (x + w, y + h)]
        else:
            shape = [(x - w, y - h), (x + w, y - h), (x - w, y + h), (x + w, y + h)]
        axes.add_patch(Polygon(shape, facecolor="white", edgecolor="black", zorder=3))
        return
    if isinstance(thing, Cloud):
        for dx, dy in ((-5, 1), (0, -3), (5, 1), (0, 3)):
            axes.add_patch(Circle((thing.x + dx, thing.y + dy), 5, facecolor="0.85", edgecolor="0.4", zorder=3))
        return
    assert isinstance(thing, Word)
    if thing.kind == "stock":
        axes.add_patch(Rectangle(corner, *size, facecolor="white", edgecolor="black", zorder=3))
    lines = lines_of(f"<{thing.name}>" if thing.shadow else thing.name, size[0])
    for number, line in enumerate(lines):
        middle = thing.y + (number - (len(lines) - 1) / 2) * LINE
        axes.text(
            thing.x, middle, line, ha="center", va="center", size=FONT_SIZE, zorder=4,
            family="DejaVu Sans", color="0.5" if thing.shadow else "black",
        )  # fmt: skip
