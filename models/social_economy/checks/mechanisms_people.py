"""M2, M3, M10: people come, go, search, learn and fall back as the specification says."""

import numpy as np
import xarray as xr

from sdsocec import reality_check

from .rules import (
    at_work,
    between,
    from_band_above,
    from_band_below,
    is_b90,
    may_employ,
    neighbour,
    obeys,
    per_state,
    table,
    time_of,
)
from .shared import BANDS


@reality_check("M2: people come, go and become limited by their rates", source="specification, M2; C93, C94")
def m02_entry_exit_onset(run):
    def ageing(v):
        since = (time_of(v) - v["ageing from year"]) / v["ageing phase in"]
        return 1 + (v["ageing multiplier"] - 1) * between(0, since, 1)

    def share(v):
        wajong = v["wajong share"] * (v["vulnerable entry index"] - 1)
        low = v["vulnerable scale"] * v["entry share 2000"] * (1 + wajong)
        return low.where(low["band"] != "b90", 1 - low.sum("band"))

    def entry(v):
        people, home = v["entry total"] * v["entry share"], v["entry home share"]
        return per_state(people * (1 - home), 0 * people, people * home)

    def migration(v):
        short = np.maximum(0, v["vacancies"] - v["vacancies norm"])
        return (1 - v["migration restraint"]) * v["low skilled vacancy share"] * short / v["migration time"]

    def onset(v, people):
        return is_b90(people * v["onset rate"] * v["vulnerable scale"])

    def spread(v, loss):
        return loss.sum("band") * v["onset dist"]

    idle = "people not working"
    return obeys(run, {
        "ageing factor": lambda v: table(v, "ageing factor", ageing(v)) * ageing(v),
        "exit rate": lambda v: v["other exit rate"] + v["retirement rate"] * v["ageing factor"],
        "exit not working": lambda v: v["exit rate"] * v[idle],
        "exit working": lambda v: v["exit rate"] * v["people working"],
        "total exit": lambda v: v["exit rate"] * v["people"],
        "entry total": lambda v: table(v, "entry total", v["entry scale"]) * v["entry scale"],
        "vulnerable entry index": lambda v: (
            table(v, "vulnerable entry index", v["vulnerable entry scale"]) * v["vulnerable entry scale"]
        ),
        "entry share": share,
        "entry": entry,
        "migration": migration,
        "migrant entry": lambda v: per_state(*(is_b90(x * xr.ones_like(v["entry share"])) for x in (v["migration"], 0, 0))),
        "onset idle loss": lambda v: onset(v, v[idle]),
        "onset idle gain": lambda v: spread(v, onset(v, v[idle])),
        "onset open loss": lambda v: onset(v, at_work(v, "open")),
        "onset open gain": lambda v: spread(v, onset(v, at_work(v, "open"))),
    })  # fmt: skip


@reality_check(
    "M3: people give up and search again; a duty works as far as they respond", source="specification, M3; C14"
)
def m03_activation(run):
    def idle(v, state):
        return v["people not working"].sel(state=state)

    def respond(v):
        return v["obligation"] * v["incentive response"]

    def give_up(v):
        return v["base discouragement"] * v["discouragement profile"] * (1 - respond(v))

    def search_again(v):
        return v["reactivable"] * (v["base reactivation"] + v["activation strength"] * respond(v))

    return obeys(run, {
        "activation": respond,
        "short to long": lambda v: idle(v, "short") / v["tau long"],
        "withdrawal": lambda v: idle(v, "long") * give_up(v),
        "reactivation": lambda v: idle(v, "home") * search_again(v),
    })  # fmt: skip


@reality_check(
    "M10: training lifts, rising demands and absence lower people by a band", source="specification, M10; C59-C62, C117"
)
def m10_bands(run):
    higher, lower = may_employ(neighbour(1)), may_employ(neighbour(-1))

    def coverage(v):
        filled = np.minimum(1, v["work total"].sel(channel="quota") / np.maximum(v["quota required"], 1))
        pull = 1 + v["training pull"] * filled
        trained = v["training coverage"] * v["channel training factor"]
        return np.minimum(v["coverage max"], trained.where(trained["channel"] != "quota", trained * pull))

    def past_start(v):
        starting = v["tau start"] * v["hire"].sel(state=["long", "home"]).sum(["state", "band"])
        return v["work total"] / (v["work total"] + starting + 1e-6)

    def lifted(v):
        points = v["training gain"] * v["trainability"] / v["band width"]
        return v["people working"] * v["coverage"] * v["share past start"] * points

    def graduated(v):
        return (lifted(v) * (1 - higher)).where(v["mask"]["channel"].isin(["quota", "pps"]), 0.0)

    def growth(v):
        split = v["segregation gain"] * (1 - v["csr openness"]) * v["wb employment share"]
        return v["req drift"] / 100 + split

    def drift(v):
        place = xr.DataArray([0, 0, 4, 5, 6, 7, 8, 0], {"band": BANDS}, ["band"])  # lower end over width
        return v["requirement growth"] * (place + is_b90(v["f90"] * xr.ones_like(v["band width"])))

    def dropped(v):
        scars = v["skill loss points"] * v["loss exposure"] / v["band width"]
        return v["people not working"] * (v["drift rate"] + per_state(0 * scars, scars, scars))

    return obeys(run, {
        "coverage": coverage,
        "share past start": past_start,
        "train up": lambda v: lifted(v) * higher,
        "graduate": graduated,
        "requirement growth": growth,
        "requirement rise": lambda v: v["requirement index"] * v["requirement growth"],
        "drift rate": drift,
        "drift working": lambda v: v["people working"] * v["drift rate"] * lower,
        "drop idle": dropped,
        "drop in": lambda v: from_band_above(v["drop idle"]),
        "drift in": lambda v: from_band_above(v["drift working"]),
        "train in": lambda v: from_band_below(v["train up"]),
        "graduate in": lambda v: from_band_below(v["graduate"].sum("channel")),
    })  # fmt: skip
