"""Calibration: hold a model against the record, and find the parameters that follow it best.

    problem    what is fitted to what: free constants, series, residuals and their derivatives
    precision  how exactly derivatives fix parameters; errors that last
    identify   which parameters the data can fix
    search     least squares from many starts; runners-up
    intervals  of the estimates; what pushes a parameter to its bound
    profiles   intervals from the cost itself, a parameter at a time
    evidence   what a calibration found, as files
    accepting  its values written into the .mdl

Start with `problem_for`, `identifiability`, `calibrate`. Imports `scenario`, `results` and `engine`.
"""

from .identify import Identifiability, identifiability
from .intervals import Interval
from .problem import Problem, problem_for
from .profiles import Profile, profile
from .search import Fit, Optimum, calibrate

__all__ = [
    "Fit",
    "Identifiability",
    "Interval",
    "Optimum",
    "Problem",
    "Profile",
    "calibrate",
    "identifiability",
    "problem_for",
    "profile",
]
