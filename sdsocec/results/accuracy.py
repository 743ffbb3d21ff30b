"""The error of a fixed time step: the same design integrated with error control, and the largest difference."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from sdsocec.cache import Cache, digest_of, source_digest
from sdsocec.engine import Design, Trajectories, run_ode
from sdsocec.engine.native.machine import host
from sdsocec.engine.ode import RELATIVE_TOLERANCE
from sdsocec.errors import RunError, UnsupportedConstruct
from sdsocec.model.ir import Model

METHOD = "LSODA"
MOST_EVALUATIONS = 50_000  # a run of first_steps takes 2,400; this many take half a second


@dataclass(frozen=True)
class Accuracy:
    """The largest difference of each output between the fixed step and scipy, over all runs and saved times.

    Attributes
    ----------
    by_output : dict
        Element name -> largest difference, as a share of the largest absolute value that the output takes in that run.
    reason : str
        Why it could not be measured; empty if it was.
    """

    by_output: dict[str, float]
    reason: str = ""

    @property
    def worst(self) -> tuple[str, float]:
        """The output with the largest difference, and the difference."""
        return max(self.by_output.items(), key=lambda item: item[1], default=("", 0.0))

    def attributes(self) -> dict[str, str | float]:
        """For the result's attributes."""
        if self.reason:
            return {"time_step_error": f"not measured: {self.reason}"}
        listed = ", ".join(f"{name}: {value:.2g}" for name, value in self.by_output.items())
        return {
            "time_step_error": listed,
            "time_step_error_meaning": f"largest difference from {METHOD} (relative tolerance {RELATIVE_TOLERANCE:g}), "
            "as a share of the largest value of the run",
        }


def measure_accuracy(model: Model, design: Design, fixed: Trajectories, outputs: Sequence[str]) -> Accuracy:
    """Compare fixed-step trajectories with scipy's, for the outputs named (element names that `fixed` holds).

    The measure of the same equations, design and libraries is remembered: importing scipy and integrating takes longer than
    everything else in a run.
    """
    if not model.source_digest:
        return _measure(model, design, fixed, outputs)
    key = digest_of(
        model.digest,
        repr((design.names, tuple(outputs), fixed.names, METHOD, RELATIVE_TOLERANCE, version("scipy"), host())),
        design.values.tobytes(),
        fixed.values.tobytes(),
        source_digest("sdsocec.engine"),
        source_digest("sdsocec.results"),
    )
    return Cache("accuracy").get(key, lambda: _measure(model, design, fixed, outputs), _dump, _load)


def _dump(accuracy: Accuracy) -> bytes:
    return json.dumps([accuracy.by_output, accuracy.reason]).encode()


def _load(content: bytes) -> Accuracy:
    return Accuracy(*json.loads(content))


def _measure(model: Model, design: Design, fixed: Trajectories, outputs: Sequence[str]) -> Accuracy:
    try:
        exact = run_ode(model, design, outputs, METHOD, most_evaluations=MOST_EVALUATIONS)
    except UnsupportedConstruct as error:
        return Accuracy({}, error.faults[0].what)
    except RunError as error:
        return Accuracy({}, error.faults[0].what)
    columns = [fixed.names.index(name) for name in outputs]
    differences = relative_differences(fixed.values[:, :, columns], exact.values)
    return Accuracy(dict(zip(outputs, map(float, differences.max(axis=0)), strict=True)))


def relative_differences(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest |a - b| over time as a share of the largest |b| over time; shapes (runs, times, outputs) -> (runs, outputs)."""
    scale = np.abs(b).max(axis=1)
    difference = np.abs(a - b).max(axis=1)
    return np.where(scale > 0, difference / np.where(scale > 0, scale, 1.0), np.where(difference > 0, np.inf, 0.0))
