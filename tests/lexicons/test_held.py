"""The cache of the finished lexicon: good for the very files it was made from, never in the way of a start."""

import os
import pickle
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.analysis.lexicon import Conflict, Lexicon, Topic
from bot.errors import LexiconError
from bot.lexicons import NONE, held, held_lexicon, lexicon_with, own_files

ROOT = Path(__file__).resolve().parents[2]
TOPIC = '[topic]\nid = "embargo"\nname = "Embargo"\n[[term]]\nlanguage = "en"\nwords = ["embargo"]\n'


class Files:
    """A small bot/ and the cache of what is built from it; `builds` counts how often that was done."""

    def __init__(self, root: Path) -> None:
        self.root, self.place, self.builds = root, root / "lexicons" / "__pycache__" / "lexicon.pickle", 0
        for name in held.MAKERS:
            (root / name).mkdir(parents=True)
            (root / name / "code.py").write_text("x = 1\n")
        self.topics = root / "lexicons" / "topics"
        self.topics.mkdir()
        (self.topics / "a.toml").write_text("a")

    def build(self) -> Lexicon:
        """A topic for each file, named as the file says."""
        self.builds += 1
        topics = {f.stem: Topic(f.stem, f.read_text(), war=True) for f in sorted(self.topics.glob("*.toml"))}
        return Lexicon({}, {}, {"north": Conflict("north", "The North", ())}, topics, {})

    def kept(self) -> held.HeldLexicon:
        return held.kept(self.place, self.build, root=self.root)

    def names(self) -> dict[str, str]:
        return {id_: topic.name for id_, topic in self.kept().opened().topics.items()}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(held, "BEGUN", time.time() + 3_600)  # as if each call were in a process of its own
    return Files(tmp_path / "bot")


def test_the_second_start_builds_nothing_and_finds_the_same(files: Files) -> None:
    first, second = files.kept(), files.kept()
    assert files.builds == 1
    assert second.opened() == first.opened() == files.build()
    assert (
        (second.topics, second.conflicts) == (first.topics, first.conflicts) == ({"a": False}, {"north": "The North"})
    )
    assert [p.name for p in files.place.parent.iterdir()] == ["lexicon.pickle"]


def test_an_edit_counts_even_where_size_and_time_stay(files: Files) -> None:
    files.kept()
    file = files.topics / "a.toml"
    before = file.stat()
    file.write_text("b")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert files.names() == {"a": "b"}
    assert files.names() == {"a": "b"}
    assert files.builds == 2


def touched(files: Files) -> None:
    for path in files.root.rglob("*.*"):
        os.utime(path, (1, 1))


def moved(files: Files) -> None:
    root = shutil.move(files.root, files.root.with_name("elsewhere"))
    files.root, files.topics = Path(root), Path(root) / "lexicons" / "topics"
    files.place = files.topics.parent / "__pycache__" / "lexicon.pickle"


@pytest.mark.parametrize("change", [touched, moved])
def test_copies_with_other_times_or_in_another_place_are_the_same_files(
    files: Files, change: Callable[[Files], None]
) -> None:
    files.kept()
    change(files)
    assert files.names() == {"a": "a"}
    assert files.builds == 1


@pytest.mark.parametrize("maker", held.MAKERS)
def test_other_code_builds_anew(files: Files, maker: str) -> None:
    files.kept()
    (files.root / maker / "code.py").write_text("x = 2\n")
    files.kept()
    assert files.builds == 2


def test_a_file_more_a_file_less_and_a_renamed_one_are_seen(files: Files) -> None:
    files.kept()
    (files.topics / "b.toml").write_text("b")
    assert files.names() == {"a": "a", "b": "b"}
    (files.topics / "a.toml").unlink()
    assert files.names() == {"b": "b"}
    (files.topics / "b.toml").rename(files.topics / "c.toml")
    assert files.names() == {"c": "b"}


def test_another_python_builds_anew(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    files.kept()
    monkeypatch.setattr(sys, "version", "3.99.0")
    files.kept()
    assert files.builds == 2


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    return data.replace(b"The North", b"The South")


def short(data: bytes) -> bytes:
    return data[:7]


def without_digest(data: bytes) -> bytes:
    return data[held.DIGEST_SIZE :]


def other_pickle(_: bytes) -> bytes:
    return pickle.dumps(["not", "a", "lexicon"])


@pytest.mark.parametrize("damage", [cut, flipped, short, without_digest, other_pickle, lambda _: b""])
def test_a_damaged_cache_is_never_read_and_is_written_anew(files: Files, damage: Callable[[bytes], bytes]) -> None:
    files.kept()
    good = files.place.read_bytes()
    assert damage(good) != good
    files.place.write_bytes(damage(good))
    assert files.kept().conflicts == {"north": "The North"}
    assert files.builds == 2
    assert files.place.read_bytes() == good


def test_where_it_cannot_be_written_the_bot_starts_all_the_same(files: Files) -> None:
    files.place.parent.write_text("a file where the folder should be: that stops root, too")
    assert files.names() == {"a": "a"}
    assert files.names() == {"a": "a"}
    assert files.builds == 2


def test_a_full_disk_leaves_nothing_behind(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> int:
        path.open("wb").close()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert files.names() == {"a": "a"}
    assert list(files.place.parent.iterdir()) == []


def test_who_may_not_write_bytecode_writes_no_cache(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    files.kept()
    assert not files.place.parent.exists()


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o000])
def test_others_may_read_it_as_far_as_bytecode_and_nobody_more_may_write(files: Files, umask: int) -> None:
    before = os.umask(umask)
    try:
        files.kept()
    finally:
        os.umask(before)
    assert stat.S_IMODE(files.place.stat().st_mode) == 0o644


def test_what_lies_where_it_is_written_first_is_neither_followed_nor_in_the_way_for_good(files: Files) -> None:
    files.place.parent.mkdir()
    victim = files.root / "victim"
    victim.write_text("as it was")
    files.place.with_suffix(f".{os.getpid()}").symlink_to(victim)
    assert files.names() == {"a": "a"}
    assert victim.read_text() == "as it was"
    files.kept()
    assert [p.name for p in files.place.parent.iterdir()] == ["lexicon.pickle"]


def test_an_editor_s_dangling_link_beside_the_code_stops_no_start(files: Files) -> None:
    (files.root / "analysis" / ".#code.py").symlink_to("somebody@somewhere.1234:5678")
    assert files.names() == {"a": "a"}
    assert not files.place.exists()


def test_what_was_edited_while_it_was_read_is_not_kept(files: Files) -> None:
    def edit() -> Lexicon:
        lexicon = files.build()
        (files.topics / "a.toml").write_text("edited")
        return lexicon

    assert held.kept(files.place, edit, root=files.root).opened().topics["a"].name == "a"
    assert files.names() == {"a": "edited"}


def test_an_edit_that_was_built_and_taken_back_is_not_kept_for_the_files_as_they_were(files: Files) -> None:
    def edit() -> Lexicon:
        (files.topics / "a.toml").write_text("edited")
        return files.build()

    held.kept(files.place, edit, root=files.root)
    (files.topics / "a.toml").write_text("a")
    assert files.names() == {"a": "a"}


def test_who_is_reading_it_reads_on_while_another_is_put_in_its_place(files: Files) -> None:
    files.kept()
    before = files.place.read_bytes()
    with files.place.open("rb") as reader:
        (files.topics / "a.toml").write_text("b")
        files.kept()
        assert reader.read() == before != files.place.read_bytes()


def test_code_edited_since_the_process_began_is_not_what_it_runs_and_so_nothing_is_kept(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a long session of tests, or a bot that is upgraded under way: its modules are the old ones."""
    code = files.root / "analysis" / "code.py"
    began = code.stat().st_ctime + 60
    monkeypatch.setattr(held, "BEGUN", began)
    files.kept()
    assert files.place.exists()
    files.place.unlink()
    monkeypatch.setattr(held, "BEGUN", code.stat().st_ctime)
    os.utime(code, (1, 1))  # a copy that brings its time along
    assert files.names() == {"a": "a"}
    assert not files.place.exists()


def test_a_lexicon_with_mistakes_is_never_kept(files: Files) -> None:
    def build() -> Lexicon:
        raise LexiconError([])

    for _ in range(2):
        with pytest.raises(LexiconError):
            held.kept(files.place, build, root=files.root)
    assert not files.place.exists()


def test_many_at_once_all_get_a_whole_one(files: Files) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.lexicons.test_held import Files, held\n"
        "root = Path(sys.argv[1]); files = Files.__new__(Files); files.builds = 0\n"
        "files.root, files.topics = root, root / 'lexicons' / 'topics'\n"
        "files.place = root / 'lexicons' / '__pycache__' / 'lexicon.pickle'\n"
        "sys.dont_write_bytecode = False\n"
        "for _ in range(30):\n"
        "    assert files.names() == {'a': 'a'}\n"
        "    files.place.unlink(missing_ok=True)\n"
    )

    def one(_: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", program, str(files.root)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(4) as pool:
        assert [done.stderr for done in pool.map(one, range(4))] == [""] * 4
    assert {p.name for p in files.place.parent.iterdir()} <= {"lexicon.pickle"}


def test_the_packaged_lexicon_comes_back_as_it_was_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(held, "BEGUN", time.time() + 3_600)
    place, built = tmp_path / "lexicon.pickle", lexicon_with(NONE)
    held.kept(place, lambda: built)
    again = held.kept(place, lambda: pytest.fail("it was there"))
    assert again.opened() == built
    assert again.default_topics == [t.id for t in built.topics.values() if not t.optional]
    assert again.conflicts == {c.id: c.name for c in built.conflicts.values()}


def test_the_user_s_own_files_are_read_and_never_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "embargo.toml").write_text(TOPIC)
    monkeypatch.setattr("bot.lexicons.kept", lambda *_: pytest.fail("the cache is of the packaged files alone"))
    found = held_lexicon(own_files(tmp_path))
    assert "embargo" in found.topics
    assert found.opened().topics["embargo"].name == "Embargo"


def test_a_folder_without_a_file_in_it_yet_costs_no_start_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "ideas.md").write_text("embargo?")
    there = held.just_built(Lexicon({}, {}, {}, {}, {}))
    monkeypatch.setattr("bot.lexicons.kept", lambda *_: there)
    assert held_lexicon(own_files(tmp_path)) is there


def test_a_folder_in_which_nothing_can_be_read_is_a_mistake_and_not_no_folder(tmp_path: Path) -> None:
    (tmp_path / "embargo.toml").write_text(TOPIC)
    with pytest.raises(LexiconError) as refused:
        held_lexicon(own_files(tmp_path))
    assert "stands in none of the folders" in str(refused.value.mistakes[0])


def test_it_lies_where_python_keeps_the_bytecode_of_these_files(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path("/srv/bot/lexicons")
    place = held.place_of(folder)
    assert place.parent == folder / "__pycache__"
    assert str(sys.implementation.cache_tag) in place.name
    monkeypatch.setattr(sys, "pycache_prefix", "/var/cache/python")
    assert held.place_of(folder).parent == Path("/var/cache/python/srv/bot/lexicons")


def test_all_that_building_imports_is_in_the_key() -> None:
    program = (
        "import sys, bot; before = set(sys.modules)\n"
        "from bot.lexicons import NONE, lexicon_with; lexicon_with(NONE)\n"
        "print(*(m for m in set(sys.modules) - before if m.split('.')[0] not in sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    # These only find and tell what is wrong, and what is wrong is never kept.
    others = {m for m in done.stdout.split() if not m.startswith(tuple(f"bot.{maker}" for maker in held.MAKERS))}
    assert {m.split("_rs")[0] for m in others} == {"bot.errors", "bot.errors_toml", "ahocorasick"}
