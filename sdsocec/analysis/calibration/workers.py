"""Processes that search, and stop at once when the person stops."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any

from sdsocec.errors import RunError


class Workers:
    """Runs tasks in some processes, or in this one if one is enough.

    Ctrl-C is this process's to answer; left by an exception, the others are ended in the middle of what they do.
    """

    def __init__(self, n: int) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._others = set(multiprocessing.active_children())
        if n > 1:
            # each is one search: more threads of linear algebra than processors would slow all of them down
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when a process starts
            self._pool = ProcessPoolExecutor(n, multiprocessing.get_context("spawn"), _ignore_stop)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is None:
            return
        if kind is not None:
            for process in set(multiprocessing.active_children()) - self._others:
                process.terminate()
        self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def each(self, work: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
        """The answers as they come.

        Raises RunError if a process is ended from outside.
        """
        if self._pool is None or len(tasks) == 1:
            yield from (work(*task) for task in tasks)
            return
        with _stop_ignored():  # as are those that start meanwhile, before they can say so themselves
            pending: set[Future[Any]] = {self._pool.submit(work, *task) for task in tasks}
        try:
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        except BrokenProcessPool:
            raise RunError("a process that searched was ended from outside", hint="Is there enough memory?") from None


def _ignore_stop() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextlib.contextmanager
def _stop_ignored() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
