"""Text in figures: cleaned, broken into lines, shortened to a width, kept from overlapping. Widths are in points."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from .style import FONT

ELLIPSIS = "…"
NO_BREAK = "\u00a0"
_BREAKS = "-/–_"  # a word may go on in the next line after these
# Marks that turn the direction of what is around them, and what XML cannot hold.
_DROPPED = dict.fromkeys(
    [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF, 0xFFFE, 0xFFFF]
)


def clean(text: str) -> str:
    """One line of printable text: control characters, which SVG cannot hold, marks of direction and repeated blanks are gone."""
    kept = text.translate(_DROPPED)
    printable = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in kept)
    return " ".join(printable.split(" ")).strip()


@lru_cache(maxsize=4096)
def width_of(text: str, size: float, bold: bool = False, font: str = FONT) -> float:
    """The width of a text at a font size, in points."""
    import warnings

    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    family = list(dict.fromkeys([font, FONT]))
    properties = FontProperties(family=family, size=size, weight="bold" if bold else "normal")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        return float(text_to_path.get_text_width_height_descent(text, properties, False)[0])


def fit(text: str, width: float, size: float, *, lines: int = 1, bold: bool = False, font: str = FONT) -> str:
    """A text in at most so many lines of a width, broken between words where it can be, shortened with an ellipsis.

    A word longer than a line is broken too, after a hyphen or stroke in it or else with a hyphen. What a no-break space joins
    stays on one line if it can; so do a number and the percent sign behind it, or the `<` before it.
    """
    words = clean(text)[:1000].replace(" %", f"{NO_BREAK}%").replace("< ", f"<{NO_BREAK}").split(" ")
    done: list[str] = []
    while words and len(done) < lines:
        line = words.pop(0)
        while words and width_of(f"{line} {words[0]}", size, bold, font) <= width:
            line = f"{line} {words.pop(0)}"
        is_last = len(done) == lines - 1
        if is_last and words:
            line, words = f"{line} {' '.join(words)}", []
        if width_of(line, size, bold, font) <= width:
            done.append(line)
        elif is_last:
            done.append(line[: _longest_start(line, width, size, bold, font, ELLIPSIS)].rstrip() + ELLIPSIS)
        else:  # a word longer than the line goes on in the next
            start, rest = _broken(line, width, size, bold, font)
            words.insert(0, rest)
            done.append(start)
    return "\n".join(done).replace(NO_BREAK, " ")


def _broken(word: str, width: float, size: float, bold: bool, font: str) -> tuple[str, str]:
    """A word that is longer than the line, in two."""
    whole = word[: _longest_start(word, width, size, bold, font, "")]
    at = max((whole.rfind(mark) + 1 for mark in _BREAKS), default=0)
    if at > len(whole) // 3:
        return word[:at], word[at:]
    fits = _longest_start(word, width, size, bold, font, "-")
    if fits > 2 and word[fits - 2 : fits + 1].isalpha():
        return f"{word[:fits]}-", word[fits:]
    return whole, word[len(whole) :]


def _longest_start(line: str, width: float, size: float, bold: bool, font: str, end: str) -> int:
    """How many characters of a line fit in a width with this end; 1 at least."""
    fits, too_long = 1, len(line)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if width_of(line[:middle].rstrip() + end, size, bold, font) <= width:
            fits = middle
        else:
            too_long = middle
    return fits


def fit_or_shrink(
    text: str, width: float, size: float, smallest: float, *, lines: int = 1, bold: bool = False, font: str = FONT
) -> tuple[str, float]:
    """A text that fits, and its size: down to the smallest by half points before a word is broken or the text shortened."""
    longest = max(clean(text)[:1000].split(" "), key=len)
    tried = size
    while tried > smallest:
        found = fit(text, width, tried, lines=lines, bold=bold, font=font)
        if not found.endswith(ELLIPSIS) and width_of(longest, tried, bold, font) <= width:
            return found, tried
        tried -= 0.5
    return fit(text, width, smallest, lines=lines, bold=bold, font=font), smallest


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
