"""Calibration: hold a model against the record, and find the parameters that follow it best.

    problem    what is fitted to what: free constants, series, residuals and their derivatives
    identify   which parameters the data can fix
    search     least squares from many starts; intervals, profiles, runners-up
    evidence   what a calibration found, as files; accepted into the .mdl

Start with `problem_for`, `identifiability`, `calibrate`. Imports `scenario`, `results` and `engine`.
"""

from .identify import Identifiability, identifiability
from .problem import Problem, problem_for
from .search import Fit, Interval, Optimum, calibrate, profile

__all__ = [
    "Fit",
    "Identifiability",
    "Interval",
    "Optimum",
    "Problem",
    "calibrate",
    "identifiability",
    "problem_for",
    "profile",
]
