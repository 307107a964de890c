"""docs/lexicons.md: its files are read as a user's folder, and its sentences give what it says."""

import re
from pathlib import Path

import pytest

from bot.analysis.extract import Engine
from bot.domain.statement import Document
from bot.lexicons import load_lexicon
from bot.lexicons.shapes import SHAPES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "lexicons.md").read_text("utf-8")
FILES = dict(re.findall(r"^```toml\n# lexicons/(\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
SENTENCES = re.findall(r"^\| (\w\w) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    root = tmp_path_factory.mktemp("lexicons")
    for name, text in FILES.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return Engine(load_lexicon(root))


@pytest.mark.parametrize(("language", "sentence", "flagged"), SENTENCES)
def test_sentence(engine: Engine, language: str, sentence: str, flagged: str) -> None:
    analysis = engine.analyse(Document("", sentence, language, "2025-06-03"))
    found = [f"{s.topic}: {s.speaker}, {s.stance.value}" for s in analysis.statements]
    assert ("; ".join(found) or "nothing") == flagged, analysis.reasons


def test_every_block_of_toml_is_a_file_that_is_tried() -> None:
    assert len(FILES) == PAGE.count("```toml")
    assert len(SENTENCES) >= 8


def test_the_page_names_every_folder() -> None:
    assert [folder for folder in SHAPES if f"`{folder}/`" not in PAGE] == []
