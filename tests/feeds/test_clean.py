import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.article import Entry
from bot.feeds.clean import MAX_TITLE, clean_entries, plain_text, plain_title
from tests.feeds.examples import EXAMPLES


def entry(title: str = "", summary: str = "", content: str | None = None) -> Entry:
    return Entry(guid="1", link=None, title=title, summary=summary, content=content)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain words", "plain words"),
        ("", ""),
        ("<p>One</p>\n<p>Two<br/>three</p> tail", "One\nTwo\nthree\ntail"),
        ("<ul><li>a<li>b</ul><table><tr><td>1</td><td>2</td></tr></table>", "a\nb\n1 2"),
        ("the env<b>oy</b>'s <i>word</i>", "the envoy's word"),
        ("one\n  line\tin the source", "one\nline in the source"),
        ("<p>one\n line in\r\nthe source</p>", "one line in the source"),
        ("AT&amp;T &#8217;quoted&rsquo; &nbsp; caf&eacute; &unknown;", "AT&T ’quoted’ café &unknown;"),
        ("a &lt; b", "a < b"),
        ("a < b & c > d", "a < b & c > d"),
        ("x<script>alert('</p>')</script><style>p{}</style><iframe src=x>no</iframe><template>t</template>y", "xy"),
        ("x<!-- hidden --><?php hidden ?>y", "xy"),
        ("<img src=x alt=picture>words", "words"),
        ("&lt;p&gt;escaped&lt;/p&gt;&lt;p&gt;twice &amp;amp; more&lt;/p&gt;", "escaped\ntwice & more"),
        ("<p>kept</p><p>apart &amp;quot;too&amp;quot;</p>", 'kept\napart "too"'),
        ("<p>cut off in a <a hre", "cut off in a"),
        ("</div></body></html>after", "after"),
        ("<plaintext>all", "all"),
        ("<div>" * 300 + "deep", "deep"),
        (
            "zero\u200bwidth soft\u00adhyphen \u202eoverride\u202c \u2066isolate\u2069 \ufeffmark",
            "zerowidth softhyphen override isolate mark",
        ),
        ("nul\x00 bell\x07 esc\x1b[31m c1\x9b", "nul bell esc[31m c1"),
        ("&#0;&#27;[31m&#x202E;x", "�[31mx"),
        ("line\u2028separator\u0085next\vtab", "line\nseparator\nnext\ntab"),
        ("می\u200cخواهم 👩\u200d👧", "می\u200cخواهم 👩\u200d👧"),
        ("lone \ud800 surrogate <b>\udfff</b>", "lone surrogate"),
    ],
)
def test_plain_text(html: str, text: str) -> None:
    assert plain_text(html) == text


def test_a_title_is_one_line_of_bounded_length() -> None:
    assert plain_title("<p>Two</p><p>lines &amp; <b>marks</b></p>") == "Two lines & marks"
    long = plain_title("word " * 1_000)
    assert len(long) <= MAX_TITLE
    assert long.endswith("word…")


def test_the_longer_of_content_and_summary_counts() -> None:
    texts = clean_entries(
        [
            entry("a", summary="<p>three short words</p>", content="<p>here are four words</p>"),
            entry("b", summary="here are four words", content="<img src='x' alt='a very long description'/>gone"),
            entry("c", summary="only this"),
            entry("d", content="only that"),
        ]
    )
    assert texts == [
        ("a", "here are four words"),
        ("b", "here are four words"),
        ("c", "only this"),
        ("d", "only that"),
    ]


@pytest.mark.parametrize(
    "tail",
    [
        '<p>The post <a href="x">Bridge closed</a> appeared first on <a href="y">The Courier</a>.</p>',
        "<p>The post Bridge closed first appeared on The Courier.</p>",
        "<p>This article was originally published on The Courier.</p>",
        "<a>Read more</a><br>",
        "<p>Read more...</p>",
        "<p>[Read the full story »]</p>",
        "<p>Continue reading →</p>",
        "<p>Click here to read more</p>",
        "<p>View this article online</p>",
        "<p>Full story</p><p>Read more</p>",
    ],
)
def test_invitations_at_the_end_are_dropped(tail: str) -> None:
    assert clean_entries([entry(summary=f"<p>The bridge is closed.</p>{tail}")]) == [("", "The bridge is closed.")]


@pytest.mark.parametrize(
    "sentence",
    [
        "The disease first appeared in the valley in spring.",
        "Read more, the minister told the students.",
        "The post in the village was first on his list.",
        "He said the story was first published in May by a rival.",
        "Learn to live with it, she said.",
    ],
)
def test_sentences_that_resemble_invitations_stay(sentence: str) -> None:
    assert clean_entries([entry(summary=f"<p>One.</p><p>{sentence}</p>")]) == [("", f"One.\n{sentence}")]


def test_an_invitation_in_the_middle_stays() -> None:
    assert plain_text("<p>Read more</p><p>Then this.</p>") == "Read more\nThen this."


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_examples_come_out_in_order(example: object) -> None:
    entries = example.entries  # type: ignore[attr-defined]
    texts = clean_entries(entries)
    assert len(texts) == len(entries)
    assert not any("<" in text.replace("< 5", "") for _, text in texts)


pieces = st.sampled_from(
    ["<p>", "</p>", "<b", ">", "<!--", "-->", "&amp;", "&#", "<![CDATA[", "<script>", "\n", "</div>"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(pieces | st.text(max_size=10), max_size=12).map("".join))
def test_whatever_comes_in_what_goes_out_is_safe(html: str) -> None:
    title, text = plain_title(html), plain_text(html)
    (title + text).encode()
    assert "\n" not in title
    assert all(line == " ".join(line.split()) and line for line in text.split("\n")) or text == ""
    assert not set(text) & set("\0\x1b\x07\r\u202e\u2066\u200b\x9b")
