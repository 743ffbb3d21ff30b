"""Figures of likelihood profiles: what the record says about each constant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.results.shown import TIME_UNITS, shown_unit

from .numbers import format_ticks, format_value
from .small_charts import DASHED, DOTTED, MOST_CHARTS, Chart, handle, label_values, small_charts
from .style import DARK
from .texts import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sdsocec.analysis.calibration import Profile

BLUE, RED = "#0072b2", "#d55e00"  # Okabe and Ito (2008)
COST_SHOWN = 4.0  # times the line: what is above runs out of the panel


def draw_profile(ax: Axes, profile: Profile, language: str = "en") -> Axes:
    """Draw one likelihood profile: the cost above the lowest, the 90 % line, and the best fit as a vertical line."""
    from matplotlib.ticker import MaxNLocator

    x, y = profile.values, np.maximum(profile.costs - profile.lowest, 0.0)
    ax.plot(x, y, color=BLUE, linewidth=1.7, marker="o", markersize=3.5, markerfacecolor="white", markeredgewidth=1.1)
    ax.axhline(profile.line, color=DARK, linestyle=DASHED, linewidth=1.0)
    ax.axvline(profile.estimate, color=RED, linestyle=DOTTED, linewidth=1.4)
    known = y[np.isfinite(y)]
    top = float(np.clip(1.06 * known.max() if known.size else 0.0, 1.5 * profile.line, COST_SHOWN * profile.line))
    ticks = np.asarray(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(0.0, top)).tolist()
    ticks = [tick for tick in ticks if tick <= top]
    ax.set_yticks(ticks, format_ticks(ticks, language))
    ax.set_ylim(-0.03 * top, top)
    label_values(ax, text(language, "profile_cost"))
    first, last = float(x.min()), float(x.max())
    places = np.asarray(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(first, last)).tolist()
    places = [place for place in places if first - 1e-12 <= place <= last + 1e-12]
    ax.set_xticks(places, format_ticks(places, language))
    margin = 0.03 * (last - first or 1.0)
    ax.set_xlim(first - margin, last + margin)
    return ax


def draw_profiles(profiles: Sequence[Profile], model: LoadedModel, language: str = "en") -> Figure:
    """Draw likelihood profiles, a panel a constant, two a row."""
    from sdsocec.analysis.calibration.profiles import UNRESOLVED

    from .calibration_tables import profile_text

    panels, sentences = [], []
    for profile, unit in (_shown_profile(profile, model, language) for profile in profiles[:MOST_CHARTS]):
        draw = partial(draw_profile, profile=profile, language=language)
        interval = text(language, "calibrate_profile_panel", interval=profile_text(profile, language))
        label = _label(profile.name, model, language)
        panels.append(Chart(label, interval, draw, unit))
        low, high = profile.lower, profile.upper
        key = "both" if np.isfinite(low) and np.isfinite(high) else "low" if np.isfinite(low) else "high"
        key = "none" if np.isnan(low) and np.isnan(high) else key
        shown = {
            "low": format_value(low, language), "high": format_value(high, language),
            "first": format_value(float(profile.values.min()), language),
            "last": format_value(float(profile.values.max()), language),
        }  # fmt: skip
        sentence = text(language, f"alt_profile_{key}", label=label, unit=unit, **shown)
        if UNRESOLVED in (profile.below, profile.above):
            sentence = text(language, "alt_profile_unresolved", sentence=sentence)
        sentences.append(sentence)
    legend = [
        handle(text(language, "profile_cost_line"), BLUE, "-", "o", markerfacecolor="white", markeredgewidth=1.1),
        handle(text(language, "profile_line"), DARK, DASHED),
        handle(text(language, "profile_estimate"), RED, DOTTED),
    ]
    title = text(language, "profile_title", model=model.card.title.in_language(language))
    what = text(language, "alt_profile_what", n=len(panels), model=model.card.title.in_language(language))
    stamp = f"model {model.name} {model.equations.file_sha256[:8]}"
    return small_charts(panels, title, text(language, "profile_note"), legend, "", stamp, [what, *sentences])


def _label(name: str, model: LoadedModel, language: str) -> str:
    """A constant as readers say it, and its name."""
    label = model.card.element_label(name, language)
    return label if label == name else f"{label} ({name})"


def _shown_profile(profile: Profile, model: LoadedModel, language: str) -> tuple[Profile, str]:
    """The profile in the unit that readers see, and that unit."""
    unit = model.equations.variables[name_key(split_element_name(profile.name)[0])].unit
    factor, _ = model.card.unit(unit)
    per, what = ("1/", unit.removeprefix("1/")) if unit.startswith("1/") else ("", unit)
    known = TIME_UNITS.get(name_key(what))
    shown = per + known.in_language(language) if known and factor == 1.0 else shown_unit(model, unit, language)
    numbers = {name: getattr(profile, name) * factor for name in ("values", "estimate", "lower", "upper")}
    return replace(profile, **numbers), shown
