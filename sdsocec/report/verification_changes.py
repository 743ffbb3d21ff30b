"""What is not what it was when a file was made: files by their hashes, versions, and what the stamp says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sdsocec.errors import Fault, SdsocecError
from sdsocec.model.card import CARD
from sdsocec.model.project import LoadedModel
from sdsocec.results.provenance import own_version
from sdsocec.results.stamps import Stamp
from sdsocec.scenario import load_scenario, scenario_names

from .verified import Change, What

_HASHES: tuple[tuple[str, What], ...] = (("model_sha256", "model"), ("card_sha256", "card"))
# Hashes of many files, by name. `_DERIVED` follow from what was run, every other `..._sha256` is of a file.
_PAIRS: tuple[tuple[str, What], ...] = (
    ("scenarios_sha256", "scenario"),
    ("data_sha256", "data"),
    ("series_sha256", "data"),
)
_DERIVED = ("design_sha256", "outcomes_sha256", "time_step_error", "time_step_error_meaning")
# What is compared by itself, or says how it was made and not what.
_APART = ("model", "model_file", "sdsocec_version", "library_versions", "recipe", "command", "picture", *_DERIVED)
_ASKED = ("settings", "integrator", "seed")  # what no file of a model can change
_HASH = "_sha256"
_CELL = 32_000  # characters of a text in a sheet


def changes_between(stamped: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[Change, ...]:
    """What changed, by two stamps: that of a file, and that of the same run again."""
    changes = _input_changes(stamped, own)
    before, after = _pairs(stamped.get("profile")), _pairs(own.get("profile"))
    if before.get("name") == after.get("name") and before.get("sha256") != after.get("sha256"):
        changes.append(Change("profile", after.get("name", ""), before.get("sha256", ""), after.get("sha256", "")))
    is_explained = bool(changes)
    versions = version_changes(stamped, own)
    changes += [*versions, *_name_changes(stamped, own)]
    for key, stated in stamped.items():
        if key in _APART or key.endswith(_HASH) or key not in own or (is_explained and key not in _ASKED):
            continue
        if not _is_same(stated, own[key]):
            changes.append(Change("stamp", key, str(stated), str(own[key])))
    if not is_explained and not versions and not any(change.what == "stamp" for change in changes):
        changes += [
            Change("stamp", key, str(stamped[key]), str(own.get(key)))
            for key in _DERIVED
            if key in stamped and not _is_same(stamped[key], own.get(key))
        ]
    return tuple(changes)


def stamp_differences(name: str, found: Mapping[str, Any], folder: Mapping[str, Any]) -> tuple[Change, ...]:
    """Where the stamp within a file says something else than that of its folder, but for what drew it."""
    left = ("picture", "library_versions", "command", "recipe")
    return tuple(
        Change("stamp", f"{name}: {key}", str(value), str(folder[key]))
        for key, value in found.items()
        if key not in left and key in folder and not _is_same(value, folder[key])
    )


def _is_same(one: Any, other: Any) -> bool:
    """Whether two stamps say the same; a sheet holds no line ends and no long text, a NetCDF no None."""
    if one == other or (one in (None, "") and other in (None, "")):
        return True
    return isinstance(one, str) and isinstance(other, str) and len(one) == _CELL and other.startswith(one)


def _input_changes(stamped: Mapping[str, Any], own: Mapping[str, Any]) -> list[Change]:
    """The files that a run read and that are others now."""
    changes = hash_changes(stamped, own)
    for key, what in _PAIRS:
        changes += _pair_changes(stamped, own, key, what)
    known = (*(key for key, _ in (*_HASHES, *_PAIRS)), *_DERIVED)
    changes += [
        Change("input", key.removesuffix(_HASH), str(stamped[key]), str(own.get(key, "")))
        for key in stamped
        if key.endswith(_HASH) and key not in known and str(stamped[key]) != str(own.get(key, ""))
    ]
    return changes


def _name_changes(stamped: Mapping[str, Any], own: Mapping[str, Any]) -> list[Change]:
    """A model that has another name today; one with other equations is another model."""
    before, after = (str(one.get("model", "")) for one in (stamped, own))
    return [Change("name", "model", before, after)] if before != after else []


def cannot_run(path: Path, error: SdsocecError, changed: Sequence[Change] = ()) -> SdsocecError:
    """That a run cannot be made again, and what changed since, which may be why."""
    first = error.faults[0]
    since = f"{' and '.join(change.name for change in changed)} changed since; " if changed else ""
    what = f"'{path}' cannot be run again: {since}{first.what}"
    again = Fault(what, first.path, first.line, first.excerpt, first.hint, first.name, first.nearest)
    return SdsocecError([again, *error.faults[1:]])


def hash_changes(stamped: Mapping[str, Any], own: Mapping[str, Any]) -> list[Change]:
    """Whether the model's file or its card changed; a stamp of an older version may not have them."""
    names = {"model": str(stamped.get("model_file", "")) or "the model", "card": CARD}
    return [
        Change(kind, names[kind], str(stamped.get(key, "")), str(own.get(key, "")))
        for key, kind in _HASHES
        if (key in stamped or key in own) and str(stamped.get(key, "")) != str(own.get(key, ""))
    ]


def _pair_changes(stamped: Mapping[str, Any], own: Mapping[str, Any], key: str, what: What) -> list[Change]:
    """Changes of hashes by name; a stamp of an older version may not have them."""
    if key not in stamped:
        return []
    before, after = _pairs(stamped.get(key)), _pairs(own.get(key))
    names = dict.fromkeys((*before, *after))
    return [
        Change(what, name, before.get(name, ""), after.get(name, ""))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _pairs(text: Any) -> dict[str, str]:
    try:
        known = json.loads(str(text)) if text else {}
    except (ValueError, RecursionError):
        return {}
    return {str(key): str(value) for key, value in known.items()} if isinstance(known, dict) else {}


def stated(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What a stamp says, as a file of evidence may say it at its top: hashes by name and versions as tables."""
    tables = {key: _pairs(attributes[key]) for key, _ in _PAIRS if key in attributes}
    versions = {name: version for name, version in _versions(attributes).items() if version}
    return {**attributes, **tables, "versions": versions}


def version_changes(stamped: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[Change, ...]:
    """Versions of what numbers and pictures are made by, where they are others today."""
    changes = []
    before, after = (_versions(attributes) for attributes in (stamped, own))
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) and before[name] != after.get(name):  # an older stamp may not have them all
            changes.append(Change("version", name, before[name], after.get(name, "")))
    return tuple(changes)


def _versions(attributes: Mapping[str, Any]) -> dict[str, str]:
    listed = [part.rpartition(" ") for part in str(attributes.get("library_versions", "")).split(", ")]
    return {"sdsocec": str(attributes.get("sdsocec_version", ""))} | {name: v for name, _, v in listed if name}


def hashes_changed(stamp: Stamp, model: LoadedModel) -> tuple[Change, ...]:
    """What changed since, by the hashes of files alone."""
    own: dict[str, Any] = {
        "model_sha256": model.equations.file_sha256,
        "card_sha256": model.card_sha256,
        "sdsocec_version": own_version(),
        "library_versions": stamp.attributes.get("library_versions", ""),
    }
    if "card_sha256" not in stamp.attributes:
        own.pop("card_sha256")
    known = _pairs(stamp.attributes.get("scenarios_sha256"))
    own["scenarios_sha256"] = json.dumps({name: _digest_of(name, model, was) for name, was in known.items()})
    changes = hash_changes(stamp.attributes, own) + _pair_changes(stamp.attributes, own, "scenarios_sha256", "scenario")
    changes += _name_changes(stamp.attributes, {"model": model.name})
    return (*changes, *version_changes(stamp.attributes, own))


def _digest_of(name: str, model: LoadedModel, was: str) -> str:
    """The hash of a scenario today; as it was for one that is none of the project's: nothing is known of it."""
    if name not in scenario_names(model):
        return was
    try:
        return load_scenario(name, model).digest
    except SdsocecError:
        return ""
