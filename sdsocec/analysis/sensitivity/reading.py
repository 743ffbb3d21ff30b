"""The runs read in each way: every question is asked of the same runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sdsocec.analysis.experiment import Experiment

from .design import Sample
from .indices import indices_of, together
from .modes import MODES, UNKNOWN, behaviour_modes
from .policy import Ranking, best_of
from .result import Modes, Part

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """The runs, shape (n_rows, n_scenarios, n_times, n_outputs); `reference` has no rows: the scenarios as they are."""

    experiment: Experiment
    sample: Sample
    runs: Floats
    reference: Floats
    seed: int
    confidence: float
    tolerance: float

    @cached_property
    def scale(self) -> Floats:
        """The largest size of each outcome in the reference runs and in all others, shape (n_outputs,)."""
        known = np.abs(np.where(np.isfinite(self.runs), self.runs, 0.0)).max(axis=(0, 1, 2), initial=0.0)
        return np.asarray(np.maximum(known, np.abs(self.reference).max(axis=(0, 1))))

    def _names(self) -> tuple[str, ...]:
        return tuple(scenario.name for scenario in self.experiment.scenarios)

    def _part(
        self, kind: str, values: Floats, scale: Floats, scenarios: tuple[str, ...], times: tuple[float, ...],
        outcomes: tuple[str, ...],
    ) -> Part:  # fmt: skip
        """`values` has the shape (n_rows, n_scenarios, n_times, n_outcomes)."""
        at_end = np.zeros(values.shape[2:], dtype=bool)
        at_end[-1] = True
        # Scenario by scenario: in a matrix product the last bits of a column depend on its place.
        found = [
            indices_of(
                self.sample, values[:, s], scale, is_event=kind in ("mode", "ranking"), with_interval=at_end,
                confidence=self.confidence, tolerance=self.tolerance, seed=self.seed,
            )
            for s in range(values.shape[1])
        ]  # fmt: skip
        return Part(kind, scenarios, times, outcomes, together(found))

    def numerical(self) -> Part:
        return self._part(
            "numerical", self.runs, self.scale, self._names(), self.experiment.times, self.experiment.outputs
        )

    def modes(self, start: int) -> tuple[Modes, Part]:
        found = behaviour_modes(np.moveaxis(self.runs[:, :, start:], 2, -1))
        reference = behaviour_modes(np.moveaxis(self.reference[:, start:], 1, -1))
        known = (found != UNKNOWN).sum(axis=0)
        counts = np.stack([(found == code).sum(axis=0) for code in range(len(MODES))], axis=-1)
        shares = np.divide(
            counts,
            known[..., None],
            out=np.full(counts.shape, np.nan),
            where=np.broadcast_to(known[..., None] > 0, counts.shape),
        )
        leaves = np.where(found == UNKNOWN, np.nan, found != reference)
        times = (self.experiment.times[-1],)
        part = self._part("mode", leaves[:, :, None], np.ones(1), self._names(), times, self.experiment.outputs)
        return Modes(self.experiment.times[start], reference, shares), part

    def policy(self, baseline: str) -> Part:
        names = self._names()
        base = names.index(baseline)
        others = [i for i in range(len(names)) if i != base]
        values = self.runs[:, others] - self.runs[:, [base]]
        return self._part(
            "policy",
            values,
            self.scale,
            tuple(names[i] for i in others),
            self.experiment.times,
            self.experiment.outputs,
        )

    def ranking(self, directions: Mapping[str, str]) -> tuple[Ranking, Part]:
        names, outcomes = self._names(), tuple(directions)
        columns = [self.experiment.outputs.index(name) for name in outcomes]
        signs = np.array([1.0 if directions[name] == "higher" else -1.0 for name in outcomes])
        best = best_of(self.runs[:, :, -1, columns], signs, _sizes(self.runs, columns))
        reference = self.reference[None]
        reference = best_of(reference[:, :, -1, columns], signs, _sizes(reference, columns))[0]
        is_known = best.any(axis=1)
        changes = np.where(is_known, ~(best & reference).any(axis=1), np.nan)
        n_known = np.maximum(is_known.sum(axis=0), 1)
        changed = np.where(is_known.any(axis=0), np.nansum(changes, axis=0) / n_known, np.nan)
        ranking = Ranking(
            outcomes, tuple(tuple(n for n, is_best in zip(names, column, strict=True) if is_best) for column in reference.T),
            (best.sum(axis=0) / n_known).T, changed,
        )  # fmt: skip
        part = self._part("ranking", changes[:, None, None], np.ones(1), ("",), (self.experiment.times[-1],), outcomes)
        return ranking, part


def _sizes(runs: Floats, columns: list[int]) -> Floats:
    """The largest size of outcomes in each row, over scenarios and times, shape (n_rows, 1, n_columns): not that of all rows."""
    found = [np.abs(runs[..., k]).max(axis=(1, 2)) for k in columns]
    return np.asarray(np.nan_to_num(np.stack(found, axis=-1), posinf=0.0)[:, None])
