"""A sheet for print: one of two widths of A4, with a title, a subtitle, a footer, and an area between them for panels.

    sheet_height     how high a sheet must be for panels of a height
    new_sheet        a figure with title, subtitle and footer, and the area that is left
    write_legend     a legend at the top of an area, and the area that is left
    place_panels     panels in an area, so that their axes line up and no letters meet

Lengths are in points (1/72 inch) from the lower left corner of the sheet. Axes are made within `house_style(style)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from sdsocec.errors import SdsocecError, nearest_name

from .lettering import clean, fit, fit_or_shrink, width_of
from .saving import house_style
from .style import LINE, SIZES, TALLEST, Fill, Look, Style, read_logo

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CM = 72 / 2.54
EDGE = 3.0
LOGO_HEIGHT, LOGO_SHARE = 24.0, 0.25  # the most: points, and part of the width
LOGO_GAP = 8.0
LEGEND_SAMPLE = 2.8  # the length of the line before a name, as a multiple of the letters' size
LEGEND_PAD, LEGEND_GAP = 5.0, 12.0  # behind the line, between columns
LINE_OF_LEGEND = 1.08
SPACING = LINE - 0.1
DOTS_PER_INCH = 150  # of the figure itself, when it is looked at
DESCENT = 0.25  # of letters below their baseline, as a share of their size
TICK_GAP = 5.0  # between numbers along an axis
SLACK = 1.0  # around what is measured
HEAD_GAP = 4.0  # between a panel and what stands above it
SUBTITLE_LINES, FOOTER_LINES = 7, 18  # more than any text of ours needs, so that none is cut
_HEAD = "head"  # marks what is written above a panel


@dataclass(frozen=True)
class Area:
    """A part of a sheet."""

    left: float
    bottom: float
    width: float
    height: float


def sheet_width(size: str) -> float:
    """The width of a sheet in points; SdsocecError for a size that is none."""
    if size not in SIZES:
        raise SdsocecError(
            f"there is no size '{size}'",
            name=size,
            nearest=nearest_name(size, SIZES),
            hint=f"Valid: {', '.join(SIZES)}.",
        )
    return SIZES[size] * CM


@dataclass(frozen=True)
class _Words:
    """What stands on a sheet around the panels, broken into lines that fit."""

    title: str
    title_size: float
    subtitle: str
    notes: tuple[str, ...]

    @classmethod
    def of(cls, size: str, style: Style, title: str, subtitle: str, footer: Sequence[str]) -> _Words:
        room = sheet_width(size) - 2 * EDGE
        logo = _logo_size(style, sheet_width(size))[0]
        beside = room - (logo + LOGO_GAP if logo else 0.0)
        whole, points = fit_or_shrink(title, beside, style.title_size, 8.0, lines=3, bold=True, font=style.font)
        below = fit(subtitle, beside, style.subtitle_size, lines=SUBTITLE_LINES, font=style.font) if subtitle else ""
        notes = [
            fit(note, room, style.note_size, lines=FOOTER_LINES, font=style.font) for note in footer if clean(note)
        ]
        return cls(whole, points, below, tuple(_shortened(notes, room, style)))

    def above(self, style: Style, width: float) -> float:
        """The height of what stands above the area."""
        below = 1.5 + _height(self.subtitle, style.subtitle_size) if self.subtitle else 0.0
        return EDGE + max(_height(self.title, self.title_size) + below, _logo_size(style, width)[1]) + 6

    def below(self, style: Style) -> float:
        """The height of the footer."""
        return EDGE + sum(_height(note, style.note_size) for note in self.notes) + 5


def sheet_height(
    size: str,
    style: Style,
    title: str,
    subtitle: str = "",
    footer: Sequence[str] = (),
    *,
    legend: Sequence[str] = (),
    panels: float,
) -> float:
    """The height in cm of a sheet that leaves `panels` (cm) to panels, after its words and a legend of these names."""
    words, width = _Words.of(size, style, title, subtitle, footer), sheet_width(size)
    used = words.above(style, width) + words.below(style)
    if legend:
        used += _Legend.of(legend, width - 2 * EDGE, style).height(style)
    return min(TALLEST, panels + used / CM)


def new_sheet(
    size: str,
    height_cm: float,
    style: Style,
    title: str,
    subtitle: str = "",
    footer: Sequence[str] = (),
) -> tuple[Figure, Area]:
    """A figure with its title, subtitle and footer, and the area between them.

    Parameters
    ----------
    size : {"column", "full"}
        8.1 or 16.6 cm wide.
    height_cm : float
        Of the whole (`sheet_height` works it out); no more than fits a page is taken.
    footer : sequence of str
        Notes, each on lines of its own; the last is the stamp, which is never left out.
    """
    from matplotlib.figure import Figure

    width, height = sheet_width(size), min(height_cm, TALLEST) * CM
    words = _Words.of(size, style, title, subtitle, footer)
    with house_style(style):
        figure = Figure(figsize=(width / 72, height / 72), dpi=DOTS_PER_INCH)
        if style.logo is not None:
            _place_logo(figure, style, width, height)
        y = height - EDGE
        written = figure.suptitle(
            words.title, fontsize=words.title_size, weight="bold", color=style.text, x=EDGE / width, y=y / height, ha="left",
            va="top", linespacing=SPACING,
        )  # fmt: skip
        written.set_parse_math(False)
        if words.subtitle:
            y -= _height(words.title, words.title_size) + 1.5
            _write(figure, EDGE, y, words.subtitle, style.subtitle_size, style.notes, "top")
        bottom = EDGE
        for note in reversed(words.notes):
            _write(figure, EDGE, bottom, note, style.note_size, style.notes, "bottom")
            bottom += _height(note, style.note_size)
    above, below = words.above(style, width), words.below(style)
    area = Area(EDGE, below, width - 2 * EDGE, height - above - below)
    assert area.height > 0, "a sheet is higher than its title and footer"
    return figure, area


def _shortened(notes: Sequence[str], room: float, style: Style) -> list[str]:
    """The notes in so many lines that something is left for the panels; the stamp, the last, stays whole."""
    kept, left = list(notes[-1:]), FOOTER_LINES - sum(note.count("\n") + 1 for note in notes[-1:])
    for note in notes[:-1]:
        lines = note.split("\n")
        if len(lines) > left > 0:
            cut = fit(f"{lines[left - 1]} {lines[left]}", room, style.note_size, font=style.font)
            lines = [*lines[: left - 1], cut]
        lines = lines[: max(left, 0)]
        left -= len(lines)
        if lines:
            kept.insert(-1, "\n".join(lines))
    return kept


def _write(figure: Figure, x: float, y: float, words: str, size: float, colour: str, align: str) -> None:
    width, height = figure.get_size_inches() * 72
    figure.text(
        x / width, y / height, words, fontsize=size, color=colour, va=align, parse_math=False, linespacing=SPACING
    )


def _height(lines: str, size: float) -> float:
    return size * LINE * (lines.count("\n") + 1)


def _logo_size(style: Style, width: float) -> tuple[float, float]:
    """Width and height of the logo on a sheet of a width; 0 without one."""
    if style.logo is None:
        return 0.0, 0.0
    rows, columns = read_logo(style.logo).shape[:2]
    scale = min(LOGO_HEIGHT / rows, LOGO_SHARE * width / columns)
    return float(columns * scale), float(rows * scale)


def _place_logo(figure: Figure, style: Style, width: float, height: float) -> None:
    """Put the logo in the top right corner."""
    assert style.logo is not None
    wide, high = _logo_size(style, width)
    ax = figure.add_axes(
        ((width - EDGE - wide) / width, (height - EDGE - high) / height, wide / width, high / height), label="logo"
    )
    ax.imshow(read_logo(style.logo), interpolation="antialiased", aspect="auto")
    ax.set_axis_off()


# ---- legend -----------------------------------------------------------------------------------------------------------


def line_handle(look: Look, label: str, style: Style) -> Any:
    """What stands for a line in a legend."""
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], color=look.colour, linestyle=look.dashes, linewidth=look.width, marker=look.marker, label=clean(label),
        markersize=style.marker_size, markerfacecolor="white", markeredgewidth=0.9,
    )  # fmt: skip


def fill_handle(fill: Fill, label: str, style: Style) -> Any:
    """What stands for an area in a legend."""
    from matplotlib.patches import Patch

    return Patch(facecolor=fill.colour, hatch=fill.hatch, edgecolor=style.text, linewidth=0.4, label=clean(label))


@dataclass(frozen=True)
class _Legend:
    """The names of a legend, broken into lines that fit, and its columns."""

    names: tuple[str, ...]
    columns: int

    @classmethod
    def of(cls, names: Sequence[str], room: float, style: Style) -> _Legend:
        size = style.label_size
        sample = LEGEND_SAMPLE * size + LEGEND_PAD
        fitted = tuple(fit(name, room - sample, size, lines=2, font=style.font) for name in names)
        widths = [sample + _widest(name, size, style.font) for name in fitted]
        columns = int((room + LEGEND_GAP) // (max(widths) + LEGEND_GAP))
        if sum(widths) + LEGEND_GAP * (len(widths) - 1) <= room:
            columns = len(widths)
        return cls(fitted, max(1, min(len(fitted), columns)))

    def height(self, style: Style) -> float:
        """Of all its rows, filled column by column as matplotlib does."""
        n_rows = -(-len(self.names) // self.columns)
        lines = [max(name.count("\n") + 1 for name in self.names[row::n_rows]) for row in range(n_rows)]
        return sum((line + 0.35) * LINE_OF_LEGEND * style.label_size for line in lines) + 6


def write_legend(figure: Figure, area: Area, handles: Sequence[Any], style: Style) -> Area:
    """Write a legend at the top of an area, in as many columns as fit; the area that is left."""
    width, height = figure.get_size_inches() * 72
    found, size = _Legend.of([str(handle.get_label()) for handle in handles], area.width, style), style.label_size
    for handle, name in zip(handles, found.names, strict=True):
        handle.set_label(name)
    with house_style(style):
        legend = figure.legend(
            handles=list(handles), loc="upper left", ncols=found.columns, frameon=False, fontsize=size, labelcolor=style.text,
            bbox_to_anchor=(area.left / width, (area.bottom + area.height) / height), handlelength=LEGEND_SAMPLE,
            handletextpad=LEGEND_PAD / size, columnspacing=LEGEND_GAP / size, borderpad=0, borderaxespad=0,
            labelspacing=0.35,
        )  # fmt: skip
    for written in legend.get_texts():
        written.set_parse_math(False)
    return replace(area, height=area.height - found.height(style))


def _widest(lines: str, size: float, font: str) -> float:
    return max(width_of(line, size, False, font) for line in lines.split("\n"))


# ---- panels -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Head:
    """What stands above a panel: its title, a note, and the unit of the y axis (by default the axis' own label)."""

    title: str = ""
    note: str = ""
    unit: str = ""


def place_panels(
    figure: Figure,
    area: Area,
    axes: Sequence[Axes],
    style: Style,
    *,
    columns: int = 1,
    heads: Sequence[Head] = (),
    right: float = 0.0,
    gap: tuple[float, float] = (14.0, 9.0),
) -> list[float]:
    """Give panels their places in rows of so many columns, and write their heads; the height of each in points.

    All have the same width and height. Numbers along the axes get the room that they need. The label of the y axis stands flat
    above the axis, at the left, where it takes no width. To be called once axes have their ticks; to be called again, it needs
    the units.

    Parameters
    ----------
    right : float
        Room to the right of each panel that is not measured, for names at the ends of lines.
    gap : tuple of float
        Between columns and between rows.
    """
    heads = list(heads) or [Head()] * len(axes)
    with house_style(style):
        for _ in range(2):  # how far a number reaches out of its panel may depend on the panel's width
            grid = _Grid.of(figure, area, axes, style, columns, heads, right, gap)
            for ax, (x, y) in zip(axes, grid.corners, strict=True):
                width, height = figure.get_size_inches() * 72
                ax.set_position((x / width, y / height, grid.width / width, grid.height / height))
        for i, ax in enumerate(axes):
            row, column = divmod(i, columns)
            grid.lines[i].write(ax, grid.lefts[column], grid.aboves[row], grid.width, grid.height, style)
            _thin_out(ax, grid.width, style)
    return [grid.height] * len(axes)


@dataclass(frozen=True)
class _Grid:
    """Where panels stand: the lower left corner of each, and what is left of and above it."""

    corners: tuple[tuple[float, float], ...]
    width: float
    height: float
    lefts: tuple[float, ...]
    aboves: tuple[float, ...]
    lines: tuple[_Lines, ...]

    @classmethod
    def of(
        cls,
        figure: Figure,
        area: Area,
        axes: Sequence[Axes],
        style: Style,
        columns: int,
        heads: Sequence[Head],
        right: float,
        gap: tuple[float, float],
    ) -> _Grid:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        n_rows = -(-len(axes) // columns)
        lefts, rights = [0.0] * columns, [right] * columns
        belows, aboves = [0.0] * n_rows, [0.0] * n_rows
        renderer = cast(Any, FigureCanvasAgg(figure)).get_renderer()
        for i, ax in enumerate(axes):
            row, column = divmod(i, columns)
            left, below, beyond, above = _overhang(ax, renderer, 72 / figure.dpi)
            lefts[column], rights[column] = max(lefts[column], left), max(rights[column], beyond)
            belows[row], aboves[row] = max(belows[row], below), max(aboves[row], above)
        width = max((area.width - sum(lefts) - sum(rights) - gap[0] * (columns - 1)) / columns, 1.0)
        lines = [
            _Lines.of(head, head.unit or ax.get_ylabel(), lefts[i % columns] + width + rights[i % columns], style)
            for i, (head, ax) in enumerate(zip(heads, axes, strict=True))
        ]
        rows = [_in_line(lines[row * columns : (row + 1) * columns], style) for row in range(n_rows)]
        lines = [one for row in rows for one in row]
        tops = [max(one.height for one in row) + HEAD_GAP + above for row, above in zip(rows, aboves, strict=True)]
        height = max((area.height - sum(tops) - sum(belows) - gap[1] * (n_rows - 1)) / n_rows, 1.0)
        corners = []
        for i in range(len(axes)):
            row, column = divmod(i, columns)
            x = area.left + sum(lefts[: column + 1]) + sum(rights[:column]) + column * (width + gap[0])
            y = area.bottom + area.height - sum(tops[: row + 1]) - sum(belows[:row]) - row * gap[1] - (row + 1) * height
            corners.append((x, y))
        return cls(tuple(corners), width, height, tuple(lefts), tuple(aboves), tuple(lines))


def _thin_out(ax: Axes, width: float, style: Style) -> None:
    """Leave numbers along the x axis out, every other or more, where they would touch; the first stays, the last if it can."""
    words = [label.get_text() for label in ax.get_xticklabels()]
    shown = [i for i, word in enumerate(words) if word]
    if len(shown) < 2:
        return
    low, high = ax.get_xlim()
    places = [(float(tick) - low) / (high - low) * width for tick in ax.get_xticks()]
    widths = [width_of(word, style.tick_size, False, style.font) for word in words]
    kept = shown
    for every in range(1, len(shown) + 1):
        kept = shown[::every]
        if all(
            places[j] - places[i] >= (widths[i] + widths[j]) / 2 + TICK_GAP
            for i, j in zip(kept, kept[1:], strict=False)
        ):
            break
    if len(kept) > 1:  # as many, but as far apart as can be
        kept = shown[:: (len(shown) - 1) // (len(kept) - 1)][: len(kept)]
    if kept != shown:
        ax.set_xticks(ax.get_xticks(), [word if i in kept else "" for i, word in enumerate(words)])


def _overhang(ax: Axes, renderer: Any, points: float) -> tuple[float, float, float, float]:
    """How far numbers and letters reach out of a panel: left, below, right, above; without what `place_panels` writes."""
    own: list[Artist] = [ax.yaxis.label, *_heads_of(ax)]
    for artist in own:
        artist.set_visible(False)
    inner, outer = ax.get_window_extent(renderer), ax.get_tightbbox(renderer)
    for artist in own:
        artist.set_visible(True)
    if outer is None:
        return 0.0, 0.0, 0.0, 0.0
    reach = (inner.x0 - outer.x0, inner.y0 - outer.y0, outer.x1 - inner.x1, outer.y1 - inner.y1)
    left, below, right, above = (max(0.0, float(x) * points + SLACK) for x in reach)
    return left, below, right, above


@dataclass(frozen=True)
class _Lines:
    """The head of a panel in lines that fit above it."""

    title: str
    title_size: float
    note: str
    label: str
    note_room: float = 0.0  # points: as much as the highest of the row needs
    label_room: float = 0.0

    @classmethod
    def of(cls, head: Head, label: str, room: float, style: Style) -> _Lines:
        title, size = fit_or_shrink(head.title, room, style.panel_size, 7.0, lines=3, bold=True, font=style.font)
        note = fit(head.note, room, style.note_size, lines=2, font=style.font)
        return cls(title, size, note, fit(label, room, style.tick_size, lines=2, font=style.font))

    @property
    def height(self) -> float:
        own = _height(self.title, self.title_size) if self.title else 0.0
        return own + self.note_room + self.label_room

    def write(self, ax: Axes, left: float, above: float, width: float, height: float, style: Style) -> None:
        for artist in _heads_of(ax):
            artist.remove()
        x, y = -left / width, HEAD_GAP + above
        up, align = _stand(self.label, style.tick_size)
        ax.set_ylabel(
            self.label, rotation=0, ha="left", va=align, fontsize=style.tick_size, color=style.text, parse_math=False,
            linespacing=SPACING,
        )  # fmt: skip
        ax.yaxis.set_label_coords(x, 1 + (y + up) / height)
        y += self.label_room
        for lines, size, colour, weight, room in (
            (self.note, style.note_size, style.notes, "normal", self.note_room),
            (self.title, self.title_size, style.text, "bold", 0.0),
        ):
            if lines:
                up, align = _stand(lines, size)
                ax.text(
                    x, 1 + (y + up) / height, lines, transform=ax.transAxes, fontsize=size, color=colour, weight=weight,
                    va=align, parse_math=False, linespacing=SPACING, gid=_HEAD,
                )  # fmt: skip
            y += room


def _in_line(row: Sequence[_Lines], style: Style) -> list[_Lines]:
    """The heads of a row of panels with room for the highest note and unit of the row, so that titles stand on one line."""
    note = max((_height(one.note, style.note_size) for one in row if one.note), default=0.0)
    label = max((_height(one.label, style.tick_size) for one in row if one.label), default=0.0)
    return [replace(one, note_room=note, label_room=label) for one in row]


def _stand(lines: str, size: float) -> tuple[float, str]:
    """How far up a text stands, and on what: one line on its baseline, so that it lines up with those of other panels."""
    return (DESCENT * size, "baseline") if "\n" not in lines else (0.0, "bottom")


def _heads_of(ax: Axes) -> list[Any]:
    return [words for words in ax.texts if words.get_gid() == _HEAD]
