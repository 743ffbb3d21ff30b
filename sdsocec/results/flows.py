"""People by where they come from and go to, per year: an account that closes.

Euler's method adds flow x TIME STEP to a stock at each step, so the people of a year are that sum over its steps, exactly; the
design is run once more with every step saved. With another integrator no sum of saved flows is what a stock gained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine import Design, Run, constant_values, run_design
from sdsocec.errors import RunError, SdsocecError
from sdsocec.model.card import PeopleCell, people_cells
from sdsocec.model.people import Move
from sdsocec.model.project import LoadedModel

from .shown import is_year

Floats = NDArray[np.float64]
CLOSES = 1e-9  # a gap in the account, as a share of all people, above which flows are missing
_PRECISION = 1e-6  # of a year: how far from a whole year a time may lie


@dataclass(frozen=True)
class PeopleFlows:
    """What every element of the people stocks gained and lost.

    Attributes
    ----------
    times : array, shape (n_years + 1,)
        The whole years, and the start and end of the run; people of a year go from one of these to the next.
    cells : tuple of PeopleCell
        The elements of the people stocks.
    levels : array, shape (n_runs, n_years + 1, n_cells)
        People in each at `times`, in the stocks' unit.
    moves : tuple of Move
        Every element of every flow.
    people : array, shape (n_runs, n_years, n_moves)
        Who made the move in a year, in the stocks' unit.
    unit : str
        The stocks' unit in the model.
    """

    times: Floats
    cells: tuple[PeopleCell, ...]
    levels: Floats
    moves: tuple[Move, ...]
    people: Floats
    unit: str


def over_span(flows: PeopleFlows, start: float, end: float) -> PeopleFlows:
    """The same flows as one period, from the start of one year to that of another.

    Raises SdsocecError for a time that is no end of a year of the flows, or for a span that ends before it starts.
    """
    ends = []
    for time in (start, end):
        place = int(np.argmin(np.abs(flows.times - time)))
        if abs(flows.times[place] - time) > _PRECISION:
            hint = f"Known are whole years from {flows.times[0]:g} to {flows.times[-1]:g}."
            raise SdsocecError(f"the flows are not known at {time:g}", hint=hint)
        ends.append(place)
    first, last = ends
    if first >= last:
        raise SdsocecError(f"the span from {start:g} to {end:g} has no years")
    people = flows.people[:, first:last].sum(axis=1, keepdims=True)
    return replace(flows, times=flows.times[ends], levels=flows.levels[:, ends], people=people)


def measure_flows(
    model: LoadedModel,
    design: Design,
    run: Run,
    names: Sequence[str],
    share: float = 1.0,
) -> PeopleFlows:
    """The flows of people that the card lists, per year, of a design that was run.

    Parameters
    ----------
    names : sequence of str
        What the runs are called, for a message.
    share : float
        The size of a place, as `ScenarioRuns.profile` has it.

    Raises
    ------
    SdsocecError
        The run does not say how many people went: see `require_flows`, or it has no steps, or a TIME STEP that does not divide
        a year.
    RunError
        The flows of the card do not make up the change of a stock.
    """
    require_flows(model, run.integrator)
    found = run_design(
        model.equations,
        _every_step_saved(model, design, run),
        engine=run.engine,
        listed=model.card.listed_constants(),
    ).trajectories
    found.require_finite(tuple(names))
    years = _years(found.times)
    position = {name: i for i, name in enumerate(found.names)}
    cells = tuple(people_cells(model.card, model.equations))
    moves = tuple(move for move in model.card.moves(model.equations) if move.flow in position)
    rates = found.values[:, :-1, [position[move.flow] for move in moves]]
    spread = [i for i, move in enumerate(moves) if move.share]
    if spread:
        rates[:, :, spread] *= found.values[:, :-1, [position[moves[i].share] for i in spread]]
    people = np.add.reduceat(rates, years[:-1], axis=1) * found.time_step
    levels = found.values[:, :, [position[cell.name] for cell in cells]][:, years]
    flows = PeopleFlows(
        found.times[years], cells, levels, moves, people, model.equations.variables[cells[0].stock].unit
    )
    _require_closed(flows, names)
    shown = model.card.units.get(flows.unit)
    share = share if shown is not None and shown.extensive else 1.0
    return PeopleFlows(flows.times, cells, levels * share, moves, people * share, flows.unit)


def require_flows(model: LoadedModel, integrator: str) -> None:
    """Raise SdsocecError where no run tells people per year: no flows on the card, not Euler's method, time not in years."""
    if not model.card.people_flows:
        raise SdsocecError(
            f"the card of '{model.name}' lists no flows of people",
            hint="They are the [[people_flow]] of its model.toml.",
        )
    if integrator != "euler":
        raise SdsocecError(
            f"people per year are not known with {integrator}: only Euler's method adds flow x TIME STEP to a stock",
            name=integrator,
            hint="Leave out --integrator, or --flows.",
        )
    unit = model.equations.variables["time step"].unit
    if not is_year(unit):
        raise SdsocecError(f"people per year are not known: time counts in '{unit}'", hint="Leave out --flows.")


def _every_step_saved(model: LoadedModel, design: Design, run: Run) -> Design:
    """The design with SAVEPER at its TIME STEP."""
    step = run.trajectories.time_step
    if "SAVEPER" not in constant_values(model.equations):
        saved = np.diff(run.trajectories.times[:2])
        if saved.size and abs(saved[0] - step) > _PRECISION * step:
            raise SdsocecError(
                "people per year are not known: SAVEPER is an equation, and not every step is saved",
                hint="Write 'SAVEPER = TIME STEP', or a number, in the .mdl.",
            )
        return design
    columns = {name: design.values[:, i] for i, name in enumerate(design.names)}
    columns["SAVEPER"] = np.full(design.n_runs, step)
    return Design(tuple(columns), np.column_stack(list(columns.values())))


def _years(times: Floats) -> NDArray[np.intp]:
    """The positions of whole years, and of the start and end of the run."""
    if len(times) < 2:
        raise SdsocecError(
            f"people per year are not known: the run has no steps, it starts and ends in {times[0]:g}",
            hint="Choose a later FINAL TIME, or leave out --flows.",
        )
    whole = np.flatnonzero(np.abs(times - np.round(times)) < _PRECISION)
    years = np.unique([0, *whole, len(times) - 1])
    if np.diff(times[years]).max() > 1 + _PRECISION:
        raise SdsocecError(
            "people per year are not known: TIME STEP does not divide a year",
            hint="Choose one that does, such as 1/32.",
        )
    return years


def _require_closed(flows: PeopleFlows, names: Sequence[str]) -> None:
    """Raise RunError where opening + inflow - outflow is not closing."""
    gained = net_gain(flows)
    changed = np.diff(flows.levels, axis=1)
    everybody = np.abs(flows.levels).sum(axis=2).max()
    gap = np.abs(gained - changed)
    if gap.max(initial=0.0) > CLOSES * everybody:
        run, year, cell = (int(i) for i in np.unravel_index(int(np.argmax(gap)), gap.shape))
        raise RunError(
            f"the flows on the card do not make up '{flows.cells[cell].name}': in {flows.times[year]:g} of '{names[run]}' it "
            f"changed by {changed[run, year, cell]:.6g} and they say {gained[run, year, cell]:.6g} ({flows.unit})",
            name=flows.cells[cell].name,
            hint="A [[people_flow]] is missing or goes elsewhere.",
        )


def net_gain(flows: PeopleFlows) -> Floats:
    """What the moves bring each cell minus what they take, shape (n_runs, n_years, n_cells)."""
    position = {cell.name: i for i, cell in enumerate(flows.cells)}
    gained = np.zeros((*flows.people.shape[:2], len(flows.cells)))
    for i, move in enumerate(flows.moves):
        if move.target is not None:
            gained[:, :, position[move.target]] += flows.people[:, :, i]
        if move.source is not None:
            gained[:, :, position[move.source]] -= flows.people[:, :, i]
    return gained


def is_year_long(flows: PeopleFlows) -> NDArray[np.bool_]:
    """Which of the years are whole ones, shape (n_years,): a run may start or end within a year."""
    found: NDArray[np.bool_] = np.abs(np.diff(flows.times) - 1) < _PRECISION
    return found
