"""Vensim's sketch text: what it holds, how it is written and read.

The format is that of Vensim's manual (Appendix, Files, Sketch Information), with the values that Vensim itself writes. `x` and
`y` are the middle of a thing in pixels, `y` downward; `width` and `height` are *half* its size, as in the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MARK = "\\\\\\---/// Sketch information - do not modify anything except names"
VERSION = "V300  Do not put anything below this section - it will be ignored"
END = "///---\\\\\\"
FONT_SIZE = 9
FONT = f"$192-192-192,0,Arial|{FONT_SIZE}||0-0-0|0-0-0|0-0-128|-1--1--1|-1--1--1|96,96,100,0"
GREY = f"0,3,-1,0,0,0,128-128-128,0-0-0,|{FONT_SIZE}||128-128-128"
SHAPES = {"text": 8, "stock": 3, "flow": 40}


@dataclass(frozen=True, slots=True)
class Word:
    """A variable: `kind` is text, stock (a box) or flow (the name of a valve); a shadow is defined elsewhere."""

    id: int
    name: str
    x: int
    y: int
    width: int
    height: int
    kind: str = "text"
    shadow: bool = False

    def line(self) -> str:
        name = f'"{self.name}"' if re.search(r'[",\\]', self.name) else self.name
        place = f"10,{self.id},{name},{self.x},{self.y},{self.width},{self.height},{SHAPES[self.kind]}"
        if self.shadow:
            return f"{place},2,{GREY}"
        return f"{place},3,0,0,{-1 if self.kind == 'flow' else 0},0,0,0"


@dataclass(frozen=True, slots=True)
class Valve:
    """The valve of a flow; its name is the word with the next id. An upright valve sits in a vertical pipe."""

    id: int
    x: int
    y: int
    upright: bool = False

    @property
    def width(self) -> int:
        return 8 if self.upright else 6

    @property
    def height(self) -> int:
        return 6 if self.upright else 8

    def line(self) -> str:
        shape = "33,3,0,0,4" if self.upright else "34,3,0,0,1"
        return f"11,{self.id},48,{self.x},{self.y},{self.width},{self.height},{shape},0,0,0"


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where a flow comes from or goes to, outside the stocks of the view."""

    id: int
    x: int
    y: int
    width: int = 10
    height: int = 8

    def line(self) -> str:
        return f"12,{self.id},48,{self.x},{self.y},{self.width},{self.height},0,3,0,0,-1,0,0,0"


@dataclass(frozen=True, slots=True)
class Arrow:
    """A link, or half a pipe: from a valve to where the flow goes (`into`) or to where it comes from (`from`).

    A link is `straight`, or `bent` in an arc through (x, y). In a pipe (x, y) is the corner. `initial` is a link that acts at the
    start only.
    """

    id: int
    source: int
    target: int
    x: int
    y: int
    kind: str = "straight"
    initial: bool = False

    def line(self) -> str:
        if self.kind in ("into", "from"):
            style = f"{4 if self.kind == 'into' else 100},0,0,22,0,0,0"
        else:
            style = f"{int(self.kind == 'bent')},0,0,0,0,64,{int(self.initial)}"
        return f"1,{self.id},{self.source},{self.target},{style},-1--1--1,,1|({self.x},{self.y})|"


Thing = Word | Valve | Cloud


@dataclass(frozen=True, slots=True)
class View:
    """One page of the sketch."""

    name: str
    things: tuple[Thing, ...]
    arrows: tuple[Arrow, ...]

    def text(self) -> str:
        objects = [*self.things, *self.arrows]
        return "\n".join([MARK, VERSION, f"*{self.name}", FONT, *(each.line() for each in objects)]) + "\n"


def split(text: str) -> tuple[str, str]:
    """A model's text up to its sketch, and the sketch."""
    at = text.find(MARK[:9])
    return (text, "") if at < 0 else (text[:at], text[at:])


_OBJECT = re.compile(r'(10|11|12|1),(\d+),("(?:[^"\\]|\\.)*"|[^,]*),(.*)')


def pages(sketch: str) -> tuple[list[str], str]:
    """The text of every view, and what follows the last: the end mark and the settings that Vensim writes after it."""
    body, end, settings = sketch.partition(END)
    return [MARK[:9] + page for page in body.split(MARK[:9])[1:]], end + settings


def read(page: str) -> View:
    """A view from its text: words, valves, clouds and arrows; other things (pictures, remarks) are left out."""
    lines = page.splitlines()
    name = next((line[1:] for line in lines if line.startswith("*")), "")
    things: list[Thing] = []
    arrows: list[Arrow] = []
    for kind, id_, first, rest in (m.groups() for line in lines if (m := _OBJECT.fullmatch(line))):
        fields = rest.split(",")
        if kind == "1":
            x, y = map(int, re.findall(r"\((-?\d+),(-?\d+)\)", rest)[0])
            shape, thickness = int(fields[1]), int(fields[4])
            style = ("from" if shape & 96 else "into") if thickness > 20 else "bent" if shape == 1 else "straight"
            arrows.append(
                Arrow(int(id_), int(first), int(fields[0]), x, y, style, thickness <= 20 and fields[7] == "1")
            )
            continue
        x, y, width, height, shape, bits = map(int, fields[:6])
        if kind == "10":
            style = "flow" if shape & 32 else "stock" if shape & 7 == 3 else "text"
            things.append(Word(int(id_), first.strip('"'), x, y, width, height, style, not bits & 1))
        elif kind == "11":
            things.append(Valve(int(id_), x, y, bool(shape & 1)))
        elif first == "48":
            things.append(Cloud(int(id_), x, y, width, height))
    return View(name, tuple(things), tuple(arrows))
