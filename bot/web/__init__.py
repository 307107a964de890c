"""EDGE: the pages of PARLEY_HTTP (aiohttp.web) and the metrics behind one of them (prometheus-client)."""
