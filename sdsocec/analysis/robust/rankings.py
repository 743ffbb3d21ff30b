"""Rankings of scenarios: in which share of plausible inputs each holds, which input decides, and where it is turned round.

One rule for rows, for one input alone, and for what is drawn (`stretches.verdicts`): a ranking holds where the two differ by more
than the card's `smallest` of their unit, it is turned round where they do so the other way, and between it is a tie. A row counts
where both scenarios have a finite number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.experiment import Experiment, Runs, control_values
from sdsocec.engine import constant_values
from sdsocec.engine.trajectories import Clock
from sdsocec.errors import DesignError, SdsocecError, nearest_name
from sdsocec.model.card import Outcome
from sdsocec.model.names import as_list, element_name, name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.scenario import Scenario
from sdsocec.scenario.factors import Factor

from .decisive import Split, Strongest, resolution_of, separating, share_interval, strongest, told_share
from .stretches import FAILS, HOLDS, TIE, UNKNOWN, Stretch, find_stretches, verdicts

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]
Sense = Literal["lower", "higher"]
GRID = 33  # values of an input at which all rankings are looked at
EQUAL = 1e-9  # relative to the size of an outcome: less apart is the same number
PART = 256  # rows between two looks at progress


@dataclass(frozen=True, repr=False)
class Ranking:
    """An outcome is lower, or higher, in one scenario than in another.

    Attributes
    ----------
    output : str
        Element name.
    sense : {"lower", "higher"}
        What it is in `first` with the stored values.
    first, second : int
        Positions of the scenarios.
    names : (str, str)
        Of the first and the second.
    time : float
    stored : float
        First minus second with the stored values, in the model's unit.
    tie : float
        The largest difference, either way, that is a tie; in the model's unit.
    n_holds, n_ties, n_reversed, n_unknown : int
        Of the rows: in how many it holds; is a tie; is the other way round; a number is not finite.
    interval : (float, float)
        Of the share in which it holds, 95 %.
    quantiles : (float, float, float)
        Of first minus second, at 5, 50 and 95 %.
    strongest : Strongest or None
        The input that explains most of the difference.
    alone : tuple of tuples of Stretch
        For each input, where the ranking holds, is a tie, fails (is turned round) and is unknown as this input alone moves
        through its range.
    split : Split or None
        Where it fails in some rows: the input that best tells them apart.
    """

    output: str
    outcome: Outcome
    sense: Sense
    first: int
    second: int
    names: tuple[str, str]
    time: float
    stored: float
    tie: float
    n_holds: int
    n_ties: int
    n_reversed: int
    n_unknown: int
    interval: tuple[float, float]
    quantiles: tuple[float, float, float]
    strongest: Strongest | None
    alone: tuple[tuple[Stretch, ...], ...]
    split: Split | None

    def __repr__(self) -> str:
        order = f"{self.names[0]} {'<' if self.sense == 'lower' else '>'} {self.names[1]}"
        return f"<Ranking {self.output}: {order} in {self.time:g}, holds in {told_share(self.n_holds, self.n)}>"

    @property
    def n(self) -> int:
        """The rows that count."""
        return self.n_holds + self.n_ties + self.n_reversed

    @property
    def share(self) -> float:
        """The share in which it holds, of the rows that count; NaN if none does."""
        return self.n_holds / self.n if self.n else float("nan")

    @property
    def is_fragile(self) -> bool:
        """Whether it does not hold, or is not known to, in some row or for some value of one input alone."""
        return self.n_holds < self.n + self.n_unknown or any(one.verdict != "holds" for s in self.alone for one in s)


@dataclass(frozen=True, repr=False)
class Rankings:
    """All rankings, the most fragile first, and the numbers behind them; a sequence of the rankings.

    Attributes
    ----------
    time : float
    outputs : tuple of str
    inputs : array, shape (n, n_factors)
    values : array, shape (n, n_scenarios, n_outputs)
        At `time`, in the model's units.
    stored : array, shape (n_scenarios, n_outputs)
    tied : tuple of (str, int, int)
        Output and scenarios that are too near to rank with the stored values.
    grids : tuple of arrays, shape (n_points,)
        Of each input.
    along : tuple of arrays, shape (n_points, n_scenarios, n_outputs)
        Values as this input alone moves.
    initial : str
        Where the rows start.
    overridden : tuple of str
        The inputs that are varied alike in every scenario, though one of them sets it.
    notice : str
        On rows without an equilibrium to start from; empty if there are none.
    """

    rankings: tuple[Ranking, ...]
    time: float
    outputs: tuple[str, ...]
    inputs: Floats
    values: Floats
    stored: Floats
    tied: tuple[tuple[str, int, int], ...]
    grids: tuple[Floats, ...]
    along: tuple[Floats, ...]
    initial: str
    overridden: tuple[str, ...]
    notice: str = ""

    def __len__(self) -> int:
        return len(self.rankings)

    def __iter__(self) -> Iterator[Ranking]:
        return iter(self.rankings)

    @overload
    def __getitem__(self, place: int) -> Ranking: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Ranking, ...]: ...

    def __getitem__(self, place: int | slice) -> Ranking | tuple[Ranking, ...]:
        return self.rankings[place]

    def __repr__(self) -> str:
        n = sum(not one.is_fragile for one in self.rankings)
        return f"<Rankings in {self.time:g}: {n} of {len(self)} hold throughout>"

    def not_finite(self) -> tuple[int, ...]:
        """For each scenario, in how many rows one of its outputs is not finite."""
        return tuple(int(n) for n in (~np.isfinite(self.values)).any(axis=2).sum(axis=0))

    def differences(self, ranking: Ranking, values: Floats) -> Floats:
        """First minus second, shape (...,), of values of shape (..., n_scenarios, n_outputs)."""
        column = self.outputs.index(ranking.output)
        return np.asarray(values[..., ranking.first, column] - values[..., ranking.second, column])


def ranked_outcomes(
    model: LoadedModel, wanted: Sequence[str] | None = None, every: bool = False
) -> dict[str, tuple[Outcome, Sense]]:
    """Element name -> outcome, and what is better: those named, or those of the overview (or of the card) that have a direction.

    A named one without a direction is ranked from high to low. Raises SdsocecError if there are none.
    """
    card = model.card
    if wanted is None:
        keys = {name_key(name) for name in card.overview} if card.overview and not every else None
        chosen = [
            o
            for o in card.outcomes
            if o.direction != "neutral"
            and (keys is None or {name_key(o.variable), name_key(split_element_name(o.variable)[0])} & keys)
        ]
        if not chosen:
            raise SdsocecError(
                f"the card of '{model.name}' lists no outcome that should be lower or higher, so scenarios have no ranking",
                name=model.name, hint="Name outcomes: --outcome NAME",
            )  # fmt: skip
    else:
        chosen = [_named(model, name) for name in as_list(wanted)]
    return {name: (o, "lower" if o.direction == "lower" else "higher") for o in chosen for name in _elements(model, o)}


def _named(model: LoadedModel, text: str) -> Outcome:
    card = model.card
    known = {name_key(name): o for o in card.outcomes for name in (o.label.nl, o.label.en, o.variable)}
    known |= {name_key(a): known[name_key(v)] for a, v in card.aliases.items() if name_key(v) in known}
    if name_key(text) not in known:
        names = [o.variable for o in card.outcomes]
        raise SdsocecError(
            f"the model '{model.name}' has no outcome '{text}'", name=text,
            nearest=nearest_name(text, [*names, *card.aliases]), hint=f"Outcomes: {', '.join(names)}.",
        )  # fmt: skip
    return known[name_key(text)]


def _elements(model: LoadedModel, outcome: Outcome) -> list[str]:
    base, wanted = split_element_name(outcome.variable)
    names = model.equations.element_names(model.equations.variables[name_key(base)])
    if not wanted:
        return names
    key = name_key(element_name(base, tuple(wanted)))
    return [name for name in names if name_key(name) == key]


def saving_for(model: LoadedModel, time: float | None) -> tuple[float, float]:
    """A time of the run, by default its end, and the saving step that saves it second."""
    values = control_values(model)
    steps = Clock.of(model.equations, values | {"SAVEPER": values["TIME STEP"]})
    times = steps.at_steps()
    wanted = float(times[-1]) if time is None else time
    at = int(np.argmin(np.abs(times - wanted)))
    if not abs(times[at] - wanted) <= 1e-6 * max(1.0, abs(wanted)):
        raise DesignError(
            f"the run has no time step at {wanted:g}", name="time",
            hint=f"It goes from {times[0]:g} to {times[-1]:g} in steps of {steps.dt:g}.",
        )  # fmt: skip
    if at == 0:
        raise DesignError(
            f"at {wanted:g} the run starts, and nothing has happened", name="time", hint="Name a later time."
        )
    return float(times[at]), at * steps.dt


def rank(
    model: LoadedModel,
    scenarios: Sequence[Scenario],
    factors: Sequence[Factor],
    outcomes: Mapping[str, tuple[Outcome, Sense]],
    inputs: Floats,
    *,
    time: float | None = None,
    progress: Progress | None = None,
) -> Rankings:
    """Every ranking of two scenarios, over rows of inputs.

    Parameters
    ----------
    outcomes : dict
        As `ranked_outcomes` gives it.
    inputs : array, shape (n, n_factors)
    time : float, optional
        When; by default the end of the run.

    Raises
    ------
    DesignError
        There is one scenario only, or the run has no such time.
    SdsocecError
        A number is not finite with the stored values, or no ranking has a row that counts.
    """
    if len(scenarios) < 2:
        raise DesignError(f"a ranking needs two scenarios, and '{model.name}' has {len(scenarios)} here")
    outputs = tuple(outcomes)
    at, saving = saving_for(model, time)
    told = progress or (lambda stage, done, total: None)

    whole = Experiment.of(model, scenarios, factors, outputs, saving=saving)

    def experiment(of: Sequence[Factor]) -> Experiment:
        """One of fewer inputs, which starts as the whole does."""
        return Experiment.of(model, scenarios, of, outputs, saving=saving, initial=whole.initial)

    as_stored = experiment(()).runs(np.zeros((1, 0)))
    stored = as_stored.values[0, :, 1]
    if not np.isfinite(stored).all():
        scenario, output = np.argwhere(~np.isfinite(stored))[0]
        raise SdsocecError(
            f"'{outputs[output]}' is not finite in '{scenarios[scenario].name}' at {at:g}, with the stored values",
            name=outputs[output], hint="They have no equilibrium to start from." if as_stored.n_unstarted else "",
        )  # fmt: skip
    parts = []
    for start in range(0, len(inputs), PART):
        told("rankings", start, len(inputs))
        parts.append(whole.runs(inputs[start : start + PART], first=start))
    ran = Runs.joined(parts)
    values = ran.values[:, :, 1]
    told("rankings", len(inputs), len(inputs))
    ties = _ties(model, outputs, np.concatenate([values, stored[None]]))
    pairs, tied = _pairs(outcomes, stored, ties)
    tie_of = np.array([ties[pair.column] for pair in pairs])
    grids, along, alone = [], [], []
    for i, factor in enumerate(factors):
        told("one input at a time", i, len(factors))
        one = experiment((factor,))
        grid = grid_of(model, factor, scenarios)
        found = one.run(grid[:, None])[:, :, 1]
        margins = np.array([pair.margin(found) for pair in pairs]).reshape(len(pairs), len(grid)).T

        def evaluate(points: Floats, which: NDArray[np.int64], one: Experiment = one) -> Floats:
            distinct, place = np.unique(points, return_inverse=True)
            values = one.run(distinct[:, None])[:, :, 1]
            return np.array([pairs[k].margin(values[place[j]]) for j, k in enumerate(which)])

        alone.append(find_stretches(grid, margins, tie_of, evaluate, resolution_of(factor.distribution)))
        grids.append(grid)
        along.append(found)
    told("one input at a time", len(factors), len(factors))
    rankings = [
        _ranking(
            pair, scenarios, at, outcomes, values, stored, ties, inputs, factors, [s[k] for s in alone], len(pairs)
        )
        for k, pair in enumerate(pairs)
    ]
    if rankings and not any(one.n for one in rankings):
        wrong = ", ".join(
            f"'{s.name}'" for s, v in zip(scenarios, np.moveaxis(values, 1, 0), strict=True) if not np.isfinite(v).any()
        )
        raise SdsocecError(
            f"nothing can be ranked: in none of {len(inputs)} rows of inputs do two scenarios have a finite number at {at:g}",
            hint=f"No row of {wrong} has one: narrow the inputs." if wrong else "Narrow the inputs.",
        )
    if rankings and all(one.n_ties == one.n for one in rankings):
        raise DesignError(
            "with these inputs no two scenarios differ by more than a tie in any row, so there is nothing to rank",
            hint="What scenarios set tells them apart: vary something else.",
        )
    return Rankings(
        tuple(sorted(rankings, key=_fragility)), at, outputs, inputs, values, stored, tuple(tied), tuple(grids), tuple(along),
        whole.initial, whole.overridden, ran.notice("in some scenario, and do not count in its rankings") or "",
    )  # fmt: skip


def grid_of(model: LoadedModel, factor: Factor, scenarios: Iterable[Scenario] = (), n: int = GRID) -> Floats:
    """Values through the range of an input, with its stored value if that is one, and lies within."""
    low, high = factor.distribution.low, factor.distribution.high
    grid = np.linspace(low, high, n)
    value = stored_value(model, factor, scenarios)
    return grid if value is None or not low <= value <= high else np.unique(np.append(grid, value))


def stored_value(model: LoadedModel, factor: Factor, scenarios: Iterable[Scenario] = ()) -> float | None:
    """The value of an input in the .mdl; None if its elements differ, or a scenario sets one of them."""
    constants = constant_values(model.equations)
    values = {constants[name] for name in factor.constants}
    is_set = any(name in scenario.settings for scenario in scenarios for name in factor.constants)
    return values.pop() if len(values) == 1 and not is_set else None


@dataclass(frozen=True)
class _Pair:
    """A ranking before it is counted."""

    column: int
    output: str
    sense: Sense
    first: int
    second: int

    def margin(self, values: Floats) -> Floats:
        """By how much it holds, shape (...,): the difference in its sense."""
        difference = values[..., self.second, self.column] - values[..., self.first, self.column]
        return np.asarray(difference if self.sense == "lower" else -difference)


def _ties(model: LoadedModel, outputs: Sequence[str], values: Floats) -> Floats:
    """The largest difference of each output that is a tie: what the card calls too small to mean anything, or rounding.

    Rounding is that of the stored values (the last row) or of the middle row, whichever is larger: one row that runs away makes
    no ties of all others.
    """
    sizes = np.abs(np.where(np.isfinite(values), values, 0.0)).max(axis=1)  # (n, n_outputs)
    found = []
    for output, rounding in zip(outputs, EQUAL * np.maximum(np.median(sizes, axis=0), sizes[-1]), strict=True):
        shown = model.card.units.get(model.equations.variables[name_key(split_element_name(output)[0])].unit)
        found.append(max(float(rounding), shown.smallest if shown is not None else 0.0))
    return np.array(found)


def _pairs(
    outcomes: Mapping[str, tuple[Outcome, Sense]], stored: Floats, ties: Floats
) -> tuple[list[_Pair], list[tuple[str, int, int]]]:
    pairs, tied = [], []
    for column, (output, (_, sense)) in enumerate(outcomes.items()):
        for a in range(len(stored)):
            for b in range(a + 1, len(stored)):
                difference = stored[a, column] - stored[b, column]
                if abs(difference) <= ties[column]:
                    tied.append((output, a, b))
                    continue
                first, second = (a, b) if (difference < 0) == (sense == "lower") else (b, a)
                pairs.append(_Pair(column, output, sense, first, second))
    return pairs, tied


def _ranking(
    pair: _Pair,
    scenarios: Sequence[Scenario],
    time: float,
    outcomes: Mapping[str, tuple[Outcome, Sense]],
    values: Floats,
    stored: Floats,
    ties: Floats,
    inputs: Floats,
    factors: Sequence[Factor],
    alone: Sequence[tuple[Stretch, ...]],
    n_rankings: int,
) -> Ranking:
    margin, tie = pair.margin(values), float(ties[pair.column])
    codes = verdicts(margin, tie)
    known = codes != UNKNOWN
    n = {code: int((codes == code).sum()) for code in (HOLDS, TIE, FAILS, UNKNOWN)}
    difference = margin[known] * (-1 if pair.sense == "lower" else 1)
    low, median, high = (float(q) for q in np.quantile(difference, (0.05, 0.5, 0.95))) if known.any() else (np.nan,) * 3
    return Ranking(
        pair.output, outcomes[pair.output][0], pair.sense, pair.first, pair.second,
        (scenarios[pair.first].name, scenarios[pair.second].name), time,
        float(stored[pair.first, pair.column] - stored[pair.second, pair.column]), tie,
        n[HOLDS], n[TIE], n[FAILS], n[UNKNOWN], share_interval(n[HOLDS], int(known.sum())), (low, median, high),
        strongest(difference, inputs[known], n_rankings), tuple(alone),
        separating(codes[known] == HOLDS, inputs[known], [factor.distribution for factor in factors], n_rankings),
    )  # fmt: skip


def _fragility(ranking: Ranking) -> tuple[float, float]:
    """The smallest share first, none at all before that; of equal ones that with the median nearest to 0 for its spread."""
    low, median, high = ranking.quantiles
    return ranking.share if ranking.n else -1.0, abs(median) / (high - low) if high > low else np.inf
