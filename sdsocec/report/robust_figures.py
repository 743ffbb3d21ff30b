"""What is robust, as pictures: in which share each statement holds, and what turns the most fragile rankings round."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sdsocec.analysis.robust import ClaimResult, Ranking, Rankings, Robustness, Stretch
from sdsocec.analysis.robust.rankings import stored_value
from sdsocec.analysis.robust.stretches import FAILS, HOLDS, TIE, Verdict, has, verdicts
from sdsocec.results.formats import DataTable

from .inputs import has_unit
from .lettering import ELLIPSIS, NO_BREAK, fit
from .numbers import format_number, format_ticks, format_time
from .picture import Picture, new_sheet, place_panels, stamp
from .robust_tables import fragile
from .robust_words import Words
from .saving import house_style
from .sheet import Head, sheet_height
from .style import HOUSE, Style
from .tables import with_unit
from .texts import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ROWS = 44  # of a page
MOST_PANELS = {"full": 6, "column": 3}
MOST_POINTS = 512  # of a panel; the first rows of the inputs are an even sample of them
ROW, HEADED = 11.5, 16.0  # points: the height of a row, and of a line with a group's name
LABEL_WIDTH, NOTE_WIDTH = {"full": 150.0, "column": 92.0}, 162.0  # a column has no room for notes
CM = 72 / 2.54


@dataclass(frozen=True)
class Bar:
    """A row of a figure of shares.

    Attributes
    ----------
    label : str
        May have several lines.
    note : str
        What stands at the right.
    group : str
        Rows with the same stand under it; empty for none.
    """

    label: str
    share: float
    interval: tuple[float, float]
    shown: str
    note: str
    group: str = ""


def robust_pictures(found: Robustness, language: str = "en", style: Style = HOUSE, size: str = "full") -> list[Picture]:
    """The pictures of what is robust: `rankings-shares`, `rankings-flips`, `claims-shares`, those that have something to show."""
    pictures = []
    if found.rankings is not None and found.rankings.rankings:
        pictures.append(_rankings_picture(found, found.rankings, language, style, size))
        margins = _margins_picture(found, found.rankings, language, style, size)
        pictures += [margins] if margins is not None else []
    if found.claims:
        pictures.append(_claims_picture(found, language, style, size))
    return pictures


# ---- shares -----------------------------------------------------------------------------------------------------------


def draw_shares(ax: Axes, bars: Sequence[Bar], style: Style = HOUSE, *, indent: float = 0.0) -> Axes:
    """Draw shares as horizontal bars from the top down, with whiskers for their intervals and their numbers in the bars' row.

    Rows of a group follow each other; the group's name stands above the first, so many points left of the axis.
    """
    heights, tops, y = [], [], 0.0
    for i, bar in enumerate(bars):
        if bar.group and (i == 0 or bar.group != bars[i - 1].group):
            y += HEADED
            tops.append((y - 4.0, bar.group))
        lines = max(bar.label.count("\n"), bar.note.count("\n")) + 1
        height = max(ROW, lines * style.tick_size * 1.25 + 2.5)
        heights.append(y + height / 2)
        y += height
    places = np.array(heights)
    shares = np.array([100 * bar.share for bar in bars])
    low = np.array([100 * bar.interval[0] for bar in bars])
    high = np.array([100 * bar.interval[1] for bar in bars])
    fill = style.categories[1]
    ax.barh(places, np.nan_to_num(shares), height=0.62 * ROW, color=fill, edgecolor=style.text, linewidth=0.4, zorder=2)
    ax.hlines(places, low, high, color=style.text, linewidth=0.9, zorder=3)
    for ends in (low, high):
        ax.vlines(ends, places - 0.16 * ROW, places + 0.16 * ROW, color=style.text, linewidth=0.9, zorder=3)
    ax.axvline(50, color=style.rules, linewidth=0.6, linestyle=(0, (3, 2)), zorder=1)
    for bar, place in zip(bars, places, strict=True):
        ax.annotate(
            bar.shown, (100, place), (5, 0), textcoords="offset points", va="center", fontsize=style.tick_size,
            color=style.text, weight="bold", parse_math=False, annotation_clip=False,
        )  # fmt: skip
        ax.annotate(
            bar.note, (100, place), (46, 0), textcoords="offset points", va="center", fontsize=style.tick_size,
            color=style.notes, parse_math=False, annotation_clip=False, linespacing=1.15,
        )  # fmt: skip
    for place, group in tops:
        ax.annotate(
            group, (0, place), (-indent, 0), textcoords="offset points", va="bottom", ha="left", fontsize=style.label_size,
            color=style.text, weight="bold", parse_math=False, annotation_clip=False,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
        )  # fmt: skip
    ax.set_yticks(places, [bar.label for bar in bars])
    for label in ax.get_yticklabels():
        label.set_parse_math(False)
        label.set_linespacing(1.15)
        label.set_verticalalignment("center")
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(y + 2, 0)
    ax.set_xlim(0, 100)
    ax.set_xticks([0, 25, 50, 75, 100])
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    ax.spines["left"].set_visible(False)
    return ax


def _height_of(bars: Sequence[Bar], style: Style) -> float:
    """The height of the panel of some rows, in points."""
    groups = sum(bool(bar.group) and (i == 0 or bar.group != bars[i - 1].group) for i, bar in enumerate(bars))
    lines = [max(bar.label.count("\n"), bar.note.count("\n")) + 1 for bar in bars]
    return groups * HEADED + sum(max(ROW, n * style.tick_size * 1.25 + 2.5) for n in lines) + 2


def _shares_picture(
    found: Robustness, stem: str, bars: Sequence[Bar], table: DataTable, alt: str, title: str, subtitle: str,
    notes: Sequence[str], language: str, style: Style, size: str,
) -> Picture:  # fmt: skip
    footer = [*notes, stamp(found.attributes(), style)]
    panel = (_height_of(bars, style) + 3.2 * style.tick_size) / CM
    height = sheet_height(size, style, title, subtitle, footer, panels=panel + 0.3)
    figure, area = new_sheet(size, height, style, title, subtitle, footer)
    with house_style(style):
        ax = draw_shares(figure.add_subplot(), bars, style, indent=0.0 if size == "full" else LABEL_WIDTH[size])
        ax.set_xlabel(text(language, "robust_axis"), fontsize=style.tick_size, color=style.text)
        ax.set_xticks(ax.get_xticks(), format_ticks(ax.get_xticks().tolist(), language))
    place_panels(figure, area, [ax], style)
    return Picture(stem, figure, alt, table)


def _rankings_picture(found: Robustness, rankings: Rankings, language: str, style: Style, size: str) -> Picture:
    words, ranked = Words(found, language), rankings.rankings
    broken = fragile(ranked)
    drawn = (broken or list(range(len(ranked))))[:MOST_ROWS]
    outcomes = list(dict.fromkeys(words.outcome(ranked[i]) for i in drawn))  # the outcome of the most fragile first
    drawn.sort(key=lambda i: outcomes.index(words.outcome(ranked[i])))
    bars = [_ranking_bar(words, ranked[i], style, size) for i in drawn]
    n = format_number(len(rankings.inputs), language)
    subtitle = _subtitle("rankings", n, [ranked[i] for i in drawn], language, size)
    parts = " ".join(
        text(language, "alt_robust_share", statement=f"{words.outcome(ranked[i])}, {order(words, ranked[i])}",
             share=words.short_share(ranked[i]))
        for i in drawn
    )  # fmt: skip
    notes = _left_out(len(ranked) - len(broken) if broken else 0, len(broken) - len(drawn), language)
    alt = _described(found, n, parts, [ranked[i] for i in drawn], notes, language)
    rows = tuple(
        (words.outcome(ranked[i]), found.scenarios[ranked[i].first].name, found.scenarios[ranked[i].second].name,
         ranked[i].sense, ranked[i].share, *ranked[i].interval)
        for i in drawn
    )  # fmt: skip
    table = DataTable("rankings-shares", ("label", "first", "second", "is", "share", "share_low", "share_high"), rows)
    title = text(language, "robust_rankings_title", time=format_time(rankings.time, language))
    return _shares_picture(found, table.name, bars, table, alt, title, subtitle, notes, language, style, size)


def _claims_picture(found: Robustness, language: str, style: Style, size: str) -> Picture:
    words, claims = Words(found, language), found.claims
    broken = fragile(claims)
    drawn = (broken or list(range(len(claims))))[: MOST_ROWS // 2]
    bars = [_claim_bar(words, claims[i], style, size) for i in drawn]
    n = format_number(found.claims_n, language)
    parts = " ".join(
        text(language, "alt_robust_share", statement=words.claim(claims[i]),
             share=words.short_share(claims[i]))
        for i in drawn
    )  # fmt: skip
    notes = _left_out(len(claims) - len(broken) if broken else 0, len(broken) - len(drawn), language)
    alt = _described(found, n, parts, [claims[i] for i in drawn], notes, language)
    rows = tuple(
        (claims[i].claim.name, claims[i].claim.text.in_language(language), claims[i].share, *claims[i].interval) for i in drawn
    )  # fmt: skip
    table = DataTable("claims-shares", ("claim", "text", "share", "share_low", "share_high"), rows)
    return _shares_picture(
        found, table.name, bars, table, alt, text(language, "robust_claims_title"),
        _subtitle("claims", n, [claims[i] for i in drawn], language, size), notes, language, style, size,
    )  # fmt: skip


def _subtitle(part: str, n: str, results: Sequence[Ranking | ClaimResult], language: str, size: str) -> str:
    """What the bars are, and the notes at their right."""
    parts = [text(language, f"robust_{part}_note", n=n), *_counted(results, language)]
    parts += [text(language, f"robust_{part}_right")] if size == "full" else []
    return " ".join(parts)


def _counted(results: Sequence[Ranking | ClaimResult], language: str) -> list[str]:
    return [text(language, "robust_counted")] if any(one.n_unknown for one in results) else []


def _described(
    found: Robustness, n: str, parts: str, drawn: Sequence[Ranking | ClaimResult], notes: Sequence[str], language: str
) -> str:
    """The bars in words, and how many statements have none."""
    told = text(language, "alt_robust_shares", model=_model(found, language), n=n, total=len(drawn), parts=parts)
    return " ".join([told, *_counted(drawn, language), *notes])


def _left_out(n_all: int, n_more: int, language: str) -> list[str]:
    notes = [text(language, "robust_too_many", n=n_more)] if n_more > 0 else []
    return [*notes, text(language, "robust_not_drawn", some=n_all)] if n_all else notes


def order(words: Words, ranking: Ranking) -> str:
    """A ranking in short: `Publiek < Regulier`."""
    key = f"robust_{ranking.sense}_than"
    return text(words.language, key, first=words.title(ranking.first), second=words.title(ranking.second))


def _ranking_bar(words: Words, ranking: Ranking, style: Style, size: str) -> Bar:
    best = ranking.strongest
    position = best.position if best is not None and best.is_decisive else None
    shown = re.sub("([<>]) ", rf"\1{NO_BREAK}", order(words, ranking))
    label = fit(shown, LABEL_WIDTH[size], style.tick_size, lines=2, font=style.font)
    note = _note(words, ranking, position, "fails", style, size, label.count("\n") + 1)
    return Bar(label, ranking.share, ranking.interval, words.short_share(ranking), note, words.outcome(ranking))


def _claim_bar(words: Words, result: ClaimResult, style: Style, size: str) -> Bar:
    split = result.split
    position = split.position if split is not None and split.is_decisive else None
    said = result.claim.text.in_language(words.language)
    named = said if result.claim.name == result.claim.check.name else f"{result.claim.name}: {said}"
    label = fit(named, LABEL_WIDTH[size], style.tick_size, lines=3 if size == "full" else 4, font=style.font)
    note = _note(words, result, position, words.wanted(result), style, size, label.count("\n") + 1)
    return Bar(label, result.share, result.interval, words.short_share(result), note)


def _note(
    words: Words,
    result: Ranking | ClaimResult,
    decisive: int | None,
    wanted: Verdict,
    style: Style,
    size: str,
    lines: int,
) -> str:
    """What stands at the right of a bar: the inputs that alone do it, as far as there is room; that which decides first."""
    if size != "full":
        return ""
    parts = _note_parts(words, result.alone, decisive, wanted)
    ending = ""
    if result.n_unknown:
        ending = "; " + text(words.language, "robust_note_unknown", n=format_number(result.n_unknown, words.language))
    least = 3 if result.n_unknown else 2
    shown = ""
    for allowed in (max(least, lines), max(least, lines) + 1):
        for n in range(len(parts), 0, -1):
            others = len(parts) - n
            key = "robust_and_another" if others == 1 else "robust_and_others"
            more = [text(words.language, key, n=others).replace(" ", NO_BREAK)] if others else []
            note = re.sub(
                r" (?=[\d−])", NO_BREAK, "; ".join([*parts[:n], *more]) + ending
            )  # no line starts with a number
            shown = fit(note, NOTE_WIDTH, style.tick_size, lines=allowed, font=style.font)
            if not shown.endswith(ELLIPSIS):
                return shown
    return shown


def _note_parts(words: Words, alone: Sequence[Sequence[Stretch]], decisive: int | None, wanted: Verdict) -> list[str]:
    """Each input that alone does it, and where; or else those with which it is a tie, or not known to."""
    looked: tuple[tuple[Verdict, str], ...] = (
        (wanted, "holds" if wanted == "holds" else "where"),
        ("tie", "tie"),
        ("unknown", "lacks"),
    )

    def note(key: str, position: int, where: str) -> str:
        return text(words.language, f"robust_note_{key}", input=words.input(position), where=where)

    parts = []
    if decisive is not None:
        found = [(key, where) for verdict, key in looked if (where := words.where(decisive, alone[decisive], verdict))]
        never = text(words.language, "robust_note_never", input=words.input(decisive))
        parts.append(note(found[0][0], decisive, found[0][1]) if found else never)
    for verdict, key in looked:
        others = words.alone(alone, verdict, decisive)
        if others and (verdict == wanted or not parts):
            return parts + [note(key, position, where) for position, where in others]
    return parts or [text(words.language, "robust_no_decisive")]


def _model(found: Robustness, language: str) -> str:
    return found.model.card.title.in_language(language)


# ---- what turns a ranking round -----------------------------------------------------------------------------------------


def draw_margin(
    ax: Axes, found: Robustness, rankings: Rankings, ranking: Ranking, position: int, language: str = "en",
    style: Style = HOUSE,
) -> Axes:  # fmt: skip
    """Draw the difference between two scenarios against one input: the rows, the input alone, and where the ranking flips."""
    words = Words(found, language)
    factor, _ = words.scale(ranking)
    tie = factor * ranking.tie
    drawn = slice(0, MOST_POINTS)
    x = rankings.inputs[drawn, position]
    y = factor * rankings.differences(ranking, rankings.values[drawn])
    codes = verdicts(-y if ranking.sense == "lower" else y, tie)
    dot = style.notes
    looks: tuple[tuple[int, dict[str, Any]], ...] = (
        (
            HOLDS,
            {"marker": "o", "markersize": 1.7, "color": style.colours[1 % len(style.colours)], "markeredgewidth": 0},
        ),
        (FAILS, {"marker": "o", "markersize": 2.4, "color": "white", "markeredgecolor": dot, "markeredgewidth": 0.5}),
        (TIE, {"marker": "x", "markersize": 3.0, "color": dot, "markeredgewidth": 0.8}),
    )
    for code, look in looks:
        ax.plot(x[codes == code], y[codes == code], linestyle="", zorder=2, **look)
    grid = rankings.grids[position]
    alone = factor * rankings.differences(ranking, rankings.along[position])
    ax.plot(grid, alone, color="white", linewidth=style.line_width + 1.6, zorder=3)
    ax.plot(grid, alone, color=style.text, linewidth=style.line_width, zorder=3.1)
    ax.axhline(0, color=style.rules, linewidth=0.8, zorder=1)
    low, high = found.factors[position].distribution.low, found.factors[position].distribution.high
    stretches = words.seen(position, ranking.alone[position])
    for one in stretches:
        if one.verdict == "unknown":
            ax.axvspan(one.low, one.high, color=style.grid, linewidth=0, zorder=0.5)
    for border in _turns(stretches):
        ax.axvline(border, color=style.text, linewidth=0.8, linestyle=(0, (4, 2)), zorder=2.5)
        is_right = border > (low + high) / 2
        ax.annotate(
            words.value(position, border), (border, 1), (-3 if is_right else 3, -2), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="right" if is_right else "left", va="top", fontsize=style.tick_size,
            weight="bold", color=style.text, parse_math=False,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85}, zorder=4,
        )  # fmt: skip
    value = stored_value(found.model, found.factors[position], found.scenarios)
    if value is not None and low <= value <= high:
        at = float(np.interp(value, grid, alone))
        ax.plot([value], [at], "D", markersize=5, markerfacecolor="white", markeredgecolor=style.text,
                markeredgewidth=1.1, zorder=5, clip_on=False)  # fmt: skip
    ax.set_xlim(low, high)
    _ticks(ax, language, is_calendar=low >= 1000)
    return ax


def _turns(stretches: Sequence[Stretch]) -> list[float]:
    """Where a ranking starts or stops to be turned round."""
    return [b.low for a, b in zip(stretches[:-1], stretches[1:], strict=True) if "fails" in (a.verdict, b.verdict)]


def _ticks(ax: Axes, language: str, is_calendar: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    low, high = ax.get_xlim()
    across = [t for t in MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high) if low <= t <= high]
    ax.set_xticks(across, [format_time(t, language) for t in across] if is_calendar else format_ticks(across, language))
    bottom, top = ax.get_ylim()
    top += 0.12 * (top - bottom)  # for the values above the dashed lines
    up = [
        float(t) for t in MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(bottom, top) if bottom <= t <= top
    ]
    ax.set_yticks(up, format_ticks(up, language))
    ax.set_ylim(bottom, top)


def _margins_picture(found: Robustness, rankings: Rankings, language: str, style: Style, size: str) -> Picture | None:
    """The most fragile rankings that an input turns round alone: the one that decides most, or else the first that does."""
    words = Words(found, language)
    chosen: list[tuple[Ranking, int]] = []
    for ranking in rankings.rankings:
        best = ranking.strongest
        flipping = [i for i, stretches in enumerate(ranking.alone) if has(stretches, "fails")]
        if best is not None and best.is_decisive and best.position in flipping and len(chosen) < MOST_PANELS[size]:
            chosen.append((ranking, best.position))
    if not chosen:
        return None
    columns = 2 if size == "full" and len(chosen) > 1 else 1
    title = text(language, "robust_margins_title", time=format_time(rankings.time, language))
    notes = [text(language, "robust_margins_note")]
    notes += [text(language, "robust_margins_ties")] if any(one.n_ties for one, _ in chosen) else []
    is_turned_else = any(has(s, "fails") for one, position in chosen for i, s in enumerate(one.alone) if i != position)
    notes += [text(language, "robust_margins_others")] if is_turned_else else []
    is_unknown = any(has(one.alone[position], "unknown") for one, position in chosen)
    notes += [text(language, "robust_margins_unknown")] if is_unknown else []
    subtitle, footer = " ".join(notes), [stamp(found.attributes(), style)]
    rows = -(-len(chosen) // columns)
    height = sheet_height(size, style, title, subtitle, footer, panels=rows * 5.6)
    figure, area = new_sheet(size, height, style, title, subtitle, footer)
    axes, heads, parts, data = [], [], [], []
    with house_style(style):
        for ranking, position in chosen:
            ax = draw_margin(figure.add_subplot(), found, rankings, ranking, position, language, style)
            name = words.input(position)
            unit = words.unit(found.factors[position]) if has_unit(found.factors[position]) else ""
            ax.set_xlabel(with_unit(name, unit, language), fontsize=style.tick_size, color=style.text)
            axes.append(ax)
            _, of = words.scale(ranking)
            below = text(
                language, "robust_difference", first=words.title(ranking.first), second=words.title(ranking.second), unit=of
            )  # fmt: skip
            share = words.short_share(ranking)
            heads.append(Head(words.outcome(ranking), f"{order(words, ranking)}: {share}", below))
            where = words.where(position, ranking.alone[position])
            statement = f"{words.outcome(ranking)}, {order(words, ranking)} ({share})"
            parts.append(text(language, "alt_robust_margin", statement=statement, input=name, where=where))
            data += _margin_rows(found, rankings, ranking, position, words)
    place_panels(figure, area, axes, style, columns=columns, heads=heads)
    alt = text(language, "alt_robust_margins", n=len(chosen), model=_model(found, language), parts=" ".join(parts))
    header = ("label", "first", "second", "input", "series", "input_value", "difference", "unit")
    return Picture("rankings-flips", figure, alt, DataTable("rankings-flips", header, tuple(data), is_for_sheets=False))


def _margin_rows(
    found: Robustness, rankings: Rankings, ranking: Ranking, position: int, words: Words
) -> list[tuple[str | float, ...]]:
    factor, unit = words.scale(ranking)
    first, second = found.scenarios[ranking.first].name, found.scenarios[ranking.second].name
    start = (words.outcome(ranking), first, second, found.factors[position].name)
    several = (
        ("row", rankings.inputs[:MOST_POINTS, position], rankings.values[:MOST_POINTS]),
        ("alone", rankings.grids[position], rankings.along[position]),
    )
    return [
        (*start, series, float(x), float(factor * y), unit)
        for series, xs, values in several
        for x, y in zip(xs, rankings.differences(ranking, values), strict=True)
    ]
