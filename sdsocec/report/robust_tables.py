"""What is robust, as tables: for readers, and tidy for spreadsheets and scripts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sdsocec.analysis.robust import ClaimResult, Flip, Ranking, Rankings, Robustness
from sdsocec.analysis.robust.decisive import Split
from sdsocec.analysis.robust.rankings import stored_value
from sdsocec.results.formats import DataTable

from .numbers import format_number, format_time
from .robust_words import Words
from .texts import listed, text

NUMBERS = ("n", "holds", "ties", "reversed", "unknown", "share", "share_low", "share_high")


@dataclass(frozen=True)
class Printed:
    """A part of the answer: a head line, sentences with the most fragile first, and lines below."""

    head: str
    sentences: tuple[str, ...]
    below: tuple[str, ...]


def fragile(results: Sequence[Ranking | ClaimResult]) -> list[int]:
    """The positions of those that do not hold in all rows, or fail with the stored values."""

    def is_fragile(one: Ranking | ClaimResult) -> bool:
        return one.n_holds < one.n or not one.n or (isinstance(one, ClaimResult) and not one.stored.holds)

    return [i for i, one in enumerate(results) if is_fragile(one)]


def printed_rankings(found: Robustness, language: str = "en") -> Printed | None:
    """The rankings in words; None if there are none."""
    rankings = found.rankings
    if rankings is None:
        return None
    words, ranked = Words(found, language), rankings.rankings
    broken = fragile(ranked)
    head = text(
        language, "robust_rankings_head" if broken else "robust_rankings_head_all", scenarios=len(found.scenarios),
        time=format_time(rankings.time, language), some=len(broken), total=len(ranked),
        n=format_number(len(rankings.inputs), language),
    )  # fmt: skip
    below = []
    kept = Counter(words.outcome(one) for i, one in enumerate(ranked) if i not in broken)
    if kept and broken:
        parts = [text(language, "robust_others_of", outcome=outcome, n=n) for outcome, n in kept.items()]
        below.append(text(language, "robust_others", n=sum(kept.values()), listed="; ".join(parts)))
    if rankings.tied:
        parts = [f"{o}: {words.title(a)} – {words.title(b)}" for o, a, b in rankings.tied]
        below.append(text(language, "robust_tied", listed="; ".join(parts)))
    return Printed(head, tuple(words.ranking_sentence(ranked[i]) for i in broken), tuple(below))


def printed_claims(found: Robustness, language: str = "en") -> Printed | None:
    """The claims in words; None if there are none."""
    if not found.claims:
        return None
    words, broken = Words(found, language), fragile(found.claims)
    head = text(
        language, "robust_claims_head" if broken else "robust_claims_head_all", some=len(broken), total=len(found.claims),
        n=format_number(found.claims_n, language),
    )  # fmt: skip
    kept = [one.claim.name for i, one in enumerate(found.claims) if i not in broken]
    below = (text(language, "robust_others", n=len(kept), listed=", ".join(kept)),) if kept and broken else ()
    return Printed(head, tuple(words.claim_sentence(found.claims[i]) for i in broken), below)


def inputs_line(found: Robustness, language: str = "en") -> str:
    """What was varied."""
    words = Words(found, language)
    named = [words.input(i) for i in range(len(found.factors))]
    return text(language, "robust_inputs", inputs=listed(language, named))


# ---- for spreadsheets and scripts -----------------------------------------------------------------------------------


def data_tables(found: Robustness, language: str = "en") -> list[DataTable]:
    """`rankings`, `claims` and `flips`, tidy; differences in the units shown, inputs in those of the .mdl."""
    tables = []
    if found.rankings is not None:
        tables.append(_rankings_data(found, found.rankings, language))
    if found.claims:
        tables.append(_claims_data(found, language))
    tables.append(_flips_data(found))
    return tables


def _rankings_data(found: Robustness, rankings: Rankings, language: str) -> DataTable:
    words = Words(found, language)
    header = (
        "outcome", "label", "time", "is", "first", "second", "difference", "p5", "median", "p95", "unit", *NUMBERS,
        "decisive", "decisive_share", "dummy_share", "flips_alone", *_SPLIT, "sentence",
    )  # fmt: skip
    rows: list[tuple[str | float, ...]] = []
    for one in rankings.rankings:
        factor, unit = words.scale(one)
        best = one.strongest
        decisive = found.factors[best.position].name if best is not None and best.is_decisive else ""
        flips = one.alone[best.position] if best is not None and decisive else ()
        flips_in_words = words.where(best.position, flips) if best is not None and flips else ""
        rows.append(
            (
                one.output, words.outcome(one), rankings.time, one.sense, found.scenarios[one.first].name,
                found.scenarios[one.second].name, one.stored * factor, *(q * factor for q in one.quantiles), unit,
                float(one.n), float(one.n_holds), float(one.n_ties), float(one.n_reversed), float(one.n_unknown), one.share,
                *one.interval, decisive, best.share if best is not None else math.nan,
                best.noise if best is not None else math.nan, flips_in_words, *_split_cells(found, one.split),
                words.ranking_sentence(one),
            )
        )  # fmt: skip
    return DataTable("rankings", header, tuple(rows))


def _claims_data(found: Robustness, language: str) -> DataTable:
    words = Words(found, language)
    header = (
        "claim", "text", "check", "source", "holds_stored", "numbers_stored", "n", "holds", "fails", "unknown", "share",
        "share_low", "share_high", "decisive", "flips_alone", *_SPLIT, "sentence",
    )  # fmt: skip
    rows: list[tuple[str | float, ...]] = []
    for one in found.claims:
        split = one.split if one.split is not None and one.split.is_decisive else None
        alone = one.alone[split.position] if split else ()
        flips_in_words = words.where(split.position, alone, not one.stored.holds) if split and alone else ""
        rows.append(
            (
                one.claim.name, one.claim.text.in_language(language), one.claim.check.claim, one.claim.check.source,
                float(one.stored.holds), one.stored.numbers, float(one.n), float(one.n_holds), float(one.n_fails),
                float(one.n_unknown), one.share, *one.interval, found.factors[split.position].name if split else "",
                flips_in_words, *_split_cells(found, one.split),
                words.claim_sentence(one),
            )
        )  # fmt: skip
    return DataTable("claims", header, tuple(rows))


def _flips_data(found: Robustness) -> DataTable:
    """A row for each flip of each input: where that input alone turns something round."""
    header = ("kind", "statement", "first", "second", "input", "flip", "holds", "unit", "low", "high", "stored")
    rows: list[tuple[str | float, ...]] = []
    statements: list[tuple[tuple[str, str, str, str], tuple[tuple[Flip, ...], ...]]] = []
    for one in found.rankings.rankings if found.rankings is not None else ():
        names = found.scenarios[one.first].name, found.scenarios[one.second].name
        statements.append((("ranking", f"{one.output} {one.sense}", *names), one.alone))
    statements += [(("claim", result.claim.name, "", ""), result.alone) for result in found.claims]
    for named, alone in statements:
        for factor, flips in zip(found.factors, alone, strict=True):
            value = stored_value(found.model, factor, found.scenarios)
            limits = factor.distribution.low, factor.distribution.high, math.nan if value is None else value
            for flip in flips:
                side = "below" if flip.holds_below else "above"
                shown = round(flip.value, 12)
                rows.append((*named, factor.name, shown, side, factor.unit, *limits))
    return DataTable("flips", header, tuple(rows))


_SPLIT = ("split", "split_value", "below_holds", "below_n", "above_holds", "above_n", "split_p")


def _split_cells(found: Robustness, split: Split | None) -> tuple[str | float, ...]:
    if split is None:
        return ("", *(math.nan,) * (len(_SPLIT) - 1))
    counts = (float(count) for count in (*split.below, *split.above))
    return (found.factors[split.position].name, split.value, *counts, split.p_value)
