"""The labour market: demand, vacancies, hiring, layoffs, and the way to the target group and back, rule by rule."""

import numpy as np

from sdsocec import reality_check

from .shared import (
    EVERY_STEP,
    IDLE,
    POLICY_OF_2010,
    RECESSION,
    STUDIED,
    STUDY,
    at,
    employed_record,
    first,
    obeys,
    off,
    record,
)


@reality_check(
    "Labour demand is the regular jobs of the record, filled and open",
    source="employed series, vacancies_open_annual, 2000-2019",
)
def demand_is_the_record(run):
    ds, employed, vacancies = run(set=EVERY_STEP), employed_record(), record("vacancies_open_annual")

    def error(year):
        jobs = employed[year] + vacancies[year] - at(ds, "sheltered work", year + 0.5)
        return at(ds, "labour demand", year + 0.5) / jobs - 1

    worst = max(abs(error(year)) for year in range(2000, 2020))
    start = first(ds, "labour demand") / float(ds["regular employed"][0] + ds["vacancies"][0]) - 1
    return worst <= 5e-4 and abs(start) <= 1e-12, f"within {worst:.3%}, at the start {start:.0e}"


@reality_check(
    "A recession takes its part of labour demand, and only while it lasts",
    source=f"{STUDY}, Regulier: the fear of a recession",
)
def recession_takes_its_part(run):
    calm, deep = run(), run(set=RECESSION)
    ratio = deep["labour demand"].values / calm["labour demand"].values
    time = calm.time.values
    inside = (time > 2016 + 1e-6) & (time < 2017.5 - 1e-6)
    outside = (time < 2016 - 1e-6) | (time > 2017.5 + 1e-6)
    good = off(ratio[inside], 0.95) <= 1e-9 and off(ratio[outside], 1) <= 1e-12
    return good, f"demand {ratio[inside].mean():.3f} inside, {ratio[outside].mean():.3f} outside"


@reality_check(
    "Programmes take regular jobs over, one by one in fixed proportion",
    source=f"{STUDY}, Publiek: outsourced work; assumption",
)
def programmes_displace_regular_jobs(run):
    def error(ds):
        taken = run()["labour demand"].values - ds["labour demand"].values
        municipal, supported = ds["werkbedrijf employed"].values, ds["supported employed"].values
        return off(
            taken, run.constants["labour shift"] * municipal + run.constants["job carving"] * supported, scale=100
        )

    worst = max(error(run(scenario=name)) for name in STUDIED)
    return worst <= 1e-9, f"largest difference {worst:.1e}"


@reality_check(
    "Vacancies replace who goes and close the gap in the time that employers take",
    source="Sterman (2000), ch. 19, labour and hiring",
)
def vacancies_replace_and_close_the_gap(run):
    def created(v):
        gap = v["labour demand"] - v["regular employed"] - v["vacancies"]
        leaving = v["regular employed"] * (v["base separation rate"] + v["exit rate"]) + v["onset of limitation"]
        return np.maximum(0, leaving + gap / v["demand adjust time"])

    same, text = obeys(run, "vacancy creation", created)
    filled, _ = obeys(run, "vacancy filling", lambda v: v["hiring to regular work"])
    return same and filled, text


@reality_check(
    "Hiring follows the matching function, and never faster than vacancies can be filled",
    source="Petrongolo and Pissarides (2001)",
)
def hiring_matches(run):
    def hired(v):
        tightness = v["vacancies"] / v["unemployed"]
        finding = v["job finding rate"][0] * (tightness / tightness[0]) ** v["matching elasticity"]
        fastest = v["fastest rate"]
        return np.minimum(v["unemployed"] * np.minimum(fastest, finding), fastest * v["vacancies"])

    same, text = obeys(run, "hiring to regular work", hired)
    hires = first(run(), "hiring to regular work")
    leave = ("separation from regular work", "onset of limitation", "exit of regular employed")
    gone = sum(first(run(), name) for name in leave)
    return same and abs(hires / gone - 1) <= 1e-12, f"{text}; in 2000 hired {hires:.0f}, gone {gone:.0f} thousand"


@reality_check(
    "Hires are most, not all, of the vacancies filled",
    source="vacancies_filled_annual, 2000: 997 thousand, of which some go from job to job",
)
def hires_and_filled_vacancies(run):
    ratio = first(run(), "hiring to regular work") / record("vacancies_filled_annual")[2000]
    return 0.75 <= ratio <= 0.95, f"{ratio:.2f} of the vacancies filled in 2000"


@reality_check(
    "Layoffs rise when employers have more positions than they want",
    source="ww_inflow rose by three quarters in 2008-2009; assumption: 15 % per percent",
)
def layoffs_follow_excess(run):
    def pressure(v):
        excess = np.maximum(0, v["regular employed"] + v["vacancies"] - v["labour demand"]) / v["labour demand"]
        return v["layoff sensitivity"] * excess

    def regular_ends(v):
        return v["regular employed"] * np.minimum(v["fastest rate"], v["base separation rate"] * (1 + pressure(v)))

    def supported_ends(v):
        rate = v["supported separation rate"] * (1 + v["flex multiplier"] * pressure(v))
        return v["supported employed"] * np.minimum(v["fastest rate"], rate)

    regular, text = obeys(run, "separation from regular work", regular_ends)
    supported, _ = obeys(run, "end of supported work", supported_ends, scale=1)
    most = float(run(set=RECESSION)["layoff pressure"].max())
    return regular and supported and most > 0.3, f"{text}; at most {most:.0%} extra in a recession of 5 %"


@reality_check(
    "A limitation, withdrawal and return move people between searching and standing aside",
    source="balance of the target group in 2000; wajong_inflow, 2003",
)
def withdrawal_onset_and_return(run):
    def return_rate(v, duty):
        return v["base return rate"] + v["activation strength"] * v["incentive response"] * duty

    def rules(v):
        onset = v["onset rate"] * v["regular employed"]
        exits = v["exit of target group"][0] + v["exit of wsw employed"][0] + v["exit of social enterprise employed"][0]
        back = return_rate(v, POLICY_OF_2010["obligation"]) * v[f"initial {IDLE}"]
        withdrawal_of_2000 = exits + back - record("wajong_inflow")[2003] - onset[0]
        withdrawal = withdrawal_of_2000 / v["initial unemployed"] * v["unemployed"]
        return np.array([onset, return_rate(v, v["obligation"]) * v[IDLE], withdrawal])

    return obeys(run, ("onset of limitation", "return to search", "withdrawal"), rules)


@reality_check("In 2000 the target group gains as many as it loses", source="balance of the target group in 2000")
def target_group_balances(run):
    ds = run(set={"switch frozen": 1})
    gains = (
        "entry with limitation", "withdrawal", "onset of limitation",
        "end of wsw work", "end of social enterprise work",
    )  # fmt: skip
    losses = ("exit of target group", "return to search", "wsw placement", "social enterprise placement")
    gain, loss = (sum(first(ds, name) for name in names) for names in (gains, losses))
    return abs(gain / loss - 1) <= 1e-12, f"{gain:.3f} in, {loss:.3f} out, thousand a year"
