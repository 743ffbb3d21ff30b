"""G1-G14: the laws that any such model keeps. Those with hundreds of runs stand last."""

import re
from functools import lru_cache

import numpy as np

from sdsocec import reality_check

from .shared import (
    BANDS,
    BASE,
    CHANNELS,
    CORNERS,
    EVERY_STEP,
    FIVE,
    HERE,
    MASKS,
    PPS,
    PUB,
    RECESSION,
    REG,
    SO,
    SOFT,
    STEP,
    STUDIED,
    STUDY,
    at,
    card,
    told,
    work,
    years,
)


def people_balance(ds):
    """Largest error of people = at first + came in - left, as a part of people; `ds` keeps every step."""
    people = ds["people"].values
    net = ds["entry total"].values + ds["migration"].values - ds["total exit"].values
    expected = people[..., :1] + STEP * np.cumsum(net[..., :-1], axis=-1)
    return float((np.abs(people[..., 1:] - expected) / people[..., 1:]).max())


def lowest_stock(run, ds):
    return min(float(ds[stock].min()) for stock in run.stocks)


def outside_masks(ds):
    people = ds["people working"]
    return max(
        float(np.abs(people.sel(channel=c, band=[b for b in BANDS if b not in bands])).max())
        for c, bands in MASKS.items()
        if bands != BANDS
    )


def relative_change(values, scale):
    return float(np.abs(values).max() / max(scale, 1e-9))


@reality_check("G1: people are neither created nor lost", source="Sterman (2000), Business Dynamics, ch. 21")
def g01_people_are_conserved(run):
    worst = max(people_balance(run(scenario=name, set=EVERY_STEP)) for name in run.scenarios)
    return worst <= 1e-9, f"largest relative error {worst:.1e} in {len(run.scenarios)} scenarios"


@reality_check("G2: no stock is negative in any scenario", source="Sterman (2000), ch. 21, extreme conditions")
def g02_no_negative_stock(run):
    lowest = min(lowest_stock(run, run(scenario=name, set=EVERY_STEP)) for name in run.scenarios)
    return lowest >= 0, f"lowest value {lowest:g}"


@reality_check("G3: a channel employs only the bands that the study gives it", source=f"{STUDY}, C26-C28, C74")
def g03_masks_hold(run):
    worst = max(outside_masks(run(scenario=name)) for name in STUDIED)
    wrong = [
        f"{c},{b}" for c, bands in MASKS.items() for b in BANDS if run.constants[f"mask[{c},{b}]"] != (b in bands)
    ]  # fmt: skip
    return worst == 0 and not wrong, f"people outside the mask {worst:g}; wrong masks: {told(wrong)}"


@reality_check(
    "G4: halving the time step changes at most 2 percent", source="Sterman (2000), appendix A, integration error"
)
def g04_half_the_step(run):
    worst, where = 0.0, ""
    for name in STUDIED:
        coarse, fine = run(scenario=name), run(scenario=name, set={"TIME STEP": STEP / 2})
        for time in (2007, 2010, 2014, 2017, 2020):
            for row in ("unemployed", "people at home", "vacancies", *CHANNELS):
                a, b = (work(ds, row, time) if row in CHANNELS else at(ds[row], time) for ds in (coarse, fine))
                if (error := abs(a - b) / max(abs(b), 1)) > worst:
                    worst, where = error, f"{row}, {name}, {time}"
    return worst <= 0.02, f"{worst:.2%} ({where})"


@reality_check(
    "G5: frozen, the model rests in the state of 2000, whatever the levers",
    source=f"Sterman (2000), ch. 21; {STUDY}, C7",
)
def g05_frozen_is_an_equilibrium(run):
    worst, shortage = 0.0, {"vacancies norm": 120, "tightness norm": 0.5}  # would draw migrants and tighten perception
    for name in STUDIED:
        ds = run(scenario=name, set=RECESSION | shortage | {"switch frozen": 1})
        for stock in run.stocks:
            if stock == "wajong recipients":
                continue
            values = ds[stock].values.reshape(ds.time.size, -1)
            scale = np.maximum(np.abs(values[0]), 1e-9)
            worst = max(worst, float((np.abs(values - values[0]) / scale).max()) / 20)
    tight = at(run(set={"switch frozen": 1})["market tightness"], 2020)
    norm = run.constants["tightness norm"]
    return worst <= 1e-6 and abs(
        tight - norm
    ) <= 5e-7, f"largest drift {worst:.1e} a year; tightness {tight:.6f} v {norm:g}"


@reality_check("G9: a programme that a scenario does not have stays empty", source=f"{STUDY}, C71, C112")
def g09_no_programme_stays_empty(run):
    absent = {"quota": (BASE, SO, PPS, PUB), "pps": (BASE, SO, PUB), "wb": (BASE, SO, REG, PPS)}
    most = max(float(run(scenario=n)["work total"].sel(channel=c).max()) for c, names in absent.items() for n in names)
    return most == 0, f"most work in an absent programme {most:g}"


@reality_check("G10: the budget cap binds", source="shared money for mixtures of scenarios")
def g10_cap_binds(run):
    cap = 10_000
    capped = run(scenario=PUB, set={"programme budget cap": cap})
    cost = float(years(capped["programme cost"], 2018, 2020).max())
    factor = at(capped["budget factor"], 2020)
    shares = [at(ds["wb employment share"], 2020) for ds in (capped, run(scenario=PUB))]
    holds = cost <= 1.05 * cap and factor < 1 and shares[0] < shares[1]
    return holds, f"cost at most {cost:.0f} Meuro; factor {factor:.3f}; share {shares[0]:.3f} v {shares[1]:.3f}"


def scenario_value(run, name, lever):
    return at(run(scenario=name)[f"{lever} scenario"], 2000)


@reality_check("G11: the corners of the scenario plane are the scenarios, bit for bit", source=f"{STUDY}, C5, C16-C19")
def g11_corners_are_scenarios(run):
    def lever(name, g, v, intensity):
        so, reg, pps, pub = (scenario_value(run, n, name) for n in (SO, REG, PPS, PUB))
        corner = (1 - g) * (1 - v) * so + (1 - g) * v * reg + g * v * pps + g * (1 - v) * pub
        return intensity * corner + (1 - intensity) * scenario_value(run, BASE, name)

    wrong = [
        f"{name} in {scenario}"
        for name in run.levers
        for scenario, (g, v) in CORNERS.items()
        if lever(name, g, v, 1) != scenario_value(run, scenario, name)
        or lever(name, g, v, 0) != scenario_value(run, BASE, name)
    ]
    return not wrong, f"{len(run.levers)} levers, wrong: {told(wrong)}"


@reality_check("G12: all scenarios share one history up to 2010.5", source=f"{STUDY}, C7, C69")
def g12_one_history(run):
    base = run(scenario=BASE)
    early = base.time.values <= 2010.5 + 1e-6
    apart = [
        (name, variable)
        for name in STUDIED
        for variable in base.data_vars
        if variable not in run.constants
        and not np.array_equal(run(scenario=name)[variable].values[early], base[variable].values[early], equal_nan=True)
    ]
    late = min(
        abs(at(run(scenario=n)["unemployed"], 2014) - at(base["unemployed"], 2014)) for n in STUDIED if n != BASE
    )
    return (
        not apart and late > 1,
        f"{len(apart)} variables apart before; unemployed of 2014 at least {late:.0f} thousand apart",
    )


def band_above(values):
    """What a band gets from the band above it; the last axis is the band."""
    return np.concatenate([values[..., 1:], np.zeros_like(values[..., :1])], axis=-1)


def band_below(values):
    return np.concatenate([np.zeros_like(values[..., :1]), values[..., :-1]], axis=-1)


def people_flows(ds):
    names = [flow["variable"].partition("[")[0] for flow in card()["people_flow"]]
    return {name: ds[name].values for name in names}


def net_flows(ds):
    """The change of every people stock from the flows of the card: (time, state, band) and (time, channel, band)."""
    f = people_flows(ds)
    short, long, home = 0, 1, 2
    onset = ds["onset dist"].values
    idle_net = f["entry"] + f["migrant entry"] - f["exit not working"] - f["hire"].sum(axis=1)
    idle_net += onset[:, None] * f["onset idle loss"].sum(-1, keepdims=True) - f["onset idle loss"]
    idle_net += band_above(f["drop idle"]) - f["drop idle"]
    idle_net[:, short] += f["separation"].sum(axis=1) - f["short to long"]
    idle_net[:, long] += f["short to long"] + f["reactivation"] - f["withdrawal"]
    idle_net[:, home] += f["withdrawal"] - f["reactivation"]
    work_net = f["hire"].sum(axis=2) - f["separation"] - f["exit working"]
    work_net += (
        band_below(f["train up"]) - f["train up"] - f["graduate"] + band_above(f["drift working"]) - f["drift working"]
    )
    work_net[:, 0] += onset * f["onset open loss"].sum(-1, keepdims=True) - f["onset open loss"]
    work_net[:, 0] += f["wb to open"] - f["wb direct"] + band_below(f["graduate"].sum(axis=1))
    work_net[:, 4] -= f["sw to wb"]
    work_net[:, 5] += f["sw to wb"] + f["wb direct"] - f["wb to open"]
    return idle_net, work_net


def open_accounts(ds):
    """Largest difference in a year between the change of the people stocks and their flows, as a part of the largest stock."""
    worst, year = 0.0, int(1 / STEP)
    for stock, net in zip(("people not working", "people working"), net_flows(ds), strict=True):
        values = ds[stock].values
        changes = np.diff(values[::year], axis=0)  # of whole years: a run may end within one
        made = STEP * np.add.reduceat(net[: len(changes) * year], np.arange(0, len(changes) * year, year))
        worst = max(worst, relative_change(changes - made, np.abs(values).max()))
    return worst


@reality_check("G13: accounts close: the flows of the card make every people stock", source="accounting of people")
def g13_accounts_close(run):
    total, flows = 0.0, 0.0
    for name in run.scenarios:
        ds = run(scenario=name, set=EVERY_STEP)
        difference = ds["work total"].sum("channel") - ds["total work"]
        total = max(total, float(np.abs(difference).max() / ds["total work"].max()))
        flows = max(flows, open_accounts(ds))
    return total <= 1e-12 and flows <= 1e-9, f"total work off by {total:.1e}; stocks by {flows:.1e} in a year"


@reality_check(
    "G13: ... also of the cells that stay empty, once people are put there and every flow may act",
    source="accounting of people; extreme conditions: an account closes whatever the numbers",
)
def g13_accounts_close_in_every_cell(run):
    rng = np.random.default_rng(13)
    parts = (
        "mask", "weight", "lowflag", "upflag", "drift flag", "gradflag", "loss flag", "loss exposure", "direct weight",
        "trainability", "reactivable", "access", "enters home", "onset dist[b90", "entry home share",
    )  # fmt: skip
    ends = dict.fromkeys(parts, (0.2, 0.8))
    ends |= {"initial not working": (2, 6), "initial working": (2, 6), "initial working[open": (500, 1000)}
    ends |= {"weight[wb": (0.01, 0.03)}  # so that a werkbedrijf lacks people and takes them from ordinary work
    crowded = {
        name: float(rng.uniform(*limits))
        for part, limits in ends.items()
        for name in run.constants
        if name.startswith(part if "[" in part else f"{part}[")
    }
    crowded |= EVERY_STEP | {"FINAL TIME": 2016, "initial wb managers": 300}
    runs = [run(scenario=name, set=crowded) for name in (REG, PPS, PUB)]
    worst = max(open_accounts(ds) for ds in runs)
    flows = [people_flows(ds) for ds in runs]
    cells = {name: sum(np.abs(some[name]).max(axis=0) for some in flows) for name in flows[0]}
    cells["migrant entry"] = cells["migrant entry"][0]  # migrants search first: the flow has no other cells
    still = {name: int((most == 0).sum()) for name, most in cells.items() if (most == 0).any()}
    return worst <= 1e-9 and not still, f"stocks off by {worst:.1e} in a year; flows that never act: {told(still)}"


STOCK_FLOWS = {  # stock -> what comes in, what goes out
    "vacancies": (["job creation"], ["hire open", "wb to open", "vacancy loss"]),
    "se adoption": (["se growth"], ["se loss"]),
    "keurmerk share": (["change of keurmerk share"], []),
    "employer expertise": (["expertise gain"], ["expertise loss"]),
    "csr openness": (["change of csr openness"], []),
    "private frustration": (["change of private frustration"], []),
    "social innovation": (["innovation gain"], ["innovation loss"]),
    "pps staff": (["change of pps staff"], []),
    "wb managers": (["manager hiring"], ["manager leaving"]),
    "requirement index": (["requirement rise"], []),
    "stimulus fund": (["fund inflow"], ["stimulus spending", "innovation spending"]),
    "perceived tightness": (["change of perceived tightness"], []),
    "municipal pps coverage": (["pps department start"], ["pps department loss"]),
    "wajong recipients": (["wajong inflow"], ["wajong outflow"]),
}


@reality_check("G13: every other stock changes by its flows alone", source="accounting; Sterman (2000), ch. 6")
def g13_stocks_change_by_their_flows(run):
    def flow(ds, name):
        return ds[name].sum([d for d in ds[name].dims if d != "time"]).values

    worst, where, still = 0.0, "", set(STOCK_FLOWS)
    for name in run.scenarios:
        ds = run(scenario=name, set=EVERY_STEP)
        for stock, (gains, losses) in STOCK_FLOWS.items():
            values = ds[stock].values
            net = sum(flow(ds, x) for x in gains) - sum(flow(ds, x) for x in losses)
            if values.max() > values.min():
                still.discard(stock)
                error = relative_change(np.diff(values) - STEP * net[:-1], np.abs(values).max())
                worst, where = max((worst, where), (error, f"{stock}, {name}"))
    missing = {*run.stocks} ^ {*STOCK_FLOWS, "people not working", "people working"}
    return (
        worst <= 1e-12 and not missing and not still,
        f"largest error {worst:.1e} ({where}); never change: {told(sorted(still))}",
    )


@reality_check(
    "G14: every constant is used, lies in its range; flags are 0 or 1, shares add up", source="the .mdl itself"
)
def g14_constants_are_sound(run):
    c = run.constants
    equations = (HERE / "model.mdl").read_text(encoding="utf-8").lower().partition("\\\\\\---///")[0]
    blocks = [b.split("~")[0] for b in equations.split("|")]
    right = (" ".join(b.partition("=")[2].replace("\\", " ").split()) for b in blocks)
    used = {name.strip() for text in right for name in re.split(r"[-+*/(),<>=\[\]]", text)}
    names = {name.split("[")[0].lower() for name in c} - {"initial time", "final time", "saveper", "time step"}
    unused = sorted(names - used)
    outside = [n for n, v in c.items() if not run.ranges[n][0] <= v <= run.ranges[n][1]]
    flags = ("mask", "lowflag", "upflag", "drift flag", "enters", "gated", "pulled", "obliged", "gradflag", "loss flag")
    halves = [n for n, v in c.items() if n.startswith(flags) and v not in (0, 1)]
    dist = sum(c[f"onset dist[{b}]"] for b in BANDS)
    shares = sum(c[f"entry share 2000[{b}]"] for b in BANDS)
    step = c["shortest phase in"] == c["TIME STEP"]
    start = at(run()["people index"], 2000)
    holds = (
        not unused
        and not outside
        and not halves
        and abs(dist - 1) < 1e-12
        and shares < 1
        and step
        and abs(start - 1) < 1e-9
    )
    return (
        holds,
        f"{len(c)} constants; unused: {told(unused)}; outside their range: {told(outside)}; no flags: {told(halves)}; "
        f"people of 2000 {start:.10f}",
    )


@reality_check(
    "G14: constants that lean on others, or on a fact of life, do so", source="the sources of the constants in the .mdl"
)
def g14_constants_mean_what_they_say(run):
    c = run.constants
    fee = scenario_value(run, REG, "buyout fee")
    innovation = 100 * c["si gain"]  # a year, at 100 million euro a year
    said = {  # what the source says, what the constants make of it, within
        "projects are 3 % of regular work": (0.03, c["pps potential"] / c["demand 2000"], 0.001),
        "tenders of 0.25 bring 15 % more projects": (0.15, 0.25 * c["pps procurement gain"], 0.005),
        "motivation is half a buyout fee": (0.5, c["csr fee equivalent"] / fee, 0.01),
        "firms spread by half a buyout fee": (0.5, c["quota spread"] / fee, 0.01),
        "stimulation is at most a third of the fee": (1 / 3, c["stimulus cap"] / fee, 0.01),
        "investment doubles openness": (2, 1 + c["csr invest"] / c["csr base"], 0.25),
        "frustration undoes investment": (1, c["csr frustration"] / c["csr invest"], 0.01),
        "openness rests at its norm": (c["csr base"], c["csr norm"], 0),
        "any employer has the cover of 2010": (c["risk cover baseline"], c["generic risk cover"], 0),
        "any employer has the compensation of 2010": (c["compensation share baseline"], c["generic compensation"], 0),
        "100 million a year gives two thirds of innovation": (
            2 / 3,
            innovation / (innovation + 1 / c["si time"]),
            0.01,
        ),
        "10 % higher demands close 18 % of the way out": (0.18, 1 - np.exp(-0.1 * c["requirement barrier"]), 0.005),
        "at 28 % werkbedrijf demands rise 1 % a year": (0.01, 0.28 * 0.75 * c["segregation gain"], 0.001),
        "a vacancy takes a month, 1/12 year": (1 / 12, c["min fill time"], 0.005),
        "dismissal takes half a year at least": (0.5, 1 / c["max separation"], 0.01),
        "a third of priority and two thirds of adoption frustrate a third": (1 / 3, c["fr gain"] * 2 / 9, 0.01),
    }
    wrong = [f"{claim}: {got:.3g}" for claim, (told, got, within) in said.items() if abs(got - told) > within]
    return not wrong, f"{len(said)} statements; wrong: {told(wrong)}"


@reality_check(
    "As it stands the model is the policy of 2010, and levers move on their dates", source=f"{STUDY}, C7, C69, C74"
)
def levers_move_on_their_dates(run):
    wrong = [
        lever
        for lever in run.levers
        if run.constants[f"{lever} scenario"] != run.constants[f"{lever} baseline"]
        or run.constants[f"{lever} baseline"] != scenario_value(run, BASE, lever)
    ]
    apart = {}  # a baseline of 0 would hide that it goes
    for lever in run.levers:
        low, high = run.ranges[f"{lever} scenario"]
        apart |= {f"{lever} baseline": 0.3 * low + 0.7 * high, f"{lever} scenario": 0.7 * low + 0.3 * high}
    for name, settings in [*((name, {}) for name in STUDIED), (BASE, apart)]:
        ds = run(scenario=name, set=EVERY_STEP | settings)
        for lever in run.levers:
            start, full, before, after = (
                at(ds[f"{lever} {part}"], 2000) for part in ("from year", "full year", "baseline", "scenario")
            )
            ramp = np.clip((ds.time.values - start) / max(full - start, STEP), 0, 1)
            force, expected = ds[lever].values, before * (1 - ramp) + after * ramp
            if (
                start < 2010.5
                or np.abs(force - expected).max() > 1e-12
                or (force[ds.time.values <= start] != before).any()
            ):
                wrong.append(f"{lever} in {name}")
    for name in STUDIED:
        frozen = run(scenario=name, set={"switch frozen": 1})
        wrong += [f"{x} frozen in {name}" for x in run.levers if (frozen[x] != run.constants[f"{x} baseline"]).any()]
    return not wrong, f"wrong: {told(wrong)}"


SWITCHES = {  # switch -> the scenario in which its loop shows
    "switch imitation": SO, "switch media": SO, "switch expertise": PUB, "switch support follows": SO, "switch keurmerk": SO,
    "switch profit": SO, "switch innovation": REG, "switch reinvest": REG, "switch csr pps": PPS, "switch segregation": PUB,
    "switch municipal imitation": PPS, "switch skill loss": PUB, "switch frustration": SO, "switch migration": BASE,
    "switch manager competition": PUB, "switch requirement barrier": PUB, "switch layoff": PUB, "switch shortage": PPS,
    "switch crisis": SO, "switch shift": PUB, "switch direct": PUB, "switch training pull": REG, "switch training": REG,
    "switch requirement": PUB, "switch obligation": PUB, "switch buyout fund": REG, "switch hr": PPS,
}  # fmt: skip


@reality_check(
    "G7: every loop matters: its switch changes what the study judges by", source="feedback loops of the model"
)
def g07_every_switch_matters(run):
    def rows(ds):
        for channel in CHANNELS:
            yield f"work, {channel}", ds["work total"].sel(channel=channel).values, 5
        yield "idle target group", ds["idle target group"].values, 1e-9
        yield "wb to open", ds["wb to open"].sum("band").values, 1e-9
        for name in (*SOFT, "stimulus fund", "requirement index", "perceived tightness", "wb managers"):
            yield name, ds[name].values, 1e-9

    effects = {}
    for switch, scenario in SWITCHES.items():
        on, off = run(scenario=scenario), run(scenario=scenario, set={switch: 0})
        effects[switch] = max(
            (float((np.abs(b - a) / np.maximum(np.abs(a), least))[np.abs(a) > least].max(initial=0)), name)
            for (name, a, least), (_, b, _) in zip(rows(on), rows(off), strict=True)
        )
    missing = {n for n in run.constants if n.startswith("switch ") and n != "switch frozen"} ^ set(SWITCHES)
    weakest = min(effects, key=effects.get)
    value, where = effects[weakest]
    return (
        value >= 0.01 and not missing,
        f"smallest {value:.2%} ({weakest}: {where}); not listed: {told(sorted(missing))}",
    )


# ---- extreme conditions: hundreds of runs -----------------------------------------------------------------------


def extremes(run, n_draws=300):
    """Each lever at both ends in four scenarios, all levers at an end, and random draws of levers and uncertain inputs."""
    ends = {lever: run.ranges[f"{lever} scenario"] for lever in run.levers}
    for name in (BASE, REG, PPS, PUB):
        for lever, (low, high) in ends.items():
            for value in (low, high):
                yield name, {f"{lever} scenario": value}
    for end in (0, 1):
        for shock in ({}, RECESSION):
            yield BASE, shock | {f"{lever} scenario": limits[end] for lever, limits in ends.items()}
    free = {f"{lever} scenario": limits for lever, limits in ends.items()}
    free |= {u["name"]: run.ranges[u["name"]] for u in card()["uncertainty"]}
    rng = np.random.default_rng(2020)
    for i in range(n_draws):
        yield FIVE[i % len(FIVE)], {name: float(rng.uniform(low, high)) for name, (low, high) in free.items()}


@lru_cache(maxsize=1)
def extreme_results(run):
    """Of all extreme runs: their number, worst balance, lowest stock, range of shares, people outside masks.

    A run with a number that is not finite is refused: of these variables at every step, of all others at every year.
    """
    rows = list(extremes(run))
    for _ in run.many((scenario, {"SAVEPER": 1} | settings) for scenario, settings in rows):
        pass
    every_step = [(scenario, EVERY_STEP | settings) for scenario, settings in rows]
    outputs = (*run.stocks, "people", "entry total", "migration", "total exit", "programme cost", "job creation")
    balance, lowest, shares, outside = 0.0, np.inf, [], 0.0
    for some in run.many(every_step, outputs):
        balance, lowest = max(balance, people_balance(some)), min(lowest, lowest_stock(run, some))
        shares += [f(some[name].values) for name in SOFT for f in (np.min, np.max)]
        outside = max(outside, outside_masks(some))
    return len(rows), balance, lowest, (min(shares), max(shares)), outside


@reality_check("G8: shares stay shares in all extremes", source="extreme conditions: shares lie within 0 and 1")
def g08_shares_stay_shares(run):
    low, high = extreme_results(run)[3]
    return low >= 0 and high <= 1, f"from {low:.3g} to {high:.6g}"


@reality_check(
    "G6: extreme policy stays finite, keeps people and never goes below zero", source="Sterman (2000), ch. 21"
)
def g06_extremes_are_sound(run):
    n, balance, lowest, _, outside = extreme_results(run)
    return (
        balance <= 1e-9 and lowest >= 0 and outside == 0,
        f"{n} runs, all finite, people off by {balance:.1e}, lowest stock {lowest:g}, outside masks {outside:g}",
    )


@reality_check(
    "G6: without demand nobody is hired, without entry people decline",
    source="Sterman (2000), ch. 21, extreme conditions",
)
def g06_no_demand_no_entry(run):
    none = run(set={"recession depth": 1, "recession start": 2000.5, "recession duration": 30})
    hires = none["hire open"].sum(["state", "band"])
    ratio = at(hires, 2005) / at(hires, 2000)
    people = run(set={"entry scale": 0, "switch migration": 0})["people"].values
    falls = bool((np.diff(people) < 0).all())
    return (
        ratio <= 1e-3 and falls,
        f"hires in 2005 {ratio:.1e} of 2000; people after a year {people[8] / people[0]:.3f}",
    )
