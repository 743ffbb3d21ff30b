"""Where a result comes from: hashes of model, scenarios and design, engine, integrator, time step, versions.

Nothing in it changes from one run to the next of the same inputs on the same machine: no time stamps, no paths of a machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from sdsocec.cache import digest_of
from sdsocec.engine import Design, Run
from sdsocec.model.project import LoadedModel

LIBRARIES = {"native": ("numpy", "llvmlite"), "pysd": ("numpy", "pysd")}


@cache
def own_version() -> str:
    """The version of sdsocec."""
    try:
        return version("sdsocec")
    except PackageNotFoundError:  # run from a folder that was never installed
        return "unknown"


def provenance(model: LoadedModel, design: Design, run: Run, scenarios: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The attributes that every result carries.

    Parameters
    ----------
    scenarios : pairs of name and digest
    """
    times = run.trajectories.times
    libraries = [*LIBRARIES[run.engine], *(["scipy"] if run.integrator not in ("euler", "rk4") else [])]
    notice = {"notice": run.notice} if run.notice else {}
    return notice | {
        "model": model.name,
        "model_file": model.equations.path.name,
        "model_sha256": model.equations.file_sha256,
        "scenarios_sha256": json.dumps(dict(scenarios)),
        "design_sha256": digest_of(repr(design.names), design.values.tobytes()),
        "engine": run.engine,
        "integrator": run.integrator,
        "time_step": run.trajectories.time_step,
        "saved_from": float(times[0]),
        "saved_to": float(times[-1]),
        "sdsocec_version": own_version(),
        "library_versions": ", ".join(f"{name} {version(name)}" for name in libraries),
    }
