"""Methods that are trained by gradient descent: the only models that need torch (the extra `torch`).

Each is a `NeuralScorer` and keeps the contract of every model. They share how they are trained (`training`),
who they are checked on while training (`validation`), and, where they have factors of people and items, what
these are and how somebody new is given some (`factors`).
"""

from isthmus.errors import MissingExtraError

try:
    import torch  # noqa: F401 (whoever has none is told so before any method is read)
except ModuleNotFoundError as error:
    raise MissingExtraError("A neural model", "torch") from error
