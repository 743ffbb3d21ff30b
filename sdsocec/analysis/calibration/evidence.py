"""What a calibration found, as files that reproduce it.

Nothing in the files changes from one calibration of the same inputs to the next: no time stamps, no paths of a machine.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.experiment import control_values
from sdsocec.analysis.fit import FitStatistics, fit_statistics
from sdsocec.errors import RunError
from sdsocec.model.names import name_key, split_element_name
from sdsocec.results.provenance import origin, own_version
from sdsocec.scenario import load_scenario
from sdsocec.scenario.changes import changes_text

from .accepting import Accepted, rounded
from .identify import LITTLE, NOTHING, TOGETHER
from .intervals import Interval
from .profiles import Profile
from .search import Fit, Optimum

Floats = NDArray[np.float64]
LIBRARIES = ("numpy", "scipy", "llvmlite")
FOLDER = "calibration"
FILE = "calibration.json"
DIGITS = 2  # of the half width of an interval: so far an estimate is shown
METHOD = "scipy least_squares, trust region, from a Latin hypercube; every run from its own equilibrium"
INTERVALS = (
    "90 %, from the linearised residuals, Student's t; parameters on a bound held there; for errors that last from year to year, "
    "the variance of a series' residuals is counted (1 + r) / (1 - r) times"
)
PROFILES = (
    "90 %, where the cost with all others fitted anew crosses s2 t^2 / 2 above the lowest, as many times more as errors last; "
    "parameters on a bound not held there"
)


def series_statistics(fit: Fit, scaled: Floats) -> dict[str, FitStatistics]:
    """The fit of each series over its years to fit, at a place in the ranges."""
    simulated = fit.problem.simulate(scaled, fit.problem.solver())[0]
    found, i = {}, 0
    for series in fit.problem.series:
        n = int(series.is_fit.sum())
        found[series.name] = fit_statistics(simulated[i : i + n], series.values[series.is_fit])
        i += n
    return found


def half_width(interval: Interval) -> float:
    """Half the width of a parameter's interval, in its unit, where it has one."""
    return (interval.upper - interval.lower) / 2


def supported(interval: Interval, is_weak: bool) -> str:
    """An estimate with as many digits as its interval supports; the bound itself where it sits on one; empty if it is not known.

    >>> supported(Interval("x", 1.0, 0.52281, 0.447, 0.599, "", True), False)
    '0.523'
    """
    if is_weak:
        return ""
    if interval.on_bound:
        return f"{interval.estimate:.10g}"
    if not interval.is_fixed:
        return ""
    value, decimals = rounded(interval.estimate, half_width(interval), DIGITS)
    return f"{value:.{max(0, decimals)}f}"


def verdict_of(fit: Fit, interval: Interval) -> str:
    """Why a parameter is not known: it moves too "little" or "nothing", or only "together" with others; else empty."""
    if interval.name in fit.identifiability.weak:
        return NOTHING
    if interval.on_bound or interval.is_fixed:
        return ""
    return TOGETHER if interval.partners else LITTLE


def held_on_bounds(fit: Fit) -> list[Interval]:
    """The parameters on a bound: the others' intervals are given these."""
    return [i for i in fit.intervals if i.on_bound and i.name not in fit.identifiability.weak]


def remark(fit: Fit, interval: Interval) -> str:
    """What to know about a parameter before using its estimate."""
    verdict = verdict_of(fit, interval)
    if verdict == TOGETHER:
        return f"only known together with {', '.join(interval.partners)}"
    if verdict:
        return {
            NOTHING: "moves the record by less than one standard error",
            LITTLE: "moves the record too little to be known",
        }[verdict]
    given = [f"{other.name} at its {other.on_bound} bound" for other in held_on_bounds(fit) if other is not interval]
    return f"given {', '.join(given)}" if given and not interval.on_bound else ""


def evidence_files(fit: Fit, command: str, values: Accepted, profiles: Sequence[Profile] = ()) -> dict[str, bytes]:
    """`calibration.json` (everything), `parameters.csv` (for people), `best.cin` (for Vensim)."""
    content = _evidence(fit, command, values) | ({"profiles": [_profile(one) for one in profiles]} if profiles else {})
    text = json.dumps(_plain(content), indent=2, ensure_ascii=False, allow_nan=False)
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["parameter", "unit", "before", "estimate", "lower 90 %", "upper 90 %", "on bound", "remark"])
    for interval in fit.intervals:
        is_weak = interval.name in fit.identifiability.weak
        writer.writerow([
            interval.name, unit_of(fit, interval.name), repr(interval.before),
            supported(interval, is_weak) or "not known",
            *("" if not math.isfinite(x) else f"{x:.6g}" for x in (interval.lower, interval.upper)),
            "" if is_weak else interval.on_bound, remark(fit, interval),
        ])  # fmt: skip
    changes = dict(fit.problem.settings) | values.values | values.equilibrium
    return {
        FILE: f"{text}\n".encode(),
        "parameters.csv": table.getvalue().encode(),
        "best.cin": changes_text(changes).encode(),
    }


def stamp_of(fit: Fit) -> dict[str, Any]:
    """The provenance of a fit."""
    model = fit.problem.model
    card = model.card.calibration
    scenario = load_scenario(card.scenario, model) if card and card.scenario else None
    return {
        **origin(
            model,
            {scenario.name: scenario.digest} if scenario else {},
            control_values(model)["TIME STEP"],
            libraries=LIBRARIES,
        ),
        "data_sha256": json.dumps({s.name: s.digest for s in fit.problem.series}),
        "seed": fit.seed,
    }


def profiles_csv(fit: Fit, profiles: Sequence[Profile]) -> bytes:
    """The places of all profiles and the cost of the best fit at each."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["parameter", "unit", "value", "cost", "cost above the lowest", "line of the 90 % interval"])
    for one in profiles:
        for value, cost in zip(one.values, one.costs, strict=True):
            numbers = (value, cost, max(0.0, cost - one.lowest), one.line)
            row = ["" if math.isnan(x) else f"{x:.8g}" for x in numbers]
            writer.writerow([one.name, unit_of(fit, one.name), *row])
    return table.getvalue().encode()


def unit_of(fit: Fit, name: str) -> str:
    """A parameter's unit in the model."""
    return fit.problem.model.equations.variables[name_key(split_element_name(name)[0])].unit


def _evidence(fit: Fit, command: str, values: Accepted) -> dict[str, Any]:
    problem = fit.problem
    start = problem.scaled(problem.start)
    after, residuals = series_statistics(fit, fit.best.scaled), problem.residuals(fit.best.scaled, problem.solver())[0]
    before: dict[str, FitStatistics] | None = None
    chi2_before = math.nan
    try:  # the .mdl may stand where there is no equilibrium
        before = series_statistics(fit, start)
        chi2_before = float((problem.residuals(start, problem.solver())[0] ** 2).sum())
    except RunError:
        pass
    return {
        "command": command,
        "model": problem.model.name,
        "model_sha256": problem.model.equations.file_sha256,
        "data_sha256": {s.name: s.digest for s in problem.series},
        "seed": fit.seed,
        "starts": fit.n_starts,
        "starts_done": fit.starts_done,
        "starts_failed": fit.n_failed,
        "starts_at_the_best": fit.n_same,
        "loss": fit.loss,
        "method": METHOD,
        "interval_method": INTERVALS,
        "profile_method": PROFILES,
        "versions": {"sdsocec": own_version(), **{name: version(name) for name in LIBRARIES}},
        "constants": dict(problem.constants),
        "replaced": list(problem.replaced),
        "n_observed": len(residuals),
        "chi2_before": chi2_before,
        "chi2_after": float((residuals**2).sum()),
        "residual_variance": fit.scale,
        "residual_autocorrelation": dict(fit.lasting),
        "collinearity": fit.identifiability.collinearity,
        "singular_values": fit.identifiability.singular_values.tolist(),
        "groups": [{"parameters": list(names), "collinearity": index} for names, index in fit.identifiability.groups],
        "parameters": [
            {
                "name": i.name, "unit": unit_of(fit, i.name), "before": i.before, "estimate": i.estimate,
                "lower": i.lower, "upper": i.upper, "range": [float(low), float(high)],
                "on_bound": "" if i.name in fit.identifiability.weak else i.on_bound,
                "is_fixed": i.is_fixed, "remark": remark(fit, i),
            }
            for i, low, high in zip(fit.intervals, problem.lower, problem.upper, strict=True)
        ],
        "bounds": [
            {
                "name": p.name, "bound": p.bound, "value": p.value, "better_beyond": list(p.better),
                "worse_beyond": list(p.worse), "cost_of_a_range": dict(p.by_series),
            }
            for p in fit.pushes
        ],
        "accepted": {"chi2": values.chi2, "values": values.values, "fault": values.fault},
        "series": {
            name: {"before": None if before is None else vars(before[name]), "after": vars(after[name])} for name in after
        },
        "optima": [_optimum(fit, o) for o in (fit.best, *fit.runners_up)],
    }  # fmt: skip


def _optimum(fit: Fit, optimum: Optimum) -> dict[str, Any]:
    values = fit.problem.values(optimum.scaled)
    return {
        "start": optimum.start, "cost": optimum.cost, "converged": optimum.converged, "ended": optimum.message,
        "values": dict(zip(fit.problem.free, map(float, values), strict=True)),
    }  # fmt: skip


def _profile(one: Profile) -> dict[str, Any]:
    return {
        "name": one.name, "lower": one.lower, "upper": one.upper, "below": one.below, "above": one.above,
        "line": one.line, "is_beaten": one.is_beaten,
    }  # fmt: skip


def _plain(value: Any) -> Any:
    """JSON knows no NaN: None."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
