import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from isthmus.engine import ahead


def test_values_come_in_order_and_are_made_elsewhere() -> None:
    made_in: set[int] = set()

    def numbers() -> Iterator[int | None]:
        for n in (1, None, 3):
            made_in.add(threading.get_ident())
            yield n

    assert list(ahead(numbers())) == [1, None, 3]
    assert list(ahead([])) == []
    assert len(made_in) == 1
    assert threading.get_ident() not in made_in


def test_one_value_is_made_while_another_is_used() -> None:
    second_is_made, third_is_asked_for = threading.Event(), threading.Event()

    def numbers() -> Iterator[int]:
        yield 1
        second_is_made.set()
        yield 2
        third_is_asked_for.set()
        yield 3

    values = ahead(numbers())
    assert next(values) == 1
    assert second_is_made.wait(10)  # nobody has asked for it yet
    assert not third_is_asked_for.is_set()
    assert list(values) == [2, 3]


def test_a_fault_is_raised_where_the_value_would_stand() -> None:
    def numbers() -> Iterator[int]:
        yield 1
        raise ValueError("no second")

    values = ahead(numbers())
    assert next(values) == 1
    with pytest.raises(ValueError, match="no second"):
        next(values)


def test_stopping_early_closes_what_makes_the_values() -> None:
    closed_in: list[int] = []
    made_in: list[int] = []

    def numbers() -> Iterator[int]:
        try:
            for n in range(100):
                made_in.append(threading.get_ident())
                yield n
        finally:
            closed_in.append(threading.get_ident())

    with closing(ahead(numbers())) as values:
        assert next(values) == 0
    assert len(made_in) <= 2
    assert closed_in == made_in[:1]
