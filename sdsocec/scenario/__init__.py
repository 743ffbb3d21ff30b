"""Scenarios: TOML files and settings in, rows of constants out.

    settings     what may be set, by which name, within which range
    files        scenario files, read and validated
    plane        points between scenarios
    profiles     places that are the model with a few numbers changed
    designs      scenarios and random draws as designs
    sampling     designs over factors, a block of rows at a time; own_rows: of the user's own file
    factors      the inputs that a design varies, each with its distribution
    recipe       what was run, as JSON, to run it again
    equilibrium  initial values at which a row rests

Most runs need neither plane, profiles nor equilibrium: import those from their modules.

A scenario, a sweep and a slider are the same thing: rows of constants. Start with `load_scenario`, `design_of`, `Settable`.
Imports `sdsocec.model` and `sdsocec.engine`.
"""

from .designs import acts_at_rest, design_of, random_design
from .files import (
    Scenario,
    Setting,
    as_it_stands,
    default_scenarios,
    load_scenario,
    scenario_names,
    scenarios_of_names,
    validate_all,
)
from .settings import Settable, settable_of

__all__ = [
    "Scenario",
    "Settable",
    "Setting",
    "acts_at_rest",
    "as_it_stands",
    "default_scenarios",
    "design_of",
    "load_scenario",
    "random_design",
    "scenario_names",
    "scenarios_of_names",
    "settable_of",
    "validate_all",
]
