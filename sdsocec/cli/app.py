"""The `sdsocec` program: its commands, and how every mistake becomes one message and an exit code."""

from __future__ import annotations

import errno
import gc
import io
import itertools
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import typer

from sdsocec.errors import SdsocecError, nearest_name

from . import (
    calibrate,
    check,
    compare,
    data,
    equilibrium,
    hindcast,
    init,
    levers,
    model,
    plot,
    robust,
    run,
    scenarios,
    sensitivity,
    sweep,
    tune,
    verify,
)
from .again import RepeatableCommand
from .groups import Group

UsageError: type[Exception] = typer.BadParameter.__bases__[0]  # typer does not export it
STOPPED = "stopped; nothing was written"


class Program(Group):
    """All commands, by what they are about."""

    sections: ClassVar[Mapping[str, Sequence[str]]] = {
        "Run scenarios": ("run", "compare", "levers", "plot", "scenarios"),
        "Read and check a model": ("model", "check", "equilibrium", "init"),
        "Hold it against the record": ("data", "identify", "calibrate", "tune", "hindcast"),
        "See what is uncertain": ("sweep", "robust", "sensitivity"),
        "See whether a result can be made again": ("verify",),
    }


app = typer.Typer(
    cls=Program,
    name="sdsocec",
    help=(
        "Run the social economy of a Dutch scenario study, or any Vensim model: scenarios, tables and figures.\n\n"
        "Start with `sdsocec run`. `sdsocec COMMAND -h` tells of a command, with an example that works as typed. In a pipe, "
        "tables are tab-separated, each below its title (`# `)."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(run.run)
app.command("compare")(compare.compare)
app.command("levers")(levers.levers)
app.command("check")(check.check)
app.command("identify")(calibrate.identify)
app.command("calibrate", cls=RepeatableCommand)(calibrate.calibrate)
app.command("hindcast", cls=RepeatableCommand)(hindcast.hindcast)
app.command("equilibrium")(equilibrium.equilibrium)
app.command("init")(init.init)
app.command("tune")(tune.tune)
app.command("robust", cls=RepeatableCommand)(robust.robust)
app.command("sensitivity", cls=RepeatableCommand)(sensitivity.sensitivity)
app.command("verify")(verify.verify)
app.add_typer(sweep.app, name="sweep")
app.add_typer(plot.app, name="plot")
app.add_typer(data.app, name="data")
app.add_typer(scenarios.app, name="scenarios")
app.add_typer(model.app, name="model")


def _show_version(wanted: bool) -> None:
    if wanted:
        from sdsocec.results.provenance import own_version

        print(f"sdsocec {own_version()}")
        raise typer.Exit()


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Options of the program itself."""


def main() -> None:
    """Run the program; every mistake of a user is one message, never a traceback."""
    gc.set_threshold(
        100_000, 20, 20
    )  # imports make many objects and no garbage: a twentieth of a run was collecting none
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console that cannot show a letter shows another
            stream.reconfigure(errors="replace")
    try:
        code = app(standalone_mode=False, prog_name="sdsocec")
        if code == 130:  # typer's own of Ctrl-C
            _complain(STOPPED, 130)
        sys.exit(code if isinstance(code, int) else 0)
    except UsageError as error:
        sys.exit(_refuse_usage(error))
    except typer.Abort:
        sys.exit(_complain(STOPPED, 1))
    except SdsocecError as error:
        sys.exit(_complain(f"error: {error}", error.exit_code))
    except OSError as error:
        sys.exit(_complain(_of_system(error), 2))
    except RecursionError:
        sys.exit(_complain("error: the model is nested too deeply", 2))
    except MemoryError:
        sys.exit(_complain("error: there is not enough memory for this", 1))
    except KeyboardInterrupt:
        sys.exit(_complain(STOPPED, 130))


def _of_system(error: OSError) -> str:
    """What the system refused and no command expected: a name that is only looked for, a full disk behind `>`."""
    what = (error.strerror or str(error)).lower()
    if error.errno == errno.ENAMETOOLONG:
        return f"error: this name is too long for a file\n  {str(error.filename)[:60]}..."
    return f"error: {what}" + (f"\n  {error.filename}" if error.filename else "")


def _refuse_usage(error: Any) -> int:
    """What is wrong with the command line, in the style of all messages; a command without arguments that has none to run shows
    its help, which is no mistake.
    """
    kind = type(error).__name__
    if kind == "NoArgsIsHelpError":
        print(error.ctx.get_help())
        return 0
    message = str(error.format_message())
    if kind == "NoSuchOption":
        message = _no_option(error)
    names = getattr(error.param, "opts", ()) if isinstance(error, typer.BadParameter) else ()
    name, value = next(((name, typed) for name in names if (typed := _typed(name))), ("", ""))
    for start, what in _NOT_A.items():
        if start in message and name.startswith("-"):
            message = f"'{value}' is not a {what}\n  {name} {value}"
    if (limit := _LIMIT.search(message)) and name:
        least = "more" if limit[1] == "greater" else "less"
        message = f"{name} is {value}; it must be {limit[2]} or {least}"
    help_of = f"\n  Help: {error.ctx.command_path} -h" if error.ctx is not None else ""
    return _complain(f"error: {message[:1].lower()}{message[1:]}{help_of}", 2)


def _no_option(error: Any) -> str:
    """What to say of an option that is not there: the nearest, or that it belongs behind the command."""
    name, ctx = error.option_name, error.ctx
    message = f"there is no option '{name}'"
    if ctx is not None and ctx.parent is None and any(name in p.opts for c in _commands(ctx) for p in c.params):
        return f"{message} before the command\n  Write the command first, as in: sdsocec run {name} ..."
    known = {part for parameter in ctx.command.params for part in parameter.opts} if ctx is not None else set()
    near = next(iter(error.possibilities or ()), None) or nearest_name(name, known)
    return f"{message}\n  Did you mean '{near}'?" if near else message


def _commands(ctx: Any) -> list[Any]:
    return list(getattr(ctx.command, "commands", {}).values())


_LIMIT = re.compile(r"Input should be (greater|less) than or equal to (\S+)")
_NOT_A = {"a valid integer": "whole number", "a valid number": "number"}  # what typer says, and what we say


def _typed(option: str) -> str:
    """What was typed as the value of an option."""
    after = [b for a, b in itertools.pairwise(sys.argv) if a == option]
    joined = [part.partition("=")[2] for part in sys.argv if part.startswith(f"{option}=")]
    return next(iter([*after, *joined]), "")


def _complain(text: str, code: int) -> int:
    print(text, file=sys.stderr)
    return code
