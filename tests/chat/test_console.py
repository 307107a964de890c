import asyncio
import io
import os
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from bot.chat.console import ConsoleMessenger, drawn
from bot.chat.console_card import render_alert, render_catch_up, render_update
from bot.domain.delivery import Delivery, DeliveryKind, Message
from bot.domain.feed import Affiliation
from bot.domain.statement import Stance
from bot.domain.story import Said, Source, Summary
from bot.domain.subscription import Channel, Platform
from bot.errors import DeliveryError, Fate

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUOTE = "Not one metre of the bridge is for sale, today or in a hundred years, whoever asks and whatever they offer."
SAID = Said(
    speaker="Rudolf of Ruritania",
    speaker_text="the king",
    topic="territory",
    stance=Stance.REJECT,
    target=("Grand Bridge", "Old Port"),
    evidence="The king told his parliament that the bridge was not for sale.",
    quote=f'"{QUOTE}"',
    confidence=0.934,
    revision=1,
    publisher="Ruritania Today",
    conflicts=("ruritania",),
)
SOURCES = (
    Source("Ruritania Today", Affiliation.STATE, "https://r.example/1", "t", "uk", NOW - timedelta(minutes=4)),
    Source("Daily Planet", Affiliation.INDEPENDENT, "https://d.example/2", "t", "en", NOW),
    Source("Wire", Affiliation.WIRE, None, "t", "ar", None),
)
SUMMARY = Summary(1, 1, "King will not sell the bridge", (SAID,), SOURCES, NOW)
# Whatever a terminal acts upon: controls but the line break, marks that reorder text, lone surrogates.
DANGEROUS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
HOSTILE = "\x1b[2Ja\x1b]8;;https://evil.example\x1b\\b\x07\u202egnp\u2066\x9b31m\r\n\x00\ud800[bold red]c[/] :smile:"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def delivery(kind: DeliveryKind = DeliveryKind.ALERT, *, unsure: bool = False, thread: str | None = None) -> Delivery:
    channel = Channel(Platform.CONSOLE, "terminal")
    return Delivery("d1", channel, kind, 1, 1, NOW, unsure=unsure, thread=thread)


def message(kind: DeliveryKind, *summaries: Summary) -> Message:
    return Message("d1", kind, summaries or (SUMMARY,))


def plain(card: object, width: int = 80) -> str:
    return drawn(card, width=width, colour=False)  # type: ignore[arg-type]


def test_an_alert_in_plain_text() -> None:
    assert plain(render_alert(SUMMARY, now=NOW, colour=False)) == (
        "TERRITORY · Ruritania                                                  4 min ago\n"
        "King will not sell the bridge\n"
        "\n"
        "Rudolf of Ruritania rejects · territory: Grand Bridge, Old Port\n"
        "    “Not one metre of the bridge is for sale, today or in a hundred years,\n"
        "    whoever asks and whatever they offer.”\n"
        "    confidence 93%, first reported by Ruritania Today\n"
        "\n"
        "Ruritania Today · STATE MEDIA · in Ukrainian\n"
        "  https://r.example/1\n"
        "Daily Planet · independent\n"
        "  https://d.example/2\n"
        "Wire · news agency · in Arabic\n"
        "published 1 Mar 2026, 11:56 UTC, 4 min ago\n"
    )


def test_without_a_quote_the_evidence_is_shown() -> None:
    text = plain(render_alert(replace(SUMMARY, statements=(replace(SAID, quote=None),)), now=NOW, colour=False))
    assert "    The king told his parliament that the bridge was not for sale.\n" in text
    assert "“" not in text


def test_a_feed_that_names_no_language_is_told_of_without_one() -> None:
    unsaid = replace(SUMMARY, sources=(replace(SOURCES[1], language="und"),))
    assert "Daily Planet · independent\n" in plain(render_alert(unsaid, now=NOW, colour=False))


def test_a_reply_says_that_it_is_news_of_a_known_story() -> None:
    text = plain(render_alert(SUMMARY, now=NOW, colour=False, reply=True))
    assert text.startswith("NEW IN THIS STORY · TERRITORY · Ruritania ")


def test_an_update_is_one_line() -> None:
    text = plain(render_update(SUMMARY, colour=False))
    assert text == "also reported by Daily Planet, Wire: King will not sell the bridge\n"
    long = replace(SUMMARY, title="word " * 60)
    shown = drawn(render_update(long), width=60, colour=True)
    assert shown.count("\n") == 1
    assert "…" in shown


def test_a_catch_up_is_one_list() -> None:
    text = plain(render_catch_up([SUMMARY] * 25, now=NOW, colour=False))
    assert text.startswith("CATCH-UP · 25 stories from before\n")
    assert text.count("Rudolf of Ruritania rejects · territory: Grand Bridge") == 20
    assert "— Ruritania Today (STATE MEDIA), Daily Planet,\n  Wire\n" in text
    assert text.endswith("\nand 5 more\n")


def test_many_statements_and_sources_are_cut() -> None:
    many = replace(SUMMARY, statements=(SAID,) * 9, sources=SOURCES * 4)
    text = plain(render_alert(many, now=NOW, colour=False))
    assert "and 3 more statements\n" in text
    assert "also Wire, Ruritania Today (STATE MEDIA), Daily Planet" in text


@pytest.mark.parametrize("width", [1, 20, 40, 80, 100, 250])
def test_no_line_is_wider_than_the_terminal_or_a_hundred_columns(width: int) -> None:
    wide = replace(SUMMARY, title="停火 " * 90, sources=(replace(SOURCES[0], link="https://r.example/" + "x" * 300),))
    text = drawn(render_alert(wide, now=NOW), width=width, colour=True)
    shown = [re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", line) for line in text.split("\n")]
    # Below a card's least width the terminal breaks lines itself.
    assert max(Console().render_str(line, markup=False).cell_len for line in shown) <= max(min(width, 100), 28)


def test_every_line_of_a_coloured_card_stands_beside_the_bar() -> None:
    lines = drawn(render_alert(SUMMARY, now=NOW), width=80, colour=True).rstrip("\n").split("\n")
    assert len(lines) == 14
    assert all(re.match(r"(\x1b\[[0-9;]*m)+▌ ", line) for line in lines)


def test_a_plain_card_keeps_addresses_whole() -> None:
    link = "https://r.example/" + "x" * 300
    text = plain(render_alert(replace(SUMMARY, sources=(replace(SOURCES[0], link=link),)), now=NOW, colour=False))
    assert f"  {link}\n" in text


HOSTILE_SUMMARY = Summary(
    1,
    1,
    HOSTILE,
    (
        replace(
            SAID,
            speaker=HOSTILE,
            topic=HOSTILE,
            target=(HOSTILE,),
            quote=HOSTILE,
            publisher=HOSTILE,
            conflicts=(HOSTILE,),
        ),
        replace(SAID, evidence=HOSTILE, quote=None),
    ),
    (
        Source(HOSTILE, Affiliation.STATE, f"https://e.example/{HOSTILE}", HOSTILE, HOSTILE, NOW),
        Source(HOSTILE, Affiliation.STATE, "https://e.example/\x1b\\x", HOSTILE, "en", NOW),
        Source("x", Affiliation.STATE, "javascript:alert(1)", "x", "en", NOW),
    ),
    NOW,
)


@pytest.mark.parametrize("kind", [k for k in DeliveryKind if k is not DeliveryKind.NOTICE])
@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
async def test_hostile_text_never_reaches_the_terminal_raw(
    kind: DeliveryKind, stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    out = stream()
    messenger = ConsoleMessenger(out, now=lambda: NOW)
    await messenger.post(delivery(kind), message(kind, HOSTILE_SUMMARY))
    await messenger.edit(delivery(kind), message(kind, HOSTILE_SUMMARY))
    await messenger.close()
    text = out.getvalue()
    ours = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert (ours != text) == (stream is Terminal)
    assert not DANGEROUS.search(ours)
    assert "evil.example" in ours
    assert "[bold red]c[/] :smile:" in re.sub(r"\n▌? *", " ", ours)
    assert "javascript" not in ours


@pytest.mark.parametrize(
    ("link", "linked"), [("https://r.example/1", True), ("https://r.example/\x1b\\", False), (None, False)]
)
def test_only_clean_addresses_become_links(link: str | None, linked: bool) -> None:
    text = drawn(
        render_alert(replace(SUMMARY, sources=(replace(SOURCES[0], link=link),)), now=NOW), width=80, colour=True
    )
    assert (";https://r.example/1\x1b\\" in text) == linked
    assert ("\x1b]8;" in text) == linked


async def test_post_prints_and_names_the_message() -> None:
    out = io.StringIO()
    messenger = ConsoleMessenger(out, now=lambda: NOW)
    await messenger.start()
    assert await messenger.post(delivery(), message(DeliveryKind.ALERT)) == "d1"
    assert out.getvalue() == plain(render_alert(SUMMARY, now=NOW, colour=False)) + "\n"
    assert messenger.healthy()
    await messenger.close()


async def test_edit_prints_a_line_and_keeps_the_messages_name() -> None:
    out = io.StringIO()
    messenger = ConsoleMessenger(out, now=lambda: NOW)
    assert await messenger.edit(delivery(DeliveryKind.UPDATE, thread="d0"), message(DeliveryKind.UPDATE)) == "d0"
    assert out.getvalue().startswith("also reported by Daily Planet")
    await messenger.close()


async def test_a_terminal_remembers_nothing_so_a_repeat_says_so() -> None:
    out = io.StringIO()
    messenger = ConsoleMessenger(out, now=lambda: NOW)
    assert await messenger.find(delivery(unsure=True)) is None
    await messenger.post(delivery(unsure=True), message(DeliveryKind.ALERT))
    assert out.getvalue().endswith("\n(may be a repeat after a crash)\n\n")
    await messenger.close()


@pytest.mark.parametrize(
    ("stream", "env", "coloured"),
    [
        (Terminal, {}, True),
        (Terminal, {"NO_COLOR": "1"}, False),
        (Terminal, {"TERM": "dumb"}, False),
        (io.StringIO, {}, False),
    ],
)
async def test_colour_only_where_it_is_wanted(
    stream: Callable[[], io.StringIO], env: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    out = stream()
    messenger = ConsoleMessenger(out, now=lambda: NOW)
    await messenger.post(delivery(), message(DeliveryKind.ALERT))
    await messenger.close()
    assert ("\x1b" in out.getvalue()) == coloured
    assert ("▌" in out.getvalue()) == coloured


async def test_nobody_reads_any_more() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        messenger = ConsoleMessenger(stream, now=lambda: NOW)
        with pytest.raises(DeliveryError, match="the terminal is gone") as caught:
            await messenger.post(delivery(), message(DeliveryKind.ALERT))
        assert caught.value.fate is Fate.NOT_SENT
        assert not caught.value.permanent
        assert not messenger.healthy()
        await messenger.close()


async def test_a_closed_stream() -> None:
    out = io.StringIO()
    out.close()
    messenger = ConsoleMessenger(out, now=lambda: NOW)
    with pytest.raises(DeliveryError):
        await messenger.post(delivery(), message(DeliveryKind.ALERT))
    await messenger.close()


async def test_a_blocked_pipe_does_not_block_the_loop_and_loses_nothing() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        messenger = ConsoleMessenger(stream, now=lambda: NOW)
        # A pipe holds 64 kB; nobody reads while these are printed.
        posts = [asyncio.create_task(messenger.post(delivery(), message(DeliveryKind.ALERT))) for _ in range(200)]
        await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
        assert not posts[-1].done()
        posts[-1].cancel()
        await asyncio.sleep(0)
        received = bytearray()

        def drain() -> None:
            while chunk := os.read(reader, 65536):
                received.extend(chunk)

        thread = threading.Thread(target=drain)
        thread.start()
        await asyncio.gather(*posts[:-1])
        await messenger.close()
    thread.join()
    os.close(reader)
    assert received.decode().count("King will not sell the bridge") == 199


async def test_letters_that_the_terminal_lacks_become_question_marks() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    messenger = ConsoleMessenger(out, now=lambda: NOW)
    await messenger.post(delivery(), message(DeliveryKind.ALERT, replace(SUMMARY, title="Король")))
    await messenger.close()
    assert b"\n??????\n" in raw.getvalue()
