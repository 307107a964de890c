"""Column types of the table `feeds`: a row of it holds what the domain's Feed and FetchState hold, in their words.

Ten thousand feeds are read a minute, so each type hands SQLAlchemy the quickest function there is for a value.
"""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from bot.domain.pace import Said
from bot.storage.said import said_of, stored

ITEM = 8  # bytes a digest


class Seconds(TypeDecorator[timedelta]):
    """A span of time as seconds."""

    impl = sa.Float
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: sa.Dialect) -> float | None:  # noqa: ARG002  # SQLAlchemy's
        """Its length in seconds."""
        return None if value is None else value.total_seconds()

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], timedelta | None]:  # noqa: ARG002  # as above
        """Feeds share a few intervals."""
        return _seconds


class Choice(TypeDecorator[StrEnum]):
    """One of the values of an enumeration, as its word."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002  # as above
        """Its word."""
        return None if value is None else self.kind(value).value

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], StrEnum]:  # noqa: ARG002  # as above
        """By a table: calling an enumeration takes five times as long."""
        return {one.value: one for one in self.kind}.__getitem__


class Digests(TypeDecorator[frozenset[bytes]]):
    """Digests of ITEM bytes, one after the other; NULL (where they were not asked for) is none."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: frozenset[bytes] | None, dialect: sa.Dialect) -> bytes:  # noqa: ARG002  # as above
        """In their own order, so that the same ones are the same bytes."""
        return b"".join(sorted(value or ()))

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], frozenset[bytes]]:  # noqa: ARG002  # as above
        """The set of them."""
        return _digests


class Saying(TypeDecorator[Said]):
    """What a feed says of itself, as JSON; NULL says nothing."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Said | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002  # as above
        """JSON, or NULL."""
        return None if value is None else stored(value)

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], Said]:  # noqa: ARG002  # as above
        """Most feeds say one of a few things, or nothing."""
        return _said


@lru_cache(maxsize=1024)
def _seconds(value: float | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)


_said = lru_cache(maxsize=1024)(said_of)


def _digests(value: bytes | None) -> frozenset[bytes]:
    return frozenset([value[i : i + ITEM] for i in range(0, len(value), ITEM)]) if value else frozenset()
