"""Which inputs decide, as tables: of the level, of the difference from the baseline, of the mode, of the ranking."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.sensitivity import CHIEF, LEAST_EVENTS, MODES, Part, Sensitivity, time_unit_of
from sdsocec.model.names import name_key, split_element_name
from sdsocec.results.formats import DataTable
from sdsocec.results.shown import TIME, TIME_UNITS, is_year, shown_unit

from .hindcast_tables import Sheet
from .numbers import MISSING, format_number, format_time, format_value
from .tables import with_unit
from .texts import listed, text

MATTERS = 0.05  # sobol: the total index from which an input is shown; morris: the share of the largest mu*
MOST_INPUTS = 5
FEW = 4  # outcomes shown, unless they are named
DECIMALS = 2  # of an index
SMALLEST = 0.001  # a share of runs
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
    card, name = found.model.card, found.factors[j].name
    lever = next((lever for lever in card.levers if lever.name == name), None)
    return lever.label.in_language(language) if lever is not None else card.element_label(name, language)


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
                numbers = [_index(part, (s, -1, k, j, i), factor, language) for i in range(len(part.indices.names))]
                if method == "pawn":
                    numbers.append(_number(float(part.indices.threshold[-1, s, -1, k]), language))
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


def _index(part: Part, at: tuple[int, ...], factor: float, language: str) -> str:
    found = part.indices
    is_effect = found.method == "morris"
    value, half = float(found.value[-1][at]), float(found.half[-1][at])

    def shown(x: float) -> str:
        return format_value(x * factor, language) if is_effect else _number(x, language)

    if not math.isfinite(half):
        return shown(value)
    width = shown(half) if is_effect else format_number(half, language, decimals=DECIMALS + 1)
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
                f"{mode_name(i, language)} {_share(float(shares[i]), language)}" for i in (reference, *others)
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
        shares, changed = ranking.share_best[k], _share(float(ranking.share_changed[k]), language)
        others = [
            int(i) for i in np.argsort(-shares, kind="stable") if shares[i] > 0 and names[i] not in ranking.best[k]
        ]
        said = [f"{scenario_title(found, names[i], language)} {_share(float(shares[i]), language)}" for i in others]
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


def _share(value: float, language: str) -> str:
    """A share; one that is neither none nor all does not read so."""
    for limit, mark, is_so in ((SMALLEST, "<", 0 < value < SMALLEST), (1 - SMALLEST, ">", 1 - SMALLEST < value < 1)):
        if is_so:
            return f"{mark}{format_value(limit, language, is_share=True)}"
    return format_value(value, language, is_share=True)


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
        _index(part, place, 1.0, language),
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
        needed = end.needed()
        rows.append((
            text(language, f"sens_kind_{kind}"), format_number(n_judged, language),
            format_number(int(end.converged.sum()), language), *(_number(w, language, DECIMALS + 1) for w in widest),
            expected(needed, language) if needed else text(language, "sens_enough") if n_judged else MISSING,
        ))  # fmt: skip
    title = text(
        language,
        "sens_title_convergence",
        tolerance=_number(found.tolerance, language),
        share=_interval(found, language),
    )
    return Sheet(title, tuple(header), tuple(rows), 1)


def expected(n: int, language: str) -> str:
    """The n that may be expected to suffice; above a million, that it is more than that."""
    shown = format_number(float(min(n, MOST_EXPECTED)), language)
    return shown if n <= MOST_EXPECTED else text(language, "sens_more_than", n=shown)


def _interval(found: Sensitivity, language: str) -> str:
    return format_number(
        100 * found.confidence, language, decimals=0 if round(100 * found.confidence, 6).is_integer() else 1
    )


def notes(found: Sensitivity, outcomes: Sequence[str], language: str = "en") -> Iterator[str]:
    """What the columns mean; what was not asked, and why; the n that would suffice."""
    method = found.sample.method
    tolerance = _number(found.tolerance, language)
    yield text(language, f"sens_explain_{method}", share=_interval(found, language), limit=_number(MATTERS, language))
    yield text(language, f"sens_explain_converged{'_morris' if method == 'morris' else ''}", tolerance=tolerance)
    needed = [
        n for kind, part in found.parts.items() if (n := part.indices.at(*_shown_at_end(part, outcomes)).needed()) is not None
    ]  # fmt: skip
    if needed:
        n = max(needed)
        key = "sens_needed" if n <= MOST_EXPECTED else "sens_needed_many"
        yield text(language, key, n=format_number(float(min(n, MOST_EXPECTED)), language))
    if any(part.indices.is_rare.any() for part in found.parts.values()):
        yield text(language, "sens_rare_note", n=LEAST_EVENTS)
    if method == "morris" and (found.modes or found.ranking):
        yield text(language, "sens_morris_shares")
    for kind, reason in found.absent.items():
        yield text(language, f"sens_absent_{reason}", kind=text(language, f"sens_kind_{kind}"))
    if found.ranking is not None and not any(name in found.ranking.outcomes for name in outcomes):
        yield text(language, "sens_no_ranking_shown")


def _shown_at_end(part: Part, outcomes: Sequence[str]) -> tuple[slice, slice, NDArray[np.int64]]:
    columns = [k for k, name in enumerate(part.outcomes) if name in outcomes]
    return slice(None), slice(-1, None), np.array(columns, dtype=np.int64)


# ---- files --------------------------------------------------------------------------------------------------------------


def data_tables(found: Sensitivity, language: str = "en") -> list[DataTable]:
    """`sensitivity`: every index of every outcome, scenario and time, in the units shown; `modes`; `ranking`; `convergence`."""
    factors = {name: effect_unit(found, name, language) for name in found.outcomes}
    rows: list[tuple[str | float, ...]] = []
    for outcome, scenario, time, factor, kind, index, value, low, high, converged in found.rows():
        scale, unit = factors[outcome] if kind in ("numerical", "policy") else (1.0, "")
        rows.append(
            (outcome, scenario, time, factor, kind, index, value * scale, low * scale, high * scale, converged, unit)
        )
    header = ("outcome", "scenario", "time", "factor", "kind", "index", "value", "low", "high", "converged", "unit")
    tables = [DataTable("sensitivity", header, tuple(rows), is_for_sheets=False), _convergence_data(found)]
    scenarios = [s.name for s in found.experiment.scenarios]
    if found.modes is not None:
        shares = found.modes.shares
        tables.append(DataTable("modes", ("outcome", "scenario", "mode", "share", "reference"), tuple(
            (name, scenario, mode, float(shares[s, k, i]), "yes" if found.modes.reference[s, k] == i else "no")
            for k, name in enumerate(found.outcomes) for s, scenario in enumerate(scenarios) for i, mode in enumerate(MODES)
        )))  # fmt: skip
    if found.ranking is not None:
        tables.append(DataTable("ranking", ("outcome", "scenario", "share best", "best as it is"), tuple(
            (name, scenario, float(found.ranking.share_best[k, s]), "yes" if scenario in found.ranking.best[k] else "no")
            for k, name in enumerate(found.ranking.outcomes) for s, scenario in enumerate(scenarios)
        )))  # fmt: skip
    return tables


def _convergence_data(found: Sensitivity) -> DataTable:
    """Every index of the end at each n."""
    rows: list[tuple[str | float, ...]] = []
    for part in found.parts.values():
        indices = part.indices
        for s, k, j, i in np.ndindex(len(part.scenarios), len(part.outcomes), len(found.factors), len(indices.names)):
            for size, n in enumerate(indices.sizes):
                value, half = (float(array[size, s, -1, k, j, i]) for array in (indices.value, indices.half))
                rows.append((
                    part.outcomes[k], part.scenarios[s], found.factors[j].name, part.kind, indices.names[i], float(n), value,
                    value - half, value + half,
                ))  # fmt: skip
    header = ("outcome", "scenario", "factor", "kind", "index", "n", "value", "low", "high")
    return DataTable("convergence", header, tuple(rows), is_for_sheets=False)
