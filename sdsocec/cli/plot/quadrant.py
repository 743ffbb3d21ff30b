"""`sdsocec plot quadrant`: the scenarios at the corners of their plane, each with a small chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sdsocec.cli.common import LanguageOption, ModelOption, ProjectOption, load, note, notice, one_of
from sdsocec.cli.run import EngineOption, InitialOption, IntegratorOption, ProfileOption, SetOption, chosen_place

from .options import (
    OUT,
    Drawing,
    FormatOption,
    GreyOption,
    OutcomeOption,
    OutOption,
    SizeOption,
    StyleOption,
    require_pictures,
)

if TYPE_CHECKING:
    from sdsocec.model.project import LoadedModel
    from sdsocec.scenario import Scenario
    from sdsocec.scenario.plane import Plane


def quadrant(
    outcomes: OutcomeOption = None,
    people: Annotated[
        bool | None,
        typer.Option("--people/--no-people", help="Also who is where at the end, as bars. Default: without --outcome."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="GROUP", help="In the bars, only these people; repeatable.")
    ] = None,
    model: ModelOption = None,
    project: ProjectOption = None,
    settings: SetOption = None,
    profile: ProfileOption = None,
    initial: InitialOption = None,
    engine: EngineOption = "auto",
    integrator: IntegratorOption = "euler",
    size: SizeOption = "full",
    formats: FormatOption = None,
    style: StyleOption = None,
    out: OutOption = OUT,
    grey: GreyOption = False,
    lang: LanguageOption = "en",
) -> None:
    """Draw the study's quadrant: the four scenarios at the corners of their plane, the baseline in grey.

    A picture for each outcome; without --outcome, the first of the card's overview, and who is where at the end.

    Example: sdsocec plot quadrant --outcome unemployed --size column --lang nl
    """
    from sdsocec.api import run_scenarios
    from sdsocec.engine import ENGINES, INTEGRATORS
    from sdsocec.report.frame import model_line
    from sdsocec.report.plots.chosen import with_outcomes
    from sdsocec.report.plots.quadrant import quadrant_pictures, require_two_axes
    from sdsocec.report.plots.stacked import require_parts
    from sdsocec.results.shown import shown_outcomes
    from sdsocec.scenario import settable_of
    from sdsocec.scenario.plane import load_plane

    drawing = Drawing.of(size, formats, style, lang, out, grey)
    one_of("engine", engine, ENGINES)
    one_of("integrator", integrator, INTEGRATORS)
    loaded = load(model, project)
    place = chosen_place(loaded, profile, initial)
    plane = load_plane(loaded)
    require_two_axes(plane, loaded)
    chosen = with_outcomes(loaded, outcomes, most=1)
    with_people = (outcomes is None and bool(loaded.card.people_flows)) if people is None else people
    if with_people or only:
        require_parts(loaded, "place", only or ())
    run = _scenarios(plane, loaded)
    values = settable_of(loaded).read(settings or [])
    note(model_line(loaded, run, lang))
    runs = run_scenarios(loaded, run, values, engine=engine, integrator=integrator, initial=initial, profile=place)
    for told in runs.notices:
        notice(told.in_language(lang), lang)
    dataset = runs.dataset()
    pictures = quadrant_pictures(
        dataset, loaded, plane, shown_outcomes(dataset, chosen, lang), people=with_people or bool(only), only=only or (),
        size=size, language=lang, style=drawing.style,
    )  # fmt: skip
    drawing.write(require_pictures(pictures, loaded), dataset.attrs)


def _scenarios(plane: Plane, loaded: LoadedModel) -> list[Scenario]:
    """The base and the corners, those that run by default in their order there: so each looks as in other pictures."""
    from sdsocec.scenario import scenario_names

    every = {scenario.name: scenario for scenario in (plane.base, *plane.corners.values())}
    order = {name: i for i, name in enumerate(scenario_names(loaded))}
    return sorted(every.values(), key=lambda scenario: order.get(scenario.name, len(order)))
