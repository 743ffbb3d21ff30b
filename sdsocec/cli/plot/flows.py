"""`sdsocec plot flows`: who went from where to where in a span of years."""

from __future__ import annotations

from typing import Annotated

import typer

from sdsocec.cli.common import LanguageOption, ModelOption, ProjectOption, load
from sdsocec.cli.run import (
    AtOption,
    EngineOption,
    InitialOption,
    ProfileOption,
    ScenarioArguments,
    SetOption,
    run_chosen,
)

from .options import OUT, Drawing, FormatOption, GreyOption, OutOption, SizeOption, StyleOption


def flows(
    scenarios: ScenarioArguments = None,
    start: Annotated[
        float | None, typer.Option("--from", metavar="YEAR", help="The start of the span. Default: of the run.")
    ] = None,
    end: Annotated[
        float | None, typer.Option("--to", metavar="YEAR", help="The end of the span. Default: of the run.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="GROUP", help="Only people of these groups; repeatable. Default: everybody."),
    ] = None,
    share: Annotated[
        float,
        typer.Option("--lump", metavar="SHARE", help="Places with less than this share of all moves are drawn as one."),
    ] = 0.01,
    model: ModelOption = None,
    project: ProjectOption = None,
    settings: SetOption = None,
    at: AtOption = None,
    profile: ProfileOption = None,
    initial: InitialOption = None,
    engine: EngineOption = "auto",
    size: SizeOption = "full",
    formats: FormatOption = None,
    style: StyleOption = None,
    out: OutOption = OUT,
    grey: GreyOption = False,
    lang: LanguageOption = "en",
) -> None:
    """Draw who went from where to where in a span of years, as bands; a picture a scenario.

    Without a scenario, the baseline. The numbers are those of `run --flows`, summed over the span.

    Example: sdsocec plot flows publiek --from 2010 --to 2020 --lang nl
    """
    from sdsocec.report.plots.flows import flow_pictures, require_share
    from sdsocec.report.plots.stacked import require_parts, require_people
    from sdsocec.results.flows import measure_flows, require_flows

    drawing = Drawing.of(size, formats, style, lang, out, grey)
    loaded = load(model, project)
    require_people(loaded)
    require_flows(loaded, "euler")
    require_share(share)
    require_parts(loaded, "place", only or ())
    names = scenarios or ([loaded.card.baseline] if loaded.card.baseline and not at else None)
    runs = run_chosen(loaded, names, settings, engine, "euler", at=at, profile=profile, initial=initial)
    place = runs.profile.share if runs.profile is not None else 1.0
    found = measure_flows(loaded, runs.design, runs.run, [scenario.name for scenario in runs.scenarios], place)
    dataset = runs.dataset()
    pictures = flow_pictures(
        found, dataset, loaded, start=start, end=end, only=only or (), share=share, size=size, language=lang,
        style=drawing.style,
    )  # fmt: skip
    drawing.write(pictures, dataset.attrs)
