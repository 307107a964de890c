import pytest

from bot.analysis.lexicon import Cue, StanceRule
from bot.analysis.rules import Rulebook
from bot.analysis.stance import stance
from bot.domain.statement import Stance

RULES = Rulebook(
    (
        StanceRule("denies", Stance.REJECT, ("never",)),
        StanceRule("only if", Stance.CONDITION, ("unless",)),
        StanceRule("both", Stance.CLAIM, ("ours",), also=("island",)),
        StanceRule("end of it", Stance.REJECT, ("end .. truce",), over=True),
        StanceRule("breach", Stance.ACCUSE, ("breach",), unless=("no breach",)),
        StanceRule("gives ground", Stance.CONCEDE, ("retreat",), who="own"),
        StanceRule("plots", Stance.ACCUSE, ("scheme",), who="other"),
        StanceRule("takes it", Stance.AGREE, ("takes",), who="self", verb=True),
        StanceRule("on terms", Stance.CONDITION, ("takes",), also=("in return",), who="self", verb=True),
        StanceRule("leave", Stance.DEMAND, (": leave ",), who="other", verb=True),
        StanceRule("it hangs", Stance.ASSESS, ("hangs",), who="thing", verb=True),
        StanceRule("an idea", Stance.PROPOSE, ("idea",), who="party"),
    )
)
SAY = Cue(("said",), "say")
AGREE = Cue(("agreed",), "act", "agree", "reject")


@pytest.mark.parametrize(
    ("cue", "content", "negated", "expected"),
    [
        (SAY, "it will never happen", False, Stance.REJECT),
        (SAY, "we cleverly neverland", False, Stance.REJECT),  # a rule's word may be a stem
        (SAY, "it is fragile", False, Stance.ASSESS),
        (SAY, "whenever it is", False, Stance.ASSESS),
        (SAY, "it is ours", False, Stance.ASSESS),
        (SAY, "the island is ours", False, Stance.CLAIM),
        (AGREE, "a truce", False, Stance.AGREE),
        (AGREE, "a truce", True, Stance.REJECT),
        (AGREE, "no truce unless they leave", False, Stance.CONDITION),
        (Cue(("wants",), "act", "demand"), "to end the truce", False, Stance.REJECT),
        (Cue(("urged",), "act", "demand"), "a truce unless", False, Stance.DEMAND),
        (Cue(("wants",), "act", "demand"), "to end the costly truce", False, Stance.REJECT),
        (Cue(("wants",), "act", "demand"), "the ending truce", False, Stance.DEMAND),
        (Cue(("wants",), "act", "demand"), "to legend a truce", False, Stance.DEMAND),
        (Cue(("wants",), "act", "demand"), "to end a war that nobody believed a truce", False, Stance.DEMAND),
        (Cue(("accused",), "act", "accuse"), "them of trying to end the truce", False, Stance.ACCUSE),
        (Cue(("condemned",), "act", "reject", yields=("accuse",)), "the raid as a breach", False, Stance.ACCUSE),
        (Cue(("condemned",), "act", "reject", yields=("accuse",)), "the truce", False, Stance.REJECT),
        (SAY, "a breach", False, Stance.ACCUSE),
        (SAY, "no breach, whatever breach was meant", False, Stance.ASSESS),
    ],
)
def test_stance(cue: Cue, content: str, negated: bool, expected: Stance) -> None:
    assert stance(cue, RULES.fitting(content), negated=negated)[0] == expected


def test_the_rule_that_decided_is_named() -> None:
    assert stance(SAY, RULES.fitting("never")) == (Stance.REJECT, "denies")


@pytest.mark.parametrize(
    ("content", "who", "expected"),
    [
        ("a retreat", "own", Stance.CONCEDE),
        ("a retreat", "", Stance.CONCEDE),
        ("a retreat", "other", Stance.ASSESS),
        ("a scheme", "other", Stance.ACCUSE),
        ("a scheme", "own", Stance.ASSESS),
        ("a scheme", "", Stance.ASSESS),
    ],
)
def test_some_words_depend_on_of_whose_doing_they_tell(content: str, who: str, expected: Stance) -> None:
    assert stance(SAY, RULES.fitting(content, who))[0] == expected


def test_a_cue_may_change_with_the_kind_of_thing_that_it_is_about() -> None:
    backs = Cue(("backs",), "act", "demand")
    assert stance(backs, (), towards="agree")[0] == Stance.AGREE
    assert stance(backs, ())[0] == Stance.DEMAND


@pytest.mark.parametrize(
    ("who", "verb", "clause", "content", "expected"),
    [
        ("own", ": takes it", "takes it", "never, but takes it", Stance.AGREE),  # the main verb before other words
        ("own", ": takes it", "takes it in return", "takes it", Stance.CONDITION),
        ("other", ": takes it", "takes it", "takes it", None),
        ("own", ": gives it", "gives it", "takes it", None),  # said elsewhere than by the main verb
        ("other", ": leave it", "leave it", "leave it", Stance.DEMAND),
        ("other", ": will leave it", "will leave it", "will leave it", None),
        ("thing", ": it hangs", "it hangs", "it hangs", Stance.ASSESS),
        ("own", ": it hangs", "it hangs", "it hangs", None),
        ("both", ": an idea", "an idea", "an idea", Stance.PROPOSE),
        ("thing", ": an idea", "an idea", "an idea", None),
        ("thing", "", "", "a retreat", Stance.CONCEDE),
    ],
)
def test_the_main_verb_is_read_first(who: str, verb: str, clause: str, content: str, expected: Stance | None) -> None:
    fitting = RULES.fitting(content, who, verb, clause)
    found, rule = stance(SAY, fitting)
    assert (found if fitting else None) == expected, rule


def test_a_party_to_a_truce_that_backs_it_agrees_to_it() -> None:
    backs = Cue(("backs",), "act", "demand", "reject", party="agree")
    assert stance(backs, []) == (Stance.DEMAND, "the cue's own")
    assert stance(backs, [], party=True)[0] == Stance.AGREE
    assert stance(backs, [], party=True, negated=True)[0] == Stance.REJECT
    assert stance(SAY, [], party=True)[0] == Stance.ASSESS
