from bot.domain.article import Entry

LANGUAGE = "en"
CUTTABLE = False  # a DOCTYPE: read whole at every poll
ENTRIES = (Entry(guid=None, link="http://mill.example/wheel", title="Wheel turns", summary="Slowly."),)
