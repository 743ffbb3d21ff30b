"""The record in tables: the series of a model, and the values of one; on whose word, in numbered notes below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sdsocec.model.project import LoadedModel
from sdsocec.model.record import Series
from sdsocec.results.observed import Observed

from .fit_tables import Shown
from .numbers import format_number
from .plots.record import changes_of
from .texts import text


class Listed(NamedTuple):
    """A table of text; columns from `numbers_from` on are numbers. `notes` stand below it."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers_from: int
    notes: tuple[str, ...]


def list_of(observed: Sequence[Observed], model: LoadedModel, language: str = "en") -> Listed:
    """All series: years, standard error; below, what each observes, its source and where its definition changes."""
    cards = {card.name: card for card in model.card.series}
    rows, notes = [], []
    for i, one in enumerate(observed, 1):
        card, shown = cards[one.name], Shown.of(one, model, language)
        label = text(language, "with_unit", label=shown.label, unit=shown.unit)
        spans = (f"{span[0]}-{span[1]}" if span else "" for span in (card.fit, card.test))
        rows.append((one.name, label, str(len(one.years)), _error(card, shown, language), *spans, f"[{i}]"))
        notes.append(f"[{i}] {_about(one, card, language)}")
    header = tuple(
        text(language, f"record_{key}") for key in ("series", "observed", "n", "error", "fit", "test", "note")
    )
    title = text(language, "record_title", model=model.card.title.in_language(language))
    return Listed(title, header, tuple(rows), 2, tuple(notes))


def _error(card: Series, shown: Shown, language: str) -> str:
    if card.error is None:
        decimals = len(f"{100 * (card.relative_error or 0):g}".partition(".")[2])
        return format_number(100 * (card.relative_error or 0), language, decimals=decimals) + "%"
    if shown.is_share:  # a share's error of 3 points is no 3 % of it
        return text(language, "record_points", value=shown.exact(card.error, language).removesuffix("%"))
    return text(language, "record_absolute", value=shown.exact(card.error, language), unit=shown.unit)


def _about(one: Observed, card: Series, language: str) -> str:
    sources = "; ".join(dict.fromkeys(source.in_language(language) for source in one.printed))
    moment = text(language, "record_moment_" + one.moment.replace(" ", "_"))
    kind = text(language, f"test_kind_{one.test_kind}") if one.test_kind else ""
    sentences = [
        text(language, "record_about", variable=one.variable, moment=moment, sources=sources),
        card.note.in_language(language) if card.note else "",
        text(language, "record_kind", kind=kind) if kind else "",
        *changes_of([one], language),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def values_of(one: Observed, model: LoadedModel, language: str = "en") -> Listed:
    """The values of one series; below, each source and each note of the files once."""
    shown = Shown.of(one, model, language)
    numbers: dict[str, int] = {}
    rows = []
    for i, year in enumerate(one.years):
        said = [what for what in (one.sources[i], one.notes[i]) if what]
        marks = " ".join(f"[{numbers.setdefault(what, len(numbers) + 1)}]" for what in said)
        role = "fit" if one.is_fit[i] else "test" if one.is_test[i] else "other"
        value, error = shown.exact(float(one.values[i]), language), shown.value(float(one.errors[i]), language)
        rows.append((str(year), value, error, text(language, f"record_role_{role}"), one.places[i], marks))
    value = text(language, "record_value", unit=shown.unit)
    header = (text(language, "record_year"), value,
              *(text(language, f"record_{key}") for key in ("error", "role", "place", "note")))  # fmt: skip
    card = next(card for card in model.card.series if card.name == one.name)
    title = f"{one.name}: {text(language, 'with_unit', label=shown.label, unit=shown.unit)}"
    notes = (_about(one, card, language), *(f"[{i}] {what}" for what, i in numbers.items()))
    return Listed(title, header, tuple(rows), 1, notes)
