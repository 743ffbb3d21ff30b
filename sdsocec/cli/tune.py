"""`sdsocec tune`: change a constant, see the fit at once; keep, undo, compare."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdsocec.errors import ScenarioError, SdsocecError, nearest_name

from .again import as_command
from .common import (
    LanguageOption,
    ModelOption,
    ProjectOption,
    ToldStop,
    check_language,
    load,
    note,
    notice,
    print_line,
    print_table,
)

if TYPE_CHECKING:
    from sdsocec.analysis.tuning import Session

FOLDER = Path("tune")
PROMPT = "tune> "
_SETTING = re.compile(r'\s*"?([^="]+?)"?\s*=\s*"?([^\s"]+)"?[\s,;]*')


def tune(
    model: ModelOption = None,
    project: ProjectOption = None,
    do: Annotated[
        str | None, typer.Option("--do", metavar="COMMANDS", help="Do these, separated by semicolons, and stop.")
    ] = None,
    session: Annotated[
        Path | None,
        typer.Option(
            "--session",
            metavar="FILE",
            help="Where runs are kept; taken up again if it is there. Default: tune/MODEL.toml",
        ),
    ] = None,
    lang: LanguageOption = "en",
) -> None:
    """Tune by hand: set a constant, see the fit to the record and what it changed; keep, undo, compare.

    Starts a prompt; `help` lists its commands. Commands may also come from --do or a pipe: each is echoed, and a step says in
    one line what it did; `fit` shows the table. A step is never lost: the file of the session holds the kept runs and the values
    as they stand, and the next `tune` goes on from there.

    Example: sdsocec tune --model first_steps --do "set matching elasticity=0.45; fit; keep slow"
    """
    check_language(lang)
    loaded = load(model, project)
    desk = Desk(loaded, session or default_file(loaded.name), lang)
    commands = [] if do is None else do.split(";")
    for command in commands:
        desk.require(command)
    desk.greet()
    if do is not None:
        desk.follow(commands)
    elif sys.stdin.isatty():
        desk.talk()
    else:
        desk.follow(sys.stdin)


def default_file(model: str) -> Path:
    """Where the runs of a model are kept."""
    return FOLDER / f"{model}.toml"


class Desk:
    """A session with its commands, and how each shows what it did."""

    def __init__(self, loaded: object, file: Path, language: str) -> None:
        from sdsocec.analysis.tuning import Session
        from sdsocec.model.project import LoadedModel

        assert isinstance(loaded, LoadedModel)
        self.is_old = file.exists()
        self.language = language
        self.is_told = False  # commands come from elsewhere than a prompt: echo them, and say in a line what a step did
        self.session: Session = Session(loaded, file)
        self.file = file

    def greet(self) -> None:
        """Say which model, scenarios and file."""
        note(
            f"Model {self.session.model.name}; scenarios {self.session.run.fit_scenario} and {self.session.run.test_scenario}."
        )
        note(f"Kept runs are in {self.file}{', taken up again' if self.is_old else ''}.")
        for told in (*self.session.notices, *([self.session.run.notice] if self.session.run.notice else [])):
            notice(told, self.language)

    # ---- where commands come from

    def follow(self, commands: Iterable[str]) -> None:
        """Do commands one by one; the first that is wrong ends it."""
        self.is_told = True
        try:
            for command in commands:
                if command.strip():
                    print_line(f"{PROMPT}{command.strip()}")
                if not self.do(command):
                    return
        except KeyboardInterrupt:
            note(f"stopped; kept runs and the values as they stand are in {self.file}")
            raise ToldStop from None

    def talk(self) -> None:
        """Ask for commands until `quit`; a mistake is told, and asked again."""
        if self.session.settings:
            self.show("")
        self.fit("")
        print_line("Commands: " + ", ".join(self.commands) + ". Say help for more.")
        for command in self._typed():
            try:
                if not self.do(command):
                    break
            except SdsocecError as error:
                note(f"error: {error}")
            except KeyboardInterrupt:
                note("stopped; everything is as it was before this command")
        note(f"Kept runs and the values as they stand are in {self.file}. Go on: sdsocec tune{self._options()}")

    def _typed(self) -> Iterator[str]:
        import contextlib

        with contextlib.suppress(ImportError):
            import readline  # noqa: F401  arrow keys and history, where there are any
        while True:
            try:
                yield input(PROMPT)
            except EOFError:
                print_line("")
                return
            except KeyboardInterrupt:
                note("\nsay quit to leave")

    def _options(self) -> str:
        file = "" if self.file == default_file(self.session.model.name) else f" --session {self.file}"
        return f" --model {self.session.model.name}{file}"

    # ---- commands

    @property
    def commands(self) -> dict[str, Callable[[str], None]]:
        """Every command by its name, in the order of the help."""
        return {
            "set": self.set, "reset": self.reset, "show": self.show, "fit": self.fit, "plot": self.plot,
            "undo": self.undo, "redo": self.redo, "keep": self.keep, "load": self.load, "runs": self.runs,
            "compare": self.compare, "changes": self.changes, "help": self.help, "quit": self.help,
        }  # fmt: skip

    def do(self, line: str) -> bool:
        """Do one command; whether to go on."""
        line = line.strip()
        if not line or line.startswith("#"):
            return True
        word, _, rest = line.partition(" ")
        if word in ("quit", "exit"):
            return False
        self.require(line)
        self.commands[word](rest.strip())
        return True

    def require(self, line: str) -> None:
        """Raise for a command that is not there, and for a constant that cannot be set so."""
        from sdsocec.scenario import settable_of

        word, _, rest = line.strip().partition(" ")
        if word in ("", "quit", "exit") or word.startswith("#"):
            return
        if word not in self.commands:
            raise SdsocecError(
                f"there is no command '{word}'", name=word, nearest=nearest_name(word, self.commands),
                hint=f"Commands: {', '.join(self.commands)}.",
            )  # fmt: skip
        if word == "set":
            settable_of(self.session.model).read(settings_in(rest), "set")

    def set(self, rest: str) -> None:
        """NAME=VALUE ...     set constants or levers, and run"""
        from sdsocec.scenario import settable_of

        before = self.session.current_values()
        self.session.set(settable_of(self.session.model).read(settings_in(rest), "set"))
        self._stepped(before)

    def reset(self, rest: str) -> None:
        """[NAME]             give a constant, or all, the value of the .mdl again"""
        before = self.session.current_values()
        self.session.reset(*([rest] if rest else []))
        self._stepped(before)

    def show(self, rest: str) -> None:
        """[NAME]             the constants that may be tuned or are set: value, range, unit; or one"""
        from sdsocec.engine import constant_values
        from sdsocec.scenario import settable_of

        session = self.session
        names = settable_of(session.model).constants(rest) if rest else list(session.values().index)
        stored, now, done = constant_values(session.model.equations), session.current_values(), session.settings
        rows = []
        for name in names:
            low, high = (f"{limit:.6g}" if limit is not None else "" for limit in session.model.ranges[name])
            mark = "*" if name in done else ""
            rows.append((name, f"{now[name]:.8g}{mark}", f"{stored[name]:.8g}", low, high, session.unit_of(name)))
        print_table(("constant", "now (* set here)", ".mdl", "lowest", "highest", "unit"), rows, "Constants")

    def fit(self, rest: str) -> None:
        """the fit as it stands, with the change against the run before"""
        from sdsocec.report.fit_tables import misfit_line, table_of_fit

        run, before = self.session.run, self.session.before
        table = table_of_fit(run, self.session.model, self.language, before)
        print_table(table.header, table.rows, table.title, numbers_from=1)
        for line in table.notes:
            print_line(line)
        print_line(misfit_line(run, self.language, before))

    def _stepped(self, before: Mapping[str, float]) -> None:
        """What a step moved and what that did to the misfit, in a line; at the prompt also the whole fit."""
        from sdsocec.report.fit_tables import signed
        from sdsocec.report.numbers import format_number
        from sdsocec.report.texts import text

        now, run, last = self.session.current_values(), self.session.run, self.session.before
        moved = [
            f"{name}: {before[name]:.8g} -> {value:.8g}" for name, value in now.items() if before.get(name) != value
        ]
        misfit = format_number(run.misfit, self.language, decimals=3)
        change = "" if last is None else signed(run.misfit - last.misfit, self.language, 3)
        what = "; ".join(moved) or text(self.language, "tune_nothing_moved")
        print_line(text(self.language, "tune_step", what=what, misfit=misfit, change=change or "0"))
        if not self.is_told:
            self.fit("")

    def plot(self, rest: str) -> None:
        """draw fit and residuals beside the session's file, with the run before in grey"""
        from sdsocec.analysis.tuning import MDL
        from sdsocec.report.fit_figures import as_dataset, draw_fit, draw_residuals
        from sdsocec.report.frame import written_line
        from sdsocec.report.saving import render
        from sdsocec.results.export import write_files

        run, before, loaded = self.session.run, self.session.before, self.session.model
        settings = [f"{name}={value!r}" for name, value in run.settings.items()]
        against = [f"{name}={value!r}" for name, value in before.settings.items()] or [MDL] if before else []
        same = as_command("data plot", {"settings": settings, "against": against, "lang": self.language})
        stamp = as_dataset(run).assign_attrs(same)  # another command that draws the same, for `verify`
        fit, residuals = (stamp.assign_attrs(picture=name) for name in ("fit", "residuals"))
        files = render(draw_fit(run, loaded, self.language, before), f"{self.file.stem}_fit", fit)
        files |= render(draw_residuals(run, loaded, self.language), f"{self.file.stem}_residuals", residuals)
        note(written_line(write_files(self.file.parent, files), files, self.language))

    def undo(self, rest: str) -> None:
        """take the last step back"""
        before = self.session.current_values()
        self.session.undo()
        self._stepped(before)

    def redo(self, rest: str) -> None:
        """take the step again that was undone"""
        before = self.session.current_values()
        self.session.redo()
        self._stepped(before)

    def keep(self, rest: str) -> None:
        """NAME               keep the run as it stands under a name"""
        self.session.keep(rest)
        note(f"Kept '{rest}' in {self.file}")

    def load(self, rest: str) -> None:
        """NAME               go on from a kept run"""
        before = self.session.current_values()
        self.session.load(rest)
        self._stepped(before)

    def runs(self, rest: str) -> None:
        """the kept runs, and what each sets"""
        from sdsocec.analysis.tuning import MDL, NOW

        rows = []
        for name, settings in {MDL: {}, **self.session.kept, NOW: self.session.settings}.items():
            what = "; ".join(f"{constant}={value:.8g}" for constant, value in settings.items())
            rows.append((name, f"{self.session.run_of(name).misfit:.3f}", what or "nothing set"))
        print_table(("run", "misfit", "sets"), rows, "Kept runs")

    def compare(self, rest: str) -> None:
        """A B                two runs side by side: what they set, and the fit of B with its change against A"""
        from sdsocec.engine import constant_values
        from sdsocec.report.fit_tables import misfit_line, table_of_fit

        first, second = self._two(rest)
        a, b = self.session.settings_of(first), self.session.settings_of(second)
        stored = constant_values(self.session.model.equations)
        names = [name for name in dict.fromkeys([*a, *b]) if a.get(name, stored[name]) != b.get(name, stored[name])]
        rows = [
            (name, f"{a.get(name, stored[name]):.8g}", f"{b.get(name, stored[name]):.8g}", self.session.unit_of(name))
            for name in names
        ]
        print_table(("constant", first, second, "unit"), rows, f"What {first} and {second} set")
        run, before = self.session.run_of(second), self.session.run_of(first)
        table = table_of_fit(run, self.session.model, self.language, before)
        print_table(table.header, table.rows, f"{second} against {first}", numbers_from=1)
        for line in table.notes:
            print_line(line)
        print_line(misfit_line(run, self.language, before))

    def changes(self, rest: str) -> None:
        """FILE.cin           write what is set as a Vensim changes file"""
        if not rest:
            raise SdsocecError("changes needs the name of a file", hint="Write: changes FILE.cin")
        from sdsocec.report.frame import written_line

        path = self.session.changes(rest)
        note(written_line(path.parent, [path.name], self.language))

    def help(self, rest: str) -> None:
        """this list"""
        for name, command in self.commands.items():
            what = "                   leave (so does the end of a pipe)" if name == "quit" else str(command.__doc__)
            print_line(f"  {name:8} {what}")

    def _two(self, rest: str) -> tuple[str, str]:
        """Two names of runs, which may hold blanks."""
        words = rest.split(" ")
        known = {*self.session.kept, "now", "mdl", "before"}
        for i in range(1, len(words)):
            first, second = " ".join(words[:i]).strip(), " ".join(words[i:]).strip()
            if first in known and second in known:
                return first, second
        if len(words) == 2:
            return words[0], words[1]
        raise SdsocecError("compare needs the names of two runs", hint="Write: compare A B; `runs` lists them.")


def settings_in(rest: str) -> list[str]:
    """The settings of a line, `NAME=VALUE` each; names may hold blanks.

    >>> settings_in("tau long=1.5 wage[low] = 2, share=0.1")
    ['tau long=1.5', 'wage[low]=2', 'share=0.1']
    """
    found, at = [], 0
    while at < len(rest):
        match = _SETTING.match(rest, at)
        if match is None:
            raise ScenarioError(f"'{rest[at:].strip()}' is not a setting", hint="Write: set NAME=VALUE")
        found.append(f"{match[1].strip()}={match[2].rstrip(',')}")
        at = match.end()
    if not found:
        raise ScenarioError("set needs a name and a value", hint="Write: set NAME=VALUE")
    return found
