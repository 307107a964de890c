"""The loader: what a user writes wrong is told with file, line and mend, all of it at once."""

from pathlib import Path

import pytest

from bot.errors import LexiconError
from bot.lexicons import read_lexicon

GOOD = {
    "conflicts/c.toml": '[conflict]\nid = "c"\nname = "C"\nparties = ["A"]\n',
    "actors/a.toml": '[[actor]]\nname = "A"\nkind = "state"\naliases = ["Aa"]\nconflicts = ["c"]\n',
}


def mistakes(tmp_path: Path, files: dict[str, str]) -> list[str]:
    for name, text in {**GOOD, **files}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(LexiconError) as caught:
        read_lexicon([tmp_path])
    return [str(m) for m in caught.value.mistakes]


ACTOR = '[[actor]]\nname = "B"\nkind = "state"\n'
PLACE = '[[territory]]\nname = "T"\nkind = "region"\n'
RULE = '[topic]\nid = "x"\nname = "X"\n[[rule]]\nlanguage = "en"\nname = "r"\nstance = "maybe"\nwords = ["w"]\n'
TERM = '[topic]\nid = "x"\nname = "X"\n[[term]]\nlanguage = "xx"\n'
CUES = '[language]\ncode = "xx"\n[words]\nauxiliary = ["keep on"]\n[[cue]]\nkind = "act"\n'
B, T = "actors/b.toml", "territories/t.toml"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (B, '[[actor]]\nname = "B"\nkind = "planet"\n', ':3: "planet" is not a kind'),
        (B, '[[actor]]\nname = "B"\n', ':1: "kind" is missing'),
        (B, "\n" + ACTOR + 'alias = ["x"]\n', ':5: "alias" is not known here (did you mean "aliases"?)'),
        (B, ACTOR + 'aliases = "x"\n', ':4: "aliases" is not a list of texts'),
        (B, ACTOR + 'aliases = [""]\n', ':4: "aliases" holds an empty text'),
        (B, '[[actor]]\nname = "A"\nkind = "state"\n', ':2: "A" is there twice (first in actors/a.toml:1)'),
        (B, ACTOR + 'aliases = ["Aa"]\n', ':4: "Aa" is a spelling of "B" and of "A"'),
        (B, ACTOR + 'of = "Z"\n', ':4: "Z" leads nowhere'),
        (B, ACTOR + 'offices = [{ name = "x" }]\n', ":4: office with a wrong or missing key: name"),
        (B, ACTOR + 'offices = [{ title = "x", since = "May 2020" }]\n', ':4: "May 2020" is no day, in since'),
        (B, ACTOR + 'offices = [{ title = "x", until = "2020-02-30" }]\n', ':4: "2020-02-30" is no day, in until'),
        (B, '[[actor]]\nname = ""\nkind = "state"\n', ':2: "name" is empty'),
        (B, "[[actor]\n", ":1: not TOML"),
        (B, '[[actress]]\nname = "B"\n', ':1: "actress" is not known here (did you mean "actor"?)'),
        (T, PLACE + 'parent = "Z"\n', ':4: "Z" leads nowhere'),
        (T, PLACE + "disputed = 1\n", ':4: "disputed" is not true or false'),
        ("topics/x.toml", '[[term]]\nlanguage = "en"\nwords = ["w"]\n', ":1: a topic file has one [topic]"),
        ("topics/x.toml", TERM + "words = []\n", ':6: "words" is empty'),
        ("topics/x.toml", TERM + 'words = ["w"]\n', ':5: there is no cue file of the language "xx"'),
        ("names/x.toml", '[language]\ncode = "xx"\n', ':2: there is no cue file of the language "xx"'),
        ("topics/x.toml", RULE, ':7: "maybe" is not a stance'),
        ("cues/x.toml", CUES + 'forms = ["keep|go on"]\n', ':7: "keep on" is a cue, and auxiliary under [words]'),
        ("cues/x.toml", CUES + 'forms = ["go"]\ntowards = { plan = "agree" }\n', ':8: "plan" is no class of words'),
        ("cues/x.toml", CUES + 'forms = ["go"]\ntowards = ["agree"]\n', ':8: "towards" is not a table of texts'),
        ("cues/x.toml", '[words]\nwar = ["w"]\n', ":1: a cue file has one [language]"),
    ],
)
def test_each_mistake_is_told_where_it_stands(tmp_path: Path, name: str, text: str, expected: str) -> None:
    (only,) = mistakes(tmp_path, {name: text})
    assert only.startswith(name + expected)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    bad = {"actors/b.toml": '[[actor]]\nname = "B"\n', "conflicts/d.toml": '[conflict]\nid = "d"\nname = "D"\n'}
    assert len(mistakes(tmp_path, bad)) == 2


def test_bytes_that_are_no_text_are_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "actors").mkdir()
    (tmp_path / "actors" / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(LexiconError, match=r"actors/x.toml: cannot be read"):
        read_lexicon([tmp_path])


def test_what_is_right_is_read(tmp_path: Path) -> None:
    for name, text in GOOD.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    lexicon = read_lexicon([tmp_path])
    assert lexicon.actors["A"].aliases == ("Aa",)
    assert lexicon.conflicts_of("A") == ("c",)
