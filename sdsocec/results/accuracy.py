"""The error of a fixed time step: the same design integrated with error control, and the largest difference."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
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
    places : dict
        Element name -> the run (its position) and the time of that difference.
    errors : Trajectories, optional
        The fixed step minus scipy, of each output in each run at each saved time, in the output's unit.
    """

    by_output: dict[str, float]
    reason: str = ""
    places: dict[str, tuple[int, float]] = field(default_factory=dict)
    errors: Trajectories | None = None

    @property
    def worst(self) -> tuple[str, float]:
        """The output with the largest difference, and the difference."""
        return max(self.by_output.items(), key=lambda item: item[1], default=("", 0.0))

    def difference_errors(self, first: int) -> dict[str, NDArray[np.float64]]:
        """How far the time step may put each output's difference between a run and the first off; {} if it was not measured.

        Both runs have the same step, so that most of their errors cancel. It is the largest error of the difference up to each
        saved time, so that it is not small where it happens to change its sign.

        Returns
        -------
        dict
            Element name -> array, shape (n_runs, n_times), in the output's unit.
        """
        if self.errors is None:
            return {}
        values = self.errors.values
        largest = np.maximum.accumulate(np.abs(values - values[first]), axis=1)
        return {name: largest[:, :, i] for i, name in enumerate(self.errors.names)}

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
    """Compare fixed-step trajectories with scipy's, for the outputs named (element names that `fixed` holds, each once).

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
    content = io.BytesIO()
    told = json.dumps([accuracy.by_output, accuracy.reason, accuracy.places])
    arrays = {}
    if accuracy.errors is not None:
        errors = accuracy.errors
        arrays = {"times": errors.times, "errors": errors.values.astype(np.float32), "step": np.array(errors.time_step)}
    np.savez_compressed(content, told=np.array(told), **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def _load(content: bytes) -> Accuracy:
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        by_output, reason, places = json.loads(str(stored["told"]))
        errors = None
        if "errors" in stored:
            values = stored["errors"].astype(np.float64)
            errors = Trajectories(tuple(by_output), stored["times"], values, float(stored["step"]))
    return Accuracy(by_output, reason, {name: (run, time) for name, (run, time) in places.items()}, errors)


def _measure(model: Model, design: Design, fixed: Trajectories, outputs: Sequence[str]) -> Accuracy:
    try:
        exact = run_ode(model, design, outputs, METHOD, most_evaluations=MOST_EVALUATIONS)
    except UnsupportedConstruct as error:
        return Accuracy({}, error.faults[0].what)
    except RunError as error:
        return Accuracy({}, error.faults[0].what)
    columns = [fixed.names.index(name) for name in outputs]
    values = fixed.values[:, :, columns]
    differences = relative_differences(values, exact.values)
    with np.errstate(over="ignore"):
        errors = (values - exact.values).astype(np.float32).astype(np.float64)  # as they are kept
    places = {}
    for i, name in enumerate(outputs):
        run = int(differences[:, i].argmax())
        places[name] = (run, float(fixed.times[np.abs(errors[run, :, i]).argmax()]))
    return Accuracy(
        dict(zip(outputs, map(float, differences.max(axis=0)), strict=True)),
        places=places,
        errors=Trajectories(tuple(outputs), fixed.times, errors, fixed.time_step),
    )


def relative_differences(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest |a - b| over time as a share of the largest |b| over time; shapes (runs, times, outputs) -> (runs, outputs)."""
    scale = np.abs(b).max(axis=1)
    difference = np.abs(a - b).max(axis=1)
    return np.where(scale > 0, difference / np.where(scale > 0, scale, 1.0), np.where(difference > 0, np.inf, 0.0))
