"""Events: checked row by row, known by their identity, kept in a log that grows or forgets people."""

from isthmus.events.check import Checked, check
from isthmus.events.identity import content_ids
from isthmus.events.log import Appended, EventLog

__all__ = ["Appended", "Checked", "EventLog", "check", "content_ids"]
