"""M6-M9, M11: the programmes and the attitudes that carry them work as the specification says."""

import numpy as np

from sdsocec import reality_check

from .rules import COUNTED, at_work, between, logistic, may_employ, net_cost, obeys, per_channel, table


@reality_check(
    "M6: social firms spread by campaign, example and support", source="specification, M6; Bass (1969); C36, C45-C56"
)
def m06_social_firms(run):
    def attractive(v):
        adoption = v["se adoption"]
        followed = v["support floor"] + (1 - v["support floor"]) * adoption / (adoption + v["support half"])
        return np.maximum(
            0,
            v["attr base"]
            + v["attr support"] * v["se support"] * followed
            + v["attr procurement"] * v["procurement priority"]
            + v["attr compensation"] * v["compensation share"] * v["keurmerk share"]
            + v["attr csr"] * (v["csr openness"] - v["csr norm"])
            - v["attr frustration"] * v["private frustration"],
        )

    def growth(v):
        adoption, campaign = v["se adoption"], v["se campaign"]
        started = v["bass p"] * (1 + v["campaign gain"] * campaign)
        imitated = v["bass q"] * adoption * (1 + v["media gain"] * campaign * adoption)
        return (started + imitated) * v["se attractiveness"] * (1 - adoption)

    def mark(v):
        adoption = v["se adoption"]
        norm = np.minimum(1, v["se support"]) * adoption / (adoption + v["keurmerk half"])
        wanted = np.minimum(1, v["keurmerk base"] + v["keurmerk max"] * norm)
        return (wanted - v["keurmerk share"]) / v["keurmerk time"]

    def wish(v):
        firms = v["se potential"] * v["se adoption"] * (1 - v["se regular staff share"])
        return firms * (1 + v["se reinvest growth"] * v["keurmerk share"])

    return obeys(run, {
        "se attractiveness": attractive,
        "se growth": growth,
        "se loss": lambda v: v["se churn"] * v["se adoption"],
        "change of keurmerk share": mark,
        "se places wish": wish,
    })  # fmt: skip


@reality_check("M7: projects need investment, open firms and a department", source="specification, M7; C88-C107")
def m07_projects(run):
    def acceptance(v):
        cost = net_cost(v, v["compensated"], 1 - v["pps support share"] * v["pps investment"], v["risk cover"])
        return logistic((v["kappa0"] - cost / v["wml annual"]) / v["sigma"])

    def demand(v):
        shortage = np.maximum(0, 1 + v["pps tightness gain"] * (v["perceived tightness"] - 1))
        tenders = 1 + v["pps procurement gain"] * v["procurement priority"]
        return v["pps potential"] * v["pps investment"] * v["csr openness"] * shortage * tenders

    def capacity(v):
        return v["pps staff"] * v["places per fte"] * v["municipal pps coverage"]

    def staff(v):
        return (v["pps staff target"] * v["labour force"] / 10_000 - v["pps staff"]) / v["staff time"]

    def started(v):
        covered = v["municipal pps coverage"]
        return v["pps investment"] * (1 - covered) * (v["pmun start"] + v["pmun imitation"] * covered)

    def stopped(v):
        return v["pmun decay"] * v["municipal pps coverage"] * (1 - v["pps investment"])

    return obeys(run, {
        "pps acceptance": acceptance,
        "pps demand": demand,
        "pps capacity": capacity,
        "change of pps staff": staff,
        "pps department start": started,
        "pps department loss": stopped,
    })  # fmt: skip


@reality_check(
    "M8: a firm fulfils the quota or buys it off, whichever costs less", source="specification, M8; C63, C73-C79"
)
def m08_quota(run):
    def counted(v):
        return at_work(v, ["open", "pps"], COUNTED).sum(["channel", "band"])

    def base(v):
        return v["quota employer share"] * v["work total"].sel(channel=["open", "quota", "pps"]).sum("channel")

    def cost(v):
        whole = net_cost(v, v["compensated"], 1, v["risk cover"], -v["stimulus per person"])
        return whole.sel(band=COUNTED).mean("band")

    def compliance(v):
        motives = v["buyout fee"] + v["csr fee equivalent"] * v["csr openness"]
        return logistic((motives - cost(v)) / v["quota spread"])

    def beyond(v):
        most = base(v) * v["overquota extra"] * v["social innovation"] * np.minimum(1, v["quota share"] / 0.05)
        return most * logistic((v["overquota bonus"] - cost(v)) / v["quota spread"])

    def missing(v):
        return np.maximum(0, v["quota share"] * base(v) - counted(v))

    def shortfall(v):
        return np.maximum(0, v["quota share"] * base(v) - counted(v) - v["work total"].sel(channel="quota"))

    def filled(v):
        met = counted(v) + v["work total"].sel(channel="quota")
        return (met / (v["quota share"] * base(v))).where(v["quota share"] > 0, 0.0)

    return obeys(run, {
        "quota required": lambda v: v["quota share"] * base(v),
        "counted others": counted,
        "quota compliance": compliance,
        "quota work wish": lambda v: v["quota compliance"] * missing(v) + beyond(v),
        "quota shortfall": shortfall,
        "buyout revenue": lambda v: v["buyout fee"] * shortfall(v),
        "quota fill": filled,
    })  # fmt: skip


@reality_check(
    "M9: a werkbedrijf grows with its managers and takes idle people first",
    source="specification, M9; C22, C31, C113-C128",
)
def m09_werkbedrijf(run):
    def in_sw(v):
        return v["work total"].sel(channel="sw")

    def target(v):
        return v["wb expansion"] * v["people working"].sum(["channel", "band"])

    def room(v):
        return np.maximum(0, v["wb managers"] * v["span"] - in_sw(v))

    def places(v):
        factor = v["budget factor"]
        wb = np.minimum(target(v), room(v))
        sw = table(v, "places", v["sw scale"]).sel(channel="sw") * v["sw scale"]
        pps = np.minimum(v["pps demand"], v["pps capacity"]) * factor
        se = v["se places wish"] * factor
        return per_channel({"quota": v["quota work wish"], "pps": pps, "se": se, "sw": sw, "wb": wb * factor})

    def turned(v):
        return np.minimum(1, v["wb expansion"] / v["wb expansion reference"])

    def direct(v):
        willing = (
            at_work(v, "open") * v["direct weight"] * may_employ(lambda band: band).sel(channel="wb") / v["direct time"]
        )
        lacking = np.maximum(0, v["want"] - v["pool rate"]).sel(channel="wb")
        return willing * np.minimum(1, lacking / willing.sum("band"))

    def way_out(v):
        easier = (1 + v["jobhop"]) * (1 + v["training outflow gain"] * v["training coverage"])
        barrier = np.exp(-v["requirement barrier"] * (v["requirement index"] - 1))
        rate = v["wb outflow rate"] * v["employability"] * easier * barrier * np.minimum(1, v["perceived tightness"])
        wish = at_work(v, "wb") * rate
        return wish.where(wish["band"].isin(["b70", "b80"]), 0.0) * v["fill factor"]

    def managers(v):
        have, need = v["wb managers"], (in_sw(v) + target(v)) / v["span"]
        slower = 1 + v["manager competition"] * v["perceived tightness"]
        grown = v["manager growth"] * v["manager recruitment"] * np.maximum(0, 1 - have / need) / slower
        return have * (v["manager attrition"] * np.minimum(1, need / have) + grown)

    return obeys(run, {
        "places": places,
        "sw to wb": lambda v: at_work(v, "sw") * v["wsw phaseout"] * turned(v),
        "wb direct": direct,
        "wb to open": way_out,
        "manager hiring": managers,
        "manager leaving": lambda v: v["manager attrition"] * v["wb managers"],
        "managers binding": lambda v: 1.0 * (room(v) < target(v)),
    })  # fmt: skip


@reality_check(
    "M11: firms learn, open up, tire and innovate; perception lags",
    source="specification, M11; C12, C39, C41, C50, C72, C92, C106, C109",
)
def m11_soft_stocks(run):
    def learnt(v):
        bands = ["b20", "b40", "b50", "b60", "b70"]
        firms = at_work(v, ["open", "quota", "pps", "se"], bands).sum(["channel", "band"])
        wound_up = v["wsw phaseout"] * (1 - v["to wb share"]) * v["work total"].sel(channel="sw")
        rate = v["x learning"] * firms / v["x reference"] + v["x from sw"] * wound_up / v["x sw reference"]
        return rate * (1 - v["employer expertise"])

    def opening(v):
        crisis = between(0, v["unemployed"] / v["labour force"] / v["unemployment norm"] - 1, 2)
        indicated = (
            v["csr base"]
            + v["csr campaign"] * v["se campaign"]
            + v["csr invest"] * v["pps investment"]
            + v["csr pps"] * v["work total"].sel(channel="pps") / v["csr pps reference"]
            + v["csr crisis"] * crisis
            + v["csr tight"] * (v["perceived tightness"] - 1)
            - v["csr frustration"] * v["private frustration"]
        )
        return (between(0, indicated, 1) - v["csr openness"]) / v["csr time"]

    def frustrated(v):
        orders = v["fr gain"] * v["procurement priority"] * v["se adoption"]
        projects = v["fr pps"] * v["pps investment"] * v["municipal pps coverage"]
        return (np.minimum(1, orders + projects) - v["private frustration"]) / v["fr time"]

    def innovated(v):
        money = v["social innovation tender"] + v["innovation spending"]
        return v["si gain"] * money * (1 - v["social innovation"])

    def perceived(v):
        tight = np.minimum(3, v["market tightness"] / v["tightness norm"])
        return (tight - v["perceived tightness"]) / v["pt time"]

    return obeys(run, {
        "expertise gain": learnt,
        "expertise loss": lambda v: v["employer expertise"] / v["x forgetting"],
        "change of csr openness": opening,
        "change of private frustration": frustrated,
        "innovation gain": innovated,
        "innovation loss": lambda v: v["social innovation"] / v["si time"],
        "change of perceived tightness": perceived,
    })  # fmt: skip
