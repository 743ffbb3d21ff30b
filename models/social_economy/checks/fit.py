"""H1-H8: the record, 2003-2014 (fit of the baseline) and 2015-2019 (policy as it was)."""

import csv
from functools import cache

import numpy as np

from sdsocec import reality_check

from .shared import BASE, HERE, REALISED, STUDY, at, years


@cache
def record(name, first=2003, last=2019):
    """An observed series: year -> value."""
    with open(HERE / "data" / f"{name}.csv", encoding="utf-8", newline="") as file:
        return {int(r["year"]): float(r["value"]) for r in csv.DictReader(file) if first <= int(r["year"]) <= last}


def year_mean(array, year):
    """Its integral over the year, trapezoids between saved times."""
    return float(years(array, year, year + 1).integrate("time"))


def quarter_ends(array, year):
    """The mean of the four quarter ends, as vacancies are counted."""
    return mean_of(at(array, year + quarter / 4) for quarter in (1, 2, 3, 4))


def year_end(array, year):
    return at(array, year + 1)


def errors(array, observed, value_of):
    """Relative error of each observed year."""
    return {year: abs(value_of(array, year) / value - 1) for year, value in observed.items()}


def mean_of(values):
    return float(np.mean(list(values)))


def off_on_average(array, name, years_seen, value_of=year_mean):
    """Mean absolute percentage error against a series."""
    return mean_of(errors(array, record(name, *years_seen), value_of).values())


@reality_check("H1: unemployed follow the record, 2003-2014", source="unemployed_ilo_cbs.csv")
def h01_unemployed(run):
    error = off_on_average(run(scenario=BASE)["unemployed"], "unemployed_ilo_cbs", (2003, 2014))
    return error <= 0.12, f"mean error {error:.1%}"


@reality_check(
    "H2: employed and labour force follow the record, 2003-2014", source="employed_imf_weo.csv, employed_ilostat.csv"
)
def h02_employed_and_labour_force(run):
    base = run(scenario=BASE)
    employed = record("employed_imf_weo", 2003, 2004) | record("employed_ilostat", 2005, 2014)
    force = {year: value + record("unemployed_ilo_cbs")[year] for year, value in employed.items()}
    work_error = mean_of(errors(base["total work"], employed, year_mean).values())
    force_error = mean_of(errors(base["labour force"], force, year_mean).values())
    return max(
        work_error, force_error
    ) <= 0.01, f"mean error: employed {work_error:.2%}, labour force {force_error:.2%}"


def long_term_error(ds, first, last):
    seen = record("long_term_unemployment_share", first, last)
    return mean_of(abs(year_mean(ds["long term share"], year) - value / 100) for year, value in seen.items())


@reality_check("H3: the long-term share follows the record, 2003-2014", source="long_term_unemployment_share.csv")
def h03_long_term_share(run):
    error = long_term_error(run(scenario=BASE), 2003, 2014)
    return error <= 0.06, f"mean error {error:.4f}"


@reality_check(
    "H4: the Wsw follows the record, also after its closure", source="recorded_wsw_persons.csv, wsw_persons.csv; C70"
)
def h04_wsw(run):
    seen = record("wsw_persons") | record("recorded_wsw_persons")
    before, after = (
        mean_of(
            errors(run(scenario=name)["work total"].sel(channel="sw"), {y: seen[y] for y in some}, year_end).values()
        )
        for name, some in ((BASE, (2004, 2014)), (REALISED, (2015, 2016, 2017, 2019)))
    )
    return before <= 0.03 and after <= 0.05, f"mean error {before:.1%} before, {after:.1%} after"


@reality_check("H5: bijstand follows the record, December 2007-2014", source="bijstand_persons_dec.csv")
def h05_bijstand(run):
    error = off_on_average(run(scenario=BASE)["bijstand"], "bijstand_persons_dec", (2007, 2014), year_end)
    return error <= 0.08, f"mean error {error:.1%}"


@reality_check("H6: the Wajong follows the record, 2003-2014", source="wajong_stock.csv")
def h06_wajong(run):
    error = off_on_average(run(scenario=BASE)["wajong recipients"], "wajong_stock", (2003, 2014), year_end)
    return error <= 0.06, f"mean error {error:.1%}"


@reality_check("H7: the crisis from 2009 lasts several years", source=f"{STUDY}, C67, C68; vacancies_open_annual.csv")
def h07_crisis(run):
    base = run(scenario=BASE)
    unemployed = {y: year_mean(base["unemployed"], y) for y in range(2003, 2020)}
    seen = record("unemployed_ilo_cbs")
    rise, expected = unemployed[2014] - unemployed[2008], seen[2014] - seen[2008]
    peak = max(unemployed, key=unemployed.get)
    vacancies = record("vacancies_open_annual", 2003, 2014)
    open_jobs = {y: quarter_ends(base["vacancies"], y) for y in vacancies}
    fall = open_jobs[2009] / open_jobs[2008]
    correlation = float(np.corrcoef(list(open_jobs.values()), list(vacancies.values()))[0, 1])
    holds = abs(rise / expected - 1) <= 0.2 and peak in (2013, 2014) and fall <= 0.65 and correlation >= 0.8
    return (
        holds,
        f"rise {rise:+.0f} v {expected:+.0f}; peak {peak}; vacancies {fall:.2f}, correlation {correlation:.2f}",
    )


@reality_check(
    "H8a: unemployed, 2015-2019 (demand and entry are data: a conditional fit)", source="unemployed_ilo_cbs.csv"
)
def h08a_unemployed(run):
    error = off_on_average(run(scenario=REALISED)["unemployed"], "unemployed_ilo_cbs", (2015, 2019))
    return error <= 0.15, f"mean error {error:.1%}"


@reality_check("H8b: long-term share, 2015-2019", source="long_term_unemployment_share.csv", kind="soft")
def h08b_long_term_share(run):
    error = long_term_error(run(scenario=REALISED), 2015, 2019)
    return error <= 0.06, f"mean error {error:.4f}"


@reality_check("H8c: vacancies, 2015-2019", source="vacancies_open_annual.csv", kind="soft")
def h08c_vacancies(run):
    error = off_on_average(run(scenario=REALISED)["vacancies"], "vacancies_open_annual", (2015, 2019), quarter_ends)
    return error <= 0.25, f"mean error {error:.1%}: one matching function cannot give both 2003-2014 and the boom"


@reality_check("H8d: bijstand, 2015-2019", source="bijstand_persons_dec.csv", kind="soft")
def h08d_bijstand(run):
    error = off_on_average(run(scenario=REALISED)["bijstand"], "bijstand_persons_dec", (2015, 2019), year_end)
    return error <= 0.10, f"mean error {error:.1%}: laws on Wajong, pension age and asylum are outside the model"


@reality_check("H8e: extra jobs of the banenafspraak, 2017-2019", source="banenafspraak_extra_jobs.csv", kind="soft")
def h08e_extra_jobs(run):
    ds = run(scenario=REALISED)
    extra = ds["work total"].sel(channel="quota") + ds["counted others"] - at(ds["counted others"], 2013)
    seen = record("banenafspraak_extra_jobs")
    error = mean_of(errors(extra, seen, year_end).values())
    return error <= 0.35, f"mean error {error:.1%} ({', '.join(f'{year_end(extra, y):.1f}' for y in seen)})"
