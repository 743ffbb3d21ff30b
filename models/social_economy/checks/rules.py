"""Rules: what the checks of the mechanisms M2-M13 share.

A rule works a variable out from its inputs, in the field's terms and not in the model's, and is compared with the model at every
half year of some twenty runs. So each term has its place and its sign; whether the terms are the right ones is for the claims of
the study and the record.
"""

from functools import lru_cache

import numpy as np
import xarray as xr

from .shared import BANDS, CHANNELS, FIVE, MASKS, PPS, PUB, RECESSION, REG, SO, STUDIED, card

LOW = BANDS[:-1]
COUNTED = ["b50", "b60", "b70"]
PROGRAMMES = CHANNELS[1:]
PROFILE = {
    "entry scale": 0.95,
    "vulnerable entry scale": 1.1,
    "vulnerable scale": 1.3,
    "demand scale": 0.97,
    "sw scale": 1.2,
}
N_DRAWS = 10


class Seen:
    """The situations, read like one run with a first axis `run`; a subrange bears the name of its range."""

    def __init__(self, parts):
        self._parts, self._made = parts, {}

    def __getitem__(self, name):
        if name not in self._made:
            parts = [part[name] for part in self._parts]
            whole = parts[0] if len(parts) == 1 else xr.concat(parts, "run")
            wider = {"programme": "channel", "lowband": "band", "bandup": "band"}
            self._made[name] = whole.rename({d: wider[d] for d in whole.dims if d in wider})
        return self._made[name]


@lru_cache(maxsize=1)
def seen(run):
    """The study's scenarios, also with a recession, a cap, the profile of a municipality, random levers and uncertain inputs."""
    rows = [(name, {}) for name in STUDIED]  # the baseline first
    rows += [(name, RECESSION) for name in (SO, REG, PPS, PUB)]
    rows += [(PUB, {"programme budget cap": 10_000}), (PPS, {"programme budget cap": 2_000}), (REG, PROFILE)]
    free = [f"{lever} scenario" for lever in run.levers] + [uncertain["name"] for uncertain in card()["uncertainty"]]
    rng = np.random.default_rng(2010)
    for i in range(N_DRAWS):
        rows.append((FIVE[i % len(FIVE)], {name: float(rng.uniform(*run.ranges[name])) for name in free}))
    return Seen(list(run.many([(scenario, {"SAVEPER": 0.5} | settings) for scenario, settings in rows])))


def obeys(run, rules):
    """Whether each variable is what its rule makes of its inputs, to 1e-9 of its largest value, and is not zero throughout."""
    v, worst, where = seen(run), 0.0, ""
    for name, rule in rules.items():
        found, expected = xr.align(v[name], rule(v), join="outer")
        largest = float(abs(found).max())
        error = float(abs(found - expected).max(skipna=False)) / largest if largest > 0 else np.inf
        if not error <= worst:
            worst, where = error, name
    return worst <= 1e-9, f"{len(rules)} rules, largest error {worst:.1e} ({where})"


# ---- words for the rules ------------------------------------------------------------------------------------------


def between(low, value, high):
    return np.minimum(high, np.maximum(low, value))


def logistic(x):
    with np.errstate(over="ignore"):  # 1 / (1 + inf) is 0, as it should be
        return 1 / (1 + np.exp(-x))


def time_of(v):
    return v["people"]["time"]


def table(v, name, factor):
    """A table over time: what the baseline has, rid of the factor that scales it."""
    return (v[name] / factor).isel(run=0)


def from_band_above(flow):
    """What a band gets when everybody moves one band down."""
    return flow.shift(band=-1).sel(band=LOW)


def from_band_below(flow):
    return flow.shift(band=1).sel(band=BANDS[1:])


def may_employ(bands_of):
    """1 where a channel may employ the bands that `bands_of` makes of a band; channel by band."""
    flags = [[float(bands_of(band) in MASKS[channel]) for band in BANDS] for channel in CHANNELS]
    return xr.DataArray(flags, {"channel": CHANNELS, "band": BANDS}, ["channel", "band"])


def neighbour(step):
    return lambda band: dict(zip(BANDS, BANDS[step:] if step > 0 else [None, *BANDS], strict=False)).get(band)


def at_work(v, channel, bands=BANDS):
    return v["people working"].sel(channel=channel, band=bands)


def per_channel(rules):
    own = [rule.drop_vars("channel", errors="ignore") for rule in rules.values()]
    return xr.concat(own, xr.IndexVariable("channel", list(rules)))


def per_state(short, long, home):
    return xr.concat([short, long, home], xr.IndexVariable("state", ["short", "long", "home"]))


def is_b90(array):
    return array.where(array["band"] == "b90", 0.0)


def net_cost(v, compensated, support, risk, extra=0.0):
    """What a person costs an employer beyond what he produces."""
    lost = v["wage cost"] * (1 - v["effective productivity"] - compensated)
    return lost + v["support cost"] * v["support factor"] * support + v["risk cost"] * (1 - risk) + extra
