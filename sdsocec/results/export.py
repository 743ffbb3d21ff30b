"""Results as files in a folder: all of them or none.

Everything is first made in memory, then written beside its place, then moved there; a fault at any point leaves the
folder as it was. Files of other names stay, but for those of another result: `provenance.json` lists the files that it speaks
for, so that none of them is left under the provenance of the next.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sdsocec.errors import ProjectError, SdsocecError, nearest_name
from sdsocec.model.project import LoadedModel

from .formats import FORMATS, WRITERS, DataTable, csv_table, with_place, xlsx_files
from .shown import plain_attributes

if TYPE_CHECKING:
    import xarray as xr

PROVENANCE = "provenance.json"
FILES = "files"  # its key for the names of the files that it speaks for


def write_results(
    dataset: xr.Dataset,
    model: LoadedModel,
    folder: str | Path,
    formats: Sequence[str] = ("csv", "nc"),
    language: str = "en",
) -> list[Path]:
    """Write a result into a folder, with its provenance beside it.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    formats : names from {"csv", "xlsx", "nc", "tab"}
        `outcomes.csv` and `outcomes.xlsx` hold the outcomes of the card in the units shown; `results.nc` and
        `<scenario>.tab` hold every variable in the model's units.
    language : {"en", "nl"}
        Of labels and units; `nl` also makes a CSV for Dutch Excel (`;`, decimal comma).

    Returns
    -------
    list of Path
        The files, `provenance.json` last.

    Raises
    ------
    ProjectError
        The folder cannot be written; it is as it was.
    """
    files = render_results(dataset, model, formats, language)
    written = write_files(folder, files)
    return [written / name for name in files]


def render_results(
    dataset: xr.Dataset,
    model: LoadedModel,
    formats: Sequence[str] = ("csv", "nc"),
    language: str = "en",
    tables: Sequence[DataTable] = (),
) -> dict[str, bytes]:
    """The files of `write_results` by name, without writing them; `tables` are files of csv and sheets of xlsx."""
    files: dict[str, bytes] = {}
    for kind in dict.fromkeys(formats):
        if kind not in WRITERS:
            nearest = nearest_name(kind, FORMATS)
            hint = f"Valid: {', '.join(FORMATS)}."
            raise SdsocecError(f"there is no format '{kind}'", name=kind, nearest=nearest, hint=hint)
        if kind == "xlsx":
            files |= xlsx_files(dataset, model, language, [table for table in tables if table.is_for_sheets])
        else:
            files |= WRITERS[kind](dataset, model, language)
        if kind == "csv":
            placed = (with_place(table, dataset, language) for table in tables)
            files |= {f"{table.name}.csv": csv_table(table, language) for table in placed}
    return files | {PROVENANCE: stamp_file(plain_attributes(dataset))}


def stamp_file(attributes: Mapping[str, object]) -> bytes:
    """`provenance.json`, of attributes that JSON knows; `write_files` adds the files that it speaks for."""
    return f"{json.dumps(dict(attributes), indent=2, ensure_ascii=False)}\n".encode()


def choose_folder(base: Path, dataset: xr.Dataset) -> Path:
    """`base`, or `base-2`, `base-3`, ...: the first that is not there, is empty, or holds this same result."""
    attributes = plain_attributes(dataset)
    candidate, number = base, 2
    while not _may_hold(candidate, attributes):
        candidate, number = base.with_name(f"{base.name}-{number}"), number + 1
    return candidate


def _may_hold(folder: Path, attributes: Mapping[str, object]) -> bool:
    if not os.path.lexists(folder):
        return True
    with contextlib.suppress(OSError, ValueError):
        if not any(folder.iterdir()):
            return True
        found, _ = _read_provenance((folder / PROVENANCE).read_bytes())
        return bool(found == json.loads(json.dumps(attributes)))
    return False


def _read_provenance(content: bytes, listing: str = PROVENANCE) -> tuple[dict[str, object], list[str]]:
    """The attributes of a result and the names of its files; names that are no plain ones are left out."""
    found = json.loads(content)
    if not isinstance(found, dict):
        raise ValueError("no provenance")
    listed = found.pop(FILES, None)
    names = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    return found, [name for name in names if name not in ("", "..", listing) and not set(name) & set("/\\:\0")]


def _beside_provenance(folder: Path, files: Mapping[str, bytes], listing: str) -> tuple[dict[str, bytes], list[str]]:
    """The files with their names in the listing, and which files of another result in the folder are to go."""
    if listing not in files:
        return dict(files), []
    new, _ = _read_provenance(files[listing], listing)
    names = [name for name in files if name != listing]
    old: list[str] = []
    with contextlib.suppress(OSError, ValueError):
        before, listed = _read_provenance((folder / listing).read_bytes(), listing)
        old = [name for name in listed if name not in files and _is_file(folder / name)]
        if before == new:  # the same result in other formats: all of them are its own
            names, old = [*names, *old], []
    content = json.dumps(new | {FILES: names}, indent=2, ensure_ascii=False)
    return dict(files) | {listing: f"{content}\n".encode()}, old


def _is_file(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def write_files(folder: str | Path, files: Mapping[str, bytes], listing: str = PROVENANCE) -> Path:
    """Write files into a folder, all or none, and give the folder.

    The folder and those above it are made if they are not there. Files of these names are replaced, others stay. Where the
    listing (by default `provenance.json`) is among the files it gets their names under `files`, and the files that the folder's
    own lists there go, if it is that of another result.

    Raises
    ------
    ProjectError
        It cannot be done; everything is as it was.
    """
    folder = Path(folder)
    assert all(Path(name).name == name for name in files), "files have plain names"
    files, old = _beside_provenance(folder, files, listing)
    try:
        with _undone_on_fault(folder) as is_new:
            # In the folder itself where there is one: it may be a link, or on another disk than the folder above it.
            beside = folder.parent if is_new else folder
            temporary = beside / f".{folder.name}-{uuid.uuid4().hex[:8]}"
            try:
                temporary.mkdir()
                for name, content in files.items():
                    (temporary / name).write_bytes(content)
                if is_new:
                    temporary.rename(folder)
                else:
                    _move_all(temporary, folder, list(files), old)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise _cannot_write(folder, error) from None
    return folder


def check_folder(folder: str | Path) -> None:
    """Raise the ProjectError of `write_files` if nothing could be written there; for what takes long to make."""
    folder = Path(folder)
    above = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
    try:
        with tempfile.TemporaryDirectory(prefix=".", dir=above):
            pass
    except OSError as error:
        raise _cannot_write(folder, error) from None


@contextlib.contextmanager
def _undone_on_fault(folder: Path) -> Iterator[bool]:
    """Whether the folder is new; makes the folders above it, and takes those away again when something fails."""
    if os.path.lexists(folder):
        yield False
        return
    made = [above for above in folder.parents if not os.path.lexists(above)]  # the nearest first
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        yield True
    except BaseException:
        for above in made:
            with contextlib.suppress(OSError):
                above.rmdir()
        raise


def _move_all(temporary: Path, folder: Path, names: Sequence[str], gone: Sequence[str]) -> None:
    """Move files over those of the same names, and others out of the folder; on a fault put all back."""
    old = temporary / ".old"
    old.mkdir()
    kept: list[str] = []
    moved: list[str] = []
    try:
        for name in gone:  # first: a disk may not tell `A.tab` from a new `a.tab`
            os.replace(folder / name, old / name)
            kept.append(name)
        for name in names:
            target = folder / name
            if target.is_dir() and not target.is_symlink():
                raise IsADirectoryError(21, "there is a folder of that name", str(target))
            if os.path.lexists(target):
                os.replace(target, old / name)
                kept.append(name)
            os.replace(temporary / name, target)
            moved.append(name)
    except BaseException:
        for name in moved:
            with contextlib.suppress(OSError):
                (folder / name).unlink()
        for name in kept:
            os.replace(old / name, folder / name)
        raise


def _cannot_write(folder: Path, error: OSError) -> ProjectError:
    reason = (error.strerror or str(error)).lower()
    name = Path(str(error.filename)).name if error.filename else ""
    if isinstance(error, NotADirectoryError | FileExistsError) or (folder.exists() and not folder.is_dir()):
        reason = "there is a file where a folder must be"
    elif isinstance(error, IsADirectoryError):
        reason = f"there is a folder named '{name}' where a file must be"
    elif isinstance(error, PermissionError):
        reason = "no permission, or a file in it is open in another program"
    hint = "Close the program that has it open, or choose another folder (--out DIR on the command line)."
    if not isinstance(error, PermissionError):
        hint = "Choose another folder (--out DIR on the command line)."
    return ProjectError(f"the results cannot be written: {reason}", path=folder, hint=hint)
