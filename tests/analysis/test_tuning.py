"""Tuning by hand from Python: set, fit, undo, keep, compare, and what a session's file brings back."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from sdsocec.analysis.fit import fit_table, run_against_record
from sdsocec.analysis.tuning import Session
from sdsocec.errors import ProjectError, ScenarioError, SdsocecError
from sdsocec.model.project import load_model
from sdsocec.scenario.changes import read_changes

ELASTICITY, ADJUST = "matching elasticity", "demand adjust time"


@pytest.fixture(scope="module")
def model():
    return load_model("first_steps")


@pytest.fixture
def session(model):
    return Session(model)


def test_set_runs_the_model_and_tells_the_change_against_the_last_run(session, model):
    first = session.fit()
    assert first["mape change"].isna().all(), "there is no run before the first"
    table = session.set({ELASTICITY: 0.45})
    expected = {(r.series, r.role): r for r in fit_table(run_against_record(model, {ELASTICITY: 0.45}))}
    assert list(table.index) == list(expected)
    for place, row in expected.items():
        assert table.loc[place, "mape"] == row.statistics.mape
        assert table.loc[place, "rmse change"] == row.statistics.rmse - first.loc[place, "rmse"]
    assert table.loc[("vacancies", "fit"), "mape change"] < -0.01, "a change that can be seen"


def test_settings_add_up_and_reset_takes_them_back(session):
    session.set({ELASTICITY: 0.45})
    session.set({ADJUST: 0.3})
    assert session.settings == {ELASTICITY: 0.45, ADJUST: 0.3}
    session.reset(ELASTICITY)
    assert session.settings == {ADJUST: 0.3}
    session.reset()
    assert session.settings == {}


def test_the_fit_does_not_depend_on_the_way_there(session, model):
    session.set({ELASTICITY: 0.42})
    session.set({ADJUST: 0.3, ELASTICITY: 0.45})
    direct = run_against_record(model, {ADJUST: 0.3, ELASTICITY: 0.45})
    for one, other in zip(session.run.series, direct.series, strict=True):
        np.testing.assert_array_equal(one.line, other.line)


def test_undo_and_redo_walk_along_the_steps(session):
    for value in (0.45, 0.55):
        session.set({ELASTICITY: value})
    session.undo()
    assert session.settings == {ELASTICITY: 0.45}
    assert session.before.settings == {ELASTICITY: 0.55}, "the change is against where we came from"
    session.undo()
    assert session.settings == {}
    session.redo()
    assert session.settings == {ELASTICITY: 0.45}
    session.set({ADJUST: 0.3})
    with pytest.raises(SdsocecError, match=r"^there is nothing to redo$"):
        session.redo()


def test_there_is_nothing_to_undo_at_the_start(session):
    with pytest.raises(SdsocecError, match=r"^there is nothing to undo$"):
        session.undo()


def test_a_value_outside_its_range_is_refused_and_changes_nothing(session):
    session.set({ELASTICITY: 0.45})
    with pytest.raises(ScenarioError) as refusal:
        session.set({ADJUST: 0.3, ELASTICITY: 0.7})
    assert str(refusal.value).startswith("'matching elasticity' is 0.7; it must be between 0.4 and 0.6 (dmnl)\n")
    assert session.settings == {ELASTICITY: 0.45}
    session.undo()
    assert session.settings == {}


def test_kept_runs_are_compared_by_name(session, model):
    session.set({ELASTICITY: 0.45})
    session.keep("slow")
    session.set({ELASTICITY: 0.55})
    table = session.compare("mdl", "slow", "now")
    for name, settings in (("mdl", {}), ("slow", {ELASTICITY: 0.45}), ("now", {ELASTICITY: 0.55})):
        rows = fit_table(run_against_record(model, settings))
        assert table["rmse"][name].tolist() == [row.statistics.rmse for row in rows]
    assert list(session.compare()["mape"]) == ["slow", "now"]


def test_a_kept_run_is_gone_on_from(session):
    session.set({ELASTICITY: 0.45})
    session.keep("slow")
    session.set({ADJUST: 0.3})
    session.load("slow")
    assert session.settings == {ELASTICITY: 0.45}
    session.undo()
    assert session.settings == {ELASTICITY: 0.45, ADJUST: 0.3}


def test_an_unknown_run_gets_the_nearest_name(session):
    session.keep("slow")
    with pytest.raises(SdsocecError) as refusal:
        session.compare("slwo")
    assert str(refusal.value) == "no run is called 'slwo'\n  Did you mean 'slow'? Runs: slow, now, mdl."


@pytest.mark.parametrize("name", ["", "now", "mdl", "a/b", 'a"b', "x" * 61])
def test_a_name_that_cannot_be_kept_is_refused(session, name):
    with pytest.raises(SdsocecError, match="a run cannot be called"):
        session.keep(name)
    assert session.kept == {}


def test_a_subscripted_constant_and_an_alias_mean_their_elements():
    study = load_model("social_economy")
    session = Session(study)
    session.set({"search intensity[long]": 0.2})
    assert session.settings == {"search intensity[long]": 0.2}
    assert session.values().loc["search intensity[long]", "now"] == 0.2


def test_values_lists_what_may_be_tuned_and_what_is_set(session, model):
    session.set({"initial vacancies": 200})
    values = session.values()
    assert list(values.index) == [*model.card.calibration.free, "initial vacancies"]
    assert values.loc[ELASTICITY].tolist() == [0.5, 0.5, 0.4, 0.6, "dmnl"]
    assert values.loc["initial vacancies"].tolist() == [203.7, 200.0, 195.0, 212.0, "kpers"]


def test_the_file_brings_back_the_kept_runs_and_where_the_session_stood(model, tmp_path):
    file = tmp_path / "tune" / "session.toml"
    session = Session(model, file)
    session.set({ELASTICITY: 0.45})
    session.keep("slow market")
    session.set({ADJUST: 0.1 + 0.2})
    again = Session(model, file)
    assert again.kept == {"slow market": {ELASTICITY: 0.45}}
    assert again.settings == {ELASTICITY: 0.45, ADJUST: 0.1 + 0.2}, "to the last bit"
    assert again.notices == []
    assert again.compare("slow market").equals(session.compare("slow market"))


def test_a_stopped_run_loses_nothing(model, tmp_path, monkeypatch):
    file = tmp_path / "session.toml"
    session = Session(model, file)
    session.set({ELASTICITY: 0.45})
    session.keep("slow")
    before = file.read_bytes()

    def stopped(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sdsocec.analysis.tuning.run_against_record", stopped)
        with pytest.raises(KeyboardInterrupt):
            session.set({ELASTICITY: 0.55})
    assert session.settings == {ELASTICITY: 0.45} and file.read_bytes() == before
    session.set({ELASTICITY: 0.55})
    assert tomllib.loads(file.read_text())["now"] == {ELASTICITY: 0.55}


def test_a_file_of_another_model_is_refused(model, tmp_path):
    file = tmp_path / "session.toml"
    Session(model, file).keep("as it is")
    with pytest.raises(ProjectError) as refusal:
        Session("social_economy", file)
    assert str(refusal.value) == (
        "this session is of the model 'first_steps', not of 'social_economy'\n"
        f'  {file}:2   model = "first_steps"\n'
        "  Go on with that model, or name another file: --session FILE"
    )


def test_a_file_that_sets_what_cannot_be_is_told_with_its_line(model, tmp_path):
    file = tmp_path / "session.toml"
    session = Session(model, file)
    session.set({ELASTICITY: 0.45})
    file.write_text(file.read_text().replace("0.45", "0.9"))
    with pytest.raises(ScenarioError) as refusal:
        Session(model, file)
    assert "'matching elasticity' is 0.9; it must be between 0.4 and 0.6" in str(refusal.value)
    assert f'{file}:6   "matching elasticity" = 0.9' in str(refusal.value)


def test_a_changed_mdl_is_noticed(model, tmp_path):
    file = tmp_path / "session.toml"
    Session(model, file).keep("as it is")
    digest = model.equations.file_sha256
    file.write_text(file.read_text().replace(digest, "0" * 64))
    assert Session(model, file).notices == [
        f"the .mdl has changed since {file} was written; its runs are run with the new one"
    ]


def test_changes_are_written_as_vensim_reads_them(session, model, tmp_path):
    session.set({ELASTICITY: 0.45, ADJUST: 0.3})
    path = session.changes(tmp_path / "mine.cin")
    assert path.read_text() == "matching elasticity = 0.45\ndemand adjust time = 0.3\n"
    assert read_changes(path, model) == session.settings


def test_changes_never_replace_a_model(session, tmp_path):
    (tmp_path / "model.mdl").write_text("mine")
    with pytest.raises(SdsocecError, match=r"is no name of a changes file\n.*\n  Let it end in .cin."):
        session.changes(tmp_path / "model.mdl")
    assert (tmp_path / "model.mdl").read_text() == "mine"


def test_plot_draws_the_run_and_the_one_before(session):
    alone = session.plot()
    session.set({ELASTICITY: 0.45})
    both = session.plot()
    assert [ax.get_title("left") for ax in both.axes] == [
        "unemployed",
        "employed",
        "open vacancies",
        "persons in the Wsw",
    ]
    assert len(both.axes[0].get_lines()) > len(alone.axes[0].get_lines())
