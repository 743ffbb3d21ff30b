"""The scenario plane as maps: how far the test years are from each point, and which points fit them as well as the nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.hindcast import Hindcast
from sdsocec.analysis.plane_fit import Place

from .hindcast_tables import axis_name, axis_words, point_text, share_text
from .lettering import fit
from .numbers import format_number, format_ticks
from .saving import house_style
from .style import DARK, GREY
from .texts import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Sizes in points (1/72 inch).
PLOT, LEFT, GAP, EDGE = 184.0, 122.0, 26.0, 14.0
NARROWEST = 500.0
TITLE_SIZE, NOTE_SIZE, PANEL_SIZE, LABEL_SIZE, STAMP_SIZE = 13.0, 9.5, 10.0, 8.0, 7.5
ROOM = 10.0  # around the number on a line
LINE = 1.3  # the height of a line of text, as a share of its size
LEVELS = (0.5, 1, 1.5, 2, 3, 4, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500, 1000)  # standard errors
LIGHT, DARKEST = 1.0, 0.62  # of the shades: black lines and letters stay readable on the darkest


def draw_place(found: Hindcast, place: Place, language: str = "en") -> Figure:
    """Draw the first two axes of the plane for three values of the last (intensity); other axes at their best.

    A plane of one axis is one map: that axis and intensity.

    Returns
    -------
    matplotlib.figure.Figure
        Its label is the alternative text; `render` makes files of it.
    """
    from matplotlib.figure import Figure

    n = len(place.slices)
    width = max(NARROWEST, 2 * EDGE + LEFT + n * PLOT + (n - 1) * GAP)
    room = width - 2 * EDGE
    title = fit(text(language, "hindcast_figure_title"), room, TITLE_SIZE, lines=2, bold=True)
    model = found.model.card.title.in_language(language)
    note = fit(
        text(language, "hindcast_figure_note", model=model, share=share_text(place, language)), room, NOTE_SIZE, lines=3
    )
    top = EDGE + TITLE_SIZE * LINE * (title.count("\n") + 1) + 3 + NOTE_SIZE * LINE * (note.count("\n") + 1) + 10
    plot_top = top + PANEL_SIZE * LINE + 7 + LABEL_SIZE * LINE * _lines(place, 1, language)
    ends = max(_wrapped(words).count("\n") + 1 for words in _words(place, place.axes[0], language)[1:])
    below = LABEL_SIZE * LINE * (_lines(place, 0, language) + 1 + ends) + 14
    height = plot_top + PLOT + below + STAMP_SIZE * LINE + EDGE
    levels = shade_levels(place, found.n_values)
    with house_style():
        figure = Figure(figsize=(width / 72, height / 72))
        figure.set_label(describe_place(found, place, language))
        written = figure.suptitle(
            title,
            fontsize=TITLE_SIZE,
            weight="bold",
            color=DARK,
            x=EDGE / width,
            y=1 - EDGE / height,
            ha="left",
            va="top",
        )
        written.set_parse_math(False)
        y = EDGE + TITLE_SIZE * LINE * (title.count("\n") + 1) + 3
        figure.text(EDGE / width, 1 - y / height, note, fontsize=NOTE_SIZE, color=GREY, va="top", parse_math=False)
        for i, (value, chi2) in enumerate(place.slices):
            x = EDGE + LEFT + i * (PLOT + GAP)
            ax = figure.add_axes((x / width, 1 - (plot_top + PLOT) / height, PLOT / width, PLOT / height))
            _draw_map(ax, found, place, value, chi2, levels, language)
            ax.set_title(
                _panel_title(place, value, language), loc="left", fontsize=PANEL_SIZE, weight="bold", color=DARK,
                pad=7 + LABEL_SIZE * LINE * _lines(place, 1, language), parse_math=False,
            )  # fmt: skip
            _name_ends(ax, place, language, is_first=i == 0)
        stamp = fit(_stamp(found), room, STAMP_SIZE)
        figure.text(EDGE / width, EDGE / 2 / height, stamp, fontsize=STAMP_SIZE, color=GREY, parse_math=False)
    return figure


def shade_levels(place: Place, n_values: int) -> list[float]:
    """The errors (root mean square, standard errors) at which the shade changes, the same in all maps."""
    every = np.concatenate([chi2.ravel() for _, chi2 in place.slices])
    low, high = (float((x / n_values) ** 0.5) for x in (every.min(), every.max()))
    return [level for level in LEVELS if low < level < high]


def _draw_map(
    ax: Axes, found: Hindcast, place: Place, value: float, chi2: NDArray[np.float64], levels: list[float], language: str
) -> None:
    rms = np.sqrt(chi2.T / found.n_values)  # rows go up the second axis
    x = y = place.levels
    edges = [0.0, *levels, 1e9]
    shades = np.linspace(LIGHT, DARKEST, len(edges) - 1)
    ax.contourf(x, y, rms, levels=edges, colors=[str(shade) for shade in shades])
    drawn = [level for level in levels if rms.min() < level < rms.max()]
    if drawn:
        lines = ax.contour(x, y, rms, levels=drawn, colors="#6e6e6e", linewidths=0.7)
        places = _label_places([np.concatenate([*segments]) for segments in lines.allsegs], x, chi2, place.limit)
        if places:
            ax.clabel(lines, fmt=lambda level: _number(float(level), language), fontsize=LABEL_SIZE - 0.5, colors=DARK,
                      inline_spacing=2, manual=places)  # fmt: skip
    if chi2.min() <= place.limit:
        ax.contourf(x, y, chi2.T, levels=[-1.0, place.limit], colors="none", hatches=["/////"])
        if chi2.max() > place.limit:
            ax.contour(x, y, chi2.T, levels=[place.limit], colors="black", linewidths=1.8)
    else:
        ax.text(0.5, 0.5, text(language, "hindcast_figure_none"), ha="center", va="center", fontsize=LABEL_SIZE,
                color=DARK, transform=ax.transAxes, bbox=_BOX, parse_math=False)  # fmt: skip
    best = place.best
    if best[-1] > 0 and (value == best[-1] or len(place.axes) == 2):  # without intensity the other axes mean nothing
        ax.plot(
            *best[:2], marker="*", markersize=14, color="black", markeredgecolor="white", markeredgewidth=1.0, clip_on=False,
            zorder=5,
        )  # fmt: skip
    for (cx, cy), title in _corner_titles(place, language).items():  # outside, so that they hide no region at a corner
        ax.annotate(
            title, (cx, cy), (0, 4 if cy else -5), textcoords="offset points", ha="right" if cx else "left",
            va="bottom" if cy else "top", fontsize=LABEL_SIZE, color=DARK, parse_math=False, annotation_clip=False,
        )  # fmt: skip
    for side in ("top", "right"):
        ax.spines[side].set_visible(True)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    ax.grid(False)


def _label_places(
    lines: list[NDArray[np.float64]], levels: NDArray[np.float64], chi2: NDArray[np.float64], limit: float
) -> list[tuple[float, float]]:
    """Where each line has room for its number: off the edges, the hatched region, the words in the middle and other numbers.

    A line without such a place gets no number; its neighbours tell.
    """
    found: list[tuple[float, float]] = []
    for line in lines:
        margin = np.minimum(line, 1 - line).min(axis=1) * PLOT
        cells = np.searchsorted(levels, line).clip(1, len(levels) - 1)
        near = [chi2[i - 2 if i > 1 else 0 : i + 2, j - 2 if j > 1 else 0 : j + 2].min() for i, j in cells]
        is_free = (margin > ROOM) & (np.array(near) > limit)
        if chi2.min() > limit:
            is_free &= np.abs(line[:, 1] - 0.5) * PLOT > 2 * ROOM
        for other in found:
            is_free &= np.hypot(*(line - other).T) * PLOT > 2 * ROOM
        if is_free.any():
            at = line[np.where(is_free, margin, -1.0).argmax()]
            found.append((float(at[0]), float(at[1])))
    return found


_BOX = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}


def _corner_titles(place: Place, language: str) -> dict[tuple[int, int], str]:
    """The scenario at each corner of the maps; with more axes, that of the corner nearest to the best point on the others."""
    corners = place.plane.corners
    others = tuple(round(float(x)) for x in place.best[2:-1])
    found = {(at[0], at[1] if len(at) > 1 else 1): s for at, s in corners.items() if at[2:] == others}
    return {at: fit(s.title.in_language(language), PLOT / 2 - 12, LABEL_SIZE, lines=2) for at, s in found.items()}


def _lines(place: Place, y: int, language: str) -> int:
    """Lines that the names of the corners at the bottom (0) or the top (1) need."""
    return max(
        (title.count("\n") + 1 for at, title in _corner_titles(place, language).items() if at[1] == y), default=0
    )


def _wrapped(words: str) -> str:
    return fit(words, PLOT / 2 - 5, LABEL_SIZE, lines=4)


def _name_ends(ax: Axes, place: Place, language: str, *, is_first: bool) -> None:
    """The axes and their ends in words: below every map, and left of the first."""
    axes = [place.axes[0], place.axes[1]]
    words = [_words(place, axis, language) for axis in axes]
    name, low, high = words[0]
    kwargs: dict[str, Any] = {"fontsize": LABEL_SIZE, "color": DARK, "va": "top", "parse_math": False, "annotation_clip": False,
              "xycoords": "axes fraction", "textcoords": "offset points"}  # fmt: skip
    under = -(LABEL_SIZE * LINE * max(1, _lines(place, 0, language)) + 8)
    ax.annotate(fit(name, PLOT, LABEL_SIZE, bold=True), (0.5, 0), (0, under), ha="center", weight="bold", **kwargs)
    under -= LABEL_SIZE * LINE + 2
    ax.annotate(_wrapped(low), (0, 0), (0, under), ha="left", **kwargs)
    ax.annotate(_wrapped(high), (1, 0), (0, under), ha="right", **kwargs)
    middle = [0.25, 0.5, 0.75]  # the ends have their words
    ax.set_xticks(middle, ["", *format_ticks(middle[1:2], language), ""])
    ax.set_yticks(middle, format_ticks(middle, language) if is_first else ["", "", ""])
    if is_first:
        name, low, high = words[1]
        room, x = LEFT - 32, -LEFT
        ax.annotate(fit(high, room, LABEL_SIZE, lines=5), (0, 1), (x, 2), ha="left", **kwargs)
        ax.annotate(
            fit(name, room, LABEL_SIZE, lines=2, bold=True), (0, 0.5), (x, 5), ha="left", weight="bold", **kwargs
        )
        ax.annotate(fit(low, room, LABEL_SIZE, lines=5), (0, 0), (x, -4), ha="left", **(kwargs | {"va": "bottom"}))


def _words(place: Place, axis: str, language: str) -> tuple[str, str, str]:
    name = axis_name(axis, language)
    if axis in place.plane.axes:
        what = place.plane.axes[axis]
        label, low, high = (part.in_language(language) for part in (what.label, what.low, what.high))
    else:
        label, low, high = "", place.plane.base.title.in_language(language), text(language, "hindcast_corners")
    return f"{name}: {label}" if label else name, f"0: {low}", f"1: {high}"


def _panel_title(place: Place, value: float, language: str) -> str:
    if len(place.axes) == 2:
        return ""
    axis = axis_name(place.axes[-1], language)
    key = "_best" if value == place.best[-1] else "_one" if value == 1 else ""
    shown = text(language, f"hindcast_figure_panel{key}", axis=axis, value=_number(value, language))
    return fit(shown[0].upper() + shown[1:], PLOT, PANEL_SIZE, bold=True)


def _number(value: float, language: str) -> str:
    decimals = next(d for d in range(3) if d == 2 or abs(value - round(value, d)) < 1e-9)
    return format_number(value, language, decimals=decimals)


def _stamp(found: Hindcast) -> str:
    kept = found.attributes
    model = f"model {kept['model']} {str(kept['model_sha256'])[:8]}"
    return " | ".join((model, str(kept["engine"]), str(kept["integrator"]), f"sdsocec {kept['sdsocec_version']}"))


def describe_place(found: Hindcast, place: Place, language: str = "en") -> str:
    """The maps in words, from the data."""
    sentences = [
        text(
            language, "alt_hindcast", n=len(place.slices), model=found.model.card.title.in_language(language),
            point=point_text(place, language), share=share_text(place, language),
            rms=format_number((place.chi2_best / place.n_values) ** 0.5, language, decimals=1),
        )
    ]  # fmt: skip
    for axis, (low, high) in place.ranges.items():
        sentences.append(
            text(
                language,
                "alt_hindcast_range",
                axis=axis_words(place, axis, language),
                low=_number(low, language),
                high=_number(high, language),
            )
        )
    return " ".join(sentences)
