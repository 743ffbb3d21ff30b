"""Files of a result compared with the same files made again."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from sdsocec.model.names import split_element_name
from sdsocec.results.differences import (
    Comparison,
    compare_csv,
    compare_nc,
    compare_workbook,
    read_table,
    same_pixels,
)
from sdsocec.results.stamps import Stamp, open_workbook, pdf_without_source

from .remade import Remade
from .texts import LANGUAGES
from .verified import Verified

FIGURES = ("png", "svg", "pdf")


def verify_file(stamp: Stamp, path: Path, remade: Remade) -> Verified:
    if not path.is_file():
        return Verified(path.name, "missing")
    kind = path.suffix.lower().lstrip(".") if stamp.kind == "folder" else stamp.kind
    if kind in FIGURES:
        return _verify_figure(path, kind, remade)
    if kind == "nc":
        return Verified(path.name, *_with(_verify_nc(path, remade)))
    content = read_table(path)
    if kind == "tab":
        wanted = remade.tabs.get(path.name)
        if wanted is None:
            return Verified(path.name, "skipped")
        return Verified(path.name, *_with(_same(content, wanted) or compare_csv(content, wanted, path)))
    if kind == "csv":
        made: Iterable[bytes | None] = (remade.csv(path.stem, language) for language in LANGUAGES)
        compare = compare_csv
    elif kind == "xlsx":
        sheets = open_workbook(content, path).sheetnames
        made = (remade.xlsx(sheets, language) for language in LANGUAGES)
        compare = compare_workbook
    else:
        return Verified(path.name, "skipped")
    found: list[Comparison] = []
    for one in made:  # in the language in which it was written it differs least
        if one is None:
            return Verified(path.name, "skipped")
        found.append(_same(content, one) or compare(content, one, path))
        if found[-1].verdict == "bits":
            break
    return Verified(path.name, *_with(min(found, key=lambda one: one.n)))


def _with(comparison: Comparison) -> tuple[str, Comparison]:
    return comparison.verdict, comparison


def _same(content: bytes, wanted: bytes) -> Comparison | None:
    return Comparison("bits") if content == wanted else None


def _verify_nc(path: Path, remade: Remade) -> Comparison:
    if path.stat().st_size == len(remade.nc) and path.read_bytes() == remade.nc:
        return Comparison("bits")
    with tempfile.TemporaryDirectory(prefix="sdsocec-") as folder:
        computed = Path(folder) / "results.nc"
        computed.write_bytes(remade.nc)
        outcomes = [split_element_name(outcome.variable)[0] for outcome in remade.model.card.outcomes]
        return compare_nc(path, computed, outcomes)


def _verify_figure(path: Path, kind: str, remade: Remade) -> Verified:
    """A figure drawn again in each language: the same bytes, or else the same picture."""
    content = read_table(path)
    for language in LANGUAGES:
        drawn = remade.overview(kind, language)
        if _is_same_picture(kind, content, drawn):
            return Verified(path.name, "bits", is_drawing=True)
    return Verified(path.name, "differs", Comparison("differs"), is_drawing=True)


def _is_same_picture(kind: str, content: bytes, drawn: bytes) -> bool:
    if content == drawn or (kind == "png" and same_pixels(content, drawn)):
        return True
    if kind == "svg":
        return _without(content, b"<metadata>", b"</metadata>") == _without(drawn, b"<metadata>", b"</metadata>")
    return kind == "pdf" and pdf_without_source(content) == pdf_without_source(drawn)


def _without(content: bytes, start: bytes, end: bytes) -> bytes:
    before, _, rest = content.partition(start)
    return before + rest.partition(end)[2]


def verify_outcomes(stamp: Stamp, remade: Remade) -> Verified:
    """The numbers behind a file that was not made again, by their hash."""
    is_same = stamp.attributes.get("outcomes_sha256") == remade.attributes["outcomes_sha256"]
    name = stamp.path.name
    return Verified(name, "numbers" if is_same else "differs", Comparison("bits" if is_same else "differs"))


def compare_file(path: Path, wanted: bytes | None) -> Verified:
    """A file against the same file made again; `wanted` is None where that was not made."""
    if not path.is_file():
        return Verified(path.name, "missing")
    if wanted is None:
        return Verified(path.name, "skipped")
    kind, content = path.suffix.lower().lstrip("."), read_table(path)
    if kind in FIGURES:
        is_same = _is_same_picture(kind, content, wanted)
        return Verified(path.name, "bits" if is_same else "differs", Comparison("bits"), is_drawing=True)
    if kind in ("csv", "tab"):
        return Verified(path.name, *_with(_same(content, wanted) or compare_csv(content, wanted, path)))
    return Verified(path.name, "bits" if content == wanted else "skipped")
