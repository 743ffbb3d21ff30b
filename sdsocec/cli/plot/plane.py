"""`sdsocec plot plane`: the scenario plane as maps, and which corner is best over two uncertainties."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from sdsocec.cli.common import LanguageOption, ModelOption, ProjectOption, load, note, notice, one_of
from sdsocec.cli.run import SetOption
from sdsocec.errors import SdsocecError

from .options import (
    OUT,
    Drawing,
    FormatOption,
    GreyOption,
    OutcomeOption,
    OutOption,
    SizeOption,
    StyleOption,
    progress_of_runs,
    require_pictures,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdsocec.analysis.plane_maps import CornerMap
    from sdsocec.model.project import LoadedModel
    from sdsocec.report.picture import Picture
    from sdsocec.scenario.factors import Factor
    from sdsocec.scenario.plane import Plane


def plane(
    outcomes: OutcomeOption = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar='"NAME,OTHER"',
            help="The two uncertainties under which corners are compared. Default: those that matter most.",
        ),
    ] = None,
    time: Annotated[
        float | None, typer.Option("--time", metavar="TIME", help="Of the maps. Default: the last.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="AXIS=VALUE", help="The place on other axes, as in intensity=0.5.")
    ] = None,
    grid: Annotated[
        int | None, typer.Option("--grid", metavar="N", help="Places on each axis. Default: 81; of best-corner 41.")
    ] = None,
    model: ModelOption = None,
    project: ProjectOption = None,
    settings: SetOption = None,
    size: SizeOption = "full",
    formats: FormatOption = None,
    style: StyleOption = None,
    out: OutOption = OUT,
    grey: GreyOption = False,
    lang: LanguageOption = "en",
) -> None:
    """Draw the scenario plane as maps: outcomes between the scenarios, and which scenario is best.

    plane: outcomes over the two axes. best-corner: which corner is best over two uncertainties, with the lines where that
    changes; without --by, over the two that, each alone, move the differences between the corners most. Without --outcome, both
    are of the first two of the card's overview; best-corner is of those that should rise or fall.

    Example: sdsocec plot plane --outcome unemployed --by "recession depth,incentive response" --grid 15
    """
    from sdsocec.analysis.plane_maps import CORNER_GRID, GRID, SIGNS, map_plane
    from sdsocec.api import outcome_elements
    from sdsocec.report.frame import model_line
    from sdsocec.report.plots.chosen import with_outcomes
    from sdsocec.report.plots.corners import corner_pictures
    from sdsocec.report.plots.maps import direction_of
    from sdsocec.report.plots.plane import plane_pictures
    from sdsocec.report.texts import text
    from sdsocec.scenario import settable_of
    from sdsocec.scenario.plane import load_plane

    drawing = Drawing.of(size, formats, style, lang, out, grey)
    loaded = load(model, project)
    known = load_plane(loaded)
    chosen = with_outcomes(loaded, outcomes, most=2)
    outputs = list(dict.fromkeys(outcome_elements(chosen)))
    place = _place(at, known)
    values = settable_of(loaded).read(settings or [])
    points = GRID if grid is None else grid
    judged = [name for name in outputs if direction_of(chosen, name) in SIGNS]
    if by is not None and not judged:
        raise SdsocecError(
            f"no corner is best by '{outputs[0]}': the card says not whether it should rise or fall", name=outputs[0],
            hint="Name an outcome whose direction is higher or lower.",
        )  # fmt: skip
    if by is not None:
        _factors(loaded, by)  # a wrong name is told before anything is run
    note(model_line(loaded, list(known.corners.values()), lang))
    note(text(lang, "frame_plane", grid=points))
    with progress_of_runs(points**2, lang) as progress:
        found = map_plane(chosen, outputs, time=time, at=place, settings=values, grid=points, progress=progress)
    pictures: list[Picture] = plane_pictures(found, size=size, language=lang, style=drawing.style)
    attributes = dict(found.attributes)
    if by is not None or (judged and len(loaded.card.uncertainties) > 1):
        corners = _corners(chosen, loaded, judged, by, time, values, CORNER_GRID if grid is None else grid, lang)
        pictures += corner_pictures(corners, ranked=by is None, size=size, language=lang, style=drawing.style)
        attributes |= {
            "design": "plane, grid",
            "factors": corners.attributes["factors"],
            "corner_grid": corners.attributes["grid"],
        }
    elif by is None:
        notice(text(lang, "frame_no_corners_inputs" if judged else "frame_no_corners_neutral"), lang)
    drawing.write(require_pictures(pictures, loaded), attributes)


def _place(at: str | None, plane: Plane) -> dict[str, float]:
    """`intensity=0.5` or `x=0.2,intensity=1`, as for a point of the plane."""
    from sdsocec.scenario.plane import INTENSITY

    place: dict[str, float] = {}
    for part in (at or "").split(","):
        if not part.strip():
            continue
        name, _, number = (piece.strip() for piece in part.partition("="))
        try:
            value = float(number.replace("_", "?"))
        except ValueError:
            raise SdsocecError(
                f"'{part.strip()}' is not a place on an axis", name=part.strip(), hint="As in: --at intensity=0.5"
            ) from None
        one_of("axis of the plane", name, (*plane.axes, INTENSITY))
        if not 0 <= value <= 1:
            raise SdsocecError(f"'{name}' is {value:g}; it must be between 0 and 1", name=name)
        if name in place:
            raise SdsocecError(f"'{name}' is given twice", name=name)
        place[name] = value
    return place


def _factors(loaded: LoadedModel, by: str) -> tuple[Factor, ...]:
    """Two uncertainties as typed; a comma within brackets belongs to a distribution."""
    from sdsocec.scenario.factors import factors_of

    names = [name.strip() for name in re.split(r",(?![^()]*\))", by) if name.strip()]
    if len(names) != 2:
        raise SdsocecError(
            f"--by names {len(names)}; a map has two axes", name=by, hint='As in: --by "NAME,OTHER NAME"'
        )
    return factors_of(loaded, names=names)


def _corners(
    chosen: LoadedModel, loaded: LoadedModel, judged: list[str], by: str | None, time: float | None,
    values: Mapping[str, float], grid: int, language: str,
) -> CornerMap:  # fmt: skip
    """The corners over the two uncertainties named, or the two that matter most."""
    from sdsocec.analysis.plane_maps import map_corners, rank_by_influence
    from sdsocec.report.texts import text
    from sdsocec.scenario.factors import factors_of
    from sdsocec.scenario.plane import load_plane

    known = load_plane(loaded)
    if by is not None:
        factors = _factors(loaded, by)
    else:
        free = [factor for factor in factors_of(loaded) if not set(factor.constants) & set(values)]
        if len(free) < 2:
            raise SdsocecError("--set leaves no two uncertainties to compare corners over", hint="Name two: --by")
        ranked = rank_by_influence(loaded, list(known.corners.values()), free, judged[0], time=time, settings=values)
        factors = tuple(factor for factor, _ in ranked[:2])
    note(text(language, "frame_corners", inputs=", ".join(factor.name for factor in factors)))
    with progress_of_runs(grid * grid * len(known.corners), language) as progress:
        return map_corners(chosen, factors, judged, time=time, settings=values, grid=grid, progress=progress)
