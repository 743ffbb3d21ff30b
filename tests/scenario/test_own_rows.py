"""Rows of the user's own: tables, and Vensim's sensitivity control files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sdsocec
from sdsocec.errors import DesignError, SdsocecError
from sdsocec.scenario.own_rows import read_numbers, read_sensitivity, read_table

MODEL = sdsocec.load_model("first_steps")
EPIDEMIC = sdsocec.load_model(Path(__file__).parents[1] / "models" / "age_sir.mdl")


def written(tmp_path, text: str, name: str = "rows.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_is_read_to_the_last_bit(tmp_path):
    numbers = np.random.default_rng(1).uniform([0.1, 0.25], [0.9, 0.5], (50, 2))
    lines = ["incentive response,imitation", *(f"{a!r},{b!r}" for a, b in numbers.tolist())]
    table = read_table(written(tmp_path, "\n".join(lines) + "\n"), MODEL)
    assert table.values.tobytes() == numbers.tobytes()
    assert [f.constants for f in table.factors] == [("incentive response",), ("imitation",)]
    assert read_numbers(tmp_path / "rows.csv", table.content).tobytes() == numbers.tobytes()


def test_levers_aliases_tabs_blank_lines_and_a_byte_order_mark_are_understood(tmp_path):
    table = read_table(
        written(tmp_path, "\ufeffquota share\timitation\n0.01\t0.3\n\n 0.02 \t4e-1\n", "rows.tab"), MODEL
    )
    assert [f.constants for f in table.factors] == [("quota share scenario",), ("imitation",)]
    assert table.values.tolist() == [[0.01, 0.3], [0.02, 0.4]]


def test_an_element_is_a_column(tmp_path):
    constant = next(name for name in EPIDEMIC.ranges if "," not in name and "[" in name)
    low, high = EPIDEMIC.ranges[constant]
    value = low if low is not None else high if high is not None else 1.0
    table = read_table(written(tmp_path, f"{constant}\n{value}\n"), EPIDEMIC)
    assert table.factors[0].constants == (constant,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("imitatio\n0.3\n", ["rows.csv:1", "no constant or lever 'imitatio'", "Did you mean 'imitation'?"]),
        ("imitation,imitation\n0.3,0.3\n", ["two columns set 'imitation'"]),
        ("imitation;recession depth\n0.3;0.01\n", ["Columns are separated by commas"]),
        (
            "imitation\nabc\n0.3\nx\n",
            ["'abc' is not a number, for 'imitation'", "csv:2", "'x' is not a number", "csv:4"],
        ),
        ("imitation,recession depth\n0.3,\n", ["a number is missing, for 'recession depth'", "rows.csv:2"]),
        ("imitation\n0.3,0.4\n", ["the row has 2 cells, the header 1", "rows.csv:2"]),
        ("imitation,recession depth\n0,3,0,01\n", ["the row has 4 cells", "Decimals are written with a point"]),
        ("imitation\n0_3\n", ["'0_3' is not a number"]),
        ("imitation\nnan\n", ["'imitation' is nan; it must be a finite number", "rows.csv:2"]),
        ("imitation\n0.3\n\n7e9\n", ["'imitation' is 7e+09; it must be", "rows.csv:4"]),
        ("imitation\n", ["the table has no rows"]),
        ("\n", ["the first line names no constants"]),
        ("unemployed\n1\n", ["'unemployed' is a stock"]),
    ],
)
def test_a_wrong_table_is_refused_with_its_lines(tmp_path, text, words):
    with pytest.raises(DesignError) as refusal:
        read_table(written(tmp_path, text), MODEL)
    assert all(word in str(refusal.value) for word in words), str(refusal.value)


def test_a_table_that_is_no_text_or_not_there_is_refused(tmp_path):
    (tmp_path / "rows.csv").write_bytes(b"imitation\n\xff\xfe\n")
    with pytest.raises(DesignError, match="not UTF-8 text"):
        read_table(tmp_path / "rows.csv", MODEL)
    with pytest.raises(SdsocecError, match="there is no file"):
        read_table(tmp_path / "none.csv", MODEL)


def test_a_sensitivity_file_is_draws_of_its_distributions(tmp_path):
    text = (
        "250,M,1234,,0\nincentive response=RANDOM_UNIFORM(0.1,0.9)\nimitation = RANDOM TRIANGULAR(.25,.5,.25,.3,.5)\n"
    )
    found = read_sensitivity(written(tmp_path, text, "a.vsc"))
    assert (found.kind, found.n, found.seed) == ("montecarlo", 250, 1234)
    assert found.vary == ("incentive response=uniform(0.1, 0.9)", "imitation=triangular(0.25, 0.3, 0.5)")


def test_a_sensitivity_file_says_less_than_it_may(tmp_path):
    found = read_sensitivity(written(tmp_path, ",L\nimitation=RANDOM_UNIFORM(0.3,0.4)\n", "a.vsc"))
    assert (found.kind, found.n, found.seed) == ("lhs", 200, 1234)


def test_a_sensitivity_file_of_rows_repeats_what_is_missing(tmp_path):
    written(tmp_path, "imitation\trecession depth\n0.3\t0.01\n\t0.02\n0.4\n", "sample.tab")
    found = read_sensitivity(written(tmp_path, "0,F,0,sample.tab,0\n", "a.vsc"))
    table = read_table(found.rows, MODEL, repeats=True)
    assert table.values.tolist() == [[0.3, 0.01], [0.3, 0.02], [0.4, 0.02]]
    assert read_numbers(Path("rows.tab"), table.content).tolist() == table.values.tolist()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("200,U,1\nimitation=RANDOM_UNIFORM(0,1)\n", ["the method U varies one constant at a time", "--design oat"]),
        ("200,G,1\nimitation=RANDOM_UNIFORM(0,1)\n", ["the method G is a Latin grid", "--design grid"]),
        ("200,X,1\nimitation=RANDOM_UNIFORM(0,1)\n", ["there is no method 'X'"]),
        ("200,F,1\n", ["the method F needs a file with rows"]),
        ("200,M,0\nimitation=RANDOM_UNIFORM(0,1)\n", ["the seed 0 asks for numbers that cannot be made again"]),
        ("many,M,1\nimitation=RANDOM_UNIFORM(0,1)\n", ["whole numbers", "a.vsc:1"]),
        ("imitation=RANDOM_UNIFORM(0,1)\n", ["the first line says how many simulations"]),
        (
            "200,M,1\nimitation=RANDOM_NORMAL(0,1,0.5,0.1)\n",
            ["the distribution RANDOM NORMAL is not offered", "a.vsc:2"],
        ),
        ("200,M,1\nimitation=VECTOR(0,1,0.1)\n", ["the distribution VECTOR is not offered"]),
        ("200,M,1\nimitation=RANDOM_TRIANGULAR(.3,.5,.2,.3,.5)\n", ["is cut off"]),
        ("200,M,1\nimitation=RANDOM_UNIFORM(1)\n", ["RANDOM UNIFORM has 1 numbers", "(min, max)"]),
        ("200,M,1\nimitation 0.3\n", ["the line is not understood", "a.vsc:2"]),
        ("200,M,1\n", ["varies no constant"]),
        ("", ["the file is empty"]),
    ],
)
def test_what_a_sensitivity_file_asks_in_vain_is_refused(tmp_path, text, words):
    with pytest.raises(DesignError) as refusal:
        read_sensitivity(written(tmp_path, text, "a.vsc"))
    assert all(word in str(refusal.value) for word in words), str(refusal.value)
