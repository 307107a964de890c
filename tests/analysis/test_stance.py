import pytest

from bot.analysis.lexicon import Cue, StanceRule
from bot.analysis.stance import stance
from bot.domain.statement import Stance

RULES = (
    StanceRule("denies", Stance.REJECT, ("never",)),
    StanceRule("only if", Stance.CONDITION, ("unless",)),
    StanceRule("both", Stance.CLAIM, ("ours",), also=("island",)),
    StanceRule("end of it", Stance.REJECT, ("end the truce",), over=True),
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
    ],
)
def test_stance(cue: Cue, content: str, negated: bool, expected: Stance) -> None:
    assert stance(cue, content, RULES, negated=negated)[0] == expected


def test_the_rule_that_decided_is_named() -> None:
    assert stance(SAY, "never", RULES, negated=False) == (Stance.REJECT, "denies")
