"""What tests of calibrations share: a straight line in a project of its own, in variations."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import sdsocec
from sdsocec.model.project import LoadedModel, Project

LINE = "c + (a + b) * (Time - 2000)"
MDL = """{{UTF-8}}
a = 1 ~ thing/year [{a}] ~ Slope. |
b = 1 ~ thing/year [0,5] ~ Slope too. |
c = 10 ~ thing [0,20] ~ Level. |
size = {size} ~ thing ~ What is observed. |
INITIAL TIME = {start} ~ year ~~|
FINAL TIME = 2010 ~ year ~~|
TIME STEP = 0.125 ~ year ~~|
SAVEPER = {saving} ~ year ~~|
"""
SERIES = """
[[series]]
name = "{name}"
label = {{nl = "{name}", en = "the {name}"}}
variable = "size"
at = "end"
part = [{{file = "size.csv", years = [1990, 2020]}}]
unit = "thing"
error = 0.5
source = {{nl = "gemaakt", en = "made"}}
{years}
"""
CARD = 'title = {{nl = "Lijn", en = "Line"}}\n{series}\n[calibration]\nfree = [{free}]\n'
FIT = "fit = [2000, 2009]"


def line_model(
    root: Path,
    *,
    size: str = LINE,
    a: str = "0,5",
    free: tuple[str, ...] = ("a", "c"),
    values: tuple[float, ...] | None = None,
    first: int = 2000,
    fit: str = FIT,
    more: str = "",
    start: float = 2000,
    saving: str = "TIME STEP",
) -> LoadedModel:
    """A model `size = c + (a + b) t`, b = 1, held against values for the ends of years from `first`.

    By default they are those of a slope of 2.2 and a level of 10.5, with noise of one standard error, 0.5.
    """
    folder = root / "models" / "line"
    (folder / "data").mkdir(parents=True)
    (root / "scenarios" / "line").mkdir(parents=True)
    (root / "models" / "default.toml").write_text('model = "line"')
    (folder / "model.mdl").write_text(MDL.format(size=size, a=a, start=start, saving=saving))
    series = SERIES.format(name="size", years=fit) + more
    (folder / "model.toml").write_text(CARD.format(series=series, free=", ".join(f'"{name}"' for name in free)))
    if values is None:
        values = tuple(10.5 + 2.2 * np.arange(1, 11) + np.random.default_rng(1).normal(0, 0.5, 10))
    rows = [f"{first + i},{value:.6g},thing" for i, value in enumerate(values)]
    (folder / "data" / "size.csv").write_text("\n".join(["year,value,unit", *rows]) + "\n")
    return sdsocec.load_model("line", Project(root))
