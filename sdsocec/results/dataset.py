"""Trajectories as labelled data: an `xarray.Dataset` with the model's own names, units and documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.engine.trajectories import Trajectories
from sdsocec.errors import ModelError, SdsocecError
from sdsocec.model.ir import Model, Variable
from sdsocec.model.names import name_key, split_element_name

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def to_dataset(
    model: Model, trajectories: Trajectories, run_names: Sequence[Any], run_dim: str, attributes: Mapping[str, Any]
) -> xr.Dataset:
    """Label trajectories.

    Returns
    -------
    xarray.Dataset
        A variable for each variable of the model that was saved, dims (`run_dim`, time, subscript ranges), with `units` and
        `long_name`; an element that was not saved or has no equation is NaN. `attributes` become the Dataset's.
    """
    import xarray as xr

    positions: dict[str, list[int]] = {}
    for position, name in enumerate(trajectories.names):
        positions.setdefault(name_key(split_element_name(name)[0]), []).append(position)
    data: dict[str, Any] = {}
    used: dict[str, list[str]] = {}
    for key, columns in positions.items():
        variable = model.variables[key]
        if variable.name in (run_dim, "time", "is_finite"):
            raise ModelError(
                f"'{variable.name}' is the name of a dimension of results",
                path=model.path,
                line=variable.line,
                hint="Rename the variable.",
            )
        ranges = [model.shown[d] for d in variable.dimensions]
        for dimension, shown in zip(variable.dimensions, ranges, strict=True):
            used[shown] = [model.shown[e] for e in model.ranges[dimension]]
        values = _values(model, variable, trajectories, columns)
        data[variable.name] = ((run_dim, "time", *ranges), values, _attributes(variable))
    time_unit = next((v.unit for k, v in model.variables.items() if k == "time step"), "")
    coordinates = {
        run_dim: list(run_names),
        "time": ("time", trajectories.times, {"units": time_unit, "long_name": "Time"}),
        **used,
    }
    return xr.Dataset(data, coordinates, dict(attributes))


def _values(model: Model, variable: Variable, trajectories: Trajectories, columns: list[int]) -> NDArray[np.float64]:
    n_runs, n_times, _ = trajectories.values.shape
    if not variable.dimensions:
        return trajectories.values[:, :, columns[0]]
    shape = tuple(len(model.ranges[d]) for d in variable.dimensions)
    whole = np.full((n_runs, n_times, *shape), np.nan)
    for column in columns:
        _, elements = split_element_name(trajectories.names[column])
        place = [model.ranges[d].index(name_key(e)) for d, e in zip(variable.dimensions, elements, strict=True)]
        whole[(slice(None), slice(None), *place)] = trajectories.values[:, :, column]  # type: ignore[index]
    return whole


def _attributes(variable: Variable) -> dict[str, Any]:
    return {"units": variable.unit, "long_name": variable.documentation or variable.name, "kind": variable.kind}


def to_frame(dataset: xr.Dataset, run: Any = None) -> pd.DataFrame:
    """One run as PySD gives it: index time, a column per `variable` or `variable[element]`.

    `run` is a name (or number) of the run dimension; it may be left out where there is only one.
    """
    import itertools

    import pandas as pd

    run_dim = next(str(d) for d in dataset.dims if d in ("scenario", "run"))
    if run is None:
        if dataset.sizes[run_dim] != 1:
            raise SdsocecError(f"which {run_dim}? One of: {', '.join(map(str, dataset[run_dim].values))}")
        run = dataset[run_dim].values[0]
    one = dataset.sel({run_dim: run})
    columns: dict[str, Any] = {}
    for name, array in one.data_vars.items():
        ranges = [str(d) for d in array.dims if d != "time"]
        for elements in itertools.product(*(array[d].values for d in ranges)):
            label = f"{name}[{','.join(map(str, elements))}]" if elements else str(name)
            columns[label] = array.sel(dict(zip(ranges, elements, strict=True))).values
    return pd.DataFrame(columns, index=pd.Index(one["time"].values, name="time"))
