from datetime import UTC, datetime

from bot.domain.article import Entry

LANGUAGE = "uk"
ENTRIES = (
    Entry(
        guid="urn:valley:1",
        link="https://valley.example/en/2026/offer",
        title="Mayor <em>declines</em> the offer",
        summary="Short.",
        content="<p>The mayor <b>declined</b>.</p><p>No date is set.</p>",
        published=datetime(2026, 11, 23, 22, 30, tzinfo=UTC),
        language="uk",
    ),
    Entry(
        guid="urn:valley:2",
        link="https://valley.example/en/archive/old/prices.html",
        title="Prices < 5 crowns",
        summary="<p>Cheaper bread.</p>",
        content="<p>Cheaper bread.</p>",
        published=datetime(2026, 11, 20, tzinfo=UTC),
        language="en",
    ),
)
