"""Figures of a fit: every series observed against simulated, and its residuals by year; their label is the alternative text."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sdsocec.model.names import name_key
from sdsocec.model.project import LoadedModel
from sdsocec.results.shown import shown_time_unit
from sdsocec.scenario import load_scenario, scenario_names

from .figures import listed_settings
from .fit_panels import ERRORS, draw_series, draw_series_residuals, line_colour, point_looks, roles_of, span_of
from .lettering import clean
from .numbers import format_number, format_value
from .plots.record import changes_of
from .small_charts import DASHED, DOTTED, MOST_CHARTS, Chart, handle, small_charts
from .style import GREY, HOUSE
from .texts import text

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from sdsocec.analysis.fit import RecordRun


def draw_fit(run: RecordRun, model: LoadedModel, language: str = "en", before: RecordRun | None = None) -> Figure:
    """Draw every series of a run against its record, two panels a row; an earlier run beneath it in grey, if given."""
    from sdsocec.analysis.fit import fit_table

    earlier = {one.observed.name: one for one in before.series} if before is not None else {}
    statistics = {(row.series, row.role): row.statistics for row in fit_table(run)}

    def mape(name: str, role: str) -> str:
        found = statistics.get((name, role))
        return format_value(found.mape if found is not None else float("nan"), language, is_share=True)

    panels, sentences, span = [], [], span_of(run.series)
    for one in run.series[:MOST_CHARTS]:
        name, label = one.observed.name, one.observed.label.in_language(language)
        has_test = bool(one.observed.is_test.any())
        key = "fit_panel" if has_test else "fit_panel_fit"
        kind = {"kind": text(language, f"test_kind_{one.observed.test_kind}")} if has_test else {}
        subtitle = text(language, key, fit=mape(name, "fit"), test=mape(name, "test"), **kind)
        draw = partial(draw_series, one=one, model=model, language=language, before=earlier.get(name), span=span)
        panels.append(Chart(label, subtitle, draw))
        years = f"{one.observed.years.min()}-{one.observed.years.max()}"
        key = "alt_fit_one_test" if has_test else "alt_fit_one"
        sentences.append(text(language, key, label=label, years=years, mape=mape(name, "fit"), test=mape(name, "test")))
    has_test = any(one.observed.is_test.any() for one in run.series)
    legend = [
        *_point_handles(run, language, "fit_observed"),
        handle(
            text(language, "fit_line", scenario=title_of(run.fit_scenario, model, language)), line_colour(HOUSE), "-"
        ),
    ]
    if has_test:
        legend.append(
            handle(
                text(language, "fit_line_test", scenario=title_of(run.test_scenario, model, language)),
                line_colour(HOUSE),
                DASHED,
            )
        )
    if before is not None:
        legend.append(handle(text(language, "fit_line_before"), GREY, DOTTED))
    note = text(language, "fit_figure_note" if has_test else "fit_figure_note_no_test")
    note = " ".join([note, *changes_of([one.observed for one in run.series], language)])
    title = text(language, "fit_figure_title", model=_named(model, language))
    what = text(language, "alt_fit_what", n=len(panels), model=_named(model, language))
    return small_charts(
        panels, title, note, legend, time_unit_of(model, run, language), _stamp(run, language), [what, *sentences]
    )


def draw_residuals(run: RecordRun, model: LoadedModel, language: str = "en") -> Figure:
    """Draw the standardised residuals of every series by year, two panels a row."""
    panels, sentences, span = [], [], span_of(run.series)
    for one in run.series[:MOST_CHARTS]:
        label = one.observed.label.in_language(language)
        panels.append(Chart(label, "", partial(draw_series_residuals, one=one, language=language, span=span)))
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
    return small_charts(panels, title, note, legend, unit, _stamp(run, language), [what, *sentences])


def as_dataset(run: RecordRun) -> xr.Dataset:
    """A dataset that holds nothing but the provenance of a run, for `render` and `save_figure`."""
    import xarray as xr

    return xr.Dataset(attrs=dict(run.attributes))


def title_of(scenario: str, model: LoadedModel, language: str) -> str:
    """What readers call a scenario; the name of the model as it stands."""
    known = scenario in scenario_names(model)
    return clean(load_scenario(scenario, model).title.in_language(language) if known else scenario)


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


def _point_handles(run: RecordRun, language: str, key: str) -> list[Any]:
    there = {role for one in run.series for role, _ in roles_of(one)}
    return [
        handle(
            text(language, f"{key}_{role}"), look["color"], "", look["marker"],
            markerfacecolor=look["markerfacecolor"], markeredgewidth=1.1,
        )
        for role, look in point_looks(HOUSE).items() if role in there
    ]  # fmt: skip
