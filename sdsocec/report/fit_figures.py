"""Figures of a fit: observed against simulated, residuals by year, and what the record says about each constant.

Years that were fitted and years held back differ in marker and in dashes, not by colour alone. Every `draw_<panel>` takes and
returns axes; `draw_fit`, `draw_residuals` and `draw_profiles` make whole figures, whose label is the alternative text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.results.shown import TIME_UNITS, ShownOutcome, shown_time_unit, shown_unit

from .figures import listed_settings
from .fit_tables import Shown
from .lettering import clean, fit, width_of
from .numbers import format_number, format_ticks, format_value
from .panel import scale_times, scale_values
from .plots.record import changes_of
from .saving import TICK_SIZE, house_style
from .style import DARK, GREY, HOUSE, Style
from .texts import text

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sdsocec.analysis.calibration import Profile
    from sdsocec.analysis.fit import RecordRun, SeriesRun

Floats = NDArray[np.float64]
BLUE, RED = "#0072b2", "#d55e00"  # Okabe and Ito (2008)
DASHED, DOTTED = (0, (5, 2)), ":"
ERRORS = 2.0  # standard errors either way
COST_SHOWN = 4.0  # times the line: what is above runs out of the panel


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


_LOOKS = point_looks(HOUSE)
# Sizes in points (1/72 inch).
COLUMNS, WIDTH, PLOT_HEIGHT = 2, 640.0, 128.0
EDGE, GAP, PAD = 14.0, 24.0, 7.0
TITLE_SIZE, NOTE_SIZE, PANEL_TITLE_SIZE, SUBTITLE_SIZE, STAMP_SIZE = 13.0, 9.5, 10.0, 8.5, 7.5
LINE = 1.3
LONGEST_UNIT = 118.0
MOST_PANELS = 24


# ---- panels -------------------------------------------------------------------------------------------------------


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
    for role, chosen in _roles(one):
        ax.errorbar(
            moments[chosen], values[chosen], yerr=bars[chosen], linestyle="", markersize=size, markeredgewidth=0.275 * size,
            elinewidth=0.8, capsize=0, zorder=4, clip_on=False, **looks[role],
        )  # fmt: skip
    _mark_test_years(ax, split)
    whole = ShownOutcome(observed.variable, shown.label, shown.unit, np.concatenate(drawn)[None], shown.is_share)
    is_cut = scale_values(ax, whole, language)
    unit = f"{shown.unit} {text(language, 'axis_cut')}" if is_cut else shown.unit
    _label_values(ax, unit)
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
    for role, chosen in _roles(one):
        ax.vlines(moments[chosen], 0.0, residuals[chosen], color=_LOOKS[role]["color"], linewidth=0.9, zorder=2)
        ax.plot(
            moments[chosen], residuals[chosen], linestyle="", markersize=4, markeredgewidth=1.1, zorder=3, clip_on=False,
            **_LOOKS[role],
        )  # fmt: skip
    _mark_test_years(ax, _first_test(one))
    known = residuals[np.isfinite(residuals)]
    reach = max(1.25 * ERRORS, float(np.abs(known).max()) if known.size else 0.0)
    step = ERRORS * np.ceil(reach / (4 * ERRORS))  # so that the lines at two standard errors are on the scale
    ticks = (step * np.arange(-np.ceil(reach / step), np.ceil(reach / step) + 1)).tolist()
    ax.set_yticks(ticks, format_ticks(ticks, language))
    ax.set_ylim(ticks[0], ticks[-1])
    _label_values(ax, text(language, "residual_unit"))
    scale_times(ax, np.array(span or span_of([one])), language)
    return ax


def draw_profile(ax: Axes, profile: Profile, language: str = "en") -> Axes:
    """Draw one likelihood profile: the cost above the lowest, the 90 % line, and the best fit as a vertical line."""
    from matplotlib.ticker import MaxNLocator

    x, y = profile.values, np.maximum(profile.costs - profile.lowest, 0.0)
    ax.plot(x, y, color=BLUE, linewidth=1.7, marker="o", markersize=3.5, markerfacecolor="white", markeredgewidth=1.1)
    ax.axhline(profile.line, color=DARK, linestyle=DASHED, linewidth=1.0)
    ax.axvline(profile.estimate, color=RED, linestyle=DOTTED, linewidth=1.4)
    known = y[np.isfinite(y)]
    top = float(np.clip(1.06 * known.max() if known.size else 0.0, 1.5 * profile.line, COST_SHOWN * profile.line))
    ticks = np.asarray(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(0.0, top)).tolist()
    ticks = [tick for tick in ticks if tick <= top]
    ax.set_yticks(ticks, format_ticks(ticks, language))
    ax.set_ylim(-0.03 * top, top)
    _label_values(ax, text(language, "profile_cost"))
    first, last = float(x.min()), float(x.max())
    places = np.asarray(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(first, last)).tolist()
    places = [place for place in places if first - 1e-12 <= place <= last + 1e-12]
    ax.set_xticks(places, format_ticks(places, language))
    margin = 0.03 * (last - first or 1.0)
    ax.set_xlim(first - margin, last + margin)
    return ax


def _first_test(one: SeriesRun) -> float:
    """When the first year after the fit years that is for testing begins; infinite if none is."""
    tested = one.observed.years[one.observed.is_test]
    return float(tested.min()) if tested.size else float("inf")


def _roles(one: SeriesRun) -> list[tuple[str, NDArray[np.bool_]]]:
    observed = one.observed
    found = [("fit", observed.is_fit), ("test", observed.is_test), ("other", ~(observed.is_fit | observed.is_test))]
    return [(role, chosen) for role, chosen in found if chosen.any()]


def _mark_test_years(ax: Axes, start: float) -> None:
    if np.isfinite(start):
        ax.axvline(start, color="#999999", linewidth=0.8, zorder=0.5)


def _label_values(ax: Axes, label: str) -> None:
    ax.set_ylabel(fit(label, LONGEST_UNIT, TICK_SIZE, lines=2), fontsize=TICK_SIZE, color=DARK, parse_math=False)


# ---- figures ------------------------------------------------------------------------------------------------------


def draw_fit(run: RecordRun, model: LoadedModel, language: str = "en", before: RecordRun | None = None) -> Figure:
    """Draw every series of a run against its record, two panels a row; an earlier run beneath it in grey, if given."""
    from sdsocec.analysis.fit import fit_table

    earlier = {one.observed.name: one for one in before.series} if before is not None else {}
    statistics = {(row.series, row.role): row.statistics for row in fit_table(run)}

    def mape(name: str, role: str) -> str:
        found = statistics.get((name, role))
        return format_value(found.mape if found is not None else float("nan"), language, is_share=True)

    panels, sentences, span = [], [], span_of(run.series)
    for one in run.series[:MOST_PANELS]:
        name, label = one.observed.name, one.observed.label.in_language(language)
        has_test = bool(one.observed.is_test.any())
        key = "fit_panel" if has_test else "fit_panel_fit"
        kind = {"kind": text(language, f"test_kind_{one.observed.test_kind}")} if has_test else {}
        subtitle = text(language, key, fit=mape(name, "fit"), test=mape(name, "test"), **kind)
        draw = partial(draw_series, one=one, model=model, language=language, before=earlier.get(name), span=span)
        panels.append(_Panel(label, subtitle, draw))
        years = f"{one.observed.years.min()}-{one.observed.years.max()}"
        key = "alt_fit_one_test" if has_test else "alt_fit_one"
        sentences.append(text(language, key, label=label, years=years, mape=mape(name, "fit"), test=mape(name, "test")))
    has_test = any(one.observed.is_test.any() for one in run.series)
    legend = [
        *_point_handles(run, language, "fit_observed"),
        _handle(text(language, "fit_line", scenario=run.fit_scenario), BLUE, "-"),
    ]
    if has_test:
        legend.append(_handle(text(language, "fit_line_test", scenario=run.test_scenario), BLUE, DASHED))
    if before is not None:
        legend.append(_handle(text(language, "fit_line_before"), GREY, DOTTED))
    note = text(language, "fit_figure_note" if has_test else "fit_figure_note_no_test")
    note = " ".join([note, *changes_of([one.observed for one in run.series], language)])
    title = text(language, "fit_figure_title", model=_named(model, language))
    what = text(language, "alt_fit_what", n=len(panels), model=_named(model, language))
    return _figure(
        panels, title, note, legend, time_unit_of(model, run, language), _stamp(run, language), [what, *sentences]
    )


def draw_residuals(run: RecordRun, model: LoadedModel, language: str = "en") -> Figure:
    """Draw the standardised residuals of every series by year, two panels a row."""
    panels, sentences, span = [], [], span_of(run.series)
    for one in run.series[:MOST_PANELS]:
        label = one.observed.label.in_language(language)
        panels.append(_Panel(label, "", partial(draw_series_residuals, one=one, language=language, span=span)))
        known = one.residuals[np.isfinite(one.residuals)]
        if known.size:
            low, high = (format_number(float(v), language, decimals=1) for v in (known.min(), known.max()))
            outside = int((np.abs(known) > ERRORS).sum())
            sentences.append(
                text(language, "alt_residual_one", label=label, low=low, high=high, outside=outside, n=len(known))
            )
    legend = _point_handles(run, language, "residual")
    title = text(language, "residual_title", model=_named(model, language))
    what = text(language, "alt_residual_what", n=len(panels), model=_named(model, language))
    note, unit = text(language, "residual_note"), time_unit_of(model, run, language)
    return _figure(panels, title, note, legend, unit, _stamp(run, language), [what, *sentences])


def draw_profiles(profiles: Sequence[Profile], model: LoadedModel, language: str = "en") -> Figure:
    """Draw likelihood profiles, a panel a constant, two a row."""
    from sdsocec.analysis.calibration.profiles import UNRESOLVED

    from .calibration_tables import profile_text

    panels, sentences = [], []
    for profile, unit in (_shown_profile(profile, model, language) for profile in profiles[:MOST_PANELS]):
        draw = partial(draw_profile, profile=profile, language=language)
        interval = text(language, "calibrate_profile_panel", interval=profile_text(profile, language))
        panels.append(_Panel(profile.name, interval, draw, unit))
        low, high = profile.lower, profile.upper
        key = "both" if np.isfinite(low) and np.isfinite(high) else "low" if np.isfinite(low) else "high"
        key = "none" if np.isnan(low) and np.isnan(high) else key
        shown = {
            "low": format_value(low, language), "high": format_value(high, language),
            "first": format_value(float(profile.values.min()), language),
            "last": format_value(float(profile.values.max()), language),
        }  # fmt: skip
        sentence = text(language, f"alt_profile_{key}", label=profile.name, unit=unit, **shown)
        if UNRESOLVED in (profile.below, profile.above):
            sentence = text(language, "alt_profile_unresolved", sentence=sentence)
        sentences.append(sentence)
    legend = [
        _handle(text(language, "profile_cost_line"), BLUE, "-", "o", markerfacecolor="white", markeredgewidth=1.1),
        _handle(text(language, "profile_line"), DARK, DASHED),
        _handle(text(language, "profile_estimate"), RED, DOTTED),
    ]
    title = text(language, "profile_title", model=_named(model, language))
    what = text(language, "alt_profile_what", n=len(panels), model=_named(model, language))
    stamp = f"model {model.name} {model.equations.file_sha256[:8]}"
    return _figure(panels, title, text(language, "profile_note"), legend, "", stamp, [what, *sentences])


def _shown_profile(profile: Profile, model: LoadedModel, language: str) -> tuple[Profile, str]:
    """The profile in the unit that readers see, and that unit."""
    unit = model.equations.variables[name_key(split_element_name(profile.name)[0])].unit
    factor, _ = model.card.unit(unit)
    known = TIME_UNITS.get(name_key(unit))
    shown = known.in_language(language) if known and factor == 1.0 else shown_unit(model, unit, language)
    numbers = {name: getattr(profile, name) * factor for name in ("values", "estimate", "lower", "upper")}
    return replace(profile, **numbers), shown


def as_dataset(run: RecordRun) -> xr.Dataset:
    """A dataset that holds nothing but the provenance of a run, for `render` and `save_figure`."""
    import xarray as xr

    return xr.Dataset(attrs=dict(run.attributes))


def _named(model: LoadedModel, language: str) -> str:
    return model.card.title.in_language(language)


def time_unit_of(model: LoadedModel, run: RecordRun, language: str) -> str:
    """The word for time on an axis."""
    import xarray as xr

    control = model.equations.variables.get(name_key("TIME STEP"))
    unit = control.unit if control is not None else ""
    return shown_time_unit(xr.Dataset(coords={"time": ("time", run.series[0].times, {"units": unit})}), language)


def _stamp(run: RecordRun, language: str) -> str:
    attributes = run.attributes
    set_by_hand = listed_settings(as_dataset(run), language)
    step = str(attributes.get("time_step", "?"))
    return text(
        language, "stamp_with_settings" if set_by_hand else "stamp", settings=set_by_hand,
        model=attributes.get("model", "?"), digest=str(attributes.get("model_sha256", "?"))[:8],
        engine=attributes.get("engine", "?"), integrator=attributes.get("integrator", "?"),
        step=step.replace(".", ",") if language == "nl" else step, version=attributes.get("sdsocec_version", "?"),
    )  # fmt: skip


def _handle(label: str, colour: str, dashes: Any, marker: str = "", **look: Any) -> Any:
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], color=colour, linestyle=dashes, linewidth=1.6, marker=marker, markersize=4, label=label, **look
    )


def _point_handles(run: RecordRun, language: str, key: str) -> list[Any]:
    there = {role for one in run.series for role, _ in _roles(one)}
    return [
        _handle(
            text(language, f"{key}_{role}"), look["color"], "", look["marker"],
            markerfacecolor=look["markerfacecolor"], markeredgewidth=1.1,
        )
        for role, look in _LOOKS.items() if role in there
    ]  # fmt: skip


@dataclass(frozen=True)
class _Panel:
    title: str
    subtitle: str
    draw: Callable[[Axes], Axes]
    x_label: str = ""


def _figure(
    panels: Sequence[_Panel],
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


def _head(ax: Axes, panel: _Panel, width: float, left: float) -> None:
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
