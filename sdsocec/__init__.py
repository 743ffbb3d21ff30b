"""sdsocec: a Vensim model and a folder of scenario files in, trustworthy trajectories out.

    model = sdsocec.load_model("first_steps")            # a model of the project, a folder, or any .mdl file
    scenario = sdsocec.load_scenario("regulier", model)
    result = sdsocec.run(model, [scenario])              # xarray.Dataset
    frame = sdsocec.to_frame(result)                     # as PySD gives it
    report = sdsocec.check(model)                        # reality checks
    many = sdsocec.sweep(model, n=10_000, out="sweeps/a")   # resumable; many.dataset()
    found = sdsocec.sensitivity(model)                   # what matters; found.to_frame()
    holds = sdsocec.robust(model)                        # which rankings and claims hold

Nothing here prints; mistakes raise `SdsocecError`, whose text says what, where and how to mend it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .analysis import check, reality_check
    from .analysis.robust import robust
    from .analysis.sensitivity import sensitivity
    from .analysis.sweep import open_sweep, sweep
    from .api import load_model, load_scenario, run, run_table
    from .engine import Design
    from .errors import SdsocecError
    from .report.verification import verify
    from .results import to_frame
    from .scenario import random_design

__all__ = [
    "Design",
    "SdsocecError",
    "check",
    "load_model",
    "load_scenario",
    "open_sweep",
    "random_design",
    "reality_check",
    "robust",
    "run",
    "run_table",
    "sensitivity",
    "sweep",
    "to_frame",
    "verify",
]

_HOME = {
    "Design": "engine",
    "SdsocecError": "errors",
    "check": "analysis",
    "load_model": "api",
    "load_scenario": "api",
    "open_sweep": "analysis.sweep",
    "random_design": "scenario",
    "reality_check": "analysis",
    "robust": "analysis.robust",
    "run": "api",
    "run_table": "api",
    "sensitivity": "analysis.sensitivity",
    "sweep": "analysis.sweep",
    "to_frame": "results",
    "verify": "report.verification",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: start-up time is part of speed."""
    if name in _HOME:
        return getattr(import_module(f"sdsocec.{_HOME[name]}"), name)
    raise AttributeError(f"module 'sdsocec' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
