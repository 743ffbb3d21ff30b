"""The inner loop is vector code: its machine instructions say so."""

from __future__ import annotations

import platform
import re
from pathlib import Path

import pytest

import sdsocec
from sdsocec.engine import NO_CHANGES
from sdsocec.engine.native import Kernel, make_plan
from sdsocec.scenario import random_design

pytestmark = pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64"), reason="the instructions' names are those of x86"
)
MODELS = ("first_steps", Path(__file__).parents[1] / "models" / "age_sir.mdl")
SCALAR = re.compile(r"^\s*v?(?:add|sub|mul|div|min|max|sqrt)sd\b", re.MULTILINE)
PACKED = re.compile(r"^\s*v?(?:add|sub|mul|div|min|max|sqrt)pd\b", re.MULTILINE)
FUSED = re.compile(r"^\s*vfn?m(?:add|sub)\w*[ps]d\b", re.MULTILINE)


def function(assembly: str, name: str) -> str:
    """The instructions of one function."""
    found = re.search(
        rf"^_?{name}:\n(.*?)^\.?L?func_end\d*:|^_?{name}:\n(.*?)\n\s*\.size\s+{name}\b", assembly, re.S | re.M
    )
    assert found, f"no function '{name}' in the assembly"
    return found[1] or found[2]


@pytest.mark.parametrize("vary", ["nothing", "the card's constants", "everything"])
@pytest.mark.parametrize("path", MODELS, ids=lambda path: Path(path).stem)
@pytest.mark.parametrize(("integrator", "name"), [("euler", "step"), ("rk4", "rates"), ("rk4", "finish")])
def test_a_step_has_packed_arithmetic_and_no_scalar_one(path, vary, integrator, name):
    model = sdsocec.load_model(path)
    design = random_design(model, 1, 1) if vary == "everything" else NO_CHANGES
    listed = model.card.listed_constants() if vary == "the card's constants" else ()
    plan = make_plan(model.equations, design, None, integrator, listed)
    code = function(Kernel(model.equations, plan).assembly(), name)
    assert SCALAR.findall(code) == []
    assert len(PACKED.findall(code)) > len(model.equations.variables) / 10
    assert FUSED.findall(code) == [], "a fused multiply-add rounds once where the modeller's formula rounds twice"


def test_the_search_would_find_a_scalar_instruction():
    code = (
        "step:\n\tvaddpd\t%ymm0, %ymm1, %ymm2\n\tvmulsd\t%xmm0, %xmm1, %xmm2\n\tret\n.Lfunc_end0:\n\t.size\tstep, 1\n"
    )
    found = function(code, "step")
    assert len(SCALAR.findall(found)) == len(PACKED.findall(found)) == 1
