"""As if new on the target: nothing of it is known."""

from isthmus.dataset import Dataset
from isthmus.evaluation.protocols.people import hold_out_people
from isthmus.evaluation.split import Split

__all__ = ["cold_start"]


def cold_start(
    dataset: Dataset, target: str, *, test: float = 0.2, validation: float = 0.1, seed: int = 0
) -> Split:
    """Shares of the people known on `target` and elsewhere are asked about as if they were new there.

    All their interactions on the target are hidden from training; those elsewhere stay. Raises SettingsError
    for shares out of range, UnknownNameError for the platform, InputError where nobody is known on both.
    """
    return hold_out_people(dataset, target, (0,), test, validation, seed, "cold-start")
