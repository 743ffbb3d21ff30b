"""`sdsocec plot fit`: the observed series, and how the model follows them."""

from __future__ import annotations

from typing import Annotated

import typer

from sdsocec.cli.common import LanguageOption, ModelOption, ProjectOption, load, notice
from sdsocec.cli.run import SetOption

from .options import OUT, Drawing, FormatOption, GreyOption, OutOption, SizeOption, StyleOption


def fit(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="SERIES", help="Series of the card; by default all.")
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
    """Draw what was observed, with error bars, against the run of the card's scenarios; years in and out of sample marked.

    Example: sdsocec plot fit unemployed vacancies --model first_steps --format pdf,png
    """
    from sdsocec.analysis.fit import run_against_record
    from sdsocec.report.plots.fit import fit_pictures
    from sdsocec.scenario import settable_of

    drawing = Drawing.of(size, formats, style, lang, out, grey)
    loaded = load(model, project)
    run = run_against_record(loaded, settable_of(loaded).read(settings or []), list(dict.fromkeys(names or [])) or None)
    if run.notice:
        notice(run.notice, lang)
    drawing.write(fit_pictures(run, loaded, size=size, language=lang, style=drawing.style), run.attributes)
