"""feeds.toml -> feeds and fixed subscriptions, and every mistake in it with its line."""

import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.domain.article import canonical_url
from bot.domain.feed import Feed, FullText
from bot.domain.statement import DEFAULT_TOPICS
from bot.domain.subscription import Channel, Platform, Subscription
from bot.errors import Mistake
from bot.errors_toml import toml_mistake
from bot.settings import values
from bot.settings.lines import Lines, Path
from bot.settings.rows import ChannelRow, DefaultsRow, FeedRow, Row
from bot.settings.words import meant, shown

AnyRow = TypeVar("AnyRow", bound=Row)

TABLES = ("defaults", "feed", "channel")
NO_FEED = "there is no feed"
EVERY = timedelta(minutes=5)
AT_MOST = timedelta(minutes=15)
TOKENS = {
    Platform.DISCORD: "set PARLEY_DISCORD_TOKEN",
    Platform.SLACK: "set PARLEY_SLACK_BOT_TOKEN and PARLEY_SLACK_APP_TOKEN",
}


@dataclass(frozen=True, slots=True)
class FeedsToml:
    """What feeds.toml says, defaults applied."""

    feeds: tuple[Feed, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    contact: str | None = None


class FeedsReader:
    """Reads one feeds.toml; afterwards `mistakes` holds whatever is wrong, in the order of the file.

    `ready` are the platforms that messages can be sent to. `topics` and `conflicts` are the known names; None: any.
    `default_topics` are for a channel that names none.
    """

    def __init__(
        self,
        text: str,
        *,
        source: str,
        ready: frozenset[Platform],
        topics: Collection[str] | None = None,
        conflicts: Collection[str] | None = None,
        default_topics: frozenset[str] = frozenset(DEFAULT_TOPICS),
    ) -> None:
        self._text = text.replace("\r\n", "\n")
        self._source = source
        self._ready = ready
        self._default_topics = default_topics
        self._known = {"topics": topics, "conflicts": conflicts}
        self._mistakes: dict[Mistake, None] = {}
        self._data: dict[str, Any] = {}

    @property
    def mistakes(self) -> list[Mistake]:
        """Every mistake, each once, top to bottom."""
        return sorted(self._mistakes, key=lambda m: m.line or 0)

    def read(self) -> FeedsToml:
        """Everything that could be read; complete only if there are no mistakes."""
        try:
            self._data = tomllib.loads(self._text)
        except (ValueError, RecursionError) as error:
            self._mistakes[toml_mistake(self._source, self._text, error, header="[[feed]]")] = None
            return FeedsToml()
        for key in self._data.keys() - set(TABLES):
            self._add((key,), f"{shown(key)} is no table of this file", meant(key, TABLES))
        defaults = self._defaults()
        feeds = tuple(self._feed(row, defaults) for _, row in self._rows("feed", FeedRow))
        channels = tuple(self._subscription(row, defaults) for _, row in self._rows("channel", ChannelRow))
        self._check_intervals(defaults)
        self._check_channels()
        self._find_twins()
        if not self._data.get("feed"):
            self._add(None, NO_FEED, "add a [[feed]] with a name and a url")
        return FeedsToml(feeds, channels, defaults.contact)

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self._text)

    def _add(self, path: Path | None, what: str, mend: str, value: object = None) -> None:
        line = self._lines.of(path, value) if path else None
        self._mistakes[Mistake(self._source, line, what, mend)] = None

    # --- tables ---

    def _defaults(self) -> DefaultsRow:
        raw = self._data.get("defaults", {})
        if not isinstance(raw, dict):
            self._add(("defaults",), "defaults is not a table", "write [defaults] with one pair of brackets")
            raw = {}
        return self._row(DefaultsRow, raw, ("defaults",)) or DefaultsRow()

    def _raws(self, table: str) -> Iterator[tuple[Path, dict[str, Any]]]:
        found = self._data.get(table, [])
        for index, raw in enumerate(found if isinstance(found, list) else []):
            if isinstance(raw, dict):
                yield (table, index), raw

    def _rows(self, table: str, model: type[AnyRow]) -> Iterator[tuple[Path, AnyRow]]:
        found = self._data.get(table, [])
        if not isinstance(found, list) or not all(isinstance(raw, dict) for raw in found):
            self._add((table,), f"{table} is not a list of tables", f"write [[{table}]] with two pairs of brackets")
        for path, raw in self._raws(table):
            row = self._row(model, raw, path)
            if row is not None:
                yield path, row

    def _row(self, model: type[AnyRow], raw: dict[str, Any], path: Path) -> AnyRow | None:
        """The table as a row; what is wrong in it is noted and left out, so that the rest can be checked, too."""
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            faults = error.errors(include_url=False)
        for fault in faults:
            self._add_fault(model, raw, path, fault)
        wrong = {str(fault["loc"][0]) for fault in faults}
        if any(model.model_fields[key].is_required() for key in wrong & model.model_fields.keys()):
            return None
        return model.model_validate({key: value for key, value in raw.items() if key not in wrong})

    def _add_fault(self, model: type[Row], raw: dict[str, Any], path: Path, fault: ErrorDetails) -> None:
        """One finding of pydantic's in our own words."""
        key, value, kind = str(fault["loc"][0]), fault["input"], fault["type"]
        who, context = _who(path, raw), fault.get("ctx", {})
        if kind == "missing":
            self._add(path, f"{who}: {key} is missing", f'add {key} = "…"')
        elif kind == "extra_forbidden":
            self._add((*path, key), f"{who}: {shown(key)} is no setting of [{path[0]}]", meant(key, model.model_fields))
        else:
            what, mend = _refusal(model, key, value, kind, context.get("error"))
            self._add((*path, key), f"{who}: {key} = {shown(value)} {what}", mend, value)

    # --- what a shape cannot tell ---

    def _feed(self, row: FeedRow, defaults: DefaultsRow) -> Feed:
        return Feed(
            name=row.name,
            url=row.url,
            publisher=row.publisher or row.name,
            affiliation=row.affiliation,
            language=row.language,
            every=row.every or defaults.every or EVERY,
            at_most=row.at_most or defaults.at_most or AT_MOST,
            full_text=row.full_text or defaults.full_text or FullText.NEVER,
        )

    def _subscription(self, row: ChannelRow, defaults: DefaultsRow) -> Subscription:
        topics = frozenset(row.topics) if row.topics is not None else self._default_topics
        wanted: dict[str, Any] = {"topics": topics, "conflicts": frozenset(row.conflicts or ())}
        back = row.catch_up if row.catch_up is not None else defaults.catch_up
        if back is not None:
            wanted["catch_up"] = back
        return Subscription(Channel(row.platform, row.id), **wanted)

    def _check_intervals(self, defaults: DefaultsRow) -> None:
        """Feeds that are asked too often, or sooner at the latest than at the earliest; also beside other mistakes."""
        for path, raw in self._raws("feed"):
            own = "every" in raw
            try:
                every = values.interval(raw["every"]) if own else defaults.every or EVERY
            except values.WrongError:
                continue
            if not values.polite(every, str(raw.get("url"))):
                who = _who(path, raw) if own else "defaults"
                self._add(
                    (*path, "every") if own else ("defaults", "every"),
                    f'{who}: every = "{every.total_seconds():.0f}s" is less than a minute',
                    'write "1m" at the least: outlets block whoever asks more often',
                )

            slowest = raw.get("at_most")
            if own and isinstance(slowest, str) and values.shorter(slowest, every):
                self._add(
                    (*path, "at_most"),
                    f"{_who(path, raw)}: at_most = {shown(slowest)} is shorter than every = {shown(raw['every'])}",
                    "at_most is the longest time between two polls, every the shortest: swap the two, or leave one out",
                )

    def _check_channels(self) -> None:
        """Platforms without a token and names that nobody knows, also in tables with other mistakes."""
        for path, raw in self._raws("channel"):
            who, platform = _who(path, raw), raw.get("platform")
            for missing in TOKENS.keys() - self._ready:
                if platform == missing:
                    self._add((*path, "platform"), f"{who}: there is no token for {platform}", TOKENS[missing])
            for key, rest in (("topics", "the default topics"), ("conflicts", "all conflicts")):
                if raw.get(key) == []:
                    self._add((*path, key), f"{who}: {key} is empty", f"leave it out to get {rest}")
            for key, known in self._known.items():
                words = raw.get(key)
                for word in words if isinstance(words, list) else ():
                    if isinstance(word, str) and known is not None and word not in known:
                        what = f"{who}: {key} holds {shown(word)}, which is unknown"
                        self._add((*path, key), what, meant(word, known), word)

    def _find_twins(self) -> None:
        """Names, addresses and channels that are there twice, also in tables with other mistakes."""
        for table, keys in (("feed", ("name",)), ("feed", ("url",)), ("channel", ("platform", "id"))):
            first: dict[tuple[str, ...], Path] = {}
            for path, raw in self._raws(table):
                value = tuple(_same(key, raw.get(key)) for key in keys)
                if not all(value):
                    continue
                if value in first:
                    line, key = self._lines.of((*first[value], keys[-1])), keys[-1]
                    self._add(
                        (*path, key),
                        f"{_who(path, raw)}: {key} = {shown(raw[key])} is already on line {line}",
                        "remove one of the two" if key != "name" else "give each feed a name of its own",
                    )
                first.setdefault(value, path)


def _who(path: Path, raw: dict[str, Any]) -> str:
    """The table's name in a message: by its name or id, else by its number."""
    known = raw.get("name", raw.get("id"))
    if len(path) == 1:
        return str(path[0])
    return f"{path[0]} {shown(known)}" if isinstance(known, str) and known else f"{path[0]} {int(path[1]) + 1}"


def _same(key: str, value: object) -> str:
    """What two values have in common that mean the same; empty for what cannot be compared."""
    if not isinstance(value, str):
        return ""
    return (canonical_url(value) or value.strip()) if key == "url" else value.strip().casefold()


def _refusal(model: type[Row], key: str, value: object, kind: str, error: object) -> tuple[str, str]:
    if isinstance(error, values.WrongError):
        return error.what, error.mend
    if kind == "enum":
        allowed = [str(member) for member in _members(model, key)]
        return "is unknown", meant(value if isinstance(value, str) else "", allowed)
    if kind == "list_type":
        return "is not a list", f'write {key} = ["…", "…"]'
    return "is not text", "put it between double quotes"


def _members(model: type[Row], key: str) -> list[object]:
    """The members of the enumeration that a field takes, also where it may be left out."""
    annotation: Any = model.model_fields[key].annotation
    options = getattr(annotation, "__args__", (annotation,))
    return [member for option in options if option is not type(None) for member in option]
