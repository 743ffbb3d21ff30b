"""M13, costs and outcomes: money and people are counted as the specification says."""

import numpy as np

from sdsocec import reality_check

from .rules import COUNTED, PROGRAMMES, at_work, between, obeys
from .shared import BANDS, CHANNELS, TARGET


@reality_check(
    "M13: savings and fees pay stimulation; a cap limits the programmes", source="specification, M13; C5, C75-C77"
)
def m13_money(run):
    def savings(v):
        people = v["work total"].sel(channel=["quota", "pps", "se"]).sum("channel")
        return v["benefit"] * v["former benefit share"] * people

    def meant(v):
        idle = v["people not working"].sel(band=COUNTED).sum(["state", "band"])
        return idle + v["work total"].sel(channel="quota")

    def each(v):
        spent = (1 - v["si fund share"]) * v["stimulus fund"] / v["fund time"]
        return np.minimum(v["stimulus cap"], spent / np.maximum(1, meant(v)))

    def wajong(v):
        shares = (v["entry share 2000"] * v["wajong share"]).sum("band")
        return v["entry total"] * v["vulnerable entry index"] * v["vulnerable scale"] * shares

    def bijstand(v):
        idle = v["people not working"]
        at_home = (v["bij home"] * idle.sel(state="home")).sum("band")
        return v["bij long"] * idle.sel(state="long").sum("band") + at_home

    def factor(v):
        places = (
            np.minimum(v["pps demand"], v["pps capacity"]) * v["unit cost pps"]
            + v["se places wish"] * v["unit cost se"]
        )
        room = np.maximum(0, v["wb managers"] * v["span"] - v["work total"].sel(channel="sw"))
        wished = places + np.minimum(v["wb expansion"] * v["total work"], room) * v["unit cost wb"]
        left = v["programme budget cap"] - (v["programme cost"] - v["placement cost"])
        return between(0, left / wished, 1)

    return obeys(run, {
        "bijstand": bijstand,
        "wajong inflow": wajong,
        "wajong outflow": lambda v: v["wajong exit rate"] * v["wajong recipients"],
        "programme savings": savings,
        "fund inflow": lambda v: v["reinvest share"] * savings(v) + v["buyout revenue"],
        "stimulus per person": each,
        "stimulus spending": lambda v: each(v) * meant(v),
        "innovation spending": lambda v: v["si fund share"] * v["stimulus fund"] / v["fund time"],
        "budget factor": factor,
    })  # fmt: skip


@reality_check(
    "The cost of programmes is what their people and parts cost",
    source="specification, 11.2 and 11.3; C2, C24, C48, C102, C115",
)
def costs_add_up(run):
    def paid(v, channel, **unit):
        """The cost of people in a channel, by the part of wage, guidance and risk that is paid."""
        person = (
            v["wage cost"] * unit.get("wage", 0)
            + v["support cost"] * v["support factor"] * unit.get("support", 0)
            + v["risk cost"] * unit.get("risk", 0)
        )
        return (at_work(v, channel) * person).sum("band")

    def marked(v):
        return v["keurmerk share"] * paid(v, "se", wage=v["compensated"], support=1)

    def projects(v):
        support = v["pps support share"] * v["pps investment"]
        people = paid(v, "pps", wage=v["compensated"], support=support, risk=v["risk cover"])
        return people + v["pps project cost"] * v["work total"].sel(channel="pps")

    def sold(v):
        return np.minimum(1, v["effective productivity"] * v["requirement index"])

    def werkbedrijf(v):
        people = paid(v, "wb", wage=1 - v["wb earning share"] * sold(v), support=1)
        return people + v["manager cost"] * v["work total"].sel(channel="wb") / v["span"]

    def quota(v):
        beyond = np.maximum(0, v["counted others"] + v["work total"].sel(channel="quota") - v["quota required"])
        bonus = v["overquota bonus"] * beyond * np.minimum(1, v["quota share"] / 0.05)
        return paid(v, "quota", wage=v["compensated"], risk=v["risk cover"]) + bonus + v["stimulus spending"]

    def fixed(v):
        points = v["se facility cost"] * v["se support"] + v["campaign cost"] * v["se campaign"]
        asked = v["people not working"].sel(state=["long", "home"]).sum(["state", "band"])
        duty = v["activation unit cost"] * v["obligation"] * asked
        innovation = v["social innovation tender"] + v["innovation spending"]
        wsw = v["sw place cost"] * v["work total"].sel(channel="sw")
        return points + duty + innovation + wsw + v["pps staff"] * v["staff cost"]

    def ordinary(v):
        return v["generic take up"] * paid(v, "open", wage=v["open compensated"])

    def whole(v):
        return marked(v) + projects(v) + werkbedrijf(v) + quota(v) + fixed(v) + ordinary(v)

    def produced(v):
        return v["wage cost"] * (at_work(v, PROGRAMMES) * sold(v)).sum(["channel", "band"])

    def day(v):
        return v["dagbesteding"] * v["people not working"].sel(state="home", band=["b00", "b20"]).sum("band")

    def per_person(v, cost, channel):
        return cost / np.maximum(v["work total"].sel(channel=channel), 1e-6)

    return obeys(run, {
        "programme cost": whole,
        "placement cost": lambda v: marked(v) + projects(v) + werkbedrijf(v),
        "unit cost se": lambda v: per_person(v, marked(v), "se"),
        "unit cost pps": lambda v: per_person(v, projects(v), "pps"),
        "unit cost wb": lambda v: per_person(v, werkbedrijf(v), "wb"),
        "net public cost": lambda v: whole(v) + v["benefit"] * v["bijstand"] - v["buyout revenue"],
        "social return": lambda v: (produced(v) + v["programme savings"]) / np.maximum(1, whole(v)),
        "dagbesteding places": day,
        "dagbesteding cost": lambda v: v["dagbesteding cost per place"] * day(v),
    })  # fmt: skip


@reality_check("Outcomes count the people that their names say", source="specification, 11.1; C2, C20, C44, C87")
def outcomes_count_people(run):
    def idle(v, states=("short", "long", "home"), bands=BANDS):
        return v["people not working"].sel(state=list(states), band=list(bands)).sum(["state", "band"])

    def work(v, names=CHANNELS, bands=BANDS):
        return at_work(v, list(names), list(bands)).sum(["channel", "band"])

    def searching(v):
        return idle(v, ["short", "long"])

    def employment(v):
        return work(v, bands=TARGET) / (work(v, bands=TARGET) + idle(v, bands=TARGET))

    return obeys(run, {
        "people": lambda v: idle(v) + work(v),
        "total work": work,
        "unemployed": searching,
        "labour force": lambda v: work(v) + searching(v),
        "people without work": idle,
        "people at home": lambda v: idle(v, ["home"]),
        "long term unemployed": lambda v: idle(v, ["long"]),
        "long term share": lambda v: idle(v, ["long"]) / searching(v),
        "wb employment share": lambda v: work(v, ["wb"]) / work(v),
        "idle target group": lambda v: idle(v, bands=TARGET),
        "idle below half": lambda v: idle(v, bands=["b20", "b40"]),
        "idle lightly limited": lambda v: idle(v, bands=["b60", "b70", "b80"]),
        "target group employment rate": employment,
        "regular work total": lambda v: work(v, ["open", "quota", "pps"]),
        "sheltered work total": lambda v: work(v, ["sw", "se"]),
        "benefit cost": lambda v: v["benefit"] * v["bijstand"],
    })  # fmt: skip
