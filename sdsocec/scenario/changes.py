"""Vensim changes files (.cin): `name = value` lines, the form in which Vensim saves and loads changed constants."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sdsocec.errors import Fault, ScenarioError
from sdsocec.model.project import LoadedModel
from sdsocec.model.source import read_bytes

from .settings import settable_of


def changes_text(values: Mapping[str, float]) -> str:
    """The text of a changes file. Numbers have the fewest digits that read back as the same number.

    >>> changes_text({"tau long": 1.5, "search intensity[long]": 0.1})
    'tau long = 1.5\\nsearch intensity[long] = 0.1\\n'
    """
    return "".join(f"{name} = {float(value)!r}\n" for name, value in values.items())


def read_changes(path: Path, model: LoadedModel) -> dict[str, float]:
    """The constants that a changes file sets, by element name.

    Raises
    ------
    ScenarioError
        A line is no setting of the model's; every fault is listed, with its line.
    """
    text = read_bytes(path).decode("utf-8-sig", errors="replace")
    settable = settable_of(model)
    found: dict[str, float] = {}
    faults: list[Fault] = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith(("{", "#", ";")):
            continue
        try:
            read = settable.read([stripped], "line")
        except ScenarioError as error:
            faults += [
                Fault(f.what, path, number, stripped[:120], hint=f.hint, name=f.name, nearest=f.nearest)
                for f in error.faults
            ]
            continue
        twice = next((name for name in read if name in found), None)
        if twice is not None:
            faults.append(Fault(f"'{twice}' is set twice", path, number, stripped[:120], name=twice))
        found |= read
    if faults:
        raise ScenarioError(faults)
    return found
