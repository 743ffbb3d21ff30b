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


class Series(FileModel):
    """An observed series: its files, the variable that it observes, how exact it is, what it is for.

    `unit` is how every unit in the files must start; `factor` brings it to the variable's. The standard error is `error`, in the
    variable's unit, or `relative_error`, a share of the value. `driven` says that what drives the variable after the years to fit
    is data too (a table made from the record): its test years show a conditional fit and no forecast.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9_ -]+$")
    label: Text
    variable: str
    at: Literal["mean", "end"]
    parts: tuple[SeriesPart, ...] = Field(alias="part", strict=False, min_length=1)
    unit: str
    factor: float = Field(default=1.0, allow_inf_nan=False)
    error: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    relative_error: float | None = Field(default=None, gt=0, le=1)
    source: str = Field(min_length=1)
    fit: Span | None = Field(default=None, strict=False)
    test: Span | None = Field(default=None, strict=False)
    gaps: bool = False
    driven: bool = False

    @model_validator(mode="after")
    def _one_error(self) -> Series:
        if (self.error is None) == (self.relative_error is None):
            raise ValueError("give 'error' (in the variable's unit) or 'relative_error' (a share), one of the two")
        for span in (self.fit, self.test, *(part.years for part in self.parts)):
            if span is not None and span[0] > span[1]:
                raise ValueError(f"the years {span[0]} to {span[1]} are in the wrong order")
        return self


class Calibration(FileModel):
    """What may be fitted: constants with closed ranges in the .mdl, in which scenario, and the scenario of the test years."""

    free: tuple[str, ...] = Field(strict=False, min_length=1)
    scenario: str | None = None
    test_scenario: str | None = None
