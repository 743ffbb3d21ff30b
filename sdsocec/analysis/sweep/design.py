"""`design.toml`: everything that a sweep's numbers depend on, so that it can be carried on, checked and told apart."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from sdsocec.cache import digest_of, source_digest
from sdsocec.errors import ProjectError
from sdsocec.model.distribution import Distribution
from sdsocec.model.ir import Model
from sdsocec.model.project import LoadedModel
from sdsocec.model.toml import FileModel, Text, TomlFile
from sdsocec.results.provenance import own_version
from sdsocec.results.store import Layout, Output, Part
from sdsocec.scenario import Scenario
from sdsocec.scenario.factors import Factor, Kind
from sdsocec.scenario.recipe import Recipe, ScenarioRecipe, scenario_recipes, scenarios_of

DESIGN = "design.toml"
MODEL_COPY = "model.mdl"
# What numbers and files are made by; another version may make others.
LIBRARIES = ("numpy", "scipy", "llvmlite", "zarr", "numcodecs")
PACKAGES = ("sdsocec.model", "sdsocec.engine", "sdsocec.scenario")


class FactorEntry(FileModel):
    """A factor; without a distribution for rows of the user's own."""

    name: str
    constants: tuple[str, ...] = Field(strict=False)
    kind: Kind
    distribution: str = ""
    unit: str
    source: str

    @classmethod
    def of(cls, factor: Factor, is_drawn: bool) -> FactorEntry:
        """The entry of a factor."""
        written = str(factor.distribution) if is_drawn else ""
        return cls(
            name=factor.name, constants=factor.constants, kind=factor.kind, distribution=written, unit=factor.unit,
            source=factor.source,
        )  # fmt: skip

    def factor(self) -> Factor:
        """The factor of the entry."""
        return Factor(
            self.name, self.constants, self.kind, Distribution.parse(self.distribution), self.unit, self.source
        )


class OutputEntry(FileModel):
    """A saved output: an element name, its unit, what readers call it."""

    name: str
    unit: str
    label: Text


class ScenarioEntry(FileModel):
    """A scenario as it was run: `values` are the constants that it sets; `origin`, `file` and `set` are to find it again."""

    name: str
    title: Text
    origin: Literal["project", "file", "plane", "model", "here"]
    file: str = ""
    sha256: str
    set: dict[str, float] = {}
    values: dict[str, float]

    @classmethod
    def of(cls, scenario: Scenario, model: LoadedModel) -> ScenarioEntry:
        """The entry of a scenario."""
        recipe = scenario_recipes([scenario], model)[0]
        values = dict(sorted(scenario.values.items()))
        digest = digest_of(*(part for name, value in values.items() for part in (name, float(value).hex())))
        return cls(
            name=scenario.name, title=scenario.title, origin=recipe.origin, sha256=digest, values=values,
            file=str(scenario.path) if recipe.origin == "file" else "", set=recipe.set if recipe.origin != "here" else {},
        )  # fmt: skip

    def again(self, model: LoadedModel) -> Scenario:
        """The scenario as it is today, found by its name or file."""
        set_here = self.values if self.origin == "here" else self.set
        name = Path(self.file).stem if self.origin == "file" else self.name
        recipe = Recipe(scenarios=(ScenarioRecipe(name=name, origin=self.origin, set=set_here, title=self.title),))
        return scenarios_of(recipe, model, [Path(self.file)] if self.file else [])[0]


class PartEntry(FileModel):
    """Rows that were designed together; `block` of them are run and stored at a time."""

    rows: int = Field(ge=1)
    block: int = Field(ge=1)


class SweepDesign(FileModel):
    """Everything in `design.toml`."""

    model: str
    model_sha256: str
    equilibrium_sha256: str = ""
    design: str
    seed: int
    levels: int = 0
    nominal: tuple[float, ...] = Field(default=(), strict=False)
    rows_file: str = ""
    rows_sha256: str = ""
    initial: str
    time_step: float = 0.0  # a design of an older version does not tell
    saving: float
    times: tuple[float, ...] = Field(strict=False)
    time_unit: str
    versions: dict[str, str]
    outputs: tuple[OutputEntry, ...] = Field(alias="output", strict=False, min_length=1)
    parts: tuple[PartEntry, ...] = Field(alias="part", strict=False, min_length=1)
    factors: tuple[FactorEntry, ...] = Field(alias="factor", strict=False, min_length=1)
    scenarios: tuple[ScenarioEntry, ...] = Field(alias="scenario", strict=False, min_length=1)

    @property
    def n(self) -> int:
        """Number of rows."""
        return sum(part.rows for part in self.parts)

    @property
    def layout(self) -> Layout:
        """What the store's arrays hold."""
        return Layout(
            tuple(Output(o.name, o.unit, o.label.en) for o in self.outputs), tuple(s.name for s in self.scenarios), self.times,
            self.time_unit, tuple(Part(p.rows, p.block) for p in self.parts),
        )  # fmt: skip

    def text(self) -> str:
        """The file."""
        return to_toml(self.model_dump(by_alias=True, exclude_defaults=True))

    def without_paths(self) -> SweepDesign:
        """The design without where files of scenarios are on this machine."""
        return self.model_copy(update={"scenarios": tuple(s.model_copy(update={"file": ""}) for s in self.scenarios)})

    def attributes(self) -> dict[str, Any]:
        """Where the numbers come from, in short."""
        return {
            "model": self.model, "model_sha256": self.model_sha256, "design": self.design, "seed": self.seed,
            "scenarios_sha256": json.dumps({scenario.name: scenario.sha256 for scenario in self.scenarios}),
            "initial": self.initial, **({"time_step": self.time_step} if self.time_step else {}), "integrator": "euler",
            "design_sha256": hashlib.sha256(self.without_paths().text().encode()).hexdigest(),
            "sdsocec_version": self.versions["sdsocec"],
            "library_versions": ", ".join(f"{name} {self.versions[name]}" for name in LIBRARIES if name in self.versions),
        }  # fmt: skip

    @property
    def other_versions(self) -> list[tuple[str, str, str]]:
        """What is of another version than the sweep was made with: name, version here, version then."""
        here = versions()
        return [(name, here.get(name, "none"), was) for name, was in self.versions.items() if here.get(name) != was]


def read_design(folder: Path) -> SweepDesign:
    """The design of a sweep.

    Raises ProjectError if the folder is not there, is no sweep, or its design cannot be read.
    """
    if not folder.is_dir():
        raise ProjectError(f"there is no sweep '{folder}'", path=folder, hint="Make one: sdsocec sweep -o DIR")
    if not (folder / DESIGN).is_file():
        raise ProjectError(
            f"'{folder}' is not a sweep: it holds no {DESIGN}", path=folder, hint="Name the folder that -o gave."
        )
    return TomlFile(folder / DESIGN, ProjectError).read(SweepDesign)


def design_of_text(text: str, path: Path) -> SweepDesign:
    """The design that a stamp holds; ProjectError, of the file at `path`, if it is none."""
    try:
        return SweepDesign.model_validate(tomllib.loads(text))
    except (ValueError, RecursionError):
        raise ProjectError(
            f"the stamp of '{path}' holds no design of a sweep that can be read", path=path,
            hint="It was changed, or written by another version of sdsocec.",
        ) from None  # fmt: skip


@cache
def versions() -> dict[str, str]:
    """What the numbers of a sweep are made by."""
    own = digest_of(*map(source_digest, PACKAGES))[:16]
    return {"sdsocec": own_version(), "engine": own, **{name: version(name) for name in LIBRARIES}}


def equilibrium_digest(model: LoadedModel, initial: str) -> str:
    """The hash of how the card brings the model to rest, where runs start from there."""
    if initial != "equilibrium" or model.card.equilibrium is None:
        return ""
    return digest_of(json.dumps(model.card.equilibrium.model_dump(mode="json"), sort_keys=True))


def differences(old: SweepDesign, new: SweepDesign, folder: Path, model: LoadedModel) -> list[str]:
    """What differs between the design of a sweep and another, each a sentence; parts are left to the caller."""
    found = []
    if old.model_sha256 != new.model_sha256:
        found.append(f"the model is another: {_changed_equations(folder, model.equations)}")
    elif old.equilibrium_sha256 != new.equilibrium_sha256 and old.initial == new.initial:
        found.append("the card brings the model to rest in another way ([equilibrium])")
    for name in dict.fromkeys([*old.versions, *new.versions]):
        here, there = new.versions.get(name, "none"), old.versions.get(name, "none")
        if here != there:
            what = "the code that runs models" if name == "engine" else name
            found.append(f"{what} is {here}; the sweep was made with {there}")
    for what, a, b in (
        ("the design", old.design, new.design),
        ("the seed", old.seed, new.seed),
        ("the number of levels", old.levels, new.levels),
        ("the start", old.initial, new.initial),
        ("the saving step", f"{old.saving:g}", f"{new.saving:g}"),
        ("the outcomes", ", ".join(o.name for o in old.outputs), ", ".join(o.name for o in new.outputs)),
        ("the scenarios", ", ".join(s.name for s in old.scenarios), ", ".join(s.name for s in new.scenarios)),
        ("the factors", ", ".join(f.name for f in old.factors), ", ".join(f.name for f in new.factors)),
    ):
        if a != b:
            found.append(f"{what}: {b}; the sweep has {a}")
    if old.rows_sha256 != new.rows_sha256 and old.design == new.design:
        found.append("the file of rows holds other rows")
    by_name = {f.name: f for f in old.factors}
    for factor in new.factors:
        before = by_name.get(factor.name)
        if before is not None and before.distribution != factor.distribution:
            found.append(f"'{factor.name}' is {factor.distribution}; the sweep has {before.distribution}")
        elif before is not None and before.constants != factor.constants:
            found.append(f"'{factor.name}' sets other constants")
    known = {s.name: s for s in old.scenarios}
    for scenario in new.scenarios:
        if scenario.name in known and scenario.sha256 != known[scenario.name].sha256:
            found.append(
                f"the scenario '{scenario.name}' has changed: {_changed_values(known[scenario.name], scenario)}"
            )
    if not found and old.nominal != new.nominal:
        found.append("the values that factors are varied from are others")
    return found


def _changed_values(old: ScenarioEntry, new: ScenarioEntry) -> str:
    names = [n for n in dict.fromkeys([*old.values, *new.values]) if old.values.get(n) != new.values.get(n)]
    first = names[0]

    def shown(values: Mapping[str, float]) -> str:
        return repr(values[first]) if first in values else "not set"

    return f"'{first}' is {shown(new.values)}, was {shown(old.values)}" + _and_more(len(names) - 1)


def _changed_equations(folder: Path, equations: Model) -> str:
    """Which variables of a model are others than in the copy that the sweep keeps."""
    from sdsocec.errors import SdsocecError
    from sdsocec.model.reader import read_model

    try:
        before = read_model(folder / MODEL_COPY)
    except SdsocecError:
        return "its file has another hash"

    def texts(model: Model) -> dict[str, list[str]]:
        return {v.name: [" ".join(e.text.split()) for e in v.equations] for v in model.variables.values()}

    old, new = texts(before), texts(equations)
    names = [n for n in dict.fromkeys([*new, *old]) if old.get(n) != new.get(n)]
    if not names:
        return "ranges, units or documentation have changed"
    first = names[0]

    def shown(texts: dict[str, list[str]]) -> str:
        return f'"{texts[first][0][:80]}"' if first in texts else "not there"

    return f"'{first}' is {shown(new)}, was {shown(old)}" + _and_more(len(names) - 1)


def _and_more(n: int) -> str:
    return f" (and {n} more)" if n else ""


def to_toml(data: Mapping[str, Any]) -> str:
    """TOML of plain values, tables and lists of tables, in their order; floats in full, small tables in a line."""
    lines: list[str] = []
    _table(data, (), lines)
    return "\n".join(lines).strip() + "\n"


def _table(data: Mapping[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    inner = {k: v for k, v in data.items() if _is_tables(v) or (isinstance(v, Mapping) and len(v) > 2)}
    lines += [f"{_key(k)} = {_value(v)}" for k, v in data.items() if k not in inner]
    for key, value in inner.items():
        name = ".".join(map(_key, (*path, key)))
        for table in value if _is_tables(value) else [value]:
            lines += ["", f"[[{name}]]" if _is_tables(value) else f"[{name}]"]
            _table(table, (*path, key), lines)


def _is_tables(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and bool(value) and isinstance(value[0], Mapping)


def _value(value: Any) -> str:
    if isinstance(value, str):  # JSON's text is TOML's, but for one letter
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").replace("-", "").isalnum() else _value(key)
