"""The words for a mistake: a value shown safely on one line, and the nearest word that would have been right."""

import difflib
import re
from collections.abc import Iterable

from bot.secret import Masker

SHOWN = 60
_mask = Masker()
# Control characters, line separators, and marks that reorder the text around them.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def shown(value: object) -> str:
    """A value as the user wrote it, on one line, cut at SHOWN characters, without passwords."""
    if isinstance(value, str):
        text = f'"{plain(value)}"'
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, list):
        text = "a list"
    elif isinstance(value, dict):
        text = "a table"
    else:
        text = plain(_number(value))
    return text


def plain(text: str) -> str:
    """A text fit to stand in a message: control characters escaped, passwords masked, cut."""
    text = _UNSAFE.sub(lambda m: f"\\u{ord(m[0]):04x}", _mask(text[: 20 * SHOWN]))
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was most likely meant, None if none is near."""
    spelled = {k.casefold(): k for k in known}
    found = difflib.get_close_matches(word.casefold()[:SHOWN], spelled, n=1, cutoff=0.6)
    return spelled[found[0]] if found else None


def meant(word: str, known: Iterable[str]) -> str:
    """The mend for an unknown word: the nearest known one, else all of them."""
    known = list(known)
    near = nearest(word, known)
    return f'did you mean "{near}"?' if near else f"known: {', '.join(known)}"


def _number(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # an integer of thousands of digits
        return "a number"
