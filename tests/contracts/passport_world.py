"""One reader of the sample, and the passports made of what they did."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from isthmus.passport import History, IssuerKey, Passport, Shelf, Subjects, Terms, make_passport, parse

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Known:
    """One reader of the sample, and what a passport of theirs is made of."""

    history: History
    shelf: Shelf
    encoder: object
    subjects: Subjects
    issuer: IssuerKey

    def document(self, level="topics", **terms):
        return make_passport(
            self.history, self.shelf, self.encoder, Terms(level, **terms), self.issuer,
            subjects=self.subjects, now=NOW,
        )  # fmt: skip

    def passport(self, level="topics", **terms) -> Passport:
        return parse(self.document(level, **terms))


def as_bytes(document) -> bytes:
    return json.dumps(document).encode()
