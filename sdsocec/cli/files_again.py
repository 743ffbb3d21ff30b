"""Run a command again from a stamp, into a folder that is thrown away.

Only a `RepeatableCommand` can be run so, and no option that is a path or a leave to run code is taken from a stamp.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from sdsocec.errors import ProjectError
from sdsocec.model.toml import FileModel

from .again import NOT_KEPT, RepeatableCommand, is_file
from .common import silent_notes

MOST = 1_000_000  # of rows, or of anything else that is counted
Value = bool | int | float | str | list[str] | list[int] | list[float]


class CommandLine(FileModel):
    """A command's name (of a group: with the group's), and its options by the names of their parameters."""

    command: str = Field(max_length=60)
    options: dict[str, Value] = {}


class FilesAgain:
    """Commands of stamps, each run again once.

    Parameters
    ----------
    project : Path, optional
        The project of the model, where it is not the one of the working folder.
    trust_code : bool
        Whether the checks of a model outside the project may run; no stamp can say so.
    """

    def __init__(self, project: Path | None, trust_code: bool = False) -> None:
        self.project, self.trust_code = project, trust_code
        self._known: dict[tuple[str, ...], dict[str, bytes]] = {}

    def __call__(self, text: str, model: str, formats: Sequence[str] = ()) -> dict[str, bytes]:
        """The files of a command of a stamp, by name, made again.

        Parameters
        ----------
        model : str
            The model's name, or its path as the user gave it.
        formats : sequence of str, optional
            Of the figures that are wanted, where a command writes several.

        Raises
        ------
        SdsocecError
            It is no such command, an option is none of its own or names a file, or it fails.
        """
        line = _parsed(text)
        command = _command_of(line)
        names = {parameter.name for parameter in command.params}
        arguments = [*line.command.split(), *_arguments(line, command), "--model", model]
        arguments += ["--project", str(self.project)] if self.project is not None else []
        arguments += ["--format", ",".join(formats)] if formats and "formats" in names else []
        arguments += ["--grey"] if "png" in formats and "grey" in names else []
        arguments += ["--trust-code"] if self.trust_code and "trust_code" in names else []
        places = _places(line, command)
        key = (*arguments, *places)
        if key not in self._known:
            with tempfile.TemporaryDirectory(prefix="sdsocec-") as folder:
                out = Path(folder) / "again"
                _run(
                    [
                        *arguments,
                        *(["--out", str(out)] if "out" in names else ["--csv", str(out / "again.csv")]),
                        *places,
                    ]
                )
                made = sorted(out.iterdir()) if out.is_dir() else []
                self._known[key] = {path.name: path.read_bytes() for path in made}
        return self._known[key]


def _parsed(text: str) -> CommandLine:
    try:
        return CommandLine.model_validate_json(text)
    except ValidationError:
        raise _no_command() from None


def _no_command() -> ProjectError:
    return ProjectError(
        "the stamp holds no command that can be run again", hint="It was changed, or is of another version of sdsocec."
    )


def _program() -> Any:
    from typer.main import get_command

    from .app import app

    return get_command(app)


def _command_of(line: CommandLine) -> Any:
    found = _program()
    for name in line.command.split(" "):
        found = getattr(found, "commands", {}).get(name)
    if not isinstance(found, RepeatableCommand):
        raise _no_command()
    known = {parameter.name for parameter in found.params} - set(NOT_KEPT)
    for key, value in line.options.items():
        counts = value if isinstance(value, list) else [value]
        is_much = any(isinstance(n, int | float) and abs(n) > MOST for n in counts) and key != "seed"
        if key not in known or is_file(value) or is_much:
            raise _no_command()
    return found


def _arguments(line: CommandLine, command: Any) -> list[str]:
    """Options as they are typed."""
    typed: list[str] = []
    for parameter in command.params:
        if parameter.name not in line.options or parameter.param_type_name == "argument":
            continue
        value = line.options[parameter.name]
        if isinstance(value, bool):
            names = parameter.opts if value else parameter.secondary_opts
            typed += names[:1]
            continue
        for one in value if isinstance(value, list) else [value]:
            typed += [parameter.opts[0], str(one)]  # what follows an option is its value, whatever it begins with
    return typed


def _places(line: CommandLine, command: Any) -> list[str]:
    """Arguments that have no name, after a mark that ends the options."""
    typed: list[str] = []
    for parameter in command.params:
        if parameter.name in line.options and parameter.param_type_name == "argument":
            value = line.options[parameter.name]
            typed += [str(one) for one in (value if isinstance(value, list) else [value])]
    return ["--", *typed] if typed else []


def _run(arguments: list[str]) -> None:
    """Run the program within itself, silently but for its bars of progress on a terminal."""
    said = io.StringIO()
    is_shown = sys.stderr.isatty()
    try:
        quiet = contextlib.nullcontext() if is_shown else contextlib.redirect_stderr(said)
        with contextlib.redirect_stdout(said), silent_notes(), quiet:
            _program().main(args=arguments, prog_name="sdsocec")
    except SystemExit as stop:
        if stop.code == 130:
            raise KeyboardInterrupt from None
        if stop.code not in (0, None):
            raise _no_command() from None
