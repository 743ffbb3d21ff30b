"""Differences between a text or a JSON and what a run gives."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from sdsocec.errors import ProjectError

from .differences import MOST_KEPT, TOLERANCE, Comparison, Difference, Verdict, ranked, worst


def compare_text(content: bytes, computed: bytes) -> Comparison:
    """A text against one that a run wrote, line by line; line ends may differ."""
    found, wanted = (one.decode("utf-8-sig", "replace").splitlines() for one in (content, computed))
    differing = [
        Difference(f"{i}", "", "", a, b)
        for i, (a, b) in enumerate(zip_longest(found, wanted, fillvalue="missing"), 1)
        if a.rstrip() != b.rstrip()
    ]
    return Comparison("differs" if differing else "bits", tuple(differing[:MOST_KEPT]), len(differing))


def compare_json(content: bytes, computed: bytes, path: Path, known: Mapping[str, Any]) -> Comparison:
    """A JSON against one that a run wrote, number by number.

    What stands at its top and is as in `known`, the stamp of the file, is left to those who compare stamps.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise ProjectError(f"'{path}' is cut off or damaged: no JSON", path=path) from None
    wanted = json.loads(computed)
    if not isinstance(found, dict):
        return Comparison("differs", (Difference("", path.name, "", "no object", "an object"),), 1)
    told = {key for key, value in found.items() if key in known and value == known[key]}
    a, b = (dict(_leaves({k: v for k, v in one.items() if k not in told})) for one in (found, wanted))
    verdicts: list[Verdict] = []
    differences = []
    for place in dict.fromkeys([*b, *a]):
        x, y = a.get(place, _NOTHING), b.get(place, _NOTHING)
        if type(x) is type(y) and x == y:
            continue
        are_numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (x, y))
        if are_numbers and (x == y or abs(x - y) <= TOLERANCE * abs(y)):
            verdicts.append("bits" if x == y else "close")
            continue
        verdicts.append("differs")
        relative = abs(x - y) / abs(y) if are_numbers and y else math.inf if are_numbers else math.nan
        here, there = (one if are_numbers else _told(one) for one in (x, y))
        differences.append(Difference("", place, "", here, there, relative))
    n_close = verdicts.count("close")
    return Comparison(worst(verdicts), tuple(ranked(differences)[:MOST_KEPT]), len(differences), n_close)


_NOTHING = object()


def _told(value: Any) -> str:
    return "missing" if value is _NOTHING else json.dumps(value, ensure_ascii=False)


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """What is no list and no object, with its place; an empty list or object too."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not inner:
        yield place, value
    for key, one in inner:
        yield from _leaves(one, f"{place}.{key}" if place else str(key))
