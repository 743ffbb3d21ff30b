"""The hindcast in tables: the fit of the test years, where reality landed on the plane, scenarios held against the last year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.fit import FitRow
from sdsocec.analysis.hindcast import Hindcast, TestSeries
from sdsocec.analysis.plane_fit import Place
from sdsocec.results.shown import is_share, shown_unit
from sdsocec.scenario import Scenario
from sdsocec.scenario.plane import INTENSITY

from .fit_tables import Shown, header_of, kinds_lines, points_lines, row_of
from .numbers import MINUS, MISSING, format_number, format_value
from .texts import listed, text


class Sheet(NamedTuple):
    """A table of text for readers; columns from `numbers_from` on are numbers."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers_from: int


def answer(found: Hindcast, place: Place, language: str = "en") -> str:
    """Which corner of the plane reality came near, or that the record does not tell; and on which series that rests."""
    sides = {axis: _side(place.ranges.get(axis)) for axis in place.plane.axes}
    unknown = [axis_words(place, axis, language) for axis, side in sides.items() if side is None]
    if unknown:
        sentences = [text(language, "hindcast_answer_open", axes=listed(language, unknown))]
    else:
        corner = place.plane.corners[tuple(side for side in sides.values() if side is not None)]
        low, high = (_place(x, language) for x in place.ranges[INTENSITY])
        sentences = [text(language, "hindcast_answer", corner=_title(corner, language), low=low, high=high)]
    decisive = [one for one in place.series if one.name in place.decisive]
    if decisive:
        labels = listed(language, [one.observed.label.in_language(language) for one in decisive])
        sentences.append(
            text(language, "hindcast_rests" if len(decisive) == 1 else "hindcast_rests_many", series=labels)
        )
        given = [one.observed.label.in_language(language) for one in decisive if one.kind == "input"]
        if given:
            key = "hindcast_rests_input_one" if len(decisive) == 1 else "hindcast_rests_input"
            sentences.append(text(language, key, series=listed(language, given)))
    return " ".join(sentences)


def _side(span: tuple[float, float] | None) -> int | None:
    """The end of an axis on whose half the region lies."""
    return None if span is None else 0 if span[1] < 0.5 else 1 if span[0] > 0.5 else None


def axis_words(place: Place, axis: str, language: str) -> str:
    """An axis by its name, and what it is of; intensity by its word."""
    if axis == INTENSITY:
        return axis_name(axis, language)
    return f"{axis} ({place.plane.axes[axis].label.in_language(language)})"


def fit_sheet(found: Hindcast, language: str = "en") -> Sheet:
    """The fit of each series over its test years, as `data fit` shows it."""
    rows = []
    for one, statistics in zip(found.series, found.statistics().values(), strict=True):
        span = (int(one.years[0]), int(one.years[-1]))
        row = FitRow(one.name, "test", found.scenario.name, len(one.years), span, statistics)
        rows.append(row_of(row, Shown.of(one.observed, found.model, language), language)[0])
    title = text(
        language,
        "hindcast_fit_title",
        model=found.model.card.title.in_language(language),
        scenario=_title(found.scenario, language),
    )
    return Sheet(title, header_of(language), tuple(rows), 1)


def fit_lines(found: Hindcast, language: str = "en") -> list[str]:
    """What agreement is worth, in sentences."""
    lines = points_lines([Shown.of(one.observed, found.model, language) for one in found.series], language)
    lines += kinds_lines([one.observed for one in found.series], language)
    if found.is_filled_in:
        lines.append(text(language, "hindcast_filled_in", scenario=_title(found.scenario, language)))
    return lines


def years_sheet(found: Hindcast, language: str = "en") -> Sheet:
    """Each series' test years: observed, simulated in the scenario of the test years, and the error in standard errors."""
    years = sorted({int(year) for one in found.series for year in one.years})
    rows = []
    for one, simulated, errors in zip(found.series, found.simulated, found.errors, strict=True):
        place = {int(year): i for i, year in enumerate(one.years)}
        label = one.observed.label.in_language(language)

        def cells(values: NDArray[np.float64], show: object, place: dict[int, int] = place) -> list[str]:
            assert callable(show)
            return [show(float(values[place[year]])) if year in place else MISSING for year in years]

        def shown(value: float, one: TestSeries = one) -> str:
            return _shown(found, one, value, language)

        heading = text(
            language, "hindcast_observed", label=label, unit=_unit(found, one, language), kind=_kind(one, language)
        )
        rows.append((heading, *cells(one.values, shown)))
        rows.append((f"  {text(language, 'hindcast_simulated')}", *cells(simulated[-1], shown)))
        rows.append((f"  {text(language, 'hindcast_error')}", *cells(errors[-1], lambda x: signed(x, language))))
    title = text(language, "hindcast_years_title", scenario=_title(found.scenario, language))
    return Sheet(title, (text(language, "fit_series"), *map(str, years)), tuple(rows), 1)


def plane_sheet(found: Hindcast, place: Place, language: str = "en") -> Sheet:
    """The nearest point, the corners, the base and the scenario of the test years, by how far they are from the test years.

    Beside the error over all series stands that over the series that are no input, where there are some of both.
    """
    plane = place.plane
    corners = [(s, dict(zip(plane.axes, map(float, at), strict=True))) for at, s in plane.corners.items()]
    scenarios = [place.scenario, *(s for s, _ in corners), plane.base, found.scenario]
    compared = found.of(scenarios)
    names = [
        text(language, "hindcast_best", point=point_text(place, language)),
        *(
            text(language, "hindcast_corner", title=_title(s, language), point=_point(at, language))
            for s, at in corners
        ),
        text(language, "hindcast_corner", title=_title(plane.base, language), point=_point({INTENSITY: 0.0}, language)),
        _title(found.scenario, language),
    ]
    on_plane = [True] * (len(names) - 1) + [found.scenario.name in {s.name for s in scenarios[:-1]}]
    rows = []
    is_open = _is_open(found)
    n_open = sum(len(one.years) for one, is_it in zip(found.series, is_open, strict=True) if is_it)
    for name, parts, is_on in zip(names, compared.parts, on_plane, strict=True):
        chi2 = float(parts.sum())
        within = "hindcast_off" if not is_on else "hindcast_yes" if chi2 <= place.limit * (1 + 1e-12) else "hindcast_no"
        worst = int(parts.argmax())
        share = format_number(100 * parts[worst] / chi2 if chi2 else 0.0, language) + "%"
        label = found.series[worst].observed.label.in_language(language)
        kind = _kind(found.series[worst], language)
        rms = [(chi2 / found.n_values) ** 0.5]
        if is_open.any():
            rms.append(float((parts[is_open].sum() / n_open) ** 0.5))
        rows.append((name, text(language, "hindcast_part", label=label, kind=kind, share=share), text(language, within),
                     format_number(chi2, language), *(_decimals(one, language, 1) for one in rms)))  # fmt: skip
    years = [int(year) for one in found.series for year in one.years]
    header = tuple(text(language, f"hindcast_{key}") for key in ("point", "most", "within", "chi2"))
    header += _rms_heads(f"{min(years)}-{max(years)}", is_open, language)
    return Sheet(text(language, "hindcast_plane_title", n=found.n_values), header, tuple(rows), 3)


def plane_lines(found: Hindcast, place: Place, language: str = "en") -> list[str]:
    """What the region says of each axis, and of how much of the grid, in sentences."""
    share = share_text(place, language)
    limit = format_number(place.limit, language)
    scale = _decimals(place.scale**0.5, language, 1)
    key = "hindcast_region" if place.scale > 1 else "hindcast_region_unscaled"
    lines = [text(language, key, share=share, limit=limit, scale=scale)]
    for axis, (low, high) in place.ranges.items():
        shown = {"low": _place(low, language), "high": _place(high, language)}
        name = axis_name(axis, language)
        if axis in place.plane.axes:
            what = place.plane.axes[axis]
            lines.append(text(language, "hindcast_range_of_axis", axis=name, label=what.label.in_language(language),
                              zero=what.low.in_language(language), one=what.high.in_language(language), **shown))  # fmt: skip
        else:
            lines.append(text(language, "hindcast_range_of_intensity", axis=name, zero=_title(place.plane.base, language),
                              one=text(language, "hindcast_corners"), **shown))  # fmt: skip
        if axis in place.unknown:
            lines.append(text(language, "hindcast_nothing", axis=name))
    labels = {one.name: one.observed.label.in_language(language) for one in place.series}
    for name in place.decisive:
        point, part = place.without[name]
        shown_point = _point(place.at(point), language)
        lines.append(text(language, "hindcast_decisive", series=labels[name], point=shown_point,
                          share=format_value(part, language, is_share=True)))  # fmt: skip
    rms = (place.chi2_best / place.n_values) ** 0.5
    if rms > 1:
        own = float(found.chi2[-1] / found.n_values) ** 0.5
        lines.append(text(language, "hindcast_far", rms=_decimals(rms, language, 1), own=_decimals(own, language, 1),
                          scenario=_title(found.scenario, language)))  # fmt: skip
    return [*lines, text(language, "hindcast_serial")]


def forecast_sheet(found: Hindcast, language: str = "en") -> Sheet:
    """Each scenario's values in the last test year of each series, with the errors in standard errors, and a rank.

    Rank and error also stand there without the series that are inputs, where there are some of both: in these a scenario is as
    far off as its policy is from what was done.
    """
    series = found.series
    header = tuple(
        text(language, "hindcast_with_year", label=one.observed.label.in_language(language), year=int(one.years[-1]),
             unit=_unit(found, one, language), kind=_kind(one, language)) for one in series
    )  # fmt: skip
    is_open = _is_open(found)
    rows = [(
        text(language, "hindcast_record"), *[""] * (4 if is_open.any() else 2),
        *(f"{_shown(found, one, one.values[-1], language)} (±{_error(found, one, language)})" for one in series),
    )]  # fmt: skip
    rms = [_rms(found.last_errors)]
    ranks_shown = [found.ranks]
    if is_open.any():
        rms.append(_rms(found.last_errors[:, is_open]))
        ranks_shown.append(_ranks(rms[1], found.ranks))
    ranks = [np.inf if rank is None else rank for rank in found.ranks]
    for i in sorted(range(len(found.scenarios)), key=lambda i: ranks[i]):
        cells = [
            f"{_shown(found, one, simulated[i, -1], language)} ({signed(found.last_errors[i, k], language)})"
            for k, (one, simulated) in enumerate(zip(series, found.simulated, strict=True))
        ]
        lead = [_title(found.scenarios[i], language)]
        for ranks_of, rms_of in zip(ranks_shown, rms, strict=True):
            lead += [MISSING if ranks_of[i] is None else str(ranks_of[i]), _decimals(rms_of[i], language, 1)]
        rows.append((*lead, *cells))
    if found.is_filled_in:
        rows[-1] = (text(language, "hindcast_in_view", title=rows[-1][0]), *rows[-1][1:])
    years = sorted({int(one.years[-1]) for one in series})
    heads = _rms_heads("-".join(map(str, dict.fromkeys((years[0], years[-1])))), is_open, language)
    ranks_heads = [text(language, key) for key in ("hindcast_rank", "hindcast_rank_open")]
    pairs = [head for pair in zip(ranks_heads, heads, strict=False) for head in pair]
    first = text(language, "hindcast_scenario")
    return Sheet(text(language, "hindcast_forecasts_title"), (first, *pairs, *header), tuple(rows), 1)


def _is_open(found: Hindcast) -> NDArray[np.bool_]:
    """Which series are no input, shape (n_series,); none where all are, or none is: then there is nothing to tell apart."""
    is_open = np.array([one.kind != "input" for one in found.series])
    return is_open if not is_open.all() else np.zeros_like(is_open)


def _rms_heads(years: str, is_open: NDArray[np.bool_], language: str) -> tuple[str, ...]:
    keys = ("hindcast_rms", *(("hindcast_rms_open",) if is_open.any() else ()))
    return tuple(text(language, key, years=years) for key in keys)


def _rms(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Root mean square of each row."""
    return np.asarray((errors**2).mean(axis=1) ** 0.5)


def _ranks(rms: NDArray[np.float64], like: Sequence[int | None]) -> tuple[int | None, ...]:
    """Ranks by another error, of those that have one; 1 is the nearest, equals share."""
    size = np.round(rms**2, 9)
    ranked = np.array([rank is not None for rank in like])
    return tuple(
        1 + int((size[ranked] < one).sum()) if is_in else None for one, is_in in zip(size, ranked, strict=True)
    )


def _kind(one: TestSeries, language: str) -> str:
    return text(language, f"test_kind_{one.kind}")


def point_text(place: Place, language: str) -> str:
    """The best point as people write it: `g = 0.40, v = 0.70, intensity = 0.50`."""
    return _point(place.at(place.best), language)


def share_text(place: Place, language: str) -> str:
    """The region as a share of the grid."""
    return format_value(place.share, language, is_share=True)


def axis_name(axis: str, language: str) -> str:
    """An axis in the reader's language: its name, intensity by its word."""
    return text(language, "hindcast_intensity") if axis == INTENSITY else axis


def signed(value: float, language: str) -> str:
    """A number with its sign and one decimal: `+1.2`."""
    shown = _decimals(value, language, 1)
    return shown if shown.startswith(MINUS) or float(f"{value:.1f}") == 0 else f"+{shown}"


def _point(at: dict[str, float], language: str) -> str:
    between = "; " if language == "nl" else ", "  # a comma is decimal in Dutch
    return between.join(f"{axis_name(axis, language)} = {_place(value, language)}" for axis, value in at.items())


def _place(value: float, language: str) -> str:
    whole = f"{value:.2f}".rstrip("0").rstrip(".")
    return whole.replace(".", "," if language == "nl" else ".")


def _decimals(value: float, language: str, decimals: int) -> str:
    return format_number(value, language, decimals=decimals) if np.isfinite(value) else MISSING


def _title(scenario: Scenario, language: str) -> str:
    return scenario.title.in_language(language)


def _is_share(found: Hindcast, one: TestSeries) -> bool:
    return is_share(found.model, one.observed.variable)


def _error(found: Hindcast, one: TestSeries, language: str) -> str:
    """The standard error in the last year; that of a share is in percentage points."""
    shown = _shown(found, one, one.errors[-1], language)
    return text(language, "record_points", value=shown.removesuffix("%")) if _is_share(found, one) else shown


def _unit(found: Hindcast, one: TestSeries, language: str) -> str:
    return text(language, "percent") if _is_share(found, one) else shown_unit(found.model, one.unit, language)


def _shown(found: Hindcast, one: TestSeries, value: float, language: str) -> str:
    factor, _ = found.model.card.unit(one.unit)
    return format_value(float(value) * factor, language, is_share=_is_share(found, one))
