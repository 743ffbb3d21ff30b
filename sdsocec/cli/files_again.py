"""Run a command again from a stamp, into a folder that is thrown away.

Only a `RepeatableCommand` can be run so, and no option that is a path or a leave to run code is taken from a stamp.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from sdsocec.errors import ProjectError
from sdsocec.model.toml import FileModel

from .again import NOT_KEPT, RepeatableCommand, is_file

MOST = 1_000_000  # of rows, or of anything else that is counted
Value = bool | int | float | str | list[str] | list[int] | list[float]


class CommandLine(FileModel):
    """A command's name (of a group: with the group's), and its options by the names of their parameters."""

    command: str = Field(max_length=60)
    options: dict[str, Value] = {}


def files_again(text: str, model: str, project: Path | None, kind: str | None) -> dict[str, bytes]:
    """The files of a command of a stamp, by name, made again.

    Parameters
    ----------
    model : str
        The model's name, or its path as the user gave it.
    kind : str, optional
        The format of the figure that is wanted, where a command writes several.

    Raises
    ------
    SdsocecError
        It is no such command, an option is none of its own or names a file, or it fails.
    """
    line = _parsed(text)
    command = _command_of(line)
    with tempfile.TemporaryDirectory(prefix="sdsocec-") as folder:
        out = Path(folder) / "again"
        arguments = [*line.command.split(), *_arguments(line, command), "--model", model, "--out", str(out)]
        arguments += ["--project", str(project)] if project is not None else []
        names = {parameter.name for parameter in command.params}
        arguments += ["--format", kind] if kind is not None and "formats" in names else []
        arguments += ["--grey"] if kind == "png" and "grey" in names else []
        _run(arguments + _places(line, command))
        return {path.name: path.read_bytes() for path in sorted(out.iterdir())} if out.is_dir() else {}


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
    """Run the program within itself, silently."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            _program().main(args=arguments, prog_name="sdsocec")
    except SystemExit as stop:
        if stop.code == 130:
            raise
        if stop.code not in (0, None):
            raise _no_command() from None
