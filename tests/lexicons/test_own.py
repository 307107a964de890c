"""The user's own folder: what it may hold, what it says of packaged things, and what is told of the rest."""

import os
import pickle
from pathlib import Path

import pytest

from bot.errors import LexiconError
from bot.lexicons import NONE, lexicon_with, load_lexicon, own_files
from bot.lexicons.own import contents

TOPIC = '[topic]\nid = "sanctions"\nname = "Sanctions"\n'
TERM = '[[term]]\nlanguage = "en"\nwords = ["sanctions"]\n'
PERSON = '[[actor]]\nname = "Ada Brook"\nkind = "person"\ngender = "f"\nof = "France"\n'


def written(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def mistakes(root: Path, files: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(LexiconError) as caught:
        load_lexicon(written(root, files or {}))
    return [str(m).replace(str(root), "own") for m in caught.value.mistakes]


def test_without_a_folder_nothing_is_added() -> None:
    assert own_files(None) == NONE
    assert load_lexicon() is lexicon_with(NONE)


def test_what_is_new_is_added(tmp_path: Path) -> None:
    files = {"topics/sanctions.toml": TOPIC + TERM, "actors/mine.toml": PERSON, "actors/empty.toml": "#\n"}
    lexicon = load_lexicon(written(tmp_path, files))
    assert lexicon.topics.keys() == {"ceasefire", "control", "territory", "sanctions"}
    assert not lexicon.topics["sanctions"].optional
    assert lexicon.above("Ada Brook") == ("France",)


def test_the_packaged_actor_grows_and_changes_where_told(tmp_path: Path) -> None:
    more = '[[actor]]\nname = "Hezbollah"\naliases = ["Hezb of the Hills", "Hizbollah"]\nside = "hills"\n'
    before, after = load_lexicon().actors["Hezbollah"], load_lexicon(written(tmp_path, {"actors/a.toml": more})).actors
    assert after["Hezbollah"].aliases == (*before.aliases, "Hezb of the Hills")
    assert (after["Hezbollah"].side, after["Hezbollah"].kind) == ("hills", before.kind)


def test_replace_forgets_the_packaged_one(tmp_path: Path) -> None:
    files = {
        "actors/a.toml": '[[actor]]\nname = "Hezbollah"\nkind = "group"\nreplace = true\n',
        "topics/t.toml": '[topic]\nid = "ceasefire"\nname = "Truces"\nreplace = true\n' + TERM,
        "topics/u.toml": '[topic]\nid = "ceasefire"\n' + TERM.replace('"en"', '"fr"'),
    }
    lexicon = load_lexicon(written(tmp_path, files))
    assert lexicon.actors["Hezbollah"].aliases == ()
    assert lexicon.topics["ceasefire"].name == "Truces"
    assert {code: len(words.terms) for code, words in lexicon.topics["ceasefire"].words.items()} == {"en": 1, "fr": 1}


def test_a_topic_and_a_language_grow_and_their_new_rules_come_first(tmp_path: Path) -> None:
    rule = '[[rule]]\n{}name = "mine"\nstance = "agree"\nwords = ["gladly"]\n'
    files = {
        "topics/t.toml": '[topic]\nid = "ceasefire"\n' + rule.format('language = "en"\n') + TERM,
        "cues/en.toml": '[language]\ncode = "en"\n[words]\nplan = ["masterplan"]\n'
        + rule.format("")
        + '[[cue]]\nkind = "say"\nforms = ["yodelled"]\n',
    }
    old, new = load_lexicon(), load_lexicon(written(tmp_path, files))
    assert new.topics["ceasefire"].words["en"].rules[0].name == "mine"
    assert len(new.topics["ceasefire"].words["en"].terms) == len(old.topics["ceasefire"].words["en"].terms) + 1
    assert new.topics["ceasefire"].name == old.topics["ceasefire"].name
    assert new.topics["ceasefire"].war == old.topics["ceasefire"].war
    english = new.languages["en"]
    assert (english.words["plan"][-1], english.rules[0].name, english.cues[-1].forms) == (
        *("masterplan", "mine"),
        ("yodelled",),
    )
    assert english.words["preposition"] == old.languages["en"].words["preposition"]


def test_terms_of_a_post_given_here_are_all_there_are(tmp_path: Path) -> None:
    before = load_lexicon().actors["Benjamin Netanyahu"].offices
    offices = '[{ title = "prime minister", of = "Israel", since = "1996-06-18", until = "1999-07-06" }]'
    text = f'[[actor]]\nname = "Benjamin Netanyahu"\noffices = {offices}\n'
    after = load_lexicon(written(tmp_path, {"actors/a.toml": text})).actors["Benjamin Netanyahu"].offices
    assert [o for o in before if o.title != "prime minister"] == [o for o in after if o.title != "prime minister"]
    assert [o.since for o in after if o.title == "prime minister"] == ["1996-06-18"]


def test_who_takes_a_post_here_holds_it_though_nobody_is_said_to_have_left_it(tmp_path: Path) -> None:
    offices = '[{ title = "president", of = "France", since = "2025-02-03" }]'
    lexicon = load_lexicon(written(tmp_path, {"actors/a.toml": f"{PERSON}offices = {offices}\n"}))
    held = [lexicon.holder("president", "France", day) for day in ("2025-02-02", "2025-02-03", "")]
    assert [h.name if h else "" for h in held] == ["Emmanuel Macron", "Ada Brook", "Ada Brook"]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("topics.toml", TOPIC, ": stands in none of the folders, and is not read (move it into topics/)"),
        ("mine.toml", "", ": stands in none of the folders, and is not read (move it into one of conflicts, actors"),
        ("topic/t.toml", TOPIC, 'topic: "topic" is no folder of a lexicon, and is not read (did you mean "topics"?)'),
        ("topics/t.toml.txt", TOPIC, ": does not end in .toml, and is not read (call it t.toml"),
        (
            "topics/more/t.toml",
            TOPIC,
            "topics/more: a folder within a folder is not read (move its files up, into own/topics)",
        ),
        (
            "topics/t.toml",
            TOPIC + '[[term]]\nlanguage = "em"\nwords = ["w"]\n',
            ":5: there is no cue file of",
        ),
        ("actors/a.toml", PERSON.replace("France", "Frence"), ':5: "Frence" leads nowhere (did you mean "France"?)'),
        ("actors/a.toml", PERSON + 'conflicts = ["ukrane"]\n', ':6: "ukrane" leads nowhere (did you mean "ukraine"?)'),
        ("actors/a.toml", '[[actor]]\nname = "Hezbolah"\naliases = ["x"]\n', ':1: "kind" is missing'),
        ("actors/a.toml", '[[actor]]\nname = "Hezbolah"\nkind = "group"\nreplace = true\n', ":2: there is no packaged"),
        ("actors/a.toml", PERSON + 'aliases = ["Zelenskyy"]\n', ':6: "Zelenskyy" is a spelling of "Ada Brook" and of'),
        ("cues/en.toml", '[language]\ncode = "en"\n[words]\nadverb = ["rejected"]\n', ':4: "rejected" is a cue of the'),
        (
            "names/fr.toml",
            '[language]\ncode = "fr"\n[nominative]\n"Frence" = ["F"]\n',
            ':4: "Frence" leads',
        ),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str, text: str, expected: str) -> None:
    (only,) = mistakes(tmp_path, {name: text})
    assert only.startswith(f"own/{expected}" if expected[0] != ":" else f"own/{name}{expected}")


def test_a_slip_in_a_name_that_was_to_be_added_to_is_seen(tmp_path: Path) -> None:
    (only,) = mistakes(tmp_path, {"actors/a.toml": '[[actor]]\nname = "Hezbolah"\naliases = ["x"]\n'})
    assert '; or did you mean "Hezbollah"?)' in only


def test_files_that_are_no_text_are_told(tmp_path: Path) -> None:
    actors = tmp_path / "actors"
    actors.mkdir()
    (actors / "a.toml").write_bytes(b"#\n\xff\xfe")
    (actors / "b.toml").symlink_to("absent.toml")
    os.mkfifo(actors / "c.toml")
    (actors / "d.toml").write_bytes(b"#" * 5_000_000)
    told = mistakes(tmp_path)
    assert told == [
        "own/actors/a.toml:2: is not UTF-8 (save it as UTF-8 in your editor)",
        "own/actors/b.toml: cannot be read: No such file or directory (let this user read it, or take it away)",
        "own/actors/c.toml: is no file (write a file of text)",
        "own/actors/d.toml: is larger than 4 MB (split it, or take it away)",
    ]


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    for place, why in ((tmp_path / "absent", "No such file or directory"), (tmp_path / "x", "Not a directory")):
        with pytest.raises(LexiconError, match=f"{place.name}: the folder cannot be read: {why}"):
            load_lexicon(place)


def test_notes_hidden_files_and_what_editors_of_other_systems_write_are_fine(tmp_path: Path) -> None:
    written(tmp_path, {"README.md": "x", ".git/x": "x", "actors/notes.md": "x", "actors/.a.toml.swp": "x"})
    (tmp_path / "actors" / "a.toml").write_bytes(b"\xef\xbb\xbf" + PERSON.replace("\n", "\r\n").encode())
    assert "Ada Brook" in load_lexicon(tmp_path).actors


def test_each_file_is_told_with_what_it_holds(tmp_path: Path) -> None:
    own = own_files(
        written(
            tmp_path,
            {
                "actors/a.toml": PERSON + '[[actor]]\nname = "Bo"\nkind = "group"\n',
                "topics/t.toml": TOPIC + TERM,
                "names/fr.toml": '[language]\ncode = "fr"\n[nominative]\n"France" = ["Hexagone"]\n'
                '[adjective]\n"France" = ["tricolore"]\n',
                "territories/none.toml": "# to come\n",
            },
        )
    )
    assert {Path(name).name: held for name, held in contents(own)} == {
        "a.toml": "2 actors",
        "t.toml": "1 topic, 1 term",
        "fr.toml": "1 language, 2 names",
        "none.toml": "nothing",
    }


def test_files_reach_a_child_process_as_they_were_read(tmp_path: Path) -> None:
    own = own_files(written(tmp_path, {"actors/a.toml": PERSON}))
    (tmp_path / "actors" / "a.toml").write_text("[[actor", encoding="utf-8")
    assert pickle.loads(pickle.dumps(own)) == own
    assert "Ada Brook" in lexicon_with(own).actors
