"""A result of a place never reads as one of the whole: its name stands wherever numbers do."""

from __future__ import annotations

import csv
import io
import json

import openpyxl
import pytest

from sdsocec.report.comparison import comparison_data, comparison_tables
from sdsocec.report.conditions import conditions_line
from sdsocec.report.figures import describe_overview, draw_overview
from sdsocec.report.tables import outcome_table
from sdsocec.results import render_results

PLACE = {"name": "dorp", "title": {"nl": "Het dorp", "en": "The village"}, "share": 0.00411, "sha256": "0"}


@pytest.fixture
def of_place(dataset):
    """The same numbers as a result of a place that starts at rest."""
    return dataset.assign_attrs(profile=json.dumps(PLACE), initial="equilibrium")


def test_a_table_of_a_place_is_not_labelled_as_the_whole_country(of_place, model):
    told = "The village: amounts scaled to 0.411% of the whole; starts at rest, from its own equilibrium"
    assert outcome_table(of_place, model).title.endswith(f" \u2013 {told}")
    assert all(table.title.endswith(told) for table in comparison_tables(of_place, model))
    assert conditions_line(of_place, "en") == f"{told}."
    assert conditions_line(of_place, "nl") == (
        "Het dorp: bedragen en aantallen geschaald naar 0,411% van het geheel; begint in rust, vanuit het eigen evenwicht."
    )


def test_the_figure_of_a_place_says_so_under_its_title_in_its_stamp_and_in_words(of_place, model):
    figure = draw_overview(of_place, model)
    texts = [" ".join(t.get_text().split()) for t in figure.texts]
    assert sum("The village: amounts scaled to 0.411% of the whole" in t for t in texts) == 2, "note and stamp"
    assert any(t.startswith("The village:") and "model small" in t for t in texts)
    assert describe_overview(of_place, model).startswith("The village: amounts scaled to 0.411% of the whole; starts")


def test_files_of_a_place_have_its_name(of_place, model):
    tables = [comparison_data(of_place, model)]
    files = render_results(of_place, model, ("csv", "xlsx", "tab"), "nl", tables)
    for name in ("outcomes.csv", "comparison.csv"):
        rows = list(csv.DictReader(io.StringIO(files[name].decode("utf-8-sig")), delimiter=";"))
        assert {row["profile"] for row in rows} == {"Het dorp"}
    book = openpyxl.load_workbook(io.BytesIO(files["outcomes.xlsx"]))
    assert book["outcomes"]["A1"].value == "Het dorp"
    assert book["comparison"]["B1"].value == "profile" and book["comparison"]["B2"].value == "Het dorp"
    assert {name for name in files if name.endswith(".tab")} == {"a dorp.tab", "b dorp.tab"}


def test_a_result_of_the_whole_says_nothing_of_places(dataset, model):
    stored = dataset.assign_attrs(initial="stored")
    assert outcome_table(stored, model).title == outcome_table(dataset, model).title
    assert conditions_line(stored, "en") == ""
    assert b"profile" not in render_results(stored, model, ["csv"])["outcomes.csv"].split(b"\r\n")[0]


def test_a_start_at_rest_is_told_without_a_place(dataset, model):
    at_rest = dataset.assign_attrs(initial="equilibrium")
    assert conditions_line(at_rest, "en") == "Starts at rest, from its own equilibrium."
    assert outcome_table(at_rest, model).title.endswith(
        "; then each scenario in 2004 \u2013 starts at rest, from its own equilibrium"
    )
    assert describe_overview(at_rest, model).startswith("Starts at rest")
