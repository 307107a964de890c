"""Every chat command, declared once; each platform's adapter reads this table."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

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


def build_catalog(queries: Queries, *, topics: Sequence[str], conflicts: Sequence[str]) -> Catalog:
    """Every command there is. `topics` and `conflicts` are the lexicon's ids, offered as choices where they fit."""

    async def latest(arguments: Arguments) -> Reply:
        topic, conflict = arguments.get("topic"), arguments.get("conflict")
        if conflict is not None and conflict not in conflicts:
            return Reply("Latest statements", text=f"No conflict is called so. There are: {', '.join(conflicts)}.")
        return await queries.latest(
            topic=str(topic) if topic is not None else None,
            conflict=str(conflict) if conflict is not None else None,
            limit=int(arguments.get("limit", 5)),
        )

    async def status(_: Arguments) -> Reply:
        return await queries.status()

    return (
        Command(
            "latest",
            "The newest statements: who said what",
            latest,
            (
                Option("topic", "only this topic", choices=tuple(topics)),
                Option("conflict", "only this conflict, by its id, such as ukraine or gaza"),
                Option("limit", "how many stories, 1 to 10 (5 if left out)", OptionType.INTEGER, minimum=1, maximum=10),
            ),
        ),
        Command("status", "How the bot is doing: feeds, messages, connections", status),
    )
