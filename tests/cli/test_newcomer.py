"""What a newcomer ran into, each named after the symptom."""

from __future__ import annotations

import csv
import re
import sys

import pytest

from sdsocec.cli.common import print_tables, wrapped
from sdsocec.report.tables import Table

from .test_output import Terminal

STUDY = ("--model", "social_economy", "--no-figure")
OWN = """name = "{name}"
title = {{nl = "Drie procent", en = "Three percent"}}
description = {{nl = "Quotum van 3 %.", en = "A quota of 3 %."}}
extends = "baseline"
[levers."{lever}"]
value = 0.03
from = 2014
full = 2016
source = "own"
"""


@pytest.fixture
def project(sdsocec_program, tmp_path):
    """A folder of one's own, the working folder."""
    assert sdsocec_program("init", ".").code == 0
    return tmp_path


def block(printed, head):
    """The rows of the table whose header starts so, by label."""
    blocks = [part.splitlines() for part in printed.split("\n\n")]
    lines = next(part[1:] for part in blocks if part[0].startswith("# ") and part[1].startswith(head))
    return {line.split("\t")[0]: line.split("\t")[1:] for line in lines}


def test_98_persons_fewer_at_work_are_no_finding_below_the_error_of_the_time_step(sdsocec_program):
    """They were printed as -98.4, with the note `fewer at work than in the baseline`."""
    done = sdsocec_program("run", "baseline", "publiek-privaat", "publiek", *STUDY, "--out", "o", "-f", "csv")
    costs = block(done.out, "costs and effects")
    assert costs["extra people at work (persons)"][1] == "about 0 \u00b9"
    assert costs["extra people at work (persons)"][2].startswith("+360,")
    assert costs["net, per extra person at work (euro per person per year)"][1] == "\u2013 \u00b9"
    assert "\u00b9 no difference that the time step can show." in done.out
    assert "fewer at work than in the baseline" not in done.out
    dutch = sdsocec_program("run", "publiek-privaat", *STUDY, "--out", "p", "--lang", "nl", "-f", "csv")
    assert "\tongeveer 0 \u00b9\n" in dutch.out and "\u00b9 geen verschil dat de tijdstap kan laten zien." in dutch.out


@pytest.mark.parametrize("model", ["first_steps", "social_economy"])
def test_a_scenario_of_ones_own_breaks_no_check(sdsocec_program, project, model):
    """G12 failed hard: `unemployed of 2014 at least 0 thousand apart`; a scenario may also end early and set any constant."""
    folder = project / "scenarios" / model
    (folder / "drie.toml").write_text(OWN.format(name="drie", lever="quota share"), encoding="utf-8")
    other = OWN.format(name="anders", lever="wb expansion")
    for name, value in (("FINAL TIME", 2017.5), ("matching elasticity", 0.45)):
        other += f'[constants."{name}"]\nvalue = {value}\nsource = "own"\n'
    (folder / "anders.toml").write_text(other, encoding="utf-8")
    done = sdsocec_program("check", "--failing", "--model", model)
    assert done.code == 0, done.out
    assert "hard" not in done.out


def test_failing_checks_stand_last_and_are_named(sdsocec_program, tmp_path):
    check = (
        'from sdsocec import reality_check\n\n\n@reality_check("{}", source="t"{})\ndef {}(run):\n    return {}, ""\n'
    )
    names = [
        ("B2: b", "", "a"),
        ("A10: a", ', kind="soft"', "b"),
        ("on A10", "", "c"),
        ("A9: a", "", "d"),
        ("B1: b", "", "e"),
    ]
    (tmp_path / "model.mdl").write_text("{UTF-8}\nx = 1 ~~|\n", encoding="utf-8")
    (tmp_path / "checks.py").write_text(
        "\n\n".join(check.format(claim, kind, name, name not in "b") for claim, kind, name in names), encoding="utf-8"
    )
    done = sdsocec_program("check", "--model", ".", "--trust-code")
    assert [line.split("\t")[2] for line in done.out.splitlines()[2:]] == [
        "B1: b",
        "B2: b",
        "A9: a",
        "on A10",
        "A10: a",
    ]
    assert done.err.splitlines()[-1] == "4 of 5 checks hold; soft ones that fail: A10"


def test_the_numbers_of_a_check_are_no_python(sdsocec_program):
    done = sdsocec_program("check", "--model", "first_steps")
    numbers = [line.split("\t")[3] for line in done.out.splitlines()[1:]]
    assert not [text for text in numbers if re.search(r"[\[\]{}]", text)]


def test_a_start_that_a_notice_recommends_can_be_asked_of_compare(sdsocec_program):
    shaky = ("baseline", "regulier", "--model", "social_economy", "--set", "matching elasticity=0.45")
    done = sdsocec_program("compare", *shaky)
    assert "With --initial equilibrium `run` and `compare` start from equilibrium" in done.err
    done = sdsocec_program("compare", *shaky, "--initial", "equilibrium")
    assert done.code == 0 and "notice" not in done.err
    assert "Starts at rest, from its own equilibrium." in done.out


def test_a_place_prints_no_71_and_a_half_persons_nor_what_is_below_50(sdsocec_program):
    done = sdsocec_program(
        "run", "publiek", *STUDY, "--profile", "assen", "--flows", "--all", "--out", "o", "-f", "csv"
    )
    assert "notice: Not for the plans of one municipality: " in done.err
    persons = [
        cell
        for part in done.out.split("\n\n")
        for line in part.splitlines()
        if "(persons)" in line or "(persons)" in part.splitlines()[1] or "everybody" in part
        for cell in line.split("\t")[1:]
        if re.fullmatch(r"[-+\u2212]?[\d,.]+", cell) and not re.fullmatch(r"(19|20)\d\d", cell)
    ]
    assert len(persons) > 200
    assert [cell for cell in persons if "." in cell or int(re.sub(r"\D", "", cell)) % 50] == []
    people = block(done.out, "Public\tbelow 20")
    assert people["regular work"][0] == "<50" and people["at work"][0] == "\u2013", "a share of few tells how many"
    assert (
        "Assen: numbers of persons are rounded to 50, so that one below 50 cannot be worked out from others" in done.out
    )
    dutch = sdsocec_program("run", "publiek", *STUDY, "--profile", "assen", "--out", "p", "-f", "csv", "--lang", "nl")
    assert "let op: Niet voor de plannen van \u00e9\u00e9n gemeente: " in dutch.err
    assert "Assen: aantallen personen zijn afgerond op 50, " in dutch.out


def test_a_point_outside_the_range_of_the_scenarios_around_it_says_so(sdsocec_program):
    done = sdsocec_program("run", "--at", "g=0.5,v=0.5", *STUDY, "--out", "o", "-f", "csv")
    line = "g=0.5, v=0.5, intensity=1, 2020: unemployed higher than in any scenario of the plane. Between scenarios levers are"
    assert line in done.out
    done = sdsocec_program("run", "--at", "g=0,v=1", *STUDY, "--out", "p", "-f", "csv")
    assert "of the plane" not in done.out, "it is one of them"


def test_what_g_and_v_are_stands_in_the_list_of_scenarios(sdsocec_program):
    done = sdsocec_program("scenarios", "list", "--model", "social_economy", "--lang", "nl")
    assert "\ng\tgemeente\tregisseur op afstand\tzelf ondernemer\n" in done.out
    assert "\nintensity\thoeveel ervan\tBasis\tgeheel\n" in done.out
    assert "\nisd-midden-langstraat\tISD Midden-Langstraat\n" in done.out
    assert sdsocec_program("run", "--help").out.replace("\n", " ").count("sdsocec scenarios") >= 2
    bare = sdsocec_program("scenarios", "list", "--model", "first_steps")
    assert bare.code == 0 and "--at" not in bare.out


def test_a_scenario_may_be_called_by_its_title(sdsocec_program):
    for title in ("Social enterprise", "sociaal ONDERNEMEN"):
        done = sdsocec_program("compare", "baseline", title, "--model", "first_steps")
        assert done.code == 0 and "scenarios: baseline, sociaal-ondernemen (Social enterprise)\n" in done.err
    refused = sdsocec_program("compare", "baseline", "Social enterprize", "--model", "first_steps")
    assert refused.code == 2 and "Did you mean 'Social enterprise'?" in refused.err


def test_a_title_that_two_scenarios_share_is_not_guessed(sdsocec_program, project):
    for name in ("een", "twee"):
        file = project / "scenarios" / "first_steps" / f"{name}.toml"
        file.write_text(OWN.format(name=name, lever="quota share"), encoding="utf-8")
    refused = sdsocec_program("compare", "baseline", "Three percent", "--model", "first_steps")
    assert refused.code == 2 and "no scenario 'Three percent'" in refused.err
    done = sdsocec_program("compare", "baseline", "een", "twee", "--model", "first_steps")
    assert done.code == 0


def test_what_stands_around_dutch_tables_is_dutch(sdsocec_program):
    done = sdsocec_program("run", "regulier", "--model", "first_steps", "--no-figure", "--out", "o", "--lang", "nl")
    assert done.err.splitlines() == [
        "Model first_steps van de modellen bij sdsocec; scenario's: baseline (Basis), regulier",
        "Geschreven in o: outcomes.csv, people.csv, results.nc, provenance.json",
    ]
    done = sdsocec_program("levers", "--model", "first_steps", "--lang", "nl")
    assert (
        done.err == "8 hefbomen van first_steps; een scenario of --set geeft een hefboom zijn waarde op volle kracht\n"
    )


@pytest.mark.parametrize("columns", [60, 80])
def test_a_table_that_is_broken_goes_on_under_a_line_with_its_baseline(monkeypatch, columns):
    """The second part stood under nothing, without the numbers to compare with."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "dumb")
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    header = ("outcome", "2000", "2010", "Baseline", "Social enterprise", "Regular", "Public-private", "Public")
    row = ("supported work in regular firms (persons)", *(f"{i},000,000" for i in range(1, 8)))
    table = Table("A title", header, (row,), (tuple(float(i) for i in range(1, 8)),), repeated=3, notes=("word " * 40,))
    print_tables([table], continued="(vervolg)")
    parts = screen.getvalue().split("\n\n(vervolg)\n")
    assert len(parts) > 1
    for part in parts:
        assert all(number in part for number in ("1,000,000", "2,000,000", "3,000,000"))
    assert sum(part.count("7,000,000") for part in parts) == 1
    assert max(len(line.rstrip()) for line in screen.getvalue().splitlines()) <= columns


def test_a_long_line_is_broken_between_words(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    told = "Largest error of the time step: without work, 60-90 %: 2.8% (Public, 2014.12)."
    assert wrapped(told).splitlines() == [
        "Largest error of the time step: without",
        "  work, 60-90 %: 2.8% (Public, 2014.12).",
    ]


def test_28_rows_have_a_headline(sdsocec_program, tmp_path):
    done = sdsocec_program("run", "baseline", "regulier", *STUDY, "--out", "o")
    rows = block(done.out, "outcome")
    assert len([label for label in rows if "\u00b9" not in label[:2]]) == 1 + 9 + 1, (
        "the header, 9 outcomes, what comes below"
    )
    assert "\n19 more outcomes: --all; all are in outcomes.csv.\n" in done.out
    with (tmp_path / "o" / "outcomes.csv").open(newline="", encoding="utf-8") as file:
        assert len({row["variable"] for row in csv.DictReader(file)}) == 28
    done = sdsocec_program("run", "baseline", "regulier", *STUDY, "--all", "--out", "o")
    assert "more outcomes" not in done.out
    assert "\nsocial return \u00b2\t" in done.out and "\n\u00b2 Production and benefits saved per euro of" in done.out
    done = sdsocec_program("run", "--model", "first_steps", "--no-figure", "--out", "f")
    assert "more outcomes" not in done.out and len(block(done.out, "outcome")) == 10, (
        "a card without a headline shows all"
    )


def test_an_outcome_and_everybody_come_with_what_a_reader_must_know(sdsocec_program):
    done = sdsocec_program("run", "baseline", "regulier", *STUDY, "--out", "o")
    assert "\nemployment rate of the target group (%) \u00b9\t" in done.out
    assert (
        "\n\u00b9 The group itself grows when job requirements rise, also with people at work: beside the rate, "
        in done.out
    )
    assert "\nEverybody: the number differs between scenarios, as open vacancies draw labour migrants" in done.out
    done = sdsocec_program("compare", "baseline", "regulier", "--model", "social_economy", "--lang", "nl")
    assert "\n\u00b9 De groep zelf groeit als functie-eisen stijgen" in done.out


def test_a_single_scenario_comes_with_what_it_is_compared_with(sdsocec_program, project):
    done = sdsocec_program("run", "publiek", *STUDY, "--out", "o")
    assert "\tBaseline\tPublic\n" in done.out and "costs and effects\tBaseline\tPublic\n" in done.out
    done = sdsocec_program("run", "publiek", *STUDY, "--alone", "--out", "p")
    assert done.out.splitlines()[1] == "outcome\t2000\t2020"
    done = sdsocec_program("run", "publiek", *STUDY, "--set", "quota share=0.03", "--out", "r")
    head = "outcome\t2000\t2020 without --set\t2020"
    assert done.out.splitlines()[1] == head, "a quota in the baseline too would be no baseline"
    plain = block(sdsocec_program("run", "publiek", *STUDY, "--alone", "--out", "p2").out, "outcome")
    for label, cells in block(done.out, "outcome").items():
        if label in plain and len(cells) == 3 and label != "outcome":
            assert cells[:2] == plain[label], "the column beside it is the run without --set"
    assert block(done.out, "outcome")["unemployed (persons)"][1:] != plain["unemployed (persons)"][1:] * 2
    done = sdsocec_program("run", "publiek", *STUDY, "--set", "quota share=0.03", "--alone", "--out", "r2")
    assert done.out.splitlines()[1] == "outcome\t2000\t2020"
    done = sdsocec_program("run", "publiek", *STUDY, "--set", "incentive response=0.3", "--out", "s")
    assert done.out.splitlines()[1] == "outcome\t2000\t2010\tBaseline\tPublic"
    own = OWN.format(name="kort", lever="quota share") + '[constants."FINAL TIME"]\nvalue = 2017\nsource = "own"\n'
    (project / "kort.toml").write_text(own, encoding="utf-8")
    done = sdsocec_program("run", "kort.toml", *STUDY, "--out", "q")
    assert done.code == 0 and done.out.splitlines()[1] == "outcome\t2000\t2017", (
        "runs to other times do not go together"
    )


def test_a_large_percentage_has_no_decimals_and_little_has_no_sign(sdsocec_program):
    done = sdsocec_program("compare", "baseline", "publiek", "--model", "social_economy", "--years", "2012,2020")
    rows = block(done.out, "Public minus Baseline")
    assert rows["programme cost (million euro per year)"][3] == "+1,340"
    assert rows["work in social firms (persons)"][0] == "<50"
    assert not [cell for cells in rows.values() for cell in cells if cell.startswith(">")]


def test_scenarios_that_differ_from_the_start_are_not_compared_at_the_start(sdsocec_program):
    """Both begin with the same stocks: the column of 2000 said nothing."""
    mine = 'name = "mine"\ntitle = {nl = "M", en = "M"}\ndescription = {nl = "", en = ""}\nextends = "baseline"\n'
    mine += '[constants."incentive response"]\nvalue = 0.9\nsource = "t"\n'
    with open("mine.toml", "w", encoding="utf-8") as file:
        file.write(mine)
    done = sdsocec_program("compare", "baseline", "mine.toml", "--model", "first_steps")
    assert "\t2000\t" not in done.out.splitlines()[1] and "\t2020\t" in done.out.splitlines()[1]


def test_a_difference_between_scenarios_names_levers_dates_and_sources(sdsocec_program):
    done = sdsocec_program("scenarios", "diff", "baseline", "regulier", "--model", "social_economy")
    header, *rows = (line.split("\t") for line in done.out.splitlines()[1:])
    assert header[:4] == ["lever or constant", "what", "baseline", "regulier"]
    quota = next(row for row in rows if row[0] == "quota share")
    assert quota[1:5] == ["quota", "0 (2014)", "0.05 (2014)", "dmnl"]
    assert quota[6].startswith("Study (2010), scenario Regulier, C74")
    assert not [row for row in rows if row[0].endswith((" scenario", " from year", " full year"))]


def test_the_account_of_people_goes_over_the_years_asked_for(sdsocec_program):
    run = ("run", "baseline", "--model", "first_steps", "--no-figure", "--out", "o", "--overwrite")
    done = sdsocec_program(*run, "--flow-span", "2010-2020")
    account = block(done.out, "Baseline (persons)\tstart of 2010\tcame\tleft\tstart of 2020")
    numbers = [int(re.sub(r"[^\d-]", "", cell.replace("\u2212", "-"))) for cell in account["everybody"]]
    assert abs(numbers[0] + numbers[1] + numbers[2] - numbers[3]) <= 2
    years = [sdsocec_program(*run, "--flow-span", f"{y}-{y + 1}").out for y in range(2010, 2020)]
    came = [block(out, "Baseline (persons)")["everybody"][1] for out in years]
    assert abs(sum(int(re.sub(r"\D", "", cell)) for cell in came) - numbers[1]) <= 5
    assert "each number is rounded by itself: sums may differ by one" in done.out
    assert "\nfrom (persons)\tto\tBaseline\n" in done.out
    for span, message in (
        ("2010", "is not a span of years"),
        ("2010-2031", "not known at 2031"),
        ("2020-2010", "has no years"),
    ):
        refused = sdsocec_program(*run, "--flow-span", span)
        assert refused.code == 2 and message in refused.err and refused.out == ""


def test_a_model_at_rest_is_told_in_two_lines(sdsocec_program):
    done = sdsocec_program("equilibrium", "--model", "social_economy")
    assert done.code == 0
    assert done.out.splitlines()[0] == "The stored initial values belong to these parameters."
    assert len(done.out.splitlines()) == 2
    done = sdsocec_program("equilibrium", "--model", "social_economy", "--all")
    assert len(done.out.splitlines()) > 80
    done = sdsocec_program("equilibrium", "--model", "social_economy", "--set", "matching elasticity=0.45")
    assert "\ninitial value\tstored\tat rest\tdifference\n" in done.out and "74 more: --all" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("calibrate", "--seed", "x"), "error: 'x' is not a whole number\n  --seed x\n"),
        (("calibrate", "--seed=1.5"), "error: '1.5' is not a whole number\n  --seed 1.5\n"),
        (("run", "--modle", "x"), "error: there is no option '--modle'\n  Did you mean '--model'?\n"),
        (("rnu",), "error: sdsocec has no command 'rnu'\n  Did you mean 'run'? Commands: sdsocec -h\n"),
        (("init",), "error: missing argument 'DIR'."),
        (("run", "--at", "x=0.5", "--model", "social_economy"), "error: the plane has no axis 'x'"),
    ],
)
def test_what_is_typed_wrong_is_refused_in_one_style(sdsocec_program, arguments, message):
    refused = sdsocec_program(*arguments)
    assert refused.code == 2
    assert refused.err.startswith(message) and refused.err.count("error:") == 1
    assert refused.out == ""


@pytest.mark.parametrize("arguments", [(), ("scenarios",), ("model",)])
def test_a_bare_command_shows_its_help_and_is_no_mistake(sdsocec_program, arguments):
    done = sdsocec_program(*arguments)
    assert done.code == 0 and done.out.startswith("Usage: sdsocec") and done.err == ""
