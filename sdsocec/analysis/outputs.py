"""What is saved of a run, by name: variables, elements, aliases; by default the outcomes of the card."""

from __future__ import annotations

from collections.abc import Sequence

from sdsocec.errors import DesignError, Fault, nearest_name
from sdsocec.model.names import as_list, name_key, split_element_name
from sdsocec.model.project import LoadedModel


def output_names(model: LoadedModel, wanted: str | Sequence[str] | None = None) -> tuple[str, ...]:
    """The element names of what is wanted, each once.

    Parameters
    ----------
    wanted : str or sequence of str, optional
        Variables (all their elements), elements, aliases. By default the card's overview, or else all its outcomes.

    Raises
    ------
    DesignError
        Something is no variable of numbers, or has no such element; every fault is listed.
    """
    if wanted is None:
        wanted = model.card.overview or [outcome.variable for outcome in model.card.outcomes]
    found: dict[str, None] = {}
    faults: list[Fault] = []
    for name in as_list(wanted):
        try:
            found |= dict.fromkeys(elements_of(model, name))
        except DesignError as error:
            faults += error.faults
    if faults:
        raise DesignError(faults)
    if not found:
        raise DesignError(f"'{model.name}' has no outcomes", hint="Name what to save: --outcome NAME")
    return tuple(found)


def elements_of(model: LoadedModel, name: str) -> list[str]:
    """The element names of a variable, or the one element that a name with brackets means; DesignError for another name."""
    equations = model.equations
    aliases = {name_key(alias): variable for alias, variable in model.card.aliases.items()}
    base, elements = split_element_name(aliases.get(name_key(name), name))
    variable = equations.variables.get(name_key(base))
    if variable is None or variable.kind == "lookup":
        numbers = [v.name for v in equations.variables.values() if v.kind != "lookup"]
        what = f"the model '{model.name}' has no variable '{base}'" if variable is None else f"'{base}' is a lookup"
        raise DesignError(
            Fault(what, name=base, nearest=nearest_name(base, [*numbers, *model.card.aliases]),
                  hint="All names: sdsocec model variables")
        )  # fmt: skip
    found = equations.element_names(variable)
    if not elements:
        return found
    wanted = tuple(map(name_key, elements))
    one = [n for n in found if tuple(map(name_key, split_element_name(n)[1])) == wanted]
    if not one:
        what = f"'{variable.name}' has no element '{','.join(elements)}'"
        hint = f"It has: {', '.join(found)}." if variable.dimensions else "It has no subscripts."
        nearest = nearest_name(name, found) if variable.dimensions else None
        raise DesignError(Fault(what, name=name, nearest=nearest, hint=hint))
    return one
