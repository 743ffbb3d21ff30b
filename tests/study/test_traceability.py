"""Every claim of the study is carried by something that is there, or listed as outside with the reason; and back again.

The rules are in scripts/make_traceability.py, which writes docs/traceability.md and refuses to if one is broken. Here: the claims
keep them, the page is what it writes, and each rule notices what it is for.
"""

from __future__ import annotations

import copy
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import sdsocec
from sdsocec.analysis import load_checks
from sdsocec.model.project import LoadedModel

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_traceability.py"
N_CLAIMS = 129  # of the study
KINDS_THAT_CARRY = {
    "variable",
    "module",
    "lever",
    "uncertainty",
    "outcome",
    "loop",
    "switch",
    "check",
    "axis",
    "profile",
}


@cache
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_traceability", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@cache
def model() -> LoadedModel:
    return sdsocec.load_model("social_economy")


@cache
def claims() -> dict[str, Any]:
    return generator().read_claims(model())


def faults_with(change: Any) -> list[str]:
    """The faults of the claims after a change."""
    content = copy.deepcopy(claims())
    change(content)
    return generator().Book(model(), content).faults()


def claim(content: dict[str, Any], number: int) -> dict[str, Any]:
    return content["claim"][number - 1]


def test_every_claim_is_carried_or_outside_and_every_lever_switch_and_check_is_led_to():
    assert generator().Book(model(), claims()).faults() == []


def test_claims_are_c1_to_c129():
    assert [entry["id"] for entry in claims()["claim"]] == [f"C{i}" for i in range(1, N_CLAIMS + 1)]
    for entry in claims()["claim"]:
        assert all(entry["sentence"][language].strip() for language in ("nl", "en"))


def test_carriers_are_of_known_kinds():
    assert set(generator().KINDS) == KINDS_THAT_CARRY
    assert all(": " in carrier for entry in claims()["claim"] for carrier in entry["carried_by"])


def test_the_page_is_what_the_script_writes():
    """Else: python scripts/make_traceability.py"""
    page = generator().Book(model(), claims()).page()
    assert (SCRIPT.parents[1] / "docs" / "traceability.md").read_text(encoding="utf-8") == page


def test_the_page_tells_every_claim_and_where_every_lever_and_check_leads():
    page = generator().Book(model(), claims()).page()
    for entry in claims()["claim"]:
        assert page.count(f"| {entry['id']} | {entry['sentence']['en']}<br>*{entry['sentence']['nl']}* |") == 1
    for lever in model().card.levers:
        assert f"| `{lever.name}` | C" in page
    for check in load_checks(model()):
        if check.claim.startswith("A"):
            assert check.claim.split(": ", 1)[-1] in page
    for entry in claims()["outside"]:
        assert entry["what"]["en"] in page and entry["reason"]["en"] in page


def test_every_link_of_the_page_leads_to_a_file_of_the_repository():
    page = generator().Book(model(), claims()).page()
    targets = {part.split(")")[0] for part in page.split("](")[1:]}
    assert len(targets) > 5
    assert [t for t in targets if not (SCRIPT.parents[1] / "docs" / t).exists()] == []


def set_carriers(number: int, carriers: list[str]) -> Any:
    return lambda content: claim(content, number).update(carried_by=carriers)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            set_carriers(36, ["variable: se imitaton"]),
            "C36: there is no variable 'se imitaton'; did you mean 'se imitation'?",
        ),
        (
            set_carriers(79, ["lever: overquota bonos"]),
            "C79: there is no lever 'overquota bonos'; did you mean 'overquota bonus'?",
        ),
        (set_carriers(2, ["outcome: well-being"]), "C2: there is no outcome 'well-being'"),
        (set_carriers(84, ["check: A99"]), "C84: there is no check 'A99'"),
        (set_carriers(36, ["loop: R99"]), "C36: there is no loop 'R99'"),
        (set_carriers(9, ["module: M99"]), "C9: there is no module 'M99'"),
        (set_carriers(8, ["axis: h"]), "C8: there is no axis 'h'"),
        (set_carriers(1, ["feeling: hope"]), "C1: there is no kind 'feeling'"),
        (set_carriers(1, ["note: nothing else"]), "C1: nothing carries it; say in `outside` why"),
        (set_carriers(6, ["variable: people"]), "C6: it is outside, and yet something carries it"),
        (set_carriers(79, ["variable: overquota extra"]), "no claim leads to lever 'overquota bonus'"),
        (
            set_carriers(59, ["variable: train up"]),
            "no claim leads to 'switch training pull', by itself or by its loop",
        ),
        (set_carriers(42, ["lever: se campaign"]), "no claim leads to check A10"),
        (set_carriers(1, ["check: A1"]), "C1 cites check 'A1', whose source does not name C1"),
        (lambda content: content["claim"].pop(7), "after C7 comes C9: claims are numbered without gaps"),
        (lambda content: content["explained"].clear(), "no claim leads to 'switch frozen', by itself or by its loop"),
        (lambda content: content["outside"][0]["reason"].update(nl=""), "outside: a text is missing in"),
    ],
)
def test_a_fault_of_the_claims_is_told(change, fault):
    told = faults_with(change)
    assert any(line.startswith(fault) for line in told), told


def test_the_check_option_tells_a_page_that_is_not_the_one_written(monkeypatch, tmp_path, capsys):
    page = tmp_path / "traceability.md"
    monkeypatch.setattr(generator(), "PAGE", page)
    monkeypatch.setattr(sys, "argv", ["make_traceability.py", "--check"])
    assert generator().main() == 1
    assert not page.exists()
    monkeypatch.setattr(sys, "argv", ["make_traceability.py"])
    assert generator().main() == 0
    monkeypatch.setattr(sys, "argv", ["make_traceability.py", "--check"])
    assert generator().main() == 0
    page.write_text(page.read_text(encoding="utf-8") + "by hand\n", encoding="utf-8")
    assert generator().main() == 1
