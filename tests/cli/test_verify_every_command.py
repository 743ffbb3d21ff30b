"""`verify` reads what every command writes: equal as it is, and named what differs when what it was made from is changed.

A command that is added to the program belongs in `WRITES`, with options that make it write, or in `WRITES_NOTHING`.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from sdsocec.results.stamps import PICTURES, STAMPED, read_stamps

TWO = ("baseline", "regulier")
WRITES = {
    "run": (*TWO, "--flows", "-f", "csv", "-f", "xlsx", "-f", "nc", "-f", "tab"),
    "compare": (*TWO, "-f", "csv", "-f", "xlsx"),
    "calibrate": ("--starts", "1", "--free", "matching elasticity", "--profiles"),
    "hindcast": ("--grid", "3"),
    "robust": ("-n", "16", "--only", "rankings", "--size", "column", "--grey", "--format", "png,pdf"),
    "sensitivity": (*TWO, "--method", "morris", "-n", "32", "--outcome", "unemployed", "--size", "column"),
    "tune": ("--do", "set matching elasticity=0.45; plot"),
    "sweep run": (*TWO, "-n", "8"),
    "sweep export": (),
    "plot overview": TWO,
    "plot series": (*TWO, "--outcome", "unemployed", "--lang", "nl", "--grey", "--format", "png,svg,pdf"),
    "plot bands": ("regulier", "--rows", "32", "--format", "svg"),
    "plot tornado": ("regulier", "--minus-baseline", "--range", "whole", "--time", "2015", "--format", "svg,png"),
    "plot fit": ("unemployed",),
    "plot stacked": TWO,
    "plot quadrant": ("--format", "svg"),
    "plot plane": ("--outcome", "unemployed", "--grid", "3", "--format", "svg"),
    "plot flows": ("regulier", "--format", "pdf"),
    "data fit": (),
    "data plot": ("unemployed",),
}
WRITES_NOTHING = {
    "levers", "check", "identify", "equilibrium", "init", "verify", "sweep status", "data list", "data show",
    "scenarios list", "scenarios show", "scenarios diff", "scenarios validate", "model variables", "model equation",
    "model causes", "model uses", "model supports",
}  # fmt: skip
# What `verify` tells of the change of one number, where that is, and which commands read it.
CHANGES = {
    "model.mdl changed since": (
        "models/first_steps/model.mdl",
        r"(\nbase separation rate *=\s*[0-9.]*[0-9])",
        r"\g<1>1",
    ),
    "the scenario 'regulier' changed since": ("scenarios/first_steps/regulier.toml", "value = 0.05", "value = 0.04"),
    "the series 'unemployed' changed since": ("models/first_steps/data/unemployed_ilo_cbs.csv", "2009,381", "2009,391"),
}
OF_SCENARIO = {"run", "compare", "plot overview", "plot bands", "plot tornado", "plot stacked", "plot flows"}
OF_DATA = {"calibrate", "hindcast", "tune", "plot series", "plot fit", "data fit", "data plot"}
PLACES = {"data fit": ("--csv", "fit.csv"), "tune": ("--session", "now.toml")}


def commands(group, above: str = "") -> dict[str, object]:
    """Every command of the program by its name, with those of its groups."""
    found = {}
    for name, command in group.commands.items():
        inner = hasattr(command, "commands")
        found |= commands(command, f"{above}{name} ") if inner else {f"{above}{name}": command}
    return found


def test_every_command_is_known_here():
    from typer.main import get_command

    from sdsocec.cli.app import app

    known = commands(get_command(app))
    assert set(known) == WRITES.keys() | WRITES_NOTHING, "a new command: say here what it writes"
    for name in WRITES_NOTHING:
        options = {option for parameter in known[name].params for option in parameter.opts}
        assert not options & {"--out", "--csv", "--format", "--session"}, f"{name} writes, so it belongs in WRITES"


@pytest.fixture(scope="module")
def project(small_plane, tmp_path_factory):
    """A copy of the small model with a plane."""
    return Path(shutil.copytree(small_plane.project.root, tmp_path_factory.mktemp("every") / "mine"))


@pytest.fixture
def changed(project, tmp_path):
    """A function that gives a copy of the project in which one number is another."""

    def change(file: str, pattern: str, new: str) -> Path:
        copy = Path(shutil.copytree(project, tmp_path / "changed"))
        path = copy / file
        text, n = re.subn(pattern, new, path.read_text("utf-8"), count=1)
        assert n == 1
        path.write_text(text, "utf-8")
        return copy

    return change


def ours(folder: Path) -> tuple[str, ...]:
    return ("--model", "first_steps", "--project", str(folder))


def write(program, command: str, project: Path) -> list[Path]:
    """Run a command, and give the folder and each file of it that carries a stamp."""
    folder = Path("out")
    option, name = PLACES.get(command, ("--out", ""))
    if command == "sweep export":
        assert program("sweep", *TWO, "-n", "8", *ours(project), "--out", "s").code == 0
        for kind in ("csv", "parquet", "nc"):
            assert program("sweep", "export", "s", "--format", kind, "--out", "out").code == 0
    else:
        done = program(*command.split(), *WRITES[command], *ours(project), option, str(folder / name))
        assert done.code == 0, done.err
    if command == "sweep run":
        return [folder]
    files = [path for path in sorted(folder.iterdir()) if path.suffix != ".toml"]
    assert any(path.suffix[1:] in STAMPED for path in files), "it wrote nothing"
    return [folder, *files]


def what_is_told(command: str) -> list[str]:
    """One change is told of a command; each of the three is of several."""
    model, scenario, data = CHANGES
    if command in OF_DATA:
        return [data]
    return [scenario if command in OF_SCENARIO else model]


STATED = {"model", "model_sha256", "scenarios_sha256", "time_step", "integrator", "sdsocec_version", "library_versions"}
SEEDED = {"calibrate", "robust", "sensitivity", "sweep export", "plot bands"}


def require_stamps(command: str, paths: list[Path]) -> None:
    """Each file says of which model, scenarios, data, seed, time step and versions it is; a picture also what drew it."""
    wanted = STATED | ({"seed"} if command in SEEDED else set())
    for path in paths[1:]:
        for stamp in read_stamps(path):
            assert wanted <= stamp.attributes.keys(), (path, wanted - stamp.attributes.keys())
            assert command not in OF_DATA or {"series_sha256", "data_sha256"} & stamp.attributes.keys()
            assert stamp.kind not in PICTURES or "matplotlib " in str(stamp.attributes["library_versions"])
            assert str(Path.cwd()) not in str(stamp.attributes), "no path of a machine"


def snapshot(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("command", WRITES)
def test_what_a_command_writes_is_equal_until_a_number_is_changed(sdsocec_program, project, changed, tmp_path, command):
    paths = write(sdsocec_program, command, project)
    require_stamps(command, paths)
    before = snapshot(tmp_path)
    done = sdsocec_program("verify", *map(str, paths), "--project", str(project))
    assert done.code == 0, done.out + done.err
    assert done.out.count("  Equal, bit for bit.\n") == len(paths), done.out
    assert snapshot(tmp_path) == before, "verify writes nothing where its user is"

    for words in what_is_told(command):
        other = changed(*CHANGES[words])
        done = sdsocec_program("verify", "out", "--project", str(other))
        assert done.code == 1, done.out + done.err
        assert words in done.out and done.out.endswith("  Not equal.\n"), done.out
        shutil.rmtree(other)
