"""What the model does when something is changed: extreme conditions, each lever alone, each loop cut."""

import numpy as np

from sdsocec import reality_check

from .shared import (
    BASE,
    EVERY_STEP,
    IDLE,
    PPS,
    PUB,
    RECESSION,
    REG,
    SO,
    STEP,
    STERMAN,
    STUDY,
    at,
    off,
    told,
)

REACTIONS = (  # lever, the scenario it acts in, values from less to more, what must rise (or fall)
    ("quota share", REG, (0, 0.02, 0.03, 0.05), "supported employed", 1),
    ("quota share", REG, (0, 0.02, 0.03, 0.05), IDLE, -1),
    ("compensation share", PPS, (0, 0.5, 1), "supported employed", 1),
    ("compensation share", SO, (0, 0.5, 1), "social enterprise adoption", 1),
    ("pps investment", PPS, (0, 0.5, 1), "supported employed", 1),
    ("social enterprise support", SO, (0, 0.5, 1), "social enterprise employed", 1),
    ("wb expansion", PUB, (0, 0.1, 0.2, 0.3), "werkbedrijf employed", 1),
    ("wb expansion", PUB, (0, 0.1), IDLE, -1),
    ("obligation", BASE, (0, 0.5, 1), IDLE, -1),
    ("wsw open", BASE, (0, 0.5, 1), "wsw employed", 1),
    ("wsw phaseout", REG, (0, 0.1, 0.3, 1), "wsw employed", -1),
)
SWITCHES = {  # switch -> the scenario and the variable where its loop shows
    "switch clearing": (BASE, "unemployed"),
    "switch layoff": (PUB, "unemployed"),
    "switch shortage": (PPS, "supported employed"),
    "switch imitation": (SO, "social enterprise employed"),
    "switch shift": (PUB, "vacancies"),
    "switch direct": (PUB, "werkbedrijf employed"),
}


@reality_check("Without labour demand hiring stops", source=STERMAN)
def no_demand_no_hiring(run):
    hires = run(set={"demand multiplier": 0})["hiring to regular work"]
    ratio = float(hires.sel(time=2005)) / float(hires[0])
    return ratio <= 1e-6, f"hires in 2005 are {ratio:.1e} of those in 2000"


@reality_check("Without entry people only leave", source=STERMAN)
def no_entry_people_decline(run):
    ds = run(set=EVERY_STEP | {"entry multiplier": 0})
    people = ds["people"].values
    expected = people[0] * np.cumprod(np.append(1, 1 - STEP * ds["exit rate"].values[:-1]))
    good = off(people, expected) <= 1e-9 and float(ds["cumulative entry"][-1]) == 0
    return good, f"{people[-1] / people[0]:.2f} of the people are left in 2020"


@reality_check("More entry, more people and more unemployed; demand decides on jobs", source="labour supply and demand")
def more_entry_more_unemployed(run):
    runs = [run(set={"entry multiplier": value}) for value in (0.95, 1, 1.05)]
    jobless, people = ([at(ds, name, 2015) for ds in runs] for name in ("unemployed", "people"))
    more_jobs = at(run(set={"demand multiplier": 1.01}), "unemployed", 2015)
    good = jobless == sorted(jobless) and people == sorted(people) and more_jobs < 0.97 * jobless[1]
    return good, f"{jobless[0]:.0f}, {jobless[1]:.0f}, {jobless[2]:.0f} thousand; with 1 % more demand {more_jobs:.0f}"


@reality_check(
    "Ageing brings shortage", source=f"{STUDY}, Publiek-privaat: ageing led to shortage on the labour market"
)
def ageing_brings_shortage(run):
    runs = [run(scenario=PPS, set={"ageing multiplier": value}) for value in (0.7, 1, 1.5)]
    tight, people = ([at(ds, name, 2018) for ds in runs] for name in ("relative tightness", "people"))
    good = tight[0] < tight[1] < tight[2] and people[0] > people[1] > people[2] and tight[2] >= 1.1 * tight[0]
    return good, f"tightness {tight[0]:.2f}, {tight[1]:.2f}, {tight[2]:.2f} in 2018"


@reality_check(
    "The deeper a recession, the more unemployed", source=f"{STUDY}, Regulier: layoffs make people depend on provisions"
)
def deeper_recession_more_unemployed(run):
    runs = [run(set=RECESSION | {"recession depth": depth}) for depth in (0, 0.02, 0.04, 0.06)]
    jobless = [at(ds, "unemployed", 2017.5) for ds in runs]
    return min(np.diff(jobless)) > 50, " < ".join(f"{value:.0f}" for value in jobless)


@reality_check("Each lever works in the direction of the study", source=f"{STUDY}, measures of the four scenarios")
def levers_work_in_their_direction(run):
    wrong = []
    for lever, scenario, values, name, sign in REACTIONS:
        ends = [sign * at(run(scenario=scenario, set={f"{lever} scenario": x}), name, 2020) for x in values]
        if any(later <= earlier + 0.01 * abs(earlier) for earlier, later in zip(ends, ends[1:], strict=False)):
            wrong.append(f"{lever} on {name}")
    return not wrong, f"{len(REACTIONS)} reactions, {told(wrong)}"


@reality_check(
    "The target group's response decides what a stick does", source=f"{STUDY}, introduction and Publiek: duty to work"
)
def response_decides_on_the_stick(run):
    def effect(response):
        duty, none = (run(set={"incentive response": response, "obligation scenario": value}) for value in (1, 0.2))
        return at(none, IDLE, 2020) - at(duty, IDLE, 2020)

    weak, strong = effect(0.1), effect(0.9)
    return 0 < 2 * weak < strong, f"a full duty moves {weak:.0f} thousand at weak and {strong:.0f} at strong response"


@reality_check("Every switch breaks its loop", source="architecture of the model: each loop can be cut")
def every_switch_matters(run):
    changes = {}
    for switch, (scenario, name) in SWITCHES.items():
        on, cut = (run(scenario=scenario, set=values)[name].values for values in ({}, {switch: 0}))
        changes[switch] = float(np.abs(cut - on).max() / on.max())
    known = {name for name in run.constants if name.startswith("switch ")} - {"switch frozen"}
    good = known == set(SWITCHES) and min(changes.values()) >= 0.01 and all(run.constants[name] == 1 for name in known)
    return good, ", ".join(f"{switch[7:]} {change:.0%}" for switch, change in changes.items())


@reality_check("A cut loop leaves the other side alone", source="structure of the loops")
def cut_loops_are_cut(run):
    still = run(set={"switch clearing": 0})["job finding rate"].values
    calm = run(set={"switch layoff": 0} | RECESSION)["layoff pressure"].values
    free = run(scenario=PPS, set={"switch shortage": 0})["shortage effect"].values
    alone = run(scenario=SO, set={"switch imitation": 0})["social enterprise adoption"].values
    whole = run(scenario=PUB, set={"switch shift": 0})["labour demand"].values
    none = run(scenario=PUB, set={"switch direct": 0})["wb direct intake"].values
    good = (
        off(still, still[0]) <= 1e-12 and not calm.any() and (free == 1).all() and alone.max() < 0.15
        and np.array_equal(whole, run()["labour demand"].values) and not none.any()
    )  # fmt: skip
    return good, f"without imitation adoption stays below {alone.max():.2f}"
