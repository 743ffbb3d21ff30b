"""Writing numbers into a .mdl: the number changes, nothing else does."""

from __future__ import annotations

import pytest

import sdsocec
from sdsocec.errors import ModelError
from sdsocec.model.rewriting import with_values, write_values

MODEL = """{UTF-8}
size: small, middle, large ~~|
"odd = name"= 2 ~ dmnl ~ 2 is the number, not 3. |
weight[size] = 1, 2.50, 4e-1 ~ kg ~ Weights 1, 2. |
cost[small] = 7 ~~|
cost[middle] =
	-8 ~~|
cost[large] = 9 ~ euro ~ Cost. |
same[size] = 5 ~ euro ~ Same for all. |
twice = 2 * "odd = name" ~ dmnl ~ An equation. |
é = 3 ~ dmnl ~ Accent. |
INITIAL TIME = 0 ~ year ~ | FINAL TIME = 10 ~ year ~ | TIME STEP = 1 ~ year ~ | SAVEPER = 1 ~ year ~ |
"""


@pytest.fixture
def read(tmp_path):
    def make(text=MODEL, encoding="utf-8"):
        path = tmp_path / "m.mdl"
        path.write_bytes(text.encode(encoding))
        return sdsocec.load_model(path).equations

    return make


@pytest.mark.parametrize(
    ("values", "was", "now"),
    [
        ({"odd = name": 0.1}, '"odd = name"= 2 ~', '"odd = name"= 0.1 ~'),
        ({"weight[middle]": 2.75}, "1, 2.50, 4e-1 ~", "1, 2.75, 4e-1 ~"),
        ({"weight[small]": 3.0, "weight[large]": 1e-20}, "1, 2.50, 4e-1 ~", "3.0, 2.50, 1e-20 ~"),
        ({"cost[middle]": 1 / 3}, "\t-8 ~~|", "\t0.3333333333333333 ~~|"),
        ({"same[small]": 6.0, "same[middle]": 6.0, "same[large]": 6.0}, "= 5 ~", "= 6.0 ~"),
        ({"cost[large]": 9.0}, "cost[large] = 9 ~", "cost[large] = 9 ~"),
    ],
)
def test_only_the_number_changes(read, values, was, now):
    text = with_values(read(), values)
    assert MODEL.count(was) == 1
    assert text == MODEL.replace(was, now)


def test_what_is_written_reads_back_exactly(read):
    values = {"odd = name": 0.1 + 0.2, "weight[large]": 5e-324, "cost[small]": -1.7976931348623157e308}
    from sdsocec.engine import constant_values

    model = read()
    write_values(model, values)
    again = constant_values(sdsocec.load_model(model.path).equations)
    assert {name: again[name] for name in values} == values


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_encoding_byte_order_mark_and_line_ends_stay(read, encoding):
    text = MODEL.replace("\n", "\r\n").replace("{UTF-8}", "{latin-1}" if encoding == "latin-1" else "{UTF-8}")
    model = read(text, encoding)
    write_values(model, {"cost[small]": 7.5})
    assert model.path.read_bytes() == text.replace("cost[small] = 7 ", "cost[small] = 7.5 ").encode(encoding)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"same[small]": 6.0}, "'same' has one number for 3 elements, so they cannot differ"),
        ({"twice": 6.0}, "'twice' has no number of its own in the file"),
        ({"nothing": 6.0}, "the model has no constant 'nothing'"),
        ({"cost[tiny]": 6.0}, "'cost[tiny]' has no number of its own in the file"),
    ],
)
def test_what_cannot_be_written_is_refused(read, values, message):
    model = read()
    with pytest.raises(ModelError) as caught:
        write_values(model, values)
    assert message in str(caught.value)
    assert model.path.read_text() == MODEL


def test_a_file_that_changed_since_it_was_read_is_refused(read):
    model = read()
    model.path.write_text(MODEL.replace("cost[small] = 7", "cost[small] = 77"))
    with pytest.raises(ModelError, match="has changed since it was read"):
        with_values(model, {"cost[small]": 8.0})


def test_a_link_stays_a_link_and_a_private_file_private(read, tmp_path):
    real = read().path.rename(tmp_path / "real.mdl")
    real.chmod(0o600)
    (tmp_path / "m.mdl").symlink_to(real)
    model = sdsocec.load_model(tmp_path / "m.mdl").equations
    write_values(model, {"cost[small]": 7.5})
    assert (tmp_path / "m.mdl").is_symlink() and "cost[small] = 7.5 " in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o600
    assert {p.name for p in tmp_path.iterdir()} == {"m.mdl", "real.mdl"}
