"""A sweep that is killed loses only blocks in flight: carried on, it is as if nothing had happened, bit for bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import sdsocec
from sdsocec.analysis.sweep import open_sweep, sweep

from .small_sweep import files


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fifty_kills_at_random_moments_leave_no_trace(tmp_path):
    script = Path(__file__).with_name("kill_sweeps.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), "50"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["kills"] == 50
    assert {-1, 0} & set(result["blocks"]), "some kills came before the first block"
    assert len({n for n in result["blocks"] if n > 0}) >= 3, "others after some blocks, at different places"


def test_a_stop_at_any_single_rename_leaves_no_trace(tmp_path, monkeypatch):
    model = sdsocec.load_model("first_steps")

    def run(folder):
        return sweep(model, "baseline", n=40, outcomes=["unemployed", "vacancies"], out=folder, block=16)

    run(tmp_path / "undisturbed")
    expected = files(tmp_path / "undisturbed")
    rename, n_renames = os.replace, 0

    def count(*places):
        nonlocal n_renames
        n_renames += 1
        rename(*places)

    monkeypatch.setattr(os, "replace", count)
    run(tmp_path / "counted")
    assert n_renames >= 2 + 3 + 3 * 3, "design, descriptions, and two chunks and an entry for each of three blocks"
    for fatal in range(1, n_renames + 1):
        folder, at = tmp_path / f"stopped{fatal}", 0

        def stop(*places, fatal=fatal):
            nonlocal at
            at += 1
            if at == fatal:
                raise KeyboardInterrupt
            rename(*places)

        monkeypatch.setattr(os, "replace", stop)
        with pytest.raises(KeyboardInterrupt):
            run(folder)
        monkeypatch.setattr(os, "replace", rename)
        if folder.exists():
            assert not open_sweep(folder).damaged_blocks()
        run(folder)
        assert files(folder) == expected


def test_a_power_cut_leaves_no_name_without_its_content(tmp_path, monkeypatch):
    forced, named = set(), []
    force, rename = os.fsync, os.replace

    def noted(file):
        forced.add(os.fstat(file).st_ino)
        force(file)

    def checked(source, target):
        named.append((str(target), os.stat(source).st_ino in forced))
        rename(source, target)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(os, "replace", checked)
    sweep("first_steps", "baseline", n=40, outcomes=["unemployed"], out=tmp_path / "a", block=16)
    made = {name for name, _ in named if str(tmp_path) in name}
    assert len(made) >= 2 + 3 * 2, "design, copy of the model, and a chunk and an entry for each of three blocks"
    assert not [name for name, is_forced in named if str(tmp_path) in name and not is_forced]
