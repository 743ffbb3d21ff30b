"""Tables of a calibration: what the record can fix, the estimates with their intervals, and intervals by profile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel

from .fit_tables import signed
from .numbers import MISSING, format_number, plain_number
from .tables import Table
from .texts import listed, text

if TYPE_CHECKING:
    from sdsocec.analysis.calibration import Fit, Identifiability, Interval, Problem, Profile
    from sdsocec.analysis.calibration.accepting import Accepted

MOST_OTHERS = 5  # optima that are told
WIDE = 9.995  # of a range: a half width above it says no more


def identify_table(known: Identifiability, problem: Problem, language: str = "en") -> Table:
    """The parameters by how much the record sees of them; below it what they are hard to tell from."""
    from sdsocec.analysis.calibration.identify import FIXED, TOGETHER

    order = sorted(range(len(known.free)), key=lambda i: -known.sensitivity[i])
    verdicts = known.verdicts
    rows, values = [], []
    for i in order:
        name, verdict = known.free[i], verdicts[known.free[i]]
        low, high = (plain_number(float(end[i]), language) for end in (problem.lower, problem.upper))
        key = {FIXED: "identify_yes", TOGETHER: "identify_only"}.get(verdict, f"identify_{verdict}")
        rows.append((
            name, _unit(problem.model, name), text(language, "calibrate_span", low=low, high=high),
            _size(known.sensitivity[i], language), _part(known.alone[i], language), _part(known.together[i], language),
            text(language, key, others=listed(language, list(known.partners[i]))),
        ))  # fmt: skip
        numbers = (known.sensitivity[i], known.alone[i], known.together[i])
        values.append((math.nan, math.nan, *map(float, numbers), math.nan))
    keys = ("parameter", "unit", "range", "effect", "alone", "together", "question")
    notes = [text(language, "identify_note")]
    notes += [
        text(language, "identify_group", names=listed(language, list(names)), index=format_number(index, language))
        for names, index in known.groups
    ]
    sizes = "; ".join(_size(value, language) for value in known.singular_values)
    least = _size(known.least, language)
    notes.append(text(language, "identify_rank", rank=known.rank, n=len(known.free), least=least, values=sizes))
    title = text(language, "identify_title", model=problem.model.card.title.in_language(language))
    header = tuple(text(language, f"identify_{key}") for key in keys)
    return Table(title, header, tuple(rows), tuple(values), notes=tuple(notes), labels=len(header))


def estimates_table(fit: Fit, language: str = "en") -> Table:
    """The estimates with the digits that their intervals support; below it how they were made and what they depend on."""
    rows, values = [], []
    for one in fit.intervals:
        before = plain_number(one.before, language)
        rows.append((one.name, _unit(fit.problem.model, one.name), before, *_cells(fit, one, language)))
        values.append((math.nan, one.before, one.estimate, one.lower, one.upper, math.nan))
    keys = ("before", "estimate", "low", "high", "remark")
    header = [text(language, f"identify_{key}") for key in ("parameter", "unit")]
    header += [text(language, f"calibrate_{key}") for key in keys]
    title = text(language, "calibrate_title", model=fit.problem.model.card.title.in_language(language))
    return Table(
        title, tuple(header), tuple(rows), tuple(values), notes=tuple(_notes(fit, language)), labels=len(header)
    )


def _cells(fit: Fit, one: Interval, language: str) -> tuple[str, str, str, str]:
    """Estimate, both ends of the interval, and remark."""
    from sdsocec.analysis.calibration.evidence import half_width, verdict_of
    from sdsocec.analysis.calibration.identify import TOGETHER

    verdict = verdict_of(fit, one)
    if verdict:
        key = "calibrate_together" if verdict == TOGETHER else f"calibrate_{verdict}"
        why = text(language, key, others=listed(language, list(one.partners)))
        return text(language, "calibrate_unknown"), MISSING, MISSING, why
    if one.on_bound:
        where = text(language, f"calibrate_{one.on_bound}")
        return plain_number(one.estimate, language), MISSING, MISSING, where
    half = half_width(one)
    estimate, low, high = (_digits(value, half, language) for value in (one.estimate, one.lower, one.upper))
    return estimate, low, high, ""


def _notes(fit: Fit, language: str) -> list[str]:
    from sdsocec.analysis.calibration.evidence import held_on_bounds

    labels = {s.name: s.label.in_language(language) for s in fit.problem.series}
    notes = []
    if any(np.isfinite(one.lower) for one in fit.intervals):
        notes.append(text(language, "calibrate_method"))
        held = [text(language, f"calibrate_given_{one.on_bound}", name=one.name) for one in held_on_bounds(fit)]
        if held:
            notes.append(text(language, "calibrate_given", held=listed(language, held)))
        if fit.scale > 1:
            notes.append(text(language, "calibrate_scale", scale=format_number(fit.scale, language, decimals=2)))
        lasting = [
            f"{labels[name]} {format_number(r, language, decimals=2)}" for name, r in fit.lasting.items() if r >= 0.005
        ]
        key = "calibrate_lasting" if lasting else "calibrate_lasting_none"
        notes.append(text(language, key, series="; ".join(lasting)))
    for push in fit.pushes:
        better, worse = (listed(language, [labels[name] for name in names]) for names in (push.better, push.worse))
        notes.append(
            text(
                language, f"calibrate_push_{push.bound}", name=push.name, value=plain_number(push.value, language),
                better=better, worse=text(language, "calibrate_push_worse", worse=worse) if worse else "",
            )
        )  # fmt: skip
    return notes


def search_lines(fit: Fit, values: Accepted, before: float | None, language: str = "en") -> list[str]:
    """What was made smallest, against the model as it stood (`before`, its cost), how many starts found it, and other optima."""
    lines = []
    value = _per_value(fit, fit.best.cost, language)
    if fit.loss != "linear":
        key, change = "calibrate_loss", ""
        if before is not None:
            key = "calibrate_loss_change"
            change = signed(2 * (fit.best.cost - before) / len(fit.problem.observed), language, 3)
        lines.append(text(language, key, loss=fit.loss, value=value, change=change))
    if fit.identifiability.weak:
        weak = listed(language, list(fit.identifiability.weak))
        misfit = format_number(values.chi2 / len(fit.problem.observed), language, decimals=3)
        lines.append(text(language, "calibrate_accepted", names=weak, value=misfit))
    runs = format_number(fit.runs, language)
    line = text(language, "calibrate_starts", same=fit.n_same, n=fit.starts_done, runs=runs)
    if fit.n_failed:
        line += " " + text(language, "calibrate_failed", n=fit.n_failed)
    if not fit.runners_up and len(fit.optima) > 1:
        line += " " + text(language, "calibrate_no_other")
    lines.append(line)
    if not fit.best.converged:
        lines.append(text(language, "calibrate_unfinished"))
    for other in fit.runners_up[:MOST_OTHERS]:
        far = int(abs(other.scaled - fit.best.scaled).argmax())
        value = _per_value(fit, other.cost, language)
        lines.append(text(language, "calibrate_other", start=other.start, value=value, name=fit.problem.free[far]))
    return lines


def _per_value(fit: Fit, cost: float, language: str) -> str:
    """A cost in the unit of the misfit: per observed value."""
    return format_number(2 * cost / len(fit.problem.observed), language, decimals=3)


def profiles_table(fit: Fit, made: Sequence[Profile], language: str = "en") -> Table:
    """The interval of each profile beside that of the linearised residuals."""
    intervals = {one.name: one for one in fit.intervals}
    rows, values = [], []
    for profile in made:
        estimate, low, high, _ = _cells(fit, intervals[profile.name], language)
        linearised = MISSING if low == MISSING else text(language, "calibrate_span", low=low, high=high)
        unit = _unit(fit.problem.model, profile.name)
        rows.append((profile.name, unit, estimate, linearised, profile_text(profile, language)))
        values.append((math.nan, profile.estimate, math.nan, profile.upper - profile.lower))
    header = [text(language, f"identify_{key}") for key in ("parameter", "unit")]
    header += [text(language, f"calibrate_{key}") for key in ("estimate", "linearised", "profile")]
    notes = [text(language, "calibrate_profile_method")]
    notes += [text(language, "calibrate_beaten", name=one.name) for one in made if one.is_beaten]
    title = text(language, "calibrate_profiles_title", model=fit.problem.model.card.title.in_language(language))
    return Table(title, tuple(header), tuple(rows), tuple(values), notes=tuple(notes), labels=len(header))


def profile_text(profile: Profile, language: str = "en") -> str:
    """The interval of a profile in words."""
    from sdsocec.analysis.calibration.profiles import UNRESOLVED

    reach = [abs(end - profile.estimate) for end in (profile.lower, profile.upper) if math.isfinite(end)]
    half = max(reach, default=0.0) or 1.0
    low, high = (_digits(end, half, language) for end in (profile.lower, profile.upper))
    if math.isfinite(profile.lower) and math.isfinite(profile.upper):
        return text(language, "calibrate_span", low=low, high=high)
    is_unresolved = UNRESOLVED in (profile.below, profile.above)
    if not reach:
        return text(language, "calibrate_unresolved" if is_unresolved else "calibrate_no_bound")
    key = "calibrate_at_least" if math.isfinite(profile.lower) else "calibrate_at_most"
    found = text(language, key, low=low, high=high)
    return f"{found}; {text(language, 'calibrate_unresolved')}" if is_unresolved else found


def _digits(value: float, half: float, language: str) -> str:
    """A value with two digits of half an interval's width."""
    from sdsocec.analysis.calibration.accepting import rounded
    from sdsocec.analysis.calibration.evidence import DIGITS

    if not math.isfinite(value):
        return MISSING
    number, decimals = rounded(value, half, DIGITS)
    return format_number(number, language, decimals=max(0, decimals), group_from=10_000)


def _size(value: float, language: str) -> str:
    """A positive number with three digits, never with an exponent."""
    if value < 0.0005:
        return "0"
    return format_number(value, language, decimals=max(0, 2 - math.floor(math.log10(value))) if value < 100 else 0)


def _part(value: float, language: str) -> str:
    if not value <= WIDE:
        return MISSING
    return f"±{format_number(100 * value, language, decimals=1 if value < 0.0995 else 0)}%"


def _unit(model: LoadedModel, name: str) -> str:
    return model.equations.variables[name_key(split_element_name(name)[0])].unit
