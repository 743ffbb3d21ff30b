"""Observed series: what is read from good files, and the whole message for each mistake in a bad one."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from sdsocec.analysis.calibration import problem_for
from sdsocec.errors import DataError, SdsocecError
from sdsocec.model.project import load_model
from sdsocec.results.observed import load_observed
from sdsocec.results.years import year_weights

MDL = """{UTF-8}
region: north, south ~~|
people[region] = INTEG(growth, 10) ~ kpers ~ People. |
total = SUM(people[region!]) ~ kpers ~ All people. |
growth = 1 ~ kpers/year [0,5] ~ Growth. |
INITIAL TIME = 2000 ~ year ~~|
FINAL TIME = 2010 ~ year ~~|
TIME STEP = 0.25 ~ year ~~|
SAVEPER = TIME STEP ~ year ~~|
"""
CARD = """
title = {nl = "Klein", en = "Small"}
[[series]]
name = "people"
label = {nl = "mensen", en = "people"}
variable = "Total"
at = "mean"
part = [{file = "people.csv", years = [2001, 2005]}]
unit = "thousand persons"
relative_error = 0.05
source = {nl = "bedacht", en = "made up"}
fit = [2001, 2003]
test = [2004, 2005]
test_kind = "forecast"
"""
GOOD = """year,value,unit,source,note
2001,20,thousand persons,CBS,
2002,22.5,thousand persons,CBS,new survey
2003,24,thousand persons,"CBS, again",
2004,26,thousand persons,CBS,
2005,28,thousand persons,CBS,
"""


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A function: the model with one file of data (text or bytes; None: none) and changes of its card."""
    monkeypatch.chdir(tmp_path)

    def make(content: str | bytes | None = GOOD, *changes: tuple[str, str]):
        card = CARD
        for old, new in changes:
            assert old in card
            card = card.replace(old, new)
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "model.mdl").write_text(MDL)
        (tmp_path / "model.toml").write_text(card)
        if content is not None:
            (tmp_path / "data" / "people.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_model(tmp_path)

    return make


def message_of(model, names=None) -> str:
    with pytest.raises(DataError) as refusal:
        load_observed(model, names)
    assert refusal.value.exit_code == 2
    return str(refusal.value).replace(f"{model.folder}/", "")


def test_a_good_file_is_read_with_its_errors_roles_and_places(model):
    (one,) = load_observed(model())
    assert one.variable == "total", "the name as the model writes it, whatever the card's case"
    np.testing.assert_array_equal(one.years, [2001, 2002, 2003, 2004, 2005])
    np.testing.assert_array_equal(one.values, [20, 22.5, 24, 26, 28])
    np.testing.assert_allclose(one.errors, [1, 1.125, 1.2, 1.3, 1.4], rtol=1e-15)
    assert one.is_fit.tolist() == [True, True, True, False, False]
    assert one.is_test.tolist() == [False, False, False, True, True]
    assert one.sources[2] == "CBS, again" and one.notes[1] == "new survey"
    assert one.places[0] == "people.csv:2" and one.places[4] == "people.csv:6"


def test_the_factor_brings_values_and_relative_errors_to_the_variables_unit(model):
    (one,) = load_observed(model(GOOD, ("relative_error", "factor = 0.5\nrelative_error")))
    assert one.values[0] == 10.0 and one.errors[0] == 0.5


def test_years_of_a_part_outside_its_span_are_left_out(model):
    (one,) = load_observed(model(GOOD + "2006,30,thousand persons,CBS,\n"))
    assert one.years.max() == 2005


def test_a_line_break_within_quotes_moves_the_lines_below_it(model):
    content = GOOD.replace('"CBS, again",', '"CBS,\nagain",').replace("2005,28", "2005,28x")
    assert "people.csv:7   2005,28x" in message_of(model(content))


def test_byte_order_mark_blank_lines_and_other_line_ends_are_read(model):
    content = b"\xef\xbb\xbf" + GOOD.replace("2003,", "\n2003,").replace("\n", "\r\n").encode()
    (one,) = load_observed(model(content))
    assert one.values[2] == 24 and one.places[2] == "people.csv:5"


NEXT_YEAR = datetime.date.today().year + 1
IN_CARD = "Where nothing was observed, leave the line out and say gaps = true in the card."
LINES = {  # what replaces the line of 2002, and the message
    "missing year": (
        None,
        "'people' has no value for 2002, in its years to fit\n"
        "  data/people.csv:2\n"
        "  Add it, shorten the span in the card, or say that there are gaps: gaps = true",
    ),
    "wrong unit": (
        "2002,22500,persons,CBS,",
        "the unit is 'persons', not 'thousand persons'\n"
        "  data/people.csv:3   2002,22500,persons,CBS,\n"
        '  The card\'s entry says unit = "thousand persons"; mend one of them.',
    ),
    "text for a number": (
        "2002,about 22,thousand persons,CBS,",
        "'about 22' is not a number\n  data/people.csv:3   2002,about 22,thousand persons,CBS,\n  " + IN_CARD,
    ),
    "no number": (
        "2002,,thousand persons,CBS,",
        "the year 2002 has no value\n  data/people.csv:3   2002,,thousand persons,CBS,\n  " + IN_CARD,
    ),
    "digits with underscore": (
        "2002,2_2,thousand persons,CBS,",
        "'2_2' is not a number\n  data/people.csv:3   2002,2_2,thousand persons,CBS,\n  " + IN_CARD,
    ),
    "decimal comma in quotes": (
        '2002,"22,5",thousand persons,CBS,',
        "'22,5' is not a number\n"
        "  data/people.csv:3   2002,22,5,thousand persons,CBS,\n"
        "  Decimals are written with a point.",
    ),
    "decimal comma": (
        "2002,22,5,thousand persons,CBS,",
        "the line has 6 cells, the first line 5 columns\n"
        "  data/people.csv:3   2002,22,5,thousand persons,CBS,\n"
        "  Decimals are written with a point; a text that holds a comma stands in quotes.",
    ),
    "a cell too few": (
        "2002,22",
        "the line has 2 cells, the first line 5 columns\n"
        "  data/people.csv:3   2002,22\n"
        "  Decimals are written with a point; a text that holds a comma stands in quotes.",
    ),
    "year twice": (
        "2001,22.5,thousand persons,CBS,",
        "the year 2001 stands twice (also in people.csv:2)\n  data/people.csv:3\n  Keep one of them.",
    ),
    "future year": (
        f"{NEXT_YEAR},22.5,thousand persons,CBS,",
        f"the year {NEXT_YEAR} lies in the future; it cannot have been observed\n"
        f"  data/people.csv:3   {NEXT_YEAR},22.5,thousand persons,CBS,",
    ),
    "no year": (
        "'02,22.5,thousand persons,CBS,",
        "''02' is not a year\n  data/people.csv:3   '02,22.5,thousand persons,CBS,\n  Write four digits, as in 2014.",
    ),
    "digits that are no numbers": (
        "²²²²,22.5,thousand persons,CBS,",
        "'²²²²' is not a year\n  data/people.csv:3   ²²²²,22.5,thousand persons,CBS,\n  Write four digits, as in 2014.",
    ),
    "NaN": (
        "2002,nan,thousand persons,CBS,",
        "the value of 2002 is nan; it must be a finite number\n"
        "  data/people.csv:3   2002,nan,thousand persons,CBS,\n  " + IN_CARD,
    ),
    "infinity": (
        "2002,1e999,thousand persons,CBS,",
        "the value of 2002 is 1e999; it must be a finite number\n"
        "  data/people.csv:3   2002,1e999,thousand persons,CBS,\n  " + IN_CARD,
    ),
    "nothing, so no relative error": (
        "2002,0,thousand persons,CBS,",
        "the value of 2002 is 0, so a relative error gives 'people' no standard error there\n"
        "  data/people.csv:3\n"
        "  Give the series an 'error' in the card instead.",
    ),
}


@pytest.mark.parametrize("mistake", LINES)
def test_a_mistake_in_a_line_gets_its_message(mistake, model):
    line, message = LINES[mistake]
    lines = GOOD.splitlines()
    lines[2:3] = [line] if line is not None else []
    assert message_of(model("\n".join(lines))) == message


FILES = {
    "empty file": (
        "\n \n",
        "the file is empty\n  data/people.csv\n  The first line names the columns: year,value,unit,source",
    ),
    "no column": (
        "year,amount,unit\n2001,20,thousand persons\n",
        "the file has no column 'value'\n"
        "  data/people.csv:1   year,amount,unit\n"
        "  The first line names the columns: year,value,unit,source",
    ),
    "no header": (
        "2001,20\n2002,21\n",
        "the file has no column 'year'\n"
        "  data/people.csv:1   2001,20\n"
        "  The first line names the columns: year,value,unit,source",
    ),
    "semicolons": (
        "year;value\n2001;20\n",
        "the file has no column 'year'\n  data/people.csv:1   year;value\n  Columns are separated by commas.",
    ),
    "column twice": (
        "year,value,unit,Value\n2001,20,thousand persons,21\n",
        "the file has two columns 'value'\n  data/people.csv:1   year,value,unit,Value\n  Keep one of them.",
    ),
    "file missing": (
        None,
        "there is no file 'data/people.csv'\n  data/people.csv\n  The series 'people' of model.toml names it.",
    ),
    "not UTF-8": (
        GOOD.replace("new survey", "nieuwe enquête").encode("latin-1"),
        "the file is not UTF-8 text\n  data/people.csv:3\n  Save it as UTF-8.",
    ),
    "header only": (
        "year,value,unit\n",
        "'people' has no value in its years to fit, 2001 to 2003\n"
        "  data/people.csv\n"
        "  Add them, or leave 'fit' out of the card.\n"
        "'people' has no value in its years to test, 2004 to 2005\n"
        "  data/people.csv\n"
        "  Add them, or leave 'test' out of the card.",
    ),
    "no unit": (
        "year,value\n2001,20\n",
        "the file has no column 'unit'\n"
        "  data/people.csv:1   year,value\n"
        "  The first line names the columns: year,value,unit,source",
    ),
}


@pytest.mark.parametrize("mistake", FILES)
def test_a_mistake_in_a_file_gets_its_message(mistake, model):
    content, message = FILES[mistake]
    assert message_of(model(content)) == message


def test_one_point_is_too_few_to_fit(model):
    content = "year,value,unit\n2002,22,thousand persons\n2004,26,thousand persons\n"
    loaded = model(content, ("fit = [", "gaps = true\nfit = ["))
    assert message_of(loaded) == (
        "'people' has 1 value in its years to fit\n"
        "  data/people.csv:2\n"
        "  A fit needs two: widen its years, 2001 to 2003, or leave 'fit' out of the card."
    )


def test_a_year_that_no_part_covers_points_at_the_card(model):
    assert message_of(model(GOOD, ("[2001, 2005]", "[2002, 2005]"))) == (
        "'people' has no value for 2001, in its years to fit\n"
        "  model.toml\n"
        "  No part of the series covers 2001: lengthen 'years' there."
    )


def test_an_unknown_series_gets_the_nearest_name(model):
    assert message_of(model(), ["pople"]) == (
        f"the card of '{model().name}' lists no series 'pople'\n  Did you mean 'people'? Series: people."
    )


def test_every_fault_of_a_file_is_told_at_once(model):
    message = message_of(model(GOOD.replace("22.5", "x").replace("26", "nan").replace("2005,28", "2005,28,3")))
    assert [line.split()[0] for line in message.splitlines() if line.startswith("  data")] == [
        "data/people.csv:3", "data/people.csv:5", "data/people.csv:6",
    ]  # fmt: skip


def test_a_series_of_a_whole_subscripted_variable_must_name_an_element(model):
    with pytest.raises(SdsocecError) as refusal:
        model(GOOD, ('"Total"', '"people"'))
    assert "'people' has many elements; name one, as in 'people[north]'" in str(refusal.value)
    assert 'variable = "people"' in str(refusal.value)
    (one,) = load_observed(model(GOOD, ('"Total"', '"People[South]"')))
    assert one.variable == "people[south]"


def test_bad_data_end_a_calibration_before_it_runs(model):
    with pytest.raises(SdsocecError, match="lies in the future"):
        problem_for(model(GOOD.replace("2002,22.5", f"{NEXT_YEAR},22.5")), free=["growth"])


def test_a_year_is_its_mean_or_its_end():
    times = np.arange(2000.0, 2003.01, 0.25)
    values = times - 2000
    mean = year_weights(times, np.array([2001]), "mean") @ values
    end = year_weights(times, np.array([2001, 2002]), "end") @ values
    np.testing.assert_allclose(mean, [1.5], rtol=1e-15)
    np.testing.assert_allclose(end, [2.0, 3.0], rtol=1e-15)


def test_a_year_that_the_run_does_not_cover_is_not_a_number():
    times = np.arange(2000.0, 2002.6, 0.25)
    assert np.isnan(year_weights(times, np.array([1999, 2002, 2003]), "mean")).all()
    assert not np.isnan(year_weights(times, np.array([2000, 2001]), "mean")).any()


# ---- a mean of a year -----------------------------------------------------------------------------------------------

MOMENTS = {"mean": 0.5, "quarter ends": 0.625, "end": 1.0}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("step", [0.25, 0.125, 0.1, 1 / 64])
def test_a_year_is_not_a_sixteenth_of_a_year_early(moment, step):
    """Of something that grows along a line, a year's value is that of its mean time, however often it is saved."""
    times = 2000 + step * np.arange(round(4 / step) + 1)
    weights = year_weights(times, np.array([2000, 2001, 2002]), moment)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(weights @ times, np.array([2000, 2001, 2002]) + MOMENTS[moment], atol=1e-9)


def test_the_mean_of_quarter_ends_is_that_of_four_numbers():
    times = np.arange(2000.0, 2002.01, 0.125)
    values = np.cos(5 * times)
    expected = np.mean([values[np.abs(times - at).argmin()] for at in (2001.25, 2001.5, 2001.75, 2002.0)])
    assert (year_weights(times, np.array([2001]), "quarter ends") @ values)[0] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("moment", ["mean", "quarter ends"])
@pytest.mark.parametrize("step", [1.0, 0.5])
def test_a_run_saved_once_a_year_has_no_year_mean(moment, step):
    times = np.arange(2000.0, 2003.01, step)
    with pytest.raises(DataError) as refusal:
        year_weights(times, np.array([2001]), moment)
    assert str(refusal.value) == (
        f"a run that saves every {step:g} has no mean of 2001: that needs 4 times a year or more\n"
        "  Set SAVEPER to 0.25 or less, with TIME STEP no longer than that."
    )
    assert year_weights(times, np.array([2001]), "end") @ times == 2002


# ---- units and breaks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unit", ["thousand", "thousand person", "thousand persons-households", "thousand persons/year"]
)
def test_a_unit_that_only_starts_alike_is_another(unit, model):
    message = message_of(model(GOOD.replace("2002,22.5,thousand persons", f"2002,22.5,{unit}")))
    assert message.startswith(f"the unit is '{unit}', not 'thousand persons'")
    card = ('unit = "thousand persons"', f'unit = "{unit}"')
    assert f"the unit is 'thousand persons', not '{unit}'" in message_of(model(GOOD, card))


WITH_AGES = GOOD.replace("2001,20,thousand persons", '2001,20,"thousand persons, age 15-74"').replace(
    "2002,22.5,thousand persons", '2002,22.5,"thousand persons, age 15-74"'
)
BREAK = 'break = [{year = 2003, what = {nl = "iedereen", en = "all ages"}}]\nfit = ['


def test_a_definition_that_changes_without_a_word_is_a_fault(model):
    assert message_of(model(WITH_AGES)) == (
        "the unit of 'people' changes from 'thousand persons, age 15-74' (people.csv:3) to 'thousand persons'\n"
        "  data/people.csv:4\n"
        "  Where the definition changes, the card says so: "
        'break = [{year = 2003, what = {nl = "...", en = "..."}}]'
    )
    (one,) = load_observed(model(WITH_AGES, ("fit = [", BREAK)))
    assert {year: what.en for year, what in one.breaks.items()} == {2003: "all ages"}


def test_households_never_continue_persons_whatever_the_card_says(model):
    content = GOOD.replace("2003,24,thousand persons", "2003,24,thousand households")
    assert "the unit is 'thousand households', not 'thousand persons'" in message_of(model(content, ("fit = [", BREAK)))


def test_a_break_without_values_on_both_sides_is_a_fault(model):
    card = ("fit = [", BREAK.replace("2003", "2001"))
    assert "'people' has no values on both sides of its break in 2001" in message_of(model(GOOD, card))


# ---- years ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fit", "told"), [("[2001, 2004]", "2004 is a year"), ("[2001, 2005]", "2004 to 2005 are years")]
)
def test_years_to_fit_and_to_test_do_not_overlap(fit, told, model):
    with pytest.raises(SdsocecError) as refusal:
        model(GOOD, ("fit = [2001, 2003]", f"fit = {fit}"))
    assert f"'series[1]': {told} to fit and to test; a year that was fitted tests nothing\n" in str(refusal.value)


def test_test_years_of_unknown_worth_are_refused(model):
    with pytest.raises(SdsocecError, match="what is agreement in the test years worth"):
        model(GOOD, ('test_kind = "forecast"\n', ""))


def test_a_series_with_gaps_and_an_empty_table_is_told(model):
    card = ("fit = [2001, 2003]\n", "gaps = true\n")
    assert message_of(model("year,value,unit\n", card)) == (
        "'people' has no value in its years to test, 2004 to 2005\n"
        "  data/people.csv\n"
        "  Add them, or leave 'test' out of the card."
    )
    neither = (card, ('test = [2004, 2005]\ntest_kind = "forecast"\n', ""))
    assert message_of(model("year,value,unit\n", *neither)).startswith("'people' has no value\n")
