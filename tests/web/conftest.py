from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.domain.subscription import Subscription
from bot.feeds import jobs
from bot.worker import Workers
from tests.fakes.hub import FakeHub
from tests.feeds.conftest import Site
from tests.service.rig import CHANNEL, rig
from tests.web.town import Town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(rig(tmp_path))
        site = Site()
        await site.server.start_server()
        stack.push_async_callback(site.server.close)
        hub = await stack.enter_async_context(FakeHub())
        workers = Workers(initializer=jobs.warm_up)
        stack.push_async_callback(workers.close)
        town = Town(bot, site, hub, workers)
        stack.push_async_callback(town.source.close)
        await bot.storage.sync_feeds([town.feed])
        await bot.storage.sync_subscriptions([Subscription(CHANNEL)])
        await town.start()
        yield town
        await town.stop()
