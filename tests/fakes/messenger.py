"""A platform in memory: it stores messages, forgets answers and refuses, as told."""

from dataclasses import dataclass, field

from bot.domain.delivery import Delivery, Message
from bot.domain.subscription import Platform
from bot.errors import DeliveryError, Fate


@dataclass
class Posted:
    """One message in a channel, as people see it there."""

    id: str
    channel: str
    delivery: str
    message: Message
    thread: str | None
    edits: list[Message] = field(default_factory=list)


class FakeMessenger:
    """Satisfies `Messenger`. `fail_next` refuses a send; `lose_next_answer` stores it and then fails all the same."""

    def __init__(self, platform: Platform = Platform.DISCORD) -> None:
        self.platform = platform
        self.posted: list[Posted] = []
        self.finds = 0
        self._failures: list[DeliveryError] = []
        self._lost = 0
        self.down = False

    def fail_next(self, *errors: DeliveryError) -> None:
        self._failures += errors

    def lose_next_answer(self) -> None:
        self._lost += 1

    async def start(self) -> None:
        return

    async def close(self) -> None:
        return

    def healthy(self) -> bool:
        return not self.down

    async def post(self, delivery: Delivery, message: Message) -> str:
        self._refuse()
        thread = delivery.thread
        posted = Posted(f"m{len(self.posted) + 1}", delivery.channel.id, delivery.id, message, thread)
        self.posted.append(posted)
        if self._lost:
            self._lost -= 1
            raise DeliveryError("the answer was lost", fate=Fate.UNKNOWN)
        return posted.id

    async def edit(self, delivery: Delivery, message: Message) -> str:
        self._refuse()
        found = next(p for p in self.posted if p.id == delivery.thread)
        found.edits.append(message)
        return found.id

    async def find(self, delivery: Delivery) -> str | None:
        self.finds += 1
        self._refuse()
        return next((p.id for p in self.posted if p.delivery == delivery.id), None)

    def _refuse(self) -> None:
        if self.down:
            raise DeliveryError("the platform is down")
        if self._failures:
            raise self._failures.pop(0)
