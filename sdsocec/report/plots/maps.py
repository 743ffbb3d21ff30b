"""What maps of the plane share: lines with their values, regions with their names, rows with the axes' words beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.model.card import Outcome
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.results.shown import ShownOutcome

from ..lettering import fit, width_of
from ..numbers import format_amount, format_ticks, format_value
from ..sheet import Area, Head, place_panels
from ..style import Style
from .room import AxisWords, rows_of, write_axis_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
COLUMNS = {"column": 1, "full": 2}
LEAST = 120.0  # points: of a map
LEVELS = 7  # about so many lines
LEVEL, REGION, OWN = "level", "region", "own"  # mark what stands within a map
PLACES = (
    0.5,
    0.4,
    0.6,
    0.3,
    0.7,
    0.45,
    0.55,
    0.35,
    0.65,
    0.2,
    0.8,
    0.25,
    0.75,
    0.12,
    0.88,
)  # along a line, for its number
AROUND_NUMBER = 8.0  # points: a line that is no longer than its number and this has none
SPECK = 9.0  # cells of the grid
_SHADES = ("#ffffff", "#dbe7f1", "#b4cfe3", "#8fb6d5")  # light to dark, so that it holds in grey


def contour_levels(low: float, high: float, n: int = LEVELS) -> list[float]:
    """Round numbers strictly between the lowest and the highest value.

    >>> contour_levels(0.0, 1.0, 4)
    [0.25, 0.5, 0.75]
    """
    from matplotlib.ticker import MaxNLocator

    if not high > low:
        return []
    found = MaxNLocator(nbins=n, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(level) for level in found if low < level < high]


def shades(n: int) -> list[str]:
    """So many shades from light to dark."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    ramp = LinearSegmentedColormap.from_list("shades", _SHADES)
    return [to_hex(ramp(i / max(n - 1, 1))) for i in range(n)]


def pale(colour: str, share: float = 0.62) -> str:
    """A colour mixed with so much white, so that letters and hatches stand out on it."""
    from matplotlib.colors import to_hex, to_rgb

    red, green, blue = (share + (1 - share) * part for part in to_rgb(colour))
    return str(to_hex((red, green, blue)))


def write_levels(
    ax: Axes, drawn: Any, lines: Sequence[float], language: str, style: Style, *, is_share: bool = False
) -> None:
    """The values of lines on them, with a rim of white: a line runs on where its number is taken away again.

    Each line gets its number at several places; `drop_overlapping` leaves the first that fits.
    """
    from matplotlib.patheffects import withStroke

    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    figure: Any = ax.figure
    # About: panels get their places after this.
    points = np.array(ax.get_position().size) * figure.get_size_inches() * 72
    spans = np.array([x1 - x0, y1 - y0]) / points
    count = 0
    for number, whole in zip(format_ticks(lines, language, is_share=is_share), drawn.get_paths(), strict=True):
        for line in parts_of(whole):
            steps = np.hypot(*(np.diff(line, axis=0) / spans).T)
            along = np.concatenate([[0.0], np.cumsum(steps)])
            if along[-1] < width_of(number, style.tick_size - 0.5, font=style.font) + AROUND_NUMBER:
                continue
            count += 1
            for share in PLACES:
                at = float(np.interp(share * along[-1], along, np.arange(len(line))))
                k = min(int(at), len(line) - 2)
                x, y = line[k] + (at - k) * (line[k + 1] - line[k])
                dx, dy = line[k + 1] - line[k]
                angle = float(np.degrees(np.arctan2(dy, dx)))
                upright = angle - 180 if angle > 90 else angle + 180 if angle <= -90 else angle
                ax.text(
                    float(x), float(y), number, rotation=upright, rotation_mode="anchor", transform_rotates_text=True,
                    ha="center", va="center", fontsize=style.tick_size - 0.5, color=style.text, parse_math=False, zorder=3,
                    path_effects=[withStroke(linewidth=2.2, foreground="white")], gid=f"{LEVEL}-{count}",
                )  # fmt: skip


def parts_of(path: Any) -> list[Floats]:
    """The unbroken lines of a path, each of shape (n, 2), n at least 2; a closed one ends where it starts."""
    from matplotlib.path import Path

    codes = path.codes if path.codes is not None else np.full(len(path.vertices), Path.LINETO)
    starts = [0, *(np.flatnonzero(codes == Path.MOVETO).tolist())]
    parts = []
    for start, end in zip(starts, [*starts[1:], len(codes)], strict=True):
        line = np.array(path.vertices[start:end], dtype=np.float64)
        if len(line) > 1:
            if codes[end - 1] == Path.CLOSEPOLY:
                line[-1] = line[0]
            parts.append(line)
    return parts


def drop_specks(drawn: Any, x: Floats, y: Floats) -> None:
    """Take away closed lines and areas that lie within `SPECK` cells of the grid.

    The grid does not resolve them: a narrow valley between its points comes out as a row of them.
    """
    from matplotlib.path import Path

    kept = []
    for path in drawn.get_paths():
        lines = [line for line in parts_of(path) if not _is_speck(line, x, y)]
        kept.append(Path.make_compound_path(*map(Path, lines)) if lines else Path(np.empty((0, 2))))
    drawn.set_paths(kept)


def _is_speck(line: Floats, x: Floats, y: Floats) -> bool:
    low, high = line.min(axis=0), line.max(axis=0)
    is_at_edge = low[0] <= x[0] or low[1] <= y[0] or high[0] >= x[-1] or high[1] >= y[-1]
    steps = (high - low) / [x[1] - x[0], y[1] - y[0]]
    return bool(not is_at_edge and np.allclose(line[0], line[-1]) and steps.prod() < SPECK)


def frame(ax: Axes) -> None:
    """A line all round a map, and none behind it."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(True)
    ax.grid(False)


def name_regions(
    ax: Axes, levels: tuple[Floats, Floats], best: NDArray[np.intp], titles: Sequence[str], style: Style
) -> None:
    """The name of each region in its middle: the place in it that is farthest from its edge."""
    figure: Any = ax.figure
    room = ax.get_position().width * figure.get_size_inches()[0] * 72 * 0.8
    for i, (a, b) in region_centres(best).items():
        name = fit(titles[i], room, style.label_size, lines=2, bold=True, font=style.font)
        ax.annotate(
            name, (float(levels[0][a]), float(levels[1][b])), ha="center", va="center", fontsize=style.label_size,
            weight="bold", color=style.text, parse_math=False, zorder=4, gid=REGION,
            bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none", "alpha": 0.9},
        )  # fmt: skip


def region_centres(best: NDArray[np.intp]) -> dict[int, tuple[int, int]]:
    """For each corner that is best somewhere, the place on the grid that is farthest from where it is not.

    >>> region_centres(np.zeros((5, 5), dtype=np.intp))
    {0: (2, 2)}
    """
    from scipy.ndimage import distance_transform_edt

    found = {}
    for i in np.unique(best[best >= 0]).tolist():
        depth = distance_transform_edt(np.pad(best == i, 1))[1:-1, 1:-1]
        deepest = np.argwhere(depth >= depth.max() - 1e-9)
        a, b = deepest[np.abs(deepest - deepest.mean(axis=0)).sum(axis=1).argmin()].tolist()
        found[i] = (a, b)
    return found


def place_maps(
    figure: Figure, areas: Sequence[Area], axes: Sequence[Axes], heads: Sequence[Head], style: Style, columns: int
) -> float:
    """Put maps into the areas of their rows, then take away what does not fit in them; the height of the lowest map."""
    heights = []
    for row, area in enumerate(areas):
        part = slice(row * columns, (row + 1) * columns)
        heights += place_panels(figure, area, axes[part], style, columns=columns, heads=heads[part], gap=(16.0, 0.0))
    if min(heights) < LEAST:  # words take the page: numbers at the ends only, so that none meet
        for ax in axes:
            words = [label.get_text() for label in ax.get_yticklabels()]
            ax.set_yticks(ax.get_yticks(), [word if i in (0, len(words) - 1) else "" for i, word in enumerate(words)])
    drop_overlapping(figure, axes)
    return min(heights)


def areas_of_maps(
    figure: Figure, area: Area, n: int, columns: int, across: AxisWords, upward: AxisWords, style: Style
) -> list[Area]:
    """An area for each row of maps, its axes written beside it."""
    return [write_axis_words(figure, one, across, upward, style) for one in rows_of(area, -(-n // columns), gap=12.0)]


def drop_overlapping(figure: Figure, axes: Sequence[Axes]) -> None:
    """Names of regions are kept within the map and apart; of the numbers of a line the first stays that meets no letters.

    Neither lies on a mark (`OWN`).
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    renderer: Any = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    for ax in axes:
        box = ax.get_window_extent(renderer)
        names = [words for words in ax.texts if words.get_gid() == REGION]
        kept: list[Any] = [mark.get_window_extent(renderer).padded(1.0) for mark in ax.lines if mark.get_gid() == OWN]
        for words in names:
            _move_inside(words, box, kept, renderer)
            kept.append(words.get_window_extent(renderer).padded(2.0))
        done = set()
        for words in [words for words in ax.texts if str(words.get_gid()).startswith(LEVEL)]:
            own = words.get_window_extent(renderer).padded(1.0)
            is_inside = box.x0 <= own.x0 and own.x1 <= box.x1 and box.y0 <= own.y0 and own.y1 <= box.y1
            if words.get_gid() not in done and is_inside and not any(own.overlaps(other) for other in kept):
                kept.append(own)
                done.add(words.get_gid())
            else:
                words.remove()


def _move_inside(words: Any, box: Any, kept: Sequence[Any], renderer: Any) -> None:
    """Shift a name by as little as keeps it within the map, then down until it meets no other."""
    own = words.get_window_extent(renderer).padded(3.0)
    dx = max(box.x0 - own.x0, 0) or min(box.x1 - own.x1, 0)
    dy = max(box.y0 - own.y0, 0) or min(box.y1 - own.y1, 0)
    start = own.translated(dx, dy)
    steps = [0.0] + [sign * k * own.height / 2 for k in range(1, 40) for sign in (1, -1)]
    for step in steps:
        moved = start.translated(0, step)
        if box.y0 <= moved.y0 and moved.y1 <= box.y1 and not any(moved.overlaps(other) for other in kept):
            dy += step
            break
    scale = 72 / words.figure.dpi
    words.set_position((dx * scale, dy * scale))
    words.set_anncoords("offset points")


def written(value: float, shown: ShownOutcome, language: str) -> str:
    """A value with its unit, within a sentence."""
    if shown.is_share:
        return format_value(value, language, is_share=True)
    amount = format_amount(value, shown.smallest, language)
    return f"{amount} {shown.unit}" if shown.unit else amount


def direction_of(model: LoadedModel, element: str) -> str:
    """Which way an element of an outcome of the card should go."""
    keys = (name_key(element), name_key(split_element_name(element)[0]))
    found: Outcome | None = next((o for o in model.card.outcomes if name_key(o.variable) in keys), None)
    return "neutral" if found is None else found.direction
