"""Reply: what a chat command answers, free of any platform."""

from dataclasses import dataclass

from bot.domain.story import Summary


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a command: a title, some text, named facts, and stories as cards.

    Adapters escape and cut; nothing in it is markup. `private` answers are shown to the asker only.
    """

    title: str
    text: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    summaries: tuple[Summary, ...] = ()
    private: bool = True
