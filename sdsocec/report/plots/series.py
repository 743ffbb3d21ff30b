"""Outcomes over time: a panel an outcome, a line a scenario, points for what was observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.model.names import name_key
from sdsocec.model.project import LoadedModel
from sdsocec.results.formats import DataTable
from sdsocec.results.observed import Observed
from sdsocec.results.shown import ShownOutcome, run_dimension, run_names, shown_outcomes, shown_time_unit

from ..conditions import as_sentence, conditions
from ..lettering import clean, fit, width_of
from ..numbers import format_time
from ..panel import draw_lines, end_label_positions, label_ends, scale_times, scale_values
from ..parting import last_common_time, scenario_titles
from ..picture import Picture, new_sheet, place_panels, settings_below, stamp, with_settings, write_legend
from ..saving import house_style
from ..sheet import Head, line_handle, sheet_height, sheet_width
from ..style import HOUSE, MOST_NAMED, Style
from ..tables import shown_value
from ..texts import listed, text
from .chosen import axis_unit, is_cut
from .record import Points, draw_points, points_handle, points_of, sources_note

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
ROWS = 4  # of panels on a sheet
PANEL_HEIGHT = {"column": 4.6, "full": 4.6}  # cm, with what stands above and below
NAMES_SHARE = 0.36  # the most of a panel's width that names at the ends of lines may take
LONGEST_LABEL = 120  # characters, in the alternative text


@dataclass(frozen=True)
class _Content:
    """What the pictures show, found once."""

    model: str
    outcomes: tuple[ShownOutcome, ...]
    points: tuple[Points | None, ...]
    times: Floats
    titles: tuple[str, ...]
    common: int | None
    time_unit: str

    @property
    def is_same(self) -> bool:
        return len(self.titles) > 1 and self.common == len(self.times) - 1

    @property
    def parting(self) -> float | None:
        """When the scenarios part, if they do after the start."""
        if len(self.titles) > 1 and self.common is not None and 0 < self.common < len(self.times) - 1:
            return float(self.times[self.common])
        return None


def draw_series(
    ax: Axes,
    outcome: ShownOutcome,
    times: Floats,
    *,
    lang: str = "en",
    style: Style = HOUSE,
    common: int | None = None,
    points: Points | None = None,
) -> Axes:
    """Draw one outcome: a line a run, and points for what was observed.

    Parameters
    ----------
    outcome : ShownOutcome
        Values of shape (n_runs, n_times).
    common : int, optional
        The position of the last time at which all runs are the same: up to there one line is drawn for all, and a vertical line
        marks it.
    points : Points, optional
        In the unit of the outcome.
    """
    draw_lines(ax, outcome, times, common, style)
    within = None if points is None else points.between(float(times[0]), float(times[-1]))
    whole = outcome.values
    if within is not None and within.times.size:
        draw_points(ax, within, style)
        whole = np.concatenate([whole.ravel(), within.values])
    scale_values(ax, ShownOutcome("", "", outcome.unit, whole, outcome.is_share), lang)
    ax.set_ylabel(axis_unit(outcome, lang, is_cut=is_cut(ax.get_ylim())), fontsize=style.tick_size, parse_math=False)
    scale_times(ax, times, lang)
    return ax


def series_pictures(
    dataset: xr.Dataset,
    model: LoadedModel,
    *,
    size: str = "full",
    language: str = "en",
    style: Style = HOUSE,
    observed: Sequence[Observed] = (),
) -> list[Picture]:
    """Draw every outcome of the model's card that a result holds; more panels than fit a sheet go on in the next.

    Parameters
    ----------
    observed : sequence of Observed
        Those of a variable that is drawn are drawn with it.

    Returns
    -------
    list of Picture
        `series`, or `series-1`, `series-2`, ...
    """
    outcomes = [o for o in shown_outcomes(dataset, model, language) if np.isfinite(o.values).any()]
    times = dataset["time"].values
    titles = tuple(clean(title) for title in scenario_titles(dataset, model, language))
    content = _Content(
        clean(model.card.title.in_language(language)),
        tuple(outcomes),
        tuple(_points(outcome, observed, model) for outcome in outcomes),
        times,
        titles,
        last_common_time(outcomes, len(times)) if len(titles) > 1 else None,
        shown_time_unit(dataset, language),
    )
    if not outcomes:
        return []
    n_sheets = -(-len(outcomes) // (_columns(len(outcomes), size) * ROWS))
    most = -(-len(outcomes) // n_sheets)
    pictures = []
    for number in range(n_sheets):
        chosen = slice(number * most, (number + 1) * most)
        part = replace(content, outcomes=content.outcomes[chosen], points=content.points[chosen])
        stem, which = ("series", "") if n_sheets == 1 else (f"series-{number + 1}", f" ({number + 1}/{n_sheets})")
        pictures.append(_picture(stem, which, part, dataset, size, language, style))
    return pictures


def _points(outcome: ShownOutcome, observed: Sequence[Observed], model: LoadedModel) -> Points | None:
    found = next((one for one in observed if name_key(one.variable) == name_key(outcome.variable)), None)
    return None if found is None else points_of(found, model)


def _columns(n: int, size: str) -> int:
    if size == "column" or n == 1:
        return 1
    return 2 if n <= 2 * ROWS else 3


def _picture(
    stem: str, which: str, content: _Content, dataset: xr.Dataset, size: str, language: str, style: Style
) -> Picture:
    attributes = dataset.attrs
    known = [points for points in content.points if points is not None]
    footer = [settings_below(attributes, language), sources_note(known, language, style), stamp(attributes, style)]
    columns = _columns(len(content.outcomes), size)
    rows = -(-len(content.outcomes) // columns)
    names = list(content.titles)
    is_named = 1 < len(names) <= MOST_NAMED and not content.is_same
    handles = _handles(names, known, language, style) if is_named else []
    subtitle = with_settings(_notes(content, dataset, language), attributes, language)
    words = (style, _title(content, language, dataset) + which, subtitle, footer)
    shown = [str(handle.get_label()) for handle in handles]
    height = sheet_height(size, *words, legend=shown, panels=rows * PANEL_HEIGHT[size])
    figure, area = new_sheet(size, height, *words)
    with house_style(style):
        axes = [
            draw_series(
                figure.add_subplot(), o, content.times, lang=language, style=style, common=content.common, points=p
            )
            for o, p in zip(content.outcomes, content.points, strict=True)
        ]
        for i, ax in enumerate(axes):
            if i + columns >= len(axes):
                room = sheet_width(size) / columns / 2
                ax.set_xlabel(fit(content.time_unit, room, style.tick_size, font=style.font), fontsize=style.tick_size,
                              parse_math=False, labelpad=2)  # fmt: skip
        one = len(axes) == 1
        heads = [
            Head("" if one else o.label, "", ax.get_ylabel()) for o, ax in zip(content.outcomes, axes, strict=True)
        ]
        widest = max(width_of(name, style.label_size, False, style.font) for name in names) + 7
        ends: list[list[float]] | None = None
        heights: list[float] = []
        if is_named and widest <= NAMES_SHARE * area.width / columns:
            heights = place_panels(figure, area, axes, style, columns=columns, heads=heads, right=widest)
            found = [
                end_label_positions(ax, o, height, style.label_size)
                for ax, o, height in zip(axes, content.outcomes, heights, strict=True)
            ]
            fitting = [positions for positions in found if positions is not None]
            ends = fitting if len(fitting) == len(found) else None
        if ends is not None:
            for ax, positions, height in zip(axes, ends, heights, strict=True):
                label_ends(ax, names, positions, height, style.label_size)
        else:
            if handles:
                area = write_legend(figure, area, handles, style)
            place_panels(figure, area, axes, style, columns=columns, heads=heads)
    alt = clean(_described(content, dataset, language))
    figure.set_label(alt)
    return Picture(stem, figure, alt, _table(stem, content, dataset, language))


def _handles(names: Sequence[str], known: Sequence[Points], language: str, style: Style) -> list[Any]:
    handles = [line_handle(style.look(i, len(names)), name, style) for i, name in enumerate(names)]
    return handles + ([points_handle(language, style)] if known else [])


def _title(content: _Content, language: str, dataset: xr.Dataset) -> str:
    start, end = (format_time(float(content.times[i]), language) for i in (0, -1))
    n = len(content.titles)
    if len(content.outcomes) == 1:
        what = content.outcomes[0].label
        what = what[:1].upper() + what[1:]
        key = "series_title_one" if n > 1 else "series_title_one_run"
        return text(language, key, outcome=what, start=start, end=end, scenario=content.titles[0])
    if n > 1:
        key = "figure_title" if run_dimension(dataset) == "scenario" else "figure_title_runs"
        return text(language, key, start=start, end=end, n=n)
    if content.titles[0] == content.model:
        return text(language, "figure_title_bare", start=start, end=end)
    return text(language, "figure_title_single", start=start, end=end, scenario=content.titles[0])


def _notes(content: _Content, dataset: xr.Dataset, language: str) -> str:
    notes = [
        as_sentence(conditions(dataset, language)),
        content.model,
    ]
    if content.parting is not None:
        notes.append(text(language, "figure_parting", time=format_time(content.parting, language)))
        notes.append(_each_parting(content, language))
    if content.is_same:
        notes.append(text(language, "figure_same"))
    elif len(content.titles) > MOST_NAMED:
        notes.append(text(language, "figure_many_runs"))
    if any(notes[2:]) and content.model[-1:] not in ".!?…":
        notes[1] += "."
    return " ".join(note for note in notes if note)


def _each_parting(content: _Content, language: str) -> str:
    """When each scenario leaves the first, if they do at different times; empty if not."""
    if len(content.titles) > MOST_NAMED:
        return ""
    times: dict[str, float] = {}
    for i, title in enumerate(content.titles[1:], 1):
        pair = [replace(outcome, values=outcome.values[[0, i]]) for outcome in content.outcomes]
        last = last_common_time(pair, len(content.times))
        if last is not None and last < len(content.times) - 1:
            times[title] = float(content.times[last])
    if len(set(times.values())) < 2:
        return ""
    each = [f"{title} {format_time(time, language)}" for title, time in times.items()]
    return text(language, "series_parting", first=content.titles[0], each=listed(language, each))


# ---- in words, and as numbers -----------------------------------------------------------------------------------------


def _described(content: _Content, dataset: xr.Dataset, language: str) -> str:
    start, end = (format_time(float(content.times[i]), language) for i in (0, -1))
    is_many = len(content.titles) > MOST_NAMED
    named = [text(language, "alt_runs", n=len(content.titles))] if is_many else list(content.titles)
    sentences = [
        as_sentence(conditions(dataset, language)),
        text(
            language, "alt_series", n=len(content.outcomes), model=content.model, start=start, end=end,
            scenarios=listed(language, named),
        ),
    ]  # fmt: skip
    if content.parting is not None:
        sentences.append(text(language, "alt_parting", time=format_time(content.parting, language)))
        sentences.append(_each_parting(content, language))
    for outcome, points in zip(content.outcomes, content.points, strict=True):
        sentences.append(_told(outcome, content, is_many, language))
        if points is not None:
            sentences.append(_told_points(outcome, points, language))
    return " ".join(sentence for sentence in sentences if sentence)


def _with_unit(outcome: ShownOutcome, value: float, language: str) -> str:
    unit = "" if outcome.is_share or outcome.is_yes_no or not outcome.unit else f" {outcome.unit}"
    return shown_value(outcome, value, language) + unit


def _told(outcome: ShownOutcome, content: _Content, is_many: bool, language: str) -> str:
    label = clean(outcome.label)[:LONGEST_LABEL]
    if is_many:
        low, high = (_with_unit(outcome, float(f(outcome.values[:, -1])), language) for f in (np.nanmin, np.nanmax))
        return text(language, "alt_series_many", outcome=label, low=low, high=high)
    runs = []
    for title, values in zip(content.titles, outcome.values, strict=True):
        if not np.isfinite(values).any():
            continue
        top = int(np.nanargmax(values))
        ends = {shown_value(outcome, float(f(values)), language) for f in (np.nanmin, np.nanmax)}
        if len(ends) == 1 and np.isfinite(values).all():
            always = _with_unit(outcome, float(values[0]), language)
            runs.append(text(language, "alt_series_flat", scenario=title, value=always))
            if content.is_same:
                break
            continue
        runs.append(
            text(
                language, "alt_series_run", scenario=title, first=shown_value(outcome, float(values[0]), language),
                last=_with_unit(outcome, float(values[-1]), language), highest=shown_value(outcome, float(values[top]), language),
                time=format_time(float(content.times[top]), language),
            )
        )  # fmt: skip
        if content.is_same:
            break
    return f"{label}: {'; '.join(runs)}."


def _told_points(outcome: ShownOutcome, points: Points, language: str) -> str:
    first, last = (_with_unit(outcome, float(points.values[i]), language) for i in (0, -1))
    return text(
        language,
        "alt_observed",
        n=len(points.years),
        first=first,
        last=last,
        start=points.years[0],
        end=points.years[-1],
    )


def _table(stem: str, content: _Content, dataset: xr.Dataset, language: str) -> DataTable:
    """A row a scenario, time and outcome, then the observations: `kind` tells them apart."""
    times = [float(time) for time in content.times]
    rows: list[tuple[str | float, ...]] = []
    for outcome, points in zip(content.outcomes, content.points, strict=True):
        for name, values in zip(run_names(dataset), outcome.values, strict=True):
            rows += [
                ("simulated", name, time, outcome.variable, outcome.label, float(value), outcome.unit, "")
                for time, value in zip(times, values, strict=True)
            ]
        if points is not None:
            rows += [
                ("observed", "", float(time), outcome.variable, outcome.label, float(value), outcome.unit, source)
                for time, value, source in zip(points.times, points.values, points.sources, strict=True)
            ]
    header = ("kind", run_dimension(dataset), "time", "variable", "label", "value", "unit", "source")
    return DataTable(stem, header, tuple(rows), is_for_sheets=False)
