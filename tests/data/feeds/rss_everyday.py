from datetime import UTC, datetime

from bot.domain.article import Entry

LANGUAGE = "en-GB"
ENTRIES = (
    Entry(
        guid="courier-1",
        link="https://courier.example/news/bridge?utm_source=rss",
        title="Bridge talks resume & stall",
        summary="<p>The <b>envoy</b> said the bridge stays closed.</p>",
        content="<p>The envoy said the bridge stays closed.</p><p>Nobody signed.</p>",
        published=datetime(2026, 11, 24, 8, 15, tzinfo=UTC),
    ),
    Entry(
        guid="https://courier.example/news/ferry",
        link="https://courier.example/news/ferry",
        title="Ferry timetable",
        summary="Two boats a day.",
        published=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        language="de",
    ),
    Entry(guid=None, link=None, title="", summary="An item with neither title, id, link nor date."),
    Entry(guid=None, link="https://feeds.example/news/bad-date", title="Bad date", summary=""),
    Entry(
        guid="courier-5",
        link=None,
        title="Odd link",
        summary="",
        published=datetime(2101, 1, 1, 0, 1, tzinfo=UTC),
    ),
)
