"""The table of Vensim functions and subscript forms: what runs natively, and the conformance case that proves it.

A row's `case` is a folder of `tests/conformance`; a test fails for a row without one. `sdsocec model supports` prints this.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Supported:
    """One row: the form as Vensim writes it, its case, and a remark."""

    group: str
    form: str
    case: str
    remark: str = ""
    is_native: bool = True


def _rows(group: str, *rows: tuple[str, str] | tuple[str, str, str]) -> list[Supported]:
    return [Supported(group, row[0], row[1], row[2] if len(row) == 3 else "") for row in rows]


SUPPORTED: tuple[Supported, ...] = tuple(
    _rows(
        "operators",
        ("a + b, a - b", "add-subtract"),
        ("a * b, a / b", "multiply-divide"),
        ("a ^ b", "power", "read from the right"),
        ("-a", "unary-minus", "-2^2 is -4"),
        ("precedence", "precedence"),
        ("= <> < <= > >=", "comparison"),
        (":AND: :OR: :NOT:", "logic"),
        ("1e3, .5, 2.", "number-formats"),
    )
    + _rows(
        "functions",
        ("ABS(x)", "abs"),
        ("MIN(a, b)", "min"),
        ("MAX(a, b)", "max"),
        ("EXP(x)", "exp"),
        ("LN(x)", "ln"),
        ("LOG(x, base)", "log"),
        ("SQRT(x)", "sqrt"),
        ("INTEGER(x)", "integer", "toward zero"),
        ("MODULO(x, base)", "modulo"),
        ("QUANTUM(x, quantum)", "quantum"),
        ("POWER(x, y)", "power-function"),
        ("IF THEN ELSE(condition, a, b)", "if-then-else"),
        ("ZIDZ(a, b)", "zidz", "|b| < 1e-6 counts as zero"),
        ("XIDZ(a, b, x)", "xidz", "|b| < 1e-6 counts as zero"),
        ("SIN(x)", "sin"),
        ("COS(x)", "cos"),
        ("TAN(x)", "tan"),
        ("ARCSIN(x)", "arcsin"),
        ("ARCCOS(x)", "arccos"),
        ("ARCTAN(x)", "arctan"),
        ("SINH(x)", "sinh"),
        ("COSH(x)", "cosh"),
        ("TANH(x)", "tanh"),
        ("GAME(x)", "game", "x itself"),
    )
    + _rows(
        "time",
        ("Time", "time"),
        ("TIME STEP in an equation", "time-step"),
        ("SAVEPER", "saveper", "a multiple of TIME STEP"),
        ("STEP(height, start)", "step", "from the step nearest to its start"),
        ("RAMP(slope, start, end)", "ramp"),
        ("PULSE(start, width)", "pulse", "a width of 0 is one TIME STEP"),
        ("PULSE TRAIN(start, width, between, end)", "pulse-train"),
    )
    + _rows(
        "memory",
        ("INTEG(flow, initial)", "integ"),
        ("INITIAL(x)", "initial"),
        ("ACTIVE INITIAL(x, initial)", "active-initial"),
        ("SMOOTH(x, time)", "smooth"),
        ("SMOOTHI(x, time, initial)", "smoothi"),
        ("SMOOTH3(x, time)", "smooth3"),
        ("SMOOTH3I(x, time, initial)", "smooth3i"),
        ("SMOOTH N(x, time, initial, order)", "smooth-n", "literal order; Euler only"),
        ("SMOOTH in a feedback loop", "smooth-in-loop"),
        ("DELAY1(x, time)", "delay1"),
        ("DELAY1I(x, time, initial)", "delay1i"),
        ("DELAY3(x, time)", "delay3"),
        ("DELAY3I(x, time, initial)", "delay3i"),
        ("DELAY N(x, time, initial, order)", "delay-n", "literal order; Euler only; a moving time with order 2 only"),
        ("TREND(x, time, initial)", "trend"),
        ("FORECAST(x, time, horizon)", "forecast"),
        ("SAMPLE IF TRUE(condition, x, initial)", "sample-if-true", "on a fixed step only"),
    )
    + _rows(
        "lookups",
        ("lookup(x)", "lookup"),
        ("WITH LOOKUP(x, (points))", "with-lookup"),
        ("a lookup outside its points", "lookup-outside", "flat"),
        ("a lookup with a drawn range", "lookup-limits"),
        ("a subscripted lookup", "lookup-subscripted"),
        ("a lookup of a stock", "lookup-of-stock"),
    )
    + _rows(
        "reductions",
        ("SUM(x[range!])", "sum"),
        ("PROD(x[range!])", "prod"),
        ("VMIN(x[range!])", "vmin"),
        ("VMAX(x[range!])", "vmax"),
        ("ELMCOUNT(range)", "elmcount"),
        ("SUM over one of two ranges", "subscript-partial-sum"),
        ("SUM of an expression", "subscript-reduction-of-expression"),
    )
    + _rows(
        "subscripts",
        ("x[range]", "subscript-1d"),
        ("x[range, range]", "subscript-2d"),
        ("range: (A1-A4)", "subscript-numeric-range"),
        ("a range within a range", "subscript-subrange"),
        ("one equation an element", "subscript-element-equations"),
        ("elements that need each other", "subscript-element-chain", "ordered by element"),
        ("a list of constants", "subscript-constant-list"),
        ("a table of constants", "subscript-constant-table"),
        ("a mapping between ranges", "subscript-mapping", "by range name, one to one"),
        (":EXCEPT:", "subscript-except"),
        ("range <-> range", "subscript-copy"),
        ("x[element]", "subscript-element-reference"),
        ("a range or element as a number", "subscript-position"),
        ("a subscripted stock", "subscript-stock"),
        ("two copies of one range", "subscript-two-ranges"),
        ("initial values by element", "subscript-initial"),
    )
    + _rows(
        "the file",
        ("names in quotes", "quoted-names"),
        ("case, blanks and underscores in names", "name-case"),
        ("name == constant", "unchangeable-constant"),
        ("equations over several lines", "continuation-lines"),
        ("comments", "comments"),
    )
)

# What native refuses and PySD runs; each by the name that a message uses.
PYSD_ONLY: tuple[str, ...] = (
    "DELAY FIXED",
    "RANDOM UNIFORM and the other random functions",
    "VECTOR SELECT, VECTOR SORT ORDER, VECTOR REORDER, VECTOR RANK",
    "ALLOCATE AVAILABLE, ALLOCATE BY PRIORITY",
    "INVERT MATRIX",
    "GET TIME VALUE",
    ":MACRO:",
)
# What neither engine runs here: it reads other files than the model's.
REFUSED: tuple[str, ...] = ("GET XLS and GET DIRECT functions", "data variables", ":TABBED ARRAY:")

# Where PySD gives other numbers than Vensim's rule, by function: what a person must know who runs a model on PySD.
PYSD_DEVIATES: dict[str, str] = {
    "PULSE": "a width of 0 gives no pulse, and dates between time steps fall on other steps",
    "PULSE TRAIN": "it ends before its end date, and a width of 0 gives no pulses",
    "SMOOTH N": "its order is not reduced where the time is shorter than order x TIME STEP",
    "SMOOTH": "in a feedback loop through ACTIVE INITIAL its first step takes a stale input",
}
