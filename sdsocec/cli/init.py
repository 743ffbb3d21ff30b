"""`sdsocec init`: an editable copy of the models and scenarios."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from sdsocec.errors import ProjectError

from .common import note


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
) -> None:
    """Copy models and scenarios into a folder of yours.

    Commands started in that folder use the copies.

    Example: sdsocec init my-project
    """
    from sdsocec.model.project import bundled_project

    source = bundled_project().root
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "is not empty" if folder.is_dir() else "is a file"
        raise ProjectError(f"'{folder}' {what}", path=folder, hint="Name a new or an empty folder.")
    try:
        made = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with tempfile.TemporaryDirectory(prefix=".sdsocec-", dir=folder) as temporary:
                for part in ("models", "scenarios"):
                    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
                    shutil.copytree(source / part, Path(temporary) / part, ignore=ignored)
                for part in ("models", "scenarios"):
                    os.replace(Path(temporary) / part, folder / part)
        except BaseException:
            if made:
                shutil.rmtree(folder, ignore_errors=True)
            raise
    except OSError as error:
        raise ProjectError(f"cannot write '{folder}': {error.strerror}", path=folder) from None
    note(f"Copied models/ and scenarios/ to {folder}. Next: cd {folder} && sdsocec run")
