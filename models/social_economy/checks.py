"""Reality checks: the claims of the study (A1-A36), the record (H1-H8), the laws that any such model keeps (G1-G14).

A claim is read from runs with the default values unless it says otherwise; its threshold follows from the sentence, not from what
the model happens to give. `C..` are the claims of `claims.toml`. The slow ones (hundreds of extreme runs) stand last.
"""

import csv
import re
import tomllib
from functools import cache
from pathlib import Path

import numpy as np

from sdsocec import reality_check

HERE = Path(__file__).parent
STUDY = "Scenario study Sociale Economie in 2020 (2010)"
BASE, SO, REG, PPS, PUB = "baseline", "sociaal-ondernemen", "regulier", "publiek-privaat", "publiek"
REALISED = "realised"
FIVE = (BASE, SO, REG, PPS, PUB)
CORNERS = {SO: (0, 0), REG: (0, 1), PPS: (1, 1), PUB: (1, 0)}  # (g, v): municipality entrepreneur, economies merged
STEP = 0.03125  # year, the model's time step
EVERY_STEP = {"SAVEPER": STEP}  # keep every step: flows x step is then exactly the change of a stock
RECESSION = {"recession depth": 0.05, "recession start": 2016, "recession duration": 1.5}
BANDS = ["b00", "b20", "b40", "b50", "b60", "b70", "b80", "b90"]
TARGET = BANDS[1:-1]  # 20 to 90 percent: what the study speaks of
CHANNELS = ["open", "quota", "pps", "se", "sw", "wb"]
REGULAR = ["open", "quota", "pps"]
SOFT = (
    "se adoption", "keurmerk share", "employer expertise", "csr openness", "private frustration",
    "social innovation", "municipal pps coverage",
)  # fmt: skip
MASKS = {  # the bands that each channel may employ, from the study; the Wsw by assumption
    "open": BANDS, "quota": ["b50", "b60", "b70"], "pps": ["b40", "b50", "b60"], "se": ["b20", "b40", "b50"],
    "sw": ["b20", "b40", "b50", "b60"], "wb": TARGET,
}  # fmt: skip


def at(array, time):
    """The value at a saved time."""
    return float(array.sel(time=time))


def years(array, start, end):
    """The part between two years, both included."""
    return array.sel(time=slice(start - 1e-6, end + 1e-6))


def idle(ds, bands, time=2020):
    return at(ds["people not working"].sel(band=bands).sum(["state", "band"]), time)


def working(ds, bands, channels, time=2020):
    return at(ds["people working"].sel(band=bands, channel=channels).sum(["channel", "band"]), time)


def in_work(ds, bands, time=2020):
    """Employment rate of bands: at work as a part of at work and not."""
    work = working(ds, bands, CHANNELS, time)
    return work / (work + idle(ds, bands, time))


def work(ds, channel, time=2020):
    return at(ds["work total"].sel(channel=channel), time)


# ---- A: the claims of the study ---------------------------------------------------------------------------------


@reality_check("A1: who produces less than half stands outside the quota and falls behind", source=f"{STUDY}, C84")
def a01_below_half_falls_behind(run):
    base, reg = run(scenario=BASE), run(scenario=REG)
    low, counted = ["b20", "b40"], ["b50", "b60", "b70"]
    quota = float(reg["people working"].sel(channel="quota", band=["b00", *low]).max())
    ratio = in_work(reg, low) / in_work(base, low)
    gaps = [in_work(ds, counted) - in_work(ds, low) for ds in (reg, base)]
    holds = quota == 0 and ratio <= 0.8 and gaps[0] - gaps[1] >= 0.20
    return (
        holds,
        f"quota work below half {quota:g}; employment rate {ratio:.3f} x baseline; gap wider by {gaps[0] - gaps[1]:.3f}",
    )


@reality_check("A2: werkbedrijven give almost 30 percent of employment", source=f"{STUDY}, C115")
def a02_almost_thirty_percent(run):
    share = at(run(scenario=PUB)["wb employment share"], 2020)
    return 0.28 <= share < 0.30, f"{share:.2%} in 2020"


@reality_check("A3: in Publiek the requirements of regular firms run away", source=f"{STUDY}, C116")
def a03_requirements_diverge(run):
    index = {name: at(run(scenario=name)["requirement index"], 2020) for name in FIVE}
    ratio = index[PUB] / index[BASE]
    return ratio >= 1.15 and max(index, key=index.get) == PUB, f"{ratio:.3f} x baseline"


@reality_check("A4: in Publiek only a small group still sits at home", source=f"{STUDY}, C28, C120, C124")
def a04_small_group_at_home(run):
    base, pub = run(scenario=BASE), run(scenario=PUB)
    part, ratio = 1 - in_work(pub, TARGET), idle(pub, TARGET) / idle(base, TARGET)
    return part <= 0.10 and ratio <= 0.35, f"{part:.3f} of the target group; {ratio:.3f} x baseline"


@reality_check(
    "A5: enough work is the main cause of that, the duty to work the second", source=f"{STUDY}, C15, C125, C126"
)
def a05_work_before_duty(run):
    with_all = idle(run(scenario=PUB), TARGET)
    places = idle(run(scenario=PUB, set={"wb expansion scenario": 0}), TARGET) - with_all
    duty = idle(run(scenario=PUB, set={"obligation scenario": 0.2}), TARGET) - with_all
    return places > duty > 0, f"without places {places:+.0f}, with the duty of 2010 {duty:+.0f} thousand without work"


@reality_check("A6: social firms employ people of 20 to 60 percent", source=f"{STUDY}, C26")
def a06_social_firms_20_to_60(run):
    so = run(scenario=SO)
    people = so["people working"].sel(channel="se")
    outside = float(people.sel(band=[b for b in BANDS if b not in MASKS["se"]]).max())
    mean = at((people * so["band productivity"]).sum("band") / people.sum("band"), 2020)
    ratio = work(so, "se") / work(run(scenario=BASE), "se")
    return (
        outside == 0 and 0.20 <= mean <= 0.60 and ratio >= 4,
        f"outside {outside:g}; mean {mean:.3f}; {ratio:.2f} x baseline",
    )


@reality_check("A7: the lightly limited fall between two stools in Sociaal ondernemen", source=f"{STUDY}, C52")
def a07_between_two_stools(run):
    base, so = run(scenario=BASE), run(scenario=SO)
    light = idle(so, ["b60", "b70", "b80"]) / idle(base, ["b60", "b70", "b80"])
    heavy = idle(so, ["b20", "b40", "b50"]) / idle(base, ["b20", "b40", "b50"])
    return light >= 1.00 and heavy <= 0.95, f"without work, 60-90 %: {light:.3f}, 20-60 %: {heavy:.3f} x baseline"


@reality_check("A8: regular firms hardly take them there", source=f"{STUDY}, C52")
def a08_hardly_taken(run):
    so, base = (at(run(scenario=n)["employability"].sel(band=["b60", "b70"]).mean("band"), 2020) for n in (SO, BASE))
    return so <= 0.20 and so <= 1.15 * base, f"employability {so:.3f}; {so / base:.3f} x baseline"


@reality_check("A9: social enterprise is a hype and the mark is the rule", source=f"{STUDY}, C37, C55")
def a09_hype(run):
    so, base = run(scenario=SO), run(scenario=BASE)
    adoption, mark = at(so["se adoption"], 2020), at(so["keurmerk share"], 2020)
    ratio = adoption / at(base["se adoption"], 2020)
    return (
        adoption >= 0.5 and ratio >= 4 and mark > 0.5,
        f"adoption {adoption:.3f}, {ratio:.2f} x baseline; mark {mark:.3f}",
    )


@reality_check("A10: campaigns matter", source=f"{STUDY}, C42")
def a10_campaigns_matter(run):
    without = at(run(scenario=SO, set={"se campaign scenario": 0.1})["se adoption"], 2020)
    ratio = without / at(run(scenario=SO)["se adoption"], 2020)
    return ratio <= 0.9, f"adoption without campaign {ratio:.3f} of that with"


@reality_check("A11: the crisis shifts values and helps social firms", source=f"{STUDY}, C41", kind="soft")
def a11_crisis_shifts_values(run):
    without = at(run(scenario=SO, set={"switch crisis": 0})["se adoption"], 2016)
    ratio = without / at(run(scenario=SO)["se adoption"], 2016)
    return ratio <= 0.995, f"adoption of 2016 without the effect {ratio:.4f} of that with"


@reality_check("A12: priority in tenders frustrates private parties and slows growth", source=f"{STUDY}, C50")
def a12_tenders_frustrate(run):
    so = run(scenario=SO)
    frustration = at(so["private frustration"], 2020)
    ratio = at(run(scenario=SO, set={"switch frustration": 0})["se adoption"], 2020) / at(so["se adoption"], 2020)
    return frustration >= 0.1 and ratio >= 1.02, f"frustration {frustration:.3f}; adoption without it {ratio:.3f}"


@reality_check("A13: nothing of the quota before 2014", source=f"{STUDY}, C74")
def a13_no_quota_before_2014(run):
    reg = run(scenario=REG)
    rows = (reg["work total"].sel(channel="quota"), reg["quota required"], reg["buyout revenue"])
    before = max(float(years(row, 2000, 2014).max()) for row in rows)
    after = min(at(row, 2014.125) for row in rows[1:])
    return before == 0 and after > 0 and at(
        rows[0], 2014.25
    ) > 0, f"before {before:g}; required {at(rows[1], 2014.125):.1f} after"


@reality_check("A14: the quota of 5 percent bites", source=f"{STUDY}, C74")
def a14_quota_bites(run):
    base, reg = run(scenario=BASE), run(scenario=REG)
    quota = work(reg, "quota")
    outside = float(reg["people working"].sel(channel="quota", band=["b00", "b20", "b40", "b80", "b90"]).max())
    shares = [
        at((ds["counted others"] + ds["work total"].sel(channel="quota")) / ds["quota base"], 2020)
        for ds in (reg, base)
    ]
    short = float(years(reg["quota shortfall"], 2014.125, 2020).min())
    holds = quota >= 100 and outside == 0 and shares[0] >= 1.5 * shares[1] and short > 0
    return (
        holds,
        f"{quota:.1f} thousand; counted {shares[0]:.4f} v {shares[1]:.4f} of employees; always {short:.0f} short",
    )


@reality_check("A15: people of 50-80 % are part of the regular economy, fewer on bijstand", source=f"{STUDY}, C64, C76")
def a15_part_of_the_regular_economy(run):
    base, reg = run(scenario=BASE), run(scenario=REG)
    bands = ["b50", "b60", "b70"]
    rates = [working(ds, bands, REGULAR) / (working(ds, bands, CHANNELS) + idle(ds, bands)) for ds in (reg, base)]
    bijstand = at(reg["bijstand"], 2020) / at(base["bijstand"], 2020)
    return rates[0] >= 1.5 * rates[
        1
    ] and bijstand <= 0.9, f"regular work {rates[0] / rates[1]:.2f}, bijstand {bijstand:.3f} x baseline"


@reality_check("A16: buying off is the only escape and its price matters", source=f"{STUDY}, C75")
def a16_the_fee_matters(run):
    runs = [run(scenario=REG, set={"buyout fee scenario": fee}) for fee in (0, 6, 12)]
    low, middle, high = (at(ds["quota compliance"], 2016) for ds in runs)
    ratio = work(runs[0], "quota", 2016) / work(runs[1], "quota", 2016)
    revenue = at(run(scenario=REG)["buyout revenue"], 2020)
    holds = low < middle < high and ratio <= 0.9 and revenue > 0
    return (
        holds,
        f"compliance {low:.3f} < {middle:.3f} < {high:.3f}; work without fee {ratio:.3f}; revenue {revenue:.0f} Meuro",
    )


@reality_check("A17: savings on benefits pay extra stimulation", source=f"{STUDY}, C77")
def a17_savings_pay(run):
    reg, without = run(scenario=REG), run(scenario=REG, set={"switch reinvest": 0})
    fund = at(without["stimulus fund"], 2020) / at(reg["stimulus fund"], 2020)
    compliance = [at(ds["quota compliance"], 2016) for ds in (without, reg)]
    return fund <= 0.8 and compliance[0] < compliance[
        1
    ], f"fund {fund:.3f}; compliance {compliance[0]:.4f} v {compliance[1]:.4f}"


def largest_loss(run, scenario, channels, bands, **settings):
    """Largest part of the work that a recession takes away in 2016-2018, against the same run without one."""

    def left(options):
        people = run(scenario=scenario, set=settings | options)["people working"]
        return years(people.sel(channel=channels, band=bands).sum(["channel", "band"]), 2016, 2018)

    return float((1 - left(RECESSION) / left({})).max())


@reality_check("A18: in a recession the target group goes first in Regulier", source=f"{STUDY}, C82")
def a18_target_group_goes_first(run):
    first = largest_loss(run, REG, REGULAR, TARGET) / largest_loss(run, REG, REGULAR, ["b90"])
    counted = ["b50", "b60", "b70"]
    reg, pps = (largest_loss(run, n, REGULAR, counted) / largest_loss(run, n, REGULAR, ["b90"]) for n in (REG, PPS))
    return (
        first >= 1.5 and reg > pps,
        f"loss of 20-90 % is {first:.2f} x that of b90; of 50-80 % {reg:.2f} v {pps:.2f} in PPS",
    )


@reality_check("A19: ... because many are flexible workers", source=f"{STUDY}, C83")
def a19_because_flexible(run):
    flex = {"flex share vulnerable scenario": 0.4}
    first = largest_loss(run, REG, REGULAR, TARGET) / largest_loss(run, REG, REGULAR, ["b90"])
    fewer = largest_loss(run, REG, REGULAR, TARGET, **flex) / largest_loss(run, REG, REGULAR, ["b90"], **flex)
    return first - fewer >= 0.1, f"{fewer:.2f} with the flexible share of 2010, v {first:.2f}"


@reality_check("A20: the PPS department prevents dismissal in hard times", source=f"{STUDY}, C105")
def a20_department_prevents_dismissal(run):
    loss = largest_loss(run, PPS, ["pps"], BANDS)
    without = largest_loss(run, PPS, ["pps"], BANDS, **{"recession buffer scenario": 0})
    quota = largest_loss(run, REG, ["quota"], BANDS)
    return (
        loss <= 0.7 * without and loss < quota,
        f"loss {loss:.3f}; without buffer {without:.3f}; of quota work {quota:.3f}",
    )


@reality_check("A21: from 60 to 90 percent by training is not quick", source=f"{STUDY}, C61")
def a21_training_is_not_quick(run):
    c = run.constants
    time = sum(c[f"band width[{b}]"] / (c["training gain"] * c[f"trainability[{b}]"]) for b in ("b60", "b70", "b80"))
    return time >= 3, f"{time:.1f} year at full coverage"


@reality_check("A22: people who were long absent need a start-up time", source=f"{STUDY}, C62")
def a22_start_up_time(run):
    with_start, without = (
        float(years(run(scenario=REG, set=s)["graduate"].sum(["channel", "band"]), 2014, 2020).sum())
        for s in ({}, {"tau start": 0})
    )
    return without >= 1.01 * with_start, f"graduates without start-up time {without / with_start:.3f}"


@reality_check("A23: public-private projects take people of 40 to 70 percent", source=f"{STUDY}, C27")
def a23_projects_40_to_70(run):
    pps = run(scenario=PPS)
    outside = float(pps["people working"].sel(channel="pps", band=[b for b in BANDS if b not in MASKS["pps"]]).max())
    return outside == 0 and work(pps, "pps") > 0, f"outside {outside:g}; {work(pps, 'pps'):.1f} thousand in 2020"


@reality_check("A24: active municipal stimulus is needed", source=f"{STUDY}, C89")
def a24_stimulus_is_needed(run):
    ratio = work(run(scenario=PPS, set={"pps investment scenario": 0}), "pps") / work(run(scenario=PPS), "pps")
    return ratio <= 0.05, f"without investment {ratio:g} of the work in projects"


@reality_check(
    "A25: the projects reach people of 40-70 % and give an ample supply of places", source=f"{STUDY}, C88, C96"
)
def a25_ample_supply(run):
    base, pps = run(scenario=BASE), run(scenario=PPS)
    bands = ["b40", "b50", "b60"]
    rise = in_work(pps, bands) - in_work(base, bands)
    return rise >= 0.10 and work(
        pps, "pps"
    ) >= 75, f"employment rate {rise:+.3f}; {work(pps, 'pps'):.1f} thousand in projects"


@reality_check("A26: SW firms become superfluous in Publiek-privaat", source=f"{STUDY}, C108")
def a26_sw_superfluous(run):
    pps = run(scenario=PPS)
    ratio = work(pps, "sw") / work(pps, "sw", 2010)
    return ratio <= 0.15, f"{ratio:.4f} of 2010"


@reality_check("A27: every municipality has a PPS department", source=f"{STUDY}, C99")
def a27_every_municipality(run):
    share = at(run(scenario=PPS)["municipal pps coverage"], 2020)
    return share >= 0.95, f"{share:.4f}"


@reality_check("A28: ageing brings shortage", source=f"{STUDY}, C93")
def a28_ageing_brings_shortage(run):
    fast, slow = (run(scenario=PPS, set={"ageing multiplier": m}) for m in (1.5, 0.7))
    vacancies, tightness = (at(fast[v], 2018) / at(slow[v], 2018) for v in ("vacancies", "perceived tightness"))
    return min(vacancies, tightness) >= 1.1, f"fast v slow ageing: vacancies {vacancies:.2f}, tightness {tightness:.2f}"


@reality_check("A29: own people before labour migrants", source=f"{STUDY}, C94")
def a29_own_people_first(run):
    pps, open_border = run(scenario=PPS), run(scenario=PPS, set={"migration restraint scenario": 0.3})
    ratio = float(years(pps["migration"], 2011, 2020).sum() / years(open_border["migration"], 2011, 2020).sum())
    gain = in_work(pps, TARGET) - in_work(open_border, TARGET)
    return ratio <= 0.6 and gain >= 0, f"migration {ratio:.3f}; employment rate {gain:+.4f}"


@reality_check("A30: flow from werkbedrijf to regular firms is difficult", source=f"{STUDY}, C122")
def a30_way_out_is_difficult(run):
    pub, easy = run(scenario=PUB), run(scenario=PUB, set={"switch requirement barrier": 0})
    rates = [at(ds["wb to open"].sum("band"), 2020) / work(ds, "wb") for ds in (pub, easy)]
    return rates[0] <= 0.02 and rates[1] >= 1.2 * rates[
        0
    ], f"{rates[0]:.4f} a year; without the barrier {rates[1] / rates[0]:.2f} x"


@reality_check("A31: managers are the key and hard to find", source=f"{STUDY}, C127")
def a31_managers_are_the_key(run):
    binding = float(years(run(scenario=PUB)["managers binding"], 2011, 2016).max())
    share = at(run(scenario=PUB, set={"manager recruitment scenario": 0.05})["wb employment share"], 2020)
    return binding == 1 and share <= 0.10, f"binding {binding:g}; share without recruitment {share:.4f}"


@reality_check("A32: SW firms are turned into werkbedrijven", source=f"{STUDY}, C22")
def a32_sw_becomes_wb(run):
    pub = run(scenario=PUB)
    ratio, share = work(pub, "sw") / work(pub, "sw", 2010), float(years(pub["to wb share"], 2013.125, 2020).min())
    return ratio <= 0.02 and share == 1, f"sw work {ratio:.6f} of 2010; to werkbedrijf {share:g} from 2013"


@reality_check("A33: who carries 20-60 %: sheltered work in SO, regular firms in REG", source=f"{STUDY}, C20, C64")
def a33_who_carries(run):
    bands = ["b20", "b40", "b50"]
    so, reg = run(scenario=SO), run(scenario=REG)
    sheltered = working(so, bands, ["sw", "se"]) / working(so, bands, CHANNELS)
    regular = working(reg, bands, REGULAR) / working(reg, bands, CHANNELS)
    return sheltered >= 0.6 and regular >= 0.6, f"sheltered {sheltered:.3f} in SO; regular {regular:.3f} in REG"


@reality_check(
    "A34: in Publiek the social sector is public and takes people from regular work", source=f"{STUDY}, C112, C113"
)
def a34_all_public(run):
    pub = run(scenario=PUB)
    public = work(pub, "wb") / sum(work(pub, c) for c in CHANNELS[1:])
    direct, placed = (float(years(row, 2011, 2020).sum()) for row in (pub["wb direct"], pub["hire"].sel(channel="wb")))
    share = direct / (direct + placed)
    return public >= 0.99 and share >= 0.4, f"werkbedrijven {public:.4f} of programmes; direct {share:.3f} of intake"


@reality_check("A35: a growing group falls below the demands of regular firms in Publiek", source=f"{STUDY}, C117")
def a35_growing_group(run):
    def below(ds, time):
        low = idle(ds, BANDS[:-1], time) + working(ds, BANDS[:-1], CHANNELS, time)
        return low / at(ds["people"], time)

    base, pub = run(scenario=BASE), run(scenario=PUB)
    growth, ratio = below(pub, 2020) / below(pub, 2010), below(pub, 2020) / below(base, 2020)
    return growth >= 1.5 and ratio >= 1.5, f"{growth:.2f} x 2010; {ratio:.2f} x baseline"


@reality_check("A36: how the target group responds decides what a stick does", source=f"{STUDY}, C14, C126")
def a36_response_decides(run):
    def effect(name):
        weak, strong = (idle(run(scenario=name, set={"incentive response": r}), TARGET) for r in (0.1, 0.9))
        return (weak - strong) / idle(run(scenario=name), TARGET)

    pub, base = effect(PUB), effect(BASE)
    return (
        pub >= 0.2 and pub > base,
        f"weak minus strong response: {pub:.3f} of idle in PUB, {base:.3f} in the baseline",
    )


# ---- H: the record, 2003-2014 (fit of the baseline) and 2015-2019 (policy as it was) ------------------------------


@cache
def record(name, first=2003, last=2019):
    """An observed series: year -> value."""
    with open(HERE / "data" / f"{name}.csv", encoding="utf-8", newline="") as file:
        return {int(r["year"]): float(r["value"]) for r in csv.DictReader(file) if first <= int(r["year"]) <= last}


def year_mean(array, year):
    return float(array.sel(time=slice(year - 1e-6, year + 1 - 1e-6)).mean())


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
    open_jobs = {y: year_mean(base["vacancies"], y) for y in vacancies}
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
    error = off_on_average(run(scenario=REALISED)["vacancies"], "vacancies_open_annual", (2015, 2019))
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


# ---- G: laws of any such model ----------------------------------------------------------------------------------


def people_balance(ds):
    """Largest error of people = at first + came in - left, as a part of people; `ds` keeps every step."""
    people = ds["people"].values
    net = ds["entry total"].values + ds["migration"].values - ds["total exit"].values
    expected = people[0] + STEP * np.concatenate([[0.0], np.cumsum(net[:-1])])
    return float((np.abs(people - expected) / people).max())


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
    worst = max(outside_masks(run(scenario=name)) for name in run.scenarios)
    wrong = [
        f"{c},{b}" for c, bands in MASKS.items() for b in BANDS if run.constants[f"mask[{c},{b}]"] != (b in bands)
    ]  # fmt: skip
    return worst == 0 and not wrong, f"people outside the mask {worst:g}; wrong masks {wrong}"


@reality_check(
    "G4: halving the time step changes at most 2 percent", source="Sterman (2000), appendix A, integration error"
)
def g04_half_the_step(run):
    worst, where = 0.0, ""
    for name in run.scenarios:
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
    worst = 0.0
    for name in run.scenarios:
        ds = run(scenario=name, set=RECESSION | {"switch frozen": 1})
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
    return not wrong, f"{len(run.levers)} levers, wrong: {wrong}"


@reality_check("G12: all scenarios share one history up to 2010.5", source=f"{STUDY}, C7, C69")
def g12_one_history(run):
    base = run(scenario=BASE)
    early = base.time.values <= 2010.5 + 1e-6
    apart = [
        (name, variable)
        for name in run.scenarios
        for variable in base.data_vars
        if variable not in run.constants
        and not np.array_equal(run(scenario=name)[variable].values[early], base[variable].values[early], equal_nan=True)
    ]
    late = min(
        abs(at(run(scenario=n)["unemployed"], 2014) - at(base["unemployed"], 2014)) for n in run.scenarios if n != BASE
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


def net_flows(ds):
    """The change of every people stock from the flows of the card: (time, state, band) and (time, channel, band)."""
    f = {
        flow["variable"]: ds[flow["variable"]].values
        for flow in tomllib.loads((HERE / "model.toml").read_text(encoding="utf-8"))["people_flow"]
    }
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


@reality_check("G13: accounts close: the flows of the card make every people stock", source="accounting of people")
def g13_accounts_close(run):
    total, flows = 0.0, 0.0
    for name in run.scenarios:
        ds = run(scenario=name, set=EVERY_STEP)
        difference = ds["work total"].sum("channel") - ds["total work"]
        total = max(total, float(np.abs(difference).max() / ds["total work"].max()))
        for stock, net in zip(("people not working", "people working"), net_flows(ds), strict=True):
            values, year = ds[stock].values, int(1 / STEP)
            made = STEP * np.add.reduceat(net[:-1], np.arange(0, len(net) - 1, year))
            flows = max(flows, relative_change(np.diff(values[::year], axis=0) - made, np.abs(values).max()))
    return total <= 1e-12 and flows <= 1e-9, f"total work off by {total:.1e}; stocks by {flows:.1e} in a year"


@reality_check(
    "G14: every constant is used, lies in its range; flags are 0 or 1, shares add up", source="the .mdl itself"
)
def g14_constants_are_sound(run):
    c = run.constants
    blocks = [b.split("~")[0] for b in (HERE / "model.mdl").read_text(encoding="utf-8").lower().split("|")]
    used = [" ".join(b.partition("=")[2].replace("\\", " ").split()) for b in blocks]
    names = {name.split("[")[0].lower() for name in c} - {"initial time", "final time", "saveper", "time step"}
    unused = [
        n for n in sorted(names) if not any(re.search(rf"(^|[-+*/(,<>=]) *{n} *($|[-+*/),[<>=])", u) for u in used)
    ]
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
        f"{len(c)} constants; unused {unused}; outside {outside}; no flags {halves}; people of 2000 {start:.10f}",
    )


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
    for name in run.scenarios:
        ds = run(scenario=name, set=EVERY_STEP)
        for lever in run.levers:
            start, full = at(ds[f"{lever} from year"], 2000), at(ds[f"{lever} full year"], 2000)
            ramp = np.clip((ds.time.values - start) / max(full - start, STEP), 0, 1)
            force, before = ds[lever].values, run.constants[f"{lever} baseline"]
            expected = before * (1 - ramp) + scenario_value(run, name, lever) * ramp
            if (
                start < 2010.5
                or np.abs(force - expected).max() > 1e-12
                or (force[ds.time.values <= start] != before).any()
            ):
                wrong.append(f"{lever} in {name}")
        frozen = run(scenario=name, set={"switch frozen": 1})
        wrong += [f"{x} frozen in {name}" for x in run.levers if (frozen[x] != run.constants[f"{x} baseline"]).any()]
    return not wrong, f"wrong: {wrong}"


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
    return value >= 0.01 and not missing, f"smallest {value:.2%} ({weakest}: {where}); not listed {sorted(missing)}"


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
    card = tomllib.loads((HERE / "model.toml").read_text(encoding="utf-8"))
    free = {f"{lever} scenario": limits for lever, limits in ends.items()}
    free |= {u["name"]: run.ranges[u["name"]] for u in card["uncertainty"]}
    rng = np.random.default_rng(2020)
    for i in range(n_draws):
        yield FIVE[i % len(FIVE)], {name: float(rng.uniform(low, high)) for name, (low, high) in free.items()}


@cache
def extreme_results(run):
    """Of all extreme runs: their number, finite or not, worst balance, lowest stock, range of shares, people outside masks."""
    n, finite, balance, lowest, shares, outside = 0, True, 0.0, np.inf, [], 0.0
    for scenario, settings in extremes(run):
        ds = run(scenario=scenario, set=EVERY_STEP | settings)
        n += 1
        finite &= all(np.isfinite(ds[name].values).all() for name in (*run.stocks, "programme cost", "job creation"))
        balance, lowest = max(balance, people_balance(ds)), min(lowest, lowest_stock(run, ds))
        shares += [f(ds[name].values) for name in SOFT for f in (np.min, np.max)]
        outside = max(outside, outside_masks(ds))
    return n, finite, balance, lowest, (min(shares), max(shares)), outside


@reality_check("G8: shares stay shares in all extremes", source="extreme conditions: shares lie within 0 and 1")
def g08_shares_stay_shares(run):
    low, high = extreme_results(run)[4]
    return low >= 0 and high <= 1, f"from {low:.3g} to {high:.6g}"


@reality_check(
    "G6: extreme policy stays finite, keeps people and never goes below zero", source="Sterman (2000), ch. 21"
)
def g06_extremes_are_sound(run):
    n, finite, balance, lowest, _, outside = extreme_results(run)
    holds = finite and balance <= 1e-9 and lowest >= 0 and outside == 0
    return (
        holds,
        f"{n} runs, finite {finite}, people off by {balance:.1e}, lowest stock {lowest:g}, outside masks {outside:g}",
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
