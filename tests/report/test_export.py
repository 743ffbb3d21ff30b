"""Results as files: read back equal, safe in a spreadsheet, all or nothing."""

from __future__ import annotations

import csv
import io
import json
import os
import time

import netCDF4
import numpy as np
import openpyxl
import pandas as pd
import pytest
import xarray as xr

import sdsocec
from sdsocec.errors import ProjectError, SdsocecError
from sdsocec.results import choose_folder, formats, render_results, write_files, write_results

EVERY_FORMAT = ("csv", "xlsx", "nc", "tab")
FORMULA = '=HYPERLINK("http://example.org","click")'


def read_csv(content, encoding="utf-8", delimiter=","):
    return list(csv.DictReader(io.StringIO(content.decode(encoding)), delimiter=delimiter))


def labelled(model, label):
    """The model with another label for its first outcome."""
    text = model.card.title.model_copy(update={"nl": label, "en": label})
    first = model.card.outcomes[0].model_copy(update={"label": text})
    card = model.card.model_copy(update={"outcomes": (first, *model.card.outcomes[1:])})
    return type(model)(model.name, model.equations, card, None)


# Each format


def test_csv_has_a_row_per_scenario_time_and_outcome_in_the_units_shown(dataset, model):
    rows = read_csv(render_results(dataset, model, ["csv"])["outcomes.csv"])
    assert len(rows) == 2 * 9 * 4
    assert rows[0] == {
        "scenario": "a", "time": "2000", "variable": "people", "label": "unemployed", "value": "300000", "unit": "persons",
    }  # fmt: skip
    found = {(r["scenario"], r["variable"], float(r["time"])): float(r["value"]) for r in rows}
    for i, scenario in enumerate("ab"):
        for j, t in enumerate(dataset["time"].values):
            assert found[scenario, "people", t] == pytest.approx(1000 * dataset["people"].values[i, j], rel=1e-11)
            assert found[scenario, "jobs[south]", t] == 2000
            assert found[scenario, "share", t] == pytest.approx(dataset["share"].values[i, j], rel=1e-11)


def test_dutch_csv_opens_in_dutch_excel(dataset, model):
    content = render_results(dataset, model, ["csv"], "nl")["outcomes.csv"]
    assert content.startswith(b"\xef\xbb\xbf")
    rows = read_csv(content, "utf-8-sig", ";")
    assert rows[1]["time"] == "2000,5" and rows[0]["label"] == "werklozen" and rows[0]["unit"] == "personen"
    assert rows[-1]["value"] == "4,2345"
    frame = pd.read_csv(io.BytesIO(content), sep=";", decimal=",", encoding="utf-8-sig")
    english = pd.read_csv(io.BytesIO(render_results(dataset, model, ["csv"])["outcomes.csv"]))
    pd.testing.assert_series_equal(frame["value"], english["value"])


def test_csv_has_an_empty_value_where_the_model_has_none(dataset, model):
    dataset["people"][0, 0] = np.nan
    assert read_csv(render_results(dataset, model, ["csv"])["outcomes.csv"])[0]["value"] == ""


def test_xlsx_has_a_row_per_whole_year_and_a_column_per_outcome_and_scenario(dataset, model):
    book = openpyxl.load_workbook(io.BytesIO(render_results(dataset, model, ["xlsx"])["outcomes.xlsx"]))
    assert book.sheetnames == ["outcomes", "provenance"]
    sheet = book["outcomes"]
    assert [cell.value for cell in sheet[1]][1::2] == [
        "unemployed (persons)", "jobs in the south (persons)", "share (%)", "index (no unit)",
    ]  # fmt: skip
    assert [cell.value for cell in sheet[2]] == ["year", *("a", "b") * 4]
    assert [sheet.cell(row, 1).value for row in range(3, 8)] == [2000, 2001, 2002, 2003, 2004]
    assert sheet.max_row == 7
    shown = [sheet.cell(row, 3).value for row in range(3, 8)]
    assert shown == pytest.approx(1000 * dataset["people"].values[1, ::2], rel=1e-15)  # Excel keeps 15 digits
    assert sheet["G7"].value == pytest.approx(0.3344) and sheet["G7"].number_format == "0.0%"
    assert sheet["C7"].number_format == "#,##0"
    assert dict(book["provenance"].values) == dataset.attrs


def test_xlsx_of_a_model_in_months_has_every_saved_time(dataset, model):
    dataset["time"].attrs["units"] = "Month"
    book = openpyxl.load_workbook(io.BytesIO(render_results(dataset, model, ["xlsx"], "nl")["outcomes.xlsx"]))
    assert book["outcomes"].max_row == 2 + 9
    assert book["outcomes"]["A2"].value == "maand"


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_text_that_looks_like_a_formula_stays_text(dataset, model, start):
    hostile = labelled(model, start + FORMULA[1:])
    files = render_results(dataset.assign_coords(scenario=[f"{start}1+1", "b"]), hostile, ["csv", "xlsx"])
    rows = read_csv(files["outcomes.csv"])
    assert rows[0]["label"] == f"'{start}{FORMULA[1:]}" and rows[0]["scenario"] == f"'{start}1+1"
    sheet = openpyxl.load_workbook(io.BytesIO(files["outcomes.xlsx"]))["outcomes"]
    assert sheet["B1"].value == f"{start}{FORMULA[1:]} (persons)" and sheet["B1"].data_type == "s"
    assert sheet["B2"].value == f"{start}1+1" and sheet["B2"].data_type == "s"


def test_numbers_below_zero_are_no_text(dataset, model):
    dataset["people"][:] = -5.0
    assert read_csv(render_results(dataset, model, ["csv"])["outcomes.csv"])[0]["value"] == "-5000"


def test_netcdf_holds_every_variable_in_the_models_units(dataset, model, tmp_path):
    write_results(dataset, model, tmp_path / "out", ["nc"])
    with xr.open_dataset(tmp_path / "out" / "results.nc") as read:
        xr.testing.assert_identical(read.load(), dataset)


def test_netcdf_holds_every_constant_of_a_run_in_one_table(tmp_path):
    model = sdsocec.load_model("first_steps")
    result = sdsocec.run(model, ["baseline", "regulier"])
    constants = [v for v in model.equations.variables.values() if v.kind == "constant"]
    write_results(result, model, tmp_path / "out", ["nc"])
    with xr.open_dataset(tmp_path / "out" / "results.nc") as read:
        table = read["constants"].load()
        assert table.dims == ("scenario", "constant") and "unemployed" in read.data_vars
        assert set(read["constant"].values) == {n for v in constants for n in model.equations.element_names(v)}
        assert read["constant_units"].sel(constant="quota share scenario") == "dmnl"
    for variable in constants:
        if not variable.dimensions:
            expected = result[variable.name].isel(time=-1).values
            np.testing.assert_array_equal(table.sel(constant=variable.name), expected)


def test_netcdf_keeps_a_name_that_it_cannot_hold_as_an_attribute(dataset, model, tmp_path):
    odd = {"people": "inflow/outflow", "share": "inflow_outflow", "index": "-ratio", "jobs": "x" * 300}
    write_results(dataset.rename(odd), model, tmp_path / "out", ["nc"])
    with netCDF4.Dataset(tmp_path / "out" / "results.nc") as file:
        names = {getattr(v, "vensim_name", name): name for name, v in file.variables.items()}
        assert set(odd.values()) <= set(names)
        assert names["inflow/outflow"] != names["inflow_outflow"] and "/" not in names["inflow/outflow"]
        for old, new in odd.items():
            np.testing.assert_array_equal(file[names[new]][:], dataset[old].values)


def test_netcdf_takes_provenance_that_is_no_number_or_text(dataset, model, tmp_path):
    dataset.attrs |= {"time_step": float("nan"), "is_checked": True, "n_runs": np.int64(2)}
    write_results(dataset, model, tmp_path / "out", ["nc"])
    with netCDF4.Dataset(tmp_path / "out" / "results.nc") as file:
        assert (file.is_checked, file.n_runs, file.time_step) == (1, 2, "")
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["time_step"] is None


def test_tab_has_every_digit_under_vensims_names(dataset, model):
    files = render_results(dataset, model, ["tab"])
    assert set(files) == {"a.tab", "b.tab", "provenance.json"}
    header, *rows = [line.split("\t") for line in files["b.tab"].decode().splitlines()]
    assert header == ["Time", "people", "jobs[north]", "jobs[south]", "share", "index"]
    times, people, _, south, *_ = np.array(rows, dtype=float).T
    np.testing.assert_array_equal(people, dataset["people"].values[1])
    np.testing.assert_array_equal(south, dataset["jobs"].values[1, :, 1])
    np.testing.assert_array_equal(times, dataset["time"].values)


def test_tab_files_have_names_that_every_system_takes(dataset, model):
    files = render_results(dataset.assign_coords(scenario=["../A:b", ".._a_B"]), model, ["tab"])
    assert set(files) == {"_A_b.tab", "_a_B_2.tab", "provenance.json"}
    assert "_con.tab" in render_results(dataset.assign_coords(scenario=["con", "b"]), model, ["tab"])


def test_a_table_of_runs_is_written_by_number(dataset, model):
    runs = dataset.rename(scenario="run").assign_coords(run=[0, 1])
    files = render_results(runs, model, EVERY_FORMAT)
    assert read_csv(files["outcomes.csv"])[-1]["run"] == "1"
    assert "1.tab" in files


def test_the_same_data_gives_the_same_bytes(dataset, model):
    first = render_results(dataset, model, EVERY_FORMAT, "nl")
    time.sleep(1.1)  # file formats keep time in seconds
    assert render_results(dataset, model, EVERY_FORMAT, "nl") == first
    core = openpyxl.load_workbook(io.BytesIO(first["outcomes.xlsx"])).properties
    assert core.created.year == core.modified.year == 1980


def test_provenance_is_always_written(dataset, model, tmp_path):
    written = write_results(dataset, model, tmp_path / "out", [])
    assert [path.name for path in written] == ["provenance.json"]
    assert json.loads(written[0].read_text(encoding="utf-8")) == dataset.attrs | {"files": []}


def test_an_unknown_format_is_refused_with_the_nearest(dataset, model):
    with pytest.raises(SdsocecError) as error:
        render_results(dataset, model, ["xls"])
    assert str(error.value) == "there is no format 'xls'\n  Did you mean 'xlsx'? Valid: csv, xlsx, nc, tab."


# All or nothing


def content_of(folder):
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


def test_files_of_other_names_stay_and_nothing_is_left_beside_them(tmp_path):
    folder = tmp_path / "out"
    write_files(folder, {"a.txt": b"1", "b.txt": b"2"})
    write_files(folder, {"a.txt": b"3"})
    assert content_of(tmp_path) == {"out": None, "out/a.txt": b"3", "out/b.txt": b"2"}


def test_a_file_in_the_place_of_the_folder_is_one_clear_message(dataset, model, tmp_path):
    place = tmp_path / "taken"
    place.write_text("mine")
    for target in (place, place / "deeper" / "out"):
        with pytest.raises(ProjectError) as error:
            write_results(dataset, model, target)
        assert str(error.value) == (
            "the results cannot be written: there is a file where a folder must be\n"
            f"  {target}\n  Choose another folder (--out DIR on the command line)."
        )
    assert place.read_text() == "mine"
    assert {p.name for p in tmp_path.iterdir()} == {"taken", "small"}


def test_a_file_open_in_another_program_is_one_clear_message(tmp_path, monkeypatch):
    def refuse(source, target):
        raise PermissionError(13, "The process cannot access the file", str(target))

    write_files(tmp_path, {"outcomes.xlsx": b"old"})
    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(ProjectError) as error:
        write_files(tmp_path, {"outcomes.xlsx": b"new"})
    assert str(error.value) == (
        "the results cannot be written: no permission, or a file in it is open in another program\n"
        f"  {tmp_path}\n"
        "  Close the program that has it open, or choose another folder (--out DIR on the command line)."
    )
    assert (tmp_path / "outcomes.xlsx").read_bytes() == b"old"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_one_clear_message(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ProjectError, match="no permission"):
            write_files(tmp_path / "out", {"a.txt": b"1"})
    finally:
        tmp_path.chmod(0o700)


def test_a_writer_that_fails_midway_leaves_nothing(dataset, model, tmp_path, monkeypatch):
    def broken(*arguments):
        raise ZeroDivisionError

    monkeypatch.setitem(formats.WRITERS, "nc", broken)
    with pytest.raises(ZeroDivisionError):
        write_results(dataset, model, tmp_path / "out", ["csv", "nc"])
    assert not (tmp_path / "out").exists()


def failing(function, at):
    """The function, but its call number `at` fails as a full disk does."""
    calls = iter(range(1000))

    def wrapped(*arguments, **options):
        if next(calls) == at:
            raise OSError(28, "No space left on device")
        return function(*arguments, **options)

    return wrapped


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_full_disk_leaves_no_folder_and_none_of_those_above_it(tmp_path, monkeypatch, at):
    monkeypatch.setattr("pathlib.Path.write_bytes", failing(type(tmp_path).write_bytes, at))
    with pytest.raises(ProjectError, match="no space left on device"):
        write_files(tmp_path / "x" / "y" / "out", {"a": b"1", "b": b"2", "c": b"3"})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("at", range(5))
def test_a_fault_while_moving_puts_the_old_files_back(tmp_path, monkeypatch, at):
    folder = tmp_path / "out"
    write_files(folder, {"a": b"old a", "b": b"old b", "other": b"mine"})
    before = content_of(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", failing(os.replace, at))
        with pytest.raises(ProjectError):
            write_files(folder, {"a": b"new a", "c": b"new c", "b": b"new b"})
    assert content_of(tmp_path) == before


def test_a_folder_in_the_place_of_a_file_is_refused_before_anything_is_lost(tmp_path):
    folder = tmp_path / "out"
    write_files(folder, {"a": b"old a"})
    (folder / "b").mkdir()
    with pytest.raises(ProjectError) as error:
        write_files(folder, {"a": b"new a", "b": b"new b"})
    assert "there is a folder named 'b' where a file must be" in str(error.value)
    assert (folder / "a").read_bytes() == b"old a"


@pytest.mark.skipif(os.name == "nt", reason="links need a right on Windows")
def test_a_link_to_a_folder_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write_files(tmp_path / "link", {"a": b"1"})
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real" / "a").read_bytes() == b"1"


def test_a_new_folder_has_the_rights_that_any_new_folder_has(tmp_path):
    (tmp_path / "plain").mkdir()
    write_files(tmp_path / "out", {"a": b"1"})
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "plain").stat().st_mode


# Where results go


def test_results_never_go_over_another_result(dataset, model, tmp_path):
    base = tmp_path / "out"
    assert choose_folder(base, dataset) == base
    write_results(dataset, model, base, ["csv"])
    assert choose_folder(base, dataset) == base  # the same result
    other = dataset.assign_attrs(engine="pysd")
    assert choose_folder(base, other) == tmp_path / "out-2"
    write_results(other, model, tmp_path / "out-2", ["csv"])
    assert choose_folder(base, other) == tmp_path / "out-2"
    assert choose_folder(base, dataset.assign_attrs(engine="ode")) == tmp_path / "out-3"


def test_overwriting_leaves_no_table_of_another_result_under_the_new_provenance(dataset, model, tmp_path):
    folder = tmp_path / "out"
    write_results(dataset, model, folder, ["csv", "nc", "tab"])
    (folder / "mine.docx").write_text("mine")
    write_results(dataset, model, folder, ["xlsx"])
    kept = {"outcomes.csv", "results.nc", "a.tab", "b.tab", "outcomes.xlsx"}
    assert {p.name for p in folder.iterdir()} == kept | {"mine.docx", "provenance.json"}, "another format, one result"
    assert set(json.loads((folder / "provenance.json").read_text())["files"]) == kept
    write_results(dataset.assign_attrs(engine="pysd"), model, folder, ["csv"])
    assert {p.name for p in folder.iterdir()} == {"outcomes.csv", "mine.docx", "provenance.json"}
    assert json.loads((folder / "provenance.json").read_text())["files"] == ["outcomes.csv"]


def test_only_plain_files_that_a_result_lists_are_taken_away(dataset, model, tmp_path):
    folder = tmp_path / "out"
    (folder / "sub").mkdir(parents=True)
    for path in (tmp_path / "above.txt", folder / "sub" / "below.txt", folder / "listed.txt", folder / "other.txt"):
        path.write_text("mine")
    listed = [
        "../above.txt",
        str(tmp_path / "above.txt"),
        "sub/below.txt",
        "sub",
        "..",
        "",
        3,
        "gone.txt",
        "listed.txt",
    ]
    (folder / "provenance.json").write_text(json.dumps({"model": "old", "files": listed}))
    write_results(dataset, model, folder, ["csv"])
    assert {p.name for p in folder.iterdir()} == {"sub", "other.txt", "outcomes.csv", "provenance.json"}
    assert (tmp_path / "above.txt").exists() and (folder / "sub" / "below.txt").exists()


def test_a_fault_while_overwriting_puts_the_old_results_files_back(dataset, model, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    write_results(dataset, model, folder, ["csv", "tab"])
    before = content_of(folder)
    original = os.replace

    def fails(source, target):
        if str(target).endswith("provenance.json") and ".old" not in str(target):
            monkeypatch.setattr(os, "replace", original)
            raise OSError(28, "No space left on device")
        original(source, target)

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(ProjectError):
        write_results(dataset.assign_attrs(engine="pysd"), model, folder, ["csv"])
    assert content_of(folder) == before


def test_a_folder_of_other_things_is_not_chosen(dataset, tmp_path):
    (tmp_path / "out").mkdir()
    assert choose_folder(tmp_path / "out", dataset) == tmp_path / "out"  # empty
    (tmp_path / "out" / "thesis.docx").write_text("mine")
    (tmp_path / "out-2").write_text("a file")
    (tmp_path / "out-3").mkdir()
    (tmp_path / "out-3" / "provenance.json").write_text("not JSON")
    assert choose_folder(tmp_path / "out", dataset) == tmp_path / "out-4"
