import subprocess
import sys

import pytest

from isthmus.models import MODELS

NEURAL = sorted(name for name, place in MODELS.items() if ".neural." in place)


def test_without_torch_every_method_names_the_install_command() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from isthmus.errors import MissingExtraError\n"
        "from isthmus.models import load_model\n"
        "for name in sys.argv[1:]:\n"
        "    try: load_model(name)\n"
        "    except MissingExtraError as error: print(name, error.hint)"
    )
    command = [sys.executable, "-c", code, *NEURAL]
    environment = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, env=environment)
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert said == dict.fromkeys(NEURAL, "Run: pip install 'isthmus[torch]'")


@pytest.mark.parametrize("name", NEURAL)
def test_the_table_leads_to_the_neural_room(name: str) -> None:
    assert MODELS[name].startswith("isthmus.models.neural.")
