"""Make docs/traceability.md: every claim of a model's source, and what in the model carries it.

    python scripts/make_traceability.py [MODEL] [--check]

It reads the model's `claims.toml`, looks up every name in it, and writes the page; with --check it only tells whether the page is
what it would write. A name that is not in the model, a gap in the numbering, a lever, switch or check of the study that no claim
leads to: all such faults are listed, nothing is written, and the exit code is 2.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import sdsocec
from sdsocec.analysis import RealityCheck, load_checks
from sdsocec.errors import nearest_name
from sdsocec.model.names import name_key
from sdsocec.model.project import LoadedModel
from sdsocec.scenario.plane import has_plane, load_plane
from sdsocec.scenario.profiles import profile_names

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "traceability.md"
CLAIMS = "claims.toml"
ALL, NOTE = "all", "note"
# in the order of the page; what a reader is told a kind is
KINDS = {
    "variable": "equation", "module": "module", "lever": "lever", "uncertainty": "uncertain input", "axis": "axis of the plane",
    "profile": "profile", "loop": "feedback loop", "switch": "switch", "outcome": "outcome", "check": "check",
}  # fmt: skip
_GROUP = re.compile(r"^\s*\.(\w+)(?: (.*))?$")
_CLAIM = re.compile(r"\bC(\d+)(?:-C(\d+))?\b")
_LOOP = re.compile(r"\bloop ([RB]\d+)(?:, ([^:]*))?:")
_CHECK = re.compile(r"([A-Z]\d+[a-z]?):")


@dataclass(frozen=True)
class Claim:
    """One claim: `carriers` are pairs of kind and name; `outside` says why there are none."""

    id: str
    section: str
    nl: str
    en: str
    carriers: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    outside: Mapping[str, str] | None

    def names(self, kind: str) -> list[str]:
        return [name for k, name in self.carriers if k == kind]


class Book:
    """The claims beside the model: what there is, and what is wrong."""

    def __init__(self, model: LoadedModel, claims: Mapping[str, Any]) -> None:
        self.model, self.content = model, claims
        self.claims = [_claim(entry) for entry in claims["claim"]]
        self.checks = load_checks(model)

    @cached_property
    def known(self) -> dict[str, dict[str, str]]:
        """By kind: what may be named -> a few words on it."""
        model, variables = self.model, self.model.equations.variables.values()
        checks = {key: check.claim for check in self.checks for key in (check_id(check), check.name)}
        plane = load_plane(model).axes if has_plane(model) else {}
        return {
            "variable": {name_key(v.name): v.documentation for v in variables},
            "switch": {name_key(v.name): v.documentation for v in variables if is_switch(v.name)},
            "module": groups(model),
            "lever": {lever.name: lever.label.en for lever in model.card.levers},
            "uncertainty": {u.name: u.source for u in model.card.uncertainties},
            "outcome": {o.variable: o.label.en for o in model.card.outcomes} | {ALL: "all outcomes"},
            "loop": {loop: name for loop, (name, _) in self.loops.items()} | self.content["loops"],
            "check": checks,
            "axis": {name: f"{axis.low.en} to {axis.high.en}" for name, axis in plane.items()},
            "profile": {name: name for name in profile_names(model)} | {ALL: "all profiles"},
        }

    @cached_property
    def loops(self) -> dict[str, tuple[str, list[str]]]:
        """Each loop that a switch breaks: its name, and its switches; from the documentation of the switches."""
        names: dict[str, list[str]] = {}
        switches: dict[str, list[str]] = {}
        for variable in self.model.equations.variables.values():
            if is_switch(variable.name) and (match := _LOOP.search(variable.documentation)):
                names.setdefault(match[1], []).extend([match[2]] if match[2] else [])
                switches.setdefault(match[1], []).append(variable.name)
        return {loop: ("; ".join(names[loop]), switches[loop]) for loop in switches}

    def leading_to(self, kind: str, name: str) -> list[str]:
        """The ids of the claims that a carrier carries."""
        return [claim.id for claim in self.claims if name in claim.names(kind)]

    def leading_to_switch(self, switch: str) -> list[str]:
        loops = [loop for loop, (_, switches) in self.loops.items() if switch in switches]
        found = self.leading_to("switch", switch) + [c for loop in loops for c in self.leading_to("loop", loop)]
        return sorted(set(found), key=number)

    def checks_of(self, claim: Claim) -> list[RealityCheck]:
        """The checks that the claim cites, then those whose source names the claim by itself.

        `C88-C107`, the claims of a whole module, does not say that each of them is tested.
        """
        return self._checks_by_claim[claim.id]

    @cached_property
    def _checks_by_claim(self) -> dict[str, list[RealityCheck]]:
        named = [(check, claims_named(check.source, ranges=False)) for check in self.checks]
        found = {}
        for claim in self.claims:
            cited = [c for name in claim.names("check") for c in self.checks if name in (check_id(c), c.name)]
            found[claim.id] = list(dict.fromkeys(cited + [check for check, ids in named if claim.id in ids]))
        return found

    def faults(self) -> list[str]:
        """Everything that is wrong, a sentence each."""
        return [
            *self._unknown(),
            *self._numbering(),
            *self._carried_by_nothing(),
            *self._not_led_to(),
            *self._one_sided(),
        ]

    def _unknown(self) -> Iterable[str]:
        for claim in self.claims:
            if claim.section not in self.content["sections"]:
                yield f"{claim.id}: there is no section '{claim.section}'"
            for kind, name in claim.carriers:
                if kind not in KINDS:
                    yield f"{claim.id}: there is no kind '{kind}'; kinds are {', '.join([*KINDS, NOTE])}"
                elif (name_key(name) if kind in ("variable", "switch") else name) not in self.known[kind]:
                    near = nearest_name(name, self.known[kind])
                    yield f"{claim.id}: there is no {kind} '{name}'" + (f"; did you mean '{near}'?" if near else "")

    def _numbering(self) -> Iterable[str]:
        expected = [f"C{i}" for i in range(1, len(self.claims) + 1)]
        for claim, should in zip(self.claims, expected, strict=True):
            if claim.id != should:
                yield f"after C{number(should) - 1} comes {claim.id}: claims are numbered without gaps"
                return

    def _carried_by_nothing(self) -> Iterable[str]:
        for claim in self.claims:
            if not claim.carriers and not claim.outside:
                yield f"{claim.id}: nothing carries it; say in `outside` why"
            if claim.carriers and claim.outside:
                yield f"{claim.id}: it is outside, and yet something carries it"
        for entry in (*self.content["outside"], *(c.outside for c in self.claims if c.outside)):
            texts = [entry] if "en" in entry else [entry["what"], entry["reason"]]
            if not all(text.get(language) for text in texts for language in ("nl", "en")):
                yield f"outside: a text is missing in {entry}"

    def _not_led_to(self) -> Iterable[str]:
        explained = self.content["explained"]
        for lever in self.model.card.levers:
            if not self.leading_to("lever", lever.name):
                yield f"no claim leads to lever '{lever.name}'"
        for name in self.known["switch"]:
            if not self.leading_to_switch(name) and name not in explained:
                yield f"no claim leads to '{name}', by itself or by its loop; explain it in [explained]"
        for name in explained:
            if name not in self.known["switch"]:
                yield f"[explained]: there is no switch '{name}'"
        for check in self.checks:
            if check_id(check).startswith("A") and not self.leading_to("check", check_id(check)):
                yield f"no claim leads to check {check_id(check)}"

    def _one_sided(self) -> Iterable[str]:
        """A check of a claim names it as its source, and the claim cites the check."""
        for claim in self.claims:
            for name in claim.names("check"):
                found = [c for c in self.checks if name in (check_id(c), c.name)]
                if found and not any(claim.id in claims_named(c.source) for c in found):
                    yield f"{claim.id} cites check '{name}', whose source does not name {claim.id}"
        for check in self.checks:
            if check_id(check)[0] == "A":
                for claim_id in claims_named(check.source):
                    if claim_id not in self.leading_to("check", check_id(check)):
                        yield f"check {check_id(check)} names {claim_id}, which does not cite it"

    # ---- the page --------------------------------------------------------------------------------------------------

    def page(self) -> str:
        """The page, in Markdown."""
        title = self.model.card.title.en
        parts = [
            f"# {title}: what carries each claim",
            f"Made by `python scripts/make_traceability.py` of `{self._path(self.model.folder / CLAIMS)}`; do not edit. Claims "
            'are in our own words. An equation is found with `sdsocec model equation "NAME"`, and what it is made of with '
            '`sdsocec model causes "NAME"`; checks are run by `sdsocec check`.',
            self._counts(),
            *self._sections(),
            self._outside(),
            self._reverse(),
        ]
        return "\n\n".join(parts) + "\n"

    def _counts(self) -> str:
        carried = [c for c in self.claims if c.carriers]
        kinds = {kind: sum(bool(c.names(kind)) for c in carried) for kind in KINDS}
        hard = [c for c in carried if any(k.kind == "hard" for k in self._own_checks(c))]
        soft = [c for c in carried if c not in hard and self._own_checks(c)]
        part = [c for c in carried if c not in hard and c not in soft and self.checks_of(c)]
        rest = [c for c in carried if c not in hard and c not in soft and c not in part]
        rows = [
            ("claims", len(self.claims)),
            ("carried by the model", len(carried)),
            ("of these, with a check of the claim itself, which must hold", len(hard)),
            ("with such a check that is only reported (soft)", len(soft)),
            ("with a check of the equations that carry it, and none of the claim", len(part)),
            ("with no check", len(rest)),
            ("outside the model, with the reason", len(self.claims) - len(carried)),
            ("mentioned by the study and no claim, with the reason", len(self.content["outside"])),
        ]
        table = "\n".join(["| | number |", "| --- | ---: |", *(f"| {what} | {n} |" for what, n in rows)])
        by_kind = ", ".join(f"{KINDS[kind]} {n}" for kind, n in kinds.items() if n)
        unchecked = f"\n\nWith no check: {', '.join(c.id for c in rest)}." if rest else ""
        return f"{table}\n\nClaims by what carries them (most have several): {by_kind}.{unchecked}"

    def _own_checks(self, claim: Claim) -> list[RealityCheck]:
        return [c for c in self.checks_of(claim) if set(claim.names("check")) & {check_id(c), c.name}]

    def _sections(self) -> Iterable[str]:
        for key, name in self.content["sections"].items():
            rows = ["| claim | the study says | carried by |", "| --- | --- | --- |"]
            for claim in self.claims:
                if claim.section == key:
                    rows.append(f"| {claim.id} | {claim.en}<br>*{claim.nl}* | {self._carriers(claim)} |")
            yield f"## {name['en']} ({name['nl']})\n\n" + "\n".join(rows)

    def _carriers(self, claim: Claim) -> str:
        lines = []
        for kind, shown in KINDS.items():
            if kind == "check":
                names = [self._check_link(c) for c in self.checks_of(claim)]
            else:
                names = [self._link(kind, name) for name in claim.names(kind)]
            if names:
                lines.append(f"{shown}: {', '.join(names)}")
        lines += [f"note: {note}" for note in claim.notes]
        if claim.outside:
            lines.append(f"**outside**: {claim.outside['en']}<br>*{claim.outside['nl']}*")
        return "<br>".join(lines)

    def _link(self, kind: str, name: str) -> str:
        folder = self.model.folder
        if name == ALL:
            return self.known[kind][name]
        place = {"lever": "model.toml", "uncertainty": "model.toml", "outcome": "model.toml"}.get(kind, "model.mdl")
        path = folder / place
        if kind in ("axis", "profile"):
            assert self.model.scenario_folder is not None, "a model with a plane or profiles has scenarios"
            path = self.model.scenario_folder / "plane.toml" if kind == "axis" else self.model.scenario_folder
        shown = f"{name} ({self.known[kind][name]})" if kind in ("module", "loop", "axis") else f"`{name}`"
        return f"[{shown}]({self._relative(path)})"

    def _check_link(self, check: RealityCheck) -> str:
        path = Path(check.function.__code__.co_filename)
        soft = " (soft)" if check.kind == "soft" else ""
        shown = check_id(check) if _CHECK.match(check.claim) else f"`{check.name}`"
        return f"[{shown}]({self._relative(path)}){soft}"

    def _outside(self) -> str:
        rows = ["| what | why |", "| --- | --- |"]
        for claim in self.claims:
            if claim.outside:
                what = f"{claim.id}: {claim.en}<br>*{claim.nl}*"
                rows.append(f"| {what} | {claim.outside['en']}<br>*{claim.outside['nl']}* |")
        for entry in self.content["outside"]:
            what, why = entry["what"], entry["reason"]
            rows.append(f"| {what['en']}<br>*{what['nl']}* | {why['en']}<br>*{why['nl']}* |")
        return "## Outside the model\n\n" + "\n".join(rows)

    def _reverse(self) -> str:
        """From the model back to the claims."""
        levers = [f"| `{lv.name}` | {', '.join(self.leading_to('lever', lv.name))} |" for lv in self.model.card.levers]
        switches = []
        for variable in self.model.equations.variables.values():
            if is_switch(variable.name):
                loops = ", ".join(loop for loop, (_, names) in self.loops.items() if variable.name in names)
                found = ", ".join(self.leading_to_switch(variable.name)) or self.content["explained"][variable.name]
                switches.append(f"| `{variable.name}` | {loops} | {found} |")
        checks = []
        for check in self.checks:
            if named := [c.id for c in self.claims if check in self.checks_of(c)]:
                checks.append(f"| {self._check_link(check)} | {check.claim.split(': ', 1)[-1]} | {', '.join(named)} |")
        return "\n\n".join(
            [
                "## From the model to the claims",
                "\n".join(["| lever | claims |", "| --- | --- |", *levers]),
                "\n".join(["| switch | loop | claims |", "| --- | --- | --- |", *switches]),
                "\n".join(["| check | what must hold | claims |", "| --- | --- | --- |", *checks]),
            ]
        )

    def _relative(self, path: Path) -> str:
        return "../" + self._path(path)

    def _path(self, path: Path) -> str:
        return path.resolve().relative_to(ROOT).as_posix()


def _claim(entry: Mapping[str, Any]) -> Claim:
    pairs = [tuple(carrier.split(": ", 1)) for carrier in entry["carried_by"]]
    return Claim(
        entry["id"],
        entry["section"],
        entry["sentence"]["nl"],
        entry["sentence"]["en"],
        tuple((kind, name) for kind, name in pairs if kind != NOTE),
        tuple(name for kind, name in pairs if kind == NOTE),
        entry.get("outside"),
    )


def check_id(check: RealityCheck) -> str:
    """What stands before the colon of a check's claim (`A1`), else the name of its function."""
    match = _CHECK.match(check.claim)
    return match[1] if match else check.name


def claims_named(source: str, ranges: bool = True) -> list[str]:
    """The claims in a source: `C5, C16-C19` names five, and one without its ranges."""
    found = [(int(first), int(last or first)) for first, last in _CLAIM.findall(source) if ranges or not last]
    return [f"C{i}" for first, last in found for i in range(first, last + 1)]


def is_switch(name: str) -> bool:
    return name_key(name).startswith("switch ")


def groups(model: LoadedModel) -> dict[str, str]:
    """The groups of the .mdl that start with a word of a letter and a number, and their titles."""
    found: dict[str, list[str]] = {}
    for line in model.equations.path.read_text(encoding="utf-8").splitlines():
        if (match := _GROUP.match(line)) and re.fullmatch(r"[A-Z]\d+", match[1]):
            found.setdefault(match[1], []).append(match[2] or "")
    return {name: ", ".join(titles) for name, titles in found.items()}


def number(claim_id: str) -> int:
    return int(claim_id[1:])


def read_claims(model: LoadedModel) -> dict[str, Any]:
    """The content of the model's claims.toml."""
    return tomllib.loads((model.folder / CLAIMS).read_text(encoding="utf-8"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default="social_economy")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if the page is another")
    arguments = parser.parse_args()
    model = sdsocec.load_model(arguments.model)
    book = Book(model, read_claims(model))
    if faults := book.faults():
        print("\n".join(faults), file=sys.stderr)
        return 2
    page = book.page()
    if arguments.check:
        return int(not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page)
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
