"""TOML files that people write: read safely, validated with pydantic, every fault with its line.

TOML parsers forget line numbers, so a shallow scan finds the line of a key again.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from sdsocec.errors import Fault, SdsocecError, nearest_name

from .source import read_bytes

LARGEST_TOML = 2_000_000  # bytes
_PART = re.compile(r"""\s*(?:"((?:\\.|[^"\\])*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*(\.|$)""")
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
Location = tuple[str | int, ...]


class FileModel(BaseModel):
    """Base of everything read from TOML: unknown keys are faults, numbers are not guessed from text."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


class Text(FileModel):
    """A text in both languages."""

    nl: str
    en: str

    def in_language(self, language: str) -> str:
        """The text in `nl` or `en`."""
        return self.nl if language == "nl" else self.en


File = TypeVar("File", bound=FileModel)


class TomlFile:
    """A TOML file with its text, so that faults can point at lines."""

    def __init__(self, path: Path, error: type[SdsocecError]) -> None:
        self.path, self.error = path, error
        content = read_bytes(path, LARGEST_TOML)
        if not content.strip():
            raise error("the file is empty", path=path)
        if b"\0" in content:
            raise error("the file is binary, not text", path=path)
        try:
            self.text = content.decode("utf-8-sig")
        except UnicodeDecodeError as fault:
            line = content[: fault.start].count(b"\n") + 1
            raise error("the file is not UTF-8 text", path=path, line=line, hint="Save it as UTF-8.") from None
        try:
            self.data = tomllib.loads(self.text.replace("\r\n", "\n"))
        except tomllib.TOMLDecodeError as fault:
            raise self._not_toml(str(fault)) from None
        except RecursionError:
            raise error("the file is nested too deeply", path=path) from None
        except ValueError:  # Python refuses to read whole numbers of more than 4,300 digits
            raise error("a number in the file has too many digits", path=path) from None

    def _not_toml(self, message: str) -> SdsocecError:
        found = _AT_LINE.search(message)
        line = int(found[1]) if found and found[1] else self.text.count("\n") + 1
        excerpt = self.excerpt(line)
        what = _AT_LINE.sub("", message)
        hint = ""
        if "overwrite" in what or "twice" in what or "already" in what or ("declare" in what and "Cannot" in what):
            return self.error(
                "this key stands twice in the file",
                path=self.path,
                line=line,
                excerpt=excerpt,
                hint="Keep one of them.",
            )
        if re.match(r"\s*\[*[\w.]*\w+\s+\w+[\w .]*(=|\])", excerpt):
            hint = 'A name with a space needs quotes, as in [levers."quota share"].'
        elif re.search(r"=\s*[+-]?\d+,\d+\s*(#.*)?$", excerpt):
            hint = "Decimals are written with a point."
        return self.error(f"the file is not valid TOML: {what}", path=self.path, line=line, excerpt=excerpt, hint=hint)

    def read(self, kind: type[File]) -> File:
        """The file as a validated object; all its faults come together."""
        try:
            return kind.model_validate(self.data)
        except ValidationError as error:
            found = error.errors()
            inside = {item["loc"][:-1] for item in found}  # a list is too short also when an item of it is wrong
            told = [item for item in found if item["type"] != "too_short" or item["loc"] not in inside]
            raise self.error([self._fault(item, kind) for item in told]) from None

    def fault(self, what: str, location: Location, **parts: Any) -> Fault:
        """A fault at a key."""
        line = self.line_of(location)
        return Fault(what, self.path, line, self.excerpt(line), **parts)

    def excerpt(self, line: int | None) -> str:
        """The text of a line."""
        lines = self.text.splitlines()
        return lines[line - 1].strip()[:120] if line and line <= len(lines) else ""

    def _fault(self, item: Any, kind: type[BaseModel]) -> Fault:
        location: Location = tuple(item["loc"])
        key = str(location[-1]) if location else ""
        given = item.get("input")
        if item["type"] == "missing":
            return self.fault(f"'{_shown(location)}' is missing", location[:-1])
        if item["type"] == "extra_forbidden":
            valid = _keys_at(kind, location[:-1])
            return self.fault(
                f"there is no key '{key}' here", location, name=key, nearest=nearest_name(key, valid),
                hint=f"Valid: {', '.join(valid)}." if valid else "",
            )  # fmt: skip
        if item["type"] == "value_error":  # a validator of ours: a whole sentence
            place = f"'{_shown(location)}': " if location else ""
            return self.fault(f"{place}{item['msg'].removeprefix('Value error, ')}", location, name=key)
        expected = _EXPECTED.get(item["type"], item["msg"].removeprefix("Input should be "))
        if item["type"] in _LENGTHS:
            least, most = (item["ctx"].get(name) for name in ("min_length", "max_length"))
            number = least if most is None else most
            expected = f"a list of {_LENGTHS[item['type']]} {number} item{'s' if number != 1 else ''}"
        return self.fault(f"'{_shown(location)}' is {_given(given)}; it must be {expected}", location, name=key)

    def line_of(self, location: Location) -> int | None:
        """The line of a key, or of the nearest table above it; None for the file as a whole."""
        best, best_length = None, 0
        prefix: Location = ()
        counts: dict[Location, int] = {}
        for number, line in enumerate(self.text.splitlines(), 1):
            stripped = line.strip()
            if stripped.startswith("[["):
                key = _split_key(stripped[2:].split("]]")[0])
                counts[key] = counts.get(key, -1) + 1
                prefix = (*key, counts[key])
                found = prefix
            elif stripped.startswith("["):
                prefix = found = _split_key(stripped[1:].rsplit("]", 1)[0])
            elif "=" in stripped and not stripped.startswith("#"):
                found = (*prefix, *_split_key(stripped.split("=")[0]))
            else:
                continue
            length = len(found)
            if length > best_length and found == location[:length]:
                best, best_length = number, length
        return best


_EXPECTED = {
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "string_type": "a text in quotes",
    "string_too_short": "a text that is not empty",
    "bool_type": "true or false",
    "finite_number": "a finite number",
    "model_type": "a table",
    "dict_type": "a table",
    "list_type": "a list",
    "tuple_type": "a list",
}
_LENGTHS = {"too_short": "at least", "too_long": "at most"}


def _given(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _shown(location: Location) -> str:
    parts: list[str] = []
    for part in location:
        if isinstance(part, int):
            parts[-1:] = [f"{parts[-1]}[{part + 1}]"] if parts else [str(part + 1)]
        else:
            parts.append(f'"{part}"' if " " in part else part)
    return ".".join(parts)


def _keys_at(kind: type[BaseModel], location: Iterable[str | int]) -> list[str]:
    """The valid keys of the table at a location; empty where any key may stand."""
    current: Any = kind
    for part in location:
        if isinstance(current, type) and issubclass(current, BaseModel):
            fields = {field.alias or name: field for name, field in current.model_fields.items()}
            current = fields[str(part)].annotation if part in fields else None
        else:
            arguments = getattr(current, "__args__", ())
            current = arguments[-1] if arguments else None
        while getattr(current, "__origin__", None) is None and type(None) in getattr(current, "__args__", ()):
            current = current.__args__[0]
    if isinstance(current, type) and issubclass(current, BaseModel):
        return [field.alias or name for name, field in current.model_fields.items()]
    return []


def _split_key(text: str) -> Location:
    parts: list[str | int] = []
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if not match:
            return tuple(parts)
        parts.append(next(g for g in match.groups()[:3] if g is not None).replace('\\"', '"'))
        position = match.end()
    return tuple(parts)
