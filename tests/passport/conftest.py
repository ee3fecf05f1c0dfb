"""A workspace of the sample, and the reader there who did most."""

from pathlib import Path

import numpy as np
import pytest
from passport_world import Known

from isthmus.passport import History, IssuerKey, Subjects
from isthmus.pipeline import Workspace, import_files, read_dataset
from isthmus.pipeline.passports import shelf_of
from isthmus.sources import load_source

SAMPLE = Path(__file__).parents[2] / "docs" / "guide" / "sample"


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    workspace = Workspace.create(tmp_path_factory.mktemp("sample") / "ws")
    for name, role in (("events", None), ("catalogue", "items"), ("links", "links")):
        mapping = SAMPLE / f"{name}.toml"
        options = {"mapping": str(mapping)} if mapping.exists() else {"role": role}
        list(import_files(workspace, load_source("table", **options), [SAMPLE / f"{name}.csv"]))
    return workspace


@pytest.fixture(scope="session")
def known(sample) -> Known:
    encoder = sample.encoder()
    dataset = read_dataset(sample, encoder)
    num = int(np.argmax(np.diff(dataset.interactions.indptr)))  # who did most
    rows = np.array([num])
    history = History(
        "somebody", dataset.interactions[rows], dataset.times_matrix[rows].data, dataset.blocked[rows]
    )
    shelf = shelf_of(sample, dataset)
    return Known(history, shelf, encoder, Subjects.encoded(encoder), IssuerKey(bytes(range(32))))
