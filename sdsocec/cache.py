"""A cache of things that are costly to make: content-addressed files with a checksum, in the user's cache folder.

Two processes may both make an entry; both are right, and `os.replace` lets one win. A damaged entry is deleted and made
again: its checksum is verified before anything reads it, because a truncated object file would kill the process. A folder
that cannot be written costs speed, never a result.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
MOST_ENTRIES = 400


def cache_folder() -> Path:
    """Where entries are kept; `SDSOCEC_CACHE` overrides the platform's place."""
    if chosen := os.environ.get("SDSOCEC_CACHE"):
        return Path(chosen)
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("sdsocec", appauthor=False))


def digest_of(*parts: bytes | str) -> str:
    """One hash of several parts, each with its length, so that parts cannot run into each other."""
    total = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        total.update(len(content).to_bytes(8, "little"))
        total.update(content)
    return total.hexdigest()


@cache
def source_digest(package: str) -> str:
    """Hash of a package's source, so that no entry outlives the code that made it."""
    folder = Path(str(import_module(package).__file__)).parent
    files = sorted(folder.rglob("*.py"))
    return digest_of(*(part for file in files for part in (file.relative_to(folder).as_posix(), file.read_bytes())))


class Cache:
    """One kind of entry, a folder of its own."""

    def __init__(self, kind: str) -> None:
        self.folder = cache_folder() / kind

    def get(self, key: str, make: Callable[[], T], dump: Callable[[T], bytes], load: Callable[[bytes], T]) -> T:
        """The entry of `key`, made and kept if it is not there or damaged."""
        path = self.folder / key
        stored = _read(path)
        if stored is not None:
            try:
                return load(stored)
            except Exception:  # made by another version of a library: make it again
                pass
        value = make()
        self._write(path, dump(value))
        return value

    def _write(self, path: Path, content: bytes) -> None:
        temporary = None
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=".")
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(content).digest() + content)
            os.replace(temporary, path)
            self._trim()
        except OSError:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)

    def _trim(self) -> None:
        entries = [entry for entry in os.scandir(self.folder) if not entry.name.startswith(".")]
        if len(entries) <= MOST_ENTRIES:
            return

        def age(entry: os.DirEntry[str]) -> float:
            try:
                return entry.stat().st_mtime
            except OSError:  # another process trimmed it
                return 0.0

        for entry in sorted(entries, key=age)[: len(entries) - MOST_ENTRIES]:
            with contextlib.suppress(OSError):
                os.unlink(entry.path)


def _read(path: Path) -> bytes | None:
    try:
        status = os.stat(path.parent)
        if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
            return None  # others may write here, and a checksum is no signature
        blob = path.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(blob[32:]).digest() == blob[:32]:
        return blob[32:]
    with contextlib.suppress(OSError):
        path.unlink()
    return None
