"""Results: labelled, stamped, written.

    dataset       trajectories -> xarray.Dataset, pandas.DataFrame
    provenance    the stamp that every result carries
    stamps        that stamp, read back from a file
    stamp_formats where each format holds it
    differences   a file against what a run gives, number by number; texts and JSON in `differences_text`
    accuracy      the fixed step's error against an integrator with error control
    people        who is where, element by element of the people stocks
    flows         people by where they come from and go to, per year
    origins       the same over a span of years, from every place to every other
    shown         the outcomes of the card in the reader's language and units
    formats       CSV, XLSX, NetCDF, Vensim's .tab, as bytes
    export        files in a folder: all or nothing
    store         the blocks of a sweep: zarr, a checksum each, one process at a time
    observed      the record, with its errors
    years         what a run gives for a calendar year: mean, quarter ends, end

Start with `to_dataset`, `to_frame`, `write_results`. Imports `sdsocec.model` and `sdsocec.engine`.
"""

from .accuracy import Accuracy, measure_accuracy
from .dataset import to_dataset, to_frame
from .export import choose_folder, render_results, write_files, write_results
from .provenance import provenance

__all__ = [
    "Accuracy",
    "choose_folder",
    "measure_accuracy",
    "provenance",
    "render_results",
    "to_dataset",
    "to_frame",
    "write_files",
    "write_results",
]
