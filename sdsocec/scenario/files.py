"""Scenario files: TOML that sets levers and constants, with a source for each, validated whole before anything runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from sdsocec.cache import digest_of
from sdsocec.errors import Fault, ProjectError, ScenarioError, SdsocecError, UnknownScenario, nearest_name
from sdsocec.model.names import name_key
from sdsocec.model.project import LoadedModel
from sdsocec.model.toml import FileModel, Location, Text, TomlFile

from .settings import Settable, settable_of

PLANE = "plane.toml"


class LeverSetting(FileModel):
    """A lever's value, and when it starts and is in full force (years)."""

    value: float
    from_year: float | None = Field(default=None, alias="from")
    full_year: float | None = Field(default=None, alias="full")
    source: str = Field(min_length=1)


class ConstantSetting(FileModel):
    """Any other constant's value."""

    value: float
    source: str = Field(min_length=1)


class ScenarioFile(FileModel):
    """What a scenario file may hold."""

    name: str
    title: Text
    description: Text
    extends: str | None = None
    levers: dict[str, LeverSetting] = {}
    constants: dict[str, ConstantSetting] = {}


@dataclass(frozen=True)
class Setting:
    """One number that a scenario sets: a constant element of the model, and on whose word."""

    constant: str
    value: float
    source: str
    scenario: str


@dataclass(frozen=True)
class Scenario:
    """A named set of levers.

    `settings` maps constant elements to what they are set to, those of the scenarios it extends included; `digest` is the hash
    of the files behind it.
    """

    name: str
    title: Text
    description: Text
    settings: Mapping[str, Setting] = field(default_factory=dict)
    path: Path | None = None
    digest: str = ""

    @property
    def values(self) -> dict[str, float]:
        """The constants that it sets."""
        return {name: setting.value for name, setting in self.settings.items()}

    def with_settings(self, values: Mapping[str, float], source: str = "set by hand") -> Scenario:
        """The scenario with some constants set otherwise."""
        extra = {name: Setting(name, value, source, self.name) for name, value in values.items()}
        return Scenario(self.name, self.title, self.description, {**self.settings, **extra}, self.path, self.digest)


def as_it_stands(model: LoadedModel) -> Scenario:
    """The model as it stands in its .mdl, nothing set."""
    return Scenario(model.name, model.card.title, Text(nl="Het model zoals het is.", en="The model as it stands."))


def scenario_names(model: LoadedModel) -> list[str]:
    """The scenarios of a model: the card's default ones first, in its order, then the others by name."""
    folder = model.scenario_folder
    if folder is None or not folder.is_dir():
        return []
    found = sorted(path.stem for path in folder.glob("*.toml") if path.name != PLANE)
    first = [name for name in model.card.default_scenarios if name in found]
    return first + [name for name in found if name not in first]


def scenarios_of_names(model: LoadedModel, wanted: Scenario | str | Sequence[Scenario | str] | None) -> list[Scenario]:
    """The scenarios wanted, by name or as they are; by default those of the card.

    Raises ProjectError for a name that is none, or one that is named twice.
    """
    if wanted is None or (not isinstance(wanted, Scenario) and not len(wanted)):
        return default_scenarios(model)
    listed = [wanted] if isinstance(wanted, Scenario | str) else wanted
    chosen = [s if isinstance(s, Scenario) else load_scenario(s, model) for s in listed]
    names = [scenario.name for scenario in chosen]
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise ProjectError(f"the scenario '{twice}' is named twice", name=twice, hint="Name each scenario once.")
    return chosen


def default_scenarios(model: LoadedModel) -> list[Scenario]:
    """What a bare run runs: the card's default scenarios, or the model as it stands if it names none."""
    names = model.card.default_scenarios if model.scenario_folder is not None else ()
    return [load_scenario(name, model) for name in names] or [as_it_stands(model)]


def load_scenario(name_or_path: str | Path, model: LoadedModel) -> Scenario:
    """Load a scenario of a model by name or title, or from a .toml file.

    Raises
    ------
    UnknownScenario, ProjectError
        There is no such scenario, or its file cannot be read.
    ScenarioError
        The file is wrong; every fault of it is listed, with its line.
    """
    return _load(_find(name_or_path, model), model, ())


def _find(name_or_path: str | Path, model: LoadedModel) -> Path:
    text = str(name_or_path)
    if text.endswith(".toml"):
        return Path(text)
    names = scenario_names(model)
    if text in names and model.scenario_folder is not None:
        return model.scenario_folder / f"{text}.toml"
    if not names:
        raise UnknownScenario(
            f"the model '{model.name}' has no scenarios, so there is no '{text}'",
            name=text,
            hint="Give the path of a scenario file (.toml), or set constants: --set NAME=VALUE",
        )
    titles = _titles(model)
    meant = [name for name in names if text.casefold() in (title.casefold() for title in (name, *titles.get(name, ())))]
    if len(meant) == 1 and model.scenario_folder is not None:
        return model.scenario_folder / f"{meant[0]}.toml"
    raise UnknownScenario(
        f"the model '{model.name}' has no scenario '{text}'",
        name=text,
        nearest=nearest_name(text, [*(title for both in titles.values() for title in both), *names]),
        hint=f"Scenarios: {', '.join(names)}.",
    )


def _titles(model: LoadedModel) -> dict[str, tuple[str, str]]:
    """The titles of each scenario whose file can be read."""
    found = {}
    for name in scenario_names(model):
        assert model.scenario_folder is not None, "there are names where there is a folder"
        with contextlib.suppress(SdsocecError):
            title = TomlFile(model.scenario_folder / f"{name}.toml", ScenarioError).read(ScenarioFile).title
            found[name] = (title.nl, title.en)
    return found


def _load(path: Path, model: LoadedModel, above: tuple[Path, ...]) -> Scenario:
    file = TomlFile(path, ScenarioError)
    try:
        content = file.read(ScenarioFile)
    except ScenarioError as error:
        faults = [*error.faults, *_unknown_names(file, model)]
        raise ScenarioError(sorted(faults, key=lambda fault: fault.line or 0)) from None
    settings: dict[str, Setting] = {}
    digests = [file.text]
    if content.extends is not None:
        if Path(content.extends).name != content.extends:
            what = f"'{content.extends}' is a path; a scenario extends another of its folder by name"
            raise ScenarioError(file.fault(what, ("extends",)))
        base = path.parent / f"{content.extends}.toml"
        if not base.is_file() and model.scenario_folder is not None:  # a scenario file from elsewhere
            base = model.scenario_folder / base.name
        chain = (*above, path)
        if base in chain:
            names = " -> ".join(p.stem for p in (*chain[chain.index(base) :], base))
            raise ScenarioError(file.fault(f"these scenarios extend each other: {names}", ("extends",)))
        if not base.is_file():
            siblings = [p.stem for p in path.parent.glob("*.toml")]
            raise ScenarioError(
                file.fault(
                    f"there is no scenario '{content.extends}' to extend", ("extends",),
                    name=content.extends, nearest=nearest_name(content.extends, siblings),
                )
            )  # fmt: skip
        extended = _load(base, model, chain)
        settings |= extended.settings
        digests.append(extended.digest)
    own, faults = _read_settings(file, content, model, settings)
    if content.name != path.stem:
        faults.insert(
            0,
            file.fault(
                f"the scenario's name is '{content.name}', the file's '{path.stem}'",
                ("name",),
                hint=f'Write: name = "{path.stem}"',
            ),
        )
    if faults:
        raise ScenarioError(faults)
    return Scenario(content.name, content.title, content.description, {**settings, **own}, path, digest_of(*digests))


def _unknown_names(file: TomlFile, model: LoadedModel) -> list[Fault]:
    """Misspelt levers and constants of a file that has other faults, so that all come together."""
    settable = settable_of(model)
    faults = []
    levers, constants = (file.data.get(key) for key in ("levers", "constants"))
    for name in levers if isinstance(levers, dict) else ():
        if name_key(name) not in settable.levers:
            faults.append(_unknown_lever(file, name, model, settable))
    for name in constants if isinstance(constants, dict) else ():
        try:
            settable.constants(name)
        except ScenarioError as error:
            faults.append(_unknown_constant(file, name, error.faults[0]))
    return faults


def _unknown_lever(file: TomlFile, name: str, model: LoadedModel, settable: Settable) -> Fault:
    return file.fault(
        f"the model '{model.name}' has no lever '{name}'", ("levers", name),
        name=name, nearest=nearest_name(name, settable.levers.values()), hint=_levers_hint(settable),
    )  # fmt: skip


def _unknown_constant(file: TomlFile, name: str, fault: Fault) -> Fault:
    return file.fault(fault.what, ("constants", name), name=name, nearest=fault.nearest, hint=fault.hint)


def _read_settings(
    file: TomlFile, content: ScenarioFile, model: LoadedModel, inherited: Mapping[str, Setting]
) -> tuple[dict[str, Setting], list[Fault]]:
    settable = settable_of(model)
    start, end = (_year(name, content, inherited, settable) for name in _control_names(model))
    settings: dict[str, Setting] = {}
    faults: list[Fault] = []

    def put(constant: str, value: float, source: str, location: Location) -> None:
        wrong = settable.out_of_range(constant, value)
        if wrong:
            faults.append(file.fault(wrong[0], location, hint=wrong[1], name=constant))
        if constant in settings:
            faults.append(file.fault(f"'{constant}' is set twice in this file", location, name=constant))
        settings[constant] = Setting(constant, value, source, content.name)

    for name, lever in content.levers.items():
        known = settable.levers.get(name_key(name))
        if known is None:
            faults.append(_unknown_lever(file, name, model, settable))
            continue
        put(f"{known} scenario", lever.value, lever.source, ("levers", name, "value"))
        for key, year, constant in (
            ("from", lever.from_year, f"{known} from year"),
            ("full", lever.full_year, f"{known} full year"),
        ):
            if year is None:
                continue
            if start is not None and end is not None and not start <= year <= end:
                what = f"'{key}' of lever '{known}' is {year:g}; the run goes from {start:g} to {end:g}"
                faults.append(file.fault(what, ("levers", name, key), name=known))
            else:
                put(constant, year, lever.source, ("levers", name, key))
        begin, full = (
            year if year is not None else inherited[c].value if c in inherited else settable.values.get(c)
            for year, c in ((lever.from_year, f"{known} from year"), (lever.full_year, f"{known} full year"))
        )
        is_given = lever.from_year is not None or lever.full_year is not None
        if is_given and begin is not None and full is not None and full < begin:
            what = f"lever '{known}' is in full force in {full:g}, before it starts in {begin:g}"
            missing = "full" if lever.full_year is None else "from" if lever.from_year is None else ""
            hint = f"Set '{missing}' too; left out, it keeps its value." if missing else ""
            key = "full" if lever.full_year is not None else "from"
            faults.append(file.fault(what, ("levers", name, key), name=known, hint=hint))
    for name, given in content.constants.items():
        try:
            names = settable.constants(name)
        except ScenarioError as error:
            faults.append(_unknown_constant(file, name, error.faults[0]))
            continue
        for element in names:
            put(element, given.value, given.source, ("constants", name, "value"))
    return settings, faults


def _year(control: str, content: ScenarioFile, inherited: Mapping[str, Setting], settable: Settable) -> float | None:
    """INITIAL TIME or FINAL TIME: the file's, else that of the scenario it extends, else the model's."""
    own = next((given.value for name, given in content.constants.items() if name_key(name) == name_key(control)), None)
    if own is not None:
        return own
    return inherited[control].value if control in inherited else settable.values.get(control)


def _control_names(model: LoadedModel) -> tuple[str, str]:
    variables = model.equations.variables
    return tuple(variables[k].name if k in variables else k for k in ("initial time", "final time"))  # type: ignore[return-value]


def _levers_hint(settable: Settable) -> str:
    return f"Levers: {', '.join(settable.levers.values())}." if settable.levers else "The model's card lists no levers."


def validate_all(
    model: LoadedModel, names: Iterable[str] | None = None
) -> dict[str, ScenarioError | ProjectError | None]:
    """Each scenario with its error, or None if it is right."""
    found: dict[str, ScenarioError | ProjectError | None] = {}
    for name in names if names is not None else scenario_names(model):
        try:
            load_scenario(name, model)
            found[str(name)] = None
        except (ScenarioError, ProjectError) as error:
            found[str(name)] = error
    return found
