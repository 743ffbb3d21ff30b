"""The files of a result made again, each when it is asked for, for `verify` to compare what was written with."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sdsocec.api import ScenarioRuns
from sdsocec.results.export import render_results
from sdsocec.results.formats import DataTable, csv_table, nc_files, tab_files, with_place, xlsx_files
from sdsocec.results.shown import plain_attributes

if TYPE_CHECKING:
    import xarray as xr

    from sdsocec.results.flows import PeopleFlows

OVERVIEW = "overview"
# What cannot change a number or a text of a result, and is compared by itself.
_LENT = (
    "model_file", "model_sha256", "card_sha256", "design_sha256", "data_sha256", "sdsocec_version", "library_versions",
    "time_step_error", "time_step_error_meaning", "outcomes_sha256",
)  # fmt: skip


class Remade:
    """The files of runs.

    Hashes and versions in them are lent from the stamp of what they are compared with, so that a file is the same to the byte if
    its numbers and texts are.

    Attributes
    ----------
    attributes : dict
        The stamp of the runs themselves.
    """

    def __init__(self, runs: ScenarioRuns, stamped: Mapping[str, Any]) -> None:
        self.runs, self.model = runs, runs.model
        self.dataset: xr.Dataset = runs.dataset()
        self.attributes = plain_attributes(self.dataset)
        self.dataset.attrs = _lent(self.attributes, stamped)

    def csv(self, stem: str, language: str) -> bytes | None:
        """The CSV file of this name; None if no result has such a file."""
        if stem == "outcomes":
            return render_results(self.dataset, self.model, ["csv"], language)["outcomes.csv"]
        table = self._tables(language).get(stem) or self._account(language).get(stem)
        return None if table is None else csv_table(with_place(table, self.dataset, language), language)

    def xlsx(self, sheets: Collection[str], language: str) -> bytes:
        """The workbook, of the sheets named those that a result has."""
        known = self._tables(language)
        if not set(sheets) <= {*known, "outcomes", "provenance"}:
            known = known | self._account(language)
        chosen = [table for name, table in known.items() if name in sheets and table.is_for_sheets]
        return xlsx_files(self.dataset, self.model, language, chosen)["outcomes.xlsx"]

    @cached_property
    def tabs(self) -> dict[str, bytes]:
        """The .tab files by name."""
        return tab_files(self.dataset, self.model, "en")

    @cached_property
    def nc(self) -> bytes:
        """`results.nc`."""
        return nc_files(self.dataset, self.model, "en")["results.nc"]

    def overview(self, kind: str, language: str) -> bytes:
        """The overview figure."""
        from .figures import draw_overview
        from .saving import render

        return render(draw_overview(self.dataset, self.model, language), OVERVIEW, self.dataset, (kind,))[
            f"{OVERVIEW}.{kind}"
        ]

    def _tables(self, language: str) -> dict[str, DataTable]:
        """Tables beside the outcomes, in the order of their sheets."""
        from .comparison import comparison_data
        from .costs import cost_data
        from .people import people_data

        errors = self.runs.difference_errors(self.model.card.baseline)
        costs = cost_data(self.dataset, self.model, language, errors)
        found = [people_data(self.dataset, self.model, language), costs]
        if len(self.runs.scenarios) > 1:
            found.append(comparison_data(self.dataset, self.model, language))
        return {table.name: table for table in found if table is not None}

    def _account(self, language: str) -> dict[str, DataTable]:
        from .flows import flow_data

        if self._flows is None:
            return {}
        names = [scenario.name for scenario in self.runs.scenarios]
        return {table.name: table for table in flow_data(self._flows, self.model, names, language)}

    @cached_property
    def _flows(self) -> PeopleFlows | None:
        from sdsocec.results.flows import measure_flows

        if not self.model.card.people_flows or self.runs.run.integrator != "euler":
            return None
        names = [scenario.name for scenario in self.runs.scenarios]
        share = self.runs.profile.share if self.runs.profile is not None else 1.0
        return measure_flows(self.model, self.runs.design, self.runs.run, names, share)


def _lent(own: Mapping[str, Any], stamped: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of the runs, in the order of the stamp, with what is lent from there."""
    found = dict(own)
    for key in _LENT:
        if key in own and type(own[key]) is type(stamped.get(key)):
            found[key] = stamped[key]
    names = _names(own.get("scenarios_sha256"))
    if names and names == _names(stamped.get("scenarios_sha256")):
        found["scenarios_sha256"] = stamped["scenarios_sha256"]
    return {key: found[key] for key in (*(k for k in stamped if k in found), *(k for k in found if k not in stamped))}


def _names(digests: Any) -> list[str]:
    try:
        known = json.loads(str(digests))
    except ValueError:
        return []
    return list(known) if isinstance(known, dict) else []
