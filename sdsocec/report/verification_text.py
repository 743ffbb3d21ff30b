"""What `verify` found, in words."""

from __future__ import annotations

import math

from sdsocec.results.differences import Comparison, Difference

from .texts import listed, text
from .verified import Change, Verification, Verified

MOST_SHOWN = 5  # differences of a file


def verification_lines(found: Verification, language: str = "en") -> list[str]:
    """Lines: what was compared and how it compares, what changed since, and the verdict last."""
    lines = [f"{found.path}", f"  {found.stamp}"]
    width = max((len(file.name) for file in found.files), default=0)
    for file in found.files:
        lines.append(f"  {file.name:<{width}}  {_told(file, found, language)}")
        lines += [f"    {line}" for line in _differences(file.comparison, language)]
    lines += [f"  {_change(change, language)}" for change in found.changes]
    return [*lines, f"  {_conclusion(found, language)}"]


def _told(file: Verified, found: Verification, language: str) -> str:
    told = _verdict(file, found, language)
    is_sample = file.n > 0 and file.verdict not in ("stored", "damaged")
    return text(language, "verify_rows", n=file.n, verdict=told) if is_sample else told


def _verdict(file: Verified, found: Verification, language: str) -> str:
    if file.verdict == "differs":
        if file.is_drawing:
            return text(language, "verify_drawing_differs")
        n = file.comparison.n
        return text(language, {0: "verify_hash_differs", 1: "verify_differs_one"}.get(n, "verify_differs"), n=n)
    if file.verdict == "bits" and file.is_drawing:
        return text(language, "verify_drawing")
    if file.verdict == "close":
        libraries = [change.name for change in found.changes if change.what == "version"]
        if libraries:
            return text(language, "verify_close_versions", versions=listed(language, libraries))
    return text(language, f"verify_{file.verdict}", n=file.comparison.n, of=file.n)


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
    none = text(language, "verify_none")
    shown = {"before": change.before[:8] or none, "after": change.after[:8] or none}
    return text(language, f"verify_changed_{change.what}", name=change.name, **shown)


def _conclusion(found: Verification, language: str) -> str:
    if not found.is_known:
        return text(language, "verify_not_known")
    if not found.is_equal:
        return text(language, "verify_not_equal")
    verdicts = {file.verdict for file in found.files} - {"skipped"}
    if verdicts <= {"bits", "numbers", "stored"}:
        return text(language, "verify_equal_bits")
    return text(language, "verify_equal")
