"""Which inputs decide, in sentences: below pictures, and for who cannot see them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sdsocec.analysis.sensitivity import CHIEF, Part, Sensitivity

from .numbers import format_number
from .sensitivity_tables import (
    LEAST_SPREAD,
    absence,
    effect_unit,
    factor_label,
    index_words,
    is_beyond,
    is_spread,
    leaders,
    method_words,
    moment,
    outcome_label,
    should_do,
    those_that_matter,
)
from .texts import listed, text


def footer_notes(
    found: Sensitivity, part: Part, s: int, columns: Sequence[int], language: str, *, most: int | None = None
) -> str:
    """Below a picture of some outcomes: the method, what was varied, what has not converged and what would mend it.

    Parameters
    ----------
    columns : sequence of int
        Outcomes whose indices are drawn.
    most : int, optional
        How many inputs of each are drawn.
    """
    return " ".join(_notes(found, part, s, columns, language, most))


def _notes(
    found: Sensitivity, part: Part, s: int, columns: Sequence[int], language: str, most: int | None
) -> Iterator[str]:
    n = len(found.factors)
    yield f"{method_words(found, language)}."
    key = "sens_varied" if most is None or n <= most else "sens_varied_most"
    yield text(language, key, n=format_number(n, language), most=most)
    if part.kind == "mode" and found.sample.method == "morris":
        yield text(language, "sens_morris_shares")
    if len(columns):
        shown = part.indices.at(slice(s, s + 1), slice(-1, None), np.array(columns, dtype=np.int64))
        if n_drawn := should_do(shown, language):
            yield text(language, "sens_not_converged_mark", n=n_drawn)
        if most is not None and is_beyond(shown):  # of what is drawn
            yield text(language, "sens_beyond")
        varies = part.indices.varies
        if most is not None and any((varies[s, :, k] & ~is_spread(part, s, k)).any() for k in columns):
            yield text(language, "sens_spread", least=format_number(100 * LEAST_SPREAD, language))


def index_sentence(found: Sensitivity, part: Part, s: int, k: int, language: str) -> str:
    """The indices of one outcome at the end: those of the inputs that matter, with their intervals."""
    indices, name = part.indices, part.outcomes[k]
    start = {"outcome": outcome_label(found, name, language), "time": moment(found, part.times[-1], language)}
    if not indices.varies[s, -1, k]:
        return text(language, "sens_alt_none", **start, why=absence(part, (s, -1, k), language))
    factor, unit = effect_unit(found, name, language)
    said = []
    for j in those_that_matter(part, s, -1, k):
        numbers = [
            f"{text(language, f'sens_{index}')} {index_words(part, (s, -1, k, j, i), factor, language)}"
            for i, index in enumerate(indices.names) if index != "sigma"
        ]  # fmt: skip
        open_ = indices.is_judged[s, -1, k, j] & ~indices.converged[s, -1, k, j]
        numbers += [text(language, "sens_no")] if open_.any() else []
        said.append(f"{factor_label(found, j, language)} ({', '.join(numbers)})")
    key = "sens_alt_bars_unit" if unit else "sens_alt_bars"
    return text(language, key, **start, factors="; ".join(said), unit=unit)


def over_time_sentence(found: Sensitivity, part: Part, s: int, k: int, language: str) -> str:
    """Which input had the largest index at how many times; empty if the outcome never varies."""
    led = leaders(part, s, k)
    if not led:
        return ""
    times, firsts = [t for t, _ in led], [j for _, j in led]
    counts = {j: firsts.count(j) for j in dict.fromkeys(firsts)}
    said = [
        text(language, "sens_alt_largest", factor=factor_label(found, j, language), n=counts[j])
        for j in sorted(counts, key=lambda j: -counts[j])
    ]
    first, last = (moment(found, part.times[t], language) for t in (times[0], times[-1]))
    index = text(language, f"sens_{CHIEF[part.indices.method]}")
    return text(
        language, "sens_alt_over_time", index=index, first=first, last=last, total=len(times),
        factors=listed(language, said),
    )  # fmt: skip


def convergence_sentence(found: Sensitivity, part: Part, s: int, k: int, language: str) -> str:
    """How the chief index of each input that matters went, from the smallest design to the whole."""
    indices, name = part.indices, part.outcomes[k]
    start = {"outcome": outcome_label(found, name, language), "time": moment(found, part.times[-1], language)}
    if not indices.varies[s, -1, k]:
        return text(language, "sens_alt_none", **start, why=absence(part, (s, -1, k), language))
    factor, unit = effect_unit(found, name, language)
    i = indices.names.index(CHIEF[indices.method])
    said = []
    for j in those_that_matter(part, s, -1, k):
        place = (s, -1, k, j, i)
        values = {key: index_words(part, place, factor, language, size) for key, size in (("before", 0), ("after", -1))}
        sizes = {key: format_number(indices.sizes[size], language) for key, size in (("least", 0), ("most", -1))}
        verdict = "" if not indices.is_judged[place] else "sens_yes_said" if indices.converged[place] else "sens_no"
        said.append(text(
            language, "sens_alt_settles", factor=factor_label(found, j, language), **values, **sizes,
            verdict=text(language, verdict or "sens_no_interval"),
        ))  # fmt: skip
    index = text(language, f"sens_{CHIEF[indices.method]}")
    return text(
        language, "sens_alt_convergence", **start, index=f"{index}, {unit}" if unit else index, factors="; ".join(said)
    )
