"""What the checks share: the study's scenarios, policy and groups, the runs that equations are read in, and the record."""

import csv
import tomllib
from functools import cache
from pathlib import Path

import numpy as np

HERE = Path(__file__).parents[1]  # the model's folder
STUDY = "Scenario study Sociale Economie in 2020 (2010)"
STERMAN = "Sterman (2000), ch. 21, extreme conditions"
BASE, SO, REG, PPS, PUB = "baseline", "sociaal-ondernemen", "regulier", "publiek-privaat", "publiek"
STUDIED = (BASE, SO, REG, PPS, PUB)  # claims are of these alone: a user's own scenario may set anything, at any time
STEP = 0.015625  # year, the model's time step
EVERY_STEP = {"SAVEPER": STEP}  # keep every step: flows x step is then exactly the change of a stock
YEARS = range(2003, 2020)  # the record that the model is compared with; 2020 is the corona year
IDLE = "target group without work"
PEOPLE = (
    "unemployed", IDLE, "regular employed", "supported employed",
    "wsw employed", "social enterprise employed", "werkbedrijf employed",
)  # fmt: skip
POLICY_OF_2010 = {
    "quota share": 0, "compensation share": 0.2, "wsw open": 1, "wsw phaseout": 0,
    "social enterprise support": 0.1, "pps investment": 0, "wb expansion": 0, "obligation": 0.2,
}  # fmt: skip
CROWDED = {  # every programme at once, on top of the scenario Publiek: more work is offered than the group can fill
    "quota share scenario": 0.08, "compensation share scenario": 1, "pps investment scenario": 1,
    "wsw open scenario": 1, "social enterprise support scenario": 1,
    "place adjust time": 0.8, "max direct rate": 0.05,
}  # fmt: skip
RECESSION = {"recession depth": 0.05, "recession start": 2016, "recession duration": 1.5}


@cache
def card():
    """What `model.toml` says."""
    return tomllib.loads((HERE / "model.toml").read_text(encoding="utf-8"))


@cache
def record(name):
    """An observed series: year -> value, in thousands."""
    with open(HERE / "data" / f"{name}.csv", encoding="utf-8", newline="") as file:
        return {int(row["year"]): float(row["value"]) for row in csv.DictReader(file)}


@cache
def employed_record():
    """Employed, 2000-2019: before 2003 chained back with the 12-hour series, as SOURCES.md tells."""
    weo, ilo, twelve = record("employed_imf_weo"), record("employed_ilostat"), record("employed_12hour_cbs")
    chained = {year: twelve[year] * weo[2003] / twelve[2003] for year in (2000, 2001, 2002)}
    return chained | {year: weo[year] for year in (2003, 2004)} | {year: ilo[year] for year in range(2005, 2020)}


# ---- how results are read -----------------------------------------------------------------------------------------


def at(ds, name, time):
    return float(np.interp(time, ds.time.values, ds[name].values))


def first(ds, name):
    return float(ds[name][0])


def between(ds, start, end):
    times = ds.time.values
    return (times > start - 1e-6) & (times < end + 1e-6)


def year_mean(ds, name, year):
    """Its integral over the year, trapezoids between saved times."""
    kept = between(ds, year, year + 1)
    return float(np.trapezoid(ds[name].values[kept], ds.time.values[kept]))


def off(left, right, scale=None):
    """Largest difference of two series, relative to the largest value of the second (or to `scale`)."""
    scale = np.abs(right).max() if scale is None else scale
    return float(np.abs(np.asarray(left) - np.asarray(right)).max() / max(float(scale), 1e-300))


def people_lost(ds):
    """Largest difference between the people and those at first, come and gone, as a part of those at first."""
    people = sum(ds[name].values for name in PEOPLE)
    return off(people - ds["cumulative entry"].values + ds["cumulative exit"].values, people[0])


def told(wrong):
    """What a reader is told of a list of faults."""
    return f"wrong: {', '.join(wrong) or 'none'}"


# ---- runs ---------------------------------------------------------------------------------------------------------


def lever_extremes(run):
    """Every lever at both ends of its range, alone in each scenario's company and all together."""
    for name in run.scenarios:
        for lever in run.levers:
            for end in run.ranges[f"{lever} scenario"]:
                yield run(scenario=name, set={f"{lever} scenario": end})
    for end in (0, 1):
        yield run(set={f"{lever} scenario": run.ranges[f"{lever} scenario"][end] for lever in run.levers})


def runs_to_read(run):
    """What the equations are read in, every step of it: the study's scenarios, calm and in a recession, and a crowded one."""
    for name in STUDIED:
        yield {}, run(scenario=name, set=EVERY_STEP)
        yield RECESSION, run(scenario=name, set=EVERY_STEP | RECESSION)
    yield CROWDED, run(scenario=PUB, set=EVERY_STEP | CROWDED)


def obeys(run, found, rule, scale=None):
    """Whether variables of the model are what a rule makes of a run's values (constants and series), in many runs.

    `found` is a name, names (the rule then gives a series each), or a function of the values as `rule` is.
    """
    names = [found] if isinstance(found, str) else found
    worst = 0.0
    for settings, ds in runs_to_read(run):
        v = run.constants | settings | {name: ds[name].values for name in ds.data_vars}
        left = found(v) if callable(found) else np.array([v[name] for name in names])
        worst = max(worst, off(left, rule(v), scale))
    return worst <= 1e-9, f"largest relative difference {worst:.1e}"
