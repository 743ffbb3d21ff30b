"""PySD: the reference engine. Slow and complete; what native is compared with, and what runs the models that native cannot.

PySD writes a Python file and loads it, and text of a .mdl could break out into that code. So the file is never handed to
`pysd.read_vensim`: PySD's own abstract model is taken, every name in it is replaced by one of ours (`v12`, `d3`, `e7`),
units and documentation are blanked, models that name further files are refused, and the Python file is written to a private
folder that is removed after loading. Generated code thus holds nothing that the modeller wrote but numbers.
"""

from __future__ import annotations

import dataclasses
import itertools
import tempfile
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from sdsocec.errors import DesignError, ModelError, RunError, SdsocecError, UnsupportedConstruct
from sdsocec.model.ir import TIME, Model
from sdsocec.model.names import name_key, split_element_name
from sdsocec.model.reader import parse_abstract
from sdsocec.model.source import read_bytes

from .compiler import constant_values
from .design import Design
from .trajectories import CONTROLS, Clock, Trajectories, check_design, check_outputs

_READS_FILES = ("GetDataStructure", "GetLookupsStructure", "GetConstantsStructure", "DataStructure")


def run_pysd(
    model: Model,
    design: Design,
    outputs: Iterable[str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Trajectories:
    """Run a design with PySD, Euler; the arguments are those of `run_native`."""
    constants = constant_values(model)
    check_design(constants, design)
    reference = Reference(model)
    names = tuple(outputs) if outputs is not None else tuple(all_element_names(model))
    check_outputs(all_element_names(model), names)
    runs: list[Any] = []
    clock: Clock | None = None
    for row in range(design.n_runs):
        setting = dict(zip(design.names, map(float, design.values[row]), strict=True))
        last = clock
        clock, values = reference.run({**constants, **setting}, set(setting), names)
        if last not in (None, clock):
            raise DesignError("the runs of this design have different times; they must share one time axis")
        runs.append(values)
        if progress is not None:
            progress(1)
    assert clock is not None, "a design has at least one run"
    return Trajectories(names, clock.saved, np.array(runs), clock.dt)


def all_element_names(model: Model) -> list[str]:
    """Every element of every variable that has a number, in the order of the file."""
    return [name for v in model.variables.values() if v.kind != "lookup" for name in model.element_names(v)]


class Reference:
    """One model built and loaded by PySD under our names.

    `remember` = False leaves PySD's lookups and constants as slow as they are, for benchmarks.
    """

    def __init__(self, model: Model, remember: bool = True) -> None:
        import pysd
        from pysd.builders.python.python_model_builder import ModelBuilder

        abstract = parse_abstract(read_bytes(model.path), model.path)
        self.model = model
        self.names = _Names(abstract.sections[0], [s.name for s in abstract.sections[1:]])
        with tempfile.TemporaryDirectory(prefix="sdsocec-") as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for number, section in enumerate(abstract.sections):
                names = self.names if number == 0 else _Names(section, self.names.macros)
                _rename_section(section, names, Path(folder), number, model.path)
            try:
                path = ModelBuilder(abstract).build_model()
                self.pysd = pysd.load(str(path), initialize=True)
                if remember:
                    _remember_lookups(self.pysd)
                    self._remember_constants()
            except Exception as error:  # PySD raises whatever its generated code does
                raise ModelError(
                    f"PySD cannot build this model: {type(error).__name__}", path=model.path, hint=_first_line(error)
                ) from None

    def run(self, values: dict[str, float], changed: set[str], outputs: tuple[str, ...]) -> tuple[Clock, Any]:
        """The clock and the values, shape (n_times, n_outputs), of one run."""
        wanted = {self.names.variable(split_element_name(name)[0]) for name in outputs}
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                self.pysd.set_components(self._settings(values, changed))
                for name in changed:
                    if name.upper() in CONTROLS:
                        # a run takes INITIAL TIME from the generated module, the others from its clock
                        self.pysd.components._control_vars[_control(name)] = lambda value=values[name]: value
                        self.pysd.time.set_control_vars(**{_control(name): values[name]})
                time = self.pysd.time
                controls = {name: float(getattr(time, _control(name))()) for name in CONTROLS}
                clock = Clock.of(self.model, controls)
                # PySD's own flattening picks each element of each saved time by its label: a third of a run
                frame = self.pysd.run(return_columns=sorted(wanted), flatten_output=False)
            except RecursionError:
                raise ModelError(
                    "PySD cannot order these equations: a variable needs another element of itself",
                    path=self.model.path,
                ) from None
            except SdsocecError:
                raise
            except Exception as error:
                raise RunError(
                    f"PySD stopped: {type(error).__name__}: {_first_line(error)}", path=self.model.path
                ) from None
        saved = {column: _Saved.of(frame[column].to_list()) for column in frame}
        return clock, np.array([self._column(saved, name) for name in outputs], dtype=np.float64).T

    def _remember_constants(self) -> None:
        """Let PySD make each subscripted constant once: it makes them again at every time step."""
        arrays = {}
        for key, variable in self.model.variables.items():
            if variable.kind == "constant" and variable.dimensions:
                arrays[self.names.variable(key)] = getattr(self.pysd.components, self.names.variable(key))()
        self.pysd.set_components(arrays)

    def _settings(self, values: dict[str, float], changed: set[str]) -> dict[str, Any]:
        """PySD sets whole variables: the changed elements with their neighbours' values."""
        import xarray as xr

        settings: dict[str, Any] = {}
        for key in {name_key(split_element_name(name)[0]) for name in changed} - {c.lower() for c in CONTROLS}:
            variable = self.model.variables[key]
            ours = self.names.variable(key)
            if not variable.dimensions:
                settings[ours] = values[variable.name]
                continue
            current = getattr(self.pysd.components, ours)()
            new = xr.DataArray(np.array(current.values, dtype=float), current.coords, current.dims)
            for element in itertools.product(*(self.model.ranges[d] for d in variable.dimensions)):
                name = self.model.element_name(variable, element)
                if name in values:
                    place = {d: self.names.subscripts[e] for d, e in zip(current.dims, element, strict=True)}
                    new.loc[place] = values[name]
            settings[ours] = new
        return settings

    def _column(self, saved: dict[str, _Saved], name: str) -> Any:
        variable, elements = split_element_name(name)
        array = saved[self.names.variable(variable)]
        place = array.place([self.names.subscripts[name_key(e)] for e in elements])
        if place is None or (not place and len(self.model.elements(self.model.variables[name_key(variable)])) > 1):
            raise RunError(f"PySD gives no values of '{name}'", name=name)
        return array.values[(slice(None), *place)]


@dataclasses.dataclass(frozen=True)
class _Saved:
    """What PySD saved of one variable: `values`, shape (n_times, elements of each dimension), and the elements' names.

    A variable of one element alone has no dimensions here: PySD saves it as a number.
    """

    values: Any
    elements: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, cells: list[Any]) -> _Saved:
        first = cells[0]
        dims = getattr(first, "dims", ())
        values = np.array([cell.values for cell in cells] if dims else cells, dtype=np.float64)
        return cls(values, tuple(tuple(map(str, first.coords[dim].values)) for dim in dims))

    def place(self, elements: list[str]) -> tuple[int, ...] | None:
        """Where an element stands; None if PySD has no such element."""
        if not self.elements:
            return ()
        if len(elements) != len(self.elements):
            return None
        pairs = list(zip(elements, self.elements, strict=True))
        return tuple(names.index(e) for e, names in pairs) if all(e in names for e, names in pairs) else None


class _Names:
    """Our names for those of one section."""

    def __init__(self, section: Any, macros: Iterable[str]) -> None:
        self.macros = list(macros)
        self.macro_names = {name_key(name): f"macro{i}" for i, name in enumerate(self.macros, 1)}
        keys = [name_key(element.name) for element in section.elements] + [name_key(p) for p in section.params]
        self.variables = {key: f"v{i}" for i, key in enumerate(dict.fromkeys(keys))}
        self.variables |= {c.lower(): c for c in CONTROLS if c.lower() in self.variables}
        self.subscripts: dict[str, str] = {}
        for item in section.subscripts:
            self.subscripts.setdefault(name_key(item.name), f"d{len(self.subscripts)}")
            names = [item.subscripts] if isinstance(item.subscripts, str) else item.subscripts
            for name in names:
                self.subscripts.setdefault(name_key(name), f"e{len(self.subscripts)}")

    def variable(self, name: str) -> str:
        return self.variables[name_key(name)]

    def reference(self, name: str) -> str | None:
        """Our name of a variable, macro or subscript; PySD's own of Time or a function of its table; None else."""
        from pysd.builders.python.python_functions import functionspace

        key = name_key(name)
        for names in (self.variables, self.macro_names, self.subscripts):
            if key in names:
                return names[key].lower().replace(" ", "_")
        # A quoted name may stand where a function's does, and PySD would write it into the code as it is.
        word = key.replace(" ", "_")
        return word if key == TIME or word in functionspace else None

    def subscript(self, name: str) -> str:
        marked = name.endswith("!")
        return self.subscripts[name_key(name.rstrip("!"))] + ("!" if marked else "")


def _rename_section(section: Any, names: _Names, folder: Path, number: int, path: Path) -> None:
    section.path = folder / f"m{number}.py"
    section.split, section.views_dict = False, None
    section.constraints, section.test_inputs = [], []
    if number:
        own = name_key(section.name)
        section.name = names.macro_names[own]
        names.variables[own] = section.name  # a macro's result bears the macro's name
        section.params = [names.variable(p) for p in section.params]
        section.returns = []
    for item in section.subscripts:
        item.name = names.subscript(item.name)
        item.mapping = [names.subscript(m) for m in item.mapping]
        if isinstance(item.subscripts, str):
            item.subscripts = names.subscript(item.subscripts)
        else:
            item.subscripts = [names.subscript(s) for s in item.subscripts]
    for element in section.elements:
        shown = element.name
        element.name = names.variable(element.name)
        element.units, element.documentation, element.limits = "", "", (None, None)
        for component in element.components:
            written, excepted = component.subscripts
            component.subscripts = (
                [names.subscript(s) for s in written],
                [[names.subscript(s) for s in group] for group in excepted],
            )
            component.ast = _rename(component.ast, names, shown, path)


def _rename(ast: Any, names: _Names, variable: str, path: Path) -> Any:
    """The same tree with our names; depth is bounded by the parser's own recursion."""
    kind = type(ast).__name__
    if kind in _READS_FILES:
        raise UnsupportedConstruct(
            f"'{variable}' reads its numbers from another file, which is not supported",
            construct=kind,
            variable=variable,
            path=path,
            hint="Write the numbers into the .mdl.",
        )
    if isinstance(ast, str):
        raise UnsupportedConstruct(
            f"'{variable}' holds a text, which is not supported", construct=kind, variable=variable, path=path
        )
    if kind == "ReferenceStructure":
        subscripts = ast.subscripts
        if subscripts is not None:
            subscripts = dataclasses.replace(subscripts, subscripts=[names.subscript(s) for s in subscripts.subscripts])
        reference = names.reference(ast.reference)
        if reference is None:
            raise UnsupportedConstruct(
                f"'{variable}' uses '{name_key(ast.reference).upper()}', which is no function that PySD has",
                construct=name_key(ast.reference).upper(),
                variable=variable,
                path=path,
            )
        return dataclasses.replace(ast, reference=reference, subscripts=subscripts)
    if kind == "LookupsStructure" or not dataclasses.is_dataclass(ast):
        return ast
    changed: dict[str, Any] = {}
    for part in dataclasses.fields(ast):
        value = getattr(ast, part.name)
        if part.name == "arguments":
            changed[part.name] = tuple(_rename(a, names, variable, path) for a in value)
        elif part.name not in ("operators", "non_negative"):
            changed[part.name] = _rename(value, names, variable, path)
    return dataclasses.replace(ast, **changed)  # type: ignore[type-var]


def _remember_lookups(model: Any) -> None:
    """Let PySD interpolate each point of a lookup once: it spends nine tenths of a run on doing so again and again."""
    for lookup in model._lookup_elements:
        if not lookup.is_float:
            continue
        known: dict[float, Any] = {}

        def call(data: Any, x: Any, final_subs: Any = None, original: Any = lookup._call, known: Any = known) -> Any:
            if final_subs or not isinstance(x, float):
                return original(data, x, final_subs)
            if x not in known:
                known[x] = original(data, x, final_subs)
            return known[x]

        lookup._call = call


def _control(name: str) -> str:
    return name.lower().replace(" ", "_")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0][:200]
