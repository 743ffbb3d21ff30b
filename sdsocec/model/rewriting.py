"""Write numbers into a .mdl and touch nothing else, so that a difference shows numbers only."""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sdsocec.errors import ModelError, ProjectError

from .ir import Equation, Model, Number, NumberList, Variable
from .names import name_key, split_element_name
from .source import decode, encoding_of, read_bytes

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def with_values(model: Model, values: Mapping[str, float]) -> str:
    """The text of a model's file with constants set to other values.

    Parameters
    ----------
    values : mapping
        Element names of constants, and what to write, in their units. Numbers are written with the fewest digits that read back
        as the same number; a value that the file already holds is left as it was typed.

    Raises
    ------
    ModelError
        A name is no constant with a literal value of its own, or the file is not the one that the model was read from.
    """
    content = read_bytes(model.path)
    if hashlib.sha256(content).hexdigest() != model.file_sha256:
        raise ModelError("the file has changed since it was read", path=model.path, hint="Start again.")
    text = decode(content, model.path)
    edits: dict[tuple[int, int], str] = {}
    written: set[str] = set()
    for key in dict.fromkeys(name_key(split_element_name(name)[0]) for name in values):
        variable = model.variables.get(key)
        if variable is None:
            raise ModelError(f"the model has no constant '{key}'", path=model.path, name=key)
        for equation in variable.equations:
            written |= _edit(model, variable, equation, text, values, edits)
    missing = [name for name in values if name not in written]
    if missing:
        raise ModelError(f"'{missing[0]}' has no number of its own in the file", path=model.path, name=missing[0])
    for (start, end), number in sorted(edits.items(), reverse=True):
        text = text[:start] + number + text[end:]
    return text


def _edit(
    model: Model,
    variable: Variable,
    equation: Equation,
    text: str,
    values: Mapping[str, float],
    edits: dict[tuple[int, int], str],
) -> set[str]:
    """Add the edits of one definition; the element names that it holds."""
    names = [model.element_name(variable, element) for element in model.equation_elements(equation)]
    wanted = {name for name in names if name in values}
    if not wanted:
        return wanted
    expression = equation.expression
    if isinstance(expression, Number):
        new = {values.get(name, expression.value) for name in names}
        if len(new) > 1:
            raise ModelError(
                f"'{variable.name}' has one number for {len(names)} elements, so they cannot differ",
                path=model.path, line=equation.line, name=variable.name,
                hint="Give each element an equation of its own.",
            )  # fmt: skip
        held, new_values = [expression.value], list(new)
    elif isinstance(expression, NumberList):
        held = list(expression.values)
        new_values = [values.get(name, value) for name, value in zip(names, held, strict=True)]
    else:
        return set()
    for place, old, value in zip(_places(model, equation, text, held), held, new_values, strict=True):
        if value != old:
            edits[place] = repr(float(value))
    return wanted


def _places(model: Model, equation: Equation, text: str, held: list[float]) -> list[tuple[int, int]]:
    """Where the numbers of a definition stand in the file."""
    line_start = sum(len(line) + 1 for line in text.split("\n")[: equation.line - 1])
    start = text.find(equation.text, line_start)
    body = equation.text
    equals = _right_side(body)
    found = list(_NUMBER.finditer(body, equals)) if start >= 0 else []
    if [float(match[0]) for match in found] != held:
        raise ModelError(
            "the numbers of this equation are not where they were read", path=model.path, line=equation.line
        )
    return [(start + match.start(), start + match.end()) for match in found]


def _right_side(equation: str) -> int:
    """Where the right-hand side starts: after the first `=` outside quotes and brackets."""
    quoted, depth = False, 0
    for i, character in enumerate(equation):
        if character == '"':
            quoted = not quoted
        elif not quoted and character in "[(":
            depth += 1
        elif not quoted and character in "])":
            depth -= 1
        elif character == "=" and not quoted and not depth:
            return i + 1
    return len(equation)


def write_values(model: Model, values: Mapping[str, float]) -> None:
    """Write constants into the model's file; it is replaced whole, or not at all. See `with_values`.

    Raises ProjectError if the file cannot be written.
    """
    content = read_bytes(model.path)
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    replace_content(model.path, mark + with_values(model, values).encode(encoding_of(content).removesuffix("-sig")))


def replace_content(file: Path, new: bytes) -> None:
    """Replace a file's content whole, or not at all; ProjectError if it cannot be written."""
    path = Path(os.path.realpath(file))  # what a link points at, not the link
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "wb") as stream:
            stream.write(new)
        shutil.copymode(path, temporary)
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise ProjectError(f"cannot write '{file}': {error.strerror}", path=file) from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
