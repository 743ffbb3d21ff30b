"""`sdsocec plot tornado`: how far each input alone moves an outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sdsocec.cli.common import LanguageOption, ModelOption, ProjectOption, load, note, notice, one_of
from sdsocec.cli.run import AtOption, InitialOption, ScenarioArguments, SetOption, chosen_place, chosen_scenarios
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
    from sdsocec.model.project import LoadedModel
    from sdsocec.scenario import Scenario


def tornado(
    scenarios: ScenarioArguments = None,
    outcomes: OutcomeOption = None,
    time: Annotated[
        float | None, typer.Option("--time", metavar="TIME", help="A saved time. Default: the last.")
    ] = None,
    over: Annotated[
        str | None,
        typer.Option(
            "--over", metavar="uncertainties|levers|both", help="What of the card varies. Default: uncertainties."
        ),
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            "--vary", metavar='"NAME=uniform(LOW, HIGH)"', help="Vary this; without --over, this alone; repeatable."
        ),
    ] = None,
    span: Annotated[
        str,
        typer.Option(
            "--range",
            metavar="90|whole",
            help="Each input from the 5 % to the 95 % point of its distribution, or from end to end.",
        ),
    ] = "90",
    minus_baseline: Annotated[
        bool, typer.Option("--minus-baseline", help="Of the differences of scenarios with the baseline.")
    ] = False,
    model: ModelOption = None,
    project: ProjectOption = None,
    settings: SetOption = None,
    at: AtOption = None,
    initial: InitialOption = None,
    size: SizeOption = "full",
    formats: FormatOption = None,
    style: StyleOption = None,
    out: OutOption = OUT,
    grey: GreyOption = False,
    lang: LanguageOption = "en",
) -> None:
    """Draw how far each input alone moves an outcome: a bar an input, the widest on top, a panel a scenario.

    All else stays as the scenario has it, so what inputs do only together is not seen; sdsocec sensitivity shows that. Without a
    scenario, the baseline; with --minus-baseline, all others. Without --outcome, the first of the card's overview.

    Example: sdsocec plot tornado baseline publiek --outcome unemployed --lang nl
    """
    from sdsocec.analysis.tornado import RANGES, n_runs, run_tornado
    from sdsocec.api import outcome_elements
    from sdsocec.report.frame import model_line
    from sdsocec.report.plots.chosen import with_outcomes
    from sdsocec.report.plots.tornado_sheets import tornado_pictures
    from sdsocec.report.texts import text
    from sdsocec.scenario import settable_of
    from sdsocec.scenario.factors import factors_of

    drawing = Drawing.of(size, formats, style, lang, out, grey)
    one_of("range", span, tuple(RANGES))
    loaded = load(model, project)
    chosen_place(loaded, None, initial)
    chosen = with_outcomes(loaded, outcomes, most=1)
    factors = factors_of(loaded, over, vary or ())
    values = settable_of(loaded).read(settings or [])
    run = chosen_scenarios(loaded, scenarios, at)
    if not scenarios and not at and not minus_baseline:
        run = run[:1]
    minus = _baseline(loaded, run) if minus_baseline else None
    every = [*([minus] if minus is not None else []), *run]
    run, minus = [s.with_settings(values) for s in run], minus.with_settings(values) if minus is not None else None
    n_scenarios = len({scenario.name for scenario in every})
    note(model_line(loaded, list({scenario.name: scenario for scenario in every}.values()), lang))
    note(text(lang, "frame_alone", inputs=len(factors)))
    outputs = list(dict.fromkeys(outcome_elements(chosen)))
    with progress_of_runs(n_runs(len(factors), n_scenarios), lang) as progress:
        found = run_tornado(
            loaded, run, factors, outputs, minus=minus, span=span, time=time, initial=initial, settings=values,
            progress=progress,
        )  # fmt: skip
    if found.experiment.overridden:
        notice(text(lang, "frame_overridden", inputs=", ".join(found.experiment.overridden)), lang)
    left_out = found.notice()
    if left_out:
        notice(left_out, lang)
    pictures = tornado_pictures(found, chosen, size=size, language=lang, style=drawing.style)
    drawing.write(require_pictures(pictures, loaded), found.attributes)


def _baseline(loaded: LoadedModel, run: list[Scenario]) -> Scenario:
    """The card's baseline, or else the first scenario named."""
    from sdsocec.scenario import load_scenario

    name = loaded.card.baseline
    if name is not None:
        found = next((scenario for scenario in run if scenario.name == name), None) or load_scenario(name, loaded)
    else:
        found = run[0]
    if all(scenario.name == found.name for scenario in run):
        raise SdsocecError(
            f"there is no scenario to compare with '{found.name}'", name=found.name, hint="Name another one."
        )
    return found
