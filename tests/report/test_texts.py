"""The catalogues say the same things in both languages."""

from __future__ import annotations

import string

import pytest

from sdsocec.errors import SdsocecError
from sdsocec.report.texts import LANGUAGES, catalogue, listed, text


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_every_language_has_the_same_keys_and_placeholders():
    english = catalogue("en")
    for language in LANGUAGES:
        other = catalogue(language)
        assert set(other) == set(english)
        assert {k: placeholders(v) for k, v in other.items()} == {k: placeholders(v) for k, v in english.items()}
        assert all(v.strip() for v in other.values())


def test_what_fills_a_placeholder_may_hold_braces():
    assert text("en", "with_unit", label="{x}", unit="{0.__class__}") == "{x} ({0.__class__})"


def test_items_are_listed_as_people_say_them():
    assert listed("nl", ["a", "b", "c"]) == "a, b en c"
    assert listed("en", ["a"]) == "a"
    assert listed("en", []) == ""


def test_a_language_without_a_catalogue_is_refused_with_those_there_are():
    with pytest.raises(SdsocecError) as error:
        catalogue("fr")
    assert str(error.value) == "there is no language 'fr'\n  Valid: en, nl."
