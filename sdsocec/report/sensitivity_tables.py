"""Which inputs decide, as tables: of the level, of the difference from the baseline, of the mode, of the ranking."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.sensitivity import (
    CHIEF,
    LEAST_EVENTS,
    MODES,
    UNSEEN,
    Indices,
    Part,
    Sensitivity,
    time_unit_of,
)
from sdsocec.model.names import name_key, split_element_name
from sdsocec.results.shown import TIME, TIME_UNITS, is_year, shown_unit

from .hindcast_tables import Sheet
from .inputs import input_label
from .numbers import MISSING, format_number, format_time, format_value, plain_number
from .tables import with_unit
from .texts import listed, text

MATTERS = 0.05  # sobol: the total index from which an input is shown; morris: the share of the largest mu*
MOST_INPUTS = 5
LEAST_SPREAD = 0.05  # of the largest over time: an index of less is not drawn over time
FEW = 4  # outcomes shown, unless they are named
DECIMALS = 2  # of an index, at least
MOST_EXPECTED = 1 << 20


def shown_names(found: Sensitivity, most: int | None = FEW) -> list[str]:
    """The outcomes that tables and figures show: the first ones; None for all."""
    return list(found.outcomes)[:most]


def outcome_label(found: Sensitivity, name: str, language: str) -> str:
    """An outcome as readers say it; an element of one with several is named too."""
    outcome, elements = found.outcomes[name], split_element_name(name)[1]
    label = outcome.label.in_language(language)
    is_part = elements and name_key(outcome.variable) != name_key(name)
    return f"{label}: {', '.join(elements)}" if is_part else label


def scenario_title(found: Sensitivity, name: str, language: str) -> str:
    """A scenario as readers say it."""
    return next(s.title for s in found.experiment.scenarios if s.name == name).in_language(language)


def time_unit(found: Sensitivity, language: str) -> str:
    """The unit of time as readers say it."""
    unit = time_unit_of(found.model)
    known = TIME_UNITS.get(name_key(unit).removesuffix("s"))
    return known.in_language(language) if known is not None else unit or TIME.in_language(language)


def moment(found: Sensitivity, time: float, language: str) -> str:
    """A time as readers say it: a year by itself, any other with its unit before it."""
    shown = format_time(time, language)
    unit = time_unit_of(found.model)
    return shown if is_year(unit) else f"{time_unit(found, language)} {shown}"


def factor_label(found: Sensitivity, j: int, language: str) -> str:
    """An input as readers say it."""
    return input_label(found.model, found.factors[j], language)


def effect_unit(found: Sensitivity, name: str, language: str) -> tuple[float, str]:
    """What an index of this outcome is multiplied by, and its unit: elementary effects have the outcome's own."""
    if found.sample.method != "morris":
        return 1.0, ""
    unit = found.model.equations.variables[name_key(split_element_name(name)[0])].unit
    if found.outcomes[name].shown == "share":
        return 100.0, text(language, "points")
    return found.model.card.unit(unit)[0], shown_unit(found.model, unit, language)


def ranked(part: Part, s: int, t: int, k: int) -> list[int]:
    """The inputs from the one that decides most, of one output; equal ones in their own order."""
    return [int(j) for j in np.argsort(-part.indices.chief[s, t, k], kind="stable")]


def those_that_matter(part: Part, s: int, t: int, k: int) -> list[int]:
    """The inputs that are shown, the most important first; at least one."""
    found = part.indices
    chief = found.chief[s, t, k]
    limit = MATTERS
    if found.method == "pawn":
        limit = float(found.threshold[-1, s, t, k])
    elif found.method == "morris":
        limit = MATTERS * float(chief.max(initial=0.0))
    order = ranked(part, s, t, k)
    return ([j for j in order if chief[j] >= limit] or order[:1])[:MOST_INPUTS]


def leaders(part: Part, s: int, k: int) -> list[tuple[int, int]]:
    """Times, by position, and the input that matters most then; without times at which none does.

    Only times at which there is something to explain (`is_spread`). pawn: none does below the threshold; morris: an effect that
    is small beside the largest of all times is none.
    """
    found = part.indices
    varying = np.flatnonzero(is_spread(part, s, k)).tolist()
    least = np.zeros(len(part.times))
    if found.method == "pawn":
        least = found.threshold[-1, s, :, k]
    elif found.method == "morris" and varying:
        least += MATTERS * float(found.chief[s, varying, k].max())
    return [(t, j) for t in varying if found.chief[s, t, k, (j := ranked(part, s, t, k)[0])] >= least[t]]


def is_spread(part: Part, s: int, k: int) -> NDArray[np.bool_]:
    """At which times an outcome has so much spread that shares of it mean something, shape (n_times,).

    morris gives effects in the outcome's own unit, which are small where little varies: there it is wherever anything does.
    """
    found = part.indices
    spread = found.spread[s, :, k]
    least = 0.0 if found.method == "morris" else LEAST_SPREAD * float(spread.max(initial=0.0))
    return np.asarray(found.varies[s, :, k] & (spread >= least))


def drawn_over_time(part: Part, s: int, k: int) -> list[int]:
    """The inputs whose index is drawn over time: those that matter at the end, and any that mattered most at another time.

    Where these are too many, those that never mattered most give way, from the least.
    """
    at_end = those_that_matter(part, s, -1, k) if part.indices.varies[s, -1, k] else []
    led = [j for _, j in reversed(leaders(part, s, k))]
    most = sorted(dict.fromkeys(led), key=led.count, reverse=True)[:MOST_INPUTS]
    others = [j for j in at_end if j not in most][: MOST_INPUTS - len(most)]
    return [*(j for j in at_end if j in most or j in others), *(j for j in most if j not in at_end)]


def index_sheet(found: Sensitivity, kind: str, outcomes: Sequence[str], language: str = "en") -> Sheet:
    """Rows (outcome, scenario, input) of the level or the difference at the end: the indices, and whether they have converged."""
    part = found.parts[kind]
    method = found.sample.method
    columns = [text(language, f"sens_{name}") for name in part.indices.names]
    columns += [text(language, "sens_threshold")] if method == "pawn" else []
    first = text(language, "outcome")
    if kind == "policy" and found.baseline is not None:  # a pipe drops titles
        first = text(language, "sens_difference", baseline=scenario_title(found, found.baseline, language))
    header = [first, *(text(language, key) for key in ("sens_scenario", "sens_factor"))]
    header += [*columns, text(language, "sens_converged")]
    rows = []
    for name in outcomes:
        k, (factor, unit) = part.outcomes.index(name), effect_unit(found, name, language)
        label = with_unit(outcome_label(found, name, language), unit, language)
        for s, scenario in enumerate(part.scenarios):
            start = (label, scenario_title(found, scenario, language))
            if not part.indices.varies[s, -1, k]:
                rows.append((*start, absence(part, (s, -1, k), language), *[""] * (len(columns) + 1)))
                continue
            for j in those_that_matter(part, s, -1, k):
                numbers = [
                    index_words(part, (s, -1, k, j, i), factor, language) for i in range(len(part.indices.names))
                ]
                if method == "pawn":
                    threshold = float(part.indices.threshold[-1, s, -1, k])
                    numbers.append(_number(threshold, language, decimals_of(found.tolerance)))
                rows.append(
                    (*start, factor_label(found, j, language), *numbers, _verdict(part, (s, -1, k, j), language))
                )
    return Sheet(_title(found, kind, language), tuple(header), tuple(rows), 3)


def absence(part: Part, at: tuple[int, int, int], language: str) -> str:
    """Why there is no index."""
    return text(language, f"sens_{part.indices.absence(*at)}")


def _title(found: Sensitivity, kind: str, language: str) -> str:
    baseline = scenario_title(found, found.baseline, language) if found.baseline else ""
    end, start = found.experiment.times[-1], found.modes.start if found.modes else 0.0
    words = {"time": moment(found, end, language), "start": moment(found, start, language), "baseline": baseline}
    what = text(language, f"sens_title_{kind}", **words)
    return f"{what} ({method_words(found, language)})"


def method_words(found: Sensitivity, language: str) -> str:
    """The method, its size and its seed."""
    n, rows = (format_number(float(x), language) for x in (found.sample.n, len(found.sample.probabilities)))
    return text(
        language, "sens_method", method=text(language, f"sens_{found.sample.method}"), n=n, rows=rows, seed=found.seed
    )


def _number(value: float, language: str, decimals: int = DECIMALS) -> str:
    return format_number(value, language, decimals=decimals) if math.isfinite(value) else MISSING


def decimals_of(tolerance: float) -> int:
    """The decimals of an index, so that half of an interval, with one more, can be held against the tolerance."""
    return max(DECIMALS, -math.floor(math.log10(tolerance)))


def index_words(part: Part, at: tuple[int, ...], factor: float, language: str, size: int = -1) -> str:
    """An index times a factor, with half of its interval if it has one; by default that at n."""
    found = part.indices
    is_effect, decimals = found.method == "morris", decimals_of(found.tolerance)
    value, half = float(found.value[size][at]), float(found.half[size][at])

    def shown(x: float) -> str:
        return format_value(x * factor, language) if is_effect else _number(x, language, decimals)

    if not math.isfinite(half):
        return shown(value)
    width = shown(half) if is_effect else format_number(half, language, decimals=decimals + 1)
    return f"{shown(value)} ± {width}"


def _verdict(part: Part, at: tuple[int, ...], language: str) -> str:
    """Whether the indices of an input have converged: all that are judged."""
    judged = part.indices.is_judged[at]
    if not judged.any():
        return text(language, "sens_not_judged")
    open_ = [name for i, name in enumerate(part.indices.names) if judged[i] and not part.indices.converged[at][i]]
    if not open_:
        return text(language, "sens_yes")
    names = [text(language, f"sens_{name}") for name in open_]
    return (
        text(language, "sens_no")
        if len(open_) == judged.sum()
        else text(language, "sens_not_these", names=listed(language, names))
    )


def mode_name(code: int, language: str) -> str:
    """A behaviour mode as readers say it."""
    return text(language, f"sens_mode_{MODES[code].replace(', ', '_').replace(' ', '_')}")


def mode_sheet(found: Sensitivity, outcomes: Sequence[str], language: str = "en") -> Sheet:
    """Rows (outcome, scenario): the mode as the scenario is and the other modes, with shares of runs; the input that decides."""
    assert found.modes is not None
    part, modes = found.parts["mode"], found.modes
    keys = (
        "outcome",
        "sens_scenario",
        "sens_mode",
        "sens_other_modes",
        "sens_decides",
        _chief(found),
        "sens_converged",
    )
    rows = []
    for name in outcomes:
        k = part.outcomes.index(name)
        for s, scenario in enumerate(part.scenarios):
            reference, shares = int(modes.reference[s, k]), modes.shares[s, k]
            others = [int(i) for i in np.argsort(-shares, kind="stable") if shares[i] > 0 and i != reference]
            own, *said = (
                f"{mode_name(i, language)} {share_words(float(shares[i]), language)}" for i in (reference, *others)
            )
            start = (
                outcome_label(found, name, language),
                scenario_title(found, scenario, language),
                own,
                "; ".join(said),
            )
            rows.append((*start, *_decisive(found, part, (s, 0, k), language)))
    return Sheet(_title(found, "mode", language), tuple(text(language, key) for key in keys), tuple(rows), 5)


def ranking_sheet(found: Sensitivity, outcomes: Sequence[str], language: str = "en") -> Sheet:
    """Rows (outcome): the best scenario, in which share of runs another is and which, the input that decides."""
    assert found.ranking is not None
    part, ranking = found.parts["ranking"], found.ranking
    names = [s.name for s in found.experiment.scenarios]
    keys = ("outcome", "sens_best", "sens_share_other", "sens_decides", _chief(found), "sens_converged")
    rows = []
    for name in outcomes:
        if name not in ranking.outcomes:
            continue
        k = ranking.outcomes.index(name)
        shares, changed = ranking.share_best[k], share_words(float(ranking.share_changed[k]), language)
        others = [
            int(i) for i in np.argsort(-shares, kind="stable") if shares[i] > 0 and names[i] not in ranking.best[k]
        ]
        said = [
            f"{scenario_title(found, names[i], language)} {share_words(float(shares[i]), language)}" for i in others
        ]
        best = listed(language, [scenario_title(found, scenario, language) for scenario in ranking.best[k]])
        start = (
            outcome_label(found, name, language),
            best,
            f"{changed}: {'; '.join(said)}" if said and ranking.share_changed[k] > 0 else changed,
        )
        rows.append((*start, *_decisive(found, part, (0, 0, k), language)))
    return Sheet(_title(found, "ranking", language), tuple(text(language, key) for key in keys), tuple(rows), 4)


def _chief(found: Sensitivity) -> str:
    return f"sens_{CHIEF[found.sample.method]}"


def share_words(value: float, language: str, decimals: int = 1) -> str:
    """A share as a percentage; one that is neither none nor all does not read so."""
    least = 10.0 ** -(decimals + 2)
    for limit, mark, is_so in ((least, "<", 0 < value < least), (1 - least, ">", 1 - least < value < 1)):
        if is_so:
            return f"{mark}{format_number(100 * limit, language, decimals=decimals)}%"
    return format_number(100 * value, language, decimals=decimals) + "%"


def _decisive(found: Sensitivity, part: Part, at: tuple[int, int, int], language: str) -> tuple[str, str, str]:
    """The input that decides most, its index, and whether that has converged."""
    if not part.indices.varies[at]:
        return absence(part, at, language), "", ""
    j = ranked(part, *at)[0]
    i = part.indices.names.index(CHIEF[found.sample.method])
    place = (*at, j, i)
    verdict = "" if not part.indices.is_judged[place] else "sens_yes" if part.indices.converged[place] else "sens_no"
    return (
        factor_label(found, j, language),
        index_words(part, place, 1.0, language),
        text(language, verdict) if verdict else "",
    )


def convergence_sheet(found: Sensitivity, language: str = "en") -> Sheet:
    """Rows (question): the widest half interval at each n, how many indices of the end have converged, the n to be expected."""
    keys = ("sens_question", "sens_indices", "sens_converged")
    header = [text(language, key) for key in keys]
    header += [text(language, "sens_half_at", n=format_number(float(n), language)) for n in found.sample.sizes]
    header += [text(language, "sens_expected")]
    rows = []
    for kind, part in found.parts.items():
        end = part.indices.at(slice(None), slice(-1, None), slice(None))
        n_judged = int(end.is_judged.sum())
        relative = end.half / end.allowed * found.tolerance if end.method == "morris" else end.half
        widest = [float(np.nanmax(half)) if np.isfinite(half).any() else math.nan for half in relative]
        widths = (_number(width, language, decimals_of(found.tolerance) + 1) for width in widest)
        rows.append((
            text(language, f"sens_kind_{kind}"), format_number(n_judged, language),
            format_number(int(end.converged.sum()), language), *widths,
            should_do(end, language) or (text(language, "sens_enough") if n_judged else MISSING),
        ))  # fmt: skip
    title = text(
        language,
        "sens_title_convergence",
        tolerance=plain_number(found.tolerance, language),
        share=confidence_words(found, language),
    )
    return Sheet(title, tuple(header), tuple(rows), 1)


def expected(n: int, language: str) -> str:
    """The n that may be expected to suffice; above a million, that it is more than that."""
    shown = format_number(float(min(n, MOST_EXPECTED)), language)
    return shown if n <= MOST_EXPECTED else text(language, "sens_more_than", n=shown)


def should_do(indices: Indices, language: str) -> str:
    """The n at which these indices should have converged, at least; empty if they have."""
    needed, is_unknown = indices.needed(), bool(indices.is_unknown.any())
    if needed is None:
        n = format_number(float(indices.sizes[-1]), language)
        return text(language, "sens_more_than", n=n) if is_unknown else ""
    is_lower = is_unknown and needed <= MOST_EXPECTED
    return text(language, "sens_at_least", n=expected(needed, language)) if is_lower else expected(needed, language)


def _needed_lines(found: Sensitivity, language: str) -> Iterator[str]:
    """The n that should do for each question, of all outcomes at the end; for which outcomes it is not known."""
    told, unknown = [], []
    for kind, part in found.parts.items():
        end = part.indices.at(slice(None), slice(-1, None), slice(None))
        question = text(language, f"sens_kind_{kind}")
        if n := should_do(end, language):
            told.append(text(language, "sens_needed_for", question=question, n=n))
        labels = [
            outcome_label(found, part.outcomes[k], language) for k in np.flatnonzero(end.is_unknown.any(axis=(0, 1)))
        ]
        if len(labels) > FEW:
            labels[FEW:] = [text(language, "beyond_more", n=len(labels) - FEW)]
        if labels:
            unknown.append(text(language, "with_unit", label=question, unit="; ".join(labels)))
    if told:
        yield text(language, "sens_needed", listed="; ".join(told))
    if unknown:
        yield text(language, "sens_needed_unknown", listed=listed(language, unknown))


def confidence_words(found: Sensitivity, language: str) -> str:
    """The percentage of the intervals, as it was asked for."""
    return plain_number(100 * found.confidence, language)


def notes(found: Sensitivity, outcomes: Sequence[str], language: str = "en") -> Iterator[str]:
    """What the columns mean; what was not asked, and why; the n that would suffice."""
    method = found.sample.method
    tolerance = plain_number(found.tolerance, language)
    yield text(
        language, f"sens_explain_{method}", share=confidence_words(found, language), limit=_number(MATTERS, language)
    )
    yield text(language, f"sens_explain_converged{'_morris' if method == 'morris' else ''}", tolerance=tolerance)
    yield from _needed_lines(found, language)
    if any((part.indices.varies & ~part.indices.is_seen).any() for part in found.parts.values()):
        yield text(language, "sens_unseen_note", n=format_number(math.ceil(UNSEEN / found.tolerance), language))
    if any(part.indices.is_rare.any() for part in found.parts.values()):
        yield text(language, "sens_rare_note", n=LEAST_EVENTS)
    if any(is_beyond(part.indices.at(*_shown_at_end(part, outcomes))) for part in found.parts.values()):
        yield text(language, "sens_beyond")
    if method == "morris" and (found.modes or found.ranking):
        yield text(language, "sens_morris_shares")
    for kind, reason in found.absent.items():
        yield text(language, f"sens_absent_{reason}", kind=text(language, f"sens_kind_{kind}"))
    if found.ranking is not None and not any(name in found.ranking.outcomes for name in outcomes):
        yield text(language, "sens_no_ranking_shown")


def is_beyond(indices: Indices) -> bool:
    """Whether shares of the variance lie where none can be: below 0, or above 1, alone or S1 together."""
    if indices.method != "sobol":
        return False
    first = indices.value[-1][indices.varies][..., indices.names.index("S1")]
    value = indices.value[-1][indices.varies]
    half = 0.5 * 10.0 ** -decimals_of(indices.tolerance)
    least, most = -half, 1 + half  # as they are printed
    return bool((value < least).any() or (value > most).any() or (first.sum(axis=-1) > most).any())


def _shown_at_end(part: Part, outcomes: Sequence[str]) -> tuple[slice, slice, NDArray[np.int64]]:
    columns = [k for k, name in enumerate(part.outcomes) if name in outcomes]
    return slice(None), slice(-1, None), np.array(columns, dtype=np.int64)
