"""The words for a mistake: a value shown safely on one line, and the nearest word that would have been right."""

import difflib
import errno
import os
from collections.abc import Iterable

from bot.secret import Masker

SHOWN = 60
_mask = Masker()


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
    """A text fit to stand in a message: what cannot be seen is written out, passwords are masked, and it is cut."""
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in _mask(text[: 20 * SHOWN]))
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


def file_mend(error: OSError, *, missing: str) -> str:
    """What to do about a file that cannot be read; `missing` is the mend where there is none."""
    if error.errno == errno.EACCES:
        user = os.getuid()
        return f"let user {user} read it, and enter the folders above it: sudo chown {user} … or chmod"
    if error.errno == errno.EISDIR:
        return "name a file; Docker makes a folder of a file to mount that is not there: remove it, create the file"
    return missing


def _number(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # an integer of thousands of digits
        return "a number"
