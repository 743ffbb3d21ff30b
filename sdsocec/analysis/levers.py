"""What levers change: each holder's alone, left out, and the fair share of what they do together.

A coalition is the baseline with some players' constants as the scenario has them; its value is what an outcome is at the end of
the run. All coalitions are rows of one design.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine import Design, constant_values, run_design
from sdsocec.errors import SdsocecError, nearest_name
from sdsocec.model.card import LEVER_PARTS, Outcome
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.scenario import Scenario

Floats = NDArray[np.float64]
MOST_PLAYERS = 12  # with exact shares: 4,096 runs
UNLISTED = ""  # the player of constants that are no lever
FEW = 4  # outcomes told by lever, unless they are named
_FEW_RUNS = 512  # up to here the kernel that saves everything is quicker than compiling one for some outcomes


@dataclass(frozen=True)
class LeverEffects:
    """What each player changes at the end of the run, in the model's units.

    Attributes
    ----------
    players : tuple of str
        Holders or levers that the scenario moves, in the order of the card; `UNLISTED` last, if it sets other constants too.
    outputs : tuple of str
        Element names.
    time : float
        When: the end of the run.
    baseline, scenario : array, shape (n_outputs,)
    alone : array, shape (n_players, n_outputs)
        The baseline with only this player's constants, minus the baseline.
    lost : array, shape (n_players, n_outputs)
        The scenario, minus the scenario without this player's constants.
    shares : array, shape (n_players, n_outputs), or None
        Shapley values: they sum to scenario - baseline. None with more than `MOST_PLAYERS` players.
    """

    players: tuple[str, ...]
    outputs: tuple[str, ...]
    time: float
    baseline: Floats
    scenario: Floats
    alone: Floats
    lost: Floats
    shares: Floats | None


def lever_effects(
    model: LoadedModel,
    scenario: Scenario,
    baseline: Scenario,
    outputs: Sequence[str],
    by: str = "holder",
) -> LeverEffects:
    """Run the coalitions of the holders (or single levers, `by` = "lever") that a scenario moves.

    The dates of a lever that goes nowhere, in the baseline and in the scenario, move nothing.

    Raises
    ------
    SdsocecError
        The scenario sets nothing that the baseline does not.
    """
    start = constant_values(model.equations) | baseline.values
    end = constant_values(model.equations) | scenario.values
    owner = _owners(model, by)
    moved: dict[str, list[str]] = {player: [] for player in [*dict.fromkeys(owner.values()), UNLISTED]}
    idle = _idle_dates(model, start, end)
    for constant, value in end.items():
        if value != start[constant] and constant not in idle:
            moved[owner.get(constant, UNLISTED)].append(constant)
    players = tuple(player for player, constants in moved.items() if constants)
    if not players:
        raise SdsocecError(
            f"'{scenario.name}' sets nothing that '{baseline.name}' does not",
            name=scenario.name,
            hint="Name another scenario.",
        )
    n = len(players)
    everybody = (1 << n) - 1
    is_exact = n <= MOST_PLAYERS
    some = dict.fromkeys([0, everybody, *(1 << i for i in range(n)), *(everybody ^ (1 << i) for i in range(n))])
    coalitions = list(range(everybody + 1)) if is_exact else list(some)
    names = list(dict.fromkeys([*baseline.values, *scenario.values]))
    rows = [
        {c: start[c] for c in names}
        | {c: end[c] for i, player in enumerate(players) if s >> i & 1 for c in moved[player]}
        for s in coalitions
    ]
    design = _only_end_saved(Design.of_rows(rows, start), start)
    found = run_design(
        model.equations,
        design,
        outputs=None if design.n_runs <= _FEW_RUNS else outputs,
        listed=model.card.listed_constants(),
    ).trajectories
    found.require_finite(tuple(_named(players, s) or baseline.name for s in coalitions))
    columns = [found.names.index(name) for name in outputs]
    worth = dict(zip(coalitions, found.values[:, -1, columns], strict=True))
    return LeverEffects(
        players,
        tuple(outputs),
        float(found.times[-1]),
        worth[0],
        worth[everybody],
        np.stack([worth[1 << i] - worth[0] for i in range(n)]),
        np.stack([worth[everybody] - worth[everybody ^ (1 << i)] for i in range(n)]),
        shapley(np.stack([worth[s] for s in coalitions])) if is_exact else None,
    )


def chosen_outcomes(model: LoadedModel, wanted: Sequence[str] | None, by: str = "holder") -> dict[str, Outcome]:
    """Element name -> outcome of the card: those named (by name, alias or label), or those that should rise or fall.

    By lever only the first of those, unless they are named.
    """
    card = model.card
    if wanted is None:
        judged = [o for o in card.outcomes if o.direction != "neutral"] or list(card.outcomes)
        some = judged[:FEW] if by == "lever" else judged
        return {name: o for o in some for name in _elements(model, o)}
    known = {name_key(text): o for o in card.outcomes for text in (o.label.nl, o.label.en, o.variable)}
    known |= {name_key(a): known[name_key(v)] for a, v in card.aliases.items() if name_key(v) in known}
    found: dict[str, Outcome] = {}
    for text in wanted:
        outcome = known.get(name_key(text))
        if outcome is None:
            names = [o.variable for o in card.outcomes]
            raise SdsocecError(
                f"the model '{model.name}' has no outcome '{text}'", name=text,
                nearest=nearest_name(text, [*names, *card.aliases]),
                hint=f"Outcomes: {', '.join(names)}.",
            )  # fmt: skip
        found |= dict.fromkeys(_elements(model, outcome), outcome)
    return found


def _elements(model: LoadedModel, outcome: Outcome) -> list[str]:
    """The element names of an outcome, as the model writes them."""
    base, wanted = split_element_name(outcome.variable)
    names = model.equations.element_names(model.equations.variables[name_key(base)])
    keys = tuple(map(name_key, wanted))
    return [name for name in names if not wanted or tuple(map(name_key, split_element_name(name)[1])) == keys]


def _idle_dates(model: LoadedModel, start: Mapping[str, float], end: Mapping[str, float]) -> set[str]:
    """The dates of levers whose value is that without a scenario, at both ends."""
    return {
        f"{lever.name} {part}"
        for lever in model.card.levers
        if all(values[f"{lever.name} scenario"] == values[f"{lever.name} baseline"] for values in (start, end))
        for part in LEVER_PARTS
        if part not in ("baseline", "scenario")
    }


def _owners(model: LoadedModel, by: str) -> dict[str, str]:
    """Constant of a lever -> its holder or itself."""
    return {
        f"{lever.name} {part}": lever.holder if by == "holder" else lever.name
        for lever in sorted(model.card.levers, key=lambda lever: _rank(model, lever.holder))
        for part in LEVER_PARTS
    }


def _rank(model: LoadedModel, holder: str) -> int:
    holders = list(model.card.holders)
    return holders.index(holder) if holder in holders else len(holders)


def _named(players: Sequence[str], coalition: int) -> str:
    return " + ".join(player or "other constants" for i, player in enumerate(players) if coalition >> i & 1)


def _only_end_saved(design: Design, constants: Mapping[str, float]) -> Design:
    """The design with SAVEPER as long as the run, where that is a whole number of steps."""
    controls = ("INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER")
    if not set(controls) <= set(constants):
        return design
    columns = {name: design.values[:, i] for i, name in enumerate(design.names)}
    start, end, step = (columns.get(name, np.array([constants[name]]))[0] for name in controls[:3])
    steps = (end - start) / step
    if not steps >= 1 or abs(steps - round(steps)) > 1e-9:
        return design
    columns["SAVEPER"] = np.full(design.n_runs, end - start)
    return Design(tuple(columns), np.column_stack(list(columns.values())))


def shapley(values: Floats) -> Floats:
    """Divide what a coalition is worth fairly over its players (Shapley 1953).

    A player's share is what it adds to the coalition of those before it, averaged over every order in which players can come in.
    Shares sum to the worth of all minus that of none; equal players get the same; who adds nothing gets nothing.

    Parameters
    ----------
    values : array, shape (2 ** n_players, ...)
        The worth of each coalition; bit i of its position says whether player i takes part.

    Returns
    -------
    array, shape (n_players, ...)

    References
    ----------
    Shapley (1953), "A value for n-person games", Contributions to the Theory of Games II, 307-317.

    Examples
    --------
    >>> shapley(np.array([0.0, 1.0, 2.0, 5.0])).tolist()  # 1 and 2 alone, 5 together: the extra 2 is shared
    [2.0, 3.0]
    """
    n = len(values).bit_length() - 1
    assert len(values) == 1 << n, "a value for each coalition"
    coalitions = np.arange(1 << n)
    size = sum(coalitions >> i & 1 for i in range(n))
    shares = []
    for i in range(n):
        without = coalitions[coalitions >> i & 1 == 0]
        weights = np.array(
            [
                math.factorial(int(k)) * math.factorial(n - int(k) - 1) / math.factorial(n)
                for k in np.asarray(size)[without]
            ]
        )
        shares.append(np.tensordot(weights, values[without | 1 << i] - values[without], axes=1))
    return np.stack(shares)
