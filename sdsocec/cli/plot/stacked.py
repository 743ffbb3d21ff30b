"""`sdsocec plot stacked`: people by where they are and by group, over time."""

from __future__ import annotations

from typing import Annotated

import typer

from sdsocec.cli.common import LanguageOption, ModelOption, ProjectOption, load, one_of
from sdsocec.cli.run import (
    AtOption,
    EngineOption,
    InitialOption,
    IntegratorOption,
    ProfileOption,
    ScenarioArguments,
    SetOption,
    run_chosen,
)

from .options import OUT, Drawing, FormatOption, GreyOption, OutOption, SizeOption, StyleOption

OnlyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--only", metavar="NAME", help="Only these people, by a row or column of the card's table; repeatable."
    ),
]


def stacked(
    scenarios: ScenarioArguments = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="place|group", help="How people are told apart. Default: both.")
    ] = None,
    only: OnlyOption = None,
    model: ModelOption = None,
    project: ProjectOption = None,
    settings: SetOption = None,
    at: AtOption = None,
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
    """Draw people as stacked areas over time: by where they are, and by group; a panel a scenario.

    --only takes groups (columns of the card's table of people), told apart by place, or places (rows), told apart by group.

    Example: sdsocec plot stacked baseline publiek --only "20-50 %" --lang nl
    """
    from sdsocec.report.plots.stacked import BY, has_groups, require_parts, require_people, stacked_pictures, way_for

    drawing = Drawing.of(size, formats, style, lang, out, grey)
    loaded = load(model, project)
    require_people(loaded)
    if by is not None:
        one_of("way to tell people apart", by, BY)
    elif only:
        by = way_for(loaded, only)
    ways = (by,) if by else BY if has_groups(loaded) else BY[:1]
    require_parts(loaded, ways[0], only or ())
    dataset = run_chosen(
        loaded, scenarios, settings, engine, integrator, at=at, profile=profile, initial=initial, language=lang
    ).dataset()
    pictures = stacked_pictures(
        dataset, loaded, by=ways, only=only or (), size=size, language=lang, style=drawing.style
    )
    drawing.write(pictures, dataset.attrs)
