"""Kill a sweep with SIGKILL at random moments, carry it on, and compare: a program for `test_sweep_kill.py`.

    python kill_sweeps.py FOLDER KILLS

Everything is imported before the first fork, so that what is killed is the sweep and not the import. It prints a line of JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import netCDF4  # noqa: F401
import scipy.stats.qmc  # noqa: F401
import zarr.codecs
import zarr.storage  # noqa: F401

import sdsocec
from sdsocec.analysis.sweep import open_sweep, sweep

MODEL = sdsocec.load_model("first_steps")


def work(folder: Path) -> None:
    """A sweep, and then more rows: begun, or carried on from wherever it is."""
    if not (folder / "design.toml").exists():
        sweep(
            MODEL,
            ["baseline", "regulier"],
            n=288,
            design="lhs",
            outcomes=["unemployed", "wsw employed"],
            out=folder,
            block=16,
        )
    if len(open_sweep(folder).design.parts) == 1:
        sweep(MODEL, out=folder, resume=True)
        sweep(MODEL, out=folder, add=90, block=16)
    sweep(MODEL, out=folder, resume=True)


def fork(folder: Path) -> int:
    """The work in a process of its own."""
    child = os.fork()
    if child == 0:
        try:
            work(folder)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    return child


def files(folder: Path) -> dict[str, str]:
    """Everything that a sweep consists of, and its hashes."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".sweep.lock"
    }


def main() -> None:
    root, kills = Path(sys.argv[1]), int(sys.argv[2])
    dice = random.Random(1)
    os.waitpid(fork(root / "warm"), 0)  # compiles, once
    start = time.perf_counter()
    assert os.waitpid(fork(root / "undisturbed"), 0)[1] == 0
    whole = time.perf_counter() - start
    expected = files(root / "undisturbed")
    killed, number, blocks_at_kill, with_leftovers = 0, 0, [], 0
    while killed < kills:
        folder = root / f"sweep{number}"
        child = fork(folder)
        # The first quarter of a run is where it opens the folder; each kill leaves less to do.
        wait = dice.uniform(0, whole * (0.25 if killed % 3 == 0 else 0.6))
        end = time.perf_counter() + wait
        done, code = 0, 0
        while not done and time.perf_counter() < end:
            done, code = os.waitpid(child, os.WNOHANG)
            time.sleep(0.001)
        if not done:
            os.kill(child, signal.SIGKILL)
            killed += 1
            _, code = os.waitpid(child, 0)
            assert os.WIFSIGNALED(code) or os.WEXITSTATUS(code) == 0
            if (folder / "design.toml").exists():
                found = open_sweep(folder)
                blocks_at_kill.append(len(found.entries))
                assert not found.damaged_blocks(), "what the manifest lists is whole"
                with_leftovers += any((folder / "in-flight").glob("*")) or any(_unlisted(folder))
            else:
                blocks_at_kill.append(-1)
            continue
        assert code == 0, "a sweep that is carried on ends well"
        assert files(folder) == expected, f"{folder} is not as if undisturbed"
        number += 1
    assert os.waitpid(fork(root / f"sweep{number}"), 0)[1] == 0
    assert files(root / f"sweep{number}") == expected
    result = {
        "kills": killed,
        "sweeps": number + 1,
        "blocks": blocks_at_kill,
        "leftovers": with_leftovers,
        "seconds": whole,
    }
    print(json.dumps(result))


def _unlisted(folder: Path) -> list[Path]:
    """Chunks of blocks that the manifest does not list."""
    listed = {(path.parent.name, str(int(path.stem))) for path in (folder / "manifest").rglob("*.json")}
    chunks = (path for path in (folder / "runs.zarr").rglob("c/*/0/*"))
    return [p for p in chunks if (next(q.name for q in p.parents if q.name.startswith("part-")), p.name) not in listed]


if __name__ == "__main__":
    main()
