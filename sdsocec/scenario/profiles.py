"""Profiles: a place (a municipality, a region) as the model with a few numbers changed, brought to rest anew, and scaled.

A profile is a TOML file in the folder that the card's `profiles` names, beside the scenarios. It sets constants, and a size: the
share of the whole that every amount is multiplied by (people, money; not ratios, which the card tells by `extensive` units).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from sdsocec.cache import digest_of
from sdsocec.errors import Fault, ProjectError, ScenarioError, nearest_name
from sdsocec.model.project import LoadedModel
from sdsocec.model.toml import FileModel, Text, TomlFile

from .files import ConstantSetting
from .settings import settable_of


class Size(FileModel):
    """The share of the whole, in (0, 1]."""

    share: float = Field(gt=0, le=1)
    source: str = Field(min_length=1)


class ProfileFile(FileModel):
    """What a profile's file may hold."""

    name: str
    title: Text
    description: Text
    size: Size
    constants: dict[str, ConstantSetting] = {}


@dataclass(frozen=True)
class Profile:
    """A place.

    Attributes
    ----------
    values : mapping
        Constant elements and what they are set to, in the model's units.
    share : float
        Its size as a share of the whole.
    sources : mapping
        The same constants, and `size`, with on whose word.
    digest : str
        Hash of its file.
    """

    name: str
    title: Text
    description: Text
    share: float
    values: Mapping[str, float]
    sources: Mapping[str, str]
    digest: str


def profile_folder(model: LoadedModel) -> Path | None:
    """Where the profiles of a model are; None if it has none."""
    if model.scenario_folder is None or model.card.profiles is None:
        return None
    return model.scenario_folder / model.card.profiles


def profile_names(model: LoadedModel) -> list[str]:
    """The profiles of a model."""
    folder = profile_folder(model)
    return sorted(path.stem for path in folder.glob("*.toml")) if folder is not None else []


def load_profile(name: str, model: LoadedModel) -> Profile:
    """Load a profile of a model by name.

    Raises
    ------
    ProjectError
        There is no such profile.
    ScenarioError
        Its file is wrong; every fault is listed, with its line.
    """
    names = profile_names(model)
    folder = profile_folder(model)
    if name not in names or folder is None:
        hint = f"Profiles: {', '.join(names)}." if names else "The model has no profiles."
        raise ProjectError(f"there is no profile '{name}'", name=name, nearest=nearest_name(name, names), hint=hint)
    file = TomlFile(folder / f"{name}.toml", ScenarioError)
    content = file.read(ProfileFile)
    settable = settable_of(model)
    faults: list[Fault] = []
    values: dict[str, float] = {}
    sources = {"size": content.size.source}
    if content.name != name:
        faults.append(file.fault(f"the profile's name is '{content.name}', the file's '{name}'", ("name",)))
    for constant, given in content.constants.items():
        try:
            elements = settable.constants(constant)
        except ScenarioError as error:
            fault = error.faults[0]
            faults.append(file.fault(fault.what, ("constants", constant), nearest=fault.nearest, hint=fault.hint))
            continue
        for element in elements:
            wrong = settable.out_of_range(element, given.value)
            if wrong:
                faults.append(file.fault(wrong[0], ("constants", constant, "value"), hint=wrong[1], name=element))
            if element in values:
                faults.append(
                    file.fault(f"'{element}' is set twice in this file", ("constants", constant), name=element)
                )
            values[element], sources[element] = given.value, given.source
    if faults:
        raise ScenarioError(faults)
    return Profile(name, content.title, content.description, content.size.share, values, sources, digest_of(file.text))
