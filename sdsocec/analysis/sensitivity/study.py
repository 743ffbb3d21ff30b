"""The question asked: rows drawn, run once in every scenario, and read in four ways.

    numerical    the level of an outcome, in every scenario, over time
    mode         whether the shape of an outcome's trajectory is another than that of the reference run
    policy       the difference of a scenario from the baseline, over time
    ranking      whether another scenario is best at the end than in the reference run

The reference run has every factor as the scenario has it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.experiment import Experiment, Runs, control_values, unstarted
from sdsocec.analysis.levers import chosen_outcomes
from sdsocec.analysis.outputs import output_names
from sdsocec.engine import run_design
from sdsocec.errors import DesignError, RunError
from sdsocec.model.card import Outcome
from sdsocec.model.names import as_list, name_key, split_element_name
from sdsocec.model.project import LoadedModel, as_loaded
from sdsocec.model.toml import Text
from sdsocec.results.shown import is_year
from sdsocec.scenario import Scenario, default_scenarios, scenarios_of_names
from sdsocec.scenario.factors import Factor, factors_of, values_of

from .design import Sample, check_method, draw, rows_per_point
from .indices import EQUAL, LEAST_POINTS
from .modes import LEAST_TIMES
from .policy import Ranking
from .reading import Reading
from .result import Modes, Question, Sensitivity

Floats = NDArray[np.float64]
BLOCK = 8192  # rows whose designs are in memory together
MOST_BYTES = 4_000_000_000
MOST_TIMES = 50  # saved times, where time is not in years


def sensitivity(
    model: LoadedModel | str | Path | None = None,
    scenarios: Scenario | str | Sequence[Scenario | str] | None = None,
    *,
    over: str | None = None,
    vary: Sequence[str] = (),
    outcomes: Sequence[str] | None = None,
    method: str = "sobol",
    n: int | None = None,
    seed: int = 1,
    confidence: float = 0.95,
    tolerance: float = 0.05,
    saving: float | None = None,
    modes_from: float | None = None,
    threads: int | None = None,
    before: Callable[[Question], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Sensitivity:
    """Find which inputs decide the level, the shape and the policy ranking of outcomes.

    Every row of inputs is run once in each scenario; all questions are asked of these runs.

    Parameters
    ----------
    model : LoadedModel, name or path, optional
        By default the project's default model.
    scenarios : scenarios or their names, optional
        By default those of the card; where levers are varied, its baseline, as rows set what scenarios would.
    over : {"uncertainties", "levers", "both"}, optional
    vary : sequence of str
        `NAME` or `NAME=DISTRIBUTION`; see `factors_of`.
    outcomes : sequence of str, optional
        Of the card, by name, alias or label, or any other variable; by default those that should rise or fall.
    method : {"sobol", "morris", "pawn"}
        Variance; elementary effects (screening); distribution (moment-independent).
    n : int, optional
        Base points, a power of two; each has n_factors + 2 rows (sobol), n_factors + 1 (morris) or one (pawn). By default
        2048, 256 and 2048.
    confidence : float
        Of the bootstrap intervals.
    tolerance : float
        An index has converged if half its interval is below this and doubling n to its value moved it by less.
    saving : float, optional
        The saving step, in the model's unit of time; by default a year, or so that at most 50 times are saved.
    modes_from : float, optional
        The saved time from which behaviour modes are looked at; by default the last at which the default scenarios are the same.
    before : callable, optional
        Told the question before anything is run; it may raise.
    progress : callable, optional
        Told the runs done and the runs there are.

    Raises
    ------
    DesignError
        A method, number, factor or distribution will not do, or the runs do not fit in memory.
    RunError
        A run with every factor as the scenario has it is not finite.

    Examples
    --------
    >>> import sdsocec
    >>> from sdsocec.analysis.sensitivity import sensitivity
    >>> model = sdsocec.load_model("first_steps")
    >>> found = sensitivity(model, ["baseline", "regulier"], outcomes=["unemployed"], n=64)
    >>> found.parts["numerical"].indices.value.shape  # sizes of the design, scenarios, times, outcomes, factors, indices
    (4, 2, 21, 1, 6, 2)
    """
    model = as_loaded(model)
    n = check_method(method, n, seed)
    if not 0.5 <= confidence < 1:
        raise DesignError(f"the confidence is {confidence:g}; it must be from 0.5 to below 1")
    if not 0 < tolerance < 1:
        raise DesignError(f"the tolerance is {tolerance:g}; it must be above 0 and below 1")
    factors = factors_of(model, over, vary)
    chosen = _scenarios(model, scenarios, factors)
    wanted = _outcomes(model, outcomes)
    if not wanted:
        raise DesignError(f"the card of '{model.name}' lists no outcomes")
    experiment = Experiment.of(model, chosen, factors, list(wanted), saving=_saving(model, saving))
    start = None if modes_from is None else _position(experiment.times, modes_from)
    _refuse_too_many(experiment, n * rows_per_point(method, len(factors)))
    sample = draw(method, len(factors), n, seed)
    baseline = _baseline(model, chosen)
    question = Question(experiment, sample, seed, confidence, tolerance, wanted, baseline, modes_from)
    if before is not None:
        before(question)
    return _answer(question, start, threads, progress)


def _answer(
    question: Question, start: int | None, threads: int | None, progress: Callable[[int, int], None] | None
) -> Sensitivity:
    """Run, and read the runs; `start` is the position of the time from which behaviour modes are looked at."""
    from threadpoolctl import threadpool_limits

    experiment = question.experiment
    reference = _reference(experiment)
    runs = _run(experiment, values_of(question.factors, question.sample.probabilities), threads, progress)
    reading = Reading(
        experiment, question.sample, runs.values, reference.values, question.seed, question.confidence,
        question.tolerance,
    )  # fmt: skip
    notices = _notices(experiment, runs, question.sample)
    start = reference.parting if start is None else start
    with threadpool_limits(1, "blas"):  # more threads take more time for it, and could change the last bits
        return _read(question, reading, start, notices)


def _read(question: Question, reading: Reading, start: int, notices: tuple[str, ...]) -> Sensitivity:
    """Every question asked of the runs."""
    baseline = question.baseline
    parts = {"numerical": reading.numerical()}
    absent: dict[str, str] = {}
    modes: Modes | None = None
    ranking: Ranking | None = None
    if len(reading.experiment.times) - start < LEAST_TIMES:
        absent["mode"] = "few_times"
    else:
        modes, parts["mode"] = reading.modes(start)
    if baseline is None:
        absent |= dict.fromkeys(("policy", "ranking"), "one_scenario")
    else:
        parts["policy"] = reading.policy(baseline)
        directions = {name: o.direction for name, o in question.outcomes.items() if o.direction != "neutral"}
        if directions:
            ranking, parts["ranking"] = reading.ranking(directions)
        else:
            absent["ranking"] = "no_direction"
    asked = {field.name: getattr(question, field.name) for field in fields(Question)}
    return Sensitivity(**asked, parts=parts, absent=absent, modes=modes, ranking=ranking, notices=notices)


def _outcomes(model: LoadedModel, wanted: Sequence[str] | None) -> dict[str, Outcome]:
    """The outcomes of the card named, or those that should rise or fall; any other variable of the model by its name."""
    if wanted is None:
        return chosen_outcomes(model, None)
    listed = model.card.outcomes
    variables = {name_key(label): o.variable for o in listed for label in (o.label.nl, o.label.en)}
    known = {name_key(o.variable): o for o in listed}
    return {
        name: known.get(name_key(name)) or known.get(name_key(split_element_name(name)[0]))
        or Outcome(variable=name, label=Text(nl=name, en=name))
        for name in output_names(model, [variables.get(name_key(text), text) for text in as_list(wanted)])
    }  # fmt: skip


def _scenarios(
    model: LoadedModel, wanted: Scenario | str | Sequence[Scenario | str] | None, factors: Sequence[Factor]
) -> list[Scenario]:
    chosen = scenarios_of_names(model, wanted)
    return chosen[:1] if not wanted and any(factor.kind == "lever" for factor in factors) else chosen


def _baseline(model: LoadedModel, scenarios: Sequence[Scenario]) -> str | None:
    """The card's baseline if it was run, else the first scenario; None if there is one alone."""
    names = [scenario.name for scenario in scenarios]
    if len(names) < 2:
        return None
    return model.card.baseline if model.card.baseline in names else names[0]


def time_unit_of(model: LoadedModel) -> str:
    """The model's unit of time."""
    return model.equations.variables["initial time"].unit


def _saving(model: LoadedModel, wanted: float | None) -> float:
    """The saving step asked for; else a year, or the fewest saving steps of the model that leave at most `MOST_TIMES` times."""
    start, end, step, saved = control_values(model).values()

    def fits(size: float) -> bool:
        return all(abs(x / y - round(x / y)) < 1e-6 and x > 0 for x, y in ((size, step), (end - start, size)))

    if wanted is not None:
        if not (math.isfinite(wanted) and wanted > 0 and fits(wanted)):
            raise DesignError(
                f"a saving step of {wanted:g} does not fit: it must be a whole number of time steps of {step:g}, and divide the "
                f"run of {end - start:g}", hint="Leave it out, or take another.",
            )  # fmt: skip
        return wanted
    if is_year(time_unit_of(model)) and fits(1.0) and end - start <= 10 * MOST_TIMES:
        return 1.0
    n_saved = round((end - start) / saved) if saved > 0 else 0
    every = [k for k in range(1, n_saved + 1) if n_saved % k == 0 and n_saved // k < MOST_TIMES]
    return saved * every[0] if every else saved


def _position(times: Sequence[float], start: float) -> int:
    found = next((i for i, time in enumerate(times) if abs(time - start) < 1e-6), None)
    if found is None:
        nearest = min(times, key=lambda time: abs(time - start))
        raise DesignError(f"no value is saved at {start:g}", hint=f"The nearest saved time is {nearest:g}.")
    return found


def _refuse_too_many(experiment: Experiment, n_rows: int) -> None:
    numbers = n_rows * len(experiment.scenarios) * len(experiment.times) * len(experiment.outputs)
    if numbers * 8 > MOST_BYTES:
        raise DesignError(
            f"{n_rows} rows in {len(experiment.scenarios)} scenarios need {numbers * 8 / 1e9:.1f} GB of memory, above "
            f"{MOST_BYTES / 1e9:g} GB", hint="Take a smaller n, fewer outcomes or scenarios, or a longer saving step.",
        )  # fmt: skip


@dataclass(frozen=True)
class _Reference:
    """The scenarios with every factor as they have it: the wanted outputs, shape (n_scenarios, n_times, n_outputs).

    `parting` is the position of the last saved time at which the default scenarios (or, without two, those run) still have all
    outcomes of the card in common; 0 if they have none or never part.
    """

    values: Floats
    parting: int


def _reference(experiment: Experiment) -> _Reference:
    model = experiment.model
    run = {scenario.name: scenario for scenario in experiment.scenarios}
    compared = default_scenarios(model)
    compared = compared if len(compared) > 1 else list(experiment.scenarios)
    every = [*run.values(), *(scenario for scenario in compared if scenario.name not in run)]
    plain = Experiment.of(model, every, (), experiment.outputs, saving=experiment.saving, initial=experiment.initial)
    # All variables are saved: that kernel is there from `run`, and some of the card's outcomes may not be wanted.
    found = run_design(
        model.equations, plain.design(np.empty((1, 0))), engine="native", listed=model.card.listed_constants()
    ).trajectories
    columns = [found.names.index(name) for name in experiment.outputs]
    values = found.values[: len(run)][:, :, columns]
    for s, t, k in np.argwhere(~np.isfinite(values))[:1]:
        raise RunError(
            f"'{experiment.outputs[k]}' is {values[s, t, k]} at time {experiment.times[t]:g} in "
            f"'{experiment.scenarios[s].name}' as it is", name=experiment.outputs[k],
            hint="A model that does not run has no sensitivity: sdsocec run",
        )  # fmt: skip
    names = [name for name in chosen_outcomes(model, None) if name in found.names]
    common = found.values[[i for i, s in enumerate(every) if s.name in {c.name for c in compared}]]
    common = np.nan_to_num(common[:, :, [found.names.index(name) for name in names]])
    differs = (np.ptp(common, axis=0) > EQUAL * np.abs(common).max(axis=(0, 1), initial=0.0)).any(axis=1)
    first = int(np.argmax(differs)) if differs.any() else 0
    return _Reference(values, max(first - 1, 0))


def _run(
    experiment: Experiment, inputs: Floats, threads: int | None, progress: Callable[[int, int], None] | None
) -> Runs:
    """The runs, a block of rows at a time."""
    n, n_scenarios = len(inputs), len(experiment.scenarios)
    found = np.empty((n, n_scenarios, len(experiment.times), len(experiment.outputs)))
    has_start, reason = np.empty((n, n_scenarios), dtype=bool), ""
    done = 0

    def tell(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(done, n * n_scenarios)

    if progress is not None:
        progress(0, n * n_scenarios)
    for start in range(0, n, BLOCK):
        some = slice(start, start + BLOCK)
        runs = experiment.runs(inputs[some], threads=threads, progress=tell, first=start)
        found[some], has_start[some], reason = runs.values, runs.has_start, reason or runs.reason
    return Runs(found, has_start, reason)


def _notices(experiment: Experiment, runs: Runs, sample: Sample) -> tuple[str, ...]:
    """What is to be told; DesignError if too few base points have an equilibrium in all their rows and scenarios."""
    found = []
    n_rows = len(runs.values)
    whole = runs.has_start.reshape(sample.n, -1).all(axis=1)  # a base point's rows are compared with each other
    if whole.sum() < LEAST_POINTS:
        raise DesignError(
            f"{int(whole.sum())} of {sample.n:,} base points have an equilibrium in all their rows; indices need "
            f"{LEAST_POINTS}: {runs.reason}",
            hint="Narrow what varies, or see which constants fail: sdsocec run --set NAME=VALUE",
        )  # fmt: skip
    if experiment.overridden:
        listed = ", ".join(f"'{name}'" for name in experiment.overridden)
        found.append(f"rows set {listed} in every scenario, whatever the scenario sets")
    lost = f"(left out, with {int((~whole).sum()):,} of {sample.n:,} base points); indices are of inputs that have one"
    missing = unstarted(runs.n_unstarted, n_rows, lost, runs.reason)
    found += [missing] if missing else []
    # (n_rows, n_scenarios, n_outputs)
    finite = np.asarray(np.isfinite(runs.values).all(axis=2) | ~runs.has_start[..., None])
    for s, k in np.argwhere(~finite.all(axis=0)):
        found.append(
            f"{int((~finite[:, s, k]).sum())} of {n_rows} rows of '{experiment.outputs[k]}' in "
            f"'{experiment.scenarios[s].name}' are not finite; their base points are left out"
        )
    return tuple(found)
