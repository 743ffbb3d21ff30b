"""Results: labelled, stamped, written.

    dataset       trajectories -> xarray.Dataset, pandas.DataFrame
    provenance    the stamp that every result carries
    accuracy      the fixed step's error against an integrator with error control
    export        CSV, XLSX, NetCDF, Vensim's .tab; all or nothing

Start with `to_dataset`, `to_frame`, `write_results`. Imports `sdsocec.model` and `sdsocec.engine`.
"""

from .accuracy import Accuracy, measure_accuracy
from .dataset import to_dataset, to_frame
from .provenance import provenance

__all__ = ["Accuracy", "measure_accuracy", "provenance", "to_dataset", "to_frame"]
