"""What is robust, as tables: for readers, and tidy for spreadsheets and scripts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sdsocec.analysis.robust import ClaimResult, Ranking, Rankings, Robustness, Stretch
from sdsocec.analysis.robust.claims import GRID as CLAIMS_GRID
from sdsocec.analysis.robust.decisive import Split
from sdsocec.analysis.robust.rankings import GRID as RANKINGS_GRID
from sdsocec.analysis.robust.rankings import stored_value
from sdsocec.analysis.robust.stretches import Verdict
from sdsocec.results.formats import DataTable

from .numbers import format_number, format_time
from .robust_orders import orders
from .robust_words import Words
from .texts import listed, text

FEW_KEPT = 6  # rankings that are said in a sentence each
NUMBERS = ("n", "holds", "ties", "reversed", "unknown", "share", "share_low", "share_high")


@dataclass(frozen=True)
class Printed:
    """A part of the answer.

    Attributes
    ----------
    head : str
    sentences : tuple of str
        What does not hold throughout, the most fragile first.
    others : str
        The line above `kept`; empty if there are no sentences, or nothing is kept.
    kept : tuple of str
        What holds throughout.
    below : tuple of str
        Lines on what was left out, and the rule.
    """

    head: str
    sentences: tuple[str, ...]
    others: str
    kept: tuple[str, ...]
    below: tuple[str, ...] = ()


def fragile(results: Sequence[Ranking | ClaimResult]) -> list[int]:
    """The positions of those that do not hold, or are not known to, in some row or as one input moves alone."""
    return [i for i, one in enumerate(results) if one.is_fragile]


def printed_rankings(found: Robustness, language: str = "en") -> Printed | None:
    """The rankings in words; None if there are none."""
    rankings = found.rankings
    if rankings is None:
        return None
    words, ranked = Words(found, language), rankings.rankings
    broken = fragile(ranked)
    n = format_number(len(rankings.inputs), language)
    head = text(
        language, "robust_rankings_head" if broken else "robust_rankings_head_all", scenarios=len(found.scenarios),
        time=format_time(rankings.time, language), some=len(broken), total=len(ranked), n=n,
    )  # fmt: skip
    kept = [one for one in ranked if not one.is_fragile]
    below = [text(language, "robust_bracketed")] if len(kept) > FEW_KEPT and (broken or rankings.tied) else []
    if rankings.tied:
        parts = [f"{o}: {words.title(a)} – {words.title(b)}" for o, a, b in rankings.tied]
        below.append(text(language, "robust_tied", listed="; ".join(parts)))
    left_out = [
        text(language, "robust_left_out_of", scenario=words.title(i), some=format_number(some, language), n=n)
        for i, some in enumerate(rankings.not_finite())
        if some
    ]
    if left_out:
        below.append(text(language, "robust_left_out", listed="; ".join(left_out)))
    below.append(tie_line(found, rankings, language))
    others = text(language, "robust_others", some=len(kept), n=n) if kept and broken else ""
    sentences = tuple(words.ranking_sentence(ranked[i]) for i in broken)
    return Printed(head, sentences, others, kept_lines(words, kept), tuple(below))


def kept_lines(words: Words, kept: Sequence[Ranking]) -> tuple[str, ...]:
    """The rankings that hold throughout: a sentence each, or, if they are many, the orders that they make of each outcome."""
    if len(kept) <= FEW_KEPT:
        return tuple(words.ranking_sentence(one) for one in kept)
    lines = []
    for outcome in dict.fromkeys(words.outcome(one) for one in kept):
        of_it = [one for one in kept if words.outcome(one) == outcome]
        told = [
            _order([_group(words, group) for group in order], of_it[0].sense, words.language)
            for order in orders((one.first, one.second) for one in of_it)
        ]
        lines.append(text(words.language, "robust_others_of", outcome=outcome, orders="; ".join(told)))
    return tuple(lines)


def _group(words: Words, scenarios: Sequence[int]) -> str:
    """A scenario, or in brackets several with no order of their own."""
    titles = ", ".join(words.title(i) for i in scenarios)
    return f"({titles})" if len(scenarios) > 1 else titles


def _order(titles: Sequence[str], sense: str, language: str) -> str:
    first, *others = titles
    return (
        text(language, f"robust_{sense}_than", first=first, second=_order(others, sense, language)) if others else first
    )


def tie_line(found: Robustness, rankings: Rankings, language: str = "en") -> str:
    """What counts as a tie, and so as holding and as turned round."""
    words = Words(found, language)
    ties = {words.outcome(one): words.tie(one) for one in rankings.rankings}
    amounts = list(dict.fromkeys(tie for tie in ties.values() if tie))
    if not amounts:
        return text(language, "robust_rule_equal")
    if all(ties.values()):
        return text(language, "robust_rule", ties=listed(language, amounts))
    return text(language, "robust_rule_else", ties=listed(language, amounts))


def printed_claims(found: Robustness, language: str = "en") -> Printed | None:
    """The claims in words; None if there are none."""
    if not found.claims:
        return None
    words, broken = Words(found, language), fragile(found.claims)
    n = format_number(found.claims_n, language)
    head = text(
        language, "robust_claims_head" if broken else "robust_claims_head_all", some=len(broken), total=len(found.claims), n=n
    )  # fmt: skip
    kept = tuple(words.claim(one) for one in found.claims if not one.is_fragile)
    others = text(language, "robust_others", some=len(kept), n=n) if kept and broken else ""
    return Printed(head, tuple(words.claim_sentence(found.claims[i]) for i in broken), others, kept)


def inputs_line(found: Robustness, language: str = "en") -> str:
    """What was varied."""
    words = Words(found, language)
    named = [words.input(i) for i in range(len(found.factors))]
    steps = str(CLAIMS_GRID - 1 if found.rankings is None else RANKINGS_GRID - 1)
    if found.rankings is not None and found.claims:
        steps = text(language, "robust_steps", rankings=RANKINGS_GRID - 1, claims=CLAIMS_GRID - 1)
    return text(language, "robust_inputs", inputs=listed(language, named), steps=steps)


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
        "outcome", "label", "time", "is", "first", "second", "difference", "p5", "median", "p95", "tie", "unit", *NUMBERS,
        "decisive", "decisive_share", "decisive_p", "turned_alone", "tie_alone", "unknown_alone", "others_turn_alone", *_SPLIT,
        "sentence",
    )  # fmt: skip
    rows: list[tuple[str | float, ...]] = []
    for one in rankings.rankings:
        factor, unit = words.scale(one)
        best = one.strongest
        decisive = found.factors[best.position].name if best is not None and best.is_decisive else ""
        alone = one.alone[best.position] if best is not None and decisive else ()
        where = [words.where(best.position, alone, verdict) if best is not None else "" for verdict in _NOT]
        rows.append(
            (
                one.output, words.outcome(one), rankings.time, one.sense, found.scenarios[one.first].name,
                found.scenarios[one.second].name, one.stored * factor, *(q * factor for q in one.quantiles),
                one.tie * factor, unit,
                float(one.n), float(one.n_holds), float(one.n_ties), float(one.n_reversed), float(one.n_unknown), one.share,
                *one.interval, decisive, best.share if best is not None else math.nan,
                best.p_value if best is not None else math.nan, *where,
                words.alone_listed(one.alone, "fails", best.position if best is not None and decisive else None),
                *_split_cells(found, one.split), words.ranking_sentence(one),
            )
        )  # fmt: skip
    return DataTable("rankings", header, tuple(rows))


def _claims_data(found: Robustness, language: str) -> DataTable:
    words = Words(found, language)
    header = (
        "claim", "text", "check", "source", "holds_stored", "numbers_stored", "n", "holds", "fails", "unknown", "share",
        "share_low", "share_high", "decisive", "holds_alone", "fails_alone", "unknown_alone", "others_do_alone", *_SPLIT,
        "sentence",
    )  # fmt: skip
    rows: list[tuple[str | float, ...]] = []
    for one in found.claims:
        split = one.split if one.split is not None and one.split.is_decisive else None
        alone = one.alone[split.position] if split else ()
        where = [words.where(split.position, alone, v) if split else "" for v in ("holds", "fails", "unknown")]
        rows.append(
            (
                one.claim.name, one.claim.text.in_language(language), one.claim.check.claim, one.claim.check.source,
                float(one.stored.holds) if one.stored.is_computed else math.nan, one.stored.numbers, float(one.n),
                float(one.n_holds), float(one.n_fails),
                float(one.n_unknown), one.share, *one.interval, found.factors[split.position].name if split else "",
                *where, words.alone_listed(one.alone, words.wanted(one), split.position if split else None),
                *_split_cells(found, one.split), words.claim_sentence(one),
            )
        )  # fmt: skip
    return DataTable("claims", header, tuple(rows))


def _flips_data(found: Robustness) -> DataTable:
    """The stretches along each input alone of every statement that does not hold all along it, in the unit of the .mdl."""
    header = ("kind", "statement", "first", "second", "input", "verdict", "from", "to", "unit", "low", "high", "stored")
    rows: list[tuple[str | float, ...]] = []
    statements: list[tuple[tuple[str, str, str, str], tuple[tuple[Stretch, ...], ...]]] = []
    for one in found.rankings.rankings if found.rankings is not None else ():
        names = found.scenarios[one.first].name, found.scenarios[one.second].name
        statements.append((("ranking", f"{one.output} {one.sense}", *names), one.alone))
    statements += [(("claim", result.claim.name, "", ""), result.alone) for result in found.claims]
    for named, alone in statements:
        for factor, stretches in zip(found.factors, alone, strict=True):
            value = stored_value(found.model, factor, found.scenarios)
            limits = factor.distribution.low, factor.distribution.high, math.nan if value is None else value
            if all(stretch.verdict == "holds" for stretch in stretches):
                continue
            for stretch in stretches:
                is_turned = named[0] == "ranking" and stretch.verdict == "fails"
                verdict = "reversed" if is_turned else stretch.verdict
                ends = round(stretch.low, 12), round(stretch.high, 12)
                rows.append((*named, factor.name, verdict, *ends, factor.unit, *limits))
    return DataTable("flips", header, tuple(rows))


_NOT: tuple[Verdict, ...] = ("fails", "tie", "unknown")
_SPLIT = ("split", "split_value", "below_holds", "below_n", "above_holds", "above_n", "split_p")


def _split_cells(found: Robustness, split: Split | None) -> tuple[str | float, ...]:
    if split is None:
        return ("", *(math.nan,) * (len(_SPLIT) - 1))
    counts = (float(count) for count in (*split.below, *split.above))
    return (found.factors[split.position].name, split.value, *counts, split.p_value)
