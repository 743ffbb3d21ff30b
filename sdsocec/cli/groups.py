"""Groups of commands: their help, the nearest for a misspelt one, and one that is meant where none is named.

`sdsocec plot regulier` is `sdsocec plot overview regulier`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from typer.core import TyperArgument, TyperGroup, TyperOption

from sdsocec.errors import SdsocecError, UnknownScenario, nearest_name


class Group(TyperGroup):
    """Commands; for one that is not there, the nearest, also among those of a group below: `bands` is near `plot bands`.

    `sections` are heads of the list of commands in the help, each with those below it.
    """

    sections: ClassVar[Mapping[str, Sequence[str]]] = {}

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.help = _with_whole_example(self.help)
        for command in self.commands.values():
            command.short_help = command.short_help or _first_sentence(command.help)
            command.help = _with_whole_example(command.help)
            for parameter in command.params:
                if isinstance(parameter, TyperArgument):  # `<list[str]>` beside its name tells a user nothing
                    parameter.display_type_rich = _no_type  # type: ignore[method-assign]
                elif (
                    isinstance(parameter, TyperOption) and parameter.type_descriptor.is_ranged
                ):  # nor does `<int range>`
                    parameter.metavar = parameter.metavar or "N"

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of commands, in sections where there are any."""
        told = {name for names in self.sections.values() for name in names}
        assert told <= set(self.commands), "a section names commands"
        rest = [name for name in self.commands if name not in told]
        for head, names in (*self.sections.items(), ("Commands", rest)):
            if names:
                with formatter.section(head):
                    formatter.write_dl([(name, str(self.commands[name].short_help)) for name in names])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first argument names."""
        if args and args[0] not in self.commands:
            nested = {
                name: f"{group} {name}"
                for group, command in self.commands.items()
                if isinstance(command, TyperGroup)
                for name in command.commands
            }
            known = {**nested, **{name: name for name in self.commands}}
            near = nearest_name(args[0], known)
            raise SdsocecError(
                f"{ctx.command_path} has no command '{args[0]}'", name=args[0],
                nearest=known[near] if near else None, hint=f"Commands: {ctx.command_path} -h",
            )  # fmt: skip
        return super().resolve_command(ctx, args)


def _first_sentence(text: str | None) -> str:
    """How a help text begins, in a line."""
    return " ".join((text or "").partition("\n\n")[0].split()).partition(". ")[0].removesuffix(".") + "."


def _with_whole_example(text: str | None) -> str | None:
    """A help text whose example stands on a line of its own, to be copied whole."""
    return None if text is None else text.replace("\n\nExample: ", "\n\n\b\nExample:\n  ")


def _no_type(ctx: object) -> None:
    return None


def group_with_default(default: str) -> type[Group]:
    """A class of group for `typer.Typer(cls=...)` in which arguments that start with no command are the default command's.

    The first of them may be a misspelt command as well as a misspelt scenario: the more alike of the two is told.
    """

    class DefaultGroup(Group):
        is_default = False

        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            self.is_default = not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names)
            return list(super().parse_args(ctx, [default, *args] if self.is_default else args))

        def invoke(self, ctx: Any) -> Any:
            try:
                return super().invoke(ctx)
            except UnknownScenario as error:
                if not self.is_default:
                    raise
                raise _or_a_command(error, ctx.command_path, list(self.commands)) from None

    return DefaultGroup


def _or_a_command(error: UnknownScenario, path: str, commands: list[str]) -> SdsocecError:
    """What to say of a name that is no scenario where a command might have stood."""
    name = str(error.name)
    if name in commands:
        return SdsocecError(
            f"'{name}' is a command of {path} and stands in the place of a scenario", name=name,
            hint=f"Write the command first: {path} {name} ...",
        )  # fmt: skip
    near = nearest_name(name, [*commands, *([error.nearest] if error.nearest else [])])
    if near is not None and near == error.nearest:
        return error
    group = path.split()[-1]
    return SdsocecError(
        f"'{name}' is neither a scenario nor a command of {path}", name=name,
        nearest=f"{group} {near}" if near else None,
        hint=f"{error.faults[0].hint} Commands: {', '.join(commands)}.",
    )  # fmt: skip
