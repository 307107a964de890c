"""Secrets that cannot be printed by accident, and the masking of those that reach a text all the same."""

import hmac
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

MASK: Final = "***"
# Shorter values are words of everyday text: masking each of their occurrences would blank out the log.
SHORTEST_MASKED: Final = 6

# What a secret looks like, whoever it belongs to: each pattern keeps its first group and masks the rest.
_SHAPES: Final = re.compile(
    r"""
    (\b[a-z][a-z0-9+.-]{0,30}://)[^\s/?\#@]+@                   # user:password@ of any address
  | (\bhttps?://[^\s/]*discord(?:app)?\.com/api/(?:v\d+/)?webhooks/)[^\s"'<>]+
  | (\bhttps?://hooks\.slack(?:-gov)?\.com/)[^\s"'<>]+
  | ([?&](?:[a-z_-]*token|api[_-]?key|apikey|key|auth|password|passwd|pwd|secret|sig|signature)=)[^\s&"'<>\#]+
  | (\bxox[a-z](?:\.xox[a-z])?-)[\w-]+                          # Slack tokens
  | (\bxapp-)[\w-]+
  | (\b(?:Bot|Bearer)[ ])[\w.~+/=-]{16,}                        # Authorization headers
  | ()\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}                    # Discord tokens
    """,
    re.IGNORECASE | re.VERBOSE,
)


class Secret:
    """A text that prints as `Secret(***)`; `reveal()` is the only way to its value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself: for the library that needs it, never for a message."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not written anywhere")


class Masker:
    """Replaces secrets in a text: the given ones wherever they stand, and whatever looks like one."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        values = {s.reveal() for s in secrets}
        spellings = {form for v in values for form in (v, quote(v, safe="")) if len(v) >= SHORTEST_MASKED}
        # The longest first, so that a secret which contains another is masked as a whole.
        known = "|".join(re.escape(s) for s in sorted(spellings, key=len, reverse=True))
        self._known = re.compile(known) if known else None

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        return _SHAPES.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    kept: str = match[match.lastindex or 0]
    return f"{kept}{MASK}@" if match.lastindex == 1 else f"{kept}{MASK}"
