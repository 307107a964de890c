import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.analyse import LONGEST, answers, dumped
from bot.domain.statement import Analysis, Document, Span, Stance, Statement

NOTHING = {"topics": [], "statements": [], "reasons": ["quiet: no cue"]}


def quiet(document: Document) -> Analysis:
    del document
    return Analysis(reasons=("quiet: no cue",))


def loud(document: Document) -> Analysis:
    """Finds a statement in `X rejects Y` titles."""
    body = document.body
    whole = Span.of(body, 0, len(document.title))
    statement = Statement(
        speaker="Ruritania",
        speaker_span=Span.of(body, 0, 1),
        topic="territory",
        stance=Stance.REJECT,
        target=("Bridge",),
        evidence=whole,
        quote=None,
        cue=Span.of(body, 2, 9),
        confidence=0.5,
        reason="a test's rule",
        conflicts=("ruritania",),
    )
    return Analysis(("territory",), (statement,), ("a test's rule",))


def told(body: bytes) -> list[Any]:
    return list(answers(io.BytesIO(body), quiet))


def test_a_statement_is_printed_as_design_says() -> None:
    line = {"id": 7, "title": "R rejects B", "text": "", "lang": "en", "published": None, "source": "x"}
    assert list(answers(io.BytesIO(json.dumps(line).encode()), loud)) == [
        {
            "id": 7,
            "topics": ["territory"],
            "statements": [
                {
                    "speaker": "Ruritania",
                    "speaker_text": "R",
                    "topic": "territory",
                    "stance": "reject",
                    "target": ["Bridge"],
                    "evidence": "R rejects B",
                    "quote": None,
                    "cue": "rejects",
                    "said_on": None,
                    "said_in": None,
                    "confidence": 0.5,
                }
            ],
            "reasons": ["a test's rule"],
        }
    ]


def test_what_is_known_of_an_article_reaches_the_engine() -> None:
    seen: list[Document] = []

    def engine(document: Document) -> Analysis:
        seen.append(document)
        return Analysis()

    line = b'\xef\xbb\xbf{"id": "a", "title": "T", "text": "B", "lang": "uk", "published": "2026-03-01", "source": "S"}'
    list(answers(io.BytesIO(line + b'\n{"text": "only"}\n'), engine))
    assert seen == [Document("T", "B", "uk", "2026-03-01", "S"), Document("", "only")]


@pytest.mark.parametrize(
    ("line", "error", "known"),
    [
        (b'{"id": 1,', "not JSON: Expecting property name", {}),
        (b"\xff{}", "not UTF-8 at byte 1", {}),
        (b"[1]", "not an object", {}),
        (b'"text"', "not an object", {}),
        (b'{"id": 1}', 'neither "title" nor "text"', {"id": 1}),
        (b'{"id": "a", "text": 5}', '"text" is not a string', {"id": "a"}),
        (b'{"id": "a", "text": "x", "lang": 5}', '"lang" is not a string', {"id": "a"}),
        (b'{"id": [1], "text": "x"}', '"id" is neither a string nor an integer', {}),
        (b'{"id": 1e999, "text": "x"}', '"id" is neither a string nor an integer', {}),
        (b"[" * 100_000, "not JSON that can be read", {}),
        (b'{"id": ' + b"9" * 5000 + b', "text": "x"}', "not JSON that can be read", {}),
        (b'{"text": "' + b"x" * LONGEST + b'"}', f"longer than {LONGEST} bytes", {}),
    ],
)
def test_a_bad_line_gets_an_error_in_its_place(line: bytes, error: str, known: dict[str, Any]) -> None:
    good = b'{"id": "good", "text": "x"}'
    first, bad, last = told(good + b"\n" + line + b"\n" + good)
    assert first == last == {"id": "good", **NOTHING}
    assert error in bad.pop("error")
    assert bad == {**known, "line": 2}


def test_empty_lines_are_no_lines() -> None:
    assert [a["id"] for a in told(b'\n{"id": 1, "text": ""}\r\n  \n{"id": 2, "title": ""}\n\n')] == [1, 2]


def test_a_fault_of_the_engine_costs_one_line() -> None:
    def engine(document: Document) -> Analysis:
        if document.text == "bad":
            raise ZeroDivisionError
        return quiet(document)

    body = b'{"id": 1, "text": "bad"}\n{"id": 2, "text": "x"}\n'
    assert list(answers(io.BytesIO(body), engine)) == [
        {"id": 1, "line": 1, "error": "the engine failed: ZeroDivisionError"},
        {"id": 2, **NOTHING},
    ]


def test_answers_come_as_lines_are_read() -> None:
    class Endless(io.BytesIO):
        reads = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            self.reads += 1
            return b'{"id": %d, "text": "x"}\n' % self.reads

    lines = Endless()
    stream = answers(lines, quiet)
    assert [next(stream)["id"] for _ in range(3)] == [1, 2, 3]
    assert lines.reads == 3


def test_output_is_utf_8_and_survives_lone_surrogates() -> None:
    assert dumped({"id": "Україна"}) == '{"id": "Україна"}\n'.encode()
    assert json.loads(dumped({"id": "\ud800 é"})) == {"id": "\ud800 é"}


@given(st.lists(st.one_of(st.binary(), st.text().map(str.encode), st.just(b'{"id": 1, "text": "x"}'))))
def test_any_bytes_give_one_valid_line_for_each_line(pieces: list[bytes]) -> None:
    body = b"\n".join(pieces)
    wanted = [line for line in body.split(b"\n") if line.strip()]
    found = [dumped(a) for a in told(body)]
    assert len(found) == len(wanted)
    assert all(isinstance(json.loads(line), dict) and line.count(b"\n") == 1 for line in found)
