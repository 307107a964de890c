import pytest

from bot.errors import StorageError
from bot.storage.lock import alone


def test_one_process_a_file_and_the_next_once_it_is_free(tmp_path):
    url = f"sqlite:///{tmp_path}/new/parley.db"
    with alone(url) as owned:
        assert owned
        with pytest.raises(StorageError, match="in use by another Parley"), alone(url):
            pass
        with alone(f"sqlite:///{tmp_path}/new/other.db") as other:
            assert other
    with alone(url) as owned:
        assert owned


def test_an_address_with_options_is_the_same_file(tmp_path):
    with (
        alone(f"sqlite:///{tmp_path}/parley.db"),
        pytest.raises(StorageError, match="in use"),
        alone(f"sqlite+aiosqlite:///{tmp_path}/parley.db?timeout=5"),
    ):
        pass


def test_a_symlink_is_the_same_file(tmp_path):
    (tmp_path / "link.db").symlink_to(tmp_path / "parley.db")
    (tmp_path / "folder").symlink_to(tmp_path)
    with alone(f"sqlite:///{tmp_path}/parley.db"):
        for other in ("link.db", "folder/parley.db"):
            with pytest.raises(StorageError, match="in use"), alone(f"sqlite:///{tmp_path}/{other}"):
                pass


def test_a_server_is_shared():
    with alone("postgresql://me@db/parley") as owned:
        assert not owned


def test_a_folder_that_cannot_be_made_is_an_error():
    with (
        pytest.raises(StorageError, match=r"cannot be written: .*; give the folder to user \d+"),
        alone("sqlite:////proc/no/such/parley.db"),
    ):
        pass
