"""Each item is told once, whatever its feed does to it: bytes through the real reader into real storage."""

from collections.abc import Sequence

import pytest

from bot.domain.feed import Feed, FetchState
from bot.feeds import jobs
from bot.service.ingest import Ingest
from bot.service.ports import Fetched, Parsed
from tests.fakes.feeds import FakeAnalyst, FakeSource
from tests.service.rig import Rig

TITLE = "Envoys of both sides meet at the bridge"
SAID = "Ruritania rejects ceasefire"


class BytesSource(FakeSource):
    """Whatever stands in `body` is what every feed answers, and it is read as in the bot."""

    body = b""

    async def fetch(self, feed: Feed, state: FetchState) -> Fetched:
        return Fetched(body=self.body, url=feed.url)

    async def parse(self, fetched: Fetched, *, known: frozenset[bytes]) -> Parsed:
        return jobs.parse(fetched.body or b"", fetched.url, None, known)


def item(
    guid: str | None = "1", *, title: str = TITLE, text: str = SAID, link: str | None = "/a", date: str | None = None
) -> str:
    fields = {"guid": guid, "title": title, "link": link, "description": text, "pubDate": date}
    return f"<item>{''.join(f'<{k}>{v}</{k}>' for k, v in fields.items() if v is not None)}</item>"


OTHERS = [item(f"o{n}", title=f"Ferry timetable number {n} is out", text="Boats.", link=f"/o{n}") for n in range(3)]
TODAY, LATER = "Sun, 01 Mar 2026 11:00:00 GMT", "Sun, 01 Mar 2026 11:30:00 GMT"
NEWS = item(date=TODAY)


@pytest.fixture
async def told(bot: Rig) -> "Told":
    told = Told(bot)
    await bot.settle()
    return told


class Told:
    def __init__(self, bot: Rig) -> None:
        self.bot = bot
        self.source = BytesSource()
        self.source.body = b'<rss version="2.0"><channel/></rss>'
        bot.source = self.source
        bot.ingest = Ingest(
            source=self.source,
            analyst=FakeAnalyst(),
            storage=bot.storage,
            clock=bot.clock,
            meter=bot.meter,
            owed=lambda: None,
            jitter=lambda: 0.0,
        )

    async def after(self, *feeds: Sequence[str], hours: float = 0) -> list[str]:
        """What the channel shows once the feed has shown each of these lists of items, `hours` apart."""
        for items in feeds:
            self.source.body = f'<rss version="2.0"><channel>{"".join(items)}</channel></rss>'.encode()
            (outcome,) = await self.bot.poll()
            assert outcome.status == "polled", outcome.error
            await self.bot.deliver()
            self.bot.clock.forward(hours=hours)
        return self.bot.shown


@pytest.mark.parametrize("hours", [0, 60])
@pytest.mark.parametrize(
    "feeds",
    [
        pytest.param([[item()], [item(), OTHERS[0]]], id="undated"),
        pytest.param([[NEWS], [item(date=LATER)], [item()]], id="re-dated"),
        pytest.param([[NEWS], [item("2", date=TODAY)], [item("3", date=LATER)]], id="re-guided"),
        pytest.param([[NEWS], [item(None, date=TODAY)], [NEWS]], id="its guid taken away"),
        pytest.param([[NEWS], [item(link="/b", date=TODAY)], [item(link=None)]], id="its link changed"),
        pytest.param(
            [[NEWS], [item(title=f"{TITLE} again", text=f"{SAID}\n\nMore follows.", date=TODAY)]], id="edited"
        ),
        pytest.param([[item("2", title=f"{TITLE} again", date=TODAY)], [NEWS]], id="edited and re-guided"),
        pytest.param([[NEWS, *OTHERS], [*OTHERS, NEWS], [OTHERS[1], NEWS, OTHERS[0]]], id="reordered"),
        pytest.param([[NEWS, *OTHERS], OTHERS, [], [*OTHERS, NEWS]], id="pruned and back"),
        pytest.param([[NEWS], [], [item("2", date=LATER)]], id="pruned and back re-guided"),
        pytest.param([[NEWS, item("2", date=LATER)], [item("3"), NEWS]], id="twice in one feed"),
        pytest.param(
            [[item(None, link=None)], OTHERS, [*OTHERS, item(None, link=None)]], id="no identity but its words"
        ),
    ],
)
async def test_an_item_is_told_once(told: Told, feeds: list[list[str]], hours: float) -> None:
    assert await told.after(*feeds, hours=hours) == ["alert: Ruritania reject ceasefire (1)"]


async def test_a_change_of_format_tells_nothing_again(told: Told) -> None:
    await told.after([NEWS])
    told.source.body = (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>urn:1</id><title>{TITLE}</title>'
        f'<link href="/a"/><summary>{SAID}</summary></entry></feed>'
    ).encode()
    await told.bot.poll()
    told.source.body = (
        b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "j1", "url": "/a", '
        b'"title": "%s", "content_text": "%s"}]}' % (TITLE.encode(), SAID.encode())
    )
    await told.bot.poll()
    await told.bot.deliver()
    assert told.bot.shown == ["alert: Ruritania reject ceasefire (1)"]


async def test_what_is_new_in_an_old_item_is_told_as_a_reply(told: Told) -> None:
    edited = item(text=f"{SAID}&lt;p>Graustark agrees ceasefire&lt;/p>", date=LATER)
    assert await told.after([NEWS], [edited], [edited, OTHERS[0]]) == [
        "alert: Ruritania reject ceasefire (1)",
        "reply: Graustark agree ceasefire (1)",
    ]
