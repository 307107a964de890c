"""Damage feeds at random and read them (scripts/fuzz). What breaks a promise is kept in tests/data/fuzz."""

import hashlib
import sys
import time
import traceback
from pathlib import Path
from random import Random

from bot.errors import ParseError
from bot.feeds.clean import MAX_TITLE, clean_entries
from bot.feeds.discover import offered_feeds
from bot.feeds.parse import parse_feed
from tests.feeds.examples import EXAMPLES, URL

KEPT = Path(__file__).resolve().parents[1] / "data" / "fuzz"
TOKENS = (
    *(b"<", b">", b"</", b"/>", b"&", b"&#0;", b"&#xD800;", b"&lt;", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"\0"),
    *(b"<item>", b"</item>", b"<entry>", b"<channel>", b"<!DOCTYPE x>", b'<!DOCTYPE x [<!ENTITY a "b">]>', b"<?x?>"),
    *(b' xml:base="x/"', b' xml:lang="uk"', b' xmlns="urn:x"', b"<content type='xhtml'>", b"{", b"}", b"[", b"\\ud800"),
    *(b"\xff", b'"', b"Tue, 31 Feb 9999 25:61:61 +9999", b"http://[", b"9" * 5_000, b"<b>" * 300),
    "\u202e\u2028".encode(),
)  # fmt: skip
CONTENT_TYPES = (None, "", "text/xml", "text/xml; charset=utf-16", "application/xml; charset=idna", "x; charset=koi8-r")


def seeds() -> list[bytes]:
    """Our examples, and what earlier runs kept."""
    return [e.body for e in EXAMPLES] + [path.read_bytes() for path in sorted(KEPT.iterdir())]


def damaged(random: Random, bodies: list[bytes]) -> bytes:
    """One of the bodies after one to eight cuts, copies, tokens, flipped bits or pieces of another."""
    body = random.choice(bodies)
    for _ in range(random.randint(1, 8)):
        at, length = random.randint(0, len(body)), random.randint(0, 60)
        match random.randrange(6):
            case 0:
                body = body[:at] + body[at + length :]
            case 1:
                body = body[:at] + body[at : at + length] * random.randint(1, 5) + body[at:]
            case 2 | 3:
                body = body[:at] + random.choice(TOKENS) + body[at:]
            case 4:
                body = body[:at] + bytes(b ^ 1 << random.randrange(8) for b in body[at : at + 2]) + body[at + 2 :]
            case _:
                other = random.choice(bodies)
                start = random.randint(0, len(other))
                body = body[:at] + other[start : start + 4 * length] + body[at:]
    return body


def fault(body: bytes) -> str | None:
    """What reading a body does that it may not: raise, give what cannot be stored, or tell known entries again."""
    try:
        offered_feeds(body, url=URL)
        content_type = CONTENT_TYPES[len(body) % len(CONTENT_TYPES)]
        parsed = parse_feed(body, url=URL, content_type=content_type, known=frozenset())
        f"{parsed}".encode()
        for title, text in clean_entries(parsed.entries):
            f"{title}{text}".encode()
            assert len(title) <= MAX_TITLE, "an overlong title"
            assert "\n" not in title, "a title of two lines"
        again = parse_feed(body, url=URL, content_type=content_type, known=parsed.items)
        assert again.items == parsed.items, "another look sees other items"
        assert not parsed.items or not again.entries, "a known entry is told again"
    except ParseError:
        return None
    except Exception:
        return traceback.format_exc()
    return None


def main(minutes: float, seed: int) -> int:
    """Fuzz so long; how many faults were found."""
    random, bodies, until = Random(seed), seeds(), time.monotonic() + 60 * minutes
    done, found = 0, set[str]()
    while time.monotonic() < until:
        body = damaged(random, bodies)
        done += 1
        why = fault(body)
        if why is not None and (line := why.strip().splitlines()[-1]) not in found:
            found.add(line)
            name = hashlib.sha256(body).hexdigest()[:12]
            (KEPT / name).write_bytes(body)
            print(f"{KEPT / name}: {why}", flush=True)
    print(f"seed {seed}: {done} bodies, {len(found)} faults")
    return len(found)


if __name__ == "__main__":
    sys.exit(bool(main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)))
