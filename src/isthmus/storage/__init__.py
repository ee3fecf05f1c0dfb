"""Tables of Parquet segments under one SQLite manifest: what is committed is there whole, or not at all.

```
workspace/
  manifest.sqlite     which segments count, and which imports brought them
  lock                held by the one process that writes
  events/00000001-5f0c2a9e.parquet
  links/...
  private/            readable by its owner only
```

A segment is written, synced and never changed. It counts from the moment the manifest names it, and the
manifest changes in one SQLite transaction. So a process that is killed leaves at most files that nothing
names; the next writer removes them. `docs/decisions/0002-segments-under-a-manifest.md` says why.
"""

from isthmus.storage.durable import make_folder, storage_errors, sync_folder, write_new_file
from isthmus.storage.lock import exclusive_lock
from isthmus.storage.manifest import Import
from isthmus.storage.segments import SegmentStore
from isthmus.storage.writer import Writer

__all__ = [
    "Import",
    "SegmentStore",
    "Writer",
    "exclusive_lock",
    "make_folder",
    "storage_errors",
    "sync_folder",
    "write_new_file",
]
