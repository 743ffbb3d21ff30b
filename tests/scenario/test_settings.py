"""What may be set, and by which name: `--set NAME=VALUE` and settings from Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sdsocec
from sdsocec.errors import ScenarioError
from sdsocec.scenario import Settable, as_it_stands, default_scenarios, design_of, load_scenario, random_design

MODELS = Path(__file__).parents[1] / "models"
NAMES = "All names: sdsocec model variables"


@pytest.fixture
def settable(monkeypatch):
    monkeypatch.chdir(MODELS)
    return Settable(sdsocec.load_model("levers"))


def read(settable, *texts) -> str:
    with pytest.raises(ScenarioError) as refusal:
        settable.read(texts)
    return str(refusal.value)


WRONG = {
    "misspelt": (
        "inflw=25",
        f"'levers' has no constant or lever 'inflw'\n  --set \"inflw=25\"\n  Did you mean 'inflow'? {NAMES}",
    ),
    "misspelt lever": (
        "quota shar=0.03",
        f"'levers' has no constant or lever 'quota shar'\n  --set \"quota shar=0.03\"\n  Did you mean 'quota share'? {NAMES}",
    ),
    "unlike anything": ("zzz=1", f"'levers' has no constant or lever 'zzz'\n  --set \"zzz=1\"\n  {NAMES}"),
    "out of range": (
        "inflow=250",
        "'inflow' is 250; it must be between 0 and 100 (person/year)\n"
        '  --set "inflow=250"\n  The range is set in levers/model.mdl:9.',
    ),
    "a lever out of range": (
        "quota share=0.5",
        "'quota share scenario' is 0.5; it must be between 0 and 0.08 (dmnl)\n"
        '  --set "quota share=0.5"\n  The range is set in levers/model.mdl:4.',
    ),
    "an element out of range": (
        "leaving rate[long]=7",
        "'leaving rate[long]' is 7; it must be between 0 and 1 (1/year)\n"
        '  --set "leaving rate[long]=7"\n  The range is set in levers/model.mdl:12.',
    ),
    "not a number": ("inflow=much", "'much' is not a number\n  --set \"inflow=much\""),
    "a percentage": ("quota share=5%", "'5%' is not a number\n  --set \"quota share=5%\"\n  Write 0.03 for 3 %."),
    "no number": ("inflow=", "'' is not a number\n  --set \"inflow=\""),
    "digits with an underscore": ("inflow=2_5", "'2_5' is not a number\n  --set \"inflow=2_5\""),
    "decimal comma": (
        "quota share=0,03",
        "'0,03' is not a number\n  --set \"quota share=0,03\"\n  Decimals are written with a point.",
    ),
    "no equals sign": (
        "quota share 0.03",
        "'quota share 0.03' is not a setting\n  --set \"quota share 0.03\"\n"
        '  Write NAME=VALUE; a name with a space needs quotes: --set "quota share=0.03"',
    ),
    "no name": (
        "=0.03",
        "'=0.03' is not a setting\n  --set \"=0.03\"\n"
        '  Write NAME=VALUE; a name with a space needs quotes: --set "quota share=0.03"',
    ),
    "a stock": (
        "people=5",
        "'people' is a stock; only constants and levers can be set\n"
        "  levers/model.mdl:2   people = INTEG(quota share * inflow - leaving rate[short] * people, 10)\n"
        '  What it is made of: sdsocec model causes "people"',
    ),
    "an element that is none": (
        "leaving rate[shrt]=0.2",
        "'leaving rate' has no element 'shrt'\n  --set \"leaving rate[shrt]=0.2\"\n"
        f"  Did you mean 'leaving rate[short]'? {NAMES}",
    ),
    "NaN": ("debt=nan", "'debt' is nan; it must be a finite number\n  --set \"debt=nan\""),
    "infinity": ("debt=-inf", "'debt' is -inf; it must be a finite number\n  --set \"debt=-inf\""),
    "too large for a double": ("debt=1e400", "'debt' is inf; it must be a finite number\n  --set \"debt=1e400\""),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_setting_is_refused(settable, mistake):
    text, message = WRONG[mistake]
    assert read(settable, text) == message


def test_all_wrong_settings_are_told_together(settable):
    assert read(settable, "inflow=250", "debt=2", "debt=x", "zzz=1") == "\n".join(
        [WRONG["out of range"][1], "'x' is not a number\n  --set \"debt=x\"", WRONG["unlike anything"][1]]
    )


def test_one_constant_set_to_two_values_is_refused(settable):
    assert read(settable, "inflow=20", "instroom=30") == (
        "'inflow' is set twice, to 20 and to 30\n  --set \"instroom=30\"\n  Keep one of them."
    )


RIGHT = {
    "inflow=25": {"inflow": 25},
    " Inflow = 25 ": {"inflow": 25},
    "instroom=2.5e1": {"inflow": 25},
    "quota share=0.03": {"quota share scenario": 0.03},
    "Quota_Share=.03": {"quota share scenario": 0.03},
    "quota share from year=2015": {"quota share from year": 2015},
    "leaving rate=0.2": {"leaving rate[short]": 0.2, "leaving rate[long]": 0.2},
    "leaving rate[ long ]=0.2": {"leaving rate[long]": 0.2},
    "debt=-1e6": {"debt": -1e6},
    "FINAL TIME=2010": {"FINAL TIME": 2010},
    "inflow=100": {"inflow": 100},
    "inflow=0": {"inflow": 0},
}


@pytest.mark.parametrize("text", RIGHT)
def test_a_setting_may_be_written_in_many_ways(settable, text):
    assert settable.read([text]) == RIGHT[text]


def test_settings_from_python_obey_the_same_rules(settable):
    assert settable.check({"quota share": np.float64(0.03), "instroom": 25}) == {
        "quota share scenario": 0.03,
        "inflow": 25,
    }
    with pytest.raises(ScenarioError) as refusal:
        settable.check({"quota share": "much", "inflow": 250, "zzz": 1, "debt": float("nan"), "people": 3})
    assert [fault.what for fault in refusal.value.faults] == [
        "'quota share' is 'much'; it must be a number",
        "'inflow' is 250; it must be between 0 and 100 (person/year)",
        "'levers' has no constant or lever 'zzz'",
        "'debt' is nan; it must be a finite number",
        "'people' is a stock; only constants and levers can be set",
    ]


def test_a_table_of_runs_obeys_the_same_rules(settable):
    with pytest.raises(sdsocec.SdsocecError) as refusal:
        sdsocec.run_table(settable.model, {"inflow": [20.0, 250.0]})
    assert str(refusal.value).startswith("'inflow' is 250; it must be between 0 and 100 (person/year)")
    with pytest.raises(sdsocec.SdsocecError):
        sdsocec.run_table(settable.model, {"inflow": [20.0, float("nan"), 30.0]})
    with pytest.raises(sdsocec.SdsocecError):
        sdsocec.run_table(settable.model, {"inflow": [20.0, 30.0], "debt": [1.0]})
    with pytest.raises(sdsocec.SdsocecError):
        sdsocec.run_table(settable.model, {"inflow": ["many"]})
    with pytest.raises(sdsocec.SdsocecError):
        sdsocec.run_table(settable.model, {"inflow": [20.0]}, outputs=["peple"])


# --- scenarios as rows ------------------------------------------------------------------------------------------------


def test_a_scenario_extends_another_and_its_own_settings_win(settable, tmp_path):
    base = (Path(__file__).parent / "broken" / "base.toml").read_text(encoding="utf-8")
    (tmp_path / "base.toml").write_text(base)
    (tmp_path / "child.toml").write_text(
        'name = "child"\ntitle = {nl = "k", en = "c"}\ndescription = {nl = "k", en = "c"}\nextends = "base"\n'
        '[levers."Quota Share"]\nvalue = 0.07\nsource = "a test"\n[constants.instroom]\nvalue = 30\nsource = "a test"\n'
    )
    child = load_scenario(tmp_path / "child.toml", settable.model)
    assert child.values == {
        "quota share scenario": 0.07, "quota share from year": 2014, "quota share full year": 2016, "inflow": 30,
    }  # fmt: skip
    assert [s.scenario for s in child.settings.values()] == ["child", "base", "base", "child"]
    before = child.digest
    (tmp_path / "base.toml").write_text(base.replace("0.02", "0.03"))
    assert load_scenario(tmp_path / "child.toml", settable.model).digest != before


def test_a_design_fills_what_a_scenario_leaves_out_with_the_models_values(settable):
    bare = as_it_stands(settable.model)
    design = design_of(settable.model, [bare, bare.with_settings({"inflow": 25.0, "debt": 1.0})])
    assert design.names == ("inflow", "debt")
    np.testing.assert_array_equal(design.values, [[20, -3], [25, 1]])


def test_a_bare_model_runs_as_it_stands(settable):
    assert [s.name for s in default_scenarios(settable.model)] == ["levers"]


def test_random_designs_are_the_same_for_the_same_seed_and_within_ranges(settable):
    model = settable.model
    one, same, other = (random_design(model, 50, seed) for seed in (1, 1, 2))
    assert one.values.tobytes() == same.values.tobytes() != other.values.tobytes()
    assert "debt" not in one.names
    assert not {"FINAL TIME", "TIME STEP", "SAVEPER"} & set(one.names)
    for column, name in enumerate(one.names):
        low, high = model.ranges[name]
        assert low <= one.values[:, column].min() < one.values[:, column].max() <= high
    assert random_design(model, 3, 1, ["quota share", "instroom"]).names == ("quota share scenario", "inflow")
    with pytest.raises(sdsocec.SdsocecError) as refusal:
        random_design(model, 3, 1, ["debt"])
    assert str(refusal.value) == "'debt' has no range in the .mdl to draw from"


def test_a_scenario_is_bit_identical_to_the_baseline_before_its_lever_moves(settable):
    model = settable.model
    base = load_scenario(Path(__file__).parent / "broken" / "base.toml", model)
    found = sdsocec.run(model, [as_it_stands(model), base])
    before = found["people"].sel(time=slice(None, 2014)).values
    assert before[0].tobytes() == before[1].tobytes()
    assert (found["people"].values[0, -1] != found["people"].values[1, -1]).all()
