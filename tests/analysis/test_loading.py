"""The loader: what a user writes wrong is told with file, line and mend, all of it at once."""

from pathlib import Path

import pytest

from bot.errors import LexiconError
from bot.lexicons import read_lexicon

GOOD = {
    "cues/en.toml": '[language]\ncode = "en"\n',
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
FORBID = '[topic]\nid = "x"\nname = "X"\n[[forbid]]\nlanguage = "en"\nwords = ["w"]\nmeaning = "m"\n'
CUES = '[language]\ncode = "xx"\n[words]\nauxiliary = ["keep on"]\n[[cue]]\nkind = "act"\n'
NAMED = '[language]\ncode = "xx"\n[words]\nplan = ["plan"]\n[[cue]]\nkind = "act"\nforms = ["go"]\n'
TWO = '[topic]\nid = "x"\nname = "X"\n[[topic]]\nid = "y"\nname = "Y"\n'.replace("[topic]", "[[topic]]", 1)
B, T = "actors/b.toml", "territories/t.toml"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (B, '[[actor]]\nname = "B"\nkind = "planet"\n', ':3: "planet" is not a kind'),
        (B, '[[actor]]\nname = "B"\n', ':1: "kind" is missing'),
        (B, "\n" + ACTOR + 'alias = ["x"]\n', ':5: "alias" is not known here (did you mean "aliases"?)'),
        (B, ACTOR + 'aliases = "x"\n', ':4: "aliases" is not a list of texts'),
        (B, ACTOR + 'aliases = [""]\n', ':4: "aliases" holds an empty text, its number 1'),
        (B, '[[actor]]\nname = "A"\nkind = "state"\n', ':2: "A" is there twice (first in actors/a.toml:1)'),
        (B, ACTOR + 'aliases = ["Aa"]\n', ':4: "Aa" is a spelling of "B" and of "A"'),
        (B, ACTOR + 'aliases = ["Bb "]\n', ':4: "Bb " begins or ends with a space'),
        (B, ACTOR + '[[actor.offices]]\ntitle = "x"\nsince = "x"\n', ':4: "x" is no day, in since'),
        ("topics/x.toml", FORBID + "window = 0\n", ':8: "window" is not a whole number above 0'),
        ("topics/x.toml", FORBID.replace('"w"', '"w| x"'), ':6: "w| x" has nothing on one side of a "|"'),
        (
            "cues/x.toml",
            '[language]\ncode = "xx"\nname = "X"\n[words]\nadverbs = ["w"]\n',
            ':3: "name" is not known here',
        ),
        (B, ACTOR + 'of = "Z"\n', ':4: "Z" leads nowhere'),
        (B, ACTOR + 'offices = [{ name = "x" }]\n', ":4: office with a wrong or missing key: name"),
        (B, ACTOR + 'offices = [{ title = "x", since = "May 2020" }]\n', ':4: "May 2020" is no day, in since'),
        (B, ACTOR + 'offices = [{ title = "x", until = "2020-02-30" }]\n', ':4: "2020-02-30" is no day, in until'),
        (B, '[[actor]]\nname = ""\nkind = "state"\n', ':2: "name" is empty'),
        (B, "[[actor]\n", ":1: not valid TOML: Expected ']]' at the end of an array"),
        (
            B,
            '[[actor]]\nname = "B\n',
            ":2: not valid TOML: Illegal character '\\n' (close the quotes on the same line)",
        ),
        (B, "[topic]\n", ':1: "topic" is not known here (it belongs into a file in topics/)'),
        (B, '[[actress]]\nname = "B"\n', ':1: "actress" is not known here (did you mean "actor"?)'),
        (T, PLACE + 'parent = "Z"\n', ':4: "Z" leads nowhere'),
        (T, PLACE + "disputed = 1\n", ':4: "disputed" is not true or false'),
        ("topics/x.toml", '[[term]]\nlanguage = "en"\nwords = ["w"]\n', ":1: a file of topics has one [topic]"),
        ("topics/x.toml", TERM + "words = []\n", ':6: "words" is empty'),
        ("topics/x.toml", TERM + 'words = ["w"]\n', ':5: there is no cue file of the language "xx"'),
        (
            "topics/x.toml",
            TERM.replace("xx", "EN") + 'words = ["w"]\n',
            ':5: there is no cue file of the language "EN" (did',
        ),
        ("names/x.toml", '[language]\ncode = "xx"\n', ':2: there is no cue file of the language "xx"'),
        ("topics/x.toml", RULE, ':7: "maybe" is not a stance'),
        ("cues/x.toml", CUES + 'forms = ["keep|go on"]\n', ':7: "keep on" is a cue, and auxiliary under [words]'),
        ("cues/x.toml", CUES + 'forms = ["go"]\ntowards = { plan = "agree" }\n', ':8: "plan" is no class of words'),
        ("cues/x.toml", CUES + 'forms = ["go"]\ntowards = ["agree"]\n', ':8: "towards" is not a table of texts'),
        (B, ACTOR + 'aliases = ["Bb", " "]\n', ':4: "aliases" holds an empty text, its number 2'),
        (B, ACTOR + 'aliases = ["B\u00a0b"]\n', ':4: "aliases" holds a text with a line break or a sign'),
        (B, '# one\n\n[[actor]]\n"name" = "B"\nkind = "planet"\n', ':5: "planet" is not a kind'),
        (B, 'actor = "B"\n', ':1: "actor" is not a table (write [actor] or [[actor]] on a line of its own'),
        (B, ACTOR + "replace = true\n", ':2: there is no packaged actor "B" to replace'),
        ("conflicts/d.toml", '[conflict]\nid = "D war"\nname = "D"\nparties = ["A"]\n', ':2: "D war" cannot be an id'),
        ("topics/x.toml", '[topic]\nid = "x"\n[[term]]\nlanguage = "en"\nwords = ["w"]\n', ':1: "name" is missing'),
        ("topics/x.toml", TWO, ":4: a file of topics has one [topic]"),
        ("cues/x.toml", '[language]\ncode = "xx"\n[words]\nadverbs = ["w"]\n', ':4: "adverbs" is no class of words'),
        (
            "cues/x.toml",
            NAMED + 'towards = { plam = "agree" }\n',
            ':8: "plam" is no class of words (did you mean "plan"?)',
        ),
        ("cues/x.toml", '[words]\nwar = ["w"]\n', ":1: a file of cues has one [language]"),
    ],
)
def test_each_mistake_is_told_where_it_stands(tmp_path: Path, name: str, text: str, expected: str) -> None:
    (only,) = mistakes(tmp_path, {name: text})
    assert only.startswith(name + expected)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("actors/a.toml", '[[actor]]\nname = "A"\nkind = "planet"\n'),  # a party of the conflict c
        ("actors/a.toml", '[[actor]]\nname = "A"\nkind = state\n'),  # not even TOML
        ("conflicts/c.toml", '[conflict]\nid = "c"\nname = "C"\n'),  # the conflict that A is in
        ("cues/en.toml", '[language]\ncode = "en"\n[[cue]]\nkind = "shout"\nforms = ["go"]\n'),
        ("cues/en.toml", '[language]\ncode = "en"\n[words\n'),
        ("topics/x.toml", '[topic]\nid = "X"\nname = "X"\n[[term]]\nlanguage = "en"\nwords = ["w"]\n'),
    ],
)
def test_a_mistake_makes_no_others_where_it_is_referred_to(tmp_path: Path, name: str, text: str) -> None:
    spoken = '[topic]\nid = "y"\nname = "Y"\n[[term]]\nlanguage = "en"\nwords = ["w"]\n'
    (only,) = mistakes(tmp_path, {"topics/y.toml": spoken, name: text})
    assert only.startswith(name)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    bad = {"actors/b.toml": '[[actor]]\nname = "B"\n', "conflicts/d.toml": '[conflict]\nid = "d"\nname = "D"\n'}
    assert len(mistakes(tmp_path, bad)) == 2


def test_what_is_right_is_read(tmp_path: Path) -> None:
    for name, text in GOOD.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    lexicon = read_lexicon([tmp_path])
    assert lexicon.actors["A"].aliases == ("Aa",)
    assert lexicon.conflicts_of("A") == ("c",)


def test_an_editor_s_lock_beside_a_file_is_no_lexicon(tmp_path):
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "one.toml").write_text('[topic]\nid = "one"\nname = "One"\n')
    (tmp_path / "topics" / ".#one.toml").symlink_to("someone@somewhere.1234")
    assert list(read_lexicon([tmp_path]).topics) == ["one"]
