"""The validation page says what the model, its checks, its record and the calibration's evidence say today."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

import sdsocec

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_page_is_what_the_generator_makes():
    made = runpy.run_path(str(ROOT / "scripts" / "make_validation.py"))
    page = made["page"](sdsocec.load_model(ROOT / "models" / "social_economy"))
    assert (ROOT / "docs" / "validation.md").read_text(encoding="utf-8") == page, "python scripts/make_validation.py"


def test_the_evidence_belongs_to_the_model_and_its_record():
    from sdsocec.results.observed import load_observed

    model = sdsocec.load_model(ROOT / "models" / "social_economy")
    evidence = json.loads((model.folder / "calibration" / "calibration.json").read_text(encoding="utf-8"))
    assert evidence["model_sha256"] == model.equations.file_sha256
    assert evidence["data_sha256"] == {s.name: s.digest for s in load_observed(model) if s.is_fit.any()}
