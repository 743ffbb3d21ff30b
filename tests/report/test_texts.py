"""The catalogues say the same things in both languages."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import sdsocec
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


SOURCES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in Path(sdsocec.__file__).parent.rglob("*.py")}


def as_pattern(node: ast.expr) -> str | None:
    """What a string in the code may be: of an f-string, the parts that are known."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(as_pattern(part) or r"\w*" for part in node.values)
    return None


def asked() -> Iterator[tuple[str, str, ast.Call]]:
    """Where the code asks for a text, the pattern of its key, and the call."""
    for path, tree in SOURCES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "text" and len(node.args) == 2:
                key = node.args[1]
                for one in (key.body, key.orelse) if isinstance(key, ast.IfExp) else (key,):
                    pattern = as_pattern(one)
                    if pattern is not None:
                        yield f"{path.name}:{node.lineno}", pattern, node


def test_every_text_that_the_code_asks_for_is_there_and_gets_what_fills_it():
    wrong = []
    for place, pattern, call in asked():
        found = [key for key in catalogue("en") if re.fullmatch(pattern, key)]
        given = {keyword.arg for keyword in call.keywords}
        lacking = [key for key in found if None not in given and not placeholders(catalogue("en")[key]) <= given]
        if not found or (lacking and len(found) == 1):
            wrong.append((place, pattern))
    assert not wrong


def test_every_text_is_asked_for():
    strings = [
        node for tree in SOURCES.values() for node in ast.walk(tree) if isinstance(node, ast.JoinedStr | ast.Constant)
    ]
    patterns = {
        pattern for node in strings if (pattern := as_pattern(node)) and re.match(r"[a-z]\w*_|[a-z]+$", pattern)
    }
    patterns |= {r"\w+_title", r"(fit_observed|residual)_(fit|test|other)"}  # of families whose beginning is passed on
    known = re.compile("|".join(sorted(patterns)))
    assert not [key for key in catalogue("en") if not known.fullmatch(key)]


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
