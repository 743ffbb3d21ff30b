"""`verify` of a sweep: its blocks are what was written, and rows run again are what is stored."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest

from sdsocec.model.project import bundled_project


@pytest.fixture
def swept(sdsocec_program, tmp_path):
    """A sweep of a copy of the small model, and the options that name that copy's project."""
    root = tmp_path / "mine"
    for kind in ("models", "scenarios"):
        shutil.copytree(bundled_project().root / kind / "first_steps", root / kind / "first_steps")
    ours = ("--project", str(root))
    command = ("sweep", "baseline", "regulier", "-m", "first_steps", "-n", "128", "-o", "s", *ours)
    assert sdsocec_program(*command).code == 0
    return ours


def chunk_of(folder: Path, number: int) -> tuple[Path, Path, str]:
    """A file of numbers of a block, the block's entry in the manifest, and the file's key in it."""
    entry = folder / "manifest" / "part-0" / f"{number:06d}.json"
    key = next(iter(json.loads(entry.read_text())["chunks"]))
    return folder / "runs.zarr" / "part-0" / key, entry, key


def test_a_sweep_is_equal(sdsocec_program, swept):
    done = sdsocec_program("verify", "s", *swept)
    assert done.code == 0, done.out + done.err
    assert "manifest   all 2 blocks are what was written" in done.out
    assert "runs.zarr  32 rows run again: equal, bit for bit" in done.out


def test_a_damaged_block_is_named_and_the_others_are_run_again(sdsocec_program, swept, tmp_path):
    path, _, key = chunk_of(tmp_path / "s", 1)
    path.write_bytes(path.read_bytes()[:-9])
    done = sdsocec_program("verify", "s", *swept)
    assert done.code == 1
    assert "1 of 2 blocks are not what was written" in done.out
    assert f"block 1 of part 0 (rows 64 to 127): '{key}' is damaged" in done.out
    assert "16 rows run again: equal, bit for bit" in done.out


def test_numbers_that_were_exchanged_under_a_right_checksum_are_found(sdsocec_program, swept, tmp_path):
    (first, _, _), (second, entry, key) = (chunk_of(tmp_path / "s", number) for number in (0, 1))
    second.write_bytes(first.read_bytes())
    known = json.loads(entry.read_text())
    known["chunks"][key] = hashlib.sha256(second.read_bytes()).hexdigest()
    entry.write_text(json.dumps(known))
    done = sdsocec_program("verify", "s", *swept)
    assert done.code == 1
    assert re.search(r"row \d+, baseline, \d{4}\): \S+ in the file, \S+ by the run", done.out)


def test_a_changed_model_is_named(sdsocec_program, swept, tmp_path):
    mdl = tmp_path / "mine" / "models" / "first_steps" / "model.mdl"
    mdl.write_text(mdl.read_text("utf-8").replace("INITIAL TIME", "INITIAL  TIME", 1), "utf-8")
    done = sdsocec_program("verify", "s", *swept)
    assert "model.mdl changed since" in done.out
    assert done.code == 0, "its numbers are the same"


def test_a_file_of_rows_outside_the_folder_is_refused(sdsocec_program, swept, tmp_path):
    design = tmp_path / "s" / "design.toml"
    text = design.read_text("utf-8")
    design.write_text(
        'rows_file = "../mine/models/first_steps/model.mdl"\n' + re.sub(r"(?m)^rows_file.*\n", "", text), "utf-8"
    )
    done = sdsocec_program("verify", "s", *swept)
    assert done.code == 2
    assert "names a file of rows outside it" in done.err


def test_a_sweep_whose_rows_start_from_their_own_equilibrium_is_equal_bit_for_bit(sdsocec_program):
    command = ("sweep", "baseline", "-m", "social_economy", "-n", "192", "--outcome", "unemployed", "-o", "rest")
    assert sdsocec_program(*command).code == 0
    assert sdsocec_program("sweep", "-o", "rest", "--add", "10").code == 0
    done = sdsocec_program("verify", "rest")
    assert done.code == 0, done.out + done.err
    assert "rows run again: equal, bit for bit" in done.out
