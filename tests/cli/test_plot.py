"""`sdsocec plot`: kinds, their common options, and every wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EPIDEMIC = str(ROOT / "tests" / "models" / "age_sir.mdl")
FIRST = ("--model", "first_steps")


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


@pytest.mark.parametrize("kind", [(), ("overview",)])
def test_without_a_kind_it_is_the_overview(sdsocec_program, kind):
    done = sdsocec_program("plot", *kind, "baseline", "publiek", *FIRST, "--lang", "nl")
    assert done.code == 0, done.err
    assert names("figures") == ["overview.png", "overview.svg"]
    assert "scenario's: baseline (Basis), publiek" in done.err and "Geschreven in " in done.err


def test_options_may_come_first_and_help_lists_the_kinds(sdsocec_program):
    assert sdsocec_program("plot", *FIRST, "baseline").code == 0
    helped = sdsocec_program("plot", "--help")
    assert helped.code == 0
    for kind in ("overview", "series", "bands", "fit"):
        assert f"\n  {kind} " in helped.out.replace("│", " ")


def test_a_kind_in_the_place_of_a_scenario_is_told(sdsocec_program):
    done = sdsocec_program("plot", *FIRST, "series")
    assert done.code == 2
    assert done.err == (
        "error: 'series' is a command of sdsocec plot and stands in the place of a scenario\n"
        "  Write the command first: sdsocec plot series ...\n"
    )


def test_series_in_three_formats_with_the_data_and_a_grey_preview(sdsocec_program):
    done = sdsocec_program(
        "plot", "series", "baseline", "publiek", *FIRST, "--outcome", "werklozen", "--format", "svg,pdf", "--format", "png",
        "--grey", "--size", "column", "--lang", "nl", "--out", "pictures",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert names("pictures") == ["series-grey.png", "series.csv", "series.pdf", "series.png", "series.svg"]
    assert (
        Path("pictures/series.csv")
        .read_text(encoding="utf-8-sig")
        .startswith("kind;scenario;time;variable;label;value")
    )
    assert done.out == ""


def test_bands_and_fit_write_theirs(sdsocec_program):
    done = sdsocec_program("plot", "bands", "baseline", *FIRST, "--rows", "64", "--seed", "5", "--format", "svg")
    assert done.code == 0, done.err
    assert "scenarios: baseline\nInputs that vary: 6; rows: 64\nRuns: 64\n" in done.err
    done = sdsocec_program("plot", "fit", "unemployed", *FIRST, "--format", "svg")
    assert done.code == 0, done.err
    assert names("figures") == ["bands.csv", "bands.svg", "fit.csv", "fit.svg"]
    assert '"seed": 5' in Path("figures/bands.svg").read_text(encoding="utf-8").replace("&quot;", '"')


def test_a_model_without_a_card_is_drawn_too(sdsocec_program):
    done = sdsocec_program("plot", "series", "--model", EPIDEMIC, "--format", "svg", "--outcome", "infectious")
    assert done.code == 0, done.err
    vary = ("--vary", "restraint=uniform(0, 0.5)")
    done = sdsocec_program("plot", "bands", "--model", EPIDEMIC, "--rows", "32", "--format", "svg", *vary)
    assert done.code == 0, done.err
    refused = sdsocec_program("plot", "bands", "--model", EPIDEMIC)
    assert refused.code == 2 and "lists no uncertainties to vary" in refused.err
    refused = sdsocec_program("plot", "fit", "--model", EPIDEMIC)
    assert refused.code == 2 and "lists no observed series" in refused.err


def test_a_style_file_is_used(sdsocec_program):
    Path("style.toml").write_text('[colours]\nscenarios = ["#123456"]\n')
    done = sdsocec_program(
        "plot", "series", "baseline", *FIRST, "--outcome", "wsw", "--style", "style.toml", "-f", "svg"
    )
    assert done.code == 0, done.err
    assert "#123456" in Path("figures/series.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(("wrong", "message"), [
    (("--size", "colum"), "error: there is no size 'colum'\n  Did you mean 'column'? Valid: column, full.\n"),
    (("--format", "png,pfd"), "error: there is no figure format 'pfd'\n  Did you mean 'pdf'? Valid: png, svg, pdf.\n"),
    (("--lang", "de"), "error: there is no language 'de'\n"),
    (("--outcome", "werklosen"), "has no outcome or variable 'werklosen'\n  Did you mean 'werklozen'?"),
    (("--style", "no.toml"), "error: "),
    (("--set", "quota shar=1"), "error: "),
])  # fmt: skip
@pytest.mark.parametrize("kind", ["series", "bands"])
def test_a_wrong_option_is_one_message_and_nothing_is_written(sdsocec_program, kind, wrong, message):
    done = sdsocec_program("plot", kind, *FIRST, *wrong)
    assert done.code == 2 and message in done.err
    assert not Path("figures").exists()


@pytest.mark.parametrize(("wrong", "message"), [
    (("--rows", "3"), "there are 3 rows; bands of 90 % need 20"),
    (("--seed", "-1"), "the seed is -1; it must be 0 or more"),
    (("--over", "lever"), "there is nothing called 'lever' to vary\n  Did you mean 'levers'?"),
    (("--vary", "imitation=normal(0, 1)"), "'normal(0, 1)' is not a distribution"),
])  # fmt: skip
def test_wrong_rows_are_one_message(sdsocec_program, wrong, message):
    done = sdsocec_program("plot", "bands", *FIRST, *wrong)
    assert done.code == 2 and message in done.err
    assert not Path("figures").exists()
