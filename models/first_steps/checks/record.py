"""The record, 2000-2019: the baseline, year by year, against what was observed."""

import numpy as np

from sdsocec import reality_check

from .shared import STUDY, YEARS, at, employed_record, record, year_mean


def yearly(run, name, years=YEARS):
    return {year: year_mean(run(), name, year) for year in years}


def mape(simulated, observed):
    """Mean absolute error, as a part of what was observed, over the years of the first."""
    return float(np.mean([abs(value / observed[year] - 1) for year, value in simulated.items()]))


@reality_check("Unemployment follows the record within 12 %", source="unemployed_ilo_cbs, 2003-2019, yearly means")
def fit_unemployed(run):
    error = mape(yearly(run, "unemployed"), record("unemployed_ilo_cbs"))
    return error <= 0.12, f"mean absolute error {error:.1%}"


@reality_check(
    "In no year is unemployment off by more than 16 %",
    source="unemployed_derived_imf_weo 2000-2002, unemployed_ilo_cbs",
)
def fit_unemployed_every_year(run):
    observed = {year: record("unemployed_derived_imf_weo")[year] for year in (2000, 2001, 2002)}
    observed |= {year: record("unemployed_ilo_cbs")[year] for year in YEARS}
    errors = {year: value / observed[year] - 1 for year, value in yearly(run, "unemployed", observed).items()}
    worst = max(errors, key=lambda year: abs(errors[year]))
    return abs(errors[worst]) <= 0.16, f"{errors[worst]:+.1%} in {worst}"


@reality_check(
    "Employment follows the record within 1.5 %", source="employed_imf_weo 2003-2004, employed_ilostat 2005-2019"
)
def fit_employed(run):
    error = mape(yearly(run, "total work"), employed_record())
    return error <= 0.015, f"mean absolute error {error:.2%}"


@reality_check(
    "Wsw persons follow the record within 3 %", source="recorded_wsw_persons 2004 and 2014, wsw_persons 2013, year ends"
)
def fit_wsw(run):
    series = {2004: "recorded_wsw_persons", 2013: "wsw_persons", 2014: "recorded_wsw_persons"}
    errors = {year: at(run(), "wsw employed", year + 1) / record(name)[year] - 1 for year, name in series.items()}
    return max(map(abs, errors.values())) <= 0.03, ", ".join(f"{year} {error:+.1%}" for year, error in errors.items())


@reality_check("Vacancies have the shape of the record", source="vacancies_open_annual, 2003-2019")
def fit_vacancies(run):
    def quarter_ends(year):
        """The mean of the four quarter ends, as vacancies are counted."""
        return float(np.mean([at(run(), "vacancies", year + quarter / 4) for quarter in (1, 2, 3, 4)]))

    observed = record("vacancies_open_annual")
    simulated = {year: quarter_ends(year) for year in YEARS}
    alike = float(np.corrcoef([observed[year] for year in YEARS], list(simulated.values()))[0, 1])
    error = mape(simulated, observed)
    return alike >= 0.85 and error <= 0.3, f"correlation {alike:.2f}, mean absolute error {error:.0%}"


@reality_check(
    "The crisis from 2009 lasts several years",
    source=f"{STUDY}, Regulier; unemployed_ilo_cbs, 2008-2014: +342 thousand",
)
def crisis_lasts(run):
    jobless, recorded = yearly(run, "unemployed", range(2008, 2020)), record("unemployed_ilo_cbs")
    rise, observed = jobless[2014] - jobless[2008], recorded[2014] - recorded[2008]
    peak = max(jobless, key=jobless.get)
    good = abs(rise / observed - 1) <= 0.2 and peak in (2013, 2014)
    return good, f"{rise:+.0f} thousand ({observed:+.0f}), peak {peak}"
