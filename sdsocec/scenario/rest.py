"""Where a frozen model rests: Newton's method on the changes of one time step, for many rows of constants at once.

A state rests where no stock changes in a time step, whatever the step's length. The changes and their derivatives come from runs
of one step each. A row costs some ten steps, and two for each stock to see that the state is its own.

Not every state at rest is the one that a run comes to. Where stocks have no flows, or only pass on what they hold, many states
rest, and where a run ends depends on where it starts. So a rest counts where the derivatives there and the sums of the card leave
no other beside it, and where it is stable; a stock without flows keeps its value. What this does not solve is left to the caller:

    Solver    rows of constants -> the cells of each row's stocks, and which rows are settled
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine import Design, Trajectories, constant_values, run_design
from sdsocec.model.card import Equilibrium
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
SETTLED = 1e-10  # a year, relative: a row is at rest below this
_CHORD_STEPS, _NEWTON_STEPS = 14, 20
_NEUTRAL = 1e-7  # singular values, relative to the largest: directions in which nothing pushes back
_STEP = 1e-6  # of a cell: half the width of a central difference
_UNSTABLE = 1e-6  # a year: the fastest growth that rounding can explain
_REGULAR = 1e6  # how far the derivatives of a row may be from singular ones, against those of its neighbourhood
_PROBES, _NEAR = (
    4,
    0.2,
)  # directions, and how far derivatives may differ along them, for rows that need no look of their own
_SWINGS = 0.5  # of its real part: the imaginary part of an eigenvalue from which neighbours may have come to swing
_AT_ONCE = 16_384  # runs of one step in memory together
_ALONE = 512  # runs of one step: fewer are done before a second thread has started
_FEW = 16  # runs: so many use the kernel that saves all variables, which a run of scenarios has loaded anyhow


@dataclass(frozen=True)
class RestProblem:
    """A model that is to rest.

    Attributes
    ----------
    stocks, constants : tuples of str
        Element names of the stocks that rest, and the constants that hold their initial values.
    sums : tuple of (str, array of shape (n_stocks,))
        A constant, and which stocks add up to it.
    """

    model: LoadedModel
    rest: Equilibrium
    stocks: tuple[str, ...]
    constants: tuple[str, ...]
    sums: tuple[tuple[str, Flags], ...]

    @classmethod
    def of(cls, model: LoadedModel, rest: Equilibrium, initial: dict[str, str]) -> RestProblem:
        """From the card's section and the constant that each stock element starts from."""
        apart = {name_key(name) for name in rest.apart}
        stocks = tuple(stock for stock in initial if name_key(split_element_name(stock)[0]) not in apart)
        bases = [name_key(split_element_name(stock)[0]) for stock in stocks]
        sums = tuple(
            (total, np.array([base in set(map(name_key, members)) for base in bases]))
            for total, members in rest.sums.items()
        )
        return cls(model, rest, stocks, tuple(initial[stock] for stock in stocks), sums)

    def cells(self, design: Design) -> Floats:
        """The initial values of each row, shape (n_runs, n_stocks), its sums met."""
        values = constant_values(self.model.equations)
        found = np.array([column(design, name, values) for name in self.constants]).T.copy()
        for total, members in self.sums:
            found[:, members] *= (column(design, total, values) / found[:, members].sum(axis=1))[:, None]
        return found

    def totals(self, design: Design) -> Floats:
        """What the sums must be, shape (n_runs, n_sums)."""
        values = constant_values(self.model.equations)
        return np.array([column(design, total, values) for total, _ in self.sums]).T.reshape(design.n_runs, -1)

    def frozen(self, design: Design, duration: float, saving: float) -> Design:
        """The design frozen, over some time, saved every `saving`; both are rounded to whole steps (of savings)."""
        values_of = constant_values(self.model.equations)
        start = column(design, "INITIAL TIME", values_of)
        step = float(column(design, "TIME STEP", values_of)[0])
        saving = max(1, round(saving / step)) * step
        duration = max(1, round(duration / saving)) * saving
        names = ("FINAL TIME", "SAVEPER", *self.rest.set)
        values = [start + duration, np.full(design.n_runs, saving)]
        values += [np.full(design.n_runs, value) for value in self.rest.set.values()]
        return design.with_columns(names, np.array(values).T)

    def run(self, design: Design, outputs: tuple[str, ...]) -> Trajectories:
        """Run a design, some outputs saved."""
        found = run_design(
            self.model.equations, design, outputs=None if design.n_runs <= _FEW else outputs, engine="native",
            listed=constant_values(self.model.equations), threads=1 if design.n_runs < _ALONE else None,
        ).trajectories  # fmt: skip
        if found.names == outputs:
            return found
        place = {name: i for i, name in enumerate(found.names)}
        return replace(found, names=outputs, values=found.values[:, :, [place[name] for name in outputs]])

    def changes(self, design: Design, cells: Floats) -> Floats:
        """How fast each stock changes at the start of each row, shape (n_runs, n_stocks), in its unit a unit of time."""
        step = float(column(design, "TIME STEP", constant_values(self.model.equations))[0])
        start = self.frozen(design.with_columns(self.constants, cells), step, step)
        values = self.run(start, self.stocks).values
        return np.asarray((values[:, 1] - values[:, 0]) / step)


def column(design: Design, name: str, values: dict[str, float]) -> Floats:
    """A constant in every row of a design, its value of the .mdl where the design does not set it."""
    if name in design.names:
        return np.asarray(design.values[:, design.names.index(name)], dtype=np.float64)
    return np.full(design.n_runs, values[name])


class Solver:
    """Finds where rows rest; remembers where the last first row did, since the next rows are often near it (a calibration's).

    The first row takes derivatives of its own (Newton's method), the others use those where it rests (the chord method); while
    some do not settle so, the first of them takes its own. All start from their stored state, so that of several rests a row has
    the one near that; what does not settle from there, and all rows of a solver that remembers a rest, start from another's rest.

    Only rows in which the same constants are 0 or 1 are neighbours: such a constant may switch all flows of a stock off, and a
    stock without flows keeps its own value, which no rest of another row tells.

    Parameters
    ----------
    acting : set of str, optional
        The constants on which the rest may depend; by default all.
    """

    def __init__(self, problem: RestProblem, acting: Collection[str] | None = None) -> None:
        self.problem = problem
        self.acting = acting
        self._near: dict[bytes, _Neighbourhood] = {}

    def __call__(self, design: Design) -> tuple[Floats, Flags]:
        """Find where each row rests.

        Returns
        -------
        cells : array, shape (n_runs, n_stocks)
        settled : array of bool, shape (n_runs,)
            False where no stable rest was found near; the cells of such a row mean nothing.
        """
        # Threads make products of small matrices slower, many times so where several processes share the processors.
        with (
            _libraries().limit(limits=1, user_api="blas"),
            np.errstate(all="ignore"),
        ):  # a row that runs away has not settled
            stored = self.problem.cells(design)
            cells, settled = stored.copy(), np.zeros(design.n_runs, dtype=bool)
            for alike, rows in self._alike(design):
                cells[rows], settled[rows] = self._solve(design.rows(rows), stored[rows], alike)
            return cells, settled

    def _alike(self, design: Design) -> Iterator[tuple[bytes, NDArray[np.int64]]]:
        """The rows in which the same constants are 0 or 1, and what tells them apart."""
        columns = [i for i, name in enumerate(design.names) if self.acting is None or name in self.acting]
        values = design.values[:, columns]
        switches = np.hstack([values == 0, values == 1])
        found, of = np.unique(switches, axis=0, return_inverse=True)
        for i, pattern in enumerate(found):
            yield pattern.tobytes(), np.flatnonzero(of.ravel() == i)

    def _solve(self, design: Design, stored: Floats, alike: bytes) -> tuple[Floats, Flags]:
        cells, settled = stored.copy(), np.zeros(design.n_runs, dtype=bool)
        near = self._near.get(alike)  # whose derivatives
        remembers = near is not None
        left = np.arange(design.n_runs)
        if near is not None:  # what the first row does not reach from here, the rows beside it do not either
            cells[:1], settled[:1] = near.chord(design.rows([0]), near.start(stored[:1], near.at))
            if settled[0] and len(left) > 1:
                cells[1:], settled[1:] = near.chord(design.rows(left[1:]), near.start(stored[1:], cells[:1]))
        while (left := left[~settled[left]]).size:
            row, left = left[:1], left[1:]
            own = self._own(design.rows(row), stored[row], near)
            if own is None:
                continue
            near = own
            cells[row], settled[row] = own.at, True
            if row[0] == 0:
                self._near[alike] = near
            for is_stored in (False,) if remembers else (True, False):
                rows = left[~settled[left]]
                if rows.size:
                    start = stored[rows] if is_stored else near.start(stored[rows], near.at)
                    cells[rows], settled[rows] = near.chord(design.rows(rows), start)
        return cells, settled

    def _own(self, row: Design, stored: Floats, near: _Neighbourhood | None) -> _Neighbourhood | None:
        """Where one row rests, by derivatives of its own; None if that is not found, or other states rest beside it."""
        for around in (_Neighbourhood(self.problem, row, stored), near):
            if around is None or not around.is_usable:
                continue
            state, is_settled = around.newton(row, around.start(stored, around.at))
            if is_settled:
                own = _Neighbourhood(self.problem, row, state)
                if own.is_usable and np.array_equal(own.moves, around.moves):
                    return own
        return None


class _Neighbourhood:
    """A state, the scales of its cells, which of them move at all, and the inverse of the derivatives there.

    One that is empty stays so, and one that nothing moves (a stock without flows, or whose driver is frozen) keeps its value.
    It is usable where the derivatives and the sums leave one state at rest.
    """

    def __init__(self, problem: RestProblem, design: Design, at: Floats) -> None:
        self.problem, self.at = problem, at
        largest = np.abs(at).max(axis=0)
        self.active = np.flatnonzero(largest > 0)
        self.scale = np.where(largest > 0, np.maximum(largest, 1e-9 * largest.max()), 1.0)
        self.weights = np.array([members for _, members in problem.sums], dtype=float).reshape(-1, len(self.scale))
        self.moves = np.zeros(len(self.scale), dtype=bool)
        self.is_usable = False
        if not self.active.size:  # all stocks are empty
            return
        derivatives = self.derivatives(design, at)
        if not np.isfinite(derivatives).all():  # as a constant at the end of its range may have it
            return
        self.moves = np.abs(derivatives[: len(self.scale)]).max(axis=1) > 0
        if not self.moves.any() or not (largest > 0)[self.moves].all():  # what fills from empty has no scale
            return
        matrix = derivatives[:, self.moves[self.active]]
        self.active = np.flatnonzero(self.moves)
        sizes = np.linalg.svd(matrix, compute_uv=False)
        self.is_usable = bool(sizes[-1] > _NEUTRAL * sizes[0])
        self.inverse = np.linalg.pinv(matrix, rcond=_NEUTRAL)
        values = np.linalg.eigvals(matrix[self.active])
        self.may_swing = bool((np.abs(values.imag) > _SWINGS * np.abs(values.real)).any())

    def residual(self, design: Design, cells: Floats) -> Floats:
        """Relative changes of all stocks, then relative errors of the sums; shape (n_runs, n_stocks + n_sums)."""
        totals = self.problem.totals(design)
        changes = self.problem.changes(design, cells) / self.scale
        return np.concatenate([changes, (cells @ self.weights.T - totals) / totals], axis=1)

    def derivatives(self, design: Design, cells: Floats) -> Floats:
        """Of one row's residual, by each active cell in its scale: shape (n_stocks + n_sums, n_active)."""
        n = len(self.active)
        shift = np.zeros((n, cells.shape[1]))
        shift[np.arange(n), self.active] = _STEP * self.scale[self.active]
        many = Design(design.names, np.repeat(design.values, 2 * n, axis=0))
        values = self.residual(many, np.concatenate([cells + shift, cells - shift]))
        return np.asarray((values[:n] - values[n:]).T / (2 * _STEP))

    def _slopes(self, design: Design, cells: Floats, along: Floats) -> Floats:
        """Of each row's residual, along directions of shape (n, n_active): shape (n_runs, n_stocks + n_sums, n).

        To one side: half the runs, and near enough to tell whether there is a slope.
        """
        shift = np.zeros((len(along) + 1, cells.shape[1]))
        shift[1:, self.active] = _STEP * along * self.scale[self.active]
        many = Design(design.names, np.repeat(design.values, len(shift), axis=0))
        values = self.residual(many, (cells[:, None] + shift).reshape(-1, cells.shape[1]))
        values = values.reshape(len(cells), len(shift), -1)
        return np.asarray(np.swapaxes(values[:, 1:] - values[:, :1], 1, 2) / _STEP)

    def start(self, stored: Floats, state: Floats) -> Floats:
        """A state near this one, with the sums of rows, and their own cells where nothing moves: shape (n_runs, n_stocks)."""
        found = np.repeat(state, len(stored), axis=0)
        for _, members in self.problem.sums:
            found[:, members] *= (stored[:, members].sum(axis=1) / found[:, members].sum(axis=1))[:, None]
        found[:, ~self.moves] = stored[:, ~self.moves]
        return found

    def chord(self, design: Design, cells: Floats) -> tuple[Floats, Flags]:
        """Newton's method with the derivatives of this state for all rows."""
        cells = cells.copy()
        settled = np.zeros(design.n_runs, dtype=bool)
        open_rows = np.arange(design.n_runs)
        for _ in range(_CHORD_STEPS):
            residual = self.residual(design.rows(open_rows), cells[open_rows])
            size = np.abs(residual).max(axis=1)
            settled[open_rows] = size <= SETTLED
            goes = np.isfinite(size)  # a last step, past the tolerance, costs little and takes the error to rounding
            cells[open_rows[goes]] = self._moved(cells[open_rows[goes]], -(residual[goes] @ self.inverse.T))
            open_rows = open_rows[goes & (size > SETTLED)]
            if not open_rows.size:
                break
        rows = np.flatnonzero(settled)
        for start in range(0, len(rows), size := max(1, _AT_ONCE // len(self.active))):
            some = rows[start : start + size]
            settled[some] = self._is_only_rest(design.rows(some), cells[some])
        return cells, settled

    def _is_only_rest(self, design: Design, cells: Floats) -> Flags:
        """Whether the states at rest of rows are stable and have no other beside them; shape (n_runs,).

        Where a row's derivatives have a direction without any, those of this state, inverted, differ from them along a direction
        drawn at random by more than a normal number; so few rows whose derivatives differ little along some need all of them.
        """
        along = np.random.default_rng(0).standard_normal((_PROBES, len(self.active)))
        differs = np.linalg.norm(self.inverse @ self._slopes(design, cells, along) - along.T, axis=1).max(axis=1)
        found = np.asarray(differs < _NEAR)
        rows = np.flatnonzero(~found)
        if not rows.size:
            return found
        matrix = self._slopes(design.rows(rows), cells[rows], np.eye(len(self.active)))
        is_still = (matrix[:, self.active] == 0).all(axis=2).any(axis=1)
        is_known = np.isfinite(matrix).all(axis=(1, 2)) & ~is_still
        rows, matrix = rows[is_known], matrix[is_known]
        found[rows] = np.linalg.cond(self.inverse @ matrix, 1) < _REGULAR
        if self.may_swing:
            found[rows] &= self._is_stable(matrix)
        return found

    def newton(self, design: Design, cells: Floats) -> tuple[Floats, bool]:
        """Newton's method for one row; settled only where the rest is stable."""
        for _ in range(_NEWTON_STEPS):
            residual = self.residual(design, cells)
            if not np.isfinite(residual).all():
                break
            matrix = self.derivatives(design, cells)
            if not np.isfinite(matrix).all():
                break
            cells = self._moved(cells, -(residual @ np.linalg.pinv(matrix, rcond=_NEUTRAL).T))
            if np.abs(residual).max() <= SETTLED:
                return cells, bool(self._is_stable(matrix))
        return cells, False

    def _moved(self, cells: Floats, step: Floats) -> Floats:
        """A step, shortened where it would empty a cell."""
        whole = np.zeros_like(cells)
        whole[:, self.active] = step * self.scale[self.active]
        with np.errstate(divide="ignore", invalid="ignore"):
            room = np.where(whole < 0, -0.9 * cells / whole, np.inf)[:, self.active]
        shorter = np.minimum(1.0, room.min(axis=1, initial=np.inf))
        return cells + whole * np.where(shorter > 0, shorter, 1.0)[:, None]

    def _is_stable(self, matrix: Floats) -> Flags:
        """By derivatives of shape (..., n_stocks + n_sums, n_active)."""
        return np.asarray(np.linalg.eigvals(matrix[..., self.active, :]).real.max(axis=-1) <= _UNSTABLE)


@cache
def _libraries() -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
