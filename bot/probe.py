"""The health question as Docker asks it, every 30 seconds: standard library only, done in a blink."""

import http.client
from typing import Final

TIMEOUT: Final = 3.0
# A bot that listens on every address is asked on this machine's own.
EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # compared with, not listened on
SHOWN: Final = 200


def ask(host: str, port: int) -> tuple[bool, str]:
    """GET /health of a running bot -> whether it is well, and its own words on one line. Raises nothing."""
    host = EVERYWHERE.get(host, host)
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        body = answer.read(4096).decode("utf-8", "replace")
    except OSError as error:
        return False, f"no answer from {host}:{port}: {error.strerror or error}"
    except (http.client.HTTPException, ValueError) as error:
        return False, f"no answer from {host}:{port}: {_one_line(str(error)) or type(error).__name__}"
    finally:
        connection.close()
    return answer.status == http.client.OK, _one_line(body) or f"status {answer.status}"


def _one_line(text: str) -> str:
    """Printable characters only: whatever answers on that port need not be Parley."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
