import codecs
from pathlib import Path

import pytest

from isthmus.errors import InputError
from isthmus.sources.tabular.stream import read_blocks, read_text

TEXT = "Ünïcode 三体 📚\n" * 50


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-be", "utf-32-be"])
@pytest.mark.parametrize("block_bytes", [8, 9, 1000])
def test_every_encoding_becomes_utf_8(tmp_path: Path, encoding: str, block_bytes: int) -> None:
    marks = {"utf-16-be": codecs.BOM_UTF16_BE, "utf-32-be": codecs.BOM_UTF32_BE}
    (tmp_path / "t").write_bytes(marks.get(encoding, b"") + TEXT.encode(encoding))
    blocks = list(read_blocks(tmp_path / "t", block_bytes))
    assert b"".join(blocks).decode() == TEXT
    assert all(blocks)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        next(read_blocks(tmp_path / "t"))
    with pytest.raises(InputError, match="directory"):
        next(read_blocks(tmp_path))
    (tmp_path / "t").write_bytes(codecs.BOM_UTF16_LE + b"a\0b")
    with pytest.raises(InputError, match="utf-16"):
        list(read_blocks(tmp_path / "t"))
    (tmp_path / "t").write_bytes(b"a\nb\n\xff")
    with pytest.raises(InputError, match=r"t:3: not valid UTF-8"):
        read_text(tmp_path / "t")
