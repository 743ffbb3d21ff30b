"""The `sdsocec` program: its commands, and how every mistake becomes one message and an exit code."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from sdsocec.errors import SdsocecError

from . import check, init, model, plot, run, scenarios

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
app.command("check")(check.check)
app.command("plot")(plot.plot)
app.command("init")(init.init)
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
    import click

    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except SdsocecError as error:
        code = _complain(str(error), error.exit_code)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort, EOFError):
        code = _complain("stopped; nothing was written", 130)
    except BrokenPipeError:  # the reader of our output is gone, as in `sdsocec ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except MemoryError:
        code = _complain("there is not enough memory for this", 1)
    sys.exit(code if isinstance(code, int) else 0)


def _complain(text: str, code: int) -> int:
    lead = "" if code == 130 else "error: "
    print(f"{lead}{text}", file=sys.stderr)
    return code
