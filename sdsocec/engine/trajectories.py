"""What every engine returns, and the time axis that all of them share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sdsocec.errors import DesignError, Fault, ModelError, RunError
from sdsocec.model.ir import Model

from .design import Design

Floats = NDArray[np.float64]
CONTROLS = ("INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER")
_PRECISION = 1e-5  # of a time step: how far from a whole number of steps a time may lie (PySD uses the same)
MOST_STEPS = 10_000_000


@dataclass(frozen=True)
class Trajectories:
    """Saved values of runs.

    Attributes
    ----------
    names : tuple of str
        Element names of the outputs.
    times : array, shape (n_times,)
        Saved times.
    values : array, shape (n_runs, n_times, n_outputs)
        In the model's units.
    time_step : float
        The model's TIME STEP, in its unit of time.
    """

    names: tuple[str, ...]
    times: Floats
    values: Floats
    time_step: float

    @property
    def is_finite(self) -> NDArray[np.bool_]:
        """Whether all saved numbers of a run are finite, shape (n_runs,)."""
        return np.asarray(np.isfinite(self.values).all(axis=(1, 2)))

    def require_finite(self, run_names: tuple[str, ...]) -> Trajectories:
        """Raise RunError if any number is NaN or infinite, naming the run, the variable and the time."""
        finite = np.isfinite(self.values)
        if finite.all():
            return self
        run = int(np.argmin(finite.all(axis=(1, 2))))
        time = int(np.argmin(finite[run].all(axis=1)))
        which = [name for name, good in zip(self.names, finite[run, time], strict=True) if not good]
        value = self.values[run, time, self.names.index(which[0])]
        n = len(which) - 1
        others = f" (and {n} other variable{'s' if n > 1 else ''})" if n else ""
        raise RunError(
            f"run '{run_names[run]}' is not finite: '{which[0]}' is {value} at time {self.times[time]:g}{others}",
            name=which[0],
            hint=f'Look for a division by zero, LN of zero or EXP of a large number: sdsocec model causes "{which[0]}"',
        )


@dataclass(frozen=True)
class Clock:
    """The fixed steps of a run: `steps` of `dt` from `start`, every `every`-th saved, the first included.

    As in PySD, a span that is no whole number of steps is rounded up, so the last step passes FINAL TIME.
    """

    start: float
    dt: float
    steps: int
    every: int

    @classmethod
    def of(cls, model: Model, controls: Mapping[str, float]) -> Clock:
        """From the four control values; refuses a step or saving step that makes no sense."""
        start, end, dt, saveper = (controls[name] for name in CONTROLS)

        def fault(what: str, name: str) -> ModelError:
            variable = model.variables.get(name.lower())
            line = variable.line if variable else None
            excerpt = variable.equations[0].excerpt if variable else ""
            return ModelError(Fault(what, model.path, line, excerpt, name=name))

        for name, value in controls.items():
            if not np.isfinite(value):
                raise fault(f"{name} is {value}; it must be a finite number", name)
        if not dt > 0:
            raise fault(f"TIME STEP is {dt:g}; it must be above 0", "TIME STEP")
        if end < start:
            raise fault(f"FINAL TIME ({end:g}) is before INITIAL TIME ({start:g})", "FINAL TIME")
        steps = (end - start) / dt
        if steps > MOST_STEPS:
            raise fault(f"the run has {steps:.3g} time steps; at most {MOST_STEPS:,} are run", "TIME STEP")
        every = saveper / dt
        if not 1 - _PRECISION < every < np.inf or abs(every - round(every)) > _PRECISION:
            raise fault(f"SAVEPER ({saveper:g}) is not a multiple of TIME STEP ({dt:g})", "SAVEPER")
        return cls(start, dt, int(np.ceil(steps - _PRECISION)), round(every))

    @property
    def saved(self) -> Floats:
        """The saved times."""
        return np.asarray(self.start + np.arange(0, self.steps + 1, self.every) * self.dt, dtype=np.float64)

    def at_steps(self) -> Floats:
        """The times of all steps, shape (steps + 1,)."""
        return np.asarray(self.start + np.arange(self.steps + 1) * self.dt, dtype=np.float64)

    def table_times(self, integrator: str) -> tuple[Floats, Floats]:
        """The times at which inputs are needed, and the starts of their steps, each of shape (n,).

        Euler: the start of each step. RK4: start, middle and end of each step. Then the end of the run.
        """
        steps = self.at_steps()
        if integrator == "euler":
            return steps, steps
        starts = np.repeat(steps[:-1], 3)
        stages = np.stack([steps[:-1], steps[:-1] + 0.5 * self.dt, steps[1:]], axis=1).ravel()
        return np.append(stages, steps[-1]), np.append(starts, steps[-1])


def check_design(model_constants: Mapping[str, float], design: Design) -> None:
    """A design sets constants of the model."""
    from sdsocec.errors import nearest_name

    faults = []
    for name in design.names:
        if name not in model_constants:
            faults.append(
                Fault(
                    f"the model has no constant '{name}'",
                    name=name,
                    nearest=nearest_name(name, model_constants),
                    hint="All names: sdsocec model variables",
                )
            )
    if faults:
        raise DesignError(faults)


def check_outputs(valid: Iterable[str], outputs: Iterable[str]) -> None:
    """What is saved are elements of variables of the model."""
    from sdsocec.errors import nearest_name

    known = dict.fromkeys(valid)
    faults = [
        Fault(
            f"the model has no variable '{name}'",
            name=name,
            nearest=nearest_name(name, known),
            hint="All names: sdsocec model variables",
        )
        for name in outputs
        if name not in known
    ]
    if faults:
        raise DesignError(faults)
