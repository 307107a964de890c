"""EDGE: the pages of PARLEY_HTTP (aiohttp.web) and the metrics behind one of them (prometheus-client)."""

from bot.web.metrics import PrometheusMeter
from bot.web.server import WebServer
from bot.web.websub import PATH as CALLBACKS
from bot.web.websub import Callbacks

__all__ = ["CALLBACKS", "Callbacks", "PrometheusMeter", "WebServer"]
