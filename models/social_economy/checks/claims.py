"""A1-A36: the claims of the study.

A claim is read from runs with the default values unless it says otherwise; its threshold follows from the sentence, not from what
the model happens to give. `C..` are the claims of `claims.toml`.
"""

from sdsocec import reality_check

from .shared import (
    BANDS,
    BASE,
    CHANNELS,
    FIVE,
    MASKS,
    PPS,
    PUB,
    RECESSION,
    REG,
    REGULAR,
    SO,
    STUDY,
    TARGET,
    at,
    idle,
    in_work,
    work,
    working,
    years,
)


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
        f"quota work below half {quota:g}; employment rate {ratio:.3f} times the baseline; gap wider by {gaps[0] - gaps[1]:.3f}",
    )


@reality_check("A2: werkbedrijven give almost 30 percent of employment", source=f"{STUDY}, C115")
def a02_almost_thirty_percent(run):
    share = at(run(scenario=PUB)["wb employment share"], 2020)
    return 0.28 <= share < 0.30, f"{share:.2%} in 2020"


@reality_check("A3: in Publiek the requirements of regular firms run away", source=f"{STUDY}, C116")
def a03_requirements_diverge(run):
    index = {name: at(run(scenario=name)["requirement index"], 2020) for name in FIVE}
    ratio = index[PUB] / index[BASE]
    return ratio >= 1.15 and max(index, key=index.get) == PUB, f"{ratio:.3f} times the baseline"


@reality_check("A4: in Publiek only a small group still sits at home", source=f"{STUDY}, C28, C120, C124")
def a04_small_group_at_home(run):
    base, pub = run(scenario=BASE), run(scenario=PUB)
    part, ratio = 1 - in_work(pub, TARGET), idle(pub, TARGET) / idle(base, TARGET)
    return part <= 0.10 and ratio <= 0.35, f"{part:.3f} of the target group; {ratio:.3f} times the baseline"


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
        f"outside {outside:g}; mean {mean:.3f}; {ratio:.2f} times the baseline",
    )


@reality_check("A7: the lightly limited fall between two stools in Sociaal ondernemen", source=f"{STUDY}, C52")
def a07_between_two_stools(run):
    base, so = run(scenario=BASE), run(scenario=SO)
    light = idle(so, ["b60", "b70", "b80"]) / idle(base, ["b60", "b70", "b80"])
    heavy = idle(so, ["b20", "b40", "b50"]) / idle(base, ["b20", "b40", "b50"])
    return (
        light >= 1.00 and heavy <= 0.95,
        f"without work, 60-90 %: {light:.3f}, 20-60 %: {heavy:.3f} times the baseline",
    )


@reality_check("A8: regular firms hardly take them there", source=f"{STUDY}, C52")
def a08_hardly_taken(run):
    so, base = (at(run(scenario=n)["employability"].sel(band=["b60", "b70"]).mean("band"), 2020) for n in (SO, BASE))
    return so <= 0.20 and so <= 1.15 * base, f"employability {so:.3f}; {so / base:.3f} times the baseline"


@reality_check("A9: social enterprise is a hype and the mark is the rule", source=f"{STUDY}, C37, C55")
def a09_hype(run):
    so, base = run(scenario=SO), run(scenario=BASE)
    adoption, mark = at(so["se adoption"], 2020), at(so["keurmerk share"], 2020)
    ratio = adoption / at(base["se adoption"], 2020)
    return (
        adoption >= 0.5 and ratio >= 4 and mark > 0.5,
        f"adoption {adoption:.3f}, {ratio:.2f} times the baseline; mark {mark:.3f}",
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
    ] and bijstand <= 0.9, f"regular work {rates[0] / rates[1]:.2f}, bijstand {bijstand:.3f} times the baseline"


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
        f"loss of 20-90 % is {first:.2f} times that of b90; of 50-80 % {reg:.2f} v {pps:.2f} in publiek-privaat",
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
    ], f"{rates[0]:.4f} a year; without the barrier {rates[1] / rates[0]:.2f} times that"


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


@reality_check(
    "A33: who carries 20-60 %: sheltered work in Sociaal ondernemen, regular firms in Regulier",
    source=f"{STUDY}, C20, C64",
)
def a33_who_carries(run):
    bands = ["b20", "b40", "b50"]
    so, reg = run(scenario=SO), run(scenario=REG)
    sheltered = working(so, bands, ["sw", "se"]) / working(so, bands, CHANNELS)
    regular = working(reg, bands, REGULAR) / working(reg, bands, CHANNELS)
    numbers = f"sheltered {sheltered:.3f} in sociaal-ondernemen; regular {regular:.3f} in regulier"
    return sheltered >= 0.6 and regular >= 0.6, numbers


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
    return growth >= 1.5 and ratio >= 1.5, f"{growth:.2f} times 2010; {ratio:.2f} times the baseline"


@reality_check("A36: how the target group responds decides what a stick does", source=f"{STUDY}, C14, C126")
def a36_response_decides(run):
    def effect(name):
        weak, strong = (idle(run(scenario=name, set={"incentive response": r}), TARGET) for r in (0.1, 0.9))
        return (weak - strong) / idle(run(scenario=name), TARGET)

    pub, base = effect(PUB), effect(BASE)
    return (
        pub >= 0.2 and pub > base,
        f"weak minus strong response: {pub:.3f} of idle in publiek, {base:.3f} in the baseline",
    )
