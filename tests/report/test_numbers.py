"""Numbers as readers see them."""

from __future__ import annotations

import math

import pytest

from sdsocec.report.numbers import format_number, format_ticks, format_time, format_value


@pytest.mark.parametrize(
    ("value", "english", "dutch"),
    [
        (299_943.0, "299,900", "299\u202f900"),
        (7_616_932.0, "7,617,000", "7\u202f617\u202f000"),
        (10_004.0, "10,000", "10\u202f000"),
        (9_999.6, "10,000", "10\u202f000"),
        (9_876.0, "9,880", "9\u202f880"),
        (554.6, "555", "555"),
        (12.34, "12.3", "12,3"),
        (1.2345, "1.23", "1,23"),
        (1.0, "1.00", "1,00"),
        (0.9999, "1.00", "1,00"),
        (0.01234, "0.0123", "0,0123"),
        (-52_340.0, "\u221252,340", "\u221252\u202f340"),
        (0.0, "0", "0"),
        (-0.0, "0", "0"),
        (1.234e-7, "1.23 × 10⁻⁷", "1,23 × 10⁻⁷"),
        (4.5678e18, "4.57 × 10¹⁸", "4,57 × 10¹⁸"),
        (math.nan, "–", "–"),
        (-math.inf, "−∞", "−∞"),
    ],
)
def test_a_value_is_rounded_by_one_rule_and_written_in_the_language(value, english, dutch):
    assert format_value(value, "en") == english
    assert format_value(value, "nl") == dutch


def test_a_share_is_a_percentage_with_one_decimal():
    assert format_value(0.03444, "en", is_share=True) == "3.4%"
    assert format_value(1.0, "nl", is_share=True) == "100,0%"
    assert format_value(0.0, "nl", is_share=True) == "0,0%"


def test_a_number_that_rounds_to_zero_has_no_minus():
    assert format_number(-0.04, "en", decimals=1) == "0.0"


def test_the_numbers_of_an_axis_have_the_same_decimals_and_separators():
    assert format_ticks([0.0, 5_000.0, 10_000.0], "nl") == ["0", "5\u202f000", "10\u202f000"]
    assert format_ticks([0.0, 0.25, 0.5], "nl") == ["0,00", "0,25", "0,50"]
    assert format_ticks([0.0, 0.1, 0.2, 0.3], "en", is_share=True) == ["0", "10", "20", "30"]
    assert format_ticks([0.0, 1e-9], "en") == ["0", "1.00 × 10⁻⁹"]


def test_a_year_has_no_separators():
    assert format_time(2010.0, "en") == "2010"
    assert format_time(12_345.5, "nl") == "12345,5"
