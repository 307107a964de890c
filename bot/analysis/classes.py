"""The names that the lexicons' files may use: kinds, classes of words, what a term may ask for."""

ACTOR_KINDS = ("person", "state", "organ", "body", "group", "collective")
TERRITORY_KINDS = ("country", "region", "city", "sea", "islands", "line", "settlement", "other")
# What a role word makes of the words before it ("Israeli officials", "the army", "both sides").
ROLE_KINDS = ("office", "voice", "official", "organ", "group", "sides", "paper", "crowd", "person")
CUE_KINDS = ("say", "act", "either")
HOLDERS = ("before", "after")
# Of whose doing a stance rule's words tell: of the speaker's side (SELF: surely), of another, of the thing itself
# that is spoken about ("the truce hangs by a thread"), of both sides, or of a party whatever it be.
OWN, SELF, OTHER, THING, BOTH, PARTY = WHOSE = ("own", "self", "other", "thing", "both", "party")
# What a topic's words may ask for near them, see docs/design/0003-statement-engine.md.
NEARS = (
    "war", "conflict", "article", "named", "named_before", "position", "place", "place_next", "place_now",
    "place_before", "place_joined", "nation_last", "state_next", "object", "object_state", "object_only", "thing",
    "subject", "subject_state", "land", "party",
)  # fmt: skip
CASES = ("nominative", "oblique", "adjective")
# What the grammar of a language is like, where it is not like English.
TRAITS = ("subject behind", "subject dropped", "verb last", "nouns in capitals", "negation behind")
# Every class of words that the engine or a cue's `towards` asks for, so that a slip of the pen in a file is told.
WORD_CLASSES = (
    "abbreviation", "absolute", "adverb", "adverb_ending", "adversary", "afterthought", "agent", "any_body",
    "any_group", "any_state", "article", "asked", "auxiliary",
    "background", "beside", "between", "blamed", "bridge", "by",
    "cased", "causing", "clock", "conjunction", "contrast",
    "deal", "denial", "determiner",
    "efforts", "elsewhen", "event", "expert",
    "floating", "focus", "force", "from", "future",
    "gerund", "glued",
    "hearing", "hearsay", "helping",
    "infinitive", "inserted", "inside", "irregular_past",
    "land", "land_behind", "land_link", "land_part", "led_by", "likening",
    "meanwhile", "measured", "mediation", "mediator", "medium", "medium_link", "mention", "merely", "modal",
    "modifier", "month", "motion",
    "name_link", "nation_goes_on", "negation", "neither", "newly", "number",
    "opinion", "ordinal_ending", "outlet", "own_f", "own_it", "own_m", "own_we",
    "participle_ending", "particle", "passive", "past", "past_ending", "pause", "pending", "people", "place",
    "placed_in", "plan", "platform", "plural_ending", "possessive", "possible", "posted_on", "preposition", "promise",
    "pronoun_f", "pronoun_it", "pronoun_m", "pronoun_they", "pronoun_we",
    "quoting",
    "recognising", "relative", "retold",
    "seeking", "setting", "some_time", "source", "speaking", "spoken_noun", "state_voice", "statehood", "stop",
    "subordinator",
    "talks", "teaser", "telling", "that", "title", "today", "told_before", "told_of", "tongue", "trailing", "trait",
    "two_sides", "undergone", "undone",
    "vague",
    "war", "weekday", "where", "wish",
    "yesterday", "younger",
)  # fmt: skip
