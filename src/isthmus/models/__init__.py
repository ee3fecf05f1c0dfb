"""Methods of recommendation under one contract; a name in `MODELS` is all the other rooms need to know."""

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from isthmus.errors import InputError, SettingsError, UnknownNameError
from isthmus.models.base import RNG, Additive, Recommender, Scorer

if TYPE_CHECKING:
    from isthmus.models.als import ALS
    from isthmus.models.bpr import BPR
    from isthmus.models.bridge import Bridge
    from isthmus.models.cmf import CMF
    from isthmus.models.content import Content
    from isthmus.models.ease import EASE
    from isthmus.models.graph_filter import GraphFilter
    from isthmus.models.itemknn import ItemKNN
    from isthmus.models.neural.alpharec import AlphaRec
    from isthmus.models.neural.bitgcf import BiTGCF
    from isthmus.models.neural.conet import CoNet
    from isthmus.models.neural.emcdr import EMCDR
    from isthmus.models.neural.interest_mlp import InterestMLP
    from isthmus.models.neural.melu import MeLU
    from isthmus.models.neural.ptupcdr import PTUPCDR
    from isthmus.models.neural.sscdr import SSCDR
    from isthmus.models.neural.unisrec import UniSRec
    from isthmus.models.popularity import Popularity
    from isthmus.models.slim import SLIM
    from isthmus.models.userknn import UserKNN

__all__ = [
    "ALS",
    "BPR",
    "CMF",
    "EASE",
    "EMCDR",
    "MODELS",
    "PTUPCDR",
    "RNG",
    "SLIM",
    "SSCDR",
    "Additive",
    "AlphaRec",
    "BiTGCF",
    "Bridge",
    "CoNet",
    "Content",
    "GraphFilter",
    "InterestMLP",
    "ItemKNN",
    "MeLU",
    "Popularity",
    "Recommender",
    "Scorer",
    "UniSRec",
    "UserKNN",
    "load_model",
    "load_saved",
    "model_class",
]

MODELS: Mapping[str, str] = {
    "popularity": "isthmus.models.popularity:Popularity",
    "content": "isthmus.models.content:Content",
    "itemknn": "isthmus.models.itemknn:ItemKNN",
    "ease": "isthmus.models.ease:EASE",
    "userknn": "isthmus.models.userknn:UserKNN",
    "graph_filter": "isthmus.models.graph_filter:GraphFilter",
    "slim": "isthmus.models.slim:SLIM",
    "als": "isthmus.models.als:ALS",
    "bpr": "isthmus.models.bpr:BPR",
    "cmf": "isthmus.models.cmf:CMF",
    "emcdr": "isthmus.models.neural.emcdr:EMCDR",
    "bitgcf": "isthmus.models.neural.bitgcf:BiTGCF",
    "interest_mlp": "isthmus.models.neural.interest_mlp:InterestMLP",
    "ptupcdr": "isthmus.models.neural.ptupcdr:PTUPCDR",
    "melu": "isthmus.models.neural.melu:MeLU",
    "alpharec": "isthmus.models.neural.alpharec:AlphaRec",
    "conet": "isthmus.models.neural.conet:CoNet",
    "unisrec": "isthmus.models.neural.unisrec:UniSRec",
    "sscdr": "isthmus.models.neural.sscdr:SSCDR",
    "bridge": "isthmus.models.bridge:Bridge",
}
"""Every method by its name; a method's file is read when it is first asked for."""


def model_class(name: str) -> type[Scorer]:
    """The class behind a name of `MODELS`; raises UnknownNameError."""
    if name not in MODELS:
        raise UnknownNameError("model", name, MODELS)
    module, attribute = MODELS[name].split(":")
    found: type[Scorer] = getattr(import_module(module), attribute)
    return found


def load_model(name: str, config: Mapping[str, Any] | None = None) -> Scorer:
    """A model that is not fitted yet, with settings as a TOML table gives them.

    Raises UnknownNameError for the name and SettingsError for a setting that is unknown or out of range.
    """
    found = model_class(name)
    try:
        settings: Any = TypeAdapter(found.config_type).validate_python(dict(config or {}))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        known = ", ".join(getattr(found.config_type, "__dataclass_fields__", {}))
        raise SettingsError(f"{name}.{field}: {first['msg']}.", f"Settings of {name}: {known}.") from error
    make: Any = found
    model: Scorer = make(settings)
    return model


def load_saved(folder: Path) -> Scorer:
    """The fitted model that `save` wrote into `folder`; raises InputError where there is none."""
    file = folder / "config.json"
    try:
        name = json.loads(file.read_text(encoding="utf-8"))["model"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"holds no saved model ({error})", "Fit and save one first.", file=str(file)
        ) from error
    return model_class(name).load(folder)


def __getattr__(name: str) -> type[Scorer]:
    for model, place in MODELS.items():
        if place.endswith(f":{name}"):
            return model_class(model)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
