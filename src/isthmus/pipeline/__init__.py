"""The only room that joins rooms: everything that can be done with a workspace, a verb a file."""

from isthmus.pipeline.comparing import BEST, compare_models
from isthmus.pipeline.drifting import find_drift
from isthmus.pipeline.evaluating import evaluate_models
from isthmus.pipeline.fitting import fit_model, make_model
from isthmus.pipeline.forgetting import Receipt, forget
from isthmus.pipeline.importing import Imported, find_last_event, import_batches, import_files
from isthmus.pipeline.interests import KnownInterests, find_interests
from isthmus.pipeline.matching import Matching, PairStatus, find_matches, read_matches, review_matches
from isthmus.pipeline.people import Person, find_people, find_person, read_names
from isthmus.pipeline.reading import item_frame, read_dataset, read_history
from isthmus.pipeline.recommending import RECOMMENDED, Answer, Wish, recommend
from isthmus.pipeline.saved import Saved, list_models, open_model
from isthmus.pipeline.scoring import PastItem, TextScore, score_text
from isthmus.pipeline.status import PlatformStatus, Status, count_without_text, find_status
from isthmus.pipeline.tuning import tune_model, tuning_folder
from isthmus.pipeline.workspace import Workspace

__all__ = [
    "BEST",
    "RECOMMENDED",
    "Answer",
    "Imported",
    "KnownInterests",
    "Matching",
    "PairStatus",
    "PastItem",
    "Person",
    "PlatformStatus",
    "Receipt",
    "Saved",
    "Status",
    "TextScore",
    "Wish",
    "Workspace",
    "compare_models",
    "count_without_text",
    "evaluate_models",
    "find_drift",
    "find_interests",
    "find_last_event",
    "find_matches",
    "find_people",
    "find_person",
    "find_status",
    "fit_model",
    "forget",
    "import_batches",
    "import_files",
    "item_frame",
    "list_models",
    "make_model",
    "open_model",
    "read_dataset",
    "read_history",
    "read_matches",
    "read_names",
    "recommend",
    "review_matches",
    "score_text",
    "tune_model",
    "tuning_folder",
]
