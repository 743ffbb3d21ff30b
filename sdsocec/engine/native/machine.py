"""From LLVM text to a callable, by way of object code that can be kept: everything that touches LLVM's library.

Loop and SLP vectorisers and unrolling are off: the text is vector code already. Floating-point contraction is never allowed.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from functools import cache
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from .vec import LIBRARY_FUNCTIONS

# Lines of text; above, LLVM's middle end, whose time grows with the square, takes longer than it ever gives back (4 to 8 %).
MOST_OPTIMISED_LINES = 40_000


@cache
def _initialise() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    library = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else ctypes.util.find_library("m"))
    for name in LIBRARY_FUNCTIONS:
        address = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
        assert address is not None
        llvm.add_symbol(name, address)


@cache
def host() -> str:
    """This kind of processor and compiler: what object code depends on, besides its text."""
    features = ",".join(sorted(name for name, is_on in llvm.get_host_cpu_features().items() if is_on))
    return f"{llvmlite.__version__} {llvm.get_process_triple()} {llvm.get_host_cpu_name()} {features}"


def _target_machine(optimisation: int) -> Any:
    _initialise()
    return llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=optimisation,
        reloc="pic",
        codemodel="jitdefault",
        jit=True,
    )


def _optimised(text: str, optimisation: int, target: Any) -> Any:
    module = llvm.parse_assembly(text)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=optimisation)
    options.loop_vectorization = False
    options.slp_vectorization = False
    options.loop_interleaving = False
    options.loop_unrolling = False
    builder = llvm.create_pass_builder(target, options)
    builder.getModulePassManager().run(module, builder)
    return module


def _level(text: str) -> int:
    """The level of LLVM's middle end for a module's text."""
    return 2 if text.count("\n") <= MOST_OPTIMISED_LINES else 0


def compile_object(text: str, optimisation: int | None = None) -> bytes:
    """Object code of a module's text; `optimisation` 0 to 3, by default by size."""
    target = _target_machine(2 if optimisation is None else optimisation)
    return bytes(target.emit_object(_optimised(text, _level(text) if optimisation is None else optimisation, target)))


def assembly(text: str) -> str:
    """The machine's instructions for a module's text, to read."""
    target = _target_machine(2)
    return str(target.emit_assembly(_optimised(text, _level(text), target)))


class Loaded:
    """Object code in memory; it lives as long as this object does."""

    def __init__(self, code: bytes) -> None:
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target_machine(2))
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()

    def function(self, name: str, *argument_types: Any) -> Any:
        """A function of the module; calling it releases the interpreter's lock."""
        address = self._engine.get_function_address(name)
        assert address, f"the object code has no function {name}"
        return ctypes.CFUNCTYPE(None, *argument_types)(address)
