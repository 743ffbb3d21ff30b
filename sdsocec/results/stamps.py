"""Stamps: the provenance that a file of ours carries, read back from it.

    folder            its provenance.json, and the files that this speaks for
    .json             provenance.json itself
    .nc               its global attributes
    .png, .svg, .pdf  the metadata `Source`
    .xlsx             provenance.json beside it, or else its sheet `provenance`
    .csv, .tab, ...   the .json beside it that lists it, or else the picture of the same name beside it

A file may come from anywhere: what it is goes by its first bytes, sizes are limited, nothing in it is run, and no path in it is
opened.
"""

from __future__ import annotations

import glob
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sdsocec.errors import ProjectError, nearest_name
from sdsocec.model.source import read_bytes

from .export import FILES, PROVENANCE
from .stamp_formats import (
    LARGEST_FILE,
    LARGEST_STAMP,
    LARGEST_TEXT_FILE,
    MOST_KEYS,
    PNG,
    Value,
    nc_attributes,
    pdf_source,
    png_source,
    sheet_attributes,
    svg_source,
)

_ATTRIBUTES: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Value | list[str]])
_MAGIC = (
    (PNG, "png"), (b"%PDF-", "pdf"), (b"\x89HDF", "nc"), (b"CDF", "nc"), (b"PK\x03\x04", "xlsx"), (b"PAR1", "parquet"),
)  # fmt: skip
_START = 1000  # bytes by which a kind is told
PICTURES = ("png", "svg", "pdf")
STAMPED = (*PICTURES, "nc", "csv", "tab", "xlsx", "parquet")  # what sdsocec writes with a stamp in it or beside it
MOST_BESIDE = 200  # .json files in a folder that may list a file
KINDS = "a folder of results or figures, provenance.json, .nc, .csv, .xlsx, .tab, .parquet, .png, .svg or .pdf"


@dataclass(frozen=True)
class Stamp:
    """What a file says of itself.

    Attributes
    ----------
    path : Path
        The file, or the folder.
    kind : {"folder", "json", "csv", "tab", "xlsx", "nc", "parquet", "png", "svg", "pdf", "text"}
        `json` is provenance.json itself, `text` a file that only its provenance knows.
    attributes : mapping
        The provenance.
    files : tuple of str
        Of a folder: the files that its provenance speaks for.
    """

    path: Path
    kind: str
    attributes: Mapping[str, Value] = field(repr=False)
    files: tuple[str, ...] = ()


def read_stamps(path: str | Path) -> tuple[Stamp, ...]:
    """The stamp of a file or folder of ours; of a table beside pictures of several commands, each that it may have.

    Raises
    ------
    ProjectError
        It is not there, none of ours, damaged, or too large.
    """
    path = Path(path)
    if path.is_file() and _kind_of(path) == "csv" and _listing_of(path) is None:
        return _stamps_of_pictures(path)
    return (read_stamp(path),)


def read_stamp(path: str | Path) -> Stamp:
    """The stamp of a file or folder of ours; see `read_stamps`."""
    path = Path(path)
    if not path.exists():
        raise ProjectError(f"there is no '{path}'", path=None, name=path.name, nearest=_nearest(path))
    if path.is_dir():
        if not (path / PROVENANCE).is_file():
            raise ProjectError(f"the folder '{path}' holds no {PROVENANCE}", path=path, hint=f"Name {KINDS}.")
        attributes, files = _read_json(path / PROVENANCE)
        return Stamp(path, "folder", attributes, files)
    kind = _kind_of(path)
    if kind == "json" and _listing_of(path) is None:
        attributes, files = _read_json(path)
        return Stamp(path, kind, attributes, files)
    if kind in PICTURES:
        return Stamp(path, kind, stamp_in(read_bytes(path, LARGEST_TEXT_FILE), kind, path))
    if kind == "nc" and not _is_of_sweep(path):
        return Stamp(path, kind, nc_attributes(path))
    return _read_beside(path, "text" if kind == "json" else kind)


def own_attributes(path: Path) -> Mapping[str, Value] | None:
    """What a file itself says of where it comes from; None if it holds no stamp, or cannot be read."""
    try:
        kind = _kind_of(path)
        if kind in PICTURES:
            return stamp_in(read_bytes(path, LARGEST_TEXT_FILE), kind, path)
        if kind == "xlsx":
            return sheet_attributes(path)
        return nc_attributes(path) if kind == "nc" else None
    except ProjectError:
        return None


def _nearest(path: Path) -> str | None:
    """The path that may be meant by one that is not there: part by part the nearest name, or the same name a folder below."""
    found = Path(path.anchor)
    for part in path.parts[1:] if path.anchor else path.parts:
        if not (found / part).exists():
            try:
                names = [one.name for one in found.iterdir()]
            except OSError:
                return None
            near = nearest_name(part, names)
            if near is None:
                below = next(iter(sorted(found.glob(f"*/{glob.escape(part)}"))), None)
                if below is None:
                    return None
                near = str(below.relative_to(found))
            part = near
        found /= part
    return str(found)


def stamp_in(content: bytes, kind: str, path: Path) -> dict[str, Value]:
    """The stamp in a figure or provenance.json of this kind; `path` is for the message if it has none."""
    if kind == "json":
        return _parsed(content, path)[0]
    source = {"png": png_source, "svg": svg_source, "pdf": pdf_source}[kind](content, path)
    if source is None:
        raise ProjectError(
            f"'{path}' is a {kind.upper()} without a stamp of sdsocec", path=path,
            hint="It was not made by sdsocec, or another program saved it and left the metadata out.",
        )  # fmt: skip
    return _parsed(source, path)[0]


def _kind_of(path: Path) -> str:
    """What a file is, by its first bytes; a table by its name; `text` for what only a stamp beside it can tell."""
    try:
        with path.open("rb") as file:
            start = file.read(_START)
    except OSError:
        start = b""  # `read_bytes` says what is wrong
        read_bytes(path, LARGEST_FILE)
    if not start:
        raise ProjectError(f"'{path}' is empty", path=path)
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return kind
    if b"<svg" in start or start.lstrip().startswith(b"<?xml"):
        return "svg"
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tab"):
        return suffix[1:]
    if start.lstrip().startswith(b"{"):
        return "json"
    if _listing_of(path) is not None:
        return "text"
    raise ProjectError(f"'{path}' is no file that sdsocec writes", path=path, hint=f"Name {KINDS}.")


# ---- the stamp as JSON ------------------------------------------------------------------------------------------------


def _parsed(text: str | bytes, path: Path) -> tuple[dict[str, Value], tuple[str, ...]]:
    """A stamp and the plain names of the files that it lists."""
    wrong = ProjectError(f"the stamp of '{path}' is damaged", path=path, hint="The file is cut off, or was changed.")
    if len(text) > LARGEST_STAMP:
        raise ProjectError(
            f"the stamp of '{path}' has {len(text):,} characters; the most that is read is {LARGEST_STAMP:,}", path=path
        )
    try:
        found = _ATTRIBUTES.validate_json(text)
    except ValidationError:
        raise wrong from None
    listed = found.pop(FILES, [])
    names = listed if isinstance(listed, list) else []
    if len(found) > MOST_KEYS or any(isinstance(value, list) for value in found.values()):
        raise wrong
    if not isinstance(found.get("model"), str) or not isinstance(found.get("sdsocec_version"), str):
        raise ProjectError(f"'{path}' has no stamp of sdsocec", path=path, hint="It was not made by sdsocec.")
    return found, tuple(name for name in names if _is_plain(name))


def _is_plain(name: str) -> bool:
    return name not in ("", ".", "..", PROVENANCE) and not set(name) & set("/\\:\0")


def _read_json(path: Path) -> tuple[dict[str, Value], tuple[str, ...]]:
    return _parsed(read_bytes(path, LARGEST_STAMP), path)


def _listing_of(path: Path) -> Path | None:
    """The .json beside a file that speaks for it: provenance.json, or else another."""
    others = sorted(path.parent.glob("*.json"))[:MOST_BESIDE]
    for beside in dict.fromkeys([path.parent / PROVENANCE, *others]):
        if beside == path or not beside.is_file():
            continue
        try:
            if path.name in _read_json(beside)[1]:
                return beside
        except ProjectError:  # of another program, or damaged: then it lists nothing
            continue
    return None


def _read_beside(path: Path, kind: str) -> Stamp:
    """The stamp of a file that another file speaks for."""
    beside = _listing_of(path)
    if beside is not None:
        return Stamp(path, kind, _read_json(beside)[0])
    if kind == "xlsx":
        return Stamp(path, kind, sheet_attributes(path))
    if kind == "csv":
        return _stamps_of_pictures(path)[0]
    raise _without_stamp(path)


def _without_stamp(path: Path) -> ProjectError:
    if (path.parent / PROVENANCE).is_file():
        _read_json(path.parent / PROVENANCE)  # if that is damaged, it is the fault
        return ProjectError(
            f"{PROVENANCE} beside '{path}' does not speak for it", path=path.parent / PROVENANCE,
            hint="It is of another result, or the file was renamed.",
        )  # fmt: skip
    return ProjectError(
        f"'{path}' has no {PROVENANCE} beside it and no picture of its name: nothing says where its numbers come from",
        path=path,
        hint=f"Copy that file from the folder where '{path.name}' was written; or verify a file that holds its own stamp: .nc, "
        ".xlsx, .png, .svg, .pdf.",
    )  # fmt: skip


def _stamps_of_pictures(path: Path) -> tuple[Stamp, ...]:
    """The stamps of the pictures beside a table that have its name, each once."""
    found: dict[str, Stamp] = {}
    for suffix in (*(f".{kind}" for kind in PICTURES), "-grey.png"):
        picture = path.with_name(f"{path.stem}{suffix}")
        known = own_attributes(picture) if picture.is_file() else None
        if known is not None:
            found.setdefault(repr(sorted(known.items())), Stamp(path, "csv", known))
    if not found:
        raise _without_stamp(path)
    return tuple(found.values())


def _is_of_sweep(path: Path) -> bool:
    """Whether a NetCDF is a sweep's: what a sweep needs to be run again stands beside it."""
    return _listing_of(path) is not None and "sweep" in _read_beside(path, "nc").attributes
