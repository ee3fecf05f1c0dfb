"""As if nearly new on the target: k events are known."""

from collections.abc import Sequence

from isthmus.dataset import Dataset
from isthmus.errors import SettingsError
from isthmus.evaluation.protocols.people import hold_out_people
from isthmus.evaluation.split import Split

__all__ = ["k_shot"]


def k_shot(
    dataset: Dataset,
    target: str,
    k: int | Sequence[int] = (0, 1, 2, 4, 8),
    *,
    test: float = 0.2,
    validation: float = 0.1,
    seed: int = 0,
) -> Split:
    """As `cold_start`, but `k` random interactions of a person on the target are left in the history.

    With a single `k` they are left in training too. With several, the same people are asked about once per
    k, smaller histories being part of larger ones and the truth the same for all, namely what is left by
    none; one training must then serve all k, so it sees nothing of these people on the target. People need
    one interaction more than the largest k. Raises as `cold_start` does.
    """
    ks = tuple(sorted({k} if isinstance(k, int) else set(k)))
    if not ks or ks[0] < 0:
        raise SettingsError(
            f"k must be whole numbers of at least 0, not {k}.", "For example k=(0, 1, 2, 4, 8)."
        )
    return hold_out_people(dataset, target, ks, test, validation, seed, "k-shot")
