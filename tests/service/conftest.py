from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.service.rig import Rig, rig


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path) as ready:
        yield ready
