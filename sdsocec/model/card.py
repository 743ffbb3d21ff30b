"""The card of a model (`model.toml`): what readers are shown, who holds a lever, what is uncertain, how people move.

Ranges and values stand in the .mdl only. A model without a card gets one: every stock is an outcome.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Literal

from pydantic import Field

from sdsocec.errors import Fault, ModelError, nearest_name

from .ir import Model
from .names import name_key, split_element_name
from .record import Calibration, Series
from .toml import FileModel, Text, TomlFile

CARD = "model.toml"
OUTSIDE = "outside"
_DISTRIBUTION = re.compile(r"\s*(uniform|triangular)\s*\(([^()]*)\)\s*$")


class ShownUnit(FileModel):
    """How a unit of the model is shown to readers: value x factor, under another name.

    `extensive` units are amounts (people, money): a profile scales them by its size. Below `smallest` (in the model's unit) an
    amount is too small to mean anything.
    """

    factor: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    shown: Text
    extensive: bool = False
    smallest: float = Field(default=0.0, ge=0, allow_inf_nan=False)


class Outcome(FileModel):
    """A variable by which the study judges."""

    variable: str
    label: Text
    direction: Literal["lower", "higher", "neutral"] = "neutral"


class Lever(FileModel):
    """Something that policy sets: four constants of the model (`X baseline`, `X scenario`, `X from year`, `X full year`)."""

    name: str
    holder: str
    label: Text


class Uncertainty(FileModel):
    """A constant that nobody sets, with how it may be distributed."""

    name: str
    distribution: str
    source: str


class PeopleFlow(FileModel):
    """A flow of people from one stock to another, or from or to `outside`."""

    variable: str
    from_stock: str = Field(alias="from")
    to_stock: str = Field(alias="to")


class Consistent(FileModel):
    """A constant that equals a variable where the model rests; rounded to so many decimals."""

    variable: str
    digits: int = Field(default=6, ge=0, le=15)


class Equilibrium(FileModel):
    """How the model is brought to rest: constants set so that nothing drives it, then run for some time.

    `sums` fixes the sum of stocks by a constant (all people); `consistent` constants follow the state found; stocks `apart`
    are not at rest when the model starts.
    """

    duration: float = Field(gt=0, allow_inf_nan=False)
    set: dict[str, float]
    sums: dict[str, list[str]] = {}
    consistent: dict[str, Consistent] = {}
    apart: tuple[str, ...] = Field(default=(), strict=False)


class Card(FileModel):
    """Everything in `model.toml`."""

    title: Text
    default_scenarios: tuple[str, ...] = Field(default=(), strict=False)
    units: dict[str, ShownUnit] = {}
    aliases: dict[str, str] = {}
    outcomes: tuple[Outcome, ...] = Field(default=(), alias="outcome", strict=False)
    levers: tuple[Lever, ...] = Field(default=(), alias="lever", strict=False)
    uncertainties: tuple[Uncertainty, ...] = Field(default=(), alias="uncertainty", strict=False)
    people_flows: tuple[PeopleFlow, ...] = Field(default=(), alias="people_flow", strict=False)
    equilibrium: Equilibrium | None = None
    series: tuple[Series, ...] = Field(default=(), strict=False)
    calibration: Calibration | None = None
    profiles: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]+$")

    def unit(self, unit: str) -> tuple[float, Text]:
        """The factor and the name under which a unit of the model is shown."""
        if unit in self.units:
            return self.units[unit].factor, self.units[unit].shown
        return 1.0, Text(nl=unit, en=unit)

    def lever_constants(self) -> tuple[str, ...]:
        """The constants that scenarios may set."""
        return tuple(f"{lever.name} {part}" for lever in self.levers for part in LEVER_PARTS)

    def listed_constants(self) -> tuple[str, ...]:
        """Levers and uncertainties: what a design usually varies."""
        return (*self.lever_constants(), *(u.name for u in self.uncertainties))


LEVER_PARTS = ("baseline", "scenario", "from year", "full year")


def read_card(path: Path, model: Model) -> Card:
    """The card of a model, every name in it checked against the model.

    Raises ModelError with every fault of the file.
    """
    file = TomlFile(path, ModelError)
    card = file.read(Card)
    faults = _name_faults(file, card, model)
    if faults:
        raise ModelError(faults)
    return card


def bare_card(model: Model) -> Card:
    """The card of a model that has none: every stock is an outcome."""
    shown = [v for v in model.variables.values() if v.kind == "stock"]
    outcomes = tuple(Outcome(variable=v.name, label=Text(nl=v.name, en=v.name)) for v in shown)
    title = Text(nl=model.path.stem, en=model.path.stem)
    return Card(title=title, outcome=outcomes)


def _name_faults(file: TomlFile, card: Card, model: Model) -> list[Fault]:
    faults = []
    names = [v.name for v in model.variables.values()]

    def check(name: str, *location: str | int, kinds: tuple[str, ...] = ()) -> None:
        base, elements = split_element_name(name)
        variable = model.variables.get(name_key(base))
        if variable is None:
            what = f"'{model.path.name}' has no variable '{base}'"
            faults.append(file.fault(what, location, name=base, nearest=nearest_name(base, names)))
        elif kinds and variable.kind not in kinds:
            faults.append(file.fault(f"'{base}' is a {variable.kind}, not a {' or '.join(kinds)}", location, name=base))
        elif elements and tuple(map(name_key, elements)) not in model.elements(variable):
            faults.append(file.fault(f"'{base}' has no element '{','.join(elements)}'", location, name=name))

    for i, outcome in enumerate(card.outcomes):
        check(outcome.variable, "outcome", i, "variable")
    for i, lever in enumerate(card.levers):
        for part in LEVER_PARTS:
            check(f"{lever.name} {part}", "lever", i, "name", kinds=("constant",))
    for i, uncertainty in enumerate(card.uncertainties):
        check(uncertainty.name, "uncertainty", i, "name", kinds=("constant",))
        match = _DISTRIBUTION.match(uncertainty.distribution)
        if match is None or not _is_ordered(match[2], {"uniform": 2, "triangular": 3}[match[1]]):
            what = f"'{uncertainty.distribution}' is not a distribution"
            hint = "Write uniform(low, high) or triangular(low, mode, high), the numbers in this order."
            faults.append(file.fault(what, ("uncertainty", i, "distribution"), hint=hint))
    for alias, name in card.aliases.items():
        check(name, "aliases", alias)
        if name_key(alias) in model.variables:
            faults.append(file.fault(f"the alias '{alias}' is the name of a variable", ("aliases", alias), name=alias))
    for i, flow in enumerate(card.people_flows):
        check(flow.variable, "people_flow", i, "variable")
        for end, stock in (("from", flow.from_stock), ("to", flow.to_stock)):
            if stock != OUTSIDE:
                check(stock, "people_flow", i, end, kinds=("stock",))
    for i, series in enumerate(card.series):
        check(series.variable, "series", i, "variable")
        if series.name in [other.name for other in card.series[:i]]:
            faults.append(file.fault(f"two series are called '{series.name}'", ("series", i, "name"), name=series.name))
    for name in card.calibration.free if card.calibration else ():
        check(name, "calibration", "free", kinds=("constant",))
    rest = card.equilibrium
    if rest is not None:
        for name in rest.set:
            check(name, "equilibrium", "set", kinds=("constant",))
        for name, stocks in rest.sums.items():
            check(name, "equilibrium", "sums", name, kinds=("constant",))
            for stock in stocks:
                check(stock, "equilibrium", "sums", name, kinds=("stock",))
        for name, consistent in rest.consistent.items():
            check(name, "equilibrium", "consistent", name, kinds=("constant",))
            check(consistent.variable, "equilibrium", "consistent", name)
        for stock in rest.apart:
            check(stock, "equilibrium", "apart", kinds=("stock",))
    return faults


def _is_ordered(numbers: str, n: int) -> bool:
    """Whether a text holds so many finite numbers, the first below the last and none out of order."""
    try:
        values = [float(number) for number in numbers.split(",")]
    except ValueError:
        return False
    return len(values) == n and all(map(math.isfinite, values)) and values == sorted(values) and values[0] < values[-1]
