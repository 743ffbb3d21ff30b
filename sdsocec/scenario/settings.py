"""What a user may set, and by which name: constants of the .mdl, levers, aliases; each value within its range.

Every way to set a number (`--set`, a scenario file, a table of runs) ends here, so one rule holds for all: a value is a finite
number within the range that the .mdl gives, and a lever's name means its `... scenario`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from sdsocec.engine import constant_values
from sdsocec.errors import Fault, ScenarioError, nearest_name
from sdsocec.model.names import element_name, name_key, split_element_name
from sdsocec.model.project import LoadedModel

ALL_NAMES = "All names: sdsocec model variables"


def settable_of(model: LoadedModel) -> Settable:
    """What may be set in a model, made once for it."""
    known: Settable | None = vars(model).get("_settable")
    if known is None:
        known = vars(model)["_settable"] = Settable(model)
    return known


def read_number(text: str) -> float:
    """A number as typed; ValueError if it is none. Python alone would read 2_5 as 25. It may be infinite or not a number."""
    return float(text.strip().replace("_", "?"))


class Settable:
    """The constants of a model by every name that means them."""

    def __init__(self, model: LoadedModel) -> None:
        self.model = model
        self.values = constant_values(model.equations)
        self.levers = {name_key(lever.name): lever.name for lever in model.card.levers}
        self.aliases = {name_key(alias): name for alias, name in model.card.aliases.items()}
        self._by_key: dict[str, list[str]] = {}
        for name in self.values:
            base, _ = split_element_name(name)
            self._by_key.setdefault(_element_key(name), []).append(name)
            if base != name:
                self._by_key.setdefault(name_key(base), []).append(name)

    def constants(self, name: str) -> list[str]:
        """The constant elements that a name means: one, or all elements of a subscripted constant.

        Raises ScenarioError for a name that is no constant, with the nearest valid one.
        """
        key = name_key(name) if name_key(name) in self._by_key else _element_key(name)
        if key in self.aliases:
            key = _element_key(self.aliases[key])
        if key in self.levers:
            key = name_key(f"{self.levers[key]} scenario")
        if key in self._by_key:
            return self._by_key[key]
        raise ScenarioError(self._unknown(name))

    def _unknown(self, name: str) -> Fault:
        base, elements = split_element_name(name)
        variable = self.model.equations.variables.get(name_key(base))
        if variable is not None and variable.kind == "constant":
            what = f"'{variable.name}' has no element '{','.join(elements)}'"
            nearest = nearest_name(name, self.values)
            return Fault(what, name=name, nearest=nearest, hint=ALL_NAMES)
        if variable is not None:
            return Fault(
                f"'{variable.name}' is {_a(variable.kind)}; only constants and levers can be set",
                self.model.equations.path,
                variable.line,
                variable.equations[0].excerpt,
                hint=f'What it is made of: sdsocec model causes "{variable.name}"',
                name=name,
            )
        valid = [*self.levers.values(), *self._bases(), *self.model.card.aliases]
        return Fault(
            f"'{self.model.name}' has no constant or lever '{name}'",
            name=name,
            nearest=nearest_name(name, valid),
            hint=ALL_NAMES,
        )

    def _bases(self) -> Iterable[str]:
        return dict.fromkeys(split_element_name(name)[0] for name in self.values)

    def out_of_range(self, name: str, value: float) -> tuple[str, str] | None:
        """What is wrong with a value of a constant element, and where its range is; None if nothing is."""
        if not math.isfinite(value):
            return f"'{name}' is {value}; it must be a finite number", ""
        low, high = self.model.ranges[name]
        if (low is None or value >= low) and (high is None or value <= high):
            return None
        variable = self.model.equations.variables[name_key(split_element_name(name)[0])]
        limits = f"between {low:g} and {high:g}" if low is not None and high is not None else (
            f"at least {low:g}" if low is not None else f"at most {high:g}"
        )  # fmt: skip
        unit = f" ({variable.unit})" if variable.unit else ""
        where = f"The range is set in {self.model.equations.path}:{variable.line}."
        return f"'{name}' is {value:g}; it must be {limits}{unit}", where

    def read(self, texts: Iterable[str], option: str = "--set") -> dict[str, float]:
        """Settings as typed, `NAME=VALUE` each, as constants; every fault is listed."""
        found: dict[str, float] = {}
        faults = []
        for text in texts:
            shown = f'{option} "{text}"'
            name, separator, number = text.rpartition("=")
            if not separator or not name.strip():
                faults.append(_not_a_setting(text, shown))
                continue
            try:
                value = read_number(number)
            except ValueError:
                hint = (
                    "Decimals are written with a point."
                    if "," in number
                    else "Write 0.03 for 3 %."
                    if "%" in number
                    else ""
                )
                faults.append(Fault(f"'{number.strip()}' is not a number", excerpt=shown, hint=hint, name=name))
                continue
            try:
                names = self.constants(name.strip())
            except ScenarioError as error:
                faults += [_at(fault, shown) for fault in error.faults]
                continue
            for constant in names:
                wrong = self.out_of_range(constant, value)
                if wrong:
                    faults.append(Fault(wrong[0], excerpt=shown, hint=wrong[1], name=constant))
                    break
                if constant in found:
                    what = f"'{constant}' is set twice, to {found[constant]:g} and to {value:g}"
                    faults.append(Fault(what, excerpt=shown, hint="Keep one of them.", name=constant))
                    break
                found[constant] = value
        if faults:
            raise ScenarioError(faults)
        return found

    def check(self, settings: Mapping[str, Any]) -> dict[str, float]:
        """Settings from Python (name -> number) as constants; every fault is listed."""
        faults: list[Fault] = []
        found: dict[str, float] = {}
        for name, value in settings.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                try:
                    value = float(value)
                except (TypeError, ValueError):
                    faults.append(Fault(f"'{name}' is {value!r}; it must be a number", name=name))
                    continue
            try:
                names = self.constants(name)
            except ScenarioError as error:
                faults += error.faults
                continue
            for constant in names:
                wrong = self.out_of_range(constant, float(value))
                if wrong:
                    faults.append(Fault(wrong[0], hint=wrong[1], name=constant))
                    break
                if constant in found:
                    faults.append(Fault(f"'{constant}' is set twice", name=constant))
                    break
                found[constant] = float(value)
        if faults:
            raise ScenarioError(faults)
        return found


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _element_key(name: str) -> str:
    base, elements = split_element_name(name)
    return element_name(name_key(base), tuple(map(name_key, elements)))


def _at(fault: Fault, shown: str) -> Fault:
    return Fault(fault.what, fault.path, fault.line, fault.excerpt or shown, fault.hint, fault.name, fault.nearest)


def _not_a_setting(text: str, shown: str) -> Fault:
    hint = 'Write NAME=VALUE; a name with a space needs quotes: --set "quota share=0.03"'
    return Fault(f"'{text}' is not a setting", excerpt=shown, hint=hint, name=text)
