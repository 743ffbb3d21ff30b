"""What each Vensim function with memory means: states with an initial value and a change, one function an entry.

Vensim documents them as macros of INTEG; these are those macros. In the initial context each is its initial value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sdsocec.model.ir import Call, Expression, Number

from .functions import MISSING

if TYPE_CHECKING:
    from .expand import Expansion
    from .scope import Scope

LARGEST_ORDER = 100


def _integ(x: Expansion, call: Call, scope: Scope) -> int:
    scope.need_arguments(call, 2)
    flow, initial = call.arguments
    if scope.is_initial:
        return x.expression(initial, scope)
    return x.state(scope, call, 0, lambda s: x.expression(initial, s), lambda s: x.expression(flow, s))


def _initial(x: Expansion, call: Call, scope: Scope) -> int:
    scope.need_arguments(call, 1)
    return x.expression(call.arguments[0], scope.at_start())


def _active_initial(x: Expansion, call: Call, scope: Scope) -> int:
    scope.need_arguments(call, 2)
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
            gap = x.make("sub", stage(number - 1, s), held(s))
            return x.make("div", gap, x.make("div", x.expression(time, s), _stages(x, call, s, order)))

        def held(s: Scope) -> int:
            return x.state(s, call, number, lambda s: x.expression(initial, s), change)

        return _if_stage_counts(x, call, s, number, held(s), stage(number - 1, s) if call.function == "SMOOTH N" else 0)

    return stage(order, scope)


def _stages(x: Expansion, call: Call, scope: Scope, order: int) -> int:
    """The number of stages. SMOOTH N and DELAY N have only as many as there are time steps in their time at the start.

    Vensim, pages SMOOTH N and DELAY N: the order is reduced where the time is shorter. At equality it is kept, as PySD does.
    """
    if not call.function.endswith(" N") or order == 1:
        return x.literal(order)
    if x.integrator != "euler":
        # "its output is constant for each Time Step" (Vensim, pages DELAY N and SMOOTH N)
        raise scope.unsupported(f"{call.function} with another integrator than Euler", "Use --integrator euler.")
    total = x.literal(1)
    for number in range(2, order + 1):
        total = x.make("add", total, x.make("select", _counts(x, call, scope, number), x.literal(1), x.literal(0)))
    return total


def _counts(x: Expansion, call: Call, scope: Scope, number: int) -> int:
    """Whether the time at the start of the run holds this many time steps."""
    steps = x.make("mul", x.literal(number), x.time_step())
    return x.make("le", steps, x.expression(call.arguments[1], scope.at_start()))


def _if_stage_counts(x: Expansion, call: Call, scope: Scope, number: int, value: int, before: int) -> int:
    """A stage's value, or that of the stage before where the order is reduced below this stage."""
    if not call.function.endswith(" N") or number == 1:
        return value
    return x.make("select", _counts(x, call, scope, number), value, before)


def _delay(x: Expansion, call: Call, scope: Scope) -> int:
    """d(stage)/dt = outflow of the stage before - stage / (delay time / order); the last outflow is the value."""
    order = _order(x, call, scope)
    source, time, initial, _ = call.arguments
    if scope.is_initial:
        return x.expression(initial, scope)
    last_time = _time_of_last_stage(x, call, scope, order)

    def stage_time(s: Scope, number: int) -> int:
        whole = x.expression(time, s) if number < order or s.is_initial else last_time
        return x.make("div", whole, _stages(x, call, s, order))

    def outflow(number: int, s: Scope) -> int:
        if number == 0:
            return x.expression(source, s)
        held = x.state(
            s,
            call,
            number,
            lambda s: x.make("mul", x.expression(initial, s), stage_time(s, number)),
            lambda s: x.make("sub", outflow(number - 1, s), outflow(number, s)),
        )
        value = x.make("div", held, stage_time(s, number))
        return _if_stage_counts(x, call, s, number, value, outflow(number - 1, s) if call.function == "DELAY N" else 0)

    return outflow(order, scope)


def _time_of_last_stage(x: Expansion, call: Call, scope: Scope, order: int) -> int:
    """DELAY1 and DELAY3 divide by the delay time of the same step, the second stage of DELAY N by that of the step before.

    Only a delay time that moves tells them apart. Vensim's output is known for the order 2 (tests/conformance/delay-n).
    """
    time = call.arguments[1]
    now = x.expression(time, scope)
    if call.function == "DELAY" or now == MISSING or x.is_constant(now):
        return now
    if order != 2:
        raise scope.unsupported(f"DELAY N of order {order} with a delay time that moves")
    return x.state(scope, call, -1, lambda s: x.expression(time, s), lambda s: x.expression(time, s), is_replaced=True)


def _trend(x: Expansion, call: Call, scope: Scope) -> int:
    """ZIDZ(input - average, average time x |average|); the average starts at input / (1 + initial trend x average time)."""
    scope.need_arguments(call, 3)
    source, time, initial_trend = call.arguments
    if scope.is_initial:
        return x.expression(initial_trend, scope)
    average = _trend_average(x, call, scope, source, time, initial_trend)
    gap = x.make("sub", x.expression(source, scope), average)
    return x.function("ZIDZ", gap, x.make("mul", x.expression(time, scope), x.make("abs", average)))


def _trend_average(
    x: Expansion, call: Call, scope: Scope, source: Expression, time: Expression, initial_trend: Expression
) -> int:
    """What TREND and FORECAST compare their input with."""

    def start(s: Scope) -> int:
        growth = x.make("mul", x.expression(initial_trend, s), x.expression(time, s))
        return x.make("div", x.expression(source, s), x.make("add", x.literal(1), growth))

    def average(s: Scope) -> int:
        def change(s: Scope) -> int:
            return x.make("div", x.make("sub", x.expression(source, s), average(s)), x.expression(time, s))

        return x.state(s, call, 1, start, change)

    return average(scope)


def _forecast(x: Expansion, call: Call, scope: Scope) -> int:
    """Input x (1 + trend x horizon); its trend has no absolute value in the denominator, unlike TREND's."""
    scope.need_arguments(call, 4)
    source, time, horizon, initial_trend = call.arguments
    if scope.is_initial:
        trend = x.expression(initial_trend, scope)
    else:
        average = _trend_average(x, call, scope, source, time, initial_trend)
        gap = x.make("sub", x.expression(source, scope), average)
        trend = x.function("ZIDZ", gap, x.make("mul", x.expression(time, scope), average))
    growth = x.make("add", x.literal(1), x.make("mul", trend, x.expression(horizon, scope)))
    return x.make("mul", x.expression(source, scope), growth)


def _sample_if_true(x: Expansion, call: Call, scope: Scope) -> int:
    """The input where the condition holds, else the value of the step before."""
    scope.need_arguments(call, 3)
    condition, source, initial = call.arguments

    def value(s: Scope) -> int:
        if s.is_initial:
            held = x.expression(initial, s)
        else:
            held = x.state(s, call, 0, lambda s: x.expression(initial, s), value, is_replaced=True)
        holds = x.expression(condition, s)
        return x.make("select", holds if s.is_initial else x.at_step_start(holds), x.expression(source, s), held)

    return value(scope)


def _order(x: Expansion, call: Call, scope: Scope) -> int:
    scope.need_arguments(call, 4)
    order = call.arguments[3]
    if not isinstance(order, Number) or order.value != int(order.value) or not 1 <= order.value <= LARGEST_ORDER:
        raise scope.unsupported(f"{call.function} whose order is not a whole literal from 1 to {LARGEST_ORDER}")
    return int(order.value)


MEMORY_FUNCTIONS: dict[str, Callable[[Expansion, Call, Scope], int]] = {
    "INTEG": _integ,
    "INITIAL": _initial,
    "ACTIVE INITIAL": _active_initial,
    "SMOOTH": _smooth,
    "SMOOTH N": _smooth,
    "DELAY": _delay,
    "DELAY N": _delay,
    "TREND": _trend,
    "FORECAST": _forecast,
    "SAMPLE IF TRUE": _sample_if_true,
}
