"""The passport: a person's interests in one signed file that any platform can read.

```
history ── topics, directions ── making ──► signed JSON ── sealing ──► only its owner opens it
                                               │
   list and reasons ◄── using ◄── checking ◄───┴── editing (the owner takes out), telling (in plain words)
```

Nothing here is needed to recommend within a workspace. Needs the extra `passport` (cryptography).
"""

from isthmus.passport.canonical import canonical, read_json
from isthmus.passport.checking import check_purpose, open_passport
from isthmus.passport.directions import Directions, cluster, keep_chance, tell_subjects
from isthmus.passport.document import (
    PURPOSES,
    Interest,
    InterestVector,
    Keyword,
    Level,
    Passport,
    Provenance,
    Purpose,
    parse,
    render_schema,
    schema,
)
from isthmus.passport.editing import edit_passport
from isthmus.passport.making import Terms, make_passport, sign
from isthmus.passport.sealing import seal, unseal
from isthmus.passport.signing import IssuerKey, check_signature, fingerprint
from isthmus.passport.subjects import Subjects
from isthmus.passport.telling import tell
from isthmus.passport.topics import History, Shelf
from isthmus.passport.using import Blend, Parts, Reader, Reason, Suggestions

__all__ = [
    "PURPOSES",
    "Blend",
    "Directions",
    "History",
    "Interest",
    "InterestVector",
    "IssuerKey",
    "Keyword",
    "Level",
    "Parts",
    "Passport",
    "Provenance",
    "Purpose",
    "Reader",
    "Reason",
    "Shelf",
    "Subjects",
    "Suggestions",
    "Terms",
    "canonical",
    "check_purpose",
    "check_signature",
    "cluster",
    "edit_passport",
    "fingerprint",
    "keep_chance",
    "make_passport",
    "open_passport",
    "parse",
    "read_json",
    "render_schema",
    "schema",
    "seal",
    "sign",
    "tell",
    "tell_subjects",
    "unseal",
]
