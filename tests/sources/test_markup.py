import pytest

from isthmus.sources.markup import plain_text


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("plain  words\n", "plain words"),
        ("<p>one</p><p>two &amp; three</p>", "one two & three"),
        ("a<br/>b<b>c</b>d", "a bcd"),
        ("<style>x{}</style>seen<script>if (a < b) alert(1)</script>", "seen"),
        ("one<!-- <p>no</p> -->two", "onetwo"),
        ("2 < 3 &lt; 4", "2 < 3 < 4"),
        ("&a;&#x1F600;", "&a;😀"),
        ('<!DOCTYPE p [<!ENTITY a "aaaa">]>&a;', "<!DOCTYPE p []>&a;"),
        ("", ""),
    ],
)
def test_what_a_reader_would_see(markup: str, words: str) -> None:
    assert plain_text(markup) == words


@pytest.mark.parametrize("piece", ["<", "<a ", "&", "<!--", "<script>", "<p", "&#", "<!--x"])
def test_monstrous_markup_ends(piece: str) -> None:
    assert len(plain_text(piece * 300_000)) <= 200_000
