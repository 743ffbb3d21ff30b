"""Entry, ageing and exit: who comes and who leaves, rule by rule."""

import numpy as np

from sdsocec import reality_check

from .shared import (
    EVERY_STEP,
    IDLE,
    PEOPLE,
    YEARS,
    at,
    between,
    employed_record,
    first,
    off,
    record,
    runs_to_read,
    year_mean,
)


@reality_check(
    "Who leaves for good is the exit rate times the people, in every group", source="assumption: one exit rate"
)
def exit_is_rate_times_stock(run):
    worst = 0.0
    for _, ds in runs_to_read(run):
        flows = {stock: ds[f"exit of {stock if stock != IDLE else 'target group'}"].values for stock in PEOPLE}
        for stock, flow in flows.items():
            worst = max(worst, off(flow, ds["exit rate"].values * ds[stock].values, 1))
        worst = max(worst, off(ds["total exit"].values, sum(flows.values())))
    return worst <= 1e-9, f"largest difference {worst:.1e}"


@reality_check(
    "Exit is 2.4 % in 2000 and rises as retirement does",
    source="assumption: a working life of some 42 years; ageing table",
)
def exit_rate_rises_with_ageing(run):
    def error(ds, speed):
        rise = np.interp(ds.time.values, [2000, 2006, 2010, 2015, 2020], [0, 0.08, 0.25, 0.45, 0.7])
        rate = run.constants["other exit rate"] + run.constants["retirement rate"] * (1 + speed * rise)
        return off(ds["exit rate"].values, rate)

    normal, faster = error(run(), 1), error(run(set={"ageing multiplier": 1.5}), 1.5)
    years = 1 / first(run(), "exit rate")
    good = max(normal, faster) <= 1e-9 and 41 <= years <= 43
    return good, f"{years:.1f} years in 2000; {normal:.0e}, {faster:.0e}"


@reality_check(
    "Young people with a limitation enter as the Wajong grew", source="wajong_inflow, 2003-2014; after that as in 2014"
)
def entry_with_limitation_is_the_record(run):
    ds, observed = run(set=EVERY_STEP), record("wajong_inflow")
    entry = ds["entry with limitation"].values
    worst = max(abs(at(ds, "entry with limitation", year + 0.5) / observed[year] - 1) for year in range(2003, 2015))
    late = off(entry[between(ds, 2014.5, 2020)], observed[2014])
    early = off(entry[between(ds, 2000, 2003.5)], observed[2003])
    total = off(ds["entry to search"].values + entry, ds["total entry"].values)
    return max(worst, late, early, total) <= 1e-9, f"record {worst:.0e}, before and after {max(early, late):.0e}"


@reality_check(
    "Entry makes people grow as the labour force did", source="employed series and unemployed_ilo_cbs, 2003-2019"
)
def entry_follows_the_labour_force(run):
    ds, jobless, employed = run(), record("unemployed_ilo_cbs"), employed_record()
    force = {year: year_mean(ds, "total work", year) + year_mean(ds, "unemployed", year) for year in YEARS}
    worst = max(abs(force[year] / (employed[year] + jobless[year]) - 1) for year in YEARS)
    return worst <= 0.025, f"labour force within {worst:.2%} in every year"
