from bot.domain.article import Entry

LANGUAGE = None
CUTTABLE = False
ENTRIES = (
    Entry(
        guid=None,
        link="https://loose.example/tea?a=1&b=2",
        title="Tea & biscuits",
        summary="Served<br>hot \xa0today",
    ),
)
