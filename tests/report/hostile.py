"""Texts that would break a picture if they were taken for code, or not shortened; and a model whose card is full of them."""

from __future__ import annotations

from dataclasses import replace

from sdsocec.model.toml import Text

HOSTILE = "$\\alpha$ <script>alert(1)</script>\n\u202e" + "werkgelegenheids" * 32
TEXT = Text(nl=HOSTILE, en=HOSTILE)


def hostile(model, **more):
    """The model with hostile texts on its card: its title, units and outcomes, and the parts of the card given."""
    card = model.card
    units = {name: unit.model_copy(update={"shown": TEXT}) for name, unit in card.units.items()}
    outcomes = tuple(outcome.model_copy(update={"label": TEXT}) for outcome in card.outcomes)
    changed = card.model_copy(update={"title": TEXT, "units": units, "outcomes": outcomes} | more)
    return replace(model, card=changed)
