"""scipy: the compiled right-hand side under `solve_ivp`, with error control, restarted wherever an input jumps or kinks.

Between two restarts every input is smooth, so the error estimate means what it says. A saved value at a jump is the one that
a fixed step saves there. Functions that mean something on a fixed step only (SAMPLE IF TRUE) are refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sdsocec.errors import RunError
from sdsocec.model.ir import Model

from .compiler import constant_values
from .design import Design
from .native import Plan, kernel_for
from .native.kernel import Kernel, address, aligned
from .trajectories import Clock, Trajectories, check_design

Floats = NDArray[np.float64]
METHODS = ("RK45", "DOP853", "LSODA", "Radau")
RELATIVE_TOLERANCE = 1e-8
_ABSOLUTE_TOLERANCE = 1e-10  # of a state's own initial value; one that starts at 0 takes the smallest of the others
MOST_EVALUATIONS = 5_000_000  # of the right-hand side in one run: some minutes
_JUST = 1e-9  # of a time step: how far after a restart an input is read
_BISECTIONS = 50


def run_ode(
    model: Model,
    design: Design,
    outputs: Iterable[str] | None = None,
    method: str = "LSODA",
    progress: Callable[[int], None] | None = None,
    relative_tolerance: float = RELATIVE_TOLERANCE,
    most_evaluations: int = MOST_EVALUATIONS,
) -> Trajectories:
    """Run a design with one of scipy's integrators; the arguments are those of `run_native`.

    Raises
    ------
    UnsupportedConstruct
        The model has something that native does not compile, or that needs a fixed step.
    RunError
        The integrator gave up, or needed more than `most_evaluations` of the right-hand side: it does where something
        switches back and forth on a stock.
    """
    check_design(constant_values(model), design)
    plan = Plan((), (), None if outputs is None else tuple(outputs), "rates")
    kernel = kernel_for(model, plan)
    kernel.check_controls(design)
    runs = []
    clock = None
    for row in range(design.n_runs):
        one = Design(design.names, design.values[row : row + 1])
        run = _Run(kernel, model, one, method, relative_tolerance, most_evaluations)
        clock = run.clock
        runs.append(run.integrate())
        if progress is not None:
            progress(1)
    assert clock is not None, "a design has at least one run"
    return Trajectories(kernel.shape.outputs, clock.saved, np.array(runs), clock.dt)


class _Run:
    """One run: its constants, its time table, its restarts."""

    def __init__(
        self,
        kernel: Kernel,
        model: Model,
        design: Design,
        method: str,
        tolerance: float = RELATIVE_TOLERANCE,
        most_evaluations: int = MOST_EVALUATIONS,
    ) -> None:
        self.kernel, self.method, self.tolerance = kernel, method, tolerance
        self.evaluations_left = self.most_evaluations = most_evaluations
        width = kernel.shape.width
        self.constants = kernel.constants(design, slice(0, 1))
        self.hoisted = kernel.hoisted(self.constants)
        self.clock = Clock.of(model, kernel.controls(self.constants))
        self.just = _JUST * self.clock.dt
        self.now = aligned((2, width))
        self.block = aligned((kernel.shape.n_timed, width))
        self.timed = aligned((kernel.shape.n_timed,))
        self.states = aligned((len(kernel.shape.states), width))
        self.changes = aligned((len(kernel.shape.states), width))
        base = (address(self.constants), address(self.hoisted))
        self.input_addresses = (*base, address(self.now), address(self.block))
        self.rate_addresses = (*base, address(self.timed), address(self.states), address(self.changes))

    def read_inputs(self, time: float) -> None:
        """Fill the row of the time table."""
        self.now[:] = time
        self.kernel.times(*self.input_addresses)
        self.timed[:] = self.block[:, 0]

    def right_side(self, time: float, states: Floats) -> Floats:
        self.evaluations_left -= 1
        if self.evaluations_left < 0:
            raise RunError(
                f"{self.method} needs more than {self.most_evaluations:,} evaluations and has come to time {time:g}",
                hint="Something switches back and forth on a stock; use --integrator euler or rk4.",
            )
        self.read_inputs(min(max(time, self.first), self.last))
        self.states.T[:] = states
        self.kernel.rates(*self.rate_addresses)
        return self.changes[:, 0].copy()

    def integrate(self) -> Floats:
        """The outputs at saved times, shape (n_times, n_outputs)."""
        from scipy.integrate import solve_ivp  # here: it costs every start-up half a second

        saved, end = self.clock.saved, self.clock.start + self.clock.steps * self.clock.dt
        at_saved = np.empty((len(saved), len(self.kernel.shape.states)))
        states = self.kernel.start(self.constants, self.hoisted)[:, 0].copy()
        at_saved[0] = states
        size = np.abs(states)
        smallest = float(np.min(size[size > 0], initial=np.inf))
        tolerances = _ABSOLUTE_TOLERANCE * np.where(size > 0, size, smallest if math.isfinite(smallest) else 1.0)
        restarts = [self.clock.start, *self.restarts(), end]
        for begin, stop in pairwise(restarts):
            if stop <= begin:
                continue
            self.first, self.last = begin + self.just, stop - self.just
            inside = np.flatnonzero((saved > begin) & (saved <= stop))
            solution = solve_ivp(
                self.right_side,
                (begin, stop),
                states,
                method=self.method,
                t_eval=np.unique([*saved[inside], stop]),
                rtol=self.tolerance,
                atol=tolerances,
            ) if len(states) else None  # fmt: skip
            if solution is None:
                continue
            if not solution.success or not np.isfinite(solution.y).all():
                reached = float(solution.t[-1]) if len(solution.t) and not solution.success else begin
                why = solution.message if not solution.success else "a number was no longer finite"
                raise RunError(f"{self.method} gave up after time {reached:g}: {why}")
            at_saved[inside] = solution.y.T[: len(inside)]
            states = solution.y[:, -1]
        return np.array([self.outputs(t, y) for t, y in zip(saved, at_saved, strict=True)])

    def outputs(self, time: float, states: Floats) -> Floats:
        self.read_inputs(time)
        self.states[:] = states[:, None]
        return self.kernel.outputs(self.constants, self.hoisted, self.timed, self.states)[:, 0]

    def restarts(self) -> list[float]:
        """Times inside the run at which an input jumps or kinks, found on the steps and refined by bisection."""
        switches = self.kernel.shape.switches
        if not switches:
            return []
        grid = self.clock.at_steps()
        table = self.kernel.time_table(self.constants, self.hoisted, grid)
        exact: set[float] = set()
        low, high, rows, bounds = [], [], [], []  # of crossings between two steps
        for row, boundaries in switches:
            values = table[:, row]
            for bound in crossed(boundaries, values):
                side = np.sign(values - bound)
                changed = np.flatnonzero(np.diff(side))
                # a stretch that lies on the boundary kinks at its two ends only
                is_end = (np.diff(side, prepend=2) != 0) | (np.diff(side, append=2) != 0)
                ends = np.flatnonzero((side == 0) & is_end)
                exact |= {float(t) for t in grid[ends]}
                between = changed[(side[changed] != 0) & (side[changed + 1] != 0)]
                low += [*grid[between]]
                high += [*grid[between + 1]]
                rows += [row] * len(between)
                bounds += [bound] * len(between)
        found = {*exact, *self._bisect(np.array(low), np.array(high), rows, np.array(bounds))}
        end = self.clock.start + self.clock.steps * self.clock.dt
        return sorted(t for t in found if self.clock.start < t < end)

    def _bisect(self, low: Floats, high: Floats, rows: list[int], bounds: Floats) -> list[float]:
        if not rows:
            return []

        def side(times: Floats) -> Floats:
            table = self.kernel.time_table(self.constants, self.hoisted, times)
            return np.sign(table[np.arange(len(rows)), rows] - bounds)

        start = side(low)
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            same = side(middle) == start
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        return [float(t) for t in high]


def crossed(boundaries: tuple[float, ...] | None, values: Floats) -> Iterable[float]:
    """The boundaries between the smallest and the largest value; None means every whole number.

    Where whole numbers are crossed more often than there are steps, restarting at each would be no help: none is given.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):  # an input that is no number bends nowhere; its NaN is reported with the results
        return []
    smallest, largest = float(finite.min()), float(finite.max())
    if boundaries is None and largest - smallest > len(values):
        return []
    if boundaries is None:
        return [float(n) for n in range(math.ceil(smallest), math.floor(largest) + 1)]
    return [b for b in boundaries if smallest <= b <= largest]
