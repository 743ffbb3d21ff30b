"""Panels of a fit: a series observed against simulated, and its residuals by year.

Years that were fitted and years held back differ in marker and in dashes, not by colour alone. Each `draw_...` draws on the
`ax` it is given, and gives it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.model.project import LoadedModel
from sdsocec.results.shown import ShownOutcome

from .fit_tables import Shown
from .numbers import format_ticks
from .panel import scale_times, scale_values
from .small_charts import DASHED, DOTTED, label_values
from .style import GREY, HOUSE, Style
from .texts import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sdsocec.analysis.fit import SeriesRun

ERRORS = 2.0  # standard errors either way
ROOM = 1.06  # above and below residuals, so that no marker lies on the edge


def point_looks(style: Style) -> dict[str, dict[str, Any]]:
    """How observations look by what they are for: a marker and a colour each."""
    return {
        "fit": {"marker": "o", "color": style.text, "markerfacecolor": style.text},
        "test": {"marker": "s", "color": style.colours[2 % len(style.colours)], "markerfacecolor": "white"},
        "other": {"marker": "x", "color": style.notes, "markerfacecolor": style.notes},
    }


def line_colour(style: Style) -> str:
    """The colour of a run beside observations: the second of the scenarios'."""
    return style.colours[1 % len(style.colours)]


def draw_series(
    ax: Axes,
    one: SeriesRun,
    model: LoadedModel,
    language: str = "en",
    before: SeriesRun | None = None,
    span: tuple[float, float] | None = None,
    style: Style | None = None,
) -> Axes:
    """Draw one observed series with error bars, and the run as a line: solid in the fit years, dashed in the test years.

    Parameters
    ----------
    before : SeriesRun, optional
        The same series of an earlier run: a dotted grey line under it.
    span : tuple of float, optional
        First and last time drawn; by default the series' own.
    style : Style, optional
        By default as figures for a screen are.
    """
    size, line_width = (4.0, 1.7) if style is None else (style.marker_size, style.line_width)
    looks, colour = point_looks(style or HOUSE), line_colour(style or HOUSE)
    shown, observed = Shown.of(one.observed, model, language), one.observed
    moments = one.observed.times
    values, bars = observed.values * shown.factor, ERRORS * observed.errors * shown.factor
    first, last = span or span_of([one])
    drawn = [values - bars, values + bars]
    split = _first_test(one)
    for run, fixed in ((before, {"color": GREY, "linestyle": DOTTED, "linewidth": 1.4, "zorder": 2}), (one, None)):
        if run is None:
            continue
        parts = [(run.line, run.times <= split, "-"), (run.test_line, run.times >= split, DASHED)]
        for line, within, dashes in parts:
            within = within & (run.times >= first) & (run.times <= last)
            if within.any():
                look: Any = fixed or {"color": colour, "linestyle": dashes, "linewidth": line_width, "zorder": 3}
                ax.plot(run.times[within], line[within] * shown.factor, **look)
                drawn.append(line[within] * shown.factor)
    for role, chosen in roles_of(one):
        ax.errorbar(
            moments[chosen], values[chosen], yerr=bars[chosen], linestyle="", markersize=size, markeredgewidth=0.275 * size,
            elinewidth=0.8, capsize=0, zorder=4, clip_on=False, **looks[role],
        )  # fmt: skip
    _mark_test_years(ax, split)
    whole = ShownOutcome(observed.variable, shown.label, shown.unit, np.concatenate(drawn)[None], shown.is_share)
    is_cut = scale_values(ax, whole, language)
    unit = f"{shown.unit} {text(language, 'axis_cut')}" if is_cut else shown.unit
    label_values(ax, unit)
    scale_times(ax, np.array([first, last]), language)
    return ax


def span_of(series: Sequence[SeriesRun]) -> tuple[float, float]:
    """The first and last time that is worth drawing: from half a year before the observations to half a year after."""
    return min(s.observed.years.min() for s in series) - 0.5, max(s.observed.years.max() for s in series) + 1.5


def draw_series_residuals(
    ax: Axes, one: SeriesRun, language: str = "en", span: tuple[float, float] | None = None
) -> Axes:
    """Draw the standardised residuals of one series by year, with lines at two standard errors."""
    moments, residuals = one.observed.times, one.residuals
    for level, dashes in ((0.0, "-"), (ERRORS, DASHED), (-ERRORS, DASHED)):
        ax.axhline(level, color="#8c8c8c", linestyle=dashes, linewidth=0.9, zorder=1)
    for role, chosen in roles_of(one):
        ax.vlines(
            moments[chosen], 0.0, residuals[chosen], color=point_looks(HOUSE)[role]["color"], linewidth=0.9, zorder=2
        )
        ax.plot(
            moments[chosen], residuals[chosen], linestyle="", markersize=4, markeredgewidth=1.1, zorder=3, clip_on=False,
            **point_looks(HOUSE)[role],
        )  # fmt: skip
    _mark_test_years(ax, _first_test(one))
    known = residuals[np.isfinite(residuals)]
    reach = max(1.25 * ERRORS, ROOM * float(np.abs(known).max()) if known.size else 0.0)
    step = ERRORS * np.ceil(reach / (4 * ERRORS))  # so that the lines at two standard errors are on the scale
    ticks = (step * np.arange(-np.ceil(reach / step), np.ceil(reach / step) + 1)).tolist()
    ax.set_yticks(ticks, format_ticks(ticks, language))
    ax.set_ylim(ticks[0], ticks[-1])
    label_values(ax, text(language, "residual_unit"))
    scale_times(ax, np.array(span or span_of([one])), language)
    return ax


def _first_test(one: SeriesRun) -> float:
    """When the first year after the fit years that is for testing begins; infinite if none is."""
    tested = one.observed.years[one.observed.is_test]
    return float(tested.min()) if tested.size else float("inf")


def roles_of(one: SeriesRun) -> list[tuple[str, NDArray[np.bool_]]]:
    observed = one.observed
    found = [("fit", observed.is_fit), ("test", observed.is_test), ("other", ~(observed.is_fit | observed.is_test))]
    return [(role, chosen) for role, chosen in found if chosen.any()]


def _mark_test_years(ax: Axes, start: float) -> None:
    if np.isfinite(start):
        ax.axvline(start, color="#999999", linewidth=0.8, zorder=0.5)
