"""The arithmetic of generated code: right to the last place, right for special numbers, and the same at any width."""

from __future__ import annotations

import ctypes
import math
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from sdsocec.engine.native.kernel import address, aligned
from sdsocec.engine.native.machine import Loaded, compile_object
from sdsocec.engine.native.vec import LIBRARY_FUNCTIONS, Vec

POINTS = ((-2.0, 0.0, 0.1, 3.0, 1e6), (1.0, -5.0, 0.3, 0.3, 2e-3))
ONE = {
    "exp": Vec.exp,
    "log": Vec.log,
    "sqrt": Vec.sqrt,
    "trunc": Vec.trunc,
    "abs": Vec.abs,
    "neg": Vec.neg,
    "lookup": lambda vec, x: vec.lookup(x, POINTS),
    "one point": lambda vec, x: vec.lookup(x, ((1.0,), (7.0,))),
    **{f"to the power {n}": lambda vec, x, n=n: vec.whole_power(x, n) for n in (0, 1, 2, 3, 10, 64, -1, -3)},
    **{name: lambda vec, x, name=name: vec.library(name, x) for name in LIBRARY_FUNCTIONS},
}
TWO = {"pow": Vec.pow, "div": Vec.div, "min": Vec.min, "max": Vec.max, "add": Vec.add, "sub": Vec.sub, "mul": Vec.mul}
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 2.5, -2.5, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 1e-310]
SPECIAL += [
    2.2250738585072014e-308,
    1.7976931348623157e308,
    -1.7976931348623157e308,
    1e300,
    4503599627370497.5,
    2.0**53,
]


@cache
def compiled(name: str, width: int = 8, optimisation: int | None = None):
    lines: list[str] = []
    vec = Vec(width, lines)
    arguments = [vec.load(f"%A{i}", 0) for i in range(2 if name in TWO else 1)]
    vec.store("%O", 0, (TWO | ONE)[name](vec, *arguments))
    text = "\n".join([*vec.declarations(), "define void @f(ptr %A0, ptr %A1, ptr %O) {", *lines, "  ret void", "}"])
    loaded = Loaded(compile_object(text, optimisation))
    return loaded, loaded.function("f", *[ctypes.c_void_p] * 3)


def apply(name: str, *arguments, width: int = 8, optimisation: int | None = None) -> np.ndarray:
    _, function = compiled(name, width, optimisation)
    given = [np.asarray(a, dtype=float).ravel() for a in arguments]
    n = len(given[0])
    padded = -(-n // width) * width
    arrays = [aligned((padded,)) for _ in range(2)]
    out = aligned((padded,))
    for array, values in zip(arrays, given, strict=False):
        array[:n], array[n:] = values, 1.0
    for i in range(0, 8 * padded, 8 * width):
        function(address(arrays[0]) + i, address(arrays[1]) + i, address(out) + i)
    return out[:n].copy()


def worst_ulp(got, exact) -> float:
    """The largest error in units of the last place of the exact result; subnormals have a place of 5e-324."""
    with localcontext() as context:
        context.prec = 60
        return max(
            float(abs(Decimal(float(g)) - e) / Decimal(math.ulp(float(e)))) for g, e in zip(got, exact, strict=True)
        )


def in_decimals(function, *arguments) -> list[Decimal]:
    with localcontext() as context:
        context.prec = 40
        context.Emin, context.Emax = -999_999, 999_999
        return [function(*map(Decimal, map(float, row))) for row in zip(*arguments, strict=True)]


def random_numbers(n: int, low: float, high: float, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(low, high, n)


@pytest.mark.parametrize(("low", "high"), [(-700, 700), (-1, 1), (-0.01, 0.01), (-1e-8, 1e-8), (700, 709.7)])
def test_exp_is_right_within_one_unit_in_the_last_place(low, high):
    x = random_numbers(4_000, low, high)
    assert worst_ulp(apply("exp", x), in_decimals(Decimal.exp, x)) <= 1


def test_exp_of_large_negative_numbers_is_right_within_one_smallest_number():
    x = random_numbers(2_000, -745, -708)
    assert worst_ulp(apply("exp", x), in_decimals(Decimal.exp, x)) <= 1


@pytest.mark.parametrize(("low", "high"), [(1e-3, 1e3), (0.9, 1.1), (0.999, 1.001), (1e250, 1e300), (1e-310, 1e-308)])
def test_log_is_right_within_one_unit_in_the_last_place(low, high):
    x = random_numbers(4_000, low, high)
    assert worst_ulp(apply("log", x), in_decimals(Decimal.ln, x)) <= 1


def test_log_is_right_over_all_exponents():
    x = np.exp2(random_numbers(4_000, -1074, 1023))
    assert worst_ulp(apply("log", x), in_decimals(Decimal.ln, x)) <= 1


def test_log_of_the_next_number_to_one_is_right():
    x = [1 + 2.0**-52, 1 - 2.0**-53, 1 + 2.0**-51, 1.0]
    assert worst_ulp(apply("log", x[:3]), in_decimals(Decimal.ln, x[:3])) <= 1
    assert apply("log", x)[3] == 0


def test_pow_is_as_exact_as_its_docstring_says():
    x = np.exp(random_numbers(4_000, -5, 5))
    y = random_numbers(4_000, -4, 4, seed=2)
    exact = in_decimals(lambda a, b: (a.ln() * b).exp(), x, y)
    got = apply("pow", x, y)
    worst = max(abs(float(Decimal(float(g)) / e - 1)) for g, e in zip(got, exact, strict=True))
    assert 0 < worst <= 2.2e-15


def test_pow_keeps_12_digits_over_its_whole_range():
    x = np.exp(random_numbers(4_000, -300, 300))
    y = random_numbers(4_000, -2, 2, seed=2)
    exact = in_decimals(lambda a, b: (a.ln() * b).exp(), x, y)
    assert max(abs(float(Decimal(float(g)) / e - 1)) for g, e in zip(apply("pow", x, y), exact, strict=True)) < 1e-12


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "trunc", "abs", "neg"])
def test_a_function_of_special_numbers_is_numpys(name):
    numpys = {"neg": np.negative}.get(name) or getattr(np, name)
    x = [*SPECIAL, 709.7827128933840, 709.7827128933841, 710.5, 1e9, -745.1332191019411, -745.14, -746.5, -1e9]
    with np.errstate(all="ignore"):
        expected = numpys(np.array(x))
    np.testing.assert_allclose(apply(name, x), expected, rtol=3e-16, atol=5e-324, equal_nan=True)


@pytest.mark.parametrize("name", ["div", "add", "sub", "mul"])
def test_an_operator_is_ieees_for_all_pairs_of_special_numbers(name):
    a, b = (m.ravel() for m in np.meshgrid(SPECIAL, SPECIAL))
    with np.errstate(all="ignore"):
        expected = {"div": np.divide, "add": np.add, "sub": np.subtract, "mul": np.multiply}[name](a, b)
    np.testing.assert_array_equal(apply(name, a, b), expected)
    numbers = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(apply(name, a, b))[numbers], np.signbit(expected)[numbers])


def test_division_is_correctly_rounded():
    a, b = random_numbers(10_000, -1e3, 1e3), random_numbers(10_000, -1, 1, seed=2)
    np.testing.assert_array_equal(apply("div", a, b), a / b)


def test_a_square_root_is_correctly_rounded():
    x = np.exp2(random_numbers(10_000, -1000, 1000))
    np.testing.assert_array_equal(apply("sqrt", x), np.sqrt(x))


def test_trunc_goes_toward_zero():
    x = np.concatenate([random_numbers(1_000, -5, 5), random_numbers(1_000, -1e17, 1e17), np.arange(-3, 4) / 2])
    np.testing.assert_array_equal(apply("trunc", x), np.trunc(x))


@pytest.mark.parametrize("name", ["min", "max"])
def test_the_smaller_or_larger_of_two_numbers_is_one_of_them(name):
    numbers = [x for x in SPECIAL if not math.isnan(x)]
    a, b = (m.ravel() for m in np.meshgrid(numbers, numbers))
    np.testing.assert_array_equal(apply(name, a, b), {"min": np.minimum, "max": np.maximum}[name](a, b))


@pytest.mark.parametrize("name", ["min", "max"])
def test_what_is_no_number_survives_min_and_max_on_either_side(name):
    a, b = [math.nan, 1.0, math.nan, -math.inf], [1.0, math.nan, math.nan, math.nan]
    assert np.isnan(apply(name, a, b)).all()


def test_pow_of_special_numbers_is_that_of_the_c_standard():
    x, y = (m.ravel() for m in np.meshgrid(SPECIAL, SPECIAL))
    with np.errstate(all="ignore"):
        expected = np.power(x, y)
    got = apply("pow", x, y)
    # A zero's sign is lost (outputs are stored without it), and so is that of the infinity that 1 / -0 would be.
    with np.errstate(all="ignore"):
        same = np.isclose(got, expected, rtol=1e-12, atol=0, equal_nan=True) | (
            (x == 0) & (np.abs(got) == np.abs(expected))
        )
    # In C (-1)^inf is 1 and (-inf)^0.5 is inf; here both are NaN: the run broke down before.
    same |= ((np.abs(x) == 1) & np.isinf(y)) | (np.isneginf(x) & np.isnan(got))
    wrong = [(a, b, g, e) for a, b, g, e, s in zip(x, y, got, expected, same, strict=True) if not s]
    assert wrong == []


@pytest.mark.parametrize(
    ("base", "exponent", "power"), [(-2, 3, -8), (-2, 2, 4), (-8, 1 / 3, math.nan), (-2, -1, -0.5)]
)
def test_a_negative_number_has_whole_powers_only(base, exponent, power):
    np.testing.assert_allclose(apply("pow", [base], [exponent]), [power], rtol=1e-15, equal_nan=True)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 10, 64, -1, -3])
def test_a_whole_power_is_a_product(n):
    x = np.concatenate([random_numbers(1_000, -3, 3), [0.0, 1.0, -1.0]])
    with np.errstate(all="ignore"):
        exact = np.array([float(Fraction(v) ** n) if v or n >= 0 else math.inf for v in x])
    np.testing.assert_allclose(apply(f"to the power {n}", x), exact, rtol=abs(n) * 2.0**-53 + 1e-18)
    if n in (1, 2, -1):
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(apply(f"to the power {n}", x), {1: x, 2: x * x, -1: 1 / x}[n])


def test_a_lookup_is_exact_at_its_points_flat_outside_and_straight_between():
    xs, ys = map(np.array, POINTS)
    np.testing.assert_array_equal(apply("lookup", xs), ys)
    np.testing.assert_array_equal(apply("lookup", [-1e9, -2.0000001, -math.inf]), ys[0])
    np.testing.assert_array_equal(apply("lookup", [1.0000001e6, 1e300, math.inf]), ys[-1])
    assert np.isnan(apply("lookup", [math.nan])).all()
    x = np.concatenate([random_numbers(2_000, -2, 3.5), random_numbers(2_000, 0, 1e6, seed=2)])
    points = list(zip(map(Fraction, POINTS[0]), map(Fraction, POINTS[1]), strict=True))
    for value, got in zip(map(Fraction, x), apply("lookup", x), strict=True):
        (x0, y0), (x1, y1) = next((p, q) for p, q in pairwise(points) if value <= q[0])
        exact = y0 + (y1 - y0) * (value - x0) / (x1 - x0)
        assert abs(Fraction(float(got)) - exact) <= 4 * Fraction(2) ** -53 * max(abs(y0), abs(y1))


def test_a_lookup_of_one_point_is_flat():
    np.testing.assert_array_equal(apply("one point", [-1.0, 1.0, 2.0]), 7.0)
    assert np.isnan(apply("one point", [math.nan])).all()


@pytest.mark.parametrize("name", LIBRARY_FUNCTIONS)
def test_a_function_of_the_c_library_is_numpys_within_two_units_in_the_last_place(name):
    x = random_numbers(2_000, -1, 1) if name in ("asin", "acos") else random_numbers(2_000, -20, 20)
    numpys = getattr(np, {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}.get(name, name))(x)
    np.testing.assert_allclose(apply(name, x), numpys, rtol=5e-16, atol=1e-30)


@pytest.mark.parametrize("name", ["exp", "log", "pow", "lookup", "div", "sqrt", "trunc", "to the power 10", "min"])
def test_the_bits_do_not_depend_on_width_or_optimisation(name):
    spread = np.concatenate([random_numbers(501, -3, 3), random_numbers(501, -700, 700, seed=3), SPECIAL])
    x = np.abs(spread) if name in ("log", "sqrt") else spread
    arguments = (x, random_numbers(len(x), -3, 3, seed=4))[: 2 if name in TWO else 1]
    plain = apply(name, *arguments)
    plain[np.isnan(plain)] = math.nan
    for width in (1, 2, 4, 8, 16):
        for optimisation in (0, 1, 2, 3):
            other = apply(name, *arguments, width=width, optimisation=optimisation)
            other[np.isnan(other)] = math.nan
            assert other.tobytes() == plain.tobytes(), f"width {width}, optimisation {optimisation}"
