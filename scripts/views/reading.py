"""What a view says, to compare with what it should say."""

from __future__ import annotations

from sdsocec.model.names import name_key

from .plan import Plan
from .sketch import Cloud, Valve, View, Word


def says(view: View, plan: Plan) -> bool:
    """Whether a view defines the variables of its plan, with these pipes and these links and no others."""
    words = {thing.id: thing for thing in view.things if isinstance(thing, Word)}
    valves = {thing.id for thing in view.things if isinstance(thing, Valve)}
    clouds = {thing.id for thing in view.things if isinstance(thing, Cloud)}
    named = {id_: name_key(word.name) for id_, word in words.items()}
    if not all(valve + 1 in words for valve in valves):
        return False
    defined = sorted(named[id_] for id_, word in words.items() if not word.shadow)
    ends: dict[int, dict[str, str | None]] = {valve: {} for valve in valves}
    links = set()
    for arrow in view.arrows:
        if arrow.kind in ("into", "from"):
            if arrow.source not in valves or arrow.target not in {*words, *clouds}:
                return False
            ends[arrow.source][arrow.kind] = named.get(arrow.target)
        else:
            tail, head = (id_ + 1 if id_ in valves else id_ for id_ in (arrow.source, arrow.target))
            if tail not in words or head not in words or words[head].shadow:
                return False
            links.add((named[tail], named[head], arrow.initial))
    drawn = [(named[valve + 1], end.get("from"), end.get("into")) for valve, end in ends.items()]
    planned = [(pipe.flow, pipe.source, pipe.sink) for pipe in plan.pipes]
    return (
        defined == sorted(plan.defined)
        and sorted(map(str, drawn)) == sorted(map(str, planned))
        and links == {(link.cause, link.user, link.initial) for link in plan.links}
    )
