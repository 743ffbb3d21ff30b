"""`run --flows`, `compare`, `levers`: what a policy officer asks, as typed."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

EPIDEMIC = str(Path(__file__).resolve().parents[1] / "models" / "age_sir.mdl")


@pytest.fixture(params=["first_steps", "social_economy"])
def model(request):
    return request.param


def numbers(line):
    return [float(cell.replace(",", "").replace("\u2212", "-")) for cell in line.split("\t")[1:]]


def test_run_prints_an_account_that_closes_and_writes_it(sdsocec_program, tmp_path, model):
    done = sdsocec_program(
        "run", "--model", model, "--flows", "--no-figure", "--out", "o", "--format", "csv", "-f", "xlsx"
    )
    assert done.code == 0, done.err
    blocks = [b.splitlines() for b in done.out.split("\n\n") if "start of 2019\t" in b]
    assert len(blocks) == 5
    for block in blocks:
        for line in block[2:]:
            if "<" in line or ">" in line:  # too small to be told
                continue
            opening, came, left, closing = numbers(line)
            assert abs(opening + came + left - closing) <= 2, "whole persons, each rounded"
    with (tmp_path / "o" / "flows.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["year"] for row in rows} == {str(year) for year in range(2000, 2020)}
    assert {row["scenario"] for row in rows} == {
        "baseline",
        "sociaal-ondernemen",
        "regulier",
        "publiek-privaat",
        "publiek",
    }
    from openpyxl import load_workbook

    sheets = load_workbook(tmp_path / "o" / "outcomes.xlsx").sheetnames
    assert sheets[0] == "outcomes" and sheets[-1] == "provenance"
    assert {"people", "flows"} <= set(sheets) and "flows_by_group" not in sheets
    assert (tmp_path / "o" / "flows_by_group.csv").exists() == (model == "social_economy")


def test_a_bare_run_has_no_account_but_tells_who_is_where(sdsocec_program, tmp_path):
    done = sdsocec_program("run", "baseline", "publiek", "--model", "social_economy", "--no-figure", "--out", "o")
    assert "start of" not in done.out and not (tmp_path / "o" / "flows.csv").exists()
    assert "\nBaseline\tbelow 20 %\t20-50 %\t50-80 %\t80-90 %\t90 % and up\teverybody\n" in done.out
    assert (tmp_path / "o" / "people.csv").exists() and (tmp_path / "o" / "costs.csv").exists()
    assert "amounts scaled" not in done.out
    assert "; the others at most " in done.out.splitlines()[-1]
    assert "()" not in done.out


def test_a_run_without_the_baseline_says_that_costs_against_it_are_missing(sdsocec_program):
    done = sdsocec_program("run", "publiek", "--alone", "--model", "social_economy", "--no-figure", "--lang", "nl")
    assert "Kosten tegenover 'baseline' staan hier niet, want dat scenario is niet mee gerekend." in done.out


def test_flows_of_a_model_without_a_card_or_with_another_integrator_are_refused(sdsocec_program, tmp_path):
    refused = sdsocec_program("run", "--model", EPIDEMIC, "--flows", "--no-figure")
    assert refused.code == 2
    assert "error: the card of 'age_sir' lists no flows of people" in refused.err
    refused = sdsocec_program(
        "run", "baseline", "--model", "first_steps", "--flows", "--integrator", "rk4", "--no-figure"
    )
    assert refused.code == 2
    assert "people per year are not known with rk4" in refused.err
    assert not (tmp_path / "output").exists()


def test_compare_tells_differences_and_writes_them_only_when_asked(sdsocec_program, tmp_path, model):
    done = sdsocec_program("compare", "baseline", "regulier", "publiek", "--model", model, "--years", "2014,2020")
    assert done.code == 0, done.err
    assert done.out.count("minus Baseline\t2014\t2014, %\t2020\t2020, %\n") == 2
    assert not list(tmp_path.iterdir())
    done = sdsocec_program(
        "compare", "baseline", "publiek", "--model", model, "--out", "c", "--lang", "nl", "-f", "csv"
    )
    assert done.code == 0, done.err
    assert (tmp_path / "c" / "comparison.csv").read_text("utf-8-sig").startswith("scenario;first;time;variable;label;")
    assert "\t2012\t2012, %\t2016\t2016, %\t2020\t2020, %\n" in done.out


def test_compare_refuses_an_occupied_folder_before_it_prints(sdsocec_program, tmp_path):
    arguments = ("compare", "baseline", "--model", "first_steps", "--out", "c")
    assert sdsocec_program(*arguments, "publiek").code == 0
    refused = sdsocec_program(*arguments, "regulier")
    assert refused.code == 2 and "'c' holds another result" in refused.err
    assert refused.out == ""


def test_flows_that_cannot_be_told_are_refused_before_anything_is_run(sdsocec_program):
    for model, integrator in ((EPIDEMIC, "euler"), ("first_steps", "rk4")):
        refused = sdsocec_program("run", "--model", model, "--flows", "--integrator", integrator, "--no-figure")
        assert refused.code == 2 and "scenarios:" not in refused.err
    refused = sdsocec_program("run", "--model", "first_steps", "--flows", "--integrator", "rk5", "--no-figure")
    assert "there is no integrator 'rk5'" in refused.err


def test_the_unit_of_an_outcome_is_the_same_whatever_else_is_run(sdsocec_program):
    """`run baseline regulier` printed 0.404 where `run baseline sociaal-ondernemen` printed 40.4%."""
    labels = []
    for other in ("sociaal-ondernemen", "regulier"):
        done = sdsocec_program(
            "run", "baseline", other, "--model", "social_economy", "--no-figure", "--out", other, "--all"
        )
        labels.append([line.split("\t")[0] for line in done.out.split("\n\n")[0].splitlines()[2:]])
    assert labels[0] == labels[1]
    assert "social return \u00b2" in labels[0] and "long-term share (%)" in labels[0]


def test_a_result_of_a_place_says_so_in_all_that_run_and_compare_print_and_write(sdsocec_program, tmp_path):
    place = ("--profile", "assen", "--model", "social_economy")
    done = sdsocec_program("run", "publiek", *place, "--flows", "--all", "--no-figure", "--out", "o", "-f", "csv")
    assert done.code == 0, done.err
    line = next(line for line in done.out.splitlines() if "amounts scaled to" in line)
    assert line.startswith("# ") and "Assen: amounts scaled" in line
    line = next(line for line in done.out.splitlines() if line.startswith("Assen: amounts scaled to"))
    assert line.endswith("% of the whole; starts at rest, from its own equilibrium.")
    blocks = done.out.split("\n\n")
    assert len(blocks) > 5 and all("Assen: amounts scaled" in block.splitlines()[0] for block in blocks)
    tables = list((tmp_path / "o").glob("*.csv"))
    assert {path.name for path in tables} == {
        "outcomes.csv",
        "people.csv",
        "costs.csv",
        "flows.csv",
        "flows_by_group.csv",
    }
    for path in tables:
        with path.open(newline="", encoding="utf-8") as file:
            assert {row["profile"] for row in csv.DictReader(file)} == {"Assen"}
    upper = done.out.split("\nfrom (persons)")[0].splitlines()
    wsw = [line.split("\t") for line in upper if line.lower().startswith(("wsw\t", "work in the wsw"))]
    assert len(wsw) == 3 and wsw[0][-1] == wsw[2][-1] == "<50", "in the outcomes and in the account"
    done = sdsocec_program("compare", "baseline", "publiek", *place, "--years", "2020")
    assert "\nAssen: amounts scaled to " in done.out
    title, header = done.out.splitlines()[:2]
    assert "Assen: amounts scaled to " in title and header.startswith("Public minus Baseline\t2020")


def test_compare_takes_a_scenario_file_and_settings(sdsocec_program, tmp_path):
    (tmp_path / "mine.toml").write_text(
        'name = "mine"\ntitle = {nl = "Mijn", en = "Mine"}\ndescription = {nl = "", en = ""}\nextends = "baseline"\n'
        '[levers."quota share"]\nvalue = 0.02\nsource = "test"\n',
        encoding="utf-8",
    )
    done = sdsocec_program("compare", "baseline", "mine.toml", "--set", "incentive response=0.7")
    assert done.code == 0, done.err
    assert "\nMine minus Baseline\t" in done.out
    assert "Set by hand in every scenario: incentive response = 0.7." in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("compare", "baseline"), "a comparison needs two scenarios or more"),
        (("compare", "baseline", "publik"), "Did you mean 'publiek'?"),
        (("compare", "baseline", "publiek", "--years", "2012;2014"), "'2012;2014' are not years"),
        (("compare", "baseline", "publiek", "--years", "nan"), "'nan' are not years"),
        (("compare", "baseline", "publiek", "--years", "inf"), "'inf' are not years"),
        (("compare", "baseline", "publiek", "--years", "2_014"), "'2_014' are not years"),
        (("compare", "baseline", "publiek", "--years", "2014,2014.0"), "the year 2014 is named twice"),
        (("levers", "--outcome", "nope"), "--outcome is about what a scenario changes, and none is named"),
        (("levers", "--by", "lever"), "--by is about what a scenario changes, and none is named"),
        (("compare", "baseline", "publiek", "--years", "2030"), "the run has no value saved at 2030"),
        (("levers", "publik"), "Did you mean 'publiek'?"),
        (("levers", "baseline"), "'baseline' sets nothing that 'baseline' does not"),
        (("levers", "publiek", "--by", "owner"), "there is no way to tell levers apart 'owner'"),
        (("levers", "publiek", "--outcome", "unemployd"), "Did you mean 'unemployed'?"),
    ],
)
def test_a_mistake_is_one_message(sdsocec_program, tmp_path, arguments, message):
    refused = sdsocec_program(*arguments, "--model", "first_steps")
    assert refused.code == 2
    assert message in refused.err
    assert refused.out == "" and not list(tmp_path.iterdir())


def test_levers_lists_who_holds_what(sdsocec_program, model):
    done = sdsocec_program("levers", "--model", model, "--lang", "nl")
    heads = [block.splitlines()[0].split("\t")[0] for block in done.out.split("\n\n")]
    assert heads[:2] == [f"# Hefbomen van {model}, van: {who}" for who in ("Rijk", "gemeenten")]
    assert "doelgroepen" not in done.out, "they hold no lever"
    assert "quota share\tquotum\t0\t0\u20130,08\tdmnl\t2014" in done.out


def test_levers_of_a_scenario_add_up_in_print(sdsocec_program, model):
    done = sdsocec_program("levers", "publiek", "--model", model, "--outcome", "unemployed", "--outcome", "vacatures")
    assert done.code == 0, done.err
    rows = [line.split("\t") for line in done.out.splitlines() if line.count("\t") == 4][1:]
    for name in ("unemployed (persons), lower is better", "open vacancies (persons)"):
        shares = {row[1]: numbers("\t".join(row[1:]))[2] for row in rows if row[0] == name}
        whole = shares.pop("all together")
        assert abs(sum(shares.values()) - whole) <= 100 * len(shares) / 2, (
            "each is rounded to four digits of the largest"
        )
        assert whole != 0 and len(shares) >= 2
    assert "target groups" not in done.out, "they hold no lever"


def test_a_model_without_levers_has_none_to_tell_of(sdsocec_program):
    refused = sdsocec_program("levers", "--model", EPIDEMIC)
    assert refused.code == 2
    assert "error: the card of 'age_sir' lists no levers" in refused.err
