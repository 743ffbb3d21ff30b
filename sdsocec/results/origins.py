"""Who went from where to where over a span of years, in one run: an origin-destination matrix that closes.

opening + came - left = closing, for every place; people who changed group where they were went nowhere. It may be of some groups
only: then people also come from the other groups, and leave for them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sdsocec.errors import SdsocecError, nearest_name
from sdsocec.model.names import name_key

from .flows import PeopleFlows

Floats = NDArray[np.float64]
OUTSIDE, OTHER_GROUPS, LUMPED = "outside", "other groups", "other places"


@dataclass(frozen=True)
class OriginDestination:
    """People by origin and destination.

    Attributes
    ----------
    places : tuple of str
        Those of the cells; `outside`, and with some groups only `other groups`, come after them in `went`.
    start, end : float
        The span.
    opening, closing : arrays, shape (n_places,)
        People there at its start and end, in the stocks' unit.
    went : array, shape (n_ends, n_ends)
        People by origin (row) and destination (column); `ends` names them. Nobody goes from a place to itself, but for lumped
        places: people went between those.
    lumped : tuple of str
        The places that are one, the last of `places`.
    """

    places: tuple[str, ...]
    start: float
    end: float
    opening: Floats
    closing: Floats
    went: Floats
    is_of_groups: bool
    lumped: tuple[str, ...] = ()

    @property
    def ends(self) -> tuple[str, ...]:
        """Where people may come from and go to."""
        return (*self.places, OUTSIDE, *([OTHER_GROUPS] if self.is_of_groups else []))

    @property
    def came(self) -> Floats:
        """People who entered each place, shape (n_places,); those who went between lumped places did not enter them."""
        return np.asarray(self._crossed.sum(axis=0)[: len(self.places)])

    @property
    def left(self) -> Floats:
        """People who left each place, shape (n_places,)."""
        return np.asarray(self._crossed.sum(axis=1)[: len(self.places)])

    @property
    def _crossed(self) -> Floats:
        return self.went - np.diag(np.diag(self.went))


def origin_destination(
    flows: PeopleFlows,
    run: int,
    start: float | None = None,
    end: float | None = None,
    groups: Collection[str] = (),
) -> OriginDestination:
    """Sum the flows of a run over a span.

    Parameters
    ----------
    run : int
        Its position.
    start, end : float, optional
        Of `flows.times`; by default the first and the last.
    groups : collection of str, optional
        Only people of these groups.

    Raises
    ------
    SdsocecError
        The span is none, or not of whole years of the run; no people are of such a group.
    """
    first, last = _span(flows, start, end)
    wanted = _groups(flows, groups)
    places = tuple(dict.fromkeys(cell.place for cell in flows.cells))
    at = {place: i for i, place in enumerate(places)}
    outside, others = len(places), len(places) + 1
    end_of: dict[str | None, int] = {
        cell.name: at[cell.place] if not wanted or name_key(cell.group) in wanted else others for cell in flows.cells
    }
    end_of[None] = outside
    size = len(places) + (2 if wanted else 1)
    went = np.zeros((size, size))
    for i, move in enumerate(flows.moves):
        source, target = end_of[move.source], end_of[move.target]
        if source != target and not (source >= outside and target >= outside):
            went[source, target] += float(flows.people[run, first:last, i].sum())
    levels = np.zeros((2, len(places)))
    for i, cell in enumerate(flows.cells):
        if end_of[cell.name] < outside:
            levels[:, at[cell.place]] += flows.levels[run, [first, last], i]
    return OriginDestination(
        places, float(flows.times[first]), float(flows.times[last]), levels[0], levels[1], went, bool(wanted)
    )


def lump(found: OriginDestination, share: float) -> OriginDestination:
    """Make one place, the last, of those that fewer people entered and fewer left than this share of all who went anywhere.

    Places where nobody was, came or left are left out; a single small place keeps its name.
    """
    everybody = found.went.sum()
    busy = np.maximum(found.came, found.left)
    is_empty = (busy == 0) & (found.opening == 0) & (found.closing == 0)
    is_small = ~is_empty & (busy < share * everybody)
    if is_small.sum() < 2:
        is_small[:] = False
    kept = [i for i in range(len(found.places)) if not (is_empty[i] or is_small[i])]
    small = [i for i in range(len(found.places)) if is_small[i]]
    parts = [[i] for i in kept] + ([small] if small else [])
    parts_of_ends = parts + [[i] for i in range(len(found.places), len(found.ends))]
    sums = np.array([[found.went[np.ix_(a, b)].sum() for b in parts_of_ends] for a in parts_of_ends])
    return replace(
        found,
        places=(*(found.places[i] for i in kept), *([LUMPED] if small else [])),
        opening=np.array([found.opening[part].sum() for part in parts]),
        closing=np.array([found.closing[part].sum() for part in parts]),
        went=sums.reshape(len(parts_of_ends), len(parts_of_ends)),
        lumped=tuple(found.places[i] for i in small),
    )


def _span(flows: PeopleFlows, start: float | None, end: float | None) -> tuple[int, int]:
    found = []
    for wanted, default in ((start, 0), (end, len(flows.times) - 1)):
        where = default if wanted is None else int(np.abs(flows.times - wanted).argmin())
        if wanted is not None and abs(flows.times[where] - wanted) > 1e-6:
            raise SdsocecError(
                f"people per year are not known for {wanted:g}", name=f"{wanted:g}",
                hint=f"Whole years from {flows.times[0]:g} to {flows.times[-1]:g}.",
            )  # fmt: skip
        found.append(where)
    first, last = found
    if first >= last:
        raise SdsocecError(
            f"from {flows.times[first]:g} to {flows.times[last]:g} is no span of years",
            hint="The first year comes first.",
        )
    return first, last


def _groups(flows: PeopleFlows, groups: Collection[str]) -> set[str]:
    known: Sequence[str] = list(dict.fromkeys(cell.group for cell in flows.cells if cell.group))
    keys = {name_key(name) for name in known}
    for name in groups:
        if name_key(name) not in keys:
            hint = f"Groups: {', '.join(known)}." if known else "The card of this model names no groups (people_group)."
            raise SdsocecError(
                f"no people are of the group '{name}'", name=name, nearest=nearest_name(name, known), hint=hint
            )
    return {name_key(name) for name in groups}
