"""`sdsocec plot`, `sdsocec plot overview`: a panel for each of the main outcomes, a line for each scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sdsocec.cli.common import LanguageOption, ModelOption, ProjectOption, check_language, load, note
from sdsocec.cli.run import EngineOption, IntegratorOption, ScenarioArguments, SetOption, run_chosen


def overview(
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
    """Draw the overview of scenarios: one panel an outcome, one line a scenario. For a screen, PNG and SVG.

    Example: sdsocec plot overview baseline publiek --lang nl --out figures
    """
    from sdsocec.report.figures import draw_overview, render
    from sdsocec.report.frame import written_line
    from sdsocec.results.export import write_files

    check_language(lang)
    loaded = load(model, project)
    dataset = run_chosen(loaded, scenarios, settings, engine, integrator, language=lang).dataset()
    files = render(draw_overview(dataset, loaded, lang), "overview", dataset)
    folder = write_files(out, files)
    note(written_line(folder, files, lang))
