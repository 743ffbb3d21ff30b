"""The `sdsocec` program: its commands, and how every mistake becomes one message and an exit code."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from sdsocec.errors import SdsocecError

from . import calibrate, check, compare, data, equilibrium, hindcast, init, levers, model, plot, run, scenarios, tune
from .common import ToldStop

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
app.command("plot")(plot.plot)
app.command("identify")(calibrate.identify)
app.command("calibrate")(calibrate.calibrate)
app.command("hindcast")(hindcast.hindcast)
app.command("equilibrium")(equilibrium.equilibrium)
app.command("init")(init.init)
app.command("tune")(tune.tune)
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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console that cannot show a letter shows another
            stream.reconfigure(errors="replace")
    try:
        app()
    except SdsocecError as error:
        sys.exit(_complain(f"error: {error}", error.exit_code))
    except RecursionError:
        sys.exit(_complain("error: the model is nested too deeply", 2))
    except MemoryError:
        sys.exit(_complain("error: there is not enough memory for this", 1))
    except KeyboardInterrupt:
        sys.exit(_complain(STOPPED, 130))
    except SystemExit as stop:  # typer's own exits: usage errors are 2, Ctrl-C is 130
        if stop.code == 130 and not isinstance(stop, ToldStop):
            _complain(STOPPED, 130)
        raise


def _complain(text: str, code: int) -> int:
    print(text, file=sys.stderr)
    return code
