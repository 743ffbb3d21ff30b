"""Which inputs decide, as pictures: what the level and the difference of each scenario depend on, modes, convergence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from sdsocec.analysis.sensitivity import CHIEF, MODES, Part, Sensitivity
from sdsocec.results.formats import DataTable

from .numbers import format_number, format_value
from .picture import Picture, stamp
from .saving import house_style
from .sensitivity_panels import draw_convergence, draw_modes, draw_over_time, draw_ranked
from .sensitivity_tables import (
    absence,
    effect_unit,
    factor_label,
    method_words,
    mode_name,
    moment,
    outcome_label,
    scenario_title,
    shown_names,
    those_that_matter,
    time_unit,
)
from .sheet import Head, fill_handle, line_handle, new_sheet, place_panels, sheet_height, write_legend
from .style import HOUSE, Look, Style
from .texts import text

ROW, MODE_ROW = 3.2, 0.62  # cm: of a panel, of a bar in one


def pictures(
    found: Sensitivity, attributes: dict[str, Any], language: str = "en", style: Style = HOUSE,
    outcomes: Sequence[str] | None = None,
) -> list[Picture]:  # fmt: skip
    """All pictures of a result.

    Parameters
    ----------
    attributes : dict
        `found.attributes()`.
    outcomes : sequence of str, optional
        By default the first four.
    """
    names = list(outcomes) if outcomes is not None else shown_names(found)
    made = []
    for kind in ("numerical", "policy"):
        if kind in found.parts:
            part = found.parts[kind]
            made += [
                _index_picture(found, part, s, names, attributes, language, style) for s in range(len(part.scenarios))
            ]
    if found.modes is not None:
        made.append(_mode_picture(found, names, attributes, language, style))
    made.append(_convergence_picture(found, names, attributes, language, style))
    return made


def _stem(kind: str, scenario: str) -> str:
    return f"{kind}-{re.sub('[^A-Za-z0-9_-]+', '_', scenario) or '_'}"


def _index_picture(
    found: Sensitivity,
    part: Part,
    s: int,
    names: Sequence[str],
    attributes: dict[str, Any],
    language: str,
    style: Style,
) -> Picture:
    title = text(
        language, f"sens_figure_{part.kind}", scenario=scenario_title(found, part.scenarios[s], language),
        baseline=scenario_title(found, found.baseline, language) if found.baseline else "",
    )  # fmt: skip
    columns = [part.outcomes.index(name) for name in names]
    indices = part.indices
    open_ = indices.is_judged[s, -1] & ~indices.converged[s, -1]
    mark = [text(language, "sens_not_converged_mark")] if any(open_[k].any() for k in columns) else []
    footer = [". ".join([method_words(found, language), *mark]), stamp(attributes, style)]
    handles = _handles(found, language, style)
    legend = [str(handle.get_label()) for handle in handles]
    height = sheet_height("full", style, title, "", footer, legend=legend, panels=ROW * len(names) + 1.35 * len(names))
    figure, area = new_sheet("full", height, style, title, "", footer)
    area = write_legend(figure, area, handles, style)
    axes, heads = [], []
    time = moment(found, part.times[-1], language)
    with house_style(style):
        for k, name in zip(columns, names, strict=True):
            axes.append(draw_ranked(figure.add_subplot(), found, part, s, k, language, style))
            axes.append(
                draw_over_time(figure.add_subplot(), found, part, s, k, language, style, height=ROW * 72 / 2.54)
            )
            label = outcome_label(found, name, language)
            unit = _axis_words(found, name, language)
            words = (unit, time_unit(found, language))
            for ax, word in zip(axes[-2:], words, strict=True):
                ax.set_xlabel(word, fontsize=style.tick_size, labelpad=1.5, parse_math=False)
            chief = text(language, f"sens_{CHIEF[found.sample.method]}")
            heads += [
                Head(text(language, "sens_panel_end", outcome=label, time=time)),
                Head(
                    "",
                    "",
                    unit if found.sample.method == "morris" else text(language, "sens_axis_over_time", index=chief),
                ),
            ]
    place_panels(figure, area, axes, style, columns=2, heads=heads)
    alt = " ".join([f"{title}.", *(_alt(found, part, s, k, language) + "." for k in columns)])
    rows: tuple[tuple[str | float, ...], ...] = tuple(
        (part.outcomes[k], time, factor.name, name, *(float(x[-1, s, t, k, j, i]) for x in (indices.value, indices.half)))
        for k in columns for t, time in enumerate(part.times) for j, factor in enumerate(found.factors)
        for i, name in enumerate(indices.names)
    )  # fmt: skip
    stem = _stem(part.kind, part.scenarios[s])
    return Picture(
        stem, figure, alt, DataTable(stem, ("outcome", "time", "factor", "index", "value", "half interval"), rows)
    )


def _axis_words(found: Sensitivity, name: str, language: str) -> str:
    if found.sample.method == "sobol":
        return text(language, "sens_axis_share")
    if found.sample.method == "pawn":
        return text(language, "sens_axis_pawn")
    return text(language, "sens_axis_effect", unit=effect_unit(found, name, language)[1])


def _handles(found: Sensitivity, language: str, style: Style) -> list[Any]:
    method = found.sample.method
    share = format_number(100 * found.confidence, language)
    interval = line_handle(Look(style.text, "-", "", 1.1), text(language, "sens_legend_interval", share=share), style)
    if method == "sobol":
        fills = [
            fill_handle(style.fill(k), text(language, f"sens_legend_{name}"), style)
            for k, name in ((1, "ST"), (0, "S1"))
        ]
        return [*fills, interval]
    fill = fill_handle(style.fill(0), text(language, f"sens_legend_{CHIEF[method]}"), style)
    dashed = line_handle(Look(style.text, (0, (4, 2)), "", 0.9), text(language, "sens_legend_threshold"), style)
    return [fill, interval, *([dashed] if method == "pawn" else [])]


def _alt(found: Sensitivity, part: Part, s: int, k: int, language: str) -> str:
    label, time = outcome_label(found, part.outcomes[k], language), moment(found, part.times[-1], language)
    if not part.indices.varies[s, -1, k]:
        return text(language, "sens_alt_bars", outcome=label, time=time, factors=absence(part, (s, -1, k), language))
    chief = part.indices.chief[s, -1, k] * effect_unit(found, part.outcomes[k], language)[0]
    said = [
        text(
            language,
            "sens_alt_one",
            factor=factor_label(found, j, language),
            value=_said(float(chief[j]), found, language),
        )
        for j in those_that_matter(part, s, -1, k)
    ]
    return text(language, "sens_alt_bars", outcome=label, time=time, factors=", ".join(said))


def _said(value: float, found: Sensitivity, language: str) -> str:
    return (
        format_value(value, language) if found.sample.method == "morris" else format_number(value, language, decimals=2)
    )


def _mode_picture(
    found: Sensitivity, names: Sequence[str], attributes: dict[str, Any], language: str, style: Style
) -> Picture:
    assert found.modes is not None
    columns = [list(found.outcomes).index(name) for name in names]
    shares = found.modes.shares[:, columns]
    modes = [code for code in range(len(MODES)) if np.nan_to_num(shares[:, :, code]).max(initial=0.0) > 0 or
             (found.modes.reference[:, columns] == code).any()]  # fmt: skip
    start, end = (moment(found, t, language) for t in (found.modes.start, found.experiment.times[-1]))
    title = text(language, "sens_figure_modes", start=start, time=end)
    footer = [f"{text(language, 'sens_modes_note')} {method_words(found, language)}", stamp(attributes, style)]
    handles = [fill_handle(style.fill(place), mode_name(code, language), style) for place, code in enumerate(modes)]
    n_rows = -(-len(names) // 2)
    panel = MODE_ROW * len(found.experiment.scenarios) + 1.4
    legend = [str(handle.get_label()) for handle in handles]
    height = sheet_height("full", style, title, "", footer, legend=legend, panels=panel * n_rows)
    figure, area = new_sheet("full", height, style, title, "", footer)
    area = write_legend(figure, area, handles, style)
    with house_style(style):
        axes = [draw_modes(figure.add_subplot(), found, k, modes, language, style) for k in columns]
        for i, ax in enumerate(axes):
            ax.set_xlabel(text(language, "sens_axis_runs"), fontsize=style.tick_size, labelpad=1.5)
            if i % 2:
                ax.set_yticklabels([])
    heads = [Head(outcome_label(found, name, language)) for name in names]
    place_panels(figure, area, axes, style, columns=min(2, len(axes)), heads=heads)
    scenarios = found.experiment.scenarios
    said = [
        text(language, "sens_alt_modes", outcome=outcome_label(found, names[i], language),
             scenario=scenario_title(found, scenarios[s].name, language),
             modes=", ".join(f"{mode_name(code, language)} {format_number(100 * float(shares[s, i, code]), language)}%"
                             for code in modes if shares[s, i, code] > 0))
        for i in range(len(names)) for s in range(len(scenarios))
    ]  # fmt: skip
    rows = tuple(
        (names[i], scenarios[s].name, MODES[code], float(shares[s, i, code]))
        for i in range(len(names)) for s in range(len(scenarios)) for code in modes
    )  # fmt: skip
    table = DataTable("shapes", ("outcome", "scenario", "mode", "share"), rows)
    return Picture("shapes", figure, f"{title}. " + "; ".join(said) + ".", table)


def _convergence_picture(
    found: Sensitivity, names: Sequence[str], attributes: dict[str, Any], language: str, style: Style
) -> Picture:
    part = found.parts["numerical"]
    columns = [part.outcomes.index(name) for name in names]
    scenario = part.scenarios[0]
    title = text(language, "sens_figure_convergence", scenario=scenario_title(found, scenario, language))
    footer = [method_words(found, language), stamp(attributes, style)]
    n_columns = min(2, len(names))
    n_rows = -(-len(names) // n_columns)
    share = format_number(100 * found.confidence, language)
    subtitle = text(language, "sens_figure_convergence_note", share=share)
    height = sheet_height("full", style, title, subtitle, footer, panels=(ROW + 1.5) * n_rows)
    figure, area = new_sheet("full", height, style, title, subtitle, footer)
    heads = []
    time = moment(found, part.times[-1], language)
    chief = text(language, f"sens_{CHIEF[found.sample.method]}")
    with house_style(style):
        axes = [
            draw_convergence(figure.add_subplot(), found, part, 0, k, language, style, height=ROW * 72 / 2.54)
            for k in columns
        ]
        for ax, name in zip(axes, names, strict=True):
            ax.set_xlabel(text(language, "sens_axis_n"), fontsize=style.tick_size, labelpad=1.5)
            unit = _axis_words(found, name, language) if found.sample.method == "morris" else chief
            heads.append(
                Head(
                    text(language, "sens_panel_end", outcome=outcome_label(found, name, language), time=time), "", unit
                )
            )
    place_panels(figure, area, axes, style, columns=n_columns, heads=heads)
    indices = part.indices
    i = indices.names.index(CHIEF[indices.method])
    rows: tuple[tuple[str | float, ...], ...] = tuple(
        (part.outcomes[k], factor.name, float(n), *(float(x[size, 0, -1, k, j, i]) for x in (indices.value, indices.half)))
        for k in columns for j, factor in enumerate(found.factors) for size, n in enumerate(indices.sizes)
    )  # fmt: skip
    alt = " ".join([f"{title}.", *(_alt(found, part, 0, k, language) + "." for k in columns)])
    stem = _stem("convergence", scenario)
    table = DataTable(stem, ("outcome", "factor", "n", "value", "half interval"), rows)
    return Picture(stem, figure, alt, table)
