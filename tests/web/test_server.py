import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bot.errors import ConfigError
from bot.service.health import HealthReport
from bot.web.metrics import PrometheusMeter
from bot.web.server import WebServer

WELL = HealthReport(healthy=True, facts={"version": "0.1.0", "feeds": 40})


@asynccontextmanager
async def serving(health: Callable[[], HealthReport] = lambda: WELL) -> AsyncIterator[str]:
    server = WebServer("127.0.0.1", 0, health=health, meter=PrometheusMeter())
    await server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.close()


async def get(url: str) -> tuple[int, str, dict[str, str]]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text(), dict(response.headers)


async def test_health_says_200_and_the_facts() -> None:
    async with serving() as url:
        status, text, headers = await get(f"{url}/health")
    assert status == 200
    assert json.loads(text) == {"healthy": True, "reasons": [], "facts": {"version": "0.1.0", "feeds": 40}}
    assert headers["Content-Type"].startswith("application/json")


async def test_health_says_503_and_why() -> None:
    report = HealthReport(healthy=False, reasons=("the database does not answer: disk full",))
    async with serving(lambda: report) as url:
        status, text, _ = await get(f"{url}/health")
    assert status == 503
    assert json.loads(text)["reasons"] == ["the database does not answer: disk full"]


async def test_metrics_are_prometheus_text() -> None:
    async with serving() as url:
        status, text, headers = await get(f"{url}/metrics")
    assert status == 200
    assert "# TYPE parley_polls_total counter" in text
    assert headers["Content-Type"].startswith("text/plain; version=")


async def test_index_names_the_pages() -> None:
    async with serving() as url:
        status, text, _ = await get(url)
    assert status == 200
    assert "/health" in text
    assert "/metrics" in text


@pytest.mark.parametrize(
    "path", ["/", "/health", "/metrics", "/nothing", "/../etc/passwd", "/%2e%2e/", "/health/", "//"]
)
async def test_every_answer_carries_the_headers_and_no_trace(path: str) -> None:
    async with serving() as url:
        _, text, headers = await get(url + path)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Server"] == "Parley"
    assert "Traceback" not in text


async def test_other_paths_and_methods_are_refused() -> None:
    async with serving() as url, aiohttp.ClientSession() as session:
        assert (await get(f"{url}/nothing"))[0] == 404
        async with session.post(f"{url}/health") as response:
            assert response.status == 405
        async with session.head(f"{url}/health") as response:
            assert response.status == 200


async def test_a_fault_of_ours_shows_no_trace(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> HealthReport:
        raise RuntimeError("secret-detail")

    async with serving(broken) as url:
        status, text, _ = await get(f"{url}/health")
    assert status == 500
    assert "secret-detail" not in text
    assert "Traceback" not in text
    assert "secret-detail" in caplog.text


async def test_a_port_in_use_is_a_mistake_that_names_the_setting() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = WebServer("127.0.0.1", port, health=lambda: WELL, meter=PrometheusMeter())
        with pytest.raises(ConfigError) as caught:
            await server.start()
    (mistake,) = caught.value.mistakes
    assert mistake.source == "PARLEY_HTTP"
    assert mistake.what == f"cannot listen on 127.0.0.1:{port}: address already in use"
    assert "off" in mistake.mend
    await server.close()


async def test_a_host_of_somebody_else_is_a_mistake_too() -> None:
    server = WebServer("192.0.2.1", 0, health=lambda: WELL, meter=PrometheusMeter())
    with pytest.raises(ConfigError, match=r"PARLEY_HTTP: cannot listen on 192\.0\.2\.1:0: cannot assign"):
        await server.start()
