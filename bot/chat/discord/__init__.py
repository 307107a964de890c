"""EDGE: Discord, through discord.py."""
