"""What is robust, in sentences: how often it holds, which input decides, where it flips. No more digits than the rows bear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sdsocec.analysis.robust import ClaimResult, Ranking, Robustness
from sdsocec.analysis.robust.decisive import Split, decimals_of, rounded
from sdsocec.analysis.robust.flips import Flip, intervals
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.units import is_dimensionless
from sdsocec.results.shown import TIME_UNITS, shown_unit
from sdsocec.scenario.factors import Factor

from .numbers import format_number, format_time
from .texts import text

FEW_ROWS = 100  # with fewer, a percentage claims more than there is
_PER = "1/"
_CALENDAR = 1000.0  # a time above this is a year, which needs no unit


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
        unit = model.equations.variables[name_key(split_element_name(ranking.output)[0])].unit
        return model.card.unit(unit)[0], shown_unit(model, unit, self.language)

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
        if unit.startswith(_PER):
            return text(self.language, "robust_per", value=shown, unit=unit.removeprefix(_PER))
        return f"{shown} {unit}"

    def unit(self, factor: Factor) -> str:
        """The unit of an input as readers see it; units of time in their language."""
        start = _PER if factor.unit.startswith(_PER) else ""
        rest = factor.unit.removeprefix(_PER)
        time = TIME_UNITS.get(name_key(rest)) or TIME_UNITS.get(name_key(rest).removesuffix("s"))
        if time is not None:
            return start + time.in_language(self.language)
        return shown_unit(self.found.model, factor.unit, self.language)

    def number(self, factor: Factor, value: float) -> str:
        """A value of an input without its unit."""
        decimals = decimals_of(factor.distribution)
        group_from = 10_000 if abs(factor.distribution.low) >= _CALENDAR else None
        shown = rounded(value, factor.distribution)
        return format_number(shown, self.language, decimals=decimals, group_from=group_from)

    def where(self, position: int, flips: Sequence[Flip], holding: bool = False) -> str:
        """Where along an input something does not hold (or does): `below 0.31 or above 0.58`."""
        parts = []
        for low, high in intervals(flips, holding):
            if low is None and high is not None:
                parts.append(text(self.language, "robust_below", value=self.value(position, high)))
            elif high is None and low is not None:
                parts.append(text(self.language, "robust_above", value=self.value(position, low)))
            elif low is not None and high is not None:
                first = self.number(self.found.factors[position], low)
                parts.append(text(self.language, "robust_between", low=first, high=self.value(position, high)))
        if len(parts) < 2:
            return "".join(parts)
        return f"{', '.join(parts[:-1])} {text(self.language, 'or')} {parts[-1]}"

    def share(self, n_holds: int, n: int) -> str:
        """A share as readers say it: `97% of 2,048`, `all 2,048`, `2,045 of 2,048`, `59 of 64`."""
        rows = format_number(n, self.language)
        if n_holds == n:
            return text(self.language, "robust_all", n=rows)
        if n_holds == 0:
            return text(self.language, "robust_none", n=rows)
        percent = f"{100 * n_holds / n:.0f}"
        if percent in ("0", "100") or n < FEW_ROWS:
            return text(self.language, "robust_some", some=format_number(n_holds, self.language), n=rows)
        return text(self.language, "robust_percent", percent=percent, n=rows)

    def _plausible(self, n_holds: int, n: int) -> str:
        return text(self.language, "robust_plausible", share=self.share(n_holds, n))

    def short_share(self, n_holds: int, n: int) -> str:
        """A share for a figure or a cell: `97%`, `all`, `>99%`, `59/64`."""
        if not n:
            return "–"
        if n_holds == n or n_holds == 0:
            return text(self.language, "robust_short_all" if n_holds else "robust_short_none")
        if n < FEW_ROWS:
            return f"{n_holds}/{n}"
        percent = f"{100 * n_holds / n:.0f}"
        return {"0": "<1%", "100": ">99%"}.get(percent, f"{percent}%")

    def claim(self, result: ClaimResult) -> str:
        """A claim as readers know it, with its name if that says something."""
        claim = result.claim
        said = claim.text.in_language(self.language)
        if claim.name == claim.check.name or said.startswith(f"{claim.name}:"):
            return f"'{said}'"
        return f"'{said}' ({claim.name})"

    # --- sentences -------------------------------------------------------------------------------------------------------

    def ranking_sentence(self, ranking: Ranking) -> str:
        """How often a ranking holds, what decides, and where it flips."""
        rankings = self.found.rankings
        assert rankings is not None, "a ranking is of some rankings"
        said = text(
            self.language, f"robust_is_{ranking.sense}", time=format_time(rankings.time, self.language),
            outcome=self.outcome(ranking), first=self.title(ranking.first), second=self.title(ranking.second),
            share=self._plausible(ranking.n_holds, ranking.n),
        )  # fmt: skip
        n_ties = ranking.n_ties if ranking.n_ties >= 0.01 * ranking.n else 0  # fewer say nothing
        parts = [said, *self._apart(n_ties, ranking.n_unknown), *self._why_ranking(ranking)]
        return " ".join(part for part in parts if part)

    def claim_sentence(self, result: ClaimResult) -> str:
        """How often a claim holds, what decides, and where it flips."""
        key = "robust_claim" if result.stored.holds else "robust_claim_fails"
        said = text(self.language, key, claim=self.claim(result), share=self._plausible(result.n_holds, result.n))
        if not result.stored.is_computed:
            said = text(self.language, "robust_claim_stopped", claim=self.claim(result), why=result.stored.numbers)
        return " ".join(part for part in [said, *self._apart(0, result.n_unknown), *self._why_claim(result)] if part)

    def _apart(self, n_ties: int, n_unknown: int) -> list[str]:
        found = []
        if n_ties:
            found.append(text(self.language, "robust_ties", n=format_number(n_ties, self.language)))
        if n_unknown:
            found.append(text(self.language, "robust_unknown", n=format_number(n_unknown, self.language)))
        return found

    def _why_ranking(self, ranking: Ranking) -> list[str]:
        best = ranking.strongest
        position = best.position if best is not None and best.is_decisive else None
        if ranking.n_holds == ranking.n and not any(ranking.alone):
            return []
        if best is None or position is None:
            return [text(self.language, "robust_nothing_decides"), self._flips(ranking.alone)]
        start = text(
            self.language, "robust_explains", input=_capital(self.input(position)), share=f"{100 * best.share:.0f}%"
        )
        if ranking.alone[position]:
            return [start + text(self.language, "robust_turns", where=self.where(position, ranking.alone[position]))]
        others = self._flips(ranking.alone)
        if others:
            return [start + text(self.language, "robust_never_alone"), others]
        return [start + text(self.language, "robust_none_alone"), self._split(ranking.split)]

    def _why_claim(self, result: ClaimResult) -> list[str]:
        holding = not result.stored.holds
        if result.n_holds == result.n and not any(result.alone):
            return []
        key = "robust_also_holds" if holding else "robust_also_fails"
        split, others = result.split, self._flips(result.alone, holding, key)
        if split is None or not split.is_decisive:
            return ["" if split is None else text(self.language, "robust_nothing_decides"), others]
        start = text(self.language, "robust_decides", input=_capital(self.input(split.position)))
        if result.alone[split.position]:
            where = self.where(split.position, result.alone[split.position], holding)
            return [start + text(self.language, "robust_holds_where" if holding else "robust_fails_where", where=where)]
        return [start + text(self.language, "robust_claim_never"), self._split(split), others]

    def _flips(self, alone: Sequence[Sequence[Flip]], holding: bool = False, key: str = "robust_also_turns") -> str:
        """The inputs that flip it alone; at most three are named."""
        flipping = [i for i, flips in enumerate(alone) if flips]
        if not flipping:
            return ""
        named = "; ".join(f"{self.input(i)} {self.where(i, alone[i], holding)}" for i in flipping[:3])
        return text(self.language, key, inputs=named)

    def _split(self, split: Split | None) -> str:
        if split is None or not split.is_decisive:
            return ""
        return text(
            self.language, "robust_split", input=self.input(split.position), value=self.value(split.position, split.value),
            below=self.share(*split.below), above=self.share(*split.above),
        )  # fmt: skip


def has_unit(factor: Factor) -> bool:
    """Whether a value of an input needs its unit."""
    return bool(factor.unit) and not is_dimensionless(factor.unit) and abs(factor.distribution.low) < _CALENDAR


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
