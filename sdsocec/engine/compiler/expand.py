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

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sdsocec.errors import ModelError
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
)

from .constants import constant_value, from_list
from .functions import FUNCTIONS, MISSING, OPERATIONS, REDUCTIONS, SWAPPED, Builder
from .graph import Graph
from .memory import MEMORY_FUNCTIONS
from .program import CONTROL_NAMES, Program, State
from .scope import Scope
from .subscripts import elements_of, position_of, reduced

Build = Callable[[Scope], int]
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
                outputs[self.model.element_name(variable, element)] = self.builder.number(node)
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
                    excerpt=variable.equations[0].excerpt, hint="It must be a constant.",
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
            excerpt=first.equations[0].excerpt if first else "",
            hint="A loop must pass through a stock (INTEG) or another function with memory.",
        )

    def _item_name(self, item: _Item) -> str:
        if item[0] == "value":
            variable = self.model.variables[str(item[1])]
            return f"'{self.model.element_name(variable, item[2])}'"  # type: ignore[arg-type]
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
        scope = Scope(self.model, variable, equation, bindings, is_initial)
        if variable.kind == "constant":
            name = self.model.element_name(variable, element)
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
            return self.graph.number(from_list(self.model, scope.equation, expression, scope.element))
        if isinstance(expression, Table):
            raise scope.error("a lookup stands where a number is due")
        assert isinstance(expression, Foreign)
        raise scope.unsupported(expression.construct)

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
            scope.need_arguments(call, function.n_arguments)
            arguments = [self.expression(a, scope) for a in call.arguments]
            self.scope = scope  # an argument may have been built in another context
            return function.build(self.builder, *arguments)
        if name in MEMORY_FUNCTIONS:
            return MEMORY_FUNCTIONS[name](self, call, scope)
        raise scope.unsupported(name)

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
            raise scope.error("a lookup has two points with the same x")
        return self.graph.make("lookup", self.builder.number(x), payload=(table.x, table.y))

    def _table(self, reference: Reference, scope: Scope) -> Table:
        variable = self.model.variables[reference.name]
        if variable.kind != "lookup":
            raise scope.error(f"'{variable.name}' is used as a lookup but is none")
        element = elements_of(variable, reference, scope)
        equation = self.equation_of[reference.name].get(element)
        if equation is None or not isinstance(equation.expression, Table):
            if equation is not None and isinstance(equation.expression, Foreign):
                raise scope.unsupported(equation.expression.construct)
            raise scope.error(f"'{self.model.element_name(variable, element)}' has no points")
        return equation.expression

    # --- references ------------------------------------------------------------------------------------------------------

    def _reference(self, reference: Reference, scope: Scope) -> int:
        name = reference.name
        if name == TIME and name not in self.model.variables:
            return self._time()
        if name not in self.model.variables:
            return self.graph.number(position_of(name, scope))
        variable = self.model.variables[name]
        if variable.kind == "lookup":
            raise scope.error(f"the lookup '{variable.name}' is used without an argument")
        return self.value(name, elements_of(variable, reference, scope), scope.is_initial)

    def value(self, key: str, element: tuple[str, ...], is_initial: bool) -> int:
        if key not in self.model.variables:
            raise ModelError(f"the model has no '{key.upper()}'", path=self.model.path)
        if element not in self.equation_of[key]:
            variable = self.model.variables[key]
            text = f"'{self.model.element_name(variable, element)}' is used but has no equation"
            raise self.scope.error(text) if self.scope else ModelError(text, path=self.model.path)
        item: _Item = ("value", key, element, is_initial)
        if item not in self.nodes:
            self.missing.append(item)
            return MISSING
        return self.nodes[item]

    def _reduction(self, call: Call, scope: Scope) -> int:
        scope.need_arguments(call, 1)
        inside = call.arguments[0]
        terms = [self.expression(inside, each) for each in reduced(call, scope)]
        node = terms[0]
        for term in terms[1:]:
            node = self.builder.make(REDUCTIONS[call.function], node, term)
        return self.builder.number(node) if node != MISSING else MISSING

    def _element_count(self, call: Call, scope: Scope) -> int:
        scope.need_arguments(call, 1)
        argument = call.arguments[0]
        if not isinstance(argument, Reference) or argument.name not in self.model.ranges:
            raise scope.error("ELMCOUNT needs the name of a subscript range")
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
            name = self.model.element_name(scope.variable, scope.element)
            if scope.equation.expression is not call:
                name += f" ({call.function.lower()} {len(self.slots)})"
            elif stage:
                name += f" (stage {stage})"
            self.slots[key] = len(self.states)
            active = replace(scope, is_initial=False)
            self.states.append(_PendingState(name, active, initial, change, is_replaced, call.function))
        return self.graph.make("state", payload=self.slots[key])

    # --- equations and time ----------------------------------------------------------------------------------------------

    def _equations_by_element(self, variable: Variable) -> dict[tuple[str, ...], Equation]:
        found: dict[tuple[str, ...], Equation] = {}
        for equation in variable.equations:
            for element in self.model.equation_elements(equation):
                if element in found:
                    raise ModelError(
                        f"'{self.model.element_name(variable, element)}' is defined twice",
                        path=self.model.path,
                        line=equation.line,
                        excerpt=equation.excerpt,
                        hint=f"The other definition is in line {found[element].line}.",
                    )
                found[element] = equation
        return found

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


@dataclass(frozen=True, slots=True)
class _PendingState:
    name: str
    scope: Scope
    initial: Build
    change: Build
    is_replaced: bool
    function: str


def _slot(item: _Item) -> int:
    assert isinstance(item[1], int), "an initial value or a change has a slot"
    return item[1]
