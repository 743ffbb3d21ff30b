"""Scenarios: TOML files and settings in, rows of constants out.

    settings     what may be set, by which name, within which range
    files        scenario files, read and validated
    plane        points between scenarios
    profiles     places that are the model with a few numbers changed
    designs      scenarios and random draws as designs
    equilibrium  initial values at which a row rests

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
from .plane import has_plane, load_plane, read_point, scenario_at
from .profiles import Profile, load_profile, profile_names
from .settings import Settable

__all__ = [
    "Profile",
    "Scenario",
    "Settable",
    "Setting",
    "as_it_stands",
    "default_scenarios",
    "design_of",
    "has_plane",
    "load_plane",
    "load_profile",
    "load_scenario",
    "profile_names",
    "random_design",
    "read_point",
    "scenario_at",
    "scenario_names",
    "validate_all",
]
