"""`sdsocec robust` as typed."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EPIDEMIC = str(ROOT / "tests" / "models" / "age_sir.mdl")


def test_it_tells_writes_and_repeats_itself_to_the_byte(sdsocec_program, tmp_path):
    arguments = ("robust", "--model", "first_steps", "-n", "64", "--claims-n", "4", "--lang", "nl")
    done = [sdsocec_program(*arguments, "--out", out) for out in ("a", "b")]
    assert done[0].code == 0, done[0].err
    assert done[0].out == done[1].out
    assert done[0].out.startswith(
        "Volgorde van 5 scenario's in 2020, in 64 plausibele combinaties van aannames en bij "
    )
    assert "\nUitspraken van de studie, in 4 plausibele combinaties van aannames en bij " in done[0].out
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert {
        "rankings.csv",
        "claims.csv",
        "flips.csv",
        "rankings-shares.png",
        "rankings-flips.svg",
        "provenance.json",
    } <= names
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    with (tmp_path / "a" / "rankings.csv").open(newline="", encoding="utf-8-sig") as file:
        assert len(list(csv.DictReader(file, delimiter=";"))) == 30
    known = json.loads((tmp_path / "a" / "provenance.json").read_text(encoding="utf-8"))
    assert len(known["checks_sha256"]) == len(known["card_sha256"]) == 64
    assert (known["rows_not_finite"], known["rows_not_computed"]) == ("{}", "{}")
    assert (known["seed"], known["n_rankings"], known["n_claims"], known["time"]) == (1, 64, 4, 2020.0)


def test_one_part_one_outcome_two_scenarios(sdsocec_program, tmp_path):
    done = sdsocec_program(
        "robust", "regulier", "publiek", "--model", "first_steps", "--only", "rankings", "-n", "64", "--outcome", "werklozen",
        "--time", "2016", "--vary", "labour shift=uniform(0.7, 1)", "--out", "o",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert done.out.startswith(
        "Rankings of 3 scenarios in 2016, in 64 plausible inputs and as each input moves alone: "
    )
    assert "Plausible inputs vary work that comes from regular firms." in done.out
    with (tmp_path / "o" / "rankings.csv").open(newline="", encoding="utf-8") as file:
        pairs = {frozenset((row["first"], row["second"])) for row in csv.DictReader(file)}
    assert pairs == {frozenset(p) for p in (("baseline", "regulier"), ("baseline", "publiek"), ("regulier", "publiek"))}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--only", "claim"), "error: there is no part to ask for 'claim'"),
        (("--outcome", "wreklozen"), "error: the model 'first_steps' has no outcome 'wreklozen'"),
        (("--time", "2020.3"), "error: the run has no time step at 2020.3"),
        (("--over", "uncertainty"), "error: there is nothing called 'uncertainty' to vary"),
        (("regulir",), "error: "),
        (("--size", "wide"), "error: there is no size 'wide'"),
        (("--format", "gif"), "error: there is no figure format 'gif'"),
        (
            ("--only", "rankings"),
            "error: --claims-n counts the inputs of the claims, and only the rankings are asked for",
        ),
        (("--only", "rankings"), "For the rankings: -n 2 "),
        (("--only", "claims"), "error: -n counts the inputs of the rankings, and only the claims are asked for"),
        (("--only", "claims"), "For the claims: --claims-n 16 "),
    ],
)
def test_mistakes_are_said_and_nothing_is_written(sdsocec_program, tmp_path, arguments, message):
    done = sdsocec_program("robust", "--model", "first_steps", "-n", "16", "--claims-n", "2", *arguments)
    assert done.code == 2 and message in done.err
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize("option", [("regulier",), ("--outcome", "unemployed"), ("--all",), ("--time", "2016")])
def test_what_is_said_of_rankings_is_refused_where_only_claims_are_asked_for(sdsocec_program, option):
    done = sdsocec_program("robust", *option, "--model", "first_steps", "--only", "claims", "--claims-n", "2")
    assert done.code == 2 and "for the rankings, and only the claims are asked for" in done.err


STYLE = '[colours]\ncategories = ["#9e0000", "#004488"]\n'
SMALL = ("robust", "--model", "first_steps", "--only", "rankings", "--outcome", "unemployed", "-n", "64")


def test_pictures_have_the_options_of_all_pictures(sdsocec_program, tmp_path):
    (tmp_path / "house.toml").write_text(STYLE, encoding="utf-8")
    options = ("--size", "column", "--format", "svg", "--style", "house.toml", "--grey", "--out", "o")
    done = sdsocec_program(*SMALL, *options)
    assert done.code == 0, done.err
    names = {path.name for path in (tmp_path / "o").iterdir()}
    assert {"rankings-shares.svg", "rankings-shares-grey.png"} <= names and "rankings-shares.png" not in names
    drawn = (tmp_path / "o" / "rankings-shares.svg").read_text(encoding="utf-8")
    assert "#004488" in drawn
    width = float(re.search(r'<svg [^>]*width="([0-9.]+)pt"', drawn)[1])
    assert width == pytest.approx(8.1 / 2.54 * 72, abs=0.5)


def test_another_result_stays_unless_it_may_be_replaced(sdsocec_program, tmp_path):
    assert sdsocec_program(*SMALL, "--out", "o").code == 0
    assert sdsocec_program(*SMALL, "--out", "o").code == 0, "the same result"
    before = {path: path.read_bytes() for path in (tmp_path / "o").iterdir()}
    refused = sdsocec_program(*SMALL, "--seed", "2", "--out", "o")
    assert refused.code == 2 and "'o' holds another result" in refused.err and not refused.out
    assert {path: path.read_bytes() for path in (tmp_path / "o").iterdir()} == before
    assert sdsocec_program(*SMALL, "--seed", "2", "--out", "o", "--overwrite").code == 0
    for _ in range(2):
        assert "output/first_steps-robust:" in sdsocec_program(*SMALL).err.replace("\\", "/")
    assert "output/first_steps-robust-2:" in sdsocec_program(*SMALL, "--seed", "2").err.replace("\\", "/")


def test_a_model_without_a_card_says_what_is_missing(sdsocec_program):
    done = sdsocec_program("robust", "--model", EPIDEMIC)
    assert done.code == 2
    assert "the card of 'age_sir' lists no uncertainties to vary" in done.err and "--vary" in done.err


def test_checks_of_a_model_outside_the_project_are_run_only_when_trusted(sdsocec_program, tmp_path):
    for part in ("models", "scenarios"):
        shutil.copytree(ROOT / part / "first_steps", tmp_path / "elsewhere" / part / "first_steps")
    model = tmp_path / "elsewhere" / "models" / "first_steps"
    shutil.rmtree(model / "checks")
    (model / "checks.py").write_text(
        'raise RuntimeError("it ran")\n', encoding="utf-8"
    )  # a check that runs would be told
    start = ("robust", "--model", str(model / "model.mdl"), "-n", "16", "--claims-n", "2", "--out", "o")
    done = sdsocec_program(*start)
    assert done.code == 0 and "it ran" not in done.err
    assert (
        "notice: no claims: the reality checks are code from outside the project; to run them, add --trust-code"
        in done.err
    )
    refused = sdsocec_program(*start[:3], *start[5:7], "--only", "claims")
    assert refused.code == 2 and "is code from outside the project, so it is not run" in refused.err
    trusted = sdsocec_program(*start, "--trust-code")
    assert trusted.code == 2 and "RuntimeError: it ran" in trusted.err
