"""The people of both models: the flows on the card make up every stock, in every scenario and year."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sdsocec.api import run_scenarios
from sdsocec.errors import RunError
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import load_model
from sdsocec.report.people import people_tables
from sdsocec.results.flows import CLOSES, measure_flows, net_gain

MODELS = ("first_steps", "social_economy")


@pytest.fixture(scope="module", params=MODELS)
def measured(request):
    model = load_model(request.param)
    runs = run_scenarios(model)
    return model, runs, measure_flows(model, runs.design, runs.run, [s.name for s in runs.scenarios])


def test_the_flows_make_up_every_people_stock_element_in_every_scenario_and_year(measured):
    _, runs, flows = measured
    assert flows.times.tolist() == list(range(2000, 2021))
    assert flows.levels.shape[0] == 5
    saved = runs.run.trajectories
    years = np.flatnonzero(np.isclose(saved.times, np.round(saved.times)))
    for i, cell in enumerate(flows.cells):
        assert np.array_equal(flows.levels[:, :, i], saved.values[:, years, saved.names.index(cell.name)]), cell.name
    gap = np.abs(net_gain(flows) - np.diff(flows.levels, axis=1))
    assert gap.max() <= 1e-9 * flows.levels.sum(axis=2).max()
    assert gap.max() <= 0.01 * CLOSES * flows.levels.sum(axis=2).max(), "the test of closing has room to spare"


def test_no_element_of_a_flow_is_on_the_card_twice(measured):
    _, _, flows = measured
    owner = {}
    for move in flows.moves:
        assert owner.setdefault(move.flow, move.entry) == move.entry, move.flow


def test_leaving_any_flow_off_the_card_is_noticed(measured):
    model, runs, flows = measured
    everybody = flows.levels.sum(axis=2).max()
    for entry, flow in enumerate(model.card.people_flows):
        moved = [i for i, move in enumerate(flows.moves) if move.entry == entry]
        some = np.abs(flows.people[:, :, moved]).max()
        assert some > CLOSES * everybody, f"nobody ever goes by {flow.variable}: then it cannot be missed"
    for entry in (0, len(model.card.people_flows) - 1):
        rest = tuple(f for i, f in enumerate(model.card.people_flows) if i != entry)
        less = dataclasses.replace(model, card=model.card.model_copy(update={"people_flows": rest}))
        with pytest.raises(RunError, match="the flows on the card do not make up"):
            measure_flows(less, runs.design, runs.run, [s.name for s in runs.scenarios])


def test_the_tables_of_people_count_everybody(measured):
    """A table with groups is of one scenario and ends in everybody; one without has a column for each scenario."""
    model, runs, flows = measured
    counted = []
    for table in people_tables(runs.dataset(), model):
        (everybody,) = (values for row, values in zip(table.rows, table.values, strict=True) if row[0] == "everybody")
        counted += [everybody[-1]] if model.card.people_tables[0].columns else everybody
    assert counted == pytest.approx(flows.levels[:, -1].sum(axis=1) * 1000)


def test_the_people_stocks_of_the_card_are_all_of_those_counted_in_people():
    model = load_model("social_economy")
    names = {name_key(split_element_name(s)[0]) for s in model.card.people_stocks()}
    assert names == {"people not working", "people working"}
    dataset = run_scenarios(model).dataset()
    table = people_tables(dataset, model)[0]
    everybody = next(v for r, v in zip(table.rows, table.values, strict=True) if r[0] == "everybody")
    assert everybody[-1] == pytest.approx(1000 * float(dataset["people"].isel(scenario=0, time=-1)))
