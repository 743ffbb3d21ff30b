"""The laws that any such model keeps: people and flows add up, extremes stay sound, the start rests, steps are small enough."""

import numpy as np

from sdsocec import reality_check

from .shared import (
    BASE,
    PEOPLE,
    RECESSION,
    STEP,
    STERMAN,
    STUDIED,
    STUDY,
    at,
    between,
    card,
    lever_extremes,
    off,
    people_lost,
    runs_to_read,
)


def extremes_and_recessions(run):
    return [*lever_extremes(run), *(run(scenario=name, set=RECESSION) for name in run.scenarios)]


@reality_check("People are neither created nor lost", source="Sterman (2000), Business Dynamics, ch. 21")
def people_are_conserved(run):
    worst = max(people_lost(run(scenario=name)) for name in run.scenarios)
    return worst <= 1e-12, f"largest relative change {worst:.1e}"


@reality_check("The flows of the card make the change of every people stock", source="accounting of people")
def card_flows_make_the_stocks(run):
    worst = 0.0
    for _, ds in runs_to_read(run):
        for stock in PEOPLE:
            net = sum(ds[flow["variable"]].values for flow in card()["people_flow"] if flow["to"] == stock)
            net = net - sum(ds[flow["variable"]].values for flow in card()["people_flow"] if flow["from"] == stock)
            worst = max(worst, off(np.diff(ds[stock].values), STEP * net[:-1], ds["people"].values[0]))
    return worst <= 1e-12, f"largest difference {worst:.1e} of all people"


@reality_check("Vacancies, adoption and the two counters follow their flows", source="accounting")
def other_stocks_follow_their_flows(run):
    worst = 0.0
    for _, ds in runs_to_read(run):
        for stock, inflow, outflow in (
            ("vacancies", "vacancy creation", "vacancy filling"),
            ("social enterprise adoption", "adoption growth", "adoption loss"),
            ("cumulative entry", "total entry", None),
            ("cumulative exit", "total exit", None),
        ):
            net = ds[inflow].values - (ds[outflow].values if outflow else 0)
            worst = max(worst, off(np.diff(ds[stock].values), STEP * net[:-1], max(1, ds[stock].values.max())))
    return worst <= 1e-12, f"largest difference {worst:.1e}"


@reality_check("No stock and no flow of people is ever negative", source=STERMAN)
def nothing_is_negative(run):
    flows = {flow["variable"] for flow in card()["people_flow"]}
    names = [*run.stocks, *flows, "vacancy creation", "adoption growth", "adoption loss"]
    runs = extremes_and_recessions(run)
    lowest = min(float(ds[name].min()) for ds in runs for name in names)
    return lowest >= 0, f"lowest value {lowest:.3g} in {len(runs)} runs"


@reality_check("Lever extremes stay finite and keep people", source=STERMAN)
def lever_extremes_are_sound(run):
    lost = []
    for ds in lever_extremes(run):
        if not all(np.isfinite(ds[name].values).all() for name in ds.data_vars):
            return False, "a value is not finite"
        lost.append(people_lost(ds))
    return max(lost) <= 1e-12, f"{len(lost)} runs, people change by {max(lost):.1e}"


@reality_check("Shares stay shares", source="extreme conditions: shares lie within 0 and 1")
def shares_stay_shares(run):
    names = ("social enterprise adoption", "wb employment share", "employer willingness", "recession")
    values = np.concatenate([ds[name].values for ds in extremes_and_recessions(run) for name in names])
    return bool(values.min() >= 0 and values.max() <= 1), f"from {values.min():.3g} to {values.max():.3g}"


@reality_check("Frozen, the model rests in the state of 2000", source="Sterman (2000), ch. 21, equilibrium")
def frozen_is_an_equilibrium(run):
    worst = 0.0
    for name in STUDIED:
        ds = run(scenario=name, set={"switch frozen": 1} | RECESSION)
        for stock in run.stocks:
            values = ds[stock].values
            if not stock.startswith("cumulative"):
                worst = max(worst, float(np.abs(values - values[0]).max() / max(values[0], 1e-6)) / 20)
    return worst <= 1e-6, f"largest drift {worst:.1e} a year, whatever the levers and the recession"


@reality_check(
    "Also with other uncertain inputs the start is an equilibrium", source="rates follow from the balance of 2000"
)
def every_draw_starts_in_balance(run):
    worst = 0.0
    for name in ("incentive response", "ageing multiplier", "matching elasticity", "imitation", "labour shift"):
        for value in run.ranges[name]:
            ds = run(set={"switch frozen": 1, name: value})
            for stock in (*PEOPLE, "vacancies", "social enterprise adoption"):
                worst = max(worst, off(ds[stock].values, ds[stock].values[0], max(1e-6, ds[stock].values[0])))
    return worst <= 1e-6, f"largest drift {worst:.1e} in 20 years"


@reality_check("Half the time step changes at most 2 %", source="Sterman (2000), appendix A, integration error")
def half_the_step(run):
    worst, where = 0.0, ""
    for name in STUDIED:
        coarse, fine = run(scenario=name), run(scenario=name, set={"TIME STEP": STEP / 2})
        for stock in (*PEOPLE, "vacancies"):
            for time in (2007, 2010, 2014, 2017, 2020):
                error = abs(at(coarse, stock, time) - at(fine, stock, time)) / max(at(fine, stock, time), 1)
                if error > worst:
                    worst, where = error, f"{stock}, {name}, {time}"
    return worst <= 0.02, f"{worst:.2%} ({where})"


@reality_check("All scenarios share one history up to 2010.5", source=f"{STUDY}, introduction: trends of today")
def one_history(run):
    runs = {name: run(scenario=name) for name in STUDIED}
    base = runs[BASE]
    early = between(base, 2000, 2010.5)
    apart = [
        (name, variable)
        for name, ds in runs.items()
        for variable in ds.data_vars
        if variable not in run.constants
        and not np.array_equal(ds[variable].values[early], base[variable].values[early])
    ]
    late = max(abs(at(ds, "unemployed", 2012) - at(base, "unemployed", 2012)) for ds in runs.values())
    return not apart and late > 1, f"{len(apart)} variables apart before; {late:.0f} thousand unemployed apart at 2012"
