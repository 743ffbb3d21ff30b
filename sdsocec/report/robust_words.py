"""What is robust, in sentences: how often it holds, which input decides, where it is turned round. No more digits than the rows
bear; where something is unknown, no sentence says that it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sdsocec.analysis.robust import ClaimResult, Ranking, Robustness, Stretch
from sdsocec.analysis.robust.decisive import FEWEST_ROWS, Split, decimals_of, rounded
from sdsocec.analysis.robust.stretches import Verdict, doing, has, intervals
from sdsocec.model.names import name_key, split_element_name
from sdsocec.results.shown import shown_unit
from sdsocec.scenario.factors import Factor

from .inputs import CALENDAR, PER, has_unit, input_unit
from .numbers import MISSING, decimals_for, format_number, format_time
from .texts import text

FEW_ROWS = 100  # with fewer, a percentage claims more than there is


@dataclass(frozen=True)
class Words:
    """The words that sentences, tables and figures of one result share."""

    found: Robustness
    language: str

    # --- parts ---------------------------------------------------------------------------------------------------------

    def title(self, scenario: int) -> str:
        """A scenario as readers know it."""
        return self.found.scenarios[scenario].title.in_language(self.language)

    def outcome(self, ranking: Ranking) -> str:
        """The label of an outcome; with its element, if it has several."""
        label = ranking.outcome.label.in_language(self.language)
        elements = split_element_name(ranking.output)[1]
        is_one = not elements or name_key(ranking.outcome.variable) == name_key(ranking.output)
        return label if is_one else f"{label}: {', '.join(elements)}"

    def scale(self, ranking: Ranking) -> tuple[float, str]:
        """The factor and the unit in which readers see a difference of an outcome."""
        model = self.found.model
        if ranking.outcome.shown == "share":
            return 100.0, text(self.language, "points")
        unit = self._unit_of(ranking)
        return model.card.unit(unit)[0], shown_unit(model, unit, self.language)

    def _unit_of(self, ranking: Ranking) -> str:
        return self.found.model.equations.variables[name_key(split_element_name(ranking.output)[0])].unit

    def input(self, position: int) -> str:
        """An input by its label, or by its name in the model."""
        factor = self.found.factors[position]
        model = self.found.model
        lever = next((v for v in model.card.levers if factor.kind == "lever" and v.name == factor.name), None)
        if lever is not None:
            return lever.label.in_language(self.language)
        if name_key(factor.name) not in map(name_key, model.card.labels):
            return f"'{factor.name}'"
        return model.card.element_label(factor.name, self.language)

    def value(self, position: int, value: float) -> str:
        """A value of an input with its unit, to a thousandth of its range."""
        factor = self.found.factors[position]
        shown = self.number(factor, value)
        if not has_unit(factor):
            return shown
        unit = self.unit(factor)
        if unit.startswith(PER):
            return text(self.language, "robust_per", value=shown, unit=unit.removeprefix(PER))
        return f"{shown} {unit}"

    def unit(self, factor: Factor) -> str:
        """The unit of an input as readers see it; units of time in their language."""
        return input_unit(self.found.model, factor, self.language)

    def number(self, factor: Factor, value: float) -> str:
        """A value of an input without its unit."""
        decimals = decimals_of(factor.distribution)
        group_from = 10_000 if abs(factor.distribution.low) >= CALENDAR else None
        shown = rounded(value, factor.distribution)
        return format_number(shown, self.language, decimals=decimals, group_from=group_from)

    def seen(self, position: int, stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
        """The stretches worth telling: no tie, between holding and failing, of one unit of the last digit shown or less."""
        found, narrow = list(stretches), 10.0 ** -decimals_of(self.found.factors[position].distribution)
        for i in range(len(stretches) - 2, 0, -1):
            before, one, after = stretches[i - 1 : i + 2]
            is_passed = {before.verdict, after.verdict} == {"holds", "fails"}
            if one.verdict == "tie" and is_passed and one.high - one.low <= narrow:
                border = one.low if before.verdict == "fails" else one.high
                found[i - 1] = replace(found[i - 1], high=border)
                found[i + 1] = replace(found[i + 1], low=border)
                del found[i]
        return tuple(found)

    def where(self, position: int, stretches: Sequence[Stretch], verdict: Verdict = "fails") -> str:
        """Where along an input the verdict is this one: `below 0.31 or above 0.58`; empty if nowhere."""
        parts = []
        for low, high in intervals(self.seen(position, stretches), verdict):
            if low is None and high is None:
                parts.append(text(self.language, "robust_throughout"))
            elif low is None and high is not None:
                parts.append(text(self.language, "robust_below", value=self.value(position, high)))
            elif high is None and low is not None:
                parts.append(text(self.language, "robust_above", value=self.value(position, low)))
            elif low is not None and high is not None:
                first = self.number_of(position, low)
                key = "robust_at" if first == self.number_of(position, high) else "robust_between"
                parts.append(text(self.language, key, low=first, high=self.value(position, high)))
        if len(parts) < 2:
            return "".join(parts)
        return f"{', '.join(parts[:-1])} {text(self.language, 'or')} {parts[-1]}"

    def number_of(self, position: int, value: float) -> str:
        """A value of an input without its unit."""
        return self.number(self.found.factors[position], value)

    def tie(self, ranking: Ranking) -> str:
        """The largest difference that is a tie, with its unit; empty if only equal numbers are."""
        shown = self.found.model.card.units.get(self._unit_of(ranking))
        if shown is None or ranking.tie > shown.smallest:  # rounding
            return ""
        factor, unit = self.scale(ranking)
        amount = ranking.tie * factor
        written = format_number(
            amount, self.language, decimals=decimals_for([amount], 3) if amount != round(amount) else 0
        )
        return f"{written} {unit}".strip()

    def share(self, n_holds: int, n: int, is_counted: bool = False) -> str:
        """A share as readers say it: `97% of 2,048`, `all 2,048`, `2,045 of 2,048`, `59 of 64`; or in any case no percentage."""
        rows = format_number(n, self.language)
        if n_holds == n:
            return text(self.language, "robust_all", n=rows)
        if n_holds == 0:
            return text(self.language, "robust_none", n=rows)
        if is_counted or _is_counted(n_holds, n):
            return text(self.language, "robust_some", some=format_number(n_holds, self.language), n=rows)
        return text(self.language, "robust_percent", percent=f"{100 * n_holds / n:.0f}", n=rows)

    def _plausible(self, result: Ranking | ClaimResult) -> str:
        """In which share it holds; of the rows that count, if some do not."""
        key = "robust_computed" if result.n_unknown else "robust_plausible"
        return text(self.language, key, share=self.share(result.n_holds, result.n))

    def short_share(self, result: Ranking | ClaimResult) -> str:
        """A share for a figure or a cell: `97%`, `all`, `>99%`, `59/64`; never `all` where some rows could not be computed."""
        n_holds, n = result.n_holds, result.n
        if not n:
            return MISSING
        if n_holds in (0, n) and not result.n_unknown:
            return text(self.language, "robust_short_all" if n_holds else "robust_short_none")
        if n < FEW_ROWS or n_holds in (0, n):
            return f"{n_holds}/{n}"
        return _percent(n_holds / n)

    def claim(self, result: ClaimResult) -> str:
        """A claim as readers know it, with its name if that says something."""
        claim = result.claim
        said = claim.text.in_language(self.language)
        if claim.name == claim.check.name or said.startswith(f"{claim.name}:"):
            return f"'{said}'"
        return f"'{said}' ({claim.name})"

    # --- sentences -------------------------------------------------------------------------------------------------------

    def ranking_sentence(self, ranking: Ranking) -> str:
        """How often a ranking holds, what decides, and where it is turned round."""
        rankings = self.found.rankings
        assert rankings is not None, "a ranking is of some rankings"
        said = text(
            self.language, f"robust_is_{ranking.sense}", time=format_time(rankings.time, self.language),
            outcome=self.outcome(ranking), first=self.title(ranking.first), second=self.title(ranking.second),
            share=self._plausible(ranking) if ranking.n else text(self.language, "robust_stored"),
        )  # fmt: skip
        return self._joined(said, *self._apart(ranking.n_ties, ranking), *self._why_ranking(ranking))

    def claim_sentence(self, result: ClaimResult) -> str:
        """How often a claim holds, what decides, and where it fails."""
        key = "robust_claim" if result.stored.holds else "robust_claim_fails"
        key = key if result.stored.is_computed else "robust_claim_stopped"
        share = self._plausible(result) if result.n else text(self.language, "robust_of_no_inputs")
        said = text(self.language, key, claim=self.claim(result), why=result.stored.numbers, share=share)
        return self._joined(said, *self._apart(0, result), *self._why_claim(result))

    @staticmethod
    def _joined(*parts: str) -> str:
        return " ".join(part for part in parts if part)

    def _apart(self, n_ties: int, result: Ranking | ClaimResult) -> list[str]:
        """The rows that are ties, and those that do not count."""
        found = []
        if n_ties:
            found.append(text(self.language, "robust_ties", n=format_number(n_ties, self.language)))
        if result.n_unknown:
            key = "robust_unknown" if result.n else "robust_unknown_all"
            found.append(text(self.language, key, n=format_number(result.n_unknown, self.language)))
        return found

    def _why_ranking(self, ranking: Ranking) -> list[str]:
        if not ranking.is_fragile or not ranking.n:
            return [self._alone(ranking.alone, "unknown", "robust_alone_unknown")]
        best, alone = ranking.strongest, ranking.alone
        others = [
            self._alone(alone, "fails", "robust_also_turns"),
            "" if any(has(s, "fails") for s in alone) else self._alone(alone, "tie", "robust_also_ties"),
            self._alone(alone, "unknown", "robust_alone_unknown"),
        ]
        if best is None or not best.is_decisive:
            return [self._undecided(ranking.n), *others]
        start = text(
            self.language, "robust_explains", input=_capital(self.input(best.position)), share=_percent(best.share)
        )
        own = alone[best.position]
        turned, tied = self.where(best.position, own), self.where(best.position, own, "tie")
        if turned:
            aside = text(self.language, "robust_tie_aside", where=tied) if tied else ""
            too = self._alone(alone, "fails", "robust_turns_too", but=best.position)
            return [start + text(self.language, "robust_turns", where=turned + aside), too, others[2]]
        if tied:
            return [start + text(self.language, "robust_makes_tie", where=tied), others[0], others[2]]
        if others[0] or others[1]:
            is_known = "robust_never_alone" if not has(own, "unknown") else "robust_not_known_of_it"
            return [start + text(self.language, is_known), *others]
        if others[2]:
            return [start + text(self.language, "robust_not_known"), others[2], self._split(ranking.split)]
        return [start + text(self.language, "robust_none_alone"), self._split(ranking.split)]

    @staticmethod
    def wanted(result: ClaimResult) -> Verdict:
        """What an input can do to a claim: make it fail, or hold where it fails with the stored values."""
        return "fails" if result.stored.holds else "holds"

    def _why_claim(self, result: ClaimResult) -> list[str]:
        wanted = self.wanted(result)
        holding = wanted == "holds"
        others = [
            self._alone(result.alone, wanted, "robust_also_holds" if holding else "robust_also_fails"),
            self._alone(result.alone, "unknown", "robust_alone_unknown"),
        ]
        split = result.split
        if split is None or not split.is_decisive:
            both = result.n_holds and result.n_fails
            return [self._undecided(result.n if split is not None else 0) if both else "", *others]
        start = text(self.language, "robust_decides", input=_capital(self.input(split.position)))
        where = self.where(split.position, result.alone[split.position], wanted)
        if where:
            key = "robust_holds_where" if holding else "robust_fails_where"
            too = "robust_holds_too" if holding else "robust_fails_too"
            return [
                start + text(self.language, key, where=where),
                self._alone(result.alone, wanted, too, but=split.position),
                others[1],
            ]
        is_known = not has(result.alone[split.position], "unknown")
        key = "robust_claim_never" if is_known else "robust_claim_not_known"
        return [start + text(self.language, key), self._split(split), *others]

    def _undecided(self, n: int) -> str:
        """No input is named; with too few rows none could be."""
        return text(self.language, "robust_nothing_decides" if n >= FEWEST_ROWS else "robust_too_few")

    def alone(
        self, alone: Sequence[Sequence[Stretch]], verdict: Verdict, but: int | None = None
    ) -> list[tuple[int, str]]:
        """The inputs that alone bring about a verdict, and where: over the largest part of its range first."""
        places = [(i, self.where(i, alone[i], verdict)) for i in doing(alone, verdict) if i != but]
        return [(i, where) for i, where in places if where]

    def _alone(self, alone: Sequence[Sequence[Stretch]], verdict: Verdict, key: str, but: int | None = None) -> str:
        """The inputs that alone bring about a verdict, and where; empty if none does."""
        found = self.alone_listed(alone, verdict, but)
        return text(self.language, key, inputs=found) if found else ""

    def alone_listed(self, alone: Sequence[Sequence[Stretch]], verdict: Verdict, but: int | None = None) -> str:
        """The same in words: `speed of ageing above 1.2; matching elasticity below 0.4`."""
        return "; ".join(f"{self.input(i)} {where}" for i, where in self.alone(alone, verdict, but))

    def _split(self, split: Split | None) -> str:
        if split is None or not split.is_decisive or not (split.below[1] and split.above[1]):  # rounded to an end
            return ""
        is_counted = any(_is_counted(n_holds, n) for n_holds, n in (split.below, split.above) if 0 < n_holds < n)
        return text(
            self.language, "robust_split", input=self.input(split.position), value=self.value(split.position, split.value),
            below=self.share(*split.below, is_counted), above=self.share(*split.above, is_counted),
        )  # fmt: skip


def _is_counted(n_holds: int, n: int) -> bool:
    """Whether a percentage claims more than there is, or reads none or all."""
    return n < FEW_ROWS or f"{100 * n_holds / n:.0f}" in ("0", "100")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _percent(share: float) -> str:
    """A share in whole percents, which reads 0 or 100 only where it is."""
    percent = f"{100 * share:.0f}%"
    return {"0%": "<1%", "100%": ">99%"}.get(percent, percent) if 0 < share < 1 else percent
