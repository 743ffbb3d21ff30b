"""The four scenarios: what the study says of each, read in 2020 unless a claim says otherwise."""

import numpy as np

from sdsocec import reality_check

from .shared import (
    EVERY_STEP,
    IDLE,
    PPS,
    PUB,
    RECESSION,
    REG,
    SO,
    STUDIED,
    STUDY,
    at,
    between,
)


def end(ds, name):
    return at(ds, name, 2020)


def times_baseline(run, scenario, name):
    """How many times its value in the baseline a variable has in a scenario."""
    return end(run(scenario=scenario), name) / end(run(), name)


def wsw_left(ds):
    """The part of the Wsw of 2010 that is left."""
    return end(ds, "wsw employed") / at(ds, "wsw employed", 2010)


@reality_check(
    "Sociaal ondernemen: social enterprise is a hype in 2020", source=f"{STUDY}, Sociaal ondernemen, first lines"
)
def so_is_a_hype(run):
    ds, name = run(scenario=SO), "social enterprise adoption"
    adopted = ds[name].values
    fastest = float(ds.time[int(np.diff(adopted).argmax())])
    good = adopted[-1] >= 0.5 and adopted[-1] >= 4 * run()[name].values[-1] and 2013 < fastest < 2020
    return good, f"adoption {adopted[-1]:.2f}, fastest growth in {fastest:.1f}: an S-curve"


@reality_check(
    "Sociaal ondernemen: it is campaigns and support that make the hype",
    source=f"{STUDY}, Sociaal ondernemen: campaigns aroused enthusiasm",
)
def so_needs_support(run):
    runs = (run(scenario=SO, set=values) for values in ({}, {"social enterprise support scenario": 0.1}))
    full, less = (end(ds, "social enterprise adoption") for ds in runs)
    return less <= 0.3 * full, f"adoption {less:.2f} instead of {full:.2f} with the support of 2010"


@reality_check(
    "Sociaal ondernemen: sheltered work is mostly in social enterprises",
    source=f"{STUDY}, introduction: sheltered places at private social firms",
)
def so_carries_sheltered_work(run):
    ds = run(scenario=SO)
    share = end(ds, "social enterprise employed") / end(ds, "sheltered work")
    grown = times_baseline(run, SO, "sheltered work")
    return share >= 0.6 and grown >= 1.05, f"{share:.0%} of sheltered work, which is {grown:.2f} times the baseline"


@reality_check(
    "Regulier: nothing of the quota before 2014, and at once after it", source=f"{STUDY}, Regulier: from 2014"
)
def reg_starts_in_2014(run):
    ds = run(scenario=REG, set=EVERY_STEP | {"pps investment scenario": 0})
    before, after = between(ds, 2000, 2014), between(ds, 2014.125, 2020)
    work, places = ds["supported employed"].values, ds["quota places"].values
    good = not work[before].any() and not places[before].any() and places[after].min() > 100 and work[after].min() > 1
    return good, f"0 up to 2014, {work[-1]:.0f} thousand in 2020"


@reality_check(
    "Regulier: the quota fills regular firms while the Wsw runs down",
    source=f"{STUDY}, Regulier: part of the regular economy; social employment abolished",
)
def reg_fills_regular_firms(run):
    ds = run(scenario=REG)
    supported, rest, idle = end(ds, "supported employed"), wsw_left(ds), times_baseline(run, REG, IDLE)
    good = 150 <= supported <= 350 and rest <= 0.1 and idle <= 0.85
    return good, f"{supported:.0f} thousand; Wsw {rest:.0%} of 2010; idle {idle:.2f} times the baseline"


@reality_check(
    "Regulier: part of the group stays behind", source=f"{STUDY}, Regulier: below 50 % falls outside the quota"
)
def reg_leaves_people_behind(run):
    ds, higher = run(scenario=REG), run(scenario=REG, set={"quota share scenario": 0.08})
    share = end(ds, IDLE) / end(ds, "target group")
    stuck = end(higher, "supported employed") / end(ds, "supported employed")
    good = share >= 0.5 and stuck <= 1.1
    return good, f"{share:.0%} has no work; a quota of 8 % places only {stuck:.2f} times as many"


@reality_check(
    "Regulier: in a recession the target group is first on the street",
    source=f"{STUDY}, Regulier: many are flexible workers",
)
def reg_first_on_the_street(run):
    calm, deep = run(scenario=REG), run(scenario=REG, set=RECESSION)
    years = between(calm, 2016, 2017.5)

    def extra(flow, stock):
        rates = [ds[flow].values[years] / ds[stock].values[years] for ds in (calm, deep)]
        return float(rates[1].mean() - rates[0].mean())

    supported = extra("end of supported work", "supported employed")
    ratio = supported / extra("separation from regular work", "regular employed")
    return ratio >= 1.5, f"extra loss of supported jobs is {ratio:.1f} times that of regular jobs"


@reality_check(
    "Publiek-privaat: supported work exists through municipal investment",
    source=f"{STUDY}, Publiek-privaat: active stimulus is needed",
)
def pps_needs_investment(run):
    with_it = end(run(scenario=PPS), "supported employed")
    without = run(scenario=PPS, set={"pps investment scenario": 0})["supported employed"].values
    return with_it >= 75 and not without.any(), f"{with_it:.0f} thousand, {without.max():.0f} without"


@reality_check(
    "Publiek-privaat: the Wsw becomes superfluous", source=f"{STUDY}, Publiek-privaat: SW firms became superfluous"
)
def pps_makes_wsw_superfluous(run):
    rest, idle = wsw_left(run(scenario=PPS)), times_baseline(run, PPS, IDLE)
    good = rest <= 0.15 and idle < 0.95
    return good, f"Wsw {rest:.0%} of 2010; target group without work {idle:.2f} times the baseline"


@reality_check(
    "Publiek-privaat: shortage on the labour market opens firms",
    source=f"{STUDY}, Publiek-privaat: shortage, also in low-skilled work",
)
def pps_grows_with_shortage(run):
    slack, tight = (at(run(scenario=PPS), "pps places", time) for time in (2014, 2019.5))
    good = tight >= 1.1 * slack
    return good, f"{slack:.0f} thousand places in the slack of 2014, {tight:.0f} in the shortage of 2019"


@reality_check(
    "Publiek: werkbedrijven provide almost 30 percent of employment", source=f"{STUDY}, Publiek: almost 30 percent"
)
def pub_reaches_almost_thirty(run):
    share = end(run(scenario=PUB), "wb employment share")
    return 0.28 <= share < 0.30, f"{share:.1%}"


@reality_check(
    "Publiek: only a small group still sits at home",
    source=f"{STUDY}, Publiek: enough work is the main cause, the duty a stick",
)
def pub_leaves_few_at_home(run):
    def idle(**levers):
        values = {f"{name.replace('_', ' ')} scenario": value for name, value in levers.items()}
        return end(run(scenario=PUB, set=values), IDLE)

    home, base = idle(), end(run(), IDLE)
    no_places, no_duty = idle(wb_expansion=0) - home, idle(obligation=0.2) - home
    good = home <= 0.15 * base and no_places > no_duty > 0
    return good, f"{home:.0f} thousand of {base:.0f}; +{no_places:.0f} without places, +{no_duty:.0f} without duty"


@reality_check(
    "Publiek: people come directly from regular work too",
    source=f"{STUDY}, Publiek: flow into the werkbedrijven, also of the low educated",
)
def pub_draws_on_regular_work(run):
    ds = run(scenario=PUB)
    years = between(ds, 2011, 2020)
    intake = {name: float(ds[name].values[years].mean()) for name in ("wb direct intake", "wb placement", "wsw to wb")}
    part, shrunk = intake["wb direct intake"] / sum(intake.values()), times_baseline(run, PUB, "regular employed")
    good = part >= 0.3 and shrunk <= 0.85
    return good, f"{part:.0%} of the intake; regular work {shrunk:.2f} times the baseline"


@reality_check("A programme that a scenario does not have stays empty", source=f"{STUDY}, table of the four scenarios")
def programmes_stay_apart(run):
    supported, municipal = (
        max(float(run(scenario=name)[work].max()) for name in STUDIED if name not in having)
        for work, having in (("supported employed", (REG, PPS)), ("werkbedrijf employed", (PUB,)))
    )
    return max(supported, municipal) == 0, f"supported {supported:g}, werkbedrijf {municipal:g}"
