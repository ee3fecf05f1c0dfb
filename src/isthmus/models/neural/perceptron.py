"""Dense layers: made and trained with torch, kept as arrays, applied with numpy."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from isthmus.models.base import Arrays
from isthmus.schema import FloatArray

__all__ = ["Activation", "apply_layers", "keep_layers", "make_layers"]

Activation = Literal["relu", "tanh", "leaky_relu"]

_TORCH: Mapping[Activation, type[torch.nn.Module]] = {
    "relu": torch.nn.ReLU,
    "tanh": torch.nn.Tanh,
    "leaky_relu": torch.nn.LeakyReLU,
}
_NUMPY: Mapping[Activation, Callable[[FloatArray], Any]] = {
    "relu": lambda x: np.maximum(x, 0.0),
    "tanh": np.tanh,
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
}


def make_layers(sizes: Sequence[int], activation: Activation, *, bias: bool = True) -> torch.nn.Sequential:
    """Linear layers from sizes[0] to sizes[-1] with `activation` between them, none after the last."""
    layers: list[torch.nn.Module] = []
    for inside, outside in pairwise(sizes):
        layers += [torch.nn.Linear(inside, outside, bias=bias), _TORCH[activation]()]
    return torch.nn.Sequential(*layers[:-1])


def keep_layers(layers: torch.nn.Sequential, prefix: str) -> Arrays:
    """Weights and biases under `prefix` and the number of the layer."""
    linear = [layer for layer in layers if isinstance(layer, torch.nn.Linear)]
    kept: Arrays = {}
    for number, layer in enumerate(linear):
        kept[f"{prefix}{number}.weight"] = layer.weight.detach().cpu().numpy()
        if layer.bias is not None:
            kept[f"{prefix}{number}.bias"] = layer.bias.detach().cpu().numpy()
    return kept


def apply_layers(arrays: Arrays, prefix: str, x: NDArray[Any], activation: Activation) -> FloatArray:
    """(n, sizes[0]) to (n, sizes[-1]) in float64: what the layers kept under `prefix` make of `x`."""
    number, out = 0, np.asarray(x, dtype=np.float64)
    while f"{prefix}{number}.weight" in arrays:
        out = out if number == 0 else np.asarray(_NUMPY[activation](out))
        out = out @ arrays[f"{prefix}{number}.weight"].astype(np.float64).T
        if f"{prefix}{number}.bias" in arrays:
            out = out + arrays[f"{prefix}{number}.bias"]
        number += 1
    return out
