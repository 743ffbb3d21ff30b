"""Uncertainty bands: a panel a scenario, all on one scale, the middle 30, 60 and 90 % of the rows around their median."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.bands import PROBABILITIES, SHARES, UncertainRuns, quantiles
from sdsocec.model.names import name_key
from sdsocec.model.project import LoadedModel
from sdsocec.results.formats import DataTable
from sdsocec.results.observed import Observed
from sdsocec.results.shown import TIME_UNITS, ShownOutcome

from ..lettering import clean, fit
from ..numbers import format_number, format_time
from ..panel import scale_times, scale_values
from ..picture import Picture, new_sheet, place_panels, settings_below, stamp, with_settings, write_legend
from ..saving import house_style
from ..sheet import Head, sheet_height, sheet_width
from ..style import HOUSE, Style
from ..tables import shown_value
from ..texts import listed, text
from .chosen import axis_unit, is_cut, shown_of
from .record import Points, draw_points, points_handle, points_of, sources_note

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
COLUMNS = {"column": 2, "full": 3}
ROWS = 5  # of panels on a sheet
PANEL_HEIGHT = 4.4  # cm, with what stands above and below
MIDDLE = len(PROBABILITIES) // 2


def draw_bands(
    ax: Axes,
    times: Floats,
    values: Floats,
    *,
    lang: str = "en",
    style: Style = HOUSE,
    unit: str = "",
    is_share: bool = False,
    points: Points | None = None,
    on_scale: Floats | None = None,
) -> Axes:
    """Draw bands that hold the middle 30, 60 and 90 % of the rows at each time, and the median.

    Parameters
    ----------
    times : array, shape (n_times,)
    values : array, shape (n, n_times)
        Finite numbers, in `unit`; shares as fractions.
    unit : str
        For the axis.
    points : Points, optional
        Observations in the same unit.
    on_scale : array, optional
        Values that the y axis must hold too, so that panels have one scale.
    """
    found = quantiles(np.asarray(values, dtype=np.float64))
    for i, colour in enumerate(style.bands):
        ax.fill_between(times, found[i], found[-1 - i], facecolor=colour, linewidth=0, zorder=1 + 0.1 * i)
    ax.plot(times, found[MIDDLE], color=style.median, linewidth=style.line_width + 0.2, zorder=3, solid_capstyle="butt")
    held = [found.ravel()]
    within = None if points is None else points.between(float(times[0]), float(times[-1]))
    if within is not None and within.times.size:
        draw_points(ax, within, style)
        held.append(within.values)
    if on_scale is not None:
        held.append(np.ravel(on_scale))
    scale_values(ax, ShownOutcome("", "", unit, np.concatenate(held), is_share), lang)
    shown = axis_unit(ShownOutcome("", "", unit, found, is_share), lang, is_cut=is_cut(ax.get_ylim()))
    ax.set_ylabel(shown, fontsize=style.tick_size, parse_math=False)
    scale_times(ax, times, lang)
    return ax


@dataclass(frozen=True)
class _Content:
    """What one picture shows: one outcome in some scenarios."""

    outcome: ShownOutcome  # without values
    titles: tuple[str, ...]
    names: tuple[str, ...]
    values: tuple[Floats, ...]  # of each scenario, shape (n, n_times), in the unit shown
    found: tuple[Floats, ...]  # quantiles of each
    times: Floats
    points: Points | None
    time_unit: str
    model: str

    @property
    def on_scale(self) -> Floats:
        """What every panel's axis must hold."""
        observed = (
            [] if self.points is None else [self.points.between(float(self.times[0]), float(self.times[-1])).values]
        )
        return np.concatenate([*(q.ravel() for q in self.found), *observed])


def bands_pictures(
    runs: UncertainRuns,
    model: LoadedModel,
    *,
    size: str = "full",
    language: str = "en",
    style: Style = HOUSE,
    observed: Sequence[Observed] = (),
) -> list[Picture]:
    """Draw every output of some runs, a picture each, with a panel for each scenario.

    Parameters
    ----------
    model : LoadedModel
        Its card says how the outputs are called and shown.
    observed : sequence of Observed
        Those of an output are drawn in each of its panels.

    Returns
    -------
    list of Picture
        `bands`, or `bands-1`, `bands-2`, ...; the table has a row a scenario and time, a column a quantile.
    """
    scenarios = runs.experiment.scenarios
    titles = [clean(scenario.title.in_language(language)) for scenario in scenarios]
    titles = titles if len(set(titles)) == len(titles) else [scenario.name for scenario in scenarios]
    most = COLUMNS[size] * ROWS
    parts = [slice(i, i + most) for i in range(0, len(scenarios), most)]
    pictures: list[Picture] = []
    n_pictures = len(runs.experiment.outputs) * len(parts)
    for output, element in enumerate(runs.experiment.outputs):
        series = next((one for one in observed if name_key(one.variable) == name_key(element)), None)
        for part in parts:
            shown = [shown_of(model, element, runs.of(i, output), language) for i in range(len(scenarios))[part]]
            content = _Content(
                shown[0], tuple(titles[part]), tuple(s.name for s in scenarios[part]), tuple(o.values for o in shown),
                tuple(quantiles(o.values) for o in shown), runs.times,
                None if series is None else points_of(series, model), time_unit(model, language),
                clean(model.card.title.in_language(language)),
            )  # fmt: skip
            stem = "bands" if n_pictures == 1 else f"bands-{len(pictures) + 1}"
            pictures.append(_picture(stem, content, runs, size, language, style))
    return pictures


def time_unit(model: LoadedModel, language: str) -> str:
    control = model.equations.variables.get(name_key("TIME STEP"))
    unit = control.unit if control is not None else ""
    known = TIME_UNITS.get(name_key(unit)) or TIME_UNITS.get(name_key(unit).removesuffix("s"))
    return known.in_language(language) if known is not None else unit or text(language, "time")


def _picture(stem: str, content: _Content, runs: UncertainRuns, size: str, language: str, style: Style) -> Picture:
    n = len(content.titles)
    columns = min(n, COLUMNS[size] if n != 4 else 2)
    rows = -(-n // columns)
    handles = _handles(content, language, style)
    known = [content.points] if content.points is not None else []
    footer = [
        _rows_note(runs, language), settings_below(runs.attributes, language), sources_note(known, language, style),
        stamp(runs.attributes, style),
    ]  # fmt: skip
    label = clean(content.outcome.label)
    start, end = (format_time(float(content.times[i]), language) for i in (0, -1))
    title = text(language, "bands_title", outcome=label[:1].upper() + label[1:], start=start, end=end)
    words = (style, title, with_settings(content.model, runs.attributes, language), footer)
    names = [str(handle.get_label()) for handle in handles]
    height = sheet_height(size, *words, legend=names, panels=rows * PANEL_HEIGHT)
    figure, area = new_sheet(size, height, *words)
    area = write_legend(figure, area, handles, style)
    unit, is_part, on_scale = content.outcome.unit, content.outcome.is_share, content.on_scale
    with house_style(style):
        axes = [
            draw_bands(
                figure.add_subplot(), content.times, values, lang=language, style=style, unit=unit, is_share=is_part,
                points=content.points, on_scale=on_scale,
            )
            for values in content.values
        ]  # fmt: skip
        heads = []
        for i, (ax, name) in enumerate(zip(axes, content.titles, strict=True)):
            if i % columns:
                ax.set_yticklabels([])
                ax.set_ylabel("")
            heads.append(Head(name, "", ax.get_ylabel()))
            if i + columns >= n:
                room = sheet_width(size) / columns / 2
                words_below = fit(content.time_unit, room, style.tick_size, font=style.font)
                ax.set_xlabel(words_below, fontsize=style.tick_size, parse_math=False, labelpad=2)
        place_panels(figure, area, axes, style, columns=columns, heads=heads)
    alt = clean(_described(content, runs, language))
    figure.set_label(alt)
    return Picture(stem, figure, alt, _table(stem, content))


def _handles(content: _Content, language: str, style: Style) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D([], [], color=style.median, linewidth=style.line_width + 0.2, label=text(language, "bands_median"))
    ]
    for share, colour in zip(reversed(SHARES), reversed(style.bands), strict=True):
        name = text(language, "bands_share", share=format_number(100 * share, language))
        handles.append(Patch(facecolor=colour, linewidth=0, label=name))
    return handles + ([points_handle(language, style)] if content.points is not None else [])


def _rows_note(runs: UncertainRuns, language: str) -> str:
    """How many rows of what the bands are of, and how many were left out."""
    n, left_out = len(runs.inputs), runs.n_left_out
    note = text(
        language,
        "bands_rows",
        n=format_number(n, language),
        k=len(runs.experiment.factors),
        seed=runs.attributes["seed"],
    )
    if runs.experiment.initial == "equilibrium":
        note = f"{note} {text(language, 'bands_at_rest')}"
    if left_out:
        note = f"{note} {text(language, 'bands_left_out', n=format_number(left_out, language))}"
    return note


def _described(content: _Content, runs: UncertainRuns, language: str) -> str:
    outcome = content.outcome
    unit = "" if outcome.is_share or outcome.is_yes_no or not outcome.unit else f" {outcome.unit}"

    def shown(value: float, *, with_unit: bool = False) -> str:
        return shown_value(outcome, float(value), language) + (unit if with_unit else "")

    start, end = (format_time(float(content.times[i]), language) for i in (0, -1))
    sentences = [
        text(
            language, "alt_bands", n=len(content.titles), outcome=clean(outcome.label), model=content.model, start=start,
            end=end, scenarios=listed(language, list(content.titles)),
        ),
        _rows_note(runs, language),
    ]  # fmt: skip
    for title, found in zip(content.titles, content.found, strict=True):
        median, top = found[MIDDLE], int(np.argmax(found[MIDDLE]))
        widest = int(np.argmax(found[-1] - found[0]))
        sentences.append(
            text(
                language, "alt_bands_one", scenario=title, first=shown(median[0]), last=shown(median[-1], with_unit=True),
                highest=shown(median[top]), time=format_time(float(content.times[top]), language), end=end,
                low=shown(found[0, -1]), high=shown(found[-1, -1], with_unit=True),
                widest=format_time(float(content.times[widest]), language),
            )
        )  # fmt: skip
    if content.points is not None:
        points = content.points
        first, last = shown(points.values[0]), shown(points.values[-1], with_unit=True)
        sentences.append(
            text(
                language, "alt_observed", n=len(points.years), first=first, last=last, start=points.years[0],
                end=points.years[-1],
            )
        )  # fmt: skip
    return " ".join(sentences)


def _table(stem: str, content: _Content) -> DataTable:
    outcome = content.outcome
    header = ("scenario", "time", "variable", "label", *(f"p{round(100 * p):02d}" for p in PROBABILITIES), "unit")
    rows: tuple[tuple[str | float, ...], ...] = tuple(
        (name, float(time), outcome.variable, outcome.label, *found[:, i].tolist(), outcome.unit)
        for name, found in zip(content.names, content.found, strict=True)
        for i, time in enumerate(content.times)
    )
    return DataTable(stem, header, rows, is_for_sheets=False)
