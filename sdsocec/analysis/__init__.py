"""What a model is asked: reality checks, and how sharp they are.

    checks       claims about a model's behaviour, run and reported
    levers       what each holder's levers change: alone, left out, fair shares
    mutation     damaged models, to see what the checks notice
    hindcast     the test years beside the scenarios, and where on the plane they lie

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
