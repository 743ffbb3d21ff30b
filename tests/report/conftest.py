"""A model of a few lines with a card, and a result made by hand, so that every number below can be worked out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import xarray as xr

from sdsocec.model.project import load_model
from sdsocec.model.toml import Text

MDL = """{UTF-8}
region: north, south ~~|
people = INTEG(0, 300) ~ kpers ~ People without work. |
jobs[region] = INTEG(0, 10) ~ kpers ~ Jobs. |
share = 0.5 ~ Dmnl ~ A share. |
index = 1.5 ~ Dmnl ~ An index. |
INITIAL TIME = 2000 ~ year ~~|
FINAL TIME = 2004 ~ year ~~|
TIME STEP = 0.5 ~ year ~~|
SAVEPER = TIME STEP ~ year ~~|
"""
CARD = """
title = {nl = "Klein model", en = "Small model"}
[units.kpers]
factor = 1000
shown = {nl = "personen", en = "persons"}
[[outcome]]
variable = "people"
label = {nl = "werklozen", en = "unemployed"}
[[outcome]]
variable = "jobs[south]"
label = {nl = "banen in het zuiden", en = "jobs in the south"}
[[outcome]]
variable = "share"
label = {nl = "aandeel", en = "share"}
shown = "share"
[[outcome]]
variable = "index"
label = {nl = "index", en = "index"}
"""
TIMES = np.arange(2000.0, 2004.25, 0.5)  # 9 times


@pytest.fixture
def model(tmp_path):
    """The model with its card."""
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "model.mdl").write_text(MDL, encoding="utf-8")
    (folder / "model.toml").write_text(CARD, encoding="utf-8")
    return load_model(folder)


@pytest.fixture
def dataset():
    """Scenarios `a` and `b`, the same until 2002.5 inclusive (position 5), then parting."""
    after = np.maximum(0, np.arange(9.0) - 5)
    people = np.stack([300 + 0 * after, 300 - 50.1234 * after])
    jobs = np.zeros((2, 9, 2))
    jobs[:, :, 0], jobs[:, :, 1] = 1.0, 2.0
    share = np.stack([0.0344 + 0 * after, 0.0344 + 0.1 * after])
    index = np.stack([1.2345 + 0 * after, 1.2345 + after])
    kpers, none = {"units": "kpers"}, {"units": "Dmnl"}
    return xr.Dataset(
        {
            "people": (("scenario", "time"), people, kpers),
            "jobs": (("scenario", "time", "region"), jobs, kpers),
            "share": (("scenario", "time"), share, none),
            "index": (("scenario", "time"), index, none),
        },
        {
            "scenario": ["a", "b"],
            "time": ("time", TIMES, {"units": "year"}),
            "region": ["north", "south"],
        },
        {
            "model": "small",
            "model_sha256": "0123456789abcdef",
            "engine": "native",
            "integrator": "euler",
            "time_step": 0.5,
            "sdsocec_version": "9.9",
        },
    )


@pytest.fixture
def with_texts():
    """A function: the same model with other texts on its card."""

    def change(model, *, title=None, labels=None, unit=None):
        card = model.card
        if title is not None:
            card = card.model_copy(update={"title": Text(nl=title, en=title)})
        if labels is not None:
            outcomes = [
                o.model_copy(update={"label": Text(nl=label, en=label)})
                for o, label in zip(card.outcomes, labels, strict=False)
            ]
            card = card.model_copy(update={"outcomes": tuple(outcomes)})
        if unit is not None:
            shown = card.units["kpers"].model_copy(update={"shown": Text(nl=unit, en=unit)})
            card = card.model_copy(update={"units": {"kpers": shown}})
        return dataclasses.replace(model, card=card)

    return change


@pytest.fixture
def assert_legible():
    """A function: every text of a figure is on the sheet, apart from every other, and at least 7 points."""
    import itertools

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text as DrawnText

    from sdsocec.report.saving import house_style
    from sdsocec.report.style import HOUSE

    def check(figure, smallest=7.0):
        with house_style(HOUSE):
            figure.draw_without_rendering()
            renderer = FigureCanvasAgg(figure).get_renderer()
            drawn = figure.findobj(lambda a: isinstance(a, DrawnText) and a.get_text().strip() and a.get_visible())
            found = [(t, t.get_window_extent(renderer)) for t in drawn]
        width, height = figure.get_size_inches() * figure.dpi
        assert found
        for text, box in found:
            assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, text
            assert text.get_fontsize() >= smallest, text
            assert not text.get_parse_math() or "$" not in text.get_text(), text
        for (text, box), (other, other_box) in itertools.combinations(found, 2):
            across = min(box.x1, other_box.x1) - max(box.x0, other_box.x0)
            upward = min(box.y1, other_box.y1) - max(box.y0, other_box.y0)
            assert across <= 1 or upward <= 1, (text, other)
        return [text.get_text() for text, _ in found]

    return check
