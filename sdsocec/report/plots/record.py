"""What was observed, as points in a panel: with the years where the source changes, and on whose word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.model.toml import Text
from sdsocec.results.observed import Observed

from ..lettering import clean
from ..style import Style
from ..texts import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
Change = tuple[int, Text, Text]
POINT_SIZE = 0.85  # of the style's marker


@dataclass(frozen=True)
class Points:
    """Observations of one variable in the unit shown.

    Attributes
    ----------
    times, values : arrays, shape (n,)
        Where each stands: in the middle of its year, or at its end.
    years : tuple of int
    breaks : tuple of int
        Positions at which another file, so another source, or another definition begins.
    sources : tuple of str
        Of each, as its file has it.
    printed : tuple of Text
        Of each, as pictures print it.
    changes : tuple of (int, Text, Text)
        The first year of another definition, what changes, and the series.
    """

    times: Floats
    values: Floats
    years: tuple[int, ...]
    breaks: tuple[int, ...]
    sources: tuple[str, ...]
    printed: tuple[Text, ...]
    changes: tuple[Change, ...]

    def between(self, first: float, last: float) -> Points:
        """Those within a span of time."""
        kept = np.flatnonzero((self.times >= first) & (self.times <= last))
        start = int(kept[0]) if kept.size else 0
        return replace(
            self, times=self.times[kept], values=self.values[kept], years=tuple(self.years[i] for i in kept),
            breaks=tuple(b - start for b in self.breaks if kept.size and start < b <= kept[-1]),
            sources=tuple(self.sources[i] for i in kept), printed=tuple(self.printed[i] for i in kept),
            changes=tuple(one for one in self.changes if kept.size and self.years[kept[0]] < one[0] <= self.years[kept[-1]]),
        )  # fmt: skip


def points_of(observed: Observed, model: LoadedModel) -> Points:
    """An observed series as points in the unit that readers see."""
    unit = model.equations.variables[name_key(split_element_name(observed.variable)[0])].unit
    factor, _ = model.card.unit(unit)
    files = [place.split(":")[0] for place in observed.places]
    breaks = tuple(
        i for i in range(1, len(files))
        if files[i] != files[i - 1] or any(observed.years[i - 1] < year <= observed.years[i] for year in observed.breaks)
    )  # fmt: skip
    years = tuple(int(year) for year in observed.years)
    return Points(observed.times, observed.values * factor, years, breaks, observed.sources,
                  observed.printed, _changes(observed))  # fmt: skip


def draw_points(ax: Axes, points: Points, style: Style) -> None:
    """Draw observations as filled points, a thin line between neighbouring years, two strokes where the source changes."""
    from matplotlib.path import Path

    ax.plot(
        points.times, points.values, linestyle="", marker="o", markersize=POINT_SIZE * style.marker_size,
        color=style.text, markeredgewidth=0, clip_on=False, zorder=4,
    )  # fmt: skip
    joined = [i for i in range(1, len(points.years)) if points.years[i] - points.years[i - 1] == 1]
    torn = [i for i in range(1, len(points.years)) if i not in joined or i in points.breaks]
    lines = (np.insert(along, torn, np.nan) for along in (points.times, points.values))
    ax.plot(*lines, color=style.text, linewidth=0.5, zorder=3.9)
    strokes = Path([(-0.8, -1), (-0.1, 1), (0.1, -1), (0.8, 1)], [Path.MOVETO, Path.LINETO, Path.MOVETO, Path.LINETO])
    for i in points.breaks:
        value = points.values[i - 1 : i + 1].mean() if i in joined else points.values[i]
        ax.plot(
            points.times[i] - 0.5,
            value,
            marker=strokes,
            markersize=6,
            color=style.text,
            markeredgewidth=0.8,
            linestyle="",
            zorder=4,
        )


def points_handle(language: str, style: Style) -> Any:
    """What stands for observations in a legend."""
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], color=style.text, linewidth=0.5, marker="o", markersize=POINT_SIZE * style.marker_size, markeredgewidth=0,
        label=text(language, "series_observed"),
    )  # fmt: skip


def sources_note(points: Sequence[Points], language: str, style: Style) -> str:
    """On whose word the points of a picture are, what two strokes mean, and where definitions change; empty without points."""
    if not points:
        return ""
    sources = dict.fromkeys(clean(source.in_language(language)) for one in points for source in one.printed)
    sentences = [text(language, "series_sources", sources="; ".join(sources))]
    if any(one.breaks for one in points):
        sentences.append(text(language, "series_break"))
    sentences += _told([change for one in points for change in one.changes], language)
    return " ".join(sentences)


def changes_of(series: Sequence[Observed], language: str) -> list[str]:
    """Where definitions change within series, a sentence each."""
    return _told([change for one in series for change in _changes(one)], language)


def _changes(observed: Observed) -> tuple[Change, ...]:
    return tuple((year, what, observed.label) for year, what in observed.breaks.items())


def _told(changes: Sequence[Change], language: str) -> list[str]:
    told = ((year, *(clean(part.in_language(language)) for part in parts)) for year, *parts in changes)
    return [
        text(language, "series_change", year=year, what=what, label=label) for year, what, label in dict.fromkeys(told)
    ]
