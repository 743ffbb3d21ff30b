"""What is robust: shares and flips that are known beforehand, on a model of a few lines."""

from __future__ import annotations

import json

import numpy as np
import pytest

import sdsocec
from sdsocec.analysis import Runner
from sdsocec.analysis.robust import robust
from sdsocec.analysis.robust.stretches import Stretch, has, intervals, verdicts
from sdsocec.errors import DesignError, ProjectError, SdsocecError

from .small_rest import tank

MODEL = """{UTF-8}
policy= 0 ~ dmnl [0,9] ~~|
x= 0.5 ~ dmnl [0,1] ~~|
y= 0.5 ~ dmnl [0,1] ~~|
linear= policy * (x - 0.3) ~ dmnl ~~|
tied= policy * MAX(0, x - 0.3) ~ dmnl ~~|
sure= policy * (1 + x) ~ dmnl ~~|
joint= policy * (x + y - 0.4) ~ dmnl ~~|
hump= policy * (0.04 - (x - 0.5) * (x - 0.5)) ~ dmnl ~~|
low= 0 - policy * (y - 0.2) ~ kpers ~~|
rate= 0.1 ~ 1/year [0.01,1] ~~|
stock start= 20 ~ dmnl ~~|
stock= INTEG (2 - stock * rate, stock start) ~ dmnl ~~|
INITIAL TIME = 0 ~ year ~~|
FINAL TIME = 4 ~ year ~~|
TIME STEP = 0.5 ~ year ~~|
SAVEPER = 0.5 ~ year ~~|
"""
OUTCOMES = ("linear", "tied", "sure", "joint", "hump")
CARD = (
    'title = {nl = "Klein", en = "Small"}\ndefault_scenarios = ["base", "more"]\n'
    "[units.kpers]\nfactor = 1000\n"
    'shown = {nl = "personen", en = "persons"}\nsmallest = 0.05\n'
    '[labels]\nx = {nl = "de x", en = "the x"}\n'
    + "".join(
        f'[[outcome]]\nvariable = "{name}"\nlabel = {{nl = "{name} nl", en = "{name} en"}}\ndirection = "higher"\n'
        for name in OUTCOMES
    )
    + '[[outcome]]\nvariable = "low"\nlabel = {nl = "laag", en = "low"}\ndirection = "lower"\n'
    + '[[outcome]]\nvariable = "policy"\nlabel = {nl = "beleid", en = "policy"}\n'
    + "".join(f'[[uncertainty]]\nname = "{name}"\ndistribution = "uniform(0, 1)"\nsource = "test"\n' for name in "xy")
)
CLAIMS = """[claims]
C1 = {nl = "De x is groot", en = "The x is large"}
own = {nl = "Wat de toets zelf zet, blijft", en = "What a check sets stays"}
C3 = {nl = "De y is groot", en = "The y is large"}
C4 = {nl = "Soms niet te berekenen", en = "At times not computed"}
C5 = {nl = "Het midden", en = "The middle"}
"""
CHECKS = """from sdsocec import reality_check


def last(results, name):
    return float(results[name].values[-1])


@reality_check("C1: x is large", source="test")
def x_is_large(run):
    return last(run(), "x") > 0.3, f"{last(run(), 'x')}"


@reality_check("What a check sets stays", source="test")
def own(run):
    found = run(scenario="more", set={"x": 0.9})
    return last(found, "x") == 0.9 and run.constants["y"] == last(found, "y"), ""


@reality_check("C3: y is large", source="test")
def y_is_large(run):
    return last(run(scenario="more"), "y") > 0.6, ""


@reality_check("C4: computed where x is not small", source="test")
def stops(run):
    if last(run(), "x") < 0.25:
        raise ValueError("too small")
    return True, ""


@reality_check("C5: x lies in the middle", source="test")
def middle(run):
    return 0.2 < last(run(), "x") < 0.8, ""


@reality_check("At rest: the stock starts where it stays", source="test")
def at_rest(run):
    stock = run()["stock"].values
    return abs(stock[-1] - stock[0]) < 1e-6 * stock[0], f"{stock}"
"""
EVERYWHERE = (Stretch(0.0, 1.0, "holds"),)
SCENARIO = 'name = "{name}"\ntitle = {{nl = "{nl}", en = "{en}"}}\ndescription = {{nl = "", en = ""}}\n'


@pytest.fixture
def folder(tmp_path):
    """A project: the model above, and two scenarios; `more` has a policy, and an x of its own that rows replace."""
    model, scenarios = tmp_path / "models" / "tiny", tmp_path / "scenarios" / "tiny"
    model.mkdir(parents=True)
    scenarios.mkdir(parents=True)
    (model / "model.mdl").write_text(MODEL, encoding="utf-8")
    (model / "model.toml").write_text(CARD, encoding="utf-8")
    (scenarios / "base.toml").write_text(SCENARIO.format(name="base", nl="Basis", en="Base"), encoding="utf-8")
    more = SCENARIO.format(name="more", nl="Meer", en="More") + '[constants.policy]\nvalue = 1\nsource = "test"\n'
    (scenarios / "more.toml").write_text(more, encoding="utf-8")
    return model


@pytest.fixture
def model(folder):
    return sdsocec.load_model(folder)


@pytest.fixture
def gappy(folder):
    """The same with `gap`: as `linear`, but with the policy not a number for x > 0.8."""
    gap = "gap= policy * (x - 0.3) + 1e-12 * SQRT(0.8 - policy * x) ~ dmnl ~~|\n"
    outcome = '[[outcome]]\nvariable = "gap"\nlabel = {nl = "gat", en = "gap"}\n'
    (folder / "model.mdl").write_text(MODEL + gap, encoding="utf-8")
    (folder / "model.toml").write_text(CARD + outcome, encoding="utf-8")
    return sdsocec.load_model(folder)


@pytest.fixture
def with_claims(folder):
    (folder / "checks.py").write_text(CHECKS, encoding="utf-8")
    (folder / "model.toml").write_text(CARD + CLAIMS, encoding="utf-8")
    return sdsocec.load_model(folder)


def rankings_of(model, **options):
    found = robust(model, n=512, only="rankings", **options)
    return found, {one.output: one for one in found.rankings.rankings}


# ---- rankings ---------------------------------------------------------------------------------------------------------


def test_a_linear_margin_holds_in_its_share_and_flips_where_it_is_zero(model):
    _, by = rankings_of(model)
    one = by["linear"]
    assert one.sense == "higher" and (one.first, one.second) == (1, 0) and one.stored == pytest.approx(0.2)
    assert one.interval[0] < 0.7 < one.interval[1] and abs(one.share - 0.7) < 0.01
    assert (one.strongest.position, one.strongest.is_decisive) == (0, True) and one.strongest.share > 0.95
    assert intervals(one.alone[0], "fails") == [(None, pytest.approx(0.3, abs=1e-6))]
    assert one.alone[1] == EVERYWHERE
    assert one.quantiles == pytest.approx((0.05 - 0.3, 0.2, 0.95 - 0.3), abs=0.01)


def test_ties_are_counted_apart(model):
    _, by = rankings_of(model)
    one = by["tied"]
    assert one.n_holds == by["linear"].n_holds
    assert (one.n_ties, one.n_reversed) == (by["linear"].n_reversed, 0)
    assert intervals(one.alone[0], "tie") == [(None, pytest.approx(0.3, abs=1e-3))] and not has(one.alone[0], "fails")
    assert one.is_fragile


def test_a_difference_too_small_to_mean_anything_is_a_tie(model):
    """low is -1000 (y - 0.2) persons apart: lower with the policy for y > 0.2, and within 50 persons near it."""
    _, by = rankings_of(model)
    one = by["low"]
    assert one.sense == "lower" and one.first == 1
    assert (one.n_ties, one.n_reversed) == (pytest.approx(0.1 * 512, abs=3), pytest.approx(0.15 * 512, abs=3))
    assert one.share == pytest.approx(0.75, abs=0.01) and one.tie == 0.05
    assert intervals(one.alone[1], "fails") == [(None, pytest.approx(0.15, abs=1e-9))]
    assert intervals(one.alone[1], "tie") == [(pytest.approx(0.15, abs=1e-9), pytest.approx(0.25, abs=1e-9))]


@pytest.mark.parametrize("output", ["linear", "tied", "low", "hump", "gap"])
def test_a_row_and_one_input_alone_are_judged_alike(gappy, output):
    """Each depends on one input, so that every row lies in the stretch of its own verdict; but for those on a border."""
    found, by = rankings_of(gappy, outcomes=[output] if output == "gap" else None)
    one, x = by[output], found.rankings.inputs[:, 1 if output == "low" else 0]
    borders = [stretch.high for stretch in one.alone[1 if output == "low" else 0]]
    away = np.abs(x[:, None] - borders).min(axis=1) > 1e-3
    difference = found.rankings.differences(one, found.rankings.values)
    codes = verdicts(-difference if one.sense == "lower" else difference, one.tie)
    told = [one.alone[1 if output == "low" else 0][k].verdict for k in np.searchsorted(borders, x)]
    names = {1: "holds", 0: "tie", -1: "fails", 2: "unknown"}
    assert away.sum() > 450
    assert [names[code] for code in codes[away].tolist()] == np.array(told)[away].tolist()


def test_a_row_counts_where_both_scenarios_have_a_number(gappy):
    """Of gap it is not finite with the policy for x > 0.8, so of the others it holds in 5/8."""
    found, by = rankings_of(gappy, outcomes=["gap", "sure"])
    one = by["gap"]
    assert one.n_unknown == pytest.approx(0.2 * 512, abs=3) and one.n == 512 - one.n_unknown
    assert one.share == pytest.approx(0.625, abs=0.01)
    assert by["sure"].n_unknown == 0 and by["sure"].share == 1.0
    assert [(s.verdict, s.high) for s in one.alone[0]] == [
        ("fails", pytest.approx(0.3, abs=1e-3)), ("holds", pytest.approx(0.8, abs=1e-3)), ("unknown", 1.0),
    ]  # fmt: skip
    assert json.loads(found.attributes()["rows_not_finite"]) == {"more": one.n_unknown}


def test_where_it_holds_in_all_that_count_it_is_fragile_still(gappy):
    _, by = rankings_of(gappy, outcomes=["gap"], vary=["x=uniform(0.4, 1)"])
    assert by["gap"].n_holds == by["gap"].n < 512 and by["gap"].is_fragile and not has(by["gap"].alone[0], "fails")


def test_no_row_with_a_number_is_one_clear_error(gappy):
    with pytest.raises(SdsocecError) as error:
        rankings_of(gappy, outcomes=["gap"], vary=["x=uniform(0.9, 1)"])
    assert str(error.value) == (
        "nothing can be ranked: in none of 512 rows of inputs do two scenarios have a finite number at 4\n"
        "  No row of 'more' has one: narrow the inputs."
    )


def test_a_ranking_that_nothing_turns_round_has_no_flip_and_no_split(model):
    _, by = rankings_of(model)
    one = by["sure"]
    assert (one.n_holds, one.n) == (512, 512) and one.interval[1] == 1.0
    assert one.alone == (EVERYWHERE, EVERYWHERE) and one.split is None and not one.is_fragile


def test_where_two_inputs_must_come_together_none_flips_alone_and_the_split_tells(model):
    """x + y < 0.4 on a triangle of 0.08, and either alone stays above 0.1."""
    _, by = rankings_of(model)
    one = by["joint"]
    assert one.share == pytest.approx(0.92, abs=0.01) and one.alone == (EVERYWHERE, EVERYWHERE)
    assert one.split.is_decisive and one.split.value < 0.4
    below, above = (holds / n for holds, n in (one.split.below, one.split.above))
    assert below < 0.8 and above > 0.95
    assert one.split.below[1] + one.split.above[1] == 512


def test_a_ranking_may_flip_twice(model):
    _, by = rankings_of(model)
    found = by["hump"].alone[0]
    assert intervals(found, "holds") == [(pytest.approx(0.3, abs=1e-5), pytest.approx(0.7, abs=1e-5))]
    assert intervals(found, "fails") == [(None, found[0].high), (found[-1].low, None)]


def test_the_most_fragile_come_first(model):
    found, _ = rankings_of(model)
    shares = [one.share for one in found.rankings.rankings]
    assert shares == sorted(shares) and shares[0] < 0.5 < shares[-1] == 1.0


def test_the_same_seed_gives_the_same_and_another_does_not(model):
    first, second, other = (rankings_of(model, seed=seed)[0].rankings for seed in (1, 1, 2))
    assert np.array_equal(first.values, second.values) and first.rankings == second.rankings
    assert not np.array_equal(first.inputs, other.inputs)


def test_another_distribution_has_another_share(model):
    _, by = rankings_of(model, over="uncertainties", vary=["x=uniform(0.2, 0.4)"])
    assert by["linear"].share == pytest.approx(0.5, abs=0.01)
    stretches = by["linear"].alone[0]
    assert intervals(stretches, "fails") == [(None, pytest.approx(0.3, abs=1e-6))]
    assert (stretches[0].low, stretches[-1].high) == (0.2, 0.4), "the range, though the stored value lies outside"


def test_a_named_outcome_without_a_direction_is_ranked_from_high_to_low(model):
    _, by = rankings_of(model, outcomes=["beleid"])
    assert (by["policy"].sense, by["policy"].first, by["policy"].share) == ("higher", 1, 1.0)


def test_scenarios_that_are_the_same_are_not_ranked(model, folder):
    same = SCENARIO.format(name="same", nl="Zelfde", en="Same")
    (folder.parents[1] / "scenarios" / "tiny" / "same.toml").write_text(same, encoding="utf-8")
    chosen = [sdsocec.load_scenario("same", model)]
    with_baseline = robust(model, chosen, n=64, only="rankings")
    assert [scenario.name for scenario in with_baseline.scenarios] == ["base", "same"]
    assert with_baseline.rankings.rankings == ()
    assert ("sure", 0, 1) in with_baseline.rankings.tied


def test_what_scenarios_set_is_varied_alike_and_said_and_refused_where_nothing_else_tells_them_apart(model, folder):
    with pytest.raises(DesignError, match="with these inputs no two scenarios differ by more than a tie in any row"):
        rankings_of(model, vary=["policy=uniform(0, 9)"])
    most = SCENARIO.format(name="most", nl="Meest", en="Most") + '[constants.policy]\nvalue = 2\nsource = "test"\n'
    most += '[constants.y]\nvalue = 0.9\nsource = "test"\n'
    (folder.parents[1] / "scenarios" / "tiny" / "most.toml").write_text(most, encoding="utf-8")
    found = robust(model, [sdsocec.load_scenario("most", model)], n=64, only="rankings")
    assert found.notices == ("varied alike in every scenario, though some of them set it: 'y'",)


def test_at_another_time(model):
    found, _ = rankings_of(model, time=1.5)
    assert found.rankings.time == 1.5
    with pytest.raises(DesignError) as error:
        rankings_of(model, time=1.3)
    assert str(error.value) == "the run has no time step at 1.3\n  It goes from 0 to 4 in steps of 0.5."
    with pytest.raises(DesignError, match="at 0 the run starts"):
        rankings_of(model, time=0)


def test_one_scenario_no_uncertainty_no_direction_say_so(model, folder):
    with pytest.raises(DesignError, match="'tiny' has one scenario here, and a ranking needs two"):
        robust(model, [sdsocec.load_scenario("base", model)], n=64)
    bare = CARD.replace("[[uncertainty]]", "[[lever_of_nothing]]")
    bare = bare[: bare.index("[[lever_of_nothing]]")]
    (folder / "model.toml").write_text(bare, encoding="utf-8")
    with pytest.raises(DesignError, match="the card of 'tiny' lists no uncertainties to vary"):
        robust(sdsocec.load_model(folder), n=64)
    (folder / "model.toml").write_text(CARD.replace('"higher"', '"neutral"').replace('"lower"', '"neutral"'), "utf-8")
    with pytest.raises(SdsocecError, match="no outcome that should be lower or higher"):
        robust(sdsocec.load_model(folder), n=64)
    with pytest.raises(SdsocecError, match="has no outcome 'liniar'") as error:
        robust(model, n=64, outcomes=["liniar"])
    assert error.value.nearest == "linear"
    with pytest.raises(DesignError, match="there are 1 rows of inputs"):
        robust(model, n=1)


# ---- claims -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def claims(with_claims):
    found = robust(with_claims, claims_n=128, only="claims", trust_code=True)
    return {one.claim.name: one for one in found.claims}


def test_a_claim_holds_in_its_share_and_flips_where_it_stops(claims):
    one = claims["C1"]
    assert one.stored.holds and one.n == 128
    assert one.interval[0] < 0.7 < one.interval[1]
    assert one.split.position == 0 and one.split.is_decisive and one.split.value == pytest.approx(0.3, abs=0.02)
    assert intervals(one.alone[0], "fails") == [(None, pytest.approx(0.3, abs=5e-4))] and one.alone[1] == EVERYWHERE


def test_what_a_check_sets_wins_and_its_constants_are_those_of_the_row(claims):
    assert claims["own"].n_holds == 128 and claims["own"].alone == (EVERYWHERE, EVERYWHERE)


def test_a_claim_that_fails_already_comes_first_with_where_it_holds(claims, with_claims):
    one = claims["C3"]
    assert not one.stored.holds and next(iter(claims)) == "C3"
    assert one.interval[0] < 0.4 < one.interval[1]
    assert intervals(one.alone[1], "holds") == [(pytest.approx(0.6, abs=5e-4), None)]


def test_rows_that_cannot_be_computed_do_not_count(claims):
    one = claims["C4"]
    assert one.n_unknown == pytest.approx(0.25 * 128, abs=4) and one.n_holds == one.n == 128 - one.n_unknown
    quarter = pytest.approx(0.25, abs=1e-3)
    assert one.alone[0] == (Stretch(0.0, quarter, "unknown"), Stretch(quarter, 1.0, "holds"))
    assert one.is_fragile and one.alone[1] == EVERYWHERE


def test_a_claim_may_flip_twice(claims):
    assert intervals(claims["C5"].alone[0], "holds") == [(pytest.approx(0.2, abs=5e-4), pytest.approx(0.8, abs=5e-4))]


def test_processes_change_nothing(with_claims, monkeypatch):
    monkeypatch.setattr("sdsocec.analysis.robust.claims.WORTH_PROCESSES", 0.0)
    one, two = (
        robust(with_claims, claims_n=16, only="claims", trust_code=True, workers=workers).claims for workers in (1, 2)
    )
    told = [[(c.claim.name, c.n_holds, c.n_fails, c.n_unknown, c.split, c.alone) for c in some] for some in (one, two)]
    assert told[0] == told[1]


def test_without_a_list_on_the_card_every_check_is_a_claim(with_claims, folder):
    (folder / "model.toml").write_text(CARD, encoding="utf-8")
    found = robust(sdsocec.load_model(folder), claims_n=4, only="claims", trust_code=True)
    assert {one.claim.name for one in found.claims} == {"C1", "own", "C3", "C4", "C5", "at_rest"}


def test_rows_start_from_their_own_equilibrium(with_claims, folder):
    """The stock rests at 2 / rate, which moves with the rate; a row that started from 20 would drift."""
    card = (
        CARD
        + '[claims]\nat_rest = {nl = "In rust", en = "At rest"}\n[equilibrium]\nduration = 500\nset = {policy = 0}\n'
    )
    (folder / "model.toml").write_text(card, encoding="utf-8")
    found = robust(
        sdsocec.load_model(folder), claims_n=16, only="claims", vary=["rate=uniform(0.05, 0.5)"], trust_code=True
    )
    assert found.claims[0].n_holds == 16
    (folder / "model.toml").write_text(card.split("[equilibrium]")[0], encoding="utf-8")
    drifting = robust(
        sdsocec.load_model(folder), claims_n=16, only="claims", vary=["rate=uniform(0.05, 0.5)"], trust_code=True
    )
    assert drifting.claims[0].n_holds == 0


def test_rows_without_an_equilibrium_do_not_count(tmp_path):
    """For a leak of -0.5 or less `open` has no rest: a quarter of the rows; for a loss of 0 or less none has: half of them."""
    model = tank(tmp_path)
    checks = CHECKS[: CHECKS.index("def last")] + CHECKS[CHECKS.index('@reality_check("At rest') :]
    (tmp_path / "models/tank/checks.py").write_text(checks.replace("stock", "tank"), encoding="utf-8")
    found = robust(model, n=128, only="rankings", vary=["leak=uniform(-1, 1)"])
    unknown = {
        (found.scenarios[one.first].name, found.scenarios[one.second].name): one for one in found.rankings.rankings
    }
    whole, part = unknown["grows", "closed"], unknown["grows", "open"]
    assert (whole.n_unknown, whole.n_holds) == (0, 128) and not whole.is_fragile
    assert part.n_unknown == pytest.approx(32, abs=2) and part.n == 128 - part.n_unknown
    assert part.alone[0][0].verdict == "unknown" and part.alone[0][0].high == pytest.approx(-0.5, abs=0.01)
    assert found.notices[0].startswith(
        f"{part.n_unknown} of 128 rows have no equilibrium in some scenario, and do not count in its rankings; row "
    )
    assert json.loads(found.attributes()["rows_not_finite"]) == {"open": part.n_unknown}
    held = robust(model, claims_n=32, only="claims", vary=["loss=uniform(-1, 1)"], trust_code=True)
    (claim,) = held.claims
    assert claim.n_unknown == pytest.approx(16, abs=1) and claim.n_holds == claim.n == 32 - claim.n_unknown
    assert [one.verdict for one in claim.alone[0]] == ["unknown", "holds"] and claim.is_fragile
    assert json.loads(held.attributes()["rows_not_computed"]) == {"at_rest": claim.n_unknown}


def test_claims_that_cannot_be_computed_in_any_row_are_one_clear_error(with_claims, folder):
    (folder / "model.toml").write_text(
        CARD + '[claims]\nC4 = {nl = "Soms niet", en = "At times not"}\n', encoding="utf-8"
    )
    with pytest.raises(
        SdsocecError, match="no claim can be judged: in none of 8 rows of inputs could a check be computed"
    ):
        robust(sdsocec.load_model(folder), claims_n=8, only="claims", vary=["x=uniform(0, 0.2)"], trust_code=True)


def test_a_claim_that_is_no_check_is_a_fault_of_the_card(with_claims, folder):
    (folder / "model.toml").write_text(CARD + '[claims]\nx_is_larg = {nl = "a", en = "b"}\n', encoding="utf-8")
    with pytest.raises(ProjectError, match="has no such reality check") as error:
        robust(sdsocec.load_model(folder), n=16, claims_n=4, trust_code=True)
    assert error.value.nearest == "x_is_large"


def test_checks_from_outside_the_project_are_not_run_unless_trusted(with_claims, folder):
    (folder / "checks.py").write_text("raise SystemExit('it ran')\n", encoding="utf-8")
    with pytest.raises(ProjectError, match="is code from outside the project, so it is not run"):
        robust(with_claims, claims_n=4, only="claims")
    found = robust(with_claims, n=64)
    assert found.claims == () and "add --trust-code" in found.notices[0]


def test_rankings_alone_where_there_are_no_checks_and_claims_alone_where_there_is_no_ranking(
    model, with_claims, folder
):
    (folder / "checks.py").unlink()
    found = robust(model, n=64, trust_code=True)
    assert found.claims == () and found.notices == ("no claims: 'tiny' has no reality checks",)
    (folder / "checks.py").write_text(CHECKS, encoding="utf-8")
    found = robust(with_claims, [sdsocec.load_scenario("base", model)], claims_n=4, trust_code=True)
    assert found.rankings is None and len(found.claims) == 5
    assert found.notices[0].startswith("no rankings: 'tiny' has one scenario here")


# ---- the runner of checks ---------------------------------------------------------------------------------------------


def test_inputs_hold_also_where_a_scenario_sets_them_but_not_where_a_run_does(model):
    run = Runner(model).with_inputs({"policy": 7.0, "x": 0.1})
    assert run.constants["policy"] == 7.0
    assert float(run(scenario="more")["policy"][-1]) == 7.0
    assert float(run(scenario="more", set={"policy": 3.0})["policy"][-1]) == 3.0
    assert float(next(run.many([("more", {})]))["x"][0, -1]) == 0.1
    assert float(Runner(model)(scenario="more")["policy"][-1]) == 1.0, "the one it was made of is as it was"


def test_prepared_runs_are_those_made_one_by_one_bit_for_bit(model):
    run, alone = Runner(model), Runner(model)
    asked = [("more", {"x": 0.1 * i}) for i in range(6)] + [(None, {"SAVEPER": 1.0}), (None, {})]
    for scenario, constants in asked:
        alone(scenario=scenario, set=constants)
    run.prepare(alone.asked)
    assert len(alone.asked) == 8
    for scenario, constants in asked:
        one, other = run(scenario=scenario, set=constants), alone(scenario=scenario, set=constants)
        np.testing.assert_array_equal(one["linear"].values, other["linear"].values)
        np.testing.assert_array_equal(one["stock"]["time"].values, other["stock"]["time"].values)


def test_a_prepared_run_that_fails_says_so_when_it_is_asked_for(model):
    run = Runner(model)
    run.prepare([(None, (("TIME STEP", -1.0),))])
    with pytest.raises(SdsocecError, match="TIME STEP"):
        run(set={"TIME STEP": -1.0})


def test_at_a_prompt_each_part_is_one_line_and_rankings_are_a_sequence():
    model = sdsocec.load_model("first_steps")
    found = sdsocec.robust(model, n=16, only="rankings")
    rankings = found.rankings
    kept = sum(not one.is_fragile for one in rankings)
    assert repr(found) == f"<Robustness of first_steps: {kept} of 30 rankings hold throughout>"
    assert repr(rankings) == f"<Rankings in 2020: {kept} of 30 hold throughout>"
    assert len(rankings) == 30 and list(rankings) == list(rankings.rankings) and rankings[-2:] == rankings.rankings[-2:]
    one = rankings[0]
    assert one.names == tuple(found.scenarios[i].name for i in (one.first, one.second)) and one.time == 2020
    order = "<" if one.sense == "lower" else ">"
    assert repr(one).startswith(f"<Ranking {one.output}: {one.names[0]} {order} {one.names[1]} in 2020, holds in ")
    assert repr(rankings[-1]).endswith("holds in all 16>")


def test_claims_at_a_prompt(with_claims):
    found = robust(with_claims, claims_n=128, only="claims", trust_code=True)
    assert repr(found) == "<Robustness of tiny: 1 of 5 claims hold throughout>"
    by_name = {one.claim.name: one for one in found.claims}
    one = by_name["C1"]
    assert repr(one) == f"<ClaimResult C1: holds in {100 * one.share:.0f}% of 128>"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"only": "claims", "n": 64}, r"-n counts .*\n  For the claims: --claims-n 64 \(in Python claims_n=64\)"),
        ({"only": "rankings", "claims_n": 64}, r"--claims-n counts .*\n  For the rankings: -n 64 \(in Python n=64\)"),
        ({"only": "claims", "time": 2.0}, "--time is for the rankings"),
    ],
)
def test_what_would_do_nothing_is_refused(with_claims, asked, said):
    with pytest.raises(DesignError, match=said):
        robust(with_claims, trust_code=True, **asked)


def test_before_anything_is_run_the_provenance_is_told(model):
    class Stop(Exception):
        pass

    told = []

    def before(known):
        told.append(dict(known))
        raise Stop

    with pytest.raises(Stop):
        robust(model, n=16, seed=3, before=before, progress=lambda *_: pytest.fail("it ran"))
    after = robust(model, n=16, seed=3).attributes()
    assert told[0].items() <= after.items() and told[0]["seed"] == 3
