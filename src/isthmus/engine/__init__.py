"""Work over shards: a function, its inputs, and where to run it. Knows nothing of what is computed."""

from isthmus.engine.ahead import ahead
from isthmus.engine.executor import Executor, InProcess, Processes, shard_ranges
from isthmus.engine.progress import Advance, Progress, Silent

__all__ = ["Advance", "Executor", "InProcess", "Processes", "Progress", "Silent", "ahead", "shard_ranges"]
