"""Every chat command, declared once; each platform's adapter reads this table."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

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
