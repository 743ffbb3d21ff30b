"""How a model follows its record: a panel a series, observed points with error bars, the run as a line.

Years that were fitted (in sample) and years held back (out of sample) differ in marker and in dashes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sdsocec.analysis.fit import FitStatistics, RecordRun, SeriesRun, fit_table
from sdsocec.model.project import LoadedModel
from sdsocec.results.shown import ShownOutcome

from ..fit_figures import time_unit_of, title_of
from ..fit_panels import draw_series, line_colour, point_looks, span_of
from ..fit_tables import Shown, data_of_fit, kinds_lines, roles_of
from ..lettering import clean, fit
from ..numbers import format_value
from ..picture import Picture, new_sheet, place_panels, settings_below, stamp, with_settings, write_legend
from ..saving import house_style
from ..sheet import Head, sheet_height, sheet_width
from ..small_charts import DASHED
from ..style import HOUSE, Style
from ..texts import listed, text
from .chosen import axis_unit, is_cut
from .record import changes_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = {"column": 1, "full": 2}
ROWS = 4  # of panels on a sheet
PANEL_HEIGHT = 4.6  # cm, with what stands above and below
ROLES = ("fit", "test", "other")
Statistics = Mapping[tuple[str, str], FitStatistics | None]


def draw_fit(
    ax: Axes,
    one: SeriesRun,
    model: LoadedModel,
    *,
    lang: str = "en",
    style: Style = HOUSE,
    span: tuple[float, float] | None = None,
) -> Axes:
    """Draw one observed series with bars of two standard errors, and the run: solid in the fit years, dashed after.

    Parameters
    ----------
    span : tuple of float, optional
        First and last time drawn; by default the series' own.
    """
    draw_series(ax, one, model, lang, span=span, style=style)
    shown = Shown.of(one.observed, model, lang)
    whole = ShownOutcome(one.observed.variable, shown.label, shown.unit, np.empty(0), shown.is_share)
    ax.set_ylabel(axis_unit(whole, lang, is_cut=is_cut(ax.get_ylim())), fontsize=style.tick_size, parse_math=False)
    return ax


def fit_pictures(
    run: RecordRun, model: LoadedModel, *, size: str = "full", language: str = "en", style: Style = HOUSE
) -> list[Picture]:
    """Draw every series of a run against its record; more panels than fit a sheet go on in the next.

    Returns
    -------
    list of Picture
        `fit`, or `fit-1`, `fit-2`, ...; the table has a row a series and year, with what the year is for.
    """
    n_sheets = -(-len(run.series) // (COLUMNS[size] * ROWS))
    most = -(-len(run.series) // n_sheets)
    parts = [run.series[i : i + most] for i in range(0, len(run.series), most)]
    statistics = {(row.series, row.role): row.statistics for row in fit_table(run)}
    span = span_of(run.series)
    pictures = []
    for number, part in enumerate(parts, 1):
        stem, which = ("fit", "") if len(parts) == 1 else (f"fit-{number}", f" ({number}/{len(parts)})")
        pictures.append(_picture(stem, which, part, run, model, statistics, span, size, language, style))
    return pictures


def _picture(
    stem: str,
    which: str,
    series: Sequence[SeriesRun],
    run: RecordRun,
    model: LoadedModel,
    statistics: Statistics,
    span: tuple[float, float],
    size: str,
    language: str,
    style: Style,
) -> Picture:
    columns = min(len(series), COLUMNS[size])
    rows = -(-len(series) // columns)
    has_test = any(one.observed.is_test.any() for one in series)
    title = text(language, "fit_figure_title", model=clean(model.card.title.in_language(language))) + which
    subtitle = text(language, "fit_figure_note" if has_test else "fit_figure_note_no_test")
    subtitle = with_settings(subtitle, run.attributes, language)
    worth = " ".join(kinds_lines([one.observed for one in series], language, with_none=False))
    footer = [settings_below(run.attributes, language), worth, _sources(series, language), stamp(run.attributes, style)]
    handles = _handles(series, run, model, language, style)
    words = (style, title, subtitle, footer)
    names = [str(handle.get_label()) for handle in handles]
    height = sheet_height(size, *words, legend=names, panels=rows * PANEL_HEIGHT)
    figure, area = new_sheet(size, height, *words)
    area = write_legend(figure, area, handles, style)
    with house_style(style):
        axes = [draw_fit(figure.add_subplot(), one, model, lang=language, style=style, span=span) for one in series]
        unit = time_unit_of(model, run, language)
        heads = []
        for i, (ax, one) in enumerate(zip(axes, series, strict=True)):
            label = one.observed.label.in_language(language)
            heads.append(Head(label, _errors(one, statistics, language), ax.get_ylabel()))
            if i + columns >= len(axes):
                below = fit(unit, sheet_width(size) / columns / 2, style.tick_size, font=style.font)
                ax.set_xlabel(below, fontsize=style.tick_size, parse_math=False, labelpad=2)
        place_panels(figure, area, axes, style, columns=columns, heads=heads)
    alt = clean(_described(series, model, statistics, language))
    figure.set_label(alt)
    return Picture(stem, figure, alt, data_of_fit(stem, series, model, language))


def _mape(one: SeriesRun, role: str, statistics: Statistics, language: str) -> str:
    found = statistics.get((one.observed.name, role))
    return format_value(found.mape if found is not None else float("nan"), language, is_share=True)


def _errors(one: SeriesRun, statistics: Statistics, language: str) -> str:
    key = "fit_panel" if one.observed.is_test.any() else "fit_panel_fit"
    mapes = {role: _mape(one, role, statistics, language) for role in ("fit", "test")}
    kind = {"kind": text(language, f"test_kind_{one.observed.test_kind}")} if one.observed.is_test.any() else {}
    return text(language, key, **mapes, **kind)


def _handles(series: Sequence[SeriesRun], run: RecordRun, model: LoadedModel, language: str, style: Style) -> list[Any]:
    from matplotlib.lines import Line2D

    there = {role for one in series for role in roles_of(one)}
    looks, size, colour = point_looks(style), style.marker_size, line_colour(style)
    handles: list[Any] = []
    for role in ROLES:
        if role in there:
            label = text(language, f"fit_observed_{role}")
            handles.append(
                Line2D([], [], linestyle="", markersize=size, markeredgewidth=0.275 * size, label=label, **looks[role])
            )
    lines: list[tuple[Any, str, str]] = [("-", "fit_line", run.fit_scenario)]
    if "test" in there:
        lines.append((DASHED, "fit_line_test", run.test_scenario))
    for dashes, key, scenario in lines:
        label = text(language, key, scenario=title_of(scenario, model, language))
        handles.append(Line2D([], [], color=colour, linestyle=dashes, linewidth=style.line_width, label=label))
    return handles


def _sources(series: Sequence[SeriesRun], language: str) -> str:
    """On whose word the points are, panel by panel where these differ, and where definitions change."""
    labels: dict[tuple[str, ...], list[str]] = {}
    for one in series:
        sources = tuple(dict.fromkeys(clean(source.in_language(language)) for source in one.observed.printed))
        labels.setdefault(sources, []).append(clean(one.observed.label.in_language(language)))
    if len(labels) == 1:
        observed = text(language, "fit_sources", sources="; ".join(*labels))
    else:
        told = [(listed(language, names), "; ".join(sources)) for sources, names in labels.items()]
        each = " ".join(f"{names[:1].upper()}{names[1:]}: {sources}." for names, sources in told)
        observed = text(language, "fit_sources_each", each=each)
    return " ".join([observed, *changes_of([one.observed for one in series], language)])


def _described(series: Sequence[SeriesRun], model: LoadedModel, statistics: Statistics, language: str) -> str:
    sentences = [text(language, "alt_fit_what", n=len(series), model=clean(model.card.title.in_language(language)))]
    for one in series:
        shown, observed = Shown.of(one.observed, model, language), one.observed
        unit = "" if shown.is_share else f" {shown.unit}"
        key = "alt_fit_one_test" if observed.is_test.any() else "alt_fit_one"
        mapes = {role: _mape(one, role, statistics, language) for role in ("fit", "test")}
        first, last = int(observed.years.min()), int(observed.years.max())
        found = text(language, key, label=shown.label, years=f"{first}-{last}", mape=mapes["fit"], test=mapes["test"])
        top = int(np.argmax(observed.values))
        told = text(
            language, "alt_fit_observed", first=shown.value(float(observed.values[0]), language),
            last=shown.value(float(observed.values[-1]), language) + unit, start=first, end=last,
            highest=shown.value(float(observed.values[top]), language), time=int(observed.years[top]),
        )  # fmt: skip
        sentences.append(f"{clean(found)}; {told}")
    return " ".join(sentences)
