"""EDGE: feeds and pages, through aiohttp, feedparser and lxml."""
