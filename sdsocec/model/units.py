"""Units of the model as products of powers, to see whether two texts mean one unit."""

from __future__ import annotations

import re
from collections import Counter

from .names import name_key

Powers = dict[str, int]
_PARTS = re.compile(r"\(|\)|\*|/|[^()*/]+")
_NO_UNIT = ("1", "dmnl", "dimensionless", "fraction")
_NONE = ("", *_NO_UNIT)


def is_dimensionless(unit: str) -> bool:
    """Whether a unit of the model says that there is none."""
    return name_key(unit) in _NO_UNIT


def unit_of_quotient(numerator: str, denominator: str) -> Powers:
    """The powers of one unit divided by another, zeros left out.

    >>> unit_of_quotient("Meuro/year", "kpers") == unit_of_quotient("Meuro/(kpers*year)", "1")
    True
    """
    return _without_zeros(Counter(_powers(numerator)), Counter(_powers(denominator)))


def _powers(unit: str) -> Powers:
    """Factors of a unit: `a/b*c` is read from the left, as Vensim does."""
    found: Counter[str] = Counter()
    sign = [1]  # of each open bracket
    following = 1
    for part in _PARTS.findall(unit):
        if part == "/":
            following = -1
        elif part == "*":
            following = 1
        elif part == "(":
            sign.append(sign[-1] * following)
            following = 1
        elif part == ")":
            sign = sign[:-1] or [1]
            following = 1
        elif name_key(part) not in _NONE:
            found[name_key(part)] += sign[-1] * following
    return dict(found)


def _without_zeros(numerator: Counter[str], denominator: Counter[str]) -> Powers:
    powers = {key: numerator[key] - denominator[key] for key in {*numerator, *denominator}}
    return {key: power for key, power in powers.items() if power}
