"""Where an expression stands, and what is said when it cannot stand there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sdsocec.errors import ModelError, UnsupportedConstruct, nearest_name
from sdsocec.model.ir import Call, Equation, Model, Variable


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: which element of which variable, in which context."""

    model: Model
    variable: Variable
    equation: Equation
    bindings: Mapping[
        str, str
    ]  # of each subscript of the left-hand side, or marked with `!`, the element it stands for
    is_initial: bool

    @property
    def element(self) -> tuple[str, ...]:
        """The element of the left-hand side."""
        return tuple(self.bindings[subscript] for subscript in self.equation.subscripts)

    def at_start(self) -> Scope:
        """The same place at INITIAL TIME."""
        return Scope(self.model, self.variable, self.equation, self.bindings, True)

    def bound(self, extra: Mapping[str, str]) -> Scope:
        """The same place with more subscripts bound."""
        return Scope(self.model, self.variable, self.equation, {**self.bindings, **extra}, self.is_initial)

    def need_arguments(self, call: Call, n: int) -> None:
        """Refuse a call with too few or too many arguments."""
        if len(call.arguments) != n:
            raise self.error(f"{call.function} takes {n} argument{'' if n == 1 else 's'}, not {len(call.arguments)}")

    def error(self, what: str) -> ModelError:
        """What no engine could run, at this equation."""
        return ModelError(
            f"{what} (in '{self.variable.name}')",
            path=self.model.path,
            line=self.equation.line,
            excerpt=self.equation.excerpt,
        )

    def unsupported(
        self, construct: str, hint: str = "Run it with PySD instead: --engine pysd"
    ) -> UnsupportedConstruct:
        """What this engine does not compile, at this equation."""
        return UnsupportedConstruct(
            f"the native engine does not compile {construct} (in '{self.variable.name}')",
            construct=construct,
            variable=self.variable.name,
            path=self.model.path,
            line=self.equation.line,
            excerpt=self.equation.excerpt,
            nearest=nearest_name(construct, [v.name for v in self.model.variables.values() if v.kind == "lookup"]),
            hint=hint,
        )
