"""The user's own lexicon folder, read once: whatever in it would not be read is a mistake."""

import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bot.errors import Mistake
from bot.lexicons.reading import HEADER, near
from bot.lexicons.shapes import SHAPES
from bot.lexicons.sources import ENDING, OwnFiles, Source

NOTES = ".md"
LARGEST = 4_000_000
NOUNS = {"actor", "conflict", "territory", "topic", "term", "deed", "forbid", "rule", "cue", "role", "post", "language"}
MANY = {"territory": "territories", "list of words": "lists of words"}


def read_folder(place: Path) -> OwnFiles:
    """The files of a folder that is laid out like bot/lexicons."""
    mistakes: list[Mistake] = []
    files = tuple(_files(place, mistakes))
    return OwnFiles(place, files, tuple(mistakes))


def contents(own: OwnFiles) -> Iterator[tuple[str, str]]:
    """Each file's name with what it holds: "2 actors". For files that are right."""
    for source in own.files:
        yield source.name, _counted(tomllib.loads(source.text)) or "nothing"


def _files(place: Path, mistakes: list[Mistake]) -> Iterator[Source]:
    for entry in _entries(place, mistakes):
        if not entry.is_dir():
            mend = _belongs(entry)
            mistakes.append(Mistake(str(entry), None, "stands in none of the folders, and is not read", mend))
        elif entry.name not in SHAPES:
            what = f'"{entry.name}" is no folder of a lexicon, and is not read'
            mistakes.append(Mistake(str(entry), None, what, near(entry.name, SHAPES)))
        else:
            for path in _entries(entry, mistakes):
                if (text := _text(path, mistakes)) is not None:
                    yield Source(entry.name, str(path), text, own=True)


def _entries(folder: Path, mistakes: list[Mistake]) -> list[Path]:
    """What stands in a folder, in the order of names; notes and hidden files (of editors, of git) are left alone."""
    try:
        return sorted(p for p in folder.iterdir() if not p.name.startswith(".") and p.suffix != NOTES)
    except OSError as error:
        mend = "name a folder that is there and that this user may read, with actors/, topics/ and so on in it"
        mistakes.append(Mistake(str(folder), None, f"the folder cannot be read: {error.strerror}", mend))
        return []


def _text(path: Path, mistakes: list[Mistake]) -> str | None:
    """A file's text, None and a mistake where it is none."""
    what = mend = ""
    try:
        if path.is_dir():
            what, mend = "a folder within a folder is not read", f"move its files up, into {path.parent}"
        elif path.suffix != ENDING:
            what = f"does not end in {ENDING}, and is not read"
            mend = f"call it {path.name.split('.')[0]}{ENDING}, or take it away; notes may end in {NOTES}"
        elif path.exists() and not path.is_file():
            what, mend = "is no file", "write a file of text"
        elif path.stat().st_size > LARGEST:
            what, mend = f"is larger than {LARGEST // 1_000_000} MB", "split it, or take it away"
        else:
            return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        what, mend = f"cannot be read: {error.strerror}", "let this user read it, or take it away"
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        mistakes.append(Mistake(str(path), line, "is not UTF-8", "save it as UTF-8 in your editor"))
        return None
    mistakes.append(Mistake(str(path), None, what, mend))
    return None


def _belongs(path: Path) -> str:
    """Where a file outside the folders should stand, by the tables it begins with."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines() if path.is_file() else []
    except (OSError, UnicodeDecodeError):
        lines = []
    heads = {header[1] for line in lines if (header := HEADER.match(line))}
    fitting = [folder for folder, shape in SHAPES.items() if heads and heads <= shape.keys()]
    return f"move it into {fitting[0]}/" if fitting else f"move it into one of {', '.join(SHAPES)}, or take it away"


def _counted(tables: dict[str, object]) -> str:
    """ "2 actors, 1 topic": the tables that have a name of their own, else all keys of the others."""
    numbers: Counter[str] = Counter()
    for kind, value in tables.items():
        noun = kind if kind in NOUNS else "name" if kind != "words" else "list of words"
        numbers[noun] += len(value) if isinstance(value, list) or (kind not in NOUNS and isinstance(value, dict)) else 1
    return ", ".join(
        f"{number} {noun if number == 1 else MANY.get(noun, f'{noun}s')}" for noun, number in numbers.items()
    )
