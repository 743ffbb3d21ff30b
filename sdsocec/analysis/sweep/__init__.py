"""Sweeps: an experiment of any number of rows, run in blocks and stored in a folder, so that it can stop and go on.

    design    design.toml: everything that a sweep's numbers depend on
    plan      what is asked for, by default or as the folder has it
    running   blocks, run and stored; the public function
    reading   a sweep as it is in its folder

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> found = sweep("first_steps", ["baseline", "regulier"], n=64, outcomes=["unemployed"], out=f"{folder.name}/a")
    >>> found.values("unemployed", "regulier").shape == (64, len(found.times))
    True

Start with `sweep`, `open_sweep`, `Sweep`. The store is `sdsocec.results.store`, designs are `sdsocec.scenario.sampling`.
"""

from .plan import Asked
from .reading import Sweep, open_sweep
from .running import sweep

__all__ = ["Asked", "Sweep", "open_sweep", "sweep"]
