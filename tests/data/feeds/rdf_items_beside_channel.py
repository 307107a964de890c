from datetime import UTC, datetime

from bot.domain.article import Entry

LANGUAGE = None
ENTRIES = (
    Entry(
        guid="https://harbour.example/1",
        link="https://harbour.example/1",
        title="Lighthouse lit",
        summary="It shines.",
        published=datetime(2026, 11, 1, 9, tzinfo=UTC),
    ),
    Entry(
        guid="https://harbour.example/2",
        link="https://harbour.example/2",
        title="Nets mended",
        summary="By hand.",
    ),
)
