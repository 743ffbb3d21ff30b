"""Sweeps: what is stored is what was run; a sweep goes on, grows and is read without a number changing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import sdsocec
from sdsocec.analysis.experiment import Experiment
from sdsocec.analysis.sweep import open_sweep, sweep
from sdsocec.analysis.sweep.export import export_sweep
from sdsocec.results.store import DamagedSweep
from sdsocec.scenario import load_scenario

from .small_rest import tank
from .small_sweep import OUTPUTS, ROOT, SCENARIOS, files, make, refused


@pytest.fixture(scope="module")
def model():
    return sdsocec.load_model("first_steps")


def chunk_of(folder: Path) -> Path:
    return folder / "runs.zarr" / "part-0" / "unemployed" / "c" / "1" / "0" / "2"


@pytest.mark.parametrize("design", ["sobol", "lhs", "montecarlo", "oat", "extremes"])
def test_what_is_read_is_what_the_experiment_gives(model, tmp_path, design):
    found = make(model, tmp_path / "a", design=design)
    scenarios = [load_scenario(name, model) for name in SCENARIOS]
    expected = Experiment.of(model, scenarios, found.factors, OUTPUTS).run(found.inputs())
    for s, scenario in enumerate(SCENARIOS):
        for o, output in enumerate(OUTPUTS):
            assert np.array_equal(found.values(output, scenario), expected[:, s, :, o])
            assert np.array_equal(found.values(output, scenario, 2020), expected[:, s, -1, o])
            assert np.array_equal(found.dataset[output].sel(scenario=scenario).values, expected[:, s, :, o])


def test_the_dataset_reads_what_an_index_asks(model, tmp_path):
    found = make(model, tmp_path / "a")
    whole = found.dataset["unemployed"].values
    data = found.dataset["unemployed"]
    assert np.array_equal(data.isel(run=[99, 0, 40, 40]).values, whole[[99, 0, 40, 40]])
    assert np.array_equal(
        data.isel(run=slice(90, 10, -7), time=[3, 1], scenario=1).values, whole[90:10:-7, 1][:, [3, 1]]
    )
    assert float(data.isel(run=-1, scenario=0, time=5)) == whole[-1, 0, 5]
    assert data.attrs["units"] == "kpers"
    assert found.dataset["imitation"].dims == ("run",)


def test_inputs_of_rows_in_any_order_are_those_rows(model, tmp_path):
    found = make(model, tmp_path / "a")
    rows = [99, 3, 40, 41, 3, 0]
    assert np.array_equal(found.inputs(rows), found.inputs()[rows])


def test_zarr_and_xarray_open_the_store_by_themselves(model, tmp_path):
    import xarray as xr

    found = make(model, tmp_path / "a")
    data = xr.open_zarr(tmp_path / "a" / "runs.zarr", group="part-0", consolidated=False)
    assert np.array_equal(data["wsw employed"].values, found.dataset["wsw employed"].values.transpose(1, 2, 0))
    assert data.attrs["scenarios"] == SCENARIOS


def test_outcomes_may_be_elements_variables_and_constants_that_vary(tmp_path):
    epidemic = sdsocec.load_model(ROOT / "tests" / "models" / "age_sir.mdl")
    constant = "transmissibility"
    found = sweep(
        epidemic, vary=[constant], n=16, outcomes=["susceptible", "infectious[child]", constant], out=tmp_path / "a"
    )
    ages = epidemic.equations.element_names(epidemic.equations.variables["susceptible"])
    assert found.outputs == (*ages, "infectious[child]", constant)
    inputs = found.inputs()[:, 0]
    assert np.array_equal(found.values(constant)[:, 0], inputs)
    assert np.array_equal(found.dataset[f"{constant} (input)"].values, inputs)


def test_by_default_the_outcomes_are_those_of_the_card_or_all_stocks(model, tmp_path):
    assert make(model, tmp_path / "a", outcomes=None).outputs == tuple(o.variable for o in model.card.outcomes)


def test_the_same_call_again_runs_nothing_and_changes_nothing(model, tmp_path, monkeypatch):
    make(model, tmp_path / "a")
    before = files(tmp_path / "a")
    monkeypatch.setattr(Experiment, "runs", lambda *_, **__: pytest.fail("nothing is to be run"))
    make(model, tmp_path / "a")
    sweep(out=tmp_path / "a", resume=True)
    assert files(tmp_path / "a") == before


@pytest.mark.parametrize("design", ["sobol", "lhs", "montecarlo"])
def test_rows_that_are_added_leave_the_first_as_they_are(model, tmp_path, design, monkeypatch):
    first = make(model, tmp_path / "a", design=design)
    before, inputs = files(tmp_path / "a"), first.inputs()
    run, n_run = Experiment.runs, 0

    def count(self, rows, **options):
        nonlocal n_run
        n_run += len(rows)
        return run(self, rows, **options)

    monkeypatch.setattr(Experiment, "runs", count)
    more = sweep(model, out=tmp_path / "a", add=50)
    assert n_run == 50
    after = files(tmp_path / "a")
    assert {name: after[name] for name in before if name != "design.toml"} == {
        name: content for name, content in before.items() if name != "design.toml"
    }
    assert len(more.runs) == 150
    assert np.array_equal(more.inputs()[:100], inputs)
    assert np.array_equal(more.values("unemployed", "regulier")[:100], first.values("unemployed", "regulier"))
    assert len(np.unique(more.values("unemployed", "regulier", 2020))) == 150


def test_a_block_that_is_damaged_or_gone_is_told_of_and_made_again(model, tmp_path):
    whole = make(model, tmp_path / "a")
    before = files(tmp_path / "a")
    chunk = chunk_of(tmp_path / "a")
    for damage in (
        lambda: chunk.write_bytes(chunk.read_bytes()[:-7]),
        lambda: chunk.write_bytes(chunk.read_bytes()[:-1] + b"?"),
        lambda: chunk.write_bytes(b""),
        chunk.unlink,
        lambda: (tmp_path / "a" / "manifest" / "part-0" / "000002.json").write_text("{"),
        lambda: (tmp_path / "a" / "manifest" / "part-0" / "000002.json").unlink(),
        lambda: (tmp_path / "a" / "runs.zarr" / "part-0" / "unemployed" / "zarr.json").unlink(),
        lambda: shutil.rmtree(tmp_path / "a" / "runs.zarr"),
    ):
        damage()
        sweep(out=tmp_path / "a", resume=True)
        assert files(tmp_path / "a") == before
    chunk.write_bytes(chunk.read_bytes()[:-7])
    error = refused(lambda: open_sweep(tmp_path / "a").values("unemployed", "regulier"), "block 2 of part 0 (rows 64 to 95)",
                    "'unemployed/c/1/0/2' is damaged", "sdsocec sweep --resume")  # fmt: skip
    assert isinstance(error, DamagedSweep)
    assert error.exit_code == 1
    refused(lambda: open_sweep(tmp_path / "a").dataset["unemployed"].load(), "is damaged")
    refused(lambda: export_sweep(open_sweep(tmp_path / "a"), tmp_path / "out"), "is damaged")
    assert not (tmp_path / "out").exists()
    assert [fault for _, fault in open_sweep(tmp_path / "a").damaged_blocks()] == ["'unemployed/c/1/0/2' is damaged"]
    assert np.array_equal(
        open_sweep(tmp_path / "a").values("unemployed", "baseline"), whole.values("unemployed", "baseline")
    )


def test_an_unfinished_sweep_is_read_as_far_as_it_is(model, tmp_path):
    whole = make(model, tmp_path / "a")
    values, inputs = whole.values("unemployed", "regulier"), whole.inputs()
    (tmp_path / "a" / "manifest" / "part-0" / "000001.json").unlink()
    part = open_sweep(tmp_path / "a")
    there = np.r_[0:32, 64:100]
    assert not part.is_finished
    assert part.runs.tolist() == there.tolist()
    assert np.array_equal(part.values("unemployed", "regulier"), values[there])
    assert np.array_equal(part.inputs(), inputs[there])
    assert np.array_equal(part.dataset["unemployed"].sel(run=[99, 5], scenario="regulier").values, values[[99, 5]])
    refused(lambda: part.inputs([5, 40]), "has no row 40")


def test_blocks_do_not_depend_on_their_size(model, tmp_path):
    a, b = make(model, tmp_path / "a", block=7), make(model, tmp_path / "b", block=100)
    for output in OUTPUTS:
        assert np.array_equal(a.values(output, "regulier"), b.values(output, "regulier"))


@pytest.fixture(scope="module")
def breakable(tmp_path_factory):
    """A model that divides by zero at an end of a range."""
    path = tmp_path_factory.mktemp("breakable") / "breakable.mdl"
    path.write_text(
        "{UTF-8}\nstock=\n\tINTEG (1 / (rate - 2), 0)\n\t~\tpeople\n\t~\tA stock.\n\t|\n"
        "rate=\n\t3\n\t~\tdmnl [1,3]\n\t~\tA rate.\n\t|\n"
        "INITIAL TIME=\n\t0\n\t~\tyear\n\t~\tStart.\n\t|\nFINAL TIME=\n\t4\n\t~\tyear\n\t~\tEnd.\n\t|\n"
        "TIME STEP=\n\t1\n\t~\tyear\n\t~\tStep.\n\t|\nSAVEPER=\n\t1\n\t~\tyear\n\t~\tSaved.\n\t|\n",
        encoding="utf-8",
    )
    return path


def test_a_row_that_is_not_finite_is_kept_and_counted(breakable, tmp_path):
    found = sweep(breakable, vary=["rate"], design="grid", levels=5, out=tmp_path / "a")
    assert found.inputs()[:, 0].tolist() == [1.0, 1.5, 2.0, 2.5, 3.0]
    assert found.n_not_finite == 1
    assert found.not_finite("breakable") == [2]
    assert np.isfinite(found.values("stock")).all(axis=1).tolist() == [True, True, False, True, True]
    assert found.dataset["is_finite"].values.ravel().tolist() == [True, True, False, True, True]
    entry = json.loads((tmp_path / "a" / "manifest" / "part-0" / "000000.json").read_text())
    assert entry["not_finite"] == {"breakable": [2]}


def test_a_saving_step_that_is_an_equation_saves_the_times_asked_for(breakable, tmp_path):
    text = breakable.read_text(encoding="utf-8").replace("SAVEPER=\n\t1", "SAVEPER=\n\tTIME STEP")
    (tmp_path / "equation.mdl").write_text(text, encoding="utf-8")
    found = sweep(tmp_path / "equation.mdl", vary=["rate"], design="oat", saving=2.0, out=tmp_path / "a")
    assert found.times == (0.0, 2.0, 4.0)
    assert found.values("stock").tolist() == [[0.0, 2.0, 4.0], [0.0, -2.0, -4.0], [0.0, 2.0, 4.0]]


LEAK = ["loss=uniform(-1, 1)", "leak=uniform(-1, 1)"]  # no rest where loss + lever * leak is not above 0


def test_a_row_without_an_equilibrium_is_nan_and_counted(tmp_path):
    model = tank(tmp_path)
    found = sweep(model, ["closed", "open"], vary=LEAK, n=64, block=16, out=tmp_path / "a")
    loss, leak = found.inputs().T
    expected = {"closed": np.flatnonzero(loss <= 0).tolist(), "open": np.flatnonzero(loss + leak <= 0).tolist()}
    assert found.design.initial == "equilibrium"
    assert expected["closed"] != expected["open"]
    for name, rows in expected.items():
        assert found.no_equilibrium(name) == found.not_finite(name) == rows
        assert np.isnan(found.values("tank", name)[rows]).all()
        assert np.isfinite(np.delete(found.values("tank", name), rows, axis=0)).all()
    assert found.n_no_equilibrium == len(expected["closed"]) + len(expected["open"])
    again = sweep(model, ["closed", "open"], vary=LEAK, n=64, block=16, out=tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert not again.damaged_blocks()


def test_blocks_of_which_no_row_has_an_equilibrium_stop_nothing(tmp_path):
    model = tank(tmp_path)
    table = tmp_path / "rows.csv"
    table.write_text("loss,leak\n-0.5,0.1\n-0.6,0.1\n0.5,0.1\n-0.7,0.1\n")
    for block in (1, 2, 4):
        found = sweep(
            model, ["closed"], design=str(table), block=block, initial="equilibrium", out=tmp_path / f"{block}"
        )
        assert found.is_finished and found.no_equilibrium("closed") == [0, 1, 3]
    table.write_text("loss,leak\n-0.5,0.1\n-0.6,0.1\n")
    nothing = sweep(model, ["closed"], design=str(table), initial="equilibrium", out=tmp_path / "nothing")
    assert nothing.is_finished and nothing.no_equilibrium("closed") == [0, 1]


def test_an_error_of_another_kind_stops_a_sweep(model, tmp_path, monkeypatch):
    from sdsocec.errors import RunError

    def fail(*_, **__):
        raise RunError("the engine gave up")

    monkeypatch.setattr(Experiment, "runs", fail)
    refused(lambda: make(model, tmp_path / "a"), "the engine gave up")
