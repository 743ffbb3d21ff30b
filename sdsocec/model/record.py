"""The card's sections on the record: `[[series]]`, what was observed, and `[calibration]`, what may be fitted to it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from .toml import FileModel, Text

Span = tuple[int, int]


class SeriesPart(FileModel):
    """Years of one file of the model's `data/`, first and last."""

    file: str = Field(pattern=r"^[A-Za-z0-9_.-]+\.csv$")
    years: Span = Field(strict=False)
    source: Text | None = None


class Break(FileModel):
    """The first year of another definition or method, and what changes there."""

    year: int
    what: Text


Moment = Literal["mean", "quarter ends", "end"]
TestKind = Literal["input", "conditional", "forecast"]


class Series(FileModel):
    """An observed series: its files, the variable that it observes, how exact it is, what it is for.

    `at` says when a year is observed: its mean, the mean of its four quarter ends, or its end. `unit` is the unit in the files,
    whole or up to the first comma; `factor` brings it to the variable's. The standard error is `error`, in the variable's unit,
    or `relative_error`, a share of the value. `source` is printed below figures (a part may have its own), `note` says how exact
    the series is and why.

    `test_kind` says what agreement in the test years is worth. input: the model is given the same figures, so it is none.
    conditional: what drives the variable is observed. forecast: nothing of those years but policy is.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9_ -]+$")
    label: Text
    variable: str
    at: Moment
    parts: tuple[SeriesPart, ...] = Field(alias="part", strict=False, min_length=1)
    unit: str = Field(min_length=1)
    factor: float = Field(default=1.0, allow_inf_nan=False)
    error: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    relative_error: float | None = Field(default=None, gt=0, le=1)
    source: Text
    note: Text | None = None
    breaks: tuple[Break, ...] = Field(default=(), alias="break", strict=False)
    fit: Span | None = Field(default=None, strict=False)
    test: Span | None = Field(default=None, strict=False)
    test_kind: TestKind | None = None
    gaps: bool = False

    @model_validator(mode="after")
    def _one_error(self) -> Series:
        if (self.error is None) == (self.relative_error is None):
            raise ValueError("give 'error' (in the variable's unit) or 'relative_error' (a share), one of the two")
        return self

    @model_validator(mode="after")
    def _years(self) -> Series:
        for span in (self.fit, self.test, *(part.years for part in self.parts)):
            if span is not None and span[0] > span[1]:
                raise ValueError(f"the years {span[0]} to {span[1]} are in the wrong order")
        if self.fit and self.test and self.fit[0] <= self.test[1] and self.test[0] <= self.fit[1]:
            first, last = max(self.fit[0], self.test[0]), min(self.fit[1], self.test[1])
            years = f"{first} is a year" if first == last else f"{first} to {last} are years"
            raise ValueError(f"{years} to fit and to test; a year that was fitted tests nothing")
        if (self.test is None) != (self.test_kind is None):
            raise ValueError(
                "'test' and 'test_kind' go together: what is agreement in the test years worth? "
                '"input", "conditional" or "forecast"'
            )
        return self


class Calibration(FileModel):
    """What may be fitted: constants with closed ranges in the .mdl, in which scenario, and the scenario of the test years."""

    free: tuple[str, ...] = Field(strict=False, min_length=1)
    scenario: str | None = None
    test_scenario: str | None = None
