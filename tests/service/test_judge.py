from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.article import Article
from bot.service.judge import Add, Revise, Skip, judge, recent
from bot.service.storage import Known

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def article(*, published: datetime | None = NOW, digest: str = "d") -> Article:
    return Article("k", "Feed", "Title", "Text", "en", None, None, published, NOW, digest)


@pytest.mark.parametrize(
    ("known", "first", "age_days", "verdict"),
    [
        (None, False, 0, Add(True, "new")),
        (None, False, 4, Add(False, "dated more than 3 days ago")),
        (None, True, 0, Add(False, "first poll of this feed")),
        (Known("d", None, "k"), False, 0, Skip("same words")),
        (Known("d", 7, "k"), True, 9, Skip("same words")),
        (Known("other", 7, "k"), False, 0, Revise(7, True, "edited")),
        (Known("other", None, "k"), False, 4, Revise(None, False, "dated more than 3 days ago")),
    ],
)
def test_verdicts(known, first, age_days, verdict):
    dated = article(published=NOW - timedelta(days=age_days))
    assert judge(dated, known, now=NOW, first_poll=first) == verdict


def test_an_undated_article_is_announced_but_is_no_catch_up():
    undated = article(published=None)
    assert judge(undated, None, now=NOW, first_poll=False) == Add(True, "new")
    assert not recent(undated, now=NOW, window=timedelta(days=1))
    assert recent(article(), now=NOW, window=timedelta(days=1))
