"""EDGE: sample feeds, and the server that releases them bit by bit, so that a newcomer sees alerts with no network."""

from bot.demo.server import DemoServer

__all__ = ["DemoServer"]
