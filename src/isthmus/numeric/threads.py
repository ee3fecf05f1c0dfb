"""Threads for work that those of BLAS cannot share: many small products, sorting, sparse matrices."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

__all__ = ["in_threads", "single_threaded"]

S = TypeVar("S")
R = TypeVar("R")

_limited = threading.Lock()


def in_threads(function: Callable[[S], R], parts: Iterable[S]) -> list[R]:
    """function(part) of every part, in order, in as many threads as BLAS would take; BLAS itself in one.

    Both follow OMP_NUM_THREADS. `function` must not change what it shares with the other parts; its results
    depend on no number of threads. The first error is raised as itself. Inside a part all is done in its
    thread.
    """
    todo = list(parts)
    threads = min(_n_threads(), len(todo))
    with single_threaded():
        if threads < 2:
            return [function(part) for part in todo]
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(function, todo))


@contextmanager
def single_threaded() -> Iterator[None]:
    """BLAS in one thread: for many small products several only wait for each other, on a busy machine ten
    times as long.

    The limit is the whole process's. Who comes while it holds goes along, and lifts nothing: two threads that
    each restored what they found would leave a limit behind.
    """
    if not _limited.acquire(blocking=False):
        yield
        return
    try:
        with _controller().limit(limits=1, user_api="blas"):
            yield
    finally:
        _limited.release()


def _n_threads() -> int:
    libraries = (one for one in _controller().lib_controllers if one.user_api == "blas")
    return max((one.num_threads or 1 for one in libraries), default=1)


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
