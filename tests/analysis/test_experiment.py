"""Experiments: rows paired over scenarios, each row the run that it says, from its own equilibrium where it needs one."""

from __future__ import annotations

import numpy as np
import pytest

import sdsocec
from sdsocec.analysis.experiment import Experiment
from sdsocec.errors import DesignError, RunError
from sdsocec.scenario import as_it_stands, load_scenario
from sdsocec.scenario.factors import factors_of, values_of

from .small_rest import tank

OUTPUTS = ("unemployed", "vacancies")


@pytest.fixture(scope="module")
def small():
    return sdsocec.load_model("first_steps")


@pytest.fixture(scope="module")
def full():
    return sdsocec.load_model("social_economy")


def rows_of(factors, n, seed=1):
    return values_of(factors, np.random.default_rng(seed).random((n, len(factors))))


def scenarios_of(model, *names):
    return [load_scenario(name, model) for name in names]


def test_every_scenario_gets_the_same_rows(small):
    factors = factors_of(small)
    inputs = rows_of(factors, 20)
    names = ("baseline", "regulier", "publiek")
    together = Experiment.of(small, scenarios_of(small, *names), factors, OUTPUTS).run(inputs)
    assert together.shape == (20, 3, 21, 2)
    for i, name in enumerate(names):
        alone = Experiment.of(small, scenarios_of(small, name), factors, OUTPUTS).run(inputs)
        assert alone[:, 0].tobytes() == np.ascontiguousarray(together[:, i]).tobytes()


def test_a_row_is_the_run_with_these_settings(small):
    factors = factors_of(small, "both")
    inputs = rows_of(factors, 5)
    found = Experiment.of(small, scenarios_of(small, "baseline", "regulier"), factors, OUTPUTS).run(inputs)
    for row, values in zip(inputs, found, strict=True):
        settings = {f.name: float(v) for f, v in zip(factors, row, strict=True)}
        expected = sdsocec.run(small, ["baseline", "regulier"], settings=settings)
        for o, output in enumerate(OUTPUTS):
            yearly = expected[output].sel(time=np.arange(2000, 2021)).values
            np.testing.assert_allclose(values[:, :, o], yearly, rtol=0, atol=1e-9 * np.abs(yearly).max())


def test_a_row_that_acts_at_rest_starts_from_its_own_equilibrium(full):
    factors = factors_of(full)
    experiment = Experiment.of(full, scenarios_of(full, "baseline", "regulier"), factors, OUTPUTS)
    assert experiment.initial == "equilibrium"
    inputs = rows_of(factors, 3)
    found = experiment.run(inputs)
    for row, values in zip(inputs, found, strict=True):
        settings = {f.name: float(v) for f, v in zip(factors, row, strict=True)}
        expected = sdsocec.run(full, ["baseline", "regulier"], settings=settings, initial="equilibrium")
        for o, output in enumerate(OUTPUTS):
            yearly = expected[output].sel(time=list(experiment.times)).values
            np.testing.assert_allclose(values[:, :, o], yearly, rtol=0, atol=1e-9 * np.abs(yearly).max())


def test_levers_that_act_later_start_from_the_stored_values(full):
    factors = factors_of(full, "levers")
    assert Experiment.of(full, scenarios_of(full, "baseline"), factors, OUTPUTS).initial == "stored"


def test_what_a_scenario_sets_too_is_told_and_the_row_counts(small):
    factors = factors_of(small, "levers")
    experiment = Experiment.of(small, scenarios_of(small, "baseline", "regulier"), factors, OUTPUTS)
    assert "quota share" in experiment.overridden
    quota = [f.name for f in factors].index("quota share")
    column = experiment.design(rows_of(factors, 4)).names.index("quota share scenario")
    inputs = rows_of(factors, 4)
    assert experiment.design(inputs).values[:, column].tolist() == [*inputs[:, quota], *inputs[:, quota]]


def test_saved_times_are_those_of_the_saving_step(small):
    factors = factors_of(small)[:1]
    experiment = Experiment.of(small, [as_it_stands(small)], factors, OUTPUTS, saving=5.0)
    assert experiment.times == (2000.0, 2005.0, 2010.0, 2015.0, 2020.0)
    yearly = Experiment.of(small, [as_it_stands(small)], factors, OUTPUTS)
    inputs = rows_of(factors, 3)
    assert np.array_equal(experiment.run(inputs), yearly.run(inputs)[:, :, ::5])


def test_progress_tells_every_run(small):
    told: list[int] = []
    factors = factors_of(small)
    experiment = Experiment.of(small, scenarios_of(small, "baseline", "regulier"), factors, OUTPUTS)
    experiment.run(rows_of(factors, 50), progress=told.append)
    assert sum(told) == 100


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"initial": "stord"}, ["no start 'stord'", "'stored'"]),
        ({"saving": 0.0}, ["the saving step is 0; it must be above 0"]),
    ],
)
def test_an_experiment_that_makes_no_sense_is_refused(small, changes, words):
    with pytest.raises(DesignError) as refusal:
        Experiment.of(small, [as_it_stands(small)], factors_of(small), OUTPUTS, **changes)
    assert all(word in str(refusal.value) for word in words)


def test_a_factor_that_the_equilibrium_computes_is_refused(full):
    from sdsocec.scenario.equilibrium import computed_at_rest

    ranges = full.ranges
    name = next(n for n in computed_at_rest(full) if None not in ranges[n] and ranges[n][0] < ranges[n][1])
    factors = factors_of(full, names=[name])
    with pytest.raises(DesignError, match="is varied, but a start from equilibrium computes it"):
        Experiment.of(full, [as_it_stands(full)], factors, OUTPUTS, initial="equilibrium")


def test_inputs_of_another_shape_are_refused(small):
    experiment = Experiment.of(small, [as_it_stands(small)], factors_of(small), OUTPUTS)
    with pytest.raises(DesignError, match=r"inputs need the shape \(n, 6\), not \(2, 5\)"):
        experiment.run(np.zeros((2, 5)))


TIMES = {"INITIAL TIME": "0", "FINAL TIME": "8", "TIME STEP": "0.25", "SAVEPER": "1"}


def decay(folder, **changes):
    """a halves in a year or so; `changes` are of the control variables."""
    controls = TIMES | {name.replace("_", " "): value for name, value in changes.items()}
    lines = [
        "{UTF-8}",
        "a = INTEG(-k * a, 10) ~~|",
        "k = 0.5 ~ 1/year [0, 1] ~ |",
        *(f"{n} = {v} ~~|" for n, v in controls.items()),
    ]
    (folder / "decay.mdl").write_text("\n".join(lines))
    return sdsocec.load_model(folder / "decay.mdl")


@pytest.mark.parametrize("name", ["TIME STEP", "FINAL TIME", "INITIAL TIME"])
def test_times_that_are_equations_are_refused_with_one_message(tmp_path, name):
    """It was a KeyError, from a sweep and from a sensitivity."""
    from sdsocec.analysis.robust.rankings import saving_for
    from sdsocec.analysis.sensitivity import sensitivity
    from sdsocec.analysis.sweep import sweep

    model = decay(tmp_path, **{name.replace(" ", "_"): f"{TIMES[name]} * 1 + 0"})
    for ask in (
        lambda: sweep(model, n=8, vary=["k"], outcomes=["a"], out=tmp_path / "sweep"),
        lambda: sensitivity(model, vary=["k"], outcomes=["a"], n=64),
        lambda: saving_for(model, None),
        lambda: Experiment.of(model, [as_it_stands(model)], factors_of(model, names=["k"]), ("a",)).run(
            np.ones((1, 1))
        ),
    ):
        with pytest.raises(DesignError, match=f"'{name}' of 'decay' is an equation"):
            ask()


def test_a_saving_step_that_is_an_equation_is_the_time_step(tmp_path):
    from sdsocec.analysis.robust.rankings import saving_for

    assert saving_for(decay(tmp_path, SAVEPER="TIME STEP"), None) == (8.0, 8.0)


@pytest.mark.parametrize(
    ("settings", "times"),
    [({"FINAL TIME": 4.0}, (0, 4)), ({"INITIAL TIME": 2.0}, (2, 8)), ({"TIME STEP": 0.125}, (0, 8))],
)
def test_times_that_scenarios_set_are_those_of_the_runs(tmp_path, settings, times):
    model = decay(tmp_path)
    scenario = as_it_stands(model).with_settings(settings)
    experiment = Experiment.of(model, [scenario], factors_of(model, names=["k"]), ("a",))
    assert experiment.times == tuple(float(t) for t in range(times[0], times[1] + 1))
    assert settings.items() <= experiment.controls.items()
    expected = sdsocec.run(model, settings=settings)["a"].values[0]
    np.testing.assert_array_equal(experiment.run(np.array([[0.5]]))[0, 0, :, 0], expected)


def test_a_saving_step_of_a_scenario_s_own_is_refused(tmp_path):
    model = decay(tmp_path)
    scenario = as_it_stands(model).with_settings({"SAVEPER": 0.5})
    with pytest.raises(DesignError, match="'SAVEPER' is set in 'decay', but all rows are saved at the same times"):
        Experiment.of(model, [scenario], factors_of(model, names=["k"]), ("a",))


# ---- starts from equilibrium ------------------------------------------------------------------------------------------------


@pytest.fixture
def vessel(tmp_path):
    return tank(tmp_path)


def test_a_lever_that_acts_at_rest_in_some_rows_only_gives_each_scenario_its_own_start(vessel):
    """With the stored leak of 0 the lever moves nothing, so a look at the stored values says that all rest alike."""
    factors = factors_of(vessel, names=["leak=uniform(0, 1)"])
    names = ["closed", "open", "grows"]
    experiment = Experiment.of(vessel, scenarios_of(vessel, *names), factors, ("tank",))
    assert experiment.initial == "equilibrium"
    leaks = np.array([[0.0], [0.3], [0.5], [1.0]])
    start = experiment.run(leaks)[:, :, 0, 0]
    at_rest = np.repeat(10 / 0.5, 4)
    expected = np.stack([at_rest, 10 / (0.5 + leaks[:, 0]), at_rest], axis=1)
    np.testing.assert_allclose(start, expected, rtol=1e-9)
    for i, name in enumerate(names):
        alone = Experiment.of(vessel, scenarios_of(vessel, name), factors, ("tank",), initial="equilibrium")
        np.testing.assert_allclose(experiment.run(leaks)[:, i], alone.run(leaks)[:, 0], rtol=1e-12)


def test_scenarios_that_differ_in_nothing_that_acts_at_rest_share_a_start(vessel, monkeypatch):
    from sdsocec.scenario import equilibrium

    solve, solved = equilibrium.find_rest, []

    def count(model, design, **options):
        solved.append(design.n_runs)
        return solve(model, design, **options)

    monkeypatch.setattr(equilibrium, "find_rest", count)
    factors = factors_of(vessel, names=["leak=uniform(0, 1)"])
    for names, n in ((["closed", "grows"], 5), (["closed", "open", "grows"], 10)):
        experiment = Experiment.of(vessel, scenarios_of(vessel, *names), factors, ("tank",), initial="equilibrium")
        experiment.run(rows_of(factors, 5))
        assert solved.pop() == n
    both = factors_of(
        vessel, names=["leak=uniform(0, 1)", "lever=uniform(0, 1)"]
    )  # the rows set what the scenarios set
    Experiment.of(vessel, scenarios_of(vessel, "closed", "open"), both, ("tank",)).run(rows_of(both, 5))
    assert solved.pop() == 5


def test_factors_that_act_at_rest_only_together_start_from_equilibrium(vessel):
    """leak or extra alone moves nothing, as the other is stored as 0."""
    factors = factors_of(vessel, names=["leak=uniform(0, 1)", "extra=uniform(0, 1)"])
    experiment = Experiment.of(vessel, scenarios_of(vessel, "closed"), factors, ("tank",))
    assert experiment.initial == "equilibrium"
    assert experiment.run(np.array([[0.5, 1.0]]))[0, 0, :, 0] == pytest.approx(np.full(9, 10.0))
    later = factors_of(vessel, names=["later=uniform(0, 1)"])
    assert Experiment.of(vessel, scenarios_of(vessel, "closed"), later, ("tank",)).initial == "stored"


def test_a_setting_that_the_equilibrium_computes_is_refused(vessel):
    scenario = as_it_stands(vessel).with_settings({"initial tank": 5.0})
    with pytest.raises(DesignError, match=r"'initial tank' is set in .*, but a start from equilibrium computes it"):
        Experiment.of(vessel, [scenario], factors_of(vessel), ("tank",))
    assert Experiment.of(vessel, [scenario], factors_of(vessel), ("tank",), initial="stored").initial == "stored"


def test_a_row_without_an_equilibrium_is_nan_and_the_others_are_as_without_it(vessel):
    """loss + lever * leak below 0: the tank fills for ever. One row fails in both scenarios, one in `open` alone."""
    factors = factors_of(vessel, names=["loss=uniform(-1, 1)", "leak=uniform(-1, 1)"])
    experiment = Experiment.of(vessel, scenarios_of(vessel, "closed", "open"), factors, ("tank",))
    rows = np.array([[0.5, 0.1], [-0.5, 0.1], [0.2, 0.0], [0.3, -0.6]])
    told: list[int] = []
    found = experiment.runs(rows, progress=told.append)
    assert found.has_start.tolist() == [[True, True], [False, False], [True, True], [True, False]]
    assert np.array_equal(np.isnan(found.values).all(axis=(2, 3)), ~found.has_start)
    assert np.isfinite(found.values[found.has_start]).all()
    np.testing.assert_allclose(found.values[[0, 2]], experiment.run(rows[[0, 2]]), rtol=1e-9)
    assert sum(told) == 8
    assert found.n_unstarted == 2
    assert found.reason.startswith("row 1 in 'closed' ") and "'tank'" in found.reason
    assert "2 of 4 rows have no equilibrium and are left out" in found.notice("and are left out")
    with pytest.raises(RunError, match="row 1 in 'closed'"):
        experiment.design(rows)
    nothing = experiment.runs(rows[[1]])
    assert np.isnan(nothing.values).all() and nothing.values.shape == (1, 2, 9, 1)


def test_an_error_of_another_kind_stops_a_run(vessel, monkeypatch):
    from sdsocec.analysis import experiment as module

    def fail(*_, **__):
        raise RunError("the engine gave up")

    factors = factors_of(vessel, names=["leak=uniform(0, 1)"])
    experiment = Experiment.of(vessel, scenarios_of(vessel, "closed"), factors, ("tank",))
    monkeypatch.setattr(module, "run_design", fail)
    with pytest.raises(RunError, match="the engine gave up"):
        experiment.run(rows_of(factors, 3))
