from datetime import timedelta

from bot.chat.console import ConsoleMessenger, drawn
from bot.chat.console_notice import render_notices
from bot.domain.delivery import DeliveryKind, Message
from bot.domain.standing import Notice, Standing
from tests.chat.test_console import DANGEROUS, HOSTILE, NOW, Terminal, delivery

FAILING = Notice("Harbour Wire", Standing.FAILING, NOW - timedelta(days=2), "no such host: wire.example")
GONE = Notice("Radio Lindenau", Standing.RETIRED, NOW, "410")


def shown(*notices: Notice, note: str = "") -> str:
    return drawn(render_notices(notices, now=NOW, colour=False, note=note), width=80, colour=False)


def test_notices_tell_the_gravest_first_and_what_to_do() -> None:
    lines = [line.rstrip() for line in shown(FAILING, GONE).splitlines()]
    assert lines[0] == "NEWS OF 2 FEEDS"
    assert lines[2:4] == ["Gone for good", "  Radio Lindenau"]
    at = lines.index("Failing for a day now")
    assert lines[at + 1].split("  ")[1] == "Harbour Wire"
    assert lines[at + 1].endswith("first failure 2 days ago")
    assert lines[at + 2] == "    no such host: wire.example"


def test_many_feeds_are_counted_and_a_repeat_says_so() -> None:
    text = shown(*(Notice(f"Feed {n}", Standing.WORKING) for n in range(50)), note="(may be a repeat)")
    assert "and 30 more" in text
    assert text.rstrip().endswith("(may be a repeat)")


def test_nothing_in_a_name_or_an_error_acts_on_a_terminal() -> None:
    text = shown(*(Notice(HOSTILE, standing, NOW, HOSTILE) for standing in Standing))
    assert not DANGEROUS.search(text)
    assert "[bold red]c[/] :smile:" in text


async def test_a_notice_is_printed() -> None:
    stream = Terminal()
    messenger = ConsoleMessenger(stream, now=lambda: NOW)
    await messenger.post(delivery(DeliveryKind.NOTICE), Message("d1", DeliveryKind.NOTICE, notices=(GONE,)))
    await messenger.close()
    assert "A FEED IS GONE FOR GOOD" in stream.getvalue()
