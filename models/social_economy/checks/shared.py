"""What the checks share: the scenarios, groups and channels of the study, and how results are read."""

import tomllib
from functools import cache
from pathlib import Path

HERE = Path(__file__).parents[1]  # the model's folder
STUDY = "Scenario study Sociale Economie in 2020 (2010)"
BASE, SO, REG, PPS, PUB = "baseline", "sociaal-ondernemen", "regulier", "publiek-privaat", "publiek"
REALISED = "realised"
FIVE = (BASE, SO, REG, PPS, PUB)
STUDIED = (*FIVE, REALISED)  # what is claimed of these alone: a scenario of a user's own may set anything, at any time
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


@cache
def card():
    """What `model.toml` says."""
    return tomllib.loads((HERE / "model.toml").read_text(encoding="utf-8"))


def told(items):
    """What a reader is told of a list of names, or of numbers by name."""
    parts = [f"{name}: {value}" for name, value in items.items()] if isinstance(items, dict) else map(str, items)
    return ", ".join(parts) or "none"


def at(array, time):
    """The value at a saved time."""
    return float(array.values[array.get_index("time").get_loc(time)])  # a tenth of the time of .sel


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
