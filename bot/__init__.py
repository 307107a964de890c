"""Parley: reports who said what about a ceasefire or a territory."""

__version__ = "0.1.0"
