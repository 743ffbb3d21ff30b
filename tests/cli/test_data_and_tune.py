"""`sdsocec data` and `sdsocec tune` as a person uses them."""

from __future__ import annotations

import csv
import io
import sys

import pytest

from sdsocec.analysis.fit import fit_table, run_against_record
from sdsocec.analysis.tuning import Session
from sdsocec.cli.tune import settings_in
from sdsocec.model.project import load_model
from sdsocec.report.record_tables import list_of, values_of
from sdsocec.results.observed import load_observed

ON_FIRST = ("--model", "first_steps")


@pytest.fixture
def typed(monkeypatch):
    """A function that lets the program read these lines from a pipe."""

    def pipe(*lines: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines) + "\n"))

    return pipe


@pytest.fixture
def asked(monkeypatch):
    """A function that answers the prompt: a text is typed, an exception comes instead; then the end of the input."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def answer(*lines: str | type[BaseException]) -> None:
        left = iter(lines)

        def read(prompt: str) -> str:
            line = next(left, EOFError)
            if isinstance(line, str):
                return line
            raise line

        monkeypatch.setattr(sys, "stdin", Terminal())
        monkeypatch.setattr("builtins.input", read)

    return answer


def table_of(out: str, first: str) -> list[list[str]]:
    """The rows of the last printed table whose header starts so."""
    lines = [line.split("\t") for line in out.splitlines()]
    start = max(i for i, cells in enumerate(lines) if cells[0] == first)
    rows = []
    for cells in lines[start + 1 :]:
        if len(cells) != len(lines[start]):
            break
        rows.append(cells)
    return rows


# ---- data -----------------------------------------------------------------------------------------------------------


def test_list_tells_what_each_series_observes_and_how_exact_it_is(sdsocec_program):
    done = sdsocec_program("data", "list", *ON_FIRST, "--lang", "nl")
    rows = {row[0]: row[1:] for row in table_of(done.out, "reeks") if len(row) > 1}
    assert list(rows) == ["unemployed", "employed", "vacancies", "wsw"]
    assert rows["employed"] == ["werkenden (personen)", "17", "0,5%", "2003-2014", "2015-2019", "[2]"]
    assert rows["wsw"][3:5] == ["2004-2014", ""]
    (note,) = [line for line in done.out.splitlines() if line.startswith("[2] ")]
    assert note.startswith("[2] 'total work', gemiddelde over het jaar. Bron: IMF WEO april 2019")
    assert "Toetsjaren: invoer." in note


@pytest.mark.parametrize("command", [("list",), ("show", "employed")])
def test_the_break_within_a_series_is_told(sdsocec_program, command):
    """From 2005 the employed are 15 and older; up to 2004 they were 15-74, within the years to fit."""
    done = sdsocec_program("data", *command, *ON_FIRST)
    assert "Break in employed, 2005: 15-74 to 2004, 15 and older from 2005: 8 to 29 thousand more." in done.out


@pytest.mark.parametrize("name", ["first_steps", "social_economy"])
def test_no_line_of_the_list_is_wider_than_a_terminal(name):
    from sdsocec.cli.common import GAP, _Column

    model = load_model(name)
    for table in (list_of(load_observed(model), model, "nl"), *(values_of(one, model) for one in load_observed(model))):
        columns = [[table.header[i], *(row[i] for row in table.rows)] for i in range(len(table.header))]
        least = [_Column.of(cells, i >= table.numbers_from).least for i, cells in enumerate(columns)]
        assert sum(least) + GAP * len(least) <= 80


def test_show_gives_every_value_with_its_place_in_the_file(sdsocec_program):
    done = sdsocec_program("data", "show", "employed", *ON_FIRST, "--lang", "nl")
    rows = [row for row in table_of(done.out, "jaar") if len(row) > 1]
    model = load_model("first_steps")
    with open(model.folder / "data" / "employed_ilostat.csv", encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert rows[0][:2] == ["2003", "7\u202f783\u202f000"] and rows[0][3] == "fit"
    year, value, _, role, place, marks = rows[-1]
    notes = dict(line.split(" ", 1) for line in done.out.splitlines() if line.startswith("["))
    source = notes[marks.split()[0]]
    assert len(notes) == 4, "each source and note once, not each year"
    number = int(place.removeprefix("employed_ilostat.csv:"))
    assert [year, role] == ["2019", "toets"] and lines[number - 1][0] == "2019" and lines[number - 1][3] == source
    assert value.replace("\u202f", "") == str(round(1000 * float(lines[number - 1][1]))), (
        "no digit of the source is lost"
    )
    assert "'total work', gemiddelde over het jaar. Bron: IMF WEO april 2019" in done.out


def test_fit_prints_and_writes_the_statistics(sdsocec_program, tmp_path):
    done = sdsocec_program(
        "data", "fit", "vacancies", *ON_FIRST, "--csv", "fit.csv", "--set", "matching elasticity=0.45"
    )
    run = run_against_record(load_model("first_steps"), {"matching elasticity": 0.45}, ["vacancies"])
    (fit, test) = fit_table(run)
    rows = table_of(done.out, "series")
    assert [row[0] for row in rows][:2] == [
        "open vacancies (persons), fit 2000-2014", "open vacancies (persons), test 2015-2019, input",
    ]  # fmt: skip
    assert rows[0][2] == f"{100 * fit.statistics.mape:.2f}%" and rows[1][2] == f"{100 * test.statistics.mape:.2f}%"
    with open(tmp_path / "fit.csv", encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert [float(row["rmse"]) for row in written] == [fit.statistics.rmse, test.statistics.rmse]
    assert "Test years: scenario baseline, not used for fitting." in done.out


def test_plot_writes_fit_and_residuals(sdsocec_program, tmp_path):
    done = sdsocec_program("data", "plot", "unemployed", "wsw", *ON_FIRST, "--out", "pictures")
    assert done.code == 0
    assert {p.name for p in (tmp_path / "pictures").iterdir()} == {
        "fit.csv",
        "fit.png",
        "fit.svg",
        "residuals.png",
        "residuals.svg",
    }


@pytest.mark.parametrize("command", ["show", "fit", "plot"])
def test_a_misspelt_series_gets_the_nearest(sdsocec_program, command, tmp_path):
    done = sdsocec_program("data", command, "vacancy", *ON_FIRST)
    assert done.code == 2 and not list(tmp_path.iterdir())
    assert done.err.endswith(
        "error: the card of 'first_steps' lists no series 'vacancy'\n"
        "  Did you mean 'vacancies'? Series: unemployed, employed, vacancies, wsw.\n"
    )


@pytest.mark.parametrize("command", [("data", "list"), ("data", "fit"), ("tune", "--do", "fit")])
def test_a_model_without_a_record_is_told_how_to_add_one(sdsocec_program, command, tmp_path):
    (tmp_path / "m.mdl").write_text(
        "{UTF-8}\na = INTEG(1, 0) ~~|\nINITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"
    )
    done = sdsocec_program(*command, "--model", "m.mdl")
    assert done.code == 2 and "the card of 'm' lists no observed series" in done.err
    assert "Add one: [[series]], as in models/first_steps/model.toml." in done.err


# ---- tune -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed_line", "settings"),
    [
        ("tau long=1.5", ["tau long=1.5"]),
        ("tau long = 1.5", ["tau long=1.5"]),
        ("tau long=1.5 search intensity[long]=0.1", ["tau long=1.5", "search intensity[long]=0.1"]),
        ("a=1, b c=-2e-3,", ["a=1", "b c=-2e-3"]),
        ('"tau long"=1.5 b=2', ["tau long=1.5", "b=2"]),
        ('"tau long=1.5"', ["tau long=1.5"]),
        ("a=1,5", ["a=1,5"]),
    ],
)
def test_settings_are_read_as_people_type_them(typed_line, settings):
    assert settings_in(typed_line) == settings


def test_do_sets_fits_and_keeps_and_the_next_session_goes_on(sdsocec_program, tmp_path):
    first = sdsocec_program(
        "tune",
        *ON_FIRST,
        "--do",
        "set matching elasticity=0.45; fit; keep slow; undo; redo; set demand adjust time=0.3",
    )
    assert first.code == 0
    assert "Kept runs are in tune/first_steps.toml." in first.err
    change = Session("first_steps").set({"matching elasticity": 0.45}).loc[("unemployed", "fit"), "mape change"]
    printed = [row.split("\t") for row in first.out.splitlines() if row.startswith("unemployed (persons), fit")]
    assert len(printed) == 1, "the table is printed for fit alone"
    assert printed[0][3] == f"{100 * change:+.2f}".replace("-", "−")
    lines = first.out.splitlines()
    steps = {command: lines[lines.index(f"tune> {command}") + 1] for command in ("undo", "redo")}
    assert steps["undo"].startswith("matching elasticity: 0.45 -> 0.5. Misfit 1.")
    assert steps["redo"].startswith("matching elasticity: 0.5 -> 0.45. Misfit 1.")
    assert lines[0] == "tune> set matching elasticity=0.45" and lines[1] == steps["redo"]
    again = sdsocec_program("tune", *ON_FIRST, "--do", "show; compare mdl slow")
    assert "Kept runs are in tune/first_steps.toml, taken up again." in again.err
    shown = {row[0]: row[1] for row in table_of(again.out, "constant")[:1]}
    assert shown == {"matching elasticity": "0.5"}, "the last table of constants is that of compare"
    assert "demand adjust time\t0.3*\t0.25\t0.18\t0.35\tyear" in again.out


def test_a_pipe_of_commands_is_followed(sdsocec_program, typed, tmp_path):
    typed("# a note", "set matching elasticity=0.45", "", "changes mine.cin", "plot", "quit", "set nonsense")
    done = sdsocec_program("tune", *ON_FIRST)
    assert done.code == 0, done.err
    assert (tmp_path / "mine.cin").read_text() == "matching elasticity = 0.45\n"
    assert {p.name for p in (tmp_path / "tune").iterdir()} == {
        "first_steps.toml", "first_steps_fit.png", "first_steps_fit.svg", "first_steps_residuals.png",
        "first_steps_residuals.svg",
    }  # fmt: skip
    from_file = sdsocec_program("run", "baseline", *ON_FIRST, "--changes", "mine.cin", "--no-figure", "--out", "o")
    assert from_file.code == 0, from_file.err


MISTAKES = {
    "out of range": (
        "set matching elasticity=0.7",
        "'matching elasticity' is 0.7; it must be between 0.4 and 0.6 (dmnl)\n"
        '  set "matching elasticity=0.7"\n'
        "  The range is set in {mdl}:{line}.",
    ),
    "misspelt": (
        "set matching elastcity=0.5",
        "'first_steps' has no constant or lever 'matching elastcity'\n"
        '  set "matching elastcity=0.5"\n'
        "  Did you mean 'matching elasticity'? All names: sdsocec model variables",
    ),
    "decimal comma": (
        "set matching elasticity=0,5",
        "'0,5' is not a number\n  set \"matching elasticity=0,5\"\n  Decimals are written with a point.",
    ),
    "no value": ("set matching elasticity", "'matching elasticity' is not a setting\n  Write: set NAME=VALUE"),
    "nothing": ("set", "set needs a name and a value\n  Write: set NAME=VALUE"),
    "no command": (
        "stt matching elasticity=0.5",
        "there is no command 'stt'\n  Did you mean 'set'? Commands: set, reset, show, fit, plot, undo, redo, keep, load, runs, "
        "compare, changes, help, quit.",
    ),
    "nothing to undo": ("undo", "there is nothing to undo"),
    "no name": (
        "keep",
        "a run cannot be called ''\n  Use letters, digits, blanks and . + - _; the names now, before and mdl are taken.",
    ),
    "no run": ("load slow", "no run is called 'slow'\n  Runs: now, mdl."),
    "one run": ("compare mdl", "compare needs the names of two runs\n  Write: compare A B; `runs` lists them."),
    "no changes file": ("changes", "changes needs the name of a file\n  Write: changes FILE.cin"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_command_ends_a_script_with_one_message(mistake, sdsocec_program):
    command, message = MISTAKES[mistake]
    model = load_model("first_steps").equations
    done = sdsocec_program("tune", *ON_FIRST, "--do", f"{command}; keep never")
    expected = message.format(mdl=model.path, line=model.variables["matching elasticity"].line)
    assert done.err.split("error: ", 1)[-1].rstrip("\n") == expected
    assert done.code == 2 and "never" not in done.err


def test_at_the_prompt_a_mistake_is_told_and_asked_again(sdsocec_program, asked, tmp_path):
    asked("set matching elasticity=9", "set matching elasticity=0.45", "keep slow", "help")
    done = sdsocec_program("tune", *ON_FIRST)
    assert done.code == 0
    assert "error: 'matching elasticity' is 9; it must be between 0.4 and 0.6 (dmnl)" in done.err
    assert "Kept 'slow' in tune/first_steps.toml" in done.err
    assert "Go on: sdsocec tune --model first_steps" in done.err
    assert all(word in done.out for word in ("undo", "compare  A B", "changes  FILE.cin"))


def test_ctrl_c_at_the_prompt_loses_nothing(sdsocec_program, asked):
    asked(
        "set matching elasticity=0.45", "keep slow", KeyboardInterrupt, "set demand adjust time=0.3", KeyboardInterrupt
    )
    done = sdsocec_program("tune", *ON_FIRST)
    assert done.code == 0 and "say quit to leave" in done.err
    left = Session("first_steps", "tune/first_steps.toml")
    assert left.kept == {"slow": {"matching elasticity": 0.45}}
    assert left.settings == {"matching elasticity": 0.45, "demand adjust time": 0.3}


def test_ctrl_c_in_a_script_says_where_everything_is(sdsocec_program, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    assert sdsocec_program("tune", *ON_FIRST, "--do", "set matching elasticity=0.45; keep slow").code == 0
    monkeypatch.setattr("sdsocec.cli.tune.Desk.plot", stopped)
    done = sdsocec_program("tune", *ON_FIRST, "--do", "plot")
    assert done.code == 130
    assert done.err.endswith("stopped; kept runs and the values as they stand are in tune/first_steps.toml\n")
    assert Session("first_steps", "tune/first_steps.toml").kept == {"slow": {"matching elasticity": 0.45}}


def test_runs_are_compared_by_what_they_set_and_how_they_fit(sdsocec_program):
    script = "set matching elasticity=0.45; keep slow market; reset; compare mdl slow market; runs"
    done = sdsocec_program("tune", *ON_FIRST, "--do", script)
    assert done.code == 0, done.err
    assert table_of(done.out, "constant") == [["matching elasticity", "0.5", "0.45", "dmnl"]]
    rows = table_of(done.out, "run")
    assert [row[0] for row in rows] == ["mdl", "slow market", "now"]
    assert rows[1][2] == "matching elasticity=0.45" and rows[0][1] == rows[2][1] != rows[1][1]


def test_a_session_of_another_model_is_not_mixed_up(sdsocec_program):
    assert sdsocec_program("tune", *ON_FIRST, "--do", "keep as it is").code == 0
    assert sdsocec_program("tune", "--model", "social_economy", "--do", "show").code == 0, "each model has its own file"
    refused = sdsocec_program("tune", "--model", "social_economy", "--session", "tune/first_steps.toml", "--do", "fit")
    assert refused.code == 2 and "this session is of the model 'first_steps', not of 'social_economy'" in refused.err
