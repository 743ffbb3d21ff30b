"""A kernel: one model compiled for one set of varying constants and outputs; compile, keep, run."""

from __future__ import annotations

import ctypes
import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdsocec.cache import Cache, digest_of, source_digest
from sdsocec.errors import DesignError, UnsupportedConstruct
from sdsocec.model.ir import Model
from sdsocec.model.names import name_key

from ..compiler import compile_layout
from ..compiler.classify import LANE
from ..compiler.program import CONTROL_NAMES, State
from ..design import Design
from .emit import Module
from .machine import Loaded, assembly, compile_object, host

Floats = NDArray[np.float64]
MOST_SAVED = 2**25  # numbers that one worker holds before it hands them over: 256 MB
CHUNK = 256  # runs between two looks at progress and Ctrl-C; a chunk is transposed at once
SMALL_MODEL = 1_000  # lane nodes; small models are bound by latency and want wider vectors (docs/decisions.md)
_LINE = 64


@dataclass(frozen=True)
class Plan:
    """What a kernel is compiled for; equal plans of equal models share object code."""

    varying: tuple[str, ...]
    fixed: tuple[tuple[str, float], ...]  # the constants folded as exactly 0 or 1
    outputs: tuple[str, ...] | None  # None: every element of every variable
    integrator: str
    width: int | None = None
    optimisation: int | None = None
    passes: tuple[str, ...] = ("fold", "prune", "hoist")


@dataclass(frozen=True)
class _Shape:
    """What the caller must know of the object code: names and rows of its arrays."""

    width: int
    n_nodes: int
    constants: tuple[str, ...]
    defaults: tuple[float, ...]
    outputs: tuple[str, ...]
    states: tuple[str, ...]
    n_hoisted: int
    n_timed: int
    controls: tuple[tuple[str, str, float], ...]  # name, where its value is (literal, constant, hoisted), value or row
    control_constants: tuple[tuple[str, str], ...]  # a constant, and the control that it sets
    switches: tuple[
        tuple[int, tuple[float, ...] | None], ...
    ]  # row of the time table, boundaries (None: whole numbers)

    def to_json(self) -> bytes:
        return json.dumps(self.__dict__).encode()

    @classmethod
    def from_json(cls, content: bytes) -> _Shape:
        raw: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in json.loads(content).items()}
        raw["controls"] = tuple(tuple(c) for c in raw["controls"])
        raw["control_constants"] = tuple(tuple(c) for c in raw["control_constants"])
        raw["switches"] = tuple((row, None if at is None else tuple(at)) for row, at in raw["switches"])
        return cls(**raw)


class Kernel:
    """A compiled model; thread-safe, as every call brings its own arrays."""

    def __init__(self, model: Model, plan: Plan) -> None:
        self._model, self.plan = model, plan
        key = digest_of(
            model.digest, repr(plan), source_digest("sdsocec.engine"), source_digest("sdsocec.model"), host()
        )
        if model.source_digest:
            self.shape, code = Cache("kernels").get(key, self._compile, _pack, _unpack)
        else:  # a model made in memory (a mutant) runs a few times: its code would only crowd the cache, and need not be quick
            self.plan = replace(plan, optimisation=0)
            self.shape, code = self._compile()
        self._row_of = {name: row for row, name in enumerate(self.shape.constants)}
        self._loaded = Loaded(code)
        pointer = ctypes.c_void_p
        self._prologue = self._loaded.function("prologue", *[pointer] * 2)
        self._start = self._loaded.function("start", *[pointer] * 3)
        self._times = self._loaded.function("times", *[pointer] * 4)
        self._outputs = self._loaded.function("outputs", *[pointer] * 5)
        if plan.integrator == "rates":
            self._rates = self._loaded.function("rates", *[pointer] * 5)
        else:
            self._run = self._loaded.function("run", *[ctypes.c_int64] * 3, *[pointer] * 5)

    def _module(self) -> tuple[Module, int]:
        layout = compile_layout(
            self._model,
            varying=self.plan.varying,
            fixed=dict(self.plan.fixed),
            outputs=self.plan.outputs,
            integrator=self.plan.integrator,
            passes=self.plan.passes,
        )
        n_nodes = sum(kind == LANE for kind in layout.class_of)
        width = self.plan.width or (8 if n_nodes < SMALL_MODEL else 4)
        return Module(layout, width), n_nodes

    def _compile(self) -> tuple[_Shape, bytes]:
        module, n_nodes = self._module()
        layout, program = module.layout, module.program
        if self.plan.integrator == "rates":
            self._refuse_fixed_step_functions(program.states)
        controls = []
        for name in CONTROL_NAMES:
            node = program.graph.nodes[program.controls[name]]
            if node.operator == "number":
                controls.append((name, "literal", node.payload))
            elif node.operator == "constant":
                controls.append((name, "constant", layout.constant_rows[str(node.payload)]))
            else:
                controls.append((name, "hoisted", layout.hoisted_rows[program.controls[name]]))
        shape = _Shape(
            width=module.width,
            n_nodes=n_nodes,
            constants=tuple(layout.constant_rows),
            defaults=tuple(program.constants[name] for name in layout.constant_rows),
            outputs=tuple(program.outputs),
            states=tuple(state.name for state in program.states),
            n_hoisted=len(layout.hoisted_rows),
            n_timed=len(layout.timed_rows),
            controls=tuple(controls),  # type: ignore[arg-type]
            control_constants=tuple(
                (str(program.graph.nodes[leaf].payload), name)
                for name, root in program.controls.items()
                for leaf in program.graph.reachable([root])
                if program.graph.nodes[leaf].operator == "constant"
            ),
            switches=tuple((layout.timed_rows[s.node], s.boundaries) for s in layout.switches),
        )
        text = module.write(self.plan.integrator)
        return shape, compile_object(text, self.plan.optimisation)

    def _refuse_fixed_step_functions(self, states: tuple[State, ...]) -> None:
        for state in states:
            if state.is_replaced:
                equation = self._model.variables[name_key(state.variable)].equations[0]
                raise UnsupportedConstruct(
                    f"scipy cannot integrate {state.function}, which means something on a fixed time step only "
                    f"(in '{state.variable}')",
                    construct=state.function,
                    variable=state.variable,
                    path=self._model.path,
                    line=equation.line,
                    excerpt=equation.excerpt,
                    hint="Use --integrator euler or rk4.",
                )

    def text(self) -> str:
        """The LLVM text that the object code was made from."""
        module, _ = self._module()
        return module.write(self.plan.integrator)

    def assembly(self) -> str:
        """The machine's instructions."""
        return assembly(self.text())

    # --- arrays ------------------------------------------------------------------------------------------------------------

    def constants(self, design: Design, rows: slice) -> Floats:
        """The kernel's constants of some runs, shape (blocks, constants, lanes); the last run fills the last block."""
        w = self.shape.width
        runs = range(*rows.indices(design.n_runs))
        blocks = -(-len(runs) // w)
        out = aligned((blocks, len(self.shape.constants), w))
        out[:] = np.array(self.shape.defaults).reshape(1, -1, 1)
        take = np.minimum(np.arange(blocks * w), len(runs) - 1) + (runs.start if runs else 0)
        set_here = [(self._row_of[name], column) for column, name in enumerate(design.names) if name in self._row_of]
        if set_here:
            to, columns = map(list, zip(*set_here, strict=True))
            out[:, to, :] = design.values[np.ix_(take, columns)].reshape(blocks, w, -1).transpose(0, 2, 1)
        return out

    def check_controls(self, design: Design) -> None:
        """Refuse a design whose runs would have different times: they share one time axis."""
        for constant, control in self.shape.control_constants:
            if constant in design.names and np.ptp(design.values[:, design.names.index(constant)]) != 0:
                sets = "" if constant.upper() == control else f" (it sets {control})"
                raise DesignError(f"'{constant}' must be the same in all runs of a design{sets}", name=constant)

    def hoisted(self, constants: Floats) -> Floats:
        """The hoisted rows of one block."""
        out = aligned((self.shape.n_hoisted, self.shape.width))
        self._prologue(address(constants), address(out))
        return out

    def controls(self, constants: Floats) -> dict[str, float]:
        """INITIAL TIME, FINAL TIME, TIME STEP and SAVEPER of a block, which all its runs must share."""
        hoisted = self.hoisted(constants)
        places = {"literal": None, "constant": constants.reshape(-1, self.shape.width), "hoisted": hoisted}
        found = {}
        for name, where, value in self.shape.controls:
            array = places[where]
            found[name] = float(value) if array is None else float(array[int(value), 0])
        return found

    def start(self, constants: Floats, hoisted: Floats) -> Floats:
        """Initial values of the states, shape (states, lanes)."""
        out = aligned((len(self.shape.states), self.shape.width))
        self._start(address(constants), address(hoisted), address(out))
        return out

    def time_table(self, constants: Floats, hoisted: Floats, times: Floats, starts: Floats | None = None) -> Floats:
        """What depends on time alone, shape (n times, timed rows); `starts` are the starts of the times' steps."""
        w, n = self.shape.width, len(times)
        padded = -(-n // w) * w
        source = aligned((padded // w, 2, w))
        for row, values in enumerate((times, times if starts is None else starts)):
            source[:, row, :] = np.concatenate([values, np.full(padded - n, values[-1])]).reshape(-1, w)
        block = aligned((self.shape.n_timed, w))
        out = np.empty((padded, self.shape.n_timed))
        places = address(constants), address(hoisted), address(source), address(block)
        for i in range(0, padded, w):
            self._times(places[0], places[1], places[2] + 16 * i, places[3])
            out[i : i + w] = block.T
        return np.ascontiguousarray(out[:n])

    def times(self, constants: int, hoisted: int, times: int, out: int) -> None:
        """What depends on time alone, for one vector of times; the arguments are addresses, as scipy calls this often.

        Shapes: times (2, lanes) with the starts of their steps in the second row, out (timed rows, lanes).
        """
        self._times(constants, hoisted, times, out)

    def outputs(self, constants: Floats, hoisted: Floats, timed: Floats, states: Floats) -> Floats:
        """The outputs at one time, shape (outputs, lanes); `timed` is that time's row of the time table."""
        out = aligned((len(self.shape.outputs), self.shape.width))
        self._outputs(address(constants), address(hoisted), address(timed), address(states), address(out))
        return out

    def rates(self, constants: int, hoisted: int, timed: int, states: int, out: int) -> None:
        """The changes of the states at one time; the arguments are addresses, as scipy calls this often.

        Shapes: timed (timed rows,), states and out (states, lanes).
        """
        self._rates(constants, hoisted, timed, states, out)

    # --- running -----------------------------------------------------------------------------------------------------------

    def run(
        self,
        design: Design,
        steps: int,
        every: int,
        times: tuple[Floats, Floats],
        threads: int,
        progress: Callable[[int], None] | None,
    ) -> Floats:
        """All runs of a design, shape (runs, saved times, outputs).

        `times` are the times of the time table, and the starts of their steps: see `Clock.table_times`. `progress` is told the
        number of runs done since it was last told.
        """
        saved = steps // every + 1
        out = np.empty((design.n_runs, saved, len(self.shape.outputs)))
        first = self.constants(design, slice(0, 1))
        table = self.time_table(first, self.hoisted(first), *times)
        local = threading.local()
        stop = threading.Event()

        w = self.shape.width
        per_run = max(1, saved * len(self.shape.outputs))
        per_thread = -(-design.n_runs // (threads * w)) * w
        chunk = min(CHUNK, per_thread, max(w, MOST_SAVED // per_run // w * w))

        def run_chunk(start: int) -> int:
            if stop.is_set():
                return 0
            rows = slice(start, min(start + chunk, design.n_runs))
            constants = self.constants(design, rows)
            blocks = constants.shape[0]
            if not hasattr(local, "arena"):
                local.hoisted = aligned((self.shape.n_hoisted, w))
                local.arena = aligned((6 * len(self.shape.states), w))
                local.saved = aligned((chunk // w, saved, len(self.shape.outputs), w))
            self._run(
                blocks, steps, every, address(constants), address(local.hoisted), address(table),
                address(local.arena), address(local.saved),
            )  # fmt: skip
            n = rows.stop - rows.start
            by_run = local.saved[:blocks].transpose(0, 3, 1, 2).reshape(blocks * w, saved, -1)
            out[rows] = by_run[:n]
            return n

        starts = range(0, design.n_runs, chunk)
        if threads == 1 or len(starts) == 1:
            for start in starts:
                _tell(progress, run_chunk(start))
            return out
        with ThreadPoolExecutor(threads) as pool:
            try:
                for n in pool.map(run_chunk, starts):
                    _tell(progress, n)
            except BaseException:
                stop.set()
                raise
        return out


def _tell(progress: Callable[[int], None] | None, n: int) -> None:
    if progress is not None:
        progress(n)


def _pack(content: tuple[_Shape, bytes]) -> bytes:
    shape = content[0].to_json()
    return len(shape).to_bytes(8, "little") + shape + content[1]


def _unpack(blob: bytes) -> tuple[_Shape, bytes]:
    size = int.from_bytes(blob[:8], "little")
    return _Shape.from_json(blob[8 : 8 + size]), blob[8 + size :]


def aligned(shape: tuple[int, ...]) -> Floats:
    """An array of doubles that starts on a cache line: vector loads fault on less."""
    n = int(np.prod(shape))
    raw = np.empty(8 * n + _LINE, dtype=np.uint8)
    start = -raw.ctypes.data % _LINE
    return raw[start : start + 8 * n].view(np.float64).reshape(shape)


def address(array: Floats) -> int:
    """Where an array's first number is."""
    return int(array.ctypes.data)


def default_threads() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
