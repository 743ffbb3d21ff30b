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
        typer.Argument(metavar="PATH ...", help="Folders of results, or files in them: tables, NetCDF, figures."),
    ],
    model: ModelOption = None,
    project: ProjectOption = None,
    scenarios: Annotated[
        list[Path] | None,
        typer.Option(
            "--scenario", metavar="FILE.toml", help="Where a scenario is that was a file of its own; repeatable."
        ),
    ] = None,
    lang: LanguageOption = "en",
) -> None:
    """Run again what a result or figure is of, and say whether it is equal.

    What changed since is named: the model, its card, a scenario, a version. Exit code 0: equal; 1: not equal; 2: unknown.

    Example: sdsocec verify output/social_economy
    """
    from sdsocec.model.project import find_project
    from sdsocec.report.remade import Remade
    from sdsocec.report.verification import verify as verify_one
    from sdsocec.report.verification_text import verification_lines

    from .files_again import files_again

    check_language(lang)
    place = find_project(project)
    made: dict[str, Remade] = {}

    def again(command: str, named: str, kind: str | None) -> dict[str, bytes]:
        return files_again(command, named, project, kind)

    code = 0
    for path in paths:
        try:
            found = verify_one(path, model, place, scenarios or (), made=made, again=again)
        except SdsocecError as error:
            if len(paths) == 1:
                raise
            note(f"error: {error}")
            code = 2
            continue
        for line in verification_lines(found, lang):
            print_line(line)
        code = max(code, 0 if found.is_equal else 1 if found.is_known else 2)
    if code:
        sys.exit(code)
