"""How long a bare `sdsocec run` takes, beside the reference command, interleaved in one session.

    python benchmarks/startup.py [--rounds 9]

The rule: a warm bare run takes at most twice `python -c "import xarray, matplotlib.figure"`, plus 0.5 s. The first run after an
install (empty cache) must take under 10 s. Medians of interleaved rounds; the null control is the reference beside itself.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REFERENCE = [sys.executable, "-c", "import xarray, matplotlib.figure"]


def seconds(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    """Wall time of a command that must succeed."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    run = [sys.executable, "-m", "sdsocec", "run"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "SDSOCEC_CACHE": str(folder / "cache")}
        print(f"first run, empty cache: {seconds(run, folder, environment):.2f} s (must be under 10)")
        bare, reference, again = [], [], []
        for _ in range(rounds):
            reference.append(seconds(REFERENCE, folder, environment))
            bare.append(seconds(run, folder, environment))
            again.append(seconds(REFERENCE, folder, environment))
    limit = 2 * statistics.median(reference) + 0.5
    print(
        f"warm run: {statistics.median(bare):.2f} s; reference: {statistics.median(reference):.2f} s; limit: {limit:.2f} s"
    )
    print(
        f"null control (reference / reference): {statistics.median(a / b for a, b in zip(again, reference, strict=True)):.2f}"
    )
    print("the rule holds" if statistics.median(bare) <= limit else "THE RULE IS BROKEN")


if __name__ == "__main__":
    main()
