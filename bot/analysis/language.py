"""Which language a text is in, where its feed does not say."""

from functools import lru_cache
from typing import Any

# Scripts that settle it; the model costs two seconds and 60 MB, so it is asked last.
SCRIPTS = (
    ("\u0590", "\u05ff", "he"),
    ("\u0600", "\u06ff", "ar"),
    ("\u4e00", "\u9fff", "zh"),
    ("\u3040", "\u30ff", "ja"),
)
SAMPLE = 500


def guess(text: str) -> str:
    """The two-letter code of the most likely language."""
    sample = text[:SAMPLE]
    letters = [c for c in sample if c.isalpha()]
    if not letters:
        return "en"
    for first, last, code in SCRIPTS:
        if sum(first <= c <= last for c in letters) > len(letters) / 2:
            return code
    readable = sample.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be encoded
    return str(_model().classify(readable)[0])


@lru_cache(maxsize=1)
def _model() -> Any:
    import py3langid  # only here: most articles come with their language

    return py3langid
