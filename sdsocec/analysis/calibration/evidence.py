"""What a calibration found, as files that reproduce it; and its values accepted into the .mdl.

Nothing in the files changes from one calibration of the same inputs to the next: no time stamps, no paths of a machine.
"""

from __future__ import annotations

import csv
import io
import json
import math
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.fit import FitStatistics, fit_statistics
from sdsocec.engine import Design, constant_values
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.rewriting import write_values
from sdsocec.results.provenance import own_version
from sdsocec.scenario.changes import changes_text
from sdsocec.scenario.equilibrium import at_rest, problem_of, spin_up

from .search import Fit, Interval, Optimum

Floats = NDArray[np.float64]
LIBRARIES = ("numpy", "scipy", "llvmlite")
FOLDER = "calibration"


def series_statistics(fit: Fit, scaled: Floats) -> dict[str, FitStatistics]:
    """The fit of each series over its years to fit, at a place in the ranges."""
    simulated = fit.problem.simulate(scaled, fit.problem.solver())[0]
    found, i = {}, 0
    for series in fit.problem.series:
        n = int(series.is_fit.sum())
        found[series.name] = fit_statistics(simulated[i : i + n], series.values[series.is_fit])
        i += n
    return found


def supported(interval: Interval) -> str:
    """An estimate with as many digits as its interval supports; `not known` where the data say nothing.

    >>> supported(Interval("x", 1.0, 0.52281, 0.447, 0.599, "", True))
    '0.523'
    """
    if not math.isfinite(interval.lower):
        return f"{interval.estimate:.4g}" if interval.on_bound else "not known"
    half = (interval.upper - interval.lower) / 2
    if half <= 0:
        return f"{interval.estimate:.4g}"
    return _rounded(interval.estimate, half)


def _rounded(value: float, half: float) -> str:
    decimals = 1 - math.floor(math.log10(half))  # two digits of the half width
    return f"{round(value, decimals):.{max(0, decimals)}f}"


def interval_text(interval: Interval) -> str:
    """The 90 % interval with the digits that it supports, or why there is none."""
    if interval.on_bound:
        return f"on its {interval.on_bound} bound"
    if not math.isfinite(interval.lower):
        return "nothing observed depends on it"
    half = (interval.upper - interval.lower) / 2
    return f"{_rounded(interval.lower, half)} to {_rounded(interval.upper, half)}" if half > 0 else "-"


def remark(fit: Fit, interval: Interval) -> str:
    """What to know about a parameter before using its estimate."""
    if interval.name in fit.identifiability.weak:
        return "these data cannot fix it"
    groups = [names for names, _ in fit.identifiability.groups if interval.name in names]
    others = list(dict.fromkeys(name for names in groups for name in names if name != interval.name))
    return f"only known together with {', '.join(others)}" if others else ""


def evidence_files(fit: Fit, command: str) -> dict[str, bytes]:
    """`calibration.json` (everything), `parameters.csv` (for people), `best.cin` (for Vensim)."""
    content = json.dumps(_plain(_evidence(fit, command)), indent=1, ensure_ascii=False, allow_nan=False)
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["parameter", "unit", "before", "estimate", "lower 90 %", "upper 90 %", "on bound", "remark"])
    for interval in fit.intervals:
        writer.writerow([
            interval.name, unit_of(fit, interval.name), repr(interval.before), supported(interval),
            *("" if not math.isfinite(x) else f"{x:.6g}" for x in (interval.lower, interval.upper)),
            interval.on_bound, remark(fit, interval),
        ])  # fmt: skip
    return {
        "calibration.json": f"{content}\n".encode(),
        "parameters.csv": table.getvalue().encode(),
        "best.cin": changes_text(accepted_values(fit)).encode(),
    }


def accepted_values(fit: Fit) -> dict[str, float]:
    """What `accept` writes: the parameters that move what was observed, and the equilibrium that belongs to them.

    A parameter that the data say nothing about keeps its value of the .mdl.
    """
    problem = fit.problem
    keep = set(fit.identifiability.weak)
    values = {name: value for name, value in fit.values.items() if name not in keep}
    if problem.model.card.equilibrium is None:
        return values
    row = Design.of_rows([values], constant_values(problem.model.equations))
    rested = spin_up(problem.model, row)
    wanted = [*problem_of(problem.model).constants, *at_rest(problem.model).consistent]
    return values | {name: float(rested.values[0, rested.names.index(name)]) for name in wanted}


def accept(fit: Fit) -> dict[str, float]:
    """Write the fitted values, and the equilibrium that belongs to them, into the model's file; nothing else changes in it.

    Returns what was written. Raises ProjectError if the file cannot be written.
    """
    values = accepted_values(fit)
    write_values(fit.problem.model.equations, values)
    return values


def unit_of(fit: Fit, name: str) -> str:
    """A parameter's unit in the model."""
    return fit.problem.model.equations.variables[name_key(split_element_name(name)[0])].unit


def _evidence(fit: Fit, command: str) -> dict[str, Any]:
    problem = fit.problem
    before, after = (series_statistics(fit, at) for at in (problem.scaled(problem.start), fit.best.scaled))
    residuals = problem.residuals(fit.best.scaled, problem.solver())[0]
    return {
        "command": command,
        "model": problem.model.name,
        "model_sha256": problem.model.equations.file_sha256,
        "data_sha256": {s.name: s.digest for s in problem.series},
        "seed": fit.seed,
        "starts": fit.n_starts,
        "starts_done": len(fit.optima),
        "loss": fit.loss,
        "method": "scipy least_squares, trust region, from a Latin hypercube; every run from its own equilibrium",
        "interval_method": "linearised residuals, Student's t, 90 %; parameters on a bound held there",
        "versions": {"sdsocec": own_version(), **{name: version(name) for name in LIBRARIES}},
        "constants": dict(problem.constants),
        "n_observed": len(residuals),
        "chi2_before": float((problem.residuals(problem.scaled(problem.start), problem.solver())[0] ** 2).sum()),
        "chi2_after": float((residuals**2).sum()),
        "collinearity": fit.identifiability.collinearity,
        "singular_values": fit.identifiability.singular_values.tolist(),
        "groups": [{"parameters": list(names), "collinearity": index} for names, index in fit.identifiability.groups],
        "parameters": [
            {
                "name": i.name, "unit": unit_of(fit, i.name), "before": i.before, "estimate": i.estimate,
                "lower": i.lower, "upper": i.upper, "range": [float(low), float(high)], "on_bound": i.on_bound,
                "remark": remark(fit, i),
            }
            for i, low, high in zip(fit.intervals, problem.lower, problem.upper, strict=True)
        ],
        "series": {
            name: {"before": vars(before[name]), "after": vars(after[name])} for name in before
        },
        "optima": [_optimum(fit, o) for o in (fit.best, *fit.runners_up)],
    }  # fmt: skip


def _optimum(fit: Fit, optimum: Optimum) -> dict[str, Any]:
    values = fit.problem.values(optimum.scaled)
    return {
        "start": optimum.start, "cost": optimum.cost, "ended": optimum.message,
        "values": dict(zip(fit.problem.free, map(float, values), strict=True)),
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
