"""Read a .mdl file into a `Model`, with PySD's parser.

PySD's parser (`pysd.translators`) gives an abstract syntax tree; `read_model` turns it into our representation, finds each
variable's kind and dimensions, and adds line numbers. Nothing of the file is ever executed. The result is kept in a cache
under the hash of the file's bytes and of this folder's source, so a second read neither parses nor imports PySD.
"""

from __future__ import annotations

import hashlib
import pickle
import re
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sdsocec.cache import Cache, digest_of, source_digest
from sdsocec.errors import Fault, ModelError, nearest_name

from .ir import (
    TIME,
    Call,
    Equation,
    Expression,
    Foreign,
    LookupCall,
    Model,
    Number,
    NumberList,
    Operation,
    Reference,
    Table,
    Variable,
    WithLookup,
    walk,
)
from .names import name_key, shown_name
from .source import Definition, decode, definitions, read_bytes, without_comments

EXPECTED = "A Vensim model (.mdl) was expected."


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

    places = _Places(definitions(text))
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
                faults.append(Fault(what, path, where, _one_line(element.equation)))
            except Exception:  # whatever the parser raises, the equation cannot be read
                faults.append(
                    Fault(
                        "this equation cannot be read",
                        path,
                        definition.line if definition else None,
                        _one_line(definition.text if definition else element.equation),
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


MOST_ELEMENTS = 100_000
_NUMERIC_RANGE = re.compile(r"\(\s*[^\W\d]\w*?(\d{1,18})\s*-\s*[^\W\d]\w*?(\d{1,18})\s*\)")


class _Places:
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


def _one_line(text: str) -> str:
    line = " ".join(text.replace("\\\n", " ").split())
    return line if len(line) <= 100 else line[:97] + "..."


def _place(error: Exception, text: str) -> tuple[int | None, str]:
    """The line at which the parser stopped, and its text; parsimonious' own words mean nothing to a modeller."""
    position = getattr(error, "pos", None)
    if position is None or not text[:position].strip():
        return None, ""
    line = text.count("\n", 0, position) + 1
    return line, _one_line(text.splitlines()[line - 1]) if line <= len(text.splitlines()) else ""


# --- PySD's tree -> ours ------------------------------------------------------------------------------------------------


def _to_model(abstract: Any, path: Path, text: str) -> Model:
    section = abstract.sections[0]
    if not section.elements:
        raise ModelError("the file has no equations", path=path, hint=EXPECTED)
    places = _Places(definitions(text))
    ranges, mappings, shown = _read_ranges(section.subscripts, path, places)
    variables: dict[str, Variable] = {}
    faults: list[Fault] = []
    for element in section.elements:
        key = name_key(element.name)
        equations = []
        for i, component in enumerate(element.components):
            place = places.of_component(key, i)

            def fault(what: str, place: Definition = place) -> ModelError:
                return ModelError(what, path=path, line=place.line, excerpt=_one_line(place.text))

            convert = _Converter(component, place.text, fault)
            subscripts, excepted = component.subscripts
            for name in (*subscripts, *(s for group in excepted for s in group)):
                if name_key(name) not in ranges and name_key(name) not in shown:
                    faults.append(
                        Fault(
                            f"unknown subscript '{name}' in '{shown_name(element.name)}'",
                            path,
                            place.line,
                            _one_line(place.text),
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
            kind=_kind(element, equations),
            equations=tuple(equations),
            unit=element.units.strip(),
            range=(limits[0], limits[1]),
            documentation=" ".join(element.documentation.split()),
        )
    if faults:
        raise ModelError(faults)
    model = Model(path, variables, ranges, mappings, shown)
    model = _with_lookup_calls(model)
    faults = _unknown_names(model)
    if faults:
        raise ModelError(faults)
    variables = {key: _with_dimensions(model, variable) for key, variable in model.variables.items()}
    return _with_flows(Model(path, variables, ranges, mappings, shown))


def _read_ranges(
    abstract: Iterable[Any], path: Path, places: _Places
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
            raise ModelError(what, path=path, line=place.line, excerpt=_one_line(place.text))
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


_LITERAL = r"(\d+\.?\d*|\.\d+)(e[+-]?\d+)?"
_BRACKETED_BASE = re.compile(rf"\(\s*-\s*{_LITERAL}\s*\)\s*\^", re.IGNORECASE)
_UNCLEAR_BASE = re.compile(rf"\(\s*-\s*{_LITERAL}\s*(\)\s*\)|\)\s*\\)\s*[\s)\\]*\^", re.IGNORECASE)
_BARE_BASE = re.compile(rf"(^|[^\w\s)])\s*-\s*{_LITERAL}\s*\^", re.IGNORECASE)


class _Converter:
    """Turns one component's tree into ours; only top-level arrays may be lists of numbers."""

    def __init__(self, component: Any, text: str, fault: Callable[[str], ModelError]) -> None:
        self.component = component
        self.has_bracketed_base = bool(_BRACKETED_BASE.search(text))
        if _UNCLEAR_BASE.search(text) or (self.has_bracketed_base and _BARE_BASE.search(text)):
            raise fault("this equation has powers of negative numbers that can be read in two ways; write (0 - 2)^2")

    def top(self, ast: Any) -> Expression:
        import numpy as np

        kind = type(self.component).__name__
        if kind == "AbstractData":
            return Foreign("a data variable")
        if isinstance(ast, np.ndarray):
            return NumberList(tuple(float(v) for v in ast.ravel()))
        return self.expression(ast)

    def expression(self, ast: Any) -> Expression:
        if isinstance(ast, int | float):
            return Number(float(ast))
        convert: Callable[[Any], Expression] | None = getattr(self, type(ast).__name__, None)
        if convert is not None:
            return convert(ast)
        if type(ast).__name__ == "str":
            return Foreign(f"the text '{ast}'" if ast != ":NA:" else ":NA:")
        return Foreign(_FOREIGN.get(type(ast).__name__, type(ast).__name__))

    def ReferenceStructure(self, ast: Any) -> Expression:
        subscripts = tuple(ast.subscripts.subscripts) if ast.subscripts else ()
        return Reference(name_key(ast.reference), tuple(_subscript_key(s) for s in subscripts))

    def ArithmeticStructure(self, ast: Any) -> Expression:
        if ast.operators[0] == "^":
            return self._power(ast.arguments)
        return Operation(tuple(ast.operators), tuple(map(self.expression, ast.arguments)))

    def _power(self, arguments: Any) -> Expression:
        """`-2^2` is -(2^2), but the parser gives it, like `(-2)^2`, as the number -2 with an exponent."""
        if len(arguments) > 1 and isinstance(arguments[0], int | float) and arguments[0] < 0:
            if not self.has_bracketed_base:
                return Operation(("negative",), (self._power((-arguments[0], *arguments[1:])),))
        if len(arguments) == 1:
            return self.expression(arguments[0])
        return Operation(("^",), (self.expression(arguments[0]), self._power(arguments[1:])))

    def LogicStructure(self, ast: Any) -> Expression:
        """The parser gives `a :OR: b :AND: c` in one row; :AND: binds stronger."""
        operators = [op.upper() for op in ast.operators]
        arguments = list(map(self.expression, ast.arguments))
        while ":AND:" in operators and ":OR:" in operators:
            i = operators.index(":AND:")
            arguments[i : i + 2] = [Operation((":AND:",), (arguments[i], arguments[i + 1]))]
            del operators[i]
        return Operation(tuple(operators), tuple(arguments))

    def CallStructure(self, ast: Any) -> Expression:
        function = ast.function
        subscripts = tuple(_subscript_key(s) for s in function.subscripts.subscripts) if function.subscripts else ()
        arguments = tuple(map(self.expression, ast.arguments))
        key = name_key(function.reference)
        if len(arguments) == 1:  # a lookup's argument, or a function's: known once all variables are
            return LookupCall(Reference(key, subscripts), arguments[0])
        return Call(key.upper(), arguments)

    def GameStructure(self, ast: Any) -> Expression:
        return Call("GAME", (self.expression(ast.expression),))

    def InitialStructure(self, ast: Any) -> Expression:
        return Call("INITIAL", (self.expression(ast.initial),))

    def IntegStructure(self, ast: Any) -> Expression:
        return Call("INTEG", (self.expression(ast.flow), self.expression(ast.initial)))

    def DelayStructure(self, ast: Any) -> Expression:
        return Call("DELAY", tuple(map(self.expression, (ast.input, ast.delay_time, ast.initial, ast.order))))

    def DelayNStructure(self, ast: Any) -> Expression:
        return Call("DELAY N", tuple(map(self.expression, (ast.input, ast.delay_time, ast.initial, ast.order))))

    def DelayFixedStructure(self, ast: Any) -> Expression:
        return Call("DELAY FIXED", tuple(map(self.expression, (ast.input, ast.delay_time, ast.initial))))

    def SmoothStructure(self, ast: Any) -> Expression:
        return Call("SMOOTH", tuple(map(self.expression, (ast.input, ast.smooth_time, ast.initial, ast.order))))

    def SmoothNStructure(self, ast: Any) -> Expression:
        return Call("SMOOTH N", tuple(map(self.expression, (ast.input, ast.smooth_time, ast.initial, ast.order))))

    def TrendStructure(self, ast: Any) -> Expression:
        return Call("TREND", tuple(map(self.expression, (ast.input, ast.average_time, ast.initial_trend))))

    def ForecastStructure(self, ast: Any) -> Expression:
        parts = (ast.input, ast.average_time, ast.horizon, ast.initial_trend)
        return Call("FORECAST", tuple(map(self.expression, parts)))

    def SampleIfTrueStructure(self, ast: Any) -> Expression:
        return Call("SAMPLE IF TRUE", tuple(map(self.expression, (ast.condition, ast.input, ast.initial))))

    def LookupsStructure(self, ast: Any) -> Expression:
        return Table(tuple(map(float, ast.x)), tuple(map(float, ast.y)))

    def InlineLookupsStructure(self, ast: Any) -> Expression:
        table = self.expression(ast.lookups)
        assert isinstance(table, Table), "WITH LOOKUP holds points"
        return WithLookup(self.expression(ast.argument), table)


_FOREIGN = {
    "GetLookupsStructure": "GET XLS/DIRECT LOOKUPS",
    "GetDataStructure": "GET XLS/DIRECT DATA",
    "GetConstantsStructure": "GET XLS/DIRECT CONSTANTS",
    "AllocateAvailableStructure": "ALLOCATE AVAILABLE",
    "AllocateByPriorityStructure": "ALLOCATE BY PRIORITY",
}


def _subscript_key(text: str) -> str:
    text = text.strip()
    return name_key(text[:-1]) + "!" if text.endswith("!") else name_key(text)


def _kind(element: Any, equations: list[Equation]) -> str:
    if any(type(component).__name__ == "AbstractLookup" for component in element.components):
        return "lookup"
    expressions = [equation.expression for equation in equations]
    if all(isinstance(e, Number | NumberList) or _is_negative_number(e) for e in expressions):
        return "constant"
    if any(isinstance(e, Call) and e.function == "INTEG" for e in expressions):
        return "stock"
    return "auxiliary"


def _is_negative_number(expression: Expression) -> bool:
    return (
        isinstance(expression, Operation)
        and expression.operators == ("negative",)
        and isinstance(expression.arguments[0], Number)
    )


def _with_lookup_calls(model: Model) -> Model:
    """A call with one argument is a lookup's only if a variable bears the name; else it is an unknown function."""

    def mend(expression: Expression) -> Expression:
        if isinstance(expression, LookupCall):
            argument = mend(expression.argument)
            if expression.lookup.name in model.variables:
                return LookupCall(expression.lookup, argument)
            return Call(expression.lookup.name.upper(), (argument,))
        if isinstance(expression, Operation):
            return Operation(expression.operators, tuple(map(mend, expression.arguments)))
        if isinstance(expression, Call):
            return Call(expression.function, tuple(map(mend, expression.arguments)))
        if isinstance(expression, WithLookup):
            return WithLookup(mend(expression.argument), expression.table)
        return expression

    variables = {}
    for key, variable in model.variables.items():
        equations = tuple(
            Equation(mend(e.expression), e.subscripts, e.excepted, e.line, e.text) for e in variable.equations
        )
        variables[key] = replace(variable, equations=equations)
    return Model(model.path, variables, model.ranges, model.mappings, model.shown)


def _unknown_names(model: Model) -> list[Fault]:
    valid = {*model.variables, *model.ranges, *model.shown, TIME}
    faults = []
    for variable in model.variables.values():
        for equation in variable.equations:
            for node in walk(equation.expression):
                if not isinstance(node, Reference):
                    continue
                unknown = [] if node.name in valid else [node.name]
                unknown += [s for s in node.subscripts if s.rstrip("!") not in model.shown]
                for name in unknown:
                    faults.append(
                        Fault(
                            f"'{variable.name}' uses '{name.rstrip('!')}', which is not defined",
                            model.path,
                            equation.line,
                            _one_line(equation.text),
                            name=name,
                            nearest=nearest_name(name, [v.name for v in model.variables.values()]),
                        )
                    )
    return faults


def _with_dimensions(model: Model, variable: Variable) -> Variable:
    """The smallest ranges that hold every subscript of every definition."""
    positions = {len(equation.subscripts) for equation in variable.equations}
    if len(positions) > 1:
        raise ModelError(
            f"the definitions of '{variable.name}' have different numbers of subscripts",
            path=model.path,
            line=variable.line,
            excerpt=_one_line(variable.equations[0].text),
        )
    for equation in variable.equations:
        ranges = [s for s in equation.subscripts if s in model.ranges]
        if len(set(ranges)) < len(ranges):
            raise ModelError(
                f"'{variable.name}' has the same subscript twice on its left-hand side",
                path=model.path,
                line=equation.line,
                excerpt=_one_line(equation.text),
                hint="Give the second a copy of the range: second <-> first",
            )
    dimensions: list[str] = []
    for position in range(positions.pop()):
        written = [equation.subscripts[position] for equation in variable.equations]
        if len(set(written)) == 1 and written[0] in model.ranges:
            dimensions.append(written[0])
            continue
        needed = {element for subscript in written for element in model.members(subscript)}
        candidates = [
            key for key, elements in model.ranges.items() if needed <= set(elements) and key not in dimensions
        ]
        if not candidates:
            raise ModelError(
                f"no subscript range holds all of {', '.join(sorted(needed))} ('{variable.name}')",
                path=model.path,
                line=variable.line,
                excerpt=_one_line(variable.equations[0].text),
            )
        written_candidates = [key for key in candidates if key in written]
        dimensions.append(min(written_candidates or candidates, key=lambda key: len(model.ranges[key])))
    return replace(variable, dimensions=tuple(dimensions))


def _with_flows(model: Model) -> Model:
    """Flows are the auxiliaries that a stock adds or subtracts."""
    flows: set[str] = set()
    for variable in model.variables.values():
        for equation in variable.equations:
            expression = equation.expression
            if isinstance(expression, Call) and expression.function == "INTEG":
                flows |= _terms(expression.arguments[0])
    variables = {
        key: replace(variable, kind="flow") if key in flows and variable.kind == "auxiliary" else variable
        for key, variable in model.variables.items()
    }
    return Model(model.path, variables, model.ranges, model.mappings, model.shown)


def _terms(expression: Expression) -> set[str]:
    if isinstance(expression, Reference):
        return {expression.name}
    if isinstance(expression, Operation) and set(expression.operators) <= {"+", "-", "negative"}:
        return set().union(*map(_terms, expression.arguments))
    if isinstance(expression, Call) and expression.function == "SUM":
        return _terms(expression.arguments[0])
    return set()
