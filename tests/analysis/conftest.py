"""An engine over the packaged words (cues, topics) and an invented world (tests/analysis/data)."""

from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

from bot.analysis.extract import Engine
from bot.analysis.lexicon import Lexicon
from bot.domain.statement import Analysis, Document
from bot.lexicons import read_lexicon

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    words = tmp_path_factory.mktemp("words")
    for folder in ("cues", "topics"):
        (words / folder).mkdir()
        for source in resources.files("bot.lexicons").joinpath(folder).iterdir():
            if source.name.endswith(".toml"):
                (words / folder / source.name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    return read_lexicon([words, DATA])


@pytest.fixture(scope="session")
def engine(lexicon: Lexicon) -> Engine:
    return Engine(lexicon)


@pytest.fixture(scope="session")
def read(engine: Engine) -> Callable[..., Analysis]:
    def analyse(text: str, *, title: str = "", day: str = "2025-05-16") -> Analysis:
        return engine.analyse(Document(title, text, "en", day))

    return analyse
