"""Scenarios minus the first: signs, percentages, percentage points, the years chosen."""

from __future__ import annotations

import dataclasses

import pytest

from sdsocec.errors import SdsocecError
from sdsocec.report.comparison import comparison_data, comparison_tables


def test_differences_have_signs_and_shares_differ_in_percentage_points(dataset, model):
    (table,) = comparison_tables(dataset, model, years=[2002, 2004])
    assert table.title == "b minus a: with + it is more in b"
    assert table.header == ("b minus a", "2002", "2002, %", "2004", "2004, %")
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["unemployed (persons)"] == ("0", "0.0", "\u2212150,400", "\u221250.1")
    assert rows["share (percentage points)"] == ("0.0", "\u2013", "+30.0", "\u2013")
    assert rows["index (no unit)"] == ("0", "0.0", "+3.00", "+243")


def test_where_the_first_has_nothing_there_is_no_percentage(dataset, model):
    dataset = dataset.copy(deep=True)
    dataset["people"][0] = 0.0
    (table,) = comparison_tables(dataset, model, years=[2004])
    assert table.rows[0][1:] == ("+149,600", "\u2013")


def test_a_few_persons_are_no_percentage_of_anything(dataset, model):
    """+118 persons on 4 was printed as +2,710.0 %."""
    units = {"kpers": model.card.units["kpers"].model_copy(update={"smallest": 0.05})}
    model = dataclasses.replace(model, card=model.card.model_copy(update={"units": units}))
    dataset["people"][0], dataset["people"][1] = 0.0042, 0.1222
    assert comparison_tables(dataset, model, years=[2004])[0].rows[0][1:] == ("+118", "\u2013")
    dataset["people"][0], dataset["people"][1] = 0.060, 0.050
    assert comparison_tables(dataset, model, years=[2004])[0].rows[0][1:] == ("<50", "\u2013")
    dataset["people"][0], dataset["people"][1] = 0.060, 0.120
    assert comparison_tables(dataset, model, years=[2004])[0].rows[0][1:] == ("+60", "+100")


def test_a_difference_that_is_rounding_of_the_machine_is_none(dataset, model):
    dataset = dataset.copy(deep=True)
    dataset["people"][1] = dataset["people"][0] * (1 + 1e-15)
    (table,) = comparison_tables(dataset, model, years=[2004])
    assert table.rows[0][1:] == ("0", "0.0")


def test_by_default_the_years_are_even_ones_after_the_parting(dataset, model):
    (table,) = comparison_tables(dataset, model)
    assert table.header[1:] == ("2004", "2004, %")


def test_yes_and_no_are_told_as_a_change(dataset, model):
    dataset = dataset.copy(deep=True)
    dataset["share"][0], dataset["share"][1] = 0.0, 1.0
    outcomes = tuple(
        o.model_copy(update={"shown": "yes/no"}) if o.variable == "share" else o for o in model.card.outcomes
    )
    model = dataclasses.replace(model, card=model.card.model_copy(update={"outcomes": outcomes}))
    (table,) = comparison_tables(dataset, model, "nl", years=[2004])
    assert table.rows[2] == ("aandeel", "nee \u2192 ja", "\u2013")


def test_a_year_that_was_not_saved_is_refused(dataset, model):
    with pytest.raises(SdsocecError, match=r"the run has no value saved at 2003\.3"):
        comparison_tables(dataset, model, years=[2003.3])


def test_the_data_hold_both_values(dataset, model):
    data = comparison_data(dataset, model)
    row = next(r for r in data.rows if r[2] == 2004.0 and r[3] == "people")
    assert row[:2] == ("b", "a")
    assert row[5:9] == pytest.approx((300_000, 149_629.8, -150_370.2, -50.1234))


def test_a_difference_below_its_error_is_about_0(dataset, model):
    """A difference that is smaller than the error of the time step was printed as a finding, with a percentage."""
    import numpy as np

    from sdsocec.report.comparison import comparison_notes

    errors = {
        "people": np.full((2, 9), 151.0),
        "share": np.full((2, 9), 0.2),
    }  # of differences of -150.4 thousand, +30 points
    (table,) = comparison_tables(dataset, model, "nl", [2002, 2004], errors)
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["werklozen (personen)"] == ("0", "0,0", "ongeveer 0", "\u2013"), "equal is equal"
    assert rows["aandeel (procentpunt)"][2] == "+30,0"
    assert comparison_notes([table], "a", "nl")[-1] == "ongeveer 0: geen verschil dat de tijdstap kan laten zien."
    assert len(comparison_notes(comparison_tables(dataset, model), "a")) == 1
