"""Small charts for a screen: two a row, under a title, a note and a legend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .lettering import clean, fit, width_of
from .saving import TICK_SIZE, house_style
from .style import DARK, GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DASHED, DOTTED = (0, (5, 2)), ":"
MOST_CHARTS = 24
# Sizes in points (1/72 inch).
COLUMNS, WIDTH, PLOT_HEIGHT = 2, 640.0, 128.0
EDGE, GAP, PAD = 14.0, 24.0, 7.0
TITLE_SIZE, NOTE_SIZE, PANEL_TITLE_SIZE, SUBTITLE_SIZE, STAMP_SIZE = 13.0, 9.5, 10.0, 8.5, 7.5
LINE = 1.3
LONGEST_UNIT = 118.0


@dataclass(frozen=True)
class Chart:
    title: str
    subtitle: str
    draw: Callable[[Axes], Axes]
    x_label: str = ""


def small_charts(
    panels: Sequence[Chart],
    title: str,
    note: str,
    legend: Sequence[Any],
    x_label: str,
    stamp: str,
    sentences: Sequence[str],
) -> Figure:
    """Panels under a title, a note and a legend. Every place is worked out in points, so that nothing overlaps."""
    from matplotlib.figure import Figure

    room = WIDTH - 2 * EDGE
    title, note = fit(title, room, TITLE_SIZE, lines=2, bold=True), fit(note, room, NOTE_SIZE, lines=2)
    legend_rows, legend_columns = _legend_shape([str(handle.get_label()) for handle in legend], room)
    with house_style():
        figure = Figure()
        figure.set_label(clean(" ".join(_sentence(part) for part in sentences)))
        axes = [panel.draw(figure.add_subplot()) for panel in panels]
        cell = (room + GAP) / COLUMNS
        lefts = [_left_of(axes[i::COLUMNS]) for i in range(COLUMNS)]
        top = EDGE + _height(title, TITLE_SIZE) + 2
        note_top, legend_top = top, top + _height(note, NOTE_SIZE) + 4
        y = legend_top + legend_rows * NOTE_SIZE * 1.4 + 4
        rows = [panels[i : i + COLUMNS] for i in range(0, len(panels), COLUMNS)]
        bottoms = []
        for beside in rows:
            heads = PANEL_TITLE_SIZE * LINE + (SUBTITLE_SIZE * LINE if any(p.subtitle for p in beside) else 0.0)
            y += heads + PAD + PLOT_HEIGHT
            bottoms.append(y)
            y += TICK_SIZE * LINE + 12 + (TICK_SIZE * LINE if any(p.x_label for p in beside) else 0.0)
        height = y + (TICK_SIZE * LINE if x_label else 0.0) + STAMP_SIZE * LINE + EDGE / 2
        figure.set_size_inches(WIDTH / 72, height / 72)
        for i, (ax, panel) in enumerate(zip(axes, panels, strict=True)):
            row, column = divmod(i, COLUMNS)
            left = EDGE + column * cell + lefts[column]
            width = cell - GAP - lefts[column]
            ax.set_position((left / WIDTH, 1 - bottoms[row] / height, width / WIDTH, PLOT_HEIGHT / height))
            ax.yaxis.label.set_verticalalignment("top")
            ax.yaxis.set_label_coords(-lefts[column] / width, 0.5)
            _head(ax, panel, width, lefts[column])
            below = panel.x_label or (x_label if i + COLUMNS >= len(panels) else "")
            if below:
                ax.set_xlabel(fit(below, width, TICK_SIZE), fontsize=TICK_SIZE, color=DARK, parse_math=False)
                ax.xaxis.set_label_coords(0.5, -(TICK_SIZE * LINE + 6) / PLOT_HEIGHT)
        x = EDGE / WIDTH
        written = figure.suptitle(
            title, fontsize=TITLE_SIZE, weight="bold", color=DARK, x=x, y=1 - EDGE / height, ha="left", va="top"
        )
        written.set_parse_math(False)
        figure.text(x, 1 - note_top / height, note, fontsize=NOTE_SIZE, color=GREY, va="top", parse_math=False)
        made = figure.legend(
            handles=list(legend), loc="upper left", ncols=legend_columns, frameon=False, fontsize=NOTE_SIZE, labelcolor=DARK,
            bbox_to_anchor=(x, 1 - legend_top / height), handlelength=2.6, handletextpad=6 / NOTE_SIZE,
            columnspacing=18 / NOTE_SIZE, borderpad=0, borderaxespad=0, labelspacing=0.35,
        )  # fmt: skip
        for label in made.get_texts():
            label.set_parse_math(False)
        stamp = fit(stamp, room, STAMP_SIZE)
        figure.text(x, EDGE / 2 / height, stamp, fontsize=STAMP_SIZE, color=GREY, parse_math=False)
    return figure


def handle(label: str, colour: str, dashes: Any, marker: str = "", **look: Any) -> Any:
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], color=colour, linestyle=dashes, linewidth=1.6, marker=marker, markersize=4, label=label, **look
    )


def label_values(ax: Axes, label: str) -> None:
    ax.set_ylabel(fit(label, LONGEST_UNIT, TICK_SIZE, lines=2), fontsize=TICK_SIZE, color=DARK, parse_math=False)


def _legend_shape(names: Sequence[str], room: float) -> tuple[int, int]:
    """Rows and columns of a legend that fits the room."""
    widths = [2.6 * NOTE_SIZE + 6 + width_of(name, NOTE_SIZE) + 18.0 for name in names]
    columns = len(names) if sum(widths) - 18.0 <= room else max(1, int((room + 18.0) // max(widths)))
    return -(-len(names) // columns), columns


def _left_of(axes: Sequence[Axes]) -> float:
    """The room that numbers and units of some panels need at their left."""
    ticks = max((width_of(t.get_text(), TICK_SIZE) for ax in axes for t in ax.get_yticklabels()), default=0.0)
    lines = max((ax.get_ylabel().count("\n") + 1 for ax in axes), default=1)
    return ticks + LINE * TICK_SIZE * lines + 9


def _head(ax: Axes, panel: Chart, width: float, left: float) -> None:
    """The title of a panel, and a grey line under it."""
    room = width + left
    lift = PAD + (SUBTITLE_SIZE * LINE if panel.subtitle else 0.0)
    written = ax.set_title(
        fit(panel.title, room, PANEL_TITLE_SIZE, bold=True), loc="left", y=1 + lift / PLOT_HEIGHT, pad=0,
        fontsize=PANEL_TITLE_SIZE, weight="bold", color=DARK, parse_math=False,
    )  # fmt: skip
    written.set_x(-left / width)
    if panel.subtitle:
        ax.text(
            -left / width, 1 + PAD / PLOT_HEIGHT, fit(panel.subtitle, room, SUBTITLE_SIZE), transform=ax.transAxes,
            fontsize=SUBTITLE_SIZE, color=GREY, parse_math=False,
        )  # fmt: skip


def _height(lines: str, size: float) -> float:
    return size * LINE * (lines.count("\n") + 1)


def _sentence(part: str) -> str:
    whole = part.strip()
    return whole if whole.endswith(".") else f"{whole}."
