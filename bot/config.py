"""The environment and feeds.toml -> Settings; every mistake is reported at once, with file and line."""

import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from bot.domain.feed import Feed
from bot.domain.statement import DEFAULT_TOPICS
from bot.domain.subscription import Channel, Platform, Subscription
from bot.errors import ConfigError, Mistake
from bot.secret import Secret
from bot.settings import values
from bot.settings.environment import Environment
from bot.settings.values import Network, WrongError
from bot.settings.words import file_mend

DEFAULT_HTTP: Final[tuple[str, int] | None] = ("127.0.0.1", 8787)
LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
FILES: Final = ("sqlite", "sqlite+aiosqlite")
DATABASES: Final = (*FILES, "postgresql", "postgres", "postgresql+psycopg")
TERMINAL: Final = Channel(Platform.CONSOLE, "terminal")
SLACK_TOKENS: Final = ("PARLEY_SLACK_BOT_TOKEN", "PARLEY_SLACK_APP_TOKEN")
LARGEST: Final = 16_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator can set, checked.

    `http` is (host, port) to listen on, None for not at all; `public_url` is where hubs reach it. `config` is the
    feeds.toml that was read. `lexicons` is the folder of the user's own lexicon files, None if there is none.
    """

    feeds: tuple[Feed, ...]
    subscriptions: tuple[Subscription, ...]
    database_url: Secret
    config: Path
    lexicons: Path | None = None
    contact: str | None = None
    discord_token: Secret | None = None
    discord_api: str | None = None
    slack_bot_token: Secret | None = None
    slack_app_token: Secret | None = None
    slack_signing_secret: Secret | None = None
    slack_api: str | None = None
    http: tuple[str, int] | None = DEFAULT_HTTP
    public_url: str | None = None
    allow_addresses: tuple[Network, ...] = ()
    log_level: str = "INFO"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What the log must never show: the tokens, and the database's password."""
        tokens = (self.discord_token, self.slack_bot_token, self.slack_app_token, self.slack_signing_secret)
        return (*(token for token in tokens if token is not None), *passwords(self.database_url))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed but perhaps not meant."""
        tokens = {Platform.DISCORD: self.discord_token, Platform.SLACK: self.slack_bot_token}
        used = {s.channel.platform for s in self.subscriptions}
        unused = tuple(
            f"{platform}: a token is set, but {self.config.name} has no [[channel]] for it; "
            "add one: until then nothing is posted there"
            for platform, token in tokens.items()
            if token is not None and platform not in used
        )
        if self.public_url is None or self.public_url.startswith("https:"):
            return unused
        words = "PARLEY_PUBLIC_URL is not https: what hubs push, and the secrets of it, can be read on the way"
        return (*unused, words)


def load_settings(
    env: Mapping[str, str],
    *,
    root: Path | None = None,
    topics: Collection[str] | None = None,
    conflicts: Collection[str] | None = None,
    default_topics: Collection[str] = DEFAULT_TOPICS,
) -> Settings:
    """Read the environment and the feeds.toml it names. Raises ConfigError with every mistake found.

    `root` is the folder that holds feeds.toml and data/ where the environment names no others (the project's own
    by default). `topics` and `conflicts` are the names a channel may ask for; None leaves them unchecked. A channel
    that asks for no topics gets the `default_topics`.
    """
    # pydantic takes a third of a second to import, and `health` and `db upgrade` get by without it.
    from bot.settings.feeds_toml import FeedsReader

    root = root or project_root()
    e = Environment(env)
    e.find_unknown()
    discord = e.value("PARLEY_DISCORD_TOKEN", _discord_token, None, secret=True)
    slack_bot, slack_app = (
        e.value(name, _slack_token(*starts), None, secret=True)
        for name, starts in zip(SLACK_TOKENS, (("xoxb-", "xoxe."), ("xapp-",)), strict=True)
    )
    slack_signing = e.value("PARLEY_SLACK_SIGNING_SECRET", Secret, None, secret=True)
    ready = _ready(e)
    config = _config(e, root)
    text, unreadable = _text(config)
    reader = FeedsReader(
        text,
        source=config.name,
        ready=ready,
        topics=topics,
        conflicts=conflicts,
        default_topics=frozenset(default_topics),
    )
    read = reader.read()
    terminal = Subscription(TERMINAL, topics=frozenset(default_topics))
    settings = Settings(
        feeds=read.feeds,
        subscriptions=read.subscriptions or (() if ready - {Platform.CONSOLE} else (terminal,)),
        contact=read.contact,
        config=config,
        lexicons=_lexicons(e, config),
        database_url=_database_url(e, root),
        discord_token=discord,
        discord_api=e.value("PARLEY_DISCORD_API", values.address, None),
        slack_bot_token=slack_bot,
        slack_app_token=slack_app,
        slack_signing_secret=slack_signing,
        slack_api=e.value("PARLEY_SLACK_API", values.address, None),
        http=e.value("PARLEY_HTTP", values.http, DEFAULT_HTTP),
        public_url=e.value("PARLEY_PUBLIC_URL", values.public_url, None),
        allow_addresses=e.value("PARLEY_ALLOW_ADDRESSES", values.networks, ()),
        log_level=e.value("PARLEY_LOG_LEVEL", _log_level, "INFO"),
    )
    if settings.public_url is not None and settings.http is None:
        e.add("PARLEY_PUBLIC_URL is set, but PARLEY_HTTP is off: nobody would hear the hubs", "unset one of the two")
    mistakes = [*e.mistakes, *(unreadable or reader.mistakes)]
    if mistakes:
        raise ConfigError(mistakes)
    return settings


@dataclass(frozen=True, slots=True)
class FeedsFile:
    """A feeds.toml as it stands on the disk, and the feeds in it."""

    path: Path
    text: str
    feeds: tuple[Feed, ...]


def load_feeds(env: Mapping[str, str], *, root: Path | None = None) -> FeedsFile:
    """The feeds alone, for `opml`: there may be none, and channels of platforms whose tokens are set elsewhere.

    Raises ConfigError with every mistake in the file.
    """
    from bot.settings.feeds_toml import NO_FEED, FeedsReader

    e = Environment(env)
    path = _config(e, root or project_root())
    text, unreadable = _text(path)
    reader = FeedsReader(text, source=path.name, ready=frozenset(Platform))
    feeds = reader.read().feeds
    mistakes = [*e.mistakes, *(unreadable or [m for m in reader.mistakes if m.what != NO_FEED])]
    if mistakes:
        raise ConfigError(mistakes)
    return FeedsFile(path, text, feeds)


def load_http(env: Mapping[str, str]) -> tuple[str, int] | None:
    """PARLEY_HTTP alone, for `health`. Raises ConfigError."""
    e = Environment(env)
    http = e.value("PARLEY_HTTP", values.http, DEFAULT_HTTP)
    if e.mistakes:
        raise ConfigError(e.mistakes)
    return http


def load_lexicons(env: Mapping[str, str], *, root: Path | None = None) -> Path | None:
    """The folder of the user's own lexicon files alone, None if there is none. Raises ConfigError."""
    e = Environment(env)
    folder = _lexicons(e, _config(e, root or project_root()))
    if e.mistakes:
        raise ConfigError(e.mistakes)
    return folder


def load_database_url(env: Mapping[str, str], *, root: Path | None = None) -> Secret:
    """PARLEY_DATABASE_URL alone, for `db upgrade`. Raises ConfigError, also for a variable that is no setting."""
    e = Environment(env)
    e.find_unknown()
    url = _database_url(e, root or project_root())
    if e.mistakes:
        raise ConfigError(e.mistakes)
    return url


def project_root() -> Path:
    """The folder of feeds.toml and data/: the checkout that this code runs from, else the current folder."""
    checkout = Path(__file__).resolve().parents[1]
    return checkout if (checkout / "feeds.toml").is_file() else Path.cwd()


def passwords(database_url: Secret) -> tuple[Secret, ...]:
    """The password within a database's address, as written and decoded; empty if it has none."""
    password = urlsplit(database_url.reveal()).password
    return (Secret(password), Secret(unquote(password))) if password else ()


def _ready(e: Environment) -> frozenset[Platform]:
    """Platforms with a token, right or wrong: a wrong one is a mistake of its own, told once."""
    ready = {Platform.CONSOLE}
    if e.is_set("PARLEY_DISCORD_TOKEN"):
        ready.add(Platform.DISCORD)
    missing = [name for name in SLACK_TOKENS if not e.is_set(name)]
    if len(missing) < len(SLACK_TOKENS):
        ready.add(Platform.SLACK)
        for name in missing:
            e.add(f"{name} is missing: Slack needs both of its tokens", f"set {name}, or unset the other one")
    return frozenset(ready)


def _text(path: Path) -> tuple[str, list[Mistake]]:
    """A settings file's text; or an empty one, and what hindered."""
    body = b""
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST + 1)
        if len(body) > LARGEST:
            return "", [Mistake(path.name, None, "is larger than 16 MB", "name a settings file")]
        return body.decode("utf-8-sig"), []
    except OSError as error:
        mend = file_mend(error, missing="create it, or name another in PARLEY_CONFIG")
        return "", [Mistake(path.name, None, f"{path} cannot be read: {error.strerror}", mend)]
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        return "", [Mistake(path.name, line, "is not UTF-8", "save it as UTF-8 in your editor")]


def _config(e: Environment, root: Path) -> Path:
    return Path(e.text("PARLEY_CONFIG") or root / "feeds.toml")


def _lexicons(e: Environment, config: Path) -> Path | None:
    """The folder that is named, else the one beside feeds.toml; whatever is called so there, is meant."""
    beside = config.with_name("lexicons")
    return e.value("PARLEY_LEXICONS", values.folder, beside if os.path.lexists(beside) else None)


def _database_url(e: Environment, root: Path) -> Secret:
    default = Secret(f"sqlite:///{root / 'data' / 'parley.db'}")
    url = e.value("PARLEY_DATABASE_URL", _database, default, secret=True)
    scheme, slashes, file = url.reveal().partition(":///")
    if scheme not in FILES or not file or file.startswith(("/", ":")):
        return url
    return Secret(f"{scheme}{slashes}{root / file}")


def _database(value: str) -> Secret:
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        scheme = ""
    if scheme not in DATABASES or not value.startswith(f"{scheme}://"):
        mend = "write sqlite:////absolute/path.db, sqlite:///path/in/the/project.db or postgresql://user:password@host/database"
        raise WrongError("is no address of a database we know", mend)
    return Secret(value)


def _discord_token(value: str) -> Secret:
    if re.search(r"\s", value):
        raise WrongError("holds a space", 'store the bare token, without "Bot " before it')
    return Secret(value)


def _slack_token(*starts: str) -> Callable[[str], Secret]:
    def read(value: str) -> Secret:
        if not value.startswith(starts) or re.search(r"\s", value):
            raise WrongError(
                f"does not begin with {starts[0]}", "the bot token is xoxb-…, the app-level token is xapp-…"
            )
        return Secret(value)

    return read


def _log_level(value: str) -> str:
    if value.upper() not in LEVELS:
        raise WrongError("is unknown", f"write one of {', '.join(LEVELS)}")
    return value.upper()
