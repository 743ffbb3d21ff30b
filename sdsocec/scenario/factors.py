"""Factors: the inputs that a design varies, each with its distribution.

factors_of(model, "uncertainties")     what nobody sets, distributed as the card says
factors_of(model, "levers")            what somebody sets, evenly over the range of the .mdl
factors_of(model, names=[...])         constants, levers or aliases by name; "name=uniform(0, 1)" gives a distribution
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sdsocec.errors import DesignError, Fault, SdsocecError, nearest_name
from sdsocec.model.distribution import HINT, Distribution
from sdsocec.model.names import as_list, name_key, split_element_name
from sdsocec.model.project import LoadedModel

from .settings import settable_of

Floats = NDArray[np.float64]
OVER = ("uncertainties", "levers", "both")
Kind = Literal["uncertainty", "lever", "constant"]


@dataclass(frozen=True)
class Factor:
    """One input that a design varies.

    Attributes
    ----------
    name : str
        As the card calls it: an uncertainty, a lever, or else a constant.
    constants : tuple of str
        The constant elements that it sets, all to one value.
    unit : str
        Of the .mdl; `distribution` is in it.
    source : str
        On whose word it is distributed so.
    """

    name: str
    constants: tuple[str, ...]
    kind: Kind
    distribution: Distribution
    unit: str
    source: str


def factors_of(model: LoadedModel, over: str | None = None, names: str | Iterable[str] = ()) -> tuple[Factor, ...]:
    """The factors of a question.

    Parameters
    ----------
    over : {"uncertainties", "levers", "both"}, optional
        Those of the card. By default the uncertainties, or none if there are `names`.
    names : str or iterable of str
        Further ones, `NAME` or `NAME=DISTRIBUTION`; one that is among those of `over` takes the distribution given here.

    Raises
    ------
    DesignError
        A name means no constant, a distribution leaves the range of the .mdl, two factors set one constant, or none is left.
    """
    names = as_list(names)
    if over is not None and over not in OVER:
        raise DesignError(f"there is nothing called '{over}' to vary", name=over, nearest=nearest_name(over, OVER))
    over = over or (None if names else "uncertainties")
    wanted: list[tuple[str, str]] = []
    if over in ("uncertainties", "both"):
        wanted += [(u.name, "") for u in model.card.uncertainties]
    if over in ("levers", "both"):
        wanted += [(lever.name, "") for lever in model.card.levers]
    given = [(name.strip(), text.strip()) for name, _, text in (typed.partition("=") for typed in names)]
    faults: list[Fault] = []
    found: dict[tuple[str, ...], Factor] = {}
    by_hand: set[tuple[str, ...]] = set()
    for i, (name, text) in enumerate(wanted + given):
        try:
            factor = _factor(model, name, text)
        except SdsocecError as error:
            faults += error.faults
            continue
        if i >= len(wanted):
            if factor.constants in by_hand:
                faults.append(Fault(f"'{name}' is varied twice", name=name, hint="Name it once."))
            by_hand.add(factor.constants)
        found[factor.constants] = factor
    owner: dict[str, str] = {}
    for factor in found.values():
        for constant in factor.constants:
            if constant in owner:
                faults.append(Fault(f"'{owner[constant]}' and '{factor.name}' both vary '{constant}'", name=constant))
            owner[constant] = factor.name
    if faults:
        raise DesignError(faults)
    if not found:
        raise DesignError(
            f"the card of '{model.name}' lists no {over if over != 'both' else 'uncertainties or levers'} to vary",
            hint='Name constants with a range: --vary "NAME=uniform(LOW, HIGH)"',
        )
    return tuple(found.values())


def _factor(model: LoadedModel, name: str, text: str) -> Factor:
    """One factor; the distribution is the one given, that of the card, or even over the range of the .mdl."""
    constants = tuple(settable_of(model).constants(name))
    card = model.card
    uncertainty = next((u for u in card.uncertainties if name_key(u.name) == name_key(constants[0])), None)
    lever = next((v for v in card.levers if name_key(f"{v.name} scenario") == name_key(constants[0])), None)
    base = split_element_name(constants[0])[0]
    shown = uncertainty.name if uncertainty else lever.name if lever else constants[0] if len(constants) == 1 else base
    kind: Kind = "uncertainty" if uncertainty else "lever" if lever else "constant"
    low, high = model.ranges[constants[0]]
    written = text or (uncertainty.distribution if uncertainty else "")
    if written:
        try:
            distribution = Distribution.parse(written)
        except ValueError as error:
            raise DesignError(f"{error}, for '{name}'", name=name, hint=HINT) from None
        source = "given by hand" if text or uncertainty is None else uncertainty.source
    else:
        if low is None or high is None or low >= high:
            raise DesignError(
                f"'{constants[0]}' has no range in the .mdl to vary it in", name=constants[0],
                hint=f'Give a distribution: "{name}=uniform(LOW, HIGH)"',
            )  # fmt: skip
        distribution, source = Distribution(low, high), "evenly over the range of the .mdl"
    for constant in constants:
        for value in (distribution.low, distribution.high):
            wrong = settable_of(model).out_of_range(constant, value)
            if wrong:
                raise DesignError(f"{distribution} leaves its range: {wrong[0]}", name=constant, hint=wrong[1])
    unit = model.equations.variables[name_key(base)].unit
    return Factor(shown, constants, kind, distribution, unit, source)


def values_of(factors: Sequence[Factor], probabilities: Floats) -> Floats:
    """Rows of inputs, shape (n, n_factors), from rows of probabilities between 0 and 1: each column by its distribution."""
    columns = [factor.distribution.quantile(probabilities[:, i]) for i, factor in enumerate(factors)]
    return np.array(columns).reshape(len(factors), len(probabilities)).T.copy()
