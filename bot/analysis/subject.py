"""Whose cue it is: the phrase before it, behind it, or in another clause of the sentence."""

from bot.analysis.clause import Clause, Saying
from bot.analysis.lexicon import Cue
from bot.analysis.phrase import Phrase
from bot.analysis.units import Unit

CALL, DONE = "call of", "done by"
TAIL = 3  # words that a name describes
OPENING = ("comma", "colon", "semicolon", "mark", "conjunction", "contrast", "subordinator", "relative", "dash")
NEAR = 200  # letters between two verbs of one subject


def subject(clause: Clause, k: int) -> tuple[Phrase, float] | None:
    """Walk back from the cue to its subject."""
    units, sure, i, words = clause.units, 1.0, k - 1, 0
    participle = clause.grammar.participle(units[k].low)
    if participle and k and units[i].low in clause.grammar.likening and (whom := _quoted(clause, i)) is not None:
        return whom
    if participle:
        j = i
        while j > 0 and units[j].kind == "adverb":
            j -= 1  # ", firmly rejecting"
        if j < 0 or units[j].kind in ("comma", "conjunction", "dash") or units[i].low in clause.grammar.gerunds:
            return _main(clause, k)
    if participle and units[i].kind in ("preposition", "subordinator"):
        return None
    if k > 2 and units[i].low in clause.grammar.infinitives and (caused := _caused(clause, i)) is not None:
        return caused, sure
    while i >= 0:
        unit, phrase = units[i], clause.covering(i)
        if clause.quoted(unit.start):
            i -= 1
            continue
        if phrase is not None:
            owns = phrase.last < len(units) and units[phrase.last].kind == "possessive"
            before = units[phrase.group[0].first - 1].low if participle and not words and phrase.governed else ""
            paper = phrase.role is not None and phrase.role.kind == "paper"
            absolute = before in clause.grammar.absolute and not paper  # "a letter from senators calling for"
            if before in clause.grammar.events or _spoken_of(clause, phrase, k, participle=participle):
                return None  # "news of both sides agreeing to a truce"
            if (phrase.governed and not absolute) or owns or (not phrase.can_speak and phrase.role is None):
                i = phrase.first - 1
                head = i - 1 if phrase.governed and not words else -1
                if head > 0 and units[head].kind == "word" and (anyone := _anyone(clause, head, k)) is not None:
                    return anyone, sure  # "a study by X found"
                continue
            first = phrase.group[0]
            if (leader := _before_helper(clause, first)) is not None:
                return leader, sure
            if words and first is not phrase.group[-1]:
                sure *= 0.9
            return (phrase if words == 0 else _earliest(clause, phrase)), max(0.3, sure)
        if not words and unit.kind == "word" and (anyone := _anyone(clause, i, k)) is not None:
            return anyone, sure
        if unit.kind in ("comma", "close", "dash"):
            over = _over(clause, i)
            words += unit.kind == "comma" and over == i - 1 and i == k - 1  # "Blinken to visit Israel, push for"
            i = over
            continue
        if unit.kind in ("conjunction", "contrast"):
            if not words and (last := _last(clause, k)) is not None:
                return last.speakers[0], last.sure * 0.9
            words += 1  # another verb has the subject: look for the first free phrase
            sure *= 0.9
        elif unit.kind in ("subordinator", "semicolon", "colon"):
            break
        elif unit.kind == "relative":
            who = i - 2 if i and units[i - 1].kind == "comma" else i - 1
            if clause.covering(who) is None:
                return None  # "the plan, which calls for"
        elif unit.cue is not None:
            sure *= 0.7
            words += 1
        elif unit.kind in ("word", "cap", "preposition"):
            words += 1
            sure *= 0.93 if unit.kind != "preposition" else 0.97
        i -= 1
    return None


def _quoted(clause: Clause, like: int) -> tuple[Phrase, float] | None:
    """ "An agency quoted Carla Reyes as saying", "Reyes was quoted by the agency as saying": who said it."""
    phrase = clause.covering(like - 1)
    first = phrase.group[0].first if phrase is not None else 0
    if phrase is None or not first:
        return None
    if clause.units[first - 1].low in clause.grammar.quoting:
        return (phrase, 0.95) if phrase.can_tell else None
    by = clause.units[first - 1].low in clause.grammar.by and clause.units[first - 2].low in clause.grammar.quoting
    return subject(clause, first - 2) if by and first > 1 else None


def _caused(clause: Clause, to: int) -> Phrase | None:
    """Who is made to act: "prompting Carla Reyes to pledge", "led the rebels to reject it"."""
    phrase = clause.covering(to - 1)
    if phrase is None or not phrase.first or not phrase.can_speak:
        return None
    return phrase if clause.units[phrase.group[0].first - 1].low in clause.grammar.causing else None


def _anyone(clause: Clause, head: int, k: int) -> Phrase | None:
    """A noun phrase that names nobody, right before a verb of speech: "the narrator says" is said by no one earlier."""
    units, cue = clause.units, clause.units[k].cue
    if cue is None or cue.kind == "act" or clause.grammar.behind:
        return None
    i = head
    while i > 0 and (units[i].kind in ("word", "number", "name") or units[i].modifier) and not _names(clause, i):
        i -= 1
    if units[i].kind != "determiner" or (i and units[i - 1].kind not in OPENING):
        return None
    phrase = Phrase(i, head + 1, [units[head]])
    phrase.group = [phrase]
    return phrase


def _names(clause: Clause, i: int) -> bool:
    """Whether unit i belongs to a phrase that may speak; a nationality alone may not."""
    phrase = clause.covering(i)
    return phrase is not None and (phrase.role is not None or phrase.can_speak)


def _spoken_of(clause: Clause, phrase: Phrase, k: int, *, participle: bool) -> bool:
    """ "talks about Israel accepting it": the verb before the phrase ends in "about", and nothing is done yet."""
    first = phrase.group[0].first
    if not participle or not first or phrase.last != k:
        return False
    before, cue = clause.units[first - 1], clause.units[k].cue
    if cue is None or cue.stance != "agree":
        return False  # "spoke about the US vetoing it": it has
    return before.cue is not None and before.low.rpartition(" ")[2] in clause.grammar.events


def _before_helper(clause: Clause, phrase: Phrase) -> Phrase | None:
    """The subject before a helper whose verb comes last: "Paris hat London angeboten" is what Paris did."""
    i = phrase.first - 1
    if not clause.grammar.behind or i < 1 or clause.units[i].kind != "auxiliary":
        return None
    other = clause.covering(i - 1)
    return other if other is not None and other.can_speak and not other.governed else None


def _earliest(clause: Clause, phrase: Phrase) -> Phrase:
    """With a verb between, the subject is the first free phrase of the clause ("Iran bombed it and said")."""
    for other in clause.phrases:
        if other.first >= phrase.first:
            break
        between = clause.units[other.last : phrase.first]
        if clause.quoted(clause.units[other.first].start):
            continue
        if (
            other.can_tell
            and not other.governed
            and not any(
                u.kind in ("subordinator", "semicolon", "colon") or u.low in clause.grammar.stops for u in between
            )
        ):
            return other
    return phrase


def _last(clause: Clause, k: int) -> Saying | None:
    """The saying whose subject the verb at k shares: one that ends at this verb, else the last one near it."""
    at = clause.units[k].start
    own = [s for s in clause.found if s.rule not in (CALL, DONE)]
    ended = next((s for s in own if any(0 <= at - end <= 5 for _, end in s.content)), None)
    return ended or (own[-1] if own and at - own[-1].end < NEAR else None)


def _main(clause: Clause, k: int) -> tuple[Phrase, float] | None:
    """The subject of a participle ("..., calling for"): the last saying's, else the first free phrase."""
    if (last := _last(clause, k)) is not None:
        return last.speakers[0], last.sure * 0.9
    for phrase in clause.phrases:
        if phrase.first > k:
            break
        if not phrase.governed and phrase.can_tell and not clause.quoted(clause.units[phrase.first].start):
            return phrase, 0.7
    return None


def _over(clause: Clause, i: int) -> int:
    """From the comma that closes an insertion to the unit before the comma that opens it."""
    opener = {"close": "open", "comma": "comma", "dash": "dash"}[clause.units[i].kind]
    for j in range(i - 1, max(-1, i - 25), -1):
        unit = clause.units[j]
        if unit.kind == opener:
            nxt = clause.units[j + 1]
            inserted = opener != "comma" or nxt.kind in (
                "relative",
                "preposition",
                "determiner",
                "auxiliary",
                "conjunction",
                "negation",  # "Zelensky, not Putin, was"
            )
            verb = clause.grammar.participle(nxt.low) or clause.grammar.past(nxt.low)
            inserted = inserted or verb or nxt.role is not None
            return j - 1 if inserted else i - 1
        if unit.kind == "semicolon":
            break
    return i - 1


def inverted(clause: Clause, k: int, cue: Cue) -> Phrase | None:
    """ "…", said X: the speaker behind the cue."""
    units = clause.units
    free = clause.grammar.behind
    if (cue.kind != "say" and not free) or not (k or free) or clause.grammar.participle(units[k].low):
        return None
    if k and units[k - 1].kind not in ("comma", "mark", "dash") and not (free and units[k - 1].kind == "subordinator"):
        return None
    if k and (clause.covering(k - 1) is not None or _told_of(clause, k - 1)):
        return None  # the comma closes an apposition: "the minister, Carla Reyes, urged the sides"
    phrase = clause.starting(k + 1)
    tells = phrase is not None and (phrase.can_speak if free else phrase.can_tell)
    if phrase is None or not tells or phrase.pronoun or (free and phrase.governed):
        return None
    if units[k].low in clause.grammar.hearing:
        return None  # "…, told the BBC"
    return None if not free and _goes_on(clause, phrase.group[-1].last) else phrase


def _told_of(clause: Clause, i: int) -> bool:
    """Whether the comma at i closes what is told of a subject: "Carla Reyes, who once led the port, said"."""
    if clause.units[i].kind != "comma":
        return False
    before = _over(clause, i)
    return before < i - 1 and clause.units[before + 2].kind == "relative" and clause.covering(before) is not None


def _goes_on(clause: Clause, i: int) -> bool:
    """Whether a verb of its own follows a phrase: "Erdogan, who hosted the talks, said Ukraine must" is no "said X"."""
    units, j = clause.units, i
    while j < min(i + TAIL, len(units)) and (units[j].kind == "word" or units[j].modifier):
        j += 1  # "said the Union party was"
    if j < len(units) and units[j].kind in ("auxiliary", "negation"):
        return True
    while i < len(units) and units[i].kind == "adverb":
        i += 1
    if i >= len(units):
        return False
    after = units[i]
    verb = after.kind in ("auxiliary", "negation", "subordinator") or after.kind.startswith("pronoun_")
    verb = verb or after.kind == "possessive" or (after.kind == "word" and clause.grammar.past(after.low))
    return verb or (after.kind == "cue" and not clause.grammar.participle(after.low))


def behind(clause: Clause, k: int) -> tuple[Phrase, float] | None:
    """The subject behind its verb, in languages that allow it anywhere ("poinformował rzecznik")."""
    i = k + 1
    while i < len(clause.units) and clause.units[i].kind in ("adverb", "negation", "auxiliary"):
        i += 1
    phrase = clause.starting(i) if clause.grammar.behind else None
    return (phrase, 0.9) if phrase is not None and phrase.can_speak and not phrase.governed else None


def _house(clause: Clause, k: int) -> Phrase | None:
    """Those in whose house it was said: "в Кремле заявили", "сообщили в Кремле"."""
    if not clause.grammar.nobody(clause.units[k].low):
        return None
    for phrase in (clause.covering(k - 1), clause.starting(k + 2)):
        if phrase is None or not phrase.first or not phrase.can_speak or phrase.pronoun:
            continue
        if clause.units[phrase.first - 1].low in clause.grammar.inside:
            return phrase
    return None


def dropped(clause: Clause, k: int) -> tuple[Phrase, float] | None:
    """The subject that a verb's ending implies: whoever spoke last ("Dodał, że")."""
    if not clause.grammar.dropped:
        return None
    if (house := _house(clause, k)) is not None:
        return house, 0.9
    unit = clause.units[k]
    phrase = Phrase(k, k + 1, [Unit("pronoun_dropped", unit.start, unit.end, unit.low)])
    phrase.group = [phrase]
    return phrase, 0.8
