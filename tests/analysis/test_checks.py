"""What a model's reality checks may rely on: their files, and the Runner."""

from __future__ import annotations

import re

import numpy as np
import pytest

import sdsocec
from sdsocec.analysis import Runner, load_checks
from sdsocec.errors import ProjectError, RunError, SdsocecError

MODEL = """{UTF-8}
group: a, b ~~|
people[group]= INTEG (inflow - people[group] * rate, 10) ~~|
inflow= 2 ~~|
rate= 0.1 ~~|
pressure= 1 / (inflow - 1) ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 10 ~~|
TIME STEP = 0.25 ~~|
SAVEPER = 1 ~~|
"""
CHECK = """from sdsocec import reality_check

from .shared import most


@reality_check("{claim}", source="a test")
def {name}(run):
    return bool(run()["people"].max() <= most()), ""
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model.mdl").write_text(MODEL, encoding="utf-8")
    return tmp_path


@pytest.fixture
def model(folder):
    return sdsocec.load_model(folder)


@pytest.fixture
def checks(folder):
    (folder / "checks").mkdir()
    (folder / "checks" / "second.py").write_text(CHECK.format(claim="second", name="b"), encoding="utf-8")
    (folder / "checks" / "first.py").write_text(CHECK.format(claim="first", name="a"), encoding="utf-8")
    (folder / "checks" / "shared.py").write_text("def most():\n    return 20.0\n", encoding="utf-8")
    return folder / "checks"


def test_a_folder_of_checks_is_read_file_by_file_in_the_order_of_names(model, checks):
    report = sdsocec.check(model, trust_code=True)
    assert [(result.check.claim, result.holds) for result in report.results] == [("first", True), ("second", True)]


def test_a_folder_of_checks_outside_the_project_is_not_run_unless_trusted(model, checks):
    (checks / "shared.py").write_text("raise SystemExit('it ran')\n", encoding="utf-8")
    with pytest.raises(ProjectError, match="is code from outside the project, so it is not run"):
        load_checks(model)


def test_no_compiled_files_are_left_beside_the_checks(model, checks):
    load_checks(model, trust_code=True)
    assert {path.name for path in checks.iterdir()} == {"first.py", "second.py", "shared.py"}


def test_an_edited_file_of_checks_is_read_again(model, checks):
    assert sdsocec.check(model, trust_code=True).results[0].holds
    (checks / "shared.py").write_text("def most():\n    return 0.0\n", encoding="utf-8")
    assert not sdsocec.check(model, trust_code=True).results[0].holds


def test_an_error_in_a_file_that_checks_import_is_shown_where_it_is(model, checks):
    (checks / "shared.py").write_text("def most():\n    return 20.0\n\n\nleast = nothing\n", encoding="utf-8")
    with pytest.raises(ProjectError) as caught:
        load_checks(model, trust_code=True)
    assert "the checks cannot be read: NameError: name 'nothing' is not defined" in str(caught.value)
    assert (caught.value.path.name, caught.value.line) == ("shared.py", 5)


def test_a_syntax_error_in_checks_is_shown_where_it_is(model, checks):
    (checks / "second.py").write_text("def wrong(:\n", encoding="utf-8")
    with pytest.raises(ProjectError) as caught:
        load_checks(model, trust_code=True)
    assert (caught.value.path.name, caught.value.line) == ("second.py", 1)


def test_a_model_has_a_file_or_a_folder_of_checks_not_both(model, checks):
    (model.folder / "checks.py").write_text("", encoding="utf-8")
    with pytest.raises(ProjectError, match="has both a file and a folder of reality checks"):
        load_checks(model, trust_code=True)


ROWS = [(None, {"rate": 0.01 * i}) for i in range(30)]


@pytest.mark.parametrize("outputs", [None, ["people", "inflow"]])
def test_many_runs_are_the_single_runs_bit_for_bit(model, outputs, monkeypatch):
    monkeypatch.setattr("sdsocec.analysis.checks.runner.BATCH", 1)  # byte: as small as batches get
    run = Runner(model)
    batches = list(run.many(ROWS, outputs))
    assert len(batches) > 1
    numbers = np.concatenate([some["people"]["run"] for some in batches])
    many = np.concatenate([some["people"].values for some in batches])
    single = np.stack([run(set=settings)["people"].values for _, settings in ROWS])
    assert many.shape == (30, 11, 2)
    np.testing.assert_array_equal(numbers, np.arange(30))
    np.testing.assert_array_equal(many, single)
    assert list(batches[0]["people"]["group"].values) == ["a", "b"]


def test_many_runs_save_what_is_asked_for(model):
    some = next(Runner(model).many(ROWS, ["people"]))
    assert list(some) == ["people"]
    with pytest.raises(SdsocecError, match="no variable 'inflow' in these runs"):
        some["inflow"]
    with pytest.raises(SdsocecError, match="the model has no variable 'peple'"):
        next(Runner(model).many(ROWS, ["peple"]))


def test_many_runs_refuse_a_number_that_is_not_finite(model):
    rows = [*ROWS, (None, {"inflow": 1.0})]
    with pytest.raises(RunError, match=re.escape(f"run '{model.name}, row 30' is not finite: 'pressure' is inf")):
        list(Runner(model).many(rows))


def test_a_changed_constant_holds_unless_a_run_sets_it(model):
    run = Runner(model, {"rate": 0.5})
    assert run.constants["rate"] == 0.5
    assert float(run()["rate"][0]) == 0.5
    assert float(run(set={"rate": 0.2})["rate"][0]) == 0.2
    assert float(next(run.many([(None, {})]))["rate"][0, 0]) == 0.5
