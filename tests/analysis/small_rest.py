"""What tests of starts from equilibrium share: a model of one stock whose rest is known, and whose scenarios may move it.

At rest the tank holds inflow / (loss + lever * leak). With the stored leak of 0 the lever moves nothing; where loss + lever *
leak is not above 0 there is no rest.
"""

from __future__ import annotations

from pathlib import Path

import sdsocec
from sdsocec.model.project import LoadedModel, Project

TANK = """{UTF-8}
rest = 0 ~ dmnl [0,1] ~ 1 freezes the drivers. |
tank = INTEG(inflow * (1 + growth) - tank * (loss + (lever + extra) * leak), initial tank) ~ litre ~ What is stored. |
growth = (1 - rest) * later * Time ~ dmnl ~ What is stopped at rest. |
inflow = 10 ~ litre/year [0,100] ~ Inflow. |
loss = 0.5 ~ 1/year [-1,1] ~ Part lost in a year. |
lever = 0 ~ dmnl [0,1] ~ What a scenario sets. |
extra = 0 ~ dmnl [0,1] ~ As the lever. |
leak = 0 ~ 1/year [-1,1] ~ How much the lever lets out. |
later = 0 ~ 1/year [0,1] ~ Growth once the run has begun. |
initial tank = 20 ~ litre ~ At rest. |
INITIAL TIME = 0 ~ year ~ | FINAL TIME = 8 ~ year ~ | TIME STEP = 0.25 ~ year ~ | SAVEPER = 1 ~ year ~ |
"""
CARD = """
title = {nl = "Vat", en = "Tank"}
default_scenarios = ["closed", "open", "grows"]
[equilibrium]
duration = 200
set = {rest = 1.0}
[[outcome]]
variable = "tank"
label = {nl = "vat", en = "tank"}
direction = "higher"
[[uncertainty]]
name = "leak"
distribution = "uniform(0, 1)"
source = "assumption: for tests"
"""
SCENARIO = """name = "{name}"
title = {{nl = "{name}", en = "{name}"}}
description = {{nl = "", en = ""}}
[constants.{constant}]
value = {value}
source = "test"
"""


def tank(folder: Path) -> LoadedModel:
    """The model in a project of its own, with the scenarios `closed`, `open` (lever = 1) and `grows` (later = 1)."""
    (folder / "models/tank").mkdir(parents=True)
    (folder / "scenarios/tank").mkdir(parents=True)
    (folder / "models/default.toml").write_text('model = "tank"')
    (folder / "models/tank/model.mdl").write_text(TANK)
    (folder / "models/tank/model.toml").write_text(CARD)
    for name, constant, value in (("closed", "lever", 0.0), ("open", "lever", 1.0), ("grows", "later", 1.0)):
        text = SCENARIO.format(name=name, constant=constant, value=value)
        (folder / f"scenarios/tank/{name}.toml").write_text(text)
    return sdsocec.load_model("tank", Project(folder))
