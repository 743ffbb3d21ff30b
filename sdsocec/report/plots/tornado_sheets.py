"""Tornadoes for print: a picture an outcome, a panel a scenario, on one scale where it suits all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sdsocec.analysis.tornado import RANGES, Tornado
from sdsocec.model.names import name_key
from sdsocec.model.project import LoadedModel
from sdsocec.results.formats import DataTable
from sdsocec.results.shown import ShownOutcome, is_year
from sdsocec.scenario import Scenario

from ..inputs import CALENDAR, has_unit, input_label, input_numbers, input_unit
from ..lettering import ELLIPSIS, clean
from ..numbers import decimals_for, format_change, format_number, format_time, with_sign
from ..parting import EQUAL
from ..picture import Picture, new_sheet, place_panels, settings_below, stamp, with_settings, write_legend
from ..saving import house_style
from ..sheet import CM, EDGE, Head, sheet_height, sheet_width
from ..style import HOUSE, LINE, TALLEST, Style
from ..tables import shown_value, with_unit
from ..texts import listed, text
from .bands import time_unit
from .chosen import shown_of
from .room import shortened
from .tornado import HATCH, Bar, beyond, dot_look, draw_tornado, fitted_name, limits_of, seen_from

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_BARS = 12
NARROW = 0.125  # of the axis: where the widest bar of a panel would be narrower, panels have scales of their own
ROW = 19.0  # points, at least: two lines of numbers
AROUND = 66.0  # points: the head of a panel, the number above its line, the numbers below
NAMES = {
    ("column", 1): 84.0,
    ("full", 1): 150.0,
    ("full", 2): 92.0,
}  # points for the names of inputs, by size and columns
WIDER = (0.0, 12.0, 24.0, 36.0)  # points more, where a name needs it
NOTE = 12.0  # points: a line below the title of a panel
GAP = 14.0


@dataclass(frozen=True)
class _Panel:
    """One outcome in one scenario."""

    name: str
    scenario: str  # its title
    title: str
    stored: float
    bars: tuple[Bar, ...]  # those drawn, the widest first
    smaller: tuple[str, ...]  # inputs that move it less, and have no room
    still: tuple[str, ...]  # inputs that alone do not move it, or by too little to mean anything
    unknown: tuple[str, ...]  # inputs without both ends


def tornado_pictures(
    found: Tornado, model: LoadedModel, *, size: str = "full", language: str = "en", style: Style = HOUSE
) -> list[Picture]:
    """Draw every output of a tornado: a picture each, with a panel for each scenario.

    All are on one scale, unless the bars of a panel would be too narrow on it.

    Parameters
    ----------
    model : LoadedModel
        Its card says how outputs and inputs are called and shown.

    Returns
    -------
    list of Picture
        `tornado`, or `tornado-1`, `tornado-2`, ...; the table has a row a scenario and input, also those not drawn.
    """
    made: list[tuple[_Sheet, list[_Panel]]] = []
    for output in range(len(found.experiment.outputs)):
        outcome = _outcome(found, model, output, language)
        panels = [_panel(found, model, i, outcome, language) for i in range(len(found.scenarios))]
        sheet = _Sheet.of(found, model, output, outcome, panels, size, language, style)
        most = sheet.most(panels)
        made += [(sheet, panels[i : i + most]) for i in range(0, len(panels), most)]
    stems = ["tornado"] if len(made) == 1 else [f"tornado-{i + 1}" for i in range(len(made))]
    return [sheet.picture(stem, panels) for stem, (sheet, panels) in zip(stems, made, strict=True)]


def _outcome(found: Tornado, model: LoadedModel, output: int, language: str) -> ShownOutcome:
    """An output as readers see it; its values have the shape (n_scenarios, 1 + n_factors * n_levels): as it is, then the rest."""
    n = len(found.scenarios)
    values = np.concatenate([found.stored[:, output : output + 1], found.values[..., output].reshape(n, -1)], axis=1)
    return shown_of(model, found.experiment.outputs[output], values, language)


def _panel(found: Tornado, model: LoadedModel, i: int, outcome: ShownOutcome, language: str) -> _Panel:
    one = found.scenarios[i]
    output = found.experiment.outputs.index(outcome.variable)
    stored, values = float(outcome.values[i, 0]), outcome.values[i, 1:].reshape(found.levels.shape)
    known = found.has_ends[i, :, output]
    factors = found.experiment.factors
    labels = [clean(input_label(model, factor, language)) for factor in factors]
    bars = []
    for j in np.flatnonzero(known).tolist():
        name = labels[j]
        if has_unit(factors[j]):
            name = with_unit(name, input_unit(model, factors[j], language), language)
        low, high = input_numbers(model, factors[j], found.levels[j, [0, -1]].tolist(), language)
        row = values[j]
        bar = Bar(name, (low, high), float(row[0]), float(row[-1]), float(np.nanmin(row)), float(np.nanmax(row)))
        bars.append((j, bar))
    largest = max([abs(stored), *(abs(x) for _, bar in bars for x in (bar.least, bar.most))])
    least = max(EQUAL * largest, outcome.smallest)
    moving = sorted((p for p in bars if p[1].width > least), key=lambda pair: -pair[1].width)
    still = [j for j, bar in bars if bar.width <= least]
    scenario = _title(found, one, language)
    title = scenario
    if found.minus is not None:
        title = text(language, "comparison_header", scenario=scenario, first=_title(found, found.minus, language))
    return _Panel(
        one.name, scenario, title, stored, tuple(bar for _, bar in moving[:MOST_BARS]),
        tuple(labels[j] for j, _ in moving[MOST_BARS:]), tuple(labels[j] for j in still),
        tuple(labels[j] for j in np.flatnonzero(~known).tolist()),
    )  # fmt: skip


def _title(found: Tornado, scenario: Scenario, language: str) -> str:
    """The title of a scenario, or its name where another has the same."""
    titles = [clean(one.title.in_language(language)) for one in found.experiment.scenarios]
    title = clean(scenario.title.in_language(language))
    return title if titles.count(title) == 1 else scenario.name


@dataclass(frozen=True)
class _Sheet:
    """What the sheets of one outcome have in common."""

    found: Tornado
    model: LoadedModel
    output: int
    outcome: ShownOutcome
    size: str
    columns: int
    names: float  # points, for the names of inputs
    width: float  # points, of a panel
    limits: Mapping[str, tuple[float, float]]  # of each panel, by the name of its scenario
    is_common: bool  # whether all panels have the same
    rows: int  # that a panel has room for
    room: float  # points, for these rows
    around: float  # points, above and below them
    language: str
    style: Style

    @classmethod
    def of(
        cls, found: Tornado, model: LoadedModel, output: int, outcome: ShownOutcome, panels: Sequence[_Panel], size: str,
        language: str, style: Style,
    ) -> _Sheet:  # fmt: skip
        columns = min(len(panels), 2 if size == "full" else 1)
        tried = [NAMES[size, columns] + more for more in WIDER]
        bars = [bar for panel in panels for bar in panel.bars]
        names = next((x for x in tried if not any(fitted_name(b, x, style).endswith(ELLIPSIS) for b in bars)), tried[0])
        width = (sheet_width(size) - 2 * EDGE - GAP * (columns - 1)) / columns - names - 18.0
        has_zero = found.minus is not None
        common = limits_of([(p.bars, p.stored) for p in panels], width, style, zero=has_zero)
        least = NARROW * (common[1] - common[0])
        is_common = all(max(bar.width for bar in p.bars) >= least for p in panels if p.bars)
        limits = {
            p.name: common if is_common or not p.bars else limits_of([(p.bars, p.stored)], width, style, zero=has_zero)
            for p in panels
        }
        rows = max(len(panel.bars) for panel in panels) or 1
        lines = max((fitted_name(bar, names, style).count("\n") + 1 for bar in bars), default=1)
        room = rows * max(ROW, lines * style.tick_size * (LINE - 0.25) + 3.5)
        around = AROUND + (NOTE if found.minus is not None or not all(panel.bars for panel in panels) else 0.0)
        around += 0.0 if is_common else NOTE
        return cls(
            found, model, output, outcome, size, columns, names, width, limits, is_common, rows, room, around, language,
            style,
        )  # fmt: skip

    def most(self, panels: Sequence[_Panel]) -> int:
        """How many panels a sheet has room for."""
        left = (TALLEST - self._height(panels, 0.0)) * CM
        return self.columns * max(1, int(left // (self.room + self.around)))

    def _height(self, panels: Sequence[_Panel], room: float) -> float:
        """The height in cm, with so much room (points) for panels."""
        names = [str(handle.get_label()) for handle in self._handles(panels)]
        return sheet_height(self.size, *self._words(panels), legend=names, panels=room / CM)

    def picture(self, stem: str, panels: Sequence[_Panel]) -> Picture:
        """One sheet."""
        columns = min(self.columns, len(panels))
        words, handles = self._words(panels), self._handles(panels)
        height = self._height(panels, -(-len(panels) // columns) * (self.room + self.around))
        figure, area = new_sheet(self.size, height, *words)
        area = write_legend(figure, area, handles, self.style)
        with house_style(self.style):
            axes = [self._draw(figure.add_subplot(), panel) for panel in panels]
            for i, ax in enumerate(axes):
                if self.is_common and i + columns < len(axes):
                    ax.set_xlabel("")
            heads = [Head(panel.title, self._note(panel)) for panel in panels]
            place_panels(figure, area, axes, self.style, columns=columns, heads=heads, gap=(GAP, 9.0))
        alt = clean(self._described(panels))
        figure.set_label(alt)
        return Picture(stem, figure, alt, self._table(stem, panels))

    def _draw(self, ax: Axes, panel: _Panel) -> Axes:
        is_share = self.outcome.is_share
        unit = "" if is_share else self.outcome.unit
        if is_share and self.found.minus is not None:
            unit = text(self.language, "points")
        return draw_tornado(
            ax, panel.bars, panel.stored, lang=self.language, style=self.style, unit=unit, is_share=is_share,
            limits=self.limits[panel.name], rows=self.rows, names=self.names, width=self.width,
            number=self._value(panel.stored), zero=self.found.minus is not None,
        )  # fmt: skip

    # ---- words --------------------------------------------------------------------------------------------------------

    def _value(self, value: float, *, unit: bool = False) -> str:
        """A value of the outcome, or a difference with its sign."""
        outcome, lang = self.outcome, self.language
        if self.found.minus is None:
            shown = shown_value(outcome, value, lang)
            return f"{shown} {outcome.unit}" if unit and outcome.unit and not outcome.is_share else shown
        if outcome.is_share:
            shown = format_change(100 * value, lang)
            return f"{shown} {text(lang, 'points')}" if unit else shown
        shown = format_change(value, lang, outcome.smallest)
        return f"{shown} {outcome.unit}" if unit and outcome.unit else shown

    def _ends(self, bar: Bar) -> dict[str, str]:
        """Both ends of a bar, with as many digits as tell them apart."""
        low, high = self._value(bar.low), self._value(bar.high)
        if low == high and bar.low != bar.high and not self.outcome.step:
            factor = 100.0 if self.outcome.is_share else 1.0
            ends = (factor * bar.low, factor * bar.high)
            decimals = decimals_for([ends[1] - ends[0]], 1)
            shown = [format_number(value, self.language, decimals=decimals) for value in ends]
            if self.found.minus is not None:
                shown = [with_sign(one, value) for one, value in zip(shown, ends, strict=True)]
            elif self.outcome.is_share:
                shown = [f"{one}%" for one in shown]
            low, high = shown
        return {"low": low, "high": high}

    def _moment(self) -> str:
        shown = format_time(self.found.time, self.language)
        control = self.model.equations.variables.get(name_key("TIME STEP"))
        if control is None or (is_year(control.unit) and self.found.time >= CALENDAR):
            return shown
        return f"{time_unit(self.model, self.language)} {shown}"

    def _words(self, panels: Sequence[_Panel]) -> tuple[Style, str, str, list[str]]:
        lang, found = self.language, self.found
        label = clean(self.outcome.label)
        key, baseline = "tornado_title", ""
        if found.minus is not None:
            key, baseline = "tornado_title_minus", _title(found, found.minus, lang)
        title = text(lang, key, outcome=label[:1].upper() + label[1:], time=self._moment(), baseline=baseline)
        model = clean(self.model.card.title.in_language(lang))
        subtitle = with_settings(f"{model}. {self._range()}", found.attributes, lang)
        footer = [*self._notes(panels), settings_below(found.attributes, lang), stamp(found.attributes, self.style)]
        return self.style, title, subtitle, [note for note in footer if note]

    def _range(self) -> str:
        """From where to where each input goes."""
        low, high = (format_number(100 * p, self.language) for p in RANGES[self.found.span])
        return text(self.language, f"tornado_range_{self.found.span}", low=low, high=high)

    def _notes(self, panels: Sequence[_Panel]) -> list[str]:
        """What is not drawn, and why; where runs start."""
        lang, notes = self.language, [text(self.language, "tornado_numbers")]
        if not self.is_common and any(panel.bars for panel in panels):
            notes.append(text(lang, "tornado_own_scales"))
        least = self._value(self.outcome.smallest, unit=True) if self.outcome.smallest > 0 else ""
        for key in ("smaller", "still", "unknown"):
            of = {panel.scenario: getattr(panel, key) for panel in panels}
            what = _by_scenario(of, lang)
            if what and key == "still" and least:
                notes.append(text(lang, "tornado_still_or_less", inputs=what, least=least.lstrip("+")))
            elif what:
                notes.append(text(lang, f"tornado_{key}", inputs=what))
        if self.found.experiment.initial == "equilibrium":
            notes.append(text(lang, "tornado_at_rest"))
        return [" ".join(notes)]

    def _note(self, panel: _Panel) -> str:
        """Below the title of a panel: that it has no bars, or what each side of 0 means for a difference."""
        if not panel.bars:
            return text(self.language, "tornado_nothing")
        if self.found.minus is None:
            return ""
        low, high = self.limits[panel.name]
        if low < 0 < high:
            return text(self.language, "tornado_sides", scenario=panel.scenario)
        key = "tornado_higher" if low >= 0 else "tornado_lower"
        return text(self.language, key, scenario=panel.scenario)

    def _handles(self, panels: Sequence[_Panel]) -> list[Any]:
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        lang, style = self.language, self.style
        stored = "tornado_stored" if self.found.minus is None else "tornado_stored_minus"
        kwargs: dict[str, Any] = {"edgecolor": style.text, "linewidth": 0.5}
        handles: list[Any] = [
            Patch(facecolor=style.fill(0).colour, label=text(lang, "tornado_low"), **kwargs),
            Patch(facecolor=style.fill(1).colour, hatch=HATCH, label=text(lang, "tornado_high"), **kwargs),
            Line2D([], [], color=style.text, linewidth=style.line_width, label=text(lang, stored)),
        ]
        if any(beyond(bar, seen_from(panel.bars)) for panel in panels for bar in panel.bars):
            handles.append(Line2D([], [], label=text(lang, "tornado_beyond"), **dot_look(style)))
        return handles

    def _described(self, panels: Sequence[_Panel]) -> str:
        lang = self.language
        sentences = [
            text(lang, "alt_tornado", n=len(panels), outcome=clean(self.outcome.label), time=self._moment(),
                 model=clean(self.model.card.title.in_language(lang))),
            self._range(),
        ]  # fmt: skip
        for panel in panels:
            parts = [
                text(lang, "alt_tornado_bar", input=shortened(bar.name), low_input=bar.ends[0], high_input=bar.ends[1],
                     **self._ends(bar))
                + "".join(
                    text(lang, "alt_tornado_beyond", value=self._value(x)) for x, _ in beyond(bar, seen_from(panel.bars))
                )
                for bar in panel.bars
            ]  # fmt: skip
            stored = self._value(panel.stored, unit=True)
            nothing = text(lang, "tornado_nothing").rstrip(".")
            sentences.append(
                text(lang, "alt_tornado_one", scenario=panel.title, stored=stored,
                     bars="; ".join(parts) or nothing[:1].lower() + nothing[1:])
            )  # fmt: skip
        return " ".join([*sentences, *self._notes(panels)])

    def _table(self, stem: str, panels: Sequence[_Panel]) -> DataTable:
        found, outcome, model = self.found, self.outcome, self.model
        header = (
            "scenario", "minus", "time", "variable", "label", "input", "low_input", "high_input", "stored_input", "input_unit",
            "outcome_low", "outcome_high", "outcome_least", "outcome_most", "stored", "unit",
        )  # fmt: skip
        rows: list[tuple[str | float, ...]] = []
        names = [scenario.name for scenario in found.scenarios]
        minus = found.minus.name if found.minus is not None else ""
        for panel in panels:
            i = names.index(panel.name)
            values = outcome.values[i, 1:].reshape(found.levels.shape)
            for j, one in enumerate(found.experiment.factors):
                scale = model.card.unit(one.unit)[0]
                known = found.has_ends[i, j, self.output]
                furthest = [float(f(values[j])) if known else np.nan for f in (np.nanmin, np.nanmax)]
                rows.append(
                    (panel.name, minus, found.time, outcome.variable, outcome.label, one.name,
                     *(scale * found.levels[j, [0, -1]]).tolist(), float(scale * found.own[i, j]),
                     input_unit(model, one, self.language), *values[j, [0, -1]].tolist(), *furthest, panel.stored, outcome.unit)
                )  # fmt: skip
        return DataTable(stem, header, tuple(rows), is_for_sheets=False)


def _by_scenario(inputs: Mapping[str, Sequence[str]], language: str) -> str:
    """Inputs, with the scenarios where it is not all of them: `a and b; c (Regular)`."""
    where: dict[tuple[str, ...], list[str]] = {}
    for name in dict.fromkeys(name for names in inputs.values() for name in names):
        where.setdefault(tuple(title for title, names in inputs.items() if name in names), []).append(shortened(name))
    parts = []
    for titles, names in where.items():
        listed_names = listed(language, names)
        short = listed(language, [shortened(title) for title in titles])
        parts.append(
            listed_names if len(titles) == len(inputs) else text(language, "with_unit", label=listed_names, unit=short)
        )
    return "; ".join(parts)
