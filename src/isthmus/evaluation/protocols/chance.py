"""Chance from a keyed hash of ids: the same seed gives the same split on every machine, and taking one person
out does not reshuffle the rest."""

from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isthmus.dataset import Dataset
from isthmus.evaluation.split import entries
from isthmus.schema import UserNums

__all__ = ["draw_people", "hash_entries", "hash_ids"]


def hash_ids(ids: NDArray[Any], seed: int) -> NDArray[np.uint64]:
    """(n,): a number per id that only the id and the seed decide."""
    key = str(seed).encode()
    digests = b"".join(blake2b(id_.encode(), digest_size=8, key=key).digest() for id_ in ids)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def hash_entries(dataset: Dataset, seed: int) -> NDArray[np.uint64]:
    """(nnz,): a number per interaction that only its person, its item and the seed decide."""
    people = hash_ids(dataset.users.ids, seed)[entries(dataset.interactions)]
    mixed = people ^ hash_ids(dataset.items.ids, seed)[dataset.interactions.indices]
    # the finish of splitmix64 (steele-2014): without it, entries of two people would be in the same order
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def draw_people(
    dataset: Dataset, eligible: UserNums, test: float, validation: float, seed: int
) -> tuple[UserNums, UserNums]:
    """Test and validation people, ascending: those with the smallest hashes."""
    order = eligible[np.argsort(hash_ids(dataset.users.ids[eligible], seed), kind="stable")]
    n_test, n_validation = round(test * len(order)), round(validation * len(order))
    return np.sort(order[:n_test]), np.sort(order[n_test : n_test + n_validation])
