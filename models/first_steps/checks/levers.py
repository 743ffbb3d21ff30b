"""Levers and constants: what each scenario moves and when, and where the other numbers come from."""

import numpy as np

from sdsocec import reality_check

from .shared import (
    BASE,
    EVERY_STEP,
    POLICY_OF_2010,
    PPS,
    PUB,
    REG,
    SO,
    STEP,
    STUDY,
    at,
    card,
    employed_record,
    first,
    off,
    record,
    told,
)

SCENARIO_VALUES = {  # what each scenario moves, from the study and the table of assumptions in the README
    SO: {"compensation share": 0.9, "wsw open": 0, "wsw phaseout": 0.05, "social enterprise support": 1},
    REG: {
        "quota share": 0.05, "compensation share": 1, "wsw open": 0, "wsw phaseout": 0.3,
        "pps investment": 0.05, "obligation": 0.3,
    },
    PPS: {
        "compensation share": 0.85, "wsw open": 0, "wsw phaseout": 0.25, "social enterprise support": 0.2,
        "pps investment": 1, "obligation": 0.3,
    },
    PUB: {
        "compensation share": 0, "wsw open": 0, "wsw phaseout": 0.6, "social enterprise support": 0,
        "wb expansion": 0.3, "obligation": 0.9,
    },
}  # fmt: skip


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
    ds, base = run(), run(scenario=BASE)
    wrong = [
        lever
        for lever, value in POLICY_OF_2010.items()
        if not (ds[lever].values == value).all()
        or run.constants[f"{lever} baseline"] != value
        or run.constants[f"{lever} scenario"] != value
    ]
    same = all(np.array_equal(ds[stock].values, base[stock].values) for stock in run.stocks)
    return set(run.levers) == set(POLICY_OF_2010) and not wrong and same, told(wrong)


def ramp(ds, start, full):
    """The part of the way from the baseline to the scenario."""
    return np.clip((ds.time.values - start) / max(full - start, STEP), 0, 1)


def follows(force, before, after, part):
    return off(force, before * (1 - part) + after * part, 1) <= 1e-12


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
            exact = (force[time <= start] == before).all() and (force[time >= full + STEP] == after).all()
            if not exact or not follows(force, before, after, ramp(ds, start, full)):
                wrong.append(f"{lever} in {scenario}")
    return not wrong, f"{len(run.levers)} levers, {told(wrong)}"


@reality_check("A lever goes from any baseline to any value on any dates, and moves no other", source="form of a lever")
def dates_of_a_lever_can_move(run):
    wrong = []
    for lever in run.levers:
        ends = run.ranges[f"{lever} scenario"]
        base = sum(ends) / 2
        dates = {f"{lever} from year": 2012, f"{lever} full year": 2016}
        for target in ends:
            ds = run(set=EVERY_STEP | dates | {f"{lever} baseline": base, f"{lever} scenario": target})
            if not follows(ds[lever].values, base, target, ramp(ds, 2012, 2016)):
                wrong.append(f"{lever} to {target:g}")
            if any((ds[other].values != POLICY_OF_2010[other]).any() for other in run.levers if other != lever):
                wrong.append(f"others than {lever}")
    return not wrong, told(wrong)


@reality_check(
    "Uncertain inputs stand at the heart of their distribution, no recession is assumed", source="card of the model"
)
def uncertain_inputs_are_central(run):
    wrong = []
    for uncertainty in card()["uncertainty"]:
        name = uncertainty["name"]
        kind, numbers = uncertainty["distribution"].rstrip(")").split("(")
        numbers = [float(number) for number in numbers.split(",")]
        low, high = run.ranges[name]
        centre = numbers[1] if kind == "triangular" else (numbers[0] + numbers[-1]) / 2
        if name == "recession depth":
            centre = 0
        if abs(run.constants[name] - centre) > 1e-9 or numbers[0] < low or numbers[-1] > high:
            wrong.append(name)
    still = not run()["recession"].values.any() and run.constants["switch frozen"] == 0
    return not wrong and still, told(wrong)


@reality_check(
    "The start is the record of 2000", source="unemployed_derived_imf_weo, vacancies_open_annual, employed series, 2000"
)
def start_is_the_record(run):
    ds = run()
    allowed = {  # variable -> its record, and how far the start may be off
        "unemployed": (record("unemployed_derived_imf_weo")[2000], 1e-9),
        "vacancies": (record("vacancies_open_annual")[2000], 1e-9),
        "total work": (employed_record()[2000], 1e-4),
        "wsw employed": (record("recorded_wsw_persons")[2004], 0.015),
    }
    errors = {name: first(ds, name) / value - 1 for name, (value, _) in allowed.items()}
    empty = max(first(ds, name) for name in ("supported employed", "werkbedrijf employed"))
    good = all(abs(errors[name]) <= limit for name, (_, limit) in allowed.items()) and empty == 0
    return good, ", ".join(f"{name} {error:+.2%}" for name, error in errors.items())


@reality_check(
    "Sourced constants meet their sources",
    source="employees, banenafspraak_extra_jobs, wsw_persons, employed_low_education_share",
)
def sourced_constants(run):
    employees, c = record("employees"), run.constants
    after_closure = 1 - (record("wsw_persons")[2019] / record("wsw_persons")[2016]) ** (1 / 3)
    outflow = c["protected separation rate"] + at(run(), "exit rate", 2000)
    errors = {
        "quota employer share": c["quota employer share"] / (employees[2010] / employed_record()[2010]) - 1,
        "counted share": c["counted share"] / (75.179 / employees[2012]) - 1,
        "outflow of protected work": outflow / after_closure - 1,
        "max direct rate": c["max direct rate"] / (record("employed_low_education_share")[2010] / 100) - 1,
    }
    return max(map(abs, errors.values())) <= 0.05, ", ".join(f"{name} {error:+.1%}" for name, error in errors.items())
