"""Read a .mdl file into a `Model`, with PySD's parser.

PySD's parser (`pysd.translators`) gives an abstract syntax tree; `read_model` turns it into our representation, finds each
variable's kind and dimensions, and adds line numbers. Nothing of the file is ever executed. The result is kept in a cache
under the hash of the file's bytes and of this folder's source, so a second read neither parses nor imports PySD.

    parsing      the bytes of a .mdl -> the tree of PySD's parser
    converting   the tree of one variable -> our expressions, and its kind
    resolving    what is known only once all equations are read
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sdsocec.cache import Cache, digest_of, source_digest
from sdsocec.errors import Fault, ModelError, nearest_name

from .converting import Converter, kind_of
from .ir import Equation, Model, Variable
from .names import name_key, shown_name
from .parsing import EXPECTED, Places, one_line, parse_abstract
from .resolving import unknown_names, with_dimensions, with_flows, with_lookup_calls
from .source import Definition, decode, definitions, read_bytes, without_comments

__all__ = ["parse_abstract", "read_model"]


def read_model(path: str | Path) -> Model:
    """Read a Vensim model.

    Parameters
    ----------
    path : str or Path
        A .mdl file.

    Raises
    ------
    ProjectError
        The file cannot be read.
    ModelError
        It is not a Vensim model; every equation that cannot be read is a fault, with its line.
    """
    path = Path(path)
    content = read_bytes(path)
    if path.suffix.lower() != ".mdl":
        raise ModelError(f"'{path.name}' is not a Vensim model", path=path, hint="The file's name must end in .mdl.")
    key = digest_of(content, source_digest("sdsocec.model"))

    def parse() -> Model:
        model = _to_model(parse_abstract(content, path), path, without_comments(decode(content, path)))
        return replace(model, source_digest=key, file_sha256=hashlib.sha256(content).hexdigest())

    model: Model = Cache("models").get(key, parse, pickle.dumps, pickle.loads)
    return model if model.path == path else replace(model, path=path)


def _to_model(abstract: Any, path: Path, text: str) -> Model:
    section = abstract.sections[0]
    if not section.elements:
        raise ModelError("the file has no equations", path=path, hint=EXPECTED)
    places = Places(definitions(text))
    ranges, mappings, shown = _read_ranges(section.subscripts, path, places)
    variables: dict[str, Variable] = {}
    faults: list[Fault] = []
    for element in section.elements:
        key = name_key(element.name)
        equations = []
        for i, component in enumerate(element.components):
            place = places.of_component(key, i)

            def fault(what: str, place: Definition = place) -> ModelError:
                return ModelError(what, path=path, line=place.line, excerpt=one_line(place.text))

            convert = Converter(component, place.text, fault)
            subscripts, excepted = component.subscripts
            for name in (*subscripts, *(s for group in excepted for s in group)):
                if name_key(name) not in ranges and name_key(name) not in shown:
                    faults.append(
                        Fault(
                            f"unknown subscript '{name}' in '{shown_name(element.name)}'",
                            path,
                            place.line,
                            one_line(place.text),
                            name=name,
                            nearest=nearest_name(name, shown.values()),
                        )
                    )
            equations.append(
                Equation(
                    convert.top(component.ast),
                    tuple(map(name_key, subscripts)),
                    tuple(tuple(map(name_key, group)) for group in excepted),
                    place.line,
                    place.text,
                )
            )
        limits = [*(element.limits or ()), None, None]
        variables[key] = Variable(
            name=shown_name(element.name),
            kind=kind_of(element, equations),
            equations=tuple(equations),
            unit=element.units.strip(),
            range=(limits[0], limits[1]),
            documentation=" ".join(element.documentation.split()),
        )
    if faults:
        raise ModelError(faults)
    model = Model(path, variables, ranges, mappings, shown)
    model = with_lookup_calls(model)
    faults = unknown_names(model)
    if faults:
        raise ModelError(faults)
    variables = {key: with_dimensions(model, variable) for key, variable in model.variables.items()}
    return with_flows(Model(path, variables, ranges, mappings, shown))


def _read_ranges(
    abstract: Iterable[Any], path: Path, places: Places
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]], dict[str, str]]:
    definition: dict[str, list[str] | str] = {}
    mappings: dict[str, tuple[str, ...]] = {}
    shown: dict[str, str] = {}
    for item in abstract:
        key = name_key(item.name)
        shown[key] = shown_name(item.name)
        if isinstance(item.subscripts, dict):
            raise ModelError(
                f"subscript range '{item.name}' is read from a spreadsheet, which is not supported",
                path=path,
                line=places.of_component(key, 0).line,
                hint="List its elements in the .mdl.",
            )
        definition[key] = item.subscripts
        mappings[key] = tuple(map(name_key, item.mapping))
    ranges: dict[str, tuple[str, ...]] = {}

    def members(key: str, above: tuple[str, ...]) -> tuple[str, ...]:
        if key in above:
            place = places.of_component(key, 0)
            what = f"subscript range '{shown[key]}' is defined by itself"
            raise ModelError(what, path=path, line=place.line, excerpt=one_line(place.text))
        if key in ranges:
            return ranges[key]
        value = definition[key]
        names = [value] if isinstance(value, str) else value
        out: list[str] = []
        for name in names:
            part = name_key(name)
            if part in definition:
                out += members(part, (*above, key))
            else:
                shown.setdefault(part, shown_name(name))
                out.append(part)
        ranges[key] = tuple(out)
        return ranges[key]

    for key, value in definition.items():
        members(key, ())
        if isinstance(value, str):  # a copy stands for its original, element by element
            mappings[key] = (*mappings[key], name_key(value))
    return ranges, mappings, shown
