"""All arithmetic of generated code: operators on vectors of doubles, as LLVM text.

A vector holds one number of each of `width` lanes (runs, or time steps in the time table). Everything is IEEE + - * / and
integer tricks, without fused multiply-add and without reassociation, so a lane's bits depend on nothing but its inputs:
not on the width, the optimisation level, or the neighbours. `exp`, `log` and `pow` are our own for the same reason (the
system's are scalar, or differ between machines); their errors are below 1 ulp (pow: 2.2e-15 for e^-5 < x < e^5, |y| < 4).

SIN, COS and the like call the C library lane by lane: exact enough, slow, and rarely inside the loop.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

# Constants of the C library's classic argument reductions (fdlibm, e_exp.c and e_log.c).
_LOG2E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_LARGEST_EXACT_POWER = 1e13  # below it, exp(y log x) is off by less than a half
_MAGIC = 6755399441055744.0  # 1.5 x 2^52: adding it rounds to an integer, which then stands in the low bits
_LOG_POLYNOMIAL = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
LIBRARY_FUNCTIONS = ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")


def double_text(value: float) -> str:
    """A double in LLVM's exact notation."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


class Vec:
    """Writes vector operations into one function's body; every method returns the name of a value."""

    def __init__(self, width: int, lines: list[str]) -> None:
        self.width = width
        self.lines = lines
        self.type = f"<{width} x double>"
        self.integers = f"<{width} x i64>"
        self.truths = f"<{width} x i1>"
        self.align = min(64, 8 * width)
        self._count = 0

    def line(self, text: str) -> str:
        """An instruction with a result."""
        self._count += 1
        name = f"%v{self._count}"
        self.lines.append(f"  {name} = {text}")
        return name

    # --- memory ----------------------------------------------------------------------------------------------------------

    def number(self, value: float) -> str:
        """A literal in every lane."""
        return "<" + ", ".join([f"double {double_text(value)}"] * self.width) + ">"

    def integer(self, value: int) -> str:
        """A whole literal in every lane."""
        return "<" + ", ".join([f"i64 {value}"] * self.width) + ">"

    def load(self, array: str, row: int) -> str:
        """A row of an array of vectors."""
        address = self.line(f"getelementptr inbounds {self.type}, ptr {array}, i64 {row}")
        return self.line(f"load {self.type}, ptr {address}, align {self.align}")

    def load_splat(self, array: str, column: int) -> str:
        """One number of an array of numbers, in every lane."""
        address = self.line(f"getelementptr inbounds double, ptr {array}, i64 {column}")
        one = self.line(f"load double, ptr {address}, align 8")
        first = self.line(f"insertelement {self.type} poison, double {one}, i64 0")
        return self.line(f"shufflevector {self.type} {first}, {self.type} poison, <{self.width} x i32> zeroinitializer")

    def store(self, array: str, row: int, value: str) -> None:
        """Into a row of an array of vectors."""
        address = self.line(f"getelementptr inbounds {self.type}, ptr {array}, i64 {row}")
        self.lines.append(f"  store {self.type} {value}, ptr {address}, align {self.align}")

    # --- arithmetic ------------------------------------------------------------------------------------------------------

    def add(self, a: str, b: str) -> str:
        return self.line(f"fadd {self.type} {a}, {b}")

    def sub(self, a: str, b: str) -> str:
        return self.line(f"fsub {self.type} {a}, {b}")

    def mul(self, a: str, b: str) -> str:
        return self.line(f"fmul {self.type} {a}, {b}")

    def div(self, a: str, b: str) -> str:
        return self.line(f"fdiv {self.type} {a}, {b}")

    def neg(self, a: str) -> str:
        return self.line(f"fneg {self.type} {a}")

    def compare(self, how: str, a: str, b: str) -> str:
        """A truth value in every lane; `how` as LLVM names it (olt, ole, oeq, une)."""
        return self.line(f"fcmp {how} {self.type} {a}, {b}")

    def select(self, condition: str, a: str, b: str) -> str:
        return self.line(f"select {self.truths} {condition}, {self.type} {a}, {self.type} {b}")

    def min(self, a: str, b: str) -> str:
        """The smaller; NaN if either is."""
        a, b = self._literal_last(a, b)
        return self._or_nan(self.select(self.compare("olt", b, a), b, a), b)

    def max(self, a: str, b: str) -> str:
        """The larger; NaN if either is."""
        a, b = self._literal_last(a, b)
        return self._or_nan(self.select(self.compare("olt", a, b), b, a), b)

    def _literal_last(self, a: str, b: str) -> tuple[str, str]:
        return (b, a) if a.startswith("<") else (a, b)

    def _or_nan(self, result: str, b: str) -> str:
        """A comparison with NaN is false, so a NaN in `b` would be lost; a literal is none."""
        return result if b.startswith("<") else self.select(self.compare("uno", b, b), b, result)

    def _intrinsic(self, name: str, a: str) -> str:
        return self.line(f"call {self.type} @llvm.{name}.v{self.width}f64({self.type} {a})")

    def abs(self, a: str) -> str:
        return self._intrinsic("fabs", a)

    def sqrt(self, a: str) -> str:
        return self._intrinsic("sqrt", a)

    def trunc(self, a: str) -> str:
        """Toward zero."""
        return self._intrinsic("trunc", a)

    def both(self, a: str, b: str) -> str:
        return self.line(f"and {self.truths} {a}, {b}")

    def either(self, a: str, b: str) -> str:
        return self.line(f"or {self.truths} {a}, {b}")

    def contrary(self, a: str) -> str:
        return self.line(f"xor {self.truths} {a}, <{', '.join(['i1 true'] * self.width)}>")

    def truth_of(self, a: str) -> str:
        return self.compare("une", a, self.number(0.0))

    def number_of(self, a: str) -> str:
        return self.select(a, self.number(1.0), self.number(0.0))

    def _bits(self, a: str) -> str:
        return self.line(f"bitcast {self.type} {a} to {self.integers}")

    def _double(self, a: str) -> str:
        return self.line(f"bitcast {self.integers} {a} to {self.type}")

    def _int(self, operation: str, a: str, b: str) -> str:
        return self.line(f"{operation} {self.integers} {a}, {b}")

    # --- functions -------------------------------------------------------------------------------------------------------

    def exp(self, x: str) -> str:
        """e**x: x = n ln 2 + r, a polynomial of degree 13 in r (Estrin's scheme), times 2**n in two halves."""
        x = self.min(self.max(x, self.number(-746.0)), self.number(710.0))
        shifted = self.add(self.mul(x, self.number(_LOG2E)), self.number(_MAGIC))
        n = self.sub(shifted, self.number(_MAGIC))
        r = self.sub(x, self.mul(n, self.number(_LN2_HIGH)))
        r = self.sub(r, self.mul(n, self.number(_LN2_LOW)))
        r2 = self.mul(r, r)
        p = self._estrin([1.0 / math.factorial(k) for k in range(2, 14)], r, r2)
        y = self.add(self.number(1.0), self.add(r, self.mul(r2, p)))
        half_bits = self._bits(self.add(self.mul(n, self.number(0.5)), self.number(_MAGIC)))
        magic_bits = self.integer(struct.unpack("<q", struct.pack("<d", _MAGIC))[0])
        high = self._int("sub", half_bits, magic_bits)
        low = self._int("sub", self._int("sub", self._bits(shifted), magic_bits), high)
        return self.mul(self.mul(y, self._power_of_two(high)), self._power_of_two(low))

    def _power_of_two(self, n: str) -> str:
        return self._double(self._int("shl", self._int("add", n, self.integer(1023)), self.integer(52)))

    def _estrin(self, coefficients: list[float], x: str, x2: str) -> str:
        """A polynomial, the lowest coefficient first, in pairs, then pairs of pairs."""
        terms = [self.number(c) for c in coefficients]
        power, square = x, x2
        while len(terms) > 1:
            pairs = [self.add(terms[i], self.mul(terms[i + 1], power)) for i in range(0, len(terms) - 1, 2)]
            terms = pairs + terms[len(pairs) * 2 :]
            power, square = square, self.mul(square, square) if len(terms) > 2 else square
        return terms[0]

    def log(self, x: str) -> str:
        """ln x: x = 2**k m with m near 1, fdlibm's polynomial in (m - 1) / (m + 1)."""
        tiny = self.compare("olt", x, self.number(2.2250738585072014e-308))
        scaled = self.select(tiny, self.mul(x, self.number(2.0**54)), x)
        offset = 0x3FF0000000000000 - 0x3FE6A09E00000000
        shifted = self._int("add", self._bits(scaled), self.integer(offset))
        exponent = self._int("sub", self._int("ashr", shifted, self.integer(52)), self.integer(1023))
        mantissa = self._int("and", shifted, self.integer(0xFFFFFFFFFFFFF))
        m = self._double(self._int("add", mantissa, self.integer(0x3FE6A09E00000000)))
        magic_bits = self.integer(struct.unpack("<q", struct.pack("<d", _MAGIC))[0])
        k = self.sub(self._double(self._int("add", exponent, magic_bits)), self.number(_MAGIC))
        k = self.select(tiny, self.sub(k, self.number(54.0)), k)
        f = self.sub(m, self.number(1.0))
        s = self.div(f, self.add(f, self.number(2.0)))
        z = self.mul(s, s)
        w = self.mul(z, z)
        c = [self.number(value) for value in _LOG_POLYNOMIAL]
        even = self.mul(w, self.add(c[1], self.mul(w, self.add(c[3], self.mul(w, c[5])))))
        odd = self.add(c[2], self.mul(w, self.add(c[4], self.mul(w, c[6]))))
        r = self.add(even, self.mul(z, self.add(c[0], self.mul(w, odd))))
        half_square = self.mul(self.mul(self.number(0.5), f), f)
        y = self.add(self.mul(s, self.add(half_square, r)), self.mul(k, self.number(_LN2_LOW)))
        y = self.add(self.add(self.sub(y, half_square), f), self.mul(k, self.number(_LN2_HIGH)))
        infinity = self.number(math.inf)
        y = self.select(self.compare("oeq", x, infinity), infinity, y)
        y = self.select(self.compare("oeq", x, self.number(0.0)), self.number(-math.inf), y)
        is_number = self.compare("oge", x, self.number(0.0))
        return self.select(is_number, y, self.number(math.nan))

    def pow(self, x: str, y: str) -> str:
        """x**y; a negative x has a power only if y is whole; a whole power of a whole number is whole."""
        size, exponent = self.abs(x), self.abs(y)
        p = self.exp(self.mul(exponent, self.log(size)))
        one = self.number(1.0)
        whole = self.compare("oeq", self.trunc(y), y)
        exact = self.both(whole, self.compare("oeq", self.trunc(size), size))
        exact = self.both(exact, self.compare("olt", p, self.number(_LARGEST_EXACT_POWER)))
        p = self.select(exact, self.trunc(self.add(p, self.number(0.5))), p)
        p = self.select(self.compare("olt", y, self.number(0.0)), self.div(one, p), p)
        half = self.mul(y, self.number(0.5))
        odd = self.both(whole, self.compare("une", self.trunc(half), half))
        negative = self.compare("olt", x, self.number(0.0))
        signed = self.select(self.both(negative, odd), self.neg(p), p)
        p = self.select(self.both(negative, self.contrary(whole)), self.number(math.nan), signed)
        p = self.select(self.compare("oeq", x, one), one, p)
        p = self.select(self.compare("oeq", y, self.number(0.5)), self.sqrt(x), p)
        p = self.select(self.compare("oeq", y, self.number(0.0)), one, p)
        small = self.both(whole, self.compare("ole", exponent, self.number(7.0)))
        return self.select(small, self._by_squaring(x, y), p)

    def _by_squaring(self, x: str, y: str) -> str:
        """x**y for a whole y from -7 to 7, by the products of `whole_power`: a constant gives what a literal gives."""
        magic_bits = self.integer(struct.unpack("<q", struct.pack("<d", _MAGIC))[0])
        n = self._int("sub", self._bits(self.add(self.abs(y), self.number(_MAGIC))), magic_bits)
        result, power = self.number(1.0), x
        for bit in range(3):
            is_set = self.line(
                f"icmp ne {self.integers} {self._int('and', n, self.integer(1 << bit))}, zeroinitializer"
            )
            result = self.select(is_set, self.mul(result, power), result)
            if bit < 2:
                power = self.mul(power, power)
        return self.select(self.compare("olt", y, self.number(0.0)), self.div(self.number(1.0), result), result)

    def whole_power(self, x: str, n: int) -> str:
        """x**n for a literal n, by squaring: exact where the products are."""
        power, result, left = x, "", abs(n)
        while left:
            if left & 1:
                result = self.mul(result, power) if result else power
            left >>= 1
            if left:
                power = self.mul(power, power)
        if not result:
            return self.number(1.0)
        return self.div(self.number(1.0), result) if n < 0 else result

    def lookup(self, x: str, points: tuple[tuple[float, ...], tuple[float, ...]]) -> str:
        """Linear between the points, flat outside: a chain of selects."""
        xs, ys = points
        y = self.number(ys[0])
        for i in range(len(xs) - 1):
            slope = (ys[i + 1] - ys[i]) / (xs[i + 1] - xs[i])
            rise = self.mul(self.sub(x, self.number(xs[i])), self.number(slope))
            on_piece = self.add(self.number(ys[i]), rise)
            y = self.select(self.compare("ole", self.number(xs[i]), x), on_piece, y)
        y = self.select(self.compare("ole", self.number(xs[-1]), x), self.number(ys[-1]), y)
        return self.select(self.compare("uno", x, x), x, y)

    def library(self, name: str, x: str) -> str:
        """A function of the C library, lane by lane."""
        result = "poison"
        for lane in range(self.width):
            one = self.line(f"extractelement {self.type} {x}, i64 {lane}")
            value = self.line(f"call double @{name}(double {one})")
            result = self.line(f"insertelement {self.type} {result}, double {value}, i64 {lane}")
        return result

    def declarations(self) -> list[str]:
        """What a module that uses these operations must declare."""
        intrinsics = [
            f"declare {self.type} @llvm.{name}.v{self.width}f64({self.type})" for name in ("fabs", "sqrt", "trunc")
        ]
        return intrinsics + [f"declare double @{name}(double)" for name in LIBRARY_FUNCTIONS]


_BY_OPERATOR: dict[str, Callable[..., str]] = {
    "add": Vec.add,
    "sub": Vec.sub,
    "mul": Vec.mul,
    "div": Vec.div,
    "neg": Vec.neg,
    "min": Vec.min,
    "max": Vec.max,
    "abs": Vec.abs,
    "sqrt": Vec.sqrt,
    "trunc": Vec.trunc,
    "exp": Vec.exp,
    "log": Vec.log,
    "pow": Vec.pow,
    "select": Vec.select,
    "and": Vec.both,
    "or": Vec.either,
    "not": Vec.contrary,
    "truth_of": Vec.truth_of,
    "number_of": Vec.number_of,
}
_COMPARISONS = {"lt": "olt", "le": "ole", "eq": "oeq", "ne": "une"}


def operate(vec: Vec, operator: str, arguments: list[str], payload: object) -> str:
    """Write one node of the graph."""
    if operator in _BY_OPERATOR:
        return _BY_OPERATOR[operator](vec, *arguments)
    if operator in _COMPARISONS:
        return vec.compare(_COMPARISONS[operator], *arguments)
    if operator == "whole_power":
        return vec.whole_power(arguments[0], payload)  # type: ignore[arg-type]
    if operator == "lookup":
        return vec.lookup(arguments[0], payload)  # type: ignore[arg-type]
    assert operator in LIBRARY_FUNCTIONS, f"no code for {operator}"
    return vec.library(operator, arguments[0])
