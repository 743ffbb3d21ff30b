"""Tuning by hand: change a constant, see at once what the fit to the record gains or loses; keep, undo, compare.

    session = Session("first_steps")                 # runs the model beside its observed series
    session.set({"matching elasticity": 0.45})       # runs it anew; the fit, with the change against the last run
    session.keep("slow market")
    session.undo()
    session.compare("mdl", "slow market")
    session.plot()

A session with a file saves the runs that were kept and the values it stands at after every step, and goes on from there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdsocec.engine import constant_values
from sdsocec.errors import Fault, ProjectError, ScenarioError, SdsocecError, nearest_name
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.project import LoadedModel, as_loaded
from sdsocec.model.toml import FileModel, TomlFile
from sdsocec.results.export import write_files
from sdsocec.scenario import load_scenario, settable_of
from sdsocec.scenario.changes import changes_text

from .fit import FitRow, RecordRun, fit_table, run_against_record

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

NOW, BEFORE, MDL = "now", "before", "mdl"  # runs that need not be kept: as it stands, the last one before, nothing set
_NAME = re.compile(r"\w[\w .+-]{0,59}")
STATISTICS = ("mape", "rmse", "r2", "bias", "variation", "covariation")
Settings = dict[str, float]


class SessionFile(FileModel):
    """What a session's file holds."""

    model: str
    model_sha256: str
    now: dict[str, float] = {}
    runs: dict[str, dict[str, float]] = {}


class Session:
    """A model that is tuned by hand.

    Attributes
    ----------
    model : LoadedModel
    file : Path or None
        Where the kept runs are saved; taken up again if it is there.
    notices : list of str
        What the person should know about the file that was taken up.
    """

    def __init__(self, model: LoadedModel | str | Path | None = None, file: str | Path | None = None) -> None:
        """Run the model as it stands, or as its file was left.

        Raises
        ------
        DataError
            The card lists no observed series, or their files are wrong.
        ProjectError, ScenarioError
            The file is of another model, or sets what this model has not.
        """
        self.model = as_loaded(model)
        self.file = None if file is None else Path(file)
        self.notices: list[str] = []
        self._kept: dict[str, Settings] = {}
        self._known: dict[tuple[tuple[str, float], ...], RecordRun] = {}
        start: Settings = {}
        if self.file is not None and self.file.exists():
            start = self._take_up(self.file)
        self._history = [start]
        self._at = 0
        self._last: Settings | None = None
        self._run(start)

    @property
    def settings(self) -> Settings:
        """The constants that are set now."""
        return dict(self._history[self._at])

    @property
    def run(self) -> RecordRun:
        """The run as it stands."""
        return self._run(self._history[self._at])

    @property
    def before(self) -> RecordRun | None:
        """The run before the last step; None at the start."""
        return None if self._last is None else self._run(self._last)

    @property
    def kept(self) -> dict[str, Settings]:
        """The runs that were kept, by name, with what they set."""
        return {name: dict(settings) for name, settings in self._kept.items()}

    def set(self, settings: Mapping[str, Any]) -> pd.DataFrame:
        """Set constants on top of those set already, and run.

        Parameters
        ----------
        settings : dict
            Constants, levers or aliases by name, in the model's units.

        Returns
        -------
        DataFrame
            As `fit`.

        Raises
        ------
        ScenarioError
            A name or a value is wrong. Everything is as it was.
        RunError
            The model has no equilibrium there, or a number is not finite. Everything is as it was.
        """
        return self._step({**self.settings, **settable_of(self.model).check(settings)})

    def reset(self, *names: str) -> pd.DataFrame:
        """Give constants their values of the .mdl again; all of them if none is named."""
        settable = settable_of(self.model)
        gone = {constant for name in names for constant in settable.constants(name)} if names else set(self.settings)
        return self._step({name: value for name, value in self.settings.items() if name not in gone})

    def load(self, name: str) -> pd.DataFrame:
        """Go on from a kept run (or "mdl")."""
        return self._step(self.settings_of(name))

    def undo(self) -> pd.DataFrame:
        """Take the last step back; SdsocecError if there is none."""
        return self._move(-1, "there is nothing to undo")

    def redo(self) -> pd.DataFrame:
        """Take the step again that was undone; SdsocecError if there is none."""
        return self._move(1, "there is nothing to redo")

    def keep(self, name: str) -> None:
        """Keep the run as it stands under a name; an earlier one of that name is replaced."""
        if not _NAME.fullmatch(name) or name in (NOW, BEFORE, MDL):
            raise SdsocecError(
                f"a run cannot be called '{name}'", name=name,
                hint=f"Use letters, digits, blanks and . + - _; the names {NOW}, {BEFORE} and {MDL} are taken.",
            )  # fmt: skip
        self._kept[name] = self.settings
        self._save()

    def settings_of(self, name: str) -> Settings:
        """What a run sets: a kept one, "now", "before" (the last step) or "mdl" (nothing)."""
        if name == NOW:
            return self.settings
        if name == MDL:
            return {}
        if name == BEFORE and self._last is not None:
            return dict(self._last)
        if name not in self._kept:
            own = [NOW, MDL, *([BEFORE] if self._last is not None else [])]
            raise SdsocecError(
                f"no run is called '{name}'", name=name, nearest=nearest_name(name, [*self._kept, *own]),
                hint=f"Runs: {', '.join([*self._kept, *own])}.",
            )  # fmt: skip
        return dict(self._kept[name])

    def run_of(self, name: str) -> RecordRun:
        """A run by its name, as `settings_of`."""
        return self._run(self.settings_of(name))

    def rows(self) -> tuple[FitRow, ...]:
        """The fit as it stands, a row a series and role."""
        return fit_table(self.run)

    def fit(self) -> pd.DataFrame:
        """The fit as it stands, and how it changed with the last step.

        Returns
        -------
        DataFrame
            A row a series and role (fit or test years): `n` years compared, then each of mape (share), rmse (the variable's
            unit), r2 and Theil's shares of the mean squared error (bias, variation, covariation), with `<name> change`
            against the run before; NaN where there is none.
        """
        import pandas as pd

        rows = fit_table(self.run)
        earlier = _by_place(fit_table(self.before)) if self.before is not None else {}
        columns: dict[str, list[float]] = {"n": [row.n for row in rows]}
        for statistic in STATISTICS:
            now = [_value(row, statistic) for row in rows]
            then = [_value(earlier.get((row.series, row.role)), statistic) for row in rows]
            columns[statistic] = now
            columns[f"{statistic} change"] = [a - b for a, b in zip(now, then, strict=True)]
        return pd.DataFrame(columns, index=_index(rows))

    def compare(self, *names: str) -> pd.DataFrame:
        """Runs side by side: the mape and the rmse of each series and role; all kept runs and the one now if none is named."""
        import pandas as pd

        chosen = list(names) or [*self._kept, NOW]
        tables = {name: fit_table(self.run_of(name)) for name in chosen}
        columns = {
            (statistic, name): [_value(row, statistic) for row in rows]
            for statistic in ("mape", "rmse")
            for name, rows in tables.items()
        }
        return pd.DataFrame(columns, index=_index(next(iter(tables.values()))))

    def values(self) -> pd.DataFrame:
        """What may be turned and what was: the card's free constants and all that are set, with unit and range."""
        import pandas as pd

        stored, now = constant_values(self.model.equations), self.current_values()
        card = self.model.card.calibration
        settable = settable_of(self.model)
        free = [constant for name in (card.free if card else ()) for constant in settable.constants(name)]
        names = list(dict.fromkeys([*free, *self.settings]))
        limits = [self.model.ranges[name] for name in names]
        return pd.DataFrame(
            {
                "mdl": [stored[name] for name in names],
                "now": [now[name] for name in names],
                "lowest": [low for low, _ in limits],
                "highest": [high for _, high in limits],
                "unit": [self.unit_of(name) for name in names],
            },
            index=pd.Index(names, name="constant"),
        )

    def current_values(self) -> Settings:
        """Every constant of the model in the calibration scenario, with what is set."""
        card = self.model.card.calibration
        scenario = load_scenario(card.scenario, self.model).values if card and card.scenario else {}
        return constant_values(self.model.equations) | scenario | self.settings

    def unit_of(self, constant: str) -> str:
        """The unit of a constant element."""
        return self.model.equations.variables[name_key(split_element_name(constant)[0])].unit

    def changes(self, path: str | Path) -> Path:
        """Write what is set as a Vensim changes file (.cin): lines `name = value`."""
        path = Path(path)
        if path.suffix.lower() != ".cin":
            raise SdsocecError(f"'{path}' is no name of a changes file", path=path, hint="Let it end in .cin.")
        return write_files(path.parent, {path.name: changes_text(self.settings).encode()}) / path.name

    def plot(self, language: str = "en") -> Figure:
        """The observed series against the run as it stands, and the run before the last step in grey."""
        from sdsocec.report.fit_figures import draw_fit

        return draw_fit(self.run, self.model, language, before=self.before)

    def _run(self, settings: Settings) -> RecordRun:
        key = tuple(sorted(settings.items()))
        if key not in self._known:
            self._known[key] = run_against_record(self.model, settings)
        return self._known[key]

    def _step(self, settings: Settings) -> pd.DataFrame:
        self._run(settings)  # first: if it fails, or is stopped, everything is as it was
        self._last = self.settings
        self._history = [*self._history[: self._at + 1], settings]
        self._at += 1
        self._save()
        return self.fit()

    def _move(self, by: int, refusal: str) -> pd.DataFrame:
        if not 0 <= self._at + by < len(self._history):
            raise SdsocecError(refusal)
        self._run(self._history[self._at + by])
        self._last = self.settings
        self._at += by
        self._save()
        return self.fit()

    def _save(self) -> None:
        if self.file is not None:
            write_files(self.file.parent, {self.file.name: self._text().encode()})

    def _text(self) -> str:
        lines = [
            f"# Values tried by hand. Go on: sdsocec tune --model {self.model.name}",
            f"model = {_quoted(self.model.name)}",
            f"model_sha256 = {_quoted(self.model.equations.file_sha256)}",
            "\n[now]",
            *(_setting(*item) for item in self.settings.items()),
        ]
        for name, settings in self._kept.items():
            lines += [f"\n[runs.{_quoted(name)}]", *(_setting(*item) for item in settings.items())]
        return "\n".join(lines) + "\n"

    def _take_up(self, path: Path) -> Settings:
        """Read the file; what it stands at."""
        file = TomlFile(path, ProjectError)
        found = file.read(SessionFile)
        if found.model != self.model.name:
            raise ProjectError(
                file.fault(
                    f"this session is of the model '{found.model}', not of '{self.model.name}'", ("model",),
                    hint="Go on with that model, or name another file: --session FILE",
                )
            )  # fmt: skip
        faults: list[Fault] = []
        sections = [("now", found.now), *((name, settings) for name, settings in found.runs.items())]
        for i, (name, settings) in enumerate(sections):
            for constant, value in settings.items():
                try:
                    settable_of(self.model).check({constant: value})
                except ScenarioError as error:
                    place = ("now", constant) if i == 0 else ("runs", name, constant)
                    faults += [
                        file.fault(f.what, place, name=f.name, nearest=f.nearest, hint=f.hint) for f in error.faults
                    ]
        if faults:
            raise ScenarioError(faults)
        self._kept = {name: dict(settings) for name, settings in found.runs.items()}
        if found.model_sha256 != self.model.equations.file_sha256:
            self.notices.append(f"the .mdl has changed since {path} was written; its runs are run with the new one")
        return dict(found.now)


def _by_place(rows: tuple[FitRow, ...]) -> dict[tuple[str, str], FitRow]:
    return {(row.series, row.role): row for row in rows}


def _value(row: FitRow | None, statistic: str) -> float:
    return float("nan") if row is None or row.statistics is None else float(getattr(row.statistics, statistic))


def _index(rows: tuple[FitRow, ...]) -> pd.MultiIndex:
    import pandas as pd

    return pd.MultiIndex.from_tuples([(row.series, row.role) for row in rows], names=["series", "years"])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _setting(name: str, value: float) -> str:
    return f"{_quoted(name)} = {float(value)!r}"
