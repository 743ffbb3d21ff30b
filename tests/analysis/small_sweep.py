"""What tests of sweeps share: a small sweep, and its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdsocec.analysis.sweep import Sweep, sweep
from sdsocec.errors import SdsocecError

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ["baseline", "regulier"]
OUTPUTS = ("unemployed", "wsw employed")


def make(model, folder: Path, **changes) -> Sweep:
    options = {"n": 100, "outcomes": list(OUTPUTS), "block": 32} | changes
    return sweep(model, SCENARIOS, out=folder, **options)


def files(folder: Path) -> dict[str, bytes]:
    """Everything that a sweep consists of."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".sweep.lock"
    }


def refused(run, *words) -> SdsocecError:
    with pytest.raises(SdsocecError) as refusal:
        run()
    assert all(word in str(refusal.value) for word in words), str(refusal.value)
    return refusal.value
