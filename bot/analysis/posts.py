"""Who holds which post: by the lexicon at the article's date, and by what the article has said."""

from collections.abc import Sequence

from bot.analysis.lexicon import Actor, Lexicon
from bot.analysis.phrase import Phrase

Entry = tuple[str, Actor | None]  # a person's or body's name, and what the lexicon knows of it


class Posts:
    """The posts of one article. `day` is its date (ISO), "" where it is not known."""

    def __init__(self, lexicon: Lexicon, day: str) -> None:
        self._lexicon, self._day = lexicon, day
        self._named: dict[str, Entry] = {}  # a post or a noun ("army") -> whom the article means by it

    def note(self, post: str, entry: Entry) -> None:
        """Remember whom the article means by a post."""
        self._named[post] = entry

    def named(self, post: str) -> Entry | None:
        """Whom the article has named with this post."""
        return self._named.get(post)

    def holder(self, phrase: Phrase, owner: Actor | None, persons: Sequence[Entry]) -> Entry | None:
        """Who holds the office named: by the lexicon at the article's date, else by the article itself.

        `persons`: those that the article has named, in order.
        """
        roles = [u for u in phrase.units if u.role is not None and u.role.kind == "office"]
        unit = roles[-1]
        title = unit.role.title if unit.role else ""
        if owner is not None and title:
            own = (title, owner.name) in self._lexicon.posts  # known, if not by whom it was held that day
            for post in (title, *(() if own else self._lexicon.meant(title))):
                for body in (owner.name, *self._lexicon.bodies_with(post, owner.name)):
                    if (actor := self._lexicon.holder(post, body, self._day)) is not None:
                        return actor.name, actor
        seen = self._named.get(title or unit.low)
        if seen is not None and (owner is None or seen[1] is None or seen[1].of == owner.name):
            return seen
        if owner is None and title and (named := self._named_with(title, persons)) is not None:
            return named
        seat = self._lexicon.seat(title)
        actor = self._lexicon.holder(title, seat, self._day) if seat else None
        return (actor.name, actor) if actor is not None else None

    def _named_with(self, title: str, persons: Sequence[Entry]) -> Entry | None:
        """The last one named who holds this post by the lexicon, though the article has not said so."""
        for name, actor in reversed(persons):
            if actor is not None and any(o.title == title and o.held_on(self._day) for o in actor.offices):
                return name, actor
        return None
