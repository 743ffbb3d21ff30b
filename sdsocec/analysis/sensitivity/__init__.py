"""Which inputs decide: how far an outcome, its shape and the ranking of scenarios depend on each of them.

    design       rows of probabilities (SALib)
    sobol, morris, pawn   indices of many outputs at once, equal to SALib's
    indices      with intervals, at n / 8 to n; whether they have converged
    modes        the shape of a trajectory
    policy       differences from the baseline, and which scenario is best
    reading      the runs read in each way
    result       what is found
    study        the question asked

Start with `sensitivity`. Imports the analysis of experiments, scenario, results, engine and model.
"""

from .design import DEFAULT_N, METHODS, Sample, draw
from .indices import CHIEF, LEAST_EVENTS, UNSEEN, Indices, indices_of
from .modes import MODES, behaviour_modes
from .policy import Ranking
from .result import KINDS, Modes, Part, Question, Sensitivity
from .study import sensitivity, time_unit_of

__all__ = [
    "CHIEF",
    "DEFAULT_N",
    "KINDS",
    "LEAST_EVENTS",
    "METHODS",
    "MODES",
    "UNSEEN",
    "Indices",
    "Modes",
    "Part",
    "Question",
    "Ranking",
    "Sample",
    "Sensitivity",
    "behaviour_modes",
    "draw",
    "indices_of",
    "sensitivity",
    "time_unit_of",
]
