"""The overview figure: a panel for each outcome of the card, a line for each scenario.

Lines carry their names at the right where these fit in every panel; else one legend stands on top. matplotlib is imported
when something is drawn, and never its `pyplot`: nothing is shown, and no state is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.results.shown import ShownOutcome, run_dimension, shown_outcomes, shown_time_unit

from .conditions import MOST_SETTINGS, as_sentence, conditions, settings_line, settings_of
from .lettering import clean, fit, width_of
from .numbers import format_time
from .panel import LABEL_SIZE, draw_outcome, end_label_positions, label_ends, look_of
from .parting import last_common_time, scenario_titles
from .saving import TICK_SIZE, house_style, render, save_figure
from .style import DARK, GREY, MOST_NAMED
from .tables import shown_value
from .texts import listed, text

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["describe_overview", "draw_outcome", "draw_overview", "render", "save_figure"]

MOST_PANELS = 12
COLUMNS = 3
# Sizes in points (1/72 inch).
WIDTHS = {1: 470.0, 2: 640.0, 3: 760.0}
PLOT_HEIGHT, TITLE_PAD = 108.0, 9.0
EDGE, GAP = 14.0, 20.0
TITLE_SIZE, NOTE_SIZE, LEGEND_SIZE, PANEL_TITLE_SIZE, STAMP_SIZE = 13.0, 9.5, 9.5, 10.0, 7.5
LINE = 1.3  # the height of a line of text, as a share of its size
WIDEST_NAME = 110.0
LONGEST_ALT_LABEL = 120  # characters


@dataclass(frozen=True)
class _Content:
    """What the figure shows, found once."""

    name: str
    outcomes: tuple[ShownOutcome, ...]
    n_outcomes: int
    times: NDArray[np.float64]
    titles: tuple[str, ...]
    common: int | None
    time_unit: str
    named_scenarios: bool
    conditions: str
    settings: str

    @property
    def start(self) -> float:
        return float(self.times[0])

    @property
    def end(self) -> float:
        return float(self.times[-1])

    @property
    def is_parting(self) -> bool:
        return len(self.titles) > 1 and self.common is not None and 0 < self.common < len(self.times) - 1

    @property
    def is_same(self) -> bool:
        return len(self.titles) > 1 and self.common == len(self.times) - 1


def _content(dataset: xr.Dataset, model: LoadedModel, language: str) -> _Content:
    every = [o for o in shown_outcomes(dataset, model, language) if np.isfinite(o.values).any()]
    times = dataset["time"].values
    titles = tuple(scenario_titles(dataset, model, language))
    # A single run has nobody to have a history in common with.
    common = last_common_time(every, len(times)) if len(titles) > 1 else None
    name = model.card.title.in_language(language)
    return _Content(
        name,
        tuple(_drawn(every, model)),
        len(every),
        times,
        titles,
        common,
        shown_time_unit(dataset, language),
        run_dimension(dataset) == "scenario",
        conditions(dataset, language),
        settings_line(dataset.attrs, language, most=MOST_SETTINGS),
    )


def _drawn(outcomes: list[ShownOutcome], model: LoadedModel) -> list[ShownOutcome]:
    """The outcomes that the card's `overview` names, in its order; the first ones if it names none."""
    keys = [name_key(name) for name in model.card.overview]
    named = [
        o
        for key in keys
        for o in outcomes
        if key in (name_key(o.variable), name_key(split_element_name(o.variable)[0]))
    ]
    return (named or outcomes)[:MOST_PANELS]


def draw_overview(dataset: xr.Dataset, model: LoadedModel, language: str = "en") -> Figure:
    """Draw the outcomes that the card's `overview` names (by default the first 12), three panels a row.

    Returns
    -------
    matplotlib.figure.Figure
        Its label is the alternative text (`describe_overview`); `render` or `save_figure` makes files of it.
    """
    from matplotlib.figure import Figure

    content = _content(dataset, model, language)
    columns = min(COLUMNS, max(1, len(content.outcomes)))
    width = WIDTHS[columns]
    with house_style():
        figure = Figure()
        figure.set_label(_description(content, language))
        axes = [
            draw_outcome(figure.add_subplot(), outcome, content.times, language, content.common)
            for outcome in content.outcomes
        ]
        names = [fit(title, WIDEST_NAME, LABEL_SIZE) for title in content.titles]
        labels = None if len(names) == 1 or content.is_same else _end_labels(axes, content)
        heading = _Heading(figure, width, EDGE)
        heading.write_title(_title(content, language))
        heading.write_notes(_notes(content, language), lines=2 + bool(content.conditions) + bool(content.settings))
        if labels is None and 1 < len(names) <= MOST_NAMED and not content.is_same:
            heading.write_legend(names)
        right = 0.0 if labels is None else 9.0 + max(width_of(name, LABEL_SIZE) for name in names)
        height = _place(figure, axes, content, width, heading.height, max(right, 14.0))
        if labels is not None:
            for ax, positions in zip(axes, labels, strict=True):
                label_ends(ax, names, positions, PLOT_HEIGHT)
        heading.settle(height)
        stamp = fit(_stamp(dataset, content, language), width - 2 * EDGE, STAMP_SIZE)
        figure.text(EDGE / width, EDGE / 2 / height, stamp, fontsize=STAMP_SIZE, color=GREY, parse_math=False)
    return figure


def _end_labels(axes: Sequence[Axes], content: _Content) -> list[list[float]] | None:
    """Where the names stand in every panel; None if they do not fit in one of them."""
    if len(content.titles) > MOST_NAMED:
        return None
    found = [end_label_positions(ax, o, PLOT_HEIGHT) for ax, o in zip(axes, content.outcomes, strict=True)]
    fitting = [positions for positions in found if positions is not None]
    return fitting if len(fitting) == len(found) else None


class _Heading:
    """Title, notes and legend, from the top down; the height of the figure is known only after the panels."""

    def __init__(self, figure: Figure, width: float, edge: float) -> None:
        self.figure, self.width, self.edge = figure, width, edge
        self.height = edge
        self.tops: list[tuple[object, float]] = []

    def write_title(self, title: str) -> None:
        whole = fit(title, self.width - 2 * self.edge, TITLE_SIZE, lines=2, bold=True)
        written = self.figure.suptitle(
            whole, fontsize=TITLE_SIZE, weight="bold", color=DARK, x=self.edge / self.width, y=1, ha="left", va="top"
        )
        written.set_parse_math(False)
        self._add(written, TITLE_SIZE * LINE * (whole.count("\n") + 1))

    def write_notes(self, notes: str, lines: int) -> None:
        if notes:
            whole = fit(notes, self.width - 2 * self.edge, NOTE_SIZE, lines=lines)
            x = self.edge / self.width
            written = self.figure.text(x, 1, whole, fontsize=NOTE_SIZE, color=GREY, va="top", parse_math=False)
            self._add(written, NOTE_SIZE * LINE * (whole.count("\n") + 1) + 2)

    def write_legend(self, names: Sequence[str]) -> None:
        from matplotlib.lines import Line2D

        handles = []
        for i, name in enumerate(names):
            look = look_of(i, len(names))
            handles.append(
                Line2D(
                    [], [], color=look.colour, linestyle=look.dashes, linewidth=look.width, marker=look.marker,
                    markersize=4, markerfacecolor="white", markeredgewidth=1.1, label=name,
                )
            )  # fmt: skip
        sample, between = 3.4 * LEGEND_SIZE + 6, 18.0
        widths = [sample + width_of(name, LEGEND_SIZE) + between for name in names]
        room = self.width - 2 * self.edge
        columns = len(names) if sum(widths) - between <= room else max(1, int((room + between) // max(widths)))
        rows = -(-len(names) // columns)
        legend = self.figure.legend(
            handles=handles, loc="upper left", ncols=columns, frameon=False, fontsize=LEGEND_SIZE, labelcolor=DARK,
            handlelength=3.4, handletextpad=6 / LEGEND_SIZE, columnspacing=between / LEGEND_SIZE, borderpad=0,
            borderaxespad=0, labelspacing=0.35,
        )  # fmt: skip
        for written in legend.get_texts():
            written.set_parse_math(False)
        self._add(legend, rows * LEGEND_SIZE * 1.4 + 4, gap=4.0)

    def _add(self, artist: object, height: float, gap: float = 2.0) -> None:
        self.tops.append((artist, self.height + gap))
        self.height += gap + height

    def settle(self, height: float) -> None:
        """Move everything to its place in a figure of this height."""
        for artist, top in self.tops:
            x, y = self.edge / self.width, 1 - top / height
            if hasattr(artist, "set_bbox_to_anchor"):
                artist.set_bbox_to_anchor((x, y), self.figure.transFigure)
            elif hasattr(artist, "set_position"):
                artist.set_position((x, y))


def _place(figure: Figure, axes: Sequence[Axes], content: _Content, width: float, top: float, right: float) -> float:
    """Give every panel its place and title, and the figure its size; the height of the figure in points.

    By hand, because matplotlib's own layouts draw the whole figure several times to find theirs.
    """
    columns = min(COLUMNS, max(1, len(axes)))
    cell = (width - 2 * EDGE + GAP) / columns
    tick_widths = [max((width_of(t.get_text(), TICK_SIZE) for t in ax.get_yticklabels()), default=0.0) for ax in axes]
    n_lines = [ax.get_ylabel().count("\n") + 1 for ax in axes]
    lefts = [
        max(tick_widths[i::columns], default=0.0) + LINE * TICK_SIZE * max(n_lines[i::columns], default=1) + 9
        for i in range(columns)
    ]
    titles = [fit(o.label, cell - GAP, PANEL_TITLE_SIZE, lines=2, bold=True) for o in content.outcomes]
    rows = [titles[i : i + columns] for i in range(0, len(titles), columns)]
    y = top + 4
    bottoms = []
    for titles_in_row in rows:
        y += PANEL_TITLE_SIZE * LINE * max(title.count("\n") + 1 for title in titles_in_row) + TITLE_PAD + PLOT_HEIGHT
        bottoms.append(y)
        y += TICK_SIZE * LINE + 14
    height = y + TICK_SIZE * LINE + STAMP_SIZE * LINE + EDGE / 2
    figure.set_size_inches(width / 72, height / 72)
    for i, (ax, title) in enumerate(zip(axes, titles, strict=True)):
        row, column = divmod(i, columns)
        x = EDGE + column * cell
        plot_width = cell - GAP - lefts[column] - right + (GAP / 2 if right <= GAP else 0)
        ax.set_position(
            ((x + lefts[column]) / width, 1 - bottoms[row] / height, plot_width / width, PLOT_HEIGHT / height)
        )
        ax.yaxis.label.set_verticalalignment("top")
        ax.yaxis.set_label_coords(-lefts[column] / plot_width, 0.5)
        # A title or label with a place of its own: matplotlib need not look for one.
        written = ax.set_title(
            title, loc="left", y=1 + TITLE_PAD / PLOT_HEIGHT, pad=0, fontsize=PANEL_TITLE_SIZE, weight="bold", color=DARK,
            parse_math=False,
        )  # fmt: skip
        written.set_x(-lefts[column] / plot_width)
        if i + columns >= len(axes):
            ax.set_xlabel(
                fit(content.time_unit, plot_width, TICK_SIZE), fontsize=TICK_SIZE, color=DARK, parse_math=False
            )
            ax.xaxis.set_label_coords(0.5, -(TICK_SIZE * LINE + 6) / PLOT_HEIGHT)
    return height


def _title(content: _Content, language: str) -> str:
    start, end = format_time(content.start, language), format_time(content.end, language)
    if len(content.titles) > 1:
        key = "figure_title" if content.named_scenarios else "figure_title_runs"
        return text(language, key, start=start, end=end, n=len(content.titles))
    if content.titles[0] == content.name:
        return text(language, "figure_title_bare", start=start, end=end)
    return text(language, "figure_title_single", start=start, end=end, scenario=content.titles[0])


def _notes(content: _Content, language: str) -> str:
    name = fit(content.name, 400.0, NOTE_SIZE)  # so that the notes behind it stay
    notes = [said for said in (content.settings, as_sentence(content.conditions)) if said]
    notes.append(name if name.endswith((".", "!", "?", "…")) else f"{name}.")
    if not content.outcomes:
        notes.append(text(language, "no_outcomes"))
    if content.is_parting and content.common is not None:
        time = format_time(float(content.times[content.common]), language)
        notes.append(text(language, "figure_parting", time=time))
    if content.is_same:
        notes.append(text(language, "figure_same"))
    elif len(content.titles) > MOST_NAMED:
        notes.append(text(language, "figure_many_runs"))
    if content.n_outcomes > len(content.outcomes):
        notes.append(text(language, "figure_first_outcomes", n=len(content.outcomes), total=content.n_outcomes))
    return " ".join(notes)


def _stamp(dataset: xr.Dataset, content: _Content, language: str) -> str:
    attributes = dataset.attrs
    step = str(attributes.get("time_step", "?"))
    set_by_hand = listed_settings(dataset, language)
    stamp = text(
        language,
        "stamp_with_settings" if set_by_hand else "stamp",
        settings=set_by_hand,
        model=attributes.get("model", "?"),
        digest=str(attributes.get("model_sha256", "?"))[:8],
        engine=attributes.get("engine", "?"),
        integrator=attributes.get("integrator", "?"),
        step=f"{step.replace('.', ',') if language == 'nl' else step} {content.time_unit}",
        version=attributes.get("sdsocec_version", "?"),
    )
    return f"{content.conditions} | {stamp}" if content.conditions else stamp


def listed_settings(dataset: xr.Dataset, language: str) -> str:
    """What was set by hand in every scenario: `quota share scenario = 0.03`; empty if nothing was."""
    return "; ".join(settings_of(dataset.attrs, language))


def describe_overview(dataset: xr.Dataset, model: LoadedModel, language: str = "en") -> str:
    """The overview in words, from the data: what is drawn, when scenarios part, where each outcome ends."""
    return _description(_content(dataset, model, language), language)


def _description(content: _Content, language: str) -> str:
    start, end = format_time(content.start, language), format_time(content.end, language)
    before = [said for said in (content.settings, as_sentence(content.conditions)) if said]
    if not content.outcomes:
        return " ".join([*before, f"{content.name}.", text(language, "no_outcomes")])
    is_many = len(content.titles) > MOST_NAMED
    named = [text(language, "alt_runs", n=len(content.titles))] if is_many else list(content.titles)
    sentences = [
        *before,
        text(
            language, "alt_what", n=len(content.outcomes), model=content.name, start=start, end=end,
            scenarios=listed(language, named),
        )
    ]  # fmt: skip
    if content.is_parting and content.common is not None:
        time = format_time(float(content.times[content.common]), language)
        sentences.append(text(language, "alt_parting", time=time))
    ends = "; ".join(_end_of(outcome, content, language) for outcome in content.outcomes)
    sentences.append(f"{text(language, 'alt_end', time=end)} {ends}.")
    return " ".join(sentences)


def _end_of(outcome: ShownOutcome, content: _Content, language: str) -> str:
    unit = "" if outcome.is_share or outcome.is_yes_no or not outcome.unit else f" {outcome.unit}"

    def shown(value: float) -> str:
        return shown_value(outcome, value, language) + unit

    label, ends = clean(outcome.label)[:LONGEST_ALT_LABEL], outcome.values[:, -1]
    if len(content.titles) == 1:
        return text(language, "alt_single", outcome=label, first=shown(outcome.values[0, 0]), last=shown(ends[0]))
    if np.isnan(ends).all():
        return text(language, "alt_same", outcome=label, value=shown(ends[0]))
    low, high = shown(float(np.nanmin(ends))), shown(float(np.nanmax(ends)))
    if low == high:
        return text(language, "alt_same", outcome=label, value=high)

    def who(value: str) -> str:
        if len(ends) > MOST_NAMED:
            return text(language, "alt_one")
        return listed(language, [t for t, end in zip(content.titles, ends, strict=True) if shown(float(end)) == value])

    names = {"low_scenario": who(low), "high_scenario": who(high)}
    return text(language, "alt_range", outcome=label, low=low, high=high, **names)
