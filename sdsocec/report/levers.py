"""What levers change, as a table: outcome by outcome, holder by holder or lever by lever."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from sdsocec.analysis.levers import MOST_PLAYERS, UNLISTED, LeverEffects
from sdsocec.model.card import Outcome
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.results.shown import shown_unit

from .numbers import format_number, format_time, with_sign
from .tables import Table, with_unit
from .texts import text

DIGITS = 4  # of the largest number of an outcome: so that shares add up to what is printed


def lever_table(
    effects: LeverEffects,
    model: LoadedModel,
    outcomes: Mapping[str, Outcome],
    titles: tuple[str, str],
    by: str = "holder",
    language: str = "en",
) -> Table:
    """Rows (outcome, player, by these alone, on top of the others, share if there is one); all players together end each outcome.

    Parameters
    ----------
    outcomes : dict
        Element name -> the outcome of the card that it is of.
    titles : scenario, baseline
    by : {"holder", "lever"}
    """
    names = [_player(player, model, by, language) for player in effects.players]
    rows, values = [], []
    for k, name in enumerate(effects.outputs):
        outcome = outcomes[name]
        unit = model.equations.variables[name_key(split_element_name(name)[0])].unit
        factor, _ = model.card.unit(unit)
        shown = shown_unit(model, unit, language)
        whole = float(effects.scenario[k] - effects.baseline[k])
        if outcome.shown == "share":
            factor, shown = 100.0, text(language, "points")
        elements = split_element_name(name)[1]
        is_whole = bool(elements) and name_key(outcome.variable) != name_key(name)
        label = outcome.label.in_language(language) + (f": {', '.join(elements)}" if is_whole else "")
        columns = [part[:, k] * factor for part in (effects.alone, effects.lost, effects.shares) if part is not None]
        numbers = [*(tuple(map(float, row)) for row in zip(*columns, strict=True)), (whole * factor,) * len(columns)]
        places = _places([number for row in numbers for number in row])
        wished = with_unit(label, shown, language)
        if outcome.direction != "neutral":
            wished = text(language, f"lever_{outcome.direction}", outcome=wished)
        for who, row in zip([*names, text(language, "lever_total")], numbers, strict=True):
            rows.append((wished, who, *(_shown(v, places, language) for v in row)))
            values.append((math.nan, *row))
    title = text(
        language, "lever_title", scenario=titles[0], baseline=titles[1], time=format_time(effects.time, language)
    )  # fmt: skip
    keys = [
        "outcome",
        f"lever_{by}",
        "lever_alone",
        "lever_without",
        *(["lever_share"] if effects.shares is not None else []),
    ]
    return Table(title, tuple(text(language, key) for key in keys), tuple(rows), tuple(values))


def _player(player: str, model: LoadedModel, by: str, language: str) -> str:
    if player == UNLISTED:
        return text(language, "lever_unlisted")
    if by == "holder":
        return model.card.holder_label(player, language)
    lever = next(lever for lever in model.card.levers if lever.name == player)
    return f"{lever.label.in_language(language)} ({model.card.holder_label(lever.holder, language)})"


def _places(numbers: Sequence[float]) -> int:
    """The decimals (below 0: zeros at the end) with which the largest number has its digits; all have them, and add up."""
    largest = max((abs(number) for number in numbers if math.isfinite(number)), default=0.0)
    return min(12, DIGITS - 1 - math.floor(math.log10(largest))) if largest > 0 else 0


def _shown(value: float, places: int, language: str) -> str:
    rounded = round(value, places) if math.isfinite(value) else value
    return with_sign(format_number(rounded, language, decimals=max(0, places)), rounded)


def lever_notes(
    effects: LeverEffects, model: LoadedModel, titles: tuple[str, str], by: str = "holder", language: str = "en"
) -> list[str]:
    """What the columns mean; why there are no shares; who holds no lever that the scenario moves."""
    notes = [text(language, "lever_explained", baseline=titles[1])]
    n = len(effects.players)
    if effects.shares is not None:
        notes.append(text(language, "lever_shares_explained"))
    else:
        runs = format_number(2.0**n, language)
        notes.append(text(language, "lever_too_many", n=n, runs=runs, most=MOST_PLAYERS))
    holding = {lever.holder for lever in model.card.levers}
    moving = (
        set(effects.players) if by == "holder" else {v.holder for v in model.card.levers if v.name in effects.players}
    )
    for holder in dict.fromkeys([*model.card.holders, *sorted(holding)]):
        if holder in holding and holder not in moving:
            notes.append(text(language, "lever_unmoved", holder=model.card.holder_label(holder, language)))
    return notes
