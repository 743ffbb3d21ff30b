"""A name typed wrong, of whatever kind, is one message with the nearest, before anything is run, printed or written."""

from __future__ import annotations

import pytest

FIRST = ("--model", "first_steps")


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("plot", "band"), "plot bands"),
        (("plot", "serie", "regulier"), "plot series"),
        (("plot", "reguleir"), "regulier"),
        (("sweep", "statu", "nowhere"), "sweep status"),
        (("data", "lst"), "list"),
        (("model", "cause", "unemployed"), "causes"),
        (("scenarios", "dif", "a", "b"), "diff"),
        (("hindcats",), "hindcast"),
        (("bands",), "plot bands"),
        (("plot", "bands", "--grye"), "--grey"),
        (("sweep", "--desing", "lhs"), "--design"),
        (("run", "--modle", "x"), "--model"),
        (("--vresion",), "--version"),
    ],
)
def test_a_misspelt_command_or_option_gets_the_nearest(sdsocec_program, tmp_path, arguments, meant):
    done = sdsocec_program(*arguments)
    assert done.code == 2 and done.out == "" and not list(tmp_path.iterdir())
    assert done.err.count("error: ") == 1 and f"  Did you mean '{meant}'?" in done.err


def test_a_word_like_no_scenario_and_no_command_gets_both_lists(sdsocec_program):
    done = sdsocec_program("plot", "xyz", *FIRST)
    assert done.code == 2
    assert done.err.startswith(
        "error: 'xyz' is neither a scenario nor a command of sdsocec plot\n  Scenarios: baseline, "
    )
    assert " Commands: overview, series, bands, " in done.err


def test_an_option_before_the_command_is_told_its_place(sdsocec_program):
    done = sdsocec_program("--model", "first_steps", "run")
    assert done.code == 2
    assert done.err.startswith(
        "error: there is no option '--model' before the command\n  Write the command first, as in: "
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("calibrate", "--starts", "0"), "error: --starts is 0; it must be 1 or more\n"),
        (("hindcast", "--grid=200"), "error: --grid is 200; it must be 101 or less\n"),
        (("model", "causes", "x", "-d", "0"), "error: -d is 0; it must be 1 or more\n"),
    ],
)
def test_a_number_out_of_its_limits_is_told_them(sdsocec_program, arguments, message):
    done = sdsocec_program(*arguments)
    assert done.code == 2 and done.err.startswith(message)


STUDY = ("--model", "social_economy")
SETTING = ("--set", "matching elastcity=0.4")


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("run", "reguleir", *FIRST), "regulier"),
        (("run", *FIRST, *SETTING), "matching elasticity"),
        (("run", *FIRST, "--initial", "equilibriu"), "equilibrium"),
        (("run", *STUDY, "--profile", "hengello"), "hengelo"),
        (("run", *STUDY, "--at", "g=0.4,intens=1"), "intensity"),
        (("run", *FIRST, "--integrator", "rk5"), "RK45"),
        (("compare", "baseline", "reguler", *FIRST), "regulier"),
        (("levers", "regulier", *FIRST, "--outcome", "unemploed"), "unemployed"),
        (("identify", *FIRST, "--free", "matching elastcity"), "matching elasticity"),
        (("calibrate", *FIRST, "--series", "unemploed"), "unemployed"),
        (("calibrate", *FIRST, "--loss", "hubr"), "huber"),
        (("equilibrium", *FIRST, *SETTING), "matching elasticity"),
        (("tune", *FIRST, "--do", "fit; st matching elasticity=0.4"), "set"),
        (("tune", *FIRST, "--do", "fit; set matching elastcity=0.4"), "matching elasticity"),
        (("data", "fit", *FIRST, "unemploed"), "unemployed"),
        (("data", "show", *FIRST, "unemploed"), "unemployed"),
        (("model", "uses", *FIRST, "unemploed"), "unemployed"),
        (("model", "variables", *FIRST, "--kind", "stok"), "stock"),
        (("scenarios", "diff", *FIRST, "baseline", "reguleir"), "regulier"),
        (("plot", "series", *STUDY, "--profile", "hengello"), "hengelo"),
        (("plot", "bands", *FIRST, "--initial", "equilibriu"), "equilibrium"),
        (("plot", "bands", *FIRST, "--vary", "imitaton=uniform(0, 1)"), "imitation"),
        (("plot", "stacked", *FIRST, "--by", "plce"), "place"),
        (("plot", "flows", *FIRST, "--engine", "nativ"), "native"),
        (("plot", "fit", *FIRST, "unemploed"), "unemployed"),
        (("plot", "quadrant", *STUDY, "--profile", "hengello"), "hengelo"),
        (("plot", "quadrant", *STUDY, "--integrator", "rk5"), "RK45"),
        (("plot", "plane", *STUDY, "--at", "intensty=1"), "intensity"),
        (("plot", "plane", *STUDY, "--by", "recession dept,imitation"), "recession depth"),
    ],
)
def test_a_misspelt_name_is_told_before_anything_else(sdsocec_program, tmp_path, arguments, meant):
    done = sdsocec_program(*arguments)
    assert done.code == 2 and done.out == "" and not list(tmp_path.iterdir())
    assert done.err.startswith("error: ") and done.err.count("error: ") == 1
    assert f"Did you mean '{meant}'?" in done.err
