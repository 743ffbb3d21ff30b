"""When scenarios part, found from the result itself, and what readers call them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sdsocec.model.project import LoadedModel
from sdsocec.results.shown import ShownOutcome, run_dimension, run_names

from .texts import text

if TYPE_CHECKING:
    import xarray as xr

EQUAL = 1e-9  # what sdsocec calls equal: this share of the largest value of the variable


def last_common_time(outcomes: Sequence[ShownOutcome], n_times: int) -> int | None:
    """The position of the last saved time up to which every run has the same outcomes; None if they never do."""
    differs = np.zeros(n_times, dtype=bool)
    for outcome in outcomes:
        values = np.nan_to_num(outcome.values)
        differs |= np.ptp(values, axis=0) > EQUAL * np.abs(values).max(initial=0.0)
    first = int(np.argmax(differs)) if differs.any() else n_times
    return first - 1 if first else None


def scenario_titles(dataset: xr.Dataset, model: LoadedModel, language: str) -> list[str]:
    """What the runs are called: the titles that their scenarios had when they were run, else their names."""
    names = run_names(dataset)
    if run_dimension(dataset) == "run":
        return [text(language, "scenario_run", name=name) for name in names]
    try:
        known = json.loads(str(dataset.attrs.get("scenario_titles", "{}")))
    except ValueError:
        known = {}
    titles = [str(known.get(name, {}).get(language, name)) for name in names]
    return titles if len(set(titles)) == len(titles) else names
