"""`sdsocec plot bands`: what the uncertainties make of an outcome, in every scenario."""

from __future__ import annotations

from typing import Annotated

import typer

from sdsocec.cli.common import LanguageOption, ModelOption, ProjectOption, load, note, notice
from sdsocec.cli.run import AtOption, InitialOption, ScenarioArguments, SetOption, chosen_place, chosen_scenarios

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


def bands(
    scenarios: ScenarioArguments = None,
    outcomes: OutcomeOption = None,
    rows: Annotated[
        int, typer.Option("--rows", "-n", metavar="N", help="Rows of the uncertainties: Sobol' points.")
    ] = 1000,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Which points; the same seed, the same picture.")
    ] = 1,
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
    observed: Annotated[
        bool, typer.Option("--observed/--no-observed", help="Draw what was observed, where the card has it.")
    ] = True,
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
    """Draw what the uncertainties make of an outcome: bands of 30, 60 and 90 %, a panel a scenario, all on one scale.

    Without --outcome, the first outcome of the card's overview.

    Example: sdsocec plot bands --model first_steps --outcome werklozen --rows 256 --lang nl
    """
    from sdsocec.analysis.bands import run_uncertain
    from sdsocec.api import outcome_elements
    from sdsocec.report.frame import model_line
    from sdsocec.report.numbers import format_number
    from sdsocec.report.plots.bands import bands_pictures
    from sdsocec.report.plots.chosen import with_outcomes
    from sdsocec.report.texts import text
    from sdsocec.results.observed import load_observed, series_stamp
    from sdsocec.scenario import settable_of
    from sdsocec.scenario.factors import factors_of

    drawing = Drawing.of(size, formats, style, lang, out, grey)
    loaded = load(model, project)
    chosen_place(loaded, None, initial)
    chosen = with_outcomes(loaded, outcomes, most=1)
    factors = factors_of(loaded, over, vary or ())
    values = settable_of(loaded).read(settings or [])
    run = [s.with_settings(values) if values else s for s in chosen_scenarios(loaded, scenarios, at)]
    record = load_observed(loaded) if observed else ()
    note(model_line(loaded, run, lang))
    note(text(lang, "frame_rows", inputs=len(factors), rows=format_number(float(rows), lang)))
    outputs = list(dict.fromkeys(outcome_elements(chosen)))
    with progress_of_runs(rows * len(run), lang) as progress:
        found = run_uncertain(
            loaded, run, factors, outputs, n=rows, seed=seed, initial=initial, settings=values, progress=progress
        )
    if found.experiment.overridden:
        notice(text(lang, "frame_overridden", inputs=", ".join(found.experiment.overridden)), lang)
    left_out = found.notice()
    if left_out:
        notice(left_out, lang)
    pictures = bands_pictures(found, chosen, size=size, language=lang, style=drawing.style, observed=record)
    drawing.write(require_pictures(pictures, loaded), {**found.attributes, **series_stamp(record)})
