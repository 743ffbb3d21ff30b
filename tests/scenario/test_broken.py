"""One scenario file for each mistake, beside it the message that a person gets, whole.

To add one: `broken/<mistake>.toml` and `broken/<mistake>.txt`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import sdsocec
from sdsocec.errors import ScenarioError, SdsocecError
from sdsocec.model import toml
from sdsocec.scenario import load_scenario

BROKEN = Path(__file__).parent / "broken"
MISTAKES = sorted(path.stem for path in BROKEN.glob("*.txt"))
SOUND = {"base"}
MODEL = "../../models/levers"


@pytest.fixture
def model(monkeypatch):
    monkeypatch.chdir(BROKEN)
    return sdsocec.load_model(MODEL)


def message_of(name: str, model) -> str:
    with pytest.raises(SdsocecError) as refusal:
        load_scenario(f"{name}.toml", model)
    return str(refusal.value)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_scenario_file_gets_its_message(mistake, model):
    assert message_of(mistake, model) == (BROKEN / f"{mistake}.txt").read_text(encoding="utf-8").rstrip("\n")


def test_every_broken_file_has_a_message():
    files = {path.stem for path in BROKEN.glob("*.toml")} - SOUND
    assert files == set(MISTAKES)
    assert len(files) > 40


def test_the_sound_one_is_read(model):
    scenario = load_scenario("base.toml", model)
    assert scenario.values == {
        "quota share scenario": 0.02,
        "quota share from year": 2014,
        "quota share full year": 2016,
    }


def test_a_huge_file_is_refused(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with open("huge.toml", "wb") as file:
        file.truncate(toml.LARGEST_TOML + 1)
    assert message_of("huge", model) == (
        "'huge.toml' has 2,000,001 bytes; the largest that is read is 2,000,000\n  huge.toml"
    )


def test_a_missing_file_is_told(model):
    assert message_of("no-such-file", model) == "there is no file 'no-such-file.toml'\n  no-such-file.toml"


def test_a_scenario_of_a_model_without_scenarios_is_told(model):
    with pytest.raises(SdsocecError) as refusal:
        load_scenario("regulier", model)
    assert str(refusal.value) == (
        "the model 'levers' has no scenarios, so there is no 'regulier'\n"
        "  Give the path of a scenario file (.toml), or set constants: --set NAME=VALUE"
    )


def test_a_refusal_carries_its_parts(model):
    with pytest.raises(ScenarioError) as refusal:
        load_scenario("misspelt-lever.toml", model)
    error = refusal.value
    assert (str(error.path), error.line, error.name, error.nearest) == (
        "misspelt-lever.toml", 5, "quota shar", "quota share",
    )  # fmt: skip
    assert error.exit_code == 2


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_lines_are_counted_alike_with_either_line_end(model, tmp_path, monkeypatch, line_end):
    text = (BROKEN / "value-out-of-range.toml").read_text(encoding="utf-8").replace("\n", line_end)
    (tmp_path / "value-out-of-range.toml").write_bytes(text.encode())
    with pytest.raises(ScenarioError) as refusal:
        load_scenario(tmp_path / "value-out-of-range.toml", model)
    assert refusal.value.line == 6
