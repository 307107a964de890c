"""Which language a text is in, where its feed does not say or says it wrongly."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from bot.analysis.lexicon import Language
from bot.analysis.text import unified

# Scripts that settle it; the model costs two seconds and 60 MB, so it is asked last.
SCRIPTS = tuple(
    (code, re.compile(letters))
    for code, letters in (
        ("he", "[\u0590-\u05ff]"),
        ("ar", "[\u0600-\u06ff]"),
        ("zh", "[\u4e00-\u9fff]"),
        ("ja", "[\u3040-\u30ff]"),
        ("cyrillic", "[\u0400-\u04ff]"),
    )
)
OTHER = re.compile("[\u0400-\u06ff\u3040-\u30ff\u4e00-\u9fff]")  # a letter of any of them
LETTER = re.compile(r"[^\W\d_]")
# Letters that tell the languages of a script apart, the surer ones first.
LETTERS = {
    "ar": (("ur", re.compile("[ٹڈڑےں]")), ("fa", re.compile("[پچژگکی]"))),
    "cyrillic": (("uk", re.compile("[іїєґ]")), ("ru", re.compile("[ыэё]"))),
}
TOLD = 2  # such letters at least
SAMPLE = 500
# Small words that tell languages apart, and how many of them outweigh what a feed says.
CLOSED = ("determiner", "preposition", "conjunction", "subordinator", "auxiliary", "negation", "pronoun_we")
OWN, SURE, FEW = 3, 8, 4
READ = ("ru", "uk", "en")  # what a Cyrillic text may be said to be in, and be in Russian or Ukrainian after all


class Tongues:
    """Tells languages that are read by their scripts and small words."""

    def __init__(self, languages: Mapping[str, Language]) -> None:
        self._words: dict[str, frozenset[str]] = {
            code: frozenset(w for kind in CLOSED for w in language.words.get(kind, ()) if " " not in w)
            for code, language in languages.items()
        }
        # The languages of each word: one look-up a word, where a look into every language's set took thirteen.
        self._of_word: dict[str, list[str]] = {}
        for code, small in self._words.items():
            for word in small:
                self._of_word.setdefault(word, []).append(code)

    def of(self, declared: str, text: str) -> str:
        """The two-letter code of the text's language: what its feed says unless the text is clearly in another."""
        sample = text[:SAMPLE]
        code = declared.lower()[:2] or guess(sample)
        script = _script(sample)
        if script == "cyrillic":
            told = _by_letters(script, sample)
            return told if told and code in READ else code
        if script:
            return _by_letters(script, sample) or script
        return self._by_words(code, sample) if code in self._words else code

    def _by_words(self, code: str, sample: str) -> str:
        """The language whose small words fill the text, where the one it is said to be in has next to none there."""
        words = sample.lower().split()
        if sum(w in self._words[code] for w in words) >= OWN:
            return code
        words = unified(sample).lower().split()
        count = dict.fromkeys(self._words, 0)
        for word in words:
            for c in self._of_word.get(word, ()):
                count[c] += 1
        best = max(count, key=lambda c: (count[c], c == code))
        return best if count[best] >= SURE and count[best] > FEW * count[code] else code


def guess(text: str) -> str:
    """The two-letter code of the most likely language."""
    sample = text[:SAMPLE]
    script = _script(sample)
    if not any(c.isalpha() for c in sample):
        return "en"
    told = _by_letters(script, sample) if script else ""
    if told or (script and script != "cyrillic"):
        return told or script
    readable = sample.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be encoded
    return str(_model().classify(readable)[0])


def _script(sample: str) -> str:
    """The script of most letters, "" for the Latin and others."""
    if OTHER.search(sample) is None:
        return ""
    half = len(LETTER.findall(sample)) / 2
    return next((code for code, letters in SCRIPTS if len(letters.findall(sample)) > half), "")


def _by_letters(script: str, sample: str) -> str:
    """The one language of a script whose own letters stand in the text, "" where none's or two's do."""
    low = sample.lower()
    found = [code for code, letters in LETTERS.get(script, ()) if len(letters.findall(low)) >= TOLD]
    return found[0] if len(found) == 1 or (found and script == "ar") else ""


@lru_cache(maxsize=1)
def _model() -> Any:
    import py3langid  # only here: most articles come with their language

    return py3langid
