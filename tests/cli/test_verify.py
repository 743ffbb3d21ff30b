"""`verify`: what a run wrote is equal when run again; what was changed, in a file or in what it was made from, is named."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import sdsocec
from sdsocec.model.project import bundled_project
from sdsocec.report.verification import verify

ROOT = Path(__file__).resolve().parents[2]
DELAY = str(ROOT / "tests" / "conformance" / "delay1" / "model.mdl")
SMALL = ("--model", "first_steps")


@pytest.fixture
def project(tmp_path):
    """A copy of the small model and its scenarios, that a test may change."""
    root = tmp_path / "mine"
    for kind in ("models", "scenarios"):
        shutil.copytree(bundled_project().root / kind / "first_steps", root / kind / "first_steps")
    return root


def edit(path: Path, old: str, new: str) -> None:
    content = path.read_bytes()
    assert content.count(old.encode()) == 1
    path.write_bytes(content.replace(old.encode(), new.encode()))


def lines_of(out: str) -> dict[str, str]:
    """Verdicts by file."""
    found = re.findall(r"^  (\S+\.(?:csv|nc|xlsx|tab|png|svg|pdf|json)) +(.*)$", out, re.MULTILINE)
    return dict(found)


# ---- equal ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_file_that_run_writes_is_equal_from_another_folder(sdsocec_program, tmp_path, monkeypatch, language):
    formats = [part for kind in ("csv", "xlsx", "nc", "tab") for part in ("--format", kind)]
    scenarios = ("baseline", "regulier")
    made = sdsocec_program("run", *scenarios, *SMALL, *formats, "--flows", "--out", "o", "--lang", language)
    assert made.code == 0, made.err
    written = {path.name for path in (tmp_path / "o").iterdir()} - {"provenance.json"}
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    whole = sdsocec_program("verify", "../o")
    assert whole.code == 0, whole.out
    verdicts = lines_of(whole.out)
    assert set(verdicts) == written
    assert set(verdicts.values()) == {"equal, bit for bit", "drawn again: the same picture"}
    each = sdsocec_program("verify", *(f"../o/{name}" for name in [*sorted(written), "provenance.json"]))
    assert each.code == 0, each.out + each.err
    assert each.out.count("Equal, bit for bit.") == len(written) + 1


@pytest.mark.parametrize(
    "options",
    [
        ("regulier", *SMALL, "--set", "quota share=0.03"),
        ("regulier", *SMALL, "--integrator", "rk4"),
        ("regulier", *SMALL, "--integrator", "LSODA"),
        ("baseline", "--model", "social_economy", "--profile", "assen"),
        ("--at", "g=0.4,v=0.7,intensity=0.5", "--model", "social_economy"),
        ("baseline", "--model", "social_economy", "--initial", "equilibrium", "--set", "tau long=1.4"),
    ],
    ids=lambda options: " ".join(options),
)
def test_a_run_with_options_is_equal(sdsocec_program, options):
    assert sdsocec_program("run", *options, "--out", "o", "--format", "nc").code == 0
    done = sdsocec_program("verify", "o/results.nc", "o/overview.png")
    assert done.code == 0, done.out + done.err
    assert lines_of(done.out) == {"results.nc": "equal, bit for bit", "overview.png": "drawn again: the same picture"}


@pytest.mark.parametrize("engine", ["pysd", "native"])
def test_a_model_of_another_folder_is_verified_by_its_path(sdsocec_program, engine):
    assert sdsocec_program("run", "--model", DELAY, "--engine", engine, "--out", "o").code == 0
    assert sdsocec_program("verify", "o", "--model", DELAY).code == 0
    unknown = sdsocec_program("verify", "o")
    assert unknown.code == 2
    assert "the model 'model' (model.mdl) is none of the models that come with sdsocec" in unknown.err
    assert "Say where it is: --model PATH" in unknown.err


def test_the_costs_of_the_full_model_are_equal(sdsocec_program):
    made = sdsocec_program(
        "run", "baseline", "publiek", "--model", "social_economy", "--out", "o", "-f", "xlsx", "-f", "csv"
    )
    assert made.code == 0, made.err
    done = sdsocec_program("verify", "o")
    assert done.code == 0, done.out
    assert lines_of(done.out)["costs.csv"] == "equal, bit for bit"


def test_a_changes_file_a_comparison_and_a_plot_are_equal(sdsocec_program, tmp_path):
    (tmp_path / "own.cin").write_text("quota share scenario = 0.03\n")
    assert sdsocec_program("run", "baseline", *SMALL, "--changes", "own.cin", "--out", "a").code == 0
    compared = ("compare", "baseline", "regulier", *SMALL, "--out", "b", "--format", "csv", "--format", "xlsx")
    assert sdsocec_program(*compared).code == 0
    assert sdsocec_program("plot", "baseline", "publiek", *SMALL, "--lang", "nl", "--out", "c").code == 0
    (tmp_path / "own.cin").unlink()
    done = sdsocec_program("verify", "a", "b", "c/overview.png", "c/overview.svg")
    assert done.code == 0, done.out + done.err
    assert lines_of(done.out)["comparison.csv"] == "equal, bit for bit"


def test_a_scenario_made_in_python_is_run_again(tmp_path):
    model = sdsocec.load_model("first_steps")
    mine = sdsocec.load_scenario("regulier", model).with_settings({"quota share scenario": 0.031})
    written = write(sdsocec.run(model, [mine]), tmp_path)
    assert verify(written).is_equal


def write(dataset, folder):
    from sdsocec.results import write_results

    return write_results(dataset, sdsocec.load_model("first_steps"), folder)[0].parent


def test_pictures_are_drawn_again_by_the_command_in_their_stamp(sdsocec_program, tmp_path):
    """In any order of the options, under another name, in grey."""
    series = ("plot", "series", *SMALL, "--outcome", "werklozen", "--size", "column", "--lang", "nl", "--grey")
    assert sdsocec_program(*series, "--format", "png,svg,pdf", "--out", "p", "baseline", "regulier").code == 0
    os.replace(tmp_path / "p" / "series.svg", tmp_path / "p" / "renamed.svg")
    assert sdsocec_program("plot", "bands", "--rows", "32", *SMALL, "--out", "p", "--format", "png").code == 0
    names = ("series.png", "series-grey.png", "renamed.svg", "series.pdf", "bands.png")
    done = sdsocec_program("verify", *(f"p/{name}" for name in names))
    assert done.code == 0, done.out + done.err
    assert lines_of(done.out) == dict.fromkeys(names, "drawn again: the same picture")
    assert str(tmp_path).encode() not in (tmp_path / "p" / "series.pdf").read_bytes()


def test_the_tables_and_pictures_of_robust_and_sensitivity_are_made_again(sdsocec_program, tmp_path):
    asked = ("robust", *SMALL, "--only", "rankings", "-n", "32", "--out", "r")
    assert sdsocec_program(*asked).code == 0
    few = ("--method", "morris", "-n", "32", "--outcome", "unemployed", "--no-figure")
    asked = ("sensitivity", "baseline", *SMALL, *few, "--out", "t")
    done = sdsocec_program(*asked)
    assert done.code == 0, done.err
    done = sdsocec_program("verify", "r", "t")
    assert done.code == 0, done.out + done.err
    table = next((tmp_path / "r").glob("*.csv"))
    assert lines_of(done.out)[table.name] == "equal, bit for bit"
    rows = table.read_text("utf-8").splitlines(keepends=True)
    number = re.findall(r"(?<=,)[0-9]*\.[0-9]+(?=,)", "".join(rows[1:]))[0]
    table.write_text(rows[0] + "".join(rows[1:]).replace(number, "0.123", 1), "utf-8")
    changed = sdsocec_program("verify", f"r/{table.name}")
    assert (changed.code, lines_of(changed.out)) == (1, {table.name: "differs in 1 value"})


# ---- changed since ----------------------------------------------------------------------------------------------------


def test_a_changed_model_is_named_with_the_outcomes_that_differ(sdsocec_program, project):
    ours = ("--project", str(project))
    assert sdsocec_program("run", "regulier", *SMALL, *ours, "--out", "o").code == 0
    mdl = project / "models" / "first_steps" / "model.mdl"
    constant = sdsocec.load_model(mdl).card.uncertainties[0].name
    found = re.search(rf"^{re.escape(constant)} *=\s*\n?\s*([0-9.]+)", mdl.read_text("utf-8"), re.MULTILINE)
    edit(mdl, found[0], found[0].removesuffix(found[1]) + str(float(found[1]) * 1.01))
    done = sdsocec_program("verify", "o", *ours)
    assert done.code == 1
    assert re.search(r"model\.mdl changed since: [0-9a-f]{8} -> [0-9a-f]{8}", done.out)
    assert re.search(r"unemployed \(regulier, [0-9.]+\): [0-9.]+ in the file, [0-9.]+ by the run", done.out)
    assert "the stamp was changed" not in done.out
    assert "Not equal." in done.out


def test_a_changed_comment_of_the_model_is_named_and_its_numbers_are_equal(sdsocec_program, project):
    ours = ("--project", str(project))
    assert (
        sdsocec_program("run", "regulier", *SMALL, *ours, "--out", "o", "--format", "nc", "--format", "csv").code == 0
    )
    for path in ("models/first_steps/model.toml", "scenarios/first_steps/regulier.toml"):
        with (project / path).open("a", encoding="utf-8") as file:
            file.write("\n# a remark\n")
    done = sdsocec_program("verify", "o", *ours)
    assert done.code == 0, done.out
    assert "model.toml changed since" in done.out
    assert "the scenario 'regulier' changed since" in done.out
    assert set(lines_of(done.out).values()) == {"equal, bit for bit", "drawn again: the same picture"}


def test_a_changed_scenario_is_named(sdsocec_program, project):
    ours = ("--project", str(project))
    assert sdsocec_program("run", "regulier", *SMALL, *ours, "--out", "o").code == 0
    scenario = project / "scenarios" / "first_steps" / "regulier.toml"
    text = scenario.read_text("utf-8")
    value = re.search(r"^value = ([0-9.]+)", text, re.MULTILINE) or re.search(r"value = ([0-9.]+)", text)
    scenario.write_text(text.replace(value[0], f"value = {float(value[1]) * 0.9}", 1), "utf-8")
    done = sdsocec_program("verify", "o", *ours)
    assert done.code == 1
    assert "the scenario 'regulier' changed since" in done.out
    assert lines_of(done.out)["overview.png"] == "drawn again: not the same picture"


def test_a_model_that_lacks_what_was_set_says_that_it_changed(sdsocec_program, project):
    ours = ("--project", str(project))
    assert sdsocec_program("run", "baseline", *SMALL, *ours, "--out", "o", "--set", "quota share=0.03").code == 0
    mdl = project / "models" / "first_steps" / "model.mdl"
    card = project / "models" / "first_steps" / "model.toml"
    for path in (mdl, card):
        path.write_text(path.read_text("utf-8").replace("quota share", "quota part"), "utf-8")
    shutil.rmtree(project / "scenarios" / "first_steps")
    (project / "scenarios").joinpath("first_steps").mkdir()
    done = sdsocec_program("verify", "o", *ours)
    assert done.code == 2
    assert "'o' cannot be run again: model.mdl and model.toml changed since; " in done.err


def test_a_scenario_that_was_a_file_is_looked_for_and_asked_for(sdsocec_program, tmp_path, monkeypatch):
    text = (bundled_project().root / "scenarios" / "first_steps" / "regulier.toml").read_text("utf-8")
    own = tmp_path / "own.toml"
    own.write_text(text.replace('name = "regulier"', 'name = "own"'), "utf-8")
    assert sdsocec_program("run", "own.toml", *SMALL, "--out", "o").code == 0
    assert str(tmp_path) not in (tmp_path / "o" / "provenance.json").read_text("utf-8")
    assert sdsocec_program("verify", "o").code == 0, "it is in the working folder"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    gone = sdsocec_program("verify", "../o")
    assert gone.code == 2
    assert "the scenario 'own' was a file of its own, 'own.toml', which is not here" in gone.err
    assert "Say where it is: --scenario FILE.toml" in gone.err
    assert sdsocec_program("verify", "../o", "--scenario", "../own.toml").code == 0


def test_other_versions_are_named_and_numbers_within_1e_9_are_equal(tmp_path):
    """A result of other versions, whose last bits differ."""
    result = sdsocec.run("first_steps", ["baseline"])
    result["unemployed"] = result["unemployed"] * (1 + 1e-13)
    result.attrs |= {"sdsocec_version": "0.0.9", "library_versions": "numpy 1.99.0, llvmlite 0.50.0"}
    found = verify(write(result, tmp_path) / "results.nc")
    assert found.is_equal
    assert [file.verdict for file in found.files] == ["close"]
    assert [(c.name, c.before) for c in found.changes] == [("sdsocec", "0.0.9"), ("numpy", "1.99.0")]


# ---- changed by hand --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What `run` writes of two scenarios."""
    from sdsocec.report.figures import draw_overview, render
    from sdsocec.results import render_results, write_files

    model = sdsocec.load_model("first_steps")
    dataset = sdsocec.run(model, ["baseline", "regulier"])
    files = render_results(dataset, model, ["csv", "xlsx", "nc", "tab"])
    files |= render(draw_overview(dataset, model), "overview", dataset, ("png",))
    return write_files(tmp_path_factory.mktemp("whole") / "o", files)


@pytest.fixture
def written(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "o"))


def test_an_edited_cell_of_a_csv_is_named(sdsocec_program, written):
    path = written / "outcomes.csv"
    rows = path.read_bytes().split(b"\r\n")
    at = next(i for i, row in enumerate(rows) if row.startswith(b"regulier,2005,unemployed,"))
    cells = rows[at].split(b",")
    computed = float(cells[4])
    cells[4] = b"250000"
    rows[at] = b",".join(cells)
    path.write_bytes(b"\r\n".join(rows))
    done = sdsocec_program("verify", "o/outcomes.csv")
    assert done.code == 1
    assert lines_of(done.out) == {"outcomes.csv": "differs in 1 value"}
    relative = f"{abs(250000 - computed) / computed:.2g}"
    assert (
        f"    E{at + 1}: unemployed (regulier, 2005): 250000 in the file, {computed:.12g} by the run "
        f"(relative difference {relative})\n" in done.out
    )


def test_a_csv_that_was_saved_with_fewer_digits_is_equal_at_those(sdsocec_program, written):
    path = written / "outcomes.csv"
    rows = [row.split(b",") for row in path.read_bytes().split(b"\r\n")]
    for row in rows[1:-1]:
        row[4] = f"{float(row[4]):.6g}".encode()
    path.write_bytes(b"\n".join(b";".join(row).replace(b".", b",") for row in rows))
    done = sdsocec_program("verify", "o/outcomes.csv")
    assert done.code == 0, done.out
    assert lines_of(done.out) == {"outcomes.csv": "equal at the digits written; fewer than a run writes"}


def test_a_number_that_was_rounded_away_is_not_equal(sdsocec_program, written):
    path = written / "outcomes.csv"
    rows = [row.split(b",") for row in path.read_bytes().split(b"\r\n")]
    at = next(i for i, row in enumerate(rows) if row[:3] == [b"regulier", b"2020", b"unemployed"])
    rows[at][4] = f"{float(rows[at][4]):.0e}".encode()
    path.write_bytes(b"\r\n".join(b",".join(row) for row in rows))
    assert sdsocec_program("verify", "o/outcomes.csv").code == 1


def test_rows_that_were_taken_out_are_counted(sdsocec_program, written):
    path = written / "outcomes.csv"
    path.write_bytes(b"\r\n".join(path.read_bytes().split(b"\r\n")[:-4]) + b"\r\n")
    done = sdsocec_program("verify", "o/outcomes.csv")
    assert done.code == 1
    assert re.search(r"'\d+ rows' in the file, '\d+ rows' by the run", done.out)


def test_an_edited_cell_of_a_workbook_is_named(sdsocec_program, written):
    from openpyxl import load_workbook

    path = written / "outcomes.xlsx"
    book = load_workbook(path)
    book["outcomes"]["C7"] = 12
    book.save(path)
    done = sdsocec_program("verify", "o/outcomes.xlsx")
    assert done.code == 1
    assert re.search(r"    C7: .* \(regulier, 2004\): 12 in the file", done.out), done.out
    book["outcomes"]["C7"] = load_workbook(path)["outcomes"]["C7"].value
    (written / "provenance.json").unlink()
    assert sdsocec_program("verify", "o/outcomes.xlsx").code == 1, "its own sheet holds the stamp"


def test_an_edited_number_of_a_tab_file_and_a_missing_file_are_named(sdsocec_program, written):
    path = written / "regulier.tab"
    lines = path.read_text("utf-8").split("\n")
    column = lines[0].split("\t").index("unemployed")
    cells = lines[9].split("\t")
    cells[column] = "1.5"
    path.write_text("\n".join([*lines[:9], "\t".join(cells), *lines[10:]]), "utf-8")
    (written / "baseline.tab").unlink()
    done = sdsocec_program("verify", "o")
    assert done.code == 1
    assert lines_of(done.out)["baseline.tab"] == "is not there"
    assert re.search(r"[A-Z]+10: unemployed \(2001\): 1.5 in the file", done.out)


def test_an_edited_number_of_a_netcdf_is_named(sdsocec_program, written):
    import netCDF4

    with netCDF4.Dataset(written / "results.nc", "a") as file:
        file.variables["unemployed"][1, 40] *= 1.25
    done = sdsocec_program("verify", "o/results.nc")
    assert done.code == 1
    assert lines_of(done.out) == {"results.nc": "differs in 1 value"}
    assert re.search(
        r"unemployed \(regulier, 2005\): \S+ in the file, \S+ by the run \(relative difference 0.25\)", done.out
    )


def test_a_stamp_that_was_changed_by_hand_is_not_equal(sdsocec_program, written):
    path = written / "provenance.json"
    known = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(known | {"settings": '{"quota share scenario": 0.04}'}), "utf-8")
    done = sdsocec_program("verify", "o")
    assert done.code == 1
    assert 'the stamp was changed: it says settings = {"quota share scenario": 0.04}; the run gives {}' in done.out


def test_a_retouched_figure_is_not_the_same_picture(sdsocec_program, written):
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    path = written / "overview.png"
    with Image.open(path) as picture:
        texts = PngInfo()
        for key, value in picture.info.items():
            if isinstance(value, str):
                texts.add_text(key, value)
        picture.save(path, pnginfo=texts, compress_level=9)
        assert sdsocec_program("verify", "o/overview.png").code == 0, "packed otherwise, it shows the same"
        picture.putpixel((300, 300), (255, 0, 0, 255))
        picture.save(path, pnginfo=texts)
    done = sdsocec_program("verify", "o/overview.png")
    assert done.code == 1
    assert lines_of(done.out) == {"overview.png": "drawn again: not the same picture"}


@pytest.mark.parametrize("kind", ["pdf", "svg"])
def test_a_drawing_that_was_changed_is_not_the_same_picture(sdsocec_program, tmp_path, kind):
    assert sdsocec_program("plot", "series", "baseline", *SMALL, "--format", kind, "--out", "p").code == 0
    path = tmp_path / "p" / f"series.{kind}"
    content = path.read_bytes()
    place = content.index(b"stream\n") + 40 if kind == "pdf" else content.index(b' d="M ') + 6
    path.write_bytes(content[:place] + b"7" + content[place + 1 :])
    assert path.read_bytes() != content
    done = sdsocec_program("verify", str(path))
    assert done.code == 1
    assert lines_of(done.out) == {path.name: "drawn again: not the same picture"}


def test_dutch_lines_have_a_decimal_comma(sdsocec_program, written):
    edit(written / "outcomes.csv", "\nregulier,2020,unemployed,unemployed", "\nregulier,2020,unemployed,out of work")
    done = sdsocec_program("verify", "o/outcomes.csv", "--lang", "nl")
    assert done.code == 1
    assert "'out of work' in het bestand, 'unemployed' volgens de run" in done.out
    assert done.out.endswith("  Niet gelijk.\n")


def test_a_stamp_that_does_not_say_how_to_run_it_again_is_compared_by_its_hashes(sdsocec_program, written):
    path = written / "provenance.json"
    known = json.loads(path.read_text("utf-8"))
    del known["recipe"]
    path.write_text(json.dumps(known), "utf-8")
    done = sdsocec_program("verify", "o")
    assert (done.code, done.out.splitlines()[-1]) == (2, "  Not known.")
    path.write_text(json.dumps(known | {"model_sha256": "0" * 64}), "utf-8")
    changed = sdsocec_program("verify", "o")
    assert (changed.code, changed.out.splitlines()[-1]) == (1, "  Not equal.")
    assert "model.mdl changed since: 00000000 -> " in changed.out


# ---- not ours ---------------------------------------------------------------------------------------------------------


def foreign_png(path):
    from PIL import Image

    Image.new("RGB", (4, 4)).save(path)


def foreign_svg(path):
    path.write_text('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>')


def laughing_svg(path):
    entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    path.write_text(f'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a0 "ha">{entities}]><svg>&a9;</svg>')


def foreign_json(path):
    path.write_text('{"model": "first_steps", "recipe": "{}"}')


def nested_json(path):
    path.write_text('{"a":' * 100_000)


def stamp_with_a_bad_recipe(path):
    stamp = {"model": "first_steps", "sdsocec_version": "0.1.0", "recipe": '{"scenarios": [{"name": 3}]}'}
    path.write_text(json.dumps(stamp))


def stamp_of_a_path(path):
    recipe = '{"scenarios": [{"name": "../../../etc/passwd", "origin": "file"}]}'
    path.write_text(json.dumps({"model": "first_steps", "sdsocec_version": "0.1.0", "recipe": recipe}))


def stamp_of_a_model_path(path):
    stamp = {"model": "../models/first_steps", "sdsocec_version": "0.1.0", "recipe": '{"scenarios": [{"name": "x"}]}'}
    path.write_text(json.dumps(stamp))


def command_of(path, command):
    stamp = {"model": "first_steps", "sdsocec_version": "0.1.0", "command": json.dumps(command)}
    path.write_text(json.dumps(stamp))


def command_that_makes_a_project(path):
    command_of(path, {"command": "init", "options": {"folder": "x"}})


def command_that_writes_elsewhere(path):
    command_of(path, {"command": "plot series", "options": {"out": "/tmp/elsewhere"}})


def command_that_reads_a_file(path):
    command_of(path, {"command": "plot series", "options": {"scenarios": ["/tmp/secret.toml"]}})


def command_that_trusts_code(path):
    command_of(path, {"command": "robust", "options": {"trust_code": True}})


def command_that_never_ends(path):
    command_of(path, {"command": "plot bands", "options": {"rows": 10**12}})


def command_of_another_kind(path):
    command_of(path, {"command": "plot series", "options": {"size": {"a": 1}}})


def lonely_csv(path):
    path.write_text("scenario,time\n")


def no_workbook(path):
    path.write_bytes(b"PK\x03\x04" + b"0" * 100)


def no_netcdf(path):
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + b"0" * 100)


def no_pdf(path):
    path.write_bytes(b"%PDF-1.4\n/Source (never closed")


@pytest.mark.parametrize(
    ("make", "name", "message"),
    [
        (foreign_png, "x.png", "is a PNG without a stamp of sdsocec"),
        (foreign_svg, "x.svg", "is a SVG without a stamp of sdsocec"),
        (laughing_svg, "x.svg", "declares entities"),
        (foreign_json, "x.json", "has no stamp of sdsocec"),
        (nested_json, "x.json", "is damaged"),
        (stamp_with_a_bad_recipe, "x.json", "the recipe is wrong at scenarios.0.name"),
        (stamp_of_a_path, "x.json", "was a file of its own"),
        (stamp_of_a_model_path, "x.json", "is none of the models that come with sdsocec"),
        (command_that_makes_a_project, "x.json", "holds no command that can be run again"),
        (command_that_writes_elsewhere, "x.json", "holds no command that can be run again"),
        (command_that_reads_a_file, "x.json", "holds no command that can be run again"),
        (command_that_trusts_code, "x.json", "holds no command that can be run again"),
        (command_that_never_ends, "x.json", "holds no command that can be run again"),
        (command_of_another_kind, "x.json", "holds no command that can be run again"),
        (lonely_csv, "x.csv", "has no provenance.json beside it"),
        (no_workbook, "x.xlsx", "is no workbook that can be read"),
        (no_netcdf, "x.nc", "is cut off or damaged"),
        (no_pdf, "x.pdf", "is cut off"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_not_ours_is_one_message(sdsocec_program, tmp_path, make, name, message):
    make(tmp_path / name)
    done = sdsocec_program("verify", name)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert message in done.err


@pytest.mark.parametrize("name", ["results.nc", "overview.png", "outcomes.xlsx", "provenance.json"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_a_file_that_is_cut_off_is_one_message(sdsocec_program, written, name, share):
    content = (written / name).read_bytes()
    (written / name).write_bytes(content[: int(len(content) * share)])
    done = sdsocec_program("verify", f"o/{name}")
    assert done.code == 2
    assert done.err.startswith("error: ")


def test_a_file_of_another_name_beside_a_provenance_is_refused(sdsocec_program, written):
    os.replace(written / "outcomes.csv", written / "other.csv")
    done = sdsocec_program("verify", "o/other.csv")
    assert done.code == 2
    assert "provenance.json beside 'o/other.csv' does not speak for it" in done.err


def test_one_path_that_is_not_ours_does_not_hide_the_others(sdsocec_program, written, tmp_path):
    foreign_png(tmp_path / "x.png")
    done = sdsocec_program("verify", "x.png", "o/outcomes.csv")
    assert done.code == 2
    assert "without a stamp" in done.err
    assert lines_of(done.out) == {"outcomes.csv": "equal, bit for bit"}


# ---- the recipe -------------------------------------------------------------------------------------------------------


def test_the_hash_of_outcomes_is_that_of_their_numbers():
    one, again = (sdsocec.run("first_steps", ["baseline"]).attrs["outcomes_sha256"] for _ in range(2))
    other = sdsocec.run("first_steps", ["baseline"], settings={"quota share": 0.03}).attrs["outcomes_sha256"]
    assert one == again != other
    assert np.all([len(digest) == 64 for digest in (one, other)])


@pytest.mark.parametrize(("attribute", "value"), [("units", "persons"), ("scale_factor", 10.0)])
def test_a_netcdf_whose_numbers_mean_something_else_is_not_equal(sdsocec_program, tmp_path, attribute, value):
    import netCDF4

    assert sdsocec_program("run", "baseline", *SMALL, "--no-figure", "--out", "m").code == 0
    with netCDF4.Dataset(tmp_path / "m" / "results.nc", "a") as file:
        file["unemployed"].setncattr(attribute, value)
    done = sdsocec_program("verify", "m/results.nc")
    assert done.code == 1
    assert attribute in done.out and "unemployed" in done.out


def test_a_time_with_fewer_digits_is_another_time(tmp_path):
    from sdsocec.results.differences_tables import compare_csv

    assert compare_csv(b"time,x\n2014,3\n", b"time,x\n2014.125,3\n", tmp_path / "x.csv").verdict == "differs"
