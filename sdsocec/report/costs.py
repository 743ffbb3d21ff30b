"""What scenarios cost against the baseline, and what that brings: a quotient only where there is something to divide by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.outputs import elements_of
from sdsocec.model.card import CostEffect
from sdsocec.model.names import element_name, name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.results.formats import DataTable
from sdsocec.results.shown import (
    place_of,
    run_names,
    shown_times,
    shown_unit,
    smallest_shown,
    step_shown,
    variable_elements,
)

from .numbers import MISSING, format_amount, format_change, format_number, format_time
from .parting import EQUAL, scenario_titles
from .tables import MARKS, Table, with_conditions, with_unit
from .texts import text

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Row:
    """One row of the table over all runs and times: `values` as shown, NaN where no number is given.

    `why` says why there is none, or that the number is not told from zero.
    """

    label: str
    unit: str
    values: Floats
    is_change: bool
    smallest: float
    step: float
    why: dict[tuple[int, int], str]


def cost_table(
    dataset: xr.Dataset, model: LoadedModel, language: str = "en", errors: Mapping[str, Floats] | None = None
) -> tuple[Table | None, list[str]]:
    """The costs of the card at the last saved time, a column per scenario, with the notes below them.

    No table where the card asks for none or the baseline is alone, and only a note where the baseline was not run.

    Parameters
    ----------
    errors : dict, optional
        Element name -> the error of its differences with the baseline, shape (n_runs, n_times), in the unit of the result: a
        difference that is smaller is told as about 0, and has no quotient.
    """
    if not (model.card.costs or model.card.cost_effects) or model.card.baseline is None:
        return None, []
    names = run_names(dataset)
    baseline = model.card.baseline
    if baseline not in names:
        return None, [text(language, "cost_no_baseline", baseline=baseline)]
    if len(names) == 1:
        return None, []
    rows = _rows(dataset, model, names.index(baseline), language, errors or {})
    titles = scenario_titles(dataset, model, language)
    time = float(dataset["time"].values[-1])
    title = text(
        language, "cost_title", time=format_time(time, language), baseline=titles[names.index(baseline)]
    )  # fmt: skip
    reasons = list(dict.fromkeys(reason for row in rows for (_, at), reason in row.why.items() if at == _last(dataset)))
    cells, values = [], []
    for row in rows:
        numbers = row.values[:, -1]
        shown = []
        for run, value in enumerate(numbers):
            reason = row.why.get((run, _last(dataset)))
            mark = f" {MARKS[reasons.index(reason)]}" if reason in reasons[: len(MARKS)] else ""
            if row.is_change and names[run] == baseline:
                cell = MISSING
            elif np.isnan(value):
                cell = MISSING + mark
            elif reason is not None:
                cell = text(language, "about_zero") + mark
            else:
                cell = (
                    format_change(value, language, row.smallest, row.step)
                    if row.is_change
                    else format_amount(value, row.smallest, language, step=row.step)
                )
            shown.append(cell)
        cells.append((with_unit(row.label, row.unit, language), *shown))
        values.append(tuple(map(float, numbers)))
    notes = [f"{mark} {reason}." for mark, reason in zip(MARKS, reasons, strict=False)]
    table = Table(title, (text(language, "cost"), *titles), tuple(cells), tuple(values))
    return with_conditions(table, dataset, language), notes


def _last(dataset: xr.Dataset) -> int:
    return int(dataset.sizes["time"]) - 1


def _rows(
    dataset: xr.Dataset, model: LoadedModel, baseline: int, language: str, errors: Mapping[str, Floats]
) -> list[_Row]:
    rows = []
    untold = text(language, "cost_untold")
    for cost in model.card.costs:
        values, unit, factor = _series(dataset, model, cost.variable)
        sign = -1.0 if cost.shown == "less" else 1.0
        shown = values if cost.shown == "level" else sign * (values - values[baseline])
        is_lost = is_within_error(shown, values, errors.get(elements_of(model, cost.variable)[0]))
        why = {} if cost.shown == "level" else {(int(r), int(t)): untold for r, t in np.argwhere(is_lost)}
        rows.append(
            _Row(
                cost.label.in_language(language),
                shown_unit(model, unit, language),
                shown * factor,
                cost.shown != "level",
                smallest_shown(model, unit),
                step_shown(dataset, model, unit),
                why,
            )
        )
    return rows + [_quotient(dataset, model, ratio, baseline, language, errors) for ratio in model.card.cost_effects]


def is_within_error(differences: Floats, values: Floats, errors: Floats | None) -> NDArray[np.bool_]:
    """Where a difference is there, but smaller than its error; nowhere if that is not known.

    Parameters
    ----------
    differences, values, errors : arrays, shape (n_runs, n_times), in one unit
        `values` are what the differences are of: what is equal but for rounding of the machine is no difference.
    """
    if errors is None:
        return np.zeros(differences.shape, dtype=bool)
    size = np.abs(differences)
    found: NDArray[np.bool_] = (size > EQUAL * np.abs(values).max(initial=0.0)) & (size <= errors)
    return found


def _quotient(
    dataset: xr.Dataset,
    model: LoadedModel,
    ratio: CostEffect,
    baseline: int,
    language: str,
    errors: Mapping[str, Floats],
) -> _Row:
    cost, _, _ = _series(dataset, model, ratio.cost)
    effect, effect_unit, effect_factor = _series(dataset, model, ratio.effect)
    sign = -1.0 if ratio.counts == "less" else 1.0
    extra_cost, extra = cost - cost[baseline], sign * (effect - effect[baseline])
    place = place_of(dataset)
    share = 1.0 if place is None else place.share
    smallest = max(ratio.smallest * share, smallest_shown(model, effect_unit) / effect_factor)
    factor, _ = model.card.unit(ratio.unit)
    enough = extra >= smallest
    cheaper = extra_cost < 0
    is_lost = is_within_error(extra, effect, errors.get(elements_of(model, ratio.effect)[0]))
    is_lost |= enough & is_within_error(extra_cost, cost, errors.get(elements_of(model, ratio.cost)[0]))
    values = np.divide(extra_cost, extra, out=np.full_like(extra, np.nan), where=enough & ~cheaper & ~is_lost) * factor
    least = format_number(smallest * effect_factor, language)
    too_small = ratio.too_small.in_language(language).replace("{smallest}", least)
    negative = ratio.negative.in_language(language)
    falls = extra < -EQUAL * np.abs(effect).max(initial=0.0)
    why = {
        (int(run), int(time)): text(language, "cost_untold")
        if is_lost[run, time]
        else ratio.cheaper.in_language(language)
        if enough[run, time]
        else negative
        if falls[run, time]
        else too_small
        for run, time in np.argwhere(np.isnan(values))
        if run != baseline
    }
    unit = shown_unit(model, ratio.unit, language)
    return _Row(ratio.label.in_language(language), unit, values, True, smallest_shown(model, ratio.unit), 0.0, why)


def _series(dataset: xr.Dataset, model: LoadedModel, variable: str) -> tuple[Floats, str, float]:
    """An element's values, shape (n_runs, n_times), in the model's unit; the unit; the factor by which readers see it."""
    name = model.equations.variables[name_key(split_element_name(variable)[0])].name
    key = name_key(elements_of(model, variable)[0])
    unit = str(dataset[name].attrs.get("units", ""))
    values = next(
        v for elements, v in variable_elements(dataset, name) if name_key(element_name(name, elements)) == key
    )
    return values, unit, model.card.unit(unit)[0]


def cost_data(
    dataset: xr.Dataset, model: LoadedModel, language: str = "en", errors: Mapping[str, Floats] | None = None
) -> DataTable | None:
    """The same at every time that people read; an empty value, and one that is not told from zero, come with the reason."""
    names = run_names(dataset)
    is_asked = bool(model.card.costs or model.card.cost_effects)
    if not is_asked or model.card.baseline not in names or len(names) == 1:
        return None
    times = dataset["time"].values
    rows = tuple(
        (name, float(times[i]), row.label, float(row.values[run, i]), row.unit, row.why.get((run, i), ""))
        for row in _rows(dataset, model, names.index(model.card.baseline), language, errors or {})
        for run, name in enumerate(names)
        for i in shown_times(dataset)
    )
    return DataTable("costs", ("scenario", "time", "label", "value", "unit", "note"), rows)
