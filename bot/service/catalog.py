"""Every chat command, declared once; each platform's adapter reads this table."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.service.conditions import Condition
from bot.service.queries import Queries
from bot.service.reply import Reply

Arguments = Mapping[str, str | int]
Handler = Callable[[Arguments], Awaitable[Reply]]


class OptionType(StrEnum):
    """The type of an option's value."""

    TEXT = "text"
    INTEGER = "integer"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command. `choices` non-empty: only these values; bounds apply to integers, both inclusive."""

    name: str
    help: str
    type: OptionType = OptionType.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """One command: `name` is what people type on both platforms; `handler` gets only declared, checked options."""

    name: str
    help: str
    handler: Handler
    options: tuple[Option, ...] = ()


Catalog = tuple[Command, ...]


def build_catalog(queries: Queries, *, topics: Sequence[str], conflicts: Mapping[str, str]) -> Catalog:
    """Every command there is. `topics` are the lexicon's ids; `conflicts` names its conflicts by their ids."""

    async def latest(arguments: Arguments) -> Reply:
        topic, asked = arguments.get("topic"), arguments.get("conflict")
        meant = conflicts_meant(str(asked), conflicts) if asked is not None else []
        if asked is not None and len(meant) != 1:
            return Reply("Latest statements", text=_which(meant, conflicts))
        return await queries.latest(
            topic=str(topic) if topic is not None else None,
            conflict=meant[0] if meant else None,
            limit=int(arguments.get("limit", 5)),
        )

    async def status(_: Arguments) -> Reply:
        return await queries.status()

    async def feeds(arguments: Arguments) -> Reply:
        state = arguments.get("state")
        return await queries.feeds(
            find=str(arguments.get("find", "")),
            state=Condition(str(state)) if state is not None else None,
            page=int(arguments.get("page", 1)),
        )

    return (
        Command(
            "latest",
            "The newest statements: who said what",
            latest,
            (
                Option("topic", "only this topic", choices=tuple(topics)),
                Option("conflict", "only this conflict, by its id or name, such as ukraine or South Sudan"),
                Option("limit", "how many stories, 1 to 10 (5 if left out)", OptionType.INTEGER, minimum=1, maximum=10),
            ),
        ),
        Command(
            "feeds",
            "How each feed fares, the ailing first: last answer, last change, next check, errors",
            feeds,
            (
                Option("find", "only feeds with these words in their name, publisher or host"),
                Option("state", "only feeds in this state", choices=tuple(c.value for c in Condition)),
                Option("page", "which page of the list", OptionType.INTEGER, minimum=1, maximum=9999),
            ),
        ),
        Command("status", "How the bot is doing: feeds, messages, connections", status),
    )


def conflicts_meant(asked: str, conflicts: Mapping[str, str]) -> list[str]:
    """The ids of the conflicts that people may mean by an id, a name or a part of it, in whatever case."""
    words = _words(asked)
    exact = [id_ for id_, name in conflicts.items() if words in (_words(id_), _words(name))]
    return exact or [id_ for id_, name in conflicts.items() if words and set(words) <= {*_words(id_), *_words(name)}]


def _which(meant: Sequence[str], conflicts: Mapping[str, str]) -> str:
    if meant:
        return f"Which conflict? {', '.join(f'{conflicts[id_]}: {id_}' for id_ in meant)}."
    return f"No conflict is called so. There are: {', '.join(conflicts)}."


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold().replace("_", " "))
