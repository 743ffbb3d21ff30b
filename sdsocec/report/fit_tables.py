"""The fit to the record as a table, in the units and the language of readers."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.model.record import TestKind
from sdsocec.results.formats import DataTable
from sdsocec.results.shown import is_share, shown_unit

from .numbers import MINUS, MISSING, format_number, format_time, format_value
from .tables import Table
from .texts import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdsocec.analysis.fit import FitRow, FitStatistics, RecordRun, SeriesRun
    from sdsocec.results.observed import Observed

ROUNDING = 1e-9  # of a statistic: a change below this is no change
KINDS: tuple[TestKind, ...] = ("input", "conditional", "forecast")
SHARES = ("bias", "variation", "covariation")
CSV_COLUMNS = (
    "series", "variable", "role", "scenario", "first_year", "last_year", "n", "unit", "mape", "rmse", "mae", "r2", *SHARES,
)  # fmt: skip
DATA_COLUMNS = (
    "series", "variable", "label", "year", "role", "observed", "standard_error", "simulated", "unit", "residual", "source",
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """How the values of a series are shown: times a factor, in a unit; a share, as the card says, as a percentage.

    `kind` says what agreement in its test years is worth.
    """

    label: str
    factor: float
    unit: str
    is_share: bool
    kind: TestKind | None = None

    @classmethod
    def of(cls, observed: Observed, model: LoadedModel, language: str) -> Shown:
        """By the card's units."""
        unit = unit_of(observed, model)
        factor, _ = model.card.unit(unit)
        is_part = is_share(model, observed.variable)
        name = text(language, "percent") if is_part else shown_unit(model, unit, language)
        return cls(observed.label.in_language(language), factor, name, is_part, observed.test_kind)

    def value(self, value: float, language: str) -> str:
        """A value of the model, rounded for readers."""
        return format_value(value * self.factor, language, is_share=self.is_share)

    def exact(self, value: float, language: str) -> str:
        """A value of the model with all its digits (ten at most)."""
        shown = value * (100.0 if self.is_share else self.factor)
        decimals = next((d for d in range(10) if abs(round(shown, d) - shown) <= 1e-10 * abs(shown)), 10)
        return format_number(shown, language, decimals=decimals) + ("%" if self.is_share else "")


def unit_of(observed: Observed, model: LoadedModel) -> str:
    """The unit of a series' variable, in the model's words."""
    return model.equations.variables[name_key(split_element_name(observed.variable)[0])].unit


def table_of_fit(run: RecordRun, model: LoadedModel, language: str = "en", before: RecordRun | None = None) -> Table:
    """The statistics of each series, fit years and test years apart; with the change against an earlier run, if one is given."""
    from sdsocec.analysis.fit import fit_table

    rows, earlier = fit_table(run), {}
    if before is not None:
        earlier = {(row.series, row.role): row.statistics for row in fit_table(before)}
    shown = {one.observed.name: Shown.of(one.observed, model, language) for one in run.series}
    header = list(header_of(language, before is not None))
    made = [
        row_of(
            row,
            shown[row.series],
            language,
            None if before is None else earlier.get((row.series, row.role)),
            before is not None,
        )
        for row in rows
    ]
    title = text(language, "fit_title", model=model.card.title.in_language(language))
    notes = points_lines(list(shown.values()), language, before is not None)
    return Table(title, tuple(header), tuple(m[0] for m in made), tuple(m[1] for m in made), notes=tuple(notes))


def points_lines(shown: Sequence[Shown], language: str, compared: bool = False) -> list[str]:
    """Which numbers of the table are percentage points: errors of shares, changes of percentages."""
    lines = [text(language, "fit_points")] if any(one.is_share for one in shown) else []
    return [*lines, text(language, "fit_points_change")] if compared else lines


def header_of(language: str, compared: bool = False) -> tuple[str, ...]:
    """The names of the columns."""
    header = [text(language, "fit_series"), text(language, "fit_n")]
    for key in ("fit_mape", "fit_rmse"):
        header += [text(language, key), *([text(language, "fit_change")] if compared else [])]
    return (*header, *(text(language, key) for key in ("fit_r2", "fit_bias", "fit_variation", "fit_covariation")))


def row_of(
    row: FitRow, shown: Shown, language: str, before: FitStatistics | None = None, compared: bool = False
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The cells of a row, and its numbers."""
    years = text(language, "fit_no_years") if row.years is None else "-".join(map(str, row.years))
    label = text(language, f"fit_row_{row.role}", label=shown.label, unit=shown.unit, years=years)
    if row.role == "test" and shown.kind is not None:
        label = f"{label}, {text(language, f'test_kind_{shown.kind}')}"
    s = row.statistics
    scale = 100.0 if shown.is_share else shown.factor
    values = [float(row.n)]
    cells = [str(row.n)]
    for name, size, digits in (("mape", 100.0, 2), ("rmse", scale, None)):
        value, then = (np.nan if one is None else float(getattr(one, name)) * size for one in (s, before))
        values.append(value)
        cells.append(
            MISSING if np.isnan(value) else _number(value, language, digits) + ("%" if digits is not None else "")
        )
        if compared:
            is_same = abs(value - then) <= ROUNDING * abs(value)  # NaN is not
            values.append(0.0 if is_same else value - then)
            cells.append(signed(values[-1], language, digits))
    values += [np.nan] * 4 if s is None else [s.r2, s.bias, s.variation, s.covariation]
    cells.append(MISSING if s is None or np.isnan(s.r2) else format_number(s.r2, language, decimals=3))
    for name in SHARES:
        share = np.nan if s is None else float(getattr(s, name))
        cells.append(MISSING if np.isnan(share) else format_number(100 * share, language) + "%")
    return (label, *cells), tuple(values)


def _number(value: float, language: str, digits: int | None) -> str:
    return format_value(value, language) if digits is None else format_number(value, language, decimals=digits)


def signed(value: float, language: str, digits: int | None = None) -> str:
    """A change with its sign; 0 where nothing changed."""
    if np.isnan(value):
        return MISSING
    shown = _number(value, language, digits)
    if not any(c in "123456789" for c in shown):
        return "0"
    return shown if shown.startswith(MINUS) else f"+{shown}"


def misfit_line(run: RecordRun, language: str = "en", before: RecordRun | None = None) -> str:
    """The fit in one number, with its change."""
    value = format_number(run.misfit, language, decimals=3)
    if before is None:
        return text(language, "fit_misfit", value=value)
    change = signed(run.misfit - before.misfit, language, 3)
    return text(language, "fit_misfit_change", value=value, change=change)


def left_out_lines(run: RecordRun, language: str = "en") -> list[str]:
    """How many observed years were not compared, and why; a sentence each."""
    from sdsocec.analysis.fit import fit_table

    lines = []
    series = {one.observed.name: one for one in run.series}
    for row in fit_table(run):
        times = series[row.series].times
        first, last = (format_time(float(time), language) for time in (times[0], times[-1]))
        reasons: dict[str, list[int]] = {}
        for year in row.left_out:
            is_within = times[0] <= year + 1e-6 and times[-1] >= year + 1 - 1e-6
            reasons.setdefault("fit_not_saved" if is_within else "fit_not_run", []).append(year)
        for key, years in reasons.items():
            lines.append(text(
                language, key, n=len(years), all=row.n + len(row.left_out), role=text(language, f"fit_role_{row.role}"),
                label=series[row.series].observed.label.in_language(language), years=", ".join(map(str, years)),
                first=first, last=last,
            ))  # fmt: skip
    return lines


def kinds_lines(observed: Sequence[Observed], language: str = "en", *, with_none: bool = True) -> list[str]:
    """What agreement in the test years is worth, a sentence for each kind; empty without test years.

    `with_none` says so too where no series is a forecast.
    """
    found = {kind: [one.label.in_language(language) for one in observed if one.test_kind == kind] for kind in KINDS}
    if not any(found.values()):
        return []
    none = text(language, "test_kind_none")
    return [text(language, f"test_kind_{kind}_line", series=", ".join(labels) or none)
            for kind, labels in found.items() if labels or (with_none and kind == "forecast")]  # fmt: skip


def roles_of(one: SeriesRun) -> list[str]:
    """What each observed year of a series is for: fit, test or other."""
    observed = one.observed
    return ["fit" if f else "test" if t else "other" for f, t in zip(observed.is_fit, observed.is_test, strict=True)]


def data_of_fit(name: str, series: Sequence[SeriesRun], model: LoadedModel, language: str) -> DataTable:
    """A row a series and observed year, in the units of pictures: observed, simulated, residual in standard errors."""
    rows: list[tuple[str | float, ...]] = []
    for one in series:
        shown, observed = Shown.of(one.observed, model, language), one.observed
        factor = 100.0 if shown.is_share else shown.factor
        for i, role in enumerate(roles_of(one)):
            values = [float(column[i]) * factor for column in (observed.values, observed.errors, one.simulated)]
            rows.append((
                observed.name, observed.variable, shown.label, float(observed.years[i]), role, *values, shown.unit,
                float(one.residuals[i]), observed.sources[i],
            ))  # fmt: skip
    return DataTable(name, DATA_COLUMNS, tuple(rows))


def csv_of_fit(rows: Sequence[FitRow], run: RecordRun) -> bytes:
    """The fit as CSV: unrounded, in the model's units, shares as fractions; an empty cell where there is no number."""
    series = {one.observed.name: one for one in run.series}
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for row in rows:
        one, s = series[row.series], row.statistics
        numbers = [getattr(s, name) if s is not None else np.nan for name in CSV_COLUMNS[8:]]
        first, last = row.years or ("", "")
        cells = [row.series, one.observed.variable, row.role, row.scenario, first, last, row.n, one.unit]
        writer.writerow([*cells, *("" if np.isnan(number) else repr(float(number)) for number in numbers)])
    return content.getvalue().encode()
