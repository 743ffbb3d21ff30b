"""Work for the target group: the places of each programme, who fills them and who leaves, rule by rule; and the totals."""

import numpy as np

from sdsocec import reality_check

from .shared import EVERY_STEP, IDLE, PUB, STUDY, at, obeys, record

PLACED = (IDLE, "supported employed", "wsw employed", "social enterprise employed")  # whom the quota can reach


def willingness(v):
    """The part of employers that offers a place."""
    return v["base willingness"] + v["compensation willingness"] * v["compensation share"]


@reality_check(
    "Programmes fill what falls open and build the rest, if people can be found",
    source="rationing first order in the pool",
)
def placements_fill_places(run):
    time = run(set=EVERY_STEP).time.values
    wsw_places = np.interp(time, [2000, 2004, 2009, 2014, 2020], [97, 99, 102, 103.5, 103.5])

    def rules(v):
        def wanted(places, work, ending):
            return np.maximum(0, (places - work) / v["place adjust time"] + work * v["exit rate"] + ending)

        supported, wsw, social = v["supported employed"], v["wsw employed"], v["social enterprise employed"]
        social_places = v["social enterprise potential"] * v["social enterprise adoption"]
        ends = v["protected separation rate"]
        wishes = (
            wanted(v["quota places"] + v["pps places"], supported, v["end of supported work"]),
            wanted(wsw_places, wsw, wsw * ends) * v["wsw open"],
            wanted(social_places, social, social * ends),
        )
        return np.minimum(v["placement rate"] * v[IDLE], np.array(wishes))

    return obeys(run, ("supported placement", "wsw placement", "social enterprise placement"), rules)


@reality_check(
    "Protected work ends at one low rate, the Wsw also by winding up", source="wsw_persons 2016-2019; levers"
)
def protected_work_ends(run):
    def flows(v):
        return np.array(
            [v["end of social enterprise work"], v["end of wb work"], v["end of wsw work"] + v["wsw to wb"]]
        )

    def rules(v):
        ends = v["protected separation rate"]
        wsw = (ends + v["wsw phaseout"]) * v["wsw employed"]
        return np.array([ends * v["social enterprise employed"], ends * v["werkbedrijf employed"], wsw])

    return obeys(run, flows, rules)


@reality_check("A closed Wsw shrinks as it did after 2015", source="wsw_persons, 2016 and 2019: 91.45 to 77.7 thousand")
def closed_wsw_shrinks_as_observed(run):
    closed = {"wsw open scenario": 0, "wsw open from year": 2015, "wsw open full year": 2015}
    ds, observed = run(set=closed), record("wsw_persons")
    errors = [at(ds, "wsw employed", year + 1) / observed[year] - 1 for year in (2016, 2017, 2019)]
    return max(map(abs, errors)) <= 0.05, ", ".join(f"{error:+.1%}" for error in errors)


@reality_check(
    "Quota jobs: 5 % of employees, less who count already, as far as employers are willing and people fit",
    source=f"{STUDY}, Regulier",
)
def quota_places_follow_the_law(run):
    def places(v):
        employees = v["quota employer share"] * (v["regular employed"] + v["supported employed"])
        gap = employees * np.maximum(0, v["quota share"] - v["counted share"])
        return np.minimum(gap * willingness(v), v["quota reach"] * sum(v[name] for name in PLACED))

    return obeys(run, "quota places", places, scale=1)


@reality_check("Project places follow investment, willingness and shortage", source=f"{STUDY}, Publiek-privaat")
def pps_places_follow_investment(run):
    def places(v):
        tightness = v["vacancies"] / v["unemployed"]
        shortage = np.maximum(0, 1 + v["shortage gain"] * (tightness / tightness[0] - 1))
        return v["pps potential"] * v["pps investment"] * willingness(v) * shortage

    return obeys(run, "pps places", places, scale=1)


@reality_check(
    "Social enterprises spread by themselves and by example, and end at the rate of 2000", source="Bass (1969)"
)
def adoption_spreads_by_example(run):
    def rules(v):
        adopted = v["social enterprise adoption"]
        support = v["social enterprise support"] * (1 + v["compensation attraction"] * v["compensation share"])
        appeal = v["base attractiveness"] + v["support attraction"] * support
        growth = (v["innovation"] + v["imitation"] * adopted) * appeal * (1 - adopted)
        return np.array([growth, growth[0] / adopted[0] * adopted])

    return obeys(run, ("adoption growth", "adoption loss"), rules)


@reality_check(
    "Werkbedrijven take the Wsw first, then people without work, then people in regular work",
    source=f"{STUDY}, table and Publiek",
)
def werkbedrijven_take_in_order(run):
    flows = ("wsw to wb", "wb placement", "wb direct intake")

    def rules(v):
        work = v["werkbedrijf employed"]
        growth = (v["wb expansion"] * v["total work"] - work) / v["wb build time"]
        wanted = np.maximum(0, growth + work * (v["exit rate"] + v["protected separation rate"]))
        moved = np.minimum(v["wsw phaseout"] * v["wsw employed"], wanted)
        placed = np.minimum(v["placement rate"] * v[IDLE], wanted - moved)
        direct = np.minimum(v["max direct rate"] * v["regular employed"], wanted - moved - placed)
        return np.array([moved, placed, direct])

    same, text = obeys(run, flows, rules, scale=1)
    seen = [float(run(scenario=PUB)[name].max()) for name in flows]
    return same and min(seen) > 5, f"{text}; at most {seen[0]:.0f}, {seen[1]:.0f} and {seen[2]:.0f} thousand a year"


@reality_check("Totals are the sums of their parts", source="accounting")
def totals_add_up(run):
    def totals(v):
        return np.array([v["sheltered work"], v["total work"], v["people"], v["wb employment share"] * v["total work"]])

    def sums(v):
        sheltered = v["wsw employed"] + v["social enterprise employed"]
        work = v["regular employed"] + v["supported employed"] + v["werkbedrijf employed"] + sheltered
        return np.array([sheltered, work, work + v["unemployed"] + v[IDLE], v["werkbedrijf employed"]])

    return obeys(run, totals, sums)
