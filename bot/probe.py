"""The health question as Docker asks it, every 30 seconds: standard library only, done in a blink."""

import http.client
import json
from typing import Final

TIMEOUT: Final = 3.0
# A bot that listens on every address is asked on this machine's own.
EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # compared with, not listened on
SHOWN: Final = 200
LONGEST: Final = 65_536


def ask(host: str, port: int) -> tuple[bool, str]:
    """GET /health of a running bot -> whether it is well, and how it is, on one line. Raises nothing."""
    host = EVERYWHERE.get(host, host)
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        body = answer.read(LONGEST).decode("utf-8", "replace")
    except OSError as error:
        return False, f"no answer from {host}:{port}: {error.strerror or error}"
    except (http.client.HTTPException, ValueError) as error:
        return False, f"no answer from {host}:{port}: {_one_line(str(error)) or type(error).__name__}"
    finally:
        connection.close()
    told = _in_words(body) or _one_line(body) or f"status {answer.status}"
    return answer.status == http.client.OK, told


def _in_words(body: str) -> str | None:
    """Parley's report: the verdict with its reasons, then the figures. None for what is no such report."""
    try:
        report = json.loads(body)
        verdict = "healthy" if report["healthy"] else f"NOT healthy: {'; '.join(report['reasons'])}"
        facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in report["facts"].items())
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return None
    return _printable(f"{verdict} ({facts})")


def _one_line(text: str) -> str:
    text = _printable(text)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _printable(text: str) -> str:
    """Printable characters only: whatever answers on that port need not be Parley."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
