"""EDGE: Discord, through discord.py."""

from bot.chat.discord.client import DiscordMessenger

__all__ = ["DiscordMessenger"]
