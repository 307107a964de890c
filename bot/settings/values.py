"""The values people write in feeds.toml and in the environment: each check says what is wrong and how to mend it."""

import ipaddress
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from bot.domain.subscription import Platform
from bot.settings.words import nearest, plain

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SECOND = timedelta(seconds=1)
POLITE = timedelta(minutes=1)
SELDOM = timedelta(hours=24)
LONGEST_CATCH_UP = timedelta(days=7)
LONGEST_NAME = 80
LONGEST_URL = 2000
LAST_PORT = 65535

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"([0-9]{1,6})\s*([smhd])")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_CONTACT = re.compile(
    r"(https?://[\x21-\x27\x2a-\x7e]+|(mailto:)?[\x21-\x27\x2a-\x7e]+@[\x21-\x27\x2a-\x7e]+\.[a-z]{2,})", re.I
)
_CHANNEL_IDS: dict[Platform, tuple[re.Pattern[str], str]] = {
    Platform.DISCORD: (
        re.compile(r"[0-9]{15,21}"),
        "Discord: turn on Developer Mode, right-click the channel, Copy Channel ID: 17 to 20 digits",
    ),
    Platform.SLACK: (
        re.compile(r"[CDG][A-Z0-9]{6,20}"),
        "Slack: open the channel's details and copy the Channel ID at the bottom: it begins with C",
    ),
    Platform.CONSOLE: (re.compile(r"[\w .-]{1,80}"), "any short name, for example terminal"),
}


class WrongError(ValueError):
    """A value that cannot be used: `what` continues the sentence 'url = "x" ...', `mend` tells what to write."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


def folder(value: str) -> Path:
    """The path of a folder that is there."""
    path = Path(value)
    if not path.is_dir():
        raise WrongError("is no folder" if path.exists() else "is not there", "name a folder, or unset it")
    return path


def duration(value: object) -> timedelta:
    """ "90s", "5m", "2h" or "1d" as a time span."""
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise WrongError("is not a time span", 'write a number and s, m, h or d in quotes, for example "5m"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def interval(value: object) -> timedelta:
    """How often a feed is polled; whether seconds are allowed depends on the feed's host (see `polite`)."""
    every = duration(value)
    if every < SECOND:
        raise WrongError("is no interval", 'write "5m", or "1m" at the least')
    if every > SELDOM:
        raise WrongError("is longer than a day", 'write "24h" at the most')
    return every


def shorter(value: str, every: timedelta) -> bool:
    """Whether a time span is shorter than this one; what is none is a mistake of its own."""
    try:
        return duration(value) < every
    except WrongError:
        return False


def catch_up(value: object) -> timedelta:
    """How far back a new feed is told; "off" for not at all."""
    if value == "off":
        return timedelta(0)
    back = duration(value)
    if back > LONGEST_CATCH_UP:
        raise WrongError("reaches back more than a week", 'write "7d" at the most, or "off"')
    return back


def polite(every: timedelta, url: str) -> bool:
    """Whether a feed may be polled this often: a minute at the least, but on this machine itself."""
    if every >= POLITE:
        return True
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:  # no address at all, which is a mistake of its own
        host = ""
    return host in ("localhost", "::1") or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def name(value: str) -> str:
    """A name to show: one short line."""
    value = value.strip()
    if not value:
        raise WrongError("is empty", "write a name people know")
    if len(value) > LONGEST_NAME:
        raise WrongError(f"is longer than {LONGEST_NAME} characters", "shorten it")
    if not value.isprintable():
        raise WrongError("holds a control character", "write it as one plain line")
    return value


def address(value: str) -> str:
    """An http(s) address with a host and without a user name."""
    value = value.strip()
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise WrongError("is not an address", 'write it as in a browser: "https://example.org/rss.xml"') from None
    if parts.scheme not in ("http", "https"):
        raise _bad_scheme(value, parts.scheme)
    if not host or port == 0 or not value.isprintable() or " " in value or len(value) > LONGEST_URL:
        raise WrongError("is not an address", 'write it as in a browser: "https://example.org/rss.xml"')
    if "@" in parts.netloc:
        raise WrongError("holds a user name or a password", "leave them out: Parley logs in nowhere")
    return value


def public_url(value: str) -> str:
    """The address under which the world reaches this bot, without a slash at its end."""
    url = address(value)
    parts = urlsplit(url)
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise WrongError("has a ? or # in it", f'write only "{plain(url.split("?")[0].split("#")[0])}"')
    if not url.isascii() or re.search(r"[{}<>\\^`|\"]", url):
        raise WrongError("holds a character that no address has", 'write it as "https://parley.example.org"')
    return url.rstrip("/")


def language(value: str) -> str:
    """A language tag in lower case."""
    value = value.strip().lower()
    if not _LANGUAGE.fullmatch(value):
        raise WrongError("is not a language code", 'write two or three letters, for example "en", "uk" or "ar"')
    return value


def contact(value: str) -> str:
    """How an outlet's operator can reach the person who runs this bot: goes into a header."""
    value = value.strip()
    if not _CONTACT.fullmatch(value) or len(value) > LONGEST_URL:
        raise WrongError(
            "is neither a mail address nor a web address", 'write "you@example.org" or "https://example.org"'
        )
    return value


def channel_id(platform: Platform, value: str) -> str:
    """A channel's id as its platform writes it."""
    pattern, mend = _CHANNEL_IDS[platform]
    if not pattern.fullmatch(value):
        raise WrongError(f"is not a channel of {platform}", mend)
    return value


def http(value: str) -> tuple[str, int] | None:
    """host:port to listen on, or "off"."""
    if value.lower() == "off":
        return None
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", host) or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > LAST_PORT:
        raise WrongError("is not host:port", 'write for example "127.0.0.1:8787", or "off"')
    return host, int(port)


def networks(value: str) -> tuple[Network, ...]:
    """Address ranges, separated by commas or spaces."""
    found = []
    for part in value.replace(",", " ").split():
        try:
            found.append(ipaddress.ip_network(part, strict=False))
        except ValueError:
            raise WrongError(
                f"holds {plain(part)}, which is no address range", "write for example 10.0.0.0/8"
            ) from None
    return tuple(found)


def _bad_scheme(value: str, scheme: str) -> WrongError:
    near = "https" if scheme == "feed" else nearest(scheme, ("https", "http")) if scheme else None
    if near:
        return WrongError("is not an http(s) address", f'did you mean "{plain(near + value[len(scheme) :])}"?')
    if not scheme and re.match(r"[\w-]+(\.[\w-]+)+(/|$)", value):
        return WrongError("has no https:// before it", f'did you mean "{plain("https://" + value)}"?')
    return WrongError("is not an http(s) address", 'write it as in a browser: "https://example.org/rss.xml"')
