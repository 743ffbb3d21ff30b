# ruff: noqa: E501 (a table of texts)
"""Make docs/validation.md: the credibility checklist of the field, a verdict for each point, and the evidence behind it.

    python scripts/make_validation.py [--check]

Every number in the page is computed here or read from the calibration's evidence. With --check nothing is written, and the exit
code is 1 if the page is not what would be made.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

import sdsocec
from sdsocec.analysis.calibration import identifiability, problem_for
from sdsocec.analysis.calibration.identify import COLLINEAR, FIXED, LITTLE, NOTHING, TOGETHER
from sdsocec.analysis.fit import fit_statistics
from sdsocec.api import run_scenarios
from sdsocec.engine import constant_values
from sdsocec.results.observed import load_observed, of_trajectories
from sdsocec.scenario import load_scenario

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "validation.md"
MODEL = "social_economy"
MET, PARTLY, NOT = "met", "partly", "not met"
VERDICTS = (FIXED, TOGETHER, LITTLE, NOTHING)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare, do not write")
    arguments = parser.parse_args()
    text = page(sdsocec.load_model(ROOT / "models" / MODEL))
    if arguments.check:
        sys.exit(0 if PAGE.read_text(encoding="utf-8") == text else 1)
    PAGE.write_text(text, encoding="utf-8")


def page(model: sdsocec.api.LoadedModel) -> str:  # type: ignore[name-defined]
    """The whole page."""
    facts = facts_of(model)
    lines = [
        "# How far the model can be trusted",
        "",
        "<!-- Made by scripts/make_validation.py; edit that, not this. -->",
        "",
        "The checklist is what reviewers in system dynamics ask of a model (Sterman 2000, ch. 21; Forrester and Senge 1980; Barlas",
        "1996; Rahmandad and Sterman 2012; Martinez-Moyano 2012; STRESS-SD 2018; the Dutch planning bureaus' guidance on",
        "uncertainty; the UK's AQuA Book). A verdict is *met*, *partly* or *not met*.",
        "",
        "## What the model must not be used for",
        "",
        *(f"- {line}" for line in MUST_NOT),
        "",
        "## The fit",
        "",
        *fit_table(facts),
        "",
        "Errors are mean absolute errors as a share of what was observed; R2 is the part of the variance around the observed mean that",
        "is explained. Bias, variation and covariation are Theil's shares of the squared error: a wrong level, a wrong amplitude, the",
        "rest. After 2014 agreement is worth nothing where the model is given the same figures (*input*), and is no forecast where what",
        "drives a series is observed (*conditional*): demand for labour and entry are inputs made from the record.",
        "",
        *identifiability_lines(facts),
        "",
        "## The checklist",
        "",
        "| | point | verdict | evidence |",
        "| --- | --- | --- | --- |",
    ]
    counts = {MET: 0, PARTLY: 0, NOT: 0}
    for number, (point, verdict, evidence) in enumerate(checklist(facts), 1):
        counts[verdict] += 1
        lines.append(f"| {number} | {point} | {verdict} | {evidence} |")
    lines += ["", f"{counts[MET]} met, {counts[PARTLY]} partly, {counts[NOT]} not met."]
    return "\n".join(lines) + "\n"


MUST_NOT = (
    "To predict. The scenarios are corners of what could be; they have no probabilities, and 2020 is behind us.",
    "To judge one municipality. A profile is the national model with three constants changed, scaled to size; below 50 persons it says nothing.",
    "To choose a wage, a price or a benefit level: none of them is formed in the model.",
    "To appraise a programme. Social return ranks; it counts neither well-being nor those who would have worked anyway.",
    "For years after 2019. The corona years are outside it.",
    "To read a parameter that acts only after 2010 as measured: nothing in the record can say what it is.",
)


def facts_of(model: Any) -> dict[str, Any]:
    """Everything that the page says in numbers."""
    variables = model.equations.variables.values()
    report = sdsocec.check(model)
    problem = problem_for(model)
    known = identifiability(problem)
    card = model.card.calibration
    scenarios = [load_scenario(name, model) for name in (card.scenario, card.test_scenario)]
    runs = run_scenarios(model, scenarios)
    series = load_observed(model)
    fits = []
    for one in series:
        values = of_trajectories(one, runs.run.trajectories)
        fits.append((
            one,
            fit_statistics(values[0][one.is_fit], one.values[one.is_fit]) if one.is_fit.sum() > 1 else None,
            fit_statistics(values[1][one.is_test], one.values[one.is_test]) if one.is_test.sum() > 1 else None,
        ))  # fmt: skip
    evidence = json.loads((model.folder / "calibration" / "calibration.json").read_text(encoding="utf-8"))
    constants = [v for v in variables if v.kind == "constant"]
    default = run_scenarios(model)
    return {
        "model": model,
        "n_variables": len(model.equations.variables),
        "n_stocks": sum(len(model.equations.element_names(v)) for v in variables if v.kind == "stock"),
        "n_constants": len(constants),
        "assumed": sum(
            "assumption" in v.documentation.lower() or "tuned" in v.documentation.lower() for v in constants
        ),
        "undocumented": sum(not v.documentation for v in variables),
        "no_unit": sum(not v.unit for v in variables),
        "report": report,
        "hard": [r for r in report.results if r.check.kind == "hard"],
        "soft_failing": [r for r in report.results if r.check.kind == "soft" and not r.holds],
        "known": known,
        "fits": fits,
        "evidence": evidence,
        "accuracy": default.accuracy,
        "dt": constant_values(model.equations)["TIME STEP"],
        "kinds": {series.name: series.test_kind or "" for series in model.card.series},
        "n_levers": len(model.card.levers),
    }


def fit_table(facts: dict[str, Any]) -> list[str]:
    lines = [
        "| series | years fitted | error | R2 | bias, variation, covariation | 2015-2019 (`realised`) | error | |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one, fit, test in facts["fits"]:
        years = f"{one.years[one.is_fit][0]}-{one.years[one.is_fit][-1]} ({fit.n})"
        shares = ", ".join(f"{share:.0%}" for share in (fit.bias, fit.variation, fit.covariation))
        held = f"{one.years[one.is_test][0]}-{one.years[one.is_test][-1]} ({test.n})" if test else "-"
        error = f"{test.mape:.1%}" if test else "-"
        r2, kind = "-" if np.isnan(fit.r2) else f"{fit.r2:.2f}", facts["kinds"][one.name]
        lines.append(f"| {one.label.en} | {years} | {fit.mape:.1%} | {r2} | {shares} | {held} | {error} | {kind} |")
    return lines


def identifiability_lines(facts: dict[str, Any]) -> list[str]:
    known, evidence = facts["known"], facts["evidence"]
    verdicts = known.verdicts
    named = {verdict: [f"`{name}`" for name in known.free if verdicts[name] == verdict] for verdict in VERDICTS}
    bounds = [p for p in evidence["parameters"] if p["on_bound"]]
    lasting = evidence["residual_autocorrelation"]
    estimated = [p for p in evidence["parameters"] if p["lower"] is not None]
    found = len(evidence["optima"]) - 1
    little = f"{_and(named[LITTLE])} move it too little. " if named[LITTLE] else ""
    return [
        "## What the record can fix",
        "",
        f"Of {len(known.free)} free parameters the record fixes {len(named[FIXED])} by themselves: {_and(named[FIXED])}. Their 90 % "
        "interval, all others estimated too, is narrower than their range. "
        f"{len(named[TOGETHER])} are known only together with others: {_and(named[TOGETHER])}. {little}It says nothing about "
        f"{_and(named[NOTHING])}: layoffs in excess of normal hardly occur in 2003-2014. Hardest to tell apart (collinearity above "
        f"{COLLINEAR:g}): "
        + "; ".join(f"{_and(f'`{n}`' for n in names)} ({index:.0f})" for names, index in known.groups)
        + f". This is at the values of the model (`sdsocec identify`): {known.rank} of {len(known.free)} directions are fixed.",
        "",
        f"`{evidence['command']}` gives a chi-square of {evidence['chi2_after']:.1f} for {evidence['n_observed']} values; the values in "
        f"the model give {evidence['chi2_before']:.1f}. {evidence['starts_at_the_best']} of {evidence['starts_done']} starts end there; "
        f"other optima found: {found or 'none'}. The better fit was not accepted: "
        + _and(f"`{p['name']}` ends on its {p['on_bound']} bound ({p['estimate']:g})" for p in bounds)
        + ". The ranges there come from the literature or from what the words mean, not from this record, and errors last: their "
        f"autocorrelation from year to year is {min(lasting.values()):.2f} to {max(lasting.values()):.2f} by series, so the gain is "
        "smaller than it looks. The values in the model were set by hand within the ranges, in view of the same record. Given those "
        "bounds, the fit supports an interval only for "
        + _and(f"`{p['name']}`" for p in estimated)
        + ".",
    ]  # fmt: skip


def _kinds(facts: dict[str, Any]) -> str:
    """How many held-out series there are of each kind."""
    kinds = [facts["kinds"][one.name] for one, _, test in facts["fits"] if test]
    counts = [kinds.count(kind) for kind in ("input", "conditional", "forecast")]
    return f"{counts[0]} made from the same data, {counts[1]} conditional on demand and entry, {counts[2] or 'no'} forecasts"


def _and(items: Any) -> str:
    *first, last = list(items) or ["none"]
    return f"{', '.join(first)} and {last}" if first else last


def checklist(facts: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Point, verdict, evidence."""
    hard, report, accuracy = facts["hard"], facts["report"], facts["accuracy"]
    failing = [r for r in hard if not r.holds]
    worst = max(accuracy.by_output.items(), key=lambda item: item[1])
    soft = "; ".join(f"{r.check.claim.split(':')[0]} ({r.numbers})" for r in facts["soft_failing"])
    evidence = facts["evidence"]
    n_fit = sum(fit is not None for _, fit, _ in facts["fits"])
    n_test = sum(test is not None for *_, test in facts["fits"])
    return [
        ("purpose, question of the client, policy levers", MET, f"models/{MODEL}/README.md; {facts['n_levers']} levers by holder: `sdsocec levers`"),
        ("boundary: endogenous, exogenous, left out", MET, f"models/{MODEL}/README.md"),
        ("stock-and-flow and causal-loop diagrams, loops named", PARTLY, "views in the .mdl, a module each; 22 loops named with switches; no causal-loop diagram drawn"),
        ("every equation in a file that a machine reads", MET, f"models/{MODEL}/model.mdl: {facts['n_variables']} variables, {facts['n_stocks']} stocks; runs in Vensim's format on three engines"),
        ("units everywhere, dimensions checked, no dummy constants", MET if not facts["no_unit"] else PARTLY, f"{facts['no_unit']} variables without a unit; pysimlin's unit check is clean (a test)"),
        ("every parameter: value, unit, range, source, kind of evidence", MET if not facts["undocumented"] else PARTLY, f"{facts['n_constants']} constants; {facts['assumed']} are marked assumption or tuned; {facts['undocumented']} variables without documentation"),
        ("initial values, and how equilibrium was set", MET, "`sdsocec equilibrium`: the stored values are the rest that belongs to the parameters (a test)"),
        ("integration method, step, horizon; result unchanged at half the step and under another method", PARTLY, f"Euler, {facts['dt']:g} year; largest error of an outcome against LSODA {worst[1]:.1%} of its largest value ({worst[0]}); G4 holds halving within 2 %"),
        ("conservation", MET, "G1, G13, and 10,000 random designs (a test)"),
        ("no negative stocks; flows limited by their stock", MET, "G2, G6 and the same 10,000 designs"),
        ("extreme conditions", MET, "G6: each lever at both ends, all together, no demand, no entry; further checks"),
        ("reality checks, counted", MET if not failing else PARTLY, f"{sum(r.holds for r in report.results)} of {len(report.results)} hold; hard ones failing: {len(failing)}; soft ones failing: {soft or 'none'}"),
        ("decision rules use what people can know", PARTLY, "argued in the documentation of each rule; no interviews"),
        ("structure confirmed by documents or experts, named", PARTLY, "claims.toml: each claim of the study and what carries it; no experts were asked"),
        ("behaviour reproduced, data and model overlaid", MET, f"`sdsocec data plot`: {n_fit} series"),
        ("error statistics with Theil's shares", MET, "the table above"),
        ("patterns, not only points", PARTLY, "H7: peak year, depth and correlation of the crisis; no spectral or phase tests"),
        ("hold-out period", PARTLY, f"2015-2019, {n_test} series, under `realised`: {_kinds(facts)}; some levers were set in view of it"),
        ("calibration report", MET, f"models/{MODEL}/calibration: weights, bounds, algorithm, {evidence['starts']} starts, seed, optima"),
        ("confidence bounds on parameters and forecasts", PARTLY, f"parameters: {evidence['interval_method']}; outcomes: bands over the uncertainties (`sdsocec plot bands publiek --rows 256`), without the parameters' own"),
        ("sensitivity: ranges, design, size, seed; numerical, behaviour and policy apart", PARTLY, "`sdsocec sensitivity --method morris --outcome unemployed --no-figure` (Sobol and PAWN too) over the card's uncertainties, design, size and seed printed, convergence stated; other constants by --vary only"),
        ("global, not one at a time", MET, "Sobol, PAWN; `sdsocec robust --only rankings -n 512`: which rankings hold in all of them together"),
        ("scenario logic: exact differences from the base, why these", MET, "`sdsocec scenarios diff regulier publiek`: every number with its source; corners of two uncertainties"),
        ("software and files archived; a stranger can repeat each figure", PARTLY, "versions pinned, hashes in every result and figure; no deposit with a DOI"),
        ("uncertainty for the reader; who was involved; what was left out", PARTLY, "the list above; written by engineers, without the municipalities"),
    ]  # fmt: skip


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
