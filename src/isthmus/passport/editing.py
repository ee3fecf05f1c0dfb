"""What an owner may change: take a topic or keyword out, or make it weigh less; then it is signed anew."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from isthmus.errors import SettingsError, UnknownNameError
from isthmus.passport.document import Edited, Passport
from isthmus.passport.making import sign
from isthmus.passport.signing import IssuerKey

__all__ = ["edit_passport"]


def edit_passport(
    passport: Passport,
    issuer: IssuerKey,
    *,
    remove: Collection[str] = (),
    lower: Mapping[str, float] | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """The next revision: without the names in `remove`, those in `lower` times a factor from 0 to 1.

    Names are topics or keywords, in any case. With a topic go its keywords and the vectors that are nearest
    to it, and the list of items, which would tell of it. Raises UnknownNameError, SettingsError for a factor
    out of range and where nothing is to be changed.
    """
    factors = {name.casefold(): factor for name, factor in (lower or {}).items()}
    factors |= dict.fromkeys((name.casefold() for name in remove), 0.0)
    _check(passport, factors)
    changed = passport.model_copy(
        update={
            "revision": passport.revision + 1,
            "topics": _kept(passport.topics, factors),
            "keywords": _kept(passport.keywords, factors),
            "vectors": _kept(passport.vectors, factors),
            "provenance": tuple(one.model_copy(update={"items": None}) for one in passport.provenance),
            "edited": Edited(
                edited_at=(now or datetime.now(UTC)).replace(microsecond=0),
                removed=sum(factor == 0 for factor in factors.values()),
                lowered=sum(factor > 0 for factor in factors.values()),
                first_issuer=passport.edited.first_issuer if passport.edited else passport.issuer.public_key,
            ),
        }
    )
    return sign(changed, issuer)


def _check(passport: Passport, factors: Mapping[str, float]) -> None:
    known = [one.name for one in (*passport.topics, *passport.keywords)]
    folded = {name.casefold() for name in known}
    for name, factor in factors.items():
        if name not in folded:
            raise UnknownNameError("topic or keyword", name, known)
        if not 0 <= factor <= 1:
            raise SettingsError(
                f"{name!r} cannot be weighed {factor:g} times.", "0 to 1: an owner tells less."
            )
    if not factors:
        raise SettingsError("Nothing is to be changed.", "Give --remove NAME or --lower NAME=0.5.")


def _kept(parts: Sequence[Any], factors: Mapping[str, float]) -> tuple[Any, ...]:
    """Weights times their factors, adding up to what they did in proportion; nothing of weight 0."""
    weighed = [(one, one.weight * _factor(one, factors)) for one in parts]
    total = sum(weight for _, weight in weighed)
    return tuple(
        one.model_copy(update={"weight": round(weight / total, 6)}) for one, weight in weighed if weight > 0
    )


def _factor(one: Any, factors: Mapping[str, float]) -> float:
    """A thing goes by its own name or by its topic's, whichever makes it weigh less."""
    names = [getattr(one, "name", None), getattr(one, "topic", None), getattr(one, "subject", None)]
    return min((factors.get(name.casefold(), 1.0) for name in names if name), default=1.0)
