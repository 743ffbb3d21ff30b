"""How a number is written for readers, in Dutch and English.

The rule of rounding, the same in tables, figures and texts: a share is a percentage with one decimal; a value of 10 000 or
more has 4 significant digits (299 900); any other has 3. Zeros at the end that say nothing stay, so that columns line up.

Dutch has a decimal comma and a thin no-break space between thousands (house style of Statistics Netherlands), English a
decimal point and a comma; both from 1,000 on, so that the numbers of a column look alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

THIN_SPACE = "\u202f"  # narrow no-break space
MINUS = "\u2212"
MISSING = "\u2013"  # an en dash, where there is no value
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_MARK = {"nl": ",", "en": "."}
_GROUP = {"nl": (THIN_SPACE, 1_000), "en": (",", 1_000)}


def format_value(value: float, language: str = "en", *, is_share: bool = False) -> str:
    """A value as readers see it, rounded by the rule of this module; a share as a percentage.

    >>> format_value(299_943.0, "en"), format_value(0.0344, "nl", is_share=True), format_value(1.2345)
    ('299,900', '3,4%', '1.23')
    """
    if math.isnan(value):
        return MISSING
    if is_share:
        return format_number(100.0 * value, language, decimals=1) + "%"
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    rounded = _significant(value)
    size = abs(rounded)
    if not 1e-4 <= size < 1e15:
        return _scientific(rounded, language)
    return format_number(rounded, language, decimals=max(0, 2 - math.floor(math.log10(size))))


def format_amount(
    value: float, smallest: float, language: str = "en", *, decimals: int | None = None, step: float = 0.0
) -> str:
    """A value, or that it is smaller than what means anything; rounded by the rule of this module, or to so many decimals.

    Where one unit is already too small, there are no decimals. With a step it is rounded to a multiple of that first.

    >>> format_amount(1234.0, 50.0), format_amount(71.5, 50.0), format_amount(0.3, 50.0), format_amount(0.0, 50.0)
    ('1,230', '72', '<50', '0')
    >>> format_amount(1234.0, 50.0, step=50.0)
    '1,250'
    """
    if is_too_small(value, smallest):
        least = format_number(smallest, language, decimals=0 if smallest == round(smallest) else 2)
        return f"<{least}"  # either way: the sign of what means nothing means nothing
    if step > 0:
        value = step * math.floor(value / step + 0.5)
    if decimals is None and smallest >= 1 and abs(value) < 100:
        decimals = 0
    return format_value(value, language) if decimals is None else format_number(value, language, decimals=decimals)


def format_change(value: float, language: str = "en", smallest: float = 0.0, step: float = 0.0) -> str:
    """A difference, rounded by the same rule, with its sign; or that it is smaller than what means anything.

    >>> format_change(1234.5), format_change(-0.5), format_change(0.0), format_change(0.3, smallest=50.0)
    ('+1,230', '−0.500', '0', '<50')
    """
    shown = format_amount(value, smallest, language, step=step)
    return shown if is_too_small(value, smallest) else with_sign(shown, value)


def is_too_small(value: float, smallest: float) -> bool:
    """Whether there is something, but less than means anything."""
    return 0 < abs(value) < smallest


def decimals_for(numbers: Iterable[float], digits: int) -> int:
    """The decimals with which the largest of these numbers has so many digits at least; all have them, so that they add up.

    >>> decimals_for([126_507.4, 0.3], 5), decimals_for([0.0123], 4), decimals_for([], 4)
    (0, 5, 0)
    """
    largest = max((abs(number) for number in numbers if math.isfinite(number)), default=0.0)
    return min(12, max(0, digits - 1 - math.floor(math.log10(largest)))) if largest > 0 else 0


def with_sign(shown: str, value: float) -> str:
    """A written number with a plus sign if it is above zero and does not read as zero.

    >>> with_sign("0.0", 0.01), with_sign("0.1", 0.1)
    ('0.0', '+0.1')
    """
    return f"+{shown}" if value > 0 and any(c in "123456789∞" for c in shown) else shown


def _significant(value: float) -> float:
    digits = 4 if abs(value) >= 10_000 else 3
    return float(f"{value:.{digits - 1}e}")


def _scientific(value: float, language: str) -> str:
    mantissa, exponent = f"{abs(value):.2e}".split("e")
    sign = MINUS if value < 0 else ""
    return f"{sign}{mantissa.replace('.', _MARK[language])} × 10{str(int(exponent)).translate(_SUPERSCRIPTS)}"


def format_number(value: float, language: str = "en", *, decimals: int = 0, group_from: float | None = None) -> str:
    """A number with a fixed number of decimals.

    Parameters
    ----------
    group_from : float, optional
        The size from which thousands are set apart; the language's own by default. An axis with 10 000 on it passes
        1 000, so that its numbers look alike.

    >>> format_number(-234.5, "nl", decimals=1), format_number(12_345, "nl") == "12\u202f345"
    ('−234,5', True)
    """
    mark, (group, smallest) = _MARK[language], _GROUP[language]
    digits = f"{abs(value):,.{decimals}f}"
    apart = abs(value) >= (smallest if group_from is None else group_from)
    digits = digits.replace(",", "\0").replace(".", mark).replace("\0", group if apart else "")
    return f"{MINUS}{digits}" if value < 0 and any(c in "123456789" for c in digits) else digits


def plain_number(value: float, language: str = "en") -> str:
    """A number as a person would type it, without separators of thousands.

    >>> plain_number(0.08, "nl"), plain_number(2014.0, "nl")
    ('0,08', '2014')
    """
    return f"{value:g}".replace(".", _MARK[language]).replace("-", MINUS)


def format_ticks(ticks: Sequence[float], language: str = "en", *, is_share: bool = False) -> list[str]:
    """The numbers along an axis: no more decimals than tell them apart, the same for all of them."""
    values = [100.0 * tick for tick in ticks] if is_share else list(ticks)
    largest = max(map(abs, values), default=0.0)
    if largest and not 1e-4 <= largest < 1e15:
        return [_scientific(v, language) if v else "0" for v in values]
    decimals = next((d for d in range(9) if all(abs(v - round(v, d)) <= 1e-6 * largest for v in values)), 9)
    group_from = 1_000 if largest >= 10_000 else None
    return [format_number(v, language, decimals=decimals, group_from=group_from) for v in values]


def format_time(time: float, language: str = "en") -> str:
    """A moment: a year without separators (2010), else with the decimals it needs, two at most (2009,88).

    >>> format_time(2010.0), format_time(2009.875, "nl")
    ('2010', '2009,88')
    """
    whole = f"{time:.2f}".rstrip("0").rstrip(".")
    return whole.replace(".", _MARK[language]).replace("-", MINUS)
