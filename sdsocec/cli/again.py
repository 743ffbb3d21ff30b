"""Commands that can be run again from the stamp of what they wrote.

A command of this kind puts its name and options into the stamp (`command_line`), but for where it read and wrote; `FilesAgain`
runs it again from there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from typer.core import TyperCommand

COMMAND = "command"  # the key in a stamp
# Where things are, what is written, and what only the person at the keyboard may allow or ask for.
NOT_KEPT = ("out", "csv", "project", "model", "formats", "grey", "overwrite", "trust_code", "style", "accept")
FILES = (".toml", ".csv", ".tab", ".vsc", ".cin", ".mdl")
_running: ContextVar[dict[str, Any] | None] = ContextVar("running", default=None)


class RepeatableCommand(TyperCommand):
    """A command that can be run again from a stamp."""

    def invoke(self, ctx: Any) -> Any:
        """Run it, so that `command_line` knows what was asked."""
        above = ctx.parent
        name = f"{above.info_name} {ctx.info_name}" if above is not None and above.parent is not None else ctx.info_name
        asked = _running.set({"command": name, "options": dict(ctx.params)})
        try:
            return super().invoke(ctx)
        finally:
            _running.reset(asked)


def command_line() -> dict[str, str]:
    """The command that is running, for the stamp of what it writes; {} if it cannot be run again from there.

    It cannot if it reads a file of the user's own: a stamp holds no path.
    """
    running = _running.get()
    if running is None:
        return {}
    asked = {key: value for key, value in running["options"].items() if value not in (None, [], ())}
    if any(is_file(value) for key, value in asked.items() if key not in NOT_KEPT or key == "style"):
        return {}
    return as_command(running["command"], {key: value for key, value in asked.items() if key not in NOT_KEPT})


def as_command(command: str, options: Mapping[str, Any]) -> dict[str, str]:
    """A command for a stamp: its name, and options by the names of their parameters."""
    kept = {key: list(v) if isinstance(v, tuple) else v for key, v in sorted(options.items())}
    return {COMMAND: json.dumps({"command": command, "options": kept}, ensure_ascii=False)}


def is_file(value: Any) -> bool:
    """Whether a value of an option names a file, or some of its values do."""
    if isinstance(value, list | tuple):
        return any(map(is_file, value))
    return isinstance(value, Path) or (isinstance(value, str) and value.lower().endswith(FILES))
