"""Which inputs decide, as pictures: what the level and the difference of each scenario depend on, modes, convergence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from sdsocec.analysis.sensitivity import CHIEF, MODES, Part, Sensitivity
from sdsocec.results.formats import DataTable

from .lettering import width_of
from .picture import Picture, stamp
from .plots.room import rows_of
from .saving import house_style
from .sensitivity_panels import (
    MOST_BARS,
    draw_convergence,
    draw_modes,
    draw_over_time,
    draw_ranked,
    looks_of,
    mean_look,
    mode_titles,
)
from .sensitivity_tables import (
    confidence_words,
    effect_unit,
    factor_label,
    mode_name,
    moment,
    outcome_label,
    scenario_title,
    share_words,
    shown_names,
    time_unit,
)
from .sensitivity_words import convergence_sentence, footer_notes, index_sentence, over_time_sentence
from .sheet import Head, fill_handle, line_handle, new_sheet, place_panels, sheet_height, write_legend
from .style import HOUSE, Look, Style
from .texts import text

ROW, MODE_ROW = 3.2, 0.62  # cm: of a panel, of a bar in one
COLUMNS = {"full": 2, "column": 1}
MOST_INDICES, MOST = {"full": 4, "column": 2}, {"full": 8, "column": 3}  # outcomes on a sheet
GAP = 14.0  # points: between columns of panels
MARGIN = 16.0  # points: what numbers along an axis take beside a panel
LABELS = ("outcome", "outcome label", "factor", "factor label")


def pictures(
    found: Sensitivity, attributes: dict[str, Any], language: str = "en", style: Style = HOUSE,
    outcomes: Sequence[str] | None = None, size: str = "full",
) -> list[Picture]:  # fmt: skip
    """All pictures of a result; where outcomes are more than a sheet holds, several sheets (`shapes-1`, `shapes-2`).

    Parameters
    ----------
    attributes : dict
        `found.attributes()`.
    outcomes : sequence of str, optional
        By default the first four.
    size : {"full", "column"}
        16.6 or 8.1 cm wide.
    """
    names = list(outcomes) if outcomes is not None else shown_names(found)
    made = []
    how: dict[str, Any] = {"attributes": attributes, "language": language, "style": style, "size": size}
    looks = looks_of(found, style, names)
    for kind in ("numerical", "policy"):
        if kind in found.parts:
            part = found.parts[kind]
            for s in range(len(part.scenarios)):
                made += _sheets(partial(_index_picture, found, part, s, looks=looks, **how), names, MOST_INDICES[size])
    if found.modes is not None:
        made += _sheets(partial(_mode_picture, found, **how), names, MOST[size])
    made += _sheets(partial(_convergence_picture, found, looks=looks, **how), names, MOST[size])
    return made


def _sheets(draw: Callable[[Sequence[str]], Picture], names: Sequence[str], most: int) -> list[Picture]:
    """One picture, or so many that none has more than `most` outcomes, with a number behind their names."""
    found = [draw(names[i : i + most]) for i in range(0, len(names), most)]
    if len(found) < 2:
        return found
    stems = [f"{one.stem}-{i + 1}" for i, one in enumerate(found)]
    return [
        replace(one, stem=stem, table=replace(one.table, name=stem)) for one, stem in zip(found, stems, strict=True)
    ]


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
    size: str,
    looks: Mapping[int, int],
) -> Picture:
    title = text(
        language, f"sens_figure_{part.kind}", scenario=scenario_title(found, part.scenarios[s], language),
        baseline=scenario_title(found, found.baseline, language) if found.baseline else "",
    )  # fmt: skip
    columns = [part.outcomes.index(name) for name in names]
    indices = part.indices
    footer = [footer_notes(found, part, s, columns, language, most=MOST_BARS), stamp(attributes, style)]
    handles = _handles(found, language, style)
    legend = [str(handle.get_label()) for handle in handles]
    subtitle = _subtitle(found, part.kind, language)
    height = sheet_height(
        size, style, title, subtitle, footer, legend=legend, panels=(ROW + 1.35) * 2 * len(names) / COLUMNS[size]
    )
    figure, area = new_sheet(size, height, style, title, subtitle, footer)
    area = write_legend(figure, area, handles, style)
    axes, heads = [], []
    time = moment(found, part.times[-1], language)
    with house_style(style):
        for k, name in zip(columns, names, strict=True):
            axes.append(draw_ranked(figure.add_subplot(), found, part, s, k, language, style))
            room = ROW * 72 / 2.54
            axes.append(
                draw_over_time(figure.add_subplot(), found, part, s, k, language, style, height=room, looks=looks)
            )
            label = outcome_label(found, name, language)
            unit = _axis_words(found, name, language)
            is_effect = found.sample.method == "morris"
            across = (
                text(language, "sens_axis_effects", unit=effect_unit(found, name, language)[1]) if is_effect else unit
            )
            words = (across, time_unit(found, language))
            for ax, word in zip(axes[-2:], words, strict=True):
                ax.set_xlabel(word, fontsize=style.tick_size, labelpad=1.5, parse_math=False)
            chief = text(language, f"sens_{CHIEF[found.sample.method]}")
            over_time = text(language, "sens_axis_over_time", index=unit if is_effect else chief)
            heads += [Head(text(language, "sens_panel_end", outcome=label, time=time)), Head(over_time)]
    if COLUMNS[size] == 1:  # each at its own place: names stand left of bars, but right of lines
        for one, ax, head in zip(rows_of(area, len(axes)), axes, heads, strict=True):
            place_panels(figure, one, [ax], style, heads=[head])
    else:
        place_panels(figure, area, axes, style, columns=2, heads=heads)
    said = [f(found, part, s, k, language) for k in columns for f in (index_sentence, over_time_sentence)]
    alt = " ".join([f"{title}.", subtitle, *filter(None, said)])
    rows = [
        (*_labels(found, part.outcomes[k], j, language), time, name, *_numbers(found, part, (-1, s, t, k, j, i), language))
        for k in columns for t, time in enumerate(part.times) for j in range(len(found.factors))
        for i, name in enumerate(indices.names)
    ]  # fmt: skip
    stem = _stem(part.kind, part.scenarios[s])
    header = (*LABELS, "time", "index", "value", "half interval", "unit")
    return Picture(stem, figure, alt, DataTable(stem, header, tuple(rows)))


def _subtitle(found: Sensitivity, kind: str, language: str) -> str:
    """Which kind of sensitivity it is, and what to do with it."""
    words = (f"sens_about_{kind}", *([] if kind == "mode" else [f"sens_use_{found.sample.method}"]))
    return " ".join(text(language, key) for key in words)


def _labels(found: Sensitivity, name: str, j: int, language: str) -> tuple[str, str, str, str]:
    return name, outcome_label(found, name, language), found.factors[j].name, factor_label(found, j, language)


def _numbers(found: Sensitivity, part: Part, at: tuple[int, ...], language: str) -> tuple[float, float, str]:
    """An index and half of its interval as they are drawn, and their unit."""
    factor, unit = effect_unit(found, part.outcomes[at[3]], language)
    return float(part.indices.value[at]) * factor, float(part.indices.half[at]) * factor, unit


def _axis_words(found: Sensitivity, name: str, language: str) -> str:
    if found.sample.method == "sobol":
        return text(language, "sens_axis_share")
    if found.sample.method == "pawn":
        return text(language, "sens_axis_pawn")
    return text(language, "sens_axis_effect", unit=effect_unit(found, name, language)[1])


def _handles(found: Sensitivity, language: str, style: Style) -> list[Any]:
    method = found.sample.method
    share = confidence_words(found, language)
    interval = line_handle(Look(style.text, "-", "", 1.1), text(language, "sens_legend_interval", share=share), style)
    if method == "sobol":
        fills = [
            fill_handle(style.fill(k), text(language, f"sens_legend_{name}"), style)
            for k, name in ((1, "ST"), (0, "S1"))
        ]
        return [*fills, interval]
    fill = fill_handle(style.fill(0), text(language, f"sens_legend_{CHIEF[method]}"), style)
    dashed = line_handle(
        Look(style.text, (0, (4, 2)), "", 0.9), text(language, "sens_legend_threshold", share=share), style
    )
    if method == "morris":
        from matplotlib.lines import Line2D

        return [
            fill,
            Line2D([], [], linestyle="", label=text(language, "sens_legend_mu"), **mean_look(style)),
            interval,
        ]
    return [fill, interval, dashed]


def _mode_picture(
    found: Sensitivity, names: Sequence[str], attributes: dict[str, Any], language: str, style: Style, size: str
) -> Picture:
    assert found.modes is not None
    columns = [list(found.outcomes).index(name) for name in names]
    shares = found.modes.shares[:, columns]
    modes = [code for code in range(len(MODES)) if np.nan_to_num(shares[:, :, code]).max(initial=0.0) > 0 or
             (found.modes.reference[:, columns] == code).any()]  # fmt: skip
    start, end = (moment(found, t, language) for t in (found.modes.start, found.experiment.times[-1]))
    title = text(language, "sens_figure_modes", start=start, time=end)
    part = found.parts["mode"]
    footer = [footer_notes(found, part, 0, (), language), _unseen(found, names, language), stamp(attributes, style)]
    subtitle = _subtitle(found, "mode", language)
    handles = [fill_handle(style.fill(place), mode_name(code, language), style) for place, code in enumerate(modes)]
    n_columns = min(COLUMNS[size], len(names))
    n_rows = -(-len(names) // n_columns)
    panel = MODE_ROW * len(found.experiment.scenarios) + 1.4
    legend = [str(handle.get_label()) for handle in handles]
    height = sheet_height(size, style, title, subtitle, footer, legend=legend, panels=panel * n_rows)
    figure, area = new_sheet(size, height, style, title, subtitle, footer)
    area = write_legend(figure, area, handles, style)
    lines = [line for title in mode_titles(found, language, style) for line in title.split("\n")]
    beside = max(width_of(line, style.tick_size, font=style.font) for line in lines)
    width = (area.width - beside - GAP * (n_columns - 1)) / n_columns - MARGIN
    with house_style(style):
        axes = [draw_modes(figure.add_subplot(), found, k, modes, language, style, width=width) for k in columns]
        for i, ax in enumerate(axes):
            ax.set_xlabel(text(language, "sens_axis_runs"), fontsize=style.tick_size, labelpad=1.5)
            if i % n_columns:
                ax.set_yticklabels([])
    heads = [Head(outcome_label(found, name, language)) for name in names]
    place_panels(figure, area, axes, style, columns=n_columns, heads=heads, gap=(GAP, 9.0))
    scenarios = found.experiment.scenarios
    said = [
        text(language, "sens_alt_modes", outcome=outcome_label(found, names[i], language),
             scenario=scenario_title(found, scenarios[s].name, language),
             modes="; ".join(f"{mode_name(code, language)} {share_words(float(shares[s, i, code]), language)}"
                             for code in modes if shares[s, i, code] > 0),
             own=mode_name(int(found.modes.reference[s, columns[i]]), language))
        for i in range(len(names)) for s in range(len(scenarios))
    ]  # fmt: skip
    rows = tuple(
        (names[i], outcome_label(found, names[i], language), scenarios[s].name, MODES[code], mode_name(code, language),
         float(shares[s, i, code]), "yes" if found.modes.reference[s, columns[i]] == code else "no")
        for i in range(len(names)) for s in range(len(scenarios)) for code in modes
    )  # fmt: skip
    header = ("outcome", "outcome label", "scenario", "mode", "mode label", "share", "as it is")
    return Picture("shapes", figure, " ".join([f"{title}.", subtitle, *said]), DataTable("shapes", header, rows))


def _unseen(found: Sensitivity, names: Sequence[str], language: str) -> str:
    """Which modes scenarios have as they are, but in none of the runs, so that no bar has them; empty if there are none."""
    assert found.modes is not None
    told = []
    for name in names:
        k = list(found.outcomes).index(name)
        for s, scenario in enumerate(found.experiment.scenarios):
            own = int(found.modes.reference[s, k])
            if not found.modes.shares[s, k, own] > 0:
                told.append(text(
                    language, "sens_unseen_one", outcome=outcome_label(found, name, language),
                    scenario=scenario_title(found, scenario.name, language), mode=mode_name(own, language),
                ))  # fmt: skip
    return text(language, "sens_unseen", modes="; ".join(told)) if told else ""


def _convergence_picture(
    found: Sensitivity, names: Sequence[str], attributes: dict[str, Any], language: str, style: Style, size: str,
    looks: Mapping[int, int],
) -> Picture:  # fmt: skip
    part = found.parts["numerical"]
    columns = [part.outcomes.index(name) for name in names]
    scenario = part.scenarios[0]
    title = text(language, "sens_figure_convergence", scenario=scenario_title(found, scenario, language))
    footer = [footer_notes(found, part, 0, columns, language), stamp(attributes, style)]
    n_columns = min(COLUMNS[size], len(names))
    n_rows = -(-len(names) // n_columns)
    share = confidence_words(found, language)
    subtitle = text(language, "sens_figure_convergence_note", share=share)
    height = sheet_height(size, style, title, subtitle, footer, panels=(ROW + 1.5) * n_rows)
    figure, area = new_sheet(size, height, style, title, subtitle, footer)
    heads = []
    time = moment(found, part.times[-1], language)
    chief = text(language, f"sens_{CHIEF[found.sample.method]}")
    with house_style(style):
        axes = [
            draw_convergence(
                figure.add_subplot(), found, part, 0, k, language, style, height=ROW * 72 / 2.54, looks=looks
            )
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
    rows = [
        (*_labels(found, part.outcomes[k], j, language), float(n), indices.names[i],
         *_numbers(found, part, (size, 0, -1, k, j, i), language))
        for k in columns for j in range(len(found.factors)) for size, n in enumerate(indices.sizes)
    ]  # fmt: skip
    alt = " ".join([f"{title}.", subtitle, *(convergence_sentence(found, part, 0, k, language) for k in columns)])
    stem = _stem("convergence", scenario)
    table = DataTable(stem, (*LABELS, "n", "index", "value", "half interval", "unit"), tuple(rows))
    return Picture(stem, figure, alt, table)
