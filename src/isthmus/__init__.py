"""Isthmus carries a person's interests from the platforms where they are known to the one where they are new.

As a library, on frames and without a workspace:

```python
from isthmus import Bridge, Dataset, evaluate

dataset = Dataset.from_frames(events, items, links, encoder="use")
model = Bridge().fit(dataset, rng=0)
lists = model.recommend(dataset.query([0, 1], "films"), n=10)
report = evaluate(dataset, [Bridge()], target="films", protocol="cold-start")
```
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isthmus.dataset import Dataset
    from isthmus.encoders import load_encoder
    from isthmus.evaluation import evaluate
    from isthmus.models import EASE, Bridge, Content, ItemKNN, Popularity, load_model
    from isthmus.pipeline import Workspace

__all__ = [
    "EASE",
    "Bridge",
    "Content",
    "Dataset",
    "ItemKNN",
    "Popularity",
    "Workspace",
    "__version__",
    "evaluate",
    "load_encoder",
    "load_model",
]

__version__ = "0.1.0"

_ROOMS = {
    "Bridge": "models", "Content": "models", "Dataset": "dataset", "EASE": "models", "ItemKNN": "models",
    "Popularity": "models", "Workspace": "pipeline", "evaluate": "evaluation", "load_encoder": "encoders",
    "load_model": "models",
}  # fmt: skip
"""Where each public name lives; a room is read when one of its names is first asked for."""


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'isthmus' has no attribute {name!r}")
    return getattr(import_module(f"isthmus.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    return __all__
