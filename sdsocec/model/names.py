"""Names as Vensim compares them: without regard to case, to underscore or blank, or to the number of blanks."""

from __future__ import annotations

import re
from collections.abc import Iterable

_BLANKS = re.compile(r"[\s_]+")


def name_key(name: str) -> str:
    """The form of a name in which two spellings of one variable are equal.

    >>> name_key("Room_Temperature ") == name_key("room  temperature")
    True
    """
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1].replace('\\"', '"')
    return _BLANKS.sub(" ", name).strip().lower()


def shown_name(name: str) -> str:
    """A name as the modeller wrote it, without quotes and with single blanks."""
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1].replace('\\"', '"')
    return _BLANKS.sub(" ", name).strip()


def element_name(variable: str, elements: tuple[str, ...]) -> str:
    """One element of a subscripted variable, as PySD and Vensim write it: `people[short,b20]`.

    A name that holds brackets itself is put in quotes, so that it is not taken for an element.

    >>> element_name("heat [C]", ("north",))
    '"heat [C]"[north]'
    """
    if "[" in variable or "]" in variable:
        variable = f'"{variable}"'
    return f"{variable}[{','.join(elements)}]" if elements else variable


def split_element_name(text: str) -> tuple[str, tuple[str, ...]]:
    """The inverse of `element_name`; a name without brackets has no elements.

    >>> split_element_name("people[short, b20]")
    ('people', ('short', 'b20'))
    """
    text = text.strip()
    if text.startswith('"') and (end := text.find('"', 1)) > 0:
        rest = text[end + 1 :].strip()
        parts = rest[1:-1].split(",") if rest.startswith("[") and rest.endswith("]") else []
        return text[1:end], tuple(part.strip() for part in parts)
    if text.endswith("]") and "[" in text:
        name, _, inside = text[:-1].partition("[")
        return name.strip(), tuple(part.strip() for part in inside.split(","))
    return text, ()


def as_list(names: str | Iterable[str]) -> list[str]:
    """Names as a list; one by itself is a list of one, not of its letters.

    >>> as_list("unemployed"), as_list(("unemployed", "vacancies"))
    (['unemployed'], ['unemployed', 'vacancies'])
    """
    return [names] if isinstance(names, str) else list(names)
