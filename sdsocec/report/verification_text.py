"""What `verify` found, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sdsocec.results.differences import Comparison, Difference

from .texts import listed, text
from .verified import Change, Verification, Verified

MOST_SHOWN = 5  # differences of a file
TOLD = ("bits", "close", "digits", "differs")  # verdicts on rows that were run again
FILES = ("model", "card", "scenario", "profile", "data", "input")  # changes that explain another drawing


def verification_lines(found: Verification, language: str = "en") -> list[str]:
    """Lines: what was compared and how it compares, what changed since, and the verdict last."""
    lines = [f"{found.path}", *([f"  {found.stamp}"] if found.stamp else [])]
    width = max((len(file.name) for file in found.files), default=0)
    told: tuple[Change, ...] = ()
    for file in found.files:
        changes = (*found.changes, *file.changes)
        lines.append(f"  {file.name:<{width}}  {_told(file, changes, language)}")
        lines += [f"    {line}" for line in _differences(file.comparison, language)]
        new = tuple(change for change in file.changes if change not in (*found.changes, *told))
        lines += [f"    {_change(change, language)}" for change in new]
        told = (*told, *new)
    lines += [f"  {_change(change, language)}" for change in found.changes]
    return [*lines, f"  {_conclusion(found, language)}"]


def _told(file: Verified, changes: Sequence[Change], language: str) -> str:
    told = _verdict(file, changes, language)
    return text(language, "verify_rows", n=file.n, verdict=told) if file.n and file.verdict in TOLD else told


def _verdict(file: Verified, changes: Sequence[Change], language: str) -> str:
    n, libraries = file.comparison.n, listed(language, [change.name for change in changes if change.what == "version"])
    if file.verdict == "unread" or file.note:
        return text(language, "verify_unread" if file.verdict == "unread" else "verify_rewritten_why", why=file.note)
    if file.verdict == "differs":
        if file.is_drawing:
            drawn_by = libraries if not any(change.what in FILES for change in changes) else ""
            key = "verify_drawing_differs_versions" if drawn_by else "verify_drawing_differs"
            return text(language, key, versions=drawn_by)
        return text(language, {0: "verify_hash_differs", 1: "verify_differs_one"}.get(n, "verify_differs"), n=n)
    if file.verdict == "bits" and file.is_drawing:
        return text(language, "verify_drawing")
    if file.verdict == "close":
        key = "verify_close_versions" if libraries else "verify_close"
        told = text(language, key, versions=libraries)
        return (
            text(language, "verify_close_n", verdict=told, n=file.comparison.n_close)
            if file.comparison.n_close
            else told
        )
    return text(language, f"verify_{file.verdict}", n=n, of=file.n)


def _differences(comparison: Comparison, language: str) -> list[str]:
    shown = [_difference(one, language) for one in comparison.differences[:MOST_SHOWN]]
    more = len(comparison.differences) - MOST_SHOWN
    if more > 0:
        is_by_variable = comparison.n > len(comparison.differences)
        shown.append(text(language, "verify_more_variables" if is_by_variable else "verify_more", n=more))
    return shown


def _difference(one: Difference, language: str) -> str:
    what = one.variable if not one.at else f"{one.variable} ({one.at})"
    place = ": ".join(part for part in (one.cell, what) if part)
    if one.computed == "":
        return f"{place}: {one.found}"[:200]
    found, computed = _numbers(one, language)
    if math.isfinite(one.relative):
        relative = _decimal(f"{one.relative:.2g}", language)
        return text(language, "verify_number", place=place, found=found, computed=computed, relative=relative)
    return text(language, "verify_text", place=place, found=found, computed=computed)


def _numbers(one: Difference, language: str) -> tuple[str, str]:
    if isinstance(one.found, str) or isinstance(one.computed, str):
        return f"'{one.found}'"[:120], f"'{one.computed}'"[:120]
    digits = 12 if f"{one.found:.12g}" != f"{one.computed:.12g}" else 17
    return _decimal(f"{one.found:.{digits}g}", language), _decimal(f"{one.computed:.{digits}g}", language)


def _decimal(number: str, language: str) -> str:
    return number.replace(".", ",") if language == "nl" else number


def _change(change: Change, language: str) -> str:
    if change.what in ("version", "stamp"):
        shown = {"before": change.before[:120], "after": change.after[:120]}
        return text(language, f"verify_changed_{change.what}", name=change.name, **shown)
    if change.what == "name":
        return text(language, "verify_changed_name", before=change.before[:80], after=change.after[:80])
    none = text(language, "verify_none")
    shown = {"before": change.before[:8] or none, "after": change.after[:8] or none}
    return text(language, f"verify_changed_{change.what}", name=change.name, **shown)


def _conclusion(found: Verification, language: str) -> str:
    if not found.is_known:
        some = any(file.is_equal for file in found.files)
        return text(language, "verify_not_all_known" if some else "verify_not_known")
    if not found.is_equal:
        return text(language, "verify_not_equal")
    if {file.verdict for file in found.files} <= {"bits", "numbers", "stored", "written"}:
        return text(language, "verify_equal_bits")
    return text(language, "verify_equal")
