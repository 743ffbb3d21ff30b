"""What a model is asked: reality checks, and how sharp they are.

    checks       claims about a model's behaviour, run and reported
    levers       what each holder's levers change: alone, left out, fair shares
    mutation     damaged models, to see what the checks notice
    experiment   rows of inputs, each run in every scenario: what sweep, sensitivity and robust ask their questions of
    sweep        designs of any size, stored so that a stop loses nothing
    sensitivity  which inputs the level, the shape and the ranking of policies depend on
    bands        the quantiles of an outcome under the uncertainties
    robust       in which share of plausible inputs rankings and claims hold, what decides, where they flip
    plane_maps   outcomes all over the scenario plane, and which corner is best under other uncertainties
    hindcast     the test years beside the scenarios
    plane_fit    where on the scenario plane the test years lie, and what fits as well

Start with `check`, `reality_check`, `mutants`. Imports scenario, results, engine and model.
"""

from .checks import CheckReport, CheckResult, RealityCheck, Runner, check, load_checks, reality_check, run_check

__all__ = [
    "CheckReport",
    "CheckResult",
    "RealityCheck",
    "Runner",
    "check",
    "load_checks",
    "reality_check",
    "run_check",
]
