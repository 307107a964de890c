import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.plain import cut, plain
from bot.chat.slack.text import WORD_JOINER, escape, web_address


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("two  words\nand\ttabs", "two words and tabs"),
        ("right\u202eleft\u2066in\u2069\u200fout", "rightleftinout"),
        ("zero\u200bwidth\ufeff\u2060soft\u00adhyphen", "zerowidthsofthyphen"),
        ("hidden \U000e0041\U000e0042tags", "hidden tags"),
        ("bell\x07 null\x00 esc\x1b[31m", "bell null esc[31m"),
        ("broken \ud800 half", "broken half"),
        ("a\u200db", "ab"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("*bold* <!here> & co", "*bold* <!here> & co"),
        (" \u200b ", "…"),
        ("", "…"),
    ],
)
def test_plain_leaves_only_what_is_seen(raw: str, shown: str) -> None:
    assert plain(raw, 100) == shown


def test_plain_keeps_lines_where_they_mean_something() -> None:
    assert plain("one  two\n\n three\r\nfour", 100, lines=True) == "one two\nthree\nfour"


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("as long as this", 15, "as long as this"),
        ("cut at a word here", 12, "cut at a…"),
        ("cut at a word here", 14, "cut at a word…"),
        ("oneendlessword", 5, "onee…"),
        ("a oneendlessword", 10, "a oneendl…"),
        ("停火协议已经达成", 5, "停火协议…"),
    ],
)
def test_cut_at_a_word(text: str, limit: int, short: str) -> None:
    assert cut(text, limit) == short


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("<!channel> <@U1> <#C1> <http://x|y>", "&lt;!channel&gt; &lt;@U1&gt; &lt;#C1&gt; &lt;http://x|y&gt;"),
        ("&lt;!here&gt;", "&amp;lt;!here&amp;gt;"),
        (
            "@channel @HERE @everyone @someone",
            f"@{WORD_JOINER}channel @{WORD_JOINER}HERE @{WORD_JOINER}everyone @someone",
        ),
    ],
)
def test_escape_leaves_no_control_sequence(raw: str, safe: str) -> None:
    assert escape(raw, 1000) == safe


@given(st.text(alphabet=st.sampled_from("a &<>@channel"), max_size=80), st.integers(min_value=8, max_value=60))
def test_escape_never_cuts_through_an_escape(raw: str, limit: int) -> None:
    safe = escape(raw, limit)
    assert len(safe) <= limit
    rest = safe.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert not set(rest) & set("&<>")


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("http://example.org/x y|<!here>", "http://example.org/x%20y%7C%3C!here%3E"),
        ("https://приклад.укр/стаття", "https://xn--80aikifvh.xn--j1amh/%D1%81%D1%82%D0%B0%D1%82%D1%82%D1%8F"),
        ("https://reader:secret@example.org/", None),
        ("https://example.org/" + "a" * 2000, None),
        ("javascript:alert(1)", None),
        ("slack://open", None),
        ("//example.org/", None),
        ("http://[broken/", None),
        ("http://example.org:99999/", None),
        ("", None),
        (None, None),
    ],
)
def test_only_web_addresses_become_links(link: str | None, address: str | None) -> None:
    assert web_address(link) == address


@given(st.text(max_size=60))
def test_an_address_is_plain_ascii_without_markup(tail: str) -> None:
    address = web_address(f"https://example.org/{tail}")
    if address is not None:
        assert address.isascii()
        assert not set(address) & set(' <>|"\n\t')
