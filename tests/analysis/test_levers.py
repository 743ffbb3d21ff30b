"""What levers change: shares that sum to the whole, treat equals alike, give nothing for nothing; cases by hand."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from sdsocec.analysis.levers import MOST_PLAYERS, UNLISTED, lever_effects, shapley
from sdsocec.api import outcome_elements
from sdsocec.errors import SdsocecError
from sdsocec.model.card import LEVER_PARTS
from sdsocec.model.project import load_model
from sdsocec.report.levers import lever_notes, lever_table
from sdsocec.scenario import default_scenarios, load_scenario

CONTROLS = """INITIAL TIME = 2000 ~ year ~~|
FINAL TIME = 2004 ~ year ~~|
TIME STEP = 1 ~ year ~~|
SAVEPER = 1 ~ year ~~|
"""
LEVER = """{x} baseline = 0 ~ dmnl [0,9] ~~|
{x} scenario = 0 ~ dmnl [0,9] ~~|
{x} from year = 2001 ~ year [2000,2004] ~~|
{x} full year = 2001 ~ year [2000,2004] ~~|
{x} = IF THEN ELSE(Time >= {x} from year, {x} scenario, {x} baseline) ~ dmnl ~~|
"""
BASELINE = 'name = "base"\ntitle = {nl = "Basis", en = "Base"}\ndescription = {nl = "", en = ""}\n'


def project(tmp_path, equation, holders, others=""):
    """A model whose outcome is an equation of levers; `holders` maps levers to who holds them; all go from 0 to 1."""
    folder, scenarios = tmp_path / "models" / "tiny", tmp_path / "scenarios" / "tiny"
    folder.mkdir(parents=True)
    scenarios.mkdir(parents=True)
    mdl = (
        "{UTF-8}\n"
        + "".join(LEVER.format(x=x) for x in holders)
        + others
        + f"result = {equation} ~ dmnl ~~|\n"
        + CONTROLS
    )
    (folder / "model.mdl").write_text(mdl, encoding="utf-8")
    labels = "".join(f'{h} = {{nl = "{h}", en = "{h}"}}\n' for h in [*dict.fromkeys(holders.values()), "nobody"])
    card = 'title = {nl = "Klein", en = "Small"}\ndefault_scenarios = ["base"]\n[holders]\n' + labels
    card += "".join(
        f'[[lever]]\nname = "{x}"\nholder = "{h}"\nlabel = {{nl = "{x}", en = "{x}"}}\n' for x, h in holders.items()
    )
    card += '[[outcome]]\nvariable = "result"\nlabel = {nl = "uitkomst", en = "result"}\n'
    (folder / "model.toml").write_text(card, encoding="utf-8")
    (scenarios / "base.toml").write_text(BASELINE, encoding="utf-8")
    change = BASELINE.replace('"base"', '"all"') + 'extends = "base"\n'
    change += "".join(f'[levers."{x}"]\nvalue = 1\nsource = "test"\n' for x in holders)
    if others:
        change += '[constants.other]\nvalue = 1\nsource = "test"\n'
    (scenarios / "all.toml").write_text(change, encoding="utf-8")
    return load_model(folder)


def effects_of(model, by="holder"):
    return lever_effects(model, load_scenario("all", model), load_scenario("base", model), ["result"], by)


def test_three_holders_worked_out_by_hand(tmp_path):
    """result = 10 a + 6 a b + 12 a b c. An interaction is shared evenly by those who make it: 6 by two, 12 by three."""
    model = project(tmp_path, "10 * a + 6 * a * b + 12 * a * b * c", {"a": "x", "b": "y", "c": "z"})
    found = effects_of(model)
    assert found.players == ("x", "y", "z")
    assert found.shares[:, 0] == pytest.approx([10 + 3 + 4, 3 + 4, 4])
    assert found.alone[:, 0].tolist() == [10, 0, 0]
    assert found.lost[:, 0].tolist() == [28, 18, 12]
    assert (found.baseline[0], found.scenario[0], found.time) == (0, 28, 2004)


def test_where_levers_add_up_the_share_is_what_each_does_alone_and_what_is_lost_without(tmp_path):
    found = effects_of(project(tmp_path, "3 * a + 4 * b - 5 * c", {"a": "x", "b": "y", "c": "z"}))
    assert found.shares[:, 0] == pytest.approx([3, 4, -5])
    assert np.allclose(found.alone, found.shares) and np.allclose(found.lost, found.shares)


def test_equal_holders_get_the_same_and_one_who_changes_nothing_gets_nothing(tmp_path):
    found = effects_of(project(tmp_path, "MIN(1, a + b) * 7 + 0 * c", {"a": "x", "b": "y", "c": "z"}))
    assert found.shares[:, 0] == pytest.approx([3.5, 3.5, 0])
    assert found.lost[:, 0].tolist() == [0, 0, 0], "either is enough, so nothing is lost without one"


def test_levers_of_one_holder_are_one_player_and_by_lever_they_are_two(tmp_path):
    model = project(tmp_path, "4 * a * b + c", {"a": "x", "b": "x", "c": "y"})
    assert effects_of(model).shares[:, 0] == pytest.approx([4, 1])
    assert effects_of(model, "lever").shares[:, 0] == pytest.approx([2, 2, 1])


def test_constants_that_are_no_lever_have_a_share_of_their_own(tmp_path):
    model = project(tmp_path, "a * other", {"a": "x"}, "other = 0 ~ dmnl [0,1] ~~|\n")
    found = effects_of(model)
    assert found.players == ("x", UNLISTED)
    assert found.shares[:, 0] == pytest.approx([0.5, 0.5])
    table = lever_table(found, model, {"result": model.card.outcomes[0]}, ("All", "Base"))
    assert [row[1] for row in table.rows] == ["x", "no lever", "all together"]


def test_too_many_levers_have_no_shares_and_it_says_why(tmp_path):
    names = [f"lever {i}" for i in range(MOST_PLAYERS + 1)]
    model = project(tmp_path, " + ".join(names), dict.fromkeys(names, "x"))
    found = effects_of(model, "lever")
    assert found.shares is None
    assert found.lost[:, 0].tolist() == found.alone[:, 0].tolist() == [1.0] * 13
    assert lever_table(found, model, {"result": model.card.outcomes[0]}, ("All", "Base"), "lever").header[2:] == (
        "by these alone", "by these on top of the others",
    )  # fmt: skip
    notes = lever_notes(found, model, ("All", "Base"), "lever")
    assert "No Shapley shares: 13 levers make 8,192 combinations; exact shares go up to 12 levers." in notes[1]
    assert len(notes) == 2, "who holds no lever is not named"
    assert not any("the shares add up" in note for note in notes), "there are none"
    assert any("the shares add up" in note for note in lever_notes(effects_of(model), model, ("All", "Base")))
    assert effects_of(model).shares[:, 0] == pytest.approx([13])


def test_a_lever_of_which_only_the_dates_differ_is_not_moved(tmp_path):
    model = project(tmp_path, "3 * a + 4 * b", {"a": "x", "b": "y"})
    path = tmp_path / "scenarios" / "tiny" / "all.toml"
    text = path.read_text(encoding="utf-8")
    one = '[levers."b"]\nvalue = 1\n'
    assert one in text
    path.write_text(
        text.replace(one, '[levers."b"]\nvalue = 0\nfrom_year = 2002\nfull_year = 2003\n'), encoding="utf-8"
    )
    settings = load_scenario("all", model).values
    assert settings["b from year"] == 2002
    assert effects_of(model).players == ("x",)
    assert "y: no lever that this scenario moves." in lever_notes(effects_of(model), model, ("All", "Base"))


def test_dates_of_a_lever_that_moves_count(tmp_path):
    model = project(tmp_path, "3 * a", {"a": "x"})
    path = tmp_path / "scenarios" / "tiny"
    late = (path / "all.toml").read_text(encoding="utf-8").replace('"all"', '"late"')
    late = late.replace("value = 1\n", "value = 1\nfrom_year = 2004\nfull_year = 2004\n")
    (path / "late.toml").write_text(late, encoding="utf-8")
    found = lever_effects(model, load_scenario("late", model), load_scenario("all", model), ["result"])
    assert found.players == ("x",)


def test_a_scenario_that_is_the_baseline_has_nothing_to_divide(tmp_path):
    model = project(tmp_path, "a", {"a": "x"})
    base = load_scenario("base", model)
    with pytest.raises(SdsocecError) as error:
        lever_effects(model, base, base, ["result"])
    assert str(error.value) == "'base' sets nothing that 'base' does not\n  Name another scenario."


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_the_formula_is_the_average_over_every_order(n):
    worth = np.random.default_rng(n).normal(size=1 << n)
    expected = np.zeros(n)
    for order in itertools.permutations(range(n)):
        coalition = 0
        for player in order:
            expected[player] += worth[coalition | 1 << player] - worth[coalition]
            coalition |= 1 << player
    assert shapley(worth) == pytest.approx(expected / math.factorial(n), rel=1e-12)


@pytest.mark.parametrize("name", ["first_steps", "social_economy"])
def test_in_every_scenario_of_the_study_the_shares_sum_to_what_the_scenario_changes(name):
    model = load_model(name)
    baseline, *others = default_scenarios(model)
    for scenario in others:
        found = lever_effects(model, scenario, baseline, outcome_elements(model))
        whole = found.scenario - found.baseline
        scale = np.maximum(np.abs(found.scenario), np.abs(found.baseline)).max()
        assert np.abs(found.shares.sum(axis=0) - whole).max() <= 1e-12 * scale, scenario.name
        assert set(found.players) <= {"rijk", "gemeente", "bedrijven"}


def test_alone_is_a_run_of_the_baseline_with_those_levers():
    """The coalition as a scenario made by hand: same numbers, bit for bit."""
    import sdsocec

    model = load_model("social_economy")
    baseline, publiek = load_scenario("baseline", model), load_scenario("publiek", model)
    found = lever_effects(model, publiek, baseline, ["unemployed"])
    assert len(found.players) == 3
    for i, holder in enumerate(found.players):
        mine = [f"{v.name} {part}" for v in model.card.levers if v.holder == holder for part in LEVER_PARTS]
        values = {name: publiek.values[name] for name in mine if name in publiek.values}
        run = sdsocec.run(model, [baseline.with_settings(values)])["unemployed"].values[0, -1]
        assert run - found.baseline[0] == found.alone[i, 0]
