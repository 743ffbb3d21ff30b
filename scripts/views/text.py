"""How much room a name takes: measured in DejaVu Sans, which comes with matplotlib and is wider than Vensim's Arial."""

from __future__ import annotations

from functools import cache

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from .sketch import FONT_SIZE

LINE = 15
_DOTS_PER_INCH = 96


@cache
def _font() -> FT2Font:
    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    font.set_size(FONT_SIZE, _DOTS_PER_INCH)
    return font


@cache
def width_of(text: str) -> int:
    """Pixels that a line of text takes, rounded up."""
    font = _font()
    font.set_text(text, 0.0)
    return int(-(-font.get_width_height()[0] // 64))


def lines_of(text: str, width: int) -> list[str]:
    """A text broken between words as Vensim breaks it: a line takes what fits in the width, and at least one word."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and width_of(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def box_of(text: str, widest: int) -> tuple[int, int]:
    """Half the width and height of the smallest box that holds a text in as few lines as `widest` allows."""
    number = len(lines_of(text, widest))
    width = next(w for w in range(20, 1000) if len(lines_of(text, w)) == number and _fits(text, w))
    return width // 2 + 3, (LINE * number) // 2 + 1


def _fits(text: str, width: int) -> bool:
    return all(width_of(line) <= width for line in lines_of(text, width))
