"""`sdsocec plot`: the overview figure alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .common import LanguageOption, ModelOption, ProjectOption, check_language, load, note
from .run import EngineOption, IntegratorOption, ScenarioArguments, SetOption, run_chosen


def plot(
    scenarios: ScenarioArguments = None,
    model: ModelOption = None,
    project: ProjectOption = None,
    settings: SetOption = None,
    engine: EngineOption = "auto",
    integrator: IntegratorOption = "euler",
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="The folder to write overview.png and overview.svg into.")
    ] = Path("figures"),
    lang: LanguageOption = "en",
) -> None:
    """Draw the overview figure of scenarios, PNG and SVG.

    One panel an outcome, one line a scenario.

    Example: sdsocec plot baseline publiek --lang nl --out figures
    """
    from sdsocec.report.figures import draw_overview, render
    from sdsocec.results.export import write_files

    check_language(lang)
    loaded = load(model, project)
    dataset = run_chosen(loaded, scenarios, settings, engine, integrator).dataset()
    files = render(draw_overview(dataset, loaded, lang), "overview", dataset)
    folder = write_files(out, files)
    note(f"Written to {folder}: {', '.join(files)}")
