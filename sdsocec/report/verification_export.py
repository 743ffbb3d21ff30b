"""Verify what `sweep export` wrote: every file against its checksum, and a sample of rows run again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from sdsocec.analysis.sweep.design import SweepDesign, design_of_text
from sdsocec.analysis.sweep.export import CHECKSUMS, SWEEP
from sdsocec.analysis.sweep.exported import NAMES, Exported
from sdsocec.errors import ProjectError, SdsocecError
from sdsocec.model.project import LoadedModel
from sdsocec.results.export import PROVENANCE
from sdsocec.results.provenance import stamp as stamp_line
from sdsocec.results.stamps import Stamp

from .verification_sweep import design_changes, sample_of, sampled
from .verified import Change, Verification, Verified


def is_export(stamp: Stamp) -> bool:
    """Whether a stamp is that of files of a sweep."""
    return SWEEP in stamp.attributes and CHECKSUMS in stamp.attributes


def verify_export(stamp: Stamp, model: LoadedModel) -> Verification:
    """Check the files of the stamp, and run a sample of the rows in them again."""
    design = design_of_text(str(stamp.attributes[SWEEP]), stamp.path)
    folder = stamp.path if stamp.kind == "folder" else stamp.path.parent
    sums = _sums(stamp)
    names = sorted(sums) if stamp.kind in ("folder", "json") else [stamp.path.name]
    files = [_checked(folder / name, sums.get(name)) for name in names]
    changes = design_changes(design, model)
    for kind, needed in NAMES.items():
        if set(needed) & set(names) and all((folder / name).is_file() for name in needed):
            files.append(_sampled(Exported(folder, kind, design), model, changes))
    told = {key: value for key, value in stamp.attributes.items() if key not in (SWEEP, CHECKSUMS)}
    return Verification(stamp.path, stamp_line(told), (*changes, *_false(stamp, design)), tuple(files))


def _sums(stamp: Stamp) -> dict[str, str]:
    try:
        found = json.loads(str(stamp.attributes[CHECKSUMS]))
    except ValueError:
        found = None
    if not isinstance(found, dict) or any(Path(name).name != name for name in found):
        raise ProjectError(f"the stamp of '{stamp.path}' is damaged", path=stamp.path, hint=f"See {PROVENANCE}.")
    return {str(name): str(digest) for name, digest in found.items()}


def _checked(path: Path, digest: str | None) -> Verified:
    if not path.is_file():
        return Verified(path.name, "missing")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return Verified(path.name, "written" if found == digest else "rewritten")


def _sampled(found: Exported, model: LoadedModel, changes: list[Change]) -> Verified:
    """Rows of the files run again."""
    name = NAMES[found.kind][-1]
    try:
        blocks = sample_of(found.blocks, found.design.initial)
        found.require_rows(blocks)
    except SdsocecError as error:
        return Verified(name, "rewritten", note=error.faults[0].what)
    return sampled(found, name, blocks, model, changes) if blocks else Verified(name, "unread", note="no whole block")


def _false(stamp: Stamp, design: SweepDesign) -> list[Change]:
    """What the stamp says otherwise than the design in it."""
    own = design.attributes()
    return [
        Change("stamp", key, str(stamp.attributes[key]), str(value))
        for key, value in own.items()
        if key in stamp.attributes and stamp.attributes[key] != value
    ]
