"""Where a point of the scenario plane gives what none of the scenarios around it does: levers are mixed, not outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sdsocec.model.project import LoadedModel
from sdsocec.results.shown import run_names, shown_outcomes

from .numbers import format_time
from .parting import EQUAL, scenario_titles
from .texts import listed, text

if TYPE_CHECKING:
    import xarray as xr

MOST_LISTED = 4


def outside_lines(dataset: xr.Dataset, around: xr.Dataset, model: LoadedModel, language: str = "en") -> list[str]:
    """A line for each run with outcomes that end outside the range of the scenarios around it.

    Parameters
    ----------
    dataset : points of the plane, perhaps with other scenarios
    around : the corners of the plane and its base, at the same times
    """
    time = format_time(float(dataset["time"].values[-1]), language)
    titles = dict(zip(run_names(dataset), scenario_titles(dataset, model, language), strict=True))
    known = {outcome.variable: outcome.values[:, -1] for outcome in shown_outcomes(around, model, language)}
    found: dict[str, list[str]] = {name: [] for name in titles}
    for outcome in shown_outcomes(dataset, model, language):
        if outcome.is_yes_no or outcome.variable not in known:
            continue
        values, ends = outcome.values[:, -1], known[outcome.variable]
        least = max(outcome.smallest, EQUAL * float(np.nanmax(np.abs(np.append(ends, values)))))
        for name, value in zip(titles, values, strict=True):
            beyond = (
                "beyond_below" if ends.min() - value > least else "beyond_above" if value - ends.max() > least else ""
            )
            if beyond:
                found[name].append(text(language, beyond, outcome=outcome.label))
    lines = []
    for name, outcomes in found.items():
        if outcomes:
            more = len(outcomes) - MOST_LISTED
            told = outcomes[:MOST_LISTED] + ([text(language, "beyond_more", n=more)] if more > 0 else [])
            lines.append(text(language, "beyond", point=titles[name], time=time, outcomes=listed(language, told)))
    return lines
