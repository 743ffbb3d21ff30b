"""M4, M5, M12: employers weigh, hire, lay off and want work as the specification says."""

import numpy as np
import xarray as xr

from sdsocec import reality_check

from .rules import PROGRAMMES, logistic, may_employ, net_cost, obeys, per_channel, time_of
from .shared import CHANNELS


@reality_check(
    "M4: an employer weighs what a person produces and costs", source="specification, M4; C9, C12, C24, C39, C56, C81"
)
def m04_employer_calculus(run):
    def productivity(v):
        adapted = v["band productivity"] * (1 + v["psi si"] * v["social innovation"])
        return np.minimum(1, adapted.where(adapted["band"] != "b90", v["band productivity"]))

    def support(v):
        saved = 1 - v["si saves support"] * v["social innovation"]
        return (1 - v["x saves support"] * v["employer expertise"]) * saved

    def compensated(v, share):
        return np.minimum(v["compensation cap"], share * (1 - v["effective productivity"]))

    def open_share(v):
        return np.minimum(v["compensation share"], v["generic compensation"])

    def cost(v):
        return net_cost(v, v["open compensated"], 1, np.minimum(v["risk cover"], v["generic risk cover"]))

    def accepted(v):
        shortage = v["kappa1"] * (v["perceived tightness"] - 1)
        values = v["kappa2"] * (v["csr openness"] - v["csr norm"])
        return logistic((v["kappa0"] + shortage + values - v["net cost open"] / v["wml annual"]) / v["sigma"])

    return obeys(run, {
        "wage cost": lambda v: v["wml annual"] * (1 + v["on cost"]),
        "effective productivity": productivity,
        "support factor": support,
        "compensated": lambda v: compensated(v, v["compensation share"]),
        "open compensated": lambda v: compensated(v, open_share(v)),
        "net cost open": cost,
        "employability": lambda v: accepted(v) / accepted(v).sel(band="b90"),
    })  # fmt: skip


@reality_check(
    "M5: jobs are found by the matching function, as far as vacancies go", source="Petrongolo and Pissarides (2001)"
)
def m05_matching(run):
    def searching(v):
        return v["people not working"] * v["search intensity"] * v["employability"]

    def speed(v):
        matched = v["matching speed"] * v["market tightness"] ** v["matching elasticity"]
        return np.minimum(v["max job finding rate"], matched)

    def filled(v):
        wished = searching(v).sum(["state", "band"]) * v["job finding speed"] + v["wb to open wish"].sum("band")
        return np.minimum(1, v["vacancies"] / v["min fill time"] / wished)

    return obeys(run, {
        "market tightness": lambda v: v["vacancies"] / searching(v).sum(["state", "band"]),
        "job finding speed": speed,
        "fill factor": filled,
        "hire open": lambda v: searching(v) * v["job finding speed"] * v["fill factor"],
    })  # fmt: skip


@reality_check(
    "M5: firms lay off what they have too many, the flexible first", source="specification, M5; C68, C82, C83, C105"
)
def m05_separation(run):
    def excess(v):
        return np.maximum(0, v["counted regular work"] / v["labour demand"] - 1)

    def layoff(v):
        flexible = 1 + v["flex share vulnerable"] * (v["flex multiplier"] - 1)
        low = xr.ones_like(v["separation multiple"])
        return v["layoff sensitivity"] * v["excess workers"] * (low * flexible).where(low["band"] != "b90", 1.0)

    def rates(v):
        base = {channel: v["base separation"].sel(channel=channel) for channel in CHANNELS}
        most, extra = v["max separation"], v["extra layoff"]
        over = np.maximum(0, 1 - v["places"].sel(channel="se") / np.maximum(v["work total"].sel(channel="se"), 1e-6))
        every = xr.ones_like(extra)
        return per_channel({
            "open": np.minimum(most, base["open"] * v["separation multiple"] * (1 + extra)),
            "quota": np.minimum(most, base["quota"] * (1 + extra)),
            "pps": np.minimum(most, base["pps"] * (1 + extra * (1 - v["recession buffer"]))),
            "se": every * (base["se"] + over / v["se release time"]),
            "sw": every * (v["sw base separation"] + v["wsw phaseout"] * (1 - v["to wb share"])),
            "wb": every * base["wb"],
        })  # fmt: skip

    return obeys(run, {
        "excess workers": excess,
        "extra layoff": layoff,
        "separation": lambda v: rates(v) * v["people working"],
    })  # fmt: skip


@reality_check(
    "M5: a programme takes what it wants, as far as it reaches people",
    source="specification, M5; C10, C44, C95, C104, C105",
)
def m05_programmes(run):
    def wanted(v):
        lost = v["base separation"].where(v["base separation"]["channel"] != "sw", v["sw base separation"])
        firms = v["separation"].sel(channel=["quota", "pps"]).sum("band")  # layoffs too are replaced
        others = v["work total"] * lost
        replaced = xr.concat([firms, others.sel(channel=["se", "sw", "wb"])], "channel") + (
            v["work total"].sel(channel=PROGRAMMES) * v["exit rate"]
        )
        gap = (v["places"] - v["work total"]) / v["placement want time"].sel(channel=PROGRAMMES)
        want = np.maximum(0, gap + replaced)
        return want.where(want["channel"] != "sw", want * v["wsw open"])

    def weight(v):
        whole = v["weight"].sel(channel=PROGRAMMES) * may_employ(lambda band: band)
        return whole.where(whole["channel"] != "pps", whole * v["pps acceptance"])

    def access(v):
        reached = v["access"].sel(channel=PROGRAMMES)
        obliged = (reached["channel"] == "wb") & (reached["state"] == "home")
        return np.minimum(1, reached.where(~obliged, reached + v["activation"]))

    def reached(v):
        pool = v["people not working"] * v["state access"] * v["placement weight"]
        return pool / v["placement time"].sel(channel=PROGRAMMES)

    def postponed(v):
        extra = v["cancel recession"] * v["excess workers"]
        none = 0 * extra
        softened = extra * (1 - v["recession buffer"])
        return 1 + per_channel({"quota": extra, "pps": softened, "se": none, "sw": none, "wb": none})

    def hired(v):
        pool = reached(v)
        part = np.minimum(1, v["want"] / np.maximum(pool.sum(["state", "band"]), 1e-6))
        programmes = pool * part / v["hiring freeze"]
        return xr.concat([v["hire open"].expand_dims(channel=["open"]), programmes], "channel")

    return obeys(run, {
        "want": wanted,
        "placement weight": weight,
        "state access": access,
        "pool rate": lambda v: reached(v).sum(["state", "band"]),
        "hiring freeze": postponed,
        "hire": hired,
    })  # fmt: skip


@reality_check(
    "M12: employers want work, open vacancies for it and withdraw them",
    source="specification, M12; Sterman (2000), ch. 19; C23, C121",
)
def m12_labour_demand(run):
    def displaced(v):
        return v["labour shift"] * v["work total"].sel(channel="wb") + v["se displacement"] * v["work total"].sel(
            channel="se"
        )

    def recession(v):
        since = time_of(v) - v["recession start"]
        return v["recession depth"] * ((since >= 0) & (since < v["recession duration"]))

    def demand(v):
        wanted = v["labour demand"] + displaced(v)
        normal = (wanted / v["demand scale"] / (1 - recession(v))).isel(run=0)
        return normal * v["demand scale"] * (1 - recession(v)) - displaced(v)

    def created(v):
        gap = v["labour demand"] - v["counted regular work"]
        replaced = (v["separation"] + v["exit working"]).sel(channel="open").sum("band")
        return np.maximum(0, gap / v["demand adjust time"] + replaced)

    def withdrawn(v):
        rate = (1 + v["cancel recession"] * v["excess workers"]) / v["vacancy cancel time"]
        return v["vacancies"] * np.minimum(v["max cancel rate"], rate)

    def carved(v):
        work = v["work total"]
        return work.sel(channel="open") + v["job carving"] * work.sel(channel=["quota", "pps"]).sum("channel")

    return obeys(run, {
        "labour demand": demand,
        "counted regular work": carved,
        "job creation": created,
        "vacancy loss": withdrawn,
    })  # fmt: skip
