"""The page about the model of the study says what the model is and gives: every name, every number that comes from a run."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path

import numpy as np
import xarray as xr

import sdsocec
from sdsocec.analysis import CheckResult, Runner, load_checks, run_check
from sdsocec.engine import constant_values
from sdsocec.model.names import name_key
from sdsocec.scenario import scenario_names
from sdsocec.scenario.plane import load_plane
from sdsocec.scenario.profiles import load_profile, profile_names

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "models/social_economy"
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
TEXT = " ".join(PAGE.split())
COUNTED = ["b50", "b60", "b70"]
FACTORS = {"thousand": 1.0, "billion euro a year": 1e-3}  # from the units of the .mdl


@cache
def study():
    return sdsocec.load_model("social_economy")


@cache
def run(scenario: str, **settings: float) -> xr.Dataset:
    named = {name.replace("_", " "): value for name, value in settings.items()}
    return sdsocec.run(study(), [scenario], settings=named).isel(scenario=0)


def at(scenario: str, variable: str, time: float = 2020, **elements: object) -> float:
    return float(run(scenario)[variable].sel(time=time, **elements).sum())


def rows_after(heading: str, column: str) -> list[list[str]]:
    """The cells of the first table below a heading whose first column has this title, its head included."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    table = section[section.index(f"| {column} |") :].split("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split(" |")] for line in table.splitlines()]
    return [rows[0], *rows[2:]]


def code_of(text: str) -> list[str]:
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]


def as_printed(text: str) -> str:
    """With a space before a percent sign, as the page has it."""
    return re.sub(r"(\d)%", r"\1 %", text)


def decimals(number: str) -> int:
    return len(number.partition(".")[2])


# ---- names --------------------------------------------------------------------------------------------------------


def names_there_are() -> set[str]:
    equations, card = study().equations, study().card
    elements = {element for members in equations.ranges.values() for element in members}
    names = {*equations.variables, *equations.ranges, *elements, *card.units}
    names |= {"intensity", *scenario_names(study()), *profile_names(study()), *load_plane(study()).axes}
    return {name_key(name) for name in names}


def test_every_name_on_the_page_exists():
    known, wrong = names_there_are(), []
    for span in code_of(PAGE):
        if span.startswith("sdsocec ") or span in ("tuned:", "assumption:"):
            continue
        if "/" in span and any((place / span).exists() for place in (ROOT, FOLDER)):
            continue
        name = span.removesuffix(" = 0").removesuffix(" = 1")
        parts = [name_key(part) for part in re.split(r"[\[\],]", name) if part]
        if name_key(name) not in known and not set(parts) <= known:
            wrong.append(span)
    assert wrong == []


def test_every_command_on_the_page_works(sdsocec_program):
    commands = [span for span in code_of(PAGE) if span.startswith("sdsocec ")]
    assert len(commands) >= 4
    for command in commands:
        outcome = sdsocec_program(*shlex.split(command)[1:])
        assert outcome.code == 0, f"{command}\n{outcome.err}"


# ---- what the model is ----------------------------------------------------------------------------------------------


def test_bands_and_who_may_work_where_are_those_of_the_model():
    constants = constant_values(study().equations)
    head, low, produces, *channels = rows_after("Who, and where", "band")
    bands = [code_of(cell)[0] for cell in head[1:-1]]
    assert bands == list(run("baseline").band.values)
    assert [float(cell) for cell in low[1:-1]] == [constants[f"band lower[{band}]"] for band in bands]
    assert [float(cell) for cell in produces[1:-1]] == [constants[f"band productivity[{band}]"] for band in bands]
    assert [code_of(row[0])[0] for row in channels] == list(run("baseline").channel.values)
    for row in channels:
        channel = code_of(row[0])[0]
        assert [cell == "x" for cell in row[1:-1]] == [constants[f"mask[{channel},{band}]"] == 1 for band in bands]


def test_every_module_of_the_model_has_a_line():
    groups = re.findall(r"^\t\.(M\d+) ", (FOLDER / "model.mdl").read_text(encoding="utf-8"), re.MULTILINE)
    assert re.findall(r"^\* (M\d+) ", PAGE, re.MULTILINE) == list(dict.fromkeys(groups))


def test_every_loop_stands_in_the_table_and_every_switch_is_named_once():
    rows = rows_after("Loops", "loop")[1:]
    assert [row[0] for row in rows] == [f"R{i}" for i in range(1, 11)] + [f"B{i}" for i in range(1, 13)]
    below = PAGE.partition("Single links:")[2].partition("\n\n")[0]
    named = [name for row in rows for name in code_of(row[2]) if name.startswith("switch")] + code_of(below)
    switches = [v.name for v in study().equations.variables.values() if v.name.startswith("switch ")]
    assert sorted(named) == sorted({*switches} - {"switch frozen"})


def test_every_lever_stands_with_who_holds_it():
    said = {lever: row[0].split()[0] for row in rows_after("Levers, scenarios, plane, municipalities", "holder")[1:]
            for lever in code_of(row[1])}  # fmt: skip
    assert said == {lever.name: lever.holder for lever in study().card.levers}
    assert f"**only {len(said)} levers differ" in TEXT


def test_the_corners_of_the_plane_are_those_of_its_file():
    plane = load_plane(study())
    assert list(plane.axes) == ["g", "v"]
    for (g, v), scenario in plane.corners.items():
        assert re.search(rf"`{scenario.name}` \({g}, {v}[;)]", TEXT), scenario.name
    assert plane.base.name == "baseline"


def test_profiles_lie_between_the_numbers_given():
    profiles = [load_profile(name, study()) for name in profile_names(study())]
    for name in ("vulnerable scale", "demand scale", "sw scale"):
        low, high = re.findall(rf"`{name}` ([\d.]+) to ([\d.]+)", TEXT)[0]
        values = [profile.values[name] for profile in profiles]
        assert (float(low), float(high)) == (min(values), max(values))
    shares = [profile.share for profile in profiles]
    assert as_printed(f"({min(shares):.3%} to {max(shares):.3%})") in TEXT


def test_what_is_tuned_and_assumed_is_counted_right():
    levers = {lever.name for lever in study().card.levers}
    marked = {"tuned:": 0, "assumption:": 0}
    for variable in study().equations.variables.values():
        of_lever = re.sub(r" (baseline|scenario|from year|full year)$", "", variable.name) in levers
        if (
            variable.kind in ("constant", "lookup")
            and not of_lever
            and not variable.name.startswith(("switch", "initial "))
        ):
            for mark in marked:
                marked[mark] += mark in variable.documentation
    assert f"marks {marked['tuned:']} constants and tables `tuned:` and {marked['assumption:']} `assumption:`" in TEXT


# ---- what the model gives -------------------------------------------------------------------------------------------


def test_the_table_of_results_is_that_of_a_run():
    head, *rows = rows_after("Results in 2020", "outcome")
    scenarios = [code_of(cell)[0] for cell in head[2:]]
    assert sorted(scenarios) == sorted(scenario_names(study()))
    assert len(rows) >= 10
    wrong = []
    for name, unit, *cells in rows:
        variable, _, element = code_of(name)[0].rstrip("]").partition("[")
        for scenario, cell in zip(scenarios, cells, strict=True):
            value = at(scenario, variable, **({"channel": element} if element else {})) * FACTORS[unit]
            if (given := f"{value:,.{decimals(cell)}f}") != cell:
                wrong.append(f"{name} {scenario}: {given}, not {cell}")
    assert wrong == []


@cache
def verdicts() -> dict[str, CheckResult]:
    """The checks of the record, and the halved time step."""
    runner = Runner(study())
    chosen = [check for check in load_checks(study()) if re.match(r"H\d|G4:", check.claim)]
    return {check.claim.partition(":")[0]: run_check(check, runner) for check in chosen}


def numbers_of(text: str) -> list[float]:
    """Numbers, a percentage as a share."""
    found = re.findall(r"(\d+\.?\d*)( ?%)?", text)
    return [float(number) / 100 if percent else float(number) for number, percent in found]


def test_the_table_of_fits_is_that_of_the_checks():
    rows = {row[0]: row for row in rows_after("What is known, tuned, assumed", "check")[1:]}
    assert set(rows) == set(verdicts()) - {"H7", "G4"}
    for name, (_, _, error, limit, holds, _) in rows.items():
        result = verdicts()[name]
        for number in error.split("; "):
            assert re.search(rf"(?<![\d.]){re.escape(number.replace(' ', ''))}(?!\d)", result.numbers), (
                f"{name}: {result.numbers}"
            )
        errors, limits = numbers_of(error), numbers_of(limit)
        assert {*limits} <= {*result.check.function.__code__.co_consts}, name
        assert (holds == "yes") == result.holds == all(e <= limits[-1 if i else 0] for i, e in enumerate(errors)), name
    fails = {name for name, result in verdicts().items() if not result.holds}
    assert fails == set(re.findall(r"\((H8\w)\)", TEXT.partition("**Two soft checks fail.**")[2].partition(" * ")[0]))
    assert verdicts()["G4"].numbers.split("%")[0] in re.findall(r"changes at most ([\d.]+) % \(G4\)", TEXT)


def quarter_ends(scenario: str, variable: str, year: int) -> float:
    return float(run(scenario)[variable].sel(time=[year + 0.25, year + 0.5, year + 0.75, year + 1.0]).mean())


def recorded(series: str, year: int) -> float:
    lines = (FOLDER / "data" / f"{series}.csv").read_text(encoding="utf-8").splitlines()
    return next(float(line.split(",")[1]) for line in lines if line.startswith(f"{year},"))


def test_the_strains_are_those_of_a_run():
    vacancies = [quarter_ends("realised", "vacancies", year) for year in (2018, 2019)]
    seen = [recorded("vacancies_open_annual", year) for year in (2018, 2019)]
    people = run("publiek")["people not working"].sum("state") + run("publiek")["people working"].sum("channel")
    base = run("baseline")["people not working"].sum("state") + run("baseline")["people working"].sum("channel")
    below, below_base = (1 - float((p.sel(band="b90") / p.sum("band")).sel(time=2020)) for p in (people, base))
    managers = [at("publiek", "wb managers", time) for time in (2010, 2020)]
    years = slice(2011 - 1e-6, 2020 + 1e-6)
    direct = float(run("publiek")["wb direct"].sel(time=years).sum())
    placed = float(run("publiek")["hire"].sel(channel="wb", time=years).sum())
    mild = float(run("publiek", req_drift=at("baseline", "req drift"))["wb employment share"].sel(time=2020))
    quiet = float(run("sociaal-ondernemen", se_campaign=at("baseline", "se campaign"))["se adoption"].sel(time=2020))
    light = at("sociaal-ondernemen", "idle lightly limited") / at("baseline", "idle lightly limited")
    fewer = at("baseline", "work total", channel="sw") - at("publiek-privaat", "work total", channel="sw")
    place = constant_values(study().equations)["sw place cost"]
    sentences = [
        f"reach {vacancies[0]:.0f} and {vacancies[1]:.0f} thousand in 2018 and 2019, recorded {seen[0]:.0f} and {seen[1]:.0f}",
        f"to {at('realised', 'bijstand'):.0f} thousand at the end of 2019, recorded {recorded('bijstand_persons_dec', 2019):.0f}",
        f'werkbedrijven"** ({at("publiek", "wb employment share"):.1%})',
        f"{at('publiek', 'work total', channel='wb') / 1e3:.1f} million people",
        f"{managers[1]:.0f} thousand managers ({managers[1] / managers[0]:.0f} times 2010)",
        f"and {at('publiek', 'programme cost') / 1e3:.0f} billion euro a year",
        f"{direct / (direct + placed):.0%} of those placed come straight from ordinary jobs",
        f"requirements {at('publiek', 'requirement index') - 1:.0%} above 2000",
        f"put {below:.0%} of people below the norm ({below_base:.0%} in `baseline`)",
        f"the share is {mild:.1%}.",
        f"asks for {at('regulier', 'quota required'):.0f} thousand people",
        f"is {at('regulier', 'quota shortfall'):.0f} thousand short in 2020",
        f"{at('regulier', 'people not working', band=COUNTED):.0f} thousand of 50-80 % are left without work",
        f"(`baseline` {at('baseline', 'people not working', band=COUNTED):.0f})",
        f"(`se adoption` {at('sociaal-ondernemen', 'se adoption'):.2f}) is {quiet:.2f} without the campaign",
        f"{light - 1:.0%} more people of 60-90 % are without work",
        f"Unemployed start at {at('baseline', 'unemployed', 2000):.0f} thousand, where the record says"
        f" {recorded('unemployed_derived_imf_weo', 2000):.0f}.",
        f"{fewer:.0f} thousand places less, at {place:g} thousand euro a place",
        f"save {fewer * place / 1e3:.1f} billion euro",
    ]
    assert [said for said in map(as_printed, sentences) if said not in TEXT] == []


def test_what_is_said_without_a_number_holds_in_a_run():
    without = run("regulier", switch_reinvest=0)["work total"].sel(channel="quota", time=2020)
    assert abs(float(without) / at("regulier", "work total", channel="quota") - 1) < 0.01
    rates = []
    for scenario in ("baseline", "sociaal-ondernemen"):
        bands = ["b60", "b70", "b80"]
        work, idle = (at(scenario, f"people {name}", band=bands) for name in ("working", "not working"))
        rates.append(work / (work + idle))
    assert rates[1] > rates[0]
    assert at("baseline", "vulnerable entry index", 2010) > 2
    assert at("sociaal-ondernemen", "wsw phaseout") == 0.05


def test_the_error_of_the_time_step_is_that_of_a_run():
    attributes = sdsocec.run(study()).attrs
    errors = dict(part.rsplit(": ", 1) for part in attributes["time_step_error"].split(", "))
    worst = max(errors, key=lambda name: float(errors[name]))
    assert as_printed(f"is {float(errors[worst]):.1%} of its largest value in that run (`{worst}`)") in TEXT
    assert f"Euler, 1/{1 / attributes['time_step']:.0f} year" in TEXT


def test_the_readers_of_the_record_find_every_file_explained():
    listed = re.findall(r"^\| (\w+) \|", (FOLDER / "data/SOURCES.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(set(listed) - {"file"}) == sorted(path.stem for path in (FOLDER / "data").glob("*.csv"))
    assert np.unique(listed).size == len(listed)
