from datetime import timedelta

import pytest

from bot.demo.script import MARK, load_outlets, read_outlet, read_time
from bot.domain.article import canonical_url
from bot.domain.feed import Affiliation

OUTLETS = {o.slug: o for o in load_outlets()}
SAMPLES = [(o, s) for o in OUTLETS.values() for s in o.samples]
KEYS = {"at", "title", "text", "link", "dated", "raw", "edit"}


@pytest.mark.parametrize(("text", "seconds"), [("3s", 3), ("-20m", -1200), ("-7h", -25_200), ("0s", 0)])
def test_read_time(text: str, seconds: int) -> None:
    assert read_time(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "3", "s", "3d", "1.5s", "3s "])
def test_read_time_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        read_time(text)


def test_an_article_changes_with_time() -> None:
    edit = {"at": "9s", "text": "Two."}
    item = {"at": "3s", "title": "T", "text": "One.", "edit": [edit]}
    outlet = read_outlet("x", {"name": "X", "affiliation": "wire", "language": "en", "item": [item]})
    (sample,) = outlet.samples
    assert sample.as_of(timedelta(seconds=2)) is None
    assert [v.text for s in (3, 8, 9, 99) if (v := sample.as_of(timedelta(seconds=s)))] == [
        "One.",
        "One.",
        "Two.",
        "Two.",
    ]
    assert sample.versions[1].title == "T"


def test_the_cast_covers_what_the_demo_promises() -> None:
    outlets = OUTLETS.values()
    assert len(outlets) >= 12
    assert {o.format for o in outlets} == {"rss", "atom", "rdf"}
    assert {o.language for o in outlets} >= {"en", "uk", "ru", "fr", "de", "es", "ar", "he"}
    assert {o.fault for o in outlets} == {"", "html", "busy"}
    assert {o.affiliation for o in outlets} == set(Affiliation)
    assert any(len(s.versions) > 1 for _, s in SAMPLES)
    assert any(not s.dated for _, s in SAMPLES)


def test_every_outlet_is_marked_as_a_sample_and_named_once() -> None:
    names = [o.name for o in OUTLETS.values()]
    assert all(name.endswith(MARK) for name in names)
    assert len(names) == len(set(names))


def test_links_lead_nowhere_real() -> None:
    for _, sample in SAMPLES:
        host = sample.link.split("/")[2]
        assert host.endswith(".example"), sample.link


def test_the_show_starts_at_once_and_is_short() -> None:
    released = sorted(s.versions[0].at for _, s in SAMPLES if s.versions[0].at > timedelta(0))
    assert released[0] <= timedelta(seconds=3)
    assert released[-1] <= timedelta(seconds=30)


def test_a_story_is_told_by_two_outlets_under_one_link_and_another_under_one_title() -> None:
    links = [(canonical_url(s.link), o.slug) for o, s in SAMPLES]
    titles = [(s.versions[0].title, o.slug) for o, s in SAMPLES]
    for keys in (links, titles):
        shared = {k for k, slug in keys if any(k == other and slug != them for other, them in keys)}
        assert len(shared) == 1


def test_files_hold_no_unknown_keys() -> None:
    import tomllib
    from importlib.resources import files

    for path in (files("bot.demo") / "feeds").iterdir():
        data = tomllib.loads(path.read_text("utf-8"))
        assert set(data) <= {"name", "affiliation", "language", "format", "fault", "item"}, path.name
        for item in data.get("item", []):
            assert set(item) <= KEYS, path.name
