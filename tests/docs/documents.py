"""The documents whose commands and snippets are run, and what stands in them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]

_FENCE = re.compile(r"^```([\w-]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and its text."""

    language: str
    text: str


def blocks(file: Path, *languages: str) -> list[Block]:
    """The fenced blocks of `file` in these languages, in their order."""
    found = [Block(*match) for match in _FENCE.findall(file.read_text(encoding="utf-8"))]
    return [block for block in found if block.language in languages]


def commands(file: Path) -> list[str]:
    """The commands of the `sh` blocks of `file`: a backslash joins lines, comments are left out."""
    text = "\n".join(block.text for block in blocks(file, "sh")).replace("\\\n", " ")
    lines = (re.sub(r"\s+#\s.*$", "", line).strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def name(file: Path) -> str:
    """A document under its path in the repository."""
    return file.relative_to(ROOT).as_posix()
