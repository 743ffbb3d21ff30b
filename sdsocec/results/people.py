"""How many people are where, from a result: every element of the people stocks of the card."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sdsocec.model.card import Part, PeopleCell, people_cells
from sdsocec.model.names import element_name, name_key
from sdsocec.model.project import LoadedModel

from .shown import variable_elements

if TYPE_CHECKING:
    import xarray as xr


def people_in_cells(dataset: xr.Dataset, model: LoadedModel) -> tuple[tuple[PeopleCell, ...], NDArray[np.float64]]:
    """The cells of the people stocks and who is in them, shape (n_runs, n_times, n_cells), in the stocks' unit."""
    cells = tuple(people_cells(model.card, model.equations))
    values = {
        element_name(name, elements): found
        for name in dict.fromkeys(model.equations.variables[cell.stock].name for cell in cells)
        for elements, found in variable_elements(dataset, name)
    }
    return cells, np.stack([values[cell.name] for cell in cells], axis=2)


def crosstab(
    cells: tuple[PeopleCell, ...], values: NDArray[np.float64], rows: tuple[Part, ...], columns: tuple[Part, ...]
) -> NDArray[np.float64]:
    """Sums over the places of each row and the groups of each column, shape (..., n_rows, n_columns); without columns, one.

    `values` has shape (..., n_cells).
    """
    place = _members([cell.place for cell in cells], rows)
    group = _members([cell.group for cell in cells], columns) if columns else np.ones((1, len(cells)))
    found: NDArray[np.float64] = np.einsum("...c,rc,kc->...rk", values, place, group)
    return found


def _members(names: list[str], parts: tuple[Part, ...]) -> NDArray[np.float64]:
    """1 where a part holds a name, shape (n_parts, n_names)."""
    keys = [name_key(name) for name in names]
    held = [set(map(name_key, part.of)) for part in parts]
    return np.array([[key in part for key in keys] for part in held], dtype=float)
