"""Files of a result compared with the same files made again."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from sdsocec.model.names import split_element_name
from sdsocec.results.differences import Comparison, Verdict, same_pixels
from sdsocec.results.differences_nc import compare_nc
from sdsocec.results.differences_tables import compare_csv, compare_workbook, read_table
from sdsocec.results.differences_text import compare_json, compare_text
from sdsocec.results.stamp_formats import open_workbook, pdf_without_source
from sdsocec.results.stamps import PICTURES, Stamp, own_attributes, stamp_in

from .remade import Remade
from .texts import LANGUAGES
from .verification_changes import stamp_differences, stated, version_changes
from .verified import Change, Verified


def verify_file(stamp: Stamp, path: Path, remade: Remade) -> Verified:
    """A file against the same file of runs that were made again."""
    if not path.is_file():
        return Verified(path.name, "missing")
    kind = path.suffix.lower().lstrip(".") if stamp.kind == "folder" else stamp.kind
    if kind in PICTURES:
        return _verify_overview(stamp, path, kind, remade)
    changes = stamps_differ(stamp, path)
    if kind == "nc":
        return Verified(path.name, *_with(_verify_nc(path, remade)), changes=changes)
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
    return Verified(path.name, *_with(min(found, key=lambda one: (one.verdict == "differs", one.n))), changes=changes)


def stamps_differ(stamp: Stamp, path: Path) -> tuple[Change, ...]:
    """Where a file's own stamp says something else than the one that speaks for it."""
    own = own_attributes(path)
    return () if own is None else stamp_differences(path.name, own, stamp.attributes)


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


def _verify_overview(stamp: Stamp, path: Path, kind: str, remade: Remade) -> Verified:
    """The overview drawn again in each language: the same picture, or not."""
    content, drawn = read_table(path), b""
    for language in LANGUAGES:
        drawn = remade.overview(kind, language)
        if same_picture(kind, content, drawn):
            break
    of_folder = (*stamps_differ(stamp, path), *_drawn_otherwise(path, drawn, kind))
    return _drawing(path, same_picture(kind, content, drawn), of_folder if stamp.kind == "folder" else ())


def _drawing(path: Path, is_same: bool, changes: tuple[Change, ...]) -> Verified:
    verdict: Verdict = "bits" if is_same else "differs"
    return Verified(path.name, verdict, Comparison(verdict), is_drawing=True, changes=changes)


def _drawn_otherwise(path: Path, drawn: bytes, kind: str) -> tuple[Change, ...]:
    """The libraries that drew a picture, where they are others than those that draw it today."""
    own = own_attributes(path)
    return () if own is None else version_changes(own, stamp_in(drawn, kind, path))


def same_picture(kind: str, content: bytes, drawn: bytes) -> bool:
    """Whether two pictures show and say the same, but for where they come from: stamps are compared by themselves."""
    if content == drawn or (kind == "png" and same_pixels(content, drawn)):
        return True
    if kind == "svg":
        return _SOURCE.sub(b"", content, count=1) == _SOURCE.sub(b"", drawn, count=1)
    return kind == "pdf" and pdf_without_source(content) == pdf_without_source(drawn)


_SOURCE = re.compile(rb"(?<=<dc:source>)[^<]*(?=</dc:source>)")


def verify_outcomes(stamp: Stamp, remade: Remade) -> Verified:
    """The numbers behind a file that was not made again, by their hash; a provenance.json says no more than these."""
    is_same = stamp.attributes.get("outcomes_sha256") == remade.attributes["outcomes_sha256"]
    name = stamp.path.name
    same = "numbers" if stamp.kind in ("folder", "json") else "behind"
    return Verified(name, same if is_same else "differs", Comparison("bits" if is_same else "differs"))


def compare_file(stamp: Stamp, path: Path, wanted: bytes | None) -> Verified:
    """A file against the same file made again; `wanted` is None where that was not made."""
    if not path.is_file():
        return Verified(path.name, "missing")
    if wanted is None:
        return Verified(path.name, "skipped")
    kind, content = path.suffix.lower().lstrip("."), read_table(path)
    if kind in PICTURES or stamp.kind in PICTURES:
        kind = stamp.kind if stamp.kind in PICTURES else kind
        of_folder = (*stamps_differ(stamp, path), *_drawn_otherwise(path, wanted, kind))
        return _drawing(path, same_picture(kind, content, wanted), of_folder if stamp.kind not in PICTURES else ())
    if content == wanted:
        return Verified(path.name, "bits")
    if kind in ("csv", "tab"):
        return Verified(path.name, *_with(compare_csv(content, wanted, path)))
    if kind == "json":
        return Verified(path.name, *_with(compare_json(content, wanted, path, stated(stamp.attributes))))
    return Verified(path.name, *_with(compare_text(content, wanted)))
