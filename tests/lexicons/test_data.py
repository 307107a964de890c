"""The packaged data on conflicts, actors and territories: shape, references, and what no two entries may share."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEXICONS = ROOT / "bot" / "lexicons"
FILES = sorted(f for folder in ("conflicts", "actors", "territories") for f in (LEXICONS / folder).glob("*.toml"))
ACTOR_KINDS = {"person", "state", "organ", "body", "group", "collective"}
TERRITORY_KINDS = {"country", "region", "city", "sea", "islands", "line", "settlement", "other"}
# Key -> the type of its value, or, in a list, of each member.
CONFLICT_KEYS = {"id": str, "name": str, "parties": [str], "war_words": [str]}
ACTOR_KEYS = {
    "name": str,
    "kind": str,
    "aliases": [str],
    "adjectives": [str],
    "demonyms": [str],
    "of": str,
    "side": str,
    "conflicts": [str],
    "offices": [dict],
    "gender": str,
}
TERRITORY_KEYS = {
    "name": str,
    "kind": str,
    "aliases": [str],
    "adjectives": [str],
    "parent": str,
    "codes": [str],
    "conflicts": [str],
    "disputed": bool,
}
SHAPES: dict[str, dict[str, Any]] = {"conflict": CONFLICT_KEYS, "actor": ACTOR_KEYS, "territory": TERRITORY_KEYS}
DATE = re.compile(r"(\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?)?")
CODE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
# Posts that one person holds at a time.
EXCLUSIVE = {
    "president",
    "prime minister",
    "foreign minister",
    "defence minister",
    "chancellor",
    "secretary of state",
    "secretary-general",
    "supreme leader",
    "chief of staff",
    "army chief",
    "king",
    "pope",
}

Entry = dict[str, Any]


def entries(kind: str) -> list[tuple[str, Entry]]:
    """Every table of a kind, each with the name of its file."""
    folder = {"conflict": "conflicts", "actor": "actors", "territory": "territories"}[kind]
    found: list[tuple[str, Entry]] = []
    for file in sorted((LEXICONS / folder).glob("*.toml")):
        table = tomllib.loads(file.read_text(encoding="utf-8"))[kind]
        found += [(file.name, entry) for entry in (table if isinstance(table, list) else [table])]
    return found


CONFLICTS = {c["id"]: c for _, c in entries("conflict")}
ACTORS = [a for _, a in entries("actor")]
TERRITORIES = [t for _, t in entries("territory")]
BY_NAME = {a["name"]: a for a in ACTORS}
PLACES = {t["name"]: t for t in TERRITORIES}


def fits(value: object, wanted: Any) -> bool:
    """Whether a value is of a type, or a non-empty list of it."""
    if isinstance(wanted, list):
        return isinstance(value, list) and bool(value) and all(fits(v, wanted[0]) for v in value)
    return type(value) is wanted and value != ""


def spellings(entry: Entry) -> list[str]:
    """Every spelling of an entry, its name first."""
    return [entry["name"], *entry.get("aliases", []), *entry.get("adjectives", []), *entry.get("demonyms", [])]


def shared(group: Iterable[Entry]) -> dict[str, list[str]]:
    """Spellings that stand under two entries, or twice under one."""
    owners: dict[str, list[str]] = defaultdict(list)
    for entry in group:
        for word in spellings(entry):
            owners[word].append(entry["name"])
    return {word: names for word, names in owners.items() if len(names) > 1}


def terms() -> Iterator[tuple[tuple[str, str], list[tuple[str, str, str]]]]:
    """Each exclusive post with its holders in time order: (since, until, name)."""
    held: dict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
    for actor in ACTORS:
        for office in actor.get("offices", []):
            if office["title"] in EXCLUSIVE:
                until = office["until"] or "9999"
                held[office["title"], office["of"]].append((office["since"], until, actor["name"]))
    for post, holders in held.items():
        yield post, sorted(holders)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_file_has_known_keys_and_names_its_source(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for kind, table in tomllib.loads(text).items():
        shape = SHAPES[kind]
        for entry in table if isinstance(table, list) else [table]:
            wrong = {k: v for k, v in entry.items() if k not in shape or not fits(v, shape[k])}
            assert not wrong, (entry.get("name"), wrong)
            assert all(word == word.strip() for word in spellings(entry))
    assert "# Facts: " in text.split("[", 1)[0]


def test_kinds_and_codes_are_known() -> None:
    assert {a["kind"] for a in ACTORS} == ACTOR_KINDS
    assert {t["kind"] for t in TERRITORIES} == TERRITORY_KINDS
    codes = [code for t in TERRITORIES for code in t.get("codes", [])]
    assert [c for c in codes if not CODE.fullmatch(c)] == []
    assert len(codes) == len(set(codes))


def test_only_persons_have_gender_and_offices() -> None:
    for actor in ACTORS:
        if actor["kind"] == "person":
            assert actor.get("gender") in ("m", "f"), actor["name"]
        else:
            assert not {"gender", "offices"} & actor.keys(), actor["name"]


def test_a_file_of_a_conflict_bears_its_id() -> None:
    assert [(f, c["id"]) for f, c in entries("conflict") if f != f"{c['id']}.toml"] == []


def test_no_spelling_belongs_to_two() -> None:
    assert shared(ACTORS) == {}
    assert shared(TERRITORIES) == {}


def test_references_lead_somewhere() -> None:
    lost = [(c["id"], party) for c in CONFLICTS.values() for party in c["parties"] if party not in BY_NAME]
    for entry in [*ACTORS, *TERRITORIES]:
        lost += [(entry["name"], c) for c in entry.get("conflicts", []) if c not in CONFLICTS]
    for actor in ACTORS:
        owners = [office["of"] for office in actor.get("offices", [])] + ([actor["of"]] if "of" in actor else [])
        lost += [(actor["name"], owner) for owner in owners if owner not in BY_NAME]
    lost += [(t["name"], t["parent"]) for t in TERRITORIES if "parent" in t and t["parent"] not in PLACES]
    assert lost == []


@pytest.mark.parametrize(("known", "key"), [(BY_NAME, "of"), (PLACES, "parent")], ids=["of", "parent"])
def test_no_entry_is_its_own_ancestor(known: dict[str, Entry], key: str) -> None:
    for name in known:
        chain = [name]
        while (above := known[chain[-1]].get(key)) is not None:
            assert above not in chain, [*chain, above]
            chain.append(above)


def test_offices_are_dated_in_order() -> None:
    for actor in ACTORS:
        for office in actor.get("offices", []):
            assert set(office) == {"title", "of", "since", "until"}, actor["name"]
            assert office["title"], actor["name"]
            assert DATE.fullmatch(office["since"]), (actor["name"], office)
            assert DATE.fullmatch(office["until"]), (actor["name"], office)
            assert office["since"] < (office["until"] or "9999"), (actor["name"], office)


def test_holders_of_one_post_do_not_overlap() -> None:
    """They may meet on a day; where only a month or a year is known, in that month or year."""
    clashes = []
    for post, holders in terms():
        for (_, until, before), (since, _, after) in pairwise(holders):
            known = min(len(until), len(since))
            if since[:known] < until[:known]:
                clashes.append((post, before, until, after, since))
    assert clashes == []


@pytest.mark.parametrize(
    ("title", "of", "day", "holder"),
    [
        ("president", "Ukraine", "2022-02-24", "Volodymyr Zelensky"),
        ("prime minister", "Israel", "2022-03-01", "Naftali Bennett"),
        ("prime minister", "Israel", "2023-10-07", "Benjamin Netanyahu"),
        ("president", "United States", "2020-11-03", "Donald Trump"),
        ("president", "United States", "2023-06-01", "Joe Biden"),
        ("secretary of state", "United States", "2025-06-01", "Marco Rubio"),
        ("foreign minister", "China", "2023-05-01", "Qin Gang"),
        ("foreign minister", "China", "2024-05-01", "Wang Yi"),
        ("secretary-general", "NATO", "2024-10-02", "Mark Rutte"),
        ("president", "Syria", "2024-06-01", "Bashar al-Assad"),
        ("president", "Syria", "2025-06-01", "Ahmed al-Sharaa"),
        ("pope", "Vatican", "2025-06-01", "Pope Leo XIV"),
    ],
)
def test_who_held_a_post_on_a_day(title: str, of: str, day: str, holder: str) -> None:
    holders = dict(terms())[title, of]
    assert [name for since, until, name in holders if since <= day < until] == [holder]


@pytest.mark.parametrize(
    ("word", "actor", "place"),
    [
        ("Kiev", "Ukraine", "Kyiv"),
        ("Türkiye", "Turkey", "Turkey"),
        ("Zaporozhye", None, "Zaporizhzhia"),
        ("Zelenskyy", "Volodymyr Zelensky", None),
        ("Malvinas", None, "Falkland Islands"),
        ("Northern Territories", None, "Kuril Islands"),
        ("Hizbollah", "Hezbollah", None),
        ("Bajo de Masinloc", None, "Scarborough Shoal"),
        ("Judea and Samaria", None, "West Bank"),
        ("Artsakh", "Nagorno-Karabakh authorities", "Nagorno-Karabakh"),
    ],
)
def test_spelling_leads_to_its_name(word: str, actor: str | None, place: str | None) -> None:
    assert next((a["name"] for a in ACTORS if word in spellings(a)), None) == actor
    assert next((t["name"] for t in TERRITORIES if word in spellings(t)), None) == place


def test_there_is_enough() -> None:
    """What issue 3 asks for: 20 conflicts, 600 actors with offices over time, 400 territories."""
    assert len(CONFLICTS) >= 20
    assert len(ACTORS) >= 600
    assert len(TERRITORIES) >= 400
    assert sum("offices" in a for a in ACTORS) >= 400
