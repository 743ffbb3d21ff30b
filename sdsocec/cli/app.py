"""The `sdsocec` program: its commands, and how every mistake becomes one message and an exit code."""

from __future__ import annotations

import gc
import io
import itertools
import sys
from typing import Annotated, Any

import typer

from sdsocec.errors import SdsocecError

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

UsageError: type[Exception] = typer.BadParameter.__bases__[0]  # typer does not export it
STOPPED = "stopped; nothing was written"

app = typer.Typer(
    name="sdsocec",
    help=(
        "Run the social economy of a Dutch scenario study, or any Vensim model: scenarios, tables and figures.\n\n"
        "Start with: sdsocec run"
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
app.command("calibrate")(calibrate.calibrate)
app.command("hindcast")(hindcast.hindcast)
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
    except RecursionError:
        sys.exit(_complain("error: the model is nested too deeply", 2))
    except MemoryError:
        sys.exit(_complain("error: there is not enough memory for this", 1))
    except KeyboardInterrupt:
        sys.exit(_complain(STOPPED, 130))


def _refuse_usage(error: Any) -> int:
    """What is wrong with the command line, in the style of all messages; a command without arguments that has none to run shows
    its help, which is no mistake.
    """
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.ctx.get_help())
        return 0
    message = str(error.format_message())
    name = next(iter(getattr(error.param, "opts", ())), "") if isinstance(error, typer.BadParameter) else ""
    for start, what in _NOT_A.items():
        if start in message and name.startswith("-"):
            message = f"'{_typed(name)}' is not a {what}\n  {name} {_typed(name)}"
    help_of = f"\n  Help: {error.ctx.command_path} -h" if error.ctx is not None else ""
    return _complain(f"error: {message[:1].lower()}{message[1:]}{help_of}", 2)


_NOT_A = {"a valid integer": "whole number", "a valid number": "number"}  # what typer says, and what we say


def _typed(option: str) -> str:
    """What was typed as the value of an option."""
    after = [b for a, b in itertools.pairwise(sys.argv) if a == option]
    joined = [part.partition("=")[2] for part in sys.argv if part.startswith(f"{option}=")]
    return next(iter([*after, *joined]), "")


def _complain(text: str, code: int) -> int:
    print(text, file=sys.stderr)
    return code
