"""Rows that come from files, and numbers that go to files."""

from __future__ import annotations

import numpy as np
import pytest

import sdsocec
from sdsocec.analysis.sweep import open_sweep, sweep
from sdsocec.analysis.sweep.export import FORMATS, export_sweep

from .small_sweep import OUTPUTS, SCENARIOS, files, make, refused


@pytest.fixture(scope="module")
def model():
    return sdsocec.load_model("first_steps")


def test_rows_of_a_file_are_copied_and_the_original_may_go(model, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("imitation,quota share\n0.3,0.01\n0.4,0.02\n0.35,0\n")
    found = make(model, tmp_path / "a", design=str(path), n=None)
    path.unlink()
    assert open_sweep(tmp_path / "a").inputs().tolist() == [[0.3, 0.01], [0.4, 0.02], [0.35, 0.0]]
    before = files(tmp_path / "a")
    (tmp_path / "a" / "manifest" / "part-0" / "000000.json").unlink()
    again = sweep(out=tmp_path / "a", resume=True)
    assert files(tmp_path / "a") == before
    assert np.array_equal(again.values("unemployed", "regulier"), found.values("unemployed", "regulier"))
    refused(lambda: sweep(out=tmp_path / "a", add=5), "a design from a file is complete")
    (tmp_path / "a" / "rows.csv").write_text("imitation,quota share\n0.3,0.01\n0.4,0.02\n0.35,0.01\n")
    refused(lambda: open_sweep(tmp_path / "a"), "is not the file that the sweep was made with")


def test_a_vensim_sensitivity_file_is_a_design(model, tmp_path):
    (tmp_path / "a.vsc").write_text("40,L,5,,0\nimitation=RANDOM_UNIFORM(0.3,0.4)\n")
    found = make(model, tmp_path / "a", design=str(tmp_path / "a.vsc"), n=None)
    column = np.sort(found.inputs()[:, 0])
    assert (np.floor((column - 0.3) / 0.1 * 40).astype(int) == np.arange(40)).all()
    (tmp_path / "b.vsc").write_text("40,M,5\nimitatio=RANDOM_UNIFORM(0.3,0.4)\n")
    refused(lambda: make(model, tmp_path / "b", design=str(tmp_path / "b.vsc"), n=None), "'imitatio'", "b.vsc")


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_holds_every_number(model, tmp_path, kind):
    import pandas as pd
    import xarray as xr

    found = make(model, tmp_path / "a")
    export_sweep(found, tmp_path / "out", kind)
    data = found.dataset
    if kind == "nc":
        with xr.open_dataset(tmp_path / "out" / "sweep.nc") as read:
            for output in OUTPUTS:
                assert np.array_equal(read[output].values, data[output].values)
                assert read[output].attrs["units"] == "kpers"
            assert read["unemployed"].attrs["long_name_nl"] == "werklozen"
            assert np.array_equal(read["imitation"].values, data["imitation"].values)
            assert read["scenario"].values.tolist() == SCENARIOS
        return
    read_file = pd.read_csv if kind == "csv" else pd.read_parquet
    inputs, outcomes = read_file(tmp_path / "out" / f"inputs.{kind}"), read_file(tmp_path / "out" / f"outcomes.{kind}")
    assert list(inputs.columns) == ["run", *(f.name for f in found.factors)]
    assert np.array_equal(inputs.to_numpy()[:, 1:], found.inputs())
    assert list(outcomes.columns) == ["run", "scenario", "time", *OUTPUTS]
    flat = found.dataset.transpose("run", "scenario", "time")
    for output in OUTPUTS:
        assert np.array_equal(outcomes[output].to_numpy(), flat[output].values.ravel())
    assert outcomes["run"].tolist() == np.repeat(np.arange(100), 2 * 21).tolist()
    assert outcomes["scenario"].astype(str).tolist() == np.tile(np.repeat(SCENARIOS, 21), 100).tolist()


def test_an_export_for_dutch_excel_has_decimal_commas(model, tmp_path):
    found = make(model, tmp_path / "a", n=4)
    export_sweep(found, tmp_path / "out", "csv", "nl")
    lines = (tmp_path / "out" / "outcomes.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "run;scenario;time;unemployed;wsw employed"
    assert lines[1] == "0;baseline;2000,0;293,0;97,0"


def test_an_export_that_cannot_be_made_leaves_nothing(model, tmp_path):
    found = make(model, tmp_path / "a", n=4)
    refused(lambda: export_sweep(found, tmp_path / "out", "xlsx"), "no format 'xlsx'", "csv, parquet, nc")
    (tmp_path / "file").write_text("")
    refused(lambda: export_sweep(found, tmp_path / "file" / "out"), "the export cannot be written")
    (tmp_path / "a" / "manifest" / "part-0" / "000000.json").unlink()
    refused(lambda: export_sweep(open_sweep(tmp_path / "a"), tmp_path / "out"), "has no finished block")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "file"]
