"""`verify` says equal of nothing that was changed: a digit, a pixel, a stamp, a sheet, what a file lies beside."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from sdsocec.model.project import bundled_project

SMALL = ("--model", "first_steps")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """What `run` writes of a scenario, and figures of `plot series` and `data plot`, in folders of their own."""
    import sys

    from sdsocec.cli.app import main

    base, before = tmp_path_factory.mktemp("written"), (Path.cwd(), sys.argv)
    every = [part for kind in ("csv", "xlsx", "nc", "tab") for part in ("--format", kind)]
    try:
        os.chdir(base)
        for command in (
            ("run", "regulier", "--alone", *SMALL, *every, "--out", "o"),
            ("plot", "series", "baseline", *SMALL, "--outcome", "unemployed", "--format", "png,svg,pdf", "--out", "f"),
            ("data", "plot", "unemployed", *SMALL, "--out", "f"),
        ):
            sys.argv = ["sdsocec", *command]
            with pytest.raises(SystemExit) as stop:
                main()
            assert not stop.value.code
    finally:
        os.chdir(before[0])
        sys.argv = before[1]
    return base


@pytest.fixture
def here(written, tmp_path):
    """A copy of that in the working folder, which a test may change."""
    for folder in written.iterdir():
        shutil.copytree(folder, tmp_path / folder.name)
    return tmp_path


def edit_png(path: Path, *, stamp: dict[str, object] | None = None, pixel: bool = False, title: str = "") -> None:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    with Image.open(path) as picture:
        texts = PngInfo()
        for key, value in picture.info.items():
            if isinstance(value, str):
                if key == "Source":
                    value = json.dumps(json.loads(value) | (stamp or {}))
                texts.add_text(key, title if title and key == "Title" else value)
        if pixel:
            picture.putpixel((200, 200), (255, 0, 0, 255))
        picture.save(path, pnginfo=texts)


def edit_text(path: Path, old: str, new: str, count: int = 1) -> None:
    text = path.read_bytes().decode("utf-8")
    assert old in text
    path.write_bytes(text.replace(old, new, count).encode("utf-8"))


# ---- folders ----------------------------------------------------------------------------------------------------------


def test_each_figure_of_a_folder_has_a_line_and_the_worst_of_them_the_exit_code(sdsocec_program, here):
    equal = sdsocec_program("verify", "f")
    assert equal.code == 0, equal.out + equal.err
    names = sorted(path.name for path in (here / "f").iterdir())
    lines = equal.out.splitlines()
    assert [line.split()[0] for line in lines] == ["f", *names, "Equal,"]
    edit_png(here / "f" / "fit.png", pixel=True)
    (here / "f" / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (here / "f" / "notes.txt").write_text("mine")
    changed = sdsocec_program("verify", "f")
    assert changed.code == 1
    assert re.search(r"^  fit\.png +drawn again: not the same picture$", changed.out, re.MULTILINE)
    assert re.search(r"^  logo\.png +not compared: '.*logo\.png' is cut off", changed.out, re.MULTILINE)
    assert "notes.txt" not in changed.out
    assert changed.out.endswith("  Not equal.\n")
    (here / "f" / "fit.png").unlink()
    some = sdsocec_program("verify", "f")
    assert some.code == 2
    assert some.out.endswith("  Not all was compared: what was, is equal.\n")


def test_a_folder_of_nothing_of_ours_is_refused(sdsocec_program, tmp_path):
    (tmp_path / "empty").mkdir()
    done = sdsocec_program("verify", "empty")
    assert done.code == 2
    assert "the folder 'empty' holds no provenance.json, no figure and no table" in done.err


def test_a_folder_of_results_says_how_to_verify_them(sdsocec_program, tmp_path, here):
    (tmp_path / "empty").mkdir()
    os.chdir(here.parent)
    done = sdsocec_program("verify", here.name)
    assert done.code == 2
    assert f"Folders in it can be verified: sdsocec verify {here.name}/f {here.name}/o\n" in done.err
    command = done.err.strip().rpartition("can be verified: sdsocec ")[2].split()
    assert sdsocec_program(*command).code == 0


def test_a_file_that_the_provenance_does_not_list_is_not_passed_over(sdsocec_program, here):
    shutil.copy(here / "o" / "outcomes.csv", here / "o" / "mine.csv")
    shutil.copy(here / "f" / "fit.png", here / "o" / "fit.png")
    done = sdsocec_program("verify", "o")
    assert done.code == 2
    assert re.search(r"mine\.csv +not compared: provenance\.json does not list it", done.out)
    assert re.search(r"fit\.png +drawn again: the same picture", done.out)
    known = json.loads((here / "o" / "provenance.json").read_text())
    edit_text(here / "o" / "provenance.json", '"outcomes.csv",', "")
    edit_text(here / "o" / "outcomes.csv", "5", "6", 40)
    assert "outcomes.csv" in known["files"]
    assert sdsocec_program("verify", "o").code == 2, "taken from the list, it is not compared, and that is said"


# ---- tables and their stamps ------------------------------------------------------------------------------------------


def test_a_table_beside_its_picture_is_verified_wherever_both_are(sdsocec_program, here):
    (here / "elsewhere").mkdir()
    for name in ("series.csv", "series.svg"):
        shutil.copy(here / "f" / name, here / "elsewhere" / name.replace("series", "figure-3"))
    done = sdsocec_program("verify", "elsewhere/figure-3.csv")
    assert done.code == 0, done.out + done.err
    rows = (here / "elsewhere" / "figure-3.csv").read_text("utf-8").splitlines(keepends=True)
    row = next(i for i, line in enumerate(rows) if i > 3 and re.search(r"\d{3}", line))
    rows[row] = re.sub(r",(\d)", r",9\1", rows[row][::1], count=1)
    (here / "elsewhere" / "figure-3.csv").write_text("".join(rows), "utf-8")
    assert sdsocec_program("verify", "elsewhere/figure-3.csv").code == 1
    (here / "elsewhere" / "figure-3.svg").unlink()
    alone = sdsocec_program("verify", "elsewhere/figure-3.csv")
    assert alone.code == 2
    assert "has no provenance.json beside it and no picture of its name" in alone.err


def test_a_table_beside_pictures_of_two_commands_is_held_against_both(sdsocec_program, here):
    again = ("plot", "series", "regulier", *SMALL, "--outcome", "unemployed", "--format", "svg", "--out", "f")
    assert sdsocec_program(*again).code == 0
    assert sdsocec_program("verify", "f/series.csv", "f/series.png", "f/series.svg").code == 0


def test_a_lone_table_says_what_is_missing_and_how_to_mend_it(sdsocec_program, here):
    (here / "lone").mkdir()
    shutil.copy(here / "o" / "outcomes.csv", here / "lone")
    done = sdsocec_program("verify", "lone/outcomes.csv")
    assert done.code == 2
    assert "has no provenance.json beside it" in done.err
    assert (
        "Copy that file from the folder where 'outcomes.csv' was written; or verify a file that holds its own stamp"
        in done.err
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("f/fit.pgn", "f/fit.png"), ("ff/fit.png", "f/fit.png"), ("series.csv", "f/series.csv"), ("outcomes/x", None)],
)
def test_a_path_that_is_not_there_gets_the_nearest(sdsocec_program, here, typed, meant):
    done = sdsocec_program("verify", typed)
    assert done.code == 2
    assert f"there is no '{typed}'" in done.err
    assert ("Did you mean" in done.err) == (meant is not None)
    assert meant is None or f"Did you mean '{meant}'?" in done.err


def test_a_last_digit_that_was_changed_is_not_equal_bit_for_bit(sdsocec_program, here):
    path = here / "o" / "outcomes.csv"
    rows = path.read_text("utf-8").split("\n")
    at = next(i for i, row in enumerate(rows) if row.startswith("regulier,2005.125,unemployed,"))
    cells = rows[at].split(",")
    cells[4] = cells[4][:-1] + str((int(cells[4][-1]) + 1) % 10)
    rows[at] = ",".join(cells)
    path.write_text("\n".join(rows), "utf-8", newline="")
    done = sdsocec_program("verify", "o/outcomes.csv")
    assert "equal to 1e-9, not bit for bit" in done.out and "(numbers: 1)" in done.out
    assert "Equal, bit for bit" not in done.out


def test_a_time_that_is_off_by_the_least_is_another_time(tmp_path):
    from sdsocec.results.differences_tables import compare_csv

    assert compare_csv(b"time,x\n2014.0000001,3\n", b"time,x\n2014,3\n", tmp_path / "x.csv").verdict == "differs"


def test_a_number_that_is_missing_is_no_number(tmp_path):
    from sdsocec.results.differences_tables import compare_csv
    from sdsocec.results.differences_text import compare_json

    for other in (b"nan", b"", b"inf", b"0"):
        assert compare_csv(b"x,y\n1," + other + b"\n", b"x,y\n1,3\n", tmp_path / "x.csv").verdict == "differs"
        assert compare_csv(b"x,y\n1,3\n", b"x,y\n1," + other + b"\n", tmp_path / "x.csv").verdict == "differs"
    assert compare_json(b'{"a": null}', b'{"a": 1.0}', tmp_path / "x.json", {}).verdict == "differs"
    assert compare_json(b'{"a": true}', b'{"a": 1}', tmp_path / "x.json", {}).verdict == "differs"


def test_a_sheet_that_was_added_is_named(sdsocec_program, here):
    from openpyxl import load_workbook

    book = load_workbook(here / "o" / "outcomes.xlsx")
    book.create_sheet("more").cell(1, 1, 3.0)
    book.save(here / "o" / "outcomes.xlsx")
    done = sdsocec_program("verify", "o/outcomes.xlsx")
    assert done.code == 1
    assert "more" in done.out


# ---- stamps within files ----------------------------------------------------------------------------------------------


def test_a_stamp_within_a_file_that_is_not_that_of_its_folder_is_named(sdsocec_program, here):
    import netCDF4
    from openpyxl import load_workbook

    with netCDF4.Dataset(here / "o" / "results.nc", "a") as file:
        file.setncattr("time_step", 0.25)
    edit_png(here / "o" / "overview.png", stamp={"integrator": "rk4"})
    book = load_workbook(here / "o" / "outcomes.xlsx")
    sheet = book["provenance"]
    cell = next(row[1] for row in sheet.iter_rows() if row[0].value == "saved_to")
    cell.value = 2050
    book.save(here / "o" / "outcomes.xlsx")
    done = sdsocec_program("verify", "o")
    assert done.code == 1
    assert "results.nc: time_step = 0.25" in done.out
    assert "overview.png: integrator = rk4" in done.out
    assert "outcomes.xlsx: saved_to = 2050" in done.out
    assert sdsocec_program("verify", "o/outcomes.xlsx").code == 1


@pytest.mark.parametrize("key", ["time_step_error", "outcomes_sha256", "design_sha256", "saved_to", "initial"])
def test_any_part_of_a_stamp_that_was_changed_is_named(sdsocec_program, here, key):
    path = here / "o" / "provenance.json"
    known = json.loads(path.read_text())
    path.write_text(json.dumps(known | {key: "12" if isinstance(known[key], str) else 12.0}))
    done = sdsocec_program("verify", "o/provenance.json")
    assert (done.code, f"the stamp was changed: it says {key} = 12" in done.out) == (1, True), done.out


def test_a_result_of_an_older_version_may_lack_parts_of_a_stamp(sdsocec_program, here):
    path = here / "o" / "provenance.json"
    known = json.loads(path.read_text())
    for key in ("card_sha256", "outcomes_sha256", "scenario_titles", "library_versions", "time_step_error"):
        known.pop(key, None)
    path.write_text(json.dumps(known | {"sdsocec_version": "0.0.1"}))
    done = sdsocec_program("verify", "o/outcomes.csv")
    assert done.code == 0, done.out + done.err
    assert "made with sdsocec 0.0.1, run again with" in done.out
    assert "none ->" not in done.out.replace("model.toml changed since: none", "")


# ---- pictures ---------------------------------------------------------------------------------------------------------


def test_a_picture_by_another_matplotlib_says_so(sdsocec_program, here):
    path = here / "f" / "fit.png"
    edit_png(path, stamp={"library_versions": "numpy 9.9.9, matplotlib 3.0.0"}, pixel=True)
    done = sdsocec_program("verify", "f/fit.png")
    assert done.code == 1
    assert "drawn again: not the same picture, with other versions of numpy and matplotlib" in done.out
    assert re.search(r"made with matplotlib 3\.0\.0, run again with [0-9.]+", done.out)
    edit_png(here / "o" / "overview.png", stamp={"library_versions": "matplotlib 3.0.0"}, pixel=True)
    folder = sdsocec_program("verify", "o")
    assert folder.code == 1
    assert "not the same picture, with other versions of matplotlib" in folder.out


def test_words_of_a_picture_that_were_changed_are_a_difference(sdsocec_program, here):
    edit_png(here / "f" / "series.png", title="Unemployment falls")
    edit_text(here / "f" / "series.svg", "<desc>", "<desc>Not so. ")
    done = sdsocec_program("verify", "f/series.png", "f/series.svg")
    assert done.out.count("drawn again: not the same picture") == 2


def test_what_is_put_around_the_stamp_of_a_drawing_is_seen(sdsocec_program, here):
    edit_text(here / "f" / "series.svg", "<metadata>", "<style>path {display: none}</style><metadata>")
    path = here / "f" / "series.pdf"
    path.write_bytes(path.read_bytes() + b"\n5 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF\n")
    done = sdsocec_program("verify", "f/series.svg", "f/series.pdf")
    assert done.out.count("drawn again: not the same picture") == 2


def test_a_picture_in_a_style_of_ones_own_is_not_called_equal(sdsocec_program, here):
    (here / "mine.toml").write_text('font = "DejaVu Serif"\n')
    mine = ("plot", "series", "baseline", *SMALL, "--outcome", "unemployed", "--style", "mine.toml", "--out", "s")
    assert sdsocec_program(*mine).code == 0
    done = sdsocec_program("verify", "s/series.png")
    assert done.code == 2
    assert "the outcomes behind it are those of the run, bit for bit; the file itself was not compared" in done.out


# ---- what a file is of ------------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "mine"
    for kind in ("models", "scenarios"):
        shutil.copytree(bundled_project().root / kind / "first_steps", root / kind / "first_steps")
    return root


def test_a_model_of_another_name_is_named(sdsocec_program, here, project):
    for kind in ("models", "scenarios"):
        os.replace(project / kind / "first_steps", project / kind / "second")
    unknown = sdsocec_program("verify", "o/outcomes.csv", "--project", str(project))
    assert unknown.code == 2
    assert "the model 'first_steps' (model.mdl) is none of" in unknown.err
    done = sdsocec_program("verify", "o/outcomes.csv", "f/series.csv", "--project", str(project), "--model", "second")
    assert done.code == 0, done.out + done.err
    assert done.out.count("the model is called second here; first_steps in the stamp") == 2


def test_changed_claims_are_named(sdsocec_program, project, tmp_path):
    asked = ("robust", "--only", "claims", "--claims-n", "2", *SMALL, "--project", str(project), "--out", "r")
    assert sdsocec_program(*asked, "--trust-code").code == 0
    with next((project / "models" / "first_steps" / "checks").glob("*.py")).open("a") as file:
        file.write("\n# a remark\n")
    done = sdsocec_program("verify", "r/claims.csv", "--project", str(project), "--trust-code")
    assert done.code == 0, done.out + done.err
    assert re.search(r"checks changed since: [0-9a-f]{8} -> [0-9a-f]{8}", done.out)


def test_a_number_of_the_evidence_of_a_fit_that_was_changed_is_named(sdsocec_program, tmp_path):
    asked = ("calibrate", *SMALL, "--starts", "1", "--free", "matching elasticity", "--out", "c")
    assert sdsocec_program(*asked).code == 0
    known = json.loads((tmp_path / "c" / "calibration.json").read_text())
    known["chi2_after"] *= 1.001
    (tmp_path / "c" / "calibration.json").write_text(json.dumps(known, indent=2))
    with (tmp_path / "c" / "best.cin").open("a") as file:
        file.write("onset rate = 0.5\n")
    done = sdsocec_program("verify", "c")
    assert done.code == 1
    assert re.search(r"chi2_after: [0-9.]+ in the file, [0-9.]+ by the run \(relative difference 0.001\)", done.out)
    assert "'onset rate = 0.5' in the file, 'missing' by the run" in done.out


def test_a_command_of_a_stamp_never_accepts_values_into_a_model(sdsocec_program, tmp_path, project):
    mdl = project / "models" / "first_steps" / "model.mdl"
    before = mdl.read_bytes()
    command = {"command": "calibrate", "options": {"starts": 1, "accept": True}}
    stamp = {"model": "first_steps", "sdsocec_version": "0.1.0", "command": json.dumps(command)}
    (tmp_path / "x.json").write_text(json.dumps(stamp))
    done = sdsocec_program("verify", "x.json", "--project", str(project))
    assert (done.code, mdl.read_bytes()) == (2, before)
    assert "holds no command that can be run again" in done.err


# ---- sweeps as files --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A small sweep and its export in each format."""
    from sdsocec.analysis.sweep.export import export_sweep
    from sdsocec.analysis.sweep.plan import Asked
    from sdsocec.analysis.sweep.running import run_sweep
    from sdsocec.model.project import load_model
    from sdsocec.scenario import load_scenario

    base, model = tmp_path_factory.mktemp("swept"), load_model("first_steps")
    sweep = run_sweep(base / "s", Asked(n=8), model, [load_scenario("regulier", model)])
    for kind in ("csv", "parquet", "nc"):
        export_sweep(sweep, base / "e", kind)
    export_sweep(sweep, base / "nl", "csv", "nl")
    return base


def test_an_export_is_equal_without_its_sweep_in_any_format_and_language(sdsocec_program, swept, tmp_path):
    for name in ("e", "nl"):
        shutil.copytree(swept / name, tmp_path / name)
    done = sdsocec_program("verify", "e", "nl", "e/outcomes.parquet", "e/sweep.nc", "e/inputs.csv")
    assert done.code == 0, done.out + done.err
    assert done.out.count("8 rows run again: equal, bit for bit") == 3 + 1 + 3
    assert str(swept) not in (tmp_path / "e" / "provenance.json").read_text("utf-8")


@pytest.mark.parametrize("is_sum_changed", [False, True])
def test_a_number_of_an_export_that_was_changed_is_found(sdsocec_program, swept, tmp_path, is_sum_changed):
    import hashlib

    shutil.copytree(swept / "e", tmp_path / "e")
    path = tmp_path / "e" / "outcomes.csv"
    lines = path.read_text("utf-8").split("\n")
    cells = lines[5].split(",")
    cells[3] = repr(float(cells[3]) * 1.5)
    lines[5] = ",".join(cells)
    path.write_text("\n".join(lines), "utf-8")
    if is_sum_changed:
        stamp = json.loads((tmp_path / "e" / "provenance.json").read_text())
        sums = json.loads(stamp["files_sha256"])
        sums["outcomes.csv"] = hashlib.sha256(path.read_bytes()).hexdigest()
        (tmp_path / "e" / "provenance.json").write_text(json.dumps(stamp | {"files_sha256": json.dumps(sums)}))
    done = sdsocec_program("verify", "e/outcomes.csv")
    assert done.code == 1
    assert ("is not what was written" in done.out) != is_sum_changed
    assert re.search(r"row \d, regulier, \d{4}\): \S+ in the file", done.out)


def test_inputs_of_an_export_that_are_not_those_of_its_design_are_found(sdsocec_program, swept, tmp_path):
    shutil.copytree(swept / "e", tmp_path / "e")
    path = tmp_path / "e" / "inputs.csv"
    lines = path.read_text("utf-8").split("\n")
    lines[1], lines[2] = "0," + lines[2].partition(",")[2], "1," + lines[1].partition(",")[2]
    path.write_text("\n".join(lines), "utf-8")
    done = sdsocec_program("verify", "e")
    assert done.code == 1
    assert "the inputs of block 0 of part 0 (rows 0 to 7) are not those of the design" in done.out
