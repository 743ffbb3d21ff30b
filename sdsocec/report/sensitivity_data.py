"""Which inputs decide, as files of data: every index, what was varied, modes, ranking, convergence."""

from __future__ import annotations

import math

import numpy as np

from sdsocec.analysis.sensitivity import MODES, Sensitivity
from sdsocec.results.formats import DataTable

from .sensitivity_tables import effect_unit, factor_label


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
    tables = [
        DataTable("sensitivity", header, tuple(rows), is_for_sheets=False), _convergence_data(found, language),
        _factor_data(found, language),
    ]  # fmt: skip
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


def _factor_data(found: Sensitivity, language: str) -> DataTable:
    """What was varied, and over which distribution, in the units of the .mdl."""
    header = ("factor", "label", "distribution", "low", "mode", "high", "unit", "source")
    return DataTable("factors", header, tuple(
        (one.name, factor_label(found, j, language), "uniform" if one.distribution.mode is None else "triangular",
         one.distribution.low, math.nan if one.distribution.mode is None else one.distribution.mode, one.distribution.high,
         one.unit, one.source)
        for j, one in enumerate(found.factors)
    ))  # fmt: skip


def _convergence_data(found: Sensitivity, language: str) -> DataTable:
    """Every index of the end at each n, in the units shown."""
    rows: list[tuple[str | float, ...]] = []
    for part in found.parts.values():
        indices, has_unit = part.indices, part.kind in ("numerical", "policy")
        for s, k, j, i in np.ndindex(len(part.scenarios), len(part.outcomes), len(found.factors), len(indices.names)):
            for size, n in enumerate(indices.sizes):
                scale, unit = effect_unit(found, part.outcomes[k], language) if has_unit else (1.0, "")
                value, half = (float(array[size, s, -1, k, j, i]) * scale for array in (indices.value, indices.half))
                rows.append((
                    part.outcomes[k], part.scenarios[s], found.factors[j].name, part.kind, indices.names[i], float(n), value,
                    value - half, value + half, unit,
                ))  # fmt: skip
    header = ("outcome", "scenario", "factor", "kind", "index", "n", "value", "low", "high", "unit")
    return DataTable("convergence", header, tuple(rows), is_for_sheets=False)
