"""`sdsocec verify`: run again what a result or figure is of, and compare."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sdsocec.errors import SdsocecError

from .common import LanguageOption, ModelOption, ProjectOption, check_language, note, print_line


def verify(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH ...", help="Folders of results or figures, or files in them: tables, NetCDF, figures."
        ),
    ],
    model: ModelOption = None,
    project: ProjectOption = None,
    scenarios: Annotated[
        list[Path] | None,
        typer.Option(
            "--scenario", metavar="FILE.toml", help="Where a scenario is that was a file of its own; repeatable."
        ),
    ] = None,
    trust_code: Annotated[
        bool, typer.Option("--trust-code", help="Run the checks of a model outside the project too: they are code.")
    ] = False,
    lang: LanguageOption = "en",
) -> None:
    """Run again what a result or figure is of, and say whether it is equal.

    What changed since is named: the model, its card, a scenario, data, a version. It writes nothing. Exit code 0: all is equal;
    1: something is not; 2: something could not be compared.

    Example: sdsocec verify output/social_economy
    """
    from sdsocec.model.project import find_project
    from sdsocec.report.remade import Remade
    from sdsocec.report.verification import verify as verify_one
    from sdsocec.report.verification_text import verification_lines

    from .files_again import FilesAgain

    check_language(lang)
    place = find_project(project)
    made: dict[str, Remade] = {}
    again = FilesAgain(project, trust_code)
    codes: set[int] = set()
    for path in paths:
        try:
            found = verify_one(path, model, place, scenarios or (), made=made, again=again)
        except SdsocecError as error:
            if len(paths) == 1:
                raise
            note(f"error: {error}")
            codes.add(2)
            continue
        for line in verification_lines(found, lang):
            print_line(line)
        codes.add(found.code)
    if codes - {0}:
        sys.exit(1 if 1 in codes else 2)
