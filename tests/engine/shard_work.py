"""Functions that worker processes import by name."""

import os
import time

from isthmus.errors import InputError, MissingExtraError, UnknownNameError


def square(x):
    return x * x


def process_and_threads(_):
    time.sleep(0.05)
    return os.getpid(), os.environ["OPENBLAS_NUM_THREADS"]


def refuse(x):
    if x == 1:
        raise InputError("is odd", "Take another.", file="numbers.csv", line=7, field="x")
    if x == 2:
        raise MissingExtraError("two", "extra-two")
    if x == 3:
        raise UnknownNameError("number", "thre", ["three"])
    if x == 4:
        raise ZeroDivisionError("not ours")
    return x


def report_then_sleep(place):
    folder, number = place
    (folder / f"{number}-{os.getpid()}").touch()
    time.sleep(60)


def map_again(x):
    """A worker that uses processes itself must not start more of them."""
    from isthmus.engine import Processes

    return Processes(2).map(process_of, [x, x])


def process_of(_):
    return os.getpid()
