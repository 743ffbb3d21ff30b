"""Sensitivity: known indices of known functions, SALib's own numbers, shapes and rankings worked out by hand."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from SALib.analyze import morris as salib_morris
from SALib.analyze import pawn as salib_pawn
from SALib.analyze import sobol as salib_sobol

import sdsocec
from sdsocec.analysis.experiment import Experiment
from sdsocec.analysis.sensitivity import LEAST_EVENTS, MODES, Sample, behaviour_modes, draw, indices_of, sensitivity
from sdsocec.analysis.sensitivity.design import problem_of
from sdsocec.analysis.sensitivity.reading import Reading
from sdsocec.errors import SdsocecError
from sdsocec.model.project import load_model
from sdsocec.scenario import as_it_stands
from sdsocec.scenario.factors import factors_of, values_of

from . import small_rest

MODELS = Path(__file__).resolve().parents[1] / "models"
FLOAT = {"rtol": 1e-9, "atol": 1e-12}


def ishigami():
    """S1 and ST of x1, x2, x3 and of an input that enters nothing; Ishigami and Homma (1990), a = 7, b = 0.1."""
    a, b, pi = 7.0, 0.1, np.pi
    v1, v2, v13 = 0.5 * (1 + b * pi**4 / 5) ** 2, a**2 / 8, 8 * b**2 * pi**8 / 225
    whole = v1 + v2 + v13
    return np.array([[v1, v1 + v13], [v2, v2], [0, v13], [0, 0]]) / whole


def g_function():
    """S1 and ST of eight inputs; Saltelli and Sobol (1995)."""
    v = 1 / (3 * (1 + np.array([0, 1, 4.5, 9, 99, 99, 99, 99])) ** 2)
    whole = np.prod(1 + v) - 1
    return np.stack([v / whole, [v[i] * np.prod(1 + np.delete(v, i)) / whole for i in range(8)]], axis=1)


KNOWN = {
    "ishigami": (ishigami(), ["x1", "x2", "x3", "idle"]),
    "g_function": (g_function(), [f"x{i}" for i in range(1, 9)]),
}


@pytest.fixture(scope="module")
def first_steps():
    return load_model("first_steps")


def asked(name, method, n=None):
    return sensitivity(
        load_model(MODELS / f"{name}.mdl"), vary=KNOWN[name][1], outcomes=["result"], method=method, n=n, seed=3
    )


def at_end(found, kind="numerical", scenario=0, outcome=0):
    indices = found.parts[kind].indices
    return indices.value[-1, scenario, -1, outcome], indices.half[-1, scenario, -1, outcome]


@pytest.mark.parametrize("name", KNOWN)
def test_sobol_indices_of_known_functions_lie_in_their_intervals(name):
    value, half = at_end(asked(name, "sobol", 4096))
    known = KNOWN[name][0]
    assert (np.abs(value - known) <= half).all(), (value - known, half)
    assert half.max() < 0.05
    nothing = known[:, 1] == 0
    assert (value[nothing] == 0).all() and (half[nothing] == 0).all()


@pytest.mark.parametrize("method", ["morris", "pawn"])
def test_morris_and_pawn_rank_the_inputs_of_known_functions(method):
    found = asked("g_function", method, 1024)
    chief = found.parts["numerical"].indices.chief[0, -1, 0]
    assert list(np.argsort(-chief)[:4]) == [0, 1, 2, 3]
    found = asked("ishigami", method, 1024)
    indices = found.parts["numerical"].indices
    chief, (value, _) = indices.chief[0, -1, 0], at_end(found)
    assert chief.argmin() == 3
    if method == "pawn":
        threshold = indices.threshold[-1, 0, -1, 0]
        assert chief[3] < threshold < chief[:3].min()
        assert chief.argmax() == 1  # sin^2 x2 moves the whole distribution most, x1 its spread
    else:
        assert value[3].tolist() == [0, 0, 0]
        assert (
            value[1, 1] < 0.1 * value[1, 0]
        )  # up and down: the mean effect says nothing, the mean absolute effect does
        assert value[2, 2] > value[2, 0]  # x3 acts only through x1


def salib(method, sample, y, seed):
    """SALib's own analysis of one output, as (n_factors, n_indices)."""
    problem, rows = problem_of(sample.n_factors), sample.probabilities
    if method == "sobol":
        got = salib_sobol.analyze(problem, y, calc_second_order=False, seed=seed)
        return np.stack([got["S1"], got["ST"]], 1), np.stack([got["S1_conf"], got["ST_conf"]], 1)
    if method == "morris":
        got = salib_morris.analyze(problem, rows, y, num_levels=4, seed=seed)
        columns = [np.asarray(got[key], dtype=float) for key in ("mu_star", "mu", "sigma", "mu_star_conf")]
        return np.stack(columns[:3], 1), columns[3][:, None]
    got = salib_pawn.analyze(problem, rows, y)
    return got["median"][:, None], None


@pytest.mark.parametrize(("method", "n"), [("sobol", 64), ("morris", 32), ("pawn", 512)])
def test_indices_are_those_of_salib_on_the_same_runs(first_steps, method, n):
    """Levels, differences, shapes and rankings alike, at every time that varies."""
    found = sensitivity(first_steps, ["baseline", "publiek"], outcomes=["unemployed"], method=method, n=n, seed=5)
    runs = found.experiment.run(values_of(found.factors, found.sample.probabilities))[..., 0]
    modes = behaviour_modes(runs[:, :, list(found.experiment.times).index(found.modes.start) :])
    best_of_reference = [s.name for s in found.experiment.scenarios].index(found.ranking.best[0][0])
    outputs = {
        "numerical": runs,
        "policy": runs[:, 1:] - runs[:, :1],
        "mode": (modes != found.modes.reference[:, 0])[:, :, None].astype(float),
        "ranking": (runs[:, :, -1].argmin(axis=1) != best_of_reference)[:, None, None].astype(float),
    }
    n_compared = 0
    for kind, values in outputs.items():
        indices = found.parts[kind].indices
        for s, t, k in np.argwhere(indices.varies)[::5]:
            value, half = salib(method, found.sample, values[:, s, t], seed=6)
            np.testing.assert_allclose(indices.value[-1, s, t, k], value, **FLOAT)
            if half is not None:
                np.testing.assert_allclose(indices.half[-1, s, t, k, :, : half.shape[1]], half, **FLOAT)
            n_compared += 1
    assert n_compared > 5


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.booleans())
def test_indices_of_any_numbers_are_those_of_salib(seed, level, size, is_event):
    """Law: whatever the level, the size and the ties of an output."""
    rng = np.random.default_rng(seed)
    for method, n in (("sobol", 64), ("pawn", 512), ("morris", 32)):
        sample = draw(method, 3, n, seed)
        y = sample.probabilities @ [1.0, 2.0, 0.0] + rng.normal(size=len(sample.probabilities))
        y = (y > 1.5).astype(float) if is_event else level + size * y
        found = indices_of(sample, y[:, None], np.ones(1), seed=seed)
        value, half = salib(method, sample, y, seed + 1)
        np.testing.assert_allclose(found.value[-1, 0], value, rtol=1e-6, atol=1e-9 * size)
        if half is not None:
            np.testing.assert_allclose(found.half[-1, 0, :, : half.shape[1]], half, rtol=1e-6, atol=1e-9 * size)


@pytest.mark.parametrize(("method", "n"), [("sobol", 128), ("morris", 64), ("pawn", 1024)])
def test_the_first_half_of_a_design_is_the_design_of_half_the_size(method, n):
    whole, half = draw(method, 5, n, 9), draw(method, 5, n // 2, 9)
    assert (whole.probabilities[: len(half.probabilities)] == half.probabilities).all()
    y = np.sin(whole.probabilities).sum(axis=1, keepdims=True)
    nested = indices_of(whole, y, np.ones(1), seed=1)
    alone = indices_of(half, y[: len(half.probabilities)], np.ones(1), seed=1)
    np.testing.assert_allclose(nested.value[-2], alone.value[-1], rtol=1e-12)
    assert nested.sizes == (n // 8, n // 4, n // 2, n)


def test_an_index_has_converged_if_its_interval_is_narrow_and_it_has_stopped_moving():
    """One over the root: half widths of 0.1 come below 0.05 at four times the n; a move alone asks for twice the n."""
    sample = draw("sobol", 3, 64, 1)
    y = sample.probabilities @ np.array([[3.0], [1.0], [0.0]])
    found = indices_of(sample, y, np.ones(1), tolerance=0.05)
    half, moved = found.half[-1, 0], found.moved[0]
    assert (found.converged[0] == ((half <= 0.05) & (moved <= 0.05))).all()
    assert found.converged[0, 2].all() and not found.converged[0, 0].any()
    assert found.needed() == 64 * 2 ** int(np.ceil(np.log2((half.max() / 0.05) ** 2)))
    assert indices_of(sample, y, np.ones(1), tolerance=0.9).needed() is None
    more = draw("sobol", 3, 4096, 1)
    later = indices_of(more, more.probabilities @ np.array([[3.0], [1.0], [0.0]]), np.ones(1))
    assert later.half.max(axis=(1, 2, 3)).tolist() == sorted(later.half.max(axis=(1, 2, 3)).tolist(), reverse=True)


def test_the_tolerance_of_morris_is_a_share_of_the_largest_effect():
    sample = draw("morris", 2, 32, 1)
    y = sample.probabilities @ np.array([[1000.0, 1.0], [10.0, 0.01]])
    found = indices_of(sample, y, np.ones(2), tolerance=0.05)
    assert found.allowed[:, 0, 0] == pytest.approx([50.0, 0.05])
    assert (found.converged[0] == found.converged[1]).all() and found.converged[0, 0, 0]


@pytest.mark.parametrize(("method", "n"), [("sobol", 64), ("morris", 64), ("pawn", 512)])
def test_what_does_not_vary_or_is_not_finite_is_said_without_a_warning(method, n):
    sample = draw(method, 3, n, 2)
    rows = len(sample.probabilities)
    some = sample.probabilities.sum(axis=1)
    y = np.stack([some, np.full(rows, 7.0), 1e6 + 1e-6 * some, np.full(rows, np.nan), some, some], axis=1)
    y[sample.rows_per_point * 3, 4] = np.nan
    y[sample.rows_per_point * 5 + sample.rows_per_point - 1, 5] = np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = indices_of(sample, y, np.array([3.0, 7, 1e6, 1, 3, 3]))
    assert [found.absence(i) for i in range(6)] == ["", "constant", "constant", "not_finite", "", ""]
    assert found.n_used.tolist() == [n, n, n, 0, n - 1, n - 1]
    assert np.isnan(found.value[:, 1:4]).all() and not found.converged[1:4].any()
    left = np.delete(np.arange(n), 3)
    points = sample.probabilities.reshape(n, sample.rows_per_point, -1)[left]
    kept = Sample(method, n - 1, points.reshape(-1, 3))
    value, _ = salib(method, kept, some.reshape(n, -1)[left].ravel(), seed=1)
    np.testing.assert_allclose(found.value[-1, 4], value, **FLOAT)


def test_an_event_too_rare_to_explain_has_no_index():
    """Resamples without the event have no variance: the index would be 0 with an interval of 0, and look sure."""
    sample = draw("sobol", 2, 256, 1)
    order = np.argsort(sample.probabilities[:, 0])
    events = np.zeros((len(order), 2))
    events[order[:20], 0] = 1
    events[order[:400], 1] = 1
    found = indices_of(sample, events, np.ones(2), is_event=True)
    assert [found.absence(i) for i in range(2)] == ["rare", ""]
    assert events[:, 0].sum() < LEAST_EVENTS


@pytest.mark.parametrize("seen", [30, 59, 61])
def test_an_index_of_a_rare_event_has_converged_only_where_three_in_the_tolerance_were_seen(seen):
    """x1 changes nothing: its index and interval are 0 whatever n is, and say nothing while few rows have the event."""
    sample = draw("sobol", 2, 1024, 1)
    rows = sample.probabilities.reshape(1024, 4, 2)
    limit = np.sort(rows[:, [0, -1], 0].ravel())[seen - 1]
    event = (sample.probabilities[:, :1] <= limit).astype(float)
    found = indices_of(sample, event, np.ones(1), is_event=True, tolerance=0.05)
    assert found.varies[0] and found.n_events[0] == seen
    assert found.value[-1, 0, 1].tolist() == found.half[-1, 0, 1].tolist() == [0, 0]
    assert found.converged[0, 1].all() == (seen * 0.05 >= 3)
    idle = np.zeros((1, 2, 2), dtype=bool)
    idle[0, 1] = True
    assert found.needed(idle) == (None if seen > 60 else 2048)


def test_the_rows_of_a_trajectory_are_one_look_at_an_event():
    """Ten trajectories of which every row has the event are ten looks, not sixty."""
    sample = draw("morris", 5, 256, 1)
    events = np.zeros((256, 6, 2))
    events[:10, :, 0] = 1
    events[:10, 0, 0] = 0
    events[:40, 3, 1] = 1
    found = indices_of(sample, events.reshape(-1, 2), np.ones(2), is_event=True)
    assert found.n_events.tolist() == [10, 40]
    assert [found.absence(i) for i in range(2)] == ["rare", ""]


@pytest.mark.parametrize(
    ("mode", "series"),
    [
        ("flat", [5, 5, 5, 5, 5]),
        ("flat", [0, 0, 0, 0, 0]),
        ("flat", [100, 100.4, 99.8, 100.3, 100.1]),
        ("growth, faster", [1, 2, 4, 8, 16]),
        ("growth, steady", [0, 1, 2, 3, 4]),
        ("growth, slower", [0, 8, 12, 14, 15]),
        ("decline, faster", [16, 15, 13, 9, 1]),
        ("decline, steady", [4, 3, 2, 1, 0, -1]),
        ("decline, slower", [16, 8, 4, 2, 1]),
        ("growth, steady", [0, 2, 1.9, 3, 4]),  # a fall of 2.5 % of the range is a wiggle
        ("oscillation", [0, 2, 1.5, 4, 0.5]),  # the fall from 2 to 1.5 is an eighth of the range
        ("trough, then peak", [1, 0, 2, 1.9, 4, 0.5]),
        ("peak", [0, 4, 8, 6, 5]),
        ("trough", [8, 4, 0, 2, 3]),
        ("peak, then trough", [0, 8, 4, 9, 10]),
        ("trough, then peak", [9, 0, 8, 2, 1]),
        ("oscillation", [0, 5, 0, 5, 0]),
        ("growth, slower", [-8, -2, -1, -0.5, 0]),
    ],
)
def test_the_mode_of_a_series_made_by_hand(mode, series):
    assert MODES[behaviour_modes(np.array(series, dtype=float))] == mode


def test_a_mode_does_not_depend_on_the_size_and_mirrors_with_the_series():
    """Law: k y has the mode of y; -y has its mirror image; one series among many has the mode it has alone."""
    rng = np.random.default_rng(1)
    y = rng.normal(size=(300, 12)).cumsum(axis=1)
    modes = behaviour_modes(y)
    assert (behaviour_modes(y * 1e-7) == modes).all()
    mirror = [0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, 11]
    assert (behaviour_modes(-y) == np.array(mirror)[modes]).all()
    assert all(behaviour_modes(one) == mode for one, mode in zip(y, modes, strict=True))
    y[3, 4] = np.nan
    assert behaviour_modes(y)[3] == -1


def test_the_order_of_scenarios_changes_no_number(first_steps):
    names = ["baseline", "regulier", "publiek"]
    there, back = (sensitivity(first_steps, order, outcomes=["unemployed"], n=64) for order in (names, names[::-1]))
    assert there.baseline == back.baseline == "baseline"
    key = ["outcome", "scenario", "time", "factor", "kind", "index"]
    one, other = (found.to_frame().sort_values(key, ignore_index=True) for found in (there, back))
    assert one.equals(other)
    assert there.ranking.best == back.ranking.best
    assert (there.ranking.share_best == back.ranking.share_best[:, ::-1]).all()


@pytest.mark.parametrize("method", ["sobol", "morris", "pawn"])
def test_the_same_seed_gives_the_same_and_leaves_numpys_own_generator_alone(first_steps, method):
    np.random.seed(4)
    before = np.random.get_state()[1].tolist()
    n = 512 if method == "pawn" else 64
    one, same, other = (
        sensitivity(first_steps, ["baseline"], outcomes=["unemployed"], method=method, n=n, seed=seed)
        for seed in (0, 0, 1)
    )
    assert np.random.get_state()[1].tolist() == before
    assert one.to_frame().equals(same.to_frame()) and one.attributes() == same.attributes()
    assert not one.to_frame().equals(other.to_frame())


CONTROLS = "".join(
    f"{name} = {value} ~ year ~~|\n"
    for name, value in (("INITIAL TIME", 2000), ("FINAL TIME", 2004), ("TIME STEP", 1), ("SAVEPER", 1))
)


def project(tmp_path, equation, direction="higher"):
    """Scenarios `base` (plan = 0) and `act` (plan = 1) of one outcome; inputs x and y from 0 to 1."""
    folder, scenarios = tmp_path / "models" / "tiny", tmp_path / "scenarios" / "tiny"
    folder.mkdir(parents=True)
    scenarios.mkdir(parents=True)
    inputs = "".join(f"{name} = {value} ~ dmnl [-2,2] ~~|\n" for name, value in (("x", 0.5), ("y", 0.5), ("plan", 0)))
    mdl = "{UTF-8}\n" + inputs + f"result = {equation} ~ dmnl ~~|\n" + CONTROLS
    (folder / "model.mdl").write_text(mdl, encoding="utf-8")
    card = 'title = {nl = "Klein", en = "Small"}\ndefault_scenarios = ["base", "act"]\n'
    card += f'[[outcome]]\nvariable = "result"\nlabel = {{nl = "uitkomst", en = "result"}}\ndirection = "{direction}"\n'
    for name in "xy":
        card += f'[[uncertainty]]\nname = "{name}"\ndistribution = "uniform(0, 1)"\nsource = "assumption: for tests"\n'
    (folder / "model.toml").write_text(card, encoding="utf-8")
    base = 'name = "{}"\ntitle = {{nl = "{}", en = "{}"}}\ndescription = {{nl = "", en = ""}}\n'
    (scenarios / "base.toml").write_text(base.format(*["base"] * 3), encoding="utf-8")
    change = base.format(*["act"] * 3) + 'extends = "base"\n[constants.plan]\nvalue = 1\nsource = "test"\n'
    (scenarios / "act.toml").write_text(change, encoding="utf-8")
    return load_model(folder)


def test_the_difference_depends_on_what_the_policy_works_through(tmp_path):
    """result = 10 x + plan y: the level in both scenarios depends on x, the difference on y alone."""
    found = sensitivity(project(tmp_path, "10 * x + plan * y"), n=256)
    level, difference = at_end(found, "numerical", 1)[0], at_end(found, "policy")[0]
    assert level[0] == pytest.approx([1, 1], abs=0.06) and level[1, 1] < 0.02
    assert difference[1] == pytest.approx([1, 1], abs=0.06) and difference[0].tolist() == [0, 0]
    assert found.parts["policy"].scenarios == ("act",)


def test_the_ranking_depends_on_the_input_that_decides_whether_the_policy_helps(tmp_path):
    """result = x + plan (y - 0.25): `act` is best for y above a quarter, as it is at y = 0.5."""
    found = sensitivity(project(tmp_path, "x + plan * (y - 0.25)"), n=256)
    assert found.ranking.best == (("act",),)
    assert found.ranking.share_changed == pytest.approx([0.25], abs=0.01)
    assert found.ranking.share_best[0] == pytest.approx([0.25, 0.75], abs=0.01)
    index = at_end(found, "ranking")[0]
    assert index[1] == pytest.approx([1, 1], abs=0.15) and index[0].tolist() == [0, 0]
    lower = sensitivity(project(tmp_path / "lower", "x + plan * (y - 0.25)", "lower"), n=256)
    assert lower.ranking.best == (("base",),) and lower.ranking.share_changed == pytest.approx([0.25], abs=0.01)


def test_equal_scenarios_are_both_best_and_no_row_changes_that(tmp_path):
    found = sensitivity(project(tmp_path, "x + 0 * plan * y"), n=64)
    assert found.ranking.best == (("base", "act"),)
    assert found.ranking.share_changed.tolist() == [0.0]
    assert found.parts["ranking"].indices.absence(0, 0, 0) == "constant"
    assert found.parts["policy"].indices.absence(0, 4, 0) == "constant"


def test_the_shape_depends_on_the_input_that_bends_it(tmp_path):
    """Growth up to y = 0.5, a flat line above; x moves the level only."""
    equation = "100 + x + IF THEN ELSE(y < 0.75, 10 * (Time - 2000), 0)"
    found = sensitivity(project(tmp_path, equation), ["base"], n=256)
    assert MODES[found.modes.reference[0, 0]] == "growth, steady"
    share = found.modes.shares[0, 0]
    assert share[MODES.index("flat")] == pytest.approx(0.25, abs=0.01)
    index = at_end(found, "mode")[0]
    assert index[1] == pytest.approx([1, 1], abs=0.15) and index[0].tolist() == [0, 0]
    assert found.absent == {"policy": "one_scenario", "ranking": "one_scenario"}


def test_rows_that_are_not_finite_are_counted_and_left_out(tmp_path):
    found = sensitivity(project(tmp_path, "x + LN(y - 0.1)"), ["base"], n=256)
    indices = found.parts["numerical"].indices
    assert 0 < indices.n_used[0, -1, 0] < 256
    lost = int(found.notices[0].split(" ")[0])
    assert found.notices == (
        f"{lost} of 1024 rows of 'result' in 'base' are not finite; their base points are left out",
    )
    assert found.modes.shares[0, 0].sum() == pytest.approx(1)
    assert np.isfinite(indices.value[-1, 0, -1, 0]).all()


def test_rows_without_an_equilibrium_are_left_out_with_their_base_points(tmp_path):
    """A row that fails in one scenario takes its base point out of that scenario's level and of the difference."""
    model = small_rest.tank(tmp_path)
    vary = ["loss=uniform(0.1, 1)", "leak=uniform(-0.3, 1)"]
    found = sensitivity(model, ["closed", "open"], vary=vary, n=256, outcomes=["tank"])
    assert found.experiment.initial == "equilibrium"
    loss, leak = values_of(found.factors, found.sample.probabilities).T
    fails = loss + leak <= 0
    points = fails.reshape(256, -1).any(axis=1)
    assert 0 < points.sum() < 128
    level, difference = found.parts["numerical"].indices, found.parts["policy"].indices
    assert level.n_used[:, -1, 0].tolist() == [256, 256 - points.sum()]
    assert difference.n_used[0, -1, 0] == 256 - points.sum()
    assert np.isfinite(level.value[-1]).all() and np.isfinite(difference.value[-1]).all()
    row = int(np.flatnonzero(fails)[0])
    start = f"{fails.sum()} of 1,024 rows have no equilibrium (left out, with {points.sum()} of 256 base points)"
    assert found.notices[0].startswith(f"{start}; indices are of inputs that have one; row {row} in 'open' ")
    assert len(found.notices) == 1
    with pytest.raises(SdsocecError, match=r"0 of 64 base points have an equilibrium .* row 0 in 'closed'"):
        sensitivity(model, ["closed"], vary=["loss=uniform(-1, -0.5)"], n=64, outcomes=["tank"])


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"method": "sobl"}, "there is no method 'sobl'\n  Did you mean 'sobol'? Valid: sobol, morris, pawn."),
        ({"n": 100}, "n is 100; for sobol it must be a power of two from 64 on\n  The nearest above: -n 128"),
        ({"n": 0}, "n is 0; for sobol it must be a power of two from 64 on\n  The nearest above: -n 64"),
        ({"n": -5}, "n is -5; for sobol it must be a power of two from 64 on\n  The nearest above: -n 64"),
        (
            {"n": 64, "method": "pawn"},
            "n is 64; for pawn it must be a power of two from 512 on\n  The nearest above: -n 512",
        ),
        ({"seed": -1}, "the seed is -1; it must be 0 or more"),
        ({"confidence": 95}, "the confidence is 95; it must be from 0.5 to below 1"),
        ({"tolerance": 0}, "the tolerance is 0; it must be above 0 and below 1"),
        (
            {"saving": 0.3},
            "a saving step of 0.3 does not fit: it must be a whole number of time steps of 0.015625, and divide the run of 20\n"
            "  Leave it out, or take another.",
        ),
        ({"modes_from": 2010.5}, "no value is saved at 2010.5\n  The nearest saved time is 2010."),
        ({"vary": ["imitatoin"]}, None),
        ({"outcomes": ["unemploid"]}, None),
        ({"scenarios": ["baseline", "baseline"]}, "the scenario 'baseline' is named twice\n  Name each scenario once."),
        (
            {"n": 1 << 20},
            "8388608 rows in 5 scenarios need 21.1 GB of memory, above 4 GB\n"
            "  Take a smaller n, fewer outcomes or scenarios, or a longer saving step.",
        ),
    ],
)
def test_a_wrong_question_gets_one_message(first_steps, question, message):
    with pytest.raises(SdsocecError) as error:
        sensitivity(first_steps, **question)
    if message is None:
        assert error.value.nearest in ("imitation", "unemployed")
    else:
        assert str(error.value) == message


def test_levers_are_varied_in_the_baseline_unless_scenarios_are_named(first_steps):
    found = sensitivity(first_steps, over="levers", outcomes=["unemployed"], n=64)
    assert [s.name for s in found.experiment.scenarios] == ["baseline"]
    named = sensitivity(first_steps, ["baseline", "regulier"], over="levers", outcomes=["unemployed"], n=64)
    assert "whatever the scenario sets" in named.notices[0]


def test_any_vensim_model_can_be_asked():
    """No card, subscripts, time in days: outcomes are stocks, the saving step leaves at most 50 times."""
    model = load_model(MODELS / "age_sir.mdl")
    constant = next(v for v in model.equations.variables.values() if v.kind == "constant" and v.range[1] is not None)
    found = sensitivity(model, vary=[constant.name], n=64)
    assert len(found.experiment.times) <= 51 and found.experiment.times[-1] == 150
    assert "susceptible[child]" in found.outcomes


def test_a_model_that_saves_every_step_is_saved_at_fifty_times_at_most(tmp_path):
    """SAVEPER = TIME STEP is what Vensim writes by itself."""
    mdl = "{UTF-8}\nstock = INTEG(rate * stock, 1) ~ dmnl ~~|\nrate = 0.1 ~ 1/month [0,1] ~~|\n"
    controls = (("INITIAL TIME", 0), ("FINAL TIME", 120), ("TIME STEP", 0.5), ("SAVEPER", "TIME STEP"))
    mdl += "".join(f"{name} = {value} ~ month ~~|\n" for name, value in controls)
    (tmp_path / "growth.mdl").write_text(mdl, encoding="utf-8")
    found = sensitivity(load_model(tmp_path / "growth.mdl"), vary=["rate=uniform(0.01, 0.02)"], n=64)
    assert found.experiment.times == tuple(np.arange(0, 120.1, 2.5).tolist())
    assert found.parts["numerical"].indices.value[-1, 0, -1, 0, 0] == pytest.approx([1, 1], abs=0.2)


def test_rows_that_run_away_hide_no_ranking(tmp_path):
    """With help there is more of a in every row; in the largest a is 1e28, of which a billionth is more than a anywhere else."""
    (tmp_path / "m.mdl").write_text(
        "{UTF-8}\na = INTEG(g * a + help, 10) ~~|\ng = 0.01 ~~|\nhelp = 0 ~~|\nINITIAL TIME = 0 ~~|\nFINAL TIME = 10 ~~|\n"
        "TIME STEP = 0.25 ~~|\nSAVEPER = 1 ~~|\n"
    )
    model = sdsocec.load_model(tmp_path / "m.mdl")
    plain = replace(as_it_stands(model), name="none")
    experiment = Experiment.of(
        model, [plain, plain.with_settings({"help": 0.1})], factors_of(model, names=["g=uniform(0, 20)"]), ["a"]
    )
    sample = draw("pawn", 1, 512, 1)
    runs = experiment.run(values_of(experiment.factors, sample.probabilities))
    reference = replace(experiment, factors=()).run(np.zeros((1, 0)))[0]
    found, _ = Reading(experiment, sample, runs, reference, 1, 0.95, 0.05).ranking({"a": "higher"})
    assert np.ptp(np.log10(runs[:, 0, -1, 0])) > 20
    assert found.best == ((experiment.scenarios[1].name,),)
    assert found.share_best.tolist() == [[0.0, 1.0]] and found.share_changed.tolist() == [0.0]
