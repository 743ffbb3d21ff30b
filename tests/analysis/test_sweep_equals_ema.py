"""The same rows through EMA Workbench and PySD give the same outcomes."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import sdsocec
from sdsocec.analysis.sweep import sweep
from sdsocec.scenario import load_scenario

from .small_sweep import ROOT

OUTPUTS = ["unemployed", "vacancies", "wsw employed", "werkbedrijf employed"]
N = 50


@pytest.fixture
def coarse(tmp_path):
    """The small model with longer steps: PySD takes 9 seconds a run of 1,280 steps."""
    text = (ROOT / "models" / "first_steps" / "model.mdl").read_text(encoding="utf-8")
    for old, new in (
        ("TIME STEP=\n\t0.015625\n\t~\tyear [0.0078125,0.015625]", "TIME STEP=\n\t0.5\n\t~\tyear"),
        ("SAVEPER=\n\t0.125", "SAVEPER=\n\t1"),
    ):
        assert old in text
        text = text.replace(old, new)
    folder = tmp_path / "models" / "coarse"
    folder.mkdir(parents=True)
    (folder / "model.mdl").write_text(text, encoding="utf-8")
    card = (ROOT / "models" / "first_steps" / "model.toml").read_text(encoding="utf-8")
    (folder / "model.toml").write_text(card.partition("# ---- the record")[0], encoding="utf-8")
    return folder / "model.mdl"


@pytest.mark.slow
def test_fifty_rows_of_a_sweep_are_those_of_ema_workbench_and_pysd(coarse, tmp_path):
    from ema_workbench import Policy, RealParameter, Scenario, TimeSeriesOutcome, perform_experiments
    from ema_workbench.connectors.pysd_connector import PysdModel

    regulier = load_scenario("regulier", sdsocec.load_model("first_steps"))
    found = sweep(sdsocec.load_model(coarse), regulier, n=N, design="lhs", outcomes=OUTPUTS, out=tmp_path / "a")
    names = [factor.name for factor in found.factors]
    rows = found.inputs()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names with blanks; PySD's own
        model = PysdModel("coarse", mdl_file=str(coarse))
        model.uncertainties = [RealParameter(name, -1e9, 1e9) for name in names]
        model.levers = [RealParameter(name, -1e9, 1e9) for name in regulier.values]
        model.outcomes = [TimeSeriesOutcome(output) for output in OUTPUTS]
        scenarios = [Scenario(str(i), **dict(zip(names, map(float, row), strict=True))) for i, row in enumerate(rows)]
        experiments, outcomes = perform_experiments(
            model, scenarios=scenarios, policies=[Policy("regulier", **regulier.values)]
        )
    order = np.argsort(experiments["scenario"].astype(int).to_numpy())
    assert np.array_equal(experiments[names].to_numpy(dtype=float)[order], rows)
    for output in OUTPUTS:
        expected, ours = np.asarray(outcomes[output])[order], found.values(output, "regulier")
        assert ours.shape == expected.shape == (N, 21)
        largest = np.maximum(np.abs(expected), np.abs(expected).max(axis=1, keepdims=True))
        assert (np.abs(ours - expected) <= 1e-9 * largest).all(), output
    assert np.ptp(found.values("unemployed", "regulier", 2020)) > 1, "the rows differ"
