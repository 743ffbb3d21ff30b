"""`sdsocec sensitivity` as a user types it: tables, files, both languages, models without a card, mistakes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

MODELS = Path(__file__).resolve().parents[1] / "models"
ASK = ("sensitivity", "-m", "first_steps", "baseline", "regulier", "--outcome", "unemployed", "-n", "64")


def blocks(printed):
    """The tables printed into a pipe: header and rows, without the title before them."""
    return [[line.split("\t") for line in block.splitlines()[1:]] for block in printed.split("\n\n") if "\t" in block]


@pytest.mark.parametrize(
    ("language", "level", "difference", "factor", "mark"),
    [("en", "unemployed", "outcome minus Baseline", "speed of ageing", "."),
     ("nl", "werklozen", "uitkomst min Basis", "snelheid van vergrijzing", ",")],
)  # fmt: skip
def test_it_prints_tables_and_writes_files_in_both_languages(
    sdsocec_program, tmp_path, language, level, difference, factor, mark
):
    outcome = sdsocec_program(*ASK, "--out", "s", "--lang", language)
    assert outcome.code == 0, outcome.err
    levels, differences, shapes, ranking, convergence = blocks(outcome.out)
    assert levels[1][0] == level and levels[1][2] == factor and levels[1][3].startswith(f"0{mark}")
    assert differences[0][0] == difference and len({row[1] for row in differences[1:]}) == 1
    assert len(shapes) == 3 and len(ranking) == 2 and len(convergence) == 5
    names = {p.name for p in (tmp_path / "s").iterdir()}
    pictures = ("numerical-baseline", "numerical-regulier", "policy-regulier", "shapes", "convergence-baseline")
    data = ("sensitivity", "modes", "ranking", "convergence", "factors")
    assert names == {
        *(f"{stem}.{kind}" for stem in pictures for kind in ("png", "svg", "csv")), *(f"{stem}.csv" for stem in data),
        "provenance.json",
    }  # fmt: skip
    text = (tmp_path / "s" / "sensitivity.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";" if language == "nl" else ","))
    assert list(rows[0]) == [
        "outcome", "scenario", "time", "factor", "kind", "index", "value", "low", "high", "converged", "unit",
    ]  # fmt: skip
    n_factors, n_indices, n_times = 6, 2, 21
    assert len(rows) == n_factors * n_indices * (2 * n_times + n_times + 2 + 1)
    assert {row["kind"] for row in rows} == {"numerical", "mode", "policy", "ranking"}
    assert {row["converged"] for row in rows} <= {"yes", "no", "does not vary", "too rare"}
    at_start = [row for row in rows if row["time"] == "2000"]
    assert at_start and all(row["converged"] == "does not vary" and row["value"] == "" for row in at_start)


def test_the_same_question_gives_the_same_bytes_and_provenance_tells_it(sdsocec_program, tmp_path, monkeypatch):
    for folder in ("one", "two"):
        assert sdsocec_program(*ASK, "--out", folder, "--seed", "7").code == 0
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / folder).iterdir()} for folder in ("one", "two"))
    assert one == two
    known = json.loads(one["provenance.json"])
    assert (known["method"], known["n"], known["n_rows"], known["seed"]) == ("sobol", 64, 512, 7)
    assert json.loads(known["factors"])["ageing multiplier"] == "triangular(0.7, 1.0, 1.5)"
    monkeypatch.setattr("sdsocec.analysis.sensitivity.study._run", None)  # it is refused before anything is run
    refused = sdsocec_program(*ASK, "--out", "one", "--seed", "8")
    assert refused.code == 2 and "'one' holds another result" in refused.err


@pytest.mark.parametrize(("method", "n", "columns"), [("morris", "32", 8), ("pawn", "512", 6)])
def test_the_other_methods(sdsocec_program, tmp_path, method, n, columns):
    arguments = [a for a in ASK if a not in ("-n", "64")]
    outcome = sdsocec_program(*arguments, "--method", method, "-n", n, "--out", "s")
    assert outcome.code == 0, outcome.err
    assert len(blocks(outcome.out)[0][0]) == (7 if method == "morris" else 6)
    assert (tmp_path / "s" / "numerical-baseline.png").exists()


def test_pictures_take_the_options_of_plots(sdsocec_program, tmp_path):
    (tmp_path / "own.toml").write_text('[colours]\ntext = "#123456"\n')
    ask = (*ASK, "--size", "column", "--format", "svg,pdf", "--grey", "--style", "own.toml", "--out", "s")
    assert sdsocec_program(*ask).code == 0
    kinds = {path.name.partition(".")[2] for path in (tmp_path / "s").glob("numerical-baseline*")}
    assert kinds == {"svg", "pdf", "png", "csv"}, "the preview in grey is a PNG"
    assert "#123456" in (tmp_path / "s" / "numerical-baseline.svg").read_text("utf-8")
    refused = sdsocec_program(*ASK, "--size", "colum", "--out", "t")
    assert refused.code == 2 and "there is no size 'colum'" in refused.err and not (tmp_path / "t").exists()


def test_a_model_without_a_card_needs_inputs_and_takes_any_variable(sdsocec_program, tmp_path):
    model = str(MODELS / "ishigami.mdl")
    outcome = sdsocec_program("sensitivity", "-m", model)
    assert outcome.code == 2
    assert "--vary" in outcome.err and not (tmp_path / "output").exists()
    vary = [part for name in ("x1", "x2", "idle") for part in ("--vary", name)]
    outcome = sdsocec_program("sensitivity", "-m", model, *vary, "--outcome", "result", "-n", "64", "--no-figure")
    assert outcome.code == 0, outcome.err
    levels, _ = blocks(outcome.out)
    assert [row[2] for row in levels[1:]] == ["x2", "x1"]
    assert "best scenario: not asked, as one scenario was run." in outcome.out
    assert (tmp_path / "output" / "ishigami-sensitivity" / "sensitivity.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-n", "100"], "n is 100; for sobol it must be a power of two from 64 on"),
        (["--method", "morriss"], "Did you mean 'morris'?"),
        (["--over", "lever"], "Did you mean 'levers'?"),
        (["--vary", "imitation=uniform(1, 0)"], "'uniform(1, 0)' is not a distribution, for 'imitation'"),
        (["--outcome", "unemploid"], "Did you mean 'unemployed'?"),
        (["regulierr"], "Did you mean 'regulier'?"),
        (["--lang", "fr"], "there is no language 'fr'"),
        (["--shape-from", "1999"], "no value is saved at 1999"),
        (["--confidence", "95"], "it must be from 0.5 to below 1"),
    ],
)
def test_a_mistake_is_one_message_and_nothing_is_written(sdsocec_program, tmp_path, arguments, message):
    outcome = sdsocec_program("sensitivity", "-m", "first_steps", *arguments)
    assert outcome.code == 2 and message in outcome.err and outcome.out == ""
    assert not list(tmp_path.iterdir())


def test_what_is_stopped_writes_nothing(sdsocec_program, tmp_path, monkeypatch):
    import sdsocec.analysis.sensitivity.study as study

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(study, "_run", stop)
    outcome = sdsocec_program(*ASK)
    assert outcome.code == 130 and "nothing was written" in outcome.err
    assert not list(tmp_path.iterdir())
