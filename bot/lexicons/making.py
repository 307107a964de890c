"""One checked table to one value of the lexicon."""

from collections.abc import Iterable

from bot.analysis.lexicon import (
    Actor,
    Conflict,
    Cue,
    Deed,
    Forbid,
    Office,
    Post,
    Role,
    StanceRule,
    Term,
    Territory,
    TopicWords,
    spelled,
)
from bot.analysis.text import unified
from bot.domain.statement import Stance
from bot.lexicons.reading import File, Table


def made_conflict(table: Table) -> Conflict:
    """A conflict from its table."""
    return Conflict(table.text("id"), table.text("name"), table.texts("parties"), table.texts("war_words"))


def made_actor(table: Table) -> Actor:
    """An actor from its table."""
    return Actor(
        table.text("name"),
        table.text("kind"),
        table.texts("aliases"),
        table.texts("adjectives"),
        table.texts("demonyms"),
        table.text("of"),
        table.text("side"),
        table.texts("conflicts"),
        tuple(
            Office(o["title"], o.get("of", ""), o.get("since", ""), o.get("until", ""))
            for o in table.values.get("offices", [])
        ),
        table.text("gender"),
    )


def made_role(table: Table) -> Role:
    """A noun for a post or a body from its table."""
    return Role(table.texts("forms"), table.text("kind"), table.text("title"))


def made_post(table: Table) -> Post:
    """What is known of a title from its table."""
    return Post(table.text("title"), table.texts("means"), table.text("of"))


def made_territory(table: Table) -> Territory:
    """A territory from its table."""
    return Territory(
        table.text("name"),
        table.text("kind"),
        table.texts("aliases"),
        table.texts("adjectives"),
        table.text("parent"),
        table.texts("codes"),
        table.texts("conflicts"),
        bool(table.values.get("disputed")),
    )


def made_rule(table: Table) -> StanceRule:
    """A stance rule from its table."""
    stance = Stance(table.text("stance"))
    last, over, verb = (bool(table.values.get(key)) for key in ("last", "over", "verb"))
    words, also, unless = (_written_out(table.texts(key)) for key in ("words", "also", "unless"))
    return StanceRule(table.text("name"), stance, words, also, unless, table.text("who"), last, over, verb)


def made_cue(table: Table) -> Cue:
    """A cue from its table."""
    text = table.text
    return Cue(
        table.texts("forms"),
        text("kind"),
        text("stance"),
        text("negated"),
        towards=tuple(table.values.get("towards", {}).items()),
        yields=table.texts("yields"),
        party=text("party"),
    )


def _written_out(words: Iterable[str]) -> tuple[str, ...]:
    """Every spelling of the words; a space at an end, which asks for the end of a word, is kept."""
    return tuple(unified(spelling + " " * form.endswith(" ")) for form in words for spelling in spelled(form))


def made_term(table: Table) -> Term:
    """A topic's term from its table."""
    texts = table.texts
    return Term(
        texts("words"),
        texts("near"),
        texts("about"),
        table.text("holder"),
        texts("then"),
        bool(table.values.get("across")),
    )


def made_words(file: File, language: str) -> TopicWords:
    """The words of one language in a topic's file."""

    def tables(kind: str) -> list[Table]:
        return [t for t in file.tables.get(kind, []) if t.text("language") == language]

    return TopicWords(
        tuple(made_term(t) for t in tables("term")),
        tuple(Deed(t.texts("forms"), Stance(t.text("stance")), t.texts("near")) for t in tables("deed")),
        tuple(made_forbid(t) for t in tables("forbid")),
        tuple(made_rule(t) for t in tables("rule")),
    )


def made_forbid(table: Table) -> Forbid:
    """The [[forbid]] that a table tells of."""
    window = int(table.values.get("window", 8))
    return Forbid(table.texts("words"), table.text("meaning"), window, table.texts("without"))


def joined(old: TopicWords | None, new: TopicWords, *, ahead: bool) -> TopicWords:
    """The words of two files of one topic, in their order; with `ahead` the rules of the new one are asked first."""
    if old is None:
        return new
    rules = new.rules + old.rules if ahead else old.rules + new.rules
    return TopicWords(old.terms + new.terms, old.deeds + new.deeds, old.forbids + new.forbids, rules)
