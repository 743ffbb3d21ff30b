"""From the bytes of a .mdl to the tree of PySD's parser, with the line of every definition that cannot be read."""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sdsocec.errors import Fault, ModelError

from .source import Definition, decode, definitions, without_comments

EXPECTED = "A Vensim model (.mdl) was expected."
MOST_ELEMENTS = 100_000
_NUMERIC_RANGE = re.compile(r"\(\s*[^\W\d]\w*?(\d{1,18})\s*-\s*[^\W\d]\w*?(\d{1,18})\s*\)")


def parse_abstract(content: bytes, path: Path) -> Any:
    """PySD's abstract model of a file's bytes, all faulty equations reported together."""
    from pysd.translators.vensim.vensim_file import VensimFile

    text = without_comments(decode(content, path))

    class FromText(VensimFile):  # type: ignore[misc]  # PySD would open the file again, and drop bytes it cannot decode without a word
        def _read(self, encoding: str | None) -> str:
            return text

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = FromText(path)
        try:
            file.parse(parse_all=False)
            for section in file.sections:
                section.parse(parse_all=False)
        except Exception as error:  # parsimonious and PySD raise many kinds
            raise ModelError(
                Fault("the file is not a Vensim model", path, *_place(error, text), hint=EXPECTED)
            ) from None
        _parse_elements(file, path, text)
        return file.get_abstract_model()


def _parse_elements(file: Any, path: Path, text: str) -> None:
    from pysd.translators.vensim.vensim_element import Component, Constraint, SubscriptRange, TestInput

    places = Places(definitions(text))
    faults = []
    for first, last in _NUMERIC_RANGE.findall(text):
        if int(last) - int(first) >= MOST_ELEMENTS:
            raise ModelError(
                f"a subscript range of {int(last) - int(first) + 1:,} elements; at most {MOST_ELEMENTS:,}", path=path
            )
    for section in file.sections:
        parsed = []
        for element in section.elements:
            definition = places.of_equation(element.equation)
            try:
                item = element.parse()
                if not isinstance(item, SubscriptRange):
                    item.parse()
                parsed.append(item)
            except RecursionError:
                what = "this equation is nested too deeply"
                where = definition.line if definition else None
                faults.append(Fault(what, path, where, one_line(element.equation)))
            except Exception:  # whatever the parser raises, the equation cannot be read
                faults.append(
                    Fault(
                        "this equation cannot be read",
                        path,
                        definition.line if definition else None,
                        one_line(definition.text if definition else element.equation),
                        "Vensim's own 'Check Syntax' (Ctrl+T) shows the place in the line.",
                    )
                )
        section.subscripts = [item for item in parsed if isinstance(item, SubscriptRange)]
        section.components = [item for item in parsed if isinstance(item, Component)]
        section.constraints = [item for item in parsed if isinstance(item, Constraint)]
        section.test_inputs = [item for item in parsed if isinstance(item, TestInput)]
        section.elements = parsed
    if faults:
        raise ModelError(faults)


class Places:
    """Where definitions stand; the n-th definition of a name in PySD's order is the n-th in the file."""

    def __init__(self, found: Iterable[Definition]) -> None:
        self.by_key: dict[str, list[Definition]] = defaultdict(list)
        self.by_text: dict[str, list[Definition]] = defaultdict(list)
        for definition in found:
            self.by_key[definition.key].append(definition)
            self.by_text[_squeezed(definition.text)].append(definition)

    def of_equation(self, equation: str) -> Definition | None:
        return next(iter(self.by_text.get(_squeezed(equation), [])), None)

    def of_component(self, key: str, index: int) -> Definition:
        found = self.by_key.get(key, [])
        return found[index] if index < len(found) else Definition(key, 0, "")


def _squeezed(text: str) -> str:
    return "".join(text.replace("\\\n", "").split()).lower()


def one_line(text: str) -> str:
    line = " ".join(text.replace("\\\n", " ").split())
    return line if len(line) <= 100 else line[:97] + "..."


def _place(error: Exception, text: str) -> tuple[int | None, str]:
    """The line at which the parser stopped, and its text; parsimonious' own words mean nothing to a modeller."""
    position = getattr(error, "pos", None)
    if position is None or not text[:position].strip():
        return None, ""
    line = text.count("\n", 0, position) + 1
    return line, one_line(text.splitlines()[line - 1]) if line <= len(text.splitlines()) else ""
