"""Reality checks of the small model: laws, equations, the record, reactions, and what makes each scenario itself.

A check states one claim and looks for it in runs of the model. Those under "the equations" read the exact form of a
rule (for instance: everybody who leaves is exit rate x people), so they name the place when a rule is broken.
"""

import csv
import tomllib
from functools import cache
from pathlib import Path

import numpy as np

from sdsocec import reality_check

HERE = Path(__file__).parent
STUDY = "Scenario study Sociale Economie in 2020 (2010)"
STEP = 0.015625  # year, the model's time step
EVERY_STEP = {"SAVEPER": STEP}  # keep every step: flows x step is then exactly the change of a stock
YEARS = range(2003, 2020)  # the record that the model is compared with; 2020 is the corona year
PEOPLE = (
    "unemployed", "target group without work", "regular employed", "supported employed",
    "wsw employed", "social enterprise employed", "werkbedrijf employed",
)  # fmt: skip
PLACEMENTS = ("supported placement", "wsw placement", "social enterprise placement", "wb placement")
SWITCHES = {  # switch -> the scenario and the variable where its loop shows
    "switch clearing": ("baseline", "unemployed"),
    "switch layoff": ("publiek", "unemployed"),
    "switch shortage": ("publiek-privaat", "supported employed"),
    "switch imitation": ("sociaal-ondernemen", "social enterprise employed"),
    "switch shift": ("publiek", "vacancies"),
    "switch direct": ("publiek", "werkbedrijf employed"),
}
POLICY_OF_2010 = {
    "quota share": 0, "compensation share": 0.2, "wsw open": 1, "wsw phaseout": 0,
    "social enterprise support": 0.1, "pps investment": 0, "wb expansion": 0, "obligation": 0.2,
}  # fmt: skip
SCENARIO_VALUES = {  # what each scenario moves, from the study and the table of assumptions in the README
    "sociaal-ondernemen": {
        "compensation share": 0.9, "wsw open": 0, "wsw phaseout": 0.05, "social enterprise support": 1,
    },
    "regulier": {
        "quota share": 0.05, "compensation share": 1, "wsw open": 0, "wsw phaseout": 0.3,
        "pps investment": 0.05, "obligation": 0.3,
    },
    "publiek-privaat": {
        "compensation share": 0.85, "wsw open": 0, "wsw phaseout": 0.25, "social enterprise support": 0.2,
        "pps investment": 1, "obligation": 0.3,
    },
    "publiek": {
        "compensation share": 0, "wsw open": 0, "wsw phaseout": 0.6, "social enterprise support": 0,
        "wb expansion": 0.3, "obligation": 0.9,
    },
}  # fmt: skip
# What is claimed of these alone: a user's own scenario may set anything, at any time.
STUDIED = ("baseline", *SCENARIO_VALUES)
CROWDED = {  # every programme at once, on top of the scenario Publiek: more work is offered than the group can fill
    "quota share scenario": 0.08, "compensation share scenario": 1, "pps investment scenario": 1,
    "wsw open scenario": 1, "social enterprise support scenario": 1,
    "place adjust time": 0.8, "max direct rate": 0.05,
}  # fmt: skip
RECESSION = {"recession depth": 0.05, "recession start": 2016, "recession duration": 1.5}


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


def year_mean(ds, name, year):
    """Its integral over the year, trapezoids between saved times."""
    kept = between(ds, year, year + 1)
    return float(np.trapezoid(ds[name].values[kept], ds.time.values[kept]))


def quarter_ends(ds, name, year):
    """The mean of the four quarter ends, as vacancies are counted."""
    return float(np.mean([at(ds, name, year + quarter / 4) for quarter in (1, 2, 3, 4)]))


def at(ds, name, time):
    return float(np.interp(time, ds.time.values, ds[name].values))


def between(ds, start, end):
    times = ds.time.values
    return (times > start - 1e-6) & (times < end + 1e-6)


def off(left, right, scale=None):
    """Largest difference of two series, relative to the largest value of the second (or to `scale`)."""
    scale = np.abs(right).max() if scale is None else scale
    return float(np.abs(np.asarray(left) - np.asarray(right)).max() / max(float(scale), 1e-300))


def mape(simulated, observed):
    return float(np.mean([abs(simulated[year] / observed[year] - 1) for year in observed]))


def all_scenarios(run, names=None, **options):
    return {name: run(scenario=name, **options) for name in names or run.scenarios}


def runs_to_read(run):
    """What the equations are read in, every step of it: the study's scenarios, calm and in a recession, and a crowded one."""
    for name in STUDIED:
        yield {}, run(scenario=name, set=EVERY_STEP)
        yield RECESSION, run(scenario=name, set=EVERY_STEP | RECESSION)
    yield CROWDED, run(scenario="publiek", set=EVERY_STEP | CROWDED)


def holds(run, left, right, scale=None, tolerance=1e-9):
    """An equation of the model, read in many runs: `left` = `right` of the values (constants and series) of a run."""
    worst = 0.0
    for settings, ds in runs_to_read(run):
        values = run.constants | settings | {name: ds[name].values for name in ds.data_vars}
        worst = max(worst, off(left(values), right(values), scale))
    return worst <= tolerance, f"largest relative difference {worst:.1e}"


def lever_extremes(run):
    """Every lever at both ends of its range, alone in each scenario's company and all together."""
    for name in run.scenarios:
        for lever in run.levers:
            for end in run.ranges[f"{lever} scenario"]:
                yield run(scenario=name, set={f"{lever} scenario": end})
    for end in (0, 1):
        yield run(set={f"{lever} scenario": run.ranges[f"{lever} scenario"][end] for lever in run.levers})


# ---- laws --------------------------------------------------------------------------------------------------------


@reality_check("People are neither created nor lost", source="Sterman (2000), Business Dynamics, ch. 21")
def people_are_conserved(run):
    worst = 0.0
    for ds in all_scenarios(run).values():
        people = sum(ds[name].values for name in PEOPLE)
        worst = max(worst, off(people - ds["cumulative entry"].values + ds["cumulative exit"].values, people[0]))
    return worst <= 1e-12, f"largest relative change {worst:.1e}"


@reality_check("The flows of the card make the change of every people stock", source="accounting of people")
def card_flows_make_the_stocks(run):
    card = tomllib.loads((HERE / "model.toml").read_text(encoding="utf-8"))
    worst = 0.0
    for _, ds in runs_to_read(run):
        for stock in PEOPLE:
            net = sum(ds[flow["variable"]].values for flow in card["people_flow"] if flow["to"] == stock)
            net = net - sum(ds[flow["variable"]].values for flow in card["people_flow"] if flow["from"] == stock)
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


@reality_check("No stock and no flow of people is ever negative", source="Sterman (2000), ch. 21, extreme conditions")
def nothing_is_negative(run):
    flows = {flow["variable"] for flow in tomllib.loads((HERE / "model.toml").read_text("utf-8"))["people_flow"]}
    names = [*run.stocks, *flows, "vacancy creation", "adoption growth", "adoption loss"]
    runs = [*lever_extremes(run), *all_scenarios(run, set=RECESSION).values()]
    lowest = min(float(ds[name].min()) for ds in runs for name in names)
    return lowest >= 0, f"lowest value {lowest:.3g} in {len(runs)} runs"


@reality_check("Lever extremes stay finite and keep people", source="Sterman (2000), ch. 21, extreme conditions")
def lever_extremes_are_sound(run):
    worst, n_runs = 0.0, 0
    for ds in lever_extremes(run):
        if not all(np.isfinite(ds[name].values).all() for name in ds.data_vars):
            return False, "a value is not finite"
        people = sum(ds[name].values for name in PEOPLE)
        worst = max(worst, off(people - ds["cumulative entry"].values + ds["cumulative exit"].values, people[0]))
        n_runs += 1
    return worst <= 1e-12, f"{n_runs} runs, people change by {worst:.1e}"


@reality_check("Shares stay shares", source="extreme conditions: shares lie within 0 and 1")
def shares_stay_shares(run):
    names = ("social enterprise adoption", "wb employment share", "employer willingness", "recession")
    runs = [*lever_extremes(run), *all_scenarios(run, set=RECESSION).values()]
    values = np.concatenate([ds[name].values for ds in runs for name in names])
    return bool(values.min() >= 0 and values.max() <= 1), f"from {values.min():.3g} to {values.max():.3g}"


@reality_check("Frozen, the model rests in the state of 2000", source="Sterman (2000), ch. 21, equilibrium")
def frozen_is_an_equilibrium(run):
    worst = 0.0
    for ds in all_scenarios(run, STUDIED, set={"switch frozen": 1} | RECESSION).values():
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
    runs = all_scenarios(run, STUDIED)
    early = between(runs["baseline"], 2000, 2010.5)
    apart = [
        (name, variable)
        for name, ds in runs.items()
        for variable in ds.data_vars
        if variable not in run.constants
        and not np.array_equal(ds[variable].values[early], runs["baseline"][variable].values[early])
    ]
    late = max(abs(at(ds, "unemployed", 2012) - at(runs["baseline"], "unemployed", 2012)) for ds in runs.values())
    return not apart and late > 1, f"{len(apart)} variables apart before; {late:.0f} thousand unemployed apart at 2012"


# ---- levers and constants -----------------------------------------------------------------------------------------


@reality_check("Every constant lies within its documented range", source="ranges in the .mdl, with their reasons")
def constants_within_ranges(run):
    outside = [
        f"{name} = {value:g}"
        for name, value in run.constants.items()
        if not run.ranges[name][0] <= value <= run.ranges[name][1]
    ]
    return not outside, ", ".join(outside) or f"{len(run.constants)} constants"


@reality_check("As it stands the model is the policy of 2010", source="README, table of levers")
def default_is_the_policy_of_2010(run):
    ds = run()
    wrong = [
        lever
        for lever, value in POLICY_OF_2010.items()
        if not (ds[lever].values == value).all()
        or run.constants[f"{lever} baseline"] != value
        or run.constants[f"{lever} scenario"] != value
    ]
    same = all(np.array_equal(ds[stock].values, run(scenario="baseline")[stock].values) for stock in run.stocks)
    return set(run.levers) == set(POLICY_OF_2010) and not wrong and same, f"wrong: {', '.join(wrong) or 'none'}"


@reality_check(
    "Levers move on the dates of the study", source=f"{STUDY}, Regulier: from 2014; all else new policy of 2010"
)
def levers_move_on_their_dates(run):
    wrong = []
    for lever in run.levers:
        start, full = (2014, 2014) if lever == "quota share" else (2011, 2013)
        if run.constants[f"{lever} from year"] != start or run.constants[f"{lever} full year"] != full:
            wrong.append(lever)
        for scenario, values in SCENARIO_VALUES.items():
            ds = run(scenario=scenario, set=EVERY_STEP)
            before, after = POLICY_OF_2010[lever], values.get(lever, POLICY_OF_2010[lever])
            time, force = ds.time.values, ds[lever].values
            ramp = np.clip((time - start) / max(full - start, STEP), 0, 1)
            exact = (force[time <= start] == before).all() and (force[time >= full + STEP] == after).all()
            if not exact or off(force, before * (1 - ramp) + after * ramp, 1) > 1e-12:
                wrong.append(f"{lever} in {scenario}")
    return not wrong, f"{len(run.levers)} levers, wrong: {', '.join(wrong) or 'none'}"


@reality_check("A lever goes from any baseline to any value on any dates, and moves no other", source="form of a lever")
def dates_of_a_lever_can_move(run):
    wrong = []
    for lever in run.levers:
        low, high = run.ranges[f"{lever} scenario"]
        base = (low + high) / 2
        dates = {f"{lever} from year": 2012, f"{lever} full year": 2016}
        for target in (low, high):
            ds = run(set=EVERY_STEP | dates | {f"{lever} baseline": base, f"{lever} scenario": target})
            ramp = np.clip((ds.time.values - 2012) / 4, 0, 1)
            if off(ds[lever].values, base * (1 - ramp) + target * ramp, 1) > 1e-12:
                wrong.append(f"{lever} to {target:g}")
            if any((ds[other].values != POLICY_OF_2010[other]).any() for other in run.levers if other != lever):
                wrong.append(f"others than {lever}")
    return not wrong, f"wrong: {', '.join(wrong) or 'none'}"


@reality_check(
    "Uncertain inputs stand at the heart of their distribution, no recession is assumed", source="card of the model"
)
def uncertain_inputs_are_central(run):
    wrong = []
    for uncertainty in tomllib.loads((HERE / "model.toml").read_text(encoding="utf-8"))["uncertainty"]:
        kind, numbers = uncertainty["distribution"].rstrip(")").split("(")
        numbers = [float(number) for number in numbers.split(",")]
        low, high = run.ranges[uncertainty["name"]]
        centre = numbers[1] if kind == "triangular" else (numbers[0] + numbers[-1]) / 2
        if uncertainty["name"] == "recession depth":
            centre = 0
        default = run.constants[uncertainty["name"]]
        if abs(default - centre) > 1e-9 or numbers[0] < low or numbers[-1] > high:
            wrong.append(uncertainty["name"])
    still = not run()["recession"].values.any() and run.constants["switch frozen"] == 0
    return not wrong and still, f"wrong: {', '.join(wrong) or 'none'}"


@reality_check(
    "The start is the record of 2000", source="unemployed_derived_imf_weo, vacancies_open_annual, employed series, 2000"
)
def start_is_the_record(run):
    ds = run()
    observed = {
        "unemployed": record("unemployed_derived_imf_weo")[2000],
        "vacancies": record("vacancies_open_annual")[2000],
        "total work": employed_record()[2000],
        "wsw employed": record("recorded_wsw_persons")[2004],
    }
    errors = {name: float(ds[name][0]) / value - 1 for name, value in observed.items()}
    limits = {"unemployed": 1e-9, "vacancies": 1e-9, "total work": 1e-4, "wsw employed": 0.015}
    empty = max(float(ds[name][0]) for name in ("supported employed", "werkbedrijf employed"))
    good = all(abs(errors[name]) <= limit for name, limit in limits.items()) and empty == 0
    return good, ", ".join(f"{name} {error:+.2%}" for name, error in errors.items())


@reality_check(
    "Sourced constants meet their sources",
    source="employees, banenafspraak_extra_jobs, wsw_persons, employed_low_education_share",
)
def sourced_constants(run):
    employees = record("employees")
    after_closure = 1 - (record("wsw_persons")[2019] / record("wsw_persons")[2016]) ** (1 / 3)
    errors = {
        "quota employer share": run.constants["quota employer share"] / (employees[2010] / employed_record()[2010]) - 1,
        "counted share": run.constants["counted share"] / (75.179 / employees[2012]) - 1,
        "outflow of protected work": (
            run.constants["protected separation rate"] + at(run(), "exit rate", 2000)
        ) / after_closure - 1,
        "max direct rate": run.constants["max direct rate"] / (record("employed_low_education_share")[2010] / 100) - 1,
    }  # fmt: skip
    return max(map(abs, errors.values())) <= 0.05, ", ".join(f"{name} {error:+.1%}" for name, error in errors.items())


# ---- the equations ------------------------------------------------------------------------------------------------


@reality_check(
    "Who leaves for good is the exit rate times the people, in every group", source="assumption: one exit rate"
)
def exit_is_rate_times_stock(run):
    names = [name if name != "target group without work" else "target group" for name in PEOPLE]
    worst = 0.0
    for _, ds in runs_to_read(run):
        flows = [ds[f"exit of {name}"].values for name in names]
        for flow, stock in zip(flows, PEOPLE, strict=True):
            worst = max(worst, off(flow, ds["exit rate"].values * ds[stock].values, 1))
        worst = max(worst, off(ds["total exit"].values, sum(flows)))
    return worst <= 1e-9, f"largest difference {worst:.1e}"


@reality_check(
    "Exit is 2.4 % in 2000 and rises as retirement does",
    source="assumption: a working life of some 42 years; ageing table",
)
def exit_rate_rises_with_ageing(run):
    ds, fast = run(), run(set={"ageing multiplier": 1.5})
    other, retirement = run.constants["other exit rate"], run.constants["retirement rate"]
    rise = np.interp(ds.time.values, [2000, 2006, 2010, 2015, 2020], [0, 0.08, 0.25, 0.45, 0.7])
    normal, faster = (
        off(one["exit rate"].values, other + retirement * (1 + speed * rise)) for one, speed in ((ds, 1), (fast, 1.5))
    )
    years = 1 / float(ds["exit rate"][0])
    return (
        normal <= 1e-9 and faster <= 1e-9 and 41 <= years <= 43,
        f"{years:.1f} years in 2000; {normal:.0e}, {faster:.0e}",
    )


@reality_check(
    "Young people with a limitation enter as the Wajong grew", source="wajong_inflow, 2003-2014; after that as in 2014"
)
def entry_with_limitation_is_the_record(run):
    ds, observed = run(set=EVERY_STEP), record("wajong_inflow")
    worst = max(abs(at(ds, "entry with limitation", year + 0.5) / observed[year] - 1) for year in range(2003, 2015))
    late = off(ds["entry with limitation"].values[between(ds, 2014.5, 2020)], observed[2014])
    early = off(ds["entry with limitation"].values[between(ds, 2000, 2003.5)], observed[2003])
    total = off(ds["entry to search"].values + ds["entry with limitation"].values, ds["total entry"].values)
    return max(worst, late, early, total) <= 1e-9, f"record {worst:.0e}, before and after {max(early, late):.0e}"


@reality_check(
    "Entry makes people grow as the labour force did", source="employed series and unemployed_ilo_cbs, 2003-2019"
)
def entry_follows_the_labour_force(run):
    ds, jobless, employed = run(), record("unemployed_ilo_cbs"), employed_record()
    force = {year: year_mean(ds, "total work", year) + year_mean(ds, "unemployed", year) for year in YEARS}
    worst = max(abs(force[year] / (employed[year] + jobless[year]) - 1) for year in YEARS)
    return worst <= 0.025, f"labour force within {worst:.2%} in every year"


@reality_check(
    "Labour demand is the regular jobs of the record, filled and open",
    source="employed series, vacancies_open_annual, 2000-2019",
)
def demand_is_the_record(run):
    ds, employed, vacancies = run(set=EVERY_STEP), employed_record(), record("vacancies_open_annual")
    errors = [
        at(ds, "labour demand", year + 0.5) / (employed[year] + vacancies[year] - at(ds, "sheltered work", year + 0.5))
        - 1
        for year in range(2000, 2020)
    ]
    first = float(ds["labour demand"][0]) / float(ds["regular employed"][0] + ds["vacancies"][0]) - 1
    return max(map(abs, errors)) <= 5e-4 and abs(
        first
    ) <= 1e-12, f"within {max(map(abs, errors)):.3%}, at the start {first:.0e}"


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
    table = run()["labour demand"].values

    def taken(name):
        return table - run(scenario=name)["labour demand"].values

    def jobs(name):
        ds, of = run(scenario=name), run.constants
        municipal, supported = ds["werkbedrijf employed"].values, ds["supported employed"].values
        return of["labour shift"] * municipal + of["job carving"] * supported

    worst = max(off(taken(name), jobs(name), 100) for name in STUDIED)
    return worst <= 1e-9, f"largest difference {worst:.1e}"


@reality_check(
    "Vacancies replace who goes and close the gap in the time that employers take",
    source="Sterman (2000), ch. 19, labour and hiring",
)
def vacancies_replace_and_close_the_gap(run):
    def rule(v):
        gap = v["labour demand"] - v["regular employed"] - v["vacancies"]
        leaving = v["regular employed"] * (v["base separation rate"] + v["exit rate"]) + v["onset of limitation"]
        return np.maximum(0, leaving + gap / v["demand adjust time"])

    same, text = holds(run, lambda v: v["vacancy creation"], rule)
    filled, _ = holds(run, lambda v: v["vacancy filling"], lambda v: v["hiring to regular work"])
    return same and filled, text


@reality_check(
    "Hiring follows the matching function, and never faster than vacancies can be filled",
    source="Petrongolo and Pissarides (2001)",
)
def hiring_matches(run):
    def rule(v):
        tightness = v["vacancies"] / v["unemployed"]
        finding = v["job finding rate"][0] * (tightness / tightness[0]) ** v["matching elasticity"]
        fastest = v["fastest rate"]
        return np.minimum(v["unemployed"] * np.minimum(fastest, finding), fastest * v["vacancies"])

    same, text = holds(run, lambda v: v["hiring to regular work"], rule)
    ds = run()
    first = float(ds["hiring to regular work"][0])
    gone = float(
        ds["separation from regular work"][0] + ds["onset of limitation"][0] + ds["exit of regular employed"][0]
    )
    return same and abs(first / gone - 1) <= 1e-12, f"{text}; in 2000 hired {first:.0f}, gone {gone:.0f} thousand"


@reality_check(
    "Hires are most, not all, of the vacancies filled",
    source="vacancies_filled_annual, 2000: 997 thousand, of which some go from job to job",
)
def hires_and_filled_vacancies(run):
    ratio = float(run()["hiring to regular work"][0]) / record("vacancies_filled_annual")[2000]
    return 0.75 <= ratio <= 0.95, f"{ratio:.2f} of the vacancies filled in 2000"


@reality_check(
    "Layoffs rise when employers have more positions than they want",
    source="ww_inflow rose by three quarters in 2008-2009; assumption: 15 % per percent",
)
def layoffs_follow_excess(run):
    def pressure(v):
        excess = np.maximum(0, v["regular employed"] + v["vacancies"] - v["labour demand"]) / v["labour demand"]
        return v["layoff sensitivity"] * excess

    def regular_rate(v):
        return np.minimum(v["fastest rate"], v["base separation rate"] * (1 + pressure(v)))

    def supported_rate(v):
        rate = v["supported separation rate"] * (1 + v["flex multiplier"] * pressure(v))
        return np.minimum(v["fastest rate"], rate)

    regular, text = holds(
        run,
        lambda v: v["separation from regular work"],
        lambda v: v["regular employed"] * regular_rate(v),
    )
    supported, _ = holds(
        run,
        lambda v: v["end of supported work"],
        lambda v: v["supported employed"] * supported_rate(v),
        scale=1,
    )
    most = float(run(set=RECESSION)["layoff pressure"].max())
    return regular and supported and most > 0.3, f"{text}; at most {most:.0%} extra in a recession of 5 %"


@reality_check(
    "A limitation, withdrawal and return move people between searching and standing aside",
    source="balance of the target group in 2000; wajong_inflow, 2003",
)
def withdrawal_onset_and_return(run):
    def return_rate(v, duty):
        return v["base return rate"] + v["activation strength"] * v["incentive response"] * duty

    def flows(v):
        return np.array([v["onset of limitation"], v["return to search"], v["withdrawal"]])

    def rules(v):
        onset = v["onset rate"] * v["regular employed"]
        exits = v["exit of target group"][0] + v["exit of wsw employed"][0] + v["exit of social enterprise employed"][0]
        back = return_rate(v, POLICY_OF_2010["obligation"]) * v["initial target group without work"]
        withdrawal_of_2000 = exits + back - record("wajong_inflow")[2003] - onset[0]
        withdrawal = withdrawal_of_2000 / v["initial unemployed"] * v["unemployed"]
        return np.array([onset, return_rate(v, v["obligation"]) * v["target group without work"], withdrawal])

    return holds(run, flows, rules)


@reality_check("In 2000 the target group gains as many as it loses", source="balance of the target group in 2000")
def target_group_balances(run):
    ds = run(set={"switch frozen": 1})
    gains = (
        "entry with limitation",
        "withdrawal",
        "onset of limitation",
        "end of wsw work",
        "end of social enterprise work",
    )
    losses = ("exit of target group", "return to search", "wsw placement", "social enterprise placement")
    gain, loss = (sum(float(ds[name][0]) for name in names) for names in (gains, losses))
    return abs(gain / loss - 1) <= 1e-12, f"{gain:.3f} in, {loss:.3f} out, thousand a year"


@reality_check(
    "Programmes fill what falls open and build the rest, if people can be found",
    source="rationing first order in the pool",
)
def placements_fill_places(run):
    def flows(v):
        return np.array([v["supported placement"], v["wsw placement"], v["social enterprise placement"]])

    def rules(v):
        pool, leaving = v["placement rate"] * v["target group without work"], v["exit rate"]
        social_places = v["social enterprise potential"] * v["social enterprise adoption"]
        ends = v["protected separation rate"]

        def wanted(places, work, ending):
            return np.maximum(0, (places - work) / v["place adjust time"] + work * leaving + ending)

        supported, wsw, social = v["supported employed"], v["wsw employed"], v["social enterprise employed"]
        wishes = (
            wanted(v["quota places"] + v["pps places"], supported, v["end of supported work"]),
            wanted(wsw_places, wsw, wsw * ends) * v["wsw open"],
            wanted(social_places, social, social * ends),
        )
        return np.minimum(pool, np.array(wishes))

    time = run(set=EVERY_STEP).time.values
    wsw_places = np.interp(time, [2000, 2004, 2009, 2014, 2020], [97, 99, 102, 103.5, 103.5])
    return holds(run, flows, rules)


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

    return holds(run, flows, rules)


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
    def rule(v):
        employees = v["quota employer share"] * (v["regular employed"] + v["supported employed"])
        gap = employees * np.maximum(0, v["quota share"] - v["counted share"])
        willing = v["base willingness"] + v["compensation willingness"] * v["compensation share"]
        group = sum(
            v[name]
            for name in (
                "target group without work",
                "supported employed",
                "wsw employed",
                "social enterprise employed",
            )
        )
        return np.minimum(gap * willing, v["quota reach"] * group)

    return holds(run, lambda v: v["quota places"], rule, scale=1)


@reality_check("Project places follow investment, willingness and shortage", source=f"{STUDY}, Publiek-privaat")
def pps_places_follow_investment(run):
    def rule(v):
        tightness = v["vacancies"] / v["unemployed"]
        shortage = np.maximum(0, 1 + v["shortage gain"] * (tightness / tightness[0] - 1))
        willing = v["base willingness"] + v["compensation willingness"] * v["compensation share"]
        return v["pps potential"] * v["pps investment"] * willing * shortage

    return holds(run, lambda v: v["pps places"], rule, scale=1)


@reality_check(
    "Social enterprises spread by themselves and by example, and end at the rate of 2000", source="Bass (1969)"
)
def adoption_spreads_by_example(run):
    def flows(v):
        return np.array([v["adoption growth"], v["adoption loss"]])

    def rules(v):
        adopted = v["social enterprise adoption"]
        support = v["social enterprise support"] * (1 + v["compensation attraction"] * v["compensation share"])
        appeal = v["base attractiveness"] + v["support attraction"] * support
        growth = (v["innovation"] + v["imitation"] * adopted) * appeal * (1 - adopted)
        return np.array([growth, growth[0] / adopted[0] * adopted])

    return holds(run, flows, rules)


@reality_check(
    "Werkbedrijven take the Wsw first, then people without work, then people in regular work",
    source=f"{STUDY}, table and Publiek",
)
def werkbedrijven_take_in_order(run):
    def flows(v):
        return np.array([v["wsw to wb"], v["wb placement"], v["wb direct intake"]])

    def rules(v):
        work = v["werkbedrijf employed"]
        growth = (v["wb expansion"] * v["total work"] - work) / v["wb build time"]
        wanted = np.maximum(0, growth + work * (v["exit rate"] + v["protected separation rate"]))
        moved = np.minimum(v["wsw phaseout"] * v["wsw employed"], wanted)
        placed = np.minimum(v["placement rate"] * v["target group without work"], wanted - moved)
        direct = np.minimum(v["max direct rate"] * v["regular employed"], wanted - moved - placed)
        return np.array([moved, placed, direct])

    same, text = holds(run, flows, rules, scale=1)
    ds = run(scenario="publiek")
    seen = [float(ds[name].max()) for name in ("wsw to wb", "wb placement", "wb direct intake")]
    return same and min(seen) > 5, f"{text}; at most {seen[0]:.0f}, {seen[1]:.0f} and {seen[2]:.0f} thousand a year"


@reality_check("Totals are the sums of their parts", source="accounting")
def totals_add_up(run):
    def totals(v):
        return np.array([v["sheltered work"], v["total work"], v["people"], v["wb employment share"] * v["total work"]])

    def sums(v):
        sheltered = v["wsw employed"] + v["social enterprise employed"]
        work = v["regular employed"] + v["supported employed"] + v["werkbedrijf employed"] + sheltered
        everybody = work + v["unemployed"] + v["target group without work"]
        return np.array([sheltered, work, everybody, v["werkbedrijf employed"]])

    return holds(run, totals, sums)


# ---- the record ---------------------------------------------------------------------------------------------------


@reality_check("Unemployment follows the record within 12 %", source="unemployed_ilo_cbs, 2003-2019, yearly means")
def fit_unemployed(run):
    observed = {year: record("unemployed_ilo_cbs")[year] for year in YEARS}
    error = mape({year: year_mean(run(), "unemployed", year) for year in YEARS}, observed)
    return error <= 0.12, f"mean absolute error {error:.1%}"


@reality_check(
    "In no year is unemployment off by more than 16 %",
    source="unemployed_derived_imf_weo 2000-2002, unemployed_ilo_cbs",
)
def fit_unemployed_every_year(run):
    observed = {year: record("unemployed_derived_imf_weo")[year] for year in (2000, 2001, 2002)}
    observed |= {year: record("unemployed_ilo_cbs")[year] for year in YEARS}
    errors = {year: year_mean(run(), "unemployed", year) / value - 1 for year, value in observed.items()}
    worst = max(errors, key=lambda year: abs(errors[year]))
    return abs(errors[worst]) <= 0.16, f"{errors[worst]:+.1%} in {worst}"


@reality_check(
    "Employment follows the record within 1.5 %", source="employed_imf_weo 2003-2004, employed_ilostat 2005-2019"
)
def fit_employed(run):
    observed = {year: employed_record()[year] for year in YEARS}
    error = mape({year: year_mean(run(), "total work", year) for year in YEARS}, observed)
    return error <= 0.015, f"mean absolute error {error:.2%}"


@reality_check(
    "Wsw persons follow the record within 3 %", source="recorded_wsw_persons 2004 and 2014, wsw_persons 2013, year ends"
)
def fit_wsw(run):
    observed = {2004: record("recorded_wsw_persons")[2004], 2013: record("wsw_persons")[2013]}
    observed[2014] = record("recorded_wsw_persons")[2014]
    errors = {year: at(run(), "wsw employed", year + 1) / value - 1 for year, value in observed.items()}
    return max(map(abs, errors.values())) <= 0.03, ", ".join(f"{year} {error:+.1%}" for year, error in errors.items())


@reality_check("Vacancies have the shape of the record", source="vacancies_open_annual, 2003-2019")
def fit_vacancies(run):
    observed = {year: record("vacancies_open_annual")[year] for year in YEARS}
    simulated = {year: quarter_ends(run(), "vacancies", year) for year in YEARS}
    alike = float(np.corrcoef(list(observed.values()), list(simulated.values()))[0, 1])
    error = mape(simulated, observed)
    return alike >= 0.85 and error <= 0.3, f"correlation {alike:.2f}, mean absolute error {error:.0%}"


@reality_check(
    "The crisis from 2009 lasts several years",
    source=f"{STUDY}, Regulier; unemployed_ilo_cbs, 2008-2014: +342 thousand",
)
def crisis_lasts(run):
    jobless = {year: year_mean(run(), "unemployed", year) for year in range(2005, 2020)}
    rise, observed = (
        jobless[2014] - jobless[2008],
        record("unemployed_ilo_cbs")[2014] - record("unemployed_ilo_cbs")[2008],
    )
    peak = max(range(2008, 2020), key=jobless.get)
    return abs(rise / observed - 1) <= 0.2 and peak in (
        2013,
        2014,
    ), f"{rise:+.0f} thousand ({observed:+.0f}), peak {peak}"


# ---- extreme conditions and reactions -----------------------------------------------------------------------------


@reality_check("Without labour demand hiring stops", source="Sterman (2000), ch. 21, extreme conditions")
def no_demand_no_hiring(run):
    hires = run(set={"demand multiplier": 0})["hiring to regular work"]
    ratio = float(hires.sel(time=2005)) / float(hires[0])
    return ratio <= 1e-6, f"hires in 2005 are {ratio:.1e} of those in 2000"


@reality_check("Without entry people only leave", source="Sterman (2000), ch. 21, extreme conditions")
def no_entry_people_decline(run):
    ds = run(set=EVERY_STEP | {"entry multiplier": 0})
    people = ds["people"].values
    expected = people[0] * np.cumprod(np.append(1, 1 - STEP * ds["exit rate"].values[:-1]))
    entered = float(ds["cumulative entry"][-1])
    return off(
        people, expected
    ) <= 1e-9 and entered == 0, f"{people[-1] / people[0]:.2f} of the people are left in 2020"


@reality_check("More entry, more people and more unemployed; demand decides on jobs", source="labour supply and demand")
def more_entry_more_unemployed(run):
    few, normal, many = (run(set={"entry multiplier": value}) for value in (0.95, 1, 1.05))
    jobless = [at(ds, "unemployed", 2015) for ds in (few, normal, many)]
    people = [at(ds, "people", 2015) for ds in (few, normal, many)]
    more_jobs = at(run(set={"demand multiplier": 1.01}), "unemployed", 2015)
    good = jobless == sorted(jobless) and people == sorted(people) and more_jobs < 0.97 * jobless[1]
    return good, f"{jobless[0]:.0f}, {jobless[1]:.0f}, {jobless[2]:.0f} thousand; with 1 % more demand {more_jobs:.0f}"


@reality_check(
    "Ageing brings shortage", source=f"{STUDY}, Publiek-privaat: ageing led to shortage on the labour market"
)
def ageing_brings_shortage(run):
    slow, normal, fast = (run(scenario="publiek-privaat", set={"ageing multiplier": x}) for x in (0.7, 1, 1.5))
    tight = [at(ds, "relative tightness", 2018) for ds in (slow, normal, fast)]
    people = [at(ds, "people", 2018) for ds in (slow, normal, fast)]
    good = tight[0] < tight[1] < tight[2] and people[0] > people[1] > people[2] and tight[2] >= 1.1 * tight[0]
    return good, f"tightness {tight[0]:.2f}, {tight[1]:.2f}, {tight[2]:.2f} in 2018"


@reality_check(
    "The deeper a recession, the more unemployed", source=f"{STUDY}, Regulier: layoffs make people depend on provisions"
)
def deeper_recession_more_unemployed(run):
    jobless = [
        float(run(set=RECESSION | {"recession depth": depth})["unemployed"].sel(time=2017.5).item())
        for depth in (0, 0.02, 0.04, 0.06)
    ]
    good = all(later > earlier + 50 for earlier, later in zip(jobless, jobless[1:], strict=False))
    return good, " < ".join(f"{value:.0f}" for value in jobless)


REACTIONS = (  # lever, the scenario it acts in, values from less to more, what must rise (or fall)
    ("quota share", "regulier", (0, 0.02, 0.03, 0.05), "supported employed", 1),
    ("quota share", "regulier", (0, 0.02, 0.03, 0.05), "target group without work", -1),
    ("compensation share", "publiek-privaat", (0, 0.5, 1), "supported employed", 1),
    ("compensation share", "sociaal-ondernemen", (0, 0.5, 1), "social enterprise adoption", 1),
    ("pps investment", "publiek-privaat", (0, 0.5, 1), "supported employed", 1),
    ("social enterprise support", "sociaal-ondernemen", (0, 0.5, 1), "social enterprise employed", 1),
    ("wb expansion", "publiek", (0, 0.1, 0.2, 0.3), "werkbedrijf employed", 1),
    ("wb expansion", "publiek", (0, 0.1), "target group without work", -1),
    ("obligation", "baseline", (0, 0.5, 1), "target group without work", -1),
    ("wsw open", "baseline", (0, 0.5, 1), "wsw employed", 1),
    ("wsw phaseout", "regulier", (0, 0.1, 0.3, 1), "wsw employed", -1),
)


@reality_check("Each lever works in the direction of the study", source=f"{STUDY}, measures of the four scenarios")
def levers_work_in_their_direction(run):
    wrong = []
    for lever, scenario, values, name, sign in REACTIONS:
        ends = [sign * at(run(scenario=scenario, set={f"{lever} scenario": x}), name, 2020) for x in values]
        if any(later <= earlier + 0.01 * abs(earlier) for earlier, later in zip(ends, ends[1:], strict=False)):
            wrong.append(f"{lever} on {name}")
    return not wrong, f"{len(REACTIONS)} reactions, wrong: {', '.join(wrong) or 'none'}"


@reality_check(
    "The target group's response decides what a stick does", source=f"{STUDY}, introduction and Publiek: duty to work"
)
def response_decides_on_the_stick(run):
    def effect(response):
        duty, none = (run(set={"incentive response": response, "obligation scenario": value}) for value in (1, 0.2))
        return at(none, "target group without work", 2020) - at(duty, "target group without work", 2020)

    weak, strong = effect(0.1), effect(0.9)
    return 0 < 2 * weak < strong, f"a full duty moves {weak:.0f} thousand at weak and {strong:.0f} at strong response"


@reality_check("Every switch breaks its loop", source="architecture of the model: each loop can be cut")
def every_switch_matters(run):
    changes = {}
    for switch, (scenario, name) in SWITCHES.items():
        on, cut = run(scenario=scenario)[name].values, run(scenario=scenario, set={switch: 0})[name].values
        changes[switch] = float(np.abs(cut - on).max() / on.max())
    known = {name for name in run.constants if name.startswith("switch ")} - {"switch frozen"}
    good = known == set(SWITCHES) and min(changes.values()) >= 0.01 and all(run.constants[name] == 1 for name in known)
    return good, ", ".join(f"{switch[7:]} {change:.0%}" for switch, change in changes.items())


@reality_check("A cut loop leaves the other side alone", source="structure of the loops")
def cut_loops_are_cut(run):
    still = run(set={"switch clearing": 0})["job finding rate"].values
    calm = run(set={"switch layoff": 0} | RECESSION)["layoff pressure"].values
    free = run(scenario="publiek-privaat", set={"switch shortage": 0})["shortage effect"].values
    alone = run(scenario="sociaal-ondernemen", set={"switch imitation": 0})["social enterprise adoption"].values
    whole = run(scenario="publiek", set={"switch shift": 0})["labour demand"].values
    none = run(scenario="publiek", set={"switch direct": 0})["wb direct intake"].values
    good = (
        off(still, still[0]) <= 1e-12 and not calm.any() and (free == 1).all() and alone.max() < 0.15
        and np.array_equal(whole, run()["labour demand"].values) and not none.any()
    )  # fmt: skip
    return good, f"without imitation adoption stays below {alone.max():.2f}"


# ---- the four scenarios -------------------------------------------------------------------------------------------


@reality_check(
    "Sociaal ondernemen: social enterprise is a hype in 2020", source=f"{STUDY}, Sociaal ondernemen, first lines"
)
def so_is_a_hype(run):
    ds, base = run(scenario="sociaal-ondernemen"), run()
    adopted = ds["social enterprise adoption"].values
    growth = np.diff(adopted)
    fastest = float(ds.time[int(growth.argmax())])
    good = (
        adopted[-1] >= 0.5
        and adopted[-1] >= 4 * base["social enterprise adoption"].values[-1]
        and 2013 < fastest < 2020
    )
    return good, f"adoption {adopted[-1]:.2f}, fastest growth in {fastest:.1f}: an S-curve"


@reality_check(
    "Sociaal ondernemen: it is campaigns and support that make the hype",
    source=f"{STUDY}, Sociaal ondernemen: campaigns aroused enthusiasm",
)
def so_needs_support(run):
    full = at(run(scenario="sociaal-ondernemen"), "social enterprise adoption", 2020)
    less = at(
        run(scenario="sociaal-ondernemen", set={"social enterprise support scenario": 0.1}),
        "social enterprise adoption",
        2020,
    )
    return less <= 0.3 * full, f"adoption {less:.2f} instead of {full:.2f} with the support of 2010"


@reality_check(
    "Sociaal ondernemen: sheltered work is mostly in social enterprises",
    source=f"{STUDY}, introduction: sheltered places at private social firms",
)
def so_carries_sheltered_work(run):
    ds = run(scenario="sociaal-ondernemen")
    share = at(ds, "social enterprise employed", 2020) / at(ds, "sheltered work", 2020)
    grown = at(ds, "sheltered work", 2020) / at(run(), "sheltered work", 2020)
    return share >= 0.6 and grown >= 1.05, f"{share:.0%} of sheltered work, which is {grown:.2f} times the baseline"


@reality_check(
    "Regulier: nothing of the quota before 2014, and at once after it", source=f"{STUDY}, Regulier: from 2014"
)
def reg_starts_in_2014(run):
    ds = run(scenario="regulier", set=EVERY_STEP | {"pps investment scenario": 0})
    before, after = between(ds, 2000, 2014), between(ds, 2014.125, 2020)
    work, places = ds["supported employed"].values, ds["quota places"].values
    good = not work[before].any() and not places[before].any() and places[after].min() > 100 and work[after].min() > 1
    return good, f"0 up to 2014, {work[-1]:.0f} thousand in 2020"


@reality_check(
    "Regulier: the quota fills regular firms while the Wsw runs down",
    source=f"{STUDY}, Regulier: part of the regular economy; social employment abolished",
)
def reg_fills_regular_firms(run):
    ds, base = run(scenario="regulier"), run()
    supported, rest = at(ds, "supported employed", 2020), at(ds, "wsw employed", 2020) / at(ds, "wsw employed", 2010)
    idle = at(ds, "target group without work", 2020) / at(base, "target group without work", 2020)
    return (
        150 <= supported <= 350 and rest <= 0.1 and idle <= 0.85,
        f"{supported:.0f} thousand; Wsw {rest:.0%} of 2010; idle {idle:.2f} times the baseline",
    )


@reality_check(
    "Regulier: part of the group stays behind", source=f"{STUDY}, Regulier: below 50 % falls outside the quota"
)
def reg_leaves_people_behind(run):
    ds, higher = run(scenario="regulier"), run(scenario="regulier", set={"quota share scenario": 0.08})
    idle, most = at(ds, "target group without work", 2020), at(higher, "supported employed", 2020)
    share = idle / at(ds, "target group", 2020)
    stuck = most / at(ds, "supported employed", 2020)
    return (
        share >= 0.5 and stuck <= 1.1,
        f"{share:.0%} has no work; a quota of 8 % places only {stuck:.2f} times as many",
    )


@reality_check(
    "Regulier: in a recession the target group is first on the street",
    source=f"{STUDY}, Regulier: many are flexible workers",
)
def reg_first_on_the_street(run):
    calm, deep = run(scenario="regulier"), run(scenario="regulier", set=RECESSION)
    years = between(calm, 2016, 2017.5)

    def extra(flow, stock):
        rates = [ds[flow].values[years] / ds[stock].values[years] for ds in (calm, deep)]
        return float(rates[1].mean() - rates[0].mean())

    ratio = extra("end of supported work", "supported employed") / extra(
        "separation from regular work", "regular employed"
    )
    return ratio >= 1.5, f"extra loss of supported jobs is {ratio:.1f} times that of regular jobs"


@reality_check(
    "Publiek-privaat: supported work exists through municipal investment",
    source=f"{STUDY}, Publiek-privaat: active stimulus is needed",
)
def pps_needs_investment(run):
    with_it = at(run(scenario="publiek-privaat"), "supported employed", 2020)
    without = run(scenario="publiek-privaat", set={"pps investment scenario": 0})["supported employed"].values
    return with_it >= 75 and not without.any(), f"{with_it:.0f} thousand, {without.max():.0f} without"


@reality_check(
    "Publiek-privaat: the Wsw becomes superfluous", source=f"{STUDY}, Publiek-privaat: SW firms became superfluous"
)
def pps_makes_wsw_superfluous(run):
    ds, base = run(scenario="publiek-privaat"), run()
    rest = at(ds, "wsw employed", 2020) / at(ds, "wsw employed", 2010)
    idle = at(ds, "target group without work", 2020) / at(base, "target group without work", 2020)
    return (
        rest <= 0.15 and idle < 0.95,
        f"Wsw {rest:.0%} of 2010; target group without work {idle:.2f} times the baseline",
    )


@reality_check(
    "Publiek-privaat: shortage on the labour market opens firms",
    source=f"{STUDY}, Publiek-privaat: shortage, also in low-skilled work",
)
def pps_grows_with_shortage(run):
    ds = run(scenario="publiek-privaat")
    tight, slack = at(ds, "pps places", 2019.5), at(ds, "pps places", 2014)
    return (
        tight >= 1.1 * slack,
        f"{slack:.0f} thousand places in the slack of 2014, {tight:.0f} in the shortage of 2019",
    )


@reality_check(
    "Publiek: werkbedrijven provide almost 30 percent of employment", source=f"{STUDY}, Publiek: almost 30 percent"
)
def pub_reaches_almost_thirty(run):
    share = at(run(scenario="publiek"), "wb employment share", 2020)
    return 0.28 <= share < 0.30, f"{share:.1%}"


@reality_check(
    "Publiek: only a small group still sits at home",
    source=f"{STUDY}, Publiek: enough work is the main cause, the duty a stick",
)
def pub_leaves_few_at_home(run):
    def idle(**levers):
        values = {f"{name.replace('_', ' ')} scenario": value for name, value in levers.items()}
        return at(run(scenario="publiek", set=values), "target group without work", 2020)

    home, base = idle(), at(run(), "target group without work", 2020)
    no_places, no_duty = idle(wb_expansion=0) - home, idle(obligation=0.2) - home
    good = home <= 0.15 * base and no_places > no_duty > 0
    return good, f"{home:.0f} thousand of {base:.0f}; +{no_places:.0f} without places, +{no_duty:.0f} without duty"


@reality_check(
    "Publiek: people come directly from regular work too",
    source=f"{STUDY}, Publiek: flow into the werkbedrijven, also of the low educated",
)
def pub_draws_on_regular_work(run):
    ds = run(scenario="publiek")
    years = between(ds, 2011, 2020)
    direct, all_in = (
        sum(float(ds[name].values[years].mean()) for name in names)
        for names in (("wb direct intake",), ("wb direct intake", "wb placement", "wsw to wb"))
    )
    shrunk = at(ds, "regular employed", 2020) / at(run(), "regular employed", 2020)
    return (
        direct >= 0.3 * all_in and shrunk <= 0.85,
        f"{direct / all_in:.0%} of the intake; regular work {shrunk:.2f} times the baseline",
    )


@reality_check("A programme that a scenario does not have stays empty", source=f"{STUDY}, table of the four scenarios")
def programmes_stay_apart(run):
    supported = [
        float(run(scenario=name)["supported employed"].max()) for name in ("baseline", "sociaal-ondernemen", "publiek")
    ]
    municipal = [float(run(scenario=name)["werkbedrijf employed"].max()) for name in STUDIED if name != "publiek"]
    return max(supported + municipal) == 0, f"supported {max(supported):g}, werkbedrijf {max(municipal):g}"
