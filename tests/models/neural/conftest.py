import os
from importlib.util import find_spec

import pytest


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Small worlds need one thread; threads that wait for each other are slow on a busy machine."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the processes that tests start
    if find_spec("torch") is not None:
        import torch

        torch.set_num_threads(1)
