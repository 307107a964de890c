"""What each folder's files may hold."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.analysis.classes import (
    ACTOR_KINDS,
    CASES,
    CUE_KINDS,
    HOLDERS,
    NEARS,
    ROLE_KINDS,
    TERRITORY_KINDS,
    WHOSE,
)
from bot.domain.statement import Stance


@dataclass(frozen=True, slots=True)
class Field:
    """What a key may hold: `kind` one of KINDS in reading.py; `choices`, where given, are all that is allowed."""

    kind: str
    required: bool = False
    choices: tuple[str, ...] = ()


Shape = Mapping[str, Field]

STANCES = tuple(s.value for s in Stance)
TEXT, TEXTS, NEEDED, FLAG = Field("str"), Field("texts"), Field("str", required=True), Field("bool")
ID = Field("id", required=True)
WORDS = Field("texts", required=True)
RULE = {
    "name": NEEDED,
    "stance": Field("str", True, STANCES),
    "words": WORDS,
    "also": TEXTS,
    "unless": TEXTS,
    "who": Field("str", choices=WHOSE),
    "last": FLAG,
    "over": FLAG,
    "verb": FLAG,
}
# The key that tells one table of a kind from another. `replace`: see own files, docs/lexicons.md.
KEYS = {"conflict": "id", "actor": "name", "territory": "name", "post": "title", "topic": "id", "language": "code"}

# None: a table of any keys, each a list of texts.
SHAPES: dict[str, dict[str, Shape | None]] = {
    "conflicts": {"conflict": {"id": ID, "name": NEEDED, "parties": WORDS, "war_words": TEXTS, "replace": FLAG}},
    "actors": {
        "actor": {
            "name": NEEDED,
            "kind": Field("str", True, ACTOR_KINDS),
            "aliases": TEXTS,
            "adjectives": TEXTS,
            "demonyms": TEXTS,
            "of": TEXT,
            "side": TEXT,
            "conflicts": TEXTS,
            "offices": Field("tables"),
            "gender": Field("str", choices=("m", "f")),
            "replace": FLAG,
        }
    },
    "posts": {"post": {"title": NEEDED, "means": TEXTS, "of": TEXT, "replace": FLAG}},
    "territories": {
        "territory": {
            "name": NEEDED,
            "kind": Field("str", True, TERRITORY_KINDS),
            "aliases": TEXTS,
            "adjectives": TEXTS,
            "parent": TEXT,
            "codes": TEXTS,
            "conflicts": TEXTS,
            "disputed": FLAG,
            "replace": FLAG,
        }
    },
    "topics": {
        "topic": {"id": ID, "name": NEEDED, "war": FLAG, "optional": FLAG, "replace": FLAG},
        "term": {
            "language": NEEDED,
            "words": WORDS,
            "near": Field("texts", choices=NEARS),
            "about": TEXTS,
            "holder": Field("str", choices=HOLDERS),
            "then": TEXTS,
            "across": FLAG,
        },
        "deed": {
            "language": NEEDED,
            "forms": WORDS,
            "stance": Field("str", True, STANCES),
            "near": Field("texts", choices=NEARS),
        },
        "forbid": {
            "language": NEEDED,
            "words": WORDS,
            "meaning": NEEDED,
            "window": Field("int"),
            "without": Field("texts", choices=NEARS),
        },
        "rule": {"language": NEEDED, **RULE},
    },
    "cues": {
        "language": {"code": NEEDED},
        "words": None,
        "cue": {
            "kind": Field("str", True, CUE_KINDS),
            "forms": WORDS,
            "stance": Field("str", choices=STANCES),
            "negated": Field("str", choices=STANCES),
            "party": Field("str", choices=STANCES),
            "towards": Field("map", choices=STANCES),
            "yields": Field("texts", choices=STANCES),
        },
        "role": {"kind": Field("str", True, ROLE_KINDS), "forms": WORDS, "title": TEXT},
        "rule": RULE,
    },
    "names": {"language": {"code": NEEDED}, **dict.fromkeys(CASES)},
}
SPOKEN = ("term", "deed", "forbid", "rule")  # tables of a topic that are of one language
