"""A group of commands one of which is meant where none is named: `sdsocec plot regulier` is `sdsocec plot overview regulier`."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


def group_with_default(default: str) -> type[TyperGroup]:
    """A class of group for `typer.Typer(cls=...)` in which arguments that start with no command are the default command's."""

    class DefaultGroup(TyperGroup):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
                args = [default, *args]
            return list(super().parse_args(ctx, args))

    return DefaultGroup
