"""The text catalogues: one TOML file a language, the same keys and placeholders in each."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from sdsocec.errors import SdsocecError, nearest_name

CATALOGUES = Path(__file__).with_name("texts")
LANGUAGES = ("en", "nl")


@cache
def catalogue(language: str) -> dict[str, str]:
    """Every text of a language by its key.

    Raises SdsocecError for a language that has no catalogue.
    """
    if language not in LANGUAGES:
        nearest = nearest_name(language, LANGUAGES)
        hint = f"Valid: {', '.join(LANGUAGES)}."
        raise SdsocecError(f"there is no language '{language}'", name=language, nearest=nearest, hint=hint)
    return tomllib.loads((CATALOGUES / f"{language}.toml").read_text(encoding="utf-8"))


def text(language: str, key: str, **values: object) -> str:
    """One text with its placeholders filled; what fills them may hold braces.

    >>> text("nl", "with_unit", label="werklozen", unit="personen")
    'werklozen (personen)'
    """
    return catalogue(language)[key].format(**values)


def listed(language: str, items: list[str]) -> str:
    """Items as a reader says them: `a, b and c`.

    >>> listed("en", ["2000", "2010"])
    '2000 and 2010'
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {text(language, 'and')} {items[-1]}"
