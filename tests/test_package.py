"""The public face, the rule that the domain lives in files, and the README's commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import sdsocec

ROOT = Path(__file__).resolve().parents[1]
DOMAIN_WORDS = ("quota", "werkbedrijf", "wsw", "unemployed", "sheltered", "bijstand", "keurmerk", "gemeente")
MAY_SPEAK_OF_IT = ("texts",)  # catalogues of texts


def test_every_public_name_is_there_and_no_other():
    for name in sdsocec.__all__:
        assert getattr(sdsocec, name) is not None
    assert set(sdsocec._HOME) == set(sdsocec.__all__)
    with pytest.raises(AttributeError, match="module 'sdsocec' has no attribute 'simulate'"):
        sdsocec.simulate


def test_the_code_does_not_know_the_domain():
    """Docstrings and messages may use a name of the domain as an example; code may not."""
    found = []
    for path in sorted((ROOT / "sdsocec").rglob("*.py")):
        if any(part in path.parts for part in MAY_SPEAK_OF_IT):
            continue
        for number, line in enumerate(_without_texts(path.read_text(encoding="utf-8")).splitlines(), 1):
            found += [f"{path.name}:{number} {word}" for word in DOMAIN_WORDS if word in line.lower()]
    assert found == []


def _without_texts(source: str) -> str:
    """The source with comments and string literals blanked."""
    import io
    import tokenize

    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.STRING, tokenize.COMMENT):
            for row in range(token.start[0], token.end[0] + 1):
                start = token.start[1] if row == token.start[0] else 0
                end = token.end[1] if row == token.end[0] else len(lines[row - 1])
                lines[row - 1] = lines[row - 1][:start] + " " * (end - start) + lines[row - 1][end:]
    return "\n".join(lines)


def commands_of(document: str) -> list[str]:
    """Every `sdsocec ...` line of the fenced blocks of a document."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", (ROOT / document).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("sdsocec ")]


@pytest.mark.slow
def test_every_command_of_the_readme_works_as_typed(sdsocec_program):
    commands = commands_of("README.md")
    assert len(commands) >= 8
    for command in commands:
        outcome = sdsocec_program(*shlex.split(command)[1:])
        assert outcome.code == 0, f"{command}\n{outcome.err}"


def commands_within(document: str) -> list[str]:
    """Every `sdsocec ...` in the running text of a document that can be typed as it stands."""
    text = re.sub(r"^```.*?^```", "", (ROOT / document).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found = [" ".join(one.split()) for one in re.findall(r"`(sdsocec [^`]+)`", text)]
    return [one for one in found if not re.search(r"\b[A-Z]{4,}|[|]|\bmine\b", one)]


@pytest.mark.slow
@pytest.mark.parametrize("document", ["docs/pictures.md", "docs/validation.md", "models/social_economy/README.md"])
def test_every_command_in_the_text_of_a_page_works_as_typed(document, sdsocec_program):
    commands = dict.fromkeys(commands_within(document))
    assert commands
    for command in commands:
        if "--starts 64" in command:  # minutes: that the evidence is of this command has a test of its own
            continue
        outcome = sdsocec_program(*shlex.split(command)[1:])
        assert outcome.code == 0, f"{command}\n{outcome.err}"


@pytest.mark.slow
def test_the_readmes_python_works(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})


def examples_of_help() -> list[str]:
    """Every `Example:` line in the docstrings of the commands."""
    found = []
    for path in sorted((ROOT / "sdsocec" / "cli").rglob("*.py")):
        lines = re.findall(r'Example: (sdsocec .*?)(?:", no_args.*|",)?$', path.read_text("utf-8"), re.MULTILINE)
        found += [line[:-1] if line.count('"') % 2 else line for line in lines]  # the end of a literal
    return found


def test_every_example_of_help_works_as_typed(sdsocec_program):
    examples = examples_of_help()
    assert len(examples) >= 10
    for command in examples:
        outcome = sdsocec_program(*shlex.split(command)[1:])
        assert outcome.code == 0, f"{command}\n{outcome.err}"
