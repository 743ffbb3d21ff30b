"""The files of a model's checks: where they are, whether they may run, and the checks that they hold."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from sdsocec.errors import Fault, ProjectError
from sdsocec.model.project import LoadedModel
from sdsocec.model.source import read_bytes

from .declaration import RealityCheck

CHECKS = "checks"  # checks.py, or a folder of files


def has_checks(model: LoadedModel) -> bool:
    """Whether the model's folder holds reality checks."""
    return (model.folder / f"{CHECKS}.py").is_file() or (model.folder / CHECKS).is_dir()


def digest_of_checks(model: LoadedModel) -> str:
    """One hash of the files of the model's checks."""
    path = _place_of_checks(model)
    files = [path] if path.is_file() else sorted(path.glob("*.py"))
    return hashlib.sha256(b"".join(hashlib.sha256(read_bytes(file)).digest() for file in files)).hexdigest()


def is_trusted(model: LoadedModel, trust_code: bool = False) -> bool:
    """Whether the model's checks may run: they are code."""
    return trust_code or bool(model.project and model.is_of_current_project)


def load_checks(model: LoadedModel, trust_code: bool = False) -> list[RealityCheck]:
    """The checks of a model, in the order of its `checks.py`, or of the files of its folder `checks` by name; this runs them.

    Files of the folder import from each other with `from .shared import ...`.

    Raises ProjectError if the model has none, or if they lie outside the project and are not trusted.
    """
    path = _place_of_checks(model)
    if not is_trusted(model, trust_code):
        raise ProjectError(
            f"'{path}' is code from outside the project, so it is not run",
            path=path,
            hint="Read it; if you trust it, add --trust-code.",
        )
    named = (getattr(value, "reality_check", None) for module in _import(path) for value in vars(module).values())
    found = list(dict.fromkeys(check for check in named if isinstance(check, RealityCheck)))
    if not found:
        raise ProjectError(
            "the file holds no reality checks" if path.is_file() else "the folder holds no reality checks",
            path=path,
            hint="A check is a function with @reality_check(claim, source=...).",
        )
    return found


def _place_of_checks(model: LoadedModel) -> Path:
    file, folder = model.folder / f"{CHECKS}.py", model.folder / CHECKS
    if file.is_file() and folder.is_dir():
        raise ProjectError(
            f"the model '{model.name}' has both a file and a folder of reality checks",
            path=file,
            hint=f"Move the file into the folder '{folder}'.",
        )
    if not (file.is_file() or folder.is_dir()):
        raise ProjectError(
            f"the model '{model.name}' has no reality checks",
            path=file,
            hint="Write some: functions with @sdsocec.reality_check, as in models/first_steps/checks.",
        )
    return file if file.is_file() else folder


class _FromSource(SourceFileLoader):
    """Runs the file that its reader sees: no .pyc beside it is read or written."""

    def get_code(self, fullname: str) -> CodeType:
        path = Path(self.get_filename(fullname))
        return self.source_to_code(read_bytes(path), str(path))


def _import(path: Path) -> list[ModuleType]:
    """The modules of `checks.py`, or of each file of the folder: of a package that has a name of its own for these contents."""
    folder, files = (path.parent, [path]) if path.is_file() else (path, sorted(path.glob("*.py")))
    contents = (hashlib.sha256(read_bytes(file)).digest() for file in sorted(folder.glob("*.py")))
    package = f"sdsocec_checks_{hashlib.sha256(b''.join([str(folder.resolve()).encode(), *contents])).hexdigest()[:16]}"
    spec = ModuleSpec(package, None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    sys.modules[package] = importlib.util.module_from_spec(spec)
    sys.path_importer_cache[str(folder)] = FileFinder(str(folder), (_FromSource, [".py"]))
    modules = []
    for file in files:
        try:
            modules.append(importlib.import_module(f"{package}.{file.stem}"))
        except Exception as error:
            place = place_in(error, folder) or (file, getattr(error, "lineno", None))
            raise ProjectError(Fault(f"the checks cannot be read: {type(error).__name__}: {error}", *place)) from error
    return modules


def place_in(error: BaseException, folder: Path) -> tuple[Path, int | None] | None:
    """The last place in a folder's files that an error came through."""
    import traceback

    if isinstance(error, SyntaxError) and error.filename:
        return Path(error.filename), error.lineno
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).parent == folder]
    return (Path(frames[-1].filename), frames[-1].lineno) if frames else None
