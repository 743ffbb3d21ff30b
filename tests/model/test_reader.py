"""Reading a .mdl: what is in it is found, whatever the file looks like; what is wrong with it is said, all at once."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sdsocec.cache import Cache
from sdsocec.engine import NO_CHANGES, Design, run_design, run_native, run_pysd
from sdsocec.engine.native import _kernel
from sdsocec.errors import ModelError, ProjectError, SdsocecError, UnsupportedConstruct
from sdsocec.model import read_model, source
from sdsocec.model.ir import Call, LookupCall, Operation, Table, walk

EVERY_KIND = """band: low, middle, high ~ ~ |
people[band] = INTEG(hiring[band] - leaving[band], first[band]) ~ person ~ The stock. |
hiring[band] = gap * table(Time) ~ person/Year ~ Joins. |
leaving[band] = people[band] / stay ~ person/Year [0,?] ~ Leaves. |
gap = 3 + stay ~ person ~ |
table((0,1),(4,2)) ~ ~ |
first[band] = 1, 2, 3 ~ person [0,10] ~ Three
	lines   of
	text. |
stay = 4.5 ~ Year [1,?] ~ |
debt = -3 ~ ~ |
"""


# --- what is found ----------------------------------------------------------------------------------------------------


def test_each_kind_of_variable_is_told_apart(write):
    model = read_model(write(EVERY_KIND))
    kinds = {v.name: v.kind for v in model.variables.values()}
    assert kinds == {
        "people": "stock", "hiring": "flow", "leaving": "flow", "gap": "auxiliary", "table": "lookup",
        "first": "constant", "stay": "constant", "debt": "constant",
        "INITIAL TIME": "constant", "FINAL TIME": "constant", "TIME STEP": "constant", "SAVEPER": "constant",
    }  # fmt: skip


def test_dimensions_units_ranges_and_documentation_are_found(write):
    variables = read_model(write(EVERY_KIND)).variables
    assert {k: v.dimensions for k, v in variables.items() if v.dimensions} == {
        "people": ("band",), "hiring": ("band",), "leaving": ("band",), "first": ("band",),
    }  # fmt: skip
    assert variables["leaving"].unit == "person/Year"
    assert [variables[k].range for k in ("leaving", "first", "stay", "gap")] == [
        (0, None), (0, 10), (1, None), (None, None),
    ]  # fmt: skip
    assert variables["first"].documentation == "Three lines of text."
    assert variables["gap"].documentation == ""


def test_names_are_shown_as_the_modeller_wrote_them(write):
    model = read_model(write('Room_Temperature = 3 ~~|\n"Ratio (a|b) ~ x" = room temperature * 2 ~~|\n'))
    assert [v.name for v in model.variables.values()][:2] == ["Room Temperature", "Ratio (a|b) ~ x"]
    assert run_native(model, NO_CHANGES, ("Ratio (a|b) ~ x",)).values[0, 0, 0] == 6


def test_a_part_of_a_range_is_the_dimension_where_all_elements_are_in_it(write):
    model = read_model(
        write("all: a, b, c ~~|\npart: a, b ~~|\nx[part] = 1 ~~|\ny[a] = 1 ~~|\ny[b] = Time ~~|\nz[all]=2~~|\n")
    )
    assert [model.variables[k].dimensions for k in "xyz"] == [("part",), ("part",), ("all",)]


LAYOUT = """{UTF-8}
{ a comment
over two lines }
first = 1
	~	Year
	~	A "quoted" word.
	|

********************************************************
	.A group
********************************************************~
		Its text.
	|

second = { a comment inside } 2 + \\
	first
	~	~	|
"third | with ~ signs" = 3 ~ ~ | fourth[a,b] = 4 ~ ~ |

fifth
	= 5 ~ ~ |
rows: a ~ ~ |
columns: b ~ ~ |
sixth(
	[(0,0)-(10,10)],(0,1),(10,2)) ~ ~ |
"""
LINES = {"first": 4, "second": 15, "third | with ~ signs": 18, "fourth": 18, "fifth": 20, "sixth": 24}


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_every_variable_has_the_line_of_its_left_hand_side(write, line_end):
    text = (LAYOUT + "INITIAL TIME = 0 ~~|\nFINAL TIME = 4 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n").replace(
        "\n", line_end
    )
    variables = read_model(write(text.encode())).variables
    assert {v.name: v.line for v in variables.values() if v.name in LINES} == LINES
    assert variables["second"].kind == "auxiliary"


def test_each_definition_of_one_variable_has_its_own_line(write):
    model = read_model(write("r: a, b ~~|\nx[a] = 1 ~~|\n\nother = 2 ~~|\nx[b] = Time ~~|\n"))
    assert [e.line for e in model.variables["x"].equations] == [3, 6]
    assert [e.text for e in model.variables["x"].equations] == ["x[a] = 1", "x[b] = Time"]


def test_a_sketch_is_not_read(write):
    text = "x = 1 ~~|\n"
    sketch = "\\\\\\---/// Sketch information - do not modify anything except names\nV300  x = (broken | ~\n"
    model = read_model(
        write(text, controls="INITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 1~~|\nSAVEPER = 1~~|\n" + sketch)
    )
    assert model.variables["x"].line == 2


def test_a_quotation_mark_in_documentation_hides_nothing(write):
    model = read_model(write('x = 1 ~ ~ A 5" pipe. |\ny = 2 ~ ~ It says "no. |\nz = x + y ~ ~ |\n'))
    assert {k: model.variables[k].line for k in "xyz"} == {"x": 2, "y": 3, "z": 4}


def test_an_equation_of_two_thousand_terms_is_read_and_run(write):
    model = read_model(write("x = " + " + ".join(["Time"] * 2_000) + " ~~|\n"))
    np.testing.assert_array_equal(run_native(model, NO_CHANGES, ("x",)).values[0, :, 0], [0, 2e3, 4e3, 6e3, 8e3])


def test_a_call_is_a_lookups_where_a_variable_bears_the_name_and_else_a_functions(write):
    model = read_model(write("t((0,0),(1,1)) ~~|\nx = t(Time) + ABS(Time) ~~|\n"))
    kinds = [type(n) for n in walk(model.variables["x"].equations[0].expression)]
    assert kinds.count(LookupCall) == 1
    assert kinds.count(Call) == 1
    assert Operation in kinds
    assert isinstance(model.variables["t"].equations[0].expression, Table)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
def test_a_byte_order_mark_is_no_part_of_the_file(write, encoding):
    content = (
        "{UTF-8}\nbeschäftigt = 1 ~~|\nINITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 1~~|\nSAVEPER = 1~~|\n"
    )
    assert "beschäftigt" in read_model(write(content.encode(encoding))).variables


def test_the_first_line_may_name_another_encoding(write):
    content = (
        "{latin-1}\nbeschäftigt = 1 ~~|\nINITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 1~~|\nSAVEPER = 1~~|\n"
    )
    assert "beschäftigt" in read_model(write(content.encode("latin-1"))).variables


@pytest.mark.parametrize("comment", ["a comment", "hex", "base64", "rot13", "undefined", "zip"])
def test_a_comment_on_the_first_line_that_is_no_encoding_of_text_files_is_a_comment(write, comment):
    content = f"{{{comment}}}\nwerk = 1 ~~|\nähnlich = 2 ~~|\n"
    content += "INITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 1~~|\nSAVEPER = 1~~|\n"
    assert list(read_model(write(content.encode())).variables)[:2] == ["werk", "ähnlich"]


# --- files that are no model ------------------------------------------------------------------------------------------


def message_of(path, error=SdsocecError) -> str:
    with pytest.raises(error) as refusal:
        read_model(path)
    return str(refusal.value)


EXPECTED = "\n  A Vensim model (.mdl) was expected."
BROKEN_FILES = {
    "empty": (b"", "the file is empty\n  m.mdl" + EXPECTED),
    "blank": (b" \r\n\t\n", "the file is empty\n  m.mdl" + EXPECTED),
    "binary": (b"\x89PNG\r\n\x00\x00", "the file is binary, not text\n  m.mdl" + EXPECTED),
    "latin-1": (
        "{UTF-8}\nx = 1 ~~|\nbeschäftigt = 1 ~~|\n".encode("latin-1"),
        "the file is not UTF-8 text (byte 23)\n  m.mdl:3\n"
        "  Save it as UTF-8, or name its encoding in braces on the first line.",
    ),
    "nothing but its encoding": (b"{UTF-8}\n\n", "the file is not a Vensim model\n  m.mdl:2" + EXPECTED),
    "a letter": (b"Dear minister,\n", "the file is not a Vensim model\n  m.mdl:1   Dear minister," + EXPECTED),
}


@pytest.mark.parametrize("file", BROKEN_FILES)
def test_a_file_that_is_no_model_is_refused(write, file):
    content, message = BROKEN_FILES[file]
    assert message_of(write(content), ModelError) == message


@pytest.mark.parametrize(
    "text", ["Just a letter to the minister.", "a,b\n1,2\n", "<xmile></xmile>", "{\n", "| | |", "~~~~"]
)
def test_a_text_that_is_no_model_is_refused_without_a_crash(write, text):
    assert "m.mdl" in message_of(write(text.encode()), ModelError)


def test_another_ending_is_refused(write):
    assert message_of(write("x = 1 ~~|\n", "m.txt"), ModelError) == (
        "'m.txt' is not a Vensim model\n  m.txt\n  The file's name must end in .mdl."
    )


def test_a_missing_file_is_told(write):
    write("")
    assert message_of("n.mdl", ProjectError) == "there is no file 'n.mdl'\n  n.mdl"


def test_a_name_that_no_file_can_have_is_told(write):
    write("")
    assert message_of("n\0.mdl", ProjectError).startswith("there is no file 'n")


def test_a_folder_is_told(write, tmp_path):
    (tmp_path / "d.mdl").mkdir()
    write("")
    assert message_of("d.mdl", ProjectError) == "'d.mdl' is a folder, not a file\n  d.mdl"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are Unix's")
def test_a_pipe_is_refused_and_not_waited_for(write, tmp_path):
    os.mkfifo(tmp_path / "p.mdl")
    write("")
    assert message_of("p.mdl", ProjectError) == "'p.mdl' is not an ordinary file\n  p.mdl"


def test_a_huge_file_is_refused_before_it_is_opened(write, tmp_path, monkeypatch):
    write("")
    with (tmp_path / "h.mdl").open("wb") as file:
        file.truncate(source.LARGEST_FILE + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("it was opened"))
    size = f"{source.LARGEST_FILE + 1:,}"
    assert message_of("h.mdl", ProjectError) == (
        f"'h.mdl' has {size} bytes; the largest that is read is {source.LARGEST_FILE:,}\n  h.mdl"
    )


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(write, tmp_path):
    path = write("x = 1 ~~|\n")
    os.chmod(tmp_path / path, 0)
    assert message_of(path, ProjectError) == "cannot read 'm.mdl': Permission denied\n  m.mdl"


# --- equations that cannot be read ------------------------------------------------------------------------------------

SYNTAX_HINT = "  Vensim's own 'Check Syntax' (Ctrl+T) shows the place in the line."


def test_every_equation_that_cannot_be_read_is_told_with_its_line(write):
    path = write("a = 1 ~~|\nb = (a + ~~|\nc = a ~~|\nd = a * * c ~~|\n\ne = IF THEN ELSE(a > 1, \\\n\t2, 3 ~ ~ |\n")
    assert message_of(path, ModelError) == "\n".join(
        [
            "this equation cannot be read", "  m.mdl:3   b = (a +", SYNTAX_HINT,
            "this equation cannot be read", "  m.mdl:5   d = a * * c", SYNTAX_HINT,
            "this equation cannot be read", "  m.mdl:7   e = IF THEN ELSE(a > 1, 2, 3", SYNTAX_HINT,
        ]
    )  # fmt: skip


def test_every_undefined_name_is_told_with_its_nearest(write):
    path = write("Quota Share = 1 ~~|\nb = quota shar * 2 ~~|\nc = MAX(0, b[x]) + something else ~~|\nr: x ~~|\n")
    with pytest.raises(ModelError) as refusal:
        read_model(path)
    assert str(refusal.value) == (
        "'b' uses 'quota shar', which is not defined\n  m.mdl:3   b = quota shar * 2\n  Did you mean 'Quota Share'?\n"
        "'c' uses 'something else', which is not defined\n  m.mdl:4   c = MAX(0, b[x]) + something else"
    )
    assert (refusal.value.name, refusal.value.line, refusal.value.nearest) == ("quota shar", 3, "Quota Share")


def test_an_unknown_subscript_is_told_with_its_nearest(write):
    path = write("band: low, high ~~|\nx[lwo] = 1 ~~|\ny[band] = x[bond] ~~|\n")
    message = message_of(path, ModelError)
    assert message == "unknown subscript 'lwo' in 'x'\n  m.mdl:3   x[lwo] = 1\n  Did you mean 'low'?"


def test_a_misspelt_lookup_is_told_with_its_nearest(write):
    path = write("ageing table((0,0),(9,1)) ~~|\nx = agein table(Time) ~~|\n")
    with pytest.raises(UnsupportedConstruct) as refusal:
        run_design(read_model(path), engine="native")
    assert str(refusal.value) == (
        "the native engine does not compile AGEIN TABLE (in 'x')\n"
        "  m.mdl:3   x = agein table(Time)\n"
        "  Did you mean 'ageing table'? Run it with PySD instead: --engine pysd"
    )
    with pytest.raises(UnsupportedConstruct, match="'x'"):
        run_design(read_model(path), engine="auto")


def test_a_range_that_holds_itself_is_refused(write):
    assert message_of(write("a: b ~~|\nb: a ~~|\nx[a] = 1 ~~|\n"), ModelError) == (
        "subscript range 'a' is defined by itself\n  m.mdl:2   a: b"
    )


def test_definitions_with_different_numbers_of_subscripts_are_refused(write):
    path = write("r: a, b ~~|\nx[a] = 1 ~~|\nx[b,a] = 2 ~~|\n")
    assert message_of(path, ModelError) == (
        "the definitions of 'x' have different numbers of subscripts\n  m.mdl:3   x[a] = 1"
    )


def test_elements_of_no_common_range_are_refused(write):
    path = write("r: a, b ~~|\ns: c, d ~~|\nx[a] = 1 ~~|\nx[c] = 2 ~~|\n")
    assert message_of(path, ModelError) == ("no subscript range holds all of a, c ('x')\n  m.mdl:4   x[a] = 1")


@pytest.mark.parametrize("depth", [50, 400, 3_000])
def test_brackets_however_deep_end_in_a_result_or_a_message(write, depth):
    path = write("x = " + "(" * depth + "Time" + ")" * depth + " ~~|\n")
    try:
        values = run_native(read_model(path), NO_CHANGES, ("x",)).values
    except ModelError as refusal:
        assert str(refusal).startswith("this equation is nested too deeply\n  m.mdl:2   x = ((((")
        assert depth > 50
    else:
        np.testing.assert_array_equal(values[0, :, 0], range(5))
        assert depth < 3_000


# --- text that tries to become code -----------------------------------------------------------------------------------

ATTACKS = {
    "documentation": 'x = 1 ~ ~ """+str(__import__("os").system("touch ran"))+""" |\n',
    "documentation of one line": "x = 1 ~ ~ '+str(__import__('os').system('touch ran'))+' |\n",
    "documentation with a line end": 'x = 1 ~ ~ \\n"""\n\nimport os; os.system("touch ran")\n""" |\n',
    "unit": "x = 1 ~ \"+str(__import__('os').system('touch${IFS}ran'))+\" ~ |\n",
    "name": "\"'+str(__import__('os').system('touch${IFS}ran'))+'\" = 1 ~ ~ |\n",
    "name of a subscript range": "\"d'+str(__import__('os').system('touch${IFS}ran'))+'\": a, b ~~|\nx[a]=1~~|\nx[b]=2~~|\n",
    "name of an element": "r: \"e'+str(__import__('os').system('touch${IFS}ran'))+'\", b ~~|\nx[r] = 1, 2 ~~|\n",
    "name of a function": "x = \"'+str(__import__('os').system('touch${IFS}ran'))+'\"(Time) ~ ~ |\n",
    "name of a function of two": "x = \"'+str(__import__('os').system('touch${IFS}ran'))+'\"(Time, 2) ~ ~ |\n",
    "a text": "x = GET XLS CONSTANTS('a' , 'b', \"'+str(__import__('os').system('touch${IFS}ran'))+'\") ~ ~ |\n",
    "name of a group": (
        '*****\n\t.\'"""+str(__import__(\'os\').system(\'touch ran\'))+"""\'\n*****~\n\tText""" |\nx = 1 ~ ~ |\n'
    ),
    "name of a macro": ":MACRO: \"M'+str(__import__('os').system('touch${IFS}ran'))+'\"(a)\n"
    "\"M'+str(__import__('os').system('touch${IFS}ran'))+'\" = a ~ ~ |\n:END OF MACRO:\nx = 1 ~ ~ |\n",
}


@pytest.mark.parametrize("engine", ["native", "pysd", "auto"])
@pytest.mark.parametrize("place", ATTACKS)
def test_text_of_a_model_never_runs(write, tmp_path, place, engine):
    path = write(ATTACKS[place] + "\nlast = INTEG(1, 0) ~ ~ |\n")
    with contextlib.suppress(SdsocecError):  # to refuse is fine, to run is not
        run_design(read_model(path), engine=engine)
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith("ran")) == []
    assert {p.name for p in tmp_path.iterdir()} == {"m.mdl"}, "nothing is written beside the model"


def test_the_attack_would_work_if_it_ran(write, tmp_path):
    write("")
    os.system("touch${IFS}ran")
    assert (tmp_path / "ran").exists()


# --- the cache --------------------------------------------------------------------------------------------------------

MODEL = "x = INTEG(rate * EXP(-x), 1) ~~|\nrate = 0.5 ~~|\n"
IN_A_PROCESS = """
import sys
from sdsocec.model import read_model
from sdsocec.engine import NO_CHANGES, run_native
model = read_model("m.mdl")
print(sorted(m for m in ("pysd", "parsimonious", "xarray", "pandas", "scipy") if m in sys.modules))
print(run_native(model, NO_CHANGES, ("x",)).values.tobytes().hex())
"""


@pytest.fixture
def in_a_process(write, tmp_path, monkeypatch):
    """A function that reads and runs the model in a new process with a cache of its own, and gives what it prints."""
    write(MODEL)
    monkeypatch.setenv("SDSOCEC_CACHE", str(tmp_path / "cache"))

    def run() -> list[str]:
        done = subprocess.run([sys.executable, "-c", IN_A_PROCESS], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout.splitlines()

    return run


def test_a_cached_model_is_read_and_run_without_a_parser_and_without_labels(in_a_process):
    assert "'pysd'" in in_a_process()[0]
    assert in_a_process()[0] == "[]"


@pytest.fixture
def read_and_run(write, tmp_path, monkeypatch):
    """A function that reads, compiles and runs the model as a new process would, with a cache of its own."""
    write(MODEL)
    monkeypatch.setenv("SDSOCEC_CACHE", str(tmp_path / "cache"))

    def run() -> bytes:
        _kernel.cache_clear()
        return run_native(read_model("m.mdl"), NO_CHANGES, ("x",)).values.tobytes()

    yield run
    _kernel.cache_clear()


def entries(tmp_path) -> dict[Path, bytes]:
    return {p: p.read_bytes() for p in (tmp_path / "cache").rglob("*") if p.is_file()}


DAMAGE = {
    "truncated": lambda blob: blob[: len(blob) // 2],
    "one bit flipped in the middle": lambda blob: flipped(blob, len(blob) // 2),
    "one bit flipped at the end": lambda blob: flipped(blob, len(blob) - 1),
    "one bit flipped in the checksum": lambda blob: flipped(blob, 0),
    "something after the end": lambda blob: blob + b"x",
    "shorter than a checksum": lambda blob: blob[:5],
    "empty": lambda blob: b"",
    "zeros": lambda blob: bytes(len(blob)),
}


def flipped(blob: bytes, place: int) -> bytes:
    return blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]


@pytest.mark.parametrize("kind", ["models", "kernels"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_entry_is_made_again(read_and_run, tmp_path, damage, kind):
    bits = read_and_run()
    sound = entries(tmp_path)
    assert sorted(p.parent.name for p in sound) == ["kernels", "models"]
    for path, content in sound.items():
        if path.parent.name == kind:
            path.write_bytes(DAMAGE[damage](content))
    assert read_and_run() == bits
    mended = entries(tmp_path)
    assert set(mended) == set(sound)
    for content in mended.values():
        assert hashlib.sha256(content[32:]).digest() == content[:32]
    assert read_and_run() == bits


def test_a_folder_in_an_entrys_place_costs_speed_and_no_result(read_and_run, tmp_path):
    bits = read_and_run()
    for path in entries(tmp_path):
        path.unlink()
        path.mkdir()
    assert read_and_run() == bits


def test_a_cache_that_cannot_be_written_costs_speed_and_no_result(read_and_run, tmp_path):
    (tmp_path / "cache").write_text("a file stands where the folder should")
    assert read_and_run() == read_and_run()


def test_processes_that_compile_at_the_same_time_are_all_right(write, tmp_path, monkeypatch):
    write(MODEL)
    monkeypatch.setenv("SDSOCEC_CACHE", str(tmp_path / "cache"))
    together = [
        subprocess.Popen(
            [sys.executable, "-c", IN_A_PROCESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    outputs = [process.communicate(timeout=120) for process in together]
    assert [err for _, err in outputs] == [""] * 3
    assert len({out.splitlines()[1] for out, _ in outputs}) == 1
    assert sorted(p.parent.name for p in entries(tmp_path)) == ["kernels", "models"], "no temporary file is left"


def test_an_entry_that_another_version_wrote_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("SDSOCEC_CACHE", str(tmp_path))
    cache = Cache("things")

    def load(content: bytes) -> str:
        if content != b"new":
            raise ValueError("another version's")
        return "read"

    assert cache.get("key", lambda: "made", lambda _: b"old", load) == "made"
    assert cache.get("key", lambda: "made again", lambda _: b"new", load) == "made again"
    assert cache.get("key", lambda: pytest.fail("it is there"), lambda _: b"", load) == "read"


def test_the_cache_keeps_its_newest_entries(tmp_path, monkeypatch):
    monkeypatch.setenv("SDSOCEC_CACHE", str(tmp_path))
    monkeypatch.setattr("sdsocec.cache.MOST_ENTRIES", 3)
    cache = Cache("things")
    for i in range(5):
        cache.get(f"k{i}", lambda i=i: str(i), str.encode, bytes.decode)
        os.utime(tmp_path / "things" / f"k{i}", (i, i))
    assert sorted(p.name for p in (tmp_path / "things").iterdir()) == ["k2", "k3", "k4"]


@pytest.mark.skipif(os.name != "posix", reason="file modes are Unix's")
def test_only_its_owner_may_look_into_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SDSOCEC_CACHE", str(tmp_path / "new"))
    Cache("things").get("k", lambda: "x", str.encode, bytes.decode)
    assert (tmp_path / "new" / "things").stat().st_mode & 0o077 == 0


def test_a_changed_file_is_read_anew(write):
    assert read_model(write("x = 1 ~~|\n")).variables["x"].equations[0].expression.value == 1
    model = read_model(write("x = 2 ~~|\n"))
    assert model.variables["x"].equations[0].expression.value == 2


def test_the_same_content_under_another_name_has_that_name(write, tmp_path):
    first, second = read_model(write("x = 1 ~~|\n", "a.mdl")), read_model(write("x = 1 ~~|\n", "b.mdl"))
    assert (first.path.name, second.path.name) == ("a.mdl", "b.mdl")
    assert first.digest == second.digest


# --- what an engine refuses -------------------------------------------------------------------------------------------


def test_native_names_what_it_cannot_compile(write):
    path = write("x = RANDOM UNIFORM(0, 1, 2) ~~|\n")
    with pytest.raises(UnsupportedConstruct) as refusal:
        run_design(read_model(path), engine="native")
    assert str(refusal.value) == (
        "the native engine does not compile RANDOM UNIFORM (in 'x')\n  m.mdl:2   x = RANDOM UNIFORM(0, 1, 2)\n"
        "  Run it with PySD instead: --engine pysd"
    )
    assert (refusal.value.construct, refusal.value.variable) == ("RANDOM UNIFORM", "x")


def test_auto_takes_pysd_for_it_and_says_so(write):
    found = run_design(read_model(write("x = DELAY FIXED(Time, 2, 7) ~~|\n")))
    assert found.engine == "pysd"
    assert found.notice == (
        "the native engine does not compile DELAY FIXED (in 'x')\n  m.mdl:2   x = DELAY FIXED(Time, 2, 7)\n"
        "  PySD runs it instead; a run takes it seconds to minutes."
    )
    np.testing.assert_array_equal(found.trajectories.values[0, :, 0], [7, 7, 0, 1, 2])


@pytest.mark.parametrize("engine", ["pysd", "auto"])
def test_numbers_in_another_file_are_refused(write, engine):
    path = write("x := GET XLS DATA('secret.xlsx', 'a', 'b', 'C2') ~~|\ny = x * 2 ~~|\n")
    with pytest.raises(ModelError) as refusal:
        run_design(read_model(path), engine=engine)
    assert str(refusal.value) == (
        "'x' reads its numbers from another file, which is not supported\n  m.mdl\n  Write the numbers into the .mdl."
    )


def test_pysd_and_native_save_the_same_times_where_the_end_is_no_multiple_of_the_step(write):
    model = read_model(write("x = Time ~~|\n"))
    for end, step, saved in ((4.3, 1, 1), (4, 1, 3), (4, 0.3, 0.6), (0, 1, 1)):
        design = Design(("FINAL TIME", "TIME STEP", "SAVEPER"), np.array([[end, step, saved]], dtype=float))
        native, reference = run_native(model, design, ("x",)), run_pysd(model, design, ("x",))
        np.testing.assert_array_equal(native.times, reference.times)
        np.testing.assert_allclose(native.values, reference.values, rtol=1e-12)
