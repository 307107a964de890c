"""Captured feeds of real outlets, in the order of their capture. They lie beside the project, not in it."""

import itertools
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / ".." / "shared" / "feeds"
FILES = sorted(FOLDER.glob("*.xml"))
needs_captures = pytest.mark.skipif(not FILES, reason="no captured feeds in ../shared/feeds")


def series() -> list[tuple[str, list[bytes]]]:
    """(feed, its bodies, oldest first)."""
    groups = itertools.groupby(FILES, key=lambda path: path.name.rsplit("__", 1)[0])
    return [(name, [path.read_bytes() for path in paths]) for name, paths in groups]
