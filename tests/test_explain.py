"""What `analyse --explain` writes: marks on the article, reasons below it, nothing that a terminal would obey."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.__main__ import cli
from bot.analyse import BadLineError, article
from bot.domain.statement import Analysis, Document, Span, Stance, Statement
from bot.explain import show

BODY = Document("Vrel: no truce", "“Never,” Vrel said.\nIt rained.")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def statement() -> Statement:
    def span(words: str) -> Span:
        at = BODY.body.index(words)
        return Span.of(BODY.body, at, at + len(words))

    return Statement(
        speaker="Anna Vrel",
        speaker_span=span("Vrel said"[:4]),
        topic="ceasefire",
        stance=Stance.REJECT,
        target=("Ruritania",),
        evidence=span("“Never,” Vrel said."),
        quote=span("Never,"),
        cue=span("said"),
        confidence=0.9,
        reason="subject and cue, 'said' about 'truce'; stance: refuses",
    )


def shown(analysis: Analysis, document: Document = BODY, stream: io.StringIO | None = None) -> str:
    out = stream or io.StringIO()
    show(document, analysis, out)
    return out.getvalue()


def test_piped_it_is_plain_with_signs_around_what_is_marked() -> None:
    text = shown(Analysis(("ceasefire",), (statement(),), ("x",)))
    assert "⟦“«Never,»” Vrel <said>.⟧" in text
    assert "{Vrel}: no truce" in text
    assert "1. Anna Vrel: ceasefire, reject on Ruritania" in text
    assert "stance reject: refuses" in text
    assert "\x1b" not in text


def test_when_and_where_are_told_if_the_article_tells_them() -> None:
    said = replace(statement(), said_on="2025-06-02", said_in="radio")
    assert "when: “2025-06-02”, where: “radio”" in shown(Analysis(("ceasefire",), (said,), ("x",)))
    assert "when:" not in shown(Analysis(("ceasefire",), (statement(),), ("x",)))


def test_a_terminal_gets_colours_and_the_article_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    text = shown(Analysis(("ceasefire",), (statement(),), ("x",)), stream=Terminal())
    assert "\x1b[" in text
    assert "⟦" not in text


def test_no_color_makes_a_terminal_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shown(Analysis(("ceasefire",), (statement(),), ("x",)), stream=Terminal())


def test_a_quiet_article_tells_what_stood_against_it() -> None:
    text = shown(Analysis(reasons=("quiet: 'truce' next to 'price' (a truce of another kind)",)))
    assert "flagged: for nothing" in text
    assert "'truce' next to 'price'" in text


def test_nothing_in_an_article_moves_the_terminal() -> None:
    text = shown(Analysis(reasons=("quiet",)), Document("\x1b]0;owned\x07", "a\u202eb\x9b31m[bold]c"))
    assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(text)
    assert "[bold]c" in text


@pytest.mark.parametrize(
    ("data", "title", "text"),
    [
        (b'{"title": "T", "text": "B"}', "T", "B"),
        (b"\xef\xbb\xbfA title\r\n\r\nBody.\r\nMore.", "A title", "Body.\nMore."),
        (b"", "", ""),
    ],
)
def test_one_article_is_json_or_plain_text(data: bytes, title: str, text: str) -> None:
    document = article(data)
    assert (document.title, document.text) == (title, text)


@pytest.mark.parametrize("data", [b"{broken", b'{"title": 5}', b"\xff\xfe"])
def test_what_is_no_article_is_refused(data: bytes) -> None:
    with pytest.raises(BadLineError):
        article(data)


def test_the_verb(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Hamas accepts a truce with Israel\n\nIt rained.", encoding="utf-8")
    result = CliRunner().invoke(cli, ["analyse", "--explain", str(path)])
    assert result.exit_code == 0
    assert "1. Hamas: ceasefire, agree on Hamas, Israel" in result.output
    path.write_bytes(b"\xff")
    assert CliRunner().invoke(cli, ["analyse", "--explain", str(path)]).exit_code == 1
