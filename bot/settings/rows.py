"""The shape of feeds.toml: what each table may hold. Whatever is not listed here is a mistake."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationInfo, field_validator

from bot.domain.feed import Affiliation, FullText
from bot.domain.subscription import Platform
from bot.settings import values

Name = Annotated[str, AfterValidator(values.name)]
Url = Annotated[str, AfterValidator(values.address)]
Language = Annotated[str, AfterValidator(values.language)]
Contact = Annotated[str, AfterValidator(values.contact)]
Every = Annotated[timedelta, BeforeValidator(values.interval)]
CatchUp = Annotated[timedelta, BeforeValidator(values.catch_up)]


class Row(BaseModel):
    """A table of feeds.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DefaultsRow(Row):
    """[defaults]: what feeds and channels take where they say nothing themselves."""

    every: Every | None = None
    at_most: Every | None = None
    full_text: FullText | None = None
    contact: Contact | None = None
    catch_up: CatchUp | None = None


class FeedRow(Row):
    """[[feed]]: one address to poll. Without a publisher it is its own."""

    name: Name
    url: Url
    publisher: Name | None = None
    affiliation: Affiliation = Affiliation.INDEPENDENT
    language: Language | None = None
    every: Every | None = None
    at_most: Every | None = None
    full_text: FullText | None = None


class ChannelRow(Row):
    """[[channel]]: a fixed subscription."""

    platform: Platform
    id: str
    topics: list[str] | None = None
    conflicts: list[str] | None = None
    catch_up: CatchUp | None = None

    @field_validator("id")
    @classmethod
    def _id(cls, value: str, info: ValidationInfo) -> str:
        # A platform that is a mistake itself is not in the data.
        return values.channel_id(info.data["platform"], value) if "platform" in info.data else value
