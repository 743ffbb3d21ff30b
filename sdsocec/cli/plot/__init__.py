"""`sdsocec plot`: pictures, a kind a command; without a kind, the overview.

A kind is a module here that reads the options, `<kind>_pictures` in `sdsocec.report.plots` that draws, and a line below.
"""

from __future__ import annotations

import typer

from sdsocec.cli.again import RepeatableCommand
from sdsocec.cli.groups import group_with_default

from . import bands, fit, flows, overview, plane, quadrant, series, stacked, tornado

DEFAULT = "overview"


app = typer.Typer(
    cls=group_with_default(DEFAULT),
    help=(
        "Draw pictures of scenarios, for screen and print; without a kind, the overview.\n\n"
        "Example: sdsocec plot baseline publiek --lang nl --out figures"
    ),
)
app.command(DEFAULT)(overview.overview)
app.command("series", cls=RepeatableCommand)(series.series)
app.command("bands", cls=RepeatableCommand)(bands.bands)
app.command("tornado", cls=RepeatableCommand)(tornado.tornado)
app.command("fit", cls=RepeatableCommand)(fit.fit)
app.command("stacked", cls=RepeatableCommand)(stacked.stacked)
app.command("quadrant", cls=RepeatableCommand)(quadrant.quadrant)
app.command("plane", cls=RepeatableCommand)(plane.plane)
app.command("flows", cls=RepeatableCommand)(flows.flows)
