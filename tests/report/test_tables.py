"""The table of outcomes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import sdsocec
from sdsocec.errors import SdsocecError
from sdsocec.model.project import load_model
from sdsocec.report.tables import outcome_table


def test_common_history_stands_first_then_every_scenario_at_the_end(dataset, model):
    table = outcome_table(dataset, model)
    assert table.header == ("outcome", "2000", "2002", "a", "b")  # 2002: the last whole year before they part
    assert table.title == "Small model: the same in every scenario in 2000 and 2002; then each scenario in 2004"
    assert table.rows == (
        ("unemployed (persons)", "300,000", "300,000", "300,000", "149,600"),  # 300 - 3 * 50.1234 = 149.6298
        ("jobs in the south (persons)", "2,000", "2,000", "2,000", "2,000"),
        ("share (%)", "3.4%", "3.4%", "3.4%", "33.4%"),
        ("index (no unit)", "1.23", "1.23", "1.23", "4.23"),
    )
    assert table.values[0] == pytest.approx((300_000, 300_000, 300_000, 149_629.8), rel=1e-12)
    assert table.values[2] == pytest.approx((0.0344, 0.0344, 0.0344, 0.3344), rel=1e-12)


def test_dutch_table_has_dutch_labels_units_and_numbers(dataset, model):
    table = outcome_table(dataset, model, "nl")
    assert table.header[0] == "uitkomst"
    assert table.rows[0] == ("werklozen (personen)", *["300\u202f000"] * 3, "149\u202f600")
    assert table.rows[2][-1] == "33,4%"


def test_the_unit_of_an_outcome_does_not_depend_on_what_else_was_run(dataset, model):
    """`run baseline regulier` printed 0.404 where `run baseline sociaal-ondernemen` printed 40.4%: it looked at the values."""
    dataset["share"][1, 8] = 1.001
    dataset["index"][:] = 0.5
    rows = outcome_table(dataset, model).rows
    assert rows[2] == ("share (%)", "3.4%", "3.4%", "3.4%", "100.1%")
    assert rows[3] == ("index (no unit)", "0.500", "0.500", "0.500", "0.500")


def test_a_model_without_a_card_has_no_percentages(model, tmp_path):
    bare = tmp_path / "bare.mdl"
    text = model.equations.path.read_text(encoding="utf-8").replace("share = 0.5", "share = INTEG(0, 0.5)")
    bare.write_text(text, encoding="utf-8")
    loaded = load_model(bare)
    assert ("share (no unit)", "0.500", "0.500") in outcome_table(sdsocec.run(loaded), loaded).rows


def test_noise_is_not_shown_as_a_result(dataset, model):
    """A place of 3.22 persons stood in the table beside a table of people that said <50."""
    units = {"kpers": model.card.units["kpers"].model_copy(update={"smallest": 0.05})}
    model = dataclasses.replace(model, card=model.card.model_copy(update={"units": units}))
    dataset["people"][:] = 0.00322
    dataset["people"][1, -1] = 0.05
    assert outcome_table(dataset, model).rows[0] == ("unemployed (persons)", "<50", "<50", "<50", "50")


def test_scenarios_that_differ_from_the_start_have_no_common_column(dataset, model):
    dataset["people"][1] += 1.0
    table = outcome_table(dataset, model)
    assert table.header == ("outcome", "a", "b")
    assert table.title == "Small model: outcomes in 2004"


def test_scenarios_that_differ_by_rounding_only_are_the_same(dataset, model):
    dataset["people"][1] *= 1 + 1e-12
    assert outcome_table(dataset, model).header == ("outcome", "2000", "2002", "a", "b")


def test_a_single_run_has_its_first_and_last_year(dataset, model):
    table = outcome_table(dataset.isel(scenario=[1]), model)
    assert table.header == ("outcome", "2000", "2004")
    assert table.title == "Small model, b: outcomes in 2000 and 2004"
    assert table.rows[0] == ("unemployed (persons)", "300,000", "149,600")


def test_chosen_years_replace_the_end(dataset, model):
    table = outcome_table(dataset, model, years=[2003.0, 2004.0])
    assert table.header == ("outcome", "2000", "2002", "a 2003", "b 2003", "a 2004", "b 2004")
    assert table.values[0][-3] == pytest.approx(249_876.6)
    with pytest.raises(SdsocecError) as error:
        outcome_table(dataset, model, years=[2003.2])
    expected = "the run has no value saved at 2003.2\n  The nearest is 2003; the run was saved from 2000 to 2004."
    assert str(error.value) == expected


def test_every_element_of_a_subscripted_outcome_is_a_row(dataset, model):
    outcome = model.card.outcomes[1].model_copy(update={"variable": "Jobs"})
    card = model.card.model_copy(update={"outcomes": (outcome,)})
    table = outcome_table(dataset, type(model)(model.name, model.equations, card, None))
    assert [row[0] for row in table.rows] == [
        "jobs in the south: north (persons)",
        "jobs in the south: south (persons)",
    ]
    assert [values[-1] for values in table.values] == [1000.0, 2000.0]


def test_a_model_without_a_card_shows_its_stocks_in_its_own_units(dataset, model, tmp_path):
    bare = tmp_path / "bare.mdl"
    bare.write_bytes((tmp_path / "small" / "model.mdl").read_bytes())
    table = outcome_table(dataset, load_model(bare))
    assert [row[0] for row in table.rows] == ["people (kpers)", "jobs: north (kpers)", "jobs: south (kpers)"]
    assert table.values[0][0] == 300.0


def test_an_element_without_an_equation_is_a_dash(dataset, model):
    dataset["jobs"][:, :, 1] = np.nan
    assert outcome_table(dataset, model).rows[1][1:] == ("–",) * 4


def test_scenarios_have_the_titles_of_their_files_in_the_language():
    model = load_model("first_steps")
    result = sdsocec.run(model, ["baseline", "regulier"])
    assert outcome_table(result, model, "nl").header[-2:] == ("Basis", "Regulier")
    assert outcome_table(result, model, "en").header[-2:] == ("Baseline", "Regular")


def test_a_result_that_does_not_tell_titles_keeps_names():
    model = load_model("first_steps")
    result = sdsocec.run(model, ["baseline", "regulier"])
    del result.attrs["scenario_titles"]
    assert outcome_table(result, model, "en").header[-2:] == ("baseline", "regulier")
