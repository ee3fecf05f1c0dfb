"""Parts of the work in several threads."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from isthmus.numeric import in_threads, single_threaded


def blas_threads() -> set[int]:
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


@pytest.fixture
def two_threads() -> Iterator[None]:
    np.ones((2, 2)) @ np.ones((2, 2))
    with threadpool_limits(2, "blas"):
        yield


@pytest.mark.usefixtures("two_threads")
def test_results_stand_in_the_order_of_the_parts() -> None:
    assert in_threads(lambda part: part**2, range(100)) == [part**2 for part in range(100)]
    assert in_threads(str, []) == []


@pytest.mark.usefixtures("two_threads")
def test_two_parts_run_at_once() -> None:
    """Each waits for the other: in one thread this would never end."""
    both = threading.Barrier(2, timeout=30)
    in_threads(lambda _: both.wait(), range(2))


@pytest.mark.usefixtures("two_threads")
def test_blas_has_one_thread_meanwhile_and_its_own_again_afterwards() -> None:
    before = blas_threads()
    assert in_threads(lambda _: blas_threads(), range(3)) == [{1}] * 3
    with single_threaded():
        assert blas_threads() == {1}
    assert blas_threads() == before


@pytest.mark.usefixtures("two_threads")
def test_parts_within_parts_start_no_more_threads() -> None:
    def inner(_: int) -> set[int]:
        return set(in_threads(lambda _: threading.get_ident(), range(4)))

    assert all(len(idents) == 1 for idents in in_threads(inner, range(4)))


@pytest.mark.usefixtures("two_threads")
def test_the_limit_of_blas_is_ours_too() -> None:
    with threadpool_limits(1, "blas"):
        assert set(in_threads(lambda _: threading.get_ident(), range(4))) == {threading.get_ident()}


@pytest.mark.usefixtures("two_threads")
def test_an_error_arrives_as_itself_and_the_limit_is_lifted() -> None:
    def fail(part: int) -> int:
        raise ValueError(f"part {part}")

    before = blas_threads()
    with pytest.raises(ValueError, match="part 0"):
        in_threads(fail, range(3))
    assert blas_threads() == before


def test_limits_that_overlap_leave_none_behind() -> None:
    """One begins, another begins, the first ends, the other ends."""
    before = blas_threads()
    begun, ended = threading.Event(), threading.Event()

    def other() -> None:
        with single_threaded():
            begun.set()
            ended.wait(30)

    with single_threaded():
        thread = threading.Thread(target=other)
        thread.start()
        begun.wait(30)
    ended.set()
    thread.join()
    assert blas_threads() == before
