"""The account of people: it closes or is refused; who is where; costs only where there is something to divide by."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sdsocec.api import run_scenarios
from sdsocec.errors import ModelError, RunError, SdsocecError
from sdsocec.model.project import load_model
from sdsocec.model.toml import Text
from sdsocec.report.costs import cost_data, cost_table
from sdsocec.report.flows import account_notes, account_tables, flow_data, route_tables
from sdsocec.report.people import people_data, people_tables
from sdsocec.results.flows import measure_flows, net_gain
from sdsocec.scenario import Scenario, Setting

MDL = """{UTF-8}
grade: g1, g2, g3 ~~|
place: bench, job ~~|
bench staff[grade] = INTEG(entry[grade] + joined[grade] - start[grade] + fired[grade] - hit[grade] + hurt[grade], 10) ~ kpers ~~|
job staff[g1] = INTEG(start[g1] - fired[g1] - up[g1], 5) ~ kpers ~~|
job staff[g2] = INTEG(start[g2] - fired[g2] - up[g2] + up[g1], 5) ~ kpers ~~|
job staff[g3] = INTEG(start[g3] - fired[g3] - up[g3] + up[g2], 5) ~ kpers ~~|
entry[grade] = 1, 0.5, 0.25 ~ kpers/year ~~|
joined[grade] = 0.1 ~ kpers/year ~~|
start[grade] = bench staff[grade] * hiring ~ kpers/year ~~|
hiring = 0.2 ~ 1/year [0,1] ~~|
fired[grade] = job staff[grade] * 0.1 ~ kpers/year ~~|
up[grade] = job staff[grade] * can rise[grade] * 0.3 ~ kpers/year ~~|
can rise[grade] = 1, 1, 0 ~ dmnl ~~|
hit[grade] = bench staff[grade] * 0.05 ~ kpers/year ~~|
hurt[grade] = SUM(hit[grade!]) * spread[grade] ~ kpers/year ~~|
spread[grade] = 0.5, 0.25, 0.25 ~ dmnl ~~|
money = total jobs * price + fee ~ Meuro/year ~~|
price = 20 ~ Meuro/(kpers*year) ~~|
fee = 0 ~ Meuro/year [-1000,1000] ~~|
total jobs = SUM(job staff[grade!]) ~ kpers ~~|
INITIAL TIME = 2000 ~ year ~~|
FINAL TIME = 2002.5 ~ year ~~|
TIME STEP = 0.25 ~ year ~~|
SAVEPER = 0.5 ~ year ~~|
"""
CARD = """
title = {nl = "Klein", en = "Small"}
default_scenarios = ["base"]
people_group = "grade"
[units.kpers]
factor = 1000
shown = {nl = "personen", en = "persons"}
smallest = 0.05
[units."Meuro/(kpers*year)"]
factor = 1000
shown = {nl = "euro per persoon", en = "euro per person"}
[labels]
"bench staff" = {nl = "bank", en = "bench"}
"job staff" = {nl = "baan", en = "job"}
[[outcome]]
variable = "total jobs"
label = {nl = "banen", en = "jobs"}
[[people_flow]]
variable = "entry[grade]"
from = "outside"
to = "bench staff[grade]"
[[people_flow]]
variable = "joined[grade]"
from = "outside"
to = "bench staff[grade]"
[[people_flow]]
variable = "start[grade]"
from = "bench staff[grade]"
to = "job staff[grade]"
[[people_flow]]
variable = "fired[grade]"
from = "job staff[grade]"
to = "bench staff[grade]"
[[people_flow]]
variable = "up[grade]"
from = "job staff[grade]"
to = "job staff[grade+1]"
label = {nl = "omhoog", en = "one grade up"}
[[people_flow]]
variable = "hit[grade]"
from = "bench staff[grade]"
to = "bench staff[grade by spread]"
[[people_table]]
title = {nl = "Wie waar", en = "Who where"}
rows = [{label = {nl = "bank", en = "bench"}, of = ["bench staff"]}, {label = {nl = "baan", en = "job"}, of = ["job staff"]}]
columns = [{label = {nl = "laag", en = "low"}, of = ["g1", "g2"]}, {label = {nl = "hoog", en = "high"}, of = ["g3"]}]
shares = [{label = {nl = "werkt", en = "works"}, of = ["job staff"]}]
[[cost]]
variable = "money"
label = {nl = "extra geld", en = "extra money"}
shown = "more"
[[cost_effect]]
label = {nl = "per baan", en = "per job"}
cost = "money"
effect = "total jobs"
unit = "Meuro/(kpers*year)"
smallest = 0.5
too_small = {nl = "minder dan {smallest} banen", en = "fewer than {smallest} jobs"}
negative = {nl = "minder banen", en = "fewer jobs"}
cheaper = {nl = "goedkoper", en = "cheaper"}
"""


def written(tmp_path, card=CARD, mdl=MDL):
    folder = tmp_path / "small"
    folder.mkdir(exist_ok=True)
    (folder / "model.mdl").write_text(mdl, encoding="utf-8")
    (folder / "model.toml").write_text(card, encoding="utf-8")
    return folder


@pytest.fixture
def small(tmp_path):
    return load_model(written(tmp_path))


TEXTS = (Text(nl="base", en="base"), Text(nl="", en=""))


def scenario(name, **values):
    settings = {key.replace("_", " "): Setting(key, value, "test", name) for key, value in values.items()}
    return Scenario(name, Text(nl=name, en=name), Text(nl="", en=""), settings)


def flows_of(model, *scenarios, integrator="euler", share=1.0):
    runs = run_scenarios(model, scenarios or [scenario("base")], integrator=integrator)
    names = [s.name for s in runs.scenarios]
    return measure_flows(model, runs.design, runs.run, names, share), runs


def test_the_flows_of_a_year_are_the_sum_of_the_steps_worked_out_by_hand(small):
    flows, _ = flows_of(small)
    assert flows.times.tolist() == [2000, 2001, 2002, 2002.5]
    entered = [i for i, move in enumerate(flows.moves) if move.flow == "entry[g2]"]
    assert flows.people[0, :, entered].ravel() == pytest.approx([0.5, 0.5, 0.25])
    bench = job = 0.0
    bench, started = 10.0, 0.0  # of g1: a loop with the model's own step
    levels = {"g1": (10.0, 5.0), "g2": (10.0, 5.0), "g3": (10.0, 5.0)}
    for _ in range(4):
        started += 0.25 * 0.2 * levels["g1"][0]
        hit = 0.05 * sum(b for b, _ in levels.values())
        new = {}
        for grade, (entry, spread, below) in {
            "g1": (1, 0.5, None),
            "g2": (0.5, 0.25, "g1"),
            "g3": (0.25, 0.25, "g2"),
        }.items():
            bench, job = levels[grade]
            risen = 0 if below is None else 0.3 * levels[below][1]
            rises = 0.3 * job if grade != "g3" else 0
            new[grade] = (
                bench + 0.25 * (entry + 0.1 - 0.2 * bench + 0.1 * job - 0.05 * bench + spread * hit),
                job + 0.25 * (0.2 * bench - 0.1 * job - rises + risen),
            )
        levels = new
    start = next(i for i, move in enumerate(flows.moves) if move.flow == "start[g1]")
    assert flows.people[0, 0, start] == pytest.approx(started, rel=1e-12)
    ends = {cell.name: flows.levels[0, 1, i] for i, cell in enumerate(flows.cells)}
    assert ends["bench staff[g2]"] == pytest.approx(levels["g2"][0], rel=1e-12)
    assert ends["job staff[g3]"] == pytest.approx(levels["g3"][1], rel=1e-12)


def test_every_flow_of_a_small_model_has_to_be_on_its_card(tmp_path):
    parts = CARD.split("[[people_flow]]")
    for i in range(1, len(parts)):
        card = "[[people_flow]]".join(parts[:i] + parts[i + 1 :])
        if i == len(parts) - 1:
            card += "[[people_table]]" + CARD.split("[[people_table]]")[1]
        with pytest.raises(RunError, match="the flows on the card do not make up"):
            flows_of(load_model(written(tmp_path, card)))


def test_people_without_a_next_grade_may_not_rise(tmp_path):
    """A flow of the last element goes nowhere: the model takes them from the stock, the account does not close."""
    with pytest.raises(RunError) as error:
        flows_of(load_model(written(tmp_path, mdl=MDL.replace("1, 1, 0 ~ dmnl", "1, 1, 1 ~ dmnl"))))
    assert "the flows on the card do not make up 'job staff[g3]': in 200" in str(error.value)
    assert str(error.value).endswith("A [[people_flow]] is missing or goes elsewhere.")


def test_a_place_has_its_part_of_the_account(tmp_path):
    model = load_model(written(tmp_path, CARD.replace("smallest = 0.05\n", "smallest = 0.05\nextensive = true\n")))
    whole, tenth = flows_of(model)[0], flows_of(model, share=0.1)[0]
    assert np.allclose(tenth.people, 0.1 * whole.people) and np.allclose(tenth.levels, 0.1 * whole.levels)


@pytest.mark.parametrize(
    ("integrator", "mdl", "message"),
    [
        ("rk4", MDL, "people per year are not known with rk4: only Euler's method adds flow x TIME STEP to a stock"),
        ("euler", MDL.replace("~ year ~~|", "~ month ~~|"), "people per year are not known: time counts in 'month'"),
        ("euler", MDL.replace("= 0.25 ~ year", "= 0.3 ~ year").replace("= 0.5 ~ year", "= 0.3 ~ year"),
         "people per year are not known: TIME STEP does not divide a year"),
        ("euler", MDL.replace("SAVEPER = 0.5", "SAVEPER = 2 * TIME STEP"),
         "people per year are not known: SAVEPER is an equation, and not every step is saved"),
    ],
)  # fmt: skip
def test_where_people_per_year_are_not_known_it_says_why(tmp_path, integrator, mdl, message):
    with pytest.raises(SdsocecError) as error:
        flows_of(load_model(written(tmp_path, mdl=mdl)), integrator=integrator)
    assert str(error.value).splitlines()[0] == message


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ('variable = "up[grade]"', 'variable = "up"', "'up' has 1 index", "Write 'up[grade]'."),
        ('to = "job staff[grade+1]"', 'to = "job staff"', "'job staff' has 1 index", "Write 'job staff[grade]'."),
        ('variable = "up[grade]"', 'variable = "up[place]"', "'up' has the range 'grade' where 'place' stands",
         "Valid: grade, g1, g2, g3."),
        ('to = "job staff[grade+1]"', 'to = "job staff[bench]"', "'bench' is no element of 'grade', which 'job staff' has there",
         "Valid: grade, g1, g2, g3."),
        ('variable = "up[grade]"', 'variable = "up[g1]"', "'grade' is no index of the flow",
         "Write one of the flow's indices, an element of 'grade', or: grade by SHARES."),
        ('[grade by spread]', '[grade by sprad]', "'sprad' is no variable by 'grade'", "Did you mean 'spread'?"),
        ('to = "job staff[grade+1]"', 'to = "job staff[grade]"', "'up[g1]' goes from 'job staff[g1]' to itself",
         "Such a flow moves nobody."),
        ('variable = "joined[grade]"', 'variable = "entry[g2]"', "'grade' is no index of the flow",
         "Write one of the flow's indices, an element of 'grade', or: grade by SHARES."),
        ('variable = "joined[grade]"', 'variable = "entry[grade]"', "'entry[g1]' is declared twice",
         "A flow leaves and enters people stocks once."),
        ('of = ["g1", "g2"]', 'of = ["g1"]', "the columns of a table leave out 'g2'", "A table counts everybody once."),
        ('of = ["g1", "g2"]', 'of = ["g1", "g2", "g3"]', "'g3' stands twice in the columns of a table", ""),
        ('of = ["bench staff"]}', 'of = ["bank"]}', "no people are in 'bank'", "Valid: bench staff, job staff."),
        ('unit = "Meuro/(kpers*year)"', 'unit = "Meuro/kpers"',
         "'money' (Meuro/year) divided by 'total jobs' (kpers) is not in 'Meuro/kpers'", ""),
        ('"bench staff" = {', '"bench" = {nl = "x", en = "x"}\n"bensh" = {',
         "the label 'bensh' is of no element and no variable of 'model.mdl'", "Did you mean 'bench'?"),
        ('label = {nl = "banen", en = "jobs"}', 'label = {nl = "banen", en = "jobs"}\nshown = "share"',
         "'total jobs' is in 'kpers'; a share has no unit", ""),
        ('people_group = "grade"', 'people_group = "grades"', "'model.mdl' has no range 'grades'", "Did you mean 'grade'?"),
    ],
)  # fmt: skip
def test_a_card_that_does_not_fit_the_model_says_where_and_how_to_mend_it(tmp_path, old, new, message, hint):
    assert CARD.count(old) >= 1
    with pytest.raises(ModelError) as error:
        load_model(written(tmp_path, CARD.replace(old, new, 1)))
    lines = str(error.value).splitlines()
    assert lines[0] == message
    assert "model.toml:" in lines[1]
    assert not hint or lines[2].strip() == hint


def test_the_printed_account_adds_up_for_every_place_and_everybody(small):
    flows, runs = flows_of(small, scenario("base"), scenario("more", hiring=0.4))
    for table in account_tables(flows, runs.dataset(), small):
        assert [row[0] for row in table.rows] == ["bench", "job", "everybody"]
        for opening, came, left, closing in table.values:
            assert opening + came - left == pytest.approx(closing, rel=1e-12)
    assert table.header == ("more (persons)", "start of 2001", "came", "left", "start of 2002")
    first_year, runs = flows_of(small, Scenario("base", *TEXTS, {"FINAL TIME": Setting("FINAL TIME", 2001, "t", "t")}))
    assert account_tables(first_year, runs.dataset(), small)[0].rows[2][1:3] == ("45,000", "+2,050")


def test_two_places_with_one_label_lose_nobody(tmp_path):
    """The account was kept by label: of two places called `people` only the last one's people were counted."""
    card = CARD.replace('{nl = "bank", en = "bench"}\n"job', '{nl = "x", en = "people"}\n"job', 1)
    card = card.replace('{nl = "baan", en = "job"}\n', '{nl = "x", en = "people"}\n', 1)
    model = load_model(written(tmp_path, card))
    flows, runs = flows_of(model)
    (table,) = account_tables(flows, runs.dataset(), model)
    assert [row[0] for row in table.rows] == ["people (bench staff)", "people (job staff)", "everybody"]
    assert table.values[2][3] == pytest.approx(1000 * flows.levels[0, 2].sum())
    for opening, came, left, closing in table.values:
        assert opening + came - left == pytest.approx(closing, rel=1e-12)
    routes, _ = route_tables(flows, runs.dataset(), model)
    assert routes.rows[1][:2] == ("people (bench staff)", "people (job staff)")
    assert {row[2] for row in flow_data(flows, model, ["base"])[0].rows} == {
        "people (bench staff)", "people (job staff)", "outside the model",
    }  # fmt: skip


def test_a_place_called_as_outside_is_not_outside(tmp_path):
    model = load_model(
        written(
            tmp_path, CARD.replace('{nl = "bank", en = "bench"}\n"job', '{nl = "x", en = "outside the model"}\n"job')
        )
    )
    flows, runs = flows_of(model)
    (table,) = account_tables(flows, runs.dataset(), model)
    assert table.values[2][1] == pytest.approx(1750 + 300), "only the entries are from outside"


def test_part_of_a_year_is_not_passed_off_as_a_year(small):
    """A run to 2002.5 wrote the half year from 2002 as the year 2002."""
    flows, runs = flows_of(small)
    assert runs.dataset()["time"].values[-1] == 2002.5
    for table in flow_data(flows, small, ["base"]):
        assert {row[1] for row in table.rows} == {2000.0, 2001.0}
    assert (
        account_notes(flows)[-1] == "Not in flows.csv and flows_by_group.csv, which hold whole years: 2002 to 2002.5."
    )
    whole, _ = flows_of(small, Scenario("base", *TEXTS, {"FINAL TIME": Setting("FINAL TIME", 2002, "t", "t")}))
    assert len(account_notes(whole)) == 1


def test_noise_is_no_line_of_the_account(small):
    flows, runs = flows_of(small, scenario("base", hiring=0.0004))
    routes, _ = route_tables(flows, runs.dataset(), small)
    row = next(i for i, row in enumerate(routes.rows) if row[:2] == ("bench", "job"))
    assert 0 < routes.values[row][1] < 50 and routes.rows[row][2] == "<50"
    (table,) = account_tables(flows, runs.dataset(), small)
    assert table.rows[0][3] == "<50" and table.rows[1][2] == "<50"


def test_a_run_without_steps_is_not_blamed_on_the_time_step(small):
    with pytest.raises(SdsocecError, match="the run has no steps, it starts and ends in 2000"):
        flows_of(small, Scenario("base", *TEXTS, {"FINAL TIME": Setting("FINAL TIME", 2000, "t", "t")}))


def test_the_baseline_alone_has_no_table_of_costs_full_of_dashes(small):
    dataset = run_scenarios(small, [scenario("base")]).dataset()
    assert cost_table(dataset, small) == (None, [])
    assert cost_data(dataset, small) is None


def test_moves_between_groups_stand_apart_and_the_rows_say_who_went_where(small):
    flows, runs = flows_of(small)
    routes, groups = route_tables(flows, runs.dataset(), small, "nl")
    assert routes.header[:2] == ("van (personen)", "naar")
    assert [row[:2] for row in routes.rows] == [("buiten het model", "bank"), ("bank", "baan"), ("baan", "bank")]
    assert [row[0] for row in groups.rows] == ["hit[grade]", "omhoog"]


def test_the_data_by_group_add_up_to_the_data_by_place(small):
    flows, _ = flows_of(small, scenario("base"), scenario("more", hiring=0.4))
    by_place, by_group = flow_data(flows, small, ["base", "more"])
    assert by_group.header[3] == "grade from"
    for row in by_place.rows:
        parts = [r[7] for r in by_group.rows if (r[0], r[1], r[2], r[4]) == row[:4]]
        assert sum(parts) == pytest.approx(row[5], rel=1e-12)
    assert not np.isnan([r[7] for r in by_group.rows]).any()


def test_people_are_counted_by_place_and_group(small):
    dataset = run_scenarios(small, [scenario("base")]).dataset()
    (table,) = people_tables(dataset, small)
    assert table.header == ("base", "low", "high", "everybody")
    bench, job = (dataset[name].isel(scenario=0, time=-1).values * 1000 for name in ("bench staff", "job staff"))
    assert table.values[0] == pytest.approx([bench[:2].sum(), bench[2], bench.sum()])
    assert table.values[2] == pytest.approx([(bench + job)[:2].sum(), (bench + job)[2], (bench + job).sum()])
    assert table.values[3] == pytest.approx([job[:2].sum() / (bench + job)[:2].sum(), job[2] / (bench + job)[2],
                                             job.sum() / (bench + job).sum()])  # fmt: skip
    data = people_data(dataset, small)
    assert [row[5] for row in data.rows if row[1] == 2000.0] == pytest.approx([20_000, 10_000, 10_000, 5_000])


def test_a_price_of_an_effect_is_given_only_where_there_is_an_effect_that_costs(small):
    runs = [
        scenario("base"),
        scenario("more", hiring=0.4),
        scenario("few", hiring=0.201),
        scenario("less", hiring=0.1),
        scenario("free", hiring=0.4, fee=-1000.0),
    ]
    dataset = run_scenarios(small, runs).dataset()
    table, notes = cost_table(dataset, small)
    money, jobs = (dataset[name].isel(time=-1).values for name in ("money", "total jobs"))
    assert table.rows[-1][0] == "per job (euro per person)"
    assert table.values[-1][1] == pytest.approx(1000 * (money[1] - money[0]) / (jobs[1] - jobs[0]))
    assert table.rows[-1][2] == "+20,000"
    assert table.rows[-1][1] == "–" and table.rows[-1][3:] == ("– ¹", "– ²", "– ³")
    assert notes == ["¹ fewer than 500 jobs.", "² fewer jobs.", "³ cheaper."]
    data = cost_data(dataset, small, "nl")
    assert {row[5] for row in data.rows if row[0] == "less" and row[2] == "per baan"} == {
        "minder dan 500 banen", "minder banen",
    }  # fmt: skip
    table, notes = cost_table(run_scenarios(small, runs[1:]).dataset(), small)
    assert table is None
    assert notes == ["Costs against 'base' are not given, because that scenario was not run with these."]


def test_a_variable_of_yes_or_no_is_shown_so_and_a_unit_that_is_nothing_leaves_no_brackets(tmp_path):
    from sdsocec.report.tables import outcome_table

    card = CARD.replace(
        "[[people_flow]]",
        '[[outcome]]\nvariable = "is high"\nlabel = {nl = "hoog?", en = "high?"}\nshown = "yes/no"\n[[outcome]]\n'
        'variable = "index"\nlabel = {nl = "index", en = "index"}\n[units.dmnl]\nshown = {nl = "", en = ""}\n[[people_flow]]',
        1,
    )
    mdl = MDL.replace(
        "price = 20", "is high = IF THEN ELSE(Time > 2001, 1, 0) ~ dmnl ~~|\nindex = 1.5 ~ dmnl ~~|\nprice = 20"
    )
    model = load_model(written(tmp_path, card, mdl))
    table = outcome_table(run_scenarios(model, [scenario("base")]).dataset(), model, "nl")
    assert table.rows[1] == ("hoog?", "nee", "ja")
    assert table.rows[2][0] == "index"


def test_flows_are_refused_for_a_card_without_them(small):
    bare = dataclasses.replace(small, card=small.card.model_copy(update={"people_flows": ()}))
    runs = run_scenarios(small, [scenario("base")])
    with pytest.raises(SdsocecError, match="the card of 'small' lists no flows of people"):
        measure_flows(bare, runs.design, runs.run, ["base"])


def test_the_net_gain_is_the_change_of_every_element(small):
    flows, _ = flows_of(small)
    assert np.abs(net_gain(flows) - np.diff(flows.levels, axis=1)).max() <= 1e-12 * flows.levels.sum(axis=2).max()


def test_what_the_time_step_cannot_tell_from_nothing_has_no_price(small):
    runs = run_scenarios(small, [scenario("base"), scenario("more", hiring=0.4)])
    dataset = runs.dataset()
    n_times = dataset.sizes["time"]
    jobs = float(np.ptp(dataset["total jobs"].isel(time=-1).values))
    for size, cells, notes in (
        (1.01 * jobs, "\u2013 \u00b9", ["\u00b9 no difference that the time step can show."]),
        (0.99 * jobs, "+", []),
    ):
        table, told = cost_table(dataset, small, "en", {"total jobs": np.full((2, n_times), size)})
        assert table.rows[-1][2].startswith(cells)
        assert told == notes
    data = cost_data(dataset, small, "en", {"money": np.full((2, n_times), 1e9)})
    price = [row for row in data.rows if row[0] == "more" and row[2] == "per job"][-1]
    assert np.isnan(price[3]) and price[5] == "no difference that the time step can show"
