"""Run models from Python: the functions behind `import sdsocec` and behind the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.outputs import elements_of
from sdsocec.cache import digest_of
from sdsocec.engine import FIXED_STEP, Design, Run, Trajectories, run_design
from sdsocec.errors import DesignError, SdsocecError, nearest_name
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel, as_loaded, load_model
from sdsocec.model.toml import Text
from sdsocec.results import Accuracy, measure_accuracy, provenance, to_dataset
from sdsocec.scenario import (
    Scenario,
    acts_at_rest,
    as_it_stands,
    default_scenarios,
    design_of,
    settable_of,
)
from sdsocec.scenario import load_scenario as load_scenario_of

if TYPE_CHECKING:
    import xarray as xr

    from sdsocec.scenario.profiles import Profile
    from sdsocec.scenario.recipe import Recipe


def load_scenario(name_or_path: str | Path, model: LoadedModel | None = None) -> Scenario:
    """Load a scenario of a model (by default the project's default model) by name, or from a .toml file."""
    return load_scenario_of(name_or_path, model or load_model())


INITIAL = ("stored", "equilibrium")


@dataclass(frozen=True)
class ScenarioRuns:
    """Scenarios that were run: what `run` labels, and what the command line prints.

    `run` is scaled to the size of the `profile`, if there is one; `initial` says where it starts; `notices` are for the reader;
    `recipe` is what was asked, so that it can be run again.
    """

    model: LoadedModel
    scenarios: tuple[Scenario, ...]
    design: Design
    run: Run
    accuracy: Accuracy
    settings: Mapping[str, float]
    profile: Profile | None = None
    initial: str = "stored"
    notices: tuple[Text, ...] = ()
    recipe: Recipe | None = None

    def difference_errors(self, first: str | None) -> dict[str, NDArray[np.float64]]:
        """How far the time step may put differences with a scenario off: see `Accuracy.difference_errors`; {} without it."""
        names = [scenario.name for scenario in self.scenarios]
        return self.accuracy.difference_errors(names.index(first)) if first in names else {}

    def dataset(self) -> xr.Dataset:
        """The labelled result, with its provenance and the time step's error as attributes."""
        digests = [(scenario.name, scenario.digest) for scenario in self.scenarios]
        attributes = provenance(self.model, self.design, self.run, digests) | self.accuracy.attributes()
        attributes |= {"settings": json.dumps(dict(self.settings)), "initial": self.initial}
        titles = {s.name: {"nl": s.title.nl, "en": s.title.en} for s in self.scenarios}
        attributes["scenario_titles"] = json.dumps(titles, ensure_ascii=False)
        if self.profile is not None:
            place = self.profile
            title = {"nl": place.title.nl, "en": place.title.en}
            profile = {"name": place.name, "title": title, "share": place.share, "sha256": place.digest}
            attributes["profile"] = json.dumps(profile, ensure_ascii=False)
        attributes["outcomes_sha256"] = _digest_of_outcomes(self.model, self.run.trajectories)
        if self.recipe is not None:
            attributes["recipe"] = self.recipe.text()
        names = [scenario.name for scenario in self.scenarios]
        return to_dataset(self.model.equations, self.run.trajectories, names, "scenario", attributes)


def run_scenarios(
    model: LoadedModel,
    scenarios: Sequence[Scenario] | None = None,
    settings: Mapping[str, float] | None = None,
    *,
    engine: str = "auto",
    integrator: str = "euler",
    initial: str | None = None,
    profile: Profile | str | None = None,
    progress: Callable[[int], None] | None = None,
    is_measured: bool = True,
) -> ScenarioRuns:
    """Run scenarios, all variables saved, and measure the time step's error unless told not to; see `run`."""
    from sdsocec.scenario.recipe import Recipe, scenario_recipes

    chosen = list(scenarios) if scenarios is not None else default_scenarios(model)
    asked = scenario_recipes(chosen, model)
    place = _load_profile(profile, model) if profile is not None else None
    from_rest = _starts_at_rest(model, initial, place)
    if place is not None:
        _refuse_overlap(chosen, place)
        chosen = [scenario.with_settings(place.values, f"profile {place.name}") for scenario in chosen]
    values = settable_of(model).check(settings or {})
    if values:
        chosen = [scenario.with_settings(values) for scenario in chosen]
    design = design_of(model, chosen)
    notices: list[Text] = []
    if place is not None and model.card.profiles_caution is not None:
        notices.append(model.card.profiles_caution)
    names = [scenario.name for scenario in chosen]
    if from_rest:
        design = _at_rest(model, design, names)
    elif model.card.equilibrium is not None:
        notices += _drift_notices(model, design, names)
    found = run_design(
        model.equations,
        design,
        engine=engine,
        integrator=integrator,
        listed=model.card.listed_constants(),
        progress=progress,
    )
    found.trajectories.require_finite(tuple(scenario.name for scenario in chosen))
    accuracy = Accuracy({}, f"{integrator} has error control itself")
    if integrator in FIXED_STEP and not is_measured:
        accuracy = Accuracy({}, "it was not asked for")
    elif integrator in FIXED_STEP:
        accuracy = measure_accuracy(model.equations, design, found.trajectories, _measured(model))
    if place is not None:
        found = replace(found, trajectories=_scaled(model, found.trajectories, place.share))
        if accuracy.errors is not None:
            accuracy = replace(accuracy, errors=_scaled(model, accuracy.errors, place.share))
        notices += _small_notices(model, found.trajectories)
    notices += [Text(nl=found.notice, en=found.notice)] if found.notice else []
    recipe = Recipe(
        scenarios=asked, settings=values, profile=None if place is None else place.name, initial=INITIAL[from_rest],
        engine="auto" if engine == "auto" and found.engine != "native" else found.engine, integrator=integrator,
    )  # fmt: skip
    return ScenarioRuns(
        model, tuple(chosen), design, found, accuracy, values, place, INITIAL[from_rest], tuple(notices), recipe
    )


def _measured(model: LoadedModel) -> list[str]:
    """The outputs of which the time step's error is measured: outcomes, costs and their effects, as element names."""
    card = model.card
    names = [cost.variable for cost in card.costs]
    names += [name for ratio in card.cost_effects for name in (ratio.cost, ratio.effect)]
    return list(dict.fromkeys([*outcome_elements(model), *(e for name in names for e in elements_of(model, name))]))


def _digest_of_outcomes(model: LoadedModel, trajectories: Trajectories) -> str:
    """One hash of every number of the outcomes: two results with the same hash have the same outcomes, bit for bit."""
    column = {name: i for i, name in enumerate(trajectories.names)}
    columns = [column[name] for name in outcome_elements(model) if name in column]
    return digest_of(np.ascontiguousarray(trajectories.values[:, :, columns], dtype="<f8").tobytes())


def _load_profile(name: object, model: LoadedModel) -> Profile:
    from sdsocec.scenario.profiles import Profile, load_profile

    return name if isinstance(name, Profile) else load_profile(str(name), model)


def _starts_at_rest(model: LoadedModel, initial: str | None, place: Profile | None) -> bool:
    """Whether runs start from their own equilibrium: if asked for, and for a place, whose numbers have one of their own."""
    if initial is not None and initial not in INITIAL:
        raise SdsocecError(
            f"there is no start '{initial}'", name=str(initial), nearest=nearest_name(str(initial), INITIAL),
            hint=f"Valid: {', '.join(INITIAL)}.",
        )  # fmt: skip
    if place is None or model.card.equilibrium is None:
        return initial == "equilibrium"
    if initial == "stored":
        raise SdsocecError(
            f"'{place.name}' starts from its own equilibrium; the stored values belong to the whole", name=place.name,
            hint="Leave out --initial.",
        )  # fmt: skip
    return True


def _refuse_overlap(scenarios: Sequence[Scenario], place: Profile) -> None:
    """A constant that both a scenario and a place set would be one or the other without a word."""
    for scenario in scenarios:
        for constant in place.values:
            if constant in scenario.settings:
                raise SdsocecError(
                    f"the scenario '{scenario.name}' and the profile '{place.name}' both set '{constant}'", name=constant,
                    hint="Take it out of one of them, or set it by hand: --set",
                )  # fmt: skip


def _at_rest(model: LoadedModel, design: Design, names: Sequence[str]) -> Design:
    from sdsocec.scenario.equilibrium import computed_at_rest, spin_up_each

    for constant in computed_at_rest(model):
        if constant in design.names:
            raise SdsocecError(
                f"'{constant}' is set, but a start from equilibrium computes it", name=constant,
                hint="Leave it out, or start from the stored values.",
            )  # fmt: skip
    return spin_up_each(model, design, names)


def _drift_notices(model: LoadedModel, design: Design, names: Sequence[str]) -> list[Text]:
    """A line if a run starts where the model, frozen, does not rest."""
    if not acts_at_rest(model, set(design.names)):
        return []
    from sdsocec.scenario.equilibrium import NOTICEABLE, computed_at_rest, drift

    try:
        moving = drift(model, design).worst()
    except SdsocecError:  # a notice must not stop a run; PySD may run what this cannot
        return []
    run = max(range(len(moving)), key=lambda i: moving[i][1])
    stock, speed = moving[run]
    if speed <= NOTICEABLE:
        return []
    is_by_hand = bool(set(computed_at_rest(model)) & set(design.names))
    dutch = f"{speed:.2%}".replace(".", ",")
    told = Text(
        nl=f"de opgeslagen beginwaarden horen niet bij deze instellingen: in rust verandert '{stock}' met "
        f"{dutch} per jaar in '{names[run]}'",
        en=f"the stored initial values do not belong to these settings: at rest '{stock}' moves by {speed:.2%} a year in "
        f"'{names[run]}'",
    )
    if is_by_hand:
        return [told]
    return [
        Text(
            nl=f"{told.nl}. `run` en `compare` beginnen met --initial equilibrium in evenwicht",
            en=f"{told.en}. With --initial equilibrium `run` and `compare` start from equilibrium",
        )
    ]


def _small_notices(model: LoadedModel, trajectories: Trajectories) -> list[Text]:
    """A line on outcomes that end so small, in some scenario, that a model of rates says nothing about them."""
    column = {name: i for i, name in enumerate(trajectories.names)}
    notices = []
    for unit, shown in model.card.units.items():
        small = [
            outcome.label
            for outcome in model.card.outcomes
            for name in elements_of(model, outcome.variable)
            if model.equations.variables[name_key(split_element_name(name)[0])].unit == unit
            and any(0 < abs(value) < shown.smallest for value in trajectories.values[:, -1, column[name]])
        ]
        if small:
            limit = f"{shown.smallest * shown.factor:g}"
            nl, en = (", ".join(label.in_language(language) for label in small) for language in ("nl", "en"))
            notices.append(
                Text(
                    nl=f"ergens aan het eind minder dan {limit} {shown.shown.nl}, te weinig om iets te betekenen: {nl}",
                    en=f"below {limit} {shown.shown.en} somewhere at the end, too small to mean anything: {en}",
                )
            )
    return notices


def _scaled(model: LoadedModel, trajectories: Trajectories, share: float) -> Trajectories:
    """Amounts (variables with an extensive unit) times a share of the whole; constants stay what the run used."""
    extensive = {unit for unit, shown in model.card.units.items() if shown.extensive}
    variables = [model.equations.variables[name_key(split_element_name(name)[0])] for name in trajectories.names]
    factors = [share if v.unit in extensive and v.kind != "constant" else 1.0 for v in variables]
    return replace(trajectories, values=trajectories.values * np.array(factors))


def run(
    model: LoadedModel | str | Path | None = None,
    scenarios: Scenario | Sequence[Scenario | str] | None = None,
    *,
    settings: Mapping[str, float] | None = None,
    engine: str = "auto",
    integrator: str = "euler",
    initial: str | None = None,
    profile: str | None = None,
) -> xr.Dataset:
    """Run scenarios of a model.

    Parameters
    ----------
    model : LoadedModel, name or path, optional
        By default the project's default model.
    scenarios : scenarios or their names, optional
        By default those of the card, or the model as it stands if it has none.
    settings : dict, optional
        Constants, levers or aliases by name, set in every scenario: `{"quota share": 0.03}`, in the model's units.
    engine : {"auto", "native", "pysd"}
        `auto` is native, or PySD where native cannot compile the model (the attribute `engine` says which it was).
    integrator : {"euler", "rk4", "RK45", "DOP853", "LSODA", "Radau"}
    initial : {"stored", "equilibrium"}, optional
        Start from the initial values of the .mdl, or from the equilibrium of the constants set. By default stored, and for a
        profile its equilibrium.
    profile : str, optional
        A place: its constants, its own equilibrium, amounts (people, money) scaled to its size. `settings` stay amounts of the
        whole.

    Returns
    -------
    xarray.Dataset
        Every variable of the model, dims (scenario, time, subscript ranges), `units` in attrs; the Dataset's attrs hold
        the provenance and the time step's error.

    Raises
    ------
    SdsocecError
        A name, value or file is wrong; the message says what, where and how to mend it.

    Examples
    --------
    >>> import sdsocec
    >>> result = sdsocec.run("first_steps", ["baseline", "regulier"])
    >>> dict(result["unemployed"].sizes) == {"scenario": 2, "time": result.sizes["time"]}
    True
    """
    loaded = as_loaded(model)
    chosen: list[Scenario] | None = None
    if isinstance(scenarios, Scenario | str):
        scenarios = [scenarios]
    if scenarios is not None:
        chosen = [s if isinstance(s, Scenario) else load_scenario_of(s, loaded) for s in scenarios]
    return run_scenarios(
        loaded, chosen, settings, engine=engine, integrator=integrator, initial=initial, profile=profile
    ).dataset()


def run_table(
    model: LoadedModel | str | Path,
    rows: Any,
    *,
    outputs: Iterable[str] | None = None,
    engine: str = "auto",
    integrator: str = "euler",
    threads: int | None = None,
) -> xr.Dataset:
    """Run a table of constants, one run a row.

    Parameters
    ----------
    rows : pandas.DataFrame, dict of columns, or Design
        Columns are constants, levers or aliases; values in the model's units.
    outputs : variable or element names, optional
        By default every variable.

    Returns
    -------
    xarray.Dataset
        Dims (run, time, subscript ranges). The coordinate `is_finite` (run) is False for a run that has a number which is
        not finite: leave it out of every statistic.
    """
    loaded = as_loaded(model)
    design = rows if isinstance(rows, Design) else _design_of_columns(loaded, rows)
    names = None if outputs is None else tuple(n for o in outputs for n in elements_of(loaded, o))
    found = run_design(
        loaded.equations, design, outputs=names, engine=engine, integrator=integrator,
        listed=loaded.card.listed_constants(), threads=threads,
    )  # fmt: skip
    attributes = provenance(loaded, design, found, [])
    dataset = to_dataset(loaded.equations, found.trajectories, range(design.n_runs), "run", attributes)
    return dataset.assign_coords(is_finite=("run", found.trajectories.is_finite))


def _design_of_columns(model: LoadedModel, rows: Any) -> Design:
    settable = settable_of(model)
    columns: dict[str, Any] = {}
    for name in rows:
        try:
            column = np.asarray(rows[name], dtype=np.float64).ravel()
        except (TypeError, ValueError):
            raise DesignError(f"the column '{name}' holds something that is not a number", name=str(name)) from None
        for extreme in (column.min(), column.max()) if len(column) else ():
            settable.check({str(name): float(extreme)})
        for constant in settable.constants(str(name)):
            if constant in columns:
                raise DesignError(f"two columns set '{constant}'", name=constant)
            columns[constant] = column
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise DesignError(f"the columns have different lengths: {', '.join(map(str, sorted(lengths)))}")
    n = lengths.pop() if lengths else 1
    return Design(tuple(columns), np.array(list(columns.values())).reshape(len(columns), n).T.copy())


def outcome_elements(model: LoadedModel) -> list[str]:
    """The element names of all outcomes of the card."""
    return [name for outcome in model.card.outcomes for name in elements_of(model, outcome.variable)]


__all__ = [
    "ScenarioRuns",
    "as_it_stands",
    "load_model",
    "load_scenario",
    "run",
    "run_scenarios",
    "run_table",
]
