"""Expand: from equations over subscripts to one graph of element equations.

Before  a `Model`: variables with dimensions, expression trees, functions with memory.
After   a `Program`: every element of every variable is a node; INTEG, SMOOTH, DELAY, ... are states with an initial
        value and a change; initial values are expressions in constants only.
Keeps   the order of the operations as the modeller wrote them: no sum or product is rearranged.

An element is built in one of two contexts: *active* (its value at Time) or *initial* (its value at INITIAL TIME, where a
stock is its initial value and Time is INITIAL TIME). Vensim orders initial values by their own dependencies; building in
two contexts does the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sdsocec.errors import ModelError, UnsupportedConstruct, nearest_name
from sdsocec.model.ir import (
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
    children,
)
from sdsocec.model.names import element_name

from .functions import FUNCTIONS, MISSING, OPERATIONS, SWAPPED, Builder
from .graph import Graph
from .memory import MEMORY_FUNCTIONS
from .program import CONTROL_NAMES, Program, State

Bindings = Mapping[str, str]
Build = Callable[["Scope"], int]
REDUCTIONS = {"SUM": "add", "PROD": "mul", "VMIN": "min", "VMAX": "max"}


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: which element of which variable, in which context."""

    variable: Variable
    equation: Equation
    bindings: Bindings
    is_initial: bool

    @property
    def element(self) -> tuple[str, ...]:
        """The element of the left-hand side."""
        return tuple(self.bindings[subscript] for subscript in self.equation.subscripts)

    def at_start(self) -> Scope:
        return Scope(self.variable, self.equation, self.bindings, True)

    def bound(self, extra: Mapping[str, str]) -> Scope:
        return Scope(self.variable, self.equation, {**self.bindings, **extra}, self.is_initial)


# What is to be built: ("value", key, element, is_initial), ("initial", slot) or ("change", slot).
_Item = tuple[str | int | bool | tuple[str, ...], ...]


def expand(model: Model, integrator: str = "euler") -> Program:
    """Build the program of a model.

    The integrator decides what happens within a step: with `rk4`, STEP, PULSE and SAMPLE IF TRUE stand still between its
    stages; with `rates` (scipy, no fixed step) STEP and PULSE switch exactly at their date, not at the step nearest to it.

    Raises UnsupportedConstruct for what this engine does not compile, and ModelError for what no engine could.
    """
    return Expansion(model, integrator).program()


class Expansion:
    def __init__(self, model: Model, integrator: str) -> None:
        self.model = model
        self.integrator = integrator
        self.has_stages = integrator == "rk4"
        self.graph = Graph()
        self.nodes: dict[_Item, int] = {}
        self.missing: list[_Item] = []
        self.slots: dict[tuple[str, tuple[str, ...], int, int], int] = {}
        self.states: list[_PendingState] = []
        self.constants: dict[str, float] = {}
        self.equation_of = {key: self._equations_by_element(v) for key, v in model.variables.items()}
        self.scope: Scope | None = None
        self.builder = Builder(
            self.graph,
            integrator == "rates",
            time=self._time,
            step_start=self._step_start,
            time_step=self.time_step,
        )

    # --- the order of building -------------------------------------------------------------------------------------------

    def program(self) -> Program:
        outputs = {}
        for key, variable in self.model.variables.items():
            if variable.kind == "lookup":
                continue
            for element in self.equation_of[key]:
                node = self._ensure(("value", key, element, False))
                outputs[self._element_name(variable, element)] = self.builder.number(node)
        states = []
        slot = 0
        while slot < len(self.states):  # building a change may find further states
            initial = self.builder.number(self._ensure(("initial", slot)))
            change = self.builder.number(self._ensure(("change", slot)))
            pending = self.states[slot]
            place = (pending.scope.variable.name, pending.function)
            states.append(State(pending.name, initial, change, pending.is_replaced, *place))
            slot += 1
        return Program(self.graph, self.constants, tuple(states), outputs, self._controls(outputs))

    def _controls(self, outputs: Mapping[str, int]) -> dict[str, int]:
        controls = {}
        for name in CONTROL_NAMES:
            variable = self.model.variables.get(name.lower())
            if variable is None:
                raise ModelError(f"the model has no '{name}'", path=self.model.path, hint=f"Add a line '{name} = ...'.")
            controls[name] = outputs[variable.name]
            if not self.is_constant(controls[name]):
                raise ModelError(
                    f"'{name}' changes during the run", path=self.model.path, line=variable.line,
                    excerpt=variable.equations[0].text, hint="It must be a constant.",
                )  # fmt: skip
        return controls

    def _ensure(self, item: _Item) -> int:
        """Build an item and all it needs, without recursion over the model."""
        stack, open_items = [item], dict[_Item, None]()
        while stack:
            current = stack[-1]
            if current in self.nodes:
                stack.pop()
                open_items.pop(current, None)
                continue
            self.missing = []
            node = self._build(current)
            if not self.missing:
                self.nodes[current] = node
                continue
            open_items[current] = None
            for needed in self.missing:
                if needed in open_items:
                    self._refuse_cycle([*list(open_items)[list(open_items).index(needed) :], needed])
            stack.extend(self.missing)
        return self.nodes[item]

    def _refuse_cycle(self, items: list[_Item]) -> None:
        names = [self._item_name(item) for item in items]
        first = self.model.variables[str(items[0][1])] if items[0][0] == "value" else None
        at_start = " at the start of the run" if items[0][-1] is True else ""
        raise ModelError(
            f"these equations need each other{at_start}: {' <- '.join(names)}",
            path=self.model.path,
            line=first.line if first else None,
            excerpt=" ".join(first.equations[0].text.split()) if first else "",
            hint="A loop must pass through a stock (INTEG) or another function with memory.",
        )

    def _item_name(self, item: _Item) -> str:
        if item[0] == "value":
            variable = self.model.variables[str(item[1])]
            return f"'{self._element_name(variable, item[2])}'"  # type: ignore[arg-type]
        return f"'{self.states[_slot(item)].name}'"

    def _build(self, item: _Item) -> int:
        if item[0] == "value":
            _, key, element, is_initial = item
            return self._build_element(str(key), element, bool(is_initial))  # type: ignore[arg-type]
        state = self.states[_slot(item)]
        return state.initial(state.scope.at_start()) if item[0] == "initial" else state.change(state.scope)

    def _build_element(self, key: str, element: tuple[str, ...], is_initial: bool) -> int:
        variable = self.model.variables[key]
        equation = self.equation_of[key][element]
        bindings = dict(zip(equation.subscripts, element, strict=True))
        scope = Scope(variable, equation, bindings, is_initial)
        if variable.kind == "constant":
            name = self._element_name(variable, element)
            self.constants[name] = constant_value(self.model, equation, element)
            return self.graph.make("constant", payload=name)
        return self.expression(equation.expression, scope)

    # --- expressions ---------------------------------------------------------------------------------------------------

    def expression(self, expression: Expression, scope: Scope) -> int:
        self.scope = scope
        if isinstance(expression, Number):
            return self.graph.number(expression.value)
        if isinstance(expression, Reference):
            return self._reference(expression, scope)
        if isinstance(expression, Operation):
            return self._operation(expression, scope)
        if isinstance(expression, Call):
            return self._call(expression, scope)
        if isinstance(expression, LookupCall):
            return self._lookup(self._table(expression.lookup, scope), expression.argument, scope)
        if isinstance(expression, WithLookup):
            return self._lookup(expression.table, expression.argument, scope)
        if isinstance(expression, NumberList):
            return self.graph.number(_from_list(self.model, scope.equation, expression, scope.element))
        if isinstance(expression, Table):
            raise self.model_error("a lookup stands where a number is due", scope)
        assert isinstance(expression, Foreign)
        raise self.unsupported(expression.construct, scope)

    def _operation(self, expression: Operation, scope: Scope) -> int:
        operators, arguments = expression.operators, expression.arguments
        if len(arguments) == 1:
            return self.builder.make(OPERATIONS[operators[0]], self.expression(arguments[0], scope))
        if operators[0] == "^":
            return self._powers(arguments, scope)
        node = self.expression(arguments[0], scope)
        for operator, argument in zip(operators, arguments[1:], strict=True):
            right = self.expression(argument, scope)
            if operator in SWAPPED:
                node = self.builder.make(OPERATIONS[SWAPPED[operator]], right, node)
            else:
                node = self.builder.make(OPERATIONS[operator], node, right)
        return node

    def _powers(self, arguments: tuple[Expression, ...], scope: Scope) -> int:
        """Powers are read from the right, all other operators from the left (tests/conformance/power)."""
        node = self.expression(arguments[-1], scope)
        for argument in reversed(arguments[:-1]):
            node = self.builder.power(self.expression(argument, scope), node)
        return node

    def _call(self, call: Call, scope: Scope) -> int:
        name = call.function
        if name in REDUCTIONS:
            return self._reduction(call, scope)
        if name == "ELMCOUNT":
            return self._element_count(call, scope)
        if name in FUNCTIONS:
            function = FUNCTIONS[name]
            self.need_arguments(call, function.n_arguments, scope)
            arguments = [self.expression(a, scope) for a in call.arguments]
            self.scope = scope  # an argument may have been built in another context
            return function.build(self.builder, *arguments)
        if name in MEMORY_FUNCTIONS:
            return MEMORY_FUNCTIONS[name](self, call, scope)
        raise self.unsupported(name, scope)

    def make(self, operator: str, *arguments: int) -> int:
        """A node, or MISSING if an argument is."""
        return self.builder.make(operator, *arguments)

    def literal(self, value: float) -> int:
        """A number as a node."""
        return self.graph.number(value)

    def time_step(self) -> int:
        """TIME STEP as a node."""
        return self.value("time step", (), False)

    def is_constant(self, node: int) -> bool:
        """Whether a node depends on constants only."""
        leaves = {self.graph.nodes[n].operator for n in self.graph.reachable([node])}
        return not leaves & {"time", "step_start", "state"}

    def function(self, name: str, *arguments: int) -> int:
        """A function without memory on nodes."""
        return FUNCTIONS[name].build(self.builder, *arguments)

    def _lookup(self, table: Table, argument: Expression, scope: Scope) -> int:
        x = self.expression(argument, scope)
        if x == MISSING:
            return MISSING
        if list(table.x) != sorted(set(table.x)):
            raise self.model_error("a lookup has two points with the same x", scope)
        return self.graph.make("lookup", self.builder.number(x), payload=(table.x, table.y))

    def _table(self, reference: Reference, scope: Scope) -> Table:
        variable = self.model.variables[reference.name]
        if variable.kind != "lookup":
            raise self.model_error(f"'{variable.name}' is used as a lookup but is none", scope)
        element = self._elements(variable, reference, scope)
        equation = self.equation_of[reference.name].get(element)
        if equation is None or not isinstance(equation.expression, Table):
            if equation is not None and isinstance(equation.expression, Foreign):
                raise self.unsupported(equation.expression.construct, scope)
            raise self.model_error(f"'{self._element_name(variable, element)}' has no points", scope)
        return equation.expression

    # --- references and subscripts ----------------------------------------------------------------------------------------

    def _reference(self, reference: Reference, scope: Scope) -> int:
        name = reference.name
        if name == TIME and name not in self.model.variables:
            return self._time()
        if name not in self.model.variables:
            return self._position(name, scope)
        variable = self.model.variables[name]
        if variable.kind == "lookup":
            raise self.model_error(f"the lookup '{variable.name}' is used without an argument", scope)
        return self.value(name, self._elements(variable, reference, scope), scope.is_initial)

    def value(self, key: str, element: tuple[str, ...], is_initial: bool) -> int:
        if key not in self.model.variables:
            raise ModelError(f"the model has no '{key.upper()}'", path=self.model.path)
        if element not in self.equation_of[key]:
            variable = self.model.variables[key]
            text = f"'{self._element_name(variable, element)}' is used but has no equation"
            raise self.model_error(text, self.scope) if self.scope else ModelError(text, path=self.model.path)
        item: _Item = ("value", key, element, is_initial)
        if item not in self.nodes:
            self.missing.append(item)
            return MISSING
        return self.nodes[item]

    def _elements(self, variable: Variable, reference: Reference, scope: Scope) -> tuple[str, ...]:
        if len(reference.subscripts) != len(variable.dimensions):
            raise self.model_error(
                f"'{variable.name}' has {len(variable.dimensions)} subscripts and is used with "
                f"{len(reference.subscripts)}", scope,
            )  # fmt: skip
        return tuple(self._element(subscript, scope) for subscript in reference.subscripts)

    def _element(self, subscript: str, scope: Scope) -> str:
        """The element that a subscript means here: itself, or what the left-hand side or a `!` binds it to."""
        if subscript in scope.bindings:
            return scope.bindings[subscript]
        if subscript not in self.model.ranges:
            if subscript.endswith("!"):
                raise self.model_error(f"'{subscript}' stands outside a SUM, PROD, VMIN or VMAX", scope)
            return subscript
        members = self.model.ranges[subscript]
        for bound, element in scope.bindings.items():
            if bound not in self.model.ranges:  # an element, or a range that a SUM runs over: neither says which
                continue
            if subscript in self.model.mappings.get(bound, ()) or bound in self.model.mappings.get(subscript, ()):
                origin = self.model.ranges[bound]
                if len(origin) != len(members):
                    raise self.unsupported("a subscript mapping between ranges of different length", scope)
                return members[origin.index(element)]
        candidates = [e for bound, e in scope.bindings.items() if not bound.endswith("!") and e in members]
        if len(candidates) == 1:  # the left-hand side runs over a part of this range, or names one element of it
            return candidates[0]
        shown = self.model.shown.get(subscript, subscript)
        raise self.model_error(f"nothing on the left-hand side says which element of '{shown}' is meant", scope)

    def _position(self, subscript: str, scope: Scope) -> int:
        """A subscript range or element used as a number: its place in the range, counted from 1."""
        if subscript in self.model.ranges:
            element = self._element(subscript, scope)
            # In a part of a range, an element's number is its place in the whole (Vensim: subscript constants).
            whole = max((m for m in self.model.ranges.values() if set(self.model.ranges[subscript]) <= set(m)), key=len)
            return self.graph.number(whole.index(element) + 1)
        holders = [members for members in self.model.ranges.values() if subscript in members]
        if not holders:
            raise self.model_error(f"'{subscript}' is not defined", scope)
        return self.graph.number(max(holders, key=len).index(subscript) + 1)

    def _reduction(self, call: Call, scope: Scope) -> int:
        self.need_arguments(call, 1, scope)
        inside = call.arguments[0]
        summed = list(dict.fromkeys(_marked(inside)))
        if not summed:
            raise self.model_error(f"{call.function} needs a subscript marked with '!'", scope)
        terms = [self.expression(inside, scope.bound(bindings)) for bindings in self._combinations(summed)]
        node = terms[0]
        for term in terms[1:]:
            node = self.builder.make(REDUCTIONS[call.function], node, term)
        return self.builder.number(node) if node != MISSING else MISSING

    def _combinations(self, marked: list[str]) -> Iterator[dict[str, str]]:
        if not marked:
            yield {}
            return
        for element in self.model.ranges[marked[0].rstrip("!")]:
            for rest in self._combinations(marked[1:]):
                yield {marked[0]: element, **rest}

    def _element_count(self, call: Call, scope: Scope) -> int:
        self.need_arguments(call, 1, scope)
        argument = call.arguments[0]
        if not isinstance(argument, Reference) or argument.name not in self.model.ranges:
            raise self.model_error("ELMCOUNT needs the name of a subscript range", scope)
        return self.graph.number(len(self.model.ranges[argument.name]))

    # --- functions with memory (memory.py) ------------------------------------------------------------------------------

    def state(
        self,
        scope: Scope,
        call: Call,
        stage: int,
        initial: Build,
        change: Build,
        is_replaced: bool = False,
    ) -> int:
        """The state of this call in this element, as a node; `stage` tells the states of one call apart."""
        element = tuple(scope.bindings.values())
        key = (scope.variable.name, element, id(call), stage)
        if key not in self.slots:
            name = self._element_name(scope.variable, scope.element)
            if scope.equation.expression is not call:
                name += f" ({call.function.lower()} {len(self.slots)})"
            elif stage:
                name += f" (stage {stage})"
            self.slots[key] = len(self.states)
            active = Scope(scope.variable, scope.equation, scope.bindings, False)
            self.states.append(_PendingState(name, active, initial, change, is_replaced, call.function))
        return self.graph.make("state", payload=self.slots[key])

    # --- names and faults -------------------------------------------------------------------------------------------------

    def _equations_by_element(self, variable: Variable) -> dict[tuple[str, ...], Equation]:
        found: dict[tuple[str, ...], Equation] = {}
        for equation in variable.equations:
            for element in self.model.equation_elements(equation):
                if element in found:
                    raise ModelError(
                        f"'{self._element_name(variable, element)}' is defined twice",
                        path=self.model.path,
                        line=equation.line,
                        excerpt=" ".join(equation.text.split()),
                        hint=f"The other definition is in line {found[element].line}.",
                    )
                found[element] = equation
        return found

    def _element_name(self, variable: Variable, element: tuple[str, ...]) -> str:
        return element_name(variable.name, tuple(self.model.shown.get(e, e) for e in element))

    def _time(self) -> int:
        if self.scope is not None and self.scope.is_initial:
            return self.value("initial time", (), False)
        return self.graph.make("time")

    def _step_start(self) -> int:
        """Time at the start of the step; the same as Time but for the stages of RK4."""
        if not self.has_stages or (self.scope is not None and self.scope.is_initial):
            return self._time()
        return self.graph.make("step_start")

    def at_step_start(self, condition: int) -> int:
        """A condition that can hold in the first stage of a step only."""
        if not self.has_stages:
            return condition
        return self.make("and", condition, self.make("eq", self._time(), self._step_start()))

    def need_arguments(self, call: Call, n: int, scope: Scope) -> None:
        """Refuse a call with too few or too many arguments."""
        if len(call.arguments) != n:
            raise self.model_error(
                f"{call.function} takes {n} argument{'' if n == 1 else 's'}, not {len(call.arguments)}", scope
            )

    def model_error(self, what: str, scope: Scope) -> ModelError:
        """An error at the equation of a scope."""
        return ModelError(
            f"{what} (in '{scope.variable.name}')",
            path=self.model.path,
            line=scope.equation.line,
            excerpt=" ".join(scope.equation.text.split())[:120],
        )

    def unsupported(
        self, construct: str, scope: Scope, hint: str = "Run it with PySD instead: --engine pysd"
    ) -> UnsupportedConstruct:
        """What this engine does not compile, at the equation of a scope."""
        return UnsupportedConstruct(
            f"the native engine does not compile {construct} (in '{scope.variable.name}')",
            construct=construct,
            variable=scope.variable.name,
            path=self.model.path,
            line=scope.equation.line,
            excerpt=" ".join(scope.equation.text.split())[:120],
            nearest=nearest_name(construct, [v.name for v in self.model.variables.values() if v.kind == "lookup"]),
            hint=hint,
        )


@dataclass(frozen=True, slots=True)
class _PendingState:
    name: str
    scope: Scope
    initial: Build
    change: Build
    is_replaced: bool
    function: str


def _marked(expression: Expression) -> Iterator[str]:
    """The subscripts with a `!` that a reduction runs over: those of a reduction inside it are that one's own."""
    if isinstance(expression, Reference):
        yield from (s for s in expression.subscripts if s.endswith("!"))
    elif not (isinstance(expression, Call) and expression.function in REDUCTIONS):
        for part in children(expression):
            yield from _marked(part)


def _slot(item: _Item) -> int:
    assert isinstance(item[1], int), "an initial value or a change has a slot"
    return item[1]


def constant_value(model: Model, equation: Equation, element: tuple[str, ...]) -> float:
    """The number that a constant's equation gives to one element."""
    expression = equation.expression
    if isinstance(expression, Number):
        return expression.value
    if isinstance(expression, NumberList):
        return _from_list(model, equation, expression, element)
    assert isinstance(expression, Operation) and isinstance(expression.arguments[0], Number)
    return -expression.arguments[0].value


def _from_list(model: Model, equation: Equation, numbers: NumberList, element: tuple[str, ...]) -> float:
    """A list gives its numbers to the ranges of the left-hand side, the last range running fastest."""
    index, size = 0, 1
    for subscript, part in zip(equation.subscripts, element, strict=True):
        members = model.members(subscript)
        index = index * len(members) + members.index(part)
        size *= len(members)
    if size != len(numbers.values):
        raise ModelError(
            f"{len(numbers.values)} numbers for {size} elements",
            path=model.path,
            line=equation.line,
            excerpt=" ".join(equation.text.split())[:120],
        )
    return numbers.values[index]


_CONSTANT_VALUES = "_constant_values"


def constant_values(model: Model) -> dict[str, float]:
    """Every constant element of a model with its value in the file, by element name, in the order of the file."""
    known: dict[str, float] | None = vars(model).get(_CONSTANT_VALUES)
    if known is None:  # kept with the model, which does not change: everything that sets a number asks for this
        known = vars(model)[_CONSTANT_VALUES] = _constant_values(model)
    return dict(known)


def _constant_values(model: Model) -> dict[str, float]:
    values = {}
    for variable in model.variables.values():
        if variable.kind != "constant":
            continue
        for equation in variable.equations:
            for element in model.equation_elements(equation):
                name = element_name(variable.name, tuple(model.shown.get(e, e) for e in element))
                values[name] = constant_value(model, equation, element)
    return values
