"""What a picture is of: the outcomes that were asked for, by any name that a reader may know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.outputs import elements_of
from sdsocec.errors import SdsocecError, nearest_name
from sdsocec.model.card import Outcome
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel
from sdsocec.model.toml import Text
from sdsocec.results.shown import YES_IS_1, ShownOutcome, is_share, shown_unit, smallest_shown

from ..texts import text


def with_outcomes(model: LoadedModel, names: Sequence[str] | None, most: int | None = None) -> LoadedModel:
    """The model with a card of the outcomes that were asked for, in their order; by default the first of the overview.

    Parameters
    ----------
    names : sequence of str, optional
        Outcomes by label, alias or variable, or any other variable or element.
    most : int, optional
        How many there are by default; all of the overview, if it is left out.

    Raises SdsocecError for a name that is none of these.
    """
    card = model.card
    known = {name_key(word): o for o in card.outcomes for word in (o.variable, o.label.nl, o.label.en)}
    if names is None:
        first = [known[name_key(name)] for name in card.overview if name_key(name) in known]
        chosen = (first or list(card.outcomes))[:most]
    else:
        chosen = [_outcome(model, name, known) for name in dict.fromkeys(names)]
    twice = next((o.variable for i, o in enumerate(chosen) if o in chosen[:i]), None)
    if twice is not None:
        raise SdsocecError(f"the outcome '{twice}' is named twice", name=twice, hint="Name it once.")
    return replace(model, card=card.model_copy(update={"outcomes": tuple(chosen), "overview": ()}))


def _outcome(model: LoadedModel, name: str, known: dict[str, Outcome]) -> Outcome:
    aliases = {name_key(alias): variable for alias, variable in model.card.aliases.items()}
    variable = aliases.get(name_key(name), name)
    found = known.get(name_key(variable)) or known.get(name_key(name))
    if found is not None:
        return found
    try:
        elements = elements_of(model, variable)
    except SdsocecError:
        words = [w for o in model.card.outcomes for w in (o.variable, o.label.nl, o.label.en)]
        variables = [v.name for v in model.equations.variables.values() if v.kind != "lookup"]
        raise SdsocecError(
            f"the model '{model.name}' has no outcome or variable '{name}'", name=name,
            nearest=nearest_name(name, [*words, *model.card.aliases, *variables]),
            hint=f"Outcomes: {', '.join(o.variable for o in model.card.outcomes)}.",
        ) from None  # fmt: skip
    base = split_element_name(elements[0])[0]
    shown: Literal["share", "number"] = "share" if is_share(model, base) else "number"
    label = variable if split_element_name(variable)[1] else base
    return Outcome(variable=label, label=Text(nl=label, en=label), shown=shown)


def shown_of(model: LoadedModel, element: str, values: NDArray[np.float64], language: str) -> ShownOutcome:
    """Values of one element, of any shape and in the model's unit, as readers see them.

    The label is that of the outcome of the card; an element of an outcome with several is named too.
    """
    base, elements = split_element_name(element)
    keys = (name_key(element), name_key(base))
    outcome = next((o for o in model.card.outcomes if name_key(o.variable) in keys), None)
    label = outcome.label.in_language(language) if outcome is not None else element
    if outcome is not None and elements and name_key(outcome.variable) != name_key(element):
        label = f"{label}: {', '.join(elements)}"
    unit = model.equations.variables[name_key(base)].unit
    is_part = outcome is not None and outcome.shown == "share"
    is_yes_no = outcome is not None and outcome.shown == "yes/no"
    factor, _ = model.card.unit(unit)
    shown = YES_IS_1.in_language(language) if is_yes_no else shown_unit(model, unit, language)
    return ShownOutcome(element, label, shown, values * factor, is_part, is_yes_no, smallest_shown(model, unit))


def axis_unit(outcome: ShownOutcome, language: str, *, is_cut: bool) -> str:
    """The unit beside an axis, and that the axis does not start at 0 where it does not."""
    unit = text(language, "percent") if outcome.is_share else outcome.unit or text(language, "no_unit")
    return f"{unit} {text(language, 'axis_cut')}" if is_cut else unit


def is_cut(limits: tuple[float, float]) -> bool:
    """Whether an axis leaves zero out."""
    return limits[0] > 0 or limits[1] < 0
