"""Text in figures: cleaned, broken into lines, shortened to a width, kept from overlapping. Widths are in points."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

ELLIPSIS = "…"


def clean(text: str) -> str:
    """One line of printable text: control characters, which SVG cannot hold, and repeated blanks are gone."""
    printable = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)
    return " ".join(printable.split(" ")).strip()


@lru_cache(maxsize=4096)
def width_of(text: str, size: float, bold: bool = False) -> float:
    """The width of a text at a font size, in points."""
    import warnings

    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size, weight="bold" if bold else "normal")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        return float(text_to_path.get_text_width_height_descent(text, font, False)[0])


def fit(text: str, width: float, size: float, *, lines: int = 1, bold: bool = False) -> str:
    """A text in at most so many lines of a width, broken between words where it can be, shortened with an ellipsis."""
    words = clean(text)[:1000].split(" ")
    done: list[str] = []
    while words and len(done) < lines:
        line = words.pop(0)
        while words and width_of(f"{line} {words[0]}", size, bold) <= width:
            line = f"{line} {words.pop(0)}"
        is_last = len(done) == lines - 1
        if is_last and words:
            line, words = f"{line} {' '.join(words)}", []
        kept = _longest_start(line, width, size, bold, "" if not is_last else ELLIPSIS)
        if not is_last and len(kept) < len(line):  # a word longer than the line goes on in the next
            words.insert(0, line[len(kept) :])
        done.append(kept)
    return "\n".join(done)


def _longest_start(line: str, width: float, size: float, bold: bool, end: str) -> str:
    if width_of(line, size, bold) <= width:
        return line
    fits, too_long = 1, len(line)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if width_of(line[:middle].rstrip() + end, size, bold) <= width:
            fits = middle
        else:
            too_long = middle
    return line[:fits].rstrip() + end if end else line[:fits]


def spread(positions: Sequence[float], height: float, low: float, high: float) -> list[float] | None:
    """Positions at least a height apart and between low and high, near the wanted ones; None if there is no room.

    >>> spread([10.0, 11.0, 30.0], 4.0, 0.0, 40.0)
    [8.5, 12.5, 30.0]
    """
    if len(positions) * height > high - low:
        return None
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    # Neighbours that touch become one group, centred on what its members want; groups that touch join.
    groups: list[list[int]] = []
    for i in order:
        groups.append([i])
        while len(groups) > 1 and _bottom(groups[-1], positions, height, low, high) < _bottom(
            groups[-2], positions, height, low, high
        ) + height * len(groups[-2]):
            groups[-2:] = [groups[-2] + groups[-1]]
    found = [0.0] * len(positions)
    for group in groups:
        for place, i in enumerate(group):
            found[i] = _bottom(group, positions, height, low, high) + height * (place + 0.5)
    return found


def _bottom(group: list[int], positions: Sequence[float], height: float, low: float, high: float) -> float:
    centre = sum(positions[i] for i in group) / len(group)
    return min(max(centre - height * len(group) / 2, low), high - height * len(group))
