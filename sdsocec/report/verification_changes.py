"""What is not what it was when a file was made: files by their hashes, versions, and what the stamp says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sdsocec.errors import SdsocecError
from sdsocec.model.card import CARD
from sdsocec.model.project import LoadedModel
from sdsocec.results.provenance import own_version
from sdsocec.results.stamps import Stamp
from sdsocec.scenario import load_scenario, scenario_names

from .verified import Change, What

_HASHES: tuple[tuple[str, What], ...] = (("model_sha256", "model"), ("card_sha256", "card"))
# What is compared by itself, or says how it was made and not what.
_APART = (
    "model_file", "model_sha256", "card_sha256", "scenarios_sha256", "data_sha256", "design_sha256", "outcomes_sha256",
    "sdsocec_version", "library_versions", "time_step_error", "time_step_error_meaning", "recipe", "command", "picture",
)  # fmt: skip
_ASKED = ("model", "settings", "integrator", "seed")  # what no file of a model can change
_DERIVED = ("design_sha256", "outcomes_sha256")


def changes_between(stamped: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[Change, ...]:
    """What changed, by two stamps: that of a file, and that of the same run again."""
    changes = hash_changes(stamped, own)
    changes += _pair_changes(stamped, own, "scenarios_sha256", "scenario")
    changes += _pair_changes(stamped, own, "data_sha256", "data")
    before, after = _pairs(stamped.get("profile")), _pairs(own.get("profile"))
    if before.get("name") == after.get("name") and before.get("sha256") != after.get("sha256"):
        changes.append(Change("profile", after.get("name", ""), before.get("sha256", ""), after.get("sha256", "")))
    is_explained = bool(changes)
    changes += _version_changes(stamped, own)
    for key, stated in stamped.items():
        if key in _APART or key not in own or (is_explained and key not in _ASKED):
            continue
        if stated != own[key] and not (stated in (None, "") and own[key] in (None, "")):
            changes.append(Change("stamp", key, str(stated), str(own[key])))
    if not is_explained and not any(change.what in ("version", "stamp") for change in changes):
        changes += [
            Change("stamp", key, str(stamped[key]), str(own.get(key)))
            for key in _DERIVED
            if key in stamped and stamped[key] != own.get(key)
        ]
    return tuple(changes)


def hash_changes(stamped: Mapping[str, Any], own: Mapping[str, Any]) -> list[Change]:
    names = {"model": str(stamped.get("model_file", "")) or "the model", "card": CARD}
    return [
        Change(kind, names[kind], str(stamped.get(key, "")), str(own.get(key, "")))
        for key, kind in _HASHES
        if str(stamped.get(key, "")) != str(own.get(key, ""))
    ]


def _pair_changes(stamped: Mapping[str, Any], own: Mapping[str, Any], key: str, what: What) -> list[Change]:
    """Changes of hashes by name."""
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


def _version_changes(stamped: Mapping[str, Any], own: Mapping[str, Any]) -> list[Change]:
    changes = []
    before, after = (_versions(attributes) for attributes in (stamped, own))
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            changes.append(Change("version", name, before.get(name, ""), after.get(name, "")))
    return changes


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
    return tuple(changes + _version_changes(stamp.attributes, own))


def _digest_of(name: str, model: LoadedModel, was: str) -> str:
    """The hash of a scenario today; as it was for one that is none of the project's: nothing is known of it."""
    if name not in scenario_names(model):
        return was
    try:
        return load_scenario(name, model).digest
    except SdsocecError:
        return ""
