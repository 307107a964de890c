"""When and where a statement was made, by the words beside its cue."""

import tomllib
from pathlib import Path

import pytest

from bot.domain.statement import Document
from bot.lexicons import default_engine

DATA = Path(__file__).parent / "data" / "occasions.toml"
OCCASIONS = tomllib.loads(DATA.read_text(encoding="utf-8"))["occasion"]


@pytest.mark.parametrize("row", OCCASIONS, ids=[row["text"] for row in OCCASIONS])
def test_when_and_where(row: dict[str, str]) -> None:
    (first, *_) = default_engine().analyse(Document("", row["text"], "en", "2025-06-03T09:00:00Z")).statements
    assert (first.said_on or "", first.said_in or "") == (row["said_on"], row["said_in"])


@pytest.mark.parametrize(
    ("published", "said_on"), [(None, "Monday"), ("nonsense", "Monday"), ("2025-06-03", "2025-06-02")]
)
def test_without_the_articles_day_its_own_words_stay(published: str | None, said_on: str) -> None:
    text = "Hezbollah on Monday rejected a truce with Israel."
    (first, *_) = default_engine().analyse(Document("", text, "en", published)).statements
    assert first.said_on == said_on


@pytest.mark.parametrize(
    ("published", "told"), [("9999-12-31", "31 December"), ("9999-12-31", "1 May"), ("0001-01-01", "Tuesday")]
)
def test_an_article_from_the_ends_of_the_calendar_is_read(published: str, told: str) -> None:
    text = f"Hezbollah said on {told} that it rejects a truce with Israel."
    (first, *_) = default_engine().analyse(Document("", text, "en", published)).statements
    assert first.said_on


def test_a_day_that_no_month_has_stays_words() -> None:
    text = "Hezbollah said on 31 February that it rejects a truce with Israel."
    (first, *_) = default_engine().analyse(Document("", text, "en", "2025-06-03")).statements
    assert first.said_on == "31 February"
