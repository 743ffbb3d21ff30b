"""The card of a model (`model.toml`): what readers are shown, who holds a lever, what is uncertain, how people move.

Ranges and values stand in the .mdl only. A model without a card gets one: every stock is an outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from sdsocec.errors import Fault, ModelError, nearest_name

from .distribution import HINT, Distribution
from .ir import Model
from .names import element_name, name_key, split_element_name
from .people import OUTSIDE, BadFlow, Move, expand_flow
from .record import Calibration, Series
from .toml import FileModel, Text, TomlFile
from .units import is_dimensionless, unit_of_quotient

CARD = "model.toml"


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
    """A variable by which the study judges.

    `shown` says how: "yes/no" is 1 or 0, "share" a part of a whole, from 0 to 1 by its definition, and read as a percentage.
    `note` is what a reader must know to read it, below every table that has it.
    """

    variable: str
    label: Text
    direction: Literal["lower", "higher", "neutral"] = "neutral"
    shown: Literal["number", "share", "yes/no"] = "number"
    note: Text | None = None


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
    """A flow of people from one stock to another, or from or to `outside`; `people` says how their indices are written.

    `label` names a move that leaves people where they are, and changes their group only.
    """

    variable: str
    from_stock: str = Field(alias="from")
    to_stock: str = Field(alias="to")
    label: Text | None = None


@dataclass(frozen=True)
class PeopleCell:
    """An element of a people stock: where people are (`place`: its elements, or the stock), and of which group, if any."""

    name: str
    stock: str
    place: str
    group: str


class Part(FileModel):
    """A row or column of a table of people: a name for some places (elements or stocks), or for some groups (elements)."""

    label: Text
    of: tuple[str, ...] = Field(min_length=1, strict=False)


class PeopleTable(FileModel):
    """Who is where: rows hold every place of the people stocks once, columns every group once (or there are none).

    `shares` are parts of all people of a column; `note` stands below the table.
    """

    title: Text
    rows: tuple[Part, ...] = Field(min_length=1, strict=False)
    columns: tuple[Part, ...] = Field(default=(), strict=False)
    shares: tuple[Part, ...] = Field(default=(), strict=False)
    note: Text | None = None


class Cost(FileModel):
    """A row of the table of costs: an amount as it is (`level`), or how much more or less it is than in the baseline."""

    label: Text
    variable: str
    shown: Literal["level", "more", "less"] = "level"


class CostEffect(FileModel):
    """What a unit of effect costs, both against the baseline; `unit` is that of the quotient, in the model's units.

    No number is given, and what is so is said instead, where the effect is `too_small` (below `smallest`, in its own unit) or
    `negative`, and where it comes with lower costs (`cheaper`): then a quotient ranks the wrong way round.
    """

    label: Text
    cost: str
    effect: str
    counts: Literal["more", "less"] = "more"
    unit: str
    smallest: float = Field(gt=0, allow_inf_nan=False)
    too_small: Text
    negative: Text
    cheaper: Text


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
    """Everything in `model.toml`.

    `profiles_caution` is what a reader of a place's numbers is told first.
    `claims` are the reality checks that state what the study claims: by what stands before the colon of a check's claim, or by
    the name of its function; with the claim as readers are told it.
    """

    title: Text
    overview: tuple[str, ...] = Field(default=(), strict=False)
    default_scenarios: tuple[str, ...] = Field(default=(), strict=False)
    units: dict[str, ShownUnit] = {}
    aliases: dict[str, str] = {}
    outcomes: tuple[Outcome, ...] = Field(default=(), alias="outcome", strict=False)
    levers: tuple[Lever, ...] = Field(default=(), alias="lever", strict=False)
    uncertainties: tuple[Uncertainty, ...] = Field(default=(), alias="uncertainty", strict=False)
    people_flows: tuple[PeopleFlow, ...] = Field(default=(), alias="people_flow", strict=False)
    people_group: str | None = None
    people_tables: tuple[PeopleTable, ...] = Field(default=(), alias="people_table", strict=False)
    costs: tuple[Cost, ...] = Field(default=(), alias="cost", strict=False)
    cost_effects: tuple[CostEffect, ...] = Field(default=(), alias="cost_effect", strict=False)
    labels: dict[str, Text] = {}
    claims: dict[str, Text] = {}
    holders: dict[str, Text] = {}
    equilibrium: Equilibrium | None = None
    series: tuple[Series, ...] = Field(default=(), strict=False)
    calibration: Calibration | None = None
    profiles: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]+$")
    profiles_caution: Text | None = None

    def unit(self, unit: str) -> tuple[float, Text]:
        """The factor and the name under which a unit of the model is shown."""
        if unit in self.units:
            return self.units[unit].factor, self.units[unit].shown
        return 1.0, Text(nl=unit, en=unit)

    @property
    def baseline(self) -> str | None:
        """The scenario that others are compared with: the first default one."""
        return self.default_scenarios[0] if self.default_scenarios else None

    def holder_label(self, holder: str, language: str) -> str:
        """Who holds a lever, as readers say it."""
        return self.holders[holder].in_language(language) if holder in self.holders else holder

    def element_label(self, element: str, language: str) -> str:
        """An element or a variable as readers say it: its label, that of the outcome it is, or its name."""
        key = name_key(element)
        for name, label in self.labels.items():
            if name_key(name) == key:
                return label.in_language(language)
        labels = (o.label.in_language(language) for o in self.outcomes if name_key(o.variable) == key)
        return next(labels, element)

    def moves(self, model: Model) -> list[Move]:
        """Every flow of people, element by element; see `people`."""
        return [
            move
            for i, flow in enumerate(self.people_flows)
            for move in expand_flow(model, flow.variable, flow.from_stock, flow.to_stock, i)
        ]

    def people_stocks(self) -> list[str]:
        """The stocks that the flows of people leave and enter, in their order on the card."""
        ends = (end for flow in self.people_flows for end in (flow.from_stock, flow.to_stock) if end != OUTSIDE)
        return list(dict.fromkeys(name_key(split_element_name(end)[0]) for end in ends))

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

    def check(name: str, *location: str | int, kinds: tuple[str, ...] = (), one: bool | None = None) -> None:
        """`one`: whether it must be a single number, or (False) a whole variable."""
        base, elements = split_element_name(name)
        variable = model.variables.get(name_key(base))
        if variable is None:
            what = f"'{model.path.name}' has no variable '{base}'"
            faults.append(file.fault(what, location, name=base, nearest=nearest_name(base, names)))
        elif kinds and variable.kind not in kinds:
            faults.append(file.fault(f"'{base}' is a {variable.kind}, not a {' or '.join(kinds)}", location, name=base))
        elif one is False and elements:
            faults.append(file.fault(f"'{name}' is an element; name the whole variable", location, name=name))
        elif one and variable.dimensions and not elements:
            example = model.element_names(variable)[0]
            what = f"'{base}' has many elements; name one, as in '{example}'"
            faults.append(file.fault(what, location, name=base))
        elif elements and tuple(map(name_key, elements)) not in model.elements(variable):
            faults.append(file.fault(f"'{base}' has no element '{','.join(elements)}'", location, name=name))

    for i, outcome in enumerate(card.outcomes):
        check(outcome.variable, "outcome", i, "variable")
    shown = {name_key(part) for o in card.outcomes for part in (o.variable, split_element_name(o.variable)[0])}
    for name in card.overview:
        if name_key(name) not in shown:
            faults.append(
                file.fault(
                    f"'{name}' is no outcome of this card", ("overview",), name=name,
                    nearest=nearest_name(name, [o.variable for o in card.outcomes]),
                )
            )  # fmt: skip
    for i, lever in enumerate(card.levers):
        for part in LEVER_PARTS:
            check(f"{lever.name} {part}", "lever", i, "name", kinds=("constant",))
    for i, uncertainty in enumerate(card.uncertainties):
        check(uncertainty.name, "uncertainty", i, "name", kinds=("constant",))
        try:
            Distribution.parse(uncertainty.distribution)
        except ValueError as error:
            faults.append(file.fault(str(error), ("uncertainty", i, "distribution"), hint=HINT))
    for alias, name in card.aliases.items():
        check(name, "aliases", alias)
        if name_key(alias) in model.variables:
            faults.append(file.fault(f"the alias '{alias}' is the name of a variable", ("aliases", alias), name=alias))
    for i, flow in enumerate(card.people_flows):
        check(split_element_name(flow.variable)[0], "people_flow", i, "variable")
        for end, stock in (("from", flow.from_stock), ("to", flow.to_stock)):
            if stock != OUTSIDE:
                check(split_element_name(stock)[0], "people_flow", i, end, kinds=("stock",))
    for i, cost in enumerate(card.costs):
        check(cost.variable, "cost", i, "variable", one=True)
    for i, ratio in enumerate(card.cost_effects):
        check(ratio.cost, "cost_effect", i, "cost", one=True)
        check(ratio.effect, "cost_effect", i, "effect", one=True)
    for i, series in enumerate(card.series):
        check(series.variable, "series", i, "variable", one=True)
        if series.name in [other.name for other in card.series[:i]]:
            faults.append(file.fault(f"two series are called '{series.name}'", ("series", i, "name"), name=series.name))
    for name in card.calibration.free if card.calibration else ():
        check(name, "calibration", "free", kinds=("constant",))
    rest = card.equilibrium
    if rest is not None:
        for name in rest.set:
            check(name, "equilibrium", "set", kinds=("constant",), one=True)
        for name, stocks in rest.sums.items():
            check(name, "equilibrium", "sums", name, kinds=("constant",), one=True)
            for stock in stocks:
                check(stock, "equilibrium", "sums", name, kinds=("stock",), one=False)
        for name, consistent in rest.consistent.items():
            check(name, "equilibrium", "consistent", name, kinds=("constant",), one=True)
            check(consistent.variable, "equilibrium", "consistent", name, one=True)
        for stock in rest.apart:
            check(stock, "equilibrium", "apart", kinds=("stock",), one=False)
    if not faults:  # what follows looks the names up
        faults += [
            *_flow_faults(file, card, model),
            *_label_faults(file, card, model),
            *_unit_faults(file, card, model),
        ]
    if not faults:
        faults += _table_faults(file, card, model)
    return faults


def _flow_faults(file: TomlFile, card: Card, model: Model) -> list[Fault]:
    """Flows whose indices do not fit, and elements that two entries claim."""
    faults = []
    owner: dict[str, int] = {}
    for i, flow in enumerate(card.people_flows):
        try:
            moves = expand_flow(model, flow.variable, flow.from_stock, flow.to_stock, i)
        except BadFlow as error:
            faults.append(file.fault(error.what, ("people_flow", i, error.key), **error.parts))
            continue
        twice = next((m.flow for m in moves if owner.setdefault(m.flow, i) != i), None)
        if twice is not None:
            hint = "A flow leaves and enters people stocks once."
            faults.append(
                file.fault(f"'{twice}' is declared twice", ("people_flow", i, "variable"), name=twice, hint=hint)
            )
    units = {model.variables[key].unit: model.variables[key].name for key in card.people_stocks()}
    if len(units) > 1:
        listed = " and ".join(f"'{name}' in '{unit}'" for unit, name in units.items())
        faults.append(file.fault(f"people stocks have one unit, not {listed}", ("people_flow", 0)))
    return faults


def _label_faults(file: TomlFile, card: Card, model: Model) -> list[Fault]:
    known = {name_key(n): n for n in model.shown.values()} | {k: v.name for k, v in model.variables.items()}
    faults = []
    for name in card.labels:
        if name_key(name) not in known:
            what = f"the label '{name}' is of no element and no variable of '{model.path.name}'"
            faults.append(file.fault(what, ("labels", name), name=name, nearest=nearest_name(name, known.values())))
    if card.people_group is not None and name_key(card.people_group) not in model.ranges:
        ranges = [model.shown[r] for r in model.ranges]
        what = f"'{model.path.name}' has no range '{card.people_group}'"
        nearest = nearest_name(card.people_group, ranges)
        faults.append(file.fault(what, ("people_group",), name=card.people_group, nearest=nearest))
    for i, lever in enumerate(card.levers):
        if card.holders and lever.holder not in card.holders:
            hint = f"Valid: {', '.join(card.holders)}."
            what = f"there is no holder '{lever.holder}'"
            nearest = nearest_name(lever.holder, card.holders)
            faults.append(file.fault(what, ("lever", i, "holder"), name=lever.holder, nearest=nearest, hint=hint))
    return faults


def _unit_faults(file: TomlFile, card: Card, model: Model) -> list[Fault]:
    """A share with a unit, and a quotient whose unit is not that of its parts: its number would look right and be wrong."""
    faults = []
    for i, outcome in enumerate(card.outcomes):
        unit = model.variables[name_key(split_element_name(outcome.variable)[0])].unit
        if outcome.shown == "share" and not (is_dimensionless(unit) and card.unit(unit)[0] == 1.0):
            what = f"'{outcome.variable}' is in '{unit}'; a share has no unit"
            faults.append(file.fault(what, ("outcome", i, "shown"), name=outcome.variable))
    for i, ratio in enumerate(card.cost_effects):
        cost, effect = (model.variables[name_key(split_element_name(n)[0])].unit for n in (ratio.cost, ratio.effect))
        if unit_of_quotient(cost, effect) != unit_of_quotient(ratio.unit, "1"):
            what = f"'{ratio.cost}' ({cost}) divided by '{ratio.effect}' ({effect}) is not in '{ratio.unit}'"
            faults.append(file.fault(what, ("cost_effect", i, "unit"), name=ratio.unit))
    return faults


def _table_faults(file: TomlFile, card: Card, model: Model) -> list[Fault]:
    """Tables of people that leave out or count twice: their totals would lie."""
    cells = people_cells(card, model)
    places = list(dict.fromkeys(cell.place for cell in cells))
    groups = list(dict.fromkeys(cell.group for cell in cells if cell.group))
    faults = []
    stock_of: dict[str, str] = {}
    for cell in cells:
        other = stock_of.setdefault(cell.place, cell.stock)
        if other != cell.stock:
            what = f"two people stocks have the place '{cell.place}': '{other}' and '{cell.stock}'"
            return [file.fault(what, ("people_flow", 0), name=cell.place)]
    for i, table in enumerate(card.people_tables):
        for key, parts, valid in (("rows", table.rows, places), ("columns", table.columns, groups)):
            faults += _part_faults(file, parts, valid, ("people_table", i, key), bool(parts))
        for part in table.shares:
            faults += _part_faults(file, (part,), places, ("people_table", i, "shares"), whole=False)
    return faults


def _part_faults(
    file: TomlFile, parts: tuple[Part, ...], valid: list[str], location: tuple[str | int, ...], whole: bool
) -> list[Fault]:
    faults = []
    known = {name_key(name): name for name in valid}
    named = [name for part in parts for name in part.of]
    keys = [name_key(name) for name in named]
    hint = f"Valid: {', '.join(valid)}." if valid else "Flows of people, and their group, come first."
    for name, key in zip(named, keys, strict=True):
        if key not in known:
            nearest = nearest_name(name, valid)
            faults.append(file.fault(f"no people are in '{name}'", location, name=name, nearest=nearest, hint=hint))
    twice = next((name for i, name in enumerate(named) if keys[i] in keys[:i]), None)
    if twice is not None:
        faults.append(file.fault(f"'{twice}' stands twice in the {location[-1]} of a table", location, name=twice))
    missing = [name for key, name in known.items() if key not in keys] if whole and not faults else []
    if missing:
        what = f"the {location[-1]} of a table leave out '{missing[0]}'"
        faults.append(file.fault(what, location, name=missing[0], hint="A table counts everybody once."))
    return faults


def people_cells(card: Card, model: Model) -> list[PeopleCell]:
    """The elements of the people stocks of a card, in its order."""
    groups = set(model.ranges[name_key(card.people_group)]) if card.people_group else set()
    cells = []
    for key in card.people_stocks():
        stock = model.variables[key]
        for element in dict.fromkeys(e for equation in stock.equations for e in model.equation_elements(equation)):
            shown = [model.shown[e] for e in element]
            place = ",".join(name for e, name in zip(element, shown, strict=True) if e not in groups) or stock.name
            group = ",".join(name for e, name in zip(element, shown, strict=True) if e in groups)
            cells.append(PeopleCell(element_name(stock.name, tuple(shown)), key, place, group))
    return cells
