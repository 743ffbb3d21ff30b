"""Scenarios: TOML files and settings in, rows of constants out.

    settings     what may be set, by which name, within which range
    files        scenario files, read and validated
    designs      scenarios and random draws as designs

A scenario, a sweep and a slider are the same thing: rows of constants. Start with `load_scenario`, `design_of`, `Settable`.
Imports `sdsocec.model` and `sdsocec.engine`.
"""

from .designs import design_of, random_design
from .files import (
    Scenario,
    Setting,
    as_it_stands,
    default_scenarios,
    load_scenario,
    scenario_names,
    validate_all,
)
from .settings import Settable

__all__ = [
    "Scenario",
    "Settable",
    "Setting",
    "as_it_stands",
    "default_scenarios",
    "design_of",
    "load_scenario",
    "random_design",
    "scenario_names",
    "validate_all",
]
