"""What each Vensim function with memory means: states with an initial value and a change, one function an entry.

Vensim documents them as macros of INTEG; these are those macros. In the initial context each is its initial value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sdsocec.model.ir import Call, Expression, Number

if TYPE_CHECKING:
    from .expand import Expansion, Scope

LARGEST_ORDER = 100


def _integ(x: Expansion, call: Call, scope: Scope) -> int:
    x.need_arguments(call, 2, scope)
    flow, initial = call.arguments
    if scope.is_initial:
        return x.expression(initial, scope)
    return x.state(scope, call, 0, lambda s: x.expression(initial, s), lambda s: x.expression(flow, s))


def _initial(x: Expansion, call: Call, scope: Scope) -> int:
    x.need_arguments(call, 1, scope)
    return x.expression(call.arguments[0], scope.at_start())


def _active_initial(x: Expansion, call: Call, scope: Scope) -> int:
    x.need_arguments(call, 2, scope)
    active, at_start = call.arguments
    return x.expression(at_start if scope.is_initial else active, scope)


def _smooth(x: Expansion, call: Call, scope: Scope) -> int:
    """d(stage)/dt = (stage before - stage) / (smooth time / order); every stage starts at the initial value."""
    order = _order(x, call, scope)
    source, time, initial, _ = call.arguments
    if scope.is_initial:
        return x.expression(initial, scope)

    def stage(number: int, s: Scope) -> int:
        if number == 0:
            return x.expression(source, s)

        def change(s: Scope) -> int:
            gap = x.make("sub", stage(number - 1, s), stage(number, s))
            return x.make("div", gap, x.make("div", x.expression(time, s), x.literal(order)))

        return x.state(s, call, number, lambda s: x.expression(initial, s), change)

    return stage(order, scope)


def _delay(x: Expansion, call: Call, scope: Scope) -> int:
    """d(stage)/dt = outflow of the stage before - stage / (delay time / order); the last outflow is the value."""
    order = _order(x, call, scope)
    source, time, initial, _ = call.arguments
    if scope.is_initial:
        return x.expression(initial, scope)

    def stage_time(s: Scope) -> int:
        return x.make("div", x.expression(time, s), x.literal(order))

    def outflow(number: int, s: Scope) -> int:
        if number == 0:
            return x.expression(source, s)
        held = x.state(
            s,
            call,
            number,
            lambda s: x.make("mul", x.expression(initial, s), stage_time(s)),
            lambda s: x.make("sub", outflow(number - 1, s), outflow(number, s)),
        )
        return x.make("div", held, stage_time(s))

    return outflow(order, scope)


def _trend(x: Expansion, call: Call, scope: Scope) -> int:
    """ZIDZ(input - average, average time x |average|); the average starts at input / (1 + initial trend x average time)."""
    x.need_arguments(call, 3, scope)
    source, time, initial_trend = call.arguments
    return _trend_of(x, call, scope, source, time, initial_trend)


def _trend_of(x: Expansion, call: Call, scope: Scope, source: Expression, time: Expression, initial_trend: Expression) -> int:
    if scope.is_initial:
        return x.expression(initial_trend, scope)

    def start(s: Scope) -> int:
        growth = x.make("mul", x.expression(initial_trend, s), x.expression(time, s))
        return x.make("div", x.expression(source, s), x.make("add", x.literal(1), growth))

    def average(s: Scope) -> int:
        def change(s: Scope) -> int:
            return x.make("div", x.make("sub", x.expression(source, s), average(s)), x.expression(time, s))

        return x.state(s, call, 1, start, change)

    value = average(scope)
    gap = x.make("sub", x.expression(source, scope), value)
    return x.function("ZIDZ", gap, x.make("mul", x.expression(time, scope), x.make("abs", value)))


def _forecast(x: Expansion, call: Call, scope: Scope) -> int:
    """Input x (1 + trend x horizon)."""
    x.need_arguments(call, 4, scope)
    source, time, horizon, initial_trend = call.arguments
    trend = _trend_of(x, call, scope, source, time, initial_trend)
    growth = x.make("add", x.literal(1), x.make("mul", trend, x.expression(horizon, scope)))
    return x.make("mul", x.expression(source, scope), growth)


def _sample_if_true(x: Expansion, call: Call, scope: Scope) -> int:
    """The input where the condition holds, else the value of the step before."""
    x.need_arguments(call, 3, scope)
    condition, source, initial = call.arguments

    def value(s: Scope) -> int:
        if s.is_initial:
            held = x.expression(initial, s)
        else:
            held = x.state(s, call, 0, lambda s: x.expression(initial, s), value, is_replaced=True)
        return x.make("select", x.expression(condition, s), x.expression(source, s), held)

    return value(scope)


def _order(x: Expansion, call: Call, scope: Scope) -> int:
    x.need_arguments(call, 4, scope)
    order = call.arguments[3]
    if not isinstance(order, Number) or order.value != int(order.value) or not 1 <= order.value <= LARGEST_ORDER:
        raise x.unsupported(f"{call.function} whose order is not a whole literal from 1 to {LARGEST_ORDER}", scope)
    return int(order.value)


MEMORY_FUNCTIONS: dict[str, Callable[[Expansion, Call, Scope], int]] = {
    "INTEG": _integ,
    "INITIAL": _initial,
    "ACTIVE INITIAL": _active_initial,
    "SMOOTH N": _smooth,
    "DELAY N": _delay,
    "TREND": _trend,
    "FORECAST": _forecast,
    "SAMPLE IF TRUE": _sample_if_true,
}
