"""Designs: scenarios and random draws as rows of constants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from sdsocec.engine import Design, constant_values
from sdsocec.errors import DesignError
from sdsocec.model.ir import CONTROLS
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel

from .files import Scenario
from .settings import settable_of


def design_of(model: LoadedModel, scenarios: Sequence[Scenario]) -> Design:
    """One row a scenario; a constant that a scenario leaves alone keeps its value of the .mdl."""
    return Design.of_rows([scenario.values for scenario in scenarios], constant_values(model.equations))


def acts_at_rest(model: LoadedModel, names: set[str]) -> bool:
    """Whether constants other than a lever's scenario values and dates are among the names: only those can move the rest."""
    later = {f"{lever.name} {part}" for lever in model.card.levers for part in ("scenario", "from year", "full year")}
    return bool({name for name in (split_element_name(n)[0] for n in names) if name_key(name) not in CONTROLS} - later)


def random_design(model: LoadedModel, n: int, seed: int, names: Iterable[str] | None = None) -> Design:
    """Draw constants evenly within their ranges of the .mdl.

    Parameters
    ----------
    n : int
        Number of rows.
    seed : int
        The same seed gives the same rows.
    names : iterable of str, optional
        Constants, levers or aliases to draw. By default every constant with a closed range, the controls (TIME STEP and the
        like) left out: good for testing an engine, but it draws switches, dates and extreme conditions too, so name the
        uncertainties and levers that a question is about.

    Raises
    ------
    DesignError
        A named constant has no closed range to draw from.
    """
    ranges = model.ranges
    if names is None:
        chosen = [name for name in ranges if _is_open_to_draw(ranges[name]) and name_key(name) not in CONTROLS]
    else:
        settable = settable_of(model)
        chosen = [constant for name in names for constant in settable.constants(name)]
        for name in chosen:
            if None in ranges[name]:
                raise DesignError(f"'{name}' has no range in the .mdl to draw from", name=name)
    low = np.array([ranges[name][0] for name in chosen], dtype=float)
    high = np.array([ranges[name][1] for name in chosen], dtype=float)
    values = np.random.default_rng(seed).uniform(low, high, size=(n, len(chosen)))
    return Design(tuple(chosen), values)


def _is_open_to_draw(limits: tuple[float | None, float | None]) -> bool:
    low, high = limits
    return low is not None and high is not None and low < high
