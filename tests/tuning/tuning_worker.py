"""Searches until it is killed or done. Started by test_tuning_kill.py with folder and number of trials."""

import sys
from pathlib import Path

from tuning_world import TARGET, make_world

from isthmus.tuning import tune

if __name__ == "__main__":
    found = tune(make_world(), "itemknn", target=TARGET, trials=int(sys.argv[2]), folder=Path(sys.argv[1]))
    print(len(found.trials), found.earlier)
