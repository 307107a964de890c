from bot.domain.article import Entry

LANGUAGE = None
CUTTABLE = False
ENTRIES = (Entry(guid="s-1", link=None, title="Open late", summary=""),)
