"""Where files of each format hold the stamp: sheets, NetCDF attributes, metadata of pictures; read without trust.

Sizes are limited, and nothing in a file is run.
"""

from __future__ import annotations

import io
import re
import struct
import xml.parsers.expat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sdsocec.errors import ProjectError
from sdsocec.model.source import read_bytes

from .export import PROVENANCE

LARGEST_FILE = 2_000_000_000  # bytes: a NetCDF of many runs
LARGEST_TEXT_FILE = 300_000_000  # bytes: tables and figures
LARGEST_STAMP = 8_000_000  # characters
MOST_KEYS = 500
MOST_UNPACKED = 500_000_000  # bytes of an xlsx
Value = str | int | float | bool | None
PNG = b"\x89PNG\r\n\x1a\n"
_PDF_SOURCE = re.compile(rb"/Source\s*\(")
_PDF_SPECIAL = re.compile(rb"[\\()]")
_PDF_OCTAL = re.compile(rb"[0-7]{1,3}")
_PDF_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_DIGITS = re.compile(rb"[0-9]+")

# ---- xlsx and NetCDF --------------------------------------------------------------------------------------------------


def open_workbook(content: bytes, path: Path) -> Any:
    """A workbook, its size checked before it is unpacked."""
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = sum(part.file_size for part in packed.infolist())
        if size > MOST_UNPACKED:
            raise ProjectError(f"'{path}' unpacks to {size:,} bytes; the most is {MOST_UNPACKED:,}", path=path)
        return load_workbook(io.BytesIO(content), data_only=True, keep_links=False)
    except ProjectError:
        raise
    except Exception as error:  # openpyxl raises what its parsers do: KeyError, TypeError, ...
        raise ProjectError(f"'{path}' is no workbook that can be read ({type(error).__name__})", path=path) from None


def sheet_attributes(path: Path) -> dict[str, Value]:
    workbook = open_workbook(read_bytes(path, LARGEST_TEXT_FILE), path)
    if PROVENANCE.removesuffix(".json") not in workbook.sheetnames:
        raise ProjectError(
            f"'{path}' has no sheet 'provenance', and no {PROVENANCE} beside it", path=path,
            hint="It was not made by sdsocec, or the sheet was taken out.",
        )  # fmt: skip
    rows = workbook["provenance"].iter_rows(max_row=MOST_KEYS, max_col=2, values_only=True)
    found = {str(key): value for key, value in rows if key is not None}
    return _checked(found, path)


def _checked(found: Mapping[str, Any], path: Path) -> dict[str, Value]:
    """Attributes that are no JSON, held to the same rules."""
    plain = {key: value for key, value in found.items() if isinstance(value, str | int | float | bool | None)}
    if sum(len(value) for value in plain.values() if isinstance(value, str)) > LARGEST_STAMP or len(plain) > MOST_KEYS:
        raise ProjectError(f"the stamp of '{path}' is too large", path=path)
    if not isinstance(plain.get("model"), str) or not isinstance(plain.get("sdsocec_version"), str):
        raise ProjectError(f"'{path}' has no stamp of sdsocec", path=path, hint="It was not made by sdsocec.")
    return plain


def open_nc(path: Path) -> Any:
    """A NetCDF file, open; ProjectError if it cannot be read."""
    import netCDF4

    if path.stat().st_size > LARGEST_FILE:
        read_bytes(path, LARGEST_FILE)
    try:
        return netCDF4.Dataset(str(path), "r")
    except (OSError, RuntimeError, ValueError):
        raise ProjectError(
            f"'{path}' is cut off or damaged: no NetCDF that can be read", path=path, hint="Copy it again."
        ) from None


def nc_attributes(path: Path) -> dict[str, Value]:
    with open_nc(path) as file:
        try:
            found = {key: file.getncattr(key) for key in file.ncattrs()[:MOST_KEYS]}
        except (OSError, RuntimeError, ValueError, AttributeError, UnicodeDecodeError):
            raise ProjectError(f"'{path}' is damaged: its attributes cannot be read", path=path) from None
    return _checked({key: value.item() if hasattr(value, "item") else value for key, value in found.items()}, path)


# ---- figures ----------------------------------------------------------------------------------------------------------


def png_chunks(content: bytes, path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Type and data of each chunk of a PNG; ProjectError where it is cut off or damaged."""
    place = len(PNG)
    while True:
        if len(content) < place + 12:
            raise ProjectError(f"'{path}' is cut off: no whole PNG", path=path, hint="Copy it again.")
        (length,) = struct.unpack(">I", content[place : place + 4])
        kind, data = content[place + 4 : place + 8], content[place + 8 : place + 8 + length]
        check = content[place + 8 + length : place + 12 + length]
        if len(check) < 4 or struct.unpack(">I", check)[0] != zlib.crc32(kind + data):
            raise ProjectError(f"'{path}' is cut off or damaged: no whole PNG", path=path, hint="Copy it again.")
        yield kind, data
        if kind == b"IEND":
            return
        place += 12 + length


def png_source(content: bytes, path: Path) -> str | None:
    """The text `Source` of a PNG; None if it has none."""
    found: str | None = None
    for kind, data in png_chunks(content, path):
        if kind == b"tEXt" and data.startswith(b"Source\0"):
            found = data[7:].decode("latin-1")
        elif kind == b"zTXt" and data.startswith(b"Source\0\0"):
            found = _inflated(data[8:], path).decode("latin-1")
        elif kind == b"iTXt" and data.startswith(b"Source\0"):
            is_packed, rest = data[7:8] == b"\1", data[9:].split(b"\0", 2)
            if len(rest) == 3:
                words = _inflated(rest[2], path) if is_packed else rest[2]
                found = words.decode("utf-8", "replace")
    return found


def _inflated(data: bytes, path: Path) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        found = unpacker.decompress(data, LARGEST_STAMP)
    except zlib.error:
        raise ProjectError(f"the stamp of '{path}' is damaged", path=path) from None
    if unpacker.unconsumed_tail:
        raise ProjectError(f"the stamp of '{path}' is too large", path=path)
    return found


def svg_source(content: bytes, path: Path) -> str | None:
    """The text of `dc:source` of an SVG; None if it has none. Entities are refused: they can grow without end."""
    pieces: list[str] = []
    inside = [False]
    parser = xml.parsers.expat.ParserCreate()

    def start(name: str, _: object) -> None:
        inside[0] = name == "dc:source"

    def end(name: str) -> None:
        inside[0] = False

    def characters(data: str) -> None:
        if inside[0]:
            pieces.append(data)

    def refuse(*_: object) -> None:
        raise ProjectError(f"'{path}' declares entities; no SVG of sdsocec does", path=path)

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except xml.parsers.expat.ExpatError:
        raise ProjectError(f"'{path}' is cut off or damaged: no whole SVG", path=path, hint="Copy it again.") from None
    return "".join(pieces) if pieces else None


def pdf_source(content: bytes, path: Path) -> str | None:
    """The text `Source` of a PDF's information, which matplotlib writes unpacked; None if it has none."""
    if b"%%EOF" not in content[-1024:]:
        raise ProjectError(f"'{path}' is cut off: no whole PDF", path=path, hint="Copy it again.")
    found = _PDF_SOURCE.search(content)
    if found is None:
        return None
    whole, _ = _pdf_string(content, found.end())
    return whole.decode("utf-16", "replace") if whole.startswith(b"\xfe\xff") else whole.decode("latin-1")


def pdf_without_source(content: bytes) -> bytes:
    """A PDF without its text `Source`, and without the numbers in the table of places behind the objects, which its length
    moves.
    """
    found = _PDF_SOURCE.search(content)
    if found is not None:
        content = content[: found.end()] + content[_pdf_string(content, found.end())[1] :]
    objects, mark, table = content.rpartition(b"\nxref\n")
    return objects + mark + _DIGITS.sub(b"0", table)


def _pdf_string(content: bytes, start: int) -> tuple[bytes, int]:
    """The string behind an opening bracket, and where it ends: brackets in it come in pairs, or behind a backslash."""
    pieces: list[bytes] = []
    depth, place = 1, start
    while depth and place - start < 2 * LARGEST_STAMP:
        mark = _PDF_SPECIAL.search(content, place)
        if mark is None:
            break
        pieces.append(content[place : mark.start()])
        place = mark.end()
        if mark[0] == b"\\":
            octal = _PDF_OCTAL.match(content, place)
            following = content[place : place + 1]
            pieces.append(bytes([int(octal[0], 8) & 255]) if octal else _PDF_ESCAPES.get(following, following))
            place += len(octal[0]) if octal else 1
        else:
            depth += 1 if mark[0] == b"(" else -1
            pieces.append(mark[0] if depth else b"")
    return b"".join(pieces), place
