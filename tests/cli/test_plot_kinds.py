"""`sdsocec plot stacked`, `flows`, `quadrant` and `plane`: what they write, and every wrong request."""

from __future__ import annotations

import csv
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sdsocec.errors import SdsocecError
from sdsocec.model.project import load_model
from sdsocec.report.plots.stacked import way_for

ROOT = Path(__file__).resolve().parents[2]
EPIDEMIC = str(ROOT / "tests" / "models" / "age_sir.mdl")
FIRST = ("--model", "first_steps")


@pytest.fixture
def its_plane(small_plane):
    return (*FIRST, "--project", str(small_plane.project.root))


def names(folder="figures"):
    return sorted(path.name for path in Path(folder).iterdir())


def rows_of(name):
    with open(Path("figures") / name, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_stacked_and_flows_write_a_picture_and_its_data(sdsocec_program):
    done = sdsocec_program("plot", "stacked", "baseline", "publiek", *FIRST, "--format", "svg", "--size", "column")
    assert done.code == 0 and done.out == "", done.err
    assert names() == ["stacked-place.csv", "stacked-place.svg"]  # the small model has no groups
    assert {row["scenario"] for row in rows_of("stacked-place.csv")} == {"baseline", "publiek"}
    done = sdsocec_program(
        "plot", "flows", "publiek", *FIRST, "--from", "2010", "--to", "2020", "--format", "png", "--grey"
    )
    assert done.code == 0 and done.out == "", done.err
    assert {"flows-publiek.csv", "flows-publiek.png", "flows-publiek-grey.png"} <= set(names())


def test_flows_are_the_baseline_by_default_and_are_those_of_the_run(sdsocec_program):
    assert sdsocec_program("plot", "flows", *FIRST, "--lump", "0", "--format", "svg").code == 0
    drawn = {(r["from"], r["to"]): float(r["value"]) for r in rows_of("flows-baseline.csv") if r["what"] == "went"}
    assert sdsocec_program("run", "baseline", *FIRST, "--flows", "--no-figure", "--out", "figures").code == 0
    summed = {}
    for row in rows_of("flows.csv"):
        ends = (row["from"], row["to"])
        summed[ends] = summed.get(ends, 0.0) + float(row["value"])
    assert drawn.keys() == summed.keys()
    assert all(drawn[ends] == pytest.approx(summed[ends], rel=1e-9) for ends in drawn)


def test_the_quadrant_and_the_plane_of_a_project_of_ones_own(sdsocec_program, its_plane):
    done = sdsocec_program("plot", "quadrant", *its_plane, "--format", "svg", "--lang", "nl")
    assert done.code == 0 and done.out == "", done.err
    assert names() == [
        "quadrant-people.csv",
        "quadrant-people.svg",
        "quadrant-unemployed.csv",
        "quadrant-unemployed.svg",
    ]
    done = sdsocec_program(
        "plot", "plane", *its_plane, "--outcome", "werklozen", "--grid", "5", "--format", "svg", "--out", "maps",
        "--by", "recession depth, imitation=uniform(0.3, 0.4)",
    )  # fmt: skip
    assert done.code == 0 and done.out == "", done.err
    assert names("maps") == ["best-corner.csv", "best-corner.svg", "plane.csv", "plane.svg"]
    assert "Best corner over: recession depth, imitation" in done.err


def test_without_by_the_map_says_how_its_axes_were_chosen(sdsocec_program, its_plane):
    done = sdsocec_program("plot", "plane", *its_plane, "--outcome", "unemployed", "--grid", "3", "--format", "svg")
    assert done.code == 0, done.err
    assert "Best corner over: " in done.err
    done = sdsocec_program("plot", "plane", *its_plane, "--outcome", "vacancies", "--grid", "3", "--out", "neutral")
    assert done.code == 0 and "no map of the best corner: the outcomes should neither rise nor fall" in done.err
    assert names("neutral") == ["plane.csv", "plane.png", "plane.svg"]


def test_bands_of_a_point_between_the_scenarios(sdsocec_program, its_plane):
    rows = ("--rows", "32", "--outcome", "unemployed", "--format", "svg")
    done = sdsocec_program("plot", "bands", *its_plane, "--at", "g=0,v=1", *rows)
    assert done.code == 0, done.err
    at = [row for row in rows_of("bands.csv") if row["scenario"] != "baseline"]
    assert {row["scenario"] for row in rows_of("bands.csv")} == {"baseline", "g=0,v=1,intensity=1"}
    assert sdsocec_program("plot", "bands", "regulier", *its_plane, *rows).code == 0
    corner = rows_of("bands.csv")
    assert [row["p50"] for row in at] == [row["p50"] for row in corner], "a corner of the plane is its scenario"


def test_a_tornado_is_of_the_baseline_and_of_differences_of_all_others(sdsocec_program):
    shown = ("--outcome", "unemployed", "--format", "svg")
    done = sdsocec_program("plot", "tornado", *FIRST, *shown, "--lang", "nl", "--size", "column", "--grey")
    assert done.code == 0 and done.out == "", done.err
    assert "scenario's: baseline (Basis)\nInvoergrootheden, elk alleen: 6\nRuns: " in done.err
    assert "Geschreven in figures: tornado.svg" in done.err
    assert names() == ["tornado-grey.png", "tornado.csv", "tornado.svg"]
    done = sdsocec_program("plot", "tornado", *FIRST, *shown, "--minus-baseline", "--time", "2015")
    assert done.code == 0, done.err
    rows = rows_of("tornado.csv")
    assert {row["scenario"] for row in rows} == {"sociaal-ondernemen", "regulier", "publiek-privaat", "publiek"}
    assert {(row["minus"], row["time"]) for row in rows} == {("baseline", "2015")}
    assert sdsocec_program("run", "baseline", "publiek", *FIRST, "--no-figure", "--out", "run").code == 0
    with open("run/outcomes.csv", encoding="utf-8-sig", newline="") as file:
        at = [row for row in csv.DictReader(file) if row["variable"] == "unemployed" and float(row["time"]) == 2015]
    ran = {row["scenario"]: float(row["value"]) for row in at}
    stored = float(next(row["stored"] for row in rows if row["scenario"] == "publiek"))
    assert stored == pytest.approx(ran["publiek"] - ran["baseline"], rel=1e-6)


def test_a_tornado_of_a_model_without_a_card(sdsocec_program):
    asked = ("plot", "tornado", "--model", EPIDEMIC, "--outcome", "infectious[adult]", "--format", "svg")
    done = sdsocec_program(*asked, "--vary", "restraint=uniform(0, 0.5)")
    assert done.code == 0, done.err
    (row,) = rows_of("tornado.csv")
    assert (row["low_input"], row["high_input"]) == ("0.025", "0.475")
    refused = sdsocec_program(*asked)
    assert refused.code == 2 and "lists no uncertainties to vary\n  Name constants with a range: --vary" in refused.err
    alone = sdsocec_program(*asked, "--vary", "restraint=uniform(0, 0.5)", "--minus-baseline")
    assert alone.code == 2 and "error: there is no scenario to compare with 'age_sir'" in alone.err


def test_an_intensity_of_zero_is_the_base_everywhere(sdsocec_program, its_plane):
    done = sdsocec_program(
        "plot", "plane", *its_plane, "--outcome", "unemployed", "--grid", "3", "--at", "intensity=0", "--format", "svg"
    )
    assert done.code == 0, done.err
    assert len({row["value"] for row in rows_of("plane.csv")}) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("quadrant", *FIRST), "error: the scenarios of 'first_steps' span no plane"),
        (("plane", *FIRST), "A plane is a file plane.toml beside the scenarios; see scenarios/social_economy."),
        (("stacked", "--model", EPIDEMIC), "error: the card of 'age_sir' does not say where people are"),
        (("flows", "--model", EPIDEMIC), "Its flows of people say so: [[people_flow]]"),
        (("stacked", *FIRST, "--by", "group"), "error: the card of 'first_steps' names no groups of people"),
        (
            ("stacked", *FIRST, "--by", "places"),
            "there is no way to tell people apart 'places'\n  Did you mean 'place'?",
        ),
        (("stacked", *FIRST, "--only", "werkloos"), "error: the card of 'first_steps' names no groups of people"),
        (("stacked", *FIRST, "--only", "werklos"), "error: no people are called 'werklos'\n  Did you mean 'werkloos'?"),
        (
            ("flows", *FIRST, "--from", "2012.5"),
            "error: people per year are not known for 2012.5\n  Whole years from 2000",
        ),
        (("flows", *FIRST, "--from", "2015", "--to", "2010"), "error: from 2015 to 2010 is no span of years"),
        (
            ("flows", *FIRST, "--only", "b20"),
            "no people are called 'b20'\n  The card tells people apart by place only.",
        ),
        (("flows", *FIRST, "--lump", "0.9"), "error: the share of --lump is 0.9; it must be between 0 and 0.5"),
        (("tornado", *FIRST, "--range", "80"), "error: there is no range '80'\n"),
        (("tornado", *FIRST, "--time", "1999"), "error: 1999 is not a saved time\n  Saved: 2000 to 2020"),
        (("tornado", "baseline", *FIRST, "--minus-baseline"), "error: there is no scenario to compare with 'baseline'"),
        (("tornado", *FIRST, "--vary", "imitaton=uniform(0, 1)"), "Did you mean 'imitation'?"),
        (("flows", *FIRST, "--size", "colum"), "error: there is no size 'colum'\n  Did you mean 'column'?"),
    ],
)
def test_a_wrong_request_is_one_message_and_writes_nothing(sdsocec_program, arguments, message):
    done = sdsocec_program("plot", *arguments)
    assert done.code == 2 and done.out == ""
    assert message in done.err
    assert not Path("figures").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--by", "recession depth"), "error: --by names 1; a map has two axes"),
        (("--by", "recession dept,imitation"), "Did you mean 'recession depth'?"),
        (("--outcome", "vacancies", "--by", "recession depth,imitation"), "error: no corner is best by 'vacancies'"),
        (("--time", "2020.5"), "error: 2020.5 is not a saved time"),
        (("--at", "g=0.5"), "error: 'g' is an axis of the map; it has no one place"),
        (("--at", "intensity=half"), "error: 'intensity=half' is not a place on an axis"),
        (("--at", "intensity=2"), "error: 'intensity' is 2; it must be between 0 and 1"),
        (("--grid", "2"), "error: the grid is 2; it must be between 3 and 201 places on each axis"),
    ],
)
def test_a_wrong_map_is_one_message_and_writes_nothing(sdsocec_program, its_plane, arguments, message):
    done = sdsocec_program("plot", "plane", *its_plane, "--grid", "3", *arguments)
    assert done.code == 2 and done.out == ""
    assert message in done.err
    assert not Path("figures").exists()


def test_people_are_told_apart_by_the_division_that_only_is_not_of():
    study = load_model("social_economy")
    assert way_for(study, ["20-50 %"]) == "place"
    assert way_for(study, ["unemployed", "at home"]) == "group"
    with pytest.raises(SdsocecError, match="--only names groups and places: 20-50 %, unemployed"):
        way_for(study, ["20-50 %", "unemployed"])
    with pytest.raises(SdsocecError, match=r"no people are called '20-50%%'(.|\n)*Did you mean '20-50 %'"):
        way_for(study, ["20-50%%"])


def test_what_was_set_by_hand_stands_above_pictures_and_what_they_say(sdsocec_program):
    asked = ("--set", "quota share=0.03", "--outcome", "unemployed", "--format", "svg", "--lang", "nl")
    done = sdsocec_program("plot", "series", "regulier", *FIRST, *asked)
    assert done.code == 0, done.err
    svg = ElementTree.parse("figures/series.svg").getroot()
    said = svg.findtext("{http://www.w3.org/2000/svg}desc")
    assert said.startswith("Met de hand gezet, in elk scenario: quota share scenario = 0,03. ")
