"""Help at 80 columns: whole examples, whole sentences, nothing of Python."""

from __future__ import annotations

import pytest
import typer

from sdsocec.cli.app import app


def commands(group=None, path=()):
    """The path of every command and group."""
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        yield (*path, name)
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
def test_help_teaches(sdsocec_program, monkeypatch, path):
    monkeypatch.setenv("COLUMNS", "80")
    done = sdsocec_program(*path, "--help")
    assert done.code == 0
    lines = done.out.splitlines()
    example = lines[lines.index("  Example:") + 1]
    assert example.startswith(f"    sdsocec {path[0]}"), "whole, on a line of its own"
    assert max(len(line) for line in lines if line != example) <= 80
    listed = done.out.partition("Commands:")[2]
    assert "..." not in listed, "a sentence is not cut off"
    assert "<list" not in done.out and "range>" not in done.out
    tail = done.out.partition("Options:")[2]
    assert all(
        len(line.split()) > 1 or line.startswith(" " * 20) for line in tail.splitlines() if line.startswith("  -")
    )


def test_the_program_lists_its_commands_by_what_they_are_about(sdsocec_program, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = sdsocec_program("--help")
    assert "\nRun scenarios:\n  run " in done.out and "\nHold it against the record:\n  data " in done.out
    every = {path[0] for path in commands()}
    assert (
        every == {line.split()[0] for line in done.out.splitlines() if line[:2] == "  " and line[2:3].isalpha()} & every
    )
    assert "..." not in done.out.partition("\n")[2]
