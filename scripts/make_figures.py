"""The figures of the README, drawn by the program: python scripts/make_figures.py"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from sdsocec.cli.app import app

FIGURES = Path(__file__).resolve().parents[1] / "docs" / "figures"
COMMANDS = {
    "overview.png": ["run"],
    "bands.png": ["plot", "bands", "regulier", "publiek", "--outcome", "unemployed", "--format", "png"],
    "quadrant-people.png": ["plot", "quadrant", "--format", "png"],
    "rankings-shares.png": ["robust", "--only", "rankings", "-n", "512"],
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, command) in enumerate(COMMANDS.items()):
            out = Path(folder) / str(number)
            app([*command, "--out", str(out)], standalone_mode=False)
            shutil.copy(out / name, FIGURES / name)


if __name__ == "__main__":
    main()
