"""The next value while the last one is used."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

__all__ = ["ahead"]

T = TypeVar("T")
_END: Any = object()


def ahead(values: Iterable[T]) -> Iterator[T]:
    """The `values`, each made in one other thread while the one before it is used; at most one waits.

    What making a value raises is raised where the value would stand. Close it when you stop early: the value
    in the making is finished then, and `values` closed in the thread that made them.
    """
    made = iter(values)
    with ThreadPoolExecutor(1, "ahead") as thread:
        following = thread.submit(next, made, _END)
        try:
            while (value := following.result()) is not _END:
                following = thread.submit(next, made, _END)
                yield value
        finally:
            if hasattr(made, "close"):
                thread.submit(made.close)
