"""Write the LLVM text of a kernel: five straight-line functions and a driver loop.

    prologue   constants -> hoisted rows                 once per block of runs
    times      times -> the time table                   once per call, steps as lanes
    outputs    states -> one saved row                   at saved times
    step       states -> states one Euler step on        every time step
    rates      states -> their changes                   for RK4, and for scipy
    run        the loop over blocks, steps and saved times

Arrays, each row a vector of one number per lane (but the time table: plain numbers, one row per time):
    C constants, H hoisted rows, S states, O saved outputs, T time table, X Time and the start of its step.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from ..compiler.classify import HOISTED, LITERAL, TIMED, Layout
from ..compiler.graph import TRUTH
from .vec import Vec, operate

_NOW = {"time": 0, "step_start": 1}  # rows of X
# Not optimised: LLVM's time grows with the square of a function's stores (2,500 outputs: 60 s, and 0.6 s without), and these are
# called once a run or once a saved time. The bits are the same.
_SELDOM_CALLED = ("prologue", "start", "times", "outputs")
POINTERS = "ptr noalias nocapture readonly"


@dataclass(frozen=True)
class _Function:
    """One function being written: nodes of one class are computed, others are loaded."""

    layout: Layout
    vec: Vec
    computes: frozenset[str]
    values: dict[int, str]

    def value(self, root: int) -> str:
        """The value of a node; what it needs is written first, in dependency order."""
        if root in self.values:
            return self.values[root]
        pending = [root]
        while pending:
            number = pending[-1]
            if number in self.values:
                pending.pop()
                continue
            loaded = self._load(number)
            if loaded is not None:
                self.values[number] = loaded
                continue
            node = self.layout.program.graph.nodes[number]
            missing = [a for a in reversed(node.arguments) if a not in self.values]
            if missing:
                pending.extend(missing)
                continue
            arguments = [self.values[a] for a in node.arguments]
            self.values[number] = operate(self.vec, node.operator, arguments, node.payload)
        return self.values[root]

    def _load(self, number: int) -> str | None:
        node = self.layout.program.graph.nodes[number]
        kind = self.layout.class_of[number]
        if kind == LITERAL:
            return self.vec.number(float(node.payload))  # type: ignore[arg-type]
        if node.operator == "constant":
            return self.vec.load("%C", self.layout.constant_rows[str(node.payload)])
        if node.operator == "state":
            return self.vec.load("%S", int(node.payload))  # type: ignore[arg-type]
        if kind in self.computes:
            return self.vec.load("%X", _NOW[node.operator]) if node.operator in _NOW else None
        if kind == HOISTED:
            loaded = self.vec.load("%H", self.layout.hoisted_rows[number])
        else:
            assert kind == TIMED
            loaded = self.vec.load_splat("%T", self.layout.timed_rows[number])
        return self.vec.truth_of(loaded) if node.operator in TRUTH else loaded

    def stored(self, number: int) -> str:
        """The value as it is kept in an array: a truth value as 1 or 0."""
        value = self.value(number)
        return self.vec.number_of(value) if self.layout.program.graph.nodes[number].operator in TRUTH else value


class Module:
    """The text of a kernel's module, function by function."""

    def __init__(self, layout: Layout, width: int) -> None:
        self.layout = layout
        self.width = width
        self.program = layout.program
        self.text: list[str] = []
        self.n_states = len(self.program.states)
        self.n_outputs = len(self.program.outputs)

    def write(self, integrator: str) -> str:
        """The whole module; `integrator` is euler, rk4 or rates (functions only, for scipy)."""
        self.text = Vec(self.width, []).declarations()
        self._comment_header()
        self._prologue()
        self._times()
        self._outputs()
        if integrator == "euler":
            self._step()
        else:
            self._rates()
        if integrator == "rk4":
            self._rk4_parts()
        if integrator != "rates":
            self._run(integrator)
        self.text.append("attributes #0 = { nounwind noinline }")
        self.text.append("attributes #1 = { nounwind noinline optnone }")
        return "\n".join(self.text) + "\n"

    def _comment_header(self) -> None:
        for row, name in enumerate(self.program.outputs):
            self.text.append(f"; output {row}: {json.dumps(name)}")
        for row, state in enumerate(self.program.states):
            self.text.append(f"; state {row}: {json.dumps(state.name)}")

    def _begin(self, *computes: str) -> tuple[list[str], _Function]:
        lines: list[str] = []
        return lines, _Function(self.layout, Vec(self.width, lines), frozenset(computes), {})

    def _function(self, name: str, parameters: str, lines: list[str], linkage: str = "") -> None:
        attributes = "#1" if name in _SELDOM_CALLED else "#0"
        self.text += ["", f"define {linkage}void @{name}({parameters}) {attributes} {{", *lines, "  ret void", "}"]

    def _prologue(self) -> None:
        lines, f = self._begin(HOISTED)
        for number, row in self.layout.hoisted_rows.items():
            f.vec.store("%H", row, f.stored(number))
        self._function("prologue", f"{POINTERS} %C, ptr noalias nocapture %H", lines)

    def _start(self) -> None:
        """Initial values: all are hoisted, so this only copies."""
        lines, f = self._begin()
        for row, state in enumerate(self.program.states):
            f.vec.store("%S1", row, f.stored(state.initial))
        self._function("start", f"{POINTERS} %C, {POINTERS} %H, ptr noalias nocapture %S1", lines)

    def _times(self) -> None:
        self._start()
        lines, f = self._begin(TIMED)
        for number, row in self.layout.timed_rows.items():
            f.vec.store("%O", row, f.stored(number))
        self._function("times", f"{POINTERS} %C, {POINTERS} %H, {POINTERS} %X, ptr noalias nocapture %O", lines)

    def _outputs(self) -> None:
        lines, f = self._begin("lane")
        for row, number in enumerate(self.program.outputs.values()):
            # + 0.0 turns -0.0 into 0.0: whether a zero has a sign may depend on what was folded
            f.vec.store("%O", row, f.vec.add(f.stored(number), f.vec.number(0.0)))
        self._function("outputs", f"{self._lane_parameters()}, ptr noalias nocapture %O", lines)

    def _lane_parameters(self) -> str:
        return f"{POINTERS} %C, {POINTERS} %H, {POINTERS} %T, {POINTERS} %S"

    def _step(self) -> None:
        lines, f = self._begin("lane")
        dt = f.value(self.program.controls["TIME STEP"])
        for row, state in enumerate(self.program.states):
            change = f.stored(state.change)
            if not state.is_replaced:
                change = f.vec.add(f.vec.load("%S", row), f.vec.mul(dt, change))
            f.vec.store("%S1", row, change)
        self._function("step", f"{self._lane_parameters()}, ptr noalias nocapture %S1", lines, "")

    def _rates(self) -> None:
        lines, f = self._begin("lane")
        for row, state in enumerate(self.program.states):
            f.vec.store("%D", row, f.stored(state.change))
        self._function("rates", f"{self._lane_parameters()}, ptr noalias nocapture %D", lines)

    def _rk4_parts(self) -> None:
        """`stage`: S1 = S + fraction x dt x D. `finish`: S = S + dt/6 x (D1 + 2 D2 + 2 D3 + D4)."""
        for name, fraction in (("half_stage", 0.5), ("full_stage", 1.0)):
            lines, f = self._begin("lane")
            dt = f.vec.mul(f.value(self.program.controls["TIME STEP"]), f.vec.number(fraction))
            for row, state in enumerate(self.program.states):
                value = f.vec.load("%D", row)  # a replaced state holds its new value from the first stage on
                if not state.is_replaced:
                    value = f.vec.add(f.vec.load("%S", row), f.vec.mul(dt, value))
                f.vec.store("%S1", row, value)
            self._function(
                name,
                f"{POINTERS} %C, {POINTERS} %H, {POINTERS} %S, {POINTERS} %D, ptr noalias nocapture %S1",
                lines,
            )
        lines, f = self._begin("lane")
        dt = f.vec.div(f.value(self.program.controls["TIME STEP"]), f.vec.number(6.0))
        two = f.vec.number(2.0)
        for row, state in enumerate(self.program.states):
            parts = [f.vec.load(f"%D{i}", row) for i in (1, 2, 3, 4)]
            if state.is_replaced:
                f.vec.store("%S", row, parts[0])
                continue
            total = f.vec.add(parts[0], f.vec.mul(two, parts[1]))
            total = f.vec.add(f.vec.add(total, f.vec.mul(two, parts[2])), parts[3])
            f.vec.store("%S", row, f.vec.add(f.vec.load("%S", row), f.vec.mul(dt, total)))
        pointers = ", ".join(f"{POINTERS} %D{i}" for i in (1, 2, 3, 4))
        self._function("finish", f"{POINTERS} %C, {POINTERS} %H, ptr noalias nocapture %S, {pointers}", lines)

    def _run(self, integrator: str) -> None:
        """The driver: `C` holds the blocks one after another, `O` receives [block, saved time, output, lane]."""
        row = 8 * self.width
        table = 8 * len(self.layout.timed_rows)
        sizes = {"C": row * len(self.layout.constant_rows), "S": row * self.n_states, "O": row * self.n_outputs}
        text = f"""
define void @run(i64 %blocks, i64 %steps, i64 %every, ptr %C0, ptr %H, ptr %T0, ptr %A, ptr %O0) #0 {{
entry:
  %B = getelementptr inbounds i8, ptr %A, i64 {sizes["S"]}
  br label %block
block:
  %b = phi i64 [0, %entry], [%b1, %block_end]
  %C = phi ptr [%C0, %entry], [%C1, %block_end]
  %Ob = phi ptr [%O0, %entry], [%Oc, %block_end]
  call void @prologue(ptr %C, ptr %H)
  call void @start(ptr %C, ptr %H, ptr %A)
  br label %time
time:
  %k = phi i64 [0, %block], [%k1, %advance]
  %left = phi i64 [0, %block], [%left1, %advance]
  %T = phi ptr [%T0, %block], [%T1, %advance]
  %S = phi ptr [%A, %block], [%Sn, %advance]
  %Sx = phi ptr [%B, %block], [%Sy, %advance]
  %O = phi ptr [%Ob, %block], [%On, %advance]
  %save = icmp eq i64 %left, 0
  br i1 %save, label %keep, label %kept
keep:
  call void @outputs(ptr %C, ptr %H, ptr %T, ptr %S, ptr %O)
  %Ok = getelementptr inbounds i8, ptr %O, i64 {sizes["O"]}
  br label %kept
kept:
  %Om = phi ptr [%O, %time], [%Ok, %keep]
  %wait = phi i64 [%left, %time], [%every, %keep]
  %done = icmp eq i64 %k, %steps
  br i1 %done, label %block_end, label %advance
advance:
  %On = phi ptr [%Om, %kept]
{self._advance_euler(table) if integrator == "euler" else self._advance_rk4(table, sizes["S"])}
  %k1 = add i64 %k, 1
  %left1 = sub i64 %wait, 1
  br label %time
block_end:
  %Oc = phi ptr [%Om, %kept]
  %C1 = getelementptr inbounds i8, ptr %C, i64 {sizes["C"]}
  %b1 = add i64 %b, 1
  %more = icmp ult i64 %b1, %blocks
  br i1 %more, label %block, label %exit
exit:
  ret void
}}"""
        self.text += text.splitlines()

    @staticmethod
    def _advance_euler(table: int) -> str:
        return f"""  call void @step(ptr %C, ptr %H, ptr %T, ptr %S, ptr %Sx)
  %T1 = getelementptr inbounds i8, ptr %T, i64 {table}
  %Sn = select i1 true, ptr %Sx, ptr %S
  %Sy = select i1 true, ptr %S, ptr %Sx"""

    @staticmethod
    def _advance_rk4(table: int, states: int) -> str:
        """The time table has three rows a step (start, middle, end); the arena holds S, S1 and four changes."""
        places = "\n".join(f"  %D{i} = getelementptr inbounds i8, ptr %A, i64 {(i + 1) * states}" for i in (1, 2, 3, 4))
        return f"""{places}
  %Th = getelementptr inbounds i8, ptr %T, i64 {table}
  %Te = getelementptr inbounds i8, ptr %T, i64 {2 * table}
  %T1 = getelementptr inbounds i8, ptr %T, i64 {3 * table}
  call void @rates(ptr %C, ptr %H, ptr %T, ptr %S, ptr %D1)
  call void @half_stage(ptr %C, ptr %H, ptr %S, ptr %D1, ptr %Sx)
  call void @rates(ptr %C, ptr %H, ptr %Th, ptr %Sx, ptr %D2)
  call void @half_stage(ptr %C, ptr %H, ptr %S, ptr %D2, ptr %Sx)
  call void @rates(ptr %C, ptr %H, ptr %Th, ptr %Sx, ptr %D3)
  call void @full_stage(ptr %C, ptr %H, ptr %S, ptr %D3, ptr %Sx)
  call void @rates(ptr %C, ptr %H, ptr %Te, ptr %Sx, ptr %D4)
  call void @finish(ptr %C, ptr %H, ptr %S, ptr %D1, ptr %D2, ptr %D3, ptr %D4)
  %Sn = select i1 true, ptr %S, ptr %Sx
  %Sy = select i1 true, ptr %Sx, ptr %S"""
