"""Where a result comes from: hashes of model, card, data, scenarios and design, engine, integrator, time step, versions.

Nothing in it changes from one run to the next of the same inputs on the same machine: no time stamps, no paths of a machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
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


def library_versions(*names: str) -> str:
    """Libraries with their versions, for a stamp."""
    return ", ".join(f"{name} {version(name)}" for name in names)


def provenance(
    model: LoadedModel,
    design: Design,
    run: Run,
    scenarios: Iterable[tuple[str, str]],
    data: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The attributes that every result carries.

    Parameters
    ----------
    scenarios : pairs of name and digest
    data : mapping, optional
        Observed series that were used, by name, with the hash of their files.
    """
    times = run.trajectories.times
    libraries = [*LIBRARIES[run.engine], *(["scipy"] if run.integrator not in ("euler", "rk4") else [])]
    notice = {"notice": run.notice} if run.notice else {}
    card = {"card_sha256": model.card_sha256} if model.card_sha256 else {}
    used = {"data_sha256": json.dumps(dict(data))} if data else {}
    found = {
        "model": model.name,
        "model_file": model.equations.path.name,
        "model_sha256": model.equations.file_sha256,
        **card,
        **used,
        "scenarios_sha256": json.dumps(dict(scenarios)),
        "design_sha256": digest_of(repr(design.names), design.values.tobytes()),
        "engine": run.engine,
        "integrator": run.integrator,
        "time_step": run.trajectories.time_step,
        "saved_from": float(times[0]),
        "saved_to": float(times[-1]),
        "sdsocec_version": own_version(),
        "library_versions": library_versions(*libraries),
    }
    return notice | found


def origin(
    model: LoadedModel,
    scenarios: Mapping[str, str],
    time_step: float,
    *,
    libraries: Iterable[str] = ("numpy", "llvmlite", "scipy"),
    times: Sequence[float] = (),
) -> dict[str, Any]:
    """What a study of many native runs by Euler's method starts its provenance with.

    Parameters
    ----------
    scenarios : mapping
        Names and digests.
    time_step : float
        In the model's unit of time.
    times : sequence of float, optional
        The saved times.
    """
    return {
        "model": model.name,
        "model_file": model.equations.path.name,
        "model_sha256": model.equations.file_sha256,
        **({"card_sha256": model.card_sha256} if model.card_sha256 else {}),
        "scenarios_sha256": json.dumps(dict(scenarios)),
        "engine": "native",
        "integrator": "euler",
        "time_step": time_step,
        **({"saved_from": float(times[0]), "saved_to": float(times[-1])} if times else {}),
        "sdsocec_version": own_version(),
        "library_versions": library_versions(*libraries),
    }


def stamp(attributes: Mapping[str, Any]) -> str:
    """Where a result comes from in one line, for the foot of a figure; the same in every language.

    `scenarios` is one hash of all of them, `design` that of every constant set (by scenarios, a profile, by hand). What the
    attributes lack is left out.

    >>> stamp({"model": "tank", "model_sha256": "1a2b3c4d5e", "time_step": 0.25, "integrator": "euler", "seed": 7})
    'tank 1a2b3c4d | seed 7 | dt 1/4 | euler'
    """
    known = {key: str(value) for key, value in attributes.items() if value is not None}
    parts = [" ".join(filter(None, (known.get("model"), known.get("model_sha256", "")[:8])))]
    if known.get("scenarios_sha256", "{}") != "{}":
        parts.append(f"scenarios {digest_of(known['scenarios_sha256'])[:8]}")
    if "design_sha256" in known:
        parts.append(f"design {known['design_sha256'][:8]}")
    if "seed" in known:
        parts.append(f"seed {known['seed']}")
    if "time_step" in known:
        parts.append(f"dt {_shown_step(known['time_step'])}")
    engine = "pysd" if known.get("engine") == "pysd" else ""
    parts.append(" ".join(filter(None, (engine, known.get("integrator")))))
    if "sdsocec_version" in known:
        parts.append(f"sdsocec {known['sdsocec_version']}")
    return " | ".join(filter(None, parts))


def _shown_step(step: str) -> str:
    """A time step as `1/32` where it is such a part: no decimal point or comma."""
    try:
        parts = 1.0 / float(step)
    except (ValueError, ZeroDivisionError):
        return step
    return f"1/{parts:.0f}" if parts > 1 and parts == round(parts) else step.removesuffix(".0")
