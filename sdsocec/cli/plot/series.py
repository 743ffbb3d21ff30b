"""`sdsocec plot series`: outcomes over time, a line a scenario, with what was observed."""

from __future__ import annotations

from typing import Annotated

import typer

from sdsocec.cli.common import LanguageOption, ModelOption, ProjectOption, load
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


def series(
    scenarios: ScenarioArguments = None,
    outcomes: OutcomeOption = None,
    observed: Annotated[
        bool, typer.Option("--observed/--no-observed", help="Draw what was observed, where the card has it.")
    ] = True,
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
    """Draw outcomes over time: a panel an outcome, a line a scenario, points for what was observed.

    Example: sdsocec plot series --model first_steps --outcome werklozen --size column --format pdf --lang nl
    """
    from sdsocec.report.plots.chosen import with_outcomes
    from sdsocec.report.plots.series import series_pictures
    from sdsocec.results.observed import load_observed, series_stamp

    drawing = Drawing.of(size, formats, style, lang, out, grey)
    loaded = load(model, project)
    chosen = with_outcomes(loaded, outcomes)
    record = load_observed(loaded) if observed and profile is None else ()
    dataset = run_chosen(
        loaded, scenarios, settings, engine, integrator, at=at, profile=profile, initial=initial, language=lang
    ).dataset()
    pictures = series_pictures(dataset, chosen, size=size, language=lang, style=drawing.style, observed=record)
    drawing.write(require_pictures(pictures, loaded), {**dataset.attrs, **series_stamp(record)})
