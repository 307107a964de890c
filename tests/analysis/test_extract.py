"""Gold sentences of an invented war: what is a statement, whose, and of which stance. Half of them are silent."""

from collections.abc import Callable

import pytest

from bot.analysis.extract import Engine
from bot.domain.statement import Analysis, Document

Read = Callable[..., Analysis]

SPOKEN = [
    # direct and indirect speech, cue before, between, after
    ("Vrel said the truce was fragile.", "Anna Vrel", "ceasefire", "assess"),
    ('"There will be no ceasefire," Vrel said, as shelling went on.', "Anna Vrel", "ceasefire", "reject"),
    (
        "“The Marshes must be returned,” said Anna Vrel. “Sovereignty over Marshland is ours.”",
        "Anna Vrel",
        "territory",
        "claim",
    ),
    (
        "The war must stop and a ceasefire must come at once, the Ruritanian president said.",
        "Anna Vrel",
        "ceasefire",
        "demand",
    ),
    (
        "According to Jon Kestrel, both armies agreed to a truce on the Marsh front.",
        "Jon Kestrel",
        "ceasefire",
        "agree",
    ),
    # acts
    ("Ruritania accepted a week-long truce in the war.", "Ruritania", "ceasefire", "agree"),
    ("Borduria rejected the ceasefire, its troops still fighting.", "Borduria", "ceasefire", "reject"),
    ("The Red Hand Front called for an immediate ceasefire as rockets fell.", "Red Hand Front", "ceasefire", "demand"),
    ("Klow proposed a humanitarian pause to free hostages.", "Syldavia", "ceasefire", "propose"),
    ("Borduria accused Ruritania of violating the ceasefire.", "Borduria", "ceasefire", "accuse"),
    ("The ceasefire was rejected by the Red Hand Front.", "Red Hand Front", "ceasefire", "reject"),
    ("Streslau refused to accept a truce.", "Ruritania", "ceasefire", "reject"),
    ("It is a truce that Borduria continues to reject.", "Borduria", "ceasefire", "reject"),
    ("Vrel will not accept territorial losses to Borduria.", "Anna Vrel", "territory", "reject"),
    ("Kestrel recognised Marshland as Ruritanian.", "Jon Kestrel", "territory", "recognise"),
    ("Ruritania demanded that Borduria withdraw from Marshland.", "Ruritania", "territory", "demand"),
    (
        "The League of Nations reaffirmed its support for a two-state solution.",
        "League of Nations",
        "territory",
        "demand",
    ),
    ("Vrel welcomed the Bordurian call for a ceasefire in the war.", "Borduria", "ceasefire", "demand"),
    # who
    ("Kestrel arrived in the capital. He called for a truce in the war.", "Jon Kestrel", "ceasefire", "demand"),
    ("A spokeswoman for the Red Hand Front rejected the truce.", "Red Hand Front", "ceasefire", "reject"),
    ("The Bordurian foreign minister, Jon Kestrel, urged a truce in the war.", "Jon Kestrel", "ceasefire", "demand"),
    ("Mayor Mira Tolk said the ceasefire in the war must hold.", "Mira Tolk", "ceasefire", "demand"),
    ("KLOW (Wire) - The Red Hand Front accepted a ceasefire.", "Red Hand Front", "ceasefire", "agree"),
]

SILENT = [
    "The ceasefire, which began in January, has stopped most of the fighting.",
    "Two soldiers were killed under the truce, Vrel said.",
    "Talks will be held in Klow on Thursday, Ruritania said, as fighting went on.",
    "The hotline's new ceasefire flavour sold out.",
    "The two retailers agreed to a truce in their price war.",
    "Ruritania and Borduria agreed a tariff truce after months of trade war.",
    "Shelling resumed after both sides agreed to a ceasefire last month.",
    "Residents of Marshland hope that the fighting ends.",
    "Critics called for a truce in the war.",
    "The striker said he was in uncharted territory.",
    "The salesman agreed to give up his sales territory.",
    "Vrel visited the annexed Marshland and met troops, her office said.",
    "The army of Ruritania captured a village, the ministry said.",
    "The historian writes on the 1812 armistice.",
    "Vrel said the harvest was good.",
    "Borduria fired missiles at Marshland overnight.",
    "A poll shows that people want a ceasefire in the war.",
    "Mediators are in Klow.",
    "The film premiered in the capital of Ruritania.",
    "Ruritania shot down a drone in its territorial waters.",
    "",
    "\n\n\n",
]


@pytest.mark.parametrize(("text", "speaker", "topic", "stance"), SPOKEN)
def test_a_statement_is_read(read: Read, text: str, speaker: str, topic: str, stance: str) -> None:
    analysis = read(text)
    found = [(s.speaker, s.topic, s.stance.value) for s in analysis.statements]
    assert (speaker, topic, stance) in found, (found, analysis.reasons)
    assert topic in analysis.topics


@pytest.mark.parametrize("text", SILENT)
def test_no_statement_no_flag_and_a_reason(read: Read, text: str) -> None:
    analysis = read(text)
    assert [t for t in analysis.topics if t != "control"] == [], analysis.reasons
    assert analysis.reasons


def test_a_headline_names_its_speaker_before_a_colon(read: Read) -> None:
    analysis = read("", title="Vrel: no ceasefire while troops stay in the Marshes")
    assert [(s.speaker, s.stance.value) for s in analysis.statements if s.topic == "ceasefire"] == [
        ("Anna Vrel", "condition")
    ]


def test_a_headline_names_its_speaker_at_the_end(read: Read) -> None:
    analysis = read("", title="Truce in the war is close – Kestrel")
    assert [s.speaker for s in analysis.statements] == ["Jon Kestrel"]


def test_an_office_is_its_holder_s_on_the_day_of_the_article(read: Read) -> None:
    text = "The Ruritanian president rejected a ceasefire in the war."
    assert [s.speaker for s in read(text, day="2024-03-01").statements] == ["Anna Vrel"]
    assert [s.speaker for s in read(text, day="2015-03-01").statements] == ["Otto Brand"]


def test_both_sides_are_two_speakers(read: Read) -> None:
    analysis = read("Ruritania and Borduria are at war over Marshland. Both sides accepted a ceasefire.")
    assert sorted(s.speaker for s in analysis.statements) == ["Borduria", "Ruritania"]


def test_joint_speakers_each_make_the_statement(read: Read) -> None:
    analysis = read("Ruritania, Syldavia and the Red Hand Front agreed to a truce.")
    assert {s.speaker for s in analysis.statements} == {"Ruritania", "Syldavia", "Red Hand Front"}


def test_evidence_quote_cue_and_speaker_are_the_article_s_words(read: Read) -> None:
    text = "It rained. Kestrel said: “We will never cede the Lake Islands.” He left."
    (statement,) = [s for s in read(text).statements if s.topic == "territory"]
    assert statement.evidence.text == "Kestrel said: “We will never cede the Lake Islands.”"
    assert statement.quote is not None
    assert statement.quote.text == "We will never cede the Lake Islands."
    assert (statement.speaker_span.text, statement.cue.text) == ("Kestrel", "said")
    assert statement.target == ("Lake Islands",)
    assert statement.conflicts == ("marsh",)
    assert statement.stance.value == "reject"


def test_a_quotation_that_goes_on_is_the_same_speaker_s(read: Read) -> None:
    text = "“The war is long,” Vrel said. “There will be no ceasefire before spring.”"
    assert [(s.speaker, s.stance.value) for s in read(text).statements] == [("Anna Vrel", "reject")]


def test_hidden_characters_do_not_hide_a_statement(read: Read) -> None:
    text = "Vrel re\u200bjected the cease\u00adfire in the war."
    (statement,) = read(text).statements
    assert statement.cue.text == "re\u200bjected"
    assert statement.evidence.text == text


def test_another_language_is_quiet_and_says_so(engine: Engine) -> None:
    analysis = engine.analyse(Document("Vrel", "Vrel lehnt die Waffenruhe ab.", "xx"))
    assert analysis.statements == ()
    assert analysis.reasons == ("quiet: no lexicon for the language 'xx'",)


def test_opinion_is_quiet(read: Read) -> None:
    for title in ("Opinion: why the war goes on", "Book review: the war that went on", "Quiz: who won the war?"):
        assert read("Vrel rejected a ceasefire.", title=title).topics == ()


def test_a_verdict_tells_its_reason(read: Read) -> None:
    (reason,) = read("Vrel rejected the ceasefire in the war.").reasons
    assert reason.startswith("ceasefire: Anna Vrel reject: ")
    (quiet,) = read("Ruritania accepted a truce in the tariff war.").reasons
    assert quiet == "quiet: 'truce' next to 'tariff' (a truce of another kind)"


def test_sentences_without_a_topic_s_words_are_read_only_for_a_name_that_is_still_wanted(read: Read) -> None:
    told = "A government spokesman rejected the ceasefire, and shelling went on."
    (alone,) = read(told).statements
    (named,) = read(f"{told} Snow fell. The government spokesman Bert Ollen left the hall.").statements
    assert (alone.speaker, named.speaker) == ("government spokesman", "Bert Ollen")


def test_what_nobody_says_about_a_truce_is_told_in_the_order_of_the_text(read: Read) -> None:
    text = "Anton Berg said a truce in the price war held. Later Eva Lind said a ceasefire in the price war was near."
    found = read(text)
    assert found.statements == ()
    assert [reason.split("'")[1] for reason in found.reasons] == ["truce", "ceasefire"]
