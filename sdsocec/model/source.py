"""The text of a .mdl file: read once, safely, and searched for the line of each definition.

PySD's parser keeps no line numbers, so a second, shallow scan finds where each left-hand side stands. The scan knows only
what separates definitions (`|`, `~`, quotes, comments in braces); it never decides what an equation means.
"""

from __future__ import annotations

import codecs
import contextlib
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from sdsocec.errors import ModelError, ProjectError

from .names import name_key

LARGEST_FILE = 20_000_000  # bytes; the largest published Vensim model we know of is below 5 MB
SKETCH_MARK = "\\\\\\---///"
_HEADER = re.compile(rb"\s*\{([^}\r\n]{1,40})\}")
_MACRO = re.compile(r":MACRO:.*?:END OF MACRO:", re.DOTALL | re.IGNORECASE)
_LEFT_SIDE = re.compile(r'\s*("(?:\\"|[^"])*"|[^=\[(:~|"{}<]+)')


@dataclass(frozen=True)
class Definition:
    """One definition as it stands in the file: the key of its name, the line it starts on, its equation's text."""

    key: str
    line: int
    text: str


def read_bytes(path: Path, largest: int = LARGEST_FILE) -> bytes:
    """Read a regular file whole; anything else (folder, pipe, device, huge file) is refused before it is opened."""
    try:
        status = path.stat()
    except (FileNotFoundError, ValueError):  # ValueError: a name with a zero byte
        raise ProjectError(f"there is no file '{path}'", path=path) from None
    except OSError as error:
        raise ProjectError(f"cannot read '{path}': {error.strerror}", path=path) from None
    if stat.S_ISDIR(status.st_mode):
        raise ProjectError(f"'{path}' is a folder, not a file", path=path)
    if not stat.S_ISREG(status.st_mode):
        raise ProjectError(f"'{path}' is not an ordinary file", path=path)
    if status.st_size > largest:
        raise ProjectError(
            f"'{path}' has {status.st_size:,} bytes; the largest that is read is {largest:,}",
            path=path,
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise ProjectError(f"cannot read '{path}': {error.strerror}", path=path) from None


def encoding_of(content: bytes) -> str:
    """The encoding of a .mdl file: what its first line names in braces, as Vensim writes it, else UTF-8."""
    header = _HEADER.match(content.removeprefix(codecs.BOM_UTF8))
    encoding = "utf-8-sig"
    if header and header[1].decode("ascii", "replace").strip().lower() not in ("utf-8", "utf8"):
        with contextlib.suppress(LookupError, UnicodeDecodeError):  # else it is a comment, not an encoding
            found = codecs.lookup(header[1].decode("ascii"))
            # `{hex}` names a codec too, but none of text; `{undefined}` decodes nothing
            encoding = (
                found.name if getattr(found, "_is_text_encoding", True) and found.name != "undefined" else encoding
            )
    return encoding


def decode(content: bytes, path: Path) -> str:
    """The text of a .mdl file, in the encoding that it names."""
    if not content.strip():
        raise ModelError("the file is empty", path=path, hint="A Vensim model (.mdl) was expected.")
    if b"\0" in content:
        raise ModelError("the file is binary, not text", path=path, hint="A Vensim model (.mdl) was expected.")
    encoding = encoding_of(content)
    try:
        return content.decode(encoding)
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        line = content[:start].count(b"\n") + 1
        raise ModelError(
            f"the file is not {encoding.removesuffix('-sig').upper()} text (byte {start})",
            path=path,
            line=line,
            hint="Save it as UTF-8, or name its encoding in braces on the first line.",
        ) from None


def without_comments(text: str) -> str:
    """The same text, the same lines, with blanks where the equations have {comments}: PySD's parser cannot read those.

    What stands in braces at the very start may be the encoding, and stays.
    """
    body, mark, sketch = text.partition(SKETCH_MARK)
    pieces, quoted, tildes, start = [], False, 0, 0
    header = re.match(r"\s*\{[^}]*\}", body)
    i = header.end() if header else 0
    while i < len(body):
        character = body[i]
        if character == '"' and tildes < 2 and body[i - 1 : i] != "\\":
            quoted = not quoted
        elif not quoted and character == "~":
            tildes += 1
        elif not quoted and character == "|":
            tildes = 0
        elif not quoted and character == "{" and not tildes and (end := body.find("}", i)) >= 0:
            pieces += [body[start:i], re.sub(r"[^\r\n]", " ", body[i : end + 1])]
            i = start = end + 1
            continue
        i += 1
    return "".join([*pieces, body[start:], mark, sketch])


def definitions(text: str) -> list[Definition]:
    """Every definition of the equation part, in the order of the file (groups and control headings left out)."""
    body = _MACRO.sub(lambda macro: "\n" * macro[0].count("\n"), text.split(SKETCH_MARK, 1)[0])
    found = []
    for start, entry in _entries(body):
        equation = _before_tilde(entry)
        offset = len(equation) - len(equation.lstrip())
        equation = equation.strip()
        while equation.startswith("{"):  # the encoding, or a comment
            cut = equation.find("}") + 1
            if not cut:
                break
            rest = equation[cut:]
            offset += cut + len(rest) - len(rest.lstrip())
            equation = rest.strip()
        match = _LEFT_SIDE.match(equation)
        if not match or equation.startswith("*"):
            continue
        line = body.count("\n", 0, start + offset) + 1
        found.append(Definition(name_key(match[1]), line, equation))
    return found


def _entries(body: str) -> list[tuple[int, str]]:
    """Pieces between `|`, with where each starts; a `|` inside quotes of an equation does not separate."""
    pieces, start, quoted, tildes = [], 0, False, 0
    for i, character in enumerate(body):
        if character == '"' and tildes < 2 and body[i - 1 : i] != "\\":
            quoted = not quoted
        elif character == "~" and not quoted:
            tildes += 1
        elif character == "|" and not quoted:
            pieces.append((start, body[start:i]))
            start, tildes = i + 1, 0
    pieces.append((start, body[start:]))
    return pieces


def _before_tilde(entry: str) -> str:
    quoted = False
    for i, character in enumerate(entry):
        if character == '"' and entry[i - 1 : i] != "\\":
            quoted = not quoted
        elif character == "~" and not quoted:
            return entry[:i]
    return entry
