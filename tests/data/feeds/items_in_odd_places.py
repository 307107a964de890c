from bot.domain.article import Entry

LANGUAGE = None
CUTTABLE = False
ENTRIES = (
    Entry(guid="n-1", link="https://feeds.example/n-1", title="Inside a list", summary=""),
    Entry(guid="n-2", link=None, title="At home", summary=""),
)
