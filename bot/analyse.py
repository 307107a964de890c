"""`analyse`: JSON lines in, JSON lines out, one for one and in order, however broken a line is."""

import json
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

from bot.domain.statement import Analysis, Document, Statement

# A longer line is refused rather than held in memory; a book has a tenth of it.
LONGEST: Final = 10_000_000
OPTIONAL: Final = ("lang", "published", "source")

Analyse = Callable[[Document], Analysis]
Object = dict[str, Any]


class BadLineError(ValueError):
    """A line that holds no document; the text says why."""


def answers(lines: BinaryIO, analyse: Analyse) -> Iterator[Object]:
    """The answer to each line as it is read, with an "error" where it cannot be used. Empty lines are skipped."""
    for number, line in enumerate(_lines(lines), 1):
        if line is not None and not line.strip():
            continue
        asked: Object = {}
        try:
            asked = _parsed(line)
            yield answer(asked.get("id"), analyse(_document(asked)))
        except BadLineError as error:
            known = {"id": asked["id"]} if isinstance(asked.get("id"), str | int) else {}
            yield {**known, "line": number, "error": str(error)}
        except Exception as error:  # a fault of the engine's must not cost the lines after it
            yield {"id": asked.get("id"), "line": number, "error": f"the engine failed: {type(error).__name__}"}


def article(data: bytes) -> Document:
    """One article: a JSON object as `answers` reads it, else plain text whose first line is the title.

    Raises BadLineError for an object that holds no document and for bytes that are no UTF-8.
    """
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _document(_parsed(data))
    try:
        title, _, text = data.decode("utf-8-sig").replace("\r\n", "\n").lstrip().partition("\n")
    except UnicodeDecodeError as error:
        raise BadLineError(f"not UTF-8 at byte {error.start + 1}") from None
    return Document(title, text.lstrip("\n"))


def answer(id_: object, analysis: Analysis) -> Object:
    """A verdict as the object that is printed."""
    return {
        "id": id_,
        "topics": list(analysis.topics),
        "statements": [_statement(s) for s in analysis.statements],
        "reasons": list(analysis.reasons),
    }


def dumped(value: Object) -> bytes:
    """A line of UTF-8; a lone surrogate, which UTF-8 cannot hold, makes it plain ASCII."""
    try:
        return json.dumps(value, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(value).encode() + b"\n"


def _lines(file: BinaryIO) -> Iterator[bytes | None]:
    """The file's lines; None for one that is too long, which is skipped without being held."""
    while line := file.readline(LONGEST + 1):
        if len(line) <= LONGEST or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(LONGEST + 1)
        yield None


def _parsed(line: bytes | None) -> Object:
    if line is None:
        raise BadLineError(f"longer than {LONGEST} bytes")
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadLineError(f"not UTF-8 at byte {error.start + 1}") from None
    except json.JSONDecodeError as error:
        raise BadLineError(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except (RecursionError, ValueError):
        raise BadLineError("not JSON that can be read: nested too deeply, or a number too long") from None
    if not isinstance(value, dict):
        raise BadLineError('not an object: write {"id": …, "title": …, "text": …}')
    return value


def _document(asked: Object) -> Document:
    wrong = [k for k in ("title", "text", *OPTIONAL) if asked.get(k) is not None and not isinstance(asked[k], str)]
    if asked.get("id") is not None and not isinstance(asked["id"], str | int):
        raise BadLineError('"id" is neither a string nor an integer')
    if wrong:
        raise BadLineError(f'"{wrong[0]}" is not a string')
    if asked.get("title") is None and asked.get("text") is None:
        raise BadLineError('neither "title" nor "text" is there')
    return Document(
        title=asked.get("title") or "",
        text=asked.get("text") or "",
        language=asked.get("lang"),
        published=asked.get("published"),
        source=asked.get("source"),
    )


def _statement(statement: Statement) -> Object:
    return {
        "speaker": statement.speaker,
        "speaker_text": statement.speaker_span.text,
        "topic": statement.topic,
        "stance": statement.stance.value,
        "target": list(statement.target),
        "evidence": statement.evidence.text,
        "quote": statement.quote.text if statement.quote else None,
        "cue": statement.cue.text,
        "said_on": statement.said_on,
        "said_in": statement.said_in,
        "confidence": statement.confidence,
    }
