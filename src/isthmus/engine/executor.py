"""Where a function runs over shards: here, or in worker processes on this machine.

Both give the same results in the same order, so a caller chooses by cost alone. A cluster is one more class.
"""

import multiprocessing
import os
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from multiprocessing.connection import wait
from types import ModuleType
from typing import Any, Protocol, Self, TypeVar

from isthmus.engine.progress import Advance
from isthmus.errors import InputError, IsthmusError

__all__ = ["Executor", "InProcess", "Processes", "shard_ranges"]

S = TypeVar("S")
R = TypeVar("R")

_THREAD_LIMITS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
_spawning = threading.Lock()


class Executor(Protocol):
    """A place to run a function over shards."""

    def map(self, function: Callable[[S], R], shards: Iterable[S], advance: Advance | None = None) -> list[R]:
        """function(shard) for every shard, in the order of the shards.

        `advance` is called with 1 as each result arrives. The first error of a shard is raised as itself.
        """
        ...


class InProcess:
    """One shard after the other, in the process that asks."""

    def map(self, function: Callable[[S], R], shards: Iterable[S], advance: Advance | None = None) -> list[R]:
        """function(shard) for every shard, in order."""
        results = []
        for shard in shards:
            results.append(function(shard))
            if advance:
                advance(1)
        return results


class Processes:
    """Worker processes on this machine, started by the first `map` and kept for the next.

    `n_workers` None means one per core that this process may use. `function` must be importable by name from
    a module (not a lambda, not defined in the script that runs), as shards and results travel between
    processes. Workers are fresh interpreters that do not run the calling script again, share the cores among
    their numeric threads, and end with `close`, with this object, or with the process that started them,
    however that one ends. Inside a worker, and for a single shard, the work is done on the spot.
    """

    def __init__(self, n_workers: int | None = None) -> None:
        if n_workers is not None and n_workers < 1:
            raise InputError(f"at least one worker is needed, not {n_workers}", field="n_workers")
        self.n_workers = n_workers or _n_cores()
        self._pool: ProcessPoolExecutor | None = None
        self._closer: weakref.finalize[..., Any] | None = None

    def map(self, function: Callable[[S], R], shards: Iterable[S], advance: Advance | None = None) -> list[R]:
        """function(shard) for every shard, in order; the first error stops what has not begun."""
        todo = list(shards)
        if min(len(todo), self.n_workers) < 2 or multiprocessing.parent_process() is not None:
            return InProcess().map(function, todo, advance)
        _check_importable(function)
        try:
            return _gather(self._submit(partial(_run, function), todo), advance)
        except BaseException:
            self._abandon()
            raise

    def close(self) -> None:
        """End the workers; a later `map` starts new ones."""
        if self._pool is not None and self._closer is not None:
            self._closer.detach()
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = self._closer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _submit(self, function: Callable[[Any], Any], shards: Sequence[Any]) -> list[Future[Any]]:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.n_workers, mp_context=context, initializer=_prepare_worker)
            self._closer = weakref.finalize(self, self._pool.shutdown, wait=False, cancel_futures=True)
        with _as_seen_by_workers(self.n_workers):
            return [self._pool.submit(function, shard) for shard in shards]

    def _abandon(self) -> None:
        """Leave no worker behind that still computes what nobody will read."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        workers = list((getattr(pool, "_processes", None) or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.terminate()


def shard_ranges(n: int, n_shards: int) -> list[tuple[int, int]]:
    """Cut 0..n into at most `n_shards` ranges [start, stop), none empty, sizes differing by at most one."""
    if n < 0 or n_shards < 1:
        raise InputError(f"cannot cut {n} things into {n_shards} shards")
    n_shards = min(n, n_shards)
    edges = [i * n // n_shards for i in range(n_shards + 1)] if n_shards else [0]
    return list(pairwise(edges))


def _n_cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _gather(futures: list[Future[Any]], advance: Advance | None) -> list[Any]:
    results = []
    for future in futures:
        result = future.result()
        if isinstance(result, _Refusal):
            raise result.as_error()
        results.append(result)
        if advance:
            advance(1)
    return results


def _check_importable(function: Callable[..., Any]) -> None:
    bare = function.func if isinstance(function, partial) else function
    name = getattr(bare, "__qualname__", type(bare).__qualname__)
    if bare.__module__ == "__main__" or "<" in name:
        raise InputError(
            f"a worker process cannot import the function {name}",
            "Define it at the top of a module, or use InProcess().",
        )


@dataclass(frozen=True)
class _Refusal:
    """One of our errors on its way between processes: what pickling would lose, as plain values."""

    kind: type[IsthmusError]
    args: tuple[Any, ...]
    state: dict[str, Any]

    def as_error(self) -> IsthmusError:
        error = self.kind.__new__(self.kind)
        error.args = self.args
        vars(error).update(self.state)
        return error


def _run(function: Callable[[S], R], shard: S) -> R | _Refusal:
    try:
        return function(shard)
    except IsthmusError as error:
        return _Refusal(type(error), error.args, vars(error))


def _prepare_worker() -> None:
    """Leave Ctrl-C to the parent, and end when the parent is gone, even if it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


@contextmanager
def _as_seen_by_workers(n_workers: int) -> Iterator[None]:
    """What a worker inherits as it starts: a share of the cores, and an empty main module.

    The empty module keeps a new interpreter from running the calling script once more, so that scripts need
    no `if __name__ == "__main__"`. Numeric libraries read their limits once, when first imported.
    """
    share = str(max(1, _n_cores() // n_workers))
    with _spawning:
        before = {name: os.environ.get(name) for name in _THREAD_LIMITS}
        main = sys.modules["__main__"]
        try:
            os.environ.update(dict.fromkeys(_THREAD_LIMITS, share))
            sys.modules["__main__"] = ModuleType("__main__")
            yield
        finally:
            sys.modules["__main__"] = main
            for name, value in before.items():
                os.environ.pop(name, None) if value is None else os.environ.update({name: value})
