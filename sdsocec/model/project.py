"""Which models and scenarios belong together: a project is a folder that holds `models/` and `scenarios/`.

The nearest such folder upwards counts, or the one that the user names, or the one that comes with sdsocec.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sdsocec.errors import ProjectError, nearest_name

from .card import CARD, Card, bare_card, read_card
from .ir import Model
from .names import element_name
from .reader import read_model
from .source import read_bytes
from .toml import FileModel, TomlFile

MODEL_FILE = "model.mdl"


class _Default(FileModel):
    model: str


@dataclass(frozen=True)
class Project:
    """A folder with `models/` and `scenarios/`."""

    root: Path
    is_bundled: bool = False

    def __str__(self) -> str:
        return "the models that come with sdsocec" if self.is_bundled else str(self.root)

    @property
    def model_names(self) -> list[str]:
        """The models of the project."""
        return sorted(path.parent.name for path in (self.root / "models").glob(f"*/{MODEL_FILE}"))

    @property
    def default_model(self) -> str:
        """The model that a bare command means."""
        file = TomlFile(self.root / "models" / "default.toml", ProjectError)
        return file.read(_Default).model

    def scenario_folder(self, model_name: str) -> Path:
        """Where the scenarios of a model are."""
        return self.root / "scenarios" / model_name


def bundled_project() -> Project:
    """The project that comes with sdsocec: in the wheel beside this package, in a checkout at its root."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "_bundled"
    return Project(inside if inside.is_dir() else package.parent, is_bundled=True)


def find_project(chosen: Path | None = None, start: Path | None = None) -> Project:
    """The chosen project, else the nearest upwards of `start` (the working directory), else the bundled one."""
    if chosen is not None:
        if not _is_project(chosen):
            raise ProjectError(
                f"'{chosen}' is not a project",
                path=chosen,
                hint="A project holds the folders models/ and scenarios/. Make one: sdsocec init DIR",
            )
        return Project(chosen)
    bundled = bundled_project()
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if _is_project(folder):
            return bundled if folder == bundled.root.resolve() else Project(folder)
    return bundled


def _is_project(folder: Path) -> bool:
    return (folder / "models").is_dir() and (folder / "scenarios").is_dir()


@dataclass(frozen=True)
class LoadedModel:
    """A model's equations with its card and its place.

    `name` is its folder's name (or its file's stem); `project` is the one that its file lies in, None if it lies in none;
    `is_of_current_project` tells whether that is the project of the working folder, whose code is trusted. `card_sha256` is the
    hash of the card's file, empty without one.
    """

    name: str
    equations: Model
    card: Card
    project: Project | None
    is_of_current_project: bool = True
    card_sha256: str = ""

    @property
    def folder(self) -> Path:
        """The folder of the .mdl."""
        return self.equations.path.parent

    @property
    def scenario_folder(self) -> Path | None:
        """Where its scenarios are; None for a .mdl outside the project."""
        return self.project.scenario_folder(self.name) if self.project else None

    @cached_property
    def ranges(self) -> dict[str, tuple[float | None, float | None]]:
        """The range of every constant element, by element name."""
        found = {}
        for variable in self.equations.variables.values():
            if variable.kind == "constant":
                for equation in variable.equations:
                    for element in self.equations.equation_elements(equation):
                        shown = tuple(self.equations.shown.get(e, e) for e in element)
                        found[element_name(variable.name, shown)] = variable.range
        return found


def as_loaded(model: LoadedModel | str | Path | None) -> LoadedModel:
    """The model itself, or loaded by its name or path; by default the project's default model."""
    return model if isinstance(model, LoadedModel) else load_model(model)


def load_model(name_or_path: str | Path | None = None, project: Project | None = None) -> LoadedModel:
    """Load a model with its card.

    Parameters
    ----------
    name_or_path : str or Path, optional
        A model of the project by name (`first_steps`), a folder that holds a `model.mdl`, or any .mdl file; by default the
        project's default model.
    project : Project, optional
        By default the nearest upwards, or the one that comes with sdsocec.

    Raises
    ------
    ProjectError
        There is no such model, or a file cannot be read.
    ModelError
        The model or its card is wrong; every fault is listed.
    """
    project = project or find_project()
    if name_or_path is None:
        name_or_path = project.default_model
    text = str(name_or_path)
    named = project.root / "models" / text / MODEL_FILE
    path = Path(text)
    if _is_plain_name(text) and named.is_file():
        path = named
    elif path.is_dir() and (path / MODEL_FILE).exists():
        path = path / MODEL_FILE
    elif path.is_dir():
        raise ProjectError(f"the folder '{path}' holds no {MODEL_FILE}", path=path)
    elif not path.suffix and not path.exists():
        raise ProjectError(
            f"there is no model '{text}'",
            name=text,
            nearest=nearest_name(text, project.model_names),
            hint=f"Models of {project}: {', '.join(project.model_names)}. Or give the path of a .mdl file.",
        )
    equations = read_model(path)
    has_card = path.name == MODEL_FILE and (path.parent / CARD).exists()
    digest = hashlib.sha256(read_bytes(path.parent / CARD)).hexdigest() if has_card else ""
    card = read_card(path.parent / CARD, equations) if has_card else bare_card(equations)
    own = _project_of(path)
    in_project = own is not None
    is_current = own is not None and own.root.resolve() == project.root.resolve()
    name = path.resolve().parent.name if has_card or in_project else path.stem
    return LoadedModel(name, equations, card, project if is_current else own, is_current, digest)


def _project_of(path: Path) -> Project | None:
    """The project whose `models/<name>/` holds a file."""
    folder = path.resolve().parent
    root = folder.parent.parent
    if folder.parent.name != "models" or not _is_project(root):
        return None
    return Project(root, is_bundled=root == bundled_project().root.resolve())


def _is_plain_name(text: str) -> bool:
    return Path(text).name == text and not text.endswith(".mdl")
