"""The names that a language's file may use: what is not among them, nothing would ever read."""

# What the grammar of a language is like, where it is not like English.
TRAITS = ("subject behind", "subject dropped", "verb last", "nouns in capitals", "negation behind")
# Every class of words that the engine or a cue's `towards` asks for, so that a slip of the pen in a file is told.
WORD_CLASSES = (
    "abbreviation", "absolute", "adverb", "adverb_ending", "adversary", "afterthought", "agent", "any_body",
    "any_group", "any_state", "article", "asked", "auxiliary", "background", "beside", "between", "blamed",
    "bridge", "by", "cased", "conjunction", "contrast", "deal", "denial", "determiner", "efforts", "elsewhen",
    "event", "expert", "floating", "focus", "force", "from", "future", "gerund", "glued", "hearing", "hearsay",
    "helping", "infinitive", "inserted", "inside", "irregular_past", "land", "land_behind", "land_link",
    "land_part", "led_by", "meanwhile", "measured", "mediation", "mediator", "medium", "mention", "merely", "modal",
    "modifier", "month", "motion", "nation_goes_on", "negation", "newly", "number", "opinion", "outlet", "own_f",
    "own_it", "own_m", "participle_ending", "particle", "passive", "past", "past_ending", "people", "place", "plan",
    "platform", "plural_ending", "possessive", "possible", "preposition", "promise", "pronoun_f", "pronoun_it",
    "pronoun_m", "pronoun_they", "pronoun_we", "recognising", "relative", "retold", "seeking", "some_time",
    "source", "speaking", "state_voice", "stop", "subordinator", "talks", "teaser", "that", "title", "today", "tongue",
    "trailing", "trait", "undergone", "vague", "war", "weekday", "where", "wish", "yesterday", "younger",
)  # fmt: skip
