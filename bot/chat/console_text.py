"""Feed text made harmless for a terminal, and the plain words of a card."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.domain.feed import Affiliation
from bot.domain.statement import VERBS
from bot.domain.story import Said, Source, Summary

AFFILIATIONS: Final = {
    Affiliation.INDEPENDENT: "independent",
    Affiliation.PUBLIC: "public broadcaster",
    Affiliation.STATE: "STATE MEDIA",
    Affiliation.WIRE: "news agency",
    Affiliation.GOVERNMENT: "GOVERNMENT",
}
LANGUAGES: Final = {
    "ar": "Arabic", "bn": "Bengali", "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "fa": "Persian",
    "fr": "French", "he": "Hebrew", "hi": "Hindi", "hy": "Armenian", "it": "Italian", "ja": "Japanese",
    "ka": "Georgian", "ko": "Korean", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "zh": "Chinese",
}  # fmt: skip
# Joiners that Persian, Hindi and emoji need, and the Arabic signs that enclose numbers.
_HARMLESS: Final = frozenset("\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd")
_QUOTES: Final = " \"'“”„«»‘’"
# Marks piled on one letter paint over the lines around it; three are more than any language needs.
_MARK: Final = r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
_PILED: Final = re.compile(f"({_MARK}{{3}}){_MARK}+")


def clean(text: str, *, limit: int = 2000) -> str:
    """The text on one line: no control or escape characters, no marks that reorder text; cut at a word."""
    spaced = (" " if c.isspace() else c for c in text[: 4 * limit])
    kept = "".join(c for c in spaced if c in _HARMLESS or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    kept = " ".join(kept.split())
    kept = _PILED.sub(r"\1", kept)
    if len(kept) <= limit:
        return kept
    head, space, _ = kept[:limit].rpartition(" ")
    return (head if space and len(head) > limit // 2 else kept[: limit - 1]) + "…"


def clean_link(link: str | None) -> str | None:
    """An http(s) address of printable ASCII, so that a terminal cannot take a part of it for a command."""
    if link and re.fullmatch(r"https?://[\x21-\x7e]{1,2000}", link):
        return link
    return None


def act(said: Said) -> tuple[str, str, str]:
    """A statement in plain words: who, does what, about which topic and place."""
    target = ", ".join(clean(t, limit=60) for t in said.target)
    topic = clean(said.topic, limit=40).replace("_", " ")
    return clean(said.speaker, limit=80), VERBS[said.stance], f"{topic}: {target}" if target else topic


def words(said: Said) -> str:
    """The quote in quotation marks, or the sentence that reports the statement."""
    if said.quote:
        return f"“{clean(said.quote, limit=600).strip(_QUOTES)}”"
    return clean(said.evidence, limit=600)


def heading(summary: Summary) -> str:
    """The topics and conflicts of a story: CEASEFIRE · Ukraine."""
    conflicts = dict.fromkeys(c for s in summary.statements for c in s.conflicts)
    names = [clean(c, limit=40).replace("_", " ").replace("-", " ").title() for c in conflicts]
    topics = [clean(t, limit=40).replace("_", " ").upper() for t in summary.topics]
    return " · ".join([" + ".join(topics), *names])


def publisher(source: Source) -> str:
    """A source's name."""
    return clean(source.publisher, limit=60)


def publishers(sources: Sequence[Source], *, limit: int = 6) -> str:
    """The sources' names in a row, state media and governments marked."""
    marked = (Affiliation.STATE, Affiliation.GOVERNMENT)
    names = [
        f"{publisher(s)} ({AFFILIATIONS[s.affiliation]})" if s.affiliation in marked else publisher(s) for s in sources
    ]
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def original(language: str) -> str:
    """In which language a source reports, empty for English."""
    code = language.partition("-")[0].lower()
    return "" if code in ("en", "") else f"in {LANGUAGES.get(code, clean(code, limit=10))}"


def moment(when: datetime) -> str:
    """A time in UTC: 1 Mar 2026, 12:00 UTC."""
    when = when.astimezone(UTC)
    return f"{when.day} {when:%b %Y, %H:%M} UTC"


def ago(when: datetime, now: datetime) -> str:
    """A time as seen from now: 4 min ago."""
    past = max(now - when, timedelta(0))
    minutes, hours = past // timedelta(minutes=1), past // timedelta(hours=1)
    if minutes < 1:
        return "just now"
    if hours < 1:
        return f"{minutes} min ago"
    return f"{hours} h ago" if hours < 48 else f"{past.days} days ago"
