"""What the engine makes of the sample articles: the demo must alert where it should and keep quiet where it should."""

import pytest

from bot.demo.script import Sample, load_outlets
from bot.domain.statement import CEASEFIRE, TERRITORY, Document
from bot.domain.subscription import DEFAULT_TOPICS
from bot.lexicons import default_engine

OUTLETS = {o.slug: o for o in load_outlets()}
ENGLISH = [(o, s) for o in OUTLETS.values() for s in o.samples if o.language == "en"]
QUIET = ("pitch-and-pixel", "ledger-lane")


def told(sample: Sample) -> set[tuple[str, str]]:
    """(speaker, topic) of every statement in an article's last version that a channel gets by default."""
    last = sample.versions[-1]
    statements = default_engine().analyse(Document(last.title, last.text, language="en")).statements
    return {(s.speaker, s.topic) for s in statements if s.topic in DEFAULT_TOPICS}


@pytest.mark.parametrize("slug", QUIET)
def test_truces_between_clubs_and_sales_territories_are_no_alerts(slug: str) -> None:
    for sample in OUTLETS[slug].samples:
        assert told(sample) == set(), sample.versions[-1].title


def test_the_first_alert_of_the_show_is_sure_to_come() -> None:
    first = min((s for _, s in ENGLISH if s.versions[0].at.total_seconds() > 0), key=lambda s: s.versions[0].at)
    assert told(first) >= {("United Nations", CEASEFIRE)}


def test_an_edit_brings_a_further_party_into_the_story() -> None:
    (edited,) = (s for _, s in ENGLISH if len(s.versions) > 1)
    assert ("Sudanese Armed Forces", CEASEFIRE) in told(edited)


def test_state_media_and_territory_are_part_of_the_show() -> None:
    assert any(speaker == "Russia" for s in OUTLETS["polden-tv"].samples for speaker, _ in told(s))
    assert any(topic == TERRITORY for s in OUTLETS["the-meridian"].samples for _, topic in told(s))


def test_most_samples_that_are_meant_to_alert_do() -> None:
    meant = [
        s
        for o, s in ENGLISH
        if o.slug not in QUIET and any(w in s.versions[0].title for w in ("ceasefire", "truce", "claim", "recognise"))
    ]
    assert sum(bool(told(s)) for s in meant) >= len(meant) * 0.8
